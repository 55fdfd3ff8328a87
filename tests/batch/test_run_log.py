"""The log of a run: JSON lines that tell what the store holds, and nothing of whom."""

import contextlib
import io
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

import xrayiq
from xrayiq.batch.files import FileTask, _lost
from xrayiq.batch.run_log import RunLog
from xrayiq.dicom import FolderSource
from xrayiq.errors import InputError
from xrayiq.procedures import load_site
from xrayiq_phantoms import Detector, Technique, simulate_clinical, simulate_detector_tests, write_dicom
from xrayiq_phantoms.rooms import ROOMS


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An image, a set of flat fields, a text and a link to nothing."""
    root = tmp_path_factory.mktemp("small")
    detector = Detector(pixel_pitch_mm=0.3)
    chest = simulate_clinical(detector, anatomy="chest", shape=(300, 300), kerma_ugy=2.5, seed=1).pixels
    write_dicom(root / "chest.dcm", chest, pixel_pitch_mm=0.3, technique=Technique(body_part="CHEST"))
    simulate_detector_tests(
        root / "tests", rooms=(ROOMS[0],), kermas_ugy=(1.0, 2.5, 8.0), flats=1, edges=0, shape=(160, 160)
    )
    (root / "letter.txt").write_text("no image")
    (root / "gone.dcm").symlink_to(root / "nothing.dcm")
    return root


def run(archive, folder, **settings):
    """A run in threads of this process, whose store and log lie in a folder."""
    with ThreadPoolExecutor(1) as client:
        return xrayiq.run(archive, f"sqlite:///{folder / 'qa.db'}", client=client, log=folder / "run.jsonl", **settings)


def lines_of(folder):
    return [json.loads(line) for line in (folder / "run.jsonl").read_text().splitlines()]


def test_lines_tell_what_the_store_holds(small, tmp_path):
    seen, steps = [], []

    def look(step):
        seen.append(lines_of(tmp_path))
        steps.append(step)

    summary = run(small, tmp_path, progress=look)
    assert seen[0][0]["event"] == "run_started"  # written at once
    lines = lines_of(tmp_path)
    begin, *between, end = lines
    assert {line["run"] for line in lines} == {summary.run_id}
    with xrayiq.open_records(f"sqlite:///{tmp_path / 'qa.db'}") as records:
        (stored,) = records.frame("runs").to_dict("records")
        files, outcomes = records.frame("files"), records.frame("outcomes")
    assert begin["event"] == "run_started"
    for name, column in (("plan", "plan_digest"), ("site", "site_digest"), ("kernels", "kernel_digest")):
        assert begin[name] == stored[column]
    assert begin["archives"] == [stored["archive_key"]]
    objects = [line for line in between if line["event"] == "object"]
    sets = [line for line in between if line["event"] == "set"]
    assert len(objects) + len(sets) == len(between)
    again = [line["subject"] for line in objects if line["again"]]
    assert len(objects) - len(again) == len(files) == summary.files
    assert len(again) == 3  # the flat fields, with the response that they have told
    assert len(sets) >= 2  # the set of flat fields and a map of defects
    (gone,) = files[files["relative_path"] == "gone.dcm"].to_dict("records")
    named = {f"file:{gone['id']}": gone["subject"]}
    in_force = [line for line in objects if line["again"] or line["subject"] not in again]
    for line in in_force:
        own = outcomes[outcomes["subject"] == named.get(line["subject"], line["subject"])]
        assert sorted(line["procedures"]) == sorted(own["procedure"])
        for kind, count in line["outcomes"].items():
            assert count == sum(own["kind"] == kind)
        told = sorted((each["procedure"], each["kind"], each["reason"]) for each in line["failures"])
        failed = own[own["kind"] != "measured"]
        assert told == sorted(zip(failed["procedure"], failed["kind"], failed["reason"], strict=True))
    of_sets = outcomes[~outcomes["subject"].isin(files["subject"])]  # of a set as a whole, and of its levels
    assert sorted(of_sets["procedure"]) == sorted(name for line in sets for name in line["procedures"])
    assert {line["subject"] for line in objects} >= set(named)
    once = [line for line in objects if not line["again"]] + sets
    told = steps[-1]
    assert (told.done, told.sets, told.again) == (len(files), len(sets), len(again))
    assert told.total in (None, len(files))
    for kind in ("measured", "not_measurable", "error"):
        assert told.outcomes.get(kind, 0) == sum(line["outcomes"][kind] for line in once)
    assert all(0 <= line["seconds"] < summary.seconds for line in objects)
    assert (end["event"], end["status"], end["exit_code"]) == ("run_ended", "finished", summary.exit_code)
    assert end["counts"] == summary.counts() == stored["counts"]


def test_duplicates_are_told_as_such_and_counted_once(small, tmp_path):
    archive, steps = tmp_path / "archive", []
    archive.mkdir()
    for name in ("first.dcm", "second.dcm"):
        (archive / name).write_bytes((small / "chest.dcm").read_bytes())
    (archive / "text.txt").write_text("no image")
    summary = run(archive, tmp_path, progress=steps.append)
    told = [line["status"] for line in lines_of(tmp_path) if line["event"] == "object"]
    assert told == ["object", "duplicate", "not_dicom"]
    assert summary.file_counts == {"object": 1, "duplicate": 1, "not_dicom": 1}
    assert steps[-1].outcomes == summary.outcome_counts
    assert [step.done for step in steps] == [1, 2, 3, 3]  # and once when all are stored


def test_next_run_adds_its_lines_and_none_for_what_has_not_changed(small, tmp_path):
    run(small, tmp_path)
    before = lines_of(tmp_path)
    run(small, tmp_path)
    assert lines_of(tmp_path)[: len(before)] == before
    begin, link, end = lines_of(tmp_path)[len(before) :]
    assert (begin["event"], end["event"]) == ("run_started", "run_ended")
    assert link["failures"][0]["reason"] == "unreadable_path"  # what cannot be looked at is looked at in every run


def test_failed_run_is_told_by_the_class_of_its_error_alone(small, tmp_path):
    def fail(_):
        raise ValueError("Canary^Name")

    with pytest.raises(ValueError, match="Canary"):
        run(small, tmp_path, progress=fail)
    end = lines_of(tmp_path)[-1]
    assert (end["event"], end["status"], end["error"]) == ("run_ended", "failed", "ValueError")
    assert end["counts"]["files"] == 1
    assert "Canary" not in (tmp_path / "run.jsonl").read_text()

    def ruin(_):
        with contextlib.closing(sqlite3.connect(tmp_path / "qa.db")) as store:
            store.execute("DROP TABLE outcomes")
        raise ValueError("the first error")

    with pytest.raises(ValueError, match="the first error"):
        run(small, tmp_path, progress=ruin)
    begin, *_, end = lines_of(tmp_path)[-2:]
    assert begin["event"] == "run_started"
    assert (end["event"], end["run"], end["error"]) == ("run_ended", begin["run"], "ValueError")
    assert "counts" not in end


@pytest.mark.parametrize("reason", ["worker_died", "timed_out", "out_of_memory"])
def test_loss_of_a_worker_has_a_line_of_its_own(small, reason):
    (file,) = FolderSource(small / "chest.dcm").files()
    stream = io.StringIO()
    RunLog(stream).file(
        _lost(load_site(), b"key", FileTask(file=file), reason, "it is lost"), "unreadable", number=None
    )
    told, loss = map(json.loads, stream.getvalue().splitlines())
    assert told["failures"] == [{"procedure": "read", "kind": "error", "reason": reason}]
    assert told["seconds"] is None
    assert (loss["event"], loss["subject"]) == (reason, told["subject"])


def test_log_that_cannot_be_written_is_told_before_anything_is_done(small, tmp_path):
    with pytest.raises(InputError, match=r"cannot be written \(is a directory\); needed a place to write"):
        xrayiq.run(small, f"sqlite:///{tmp_path / 'qa.db'}", log=tmp_path)
    with xrayiq.open_records(f"sqlite:///{tmp_path / 'qa.db'}") as records:
        assert records.frame("runs").empty
