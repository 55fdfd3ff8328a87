"""Structured reports, read back by highdicom and checked by dciodvfy."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import tomllib
from importlib import resources

import highdicom
import pydicom
import pytest
from exchange_builders import PATH, SOP_CLASS, DayTest, day_of, fill, fill_set
from pydicom.sr.codedict import codes

from xrayiq.dicom.sr_codes import quantity_code
from xrayiq.errors import InputError
from xrayiq.exchange import export_structured_reports
from xrayiq.model import quantities

LOCAL = 0.1 / 3
SCHEME = "99XRAYIQ"


@pytest.fixture
def stored(records):
    fill(
        records,
        [
            DayTest(1, {"signal_nonuniformity_local": LOCAL, "snr_mean": 1e5 / 7, "snr_minimum": math.nan}),
            DayTest(2, {"signal_nonuniformity_local": 0.2}, serial_number="S2", station_name="Röntgen^2"),
            DayTest(3, {"mtf_f50": 1.5, "deviation_index": -0.5}, procedure="mtf"),
            DayTest(4, {"exposure_index": 400.0}, population="clinical", procedure="exposure_index"),
        ],
    )
    return records


@pytest.fixture
def reports(stored, tmp_path):
    """Reports by the image they are on."""
    written = export_structured_reports(stored, tmp_path / "sr")
    assert (written.rows, written.left_out) == (3, 0)
    read = [highdicom.sr.srread(path) for path in sorted((tmp_path / "sr").iterdir())]
    return {source_images(report)[0]: report for report in read}


def groups(report):
    return report.content.get_image_measurement_groups()


def source_images(report):
    (group,) = groups(report)
    return [item.referenced_sop_instance_uid for item in group.source_images]


def numbers(report):
    (group,) = groups(report)
    return {
        (item.name.value, item.name.scheme_designator): (item.value, item.unit.value, item.unit.scheme_designator)
        for item in group.get_measurements()
    }


def assessment(report):
    (group,) = groups(report)
    found = group.get_qualitative_evaluations(name=codes.DCM.QualityAssessment)
    return [item.value.value for item in found]


def test_numbers_read_back_with_their_codes_and_units(reports):
    local = quantity_code("signal_nonuniformity_local")
    #: a decimal string (DS) has 16 characters, 13 digits and more of these numbers
    assert numbers(reports["1.2.3.1"]) == {
        (local.value, SCHEME): (pytest.approx(LOCAL, rel=1e-12), "1", "UCUM"),
        ("111787", "DCM"): (pytest.approx(1e5 / 7, rel=1e-12), "1", "UCUM"),
    }
    assert numbers(reports["1.2.3.3"]) == {
        (quantity_code("mtf_f50").value, SCHEME): (1.5, "/mm", "UCUM"),
        ("113847", "DCM"): (-0.5, "1", "UCUM"),
    }


def test_the_whole_number_stands_in_the_floating_point_value(reports):
    (group,) = groups(reports["1.2.3.1"])
    values = [item[0].MeasuredValueSequence[0] for item in group.get_measurements()]
    assert [item.FloatingPointValue for item in values] == [LOCAL, 1e5 / 7]


def test_a_group_says_whether_its_verdicts_meet_the_standard(reports):
    assert assessment(reports["1.2.3.1"]) == ["111237"]  # within the limit; the other has no baseline yet
    assert assessment(reports["1.2.3.2"]) == ["111236"]
    assert assessment(reports["1.2.3.3"]) == []  # nothing judged


def test_the_unit_is_the_subject_and_the_program_the_observer(reports):
    report = reports["1.2.3.1"]
    said = {item.ConceptNameCodeSequence[0].CodeMeaning: item for item in report.ContentSequence}
    assert said["Subject Class"].ConceptCodeSequence[0].CodeValue == "121007"
    assert said["Device Subject Name"].TextValue == "ROOM1"
    assert said["Device Subject Serial Number"].TextValue == "S1"
    assert said["Device Observer Name"].TextValue == "xrayiq"


def test_limits_stand_with_their_authority(reports):
    (group,) = groups(reports["1.2.3.2"])
    (measurement,) = group.get_measurements()
    said = {item.ConceptNameCodeSequence[0].CodeMeaning: item for item in measurement[0].ContentSequence}
    upper = said["Normal Range Upper Limit"].MeasuredValueSequence[0]
    assert (upper.FloatingPointValue, upper.MeasurementUnitsCodeSequence[0].CodeValue) == (0.10, "1")
    assert "Normal Range Lower Limit" not in said
    assert said["Normal Range Authority"].TextValue == "Document of the test"


def test_a_report_references_its_image_and_lies_in_a_study_of_the_unit_and_day(reports):
    report = reports["1.2.3.1"]
    (study,) = report.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    (image,) = series.ReferencedSOPSequence
    assert (study.StudyInstanceUID, series.SeriesInstanceUID) == ("1.2.4.1", "1.2.5.1")
    assert (image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID) == (SOP_CLASS, "1.2.3.1")
    assert report.StudyInstanceUID not in ("1.2.4.1", reports["1.2.3.3"].StudyInstanceUID)
    assert report.PatientID == reports["1.2.3.3"].PatientID != reports["1.2.3.2"].PatientID
    assert report.StudyDate == day_of(1).strftime("%Y%m%d")
    assert report.QualityControlSubject == "YES"


def test_the_same_measurements_give_the_same_files(stored, tmp_path):
    for name in ("first", "second"):
        export_structured_reports(stored, tmp_path / name)
    first, second = (sorted(file.name for file in (tmp_path / name).iterdir()) for name in ("first", "second"))
    assert first == second
    datasets = [pydicom.dcmread(tmp_path / name / first[0]) for name in ("first", "second")]
    assert datasets[0].ContentSequence == datasets[1].ContentSequence


def test_a_set_is_one_report_on_all_its_images(stored, tmp_path):
    fill_set(stored, 1, 3)
    assert export_structured_reports(stored, tmp_path / "sr").rows == 4
    read = [highdicom.sr.srread(path) for path in (tmp_path / "sr").iterdir()]
    (of_set,) = [report for report in read if len(source_images(report)) == 2]
    assert source_images(of_set) == ["1.2.3.1", "1.2.3.3"]
    (measurement,) = groups(of_set)[0].get_measurements()
    assert measurement.value == 0.5
    assert "Along rows" in str(measurement)


def test_no_patient_and_no_path_goes_out(stored, tmp_path):
    export_structured_reports(stored, tmp_path / "sr")
    for file in (tmp_path / "sr").iterdir():
        content = file.read_bytes()
        assert PATH.encode() not in content
        assert b"1.2.3.4" not in content  # the patient's image
        assert pydicom.dcmread(file).PatientName.family_name == "QC"


def test_a_period_without_tests_is_refused(stored, tmp_path):
    with pytest.raises(InputError, match="no measurement of a test image"):
        export_structured_reports(stored, tmp_path / "sr", since=day_of(4).date())
    assert not (tmp_path / "sr").exists()


def test_without_the_extra_it_says_what_to_install(stored, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(InputError, match=r"xrayiq\[sr\]"):
        export_structured_reports(stored, tmp_path / "sr")


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (Debian dicom3tools) is not installed")
def test_the_validator_finds_no_error(stored, tmp_path):
    fill_set(stored, 1, 3)
    export_structured_reports(stored, tmp_path / "sr")
    for file in (tmp_path / "sr").iterdir():
        checked = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False, timeout=60)
        lines = (checked.stderr + checked.stdout).splitlines()
        assert "EnhancedSR" in lines
        assert [line for line in lines if line.startswith("Error")] == []
        others = [line for line in lines if line.startswith("Warning") and SCHEME not in line]
        assert others == []


def code_table():
    text = resources.files("xrayiq").joinpath("data/measurement_codes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def test_every_quantity_has_a_code_of_its_own():
    table = code_table()["quantities"]
    missing = [name for name in quantities() if name not in table]
    assert missing == [], "give new quantities the next numbers at the end of data/measurement_codes.toml"
    assert len(set(table.values())) == len(table)
    assert max(len(value) for value in table.values()) <= 16  # SH
    assert max(len(quantity_code(name).meaning) for name in quantities()) <= 64  # LO


def test_standard_codes_are_those_of_dicom():
    for value, scheme, meaning in code_table()["standard"].values():
        known = [code for code in (getattr(codes.DCM, name) for name in codes.DCM.dir()) if code.value == value]
        assert [(code.scheme_designator, code.meaning) for code in known] == [(scheme, meaning)]
