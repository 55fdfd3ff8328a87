"""A run over the simulated hospital finds what its manifest says is there."""

import pytest

import xrayiq
from xrayiq.procedures import RESULT_TYPES
from xrayiq.selftest import run_demo
from xrayiq_phantoms import read_manifest


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A small simulated hospital, measured with its report, in the folder of a demo that was ended too early."""
    folder = tmp_path_factory.mktemp("truth")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with pytest.raises(RuntimeError):
            run_demo(folder / "demo", files=24, progress=give_up)
        yield run_demo(folder / "demo", files=72, workers=1)


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
    assert "<html" in demo.report.read_text(encoding="utf-8")
    assert demo.summary.files == len(read_manifest(demo.archive).entries) + 1  # and the manifest
    assert str(demo.report) in demo.text()


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
