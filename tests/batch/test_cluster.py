"""A run on a Dask cluster of separate worker processes gives the outcomes and values of a local run."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

import pandas as pd
import pytest

import xrayiq
from xrayiq.batch import files, worker
from xrayiq.batch.pool import Job, results_in_order
from xrayiq.dicom import FolderSource, SourceFile
from xrayiq.errors import InputError, WorkersError
from xrayiq.procedures import load_site
from xrayiq_phantoms import simulate_detector_tests
from xrayiq_phantoms.rooms import ROOMS

distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
cluster = pytest.importorskip("xrayiq.batch.cluster")
cluster_worker = pytest.importorskip("xrayiq.batch.cluster_worker")

FRAMES = ("equipment", "objects", "files", "outcomes", "measurements", "verdicts", "sets", "responses")
#: what a run gives its rows, and the order of tables of which no row has a subject
KEYS = ("subject", "procedure", "quantity", "direction", "relative_path", "serial_number", "response_id")
#: as many as a response needs
KERMAS_UGY = (0.5, 1.0, 2.5, 8.0)
OPENSSL = ("openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-days", "365", "-subj", "/CN=xrayiq")
TLS = """
distributed:
  comm:
    require-encryption: true
    tls:
      ca-file: {folder}/cluster.crt
      scheduler: {{cert: {folder}/cluster.crt, key: {folder}/cluster.key}}
      worker: {{cert: {folder}/cluster.crt, key: {folder}/cluster.key}}
      client: {{cert: {folder}/cluster.crt, key: {folder}/cluster.key}}
"""


def rows(url):
    """Everything in a store but times and runs, sorted by subject and procedure."""
    found = {}
    with xrayiq.open_records(url) as records:
        for name in FRAMES:
            frame = records.frame(name).drop(columns=["id", "run_id", "created_at"], errors="ignore")
            keys = [key for key in KEYS if key in frame]
            found[name] = frame.sort_values(keys).reset_index(drop=True)
    return found


def assert_same_rows(url, expected):
    for name, frame in rows(url).items():
        pd.testing.assert_frame_equal(frame, expected[name], check_exact=True, obj=name)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    return str(tmp_path_factory.mktemp("key") / "person.key")


@pytest.fixture(autouse=True)
def own_key(key_file, monkeypatch):
    """One key for all runs, so that persons have the same hashes."""
    monkeypatch.setenv("XRAYIQ_KEY_FILE", key_file)


@pytest.fixture(scope="module")
def whole(archive, tmp_path_factory):
    """Archive with every sort of file and a detector test with its kerma table."""
    folder = tmp_path_factory.mktemp("whole") / "archive"
    simulate_detector_tests(
        folder / "tests", rooms=(ROOMS[1],), kermas_ugy=KERMAS_UGY, flats=1, edges=1, shape=(300, 300)
    )
    shutil.copytree(archive, folder / "single")
    return folder


@pytest.fixture(scope="module")
def local(whole, tmp_path_factory, key_file):
    """Rows of a run in the local pool."""
    url = f"sqlite:///{tmp_path_factory.mktemp('local') / 'qa.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", key_file)
        xrayiq.run(whole, url, workers=2)
    return rows(url)


@pytest.fixture(scope="module")
def client():
    """Client of a scheduler with two workers in processes of their own, as `dask worker` starts them."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as workers,
        distributed.Client(workers, set_as_default=False) as connected,
    ):
        yield connected


def test_outcomes_and_values_are_those_of_the_local_pool(client, whole, local, tmp_path):
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    xrayiq.run(whole, url, client=client)
    assert len(local["sets"]) >= 2  # those of both detectors, and maps of defects
    assert len(local["responses"]) == 1
    assert {"object", "duplicate", "not_dicom", "unreadable"} == set(local["files"]["status"])
    assert_same_rows(url, local)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill a process by a signal")
def test_worker_killed_in_mid_run_changes_nothing(client, whole, local, tmp_path):
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    processes = client.run(os.getpid)
    killed = []

    def kill(progress):
        if progress.done == 3:
            killed.append(next(iter(processes.values())))
            os.kill(killed[0], signal.SIGKILL)

    xrayiq.run(whole, url, client=client, progress=kill)
    assert killed
    assert_same_rows(url, local)


def test_interrupted_run_leaves_the_cluster_and_is_continued(client, whole, local, tmp_path):
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    before = client.run(os.getpid)

    def ask(progress):
        if progress.done == 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(xrayiq.RunInterrupted) as caught:
        xrayiq.run(whole, url, client=client, progress=ask)
    assert caught.value.summary.files == 3
    deadline = time.monotonic() + 60.0
    while any(client.processing().values()) or client.futures:  # what had begun ends by itself, the rest is taken back
        assert time.monotonic() < deadline, client.processing()
        time.sleep(0.1)
    assert client.run(os.getpid) == before
    with xrayiq.open_records(url) as records:
        assert list(records.frame("runs")["status"]) == ["interrupted"]
        assert len(records.frame("files")) == 3
    xrayiq.run(whole, url, client=client)
    assert_same_rows(url, local)


def fail_on_some(task, *, key, site, responses):
    """Hang without ever giving another thread a turn on the edge, die on the flat field."""
    if task.file.path.name == "edge.dcm":
        re.match("(a+)+$", "a" * 60 + "b")
    if task.file.path.name == "flat.dcm":
        os.kill(os.getpid(), signal.SIGKILL)
    return worker.score_file(task.file, key=key, site=site)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill a process by a signal")
def test_object_that_hangs_or_kills_costs_only_itself(client, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "score_task", fail_on_some)
    monkeypatch.setattr(files, "OBJECT_TIMEOUT_S", 6.0)
    before = client.run(os.getpid)
    tasks = (files.FileTask(file=file) for file in FolderSource(archive / "qc").files())
    with cluster.DaskPool(client, load_site()) as pool:
        scored = list(files.scored_files(tasks, key=b"k", site=load_site(), pool=pool))
    reasons = {file.name: {outcome.reason for outcome in file.outcomes} for file in scored}
    assert reasons["edge.dcm"] == {"timed_out"}
    assert reasons["flat.dcm"] == {"worker_died"}
    assert "worker_died" not in reasons["log.dcm"]
    assert client.run(os.getpid) == before  # no Dask worker was lost for it


def echo(number):
    return number


def test_few_tasks_are_on_their_way_and_results_are_in_order(client):
    taken = []

    def numbers():
        for number in range(60):
            taken.append(number)
            yield number

    job = Job(work=echo, failed=lambda *_: -1, timeout_s=lambda _: 60.0)
    most = 0
    with cluster.DaskPool(client, load_site()) as pool:
        for done, result in enumerate(results_in_order(numbers(), job, pool=pool), start=1):
            assert result == done - 1
            most = max(most, len(taken) - done)
            assert len(client.futures) <= 2 * 8 + 1  # eight a thread, and the work itself
    assert most <= 2 * 8
    assert not client.futures


def test_workers_of_another_release_are_refused(client, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_worker, "KERNEL_DIGEST", "0123456789abcdef")
    with pytest.raises(WorkersError, match=r"worker tcp://.* has kernels .*; needed .*0123456789abcdef"):
        xrayiq.run(archive, f"sqlite:///{tmp_path / 'qa.db'}", client=client)


@dataclass(frozen=True, kw_only=True)
class LocalFile(SourceFile):
    """A file of a disk that only one process sees."""

    process: int

    def open(self):
        if os.getpid() != self.process:
            raise FileNotFoundError(self.path)
        return super().open()


def test_archive_that_workers_do_not_see_is_refused(client, archive):
    (file,) = FolderSource(archive / "dose.dcm").files()
    here = LocalFile(path=file.path, relative_path=file.relative_path, process=os.getpid())
    with cluster.DaskPool(client, load_site()) as pool, pytest.raises(WorkersError, match="cannot read the archive"):
        list(files.scored_files(iter([files.FileTask(file=here)]), key=b"k", site=load_site(), pool=pool))


def test_address_without_a_scheduler_is_an_error_that_says_so(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_TIMEOUT_S", 1.0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InputError, match="no Dask scheduler answers"):
            xrayiq.run(archive, f"sqlite:///{tmp_path / 'qa.db'}", client=address)


@pytest.fixture
def started(tmp_path):
    """Function that starts ``dask …`` and waits for what it says, with the certificates of the folder."""
    running = []

    def start(*arguments, says, **environment):
        log = tmp_path / f"{arguments[0]}.log"
        with log.open("w") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                cwd=tmp_path,
            )
        running.append(process)
        deadline = time.monotonic() + 60.0
        while not (found := re.search(says, log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        return found.group(), process

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=30)


def command_line(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-c", "from xrayiq.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.slow  # two clusters of their own, half a minute of processor time
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl")
def test_scheduler_option_runs_with_tls_as_the_readme_says(started, whole, local, tmp_path, monkeypatch):
    subprocess.run(
        [*OPENSSL, "-keyout", "cluster.key", "-out", "cluster.crt"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    (tmp_path / "tls.yaml").write_text(TLS.format(folder=tmp_path))
    configured = {"DASK_CONFIG": str(tmp_path / "tls.yaml")}
    scheduler = ("scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    address, _ = started(*scheduler, says=r"tls://[0-9.:]+", **configured)
    started("worker", address, "--nthreads", "1", "--no-dashboard", says="Registered", **configured)
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    done = command_line("run", whole, "--records", url, "--scheduler", address, "--format", "json", **configured)
    assert done.returncode == 1, done.stderr  # as in the local pool: a deviation index out of limits
    assert json.loads(done.stdout)
    assert_same_rows(url, local)
    monkeypatch.setattr(cluster, "_CONNECT_TIMEOUT_S", 1.0)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        xrayiq.run(whole, url, client=address.replace("tls", "tcp"))


@pytest.mark.slow  # a cluster of its own, more than a minute of processor time
def test_lost_scheduler_is_told_and_what_was_scored_is_kept(started, archive, tmp_path):
    scheduler = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    address, process = started(*scheduler, says=r"tcp://[0-9.:]+")
    started("worker", address, "--nthreads", "1", "--no-dashboard", says="Registered")
    url = f"sqlite:///{tmp_path / 'qa.db'}"

    def end_scheduler(progress):
        if progress.done == 2:
            process.kill()

    with pytest.raises(WorkersError, match="connection to the Dask scheduler was lost"):
        xrayiq.run(archive, url, client=address, progress=end_scheduler)
    with xrayiq.open_records(url) as records:
        assert list(records.frame("runs")["status"]) == ["failed"]
        assert len(records.frame("files")) >= 2
