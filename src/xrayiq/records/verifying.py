"""Examination of a whole store: whether every row is as xrayiq wrote it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from xrayiq.model import Verification
from xrayiq.records.describing import describe
from xrayiq.records.examination import Examination
from xrayiq.records.row_examination import RowExamination, SealExamination, check_ends
from xrayiq.records.sealed_forms import SEALED
from xrayiq.records.sealing import Sealer
from xrayiq.records.trail_examination import TrailExamination, parse_head


def verify(
    connection: Connection, sealer: Sealer, *, head: str | None, progress: Callable[[int, int], None] | None
) -> Verification:
    """Examine a store as it stands at one moment; see `Records.verify`."""
    examination = Examination(connection, sealer)
    trail = TrailExamination(examination, None if head is None else parse_head(head))
    trail.go()
    seals = SealExamination(examination, trail.ends)
    seals.go()
    older = trail.began.get("run", {}).get("last", 0)
    check_ends(examination, trail.ends, older=older)
    RowExamination(examination).go(progress)
    _note_older(examination, trail)
    for run, number in seals.uncovered.items():
        if run is not None:
            text = f"{describe(connection, 'run', run)} has not ended: its {number} rows are sealed one by one"
            examination.notes.append(f"{text}, but that none was removed at the end can only be told once it has")
    if not examination.key_fits and trail.last:
        examination.faults, examination.more_faults, examination.notes = [], 0, []
        text = "no row and no event fits the key: this store was sealed with another key file, or all of it was altered"
        examination.fault("events", 1, "key", text)
    return Verification(
        head=trail.last_head,
        counts=dict(examination.counts),
        faults=tuple(examination.faults),
        more_faults=examination.more_faults,
        notes=tuple(examination.notes),
    )


def _note_older(examination: Examination, trail: TrailExamination) -> None:
    older = {sealed.table.name: trail.began.get(sealed.kind, {}).get("rows", 0) for sealed in SEALED}
    if any(older.values()):
        told = ", ".join(f"{number} {table}" for table, number in older.items() if number)
        examination.notes.append(
            f"the audit trail began on {trail.began_at} with what was there ({told}): whether that had been altered "
            "before cannot be told"
        )
