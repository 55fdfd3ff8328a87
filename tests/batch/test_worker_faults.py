"""A worker that dies, hangs or meets a defect costs only its file."""

import os
import signal
import time

import pytest

from xrayiq.batch import files, worker
from xrayiq.batch.local_pool import LocalPool
from xrayiq.dicom import scan_folder
from xrayiq.procedures import Procedure, load_site

SITE = load_site()


def die_on_edge(task, *, key, site, responses):
    if task.file.path.name == "edge.dcm":
        os.kill(os.getpid(), signal.SIGKILL)
    return worker.score_file(task.file, key=key, site=site)


def hang_on_edge(task, *, key, site, responses):
    if task.file.path.name == "edge.dcm":
        time.sleep(60)
    return worker.score_file(task.file, key=key, site=site)


def reasons(archive):
    tasks = (files.FileTask(file=file) for file in scan_folder(archive / "qc"))
    with LocalPool(1) as pool:
        scored = files.scored_files(tasks, key=b"k", site=SITE, pool=pool)
        return {file.name: [outcome.reason for outcome in file.outcomes] for file in scored}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill a process by a signal")
@pytest.mark.parametrize(
    ("fault", "reason"), [(die_on_edge, "worker_died"), (hang_on_edge, "timed_out")], ids=["killed", "hanging"]
)
def test_lost_worker_costs_one_file(archive, monkeypatch, fault, reason):
    monkeypatch.setattr(files, "score_task", fault)
    worker.score_paths([archive / "qc" / "flat.dcm"])  # compiled here, not within the time of a file
    monkeypatch.setattr(files, "OBJECT_TIMEOUT_S", 6.0)
    found = reasons(archive)
    assert found["edge.dcm"] == [reason]
    assert found["flat.dcm"] == ["", "", ""]


def test_defect_of_ours_is_an_error_outcome_without_the_text_of_the_exception(archive, monkeypatch):
    def broken(image):
        raise ZeroDivisionError("Canary^Name")

    procedure = Procedure(name="mtf", kinds=frozenset({"edge"}), measure=broken, algorithm_version=1)
    monkeypatch.setattr(worker, "applicable", lambda kind, modality: (procedure,))
    (scored,) = worker.score_paths([archive / "qc" / "edge.dcm"])
    (outcome,) = scored.outcomes
    assert (outcome.kind, outcome.reason) == ("error", "internal_error")
    assert "ZeroDivisionError" in outcome.message
    assert "Canary" not in outcome.message


def test_file_that_vanishes_before_it_is_read_has_an_outcome(archive, tmp_path):
    gone = tmp_path / "gone.dcm"
    gone.write_bytes(b"x")
    (file,) = scan_folder(gone)
    gone.unlink()
    scored = worker.score_file(file, key=None, site=SITE)
    assert scored.entry.status == "unreadable"
    assert scored.outcomes[0].reason == "unreadable_path"
