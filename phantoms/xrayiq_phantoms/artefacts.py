"""Artefacts of a flat field with known place, size and strength: seams, blobs and grid lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSeam:
    """A step of the signal from one tile of a detector.

    Parameters
    ----------
    orientation : {"row", "column"}
        A column seam runs from top to bottom.
    index : int
        First row or column behind the seam.
    step : float
        Change of the signal across it, as a part.
    start, stop : int or None
        First pixel along the seam and the one after the last; None is the border.
    """

    orientation: Literal["row", "column"]
    index: int
    step: float
    start: int = 0
    stop: int | None = None

    def factor(self, shape: tuple[int, int], pitch_mm: float) -> NDArray[np.float64]:
        """Signal with over that without: 1 + step behind the seam, 1 elsewhere."""
        del pitch_mm
        factor = np.ones(shape)
        across, along = slice(self.index, None), slice(self.start, self.stop)
        factor[(across, along) if self.orientation == "row" else (along, across)] += self.step
        return factor


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedBlob:
    """A round spot, as of dust or of the ghost of an object.

    Parameters
    ----------
    row, column : float
        Its middle in pixels.
    diameter_mm : float
        Of a disc; of a Gaussian spot 2·√2 standard deviations.
    contrast : float
        Change of the signal in its middle, as a part.
    profile : {"disc", "gaussian"}
        Flat with a sharp edge, or smooth.
    """

    row: float
    column: float
    diameter_mm: float
    contrast: float
    profile: Literal["disc", "gaussian"] = "disc"

    def factor(self, shape: tuple[int, int], pitch_mm: float) -> NDArray[np.float64]:
        """Signal with over that without; pixels on the edge of a disc are covered in part."""
        down, right = np.ogrid[: shape[0], : shape[1]]
        radii = np.hypot(down - self.row, right - self.column) * pitch_mm
        if self.profile == "gaussian":
            return 1.0 + self.contrast * np.exp(-4.0 * (radii / self.diameter_mm) ** 2)
        return 1.0 + self.contrast * np.clip(0.5 + (self.diameter_mm / 2 - radii) / pitch_mm, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedLines:
    """Lines of an anti-scatter grid, or a moiré, over the whole image: 1 + a·cos(2π(u·x + v·y) + φ).

    Parameters
    ----------
    frequency_per_mm : float
        Lines per mm. Above half a line per pixel they show at the alias that sampling makes of them.
    angle_deg : float
        Of the wave: 0 varies along a row (lines run from top to bottom), 90 along a column.
    amplitude : float
        a, as a part of the signal, as pixels show it.
    phase_deg : float
        φ in the middle of the first pixel.
    """

    frequency_per_mm: float
    angle_deg: float = 0.0
    amplitude: float
    phase_deg: float = 0.0

    def factor(self, shape: tuple[int, int], pitch_mm: float) -> NDArray[np.float64]:
        """Signal with over that without, in the middle of each pixel."""
        down, right = np.ogrid[: shape[0], : shape[1]]
        angle = np.deg2rad(self.angle_deg)
        way = (np.cos(angle) * right + np.sin(angle) * down) * pitch_mm
        phase = 2.0 * np.pi * self.frequency_per_mm * way + np.deg2rad(self.phase_deg)
        return np.asarray(1.0 + self.amplitude * np.cos(phase), dtype=np.float64)


SimulatedArtefact = SimulatedSeam | SimulatedBlob | SimulatedLines


def artefact_factor(artefacts: Sequence[SimulatedArtefact], shape: tuple[int, int], *, pitch_mm: float) -> NDArray[Any]:
    """Signal of a flat field with its artefacts over that without: the product of their factors."""
    factor = np.ones(shape)
    for artefact in artefacts:
        factor *= artefact.factor(shape, pitch_mm)
    return factor
