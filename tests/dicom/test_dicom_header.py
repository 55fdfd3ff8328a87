"""Headers as they are met: the finest attribute wins, oddities lose nothing and raise nothing."""

import datetime
import struct

import pytest
from pydicom.dataset import Dataset

from xrayiq.dicom import read_acquisition, read_header
from xrayiq.dicom.elements import Elements, clean_text, parse_number


def raw_bytes(make_dataset, to_bytes, keyword, tag, vr, value):
    """File whose attribute holds bytes that pydicom would refuse to write."""
    marker = f"MARK{len(value):04d}"[: len(value)].ljust(len(value), "X")
    dataset = make_dataset()
    dataset.add_new(tag, "LO" if len(value) > 16 else "SH", marker)
    content = to_bytes(dataset)
    at = content.index(marker.encode())
    return content[: at - 4] + vr + content[at - 2 : at] + value + content[at + len(value) :]


@pytest.mark.parametrize(
    ("attributes", "mas"),
    [
        ({"Exposure": 6}, 6.0),
        ({"Exposure": 0}, 0.0),
        ({"Exposure": 71, "ExposureInuAs": 71400}, 71.4),
        ({"Exposure": 0, "ExposureInuAs": 320}, 0.32),
        ({"Exposure": 5, "ExposureInuAs": 0}, 5.0),
        ({"ExposureInmAs": 0.25, "ExposureInuAs": 250, "Exposure": 0}, 0.25),
        ({}, None),
    ],
)
def test_finest_exposure_wins_and_truncation_is_no_zero(attributes, mas, make_dataset, to_bytes):
    found = read_acquisition(to_bytes(make_dataset(**attributes))).exposure_mas
    assert found == (mas if mas is None else pytest.approx(mas, rel=1e-12))


def test_technique_in_the_units_of_its_names(make_dataset, to_bytes):
    acquisition = read_acquisition(
        to_bytes(
            make_dataset(
                KVP="81.5",
                ExposureTimeInuS=12500,
                ExposureTime=12,
                XRayTubeCurrentInuA=250000,
                ImageAndFluoroscopyAreaDoseProduct="1.25",
                DistanceSourceToDetector=1800,
                DistanceSourceToPatient=0,
                FocalSpots=["0.6", "1.2"],
                Grid=["FOCUSED", "PARALLEL"],
                FilterMaterial="ALUMINUM",
                FilterThicknessMinimum="2.5",
                ExposureIndex="319",
                TargetExposureIndex="876",
                DeviationIndex="-4.4",
                RelativeXRayExposure=0,
                Sensitivity="318",
            )
        )
    )
    assert acquisition.tube_voltage_kv == 81.5
    assert acquisition.exposure_time_ms == 12.5
    assert acquisition.tube_current_ma == 250.0
    assert acquisition.dap_gy_m2 == pytest.approx(1.25e-5, rel=1e-12)
    assert acquisition.source_detector_distance_mm == 1800.0
    assert acquisition.source_patient_distance_mm is None
    assert acquisition.focal_spot_mm == 0.6
    assert acquisition.grid == "FOCUSED\\PARALLEL"
    assert (acquisition.filter_material, acquisition.filter_thickness_min_mm) == ("ALUMINUM", 2.5)
    assert (acquisition.exposure_index, acquisition.target_exposure_index) == (319.0, 876.0)
    assert (acquisition.deviation_index, acquisition.relative_exposure) == (-4.4, 0.0)
    assert acquisition.sensitivity == 318.0
    assert acquisition.filter_thickness_max_mm is None


def test_counters_of_the_detector(make_dataset, to_bytes):
    told = {"ExposuresOnDetectorSinceLastCalibration": 412, "ExposuresOnDetectorSinceManufactured": "120345"}
    acquisition = read_acquisition(to_bytes(make_dataset(**told)))
    assert (acquisition.exposures_since_calibration, acquisition.exposures_since_manufacture) == (412.0, 120345.0)
    silent = read_acquisition(to_bytes(make_dataset()))
    assert silent.exposures_since_manufacture is None and silent.exposures_since_calibration is None


def test_entrance_and_glandular_dose(make_dataset, to_bytes):
    mammogram = {"Modality": "MG", "OrganDose": "0.01521", "EntranceDose": 0, "EntranceDoseInmGy": "8.515"}
    acquisition = read_acquisition(to_bytes(make_dataset(**mammogram)))
    assert acquisition.average_glandular_dose_mgy == pytest.approx(1.521, rel=1e-12)
    assert acquisition.entrance_dose_mgy == 8.515
    radiograph = read_acquisition(to_bytes(make_dataset(OrganDose="0.01521", EntranceDose=3)))
    assert radiograph.average_glandular_dose_mgy is None
    assert radiograph.entrance_dose_mgy == 300.0


@pytest.mark.parametrize(
    ("stored", "number"),
    [
        (b"0,15", 0.15),
        (b"12.5", 12.5),
        (b" 7 \0", 7.0),
        (b"1e-2", 0.01),
        (b"NaN ", None),
        (b"inf ", None),
        (b"1_00", None),
        (b"80kV", None),
        (b"1,000,000 ", None),
        (b"    ", None),
        (b"\\80 ", 80.0),
        (b"9e999 ", None),
    ],
)
@pytest.mark.parametrize("vr", [b"IS", b"DS"])
def test_decimals_commas_and_words_in_number_strings(vr, stored, number, make_dataset, to_bytes):
    content = raw_bytes(make_dataset, to_bytes, "KVP", 0x00180060, vr, stored)
    assert read_acquisition(content).tube_voltage_kv == number


@pytest.mark.parametrize(("vr", "packed"), [(b"US", "<H"), (b"SL", "<i"), (b"FL", "<f"), (b"FD", "<d")])
def test_number_of_another_vr_still_counts(vr, packed, make_dataset, to_bytes):
    content = raw_bytes(make_dataset, to_bytes, "KVP", 0x00180060, vr, struct.pack(packed, 80))
    assert read_acquisition(content).tube_voltage_kv == 80.0


def test_parse_number_knows_no_bool_of_zero():
    assert parse_number("0") == 0.0
    assert parse_number("") is None
    assert parse_number(float("nan")) is None


def test_text_is_cleaned_and_cut_to_its_vr(make_dataset, to_bytes):
    hostile = "\x1b[31mRed\x07 \u202eevil\r\nname"
    acquisition = read_acquisition(
        to_bytes(
            make_dataset(
                SpecificCharacterSet="ISO_IR 192", Manufacturer=hostile, StationName="S" * 40, InstitutionName="Å" * 200
            )
        )
    )
    assert acquisition.manufacturer == "[31mRed evil  name"
    assert acquisition.station_name == "S" * 16
    assert acquisition.institution == "Å" * 64
    assert clean_text("a\ud800b\u2028c") == "abc"


@pytest.mark.parametrize(
    ("charset", "stored", "text"),
    [
        ("ISO_IR 100", b"M\xfcller ", "Müller"),
        ("ISO_IR 192", "Müller ".encode() + b" ", "Müller"),
        ("ISO_IR 999", b"M\xfcller ", "Müller"),
    ],
)
def test_text_in_its_character_set(charset, stored, text, make_dataset, to_bytes):
    marker = "MANUFACTURER"[: len(stored)]
    content = to_bytes(make_dataset(SpecificCharacterSet="ISO_IR 100", Manufacturer=marker))
    content = content.replace(b"ISO_IR 100", charset.encode()).replace(marker.encode(), stored)
    assert read_acquisition(content).manufacturer == text


@pytest.mark.parametrize(
    ("attributes", "moment"),
    [
        ({"AcquisitionDateTime": "20240305141516.25+0100"}, datetime.datetime(2024, 3, 5, 14, 15, 16, 250000)),
        (
            {"AcquisitionDate": "20240305", "AcquisitionTime": "1415", "StudyDate": "20240304", "StudyTime": "080000"},
            datetime.datetime(2024, 3, 5, 14, 15),
        ),
        (
            {"AcquisitionDateTime": "20240305", "StudyDate": "20240305", "StudyTime": "08:30:00"},
            datetime.datetime(2024, 3, 5, 8, 30),
        ),
        (
            {"AcquisitionDate": "20240305", "StudyDate": "20240301", "StudyTime": "083000"},
            datetime.datetime(2024, 3, 5),
        ),
        ({"ContentDate": "2024.03.05", "ContentTime": "141516"}, datetime.datetime(2024, 3, 5, 14, 15, 16)),
        ({"StudyDate": "20241305"}, None),
        ({}, None),
    ],
)
def test_moment_of_the_exposure(attributes, moment):
    dataset = Dataset()
    for keyword, value in attributes.items():
        dataset.add_new(keyword, "LO", value)
    assert read_acquisition(dataset).exposed_at == moment


@pytest.mark.parametrize(
    ("age", "years"),
    [("040Y", 40.0), ("006M", 0.5), ("010W", 70 / 365.25), ("003D", 3 / 365.25), ("62", None), ("", None)],
)
def test_age_only_from_its_coded_form(age, years):
    dataset = Dataset()
    dataset.add_new("PatientAge", "LO", age)
    dataset.PatientBirthDate = "19800101"
    assert read_acquisition(dataset).patient_age_years == years


@pytest.mark.parametrize(
    ("sop_class", "tag", "intent"),
    [
        ("1.2.840.10008.5.1.4.1.1.1.1", None, "FOR PRESENTATION"),
        ("1.2.840.10008.5.1.4.1.1.1.2.1", None, "FOR PROCESSING"),
        ("1.2.840.10008.5.1.4.1.1.1", None, None),
        ("1.2.840.10008.5.1.4.1.1.1", "for processing", "FOR PROCESSING"),
        ("1.2.840.10008.5.1.4.1.1.1", "SOMETHING", None),
    ],
)
def test_intent_from_the_tag_or_the_storage_class(sop_class, tag, intent):
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    if tag:
        dataset.add_new("PresentationIntentType", "LO", tag)
    assert read_acquisition(dataset).intent == intent


def test_rectangular_collimator_counts_from_zero(make_dataset, to_bytes):
    edges = {
        "CollimatorShape": "RECTANGULAR",
        "CollimatorLeftVerticalEdge": 3,
        "CollimatorRightVerticalEdge": 7,
        "CollimatorUpperHorizontalEdge": 2,
        "CollimatorLowerHorizontalEdge": 5,
    }
    acquisition = read_acquisition(to_bytes(make_dataset(**edges)))
    assert acquisition.collimator_corners_px == ((1.0, 2.0), (1.0, 6.0), (4.0, 6.0), (4.0, 2.0))
    edges["CollimatorRightVerticalEdge"] = 1
    assert read_acquisition(to_bytes(make_dataset(**edges))).collimator_corners_px is None


def test_polygonal_collimator(make_dataset, to_bytes):
    vertices = [2, 3, 2, 7, 5, 8]
    dataset = make_dataset(CollimatorShape="POLYGONAL", VerticesOfThePolygonalCollimator=vertices)
    assert read_acquisition(to_bytes(dataset)).collimator_corners_px == ((1.0, 2.0), (1.0, 6.0), (4.0, 7.0))


def test_identity_of_equipment_and_detector(make_dataset, to_bytes):
    acquisition = read_acquisition(
        to_bytes(
            make_dataset(
                Manufacturer="Maker",
                ManufacturerModelName="Model",
                DeviceSerialNumber="SN1",
                SoftwareVersions=["1.0", "2.0"],
                PlateID="PLATE7",
                ProtocolName="CHEST PA",
                ImageLaterality="L",
                Laterality="R",
            )
        )
    )
    assert acquisition.equipment.software_versions == ("1.0", "2.0")
    assert acquisition.equipment.detector_id == "PLATE7"
    assert (acquisition.equipment.manufacturer, acquisition.equipment.serial_number) == ("Maker", "SN1")
    assert (acquisition.protocol_name, acquisition.laterality) == ("CHEST PA", "L")


def test_enhanced_object_keeps_technique_in_functional_groups(make_dataset, to_bytes):
    dataset = make_dataset(ImagerPixelSpacing=None, NumberOfFrames=1)
    frame, measures, group = Dataset(), Dataset(), Dataset()
    frame.KVP = 77
    frame.XRayTubeCurrentInmA = 12.5
    measures.PixelSpacing = [0.2, 0.3]
    group.FrameAcquisitionSequence = [frame]
    group.PixelMeasuresSequence = [measures]
    dataset.SharedFunctionalGroupsSequence = [group]
    acquisition = read_acquisition(to_bytes(dataset))
    assert (acquisition.tube_voltage_kv, acquisition.tube_current_ma) == (77.0, 12.5)
    assert acquisition.pixel_pitch_mm == (0.2, 0.3)


def test_header_counts_frames_and_needs_no_pixels(make_dataset, to_bytes):
    content = to_bytes(make_dataset())
    header = read_header(content[: content.index(b"\xe0\x7f\x10\x00") + 20])
    assert (header.rows, header.columns, header.frames, header.bits_stored) == (6, 8, 1, 12)
    assert header.transfer_syntax_uid == "1.2.840.10008.1.2.1"
    assert header.study_uid == "1.2.826.0.1.3680043.8.498.2"


def test_malformed_number_of_frames_and_uid_are_not_taken():
    dataset = Dataset()
    dataset.Rows = dataset.Columns = 4
    dataset.add_new("NumberOfFrames", "LO", "1A")
    dataset.add_new("StudyInstanceUID", "LO", "Smith 1970")
    header = read_header(dataset)
    assert header.frames == 1
    assert header.study_uid is None
    assert header.subject.startswith("sha256:")


def test_silent_header_gives_none_everywhere():
    acquisition = read_acquisition(Dataset())
    assert all(getattr(acquisition, field) in (None, ()) for field in acquisition.__slots__)


def test_elements_never_raise_on_any_type():
    dataset = Dataset()
    dataset.Rows = None
    dataset.ImageType = []
    elements = Elements.of(dataset)
    assert elements.number("Rows") is None
    assert elements.texts("ImageType") == ()
    assert elements.items("ViewCodeSequence") == ()
