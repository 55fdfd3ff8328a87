"""Whether the audit trail is as it was written: every event in its place, none missing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select

from xrayiq.errors import InputError
from xrayiq.model import HEAD_DIGITS
from xrayiq.model.packing import Json
from xrayiq.records.examination import Examination
from xrayiq.records.run_recording import RUN_ENDED
from xrayiq.records.sealed_rows import read_rows
from xrayiq.records.sealing import NO_SEAL
from xrayiq.records.tables import EVENTS

_HEAD: Final = re.compile(rf"([1-9][0-9]*):([0-9a-f]{{{HEAD_DIGITS},64}})")
_PAGE: Final = 500
_MOST_MISSING: Final = 20
#: altered events that are looked for in other places
_MOST_SOUGHT: Final = 20

Details = Mapping[str, Any]


def parse_head(head: str) -> tuple[int, str]:
    """Number and digits of a head as it was printed.

    Raises
    ------
    InputError
        It is none.
    """
    found = _HEAD.fullmatch(head.strip().lower())
    if found is None:
        raise InputError(f"head {head!r}", needed=f"the number of an event, a colon and {HEAD_DIGITS} digits or more")
    return int(found[1]), found[2]


class TrailExamination:
    """Reads the trail from its beginning to its end.

    Parameters
    ----------
    examination : Examination
        Keeps what is found.
    head : (int, str) or None
        From `parse_head`.
    """

    def __init__(self, examination: Examination, head: tuple[int, str] | None) -> None:
        self._examination = examination
        self._head = head
        #: number and seal of the event before
        self.last = 0
        self.last_seal = NO_SEAL
        self.last_head = ""
        self._sound = True
        self._sought = 0
        self._last_at: Any = None
        #: details of the first event, and of the last end of each run by its subject
        self.began: Details = {}
        self.began_at = ""
        self.ends: dict[str, Details] = {}

    def go(self) -> None:
        """Read all events."""
        while True:
            key = EVENTS.c.number
            rows = read_rows(self._examination.connection, EVENTS, key, key > self.last, limit=_PAGE)
            for number, row in rows:
                self._event(number, row)
            if len(rows) < _PAGE:
                break
        if self.last == 0:
            self._examination.fault("events", None, "removed", "there is no event: the whole audit trail was removed")
        if self._head is not None and self._head[0] > self.last:
            missing = self._head[0] - self.last
            self._examination.fault(
                "events",
                self._head[0],
                "cut",
                f"the audit trail ends with event {self.last}, the head given is of event {self._head[0]}: "
                f"{missing} event{'s are' if missing > 1 else ' is'} missing at its end",
            )

    def _event(self, number: int, row: Mapping[str, Any] | None) -> None:
        found = self._examination
        found.counts["events"] += 1
        follows = number == self.last + 1 and self._sound
        for missing in range(self.last + 1, min(number, self.last + 1 + _MOST_MISSING)):
            found.fault("events", missing, "removed", f"event {missing} was removed")
        if number - self.last - 1 > _MOST_MISSING:
            found.fault("events", None, "removed", f"and so were all others before event {number}")
        self._sound = row is not None and self._is_right(number, row)
        if row is None:
            found.fault("events", number, "altered", f"event {number} was altered: it cannot be read")
        elif not self._sound:
            self._tell_altered(number, row)
        elif follows and row["previous"] != self.last_seal:
            found.fault("events", number, "reordered", f"{_words(row)} does not follow the event before it")
        self.last = number
        if row is None:
            self.last_seal = self.last_head = ""
            return
        self.last_seal = str(row["mac"])
        self.last_head = f"{number}:{self.last_seal[:HEAD_DIGITS]}"
        self._compare_with_head(number)
        self._note_clock(number, row)
        if self._sound:
            self._remember(row)

    def _is_right(self, number: int, row: Mapping[str, Any]) -> bool:
        try:
            right = bool(self._examination.sealer.event({**row, "number": number}) == row["mac"])
        except (TypeError, ValueError, AttributeError):
            return False
        self._examination.key_fits |= right
        return right

    def _tell_altered(self, number: int, row: Mapping[str, Any]) -> None:
        found = self._examination
        own = self._own_number(row)
        if own is not None:
            text = f"event {own} ({row['kind']} of {row['subject']}) stands in the place of event {number}"
            found.fault("events", number, "reordered", text)
        else:
            found.fault("events", number, "altered", f"{_words(row)} was altered")

    def _own_number(self, row: Mapping[str, Any]) -> int | None:
        """Number that an event had when it was sealed, if it is one of those that are there."""
        self._sought += 1
        if self._sought > _MOST_SOUGHT:
            return None
        most = self._examination.connection.scalar(select(func.max(EVENTS.c.number))) or 0
        return next((number for number in range(1, most + 1) if self._is_right(number, row)), None)

    def _compare_with_head(self, number: int) -> None:
        if self._head is not None and self._head[0] == number and not self.last_seal.startswith(self._head[1]):
            self._examination.fault(
                "events",
                number,
                "cut",
                f"event {number} is not the one whose head was given: the trail was cut off before it and went on, "
                "or the head is of another store",
            )

    def _note_clock(self, number: int, row: Mapping[str, Any]) -> None:
        if self._last_at is not None and row["at"] < self._last_at:
            text = f"event {number} is dated {row['at']:%Y-%m-%d %H:%M:%S}, before the one that it follows"
            self._examination.notes.append(f"{text} ({self._last_at:%Y-%m-%d %H:%M:%S}): the clock was set back")
        self._last_at = row["at"]

    def _remember(self, row: Mapping[str, Any]) -> None:
        details: Json = json.loads(row["details"])
        if not isinstance(details, dict):
            return
        if row["number"] == 1:
            self.began, self.began_at = details, f"{row['at']:%Y-%m-%d}"
        if row["kind"] == RUN_ENDED:
            self.ends[row["subject"]] = details


def _words(row: Mapping[str, Any]) -> str:
    return f"event {row['number']} ({row['kind']} of {row['subject']}, by {row['actor']}, {row['at']:%Y-%m-%d %H:%M})"
