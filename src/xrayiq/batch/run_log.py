"""A log of runs for other programs: JSON lines without paths, names or text of headers."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TextIO

from xrayiq.batch.pool import LOSSES
from xrayiq.batch.scored_file import UNNAMED, PackedFile
from xrayiq.batch.summary import RunSummary
from xrayiq.errors import writing_to
from xrayiq.model import Outcome
from xrayiq.model.packing import Json
from xrayiq.records import FileStatus, PackedOutcome, SetEntry

_KINDS: Final = ("measured", "not_measurable", "error")


class RunLog:
    """Lines that are added to a file, each as soon as what it tells is stored.

    Parameters
    ----------
    stream : text file or None
        Where to; None for nowhere.
    place : Path
        What it is called in messages.
    """

    def __init__(self, stream: TextIO | None, place: Path = Path("log")) -> None:
        self._stream = stream
        self._place = place
        self._run = 0

    def begin(self, run_id: int, **told: Json) -> None:
        """A run has begun."""
        self._run = run_id
        self._write("run_started", told)

    def file(self, file: PackedFile, status: FileStatus, *, number: int | None, again: bool = False) -> None:
        """A file is stored.

        Parameters
        ----------
        file : PackedFile
            The file with its outcomes.
        status : str
            What it is to the store.
        number : int or None
            Its row in the index, which names it if nothing else can.
        again : bool
            Whether it is measured again, with a response that was not known before.
        """
        subject = f"file:{number}" if is_unnamed(file) else file.entry.subject
        told: dict[str, Json] = {"status": status, "kind": file.kind, "again": again, "seconds": file.seconds}
        self._outcomes("object", subject, file.outcomes, **told)

    def set(self, entry: SetEntry, *, seconds: float | None) -> None:
        """An acquisition set is stored."""
        self._outcomes("set", entry.subject, entry.outcomes, images=len(entry.members), seconds=seconds)

    def end(self, status: str, summary: RunSummary) -> None:
        """A run has ended: ``finished`` or ``interrupted``."""
        counts: dict[str, Json] = dict(summary.counts())
        told: dict[str, Json] = {"status": status, "seconds": round(summary.seconds, 3), "exit_code": summary.exit_code}
        self._write("run_ended", {**told, "counts": counts})

    def fail(self, error: str, *, seconds: float, counts: Mapping[str, int] | None, status: str = "failed") -> None:
        """A run has failed with an error of a class; without counts where the store does not tell them."""
        told: dict[str, Json] = {"status": status, "seconds": round(seconds, 3), "error": error}
        if counts is not None:
            told["counts"] = dict(counts)
        self._write("run_ended", told)

    def _outcomes(self, event: str, subject: str, outcomes: Sequence[Outcome | PackedOutcome], **told: Json) -> None:
        if self._stream is None:
            return
        kinds = Counter(outcome.kind for outcome in outcomes)
        failed = [outcome for outcome in outcomes if outcome.kind != "measured"]
        counts: dict[str, Json] = {kind: kinds[kind] for kind in _KINDS}
        procedures: list[Json] = [outcome.procedure for outcome in outcomes]
        failures: list[Json] = [
            {"procedure": outcome.procedure, "kind": outcome.kind, "reason": outcome.reason} for outcome in failed
        ]
        seconds = told.pop("seconds")
        told["seconds"] = round(seconds, 3) if isinstance(seconds, float) else None
        line: dict[str, Json] = {"subject": subject, **told, "outcomes": counts}
        self._write(event, {**line, "procedures": procedures, "failures": failures})
        for reason in sorted({outcome.reason for outcome in failed} & LOSSES):
            self._write(reason, {"subject": subject})

    def _write(self, event: str, told: Mapping[str, Json]) -> None:
        if self._stream is not None:
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"event": event, "time": now, "run": self._run, **told}, allow_nan=False)
            with writing_to(self._place):
                self._stream.write(line + "\n")
                self._stream.flush()


def is_unnamed(file: PackedFile) -> bool:
    """Whether neither an identity nor content stands for a file, only its place."""
    return file.entry.subject.startswith(UNNAMED)


@contextlib.contextmanager
def open_log(path: str | Path | None) -> Iterator[RunLog]:
    """Log that is added to a file, which is made if it is not there; without a path one that goes nowhere.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    if path is None:
        yield RunLog(None)
        return
    with writing_to(Path(path)):
        stream = Path(path).open("a", encoding="utf-8")  # noqa: SIM115 - closed below, both ways
    try:
        yield RunLog(stream, Path(path))
    except BaseException:
        with contextlib.suppress(OSError):  # of what could not be written before, and was told then
            stream.close()
        raise
    with writing_to(Path(path)):
        stream.close()
