"""Star pattern seen through a focal spot of known size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2, rfftfreq

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom


@dataclass(frozen=True, slots=True, kw_only=True)
class StarTruth:
    """Truth of a star pattern.

    Parameters
    ----------
    focal_spot_mm : (float, float)
        Extent of the uniform rectangular focal spot along rows (from the top down) and along columns.
    magnification : float
        Distance from focus to detector over distance from focus to star.
    spoke_angle_deg : float
        Angle of one spoke, which is that of the gap beside it.
    star_diameter_mm : float
        Diameter over the spokes, at the star.
    centre_px : (float, float)
        Row and column of the star's centre.
    rotation_deg : float
        Angle of the first edge of a spoke, from the direction of growing columns towards growing rows.
    detector : Detector
        Gives blur and noise.
    """

    focal_spot_mm: tuple[float, float]
    magnification: float
    spoke_angle_deg: float
    star_diameter_mm: float
    centre_px: tuple[float, float]
    rotation_deg: float
    detector: Detector

    @property
    def blur_diameters_mm(self) -> tuple[float, float]:
        """Diameter of the outermost ring without contrast that the spot's extent along rows and along columns makes.

        There the period of the spokes, 2·θ·D/2, is as wide as the spot in the image, f·(M − 1).
        """
        theta = math.radians(self.spoke_angle_deg)
        rows, columns = (size * (self.magnification - 1.0) / theta for size in self.focal_spot_mm)
        return rows, columns


def simulate_star(
    detector: Detector,
    *,
    shape: tuple[int, int],
    focal_spot_mm: tuple[float, float],
    magnification: float,
    spoke_angle_deg: float = 2.0,
    star_diameter_mm: float = 45.0,
    centre_px: tuple[float, float] | None = None,
    rotation_deg: float = 0.0,
    transmission: float = 0.2,
    kerma_ugy: float = 10.0,
    subdivision: int = 3,
    seed: int = 0,
    noise: bool = True,
) -> Phantom[StarTruth]:
    """Image of a star of equal spokes and gaps, blurred by a uniform rectangular focal spot.

    Parameters
    ----------
    detector : Detector
        What sees it.
    shape : (int, int)
        Rows and columns.
    focal_spot_mm : (float, float)
        Extent of the focal spot along rows and along columns; 0 is a point.
    magnification : float
        Above 1.
    spoke_angle_deg : float
        Angle of one spoke; a whole number of spokes and gaps fills the circle.
    star_diameter_mm : float
        Diameter over the spokes, at the star; nothing lies outside.
    centre_px : (float, float), optional
        Row and column of the centre; the middle of the image without.
    rotation_deg : float
        Angle of the first spoke's edge.
    transmission : float
        Of a spoke.
    kerma_ugy : float
        Kerma beside the spokes.
    subdivision : int
        Points of the fine grid per pixel and direction.
    seed : int
        Of the noise.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `StarTruth`. Spot and blur are exact on the fine grid and the aperture is its mean; what is left of the
        grid is below 1e-3 of the kerma with three points per pixel where the spokes are wider than a pixel.
    """
    pairs = 180.0 / spoke_angle_deg
    if abs(pairs - round(pairs)) > 1e-6 or not magnification > 1.0:
        raise ValueError(
            f"spokes of {spoke_angle_deg} deg at magnification {magnification}; needed a part of 180 deg, and above 1"
        )
    rows, columns = centre_px or ((shape[0] - 1) / 2, (shape[1] - 1) / 2)
    truth = StarTruth(
        focal_spot_mm=focal_spot_mm,
        magnification=magnification,
        spoke_angle_deg=spoke_angle_deg,
        star_diameter_mm=star_diameter_mm,
        centre_px=(rows, columns),
        rotation_deg=rotation_deg,
        detector=detector,
    )
    pitch = detector.pixel_pitch_mm
    spot_mm = [size * (magnification - 1.0) for size in focal_spot_mm]
    margin = math.ceil((max(spot_mm) / 2 + 6.0 * detector.blur_sigma_mm) / pitch) + 1
    fine = pitch / subdivision
    axes = [
        np.arange(0.5, (count + 2 * margin) * subdivision) * fine - (middle + 0.5 + margin) * pitch
        for count, middle in zip(shape, (rows, columns), strict=True)
    ]
    covered = _coverage(axes[0], axes[1], truth, round(pairs), fine)
    seen = _blurred(covered, fine, spot_mm, detector.blur_sigma_mm)
    height, width = shape[0] + 2 * margin, shape[1] + 2 * margin
    seen = seen.reshape(height, subdivision, width, subdivision).mean(axis=(1, 3))[margin:-margin, margin:-margin]
    kerma = kerma_ugy * (1.0 - (1.0 - transmission) * seen)
    return expose(detector, kerma, truth, seed=seed, noise=noise)


def _coverage(
    down_mm: NDArray[np.float64], right_mm: NDArray[np.float64], truth: StarTruth, pairs: int, fine_mm: float
) -> NDArray[np.float64]:
    """Part of each point of the fine grid that spokes cover, from the distance to their nearest edge."""
    down, right = down_mm[:, None], right_mm[None, :]
    radius = np.hypot(down, right)
    turns = (np.arctan2(down, right) - math.radians(truth.rotation_deg)) * pairs / (2.0 * np.pi)
    phase = turns - np.floor(turns)  # spoke from 0 to 1/2, gap from 1/2 to 1
    to_edge = (0.25 - np.abs(phase - 0.25)) * (2.0 * np.pi / pairs)
    to_edge = np.where(phase > 0.75, -(1.0 - phase) * (2.0 * np.pi / pairs), to_edge)
    nearest = np.maximum(radius, fine_mm)
    widths = np.abs(down) / nearest, np.abs(right) / nearest
    spokes = _side(radius * np.sin(to_edge) / fine_mm, *widths)
    outer = truth.star_diameter_mm * truth.magnification / 2.0
    return spokes * _side((outer - radius) / fine_mm, *widths)


def _side(distance: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of a unit square on the positive side of a line, by its centre's distance and the line's direction cosines.

    Across the line the square is the convolution of two boxes as wide as the cosines.
    """
    covered = (distance > 0).astype(np.float64)
    near = np.abs(distance) < 0.75
    x, wide, narrow = (
        distance[near],
        np.maximum(np.maximum(one, other)[near], 0.5),
        np.maximum(np.minimum(one, other)[near], 1e-4),
    )
    half, rest = (wide + narrow) / 2, (wide - narrow) / 2
    parabolas = (np.maximum(x + shift, 0.0) ** 2 for shift in (half, rest, -rest, -half))
    first, second, third, fourth = parabolas
    covered[near] = (first - second - third + fourth) / (2.0 * wide * narrow)
    return covered


def _blurred(
    image: NDArray[np.float64], spacing_mm: float, spot_mm: list[float], sigma_mm: float
) -> NDArray[np.float64]:
    """Image through a rectangle (rows, columns) and a Gaussian, by their transfer functions."""
    rows, columns = (next_fast_len(count, real=True) for count in image.shape)
    v = np.fft.fftfreq(rows, spacing_mm)
    u = rfftfreq(columns, spacing_mm)
    along_rows = np.sinc(v * spot_mm[0]) * np.exp(-2.0 * (np.pi * sigma_mm * v) ** 2)
    along_columns = np.sinc(u * spot_mm[1]) * np.exp(-2.0 * (np.pi * sigma_mm * u) ** 2)
    spectrum = rfft2(image, (rows, columns)) * along_rows[:, None] * along_columns[None, :]
    blurred = irfft2(spectrum, (rows, columns))
    return np.asarray(blurred[: image.shape[0], : image.shape[1]], dtype=np.float64)
