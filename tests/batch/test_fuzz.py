"""Files and archives broken by the thousand: no crash, no hang, no memory past the least ceiling, an outcome for each.

The mutants are scored by the worker's own function in a process that is held to the memory of a worker. A failure
names each mutant with its seed and index: ``fuzzing.mutant(sound_files(), seed, index)`` gives it again.
"""

import json
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from fuzz_bases import sound_files
from hostile_archives import ENDINGS, broken_archive, hostile_tar, hostile_zip, sound_archive

import xrayiq
from xrayiq_phantoms import Detector, Identifiers, Technique, simulate_flat, write_dicom

fuzzing = pytest.importorskip("fuzzing", reason="memory is held to a limit on Linux only")

#: first of the seeds: another one breaks the files in other ways
SEED = int(os.environ.get("XRAYIQ_FUZZ_SEED", "0"))
#: mutants of the slow variant
COUNT = int(os.environ.get("XRAYIQ_FUZZ_COUNT", "20000"))
CHUNKS = 10
#: mutants in the folder that is run over
MUTANTS = 100


def found_in_a_process(seed, *, files, archives, folder):
    """Findings about so many mutants; a process that does not get to its end is a finding about the last one."""
    journal = folder / "journal"
    done = subprocess.run(
        [sys.executable, "-W", "error", fuzzing.__file__, *map(str, (seed, files, archives, journal))],
        capture_output=True,
        text=True,
        check=False,
    )
    last = journal.read_text().splitlines()[-1:] if journal.exists() else "the start"
    assert done.returncode == 0, f"ended by {last} (code {done.returncode}): {done.stderr[-2000:]}"
    assert done.stderr == "", f"printed past everything: {done.stderr[:2000]}"
    return json.loads(done.stdout)


def assert_each_has_an_outcome(found, *, mutants):
    """Every mutant was scored, every file in it ended in one way of the closed list, within the memory."""
    assert found["faults"] == []
    assert found["mutants"] == mutants
    assert set(found["endings"]) <= {"measured", "not_measurable", "error"}
    assert sum(found["endings"].values()) == found["files"]
    assert found["growth_mib"] < fuzzing.LEAST_MIB


def test_every_mutant_has_outcomes_within_time_and_memory(tmp_path):
    found = found_in_a_process(SEED, files=800, archives=80, folder=tmp_path)
    assert_each_has_an_outcome(found, mutants=880)
    # the mutants are not all refused at the door, nor all as good as sound: each way out is taken often
    reasons = Counter(found["reasons"])
    for reason in ("measured", "truncated", "header", "decode", "transfer_syntax", "unreadable", "not_dicom"):
        assert reasons[reason] >= 5, reasons
    for reason in ("damaged_archive", "unreadable_path"):
        assert reasons[reason] >= 5, reasons


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_many_mutants(chunk, tmp_path, capsys):
    files, archives = COUNT // CHUNKS, COUNT // CHUNKS // 10
    found = found_in_a_process(SEED + 1 + chunk, files=files, archives=archives, folder=tmp_path)
    assert found["files"] >= files
    assert_each_has_an_outcome(found, mutants=files + archives)
    with capsys.disabled():
        sys.stdout.write(f"\n{found}\n")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A run over a folder with mutants, broken archives and hostile ones: the store's frames, and what lies there."""
    root = tmp_path_factory.mktemp("mutants")
    files = sound_files()
    (root / "files").mkdir()
    for index in range(MUTANTS):
        _, content = fuzzing.mutant(files, SEED + 1, index)
        (root / "files" / f"{index:03}.dcm").write_bytes(content)
    (root / "broken").mkdir()
    for index in range(20):
        ending = ENDINGS[index % len(ENDINGS)]
        sound = sound_archive(ending, [files["edge"], files["jpeg_ls"]])
        broken = broken_archive(np.random.default_rng([SEED, index]), ending, sound)
        (root / "broken" / f"{index}.{ending}").write_bytes(broken)
    sound = _sound_flat(root / "sound.dcm")
    expected = {}
    for name, (content, reasons) in (("hostile.zip", hostile_zip(sound)), ("hostile.tar", hostile_tar(sound))):
        (root / name).write_bytes(content)
        expected[name] = reasons
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'qa.db'}"
    summary = xrayiq.run(root, url, workers=1, memory_limit_mib=fuzzing.LEAST_MIB)
    with xrayiq.open_records(url) as records:
        frames = records.frame("files"), records.frame("outcomes")
    return summary, *frames, expected


def _sound_flat(path):
    flat = simulate_flat(Detector(pixel_pitch_mm=1.0), shape=(200, 200), kerma_ugy=2.5, seed=1).pixels
    technique = Technique(protocol_name="Flat field")
    write_dicom(path, flat, pixel_pitch_mm=1.0, technique=technique, identifiers=Identifiers(instance="sound"))
    return path.read_bytes()


def test_run_over_mutants_records_an_outcome_for_each(recorded):
    summary, files, outcomes, expected = recorded
    assert summary.files == len(files)
    assert files["relative_path"].str.startswith("files/").sum() == MUTANTS
    archives = set(files["relative_path"].str.extract(r"^broken/(\d+)\.")[0].dropna())
    assert archives == {str(index) for index in range(20)}
    for name, reasons in expected.items():
        # of a tar file that is cut the file itself comes last
        assert files["relative_path"].str.startswith(name).sum() == sum(reasons.values())
    assert set(files["subject"]) <= set(outcomes["subject"])
    assert not set(outcomes["reason"]) & {
        "internal_error",
        "out_of_memory",
        "worker_died",
        "timed_out",
        "no_such_frame",
    }


@pytest.mark.parametrize("name", ["hostile.zip", "hostile.tar"])
def test_each_entry_of_a_hostile_archive_ends_as_it_must(recorded, name):
    _, files, outcomes, expected = recorded
    there = files[files["relative_path"].str.startswith(name)]
    reading = outcomes.drop_duplicates("subject").set_index("subject")["reason"]
    assert Counter(reading[subject] for subject in there["subject"]) == expected[name]


def test_the_sound_file_among_the_mutants_is_measured(recorded):
    _, files, outcomes, _ = recorded
    (subject,) = files[files["relative_path"] == "sound.dcm"]["subject"]
    assert "measured" in set(outcomes[outcomes["subject"] == subject]["kind"])
