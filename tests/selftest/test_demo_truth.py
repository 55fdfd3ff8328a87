"""Run and audits of the simulated hospital's quarter find what its manifest says is there, and nothing else."""

import datetime

import pytest

import xrayiq
from xrayiq.procedures import RESULT_TYPES, list_findings, load_site
from xrayiq.selftest import run_demo
from xrayiq_phantoms import read_manifest
from xrayiq_phantoms.hospital_quarter_rooms import CALIBRATION, CHANGE, CLUSTER, CROPPING, FEW_REJECTS, PLANTS

#: fewest files with which everything planted can be told: 250 exposures of the room that keeps its rejects to itself
FILES = 820

pytestmark = pytest.mark.timeout(900)  # a whole quarter, whoever else is at work on the machine


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A simulated quarter, measured and audited, in the folder of a demo that was ended too early."""
    folder = tmp_path_factory.mktemp("truth")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with pytest.raises(RuntimeError):
            run_demo(folder / "demo", files=24, progress=give_up)
        yield run_demo(folder / "demo", files=FILES, workers=2)


def give_up(progress):
    raise RuntimeError


@pytest.fixture(scope="module")
def found(demo):
    """Manifest entries and subjects by path; kinds, results, populations by subject."""
    with xrayiq.open_records(f"sqlite:///{demo.store}") as records:
        files, objects = records.frame("files"), records.frame("objects")
        results = {(item.subject, item.procedure): item.result for item in records.results(RESULT_TYPES)}
    subjects = dict(zip(files["relative_path"], files["subject"], strict=True))
    kinds = dict(zip(objects["subject"], objects["kind"], strict=True))
    populations = dict(zip(objects["subject"], objects["population"], strict=True))
    return read_manifest(demo.archive).entries, subjects, kinds, results, populations


def test_demo_ends_with_store_and_report(demo):
    assert demo.store.exists()
    page = demo.report.read_text(encoding="utf-8")
    assert "<html" in page
    assert "as shipped" not in page  # the settings that were measured by, not those of the import of the log
    assert "Imaginary Imaging Logarithma 2 · serial SIM-0002" in page  # a log names less of its unit
    assert demo.summary.files == len(read_manifest(demo.archive).entries) + 1  # and the manifest
    assert str(demo.report) in demo.text()


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.kinds[0])
def test_each_plant_is_named_by_a_finding(demo, plant):
    named = demo.named(plant)
    assert plant in demo.plants
    assert named is not None
    assert (named.audit, named.kind, named.room) == (plant.audit, plant.kinds[0], plant.room)
    assert f"{plant.body_part} {plant.view_position}".strip() in named.about
    assert named.sentence in " ".join(demo.text().split())


def test_no_other_finding_stands(demo):
    """Rooms and views in which nothing is planted, and audits for which nothing is, have no finding."""
    told = {(one.audit, one.kind, one.room) for found in demo.findings.values() for one in found}
    planted = {(plant.audit, kind, plant.room) for plant in PLANTS for kind in plant.kinds}
    assert told <= planted
    assert list(demo.findings) == ["exposure", "collimation", "repeats", "protocol", "quality", "metadata", "dose"]


def test_findings_of_the_audits_are_open_in_the_store(demo):
    with xrayiq.open_records(f"sqlite:///{demo.store}") as records:
        opened = {(one.room, one.quantity) for one in list_findings(records, site=load_site(demo.site))}
    assert {(one.room, one.quantity) for found in demo.findings.values() for one in found} <= opened


def test_size_of_what_is_planted(demo):
    """Median of two medians of some 35 indices of standard deviation 0.9: 0.14, and a heel that differs by room."""
    assert demo.named(CALIBRATION).value == pytest.approx(CALIBRATION.size, abs=0.6)
    change, since = demo.named(CHANGE), datetime.date.fromisoformat(CHANGE.since)
    assert change.value == CHANGE.size
    assert change.first_day < since <= change.last_day <= since + datetime.timedelta(days=7)


def test_rates_are_those_of_the_manifest(demo):
    images = [entry for entry in read_manifest(demo.archive).entries if entry.kind == "clinical" and entry.room]
    images = [entry for entry in images if not entry.presentation_of and not entry.duplicate_of]
    notes = {entry.truth["image_uid"] for entry in read_manifest(demo.archive).of_kind("reject_note")}
    hands = [
        entry
        for entry in images
        if (entry.room, entry.technique["body_part"], entry.technique["view_position"]) == (CLUSTER.room, "HAND", "PA")
    ]
    rejected = sum(entry.sop_instance_uid in notes for entry in hands)
    assert demo.named(CLUSTER).value == pytest.approx(rejected / len(hands), rel=0.05)  # a file of them may be cut
    few = sum(entry.room == FEW_REJECTS.room for entry in images)
    assert demo.named(FEW_REJECTS).value == pytest.approx(1.0 / (few + 1), rel=0.02)


def test_a_field_without_borders_is_told_by_the_dose_report(demo):
    """Fields that show no border are less sure, and those left out here are as many as lie below the share planted."""
    assert "told by the dose report" in demo.named(CROPPING).sentence
    assert 0.45 < demo.named(CROPPING).value < CROPPING.size + 0.1


def measured(found, procedure, kind):
    entries, subjects, _, results, _ = found
    pairs = [(entry, results.get((subjects[entry.path], procedure))) for entry in entries if entry.kind == kind]
    return [(entry, result) for entry, result in pairs if result is not None]


def test_every_sound_object_is_recognised_as_what_it_is(found):
    entries, subjects, kinds, _, _ = found
    sound = [entry for entry in entries if entry.problem is None and entry.kind != "not_dicom"]
    assert len(sound) > 40
    assert [entry.path for entry in sound if kinds.get(subjects[entry.path]) != entry.kind] == []


def test_each_exposure_of_a_patient_counts_once(found):
    entries, subjects, _, _, populations = found
    sound = [entry for entry in entries if entry.kind == "clinical" and entry.expected != "error"]
    exposures = [entry for entry in sound if entry.presentation_of is None and entry.duplicate_of is None]
    twins = [entry for entry in sound if entry.presentation_of is not None and entry.duplicate_of is None]
    assert len(exposures) > 10
    assert twins
    assert {populations[subjects[entry.path]] for entry in exposures} == {"clinical"}
    assert {populations[subjects[entry.path]] for entry in twins} == {"twin"}
    assert list(populations.values()).count("clinical") == len(exposures)


def test_sharpness_is_that_of_the_simulated_detectors(found):
    edges = measured(found, "mtf", "edge")
    assert edges
    for entry, mtf in edges:
        # one edge image at 8 µGy: 1 % at the most sharp, twice that for the blurred plate reader
        assert mtf.f50_per_mm == pytest.approx(entry.truth["f50_per_mm"], rel=0.02)
        assert mtf.edge_angle_deg == pytest.approx(abs(entry.truth["edge_angle_deg"]), abs=0.01)


def test_fields_are_found_where_they_are(found):
    fields = measured(found, "collimation", "collimated_field")
    assert fields
    for entry, field in fields:
        pitch_mm = field.pixel_pitch_mm[0]
        for corner, truth in zip(field.corners_px, entry.truth["corners_px"], strict=True):
            assert max(abs(corner - truth)) * pitch_mm < 1.0


def test_deviation_index_follows_the_stated_indices(found):
    images = measured(found, "exposure_index", "clinical")
    assert len(images) > 10
    for entry, index in images:
        assert index.exposure_index == pytest.approx(entry.technique["exposure_index"], rel=1e-9)
