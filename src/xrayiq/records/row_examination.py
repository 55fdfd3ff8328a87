"""Whether the rows of a store are as they were written: each with its seal, no seal without its row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Column, func, select

from xrayiq.records.describing import describe
from xrayiq.records.examination import Examination
from xrayiq.records.run_recording import digest_line
from xrayiq.records.sealed_forms import SEALED, Cell, Sealed
from xrayiq.records.sealed_rows import FoundRow, Page, read_rows, sealed_pages
from xrayiq.records.tables import RUNS, SEALS
from xrayiq.records.trail_examination import Details

_PAGE: Final = 1000
_MOST_MISSING: Final = 20
#: what each seal in a row itself covers, in words
_STATES: Final = {
    "runs.seal": "how it ended",
    "objects.seal": "its header",
    "objects.role_seal": "what it counts as",
    "files.seal": "what it is in the index",
    "outcomes.standing_seal": "whether it is in force",
}
#: what says once more what a sealed row says
_REPEATED: Final = {"object": "columns that repeat its header", "outcome": "rows that repeat its result"}
_TABLES: Final = {sealed.kind: sealed.table.name for sealed in SEALED}


class SealExamination:
    """Reads all seals in their order: whether any is missing, and whether each run has all of its own.

    Parameters
    ----------
    examination : Examination
        Keeps what is found.
    ends : mapping of str to mapping
        Details of the end of each run, by its subject in the trail.
    """

    def __init__(self, examination: Examination, ends: Mapping[str, Details]) -> None:
        self._examination = examination
        self._ends = ends
        self._last = 0
        self._last_of = "the beginning"
        self._digests: dict[Any, Any] = {}
        self._numbers: dict[Any, int] = {}
        #: seals of runs that no event covers yet, by run
        self.uncovered: dict[Any, int] = {}

    def go(self) -> None:
        """Read all seals."""
        while True:
            key: Column[int] = SEALS.c.number
            rows = read_rows(self._examination.connection, SEALS, key, key > self._last, limit=_PAGE)
            for number, row in rows:
                self._seal(number, row)
            if len(rows) < _PAGE:
                break
        for subject, end in self._ends.items():
            self._compare(subject, end)

    def _seal(self, number: int, row: Mapping[str, Any] | None) -> None:
        found = self._examination
        found.counts["seals"] += 1
        of = "one that cannot be read" if row is None else f"{row['kind']} {row['row_id']}"
        for missing in range(self._last + 1, min(number, self._last + 1 + _MOST_MISSING)):
            text = f"seal {missing}, between those of {self._last_of} and of {of}, was removed, as was what it sealed"
            found.fault("seals", missing, "removed", f"{text} unless that is named as without a seal")
        if number - self._last - 1 > _MOST_MISSING:
            found.fault("seals", None, "removed", f"and so were all others before seal {number}")
        self._last, self._last_of = number, of
        if row is None:
            found.fault("seals", number, "altered", f"seal {number} was altered: it cannot be read")
            return
        run = row["run_id"]
        end = self._ends.get(f"run:{run}")
        if end is None or number > end["last_seal"]:
            self.uncovered[run] = self.uncovered.get(run, 0) + 1
            return
        self._digests.setdefault(run, hashlib.sha256()).update(
            digest_line(number, row["kind"], row["row_id"], row["mac"])
        )
        self._numbers[run] = self._numbers.get(run, 0) + 1

    def _compare(self, subject: str, end: Details) -> None:
        run = int(subject.partition(":")[2])
        digest = self._digests.get(run, hashlib.sha256()).hexdigest()
        if digest == end["digest"]:
            return
        missing = end["seals"] - self._numbers.get(run, 0)
        what = describe(self._examination.connection, "run", run)
        if missing > 0:
            text = f"{what} ended with {end['seals']} seals ({_ranges(end)}), {missing} of them are missing"
            self._examination.fault("seals", None, "removed", text)
        else:
            text = f"the seals of {what} are not those that it ended with ({_ranges(end)})"
            self._examination.fault("seals", None, "altered", text)


class RowExamination:
    """Reads all rows of all tables with their seals.

    Parameters
    ----------
    examination : Examination
        Keeps what is found.
    """

    def __init__(self, examination: Examination) -> None:
        self._examination = examination

    def go(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Read all rows."""
        total = sum(
            self._examination.connection.scalar(select(func.count()).select_from(sealed.table)) or 0
            for sealed in SEALED
        )
        done = 0
        for sealed in SEALED:
            for page in sealed_pages(self._examination.connection, sealed):
                self._page(sealed, page)
                done += len(page.rows)
                if progress is not None:
                    progress(done, total)

    def _page(self, sealed: Sealed, page: Page) -> None:
        found = self._examination
        key: Column[int] = SEALS.c.row_id
        of_page = (SEALS.c.kind == sealed.kind, key > page.after, key <= page.last)
        seals = dict(read_rows(found.connection, SEALS, key, *of_page))
        found.counts[sealed.table.name] += len(page.rows)
        wrong: list[tuple[FoundRow, Mapping[str, Any] | None]] = []
        for row in page.rows:
            self._states(sealed, row)
            if not row.repeats:
                text = f"{self._words(sealed, row.row_id)}: {_REPEATED[sealed.kind]} were altered"
                found.fault(sealed.table.name, row.row_id, "altered", text)
            if row.row_id not in seals:
                text = f"{self._words(sealed, row.row_id)} has no seal: it was inserted, or its seal was removed"
                found.fault(sealed.table.name, row.row_id, "inserted", text)
            elif not self._is_right(sealed, row.content, seals[row.row_id]):
                wrong.append((row, seals[row.row_id]))
        self._tell_wrong(sealed, wrong)
        known = {row.row_id for row in page.rows}
        for row_id in seals:
            if row_id not in known:
                self._tell_removed(sealed, row_id, seals[row_id])
        for table, row_id in page.orphans:
            if row_id not in seals:
                text = f"{table} of outcome {row_id}, which is not there, were inserted, or it was removed"
                found.fault(table, row_id, "inserted", text)

    def _is_right(self, sealed: Sealed, content: list[Cell] | None, seal: Mapping[str, Any] | None) -> bool:
        if content is None or seal is None:
            return False
        made = self._examination.sealer.seal(
            seal["number"], kind=sealed.kind, row_id=seal["row_id"], run_id=seal["run_id"], content=content
        )
        right = bool(made == seal["mac"])
        self._examination.key_fits |= right
        return right

    def _states(self, sealed: Sealed, row: FoundRow) -> None:
        for column, (cells, seal) in row.states.items():
            if cells is not None and self._examination.sealer.state_seal(sealed, column, cells) == seal:
                self._examination.key_fits = True
                continue
            table = sealed.table.name
            text = f"{self._words(sealed, row.row_id)}: {_STATES[f'{table}.{column}']} was altered"
            self._examination.fault(table, row.row_id, "altered", text)

    def _tell_wrong(self, sealed: Sealed, wrong: list[tuple[FoundRow, Mapping[str, Any] | None]]) -> None:
        """Tell rows that changed places from altered ones."""
        table = sealed.table.name
        for row, seal in wrong:
            other = next(
                (one for one, _ in wrong if one is not row and self._is_right(sealed, one.content, seal)), None
            )
            words = self._words(sealed, row.row_id)
            if other is not None:
                text = f"what was {sealed.kind} {row.row_id} stands as {self._words(sealed, other.row_id)}"
                self._examination.fault(table, row.row_id, "reordered", text)
            else:
                parts = ", or its measurements or verdicts" if sealed.kind == "outcome" else ""
                self._examination.fault(table, row.row_id, "altered", f"{words}{parts}: altered")

    def _tell_removed(self, sealed: Sealed, row_id: int, seal: Mapping[str, Any] | None) -> None:
        connection = self._examination.connection
        text = f"{sealed.kind} {row_id} was removed"
        if seal is not None and seal["run_id"] is not None:
            text += f"; {describe(connection, 'run', seal['run_id'])} wrote it"
        if row_id > 1 and sealed.kind != "file":
            text += f"; beside it stands {self._words(sealed, row_id - 1)}"
        self._examination.fault(sealed.table.name, row_id, "removed", text)

    def _words(self, sealed: Sealed, row_id: int) -> str:
        return describe(self._examination.connection, sealed.kind, row_id)


def check_ends(examination: Examination, ends: Mapping[str, Details], *, older: int) -> None:
    """Tell runs that have ended of which the trail knows nothing, or something else.

    Parameters
    ----------
    examination : Examination
        Keeps what is found.
    ends : mapping of str to mapping
        Details of the end of each run, by its subject in the trail.
    older : int
        Last of the runs that are older than the trail.
    """
    after = 0
    trail_is_whole = not any(fault.table == "events" for fault in examination.faults)
    while True:
        rows = read_rows(examination.connection, RUNS, RUNS.c.id, RUNS.c.id > after, limit=_PAGE)
        for run_id, row in rows:
            end = ends.get(f"run:{run_id}")
            if row is None or (end is None and (row["status"] == "running" or run_id <= older)):
                continue
            what = describe(examination.connection, "run", run_id)
            if end is None and trail_is_whole:
                text = f"{what} has ended ({row['status']}), but the event of its end is missing: the trail was cut off"
                examination.fault("events", None, "cut", text)
            elif end is not None and (end["status"], end["counts"]) != (row["status"], row["counts"]):
                text = f"{what} stands as {row['status']}, the trail says that it was {end['status']}, or other counts"
                examination.fault("runs", run_id, "altered", text)
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _ranges(end: Details) -> str:
    told = [f"{_TABLES.get(kind, kind)} {of['first']} to {of['last']}" for kind, of in sorted(end["of"].items())]
    return ", ".join(told)
