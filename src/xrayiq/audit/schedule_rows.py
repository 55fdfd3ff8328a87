"""Which tests there are and how often they are owed: shipped rows, and a site's own over them."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from xrayiq.audit.trend_events import EVENT_NAMES, EventKind
from xrayiq.errors import SiteError
from xrayiq.model.limit import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledTest:
    """A test that units owe.

    Parameters
    ----------
    id : str
        Stable name of the row.
    title : str
        How a report calls it.
    procedures : tuple of str
        A result of any of these does the test.
    frequency_days : int
        Days from a result to the next that is due.
    grace_days : int
        Days after that until it is overdue.
    modalities : tuple of str
        Modalities of the units that owe it; all where empty.
    after_events : tuple of str
        Kinds of event after which it is owed at once.
    document, edition : str
        Where the frequency stands.
    confidence : {"A", "B", "C"}
        A seen in the source, B known with confidence, C not verified against the document.
    note : str
        What a reader should know.
    unit : str
        The only unit that the row is for; all units where empty.
    owed : bool
        False where a site has decided that the test is not done.
    reason, author : str
        Why a site's own row replaces a shipped one, and who decided it.
    """

    id: str
    title: str
    procedures: tuple[str, ...]
    frequency_days: int
    grace_days: int
    document: str
    edition: str
    confidence: Confidence
    modalities: tuple[str, ...] = ()
    after_events: tuple[EventKind, ...] = ()
    note: str = ""
    unit: str = ""
    owed: bool = True
    reason: str = ""
    author: str = ""

    @property
    def source(self) -> str:
        """Document and edition, with a warning where nobody has verified the frequency."""
        text = f"{self.document}, {self.edition}" if self.edition else self.document
        return f"{text} (frequency not verified against the document)" if self.confidence == "C" else text


_TEXTS: Final = ("title", "document", "edition", "confidence", "note", "unit", "reason", "author")
_LISTS: Final = ("procedures", "modalities", "after_events")
_NUMBERS: Final = ("frequency_days", "grace_days")
_KEYS: Final = frozenset({"test", "owed", *_TEXTS, *_LISTS, *_NUMBERS})


@functools.cache
def shipped_schedule() -> tuple[ScheduledTest, ...]:
    """The rows of ``data/schedule.toml``."""
    text = resources.files("xrayiq").joinpath("data/schedule.toml").read_text(encoding="utf-8")
    return tuple(_new(name, row, "schedule.toml") for name, row in tomllib.loads(text).items())


def site_schedule(rows: Iterable[Mapping[str, object]], *, source: str = "site.toml") -> tuple[ScheduledTest, ...]:
    """Shipped rows with a site's own over them.

    Parameters
    ----------
    rows : iterable of mappings
        A site file's ``[[schedule]]`` tables: ``test`` (an ID), ``reason``, ``author``, and the fields to change.
        ``unit`` restricts the change to one unit, ``owed = false`` takes the test from the schedule. A new ID needs
        ``title``, ``procedures``, ``frequency_days`` and ``grace_days``.
    source : str
        Name of the file, for messages.

    Returns
    -------
    tuple of ScheduledTest
        Rows for all units, then those for single units.

    Raises
    ------
    SiteError
        A row lacks ``test``, ``reason`` or ``author``, holds an unknown key or a value of the wrong kind, or two rows
        change the same test of the same unit.
    """
    listed = list(rows) if not isinstance(rows, Mapping | str) else None
    if listed is None or not all(isinstance(row, Mapping) for row in listed):
        raise SiteError("schedule is no list of tables", needed="[[schedule]]", source=source)
    tests = shipped_schedule()
    changed: set[tuple[str, str]] = set()
    for row in listed:
        key = (str(row.get("test")), str(row.get("unit", "")))
        if key in changed:
            raise SiteError(
                f"second schedule row for {row['test']!r}", needed="one row for each test and unit", source=source
            )
        changed.add(key)
        tests = changed_schedule(tests, row, source=source)
    return tests


def changed_schedule(
    tests: Sequence[ScheduledTest], row: Mapping[str, object], *, source: str
) -> tuple[ScheduledTest, ...]:
    """A schedule with one more row over it.

    Parameters
    ----------
    tests : sequence of ScheduledTest
        The schedule.
    row : mapping
        As `site_schedule` takes them. What it does not name stays as it is for that test and unit, else for the test.
    source : str
        Name of the file or event, for messages.

    Returns
    -------
    tuple of ScheduledTest
        Rows for all units, then those for single units.

    Raises
    ------
    SiteError
        As `site_schedule`.
    """
    where = f"schedule row for {row.get('test')!r}"
    for needed in ("test", "reason", "author"):
        if not isinstance(row.get(needed), str) or not row[needed]:
            raise SiteError(f"{where} without {needed}", needed="test, reason and author", source=source)
    name = str(row["test"])
    key = (name, str(row.get("unit", "")))
    known = {(test.id, test.unit): test for test in tests}
    base = known.get(key, known.get((name, "")))
    own = {name: value for name, value in row.items() if name != "test"}
    if base is None:
        known[key] = _new(name, {"document": "site", "edition": "", "confidence": "A", **own}, source)
    else:
        if set(own) & set(_NUMBERS) and "document" not in own:
            own = {"document": "site", "edition": "", "confidence": "A", **own}
        known[key] = _checked(dataclasses.replace(base, **_fields(own, where, source)), where, source)
    return tuple(sorted(known.values(), key=lambda test: test.unit != ""))


def _new(name: str, row: Mapping[str, object], source: str) -> ScheduledTest:
    where = f"schedule row {name!r}"
    missing = [key for key in ("title", "procedures", *_NUMBERS, "document", "edition", "confidence") if key not in row]
    if missing:
        raise SiteError(f"{where} without {', '.join(missing)}", needed="all of these", source=source)
    return _checked(ScheduledTest(id=name, **_fields(row, where, source)), where, source)


def _fields(row: Mapping[str, object], where: str, source: str) -> dict[str, Any]:
    """Fields of a row with lists as tuples; an error for what is unknown or of the wrong kind."""
    fields: dict[str, Any] = {}
    for key, value in row.items():
        if key not in _KEYS:
            raise SiteError(f"{where} with {key!r}", needed="any of " + ", ".join(sorted(_KEYS)), source=source)
        if key in _LISTS:
            fits = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
            needed = "a list of texts"
        elif key in _NUMBERS:
            fits, needed = isinstance(value, int) and not isinstance(value, bool), "whole days"
        else:
            fits, needed = (
                isinstance(value, bool if key == "owed" else str),
                "true or false" if key == "owed" else "text",
            )
        if not fits:
            raise SiteError(f"{where}: {key} of {value!r}", needed=needed, source=source)
        fields[key] = tuple(value) if isinstance(value, list) else value
    return fields


def _checked(test: ScheduledTest, where: str, source: str) -> ScheduledTest:
    if test.frequency_days < 1 or test.grace_days < 0:
        raise SiteError(
            f"{where}: frequency of {test.frequency_days} and grace of {test.grace_days} days",
            needed="a frequency of 1 day or more and a grace of 0 or more",
            source=source,
        )
    if not test.procedures:
        raise SiteError(f"{where} without a procedure", needed="one or more", source=source)
    strange = [kind for kind in test.after_events if kind not in EVENT_NAMES]
    if strange:
        raise SiteError(f"{where}: event {strange[0]!r}", needed="any of " + ", ".join(EVENT_NAMES), source=source)
    if test.confidence not in ("A", "B", "C"):
        raise SiteError(f"{where}: confidence of {test.confidence!r}", needed="A, B or C", source=source)
    return test
