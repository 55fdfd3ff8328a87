"""Real objects of several makers, against an independent dump and pydicom's own decoding."""

import math
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from xrayiq.dicom import read, read_acquisition, read_dose_report, read_header, scan_folder
from xrayiq.errors import HeaderError, NotDicomError, ReadError, TruncatedFileError, XrayiqError

REAL = Path(os.environ.get("XRAYIQ_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "real"))
IMAGES = sorted((REAL / "images").glob("*.dcm"))
JPEG_LOSSLESS = [path for path in IMAGES if "jpeg_lossless" in path.name or "cine" in path.name]
#: pydicom decodes these without plug-ins that this project leaves out for their licence
OTHERS = [path for path in IMAGES if path not in JPEG_LOSSLESS and "jpegls" not in path.name]
REPORTS = sorted((REAL / "dose_reports").glob("*.dcm"))

pytestmark = pytest.mark.skipif(not IMAGES, reason="the folder of real files is absent")
needs_dcmdump = pytest.mark.skipif(shutil.which("dcmdump") is None, reason="dcmdump (Debian dcmtk) is not installed")

#: fields against (tag, factor) in the order in which they win
DUMPED = {
    "tube_voltage_kv": [("0018,0060", 1)],
    "exposure_mas": [("0018,1153", 1e-3), ("0018,1152", 1)],
    "exposure_time_ms": [("0018,8150", 1e-3), ("0018,1150", 1)],
    "tube_current_ma": [("0018,8151", 1e-3), ("0018,1151", 1)],
    "focal_spot_mm": [("0018,1190", 1)],
    "source_detector_distance_mm": [("0018,1110", 1)],
    "source_patient_distance_mm": [("0018,1111", 1)],
    "source_entrance_distance_mm": [("0040,0306", 1)],
    "compression_force_n": [("0018,11a2", 1)],
    "body_part_thickness_mm": [("0018,11a0", 1)],
    "half_value_layer_mm": [("0040,0314", 1)],
    "primary_angle_deg": [("0018,1510", 1)],
    "secondary_angle_deg": [("0018,1511", 1)],
    "dap_gy_m2": [("0018,115e", 1e-5)],
    "entrance_dose_mgy": [("0040,8302", 1), ("0040,0302", 100)],
    "exposure_index": [("0018,1411", 1)],
    "target_exposure_index": [("0018,1412", 1)],
    "deviation_index": [("0018,1413", 1)],
    "relative_exposure": [("0018,1405", 1)],
    "sensitivity": [("0018,6000", 1)],
}
TEXTS = {
    "manufacturer": "0008,0070",
    "model": "0008,1090",
    "modality": "0008,0060",
    "body_part": "0018,0015",
    "serial_number": "0018,1000",
    "anode_material": "0018,1191",
    "filter_type": "0018,1160",
    "photometric_interpretation": "0028,0004",
    "pixel_intensity_relationship": "0028,1040",
}


def ids(paths):
    return [path.stem for path in paths]


def dumped(path):
    """First value of each attribute outside sequences, as dcmdump prints it."""
    text = subprocess.run(["dcmdump", "-q", "-Un", str(path)], capture_output=True, check=True).stdout.decode("latin-1")
    found = {}
    for line in text.splitlines():
        match = re.match(r"\(([0-9a-f]{4},[0-9a-f]{4})\) [A-Z]{2} (?:\[(.*)\]|(-?[0-9]+)) +#", line)
        if match:
            value = match.group(2) if match.group(2) is not None else match.group(3)
            found[match.group(1)] = value.split("\\")[0].strip(" \0")
    return found


@needs_dcmdump
@pytest.mark.parametrize("path", IMAGES, ids=ids(IMAGES))
def test_technique_and_exposure_are_those_of_the_dump(path):
    header, acquisition = dumped(path), read_acquisition(path)
    for field, sources in DUMPED.items():
        stated = [float(header[tag]) * factor for tag, factor in sources if header.get(tag)]
        expected = next((value for value in stated if value != 0), stated[0] if stated else None)
        found = getattr(acquisition, field)
        if expected is None:
            assert found is None, field
        else:
            assert math.isclose(found, expected, rel_tol=1e-12), field  # one multiplication
    for field, tag in TEXTS.items():
        assert getattr(acquisition, field) == (header.get(tag) or None), field


@needs_dcmdump
@pytest.mark.parametrize("path", IMAGES, ids=ids(IMAGES))
def test_size_and_pitch_are_those_of_the_dump(path):
    header, image = dumped(path), read(path)
    assert image.pixels.shape == (int(header["0028,0010"]), int(header["0028,0011"]))
    assert image.header.bits_stored == int(header["0028,0101"])
    spacings = [float(header[tag]) for tag in ("0018,1164", "0018,2010", "0028,0030") if header.get(tag)]
    expected = next((spacing for spacing in spacings if spacing > 0), None)
    assert (image.pixel_pitch_mm[0] if image.pixel_pitch_mm else None) == expected


@needs_dcmdump
def test_mammogram_keeps_its_doses():
    (path,) = (path for path in IMAGES if "senographe" in path.name)
    header, acquisition = dumped(path), read_acquisition(path)
    assert acquisition.average_glandular_dose_mgy == pytest.approx(float(header["0040,0316"]) * 100, rel=1e-12)
    assert acquisition.exposure_mas == 71.4
    assert acquisition.entrance_dose_mgy == 8.515
    assert header["0040,0302"] == "0"


def test_one_image_in_three_encodings_agrees_bit_for_bit():
    hips = [read(path).pixels for path in IMAGES if path.name.startswith("fuji_cr_hip")]
    assert len(hips) == 3
    for pixels in hips[1:]:
        np.testing.assert_array_equal(pixels, hips[0])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", OTHERS, ids=ids(OTHERS))
def test_pixels_agree_with_pydicom_where_it_decodes(path):
    expected = pydicom.dcmread(path).pixel_array
    expected = expected[0] if expected.ndim == 3 else expected
    found = read(path).pixels
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@needs_dcmdump
@pytest.mark.skipif(shutil.which("dcmdjpeg") is None, reason="dcmdjpeg (Debian dcmtk) is not installed")
@pytest.mark.parametrize("path", JPEG_LOSSLESS, ids=ids(JPEG_LOSSLESS))
def test_jpeg_lossless_agrees_with_dcmtk(path, tmp_path):
    plain = tmp_path / "plain.dcm"
    subprocess.run(["dcmdjpeg", str(path), str(plain)], check=True)
    np.testing.assert_array_equal(read(path).pixels, read(plain).pixels)


def test_every_file_reads_or_says_why():
    kinds = {}
    for file in scan_folder(REAL):
        try:
            read(file.path)
            kinds[file.relative_path] = None
        except XrayiqError as error:
            assert "needed" in str(error)
            kinds[file.relative_path] = type(error)
    assert len(kinds) >= 33
    for path in IMAGES:
        assert kinds[f"images/{path.name}"] is None
    for path in REPORTS:
        assert kinds[f"dose_reports/{path.name}"] is HeaderError
    assert kinds["README.md"] is NotDicomError
    assert kinds["media/DICOMDIR"] is HeaderError
    assert kinds["odd/MR_truncated.dcm"] is TruncatedFileError


def test_headers_of_all_objects_are_read():
    unread = set()
    for file in scan_folder(REAL):
        try:
            header = read_header(file.path, key=bytes(32))
            assert header.subject
        except ReadError:
            unread.add(file.relative_path)
    assert unread == {"README.md", "odd/no_meta.dcm"}


def measured(tree, value, parents=()):
    """(code of the container above, number, unit) of every NUM item of this code, by a plain walk of the dataset."""
    for one in tree.get("ContentSequence", []):
        name = one.ConceptNameCodeSequence[0]
        if one.ValueType == "NUM" and name.CodeValue == value and one.MeasuredValueSequence:
            first = one.MeasuredValueSequence[0]
            unit = first.MeasurementUnitsCodeSequence[0].CodeValue
            yield parents, float(str(first.NumericValue)), unit
        yield from measured(one, value, (*parents, (name.CodeValue, id(one))))


SCALES = {"Gym2": 1, "Gy.m2": 1, "Gy": 1000, "kV": 1, "mA": 1, "uAs": 1e-3, "ms": 1, "m2": 1e6, "s": 1, "1": 1}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", REPORTS, ids=ids(REPORTS))
def test_dose_report_agrees_with_a_walk_of_its_tree(path):
    dataset, found = pydicom.dcmread(path), read_dose_report(path)
    events = [one for one in dataset.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "113706"]
    assert len(found.events) == len(events) > 20
    assert {fault.kind for fault in found.faults} <= {"contradiction"}
    for field, code in (
        ("dap_gy_m2", "122130"),
        ("reference_point_kerma_mgy", "113738"),
        ("tube_voltage_kv", "113733"),
        ("tube_current_ma", "113734"),
        ("exposure_mas", "113736"),
        ("exposure_time_ms", "113735"),
        ("collimated_field_area_mm2", "113790"),
    ):
        for event, one in zip(events, found.events, strict=True):
            values = [number * SCALES[unit] for _, number, unit in measured(event, code)]
            assert len(values) <= 1
            expected = pytest.approx(values[0], rel=1e-12) if values else None
            assert getattr(one, field) == expected, field
    for group, field, code in (
        ("geometry", "primary_angle_deg", "112011"),
        ("geometry", "secondary_angle_deg", "112012"),
        ("geometry", "source_isocenter_distance_mm", "113748"),
        ("table", "longitudinal_mm", "113751"),
        ("table", "lateral_mm", "113752"),
        ("pulses", "rate_per_s", "113791"),
        ("pulses", "width_ms", "113793"),
        ("pulses", "irradiation_duration_s", "113742"),
        ("beam", "focal_spot_mm", "113766"),
    ):
        for event, one in zip(events, found.events, strict=True):
            values = [number for _, number, _ in measured(event, code)]
            assert getattr(getattr(one, group), field) == (values[0] if values else None), field
    for event, one in zip(events, found.events, strict=True):
        thicknesses = [number for _, number, _ in measured(event, "113758")]
        assert [one_filter.thickness_min_mm for one_filter in one.beam.filters] == thicknesses
    for total, code in (
        ("total_dap_gy_m2", "113722"),
        ("total_reference_point_kerma_mgy", "113725"),
        ("total_fluoro_time_s", "113730"),
        ("total_radiographic_frames", "113731"),
    ):
        stated = [number * SCALES[unit] for _, number, unit in measured(dataset, code)]
        expected = pytest.approx(sum(stated), rel=1e-12) if stated else None
        assert getattr(found, total) == expected, total
    uids = [
        [one.UID for one in event.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "113769"]
        for event in events
    ]
    assert [[one.irradiation_event_uid] for one in found.events] == uids


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", REPORTS, ids=ids(REPORTS))
def test_totals_beside_the_sum_of_events_are_told_where_they_differ(path):
    """Fluoroscopy of which no event tells is in the totals of the shuttered units: 19 and 13 % of the product."""
    dataset, found = pydicom.dcmread(path), read_dose_report(path)
    total = sum(number for _, number, _ in measured(dataset, "113722"))
    events = sum(number for _, number, _ in measured(dataset, "122130"))
    told = [fault for fault in found.faults if "/113722[" in fault.path]
    assert len(told) == int(abs(total / events - 1) > 0.01)
    for fault in told:
        assert f"(ratio {total / events:.6g})" in fault.message


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", [path for path in REPORTS if "philips" in path.name])
def test_shutters_of_real_reports_span_the_field_that_the_doses_tell(path):
    """Dose-area product over kerma is the area at the reference point, 150 mm from the isocentre to the source.

    Kerma is rounded to steps of 2.3 µGy, so that only events of 30 µGy and more tell; wedges take a fifth of the field.
    """
    events = [one for one in read_dose_report(path).events if (one.reference_point_kerma_mgy or 0) > 0.03]
    ratios = []
    for one in events:
        distance = one.geometry.source_isocenter_distance_mm - 150
        area = one.dap_gy_m2 / (one.reference_point_kerma_mgy * 1e-3) * 1e6
        ratios.append(area / (one.field_area_at_1_m_mm2 * (distance / 1000) ** 2))
    assert len(ratios) >= 5
    assert 0.8 < np.median(ratios) < 1.1


@pytest.mark.filterwarnings("ignore")
def test_no_person_of_the_real_headers_is_kept():
    for path in [*IMAGES, *REPORTS]:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        kept = repr(read_header(path, key=bytes(32))).lower()
        name = re.split(r"[\^ ]", str(dataset.get("PatientName", "")))[0].lower()
        for value in (name, str(dataset.get("PatientID", "")).lower(), str(dataset.get("PatientBirthDate", ""))):
            assert len(value) < 5 or not re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", kept)
