"""The audit of doses as a whole."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from dose_frames import NAN, START, exposures

from xrayiq.audit import DoseAudit, assess_dose
from xrayiq.errors import InputError

DAP = "dose_area_product"
LEVELS = pd.DataFrame(
    [
        {"level_id": "test_chest_pa", "body_part": "CHEST", "view": "PA", "band": "adult", "quantity": DAP}
        | {"level": 1.3e-5, "achievable": NAN, "source": "Document of the test"}
    ]
)
UNITS = ["site", "room", "unit", "quantity", "exposures", "median_ratio", "suspected_power", "text"]
UNMAPPED = pd.DataFrame(columns=["body_part", "view_position", "protocol_name", "exposures"])


def _audit(rows: list[dict[str, object]], *, units: list[dict[str, object]] | None = None) -> DoseAudit:
    frame = exposures(rows)
    for name in ("incident_air_kerma", "entrance_surface_air_kerma", "average_glandular_dose", "noise", "snr"):
        frame[name] = NAN
    return assess_dose(frame, levels=LEVELS, units=pd.DataFrame(units or [], columns=UNITS), unmapped=UNMAPPED)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    rng = np.random.default_rng(5)
    return [
        {
            "room": room,
            "unit": f"U{room}",
            "subject": f"{room}.{number}",
            "exposed_at": START + datetime.timedelta(days=number),
            DAP: middle * math.exp(float(rng.normal(0.0, 0.25))),
        }
        for room, middle in (("A", 1.0e-5), ("B", 2.0e-5), ("C", 1.0e-4))
        for number in range(60)
    ]


def test_audit_names_the_room_over_its_level_the_wrong_unit_and_the_excursion(rows: list[dict[str, object]]) -> None:
    wrong = {"site": "North", "room": "C", "unit": "UC", "quantity": DAP, "exposures": 60, "median_ratio": 10.0}
    wrong |= {"suspected_power": 1, "text": "10 times what its technique gives"}
    planted = {"room": "A", "unit": "UA", "subject": "A.planted", DAP: 1.5e-4, "field_area_mm2": 1.5e6}
    found = _audit([*rows, planted], units=[wrong])
    assert [(one.kind, one.room) for one in found.findings] == [
        ("unit_suspicion", "C"),
        ("reference_level", "B"),
        ("excursion", "A"),
    ]
    level, excursion = found.findings[1:]
    values = [row[DAP] for row in rows if row["room"] == "B"]
    assert level.value == pytest.approx(np.median(values))
    assert (level.bound, level.source, level.exposures) == (1.3e-5, "Document of the test", 60)
    assert (level.first_day, level.last_day) == (datetime.date(2026, 1, 5), datetime.date(2026, 3, 5))
    assert (excursion.about, excursion.subjects) == ("A.planted", ("A.planted",))
    assert "no collimation" in excursion.suggestion


def test_doses_of_a_wrong_unit_are_not_compared_but_stay_in_the_workload(rows: list[dict[str, object]]) -> None:
    wrong = dict.fromkeys(UNITS, "") | {"site": "North", "unit": "UC", "quantity": DAP, "exposures": 60}
    found = _audit(rows, units=[wrong | {"suspected_power": 1, "median_ratio": 10.0}])
    assert set(found.frame("typical")["room"]) == {"A", "B"}
    assert set(found.frame("workload")["room"]) == {"A", "B", "C"}
    assert found.exposures[DAP].notna().all()
    comparable = found.comparable()
    assert (len(comparable), set(comparable.loc[comparable[DAP].notna(), "room"])) == (180, {"A", "B"})


def test_every_table_is_a_frame_and_another_is_refused(rows: list[dict[str, object]]) -> None:
    found = _audit(rows)
    for name in ("levels", "typical", "local_levels", "excursions", "creep", "workload", "optimisation", "units"):
        assert isinstance(found.frame(name), pd.DataFrame)
    with pytest.raises(InputError, match="workload_by_voltage"):
        found.frame("everything")


def test_no_exposures_give_an_empty_audit() -> None:
    empty = exposures([{DAP: 1.0}]).iloc[:0]
    for name in ("incident_air_kerma", "entrance_surface_air_kerma", "average_glandular_dose", "noise", "snr"):
        empty[name] = pd.Series(dtype="float64")
    found = assess_dose(empty, levels=LEVELS, units=pd.DataFrame(columns=UNITS), unmapped=UNMAPPED)
    assert (found.findings, found.first_day, len(found.frame("creep"))) == ((), None, 0)


def test_audit_tells_what_is_all_right_as_evidence_for_earlier_findings(rows: list[dict[str, object]]) -> None:
    unit = {"site": "North", "room": "C", "unit": "UC", "quantity": DAP, "exposures": 60, "median_ratio": 1.1}
    planted = {"room": "A", "unit": "UA", "subject": "A.planted", DAP: 1.5e-4, "field_area_mm2": 1.5e6}
    checks = _audit([*rows, planted], units=[unit | {"suspected_power": 0, "text": ""}]).checks
    told = {(one.kind, one.unit, one.is_within) for one in checks}
    assert {one for one in told if one[0] == "reference_level"} == {("reference_level", "UA", True)}
    assert {one for one in told if one[0] == "excursion"} == {("excursion", "UB", True), ("excursion", "UC", True)}
    assert {one for one in told if one[0] == "unit_suspicion"} == {("unit_suspicion", "UC", True)}
    assert {one for one in told if one[0] == "creep"} == {("creep", unit, None) for unit in ("UA", "UB", "UC")}
    (level,) = [one for one in checks if one.kind == "reference_level"]
    values = [row[DAP] for row in [*rows, planted] if row["room"] == "A"]
    assert (level.value, level.exposures) == (pytest.approx(np.median(values)), 61)
    assert (level.first_day, level.last_day) == (datetime.date(2026, 1, 5), datetime.date(2026, 3, 5))


def test_few_exposures_are_no_evidence(rows: list[dict[str, object]]) -> None:
    assert _audit(rows[:19]).checks == ()
