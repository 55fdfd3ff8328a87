"""Written dose reports state what they were given, in the report's units, and pass the validator."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from collections.abc import Iterator

import pydicom
import pytest
from pydicom.dataset import Dataset

from xrayiq_phantoms.dicom_values import Identifiers
from xrayiq_phantoms.dose_report import ReportedEvent, write_dose_report

CHEST = ReportedEvent(
    event_uid="2.25.101",
    started_at=datetime.datetime(2025, 3, 4, 9, 30),
    protocol_name="Chest PA",
    body_part="CHEST",
    dap_gy_m2=4.0e-6,
    reference_point_dose_gy=1.0e-4,
    tube_voltage_kv=120.0,
    tube_current_ma=320.0,
    exposure_mas=1.6,
    exposure_time_ms=5.0,
    exposure_index=312.0,
    target_exposure_index=250.0,
    deviation_index=1.0,
    field_area_mm2=122500.0,
    field_height_mm=350.0,
    field_width_mm=350.0,
    source_detector_distance_mm=1800.0,
    operator_name="Simulated^Operator1",
    image_uid="2.25.102",
    image_series_uid="2.25.103",
)
HAND = ReportedEvent(event_uid="2.25.104", dap_gy_m2=0.5e-6, tube_voltage_kv=0.0)


def with_concept(items: Dataset, value: str) -> Iterator[Dataset]:
    """Content items of a concept, found by their code, at one level."""
    return (item for item in items.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == value)


def number(items: Dataset, value: str) -> tuple[float, str]:
    measured = next(with_concept(items, value)).MeasuredValueSequence[0]
    return float(measured.NumericValue), measured.MeasurementUnitsCodeSequence[0].CodeValue


@pytest.fixture
def report(tmp_path) -> Dataset:
    write_dose_report(tmp_path / "report.dcm", events=[CHEST, HAND], identifiers=Identifiers(seed=3))
    return pydicom.dcmread(tmp_path / "report.dcm")


def test_the_report_is_of_its_class_and_template(report):
    assert report.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.67"
    assert report.Modality == "SR"
    assert report.ConceptNameCodeSequence[0].CodeValue == "113701"
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "10001"
    procedure = next(with_concept(report, "121058"))
    assert procedure.ConceptCodeSequence[0].CodeValue == "113704"
    scope = next(with_concept(report, "113705"))
    assert report.StudyInstanceUID == next(with_concept(scope, "110180")).UID


def test_totals_are_the_sums_over_the_events(report):
    block = next(with_concept(report, "113702"))
    assert number(block, "113722") == (4.5e-6, "Gy.m2")
    assert number(block, "113725") == (1.0e-4, "Gy")
    assert number(block, "113731") == (2.0, "1")


def test_stated_totals_win_over_the_sums():
    report = write_dose_report(None, events=[CHEST, HAND], total_dap_gy_m2=9.0e-6, total_reference_point_dose_gy=3.0e-4)
    block = next(with_concept(report, "113702"))
    assert number(block, "113722") == (9.0e-6, "Gy.m2")
    assert number(block, "113725") == (3.0e-4, "Gy")


@pytest.mark.parametrize(
    ("concept", "value", "unit"),
    [
        ("122130", 4.0e-6, "Gy.m2"),
        ("113738", 1.0e-4, "Gy"),
        ("113733", 120.0, "kV"),
        ("113734", 320.0, "mA"),
        ("113736", 1600.0, "uA.s"),  # 1.6 mAs
        ("113824", 5.0, "ms"),
        ("113790", 0.1225, "m2"),  # 350 mm by 350 mm
        ("113788", 350.0, "mm"),
        ("113845", 312.0, "1"),
        ("113846", 250.0, "1"),
        ("113847", 1.0, "1"),
        ("113750", 1800.0, "mm"),
    ],
)
def test_numbers_of_an_event_stand_in_the_units_of_the_template(report, concept, value, unit):
    event = next(with_concept(report, "113706"))
    assert number(event, concept) == (pytest.approx(value, rel=1e-12), unit)


def test_an_event_names_its_uid_moment_protocol_region_and_image(report):
    event = next(with_concept(report, "113706"))
    assert next(with_concept(event, "113769")).UID == "2.25.101"
    assert next(with_concept(event, "111526")).DateTime == "20250304093000.000000"
    assert next(with_concept(event, "125203")).TextValue == "Chest PA"
    assert next(with_concept(event, "123014")).ConceptCodeSequence[0].CodeValue == "816094009"
    assert next(with_concept(event, "113795")).ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "2.25.102"
    series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == "2.25.103"


def test_zero_is_stated_and_none_is_left_out(report):
    _, event = with_concept(report, "113706")
    assert number(event, "113733") == (0.0, "kV")
    assert list(with_concept(event, "113736")) == []


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
def test_the_report_passes_the_validator(report, tmp_path):
    checked = subprocess.run(
        ["dciodvfy", str(tmp_path / "report.dcm")], capture_output=True, text=True, check=False, timeout=60
    )
    lines = (checked.stderr + checked.stdout).splitlines()
    assert "XRayRadiationDoseSR" in lines
    assert [line for line in lines if line.startswith("Error -")] == []


@pytest.mark.skipif(shutil.which("dsrdump") is None, reason="dsrdump (dcmtk) is not installed")
def test_dcmtk_reads_the_whole_tree(report, tmp_path):
    dumped = subprocess.run(
        ["dsrdump", str(tmp_path / "report.dcm")], capture_output=True, text=True, check=True, timeout=60
    )
    assert dumped.stdout.count("Irradiation Event X-Ray Data") == 2


def test_a_report_without_events_is_refused():
    with pytest.raises(ValueError, match="without events"):
        write_dose_report(None, events=[])


def test_an_image_of_an_unknown_class_is_refused():
    with pytest.raises(ValueError, match="needed DX or CR"):
        write_dose_report(None, events=[ReportedEvent(event_uid="2.25.1", image_uid="2.25.2", image_class_uid="1.2")])
