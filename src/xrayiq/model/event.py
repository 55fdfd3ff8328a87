"""What was done to a record store, by whom and why, and what its examination found."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.model.packing import Json

#: hexadecimal digits of a seal that stand in a printed head
HEAD_DIGITS: Final = 16

Damage = Literal["altered", "removed", "inserted", "reordered", "cut", "key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of a store's audit trail; nobody overwrites or deletes one.

    Parameters
    ----------
    number : int
        Place in the trail, from 1 without gaps.
    at : datetime
        When it was entered (UTC).
    actor : str
        Account name of the person, or ``"xrayiq run"``.
    kind : str
        What was done, one word, for example ``"calibration"``.
    subject : str
        What it was done to, for example ``"detector:D7"``, ``"run:3"``.
    reason : str
        Why.
    details : mapping of str to JSON value
        All else that belongs to it.
    previous : str
        Seal of the event before it.
    mac : str
        Its own seal: HMAC-SHA-256 of everything above, hexadecimal.
    """

    number: int
    at: datetime.datetime
    actor: str
    kind: str
    subject: str
    reason: str
    details: Mapping[str, Json]
    previous: str
    mac: str

    @property
    def head(self) -> str:
        """Number and first digits of the seal, as reports and sign-offs print them."""
        return f"{self.number}:{self.mac[:HEAD_DIGITS]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something in a store that is not as xrayiq wrote it.

    Parameters
    ----------
    table : str
        Where.
    row : int or None
        Number of the row; None where it concerns several, or one that cannot be told.
    damage : {"altered", "removed", "inserted", "reordered", "cut", "key"}
        What happened to it. ``"cut"``: rows at the end are missing; ``"key"``: the key is another one.
    description : str
        The same in words, with unit and date where these are known.
    """

    table: str
    row: int | None
    damage: Damage
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What an examination of a whole store found.

    Parameters
    ----------
    head : str
        Number and first digits of the seal of the last event; empty where there is none.
    counts : mapping of str to int
        Rows examined, by table.
    faults : tuple of Fault
        What is not as it was written, at most the first thousand.
    more_faults : int
        Faults beyond those.
    notes : tuple of str
        What is odd but no fault, and what cannot be told.
    """

    head: str
    counts: Mapping[str, int]
    faults: tuple[Fault, ...]
    more_faults: int
    notes: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether everything is as it was written."""
        return not self.faults
