"""Names, units and text of columns, made fit for other programs."""

from __future__ import annotations

import datetime
import json
import math
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

#: a spreadsheet takes text that begins so for a formula
_FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
#: unit by the end of a column's name, longer ends first
UNIT_OF_ENDING: Final = MappingProxyType(
    {
        "_gy_m2": "Gy·m²",
        "_per_mm": "mm⁻¹",
        "_years": "years",
        "_mm2": "mm²",
        "_mgy": "mGy",
        "_ugy": "µGy",
        "_mas": "mAs",
        "_min": "min",
        "_deg": "°",
        "_kg": "kg",
        "_kv": "kV",
        "_ms": "ms",
        "_ma": "mA",
        "_mm": "mm",
        "_px": "px",
        "_m": "m",
    }
)
#: times that are UTC; `exposed_at` is the reading of the modality's clock
_UTC: Final = frozenset({"at", "started_at", "finished_at", "created_at", "recorded_at"})
_CAPITALS: Final = MappingProxyType(
    {"id": "ID", "uid": "UID", "dap": "DAP", "sop": "SOP", "utc": "UTC", "mac": "MAC", "xrayiq": "xrayiq"}
)


def unit_of(column: str) -> str:
    """Unit that a column's name ends in; empty where it names none."""
    return next((unit for ending, unit in UNIT_OF_ENDING.items() if column.endswith(ending)), "")


def heading(column: str) -> str:
    """Name of a column for people, its unit in brackets: ``tube_voltage_kv`` is ``Tube voltage [kV]``."""
    ending = next((ending for ending in UNIT_OF_ENDING if column.endswith(ending)), "")
    words = [_CAPITALS.get(word, word) for word in column.removesuffix(ending).split("_")]
    words[0] = words[0][:1].upper() + words[0][1:] if words[0] != "xrayiq" else words[0]
    unit = UNIT_OF_ENDING[ending] if ending else "UTC" if column in _UTC else ""
    return " ".join(words) + (f" [{unit}]" if unit else "")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula."""
    return text.startswith(_FORMULA_BEGINS)


def clean(text: str) -> str:
    """Text without control characters other than tab and line feed."""
    return "".join(char if char.isprintable() or char in "\t\n" else "\ufffd" for char in text)


def plain(value: Any) -> Any:
    """Cell as Python's own value: None for what is missing or not finite, JSON text for lists and tables.

    Parameters
    ----------
    value : object
        Cell of a frame.

    Returns
    -------
    None, bool, int, float, str or datetime
        Numbers keep full precision; a day is its midnight.
    """
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, (str, bool, datetime.datetime)):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time())
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not math.isfinite(number) else number


def cells_of(column: pd.Series[Any]) -> list[Any]:
    """Cells of a column as `plain` gives them, by whole columns where these have one type."""
    kind = str(column.dtype)
    if kind == "float64":
        return [value if math.isfinite(value) else None for value in column.tolist()]
    if kind in ("Int64", "boolean", "string"):
        return column.astype(object).where(column.notna(), None).tolist()
    return [plain(value) for value in column.tolist()]


def iso(moment: datetime.datetime) -> str:
    """Time as ISO 8601; UTC ends in Z, the reading of a modality's clock in nothing."""
    return moment.isoformat().replace("+00:00", "Z")
