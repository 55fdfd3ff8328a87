"""What goes into a store with acquisition sets, and what they are planned from."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from xrayiq.model import ObjectHeader, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedObject:
    """An object of an archive with the file that it was taken from.

    Parameters
    ----------
    header : ObjectHeader
        Its header.
    kind : str
        What it was recognised as.
    relative_path : str
        Its file below the archive's root.
    """

    header: ObjectHeader
    kind: str
    relative_path: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SetEntry:
    """An acquisition set with its outcomes, ready for the store.

    Parameters
    ----------
    subject, group_key : str
        Identity of the set, and of all sets that supersede each other.
    day : date
        Day of the exposures.
    beam : str
        Standard beam, or empty.
    anchor : str
        Subject of the first member, whose unit and time are the set's.
    response_id : str
        Identity of the response that was given to it; empty where it tells its own.
    members : sequence of (str, float or None, str)
        Subject, kerma in µGy and source of the kerma of each member.
    outcomes : sequence of Outcome
        What was measured.
    """

    subject: str
    group_key: str
    day: datetime.date
    beam: str
    anchor: str
    response_id: str
    members: Sequence[tuple[str, float | None, str]]
    outcomes: Sequence[Outcome]
