"""Audit of collimation: planted habits and faults are found, and nothing else is named."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from xrayiq.audit import CollimationAudit, assess_collimation, site_reference_fields
from xrayiq.errors import InputError, SiteError
from xrayiq_phantoms.collimation_quarter import FAULTS, simulate_collimation

KNEE: dict[str, Any] = {"unit": "unit of R2", "body_part": "KNEE"}


def frame(**planted: Any) -> pd.DataFrame:
    return pd.DataFrame(simulate_collimation(**planted))


def rows_of(table: pd.DataFrame, **where: Any) -> pd.DataFrame:
    for name, value in where.items():
        table = table[table[name] == value]
    return table


@pytest.fixture(scope="module")
def audit() -> CollimationAudit:
    return assess_collimation(frame(faults=FAULTS))


def test_rooms_that_collimate_well_give_no_finding() -> None:
    assert assess_collimation(frame(rooms=("R1", "R2", "R3"))).findings == ()


@pytest.mark.parametrize("seed", range(3))
def test_planted_faults_are_found_and_nothing_else_is_named(seed: int) -> None:
    found = assess_collimation(frame(faults=FAULTS, seed=seed))
    named = {(one.room, one.kind, one.about) for one in found.findings}
    wanted = {
        ("R2", "cropped_afterwards", "KNEE AP"),
        ("R3", "off_centre", "columns"),
        ("R4", "field_disagrees", "image and header"),
        ("R5", "open_collimation", "HAND PA"),
        ("R1", "beside_anatomy", "LSPINE AP"),
    }
    assert named == wanted
    assert {(one.room, one.kind) for one in FAULTS} == {(room, kind) for room, kind, _ in wanted}


def test_what_concerns_most_exposures_comes_first(audit: CollimationAudit) -> None:
    assert {one.room for one in audit.findings[:2]} == {"R3", "R4"}
    assert audit.frame("findings")["look_first"].str.len().min() > 20


def test_cropping_tells_what_was_irradiated_and_not_stored(audit: CollimationAudit) -> None:
    (one,) = (one for one in audit.findings if one.kind == "cropped_afterwards")
    own = rows_of(audit.exposures, **KNEE)
    own = own[own["is_cropped"] == 1.0]
    # what was planted: 280 × 200 mm stored of the whole detector
    assert own["crop_fraction"].median() == pytest.approx(1.0 - 280.0 * 200.0 / 430.0**2, abs=0.02)
    assert "open collimation cropped afterwards" in one.sentence
    assert "told by the header" in one.sentence
    assert 1 <= len(one.subjects) <= 20
    assert set(one.subjects) <= set(own["subject"])


def test_dose_report_alone_tells_of_cropping() -> None:
    silent = frame(faults=FAULTS[:1], rooms=("R2",)).assign(
        **dict.fromkeys(["header_top_mm", "header_bottom_mm", "header_left_mm", "header_right_mm"], np.nan),
        header_area_mm2=np.nan,
    )
    (one,) = assess_collimation(silent).findings
    assert one.kind == "cropped_afterwards"
    assert "told by the dose report" in one.sentence


def test_shares_have_wilson_intervals(audit: CollimationAudit) -> None:
    row = rows_of(audit.frame("shares"), measure="cropped", **KNEE).iloc[0]
    wanted = binomtest(int(row["events"]), int(row["exposures"])).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_offset_is_told_in_mm_and_of_the_distance(audit: CollimationAudit) -> None:
    (one,) = (one for one in audit.findings if one.kind == "off_centre")
    row = rows_of(audit.frame("centring"), unit="unit of R3", axis="columns").iloc[0]
    assert row["median_mm"] == pytest.approx(40.0, abs=2.0)  # 8 mm spread over some 250 exposures: sigma 0.6
    assert row["low"] < 40.0 / 1150.0 + 0.002
    assert one.bound == 0.02
    assert "to the right" in one.sentence


def test_disagreement_is_told_with_what_disagrees(audit: CollimationAudit) -> None:
    row = rows_of(audit.frame("agreement"), unit="unit of R4", measure="image and header").iloc[0]
    assert row["median_deviation_mm"] == pytest.approx(30.0, abs=1.5)
    assert rows_of(audit.frame("agreement"), unit="unit of R4", measure="image and dose report").iloc[0]["share"] < 0.1
    (one,) = (one for one in audit.findings if one.kind == "field_disagrees")
    assert one.bound == pytest.approx(0.02 * 1150.0)
    assert "the header's collimator edges" in one.sentence


def test_nothing_is_judged_of_fewer_than_thirty_exposures() -> None:
    found = assess_collimation(frame(faults=FAULTS[3:], rooms=("R5",), exposures=100))
    row = rows_of(found.frame("shares"), measure="open", body_part="HAND").iloc[0]
    assert row["verdict"] == "too few"
    assert row["needed"] == 30 - row["exposures"]
    assert found.findings == ()


def test_unsure_fields_count_nowhere_and_are_told(audit: CollimationAudit) -> None:
    unsure = int((audit.exposures["confidence"] < 0.65).sum())
    assert audit.left_out["fields that are not sure enough"] == unsure > 0
    assert audit.exposures.loc[~audit.exposures["counts"], ["is_open", "header_disagrees"]].isna().all(axis=None)


def test_reference_field_of_the_site_wins() -> None:
    rows = [{"body_part": "CHEST", "view": "PA", "area_mm2": 90000, "document": "Department protocol 7"}]
    found = assess_collimation(frame(rooms=("R1",)), references=site_reference_fields(rows, "site.toml"))
    assert [(one.kind, one.about) for one in found.findings] == [("open_collimation", "CHEST PA")]


@pytest.mark.parametrize(
    "row", [{"body_part": "CHEST", "view": "PA"}, {"body_part": "X", "view": "PA", "area_mm2": 1}, {"size": 1}]
)
def test_wrong_reference_fields_are_refused(row: dict[str, Any]) -> None:
    with pytest.raises(SiteError, match="reference field"):
        site_reference_fields([row], "site.toml")


def test_rotated_fields_are_compared_by_area() -> None:
    turned = frame(rooms=("R1",)).assign(rotation_deg=12.0)
    assert assess_collimation(turned).exposures["header_deviation_mm"].median() < 2.0


def test_audit_of_nothing_gives_empty_tables() -> None:
    found = assess_collimation(frame(rooms=("R1",)).head(0))
    assert found.findings == ()
    assert all(
        found.frame(name).empty
        for name in ("groups", "shares", "excess", "agreement", "centring", "fields", "findings")
    )
    with pytest.raises(InputError, match="table 'rooms'"):
        found.frame("rooms")


@pytest.mark.slow
def test_two_hundred_thousand_exposures_are_audited_in_ten_seconds() -> None:
    one = frame(faults=FAULTS)
    many = pd.concat([one.assign(unit=one["unit"] + f" {turn % 4}") for turn in range(100)], ignore_index=True)
    before = time.process_time()
    found = assess_collimation(many)
    spent = time.process_time() - before
    assert (len(many), len(found.findings)) == (200_000, 16)
    assert spent < 10.0


def test_part_beside_the_anatomy_is_told_with_its_spread_and_beside_other_rooms(audit: CollimationAudit) -> None:
    (row,) = rows_of(audit.excess, unit="unit of R1", body_part="LSPINE").to_dict("records")
    own = audit.exposures[audit.exposures["counts"] & (audit.exposures["body_part"] == "LSPINE")]
    mine, others = (own.loc[(own["room"] == "R1") == is_mine, "beside_anatomy_fraction"] for is_mine in (True, False))
    assert (row["exposures"], row["others"]) == (len(mine), len(others))
    assert row["median"] == pytest.approx(np.median(mine), abs=1e-12)
    assert row["robust_sd"] == pytest.approx(1.4826 * np.median(np.abs(mine - np.median(mine))), abs=1e-12)
    assert row["difference"] == pytest.approx(np.median(mine) - np.median(others), abs=1e-12)
    assert row["verdict"] == "over"
    # planted: a quarter of the field more in 7 of 10 exposures, scattered by 0.06 beside 0.2
    assert 0.35 < row["median"] < 0.5
    assert others.median() == pytest.approx(0.2, abs=0.02)
    (one,) = (one for one in audit.findings if one.kind == "beside_anatomy")
    assert f"{100 * row['median']:.0f} % of the field beside the anatomy" in one.sentence
    assert "in other rooms" in one.sentence
    worst = audit.exposures.set_index("subject").loc[list(one.subjects), "beside_anatomy_fraction"]
    assert worst.min() > one.bound


def test_few_exposures_and_a_single_room_are_not_compared() -> None:
    few = assess_collimation(frame(faults=FAULTS, exposures=80)).excess  # 20 of each view in each room
    assert set(few["verdict"]) == {"too few"}
    assert set(few["needed"]) <= set(range(10, 30))
    alone = assess_collimation(frame(rooms=("R1",), faults=FAULTS))
    assert set(alone.excess["verdict"]) == {""}
    assert "beside_anatomy" not in {one.kind for one in alone.findings}
    unknown = assess_collimation(frame(rooms=("R1",)).drop(columns="beside_anatomy_fraction"))
    assert unknown.excess.empty
