"""What ended in an error is measured again on demand, and what is measured then takes the error's place."""

import shutil

import pytest
from executor_here import Here

import xrayiq
from xrayiq.batch import files, sets, worker
from xrayiq.batch.scored_file import failed_file, pack_file
from xrayiq.procedures import scoring
from xrayiq_phantoms import simulate_detector_tests
from xrayiq_phantoms.rooms import ROOMS


@pytest.fixture
def folder(archive, tmp_path):
    shutil.copytree(archive / "qc", tmp_path / "archive")
    return tmp_path


def run(folder, **settings):
    return xrayiq.run(folder / "archive", f"sqlite:///{folder / 'qa.db'}", client=Here(), **settings)


def outcomes(folder, *, superseded=False):
    with xrayiq.open_records(f"sqlite:///{folder / 'qa.db'}") as records:
        return records.frame("outcomes", superseded=superseded)


def broken_mtf(procedure, image, site):
    if procedure.name == "mtf":
        raise ZeroDivisionError
    return scoring.attempt(procedure, image, site)


def test_error_of_a_procedure_is_looked_at_again_only_on_demand(folder, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(worker, "attempt", broken_mtf)
        run(folder)
    assert set(outcomes(folder).query("procedure == 'mtf'")["kind"]) == {"error"}
    again = run(folder)
    assert (again.unchanged, again.new_outcomes) == (3, 0)
    retried = run(folder, retry_failed=True)
    assert (retried.unchanged, retried.new_outcomes) == (2, 1)
    assert list(outcomes(folder).query("procedure == 'mtf'")["kind"]) == ["measured"]
    # nothing is deleted: the error stands behind it, and names the run that took its place
    both = outcomes(folder, superseded=True).query("procedure == 'mtf'")
    assert list(both["kind"]) == ["error", "measured"]
    assert both["parameter_digest"].iloc[0].endswith(f"~run {retried.run_id}")
    assert run(folder, retry_failed=True).new_outcomes == 0


def test_error_that_comes_again_is_not_doubled(folder, monkeypatch):
    monkeypatch.setattr(worker, "attempt", broken_mtf)
    run(folder)
    before = outcomes(folder, superseded=True)
    assert run(folder, retry_failed=True).new_outcomes == 0
    assert outcomes(folder, superseded=True).equals(before)


def test_file_whose_worker_died_is_measured_on_demand(folder, monkeypatch):
    original = files.score_task

    def lost(task, **settings):
        if task.file.path.name == "edge.dcm":
            told = {"key": settings["key"], "digest": files.digest_of(task.file), "reason": "worker_died"}
            return pack_file(failed_file(task.file, settings["site"], **told, message="died"))
        return original(task, **settings)

    with monkeypatch.context() as broken:
        broken.setattr(files, "score_task", lost)
        run(folder)
    assert list(outcomes(folder).query("kind == 'error'")["reason"]) == ["worker_died"]
    run(folder, retry_failed=True)
    found = outcomes(folder)
    assert "error" not in set(found["kind"])
    assert list(found.query("procedure == 'mtf'")["kind"]) == ["measured"]
    assert "worker_died" in set(outcomes(folder, superseded=True)["reason"])


def test_set_that_was_lost_is_measured_on_demand_and_its_images_with_it(tmp_path, monkeypatch):
    settings = {"kermas_ugy": (0.5, 1.0, 2.5, 8.0), "flats": 1, "edges": 0, "shape": (300, 300)}
    simulate_detector_tests(tmp_path / "archive", rooms=(ROOMS[1],), **settings)

    def lost(task, *, site):
        return sets._failed(task, site, "timed_out", "measuring took longer than 300 s and was stopped")

    with monkeypatch.context() as broken:
        broken.setattr(sets, "measure_set", lost)
        run(tmp_path)
        failed = outcomes(tmp_path).query("kind == 'error'")
        assert list(failed["reason"]) == ["timed_out"]
        assert failed["subject"].str.startswith("set:").all()
        before = outcomes(tmp_path, superseded=True)
        assert run(tmp_path, retry_failed=True).new_outcomes == 0
        assert outcomes(tmp_path, superseded=True).equals(before)
    with xrayiq.open_records(f"sqlite:///{tmp_path / 'qa.db'}") as records:
        assert len(records.frame("sets")) == 1
    assert run(tmp_path).new_outcomes == 0
    run(tmp_path, retry_failed=True)
    found = outcomes(tmp_path)
    assert "error" not in set(found["kind"])
    # the response that the set tells now makes the logarithmic images measurable
    assert set(found.query("procedure == 'uniformity'")["kind"]) == {"measured"}
    assert run(tmp_path, retry_failed=True).new_outcomes == 0
