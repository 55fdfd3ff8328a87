"""Audit of image quality: each plant is named and dated, clean rooms are not, and numbers are those of definitions."""

from __future__ import annotations

import datetime
import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, false_discovery_control, theilslopes

from xrayiq.audit import ImageQualityAudit, assess_image_quality, shipped_image_quality_rules, site_image_quality_rules
from xrayiq.audit.image_quality_rules import FAULTS, GROUP
from xrayiq.errors import InputError, SiteError
from xrayiq.stats import best_split
from xrayiq_phantoms.quality_quarter import PLANTS, QUANTUM_SLOPE, QualityPlant, day_of, simulate_quality

#: what each plant is told as, of what
NAMED = {
    "noise_step": ("noise_step", "all examinations"),
    "noisier_room": ("noisier_than_rooms", "all examinations"),
    "clipping": ("clipping", "all examinations"),
    "saturation": ("saturation", "ABDOMEN AP, adult"),
    "grid_lines": ("grid_lines", "all examinations"),
    "beyond_detector": ("beyond_detector", "HAND PA, adult"),
    "seams": ("seams", "all examinations"),
}
CHEST: dict[str, Any] = {"body_part": "CHEST", "view": "PA"}


def frame(**planted: Any) -> pd.DataFrame:
    return pd.DataFrame(simulate_quality(**planted))


def rows_of(table: pd.DataFrame, **where: Any) -> pd.DataFrame:
    for name, value in where.items():
        table = table[table[name] == value]
    return table


@pytest.fixture(scope="module")
def audit() -> ImageQualityAudit:
    return assess_image_quality(frame(plants=PLANTS, exposures=400))


def finding(audit: ImageQualityAudit, kind: str) -> Any:
    (found,) = (one for one in audit.findings if one.kind == kind)
    return found


def test_each_plant_is_named_in_its_room_and_nothing_else(audit: ImageQualityAudit) -> None:
    wanted = {(one.room, *NAMED[one.kind]) for one in PLANTS}
    assert {(one.room, one.kind, one.about) for one in audit.findings} == wanted
    assert len(audit.findings) == len(PLANTS)


def test_rooms_without_plants_have_no_finding() -> None:
    assert assess_image_quality(frame(exposures=300, rooms=("R1", "R2", "R3"), seed=9)).findings == ()


def test_noise_that_rises_at_equal_exposure_is_sized_and_dated(audit: ImageQualityAudit) -> None:
    (plant,) = (one for one in PLANTS if one.kind == "noise_step")
    found = finding(audit, "noise_step")
    # four medians of some 50 on either side, each of a spread of 0.12: 0.05 are five sigma of their middle
    assert math.log(found.value) == pytest.approx(math.log(plant.size), abs=0.05)
    assert abs((found.first_day - day_of(plant)).days) <= 5  # points are medians of five exposures of a view: 4.5 days
    assert "times the exposure of before" in found.sentence


def test_noise_that_the_exposure_explains_is_no_finding() -> None:
    rows = frame(rooms=("R1",), exposures=480)
    late = rows["exposed_at"] >= pd.Timestamp("2026-02-20")
    rows.loc[late, "receptor_kerma_ugy"] /= 2.0
    rows.loc[late, "noise"] *= 2.0**0.5
    assert assess_image_quality(rows).findings == ()


def test_noise_that_rises_more_than_a_lower_exposure_explains_is_a_finding() -> None:
    rows = frame(rooms=("R1",), exposures=480)
    late = rows["exposed_at"] >= pd.Timestamp("2026-02-20")
    rows.loc[late, "receptor_kerma_ugy"] /= 2.0
    rows.loc[late, "noise"] *= 1.4 * 2.0**0.5
    found = finding(assess_image_quality(rows), "noise_step")
    assert found.value == pytest.approx(1.4, rel=0.06)
    assert "with 0.5" in found.sentence


def test_less_noise_is_no_finding() -> None:
    plant = QualityPlant(kind="noise_step", room="R1", size=0.6, day=45)
    found = assess_image_quality(frame(plants=(plant,), rooms=("R1", "R2"), exposures=400))
    assert {one.signal for one in found.levels if one.room == "R1"} == {"step"}
    assert found.findings == ()


def test_lines_of_the_grid_are_dated_to_the_day(audit: ImageQualityAudit) -> None:
    (plant,) = (one for one in PLANTS if one.kind == "grid_lines")
    found = finding(audit, "grid_lines")
    (row,) = rows_of(audit.changes, measure="grid_lines", room=plant.room, body_part="").to_dict("records")
    assert abs((row["changed_on"] - day_of(plant)).days) <= 1
    assert (found.value, row["before"]) == (row["after"], 0.0)
    assert abs(row["after"] - plant.size) < 4.0 * math.sqrt(plant.size * (1.0 - plant.size) / row["exposures_after"])
    assert f"since {row['changed_on']}; 0 % before" in found.sentence


def test_lines_that_began_last_week_are_found_by_their_beginning() -> None:
    plant = QualityPlant(kind="grid_lines", room="R1", size=0.9, day=80)
    found = finding(assess_image_quality(frame(plants=(plant,), rooms=("R1",), exposures=400)), "grid_lines")
    assert abs((found.first_day - day_of(plant)).days) <= 1


def test_slope_is_theil_and_sens_of_differences_of_neighbours(audit: ImageQualityAudit) -> None:
    own = rows_of(audit.exposures, room="R1", **CHEST).sort_values("exposed_at")
    own = own[own["noise"].notna()]
    (row,) = rows_of(audit.noise, room="R1", **CHEST).to_dict("records")
    kerma, noise = np.log(own["receptor_kerma_ugy"].to_numpy()), np.log(own["noise"].to_numpy())
    wanted = theilslopes(np.diff(noise), np.diff(kerma), 0.95)
    told = (row["slope"], row["slope_low"], row["slope_high"])
    assert told == pytest.approx((wanted.slope, wanted.low_slope, wanted.high_slope), abs=1e-9)
    left = noise - wanted.slope * kerma
    left -= np.median(left)
    np.testing.assert_allclose(own["unexplained_noise"], left, atol=1e-9)
    assert row["unexplained_sd"] == pytest.approx(1.4826 * np.median(np.abs(left)), rel=1e-9)
    assert row["noise"] == pytest.approx(float(np.exp(np.median(noise))), rel=1e-9)


def test_slope_of_quanta_stands_in_where_the_exposures_are_alike() -> None:
    rows = frame(rooms=("R1",), exposures=200)
    (row,) = rows_of(assess_image_quality(rows.assign(receptor_kerma_ugy=3.0)).noise, **CHEST).to_dict("records")
    assert (row["slope_used"], row["against"]) == (QUANTUM_SLOPE, "receptor kerma")


def test_deviation_index_stands_in_for_the_kerma_and_noise_alone_without_either() -> None:
    rows = frame(rooms=("R1",), exposures=200).assign(receptor_kerma_ugy=np.nan)
    by_index = assess_image_quality(rows).noise
    assert set(by_index["against"]) == {"deviation index"}
    assert by_index["slope"].between(-0.75, -0.25).all()
    alone = assess_image_quality(rows.assign(deviation_index=np.nan)).noise
    assert set(alone["against"]) == {"exposure not told"}
    assert alone["slope_used"].isna().all()


def test_rooms_are_beside_the_others_at_equal_kerma(audit: ImageQualityAudit) -> None:
    (row,) = rows_of(audit.rooms, room="R8", **CHEST).to_dict("records")
    known = rows_of(audit.exposures, **CHEST)
    known = known[known["noise"].notna()]
    at_1_ugy = np.log(known["noise"]) + 0.5 * np.log(known["receptor_kerma_ugy"])
    own, others = at_1_ugy[known["room"] == "R8"], at_1_ugy[known["room"] != "R8"]
    assert row["ratio"] == pytest.approx(math.exp(own.median() - others.median()), rel=1e-9)
    assert (row["exposures"], row["others"]) == (len(own), len(others))
    assert row["low"] < 1.6 < row["high"]
    adjusted = false_discovery_control(audit.rooms["p_value"])
    assert audit.rooms["adjusted_p_value"].tolist() == pytest.approx(adjusted.tolist(), abs=1e-9)


def test_shares_have_wilson_intervals_and_those_of_the_other_rooms(audit: ImageQualityAudit) -> None:
    (row,) = rows_of(audit.shares, measure="beyond_detector", room="R5", body_part="HAND").to_dict("records")
    wilson = binomtest(int(row["events"]), int(row["exposures"])).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((wilson.low, wilson.high), abs=1e-9)
    hands = rows_of(audit.exposures, body_part="HAND")
    beside = hands.loc[hands["room"] != "R5", "field_beyond_detector_fraction"] >= 0.05
    assert row["others_share"] == pytest.approx(beside.mean(), abs=1e-12)


def test_clipping_that_all_rooms_share_is_none_to_look_into() -> None:
    plants = tuple(QualityPlant(kind="clipping", room=room, size=0.5) for room in ("R1", "R2", "R3"))
    found = assess_image_quality(frame(plants=plants, rooms=("R1", "R2", "R3"), exposures=200))
    assert set(rows_of(found.shares, measure="clipping")["verdict"]) == {"over"}
    assert found.findings == ()


def test_what_no_image_was_measured_of_is_counted_as_such_and_judges_nothing() -> None:
    absent = dict.fromkeys(("grid_line_contrast", "grid_line_frequency", "seam_contrast"), np.nan)
    found = assess_image_quality(frame(plants=PLANTS, exposures=160).assign(**absent))
    measured = found.frame("measured")
    assert set(measured["grid_lines"]) == set(measured["seams"]) == {0}
    assert set(measured["clipping"]) == {160}
    assert not {"grid_lines", "seams"} & set(found.shares["measure"])
    assert not {"grid_lines", "seams"} & {one.kind for one in found.findings}


def test_lines_without_linear_signal_count_although_they_have_no_contrast() -> None:
    lines = {"grid_line_contrast": np.nan, "grid_line_frequency": 4.0}
    assert (
        assess_image_quality(frame(rooms=("R1",), exposures=8).assign(**lines)).exposures["has_grid_lines"].eq(1).all()
    )


def test_fewer_than_thirty_are_listed_and_not_judged() -> None:
    plants = (QualityPlant(kind="saturation", room="R1", size=1.0), QualityPlant(kind="clipping", room="R1", size=1.0))
    few = assess_image_quality(frame(plants=plants, rooms=("R1",), exposures=29))
    assert few.findings == ()
    assert set(few.shares["verdict"]) <= {"too few", ""}
    enough = assess_image_quality(frame(plants=plants, rooms=("R1",), exposures=30))
    assert {one.kind for one in enough.findings} == {"saturation", "clipping"}


def test_children_are_groups_of_their_own() -> None:
    rows = frame(rooms=("R1",), exposures=240)
    bands = np.where(np.arange(240) % 8 < 4, "adult", "5 to 15 kg")
    assert set(assess_image_quality(rows.assign(band=bands)).noise["patients"]) == {"adult", "child"}


def test_what_to_look_into_is_ranked_by_images_and_how_far_off_they_are(audit: ImageQualityAudit) -> None:
    ranked = audit.frame("investigate")
    assert ranked["kind"].tolist() == [one.kind for one in audit.findings]
    assert ranked["weight"].is_monotonic_decreasing
    own = finding(audit, "saturation")
    (weight,) = ranked.loc[ranked["kind"] == "saturation", "weight"]
    events = rows_of(audit.shares, measure="saturation", room="R6", body_part="ABDOMEN")["events"].iloc[0]
    assert (weight, own.exposures) == (3.0 * events, 100)
    assert ranked["look_first"].str.len().min() > 20


def test_findings_name_the_images_that_show_it(audit: ImageQualityAudit) -> None:
    images = audit.frame("images").set_index("subject")
    for kind in FAULTS:
        found = finding(audit, kind)
        assert set(images.loc[list(found.subjects), FAULTS[kind][0]]) == {1.0}
    noisy = images.loc[list(finding(audit, "noise_step").subjects), "unexplained_noise"]
    assert noisy.is_monotonic_decreasing


def test_tables_are_frames_also_of_no_exposures_and_another_is_refused() -> None:
    empty = assess_image_quality(frame(rooms=("R1",), exposures=4).iloc[:0])
    for name in ("noise", "rooms", "drift", "shares", "changes", "measured", "investigate", "images", "findings"):
        assert empty.frame(name).empty
    assert set(GROUP) <= set(empty.frame("shares").columns)
    with pytest.raises(InputError, match="investigate"):
        empty.frame("everything")


def test_site_changes_bounds_which_print_as_its_own() -> None:
    own = site_image_quality_rules({"clipping": {"permitted_share": 0.5}}, "site.toml")
    assert own["clipping"]["permitted_share"] == 0.5
    assert own["clipping"]["least_fraction"] == shipped_image_quality_rules()["clipping"]["least_fraction"]
    assert own.sources["clipping"] == "site.toml, [image_quality_audit.clipping]"
    plant = QualityPlant(kind="clipping", room="R1", size=0.4)
    rows = frame(plants=(plant,), rooms=("R1",), exposures=200)
    assert [len(assess_image_quality(rows, rules=rules).findings) for rules in (None, own)] == [1, 0]


@pytest.mark.parametrize(
    "rows", [[], {"unheard": {}}, {"noise": {"unheard": 1}}, {"noise": {"least_rise": "much"}}, {"seams": 3}]
)
def test_rules_of_a_site_that_cannot_be_read_are_refused(rows: object) -> None:
    with pytest.raises(SiteError, match="image_quality_audit"):
        site_image_quality_rules(rows, "site.toml")


def test_best_split_is_the_place_of_least_cost() -> None:
    costs = np.random.default_rng(1).random((2, 30))
    totals = [costs[0, :place].sum() + costs[1, place:].sum() for place in range(31)]
    assert best_split(costs[0], costs[1]) == int(np.argmin(totals))
    assert (best_split([], []), best_split([1.0], [0.0]), best_split([0.0], [1.0])) == (0, 0, 1)
    with pytest.raises(InputError, match="as many"):
        best_split([1.0], [])


@pytest.mark.slow
def test_plants_of_many_quarters_are_found_and_nothing_else() -> None:
    seeds, wanted = range(100, 130), {(one.room, NAMED[one.kind][0]) for one in PLANTS}
    missed = others = of_nothing = 0
    for seed in seeds:
        told = {(one.room, one.kind) for one in assess_image_quality(frame(plants=PLANTS, seed=seed)).findings}
        missed, others = missed + len(wanted - told), others + len(told - wanted)
        of_nothing += len(assess_image_quality(frame(seed=seed)).findings)
    # 7 plants and 8 rooms of 4 examinations each
    assert missed == 0
    assert others <= 0.1 * len(seeds)
    assert of_nothing <= 0.05 * len(seeds)


@pytest.mark.slow
def test_two_hundred_thousand_images_are_audited_in_ten_seconds() -> None:
    one = frame(plants=PLANTS)
    many = pd.concat([one.assign(unit=one["unit"] + f" {turn % 4}") for turn in range(53)], ignore_index=True)
    before = time.process_time()
    found = assess_image_quality(many.iloc[:200_000])
    spent = time.process_time() - before
    assert len(found.exposures) == 200_000
    assert spent < 10.0


def test_first_day_is_a_date(audit: ImageQualityAudit) -> None:
    assert audit.first_day == datetime.date(2026, 1, 5)
    assert repr(audit).startswith("ImageQualityAudit(3200 images, 2026-01-05")
