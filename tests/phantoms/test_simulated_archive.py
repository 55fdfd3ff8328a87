"""A simulated archive is what its manifest says, file by file, and the same for the same seed."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.errors import InvalidDicomError
from scipy.optimize import brentq

from xrayiq_phantoms.archive import simulate_archive
from xrayiq_phantoms.archive_plan import plan_objects
from xrayiq_phantoms.manifest import MANIFEST_NAME, Manifest, read_manifest
from xrayiq_phantoms.planned import ClinicalExposure, TestExposure
from xrayiq_phantoms.rooms import ROOMS

FILES = 36


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> tuple[Path, Manifest, list[tuple[int, int]]]:
    folder = tmp_path_factory.mktemp("archive")
    calls: list[tuple[int, int]] = []
    manifest = simulate_archive(folder, seed=11, files=FILES, progress=lambda done, total: calls.append((done, total)))
    return folder, manifest, calls


@pytest.fixture(scope="module")
def plan():
    return plan_objects(1, 285)


def relative_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_manifest_lists_each_file_once(archive):
    folder, manifest, _ = archive
    assert len(manifest) == FILES
    assert relative_files(folder) == {entry.path for entry in manifest.entries} | {MANIFEST_NAME}


def test_the_written_manifest_reads_back_equal(archive):
    folder, manifest, _ = archive
    assert read_manifest(folder) == manifest


def test_progress_counts_every_file_up_to_the_last(archive):
    _, _, calls = archive
    assert calls == [(number + 1, FILES) for number in range(FILES)]


def test_the_same_seed_writes_the_same_bytes(archive, tmp_path):
    folder, _, _ = archive
    simulate_archive(tmp_path, seed=11, files=FILES)
    assert relative_files(tmp_path) == relative_files(folder)
    for path in relative_files(folder):
        assert (tmp_path / path).read_bytes() == (folder / path).read_bytes(), path


def test_readable_files_hold_what_the_manifest_says(archive):
    folder, manifest, _ = archive
    for entry in manifest.entries:
        if entry.expected == "error":
            continue
        read = pydicom.dcmread(folder / entry.path)
        assert read.SOPInstanceUID == entry.sop_instance_uid
        assert read.PatientID == entry.patient_id
        assert str(read.PatientName).startswith("Simulated^")
        assert read.StationName == entry.room
        if entry.kind == "dose_report":
            continue
        assert (read.Rows, read.Columns) == (entry.image["rows"], entry.image["columns"])
        assert read.SOPClassUID == entry.image["sop_class_uid"]
        assert read.get("PixelIntensityRelationship") == entry.image["relationship"]
        assert read.get("PresentationIntentType") == entry.image["intent"]
        assert read.get("QualityControlImage") == {None: None, True: "YES", False: "NO"}[entry.quality_control]
        assert float(read.ImagerPixelSpacing[0]) == entry.image["pixel_pitch_mm"]
        assert float(read.ExposureIndex) == entry.technique["exposure_index"]
        assert read.ExposureInuAs == round(entry.technique["exposure_mas"] * 1000)
        if "dap_gy_m2" in entry.technique:
            stated = float(read.ImageAndFluoroscopyAreaDoseProduct) * 1e-5
            assert stated == pytest.approx(entry.technique["dap_gy_m2"], rel=1e-9)  # 10 digits fit the attribute


def test_a_flat_field_has_the_mean_and_noise_of_its_truth(archive):
    """Mean to 1 % (structure, heel); variance to 10 %, some five sigma of 300² correlated pixels."""
    folder, manifest, _ = archive
    measured = 0
    for entry in manifest.of_kind("flat_field"):
        read = pydicom.dcmread(folder / entry.path)
        syntax = entry.image["transfer_syntax"]
        if entry.image["relationship"] != "LIN" or entry.problem or syntax == "jpeg_ls":
            continue
        _, offset, gain, _ = entry.image["response"]
        kerma = (read.pixel_array.astype(np.float64) - offset) / gain
        middle = kerma[362:662, 362:662]
        plane = np.stack([np.ones(middle.size), *(axis.ravel() for axis in np.indices(middle.shape))], axis=1)
        flattened = middle.ravel() - plane @ np.linalg.lstsq(plane, middle.ravel(), rcond=None)[0]
        assert middle.mean() == pytest.approx(entry.truth["kerma_ugy"], rel=0.01)
        assert flattened.var() == pytest.approx(entry.truth["variance_ugy2"], rel=0.1)
        measured += 1
    assert measured >= 2


def test_stated_f50_solves_the_formula_of_the_mtf(archive):
    _, manifest, _ = archive
    edges = manifest.of_kind("edge")
    assert {entry.truth["across"] for entry in edges} == {"columns", "rows"}
    for entry in edges:
        detector = next(room for room in ROOMS if room.name == entry.room).test.detector
        pitch, sigma = detector.pixel_pitch_mm, detector.blur_sigma_mm
        alpha = np.deg2rad(entry.truth["edge_angle_deg"])

        def excess(f: float, pitch=pitch, sigma=sigma, alpha=alpha) -> float:
            aperture = np.sinc(f * pitch * np.cos(alpha)) * np.sinc(f * pitch * np.sin(alpha))
            return float(np.exp(-2 * (np.pi * sigma * f) ** 2) * aperture) - 0.5

        assert entry.truth["f50_per_mm"] == pytest.approx(brentq(excess, 0.0, 1.0 / pitch), rel=1e-9)


def test_indicators_of_the_second_room_are_high_by_a_factor_and_the_others_are_right(archive):
    """The exposure index is stated to 0.1: half of that on the least index of some 100."""
    _, manifest, _ = archive
    clinical = manifest.of_kind("clinical")
    assert {entry.room for entry in clinical} == {room.name for room in ROOMS}
    for entry in clinical:
        factor = entry.technique["exposure_index"] / entry.truth["exposure_index"]
        assert factor == pytest.approx(10**0.25 if entry.room == "SIMROOM2" else 1.0, rel=1e-3)
        stated, target = entry.technique["exposure_index"], entry.technique["target_exposure_index"]
        error = entry.technique["deviation_index"] - 10 * np.log10(stated / target)
        assert abs(error) < 0.051 or (entry.problem == "inconsistent_deviation_index" and abs(error - 2.0) < 0.051)


def test_dose_area_product_is_direct_kerma_times_field_area(archive):
    _, manifest, _ = archive
    checked = 0
    for entry in manifest.of_kind("clinical"):
        if "dap_gy_m2" in entry.technique and "grid" not in entry.technique:
            product = entry.truth["direct_kerma_ugy"] * entry.truth["area_mm2"] * 1e-12
            assert entry.technique["dap_gy_m2"] == pytest.approx(product, rel=1e-4)  # stated to five digits
            checked += 1
    assert checked


def test_dose_reports_name_the_images_of_their_study_and_their_sum(archive):
    folder, manifest, _ = archive
    reports = manifest.of_kind("dose_report")
    assert reports
    for entry in reports:
        images = [
            other
            for other in manifest.of_kind("clinical")
            if other.study_uid == entry.study_uid and not other.presentation_of and not other.duplicate_of
        ]
        assert entry.truth["events"] == len(images)
        total = sum(other.technique["dap_gy_m2"] for other in images)
        read = pydicom.dcmread(folder / entry.path)
        blocks = [item for item in read.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "113702"]
        stated = next(
            float(item.MeasuredValueSequence[0].NumericValue)
            for item in blocks[0].ContentSequence
            if item.ConceptNameCodeSequence[0].CodeValue == "113722"
        )
        assert stated == pytest.approx(total, rel=1e-9)
        assert entry.truth["total_dap_gy_m2"] == pytest.approx(total, rel=1e-9)


def test_copies_are_equal_bytes_or_the_same_instance_in_another_encoding(archive):
    folder, manifest, _ = archive
    copies = [entry for entry in manifest.entries if entry.duplicate_of]
    kinds = set()
    for entry in copies:
        one, other = folder / entry.path, folder / entry.duplicate_of
        equal = one.read_bytes() == other.read_bytes()
        kinds.add(equal)
        first, second = pydicom.dcmread(one), pydicom.dcmread(other)
        assert first.SOPInstanceUID == second.SOPInstanceUID
        if not equal:
            assert first.file_meta.TransferSyntaxUID != second.file_meta.TransferSyntaxUID
    assert kinds == {True, False}


def test_truncated_files_end_early(archive):
    folder, manifest, _ = archive
    cut = {entry.problem: entry for entry in manifest.entries if entry.problem in ("truncated", "truncated_header")}
    assert set(cut) == {"truncated", "truncated_header"}
    assert (folder / cut["truncated_header"].path).stat().st_size == 700
    assert cut["truncated_header"].sop_instance_uid is None
    header = pydicom.dcmread(folder / cut["truncated"].path, stop_before_pixels=True)
    assert header.SOPInstanceUID == cut["truncated"].sop_instance_uid


def test_strangers_are_not_dicom(archive):
    folder, manifest, _ = archive
    strangers = manifest.of_kind("not_dicom")
    assert {entry.problem for entry in strangers} == {"text", "picture", "empty", "random_bytes", "kerma_table"}
    for entry in strangers:
        with pytest.raises((InvalidDicomError, EOFError)):
            pydicom.dcmread(folder / entry.path)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
def test_objects_of_every_room_and_kind_pass_the_validator(archive):
    folder, manifest, _ = archive
    seen = set()
    for entry in manifest.entries:
        group = (entry.room, entry.kind, entry.image.get("intent"))
        if entry.expected == "error" or entry.image.get("transfer_syntax") == "deflated" or group in seen:
            continue  # the validator does not inflate
        seen.add(group)
        command = ["dciodvfy", str(folder / entry.path)]
        checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        lines = (checked.stderr + checked.stdout).splitlines()
        assert [line for line in lines if line.startswith("Error -")] == [], entry.path
    assert len(seen) >= 12


def test_a_plan_of_a_hospital_has_everything(plan):
    tests = [item for item in plan if isinstance(item.exposure, TestExposure)]
    assert 52 <= len(tests) <= 60  # a fifth
    assert {(item.room.name, item.exposure.kind) for item in tests} == {
        (room.name, kind) for room in ROOMS for kind in ("flat_field", "edge", "collimated_field")
    }
    assert {item.exposure.kerma_ugy for item in tests if item.exposure.kind == "flat_field"} == {
        *(0.3, 0.78, 1.4, 2.5, 8.0, 10.0, 14.0, 20.0)
    }
    assert [item.room.name for item in tests if item.exposure.gain_nonuniformity_fraction] == ["SIMROOM1"]
    assert len({item.acquired_at.date() for item in tests}) >= 2
    assert len({item.acquired_at.date() for item in plan}) >= 4
    patients = [item for item in plan if isinstance(item.exposure, ClinicalExposure)]
    assert {item.exposure.projection.anatomy for item in patients} == {"chest", "hand", "abdomen"}
    assert sum(item.presentation_of is not None for item in plan) >= 20
    assert sum(item.exposure is None for item in plan) >= 20
    assert {item.transfer_syntax for item in plan} == {
        *("implicit", "explicit", "big_endian", "deflated", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000")
    }
    assert len({item.operator for item in plan}) >= 5


def test_paths_and_instances_of_a_plan_are_unique_and_name_nobody(plan):
    assert len({item.path for item in plan}) == len(plan)
    assert len({item.identifiers.instance_uid for item in plan}) == len(plan)
    assert not any("Simulated" in item.path or "SIM" in item.path for item in plan)


def test_an_apparent_repeat_is_of_the_same_patient_and_view_within_minutes(plan):
    by_path = {item.path: item for item in plan}
    repeats = [item for item in plan if item.repeat_of]
    assert len(repeats) >= 8
    for again in repeats:
        first = by_path[again.repeat_of]
        assert again.identifiers.study_uid == first.identifiers.study_uid
        assert again.examination.patient_id == first.examination.patient_id
        assert again.exposure.projection == first.exposure.projection
        assert again.exposure.laterality == first.exposure.laterality
        assert again.identifiers.event_uid != first.identifiers.event_uid
        assert datetime.timedelta() < again.acquired_at - first.acquired_at <= datetime.timedelta(minutes=10)


def test_a_presentation_image_shares_the_event_of_its_original(plan):
    by_path = {item.path: item for item in plan}
    for twin in (item for item in plan if item.presentation_of):
        original = by_path[twin.presentation_of]
        assert twin.identifiers.event_uid == original.identifiers.event_uid
        assert twin.identifiers.series_uid != original.identifiers.series_uid
        assert twin.exposure == original.exposure
        assert plan.index(twin) > plan.index(original)


def test_an_archive_of_too_few_files_is_refused(tmp_path):
    with pytest.raises(ValueError, match="needed at least 24"):
        simulate_archive(tmp_path, files=23)


def test_three_hundred_files_take_less_than_a_minute(tmp_path):
    # a fifth of them, in processor time; the tests of the detectors weigh more in a small archive than in a large one
    start = time.process_time()
    assert len(simulate_archive(tmp_path, seed=1, files=60)) == 60
    assert time.process_time() - start < 60.0 * 60 / 300


def test_images_of_detector_tests_have_a_thousand_lines_or_more(archive):
    tests = [entry for entry in archive[1].entries if entry.kind in ("flat_field", "edge", "collimated_field")]
    assert len(tests) >= 9
    for entry in tests:
        header = pydicom.dcmread(archive[0] / entry.path, stop_before_pixels=True)
        assert min(header.Rows, header.Columns) >= 1024
