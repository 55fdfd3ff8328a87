"""What the columns of a table of earlier results are: a mapping file in TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from xrayiq.errors import SiteError
from xrayiq.exchange.measuring_units import to_quantity_unit
from xrayiq.exchange.toml_tables import check_keys, read_toml, value_of
from xrayiq.model import Equipment, quantities
from xrayiq.procedures.imported import only_procedure_of
from xrayiq.units import UnknownUnitError

_IDENTITY: Final = (
    "manufacturer",
    "model",
    "station_name",
    "serial_number",
    "detector_id",
    "institution",
    "department",
)
_TABLE_KEYS: Final = ("separator", "decimal", "encoding", "date_format", "time_format")
_COLUMN_KEYS: Final = ("date", "time", "unit", *_IDENTITY, "name", "value", "measuring_unit", "comment")
_VALUE_KEYS: Final = ("column", "name", "quantity", "procedure", "direction", "measuring_unit", "factor")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedValue:
    """What a column, or a name in the column of names, holds.

    Parameters
    ----------
    quantity : str
        From the closed list.
    procedure : str
        Procedure that it compares with and whose tests it does, for example ``"uniformity"``.
    direction : str
        ``"rows"``, ``"columns"`` or empty.
    measuring_unit : str
        Unit of its numbers; empty where the table has a column of units, or with `factor`.
    factor : float or None
        A number times this is in the quantity's unit.
    """

    quantity: str
    procedure: str
    direction: str = ""
    measuring_unit: str = ""
    factor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMapping:
    """How a table of earlier results is read.

    Parameters
    ----------
    separator, decimal, encoding : str
        Of the file.
    date_format, time_format : str
        For `strptime`; empty for ISO 8601.
    columns : mapping of str to str
        Heading by what it holds.
    dropped : tuple of str
        Headings of comments, which are not read.
    by_column, by_name : mapping of str to MappedValue
        Values in columns of their own; values by the name in the column of names.
    units : mapping of str to Equipment
        Identity of an X-ray unit or detector by what the table calls it.
    source : str
        Name of the mapping file.
    text : str
        Its canonical content, for a digest.
    """

    separator: str
    decimal: str
    encoding: str
    date_format: str
    time_format: str
    columns: Mapping[str, str]
    dropped: tuple[str, ...]
    by_column: Mapping[str, MappedValue]
    by_name: Mapping[str, MappedValue]
    units: Mapping[str, Equipment]
    source: str
    text: str


def load_history_mapping(path: str | Path) -> HistoryMapping:
    """Mapping from a TOML file.

    Parameters
    ----------
    path : path
        ``[table]`` (separator, decimal, encoding, date_format, time_format), ``[columns]`` (headings of date, time,
        unit or serial_number …, name, value, measuring_unit, comment), ``[[values]]`` (column or name, with quantity,
        procedure where the quantity has not one alone, measuring_unit or factor, direction), ``[units.NAME]``
        (serial_number, detector_id …).

    Returns
    -------
    HistoryMapping
        Checked.

    Raises
    ------
    SiteError
        The file contradicts itself, or names an unknown quantity or a unit that is none of it.
    """
    table, source = read_toml(path), Path(path).name
    check_keys(table, ("table", "columns", "values", "units"), where="the file", source=source)
    form, columns = dict(table.get("table", {})), dict(table.get("columns", {}))
    check_keys(form, _TABLE_KEYS, where="[table]", source=source)
    check_keys(columns, _COLUMN_KEYS, where="[columns]", source=source)
    comment = columns.pop("comment", [])
    dropped = tuple(comment) if isinstance(comment, list) else (comment,)
    by_column, by_name = _values(table.get("values", []), source, has_units="measuring_unit" in columns)
    mapping = HistoryMapping(
        separator=value_of(form, "separator", str, ",", where="[table]", source=source),
        decimal=value_of(form, "decimal", str, ".", where="[table]", source=source),
        encoding=value_of(form, "encoding", str, "utf-8-sig", where="[table]", source=source),
        date_format=value_of(form, "date_format", str, "", where="[table]", source=source),
        time_format=value_of(form, "time_format", str, "", where="[table]", source=source),
        columns=MappingProxyType(columns),
        dropped=dropped,
        by_column=MappingProxyType(by_column),
        by_name=MappingProxyType(by_name),
        units=MappingProxyType(_units(table.get("units", {}), source)),
        source=source,
        text=repr(sorted(table.items(), key=str)),
    )
    _check(mapping)
    return mapping


def _values(rows: Any, source: str, *, has_units: bool) -> tuple[dict[str, MappedValue], dict[str, MappedValue]]:
    by_column: dict[str, MappedValue] = {}
    by_name: dict[str, MappedValue] = {}
    if not isinstance(rows, list) or not rows:
        raise SiteError("no [[values]]", needed="one for each column or name that is taken", source=source)
    for number, row in enumerate(rows, 1):
        where = f"[[values]] {number}"
        check_keys(row, _VALUE_KEYS, where=where, source=source)
        column = value_of(row, "column", str, "", where=where, source=source)
        name = value_of(row, "name", str, "", where=where, source=source)
        if bool(column) == bool(name):
            raise SiteError(f"{where} with {'both' if column else 'neither'} of column and name", source=source)
        known, key = (by_column, column) if column else (by_name, name)
        if key in known:
            raise SiteError(f"{key!r} twice in [[values]]", needed="one meaning", source=source)
        known[key] = _value(row, where, source, has_units=has_units and bool(name))
    return by_column, by_name


def _value(row: Mapping[str, Any], where: str, source: str, *, has_units: bool) -> MappedValue:
    quantity = value_of(row, "quantity", str, "", where=where, source=source)
    factor = value_of(row, "factor", float, float("nan"), where=where, source=source)
    value = MappedValue(
        quantity=quantity,
        procedure=value_of(row, "procedure", str, "", where=where, source=source) or only_procedure_of(quantity),
        direction=value_of(row, "direction", str, "", where=where, source=source),
        measuring_unit=value_of(row, "measuring_unit", str, "", where=where, source=source),
        factor=None if factor != factor else factor,
    )
    if value.quantity not in quantities() or not value.procedure:
        found = f"quantity {value.quantity!r}, procedure {value.procedure!r} in {where}"
        raise SiteError(
            found, needed="a quantity of the closed list, and a procedure where it has not one alone", source=source
        )
    if value.direction not in ("", "rows", "columns"):
        raise SiteError(f"direction {value.direction!r} in {where}", needed="rows, columns or none", source=source)
    told = [bool(value.measuring_unit), value.factor is not None, has_units]
    if sum(told) != 1:
        needed = "one of measuring_unit, factor and a column of units"
        raise SiteError(f"{where} with {'no unit' if not any(told) else 'two units'}", needed=needed, source=source)
    if value.measuring_unit:
        try:
            to_quantity_unit(1.0, value.measuring_unit, value.quantity)
        except UnknownUnitError as error:
            raise SiteError(f"{error} in {where}", source=source) from None
    return value


def _units(table: Mapping[str, Any], source: str) -> dict[str, Equipment]:
    units = {}
    for name, row in table.items():
        where = f"[units.{name}]"
        check_keys(row, _IDENTITY, where=where, source=source)
        told = {key: value_of(row, key, str, "", where=where, source=source) or None for key in _IDENTITY}
        if not told["serial_number"] and not told["detector_id"] and not told["station_name"]:
            raise SiteError(
                f"{where} without identity", needed="serial_number, detector_id or station_name", source=source
            )
        units[name] = Equipment(**told)  # type: ignore[arg-type]  # every field but the software is text
    return units


def _check(mapping: HistoryMapping) -> None:
    columns, source = mapping.columns, mapping.source
    if any(not isinstance(heading, str) or not heading for heading in (*columns.values(), *mapping.dropped)):
        raise SiteError("a heading in [columns] that is no text", source=source)
    if "date" not in columns:
        raise SiteError("[columns] without date", needed="the heading of the dates", source=source)
    if not {"unit", "serial_number", "detector_id", "station_name"} & set(columns):
        raise SiteError(
            "[columns] without a unit", needed="unit, serial_number, detector_id or station_name", source=source
        )
    if "unit" in columns and not mapping.units:
        raise SiteError("a column of units without [units]", needed="the identity of each", source=source)
    named = {"name", "value", "measuring_unit"} & set(columns)
    if (named or mapping.by_name) and not (mapping.by_name and {"name", "value"} <= named):
        raise SiteError(
            "names without columns of names and values, or the other way",
            needed="name, value and [[values]] by name",
            source=source,
        )
    if mapping.decimal not in (".", ",") or len(mapping.separator) != 1 or mapping.separator == mapping.decimal:
        raise SiteError(
            f"separator {mapping.separator!r} and decimal {mapping.decimal!r}",
            needed="one character each, not the same",
            source=source,
        )
