"""The audit of exposure: what a simulated quarter has planted is found and named, and each rule by its formula."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from exposure_frames import NAN, UNMAPPED, exposures, quarter_row
from scipy import stats

from xrayiq.audit import ExposureAudit, assess_exposure
from xrayiq.audit.exposure_rules import rules_of, shipped_exposure_rules, site_exposure_rules
from xrayiq.errors import InputError, SiteError
from xrayiq_phantoms.exposure_quarter import PLANTS, simulate_exposure_quarter

RULES = shipped_exposure_rules()


def _assess(rows: list[dict[str, object]]) -> ExposureAudit:
    return assess_exposure(exposures(rows), unmapped=UNMAPPED)


def _quarter(*, planted: bool, seed: int = 5) -> ExposureAudit:
    return _assess([quarter_row(one) for one in simulate_exposure_quarter(seed=seed, planted=planted)])


@pytest.fixture(scope="module")
def audit() -> ExposureAudit:
    return _quarter(planted=True)


def test_every_plant_of_the_quarter_is_found_and_nothing_else(audit: ExposureAudit) -> None:
    planted = {(plant.name, plant.room) for plant in PLANTS if plant.name != "unmapped"}
    assert sorted((one.kind, one.room) for one in audit.findings) == sorted(planted)


def test_quarter_without_plants_has_no_findings() -> None:
    assert _quarter(planted=False).findings == ()


def test_sizes_of_the_plants_are_those_that_were_planted(audit: ExposureAudit) -> None:
    found = {one.kind: one for one in audit.findings}
    size = {plant.name: plant.size for plant in PLANTS}
    # medians of some hundred exposures that spread by 1 or less: 0.15 are three sigma; nights hold 130
    assert found["index_calibration"].value == pytest.approx(size["index_calibration"], abs=0.15)
    assert found["step"].value == pytest.approx(size["step"], abs=0.5)
    assert found["drift"].value == pytest.approx(size["drift"], abs=0.7)  # the first points hold some of it
    assert found["shift_apart"].value == pytest.approx(size["shift_apart"], abs=0.5)
    for name in ("index_not_positive", "index_text", "index_target_missing", "index_older_scale"):
        assert found[name].exposures == size[name]


def test_evidence_tells_a_wrong_index_from_wrong_exposures(audit: ExposureAudit) -> None:
    (found,) = (one for one in audit.findings if one.kind == "index_calibration")
    assert "times their charge" in found.sentence
    (unit,) = audit.frame("units").query("unit == 'UB'").to_dict("records")
    assert unit["pixel_ratio"] == pytest.approx(1.05 / 1.5, rel=0.01)
    assert unit["charge_ratio"] == pytest.approx(1.0, abs=0.1)


def test_unit_that_exposes_more_is_not_told_to_have_a_wrong_index() -> None:
    rows = [
        {"room": room, "unit": room, "view": view, "subject": f"{room}.{view}.{place}"}
        | {"exposure_index": 300.0 * factor * 10.0 ** (0.02 * (place % 7 - 3)), "exposure_mas": 2.0 * factor}
        for room, factor in (("A", 1.0), ("B", 1.6))
        for view in ("PA", "LAT", "AP")
        for place in range(35)
    ]
    (found,) = _assess(rows).findings
    assert (found.kind, found.room) == ("unit_off_target", "B")
    assert found.value == pytest.approx(10.0 * math.log10(1.6), abs=1e-9)
    assert "exposure control" in found.suggestion


def test_step_is_dated(audit: ExposureAudit) -> None:
    (found,) = (one for one in audit.drifts if one.signal == "step")
    (day,) = found.changed_on
    assert abs((day.astype(object) - datetime.date(2026, 2, 19)).days) <= 4  # points are medians of some two days


def test_level_over_time_is_the_ewma_of_the_medians_within_its_limits(audit: ExposureAudit) -> None:
    found = next(one for one in audit.drifts if one.signal == "step")
    first = found.medians[:8].mean()
    level, levels = first, []
    for median in found.medians:
        level = 0.2 * median + 0.8 * level
        levels.append(level)
    np.testing.assert_allclose(found.levels, levels, rtol=1e-12)
    steps = np.arange(1, len(levels) + 1)
    variance = (
        0.2 / 1.8 * (1.0 - 0.8 ** (2 * steps)) + (1.0 - 0.8**steps) ** 2 / 8
    )  # Lucas and Saccucci, and the mean's
    np.testing.assert_allclose(found.upper, first + 2.86 * found.shifts.sigma * np.sqrt(variance), rtol=1e-12)
    assert found.counts.sum() == audit.groups.query("unit == 'UD' and body_part == 'ABDOMEN'")["indexed"].sum()


def test_what_to_look_into_is_ranked_with_the_reason(audit: ExposureAudit) -> None:
    ranked = audit.frame("investigate")
    assert ranked["rank"].tolist() == list(range(1, len(audit.findings) + 1))
    assert ranked["weight"].is_monotonic_decreasing
    assert ranked.loc[0, "kind"] == "index_calibration"
    assert ranked["why"].str.len().min() > 20
    assert (ranked["look_first"] != "").all()


def test_exposures_that_nothing_maps_are_in_no_group(audit: ExposureAudit) -> None:
    unmapped = next(plant.size for plant in PLANTS if plant.name == "unmapped")
    assert audit.frame("groups")["exposures"].sum() == len(audit.exposures) - unmapped


def _group(deviations: np.ndarray, **told: object) -> list[dict[str, object]]:
    return [{"exposure_index": 300.0 * 10.0 ** (value / 10.0)} | told for value in deviations]


def test_statistics_of_a_group_are_those_of_their_definitions() -> None:
    values = np.random.default_rng(2).standard_t(6, 80) + 0.9
    (row,) = _assess(_group(values)).frame("groups").to_dict("records")
    mean = stats.ttest_1samp(values, 0.0)
    interval = mean.confidence_interval(0.95)
    assert row["mean"] == pytest.approx(values.mean(), rel=1e-9)
    assert (row["mean_low"], row["mean_high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert row["p_value"] == pytest.approx(mean.pvalue, rel=1e-9)  # one group: nothing to adjust
    assert row["median"] == pytest.approx(np.median(values), rel=1e-9)
    assert row["robust_sd"] == pytest.approx(stats.median_abs_deviation(values) * 1.4826, rel=1e-9)
    assert row["robust_sd_low"] < row["robust_sd"] < row["robust_sd_high"]
    assert (row["action_low"], row["action_high"]) == pytest.approx(
        (values.mean() - 2.0 * values.std(ddof=1), values.mean() + 2.0 * values.std(ddof=1)), rel=1e-9
    )
    assert row["standing"] == "high"


def test_fewer_than_thirty_exposures_are_listed_and_not_judged() -> None:
    found = _assess(_group(np.full(29, 4.0)))
    assert found.frame("groups")["standing"].tolist() == ["too few"]
    assert (len(found.frame("bands")), found.findings) == (0, ())
    assert [one.kind for one in _assess(_group(np.full(30, 4.0))).findings] == ["off_target"]


def test_shares_of_bands_have_wilsons_interval() -> None:
    edges = [-3.1, -3.0, -1.1, -1.0, -0.6, -0.5, 0.0, 0.5, 0.6, 1.0, 1.1, 3.0, 3.1]
    bands = _assess(_group(np.repeat(edges, 4))).frame("bands").set_index("band")
    counted = {name: int(number) // 4 for name, number in bands["number"].items()}
    assert counted == {
        "severely_under": 1,
        "under": 2,
        "acceptable_low": 2,
        "target": 3,
        "acceptable_high": 2,
        "over": 2,
        "excessive": 1,
    }
    interval = stats.binomtest(12, 52).proportion_ci(method="wilson")
    target = bands.loc["target"]
    assert (target["low"], target["high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_target_is_suggested_only_where_every_condition_holds() -> None:
    generator = np.random.default_rng(3)
    peaked = generator.standard_t(5, 400) * 0.9 + 1.0
    cases = {"PA": peaked, "LAT": 3.0 * peaked, "AP": generator.uniform(-1.0, 1.0, 400)}
    cases["OBL"] = np.concatenate([peaked, generator.exponential(1.5, 120) + 1.0])
    rows = [row for view, values in cases.items() for row in _group(values, view=view)]
    found = _assess(rows).frame("targets").set_index("view")
    kept = peaked[np.abs(peaked - peaked.mean()) <= 3.0 * peaked.std(ddof=1)]
    suggested = 300.0 * 10.0 ** (np.median(kept) / 10.0)
    assert found.loc["PA", "suggested"] == pytest.approx(suggested, rel=1e-9)
    assert found.loc["PA", "skewness"] == pytest.approx(stats.skew(kept), rel=1e-9)
    assert found.loc["PA", "excess_kurtosis"] == pytest.approx(stats.kurtosis(kept), rel=1e-9)
    assert found.loc["PA", "change"] == pytest.approx(10.0 * math.log10(suggested / 300.0), rel=1e-9)
    assert (bool(found.loc["LAT", "meets_sd"]), math.isnan(found.loc["LAT", "suggested"])) == (False, True)
    assert (bool(found.loc["AP", "meets_kurtosis"]), math.isnan(found.loc["AP", "suggested"])) == (False, True)


@pytest.mark.parametrize(
    ("told", "fault", "deviation", "source"),
    [
        ({"exposure_index": 600.0}, "", 10.0 * math.log10(2.0), "computed"),
        ({"exposure_index": 0.0, "deviation_index": 1.0}, "not_positive", NAN, ""),
        ({"exposure_index": -2.0}, "not_positive", NAN, ""),
        ({"exposure_index": NAN, "not_numbers": "KVP,ExposureIndex", "deviation_index": 1.0}, "text", NAN, ""),
        (
            {"exposure_index": NAN, "not_numbers": "TargetExposureIndex", "deviation_index": 1.0},
            "missing",
            1.0,
            "reported",
        ),
        ({"target_exposure_index": NAN, "deviation_index": -0.7}, "target_missing", -0.7, "reported"),
        ({"target_exposure_index": NAN}, "target_missing", NAN, ""),
        ({"target_exposure_index": 0.0}, "target_not_positive", NAN, ""),
        ({"exposure_index": 1900.0, "target_exposure_index": NAN, "older_scale": True}, "older_scale", NAN, ""),
    ],
)
def test_index_that_cannot_be_used_has_its_fault(
    told: dict[str, object], fault: str, deviation: float, source: str
) -> None:
    (row,) = _assess([told]).exposures.to_dict("records")
    assert (row["fault"], row["di_source"]) == (fault, source)
    assert row["deviation_index"] == pytest.approx(deviation, rel=1e-9, nan_ok=True)


def test_stated_deviation_that_disagrees_is_counted_by_unit() -> None:
    rows: list[dict[str, object]] = [{"exposure_index": 376.8, "deviation_index": 1.1} for _ in range(20)]  # 0.11 apart
    rows += [{"exposure_index": 376.8, "deviation_index": -1.0} for _ in range(5)]
    (row,) = _assess(rows).frame("faults").to_dict("records")
    assert (row["compared"], row["di_disagrees"]) == (25, 5)


def test_groups_tell_control_patients_and_shift() -> None:
    rows: list[dict[str, object]] = [
        {"exposure_control_mode": None, "patient_age_years": NAN, "exposed_at": datetime.datetime(2026, 1, 5, 3)},
        {"exposure_control_mode": "MANUAL", "patient_age_years": 17.9, "exposed_at": datetime.datetime(2026, 1, 5, 7)},
        {"exposure_control_mode": "automatic", "patient_age_years": 18.0, "exposed_at": pd.NaT},
    ]
    told = _assess(rows).exposures[["control", "patients", "shift"]].astype(str).values.tolist()
    assert told == [["control not told", "adult", "night"], ["manual", "child", "day"], ["AEC", "adult", ""]]


def test_rooms_are_compared_with_the_other_rooms_only() -> None:
    generator = np.random.default_rng(4)
    rows = [
        row
        for room, middle in (("A", 0.0), ("B", 0.0), ("C", 2.0))
        for row in _group(generator.normal(middle, 1.0, 60), room=room, unit=room)
    ]
    rooms = _assess(rows).frame("rooms").set_index("room")
    assert rooms.loc["C", "others"] == 120
    assert rooms.loc["C", "low"] < 2.0 < rooms.loc["C", "high"]
    assert rooms.loc["C", "adjusted_p_value"] < 1e-6
    pooled = stats.false_discovery_control(rooms["p_value"])
    assert rooms["adjusted_p_value"].tolist() == pytest.approx(pooled.tolist(), rel=1e-9)


def test_wide_spread_is_told_by_its_own_bound_of_automatic_and_manual_exposure() -> None:
    values = 3.4 * np.random.default_rng(6).normal(size=400)
    kinds = [
        [one.kind for one in _assess(_group(values, exposure_control_mode=mode)).findings]
        for mode in ("AUTOMATIC", "MANUAL")
    ]
    assert kinds == [["spread"], []]


def test_tables_are_frames_also_of_no_exposures_and_another_is_refused() -> None:
    empty = assess_exposure(exposures([{}]).iloc[:0], unmapped=UNMAPPED)
    for name in ("groups", "bands", "targets", "rooms", "shifts", "units", "faults", "indicators", "drift"):
        assert len(empty.frame(name)) == 0
    assert (empty.findings, len(empty.frame("investigate"))) == ((), 0)
    with pytest.raises(InputError, match="investigate"):
        empty.frame("everything")


def test_place_holds_only_its_own(audit: ExposureAudit) -> None:
    own = audit.of_place(site="North", room="D", unit="UD")
    assert {one.room for one in own.findings} == {"D"}
    assert set(own.exposures["room"]) == {"D"}
    assert {one.room for one in own.drifts} == {"D"}


def test_rules_in_a_wrong_order_are_refused() -> None:
    part = {"document": "d", "edition": "", "confidence": "C"}
    tables = {"bands": part | {"row": []}, "site_limits": part, "target_rule": part, "judging": part}
    with pytest.raises(InputError, match="shifts"):
        rules_of(tables | {"shift": [{"name": "late", "begins": 15}, {"name": "early", "begins": 7}]})


def test_site_changes_bounds_and_shifts_which_print_as_its_own() -> None:
    own = site_exposure_rules({"least": 50, "shifts": {"early": 6, "night": 22}}, "site.toml")
    assert (own["least"], own["most_mean"], RULES["least"]) == (50.0, 0.5, 30.0)
    assert own.shift_of([5, 6, 21, 22]).tolist() == ["night", "early", "early", "night"]
    assert own.sources["judging"] == "site.toml, [exposure_audit]"
    assert own.sources["bands"] == RULES.sources["bands"]
    found = assess_exposure(exposures(_group(np.full(49, 4.0))), unmapped=UNMAPPED, rules=own)
    assert found.findings == ()


@pytest.mark.parametrize("row", [[], {"unheard": 1}, {"least": "many"}, {"least": -1}, {"shifts": {"a": 9, "b": 8}}])
def test_rules_of_a_site_that_cannot_be_read_are_refused(row: object) -> None:
    with pytest.raises(SiteError, match="exposure_audit"):
        site_exposure_rules(row, "site.toml")


@pytest.mark.slow
def test_plants_of_many_quarters_are_found_with_few_others() -> None:
    missed, others, of_nothing, seeds = 0, 0, 0, range(1, 31)
    for seed in seeds:
        told = [(one.kind, one.room) for one in _quarter(planted=True, seed=seed).findings]
        changes = {(kind.replace("drift", "step"), room) for kind, room in told}  # a slow drift may look like a step
        wanted = {(plant.name.replace("drift", "step"), plant.room) for plant in PLANTS if plant.name != "unmapped"}
        missed += len(wanted - changes)
        others += len(told) - len(wanted & changes)
        of_nothing += len(_quarter(planted=False, seed=seed).findings)
    # of 9 plants and some 24 groups each
    assert missed == 0
    assert others <= 0.2 * len(seeds)
    assert of_nothing <= 0.1 * len(seeds)
