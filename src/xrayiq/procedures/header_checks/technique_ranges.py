"""What tubes and generators do, from the table ``technique.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

#: fields of an acquisition with the attribute that a person looks for and its unit
QUANTITIES: Final = (
    ("tube_voltage_kv", "KVP", "kV"),
    ("exposure_mas", "Exposure", "mAs"),
    ("exposure_time_ms", "ExposureTime", "ms"),
    ("tube_current_ma", "XRayTubeCurrent", "mA"),
    ("source_detector_distance_mm", "DistanceSourceToDetector", "mm"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRange:
    """Bounds of what a tube gives, for the plausibility of a dose-area product.

    Parameters
    ----------
    least_ugy_per_mas, most_ugy_per_mas : float
        Air kerma per charge at 1 m and 80 kV.
    least_area_fraction : float
        Least part of the image that a field covers.
    typical_ugy_per_mas, typical_area_fraction : float
        What the factor of a suspected unit is counted from.
    suspicion_factor : float
        Further factor beyond which the unit is suspected.
    """

    least_ugy_per_mas: float
    most_ugy_per_mas: float
    least_area_fraction: float
    typical_ugy_per_mas: float
    typical_area_fraction: float
    suspicion_factor: float


@functools.cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(resources.files("xrayiq").joinpath("data/technique.toml").read_text(encoding="utf-8"))


def technique_range(modality: str | None, name: str) -> tuple[float, float] | None:
    """Least and greatest value of a quantity of a modality; None where the table has none."""
    for row in _table().values():
        if modality in row.get("modalities", ()):
            low, high = row[name]
            return float(low), float(high)
    return None


def output_range() -> OutputRange:
    """Bounds of tube output."""
    row = _table()["output"]
    return OutputRange(**{name: float(row[name]) for name in OutputRange.__dataclass_fields__})
