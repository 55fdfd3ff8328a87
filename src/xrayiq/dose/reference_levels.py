"""Diagnostic reference levels of nations and of a site."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from xrayiq.dose.sourced import Source, shipped_table, source_of
from xrayiq.errors import InputError
from xrayiq.model import band_text, quantity
from xrayiq.units import UnknownUnitError, to_inside_unit

LevelQuantity = Literal[
    "dose_area_product",
    "incident_air_kerma",
    "entrance_surface_air_kerma",
    "reference_point_kerma",
    "average_glandular_dose",
    "fluoroscopy_time_total",
]

#: of quantities that are no kerma
_DIMENSIONS: Final = {"dose_area_product": "dose_area_product", "fluoroscopy_time_total": "duration"}
_BANDS: Final = ("weights_kg", "ages_years", "thicknesses_mm")
_SET_KEYS: Final = frozenset(
    {"region", "quantity", "unit", "per", "document", "edition", "confidence", "note", "superseded_by"}
)
_ROW_KEYS: Final = frozenset({"body_part", "views", "value", "achievable", *_BANDS})

Band = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticReferenceLevel:
    """A level that the median of a group of patients is compared with.

    Parameters
    ----------
    set_name : str
        Table that it is of.
    region : str
        Country or region, or ``"site"``.
    body_part : str
        Term of ``data/examinations.toml``, as ``"LSPINE"``.
    views : tuple of str
        Terms of views that it is for, as ``"AP"``; empty for any.
    quantity : str
        Exact name: incident kerma is without backscatter, entrance surface kerma with it.
    value : float
        The reference level (75th percentile of a survey), in the quantity's unit.
    achievable_value : float or None
        The achievable dose (50th percentile), where one is published.
    stated_value, stated_unit
        As the document has it.
    per : {"radiograph", "examination"}
        What one value is of.
    weights_kg, ages_years, thicknesses_mm : pair of float or None
        Patients or breasts that it is for, the upper bound excluded; adults where all are None.
    source : Source
        Where it stands.
    superseded_by : str
        Set that took its place; empty for one in force.
    """

    set_name: str
    region: str
    body_part: str
    views: tuple[str, ...]
    quantity: LevelQuantity
    value: float
    achievable_value: float | None
    stated_value: float
    stated_unit: str
    per: Literal["radiograph", "examination"]
    weights_kg: Band | None = None
    ages_years: Band | None = None
    thicknesses_mm: Band | None = None
    source: Source
    superseded_by: str = ""

    @property
    def band(self) -> str:
        """Patients that it is for: ``"adult"``, or a range as ``"5 to < 15 kg"``."""
        for pair, unit in ((self.weights_kg, "kg"), (self.ages_years, "years"), (self.thicknesses_mm, "mm")):
            if pair is not None:
                return band_text(*pair, unit)
        return "adult"

    @property
    def text(self) -> str:
        """Level with its quantity, unit and source, as printed."""
        known = quantity(self.quantity)
        return f"{known.label} {known.text(self.value)} for one {self.per} ({self.source.text})"


@functools.cache
def shipped_reference_levels() -> tuple[DiagnosticReferenceLevel, ...]:
    """All levels of ``data/drl.toml``."""
    sets = shipped_table("drl").items()
    return tuple(level for name, rows in sets for level in reference_levels_of(rows, name=name))


def reference_levels_of(rows: Mapping[str, Any], *, name: str) -> tuple[DiagnosticReferenceLevel, ...]:
    """Levels of one table, as the data file or a site's file has it.

    Parameters
    ----------
    rows : mapping
        ``quantity``, ``unit``, ``document`` and ``confidence``, any of ``region``, ``per``, ``edition``, ``note`` and
        ``superseded_by``, and ``levels``: ``body_part``, ``value``, any of ``views``, ``achievable``, ``weights_kg``,
        ``ages_years`` and ``thicknesses_mm`` (pairs).
    name : str
        Of the table.

    Returns
    -------
    tuple of DiagnosticReferenceLevel
        Values in the units of their quantities.

    Raises
    ------
    InputError
        A key, quantity or unit that is not known, or a value that is not above 0.
    """
    unknown = sorted(set(rows) - _SET_KEYS - {"levels"})
    missing = sorted({"quantity", "unit", "document", "confidence", "levels"} - set(rows))
    if unknown or missing:
        found = f"{name}: unknown key {unknown[0]!r}" if unknown else f"{name}: {missing[0]} missing"
        raise InputError(found, needed="levels and " + ", ".join(sorted(_SET_KEYS)))
    if rows["quantity"] not in get_args(LevelQuantity):
        raise InputError(
            f"{name}: quantity {rows['quantity']!r}", needed="one of " + ", ".join(get_args(LevelQuantity))
        )
    if rows["confidence"] not in ("A", "B", "C") or rows.get("per", "radiograph") not in ("radiograph", "examination"):
        raise InputError(f"{name}: confidence or per", needed="A, B or C; radiograph or examination")
    if not isinstance(rows["levels"], list) or not all(isinstance(row, Mapping) for row in rows["levels"]):
        raise InputError(f"{name}: levels that are no tables", needed="a list of tables")
    return tuple(_level(row, rows, name) for row in rows["levels"])


def _level(row: Mapping[str, Any], rows: Mapping[str, Any], name: str) -> DiagnosticReferenceLevel:
    unknown, missing = sorted(set(row) - _ROW_KEYS), sorted({"body_part", "value"} - set(row))
    if unknown or missing:
        found = f"{name}: unknown key {unknown[0]!r}" if unknown else f"{name}: {missing[0]} missing"
        raise InputError(
            found, needed="body_part, value and any of " + ", ".join(sorted(_ROW_KEYS - {"body_part", "value"}))
        )
    views = row.get("views", [])
    if not isinstance(views, list) or not all(isinstance(text, str) and text for text in (row["body_part"], *views)):
        raise InputError(f"{name}: body part or views that are no text", needed="a term, and a list of terms")
    numbers = [row["value"], *([row["achievable"]] if "achievable" in row else [])]
    bands = {key: _band(row[key], f"{name}: {key}") for key in _BANDS if key in row}
    if any(not _is_number(number) or number <= 0 for number in numbers):
        raise InputError(f"{name}: value {numbers[0]!r}", needed="numbers above 0")
    if rows["quantity"] == "fluoroscopy_time_total" and rows.get("per") != "examination":
        raise InputError(f"{name}: a time of fluoroscopy for one radiograph", needed='per = "examination"')
    dimension = _DIMENSIONS.get(rows["quantity"], "kerma")
    try:
        value, *achievable = (to_inside_unit(float(number), rows["unit"], dimension) for number in numbers)
    except UnknownUnitError as error:
        raise InputError(f"{name}: {error}") from None
    return DiagnosticReferenceLevel(
        set_name=name,
        region=str(rows.get("region", "site")),
        body_part=row["body_part"],
        views=tuple(views),
        quantity=rows["quantity"],
        value=value,
        achievable_value=achievable[0] if achievable else None,
        stated_value=float(row["value"]),
        stated_unit=rows["unit"],
        per=rows.get("per", "radiograph"),
        source=source_of(rows),
        superseded_by=str(rows.get("superseded_by", "")),
        **bands,
    )


def _band(pair: Any, where: str) -> Band:
    if not (isinstance(pair, list) and len(pair) == 2 and all(_is_number(each) for each in pair) and pair[0] < pair[1]):
        raise InputError(f"{where} of {pair!r}", needed="two numbers, the second larger")
    return float(pair[0]), float(pair[1])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
