"""A simulated quarter is planned as its rooms' habits ask for, and written as its manifest says."""

from __future__ import annotations

import csv
import datetime
import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest

from xrayiq_phantoms.hospital_quarter import LOG_NAME, simulate_hospital_quarter
from xrayiq_phantoms.hospital_quarter_plan import QuarterPlan, plan_quarter
from xrayiq_phantoms.hospital_quarter_rooms import CHANGE, CLUSTER, CROPPING, FEW_REJECTS, MEANT_ON, PLANTS
from xrayiq_phantoms.manifest import Manifest, read_manifest
from xrayiq_phantoms.planned import ClinicalExposure, PlannedObject

FILES = 60


@pytest.fixture(scope="module")
def plan() -> QuarterPlan:
    return plan_quarter(3, 900)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    folder = tmp_path_factory.mktemp("quarter")
    return folder, simulate_hospital_quarter(folder, seed=4, files=FILES)


def exposures(plan: QuarterPlan, room: str, part: str = "", view: str = "") -> list[PlannedObject]:
    """Stored exposures of patients, twins left out."""
    return [
        item
        for item in plan.objects
        if isinstance(item.exposure, ClinicalExposure)
        and item.room.name == room
        and item.presentation_of is None
        and part in item.exposure.projection.body_part
        and view in item.exposure.projection.view_position
    ]


def test_about_as_many_files_are_planned_as_asked_for(plan: QuarterPlan) -> None:
    assert len(plan.objects) == pytest.approx(900, rel=0.05)


def test_hands_pa_of_one_room_are_rejected_by_the_planted_share(plan: QuarterPlan) -> None:
    hands = exposures(plan, CLUSTER.room, "HAND", "PA")
    notes = {item.rejects for item in plan.objects if item.rejects}
    rejected = [item for item in hands if item.path in notes]
    planned = [item for item in hands if item.repeat_of is None]
    assert len(rejected) == round(CLUSTER.size * len(planned))
    assert {item.reason for item in rejected} == {"positioning"}


def test_one_room_repeats_and_logs_a_single_reject(plan: QuarterPlan) -> None:
    assert [item.room.name for item in plan.logged].count(FEW_REJECTS.room) == 1
    own = exposures(plan, FEW_REJECTS.room)
    repeats = [item for item in own if item.repeat_of]
    assert len(repeats) / (len(own) - len(repeats)) == pytest.approx(FEW_REJECTS.size, abs=0.01)
    assert not any(item.rejects for item in plan.objects if item.room.name == FEW_REJECTS.room)


def test_a_retake_is_of_the_same_patient_and_view_within_minutes(plan: QuarterPlan) -> None:
    by_path = {item.path: item for item in plan.objects}
    repeats = [item for item in plan.objects if item.repeat_of]
    assert len(repeats) > 30
    for again in repeats:
        first = by_path[again.repeat_of or ""]
        assert isinstance(again.exposure, ClinicalExposure)
        assert isinstance(first.exposure, ClinicalExposure)
        assert again.identifiers.study_uid == first.identifiers.study_uid
        assert again.exposure.projection == first.exposure.projection
        assert again.exposure.body_seed == first.exposure.body_seed
        assert again.exposure.centre_shift_fraction != first.exposure.centre_shift_fraction
        assert datetime.timedelta() < again.acquired_at - first.acquired_at < datetime.timedelta(minutes=10)


def test_voltages_change_on_their_days_only(plan: QuarterPlan) -> None:
    since = datetime.date.fromisoformat(CHANGE.since)
    for item in plan.objects:
        if not isinstance(item.exposure, ClinicalExposure):
            continue
        view, day = item.exposure.projection, item.acquired_at.date()
        if (view.body_part, view.view_position) == ("CHEST", "PA"):
            assert view.tube_voltage_kv == (100.0 if item.room.name == CHANGE.room and day >= since else 120.0)
        if (view.body_part, view.view_position) == ("CHEST", "AP"):
            assert view.tube_voltage_kv == (100.0 if day >= MEANT_ON else 90.0)


def test_abdomens_of_one_room_are_cropped_by_the_planted_share(plan: QuarterPlan) -> None:
    own = exposures(plan, CROPPING.room, "ABDOMEN")
    cropped = [item for item in own if isinstance(item.exposure, ClinicalExposure) and item.exposure.irradiated_mm]
    assert len(cropped) / len(own) == pytest.approx(CROPPING.size, abs=0.05)  # retakes of a few count twice
    every = Counter(
        item.room.name
        for item in plan.objects
        if isinstance(item.exposure, ClinicalExposure) and item.exposure.irradiated_mm
    )
    assert set(every) == {CROPPING.room}


def test_studies_of_a_room_do_not_run_into_each_other(plan: QuarterPlan) -> None:
    for room in {item.room.name for item in plan.objects}:
        own = [item for item in plan.objects if item.room.name == room and item.identifiers.study.startswith("S")]
        spans: dict[str, list[datetime.datetime]] = {}
        for item in own:
            spans.setdefault(item.identifiers.study, []).append(item.acquired_at)
        ordered = sorted((min(moments), max(moments)) for moments in spans.values())
        assert all(end < begin for (_, end), (begin, _) in itertools.pairwise(ordered))


def test_paths_and_instances_are_unique(plan: QuarterPlan) -> None:
    assert len({item.path for item in plan.objects}) == len(plan.objects)
    assert len({item.identifiers.instance_uid for item in plan.objects}) == len(plan.objects)


def test_the_manifest_lists_each_file_and_plant(archive: tuple[Path, Manifest]) -> None:
    folder, manifest = archive
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written == {entry.path for entry in manifest.entries} | {"manifest.json"}
    assert read_manifest(folder) == manifest
    assert manifest.plants == PLANTS


def test_the_same_seed_gives_the_same_plan(plan: QuarterPlan) -> None:
    assert plan_quarter(3, 900) == plan
    assert plan_quarter(4, 900) != plan


def test_notes_reject_images_of_their_study(archive: tuple[Path, Manifest]) -> None:
    folder, manifest = archive
    images = {entry.sop_instance_uid: entry for entry in manifest.of_kind("clinical")}
    notes = manifest.of_kind("reject_note")
    assert notes
    for note in notes:
        read = pydicom.dcmread(folder / note.path)
        assert read.ConceptNameCodeSequence[0].CodeValue == "113001"
        named = [item.ReferencedSOPSequence[0] for item in read.ContentSequence if item.ValueType == "IMAGE"]
        assert [item.ReferencedSOPInstanceUID for item in named] == [note.truth["image_uid"]]
        assert images[note.truth["image_uid"]].study_uid == note.study_uid == read.StudyInstanceUID


def test_the_log_tells_of_images_that_are_not_stored(archive: tuple[Path, Manifest]) -> None:
    folder, manifest = archive
    rows = list(csv.DictReader((folder / LOG_NAME).read_text(encoding="utf-8").splitlines()))
    stored = {(entry.room, entry.acquired_at) for entry in manifest.of_kind("clinical")}
    assert FEW_REJECTS.room in {row["station_name"] for row in rows}
    assert all((row["station_name"], row["exposed_at"]) not in stored for row in rows)


def test_a_cropped_image_is_smaller_than_what_its_dose_report_tells(archive: tuple[Path, Manifest]) -> None:
    folder, manifest = archive
    cropped = [entry for entry in manifest.entries if entry.problem == "cropped_afterwards"]
    assert cropped
    for entry in cropped:
        read = pydicom.dcmread(folder / entry.path, stop_before_pixels=True)
        stored = np.prod([read.Rows, read.Columns]) * float(read.ImagerPixelSpacing[0]) ** 2
        detector = np.prod([float(side) for side in read.DetectorActiveDimensions])
        assert stored < 0.8 * detector
        assert entry.truth["irradiated_area_mm2"] == pytest.approx(detector)
        assert entry.truth["area_mm2"] == pytest.approx(stored)
