"""Limits from data files, and a site's own bounds in their place."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, get_args

from xrayiq.errors import InputError, SiteError
from xrayiq.model import Limit, quantity
from xrayiq.model.limit import Basis, Confidence

BOUNDS: Final = ("warning_low", "warning_high", "fail_low", "fail_high")
#: fields of a limit that say where an override holds
PLACES: Final = ("site", "room", "unit")

_OVERRIDE_ONLY: Final = frozenset({*PLACES, "reason", "author"})
#: key of a row that states the unit its bounds are in, to be compared with the quantity's
_UNIT_KEY: Final = "bounds_unit"
#: how the unit of bounds that are fractions of the baseline may be stated
RELATIVE_UNITS: Final = ("1", "of the baseline")


def limits_of_table(table: Mapping[str, Mapping[str, Any]], source: str) -> dict[str, Limit]:
    """Limits of a file's ``[ID]`` tables by their ID.

    Raises
    ------
    SiteError
        A row has an unknown key or quantity, a wrong unit, no document, or bounds that are no numbers or cross.
    """
    return {name: _limit(name, row, f"{source}, limit {name}") for name, row in table.items()}


def override_of_row(row: Mapping[str, Any], limits: Iterable[Limit], source: str) -> Limit:
    """Limit of a document with a site's own bounds for one site, room or unit.

    Parameters
    ----------
    row : mapping
        ``limit`` (an ID), any of ``site``, ``room`` and ``unit``, the bounds, ``reason`` and ``author``; bounds that it
        does not name are those of the limit, and ``"none"`` takes one away.
    limits : iterable of Limit
        Limits that can be overridden.
    source : str
        Name of the file or command for messages.

    Returns
    -------
    Limit
        With the same ID.

    Raises
    ------
    SiteError
        There is no such limit, the row names no bound, reason or author, or a key it does not know.
    """
    where = f"{source}, override of {row.get('limit')!r}"
    known = {limit.id: limit for limit in limits if not limit.place}
    unknown = set(row) - {"limit", _UNIT_KEY, *BOUNDS, *_OVERRIDE_ONLY}
    if unknown:
        allowed = ", ".join(("limit", *PLACES, *BOUNDS, "reason", "author", _UNIT_KEY))
        raise SiteError(f"unknown key {sorted(unknown)[0]!r}", needed=f"one of {allowed}", source=where)
    if row.get("limit") not in known:
        raise SiteError("there is no limit of this name", needed="one of " + ", ".join(sorted(known)), source=where)
    for key in ("reason", "author"):
        if not str(row.get(key, "")).strip():
            raise SiteError(
                f"{key} missing", needed="why the document's limit does not hold, and who says so", source=where
            )
    if not set(row) & set(BOUNDS):
        raise SiteError("no bound", needed="any of " + ", ".join(BOUNDS), source=where)
    base = known[row["limit"]]
    _check_unit(row.get(_UNIT_KEY), base, where)
    bounds: dict[str, Any] = {name: None if row[name] == "none" else row[name] for name in BOUNDS if name in row}
    _check_bounds({name: getattr(base, name) for name in BOUNDS} | bounds, where)
    texts: dict[str, Any] = {name: str(row[name]).strip() for name in _OVERRIDE_ONLY if name in row}
    return dataclasses.replace(base, **bounds, **texts)


def overrides_of_rows(rows: object, limits: Sequence[Limit], source: str) -> tuple[Limit, ...]:
    """Limits of a site file's ``[[limit_overrides]]`` tables.

    Raises
    ------
    SiteError
        As `override_of_row`, or the key is no list of tables.
    """
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise SiteError("limit_overrides is no list of tables", needed="[[limit_overrides]]", source=source)
    return tuple(override_of_row(row, limits, source) for row in rows)


def _limit(name: str, row: Mapping[str, Any], where: str) -> Limit:
    known = {field.name for field in fields(Limit)} - {"id"} - _OVERRIDE_ONLY
    unknown = set(row) - known - {_UNIT_KEY}
    if unknown:
        allowed = "one of " + ", ".join(sorted(known))
        raise SiteError(f"unknown key {sorted(unknown)[0]!r}", needed=allowed, source=where)
    values = {"edition": "", **row}
    stated_unit = values.pop(_UNIT_KEY, None)
    missing = {"quantity", "document", "confidence"} - set(values)
    if missing:
        raise SiteError(f"{sorted(missing)[0]} missing", needed="quantity, document and confidence", source=where)
    try:
        quantity(values["quantity"])
    except InputError as error:
        raise SiteError(str(error), source=where) from error
    if values["confidence"] not in get_args(Confidence) or values.get("basis", "absolute") not in get_args(Basis):
        raise SiteError(
            f"confidence {values['confidence']!r}, basis {values.get('basis', 'absolute')!r}",
            needed=f"confidence of {get_args(Confidence)}, basis of {get_args(Basis)}",
            source=where,
        )
    _check_bounds({bound: values.get(bound) for bound in BOUNDS}, where)
    limit = Limit(id=name, **values)
    _check_unit(stated_unit, limit, where)
    return limit


def _check_unit(stated: object, limit: Limit, where: str) -> None:
    """Refuse bounds that are stated in another unit than the quantity's, or that of a relative deviation."""
    units: tuple[str, ...] = RELATIVE_UNITS
    if limit.basis == "absolute":
        unit = quantity(limit.quantity).unit
        units, needed = (unit,), f"{unit!r}, the unit of {limit.quantity}"
        remedy = f"give the bounds in {unit!r}"
    else:
        needed = f"{units[0]!r}, as this limit is relative to the baseline and its bounds are fractions of it"
        remedy = "give -0.2 for 20 % below the baseline"
    if stated is not None and stated not in units:
        raise SiteError(f"bounds in {stated!r}", needed=needed, remedy=remedy, source=where)


def _check_bounds(bounds: Mapping[str, Any], where: str) -> None:
    for name, value in bounds.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if value is not None and not number:
            raise SiteError(f"{name} is {value!r}", needed="a number in the quantity's unit", source=where)
    in_order = [bounds[name] for name in ("fail_low", "warning_low", "warning_high", "fail_high")]
    given = [bound for bound in in_order if bound is not None]
    if given != sorted(given):
        raise SiteError(
            f"bounds {given} are not in order",
            needed="fail_low ≤ warning_low ≤ warning_high ≤ fail_high",
            source=where,
        )
