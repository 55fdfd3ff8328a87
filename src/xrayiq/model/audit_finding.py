"""What an audit found worth looking into, with its evidence."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """One thing that an audit of many exposures found.

    Parameters
    ----------
    audit : str
        Which audit: ``"dose"`` or ``"exposure"``.
    kind : str
        What sort of finding: a short stable word, such as ``"reference_level"``.
    about : str
        What of: an examination, or an exposure's SOP Instance UID; with kind, quantity and place it tells a finding
        from others.
    site, room, unit : str
        Where; empty where not told.
    quantity : str
        Name from the closed list.
    value : float
        What was found, in the quantity's unit.
    bound : float or None
        What it is held against, in the same unit.
    ratio : float
        How far apart the two are.
    source : str
        Where the bound stands: document, or the rule in words.
    sentence : str
        The evidence in one sentence.
    suggestion : str
        Where to look first.
    exposures : int
        How many exposures it rests on.
    first_day, last_day : date or None
        Of these.
    subjects : tuple of str
        Some of them.
    """

    audit: str
    kind: str
    about: str
    quantity: str
    value: float
    ratio: float
    source: str
    sentence: str
    bound: float | None = None
    site: str = ""
    room: str = ""
    unit: str = ""
    suggestion: str = ""
    exposures: int = 1
    first_day: datetime.date | None = None
    last_day: datetime.date | None = None
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheck:
    """What an audit looked at and found nothing in: evidence that something is mended.

    Parameters
    ----------
    audit, kind, about, site, room, unit, quantity : str
        As those of the finding that it speaks for; an empty `about` speaks for all of the unit.
    value : float
        What was found, in the quantity's unit.
    is_within : bool or None
        Whether that is within the audit's own bound; None where it is to be held against that of the finding.
    exposures : int
        How many exposures it rests on.
    first_day, last_day : date
        Of these.
    sentence : str
        The evidence in one sentence.
    """

    audit: str
    kind: str
    about: str
    quantity: str
    value: float
    exposures: int
    first_day: datetime.date
    last_day: datetime.date
    sentence: str
    is_within: bool | None = None
    site: str = ""
    room: str = ""
    unit: str = ""
