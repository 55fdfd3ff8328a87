"""A site's protocols by room and view, in versions that hold from a day on, and how far exposures may lie from them."""

from __future__ import annotations

import datetime
import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from xrayiq.audit.examinations import shipped_examinations
from xrayiq.errors import SiteError

#: what of a protocol is a number, and what a text
NUMBERS: Final = ("tube_voltage_kv", "exposure_mas", "source_detector_distance_mm")
SPREAD: Final = "exposure_mas_spread"
#: charges under exposure control, which no table prescribes
AUTOMATIC: Final = "automatic_mas"
TEXTS: Final = ("grid", "filter", "exposure_control_mode")
#: patients that a row may be for
PATIENTS: Final = ("adult", "child")
_WHERE: Final = ("site", "room", "body_part", "view", "patients")
_ROW_KEYS: Final = frozenset({*_WHERE, *NUMBERS, SPREAD, *TEXTS})
_TABLE_KEYS: Final = frozenset({"version", "valid_from", "author", "rows", "tolerances"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a value may lie from that of the table.

    Parameters
    ----------
    quantity : str
        Name from the closed list.
    absolute : float
        In the unit of the value.
    fraction : float
        Of the value.
    source : str
        Document and confidence.
    """

    quantity: str
    absolute: float = 0.0
    fraction: float = 0.0
    source: str = ""

    def of(self, value: float) -> float:
        """Greatest distance from a value."""
        return self.absolute + self.fraction * abs(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolRules:
    """When something is said of a protocol.

    Parameters
    ----------
    least_exposures, least_each_side : int
        Exposures of a room's protocol, and before and after a change.
    permitted_share : float
        Share of exposures that may lie outside.
    table_grace_days : int
        Days about the first one of a version within which a change is that version's.
    least_drift_exposures, least_drift_days : int
        Exposures of one size of patients, and days from the first to the last, before a slow change is looked for.
    drift_false_discovery_rate : float
        Share of false ones among the slow changes that are told.
    tolerances : mapping of str to Tolerance
        By column.
    """

    least_exposures: int
    least_each_side: int
    permitted_share: float
    table_grace_days: int
    least_drift_exposures: int
    least_drift_days: int
    drift_false_discovery_rate: float
    tolerances: Mapping[str, Tolerance]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolRow:
    """How one view is exposed in a room.

    Parameters
    ----------
    version : str
        Of the table.
    valid_from : date
        First day.
    author : str
        Who wrote it.
    body_part, view : str
        What for.
    site, room, patients : str
        Where and of whom; empty for any.
    values : mapping of str to float
        Of `NUMBERS` and `SPREAD`, as far as the row tells them.
    texts : mapping of str to str
        Of `TEXTS`.
    tolerances : mapping of str to float
        The table's own, absolute, in the unit of the name.
    """

    version: str
    valid_from: datetime.date
    author: str
    body_part: str
    view: str
    site: str = ""
    room: str = ""
    patients: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    tolerances: Mapping[str, float] = field(default_factory=dict)

    def is_for(self, where: Mapping[str, str]) -> bool:
        """Whether it is for a room's view and patients."""
        return all(not (own := getattr(self, name)) or own.casefold() == str(where[name]).casefold() for name in _WHERE)

    @property
    def told(self) -> int:
        """How many of site, room and patients it names: of several rows of a version the one that names most holds."""
        return sum(bool(text) for text in (self.site, self.room, self.patients))

    def tolerance(self, name: str, rules: ProtocolRules) -> float:
        """Greatest distance from its value of a column."""
        own = self.tolerances.get(name)
        return rules.tolerances[name].of(self.values[name]) if own is None else own


def rows_over_time(rows: Iterable[ProtocolRow], where: Mapping[str, str]) -> tuple[ProtocolRow, ...]:
    """Rows for a room's view, one for each version, the earliest first; each holds until the next."""
    found: dict[datetime.date, ProtocolRow] = {}
    for row in rows:
        if row.is_for(where) and (row.valid_from not in found or row.told > found[row.valid_from].told):
            found[row.valid_from] = row
    return tuple(found[day] for day in sorted(found))


@functools.cache
def shipped_protocol_rules() -> ProtocolRules:
    """Rules and tolerances of `data/protocol_tolerances.toml`."""
    table = tomllib.loads(resources.files("xrayiq.data").joinpath("protocol_tolerances.toml").read_text("utf-8"))
    judging = table.pop("judging")
    return ProtocolRules(
        **{name: judging[name] for name in ProtocolRules.__dataclass_fields__ if name != "tolerances"},
        tolerances=MappingProxyType({name: _tolerance(row) for name, row in table.items()}),
    )


def site_protocols(tables: object, source: str) -> tuple[ProtocolRow, ...]:
    """Rows of a site's ``[[protocols]]``.

    Parameters
    ----------
    tables : list of dict
        Each with ``version``, ``valid_from`` (a date), ``author``, ``rows`` and, if they differ from the shipped ones,
        ``tolerances`` (column and absolute value). A row has ``body_part`` and ``view`` under the terms of the shipped
        examinations, if need be ``site``, ``room`` and ``patients``, and any of `NUMBERS`, `SPREAD` and `TEXTS`;
        ``filter`` reads as the audit shows it, for example ``"COPPER 0.1 mm"``.
    source : str
        For messages.

    Returns
    -------
    tuple of ProtocolRow
        In the order of the file.

    Raises
    ------
    SiteError
        Something is missing, unknown or of the wrong kind, or two versions hold from one day on.
    """
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise SiteError("protocols that are no list of tables", needed="[[protocols]]", source=source)
    days = [table.get("valid_from") for table in tables]
    if len(set(map(str, days))) < len(days):
        raise SiteError("two versions of the protocols from one day on", needed="a day for each", source=source)
    return tuple(row for table in tables for row in _rows(table, source))


def _rows(table: Mapping[str, Any], source: str) -> Iterable[ProtocolRow]:
    where = f"{source}, [[protocols]] {table.get('version', '')!r}"
    version, day, author = (table.get(name) for name in ("version", "valid_from", "author"))
    if unknown := set(table) - _TABLE_KEYS:
        raise SiteError(
            f"unknown key {min(unknown)!r}", needed="any of " + ", ".join(sorted(_TABLE_KEYS)), source=where
        )
    if not (isinstance(version, str) and version and isinstance(author, str) and author):
        raise SiteError("a table without version or author", needed="both, as texts", source=where)
    if not isinstance(day, datetime.date) or isinstance(day, datetime.datetime):
        raise SiteError(f"valid_from of {day!r}", needed="a date, such as 2026-01-31", source=where)
    tolerances = _numbers(table.get("tolerances", {}), (*NUMBERS, SPREAD), where)
    rows = table.get("rows", [])
    if not isinstance(rows, Sequence) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise SiteError("a table without rows", needed="[[protocols.rows]]", source=where)
    for row in rows:
        if unknown := set(row) - _ROW_KEYS:
            raise SiteError(f"row with {min(unknown)!r}", needed="any of " + ", ".join(sorted(_ROW_KEYS)), source=where)
        texts = {name: row[name] for name in (*_WHERE, *TEXTS) if name in row}
        if strange := [name for name, text in texts.items() if not isinstance(text, str) or not text]:
            raise SiteError(f"{strange[0]} of {texts[strange[0]]!r}", needed="a text", source=where)
        _check_terms(texts, where)
        yield ProtocolRow(
            version=version,
            valid_from=day,
            author=author,
            **{name: texts[name] for name in _WHERE if name in texts},
            values=_numbers({name: row[name] for name in (*NUMBERS, SPREAD) if name in row}, (*NUMBERS, SPREAD), where),
            texts={name: texts[name] for name in TEXTS if name in texts},
            tolerances=tolerances,
        )


def _check_terms(texts: Mapping[str, str], where: str) -> None:
    names = shipped_examinations()
    for name, known in (
        ("body_part", [one.term for one in names.body_parts]),
        ("view", [one.term for one in names.views]),
        ("patients", ["", *PATIENTS]),
    ):
        if texts.get(name, "") not in known:
            found = f"{name} of {texts[name]!r}" if name in texts else f"row without {name}"
            raise SiteError(found, needed="one of " + ", ".join(filter(None, known)), source=where)


def _numbers(table: Any, known: Sequence[str], where: str) -> dict[str, float]:
    if not isinstance(table, Mapping) or set(table) - set(known):
        raise SiteError(f"tolerances of {table!r}", needed="any of " + ", ".join(known), source=where)
    for name, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise SiteError(f"{name} of {value!r}", needed="a number over 0", source=where)
    return {name: float(value) for name, value in table.items()}


def _tolerance(row: Mapping[str, Any]) -> Tolerance:
    source = str(row.get("document", ""))
    return Tolerance(
        quantity=row["quantity"],
        absolute=float(row.get("tolerance", 0.0)),
        fraction=float(row.get("tolerance_fraction", 0.0)),
        source=f"{source}; not verified against a document" if row.get("confidence") == "C" else source,
    )
