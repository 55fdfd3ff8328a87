"""A run leaves an outcome for every file, loses nothing and repeats nothing."""

import concurrent.futures
import multiprocessing.context
import os
import shutil
import subprocess
import sys
from collections import Counter

import pytest
from executor_here import Here
from pandas.testing import assert_frame_equal
from threadpoolctl import threadpool_info, threadpool_limits

import xrayiq
from xrayiq.batch import local_pool
from xrayiq.batch.one_thread import use_one_thread
from xrayiq.batch.pool import ExecutorPool
from xrayiq.errors import InputError
from xrayiq.procedures import RESULT_TYPES

FRAMES = ("equipment", "objects", "files", "outcomes", "measurements", "verdicts", "sets", "responses")


@pytest.fixture(scope="module")
def scored(archive, tmp_path_factory):
    """Store after one run, and its summary."""
    folder = tmp_path_factory.mktemp("store")
    url = f"sqlite:///{folder / 'qa.db'}"
    summary = xrayiq.run(archive, url, workers=2)
    return url, summary


def outcomes_of(url):
    with xrayiq.open_records(url) as records:
        return records.frame("outcomes")


def test_every_file_is_counted_once(scored):
    _, summary = scored
    assert summary.files == 10
    assert summary.file_counts == {"object": 6, "duplicate": 1, "not_dicom": 2, "unreadable": 1}


def test_every_subject_has_an_outcome_and_none_twice(scored):
    url, _ = scored
    with xrayiq.open_records(url) as records:
        subjects = set(records.frame("files")["subject"])
        outcomes = records.frame("outcomes")
    of_objects = outcomes[~outcomes["subject"].str.startswith(("set:", "map:"))]
    assert set(of_objects["subject"]) == subjects
    assert not outcomes.duplicated(["subject", "procedure", "algorithm_version", "parameter_digest"]).any()


def test_each_kind_gets_its_procedures_and_reasons(scored):
    url, _ = scored
    rows = outcomes_of(url)
    measured = Counter(rows.loc[rows["kind"] == "measured", "procedure"])
    # flat: uniformity, nps, clipping; LOG flat: clipping; edge: mtf; chest: eight; its twin: seven without noise
    assert measured == {
        "uniformity": 1,
        "nps": 1,
        "mtf": 1,
        "clipping": 4,
        "detector_area": 2,
        "grid_lines": 2,
        "clinical_seam": 2,
        "artefact_candidates": 2,
        "collimation": 2,
        "exposure_index": 2,
        "clinical_noise": 1,
        "dose_report": 1,
        # flat and edge of one detector and day are a set
        "defects": 1,
        "defect_map": 1,
        "line_noise": 1,
        "artefacts": 1,
        "mtf_iec": 1,
        "nps_level": 1,
    }
    reasons = Counter(rows.loc[rows["kind"] != "measured", "reason"])
    assert reasons == {"no_linear_signal": 2, "presentation_image": 1, "not_dicom": 2, "truncated": 1, "no_kerma": 1}


def test_deviation_index_out_of_limits_makes_the_exit_code_one(scored):
    url, summary = scored
    with xrayiq.open_records(url) as records:
        verdicts = records.frame("verdicts")
    judged = verdicts[verdicts["quantity"] == "deviation_index"]
    # 10 log10(500 / 250) = 3.0103, above the fail bound of 3
    assert list(judged["status"]) == ["fail", "fail"]
    assert judged["value"].iloc[0] == pytest.approx(3.0103, abs=1e-4)
    assert summary.exit_code == 1


def test_second_run_adds_only_its_run_row(scored, archive):
    url, first = scored
    with xrayiq.open_records(url) as records:
        before = {name: records.frame(name) for name in FRAMES}
        runs = len(records.frame("runs"))
    second = xrayiq.run(archive, url, client=Here())
    assert second.unchanged == 10
    assert second.new_outcomes == 0
    assert (second.exit_code, second.outcome_counts) == (first.exit_code, first.outcome_counts)
    with xrayiq.open_records(url) as records:
        for name, frame in before.items():
            assert frame.equals(records.frame(name)), name
        assert len(records.frame("runs")) == runs + 1


def test_touched_file_with_its_old_content_is_unchanged(scored, archive, tmp_path):
    copy = tmp_path / "archive"
    shutil.copytree(archive, copy)
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    first = xrayiq.run(copy, url, client=Here())
    os.utime(copy / "qc" / "flat.dcm", ns=(1, 1))
    again = xrayiq.run(copy, url, client=Here())
    assert (again.unchanged, again.new_outcomes) == (10, 0)
    assert again.outcome_counts == first.outcome_counts
    with xrayiq.open_records(url) as records:
        files = records.frame("files").set_index("relative_path")
    assert files["mtime_ns"]["qc/flat.dcm"] == 1  # so that its content need not be read a third time


def test_other_content_of_the_same_size_is_scored_again(archive, tmp_path):
    copy = tmp_path / "archive"
    shutil.copytree(archive / "qc", copy)
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    xrayiq.run(copy, url, client=Here())
    file = copy / "flat.dcm"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1  # the last pixel
    file.write_bytes(content)
    again = xrayiq.run(copy, url, client=Here())
    assert again.unchanged == again.files - 1


def values(url):
    with xrayiq.open_records(url) as records:
        frame = records.frame("measurements")
    keys = ["subject", "procedure", "quantity", "direction"]
    return frame.sort_values(keys)[[*keys, "value"]].reset_index(drop=True)


def test_values_do_not_depend_on_workers_or_executor(scored, archive, tmp_path):
    url = f"sqlite:///{tmp_path / 'threads.db'}"
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        xrayiq.run(archive, url, client=executor)
    told = ["subject", "procedure", "kind", "reason", "message"]
    by_threads, by_processes = (
        each[told].sort_values(told).reset_index(drop=True) for each in (outcomes_of(url), outcomes_of(scored[0]))
    )
    assert_frame_equal(by_threads, by_processes)  # says why values are missing
    assert_frame_equal(values(url), values(scored[0]), check_exact=True)


def test_values_do_not_depend_on_the_threads_that_a_worker_is_given(scored, archive, tmp_path, monkeypatch):
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")  # workers take it over; those of the other run had as many as cores
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    xrayiq.run(archive, url, workers=1)
    assert_frame_equal(values(url), values(scored[0]), check_exact=True)


def test_threads_of_the_process_come_back_after_a_run_on_an_executor():
    def threads():
        return [(each["filepath"], each["num_threads"]) for each in threadpool_info()]

    with threadpool_limits(3), concurrent.futures.ThreadPoolExecutor(1) as executor:
        before = threads()
        assert executor.submit(threads).result() == before
        with ExecutorPool(executor) as pool:
            told = pool.submit(lambda _: threads(), 0, 60.0).result()
            assert {number for _, number in told} == {1}
        assert threads() == before


def test_threads_of_the_process_come_back_with_the_last_of_several_runs():
    def numbers():
        return {each["num_threads"] for each in threadpool_info()}

    with threadpool_limits(3):
        first, second = use_one_thread(), use_one_thread()
        first()
        first()
        assert numbers() == {1}
        second()
        assert numbers() == {3}


def test_stored_results_come_back_whole(scored):
    with xrayiq.open_records(scored[0]) as records:
        results = {stored.procedure: stored.result for stored in records.results(RESULT_TYPES)}
    assert {type(result).__name__ for result in results.values()} == {
        "Uniformity",
        "Nps",
        "Mtf",
        "Clipping",
        "ClinicalSeam",
        "ArtefactCandidates",
        "DetectorArea",
        "GridLines",
        "Collimation",
        "ExposureIndex",
        "ClinicalNoise",
        "DoseReport",
        "Defects",
        "DefectMap",
        "LineNoise",
        "Artefacts",
    }
    assert results["mtf"].values.shape == results["mtf"].frequencies_per_mm.shape


def test_names_of_persons_and_folders_stay_out_of_the_store(scored):
    url, _ = scored
    with xrayiq.open_records(url) as records:
        for name in ("runs", "equipment", "objects", "outcomes", "measurements", "verdicts"):
            assert "canary" not in records.frame(name).to_csv().lower(), name
        files = records.frame("files")
    database = url.removeprefix("sqlite:///")
    with open(database, "rb") as stream:  # noqa: PTH123 - plain bytes of the whole file
        content = stream.read()
    for index in range(len(files)):
        content = content.replace(files["relative_path"].iloc[index].encode(), b"")
    assert b"CANARYID" not in content
    assert b"Canary^Name" not in content
    assert b"Canary^Operator" not in content


def test_run_from_a_script_needs_no_main_guard(archive, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, xrayiq\nprint('top', flush=True)\n"
        "summary = xrayiq.run(sys.argv[1], sys.argv[2], workers=2)\nprint(summary.files)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), str(archive), f"sqlite:///{tmp_path / 'script.db'}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["top", "10"], done.stderr
    assert done.stderr == ""


def test_workers_are_spawned():
    # a forked worker would inherit threads and locks
    assert local_pool.SpawnedContext().get_start_method() == "spawn"
    assert isinstance(local_pool.SpawnedContext().Process(), multiprocessing.context.SpawnProcess)


def test_site_file_changes_limits_digest_and_outcomes(archive, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text(
        '[limits.tg116_deviation_index]\nquantity = "deviation_index"\nfail_high = 9.0\n'
        'document = "Site"\nconfidence = "A"\n'
        '[[header_rules]]\nattribute = "protocol_name"\npattern = "^MTF"\nkind = "other"\n'
    )
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    shipped, own = xrayiq.run(archive, url, client=Here()), xrayiq.run(archive, url, client=Here(), site=site)
    assert (shipped.exit_code, own.verdict_counts.get("fail", 0)) == (1, 0)
    with xrayiq.open_records(url) as records:
        assert len(set(records.frame("runs")["site_digest"])) == 2
        assert "mtf" not in set(records.frame("outcomes")["procedure"])
        assert records.frame("outcomes", superseded=True)["parameter_digest"].nunique() > 8


def test_progress_ends_at_the_number_of_files(archive, tmp_path):
    steps = []
    xrayiq.run(archive, f"sqlite:///{tmp_path / 'qa.db'}", client=Here(), progress=steps.append)
    assert [step.done for step in steps[:10]] == list(range(1, 11))
    assert {step.done for step in steps[10:]} == {10}  # sets are told as well
    assert steps[-1].total == 10


@pytest.mark.parametrize(("archive_path", "workers"), [("missing", None), (".", 0)])
def test_impossible_requests_are_refused_before_anything_is_written(tmp_path, archive_path, workers):
    with pytest.raises(InputError):
        xrayiq.run(tmp_path / archive_path, f"sqlite:///{tmp_path / 'qa.db'}", workers=workers)
    assert not (tmp_path / "qa.db").exists()
