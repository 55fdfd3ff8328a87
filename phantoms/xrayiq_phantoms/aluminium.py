"""Aluminium square on a homogeneous block, as in the tests of mammography, with or without a ghost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import edge_profile
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom


@dataclass(frozen=True, slots=True, kw_only=True)
class AluminiumTruth:
    """Truth of an aluminium square on a block.

    Parameters
    ----------
    kerma_ugy : float
        Kerma behind the block alone.
    contrast : float
        Part of the kerma that the square takes away.
    square_mm : float
        Its side, at the detector.
    centre_px : (float, float)
        Row and column of its centre.
    ghost_fraction : float
        Relative change of the sensitivity where a former exposure has left a ghost.
    ghost_from_px : float
        Line from which on the ghost lies.
    ghost_axis : {"rows", "columns"}
        Axis along which that line is counted.
    detector : Detector
        Gives blur and noise.
    """

    kerma_ugy: float
    contrast: float
    square_mm: float
    centre_px: tuple[float, float]
    ghost_fraction: float
    ghost_from_px: float
    ghost_axis: Literal["rows", "columns"]
    detector: Detector

    @property
    def sdnr(self) -> float:
        """Signal difference over the noise of a background pixel."""
        return float(self.contrast * self.kerma_ugy / np.sqrt(self.detector.noise_variance_ugy2(self.kerma_ugy)))

    @property
    def ghost_factor(self) -> float:
        """Change by the ghost over change by the square, the square outside the ghost."""
        return -self.ghost_fraction / self.contrast


def simulate_aluminium(
    detector: Detector,
    *,
    shape: tuple[int, int],
    kerma_ugy: float,
    contrast: float,
    square_mm: float = 10.0,
    centre_px: tuple[float, float] | None = None,
    ghost_fraction: float = 0.0,
    ghost_from_px: float = 0.0,
    ghost_axis: Literal["rows", "columns"] = "columns",
    seed: int = 0,
    noise: bool = True,
) -> Phantom[AluminiumTruth]:
    """Image of an aluminium square on a homogeneous block.

    Parameters
    ----------
    detector : Detector
        What sees it.
    shape : (int, int)
        Rows and columns.
    kerma_ugy : float
        Kerma behind the block alone.
    contrast : float
        Part of the kerma that the square takes away.
    square_mm : float
        Its side, at the detector; parallel to the pixels.
    centre_px : (float, float), optional
        Row and column of its centre; the middle of the image without.
    ghost_fraction : float
        Relative change of the signal in a ghost.
    ghost_from_px : float
        Line from which on the ghost lies, with a sharp border.
    ghost_axis : {"rows", "columns"}
        Axis along which that line is counted.
    seed : int
        Of the noise.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With an `AluminiumTruth`; pixels without noise are exact.
    """
    centre = centre_px or ((shape[0] - 1) / 2, (shape[1] - 1) / 2)
    truth = AluminiumTruth(
        kerma_ugy=kerma_ugy,
        contrast=contrast,
        square_mm=square_mm,
        centre_px=centre,
        ghost_fraction=ghost_fraction,
        ghost_from_px=ghost_from_px,
        ghost_axis=ghost_axis,
        detector=detector,
    )
    rows, columns = (_bar(count, middle, square_mm, detector) for count, middle in zip(shape, centre, strict=True))
    kerma = kerma_ugy * (1.0 - contrast * np.outer(rows, columns))
    if ghost_fraction != 0.0:
        line = np.arange(shape[0 if ghost_axis == "rows" else 1])
        part = 1.0 + ghost_fraction * np.clip(line + 0.5 - ghost_from_px, 0.0, 1.0)
        kerma = kerma * (part[:, None] if ghost_axis == "rows" else part[None, :])
    return expose(detector, kerma, truth, seed=seed, noise=noise)


def _bar(count: int, middle_px: float, width_mm: float, detector: Detector) -> NDArray[np.float64]:
    """Mean of a blurred bar over each pixel of a line."""
    distance = (np.arange(count) - middle_px) * detector.pixel_pitch_mm
    start, stop = (
        edge_profile(distance + shift, pitch_mm=detector.pixel_pitch_mm, sigma_mm=detector.blur_sigma_mm, angle_deg=0.0)
        for shift in (width_mm / 2, -width_mm / 2)
    )
    return start - stop
