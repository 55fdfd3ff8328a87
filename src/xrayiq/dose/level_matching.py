"""Which diagnostic reference levels are for an exposure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.dose.reference_levels import Band, DiagnosticReferenceLevel, LevelQuantity
from xrayiq.model import patient_bands

LevelBasis = Literal["adult", "weight", "age", "age_in_place_of_weight", "thickness"]

#: of `level_rows`
LEVEL_COLUMNS: Final = (
    *("level_id", "region", "body_part", "view", "band", "quantity", "level", "achievable", "source", "confidence"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMatch:
    """A level that is for an exposure, and by what.

    Parameters
    ----------
    level : DiagnosticReferenceLevel
        The level.
    basis : str
        ``"adult"``, ``"weight"``, ``"age"``, ``"thickness"``, or ``"age_in_place_of_weight"``, which is to be told.
    """

    level: DiagnosticReferenceLevel
    basis: LevelBasis


def levels_for(
    levels: Iterable[DiagnosticReferenceLevel],
    *,
    body_part: str,
    view: str,
    weight_kg: float | None = None,
    age_years: float | None = None,
    breast_thickness_mm: float | None = None,
    quantity: LevelQuantity | None = None,
    region: str | None = None,
) -> tuple[LevelMatch, ...]:
    """Levels that are for an exposure.

    Parameters
    ----------
    levels : iterable of DiagnosticReferenceLevel
        `shipped_reference_levels`, a site's own, or both.
    body_part, view : str
        Terms of ``data/examinations.toml``, as ``"CHEST"`` and ``"PA"``; an empty view meets levels for any view alone.
    weight_kg, age_years : float or None
        Of the patient. Without either an adult is taken for granted.
    breast_thickness_mm : float or None
        Compressed.
    quantity, region : str, optional
        Only levels of these.

    Returns
    -------
    tuple of LevelMatch
        Those in force, in the order given; a site's own are not put before the others.

    Notes
    -----
    Levels for weights are for children (RP 185): an adult of 60 kg has the adult's. Where the weight of a child is not
    known the age stands for it, which `LevelMatch.basis` tells.
    """
    found = []
    for level in levels:
        if level.superseded_by or level.body_part != body_part or (level.views and view not in level.views):
            continue
        if (quantity is not None and level.quantity != quantity) or (region is not None and level.region != region):
            continue
        basis = _basis(level, weight_kg, age_years, breast_thickness_mm)
        if basis is not None:
            found.append(LevelMatch(level=level, basis=basis))
    return tuple(found)


#: totals of a study that levels for one examination are held against
_TOTALS: Final = {
    "dose_area_product": "dose_area_product_total",
    "reference_point_kerma": "reference_point_kerma_total",
    "fluoroscopy_time_total": "fluoroscopy_time_total",
}


def level_rows(
    levels: Iterable[DiagnosticReferenceLevel], *, per: Literal["radiograph", "examination"] = "radiograph"
) -> Sequence[dict[str, str | float]]:
    """Levels in force for one radiograph, or for one examination, as rows of a table, one for each view.

    Parameters
    ----------
    levels : iterable of DiagnosticReferenceLevel
        Shipped, or a site's.
    per : {"radiograph", "examination"}
        What one value is of; the quantities of an examination are totals of studies, and those that no study states are
        left out.

    Returns
    -------
    sequence of dict
        The columns of `LEVEL_COLUMNS`: `view` is empty for any, `achievable` NaN where none is published.
    """
    return [
        {
            "level_id": level.set_name,
            "region": level.region,
            "body_part": level.body_part,
            "view": view,
            "band": level.band,
            "quantity": level.quantity if per == "radiograph" else _TOTALS[level.quantity],
            "level": level.value,
            "achievable": math.nan if level.achievable_value is None else level.achievable_value,
            "source": level.source.text,
            "confidence": level.source.confidence,
        }
        for level in levels
        if not level.superseded_by and level.per == per and (per == "radiograph" or level.quantity in _TOTALS)
        for view in level.views or ("",)
    ]


def _basis(
    level: DiagnosticReferenceLevel, weight: float | None, age: float | None, thickness: float | None
) -> LevelBasis | None:
    """By what a level is for a patient; None where it is not."""
    if level.thicknesses_mm is not None:
        return "thickness" if _inside(thickness, level.thicknesses_mm) else None
    if level.ages_years is not None:
        return "age" if _inside(age, level.ages_years) else None
    bands = patient_bands()
    if age is not None:
        is_adult = age >= bands.adult_age_years
    else:
        is_adult = weight is None or weight >= bands.adult_weights_kg[0]
    if level.weights_kg is None:
        return "adult" if is_adult else None
    if age is not None and is_adult:
        return None
    if weight is not None:
        return "weight" if _inside(weight, level.weights_kg) else None
    return "age_in_place_of_weight" if age is not None and _age_stands_for(age, level.weights_kg) else None


def _age_stands_for(age: float, weights: Band) -> bool:
    ages = patient_bands().ages_for(*weights)
    return ages is not None and _inside(age, ages)


def _inside(value: float | None, band: Band) -> bool:
    return value is not None and band[0] <= value < band[1]
