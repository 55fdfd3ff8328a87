"""Files of the simulated dose hospital state its truth, and its truth is what it promises to be."""

from __future__ import annotations

import math
import shutil
import statistics
import subprocess
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from xrayiq_phantoms.dose_hospital import DoseHospital, simulate_dose_hospital
from xrayiq_phantoms.dose_hospital_plan import plan_dose_hospital
from xrayiq_phantoms.dose_hospital_reports import DoseReports
from xrayiq_phantoms.dose_hospital_truth import DoseExposure, read_dose_exposures
from xrayiq_phantoms.manifest import read_manifest

A, B, C, D = (f"SIMDOSE{letter}" for letter in "ABCD")
#: national levels of the United Kingdom and of EC Radiation Protection 185, Gy·cm²
LEVELS = {
    "CHEST PA": 0.1,
    "ABDOMEN AP": 2.5,
    "PELVIS AP": 2.2,
    "LSPINE AP": 1.5,
    "LSPINE LAT": 2.5,
    "CHEST AP 5 to < 15 kg": 0.022,
    "CHEST AP 15 to < 30 kg": 0.050,
}
#: unit codes of reports and what they make of a number: Gy·m², mAs, mm²
UNITS = {"Gy.m2": 1.0, "Gym2": 1.0, "uA.s": 1e-3, "uAs": 1e-3, "m2": 1e6}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("dose hospital")


@pytest.fixture(scope="module")
def hospital(folder) -> DoseHospital:
    return simulate_dose_hospital(folder, seed=1)


def of(hospital: DoseHospital, room: str, view: str) -> list[DoseExposure]:
    """Exposures of standard adults or of children of a band."""
    return [
        one
        for one in hospital.exposures
        if (one.room, one.view) == (room, view)
        and (one.patient_age_years < 18 or 50.0 <= one.patient_weight_kg <= 90.0)
    ]


def median_gy_cm2(exposures: list[DoseExposure]) -> float:
    return 1e4 * statistics.median(one.dap_gy_m2 for one in exposures)


def with_concept(items: Dataset, value: str) -> Iterator[Dataset]:
    return (item for item in items.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == value)


def number(items: Dataset, value: str) -> float:
    measured = next(with_concept(items, value)).MeasuredValueSequence[0]
    return float(measured.NumericValue) * UNITS.get(measured.MeasurementUnitsCodeSequence[0].CodeValue, 1.0)


def test_the_tables_read_back_as_what_was_written(hospital, folder):
    assert read_dose_exposures(folder) == hospital.exposures
    assert read_manifest(folder) == hospital.manifest


def test_the_manifest_names_every_file_and_the_exposures_all_of_them(hospital, folder):
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*.dcm")}
    assert written == {entry.path for entry in hospital.manifest.entries}
    assert written == {path for one in hospital.exposures for path in one.sources}


def test_each_exposure_is_stated_once_in_the_truth_and_its_room_has_enough_of_each_view(hospital):
    assert len({one.event_uid for one in hospital.exposures}) == len(hospital.exposures) == 722
    counts = Counter((one.room, one.view) for one in hospital.exposures if one in of(hospital, one.room, one.view))
    small = {view for (_, view), count in counts.items() if count < 30}
    assert small == {"CHEST AP < 5 kg", "CHEST AP 30 to < 50 kg", "CHEST AP 50 to < 80 kg"}
    assert Counter(one.room for one in hospital.exposures) == {A: 192, B: 270, C: 116, D: 144}


def test_exposures_are_made_on_workdays_of_26_weeks(hospital):
    days = sorted({one.exposed_at.date() for one in hospital.exposures})
    assert all(day.weekday() < 5 for day in days)
    assert len({day.isocalendar().week for day in days}) == 26
    assert all(8 <= one.exposed_at.hour < 17 for one in hospital.exposures)


def test_dose_is_output_times_charge_times_area_exactly(hospital):
    for one in hospital.exposures:
        output, charge, area = (
            Decimal(repr(value)) for value in (one.output_ugy_per_mas, one.exposure_mas, one.field_area_at_1_m_mm2)
        )
        assert Decimal(repr(one.dap_gy_m2)) == output * charge * area * Decimal("1e-12")
        assert one.field_area_mm2 == one.field_height_mm * one.field_width_mm
        at_1_m = one.field_area_mm2 * (1000.0 / one.source_detector_distance_mm) ** 2
        assert one.field_area_at_1_m_mm2 == pytest.approx(at_1_m, rel=1e-12)
        kerma = one.output_ugy_per_mas * one.exposure_mas * 1e-3 * (1000.0 / one.source_patient_distance_mm) ** 2
        assert one.incident_kerma_mgy == pytest.approx(kerma, rel=5.1e-4)  # four digits


def test_the_stated_dose_differs_from_the_true_one_in_room_c_only_and_by_ten(hospital):
    for one in hospital.exposures:
        factor = 10 if one.room == C else 1
        assert Decimal(repr(one.stated_dap_gy_m2)) == factor * Decimal(repr(one.dap_gy_m2))


def test_the_receptor_tells_its_deviation_and_is_near_the_target(hospital):
    for one in hospital.exposures:
        deviation = 10.0 * math.log10(one.exposure_index / one.target_exposure_index)
        assert one.deviation_index == pytest.approx(deviation, abs=0.0501)  # one digit
        if one.planted != "wrong_cell":
            assert abs(one.deviation_index) <= (3.0 if (one.room, one.view) == (D, "ABDOMEN AP") else 1.0)


def test_room_a_exceeds_the_level_of_chests_only(hospital):
    for (room, view), level in {(room, view): level for room in (A, B, C, D) for view, level in LEVELS.items()}.items():
        exposures = of(hospital, room, view)
        if exposures:
            ratio = median_gy_cm2(exposures) / level
            assert 1.5 < ratio < 1.8 if (room, view) == (A, "CHEST PA") else 0.35 < ratio < 0.75, (room, view)


def test_children_weigh_what_their_band_says(hospital):
    children = [one for one in hospital.exposures if one.patient_age_years < 18]
    assert Counter(one.view for one in children)["CHEST AP 5 to < 15 kg"] == 30
    assert {one.view for one in children if 5.0 <= one.patient_weight_kg < 15.0} == {"CHEST AP 5 to < 15 kg"}


@pytest.mark.parametrize(
    ("name", "charge", "area", "deviation"),
    [("thick_patient", 8.0, 1.0, 0.0), ("no_collimation", 1.0, 6.0, 0.0), ("wrong_cell", 8.0, 1.0, 8.0)],
)
def test_an_excursion_stands_out_by_its_charge_or_its_field(hospital, name, charge, area, deviation):
    (planted,) = (one for one in hospital.exposures if one.planted == name)
    like = of(hospital, B, planted.view)
    assert planted in like
    # medians of about 35 exposures with a spread of 0.2 are known to 5 %
    assert planted.exposure_mas == pytest.approx(charge * statistics.median(one.exposure_mas for one in like), rel=0.15)
    middle = statistics.median(one.field_area_mm2 for one in like)
    assert planted.field_area_mm2 == pytest.approx(area * middle, rel=0.15)
    assert planted.deviation_index == pytest.approx(deviation, abs=0.1)


def test_nothing_else_stands_out(hospital):
    for room, view in {(one.room, one.view) for one in hospital.exposures}:
        like = of(hospital, room, view)
        if len(like) >= 20:
            logarithms = np.log([one.dap_gy_m2 for one in like])
            apart = logarithms - np.median(logarithms)
            scores = apart / (1.4826 * np.median(np.abs(apart)))
            beyond = {one.planted for one, score in zip(like, scores, strict=True) if score > 4.0}
            assert beyond == {one.planted for one in like if one.planted}, (room, view)


def test_the_abdomens_of_room_d_rise_by_sixty_percent_and_nothing_else_does(hospital):
    """Over the weeks, the logarithm of charge less what thickness asks for; the fields do not change."""

    def rise(room: str, view: str) -> float:
        own = [one for one in of(hospital, room, view) if not one.planted]
        weeks = [(one.exposed_at - hospital.exposures[0].exposed_at).days / 175.0 for one in own]
        indices = [math.log(one.exposure_index / one.target_exposure_index) for one in own]
        return float(np.polyfit(weeks, indices, 1)[0])

    assert rise(D, "ABDOMEN AP") == pytest.approx(math.log(1.6), abs=0.12)  # spread 0.12 of 104: four sigma 0.17/2
    assert abs(rise(C, "ABDOMEN AP")) < 0.3  # of 36


def test_files_hold_events_as_planned(hospital):
    kinds = Counter((one.room[-1], one.image_path is not None, len(one.report_paths)) for one in hospital.exposures)
    assert kinds[("C", True, 0)] == 116
    assert kinds[("D", False, 1)] == 5
    assert {letter for letter, has_image, _ in kinds if has_image} == {"C", "D"}
    several = Counter(one.room for one in hospital.exposures if len(one.report_paths) > 1)
    assert several == {A: 4, B: 1, D: 3}
    copies = [entry for entry in hospital.manifest.entries if entry.duplicate_of]
    assert len(copies) == 3
    assert Counter(one.room for one in hospital.exposures if one.step_path) == {A: 8, C: 3, D: 6}
    assert all(hospital.manifest.entry(str(entry.duplicate_of)).truth == entry.truth for entry in copies)


def test_reports_state_the_truth_to_the_last_digit(hospital, folder):
    """A sample, with every second and later report of a study."""
    exposures = {one.event_uid: one for one in hospital.exposures}
    reports = hospital.manifest.of_kind("dose_report")
    chosen = [entry for place, entry in enumerate(reports) if place % 18 == 0 or not entry.path.endswith("00001.dcm")]
    assert {entry.room for entry in chosen} == {A, B, D}
    assert any(entry.truth["events"] > 1 for entry in chosen)
    for entry in chosen:
        report = pydicom.dcmread(folder / entry.path)
        assert report.SOPInstanceUID == entry.sop_instance_uid == report.file_meta.MediaStorageSOPInstanceUID
        events = list(with_concept(report, "113706"))
        block = next(with_concept(report, "113702"))
        assert [next(with_concept(event, "113769")).UID for event in events] == entry.truth["event_uids"]
        held = [exposures[uid] for uid in entry.truth["event_uids"]]
        assert number(block, "113722") == entry.truth["total_dap_gy_m2"]
        assert entry.truth["total_dap_gy_m2"] == pytest.approx(sum(one.stated_dap_gy_m2 for one in held), rel=1e-10)
        for event, one in zip(events, held, strict=True):
            assert report.StudyInstanceUID == one.study_uid
            assert report.StationName == one.room
            assert report.PatientID == one.patient_id
            assert int(report.PatientAge[:3]) == one.patient_age_years
            assert (report.PatientWeight, report.PatientSize) == (one.patient_weight_kg, one.patient_size_m)
            assert report.PatientSex == one.patient_sex
            assert report.OperatorsName == f"Simulated^Operator{one.operator}"
            assert next(with_concept(event, "113870")).PersonName == f"Simulated^Operator{one.operator}"
            assert next(with_concept(event, "111526")).DateTime == f"{one.exposed_at:%Y%m%d%H%M%S.%f}"
            assert next(with_concept(event, "125203")).TextValue == one.protocol_name
            assert number(event, "122130") == one.stated_dap_gy_m2
            assert number(event, "113733") == one.tube_voltage_kv
            assert number(event, "113736") == pytest.approx(one.exposure_mas, rel=1e-14)
            assert number(event, "113824") == one.exposure_time_ms
            assert number(event, "113790") == pytest.approx(one.field_area_mm2, rel=1e-14)
            assert number(event, "113845") == one.exposure_index
            assert number(event, "113847") == one.deviation_index
            assert number(event, "113750") == one.source_detector_distance_mm
            if one.stated_reference_kerma_mgy is None:
                assert not list(with_concept(event, "113738"))
            else:
                assert number(event, "113738") == pytest.approx(one.stated_reference_kerma_mgy * 1e-3, rel=1e-14)
            images = [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in with_concept(event, "113795")]
            assert images == ([one.image_uid] if one.image_uid else [])


def test_performed_steps_state_the_truth_to_the_last_digit(hospital, folder):
    exposures = {one.event_uid: one for one in hospital.exposures}
    entries = hospital.manifest.of_kind("performed_step")
    assert len(entries) == 10
    for entry in entries:
        step = pydicom.dcmread(folder / entry.path)
        held = [exposures[uid] for uid in entry.truth["event_uids"]]
        assert [one.step_path for one in held] == [entry.path] * len(held)
        total = sum(Decimal(repr(one.stated_dap_gy_m2)) for one in held) * 100_000  # dGy·cm²
        assert Decimal(str(step.ImageAndFluoroscopyAreaDoseProduct.original_string)) == total
        assert step.ScheduledStepAttributesSequence[0].StudyInstanceUID == held[0].study_uid
        images = [item.ReferencedSOPInstanceUID for item in step.PerformedSeriesSequence[0].ReferencedImageSequence]
        assert images == [one.image_uid for one in held if one.image_uid]
        for item, one in zip(step.ExposureDoseSequence, held, strict=True):
            assert (item.KVP, item.XRayTubeCurrentInuA) == (one.tube_voltage_kv, one.tube_current_ma * 1000.0)
            assert item.ExposureTimeInuS == pytest.approx(one.exposure_time_ms * 1000.0, rel=1e-14)
            assert item.get("IrradiationEventUID") == (None if one.room == C else one.event_uid)


def test_images_state_the_truth_to_the_last_digit(hospital, folder):
    for one in [one for one in hospital.exposures if one.image_path][::8]:
        image = pydicom.dcmread(folder / str(one.image_path), stop_before_pixels=True)
        assert (image.SOPInstanceUID, image.IrradiationEventUID) == (one.image_uid, one.event_uid)
        assert image.StudyInstanceUID == one.study_uid
        stated = Decimal(str(image.ImageAndFluoroscopyAreaDoseProduct.original_string))
        # room C: cGy·cm² (1e6 of them are 1 Gy·m²) where the attribute has dGy·cm² (1e5)
        per_gy_m2 = 1_000_000 if one.room == C else 100_000
        assert stated == Decimal(repr(one.dap_gy_m2)) * per_gy_m2
        assert image.get("EntranceDoseInmGy") == one.stated_entrance_dose_mgy
        assert (one.stated_entrance_dose_mgy is not None) == (one.room == C)
        assert (one.tube_voltage_kv, one.exposure_mas) == (image.KVP, image.ExposureInuAs / 1000.0)
        assert (image.ExposureIndex, image.DeviationIndex) == (one.exposure_index, one.deviation_index)
        assert image.DistanceSourceToPatient == one.source_patient_distance_mm
        assert image.PatientWeight == one.patient_weight_kg
        height = (image.CollimatorLowerHorizontalEdge - image.CollimatorUpperHorizontalEdge) * 2.5
        width = (image.CollimatorRightVerticalEdge - image.CollimatorLeftVerticalEdge) * 2.5
        assert (height, width) == (one.field_height_mm, one.field_width_mm)


def test_pixels_follow_the_stated_exposure_index(hospital, folder):
    """For bodies of one view and field, the mean of the image is a fixed multiple of the median in the body."""
    chests = [one for one in hospital.exposures if one.image_path and one.view == "CHEST PA"]
    fields = Counter((one.field_height_mm, one.field_width_mm) for one in chests)
    field, count = fields.most_common(1)[0]
    assert count >= 3
    ratios = [
        pydicom.dcmread(folder / str(one.image_path)).pixel_array.mean() / one.exposure_index
        for one in chests
        if (one.field_height_mm, one.field_width_mm) == field
    ]
    assert max(ratios) / min(ratios) < 1.002  # noise of 2·10⁴ pixels and rounding to whole values


def test_equal_seeds_give_equal_bytes(hospital, folder):
    again, encoded = plan_dose_hospital(1), DoseReports()
    for study in again[:12]:
        for planned in study.reports:
            assert encoded.encode(study, planned) == (folder / planned.path).read_bytes()
    assert plan_dose_hospital(2)[0].exposures[0].event_uid != again[0].exposures[0].event_uid
    truth = {one.event_uid: one for one in hospital.exposures}
    assert all(one == truth[one.event_uid] for study in again for one in study.exposures)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
def test_a_file_of_each_room_passes_the_validator(hospital, folder):
    every = hospital.manifest.entries  # the validator knows no performed steps
    chosen = {(entry.room, entry.kind): entry.path for entry in every if entry.kind != "performed_step"}
    assert len(chosen) == 5
    for path in chosen.values():
        checked = subprocess.run(
            ["dciodvfy", str(folder / path)], capture_output=True, text=True, check=False, timeout=60
        )
        lines = (checked.stderr + checked.stdout).splitlines()
        assert [line for line in lines if line.startswith("Error -")] == [], path
