"""What a site's file says of doses: outputs of its tubes, its exposure indicators, and reference levels of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xrayiq.audit import shipped_examinations
from xrayiq.dose import (
    DiagnosticReferenceLevel,
    IndicatorCalibration,
    TubeOutputTable,
    computed_tube_output,
    indicator_calibration_of_row,
    reference_levels_of,
    tube_output_of_row,
)
from xrayiq.errors import InputError, SiteError
from xrayiq.model import same_name


def site_tube_outputs(rows: Any, source: str) -> tuple[TubeOutputTable, ...]:
    """Tables of a site's ``[[tube_output]]``.

    Raises
    ------
    SiteError
        A row is no table of outputs, or the key no list of tables.
    """
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise SiteError("tube_output is no list of tables", needed="[[tube_output]]", source=source)
    try:
        return tuple(tube_output_of_row(row) for row in rows)
    except InputError as error:
        raise SiteError(f"tube_output: {error.found}", needed=error.needed, source=source) from error


def site_indicator_calibrations(rows: Any, source: str) -> tuple[IndicatorCalibration, ...]:
    """Calibrations of a site's ``[[indicator_calibration]]``.

    Raises
    ------
    SiteError
        A row is no calibration, or the key no list of tables; the message counts the rows from 1.
    """
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise SiteError("indicator_calibration is no list of tables", needed="[[indicator_calibration]]", source=source)
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            found.append(indicator_calibration_of_row(row, source=source))
        except InputError as error:
            raise SiteError(
                f"indicator_calibration {number}: {error.found}", needed=error.needed, source=source
            ) from error
    return tuple(found)


def site_reference_levels(tables: Any, source: str) -> tuple[DiagnosticReferenceLevel, ...]:
    """Levels of a site's ``[reference_levels.NAME]``.

    Raises
    ------
    SiteError
        A table holds no levels, or the key no tables.
    """
    if not isinstance(tables, Mapping) or not all(isinstance(rows, Mapping) for rows in tables.values()):
        raise SiteError("reference_levels holds no tables", needed="[reference_levels.NAME]", source=source)
    try:
        levels = tuple(level for name, rows in tables.items() for level in reference_levels_of(rows, name=name))
    except InputError as error:
        raise SiteError(f"reference_levels: {error.found}", needed=error.needed, source=source) from error
    names = shipped_examinations()
    for level in levels:
        for terms, known in (((level.body_part,), names.body_parts), (level.views, names.views)):
            allowed = [term.term for term in known]
            if unknown := [term for term in terms if term not in allowed]:
                where = f"{source}, reference_levels.{level.set_name}"
                raise SiteError(f"term {unknown[0]!r}", needed="one of " + ", ".join(allowed), source=where)
    return levels


def tube_output_for(tables: Iterable[TubeOutputTable], unit_names: Iterable[str]) -> TubeOutputTable:
    """Table of a unit: its own, else the site's for any, else the computed one; of several the last."""
    names, found = tuple(unit_names), computed_tube_output()
    for table in tables:
        if (table.unit and any(same_name(table.unit, name) for name in names)) or (not table.unit and not found.unit):
            found = table
    return found
