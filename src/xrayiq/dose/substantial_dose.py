"""Doses of an examination from which on the patient's skin is followed up."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xrayiq.dose.sourced import Source, shipped_table, source_of
from xrayiq.units import to_inside_unit

_NAME: Final = "substantial radiation dose level"
_DIMENSIONS: Final = {
    "peak_skin_dose": "kerma",
    "reference_point_kerma_total": "kerma",
    "dose_area_product_total": "dose_area_product",
    "fluoroscopy_time_total": "duration",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstantialDose:
    """Levels of an examination's doses.

    Parameters
    ----------
    levels : mapping of str to float
        By quantity, in its unit; any one that is reached counts.
    source : Source
        Where they stand.
    """

    levels: Mapping[str, float]
    source: Source


@functools.cache
def shipped_substantial_dose() -> SubstantialDose:
    """The levels of ``data/substantial_dose.toml``."""
    table = shipped_table("substantial_dose")[_NAME]
    levels = {
        name: to_inside_unit(row["value"], row["unit"], _DIMENSIONS[name]) for name, row in table["levels"].items()
    }
    return SubstantialDose(levels=levels, source=source_of(table))
