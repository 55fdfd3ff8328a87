"""Contrast details: blurred discs on a uniform field."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom

#: pixels are divided by this number for the discs' outlines
_SUBDIVISION = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One disc.

    Parameters
    ----------
    centre_px : (float, float)
        Row and column of its centre.
    diameter_mm : float
        Its diameter.
    contrast : float
        Part of the kerma that it takes away before any blur; negative for a brighter disc.
    """

    centre_px: tuple[float, float]
    diameter_mm: float
    contrast: float

    @property
    def area_mm2(self) -> float:
        """Area of the disc."""
        return math.pi * self.diameter_mm**2 / 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastTruth:
    """Truth of a contrast-detail image.

    Parameters
    ----------
    kerma_ugy : float
        Kerma of the background.
    details : tuple of Detail
        The discs.
    detector : Detector
        Gives blur and noise.
    """

    kerma_ugy: float
    details: tuple[Detail, ...]
    detector: Detector

    @property
    def noise_ugy(self) -> float:
        """True noise of a background pixel."""
        return float(np.sqrt(self.detector.noise_variance_ugy2(self.kerma_ugy)))


def detail_grid(
    shape: tuple[int, int], *, pixel_pitch_mm: float, diameters_mm: Sequence[float], contrasts: Sequence[float]
) -> tuple[Detail, ...]:
    """Details on a regular grid over the image: one row for each diameter, one column for each contrast.

    Raises
    ------
    ValueError
        A disc is larger than its cell.
    """
    height, width = shape[0] / len(diameters_mm), shape[1] / len(contrasts)
    if max(diameters_mm) >= min(height, width) * pixel_pitch_mm:
        raise ValueError(
            f"disc of {max(diameters_mm)} mm; needed less than its cell of {min(height, width):.0f} pixels"
        )
    return tuple(
        Detail(
            centre_px=((row + 0.5) * height - 0.5, (column + 0.5) * width - 0.5),
            diameter_mm=diameter,
            contrast=contrast,
        )
        for row, diameter in enumerate(diameters_mm)
        for column, contrast in enumerate(contrasts)
    )


def simulate_contrast_details(
    detector: Detector,
    *,
    shape: tuple[int, int],
    kerma_ugy: float,
    details: Sequence[Detail],
    seed: int,
    noise: bool = True,
) -> Phantom[ContrastTruth]:
    """Image of discs on a uniform field.

    Parameters
    ----------
    detector : Detector
        What sees it.
    shape : (int, int)
        Rows and columns.
    kerma_ugy : float
        Kerma of the background.
    details : sequence of Detail
        The discs, for example of `detail_grid`; where discs overlap their contrasts add.
    seed : int
        Of the noise.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `ContrastTruth`. The discs are blurred and averaged over the pixels on an eight times finer grid:
        a disc's summed contrast is right to 1e-3, a pixel to 2e-3 of the contrast.
    """
    absorbed = np.zeros(shape)
    for detail in details:
        _add_disc(absorbed, detail, detector)
    truth = ContrastTruth(kerma_ugy=kerma_ugy, details=tuple(details), detector=detector)
    return expose(detector, kerma_ugy * (1.0 - absorbed), truth, seed=seed, noise=noise)


def _add_disc(absorbed: NDArray[np.float64], detail: Detail, detector: Detector) -> None:
    """Add one disc's blurred contrast in place, on the part of the image that it reaches."""
    pitch = detector.pixel_pitch_mm
    radius = detail.diameter_mm / 2.0 / pitch * _SUBDIVISION
    sigma = detector.blur_sigma_mm / pitch * _SUBDIVISION
    reach = math.ceil((radius + 6.0 * sigma) / _SUBDIVISION) + 1
    starts = [math.floor(position) - reach for position in detail.centre_px]
    size = 2 * reach + 2
    axes = [
        (np.arange(size * _SUBDIVISION) + 0.5 - _SUBDIVISION / 2)
        - (detail.centre_px[axis] - starts[axis]) * _SUBDIVISION
        for axis in (0, 1)
    ]
    fine = np.clip(radius - np.hypot(axes[0][:, None], axes[1][None, :]) + 0.5, 0.0, 1.0)
    if sigma > 0:
        fine = gaussian_filter(fine, sigma, mode="constant", truncate=6.0)
    disc = detail.contrast * fine.reshape(size, _SUBDIVISION, size, _SUBDIVISION).mean(axis=(1, 3))
    image, patch = [], []
    for axis in (0, 1):
        first, last = max(0, starts[axis]), min(absorbed.shape[axis], starts[axis] + size)
        if last <= first:
            return
        image.append(slice(first, last))
        patch.append(slice(first - starts[axis], last - starts[axis]))
    absorbed[image[0], image[1]] += disc[patch[0], patch[1]]
