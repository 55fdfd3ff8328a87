"""Tables as Parquet, with the unit of each column in its metadata."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from xrayiq.exchange.text import plain, unit_of


def write_parquet(parts: Iterable[pd.DataFrame], path: Path, *, name: str) -> int:
    """Write parts of a table into one file, a row group each, and give the number of rows.

    A column whose name ends in a unit has it in its metadata under ``unit``; the unit of `value` stands beside it in
    each row.
    """
    count = 0
    writer: Any = None
    try:
        for part in parts:
            if writer is None:
                schema = _schema(part, name)
                writer = pq.ParquetWriter(path, schema, compression="zstd")
            if len(part) or not count:
                writer.write_table(_table(part, schema))
            count += len(part)
    finally:
        if writer is not None:
            writer.close()
    return count


def _schema(part: pd.DataFrame, name: str) -> Any:
    fields = []
    for column in part.columns:
        unit = unit_of(column)
        metadata = {"unit": unit} if unit else {"unit_column": "unit"} if column == "value" else None
        fields.append(pa.field(column, _type(part[column]), metadata=metadata))
    said = {"xrayiq.table": name, "xrayiq.version": importlib.metadata.version("xrayiq")}
    return pa.schema(fields, metadata=said)


def _type(series: pd.Series[Any]) -> Any:
    kind = str(series.dtype)
    if kind.startswith("datetime64"):
        return pa.timestamp("us", tz="UTC" if "UTC" in kind else None)
    return {"Int64": pa.int64(), "int64": pa.int64(), "float64": pa.float64(), "boolean": pa.bool_()}.get(
        kind, pa.string()
    )


def _table(part: pd.DataFrame, schema: Any) -> Any:
    arrays = [
        pa.array(
            [plain(value) for value in part[field.name]] if part[field.name].dtype == object else part[field.name],
            type=field.type,
            from_pandas=True,
        )
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
