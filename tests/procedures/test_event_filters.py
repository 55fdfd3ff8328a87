"""Filters and reference points that reports state, from the store into the doses that an audit expects."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from test_dose_estimates import START, report

from xrayiq.audit import tabulate_exposures
from xrayiq.dose import area_at_1_m_mm2, computed_tube_output, copper_transmissions, tube_output_at
from xrayiq.model import BeamFilter, BeamGeometry, BeamSource, DoseEvent
from xrayiq.procedures import audit_dose
from xrayiq.records import open_records

#: the codes count, whatever the report calls them
COPPER = ("C-127F9", "SRT", "")
ALUMINIUM = ("12503006", "SCT", "")
NAMES = ("bare", "copper", "both", "untold", "point")


def radiograph(name: str, *filters: BeamFilter, kerma_mgy: float | None = None) -> DoseEvent:
    """A chest of 80 kV and 4 mAs at 1.8 m, 350 × 400 mm at the detector."""
    return DoseEvent(
        irradiation_event_uid=f"5.{NAMES.index(name)}",
        started_at=START,
        event_type=("113611", "DCM", "Stationary Acquisition"),
        target_region=("51185008", "SCT", "Chest"),
        view=("399348003", "SCT", "antero-posterior"),
        tube_voltage_kv=80.0,
        exposure_mas=4.0,
        dap_gy_m2=1.0e-5,
        reference_point_kerma_mgy=kerma_mgy,
        collimated_field_width_mm=350.0,
        collimated_field_height_mm=400.0,
        geometry=BeamGeometry(source_detector_distance_mm=1800.0, source_reference_point_distance_mm=1000.0),
        beam=BeamSource(filters=filters),
    )


@pytest.fixture(scope="module")
def store_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    file = tmp_path_factory.mktemp("filters") / "qa.db"
    copper = BeamFilter(material=COPPER, thickness_min_mm=0.2, thickness_max_mm=0.2)
    events = [
        radiograph("bare"),
        radiograph("copper", copper),
        radiograph("both", BeamFilter(material=ALUMINIUM, thickness_max_mm=1.0), copper),
        radiograph("untold", BeamFilter(material=COPPER)),
        radiograph("point", kerma_mgy=0.15),
    ]
    with open_records(f"sqlite:///{file}") as opened:
        report(opened, 1, "1.1", events, modality="DX")
    yield file


@pytest.fixture(scope="module")
def log(store_file: Path) -> pd.DataFrame:
    with open_records(f"sqlite:///{store_file}") as opened:
        found = tabulate_exposures(audit_dose(opened))
    return found.set_index(found["event_uid"].map({f"5.{place}": name for place, name in enumerate(NAMES)}))


def test_expected_dap_of_an_event_has_the_copper_that_its_report_states(log: pd.DataFrame) -> None:
    output = tube_output_at(computed_tube_output(), tube_voltage_kv=80.0).output_ugy_per_mas
    area = area_at_1_m_mm2(350.0 * 400.0, distance_mm=1800.0)
    expected = 1e-6 * output * 4.0 * 1e-6 * area
    passed = float(copper_transmissions(80.0, 0.2)[0])
    dap = log["expected_dap_gy_m2"]
    assert dap["bare"] == pytest.approx(expected, rel=1e-12)
    assert dap["copper"] == pytest.approx(passed * expected, rel=1e-12)
    assert dap["both"] == dap["copper"]
    assert pd.isna(dap["untold"])
    assert log["filter_material"].fillna("").to_dict() == {
        "bare": "",
        "copper": "COPPER",
        "both": "ALUMINUM\\COPPER",
        "untold": "COPPER",
        "point": "",
    }
    assert log.loc["copper", ["filter_thickness_min_mm", "filter_thickness_max_mm"]].tolist() == [0.2, 0.2]


def test_entrance_kerma_of_an_event_is_by_its_reference_point_where_it_states_one(log: pd.DataFrame) -> None:
    method, kerma = log["entrance_surface_air_kerma_method"], log["entrance_surface_air_kerma_mgy"]
    # 17.5 % of a display counts before 30 % of a computed output; kerma at the point over that by DAP and area
    assert (method["bare"], method["point"]) == ("dose_area_product", "reference_point")
    at_metre = 1.0e-5 * 1e9 / area_at_1_m_mm2(350.0 * 400.0, distance_mm=1800.0)
    assert kerma["point"] / kerma["bare"] == pytest.approx(0.15 / at_metre, rel=1e-12)


def test_store_of_an_earlier_version_gets_the_columns_out_of_its_reports(store_file: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    added = ("filter_material", "filter_thickness_min_mm", "filter_thickness_max_mm", "added_copper_mm")
    with sqlite3.connect(store_file) as source, sqlite3.connect(old) as target:
        source.backup(target)
        for name in (*added, "reference_point_distance_mm"):
            target.execute(f"ALTER TABLE dose_events DROP COLUMN {name}")
        for name in ("exposures_since_calibration", "exposures_since_manufacture"):  # of version 0013
            target.execute(f"ALTER TABLE objects DROP COLUMN {name}")
        target.execute("UPDATE xrayiq_schema SET version_num = '0011'")
    with open_records(f"sqlite:///{store_file}") as kept, open_records(f"sqlite:///{old}") as opened:
        migrated = opened.frame("dose_events")
        pd.testing.assert_frame_equal(migrated, kept.frame("dose_events"))
        assert opened.verify().faults == ()
    assert migrated["added_copper_mm"].tolist()[1:3] == [0.2, 0.2]
    assert migrated["reference_point_distance_mm"].tolist() == [1000.0] * 5
