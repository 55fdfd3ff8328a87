"""Checks of headers: each has one header with the problem and one without."""

import datetime
from dataclasses import replace

import pytest

from xrayiq.model import Acquisition, HeaderDetail, ObjectHeader, pack, unpack
from xrayiq.procedures import check_header
from xrayiq.procedures.header_checks.sides import side_of_text

DX_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.1"
DX_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
CR = "1.2.840.10008.5.1.4.1.1.1"
EXPLICIT = "1.2.840.10008.1.2.1"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
TODAY = datetime.date(2026, 6, 1)
AT = datetime.datetime(2026, 5, 4, 10, 0)
MIDNIGHT = datetime.datetime(2026, 5, 4, 23, 55)
MINUTE = datetime.timedelta(minutes=1)

#: 70 kV, 4 mAs of 400 mA in 10 ms, 430 mm square at 1.8 m. With 50 µGy/mAs at 1 m and 80 kV the dose-area product is
#: 50e-6 × 4 × (70/80)² × (0.43/1.8)² = 8.7e-6 Gy·m²
SOUND = ObjectHeader(
    subject="1.2.3",
    sop_class_uid=DX_PROCESSING,
    transfer_syntax_uid=EXPLICIT,
    irradiation_event_uid="1.2.4",
    rows=2150,
    columns=2150,
    frames=1,
    bits_stored=14,
    acquisition=Acquisition(
        tube_voltage_kv=70.0,
        exposure_mas=4.0,
        exposure_time_ms=10.0,
        tube_current_ma=400.0,
        source_detector_distance_mm=1800.0,
        source_patient_distance_mm=1600.0,
        dap_gy_m2=8.7e-6,
        exposure_index=319.0,
        target_exposure_index=250.0,
        deviation_index=1.1,
        manufacturer="Simulated",
        station_name="ROOM1",
        detector_id="D1",
        modality="DX",
        body_part="KNEE",
        view_position="AP",
        laterality="L",
        exposed_at=datetime.datetime(2026, 5, 4, 10, 0),
        intent="FOR PROCESSING",
        photometric_interpretation="MONOCHROME2",
        pixel_intensity_relationship="LIN",
        pixel_intensity_sign=1,
        burned_in_annotation="NO",
        pixel_pitch_mm=(0.2, 0.2),
        pixel_pitch_source="ImagerPixelSpacing",
    ),
    detail=HeaderDetail(
        exposures_mas=(("ExposureInuAs", 4.0), ("Exposure", 4.0)),
        imager_pixel_spacing_mm=(0.2, 0.2),
        pixel_spacing_mm=(0.178, 0.178),
        detector_element_spacing_mm=(0.2, 0.2),
        pixel_spacing_calibration="GEOMETRY",
        magnification=0.2 / 0.178,
        detector_active_dimensions_mm=(430.0, 430.0),
        collimator_edges_px=(100.0, 2000.0, 100.0, 2000.0),
        presentation_lut_shape="IDENTITY",
        lossy_image_compression="00",
        declared_intent="FOR PROCESSING",
        bits_allocated=16,
        high_bit=13,
        samples_per_pixel=1,
        sop_instance_uid="1.2.3",
        file_sop_instance_uid="1.2.3",
        file_sop_class_uid=DX_PROCESSING,
        acquired_on=datetime.date(2026, 5, 4),
        content_on=datetime.date(2026, 5, 4),
        study_on=datetime.date(2026, 5, 4),
        irradiation_events=1,
    ),
)

#: (check, severity, changes of header, acquisition and detail that make the sound header have the problem)
CASES = [
    ("index_missing", "note", {}, {"exposure_index": None, "target_exposure_index": None, "deviation_index": None}, {}),
    ("target_without_index", "problem", {}, {"exposure_index": None, "deviation_index": None}, {}),
    ("index_without_target", "problem", {}, {"target_exposure_index": None, "deviation_index": None}, {}),
    ("index_not_positive", "problem", {}, {"exposure_index": 0.0, "deviation_index": None}, {}),
    ("deviation_unsupported", "problem", {}, {"target_exposure_index": None}, {}),
    ("deviation_disagrees", "problem", {}, {"deviation_index": 1.3}, {}),
    ("deviation_disagrees", "problem", {}, {"deviation_index": -1.1}, {}),
    (
        "legacy_index",
        "note",
        {},
        {"exposure_index": 1800.0, "target_exposure_index": None, "manufacturer": "Carestream Health"},
        {},
    ),
    ("not_a_number", "problem", {}, {}, {"not_numbers": ("KVP",)}),
    ("zero_value", "problem", {}, {}, {"zeros": ("KVP",)}),
    ("impossible_technique", "problem", {}, {"tube_voltage_kv": 70000.0}, {}),
    ("impossible_technique", "problem", {}, {"tube_voltage_kv": 28.0}, {}),
    ("impossible_technique", "problem", {}, {"source_detector_distance_mm": 18.0}, {}),
    ("zero_exposure", "problem", {}, {"exposure_mas": 0.0}, {}),
    ("truncated_integer", "note", {}, {}, {"exposures_mas": (("ExposureInuAs", 0.4), ("Exposure", 0.0))}),
    ("technique_contradicts", "problem", {}, {}, {"exposures_mas": (("ExposureInuAs", 4.0), ("Exposure", 40.0))}),
    ("charge_disagrees", "problem", {}, {"exposure_mas": 40.0}, {}),
    ("dose_area_product_unit", "note", {}, {"dap_gy_m2": 8.7e-4}, {}),
    ("dose_area_product_unit", "note", {}, {"dap_gy_m2": 8.7e-10}, {}),
    ("technique_missing", "note", {}, {"tube_voltage_kv": None}, {}),
    ("spacing_missing", "problem", {}, {"pixel_pitch_mm": None, "pixel_pitch_source": None}, {}),
    ("spacing_missing", "problem", {}, {"pixel_pitch_source": "PixelSpacing"}, {}),
    ("spacing_not_square", "note", {}, {"pixel_pitch_mm": (0.2, 0.21)}, {}),
    ("spacing_mismatch", "problem", {}, {}, {"pixel_spacing_mm": (0.22, 0.22), "magnification": None}),
    ("spacing_uncalibrated", "note", {}, {}, {"pixel_spacing_calibration": None}),
    ("magnification_disagrees", "problem", {}, {}, {"magnification": 1.05}),
    ("magnification_below_one", "problem", {}, {}, {"magnification": 0.89}),
    ("magnification_of_distances", "note", {}, {"source_patient_distance_mm": 1200.0}, {}),
    ("resampled", "note", {}, {}, {"detector_element_spacing_mm": (0.1, 0.1)}),
    ("distances_contradict", "problem", {}, {"source_patient_distance_mm": 1900.0}, {}),
    ("larger_than_detector", "problem", {}, {}, {"detector_active_dimensions_mm": (350.0, 430.0)}),
    ("collimator_outside", "note", {}, {}, {"collimator_edges_px": (-184.0, 184.0, 907.0, 1299.0)}),
    ("collimator_contradicts", "problem", {}, {}, {"collimator_edges_px": (3000.0, 4000.0, 100.0, 2000.0)}),
    ("collimator_contradicts", "problem", {}, {}, {"collimator_edges_px": (2000.0, 100.0, 100.0, 2000.0)}),
    ("class_and_modality", "problem", {}, {"modality": "CR"}, {}),
    ("class_and_intent", "problem", {}, {}, {"declared_intent": "FOR PRESENTATION"}),
    ("intent_missing", "problem", {}, {}, {"declared_intent": None}),
    ("shape_contradicts", "problem", {}, {}, {"presentation_lut_shape": "INVERSE"}),
    ("relation_missing", "problem", {}, {"pixel_intensity_sign": None}, {}),
    ("bits_contradict", "problem", {}, {}, {"high_bit": 15}),
    ("bits_contradict", "problem", {}, {}, {"bits_allocated": 8}),
    ("lossy_denied", "problem", {"transfer_syntax_uid": JPEG_BASELINE}, {}, {}),
    ("lossy_denied", "problem", {"transfer_syntax_uid": JPEG_BASELINE}, {}, {"lossy_image_compression": None}),
    ("lossy", "note", {}, {}, {"lossy_image_compression": "01"}),
    ("annotation_burned_in", "note", {}, {"burned_in_annotation": "YES"}, {}),
    ("annotation_unknown", "problem", {}, {"burned_in_annotation": None}, {}),
    ("instance_missing", "problem", {}, {}, {"sop_instance_uid": None}),
    ("file_meta_disagrees", "problem", {}, {}, {"file_sop_instance_uid": "1.2.9"}),
    ("date_missing", "note", {}, {"exposed_at": None}, {}),
    ("date_impossible", "problem", {}, {"exposed_at": datetime.datetime(1901, 1, 1)}, {}),
    ("date_impossible", "problem", {}, {"exposed_at": datetime.datetime(2026, 6, 3)}, {}),
    ("content_before_exposure", "problem", {}, {}, {"content_on": datetime.date(2026, 5, 2)}),
    ("exposure_before_study", "note", {}, {}, {"study_on": datetime.date(2026, 5, 6)}),
    ("event_missing", "note", {}, {}, {"irradiation_events": 0}),
    ("events_several", "note", {}, {}, {"irradiation_events": 2}),
    ("equipment_missing", "note", {}, {"station_name": None}, {}),
    ("detector_missing", "note", {}, {"detector_id": None}, {}),
    ("age_impossible", "problem", {}, {"patient_age_years": 162.0}, {}),
    ("anatomy_missing", "note", {}, {"view_position": None}, {}),
    ("laterality_missing", "problem", {}, {"laterality": None}, {}),
    ("laterality_impossible", "problem", {}, {"laterality": "LEFT"}, {}),
    ("laterality_contradicts", "problem", {}, {}, {"lateralities": (("ImageLaterality", "L"), ("Laterality", "R"))}),
    ("laterality_of_protocol", "problem", {}, {"protocol_name": "Knie rechts"}, {}),
    ("laterality_of_protocol", "problem", {}, {"protocol_name": "Knee R AP"}, {}),
    ("body_part_contradicts", "note", {}, {"protocol_name": "Hand"}, {}),
    ("view_contradicts", "note", {}, {"protocol_name": "Knee LAT"}, {}),
    ("content_before_exposure", "problem", {}, {}, {"acquired_at": AT, "content_at": AT - MINUTE * 60}),
    ("date_stands_still", "problem", {}, {}, {"acquired_at": MIDNIGHT, "content_at": MIDNIGHT - MINUTE * 1430}),
    ("exposure_before_study", "note", {}, {}, {"acquired_at": AT, "study_at": AT + MINUTE * 60}),
    ("exposure_after_study", "note", {}, {}, {"acquired_at": AT, "study_at": AT - MINUTE * 4000}),
]


def changed(header=None, acquisition=None, detail=None):
    sound = replace(SOUND, **(header or {}))
    return replace(
        sound,
        acquisition=replace(sound.acquisition, **(acquisition or {})),
        detail=replace(sound.detail, **(detail or {})),
    )


def checks(header, **options):
    return {problem.check: problem for problem in check_header(header, today=TODAY, **options)}


def test_sound_header_has_no_problem_and_no_note():
    assert check_header(SOUND, today=TODAY) == ()


@pytest.mark.parametrize(("check", "severity", "header", "acquisition", "detail"), CASES)
def test_header_with_the_problem_is_told(check, severity, header, acquisition, detail):
    found = checks(changed(header, acquisition, detail))
    assert check in found, sorted(found)
    problem = found[check]
    assert problem.severity == severity
    assert problem.attributes
    assert problem.found
    assert problem.needed
    assert problem.remedy


def test_an_attribute_that_the_class_leaves_free_is_a_note():
    free = {"sop_class_uid": CR}
    for acquisition in (
        {"burned_in_annotation": None, "modality": "CR"},
        {"pixel_pitch_mm": None, "pixel_pitch_source": None, "modality": "CR"},
        {"laterality": None, "modality": "CR"},
        {"pixel_intensity_sign": None, "modality": "CR"},
    ):
        found = checks(changed(free, acquisition, {"file_sop_class_uid": CR}))
        assert {problem.severity for problem in found.values()} == {"note"}, found


# EI 319 and EIT 250 give 10 log10(1.276) = 1.059; whole numbers move it by 4.34 × (0.5/319 + 0.5/250) = 0.0155
@pytest.mark.parametrize(("stated", "agrees"), [(1.0, True), (1.1, True), (1.17, True), (1.18, False), (0.94, False)])
def test_deviation_index_may_differ_by_its_rounding_only(stated, agrees):
    assert ("deviation_disagrees" not in checks(changed(acquisition={"deviation_index": stated}))) is agrees


def test_turned_sign_of_the_deviation_index_is_named():
    assert "sign" in checks(changed(acquisition={"deviation_index": -1.1}))["deviation_disagrees"].remedy


# a number in mGy·cm² read as dGy·cm² is 100 times too large
@pytest.mark.parametrize(("factor", "word"), [(100.0, "100 times smaller"), (1e-4, "10000 times larger")])
def test_factor_of_a_wrong_dose_area_unit_is_named(factor, word):
    half_field = 4.35e-6
    found = checks(changed(acquisition={"dap_gy_m2": half_field * factor}))
    assert word in found["dose_area_product_unit"].remedy


@pytest.mark.parametrize("field_fraction", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("output", [0.5, 1.0, 1.6])
def test_dose_area_product_of_any_usual_field_is_not_suspected(field_fraction, output):
    stated = 8.7e-6 * field_fraction * output
    assert "dose_area_product_unit" not in checks(changed(acquisition={"dap_gy_m2": stated}))


def test_technique_of_a_mammogram_is_judged_by_that_of_mammography():
    mammogram = {"modality": "MG", "tube_voltage_kv": 28.0, "source_detector_distance_mm": 650.0}
    found = checks(changed({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.1.2.1"}, mammogram, {"file_sop_class_uid": None}))
    assert "impossible_technique" not in found
    assert "impossible_technique" in checks(changed(acquisition={**mammogram, "tube_voltage_kv": 70.0}))


def test_charge_of_a_run_is_not_compared_with_current_and_time():
    run = changed({"frames": 12}, {"exposure_mas": 40.0})
    assert "charge_disagrees" not in checks(run)


def test_anatomy_is_asked_for_on_clinical_images_only():
    silent = changed(acquisition={"body_part": None, "view_position": None, "exposure_index": None})
    assert "anatomy_missing" not in checks(silent, kind="flat_field")


def test_missing_anatomy_is_told_by_its_number():
    one, both = {"view_position": None}, {"view_position": None, "body_part": None}
    for acquisition, found, needed in ((one, "no ViewPosition", "it, "), (both, "and no ViewPosition", "both, ")):
        problems = check_header(changed(acquisition=acquisition), kind="clinical", today=TODAY)
        (problem,) = (problem for problem in problems if problem.check == "anatomy_missing")
        assert problem.found.endswith(found)
        assert problem.needed.startswith(needed)


def test_empty_header_has_notes_and_raises_nothing():
    found = checks(ObjectHeader(subject="sha256:0"))
    assert {"instance_missing", "date_missing", "spacing_missing", "technique_missing"} <= set(found)


def test_problems_come_before_notes():
    severities = [
        problem.severity
        for problem in check_header(changed(acquisition={"detector_id": None, "deviation_index": 5.0}), today=TODAY)
    ]
    assert severities == ["problem", "note"]


def test_header_stored_before_the_details_were_kept_is_read_back():
    packed, arrays = pack(SOUND)
    assert unpack(ObjectHeader, packed, arrays) == SOUND
    del packed["detail"]
    assert unpack(ObjectHeader, packed, arrays) == replace(SOUND, detail=HeaderDetail())


@pytest.mark.parametrize(
    ("text", "letters", "side"),
    [
        ("Knee_L_AP", True, "L"),
        ("Hand links", False, "L"),
        ("Main droite", False, "R"),
        ("Rodilla izquierda", False, "L"),
        ("H\u00f6ft h\u00f6ger", False, "R"),
        ("Both hands L+R", True, "B"),
        ("L-Spine AP", True, ""),
        ("L 5 spot", True, ""),
        ("Hand PA L", False, ""),
        ("Right or left", True, ""),
        ("Chest lateral", True, ""),
    ],
)
def test_side_is_told_by_words_and_for_paired_parts_by_letters(text, letters, side):
    assert side_of_text(text, letters=letters) == side


def test_times_within_the_tolerance_of_clocks_are_no_problem():
    detail = replace(SOUND.detail, acquired_at=AT, content_at=AT - MINUTE * 4, study_at=AT + MINUTE * 29)
    assert check_header(replace(SOUND, detail=detail), today=TODAY) == ()
