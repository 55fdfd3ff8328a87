"""Written objects are valid DX and CR objects, and their pixels decode bit for bit with independent decoders."""

from __future__ import annotations

import datetime
import itertools
import shutil
import subprocess
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

from xrayiq_phantoms import (
    Detector,
    detail_grid,
    simulate_clinical,
    simulate_contrast_details,
    simulate_edge,
    simulate_field,
    simulate_flat,
    simulate_lag,
)
from xrayiq_phantoms.dicom_values import Equipment, Examination, Identifiers, Technique, decimal_string, simulated_uid
from xrayiq_phantoms.dicom_writer import write_dicom
from xrayiq_phantoms.encodings import TRANSFER_SYNTAXES, encode_pixels, stored_range

FULL_TECHNIQUE = Technique(
    exposure_mas=1.25,
    exposure_time_ms=6.4,
    focal_spot_mm=0.6,
    grid="FOCUSED",
    filter_material="ALUMINUM",
    filter_thickness_mm=1.0,
    source_patient_distance_mm=1500.0,
    magnification=1.2,
    dap_gy_m2=1.25e-6,
    entrance_dose_mgy=0.1,
    exposure_index=312.5,
    target_exposure_index=250.0,
    deviation_index=1.0,
    relative_exposure=200.0,
    sensitivity=200.0,
    body_part="CHEST",
    view_position="PA",
    protocol_name="Chest PA",
    collimator_corners_px=((2.0, 3.0), (2.0, 30.0), (40.0, 30.0), (40.0, 3.0)),
)


def extreme_pixels(bits_stored: int, *, signed: bool) -> np.ndarray:
    """Every bit in use: random values over the whole range, its ends included, on odd-sized rows."""
    low, high = stored_range(bits_stored, signed=signed)
    pixels = np.random.default_rng(bits_stored).integers(low, high + 1, (61, 47))
    pixels[0, :3] = low, high, 0
    return pixels.astype(np.int16 if signed else np.uint16)


def error_lines(path: Path) -> list[str]:
    """What the DICOM validator calls an error."""
    checked = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False, timeout=60)
    lines = (checked.stderr + checked.stdout).splitlines()
    assert lines, "the validator said nothing"
    return [line for line in lines if line.startswith("Error -")]


needs_validator = pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")


@needs_validator
@pytest.mark.parametrize(
    ("sop_class", "intent", "relationship"),
    [
        *itertools.product(["DX", "CR"], ["FOR PROCESSING", "FOR PRESENTATION"], ["LIN", "LOG"]),
        ("CR", None, None),
    ],
)
@pytest.mark.parametrize("technique", [Technique(), FULL_TECHNIQUE], ids=["little", "full"])
def test_objects_pass_the_validator(sop_class, intent, relationship, technique, tmp_path):
    photometric, sign = ("MONOCHROME1", -1) if relationship == "LOG" else ("MONOCHROME2", 1)
    write_dicom(
        tmp_path / "object.dcm",
        extreme_pixels(12, signed=sop_class == "CR"),
        pixel_pitch_mm=0.2,
        sop_class=sop_class,
        intent=intent,
        relationship=relationship,
        photometric=photometric,
        sign=sign,
        bits_stored=12,
        signed=sop_class == "CR",
        rescale_intercept=2048.0 if sop_class == "CR" else 0.0,
        technique=technique,
        quality_control=True,
        source_image_uid="1.2.3" if intent == "FOR PRESENTATION" else None,
    )
    assert error_lines(tmp_path / "object.dcm") == []


@needs_validator
def test_the_validator_sees_a_missing_attribute(tmp_path):
    dataset = write_dicom(None, extreme_pixels(12, signed=False), pixel_pitch_mm=0.2, bits_stored=12)
    del dataset.ImageLaterality
    dataset.save_as(tmp_path / "broken.dcm", enforce_file_format=True)
    assert any("ImageLaterality" in line for line in error_lines(tmp_path / "broken.dcm"))


@pytest.mark.parametrize("transfer_syntax", sorted(TRANSFER_SYNTAXES))
@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_pixels_decode_bit_for_bit_in_every_transfer_syntax(transfer_syntax, signed, tmp_path):
    for bits_stored in range(10, 17):
        pixels = extreme_pixels(bits_stored, signed=signed)
        write_dicom(
            tmp_path / "image.dcm",
            pixels,
            pixel_pitch_mm=0.2,
            sop_class="CR",
            bits_stored=bits_stored,
            signed=signed,
            transfer_syntax=transfer_syntax,
        )
        read = pydicom.dcmread(tmp_path / "image.dcm")
        assert read.file_meta.TransferSyntaxUID == TRANSFER_SYNTAXES[transfer_syntax]
        np.testing.assert_array_equal(decoded(read, bits_stored, signed=signed), pixels)


def decoded(dataset: Dataset, bits_stored: int, *, signed: bool) -> np.ndarray:
    """Stored values through a decoder other than the encoder where pydicom has none (lj92, CharLS)."""
    decoders = {"1.2.840.10008.1.2.4.70": imagecodecs.ljpeg_decode, "1.2.840.10008.1.2.4.80": imagecodecs.jpegls_decode}
    decode = decoders.get(dataset.file_meta.TransferSyntaxUID)
    if decode is None:
        return dataset.pixel_array
    values = decode(next(generate_frames(dataset.PixelData, number_of_frames=1))).astype(np.int32)
    if signed:
        values = np.where(values >= 1 << (bits_stored - 1), values - (1 << bits_stored), values)
    return values


@pytest.mark.parametrize(
    ("transfer_syntax", "tool"),
    [
        ("rle", "dcmdrle"),
        ("jpeg_lossless", "dcmdjpeg"),
        ("jpeg_ls", "dcmdjpls"),
        ("big_endian", "dcmconv"),
        ("deflated", "dcmconv"),
    ],
)
@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_dcmtk_decodes_the_same_pixels(transfer_syntax, tool, signed, tmp_path):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} (dcmtk) is not installed")
    for bits_stored in (10, 14, 16):
        pixels = extreme_pixels(bits_stored, signed=signed)
        write_dicom(
            tmp_path / "coded.dcm",
            pixels,
            pixel_pitch_mm=0.2,
            sop_class="CR",
            bits_stored=bits_stored,
            signed=signed,
            transfer_syntax=transfer_syntax,
        )
        option = ["+te"] if tool == "dcmconv" else []
        command = [tool, *option, str(tmp_path / "coded.dcm"), str(tmp_path / "plain.dcm")]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        np.testing.assert_array_equal(pydicom.dcmread(tmp_path / "plain.dcm").pixel_array, pixels)


def test_technique_stands_in_the_units_of_its_attributes(tmp_path):
    write_dicom(tmp_path / "image.dcm", extreme_pixels(14, signed=False), pixel_pitch_mm=0.15, technique=FULL_TECHNIQUE)
    read = pydicom.dcmread(tmp_path / "image.dcm")
    assert float(read.ImageAndFluoroscopyAreaDoseProduct) == pytest.approx(0.125, rel=1e-12)  # 1.25e-6 Gy·m² in dGy·cm²
    assert (read.Exposure, read.ExposureInuAs) == (1, 1250)  # the integer attribute truncates
    assert float(read.ExposureTimeInuS) == 6400.0
    assert float(read.XRayTubeCurrentInuA) == 200000.0
    assert (float(read.ExposureIndex), float(read.TargetExposureIndex), float(read.DeviationIndex)) == (312.5, 250, 1)
    assert [float(side) for side in read.ImagerPixelSpacing] == [0.15, 0.15]
    assert [float(side) for side in read.PixelSpacing] == pytest.approx([0.125, 0.125], rel=1e-12)  # 0.15/1.2
    assert read.CollimatorShape == "RECTANGULAR"
    assert (read.CollimatorUpperHorizontalEdge, read.CollimatorLowerHorizontalEdge) == (3, 41)
    assert (read.CollimatorLeftVerticalEdge, read.CollimatorRightVerticalEdge) == (4, 31)
    assert read.AnatomicRegionSequence[0].CodeValue == "816094009"
    assert read.ViewCodeSequence[0].CodeValue == "272479007"


def test_a_rotated_field_is_a_polygon_of_rows_and_columns_from_one():
    corners = ((5.0, 4.0), (8.0, 40.0), (50.0, 36.0), (47.0, 2.0))
    technique = Technique(collimator_corners_px=corners)
    dataset = write_dicom(None, extreme_pixels(14, signed=False), pixel_pitch_mm=0.15, technique=technique)
    assert dataset.CollimatorShape == "POLYGONAL"
    assert list(dataset.VerticesOfThePolygonalCollimator) == [6, 5, 9, 41, 51, 37, 48, 3]


def test_identity_and_equipment_are_simulated_and_complete():
    equipment = Equipment(manufacturer="Maker", detector_id="D1", software_versions=("1", "2"))
    dataset = write_dicom(
        None,
        extreme_pixels(14, signed=False),
        pixel_pitch_mm=0.15,
        equipment=equipment,
        examination=Examination(age_years=7, weight_kg=21.5),
        acquired_at=datetime.datetime(2025, 4, 5, 6, 7, 8, 90000),
    )
    assert dataset.PatientName == "Simulated^Patient0001"
    assert dataset.OperatorsName == "Simulated^Operator1"
    assert (dataset.PatientAge, float(dataset.PatientWeight)) == ("007Y", 21.5)
    assert (dataset.Manufacturer, dataset.DetectorID, list(dataset.SoftwareVersions)) == ("Maker", "D1", ["1", "2"])
    assert dataset.AcquisitionDateTime == "20250405060708.090000"


def test_identifiers_depend_on_their_names_and_nothing_else():
    first = Identifiers(seed=1, instance="a")
    assert first.instance_uid == Identifiers(seed=1, instance="a", instance_number=9).instance_uid
    assert first.instance_uid != Identifiers(seed=2, instance="a").instance_uid
    assert first.study_uid == Identifiers(seed=1, instance="b").study_uid
    uids = {simulated_uid(1, number) for number in range(1000)}
    assert len(uids) == 1000
    assert {len(uid) for uid in uids} == {44}
    assert all(uid.is_valid for uid in uids)


def test_equal_calls_write_equal_bytes(tmp_path):
    for name in ("one.dcm", "two.dcm"):
        write_dicom(
            tmp_path / name,
            extreme_pixels(14, signed=False),
            pixel_pitch_mm=0.15,
            technique=FULL_TECHNIQUE,
            transfer_syntax="jpeg_2000",
        )
    assert (tmp_path / "one.dcm").read_bytes() == (tmp_path / "two.dcm").read_bytes()


def test_a_presentation_image_has_a_window_over_the_range_of_its_bits():
    dataset = write_dicom(
        None, extreme_pixels(12, signed=False), pixel_pitch_mm=0.2, bits_stored=12, intent="FOR PRESENTATION"
    )
    assert (float(dataset.WindowCenter), float(dataset.WindowWidth)) == (2048.0, 4096.0)
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.1.1"


def test_extra_elements_replace_those_written():
    extra = Dataset()
    extra.Manufacturer = "Other"
    dataset = write_dicom(None, extreme_pixels(14, signed=False), pixel_pitch_mm=0.2, extra=extra)
    assert dataset.Manufacturer == "Other"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sop_class": "CT"}, "SOP class"),
        ({"intent": "FOR FUN"}, "intent"),
        ({"photometric": "RGB"}, "photometric"),
        ({"relationship": "CUBIC"}, "relationship"),
        ({"bits_stored": 8}, "bits stored"),
        ({"bits_stored": 10}, "values"),
        ({"signed": True, "bits_stored": 16}, "DX object"),
        ({"pixel_pitch_mm": None}, "DX object"),
        ({"transfer_syntax": "jpeg"}, "transfer syntax"),
    ],
)
def test_choices_that_make_no_valid_object_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        write_dicom(None, extreme_pixels(14, signed=False), **{"pixel_pitch_mm": 0.2, **changed})


def test_encoding_refuses_values_beyond_the_stored_bits():
    with pytest.raises(ValueError, match="needed 0 to 4095"):
        encode_pixels(np.full((4, 4), 4096, np.uint16), transfer_syntax="rle", bits_stored=12)


@pytest.mark.parametrize("value", [0.0, -4.4, 1 / 3, -1.23456789e-7, 123456789.123456789, 1e20])
def test_decimal_strings_fit_their_vr_and_keep_the_value(value):
    text = decimal_string(value)
    assert len(text) <= 16
    assert float(text) == pytest.approx(value, rel=1e-8)  # at least nine significant digits fit into 16 characters


DETECTOR = Detector(pixel_pitch_mm=0.3, lag_fraction=0.02)
FLAT = simulate_flat(DETECTOR, shape=(120, 100), kerma_ugy=2.5, seed=1)
OBJECTS = {
    "flat field": FLAT,
    "lag frame": simulate_lag(DETECTOR, first=FLAT, kermas_ugy=[0.5], seed=2)[0],
    "edge": simulate_edge(DETECTOR, shape=(120, 100), seed=3),
    "field": simulate_field(DETECTOR, shape=(120, 100), kerma_ugy=2.5, seed=4, size_mm=(20.0, 15.0)),
    "contrast details": simulate_contrast_details(
        DETECTOR,
        shape=(120, 100),
        kerma_ugy=2.5,
        details=detail_grid((120, 100), pixel_pitch_mm=0.3, diameters_mm=[2.0, 4.0], contrasts=[0.1, 0.2]),
        seed=5,
    ),
    "hand": simulate_clinical(DETECTOR, anatomy="hand", shape=(120, 100), kerma_ugy=2.5, seed=6),
}


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (Debian dicom3tools) is not installed")
@pytest.mark.parametrize("sop_class", ["DX", "CR"])
@pytest.mark.parametrize("name", OBJECTS)
def test_every_simulated_object_is_a_valid_dicom_object(name, sop_class, tmp_path):
    path = tmp_path / "object.dcm"
    write_dicom(path, OBJECTS[name].pixels, pixel_pitch_mm=0.3, sop_class=sop_class)
    assert error_lines(path) == []
    np.testing.assert_array_equal(pydicom.dcmread(path).pixel_array, OBJECTS[name].pixels)
