"""Scores mutants as a batch worker does, under the least memory that a worker may have: run as a process of its own.

    python fuzzing.py SEED FILES ARCHIVES JOURNAL

Every mutant is named in the journal before it is scored, so that what ends the process is known by its last line.
The findings are written to stdout as JSON.
"""

from __future__ import annotations

import datetime
import faulthandler
import io
import json
import pickle
import resource
import sys
import tempfile
import time
import traceback
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from fuzz_bases import CANARY, sound_files
from hostile_archives import ENDINGS, broken_archive, sound_archive
from structure_mutations import MUTATORS

from xrayiq.batch.memory import LEAST_MIB
from xrayiq.batch.scored_file import ScoredFile
from xrayiq.batch.worker import score_file
from xrayiq.batch.worker_process import prepare_worker
from xrayiq.dicom import SourceFile, scan_folder
from xrayiq.procedures import check_header, load_site

#: time that one small file may take on a busy machine, code that is compiled for its type of pixels included
MUTANT_TIMEOUT_S = 120.0
#: reasons that no file gives by what it holds: defects of ours, and a demand for memory that it does not justify
UNFORESEEN = frozenset({"internal_error", "out_of_memory", "no_such_frame", "unreadable_path", "timed_out"})
_KINDS = frozenset({"measured", "not_measurable", "error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant(SourceFile):
    """A file that is only in memory."""

    content: bytes = b""

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


def mutant(files: dict[str, bytes], seed: int, index: int) -> tuple[str, bytes]:
    """One broken file and what was done to it; every mutator meets every file in turn."""
    random = np.random.default_rng([seed, index])
    names, mutators = list(files), list(MUTATORS)
    first = mutators[index % len(mutators)]
    name = names[(index // len(mutators) + seed) % len(names)]
    chosen = [first] + ["flip_bits"] * int(random.random() < 0.15)
    content = files[name]
    for each in chosen:
        content = MUTATORS[each](random, content)
    return f"{' + '.join(chosen)} of {name}, seed {seed}, index {index}", content


def faults_of(scored: ScoredFile, today: datetime.date, unforeseen: frozenset[str]) -> list[str]:
    """What is wrong with what became of a file, whatever the file is."""
    faults = [] if scored.outcomes else ["no outcome"]
    texts = []
    for outcome in scored.outcomes:
        if outcome.kind not in _KINDS or outcome.reason in unforeseen:
            faults.append(f"{outcome.procedure}: {outcome.kind}, {outcome.reason}: {outcome.message}")
        if outcome.kind == "measured":
            faults += [f"{one.quantity} of {one.value}" for one in outcome.measurements if np.isinf(one.value)]
        elif not (outcome.reason and outcome.message):
            faults.append(f"{outcome.procedure}: {outcome.kind} without reason or message")
        texts += [outcome.reason, outcome.message]
        texts += [] if outcome.result is None else outcome.result.provenance.warnings
    if scored.header is not None:
        for problem in check_header(scored.header, kind=scored.kind, today=today):
            texts += [problem.found, problem.needed, problem.remedy]
    for text in texts:
        if CANARY in text:
            faults.append(f"the name of a person: {text}")
        if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") for character in text):
            faults.append(f"control characters: {text!r}")
    if len(pickle.dumps(scored)) > 2**24:
        faults.append("a result of more than 16 MiB for the parent process")
    return faults


def ending_of(scored: ScoredFile) -> str:
    """How a file ended: measured by something, else refused by everything, in error first; or not one outcome each.

    A procedure has one outcome for each subject, and every outcome is of the closed list.
    """
    named = [(outcome.subject, outcome.procedure, outcome.parameter_digest) for outcome in scored.outcomes]
    kinds = {outcome.kind for outcome in scored.outcomes}
    if not named or len(set(named)) < len(named) or kinds - _KINDS:
        return "not one outcome each"
    return next(kind for kind in ("measured", "error", "not_measurable") if kind in kinds)


class Findings:
    """What became of many mutants, with the time and memory that they took."""

    def __init__(self, journal: BinaryIO) -> None:
        self._journal = journal
        self._site = load_site()
        self._today = datetime.date(2026, 1, 1)
        self.faults: list[str] = []
        self.reasons: Counter[str] = Counter()
        self.endings: Counter[str] = Counter()
        self.files = self.mutants = 0
        self.slowest = (0.0, "")
        self.at_rest_mib = 0.0

    def begin(self, files: dict[str, bytes]) -> None:
        """Score the sound files, so that all is compiled; then hold this process to the memory of a worker."""
        for name, content in files.items():
            scored = score_file(Mutant(path=Path(name), relative_path=name, content=content), key=b"k", site=self._site)
            if scored.header is None or "error" in {outcome.kind for outcome in scored.outcomes}:
                self.faults.append(f"{name}: {[outcome.message for outcome in scored.outcomes]}")
        prepare_worker(LEAST_MIB)
        self.at_rest_mib = _peak_mib()

    def add(self, what: str, found: Iterable[SourceFile], *, allowed: frozenset[str] = frozenset()) -> None:
        """Score the files of one mutant."""
        self._journal.write(f"{what}\n".encode())
        self._journal.flush()
        faulthandler.dump_traceback_later(MUTANT_TIMEOUT_S, exit=True)
        began = time.perf_counter()
        try:
            for file in found:
                scored = score_file(file, key=b"k", site=self._site)
                self.files += 1
                self.reasons.update({outcome.reason or "measured" for outcome in scored.outcomes})
                self.endings[ending_of(scored)] += 1
                self.faults += [f"{what}: {fault}" for fault in faults_of(scored, self._today, UNFORESEEN - allowed)]
        except Exception as error:  # noqa: BLE001 - anything that gets here is a finding
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.faults.append(
                f"{what}: raised {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
            )
        self.slowest = max(self.slowest, (time.perf_counter() - began, what))
        faulthandler.cancel_dump_traceback_later()
        self.mutants += 1

    def document(self) -> dict[str, object]:
        """All of it for the test."""
        return {
            "mutants": self.mutants,
            "files": self.files,
            "faults": self.faults,
            "reasons": dict(self.reasons.most_common()),
            "endings": dict(self.endings),
            "slowest": self.slowest,
            "growth_mib": _peak_mib() - self.at_rest_mib,
        }


def fuzz_files(findings: Findings, files: dict[str, bytes], seed: int, count: int) -> None:
    """Score so many broken files."""
    for index in range(count):
        what, content = mutant(files, seed, index)
        name = "mutant.dcm"
        findings.add(what, [Mutant(path=Path(name), relative_path=name, size=len(content), content=content)])


def fuzz_archives(findings: Findings, sound: dict[str, bytes], seed: int, count: int) -> None:
    """Look into so many broken archives and score what is found in them."""
    with tempfile.TemporaryDirectory() as folder:
        for index in range(count):
            random = np.random.default_rng([seed, index])
            ending = ENDINGS[index % len(ENDINGS)]
            path = Path(folder) / f"{index}.{ending}"
            path.write_bytes(broken_archive(random, ending, sound[ending]))
            allowed = frozenset({"unreadable_path"})  # an entry whose content is damaged
            findings.add(f"{ending}, seed {seed}, index {index}", scan_folder(path), allowed=allowed)
            path.unlink()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    seed, file_count, archive_count = (int(number) for number in sys.argv[1:4])
    with Path(sys.argv[4]).open("wb") as lines:
        found = Findings(lines)
        files = sound_files()
        contents = [files["jpeg_ls"], files["edge"], b"no image"]
        archives = {ending: sound_archive(ending, contents) for ending in ENDINGS}
        found.begin(files)
        fuzz_files(found, files, seed, file_count)
        fuzz_archives(found, archives, seed, archive_count)
        sys.stdout.write(json.dumps(found.document()))
