"""Displacement of one part of an image against the other, from the lines of wires in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.wires import WireLine

Floats = NDArray[np.float64]

#: greatest offset and difference of angle between the two halves of one wire
_MOST_OFFSET_MM: Final = 5.0
_MOST_TURN_DEG: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Displacement:
    """Displacement of the second part, at the middle of the seam.

    Parameters
    ----------
    along_mm, across_mm, along_uncertainty_mm, across_uncertainty_mm : float
        Offsets along and across the seam, with their standard uncertainties.
    angle_rad, angle_uncertainty_rad : float
        Rotation from the direction along the seam towards the one across it.
    """

    along_mm: float
    across_mm: float
    along_uncertainty_mm: float
    across_uncertainty_mm: float
    angle_rad: float
    angle_uncertainty_rad: float


def paired_wires(
    first: list[WireLine], second: list[WireLine], *, middle: float, along_mm: float, across_mm: float
) -> Floats:
    """One row for each wire seen in both parts: place, slope, place, slope, and their standard uncertainties, in mm."""
    rows = []
    scale = along_mm / across_mm
    for one in first:
        near = [other for other in second if abs(other.place_px - one.place_px) * along_mm < _MOST_OFFSET_MM]
        turns = [abs(np.arctan(other.slope * scale) - np.arctan(one.slope * scale)) for other in near]
        if not near or min(turns) > np.deg2rad(_MOST_TURN_DEG):
            continue
        other = near[int(np.argmin(turns))]
        row = []
        for line in (one, other):
            row += [(line.place_px - middle) * along_mm, line.slope * scale]
        for line in (one, other):
            row += [np.sqrt(line.covariance[0]) * along_mm, np.sqrt(line.covariance[2]) * scale]
        rows.append(row)
    return np.array(rows, dtype=np.float64).reshape(-1, 8)


def displacement_of(pairs: Floats) -> Displacement:
    """Offsets and rotation of the second part by weighted least squares over the wires."""
    place, slope, place_2, slope_2, *errors = pairs.T
    turns = np.arctan(slope) - np.arctan(slope_2)
    variances = (errors[1] / (1.0 + slope**2)) ** 2 + (errors[3] / (1.0 + slope_2**2)) ** 2 + 1e-20
    angle = float(np.average(turns, weights=1.0 / variances))
    seen = place_2 - place * np.cos(angle) + slope_2 * place * np.sin(angle)
    spread = np.sqrt(errors[0] ** 2 + errors[2] ** 2 + 1e-20)
    design = np.column_stack([np.ones(seen.size), -slope_2]) / spread[:, None]
    offsets = np.linalg.lstsq(design, seen / spread, rcond=None)[0]
    covariance = np.linalg.inv(design.T @ design)
    return Displacement(
        along_mm=float(offsets[0]),
        across_mm=float(offsets[1]),
        along_uncertainty_mm=float(np.sqrt(covariance[0, 0])),
        across_uncertainty_mm=float(np.sqrt(covariance[1, 1])),
        angle_rad=angle,
        angle_uncertainty_rad=float(np.sqrt(1.0 / np.sum(1.0 / variances))),
    )
