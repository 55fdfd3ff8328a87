"""Doses and technique of image headers: each conversion exact, the finest attribute wins, zero is a value."""

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_files import plain_file
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset

from xrayiq.dicom import read_acquisition

#: field: attribute, factor to the unit of the field
CONVERSIONS = {
    "dap_gy_m2": [("ImageAndFluoroscopyAreaDoseProduct", Fraction(1, 10**5))],
    "entrance_dose_mgy": [("EntranceDoseInmGy", Fraction(1))],
    "average_glandular_dose_mgy": [("OrganDose", Fraction(100))],
    "exposure_mas": [("ExposureInuAs", Fraction(1, 1000)), ("Exposure", Fraction(1))],
    "exposure_time_ms": [("ExposureTimeInuS", Fraction(1, 1000)), ("ExposureTime", Fraction(1))],
    "tube_current_ma": [("XRayTubeCurrentInuA", Fraction(1, 1000)), ("XRayTubeCurrent", Fraction(1))],
    "tube_voltage_kv": [("KVP", Fraction(1))],
    "filter_thickness_min_mm": [("FilterThicknessMinimum", Fraction(1))],
    "filter_thickness_max_mm": [("FilterThicknessMaximum", Fraction(1))],
    "source_detector_distance_mm": [("DistanceSourceToDetector", Fraction(1))],
    "source_patient_distance_mm": [("DistanceSourceToPatient", Fraction(1))],
    "source_entrance_distance_mm": [("DistanceSourceToEntrance", Fraction(1))],
    "compression_force_n": [("CompressionForce", Fraction(1))],
    "body_part_thickness_mm": [("BodyPartThickness", Fraction(1))],
    "half_value_layer_mm": [("HalfValueLayer", Fraction(1))],
    "tube_output_mgy_per_mas": [("XRayOutput", Fraction(1))],
    "primary_angle_deg": [("PositionerPrimaryAngle", Fraction(1))],
    "patient_size_m": [("PatientSize", Fraction(1))],
    "patient_weight_kg": [("PatientWeight", Fraction(1))],
}
PAIRS = [(field, *pair) for field, pairs in CONVERSIONS.items() for pair in pairs]

digits = st.text("0123456789", min_size=1, max_size=6)
decimals = st.tuples(digits, st.sampled_from([".", ","]), digits).map("".join).filter(lambda text: text.strip("0.,"))


def mammogram(*elements):
    return plain_file([("Modality", "CS", b"MG"), *elements], implicit=False)


def stored(keyword, text):
    return keyword, dictionary_VR(tag_for_keyword(keyword)), text.encode() + b" " * (len(text) % 2)


@given(text=decimals, pair=st.sampled_from(PAIRS))
def test_every_conversion_is_exact(text, pair):
    """Also decimals, and decimal commas, in integer strings; a few roundings of one multiplication are allowed."""
    field, keyword, factor = pair
    expected = Fraction(text.replace(",", ".")) * factor
    found = getattr(read_acquisition(mammogram(stored(keyword, text))), field)
    assert abs(Fraction(found) - expected) <= abs(expected) / 10**12, (field, keyword)


@given(dose=st.floats(1e-6, 1e6))
def test_a_dose_area_product_of_an_enhanced_image_is_exact(dose):
    element = ("AcquiredImageAreaDoseProduct", "FD", struct.pack("<d", dose))
    found = read_acquisition(mammogram(element)).dap_gy_m2
    assert abs(Fraction(found) - Fraction(dose) / 10**5) <= Fraction(dose) / 10**5 / 10**12


@given(dose=st.integers(0, 65535))
def test_an_entrance_dose_in_decigray_is_exact(dose):
    element = ("EntranceDose", "US", dose.to_bytes(2, "little"))
    assert read_acquisition(mammogram(element)).entrance_dose_mgy == dose * 100


@given(sides=st.lists(st.integers(1, 65535), min_size=1, max_size=2))
def test_an_exposed_area_in_centimetres_is_exact(sides):
    element = ("ExposedArea", "US", b"".join(side.to_bytes(2, "little") for side in sides))
    assert read_acquisition(mammogram(element)).exposed_area_mm == tuple(side * 10 for side in sides)


@pytest.mark.parametrize(
    ("field", "fine", "coarse", "unit"),
    [
        ("entrance_dose_mgy", stored("EntranceDoseInmGy", "8.515"), ("EntranceDose", "US", b"\0\0"), 8.515),
        ("exposure_mas", stored("ExposureInuAs", "640"), stored("Exposure", "0"), 0.64),
        ("exposure_time_ms", stored("ExposureTimeInuS", "750"), stored("ExposureTime", "0"), 0.75),
        ("tube_current_ma", stored("XRayTubeCurrentInuA", "900"), stored("XRayTubeCurrent", "0"), 0.9),
    ],
)
def test_a_truncated_zero_gives_way_and_zero_alone_is_a_value(field, fine, coarse, unit):
    assert getattr(read_acquisition(mammogram(fine, coarse)), field) == pytest.approx(unit, rel=1e-12)
    assert getattr(read_acquisition(mammogram(coarse)), field) == 0.0
    assert getattr(read_acquisition(mammogram()), field) is None
    coarser = coarse[0], coarse[1], (b"\1\0" if coarse[1] == "US" else b"7 ")
    assert getattr(read_acquisition(mammogram(fine, coarser)), field) == pytest.approx(unit, rel=1e-12)


def test_a_zero_in_the_finer_attribute_gives_way_too():
    found = read_acquisition(mammogram(stored("ExposureInuAs", "0"), stored("Exposure", "5")))
    assert found.exposure_mas == 5.0


def test_an_organ_dose_is_a_glandular_dose_in_mammography_only():
    dose = stored("OrganDose", "0.0123")
    assert read_acquisition(mammogram(dose)).average_glandular_dose_mgy == pytest.approx(1.23, rel=1e-12)
    other = plain_file([("Modality", "CS", b"DX"), dose], implicit=False)
    assert read_acquisition(other).average_glandular_dose_mgy is None


@pytest.mark.parametrize(("text", "told"), [("YES", True), ("NO", False), ("PERHAPS", None), ("", None)])
def test_breast_implants_are_yes_no_or_unknown(text, told):
    assert read_acquisition(mammogram(stored("BreastImplantPresent", text))).breast_implant_present is told


def test_texts_of_the_beam_are_kept():
    found = read_acquisition(
        mammogram(
            stored("AnodeTargetMaterial", "TUNGSTEN"),
            stored("FilterType", "FLAT"),
            stored("FilterMaterial", "RHODIUM\\COPPER"),
            stored("Grid", "NONE"),
        )
    )
    texts = (found.anode_material, found.filter_type, found.filter_material, found.grid)
    assert texts == ("TUNGSTEN", "FLAT", "RHODIUM\\COPPER", "NONE")


def test_enhanced_angiography_tells_dose_and_technique_in_its_functional_groups():
    frame, geometry, positioner = Dataset(), Dataset(), Dataset()
    frame.KVP, frame.XRayTubeCurrentInmA, frame.ExposureTimeInms, frame.ExposureInmAs = 77, 48.5, 3.1, 0.15
    geometry.DistanceSourceToDetector, geometry.DistanceSourceToIsocenter = 1198, 785
    positioner.PositionerPrimaryAngle, positioner.PositionerSecondaryAngle = -12.5, 3
    shared, first = Dataset(), Dataset()
    shared.FrameAcquisitionSequence, shared.XRayGeometrySequence = [frame], [geometry]
    first.PositionerPositionSequence = [positioner]
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID, image.Modality = "1.2.840.10008.5.1.4.1.1.12.1.1", "1.2.3", "XA"
    image.AcquiredImageAreaDoseProduct = 123.4
    image.SharedFunctionalGroupsSequence, image.PerFrameFunctionalGroupsSequence = [shared], [first]
    found = read_acquisition(image)
    assert found.dap_gy_m2 == pytest.approx(123.4e-5, rel=1e-12)
    assert (found.tube_voltage_kv, found.tube_current_ma) == (77.0, 48.5)
    assert (found.exposure_time_ms, found.exposure_mas) == (3.1, 0.15)
    assert (found.source_detector_distance_mm, found.source_isocenter_distance_mm) == (1198.0, 785.0)
    assert (found.primary_angle_deg, found.secondary_angle_deg) == (-12.5, 3.0)


@pytest.mark.parametrize(
    ("text", "years"), [("042Y", 42.0), ("006M", 0.5), ("052W", 364 / 365.25), ("010D", 10 / 365.25), ("42", None)]
)
def test_ages_are_in_years(text, years):
    expected = None if years is None else pytest.approx(years, rel=1e-12)
    assert read_acquisition(mammogram(stored("PatientAge", text))).patient_age_years == expected
