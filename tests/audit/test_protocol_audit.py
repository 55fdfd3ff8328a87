"""Audit of protocols: against a table in versions, against other rooms, and since when."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, median_abs_deviation

from xrayiq.audit import ProtocolAudit, assess_protocols, site_protocols
from xrayiq.errors import InputError, SiteError
from xrayiq_phantoms.protocol_exposures import ProtocolChange, simulate_protocols

FIRST = datetime.date(2026, 1, 5)
TOLD_ON = FIRST + datetime.timedelta(days=50)
STEP = ProtocolChange(room="R2", body_part="CHEST", parameter="tube_voltage_kv", day=50, value=117.0)
CHEST: dict[str, Any] = {"body_part": "CHEST", "view": "PA", "room": "R2"}
VERSION_1 = {"version": "1", "valid_from": FIRST, "author": "A. Physicist", "rows": [CHEST | {"tube_voltage_kv": 125}]}


def frame(**planted: Any) -> pd.DataFrame:
    """Exposures of simulated rooms."""
    return pd.DataFrame(simulate_protocols(**planted)).astype(
        {"filter_thickness_min_mm": "float64", "filter_thickness_max_mm": "float64"}
    )


def audited(*tables: dict[str, Any], **planted: Any) -> ProtocolAudit:
    return assess_protocols(frame(**planted), protocols=site_protocols(list(tables), "test.toml"))


def version(number: str, day: datetime.date, **values: Any) -> dict[str, Any]:
    return {"version": number, "valid_from": day, "author": "A. Physicist", "rows": [CHEST | values]}


def kinds(audit: ProtocolAudit) -> list[tuple[str, str, str]]:
    return [(one.kind, one.room, one.about.split(", ")[2]) for one in audit.findings]


@pytest.fixture(scope="module")
def stepped() -> ProtocolAudit:
    """Without a table."""
    return audited(changes=(STEP,))


def test_rooms_that_expose_alike_give_no_finding_and_no_change() -> None:
    found = audited()
    assert (found.findings, len(found.changes)) == ((), 0)


def test_step_of_the_voltage_is_dated_to_the_day_and_nothing_else_is_named(stepped: ProtocolAudit) -> None:
    (one,) = stepped.findings
    assert (one.kind, one.room, one.quantity) == ("change", "R2", "tube_voltage")
    assert (one.bound, one.value, one.last_day) == (125.0, 117.0, TOLD_ON)
    (row,) = stepped.changes.to_dict("records")
    assert (row["body_part"], row["parameter"], row["known"]) == ("CHEST", "tube_voltage_kv", "")
    assert row["low"] < -8.0 < row["high"] < 0.0  # the step that was planted lies in the interval
    assert row["exposures_before"] == 2 * 50
    assert "no table says what was meant" in one.sentence


@pytest.mark.parametrize(
    ("parameter", "value", "label"),
    [
        ("source_detector_distance_mm", 2000.0, "source-detector distance"),
        ("grid", "NONE", "grid"),
        ("filter_material", "ALUMINUM", "filter"),
        ("exposure_control_mode", "MANUAL", "exposure control"),
    ],
)
def test_changes_of_distance_grid_filter_and_exposure_control_are_dated(
    parameter: str, value: float | str, label: str
) -> None:
    planted = ProtocolChange(room="R1", body_part="CHEST", parameter=parameter, day=30, value=value)
    found = audited(rooms=("R1", "R2"), changes=(planted,))
    assert kinds(found) == [("change", "R1", label)]
    assert abs(found.changes["changed_on"].iloc[0] - FIRST - datetime.timedelta(days=30)) <= datetime.timedelta(days=1)


def test_change_that_the_table_tells_is_known_and_no_finding() -> None:
    tables = (VERSION_1, version("2", TOLD_ON - datetime.timedelta(days=3), tube_voltage_kv=117))
    found = audited(*tables, changes=(STEP,))
    assert found.findings == ()
    assert found.changes[["version", "known"]].values.tolist() == [["2", "yes"]]


def test_change_that_the_table_does_not_tell_is_found_against_it() -> None:
    found = audited(VERSION_1, changes=(STEP,))
    assert kinds(found) == [("table", "R2", "tube voltage"), ("change", "R2", "tube voltage")]
    outside, change = found.findings
    assert "the table of protocols has no such change" in change.sentence
    row = found.compared[found.compared["parameter"] == "tube_voltage_kv"].iloc[0]
    own = found.exposures[(found.exposures["room"] == "R2") & (found.exposures["body_part"] == "CHEST")]
    assert row["outside"] == (abs(own["tube_voltage_kv"] - 125.0) > 3.0).sum()
    assert row["share"] == pytest.approx(row["outside"] / 182)
    wilson = binomtest(int(row["outside"]), 182).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((wilson.low, wilson.high), rel=1e-9)
    assert outside.value == row["share"]


def test_each_version_holds_from_its_day_until_the_next() -> None:
    found = audited(VERSION_1, version("2", TOLD_ON, tube_voltage_kv=117), changes=(STEP,))
    rows = found.compared[found.compared["parameter"] == "tube_voltage_kv"]
    assert rows[["version", "exposures"]].values.tolist() == [["1", 100], ["2", 82]]
    assert set(rows["verdict"]) == {"within"}


def test_row_for_a_room_goes_before_that_for_any() -> None:
    general = {"body_part": "CHEST", "view": "PA", "tube_voltage_kv": 90}
    both = VERSION_1 | {"rows": [general, CHEST | {"tube_voltage_kv": 125}]}
    found = audited(both)
    verdicts = found.compared.set_index(["room", "parameter"])["verdict"]
    assert [verdicts[room, "tube_voltage_kv"] for room in ("R1", "R2", "R3")] == ["outside", "within", "outside"]


def test_charge_under_exposure_control_is_judged_by_its_spread_alone() -> None:
    rows = frame()
    own = (rows["room"] == "R2") & (rows["body_part"] == "CHEST")
    late = own & (rows["exposed_at"] >= pd.Timestamp(TOLD_ON))
    rows.loc[late, "exposure_mas"] *= 4.0
    table = site_protocols([version("1", FIRST, exposure_mas=2.0)], "test.toml")
    found = assess_protocols(rows, protocols=table)
    assert "exposure_mas" not in set(found.changes["parameter"]) | set(found.compared["parameter"])
    assert kinds(found) == [("table", "R2", "spread of the charge under exposure control")]
    expected = median_abs_deviation(np.log(rows.loc[own, "exposure_mas"]), scale="normal")
    assert found.findings[0].value == pytest.approx(expected, rel=1e-9)


def test_manual_charge_is_held_against_the_table_and_its_change_dated() -> None:
    planted = ProtocolChange(room="R1", body_part="HAND", parameter="exposure_mas", day=60, value=3.2)
    hands = {"body_part": "HAND", "view": "PA", "exposure_mas": 1.6}
    found = audited(VERSION_1 | {"rows": [hands]}, changes=(planted,))
    assert kinds(found) == [("table", "R1", "manual charge"), ("change", "R1", "manual charge")]


def test_too_few_exposures_are_told_with_how_many_are_needed() -> None:
    found = audited(VERSION_1, days=8)
    assert found.findings == ()
    row = found.compared[found.compared["parameter"] == "tube_voltage_kv"].iloc[0]
    assert (row["verdict"], row["exposures"], row["needed"]) == ("too few", 16, 4)
    assert set(found.usual["needed"]) == {4}


def test_the_room_unlike_the_others_is_named_and_the_others_are_not() -> None:
    planted = ProtocolChange(room="R3", body_part="ABDOMEN", parameter="tube_voltage_kv", day=0, value=70.0)
    found = audited(changes=(planted,))
    assert kinds(found) == [("room_difference", "R3", "tube voltage")]
    row = found.rooms[(found.rooms["place"] == "room") & found.rooms["differs"]].iloc[0]
    assert (row["value"], row["others_value"], row["others"], row["difference"]) == (70.0, 80.0, 2, -10.0)


def test_where_rooms_agree_on_nothing_none_is_named() -> None:
    planted = tuple(
        ProtocolChange(room=room, body_part="ABDOMEN", parameter="tube_voltage_kv", day=0, value=value)
        for room, value in (("R2", 70.0), ("R3", 90.0))
    )
    assert audited(changes=planted).findings == ()


def test_of_two_sites_the_difference_is_told_with_its_interval_and_nobody_is_named() -> None:
    rows = frame(rooms=("R1", "R2"))
    rows.loc[rows["room"] == "R2", "site"] = "South"
    rows.loc[(rows["room"] == "R2") & (rows["body_part"] == "ABDOMEN"), "tube_voltage_kv"] += 12.0
    found = assess_protocols(rows)
    sites = found.rooms[(found.rooms["place"] == "site") & (found.rooms["parameter"] == "tube_voltage_kv")]
    told = sites[sites["body_part"] == "ABDOMEN"].set_index("site")
    assert told["difference"].to_dict() == {"North": -12.0, "South": 12.0}
    assert told["differs"].all()
    assert found.findings == ()


def test_children_have_protocols_of_their_own() -> None:
    rows = frame()
    child = rows["exposed_at"].dt.day % 2 == 0
    rows.loc[child, "band"] = "15 kg to 30 kg"
    rows.loc[child, "tube_voltage_kv"] -= 20.0
    found = assess_protocols(rows)
    assert found.findings == ()
    usual = found.usual[found.usual["parameter"] == "tube_voltage_kv"].set_index(["room", "body_part", "patients"])
    assert (usual.loc[("R1", "CHEST", "adult"), "value"], usual.loc[("R1", "CHEST", "child"), "value"]) == (125, 105)


def test_dose_stands_beside_image_quality(stepped: ProtocolAudit) -> None:
    quality = stepped.frame("quality")
    assert set(quality["room"]) == {"R1", "R2", "R3"}
    assert quality["dose"].notna().all()
    assert quality["deviation_index"].notna().all()


def test_exposures_of_unknown_dates_and_empty_frames_are_taken() -> None:
    rows = frame(days=3)
    rows["exposed_at"] = pd.NaT
    assert assess_protocols(rows).first_day is None
    assert len(assess_protocols(rows.iloc[:0]).usual) == 0


def test_unknown_table_of_the_audit_is_an_error(stepped: ProtocolAudit) -> None:
    with pytest.raises(InputError, match="one of usual"):
        stepped.frame("nothing")


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"version": "1"}, "no list"),
        ([VERSION_1 | {"author": ""}], "version or author"),
        ([VERSION_1 | {"valid_from": "2026"}], "valid_from"),
        ([VERSION_1 | {"rows": []}], "without rows"),
        ([VERSION_1 | {"rows": [CHEST | {"kv": 3}]}], "'kv'"),
        ([VERSION_1 | {"rows": [CHEST | {"tube_voltage_kv": "125"}]}], "tube_voltage_kv"),
        ([VERSION_1 | {"rows": [CHEST | {"body_part": "THORAX"}]}], "THORAX"),
        ([VERSION_1 | {"rows": [{"body_part": "CHEST"}]}], "without view"),
        ([VERSION_1 | {"tolerances": {"kv": 1}}], "kv"),
        ([VERSION_1, VERSION_1], "two versions"),
    ],
)
def test_table_that_cannot_be_read_is_an_error_that_says_where(tables: Any, told: str) -> None:
    with pytest.raises(SiteError, match=told):
        site_protocols(tables, "site.toml")


def test_a_table_may_have_tolerances_of_its_own() -> None:
    narrow = VERSION_1 | {"rows": [CHEST | {"source_detector_distance_mm": 1800}]}
    wide_verdict = audited(narrow).compared.iloc[0]["verdict"]
    tight_verdict = audited(narrow | {"tolerances": {"source_detector_distance_mm": 5}}).compared.iloc[0]["verdict"]
    assert (wide_verdict, tight_verdict) == ("within", "outside")
