"""Rows of a query as columns: cells go from the driver into Arrow, never one by one through Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import JSON, Boolean, Column, Connection, Date, DateTime, Dialect, Double, Integer, Label, Select
from sqlalchemy.sql import ColumnElement

from xrayiq.records.column_types import PathText, UtcDateTime

#: rows whose cells are Python's objects at a time; as many as a processor's cache holds: 20 % faster than 4096
_PART: Final = 256
_UTC: Final = "datetime64[us, UTC]"
_CLOCK: Final = "datetime64[us]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """How the cells of a column are read.

    Parameters
    ----------
    dtype : str
        Of the column of the frame, whatever its rows hold: empty and all-silent columns keep theirs.
    read_as : DataType or None
        Type of Arrow that the driver's cells are; None for Python's objects.
    stored_as : DataType or None
        Type of Arrow that they stand for.
    each : callable or None
        What a cell has to go through where it stays an object.
    """

    dtype: str
    read_as: pa.DataType | None = None
    stored_as: pa.DataType | None = None
    each: Callable[[Any], Any] | None = None


def frame_of(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """Rows of a query as a frame, with the dtypes of its columns."""
    columns = [one for one in query.selected_columns if isinstance(one, (Column, Label))]
    kinds = [_cells_of(one, connection.dialect) for one in columns]
    kept: list[list[Any]] = [[] for _ in columns]
    result = connection.execute(query)
    cursor = result.cursor
    while cursor is not None and (rows := cursor.fetchmany(_PART)):
        for cells, content, kind in zip(kept, zip(*rows, strict=True), kinds, strict=True):
            if kind.read_as is not None:
                cells.append(pa.array(content, kind.read_as))
            else:
                cells.extend(content if kind.each is None else map(kind.each, content))
    result.close()
    series = (_series(cells, kind) for cells, kind in zip(kept, kinds, strict=True))
    return pd.DataFrame({column.name: one for column, one in zip(columns, series, strict=True)})


def _cells_of(column: ColumnElement[Any], dialect: Dialect) -> _Cells:
    dtype, is_text = _dtype(column), dialect.name == "sqlite"  # which keeps days, times and flags as text and numbers
    if dtype == "object" or isinstance(column.type, PathText):  # paths may hold what is no Unicode
        return _Cells(dtype=dtype, each=column.type.dialect_impl(dialect).result_processor(dialect, None))
    if dtype in (_UTC, _CLOCK):
        moment = pa.timestamp("us", tz="UTC" if dtype == _UTC and not is_text else None)
        as_told = pa.date32() if isinstance(column.type, Date) else moment
        return _Cells(dtype=dtype, read_as=pa.string() if is_text else as_told, stored_as=moment)
    plain = {"float64": pa.float64(), "Int64": pa.int64(), "boolean": pa.bool_()}.get(dtype, pa.large_string())
    return _Cells(dtype=dtype, read_as=pa.int64() if is_text and dtype == "boolean" else plain, stored_as=plain)


def _series(kept: list[Any], kind: _Cells) -> pd.Series[Any]:
    if kind.read_as is None:
        return pd.Series(kept, dtype=kind.dtype)
    cells = pa.concat_arrays(kept or [pa.array([], kind.read_as)]).cast(kind.stored_as)
    if kind.dtype == "string":
        return pd.Series(pd.arrays.ArrowStringArray(cells))
    if kind.dtype in ("Int64", "boolean"):
        silent = cells.is_null().to_numpy(zero_copy_only=False)
        known = cells.fill_null(pa.scalar(value=0, type=pa.int64()).cast(kind.stored_as))
        values = np.array(known.to_numpy(zero_copy_only=False))
        is_number = kind.dtype == "Int64"
        return pd.Series(
            pd.arrays.IntegerArray(values, silent) if is_number else pd.arrays.BooleanArray(values, silent)
        )
    moments = pd.Series(np.array(cells.to_numpy(zero_copy_only=False)))
    return moments.dt.tz_localize("UTC") if kind.dtype == _UTC else moments


def _dtype(column: ColumnElement[Any]) -> str:
    """One dtype per kind of column."""
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return _UTC
    if isinstance(kind, (Date, DateTime)):
        return _CLOCK
    if isinstance(kind, Double):
        return "float64"
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, Integer):
        return "Int64"
    return "object" if isinstance(kind, JSON) else "string"
