"""Slanted edges whose pixels are the exact integral of the edge over blur and aperture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.gaussian import blurred_parabola, blurred_ramp, blurred_step, glared_parabola, glared_ramp
from xrayiq_phantoms.phantom import Phantom

Across = Literal["columns", "rows"]
DarkSide = Literal["left", "right", "upper", "lower"]

#: a projected aperture narrower than this part of the pixel counts as a point (its effect is below 1e-12)
_POINT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeTruth:
    """Truth of a slanted edge.

    Parameters
    ----------
    angle_deg : float
        Signed angle of the edge to the nearer axis: positive if, for ``across="columns"``, the edge moves to higher
        columns with growing row (for ``"rows"``: to higher rows with growing column).
    across : {"columns", "rows"}
        Axis that the profile runs along; ``columns`` is an edge nearly vertical.
    dark_side : {"left", "right", "upper", "lower"}
        Side of the absorber.
    point_px : (float, float)
        A point (row, column) of the edge.
    bright_ugy, dark_ugy : float
        Kerma on both sides.
    detector : Detector
        Gives blur and aperture.
    glare_fraction, glare_length_mm : float
        Part g of the signal that spreads as exp(−|x|/λ) across the edge, and its length λ.
    """

    angle_deg: float
    across: Across
    dark_side: DarkSide
    point_px: tuple[float, float]
    bright_ugy: float
    dark_ugy: float
    detector: Detector
    glare_fraction: float = 0.0
    glare_length_mm: float = 5.0

    @property
    def edge_angle_deg(self) -> float:
        """Angle to the nearer axis without its sign."""
        return abs(self.angle_deg)

    def mtf(self, frequencies_per_mm: NDArray[Any] | float) -> NDArray[np.float64]:
        """Presampled MTF along the edge normal: the detector's times 1 − g + g / (1 + (2πλf)²)."""
        sharp = self.detector.presampled_mtf(frequencies_per_mm, angle_deg=self.angle_deg)
        f = np.asarray(frequencies_per_mm, dtype=np.float64)
        kept = 1.0 - self.glare_fraction + self.glare_fraction / (1.0 + (2.0 * np.pi * self.glare_length_mm * f) ** 2)
        return np.asarray(sharp * kept, dtype=np.float64)

    @property
    def low_frequency_drop(self) -> float:
        """Part that the MTF loses within the lowest frequencies: the glare."""
        return self.glare_fraction

    def frequency_per_mm(self, level: float) -> float:
        """Lowest frequency along the normal at which the MTF has fallen to a level between 0 and 1."""
        if not 0 < level < 1:
            raise ValueError(f"MTF level {level}; needed a level between 0 and 1")
        cosine = np.cos(np.deg2rad(self.angle_deg))
        zero = 1.0 / (self.detector.pixel_pitch_mm * cosine)  # first zero of the aperture, for angles up to 45 degrees
        return float(brentq(lambda f: float(self.mtf(f)) - level, 0.0, zero, xtol=1e-13))

    @property
    def f50_per_mm(self) -> float:
        """Frequency at which the MTF is 0.5."""
        return self.frequency_per_mm(0.5)

    @property
    def f10_per_mm(self) -> float:
        """Frequency at which the MTF is 0.1."""
        return self.frequency_per_mm(0.1)


def edge_profile(
    distance_mm: NDArray[Any],
    *,
    pitch_mm: float,
    sigma_mm: float,
    angle_deg: float,
    glare_length_mm: float | None = None,
) -> NDArray[np.float64]:
    """Mean over a square pixel of a Gaussian-blurred half plane, exact.

    Parameters
    ----------
    distance_mm : array
        Signed distance of pixel centres from the edge; positive on the side of value 1.
    pitch_mm : float
        Side p of the pixel.
    sigma_mm : float
        Blur.
    angle_deg : float
        Angle α of the edge to the pixel's sides.
    glare_length_mm : float, optional
        Length λ of a further line spread exp(−|x|/λ)/2λ; none if not given.

    Returns
    -------
    array of float64
        0 to 1. Along the normal the pixel is the convolution of boxes of widths p·cos α and p·sin α, so the value is
        a second difference of the blurred half parabola (a first difference of the blurred ramp for α = 0).
    """
    x = np.asarray(distance_mm, dtype=np.float64)
    alpha = np.deg2rad(angle_deg)
    wide, narrow = sorted((pitch_mm * abs(np.cos(alpha)), pitch_mm * abs(np.sin(alpha))), reverse=True)
    if narrow < _POINT * pitch_mm:
        upper = _ramp(x + wide / 2, sigma_mm, glare_length_mm)
        return np.asarray((upper - _ramp(x - wide / 2, sigma_mm, glare_length_mm)) / wide, dtype=np.float64)
    outer, inner = (wide + narrow) / 2, (wide - narrow) / 2
    signs_and_places = ((1.0, outer), (-1.0, inner), (-1.0, -inner), (1.0, -outer))
    second = sum(sign * _parabola(x + place, sigma_mm, glare_length_mm) for sign, place in signs_and_places)
    return np.asarray(second / (wide * narrow), dtype=np.float64)


def _ramp(x: NDArray[np.float64], sigma_mm: float, glare_length_mm: float | None) -> NDArray[np.float64]:
    if glare_length_mm is None:
        return blurred_ramp(x, sigma_mm=sigma_mm)
    return glared_ramp(x, sigma_mm=sigma_mm, length_mm=glare_length_mm)


def _parabola(x: NDArray[np.float64], sigma_mm: float, glare_length_mm: float | None) -> NDArray[np.float64]:
    if glare_length_mm is None:
        return blurred_parabola(x, sigma_mm=sigma_mm)
    return glared_parabola(x, sigma_mm=sigma_mm, length_mm=glare_length_mm)


def simulate_edge(
    detector: Detector,
    *,
    shape: tuple[int, int] = (600, 600),
    angle_deg: float = 3.0,
    across: Across = "columns",
    dark_side: DarkSide | None = None,
    kerma_ugy: float = 8.0,
    transmission: float = 0.03,
    offset_px: float = 0.0,
    glare_fraction: float = 0.0,
    glare_length_mm: float = 5.0,
    seed: int = 0,
    noise: bool = True,
) -> Phantom[EdgeTruth]:
    """Image of a slanted edge.

    Parameters
    ----------
    detector : Detector
        What sees it; with ``quantised=False`` and ``noise=False`` the image is exact.
    shape : (int, int)
        Rows and columns.
    angle_deg : float
        Signed angle to the nearer axis, −45 to 45; see `EdgeTruth`.
    across : {"columns", "rows"}
        Axis that the profile runs along: ``columns`` for an edge nearly vertical, ``rows`` nearly horizontal.
    dark_side : {"left", "right", "upper", "lower"}, optional
        Side of the absorber: left or right for ``columns`` (left if not given), upper or lower for ``rows`` (upper).
    kerma_ugy : float
        Kerma on the bright side.
    transmission : float
        Kerma on the dark side as a part of it.
    offset_px : float
        Shift of the edge from the middle of the image along `across`: its phase.
    glare_fraction, glare_length_mm : float
        Part g of the signal that spreads over a long range as exp(−|x|/λ), and its length λ; the noise has none of it.
    seed : int
        Of the noise.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With an `EdgeTruth`.
    """
    side = dark_side or ("left" if across == "columns" else "upper")
    if side not in (("left", "right") if across == "columns" else ("upper", "lower")):
        raise ValueError(f"dark side {side!r} with the profile across {across}; needed a side that lies across")
    if not -45.0 <= angle_deg <= 45.0:
        raise ValueError(f"edge at {angle_deg} deg; needed -45 to 45 deg to the nearer axis")
    middle = [(count - 1) / 2 for count in shape]
    middle[1 if across == "columns" else 0] += offset_px
    rows = np.arange(shape[0])[:, None] - middle[0]
    columns = np.arange(shape[1])[None, :] - middle[1]
    alpha = np.deg2rad(angle_deg)
    along, beside = (columns, rows) if across == "columns" else (rows, columns)
    distance = detector.pixel_pitch_mm * (along * np.cos(alpha) - beside * np.sin(alpha))
    if side in ("right", "lower"):
        distance = -distance
    step = _image_profile(distance, detector, angle_deg)
    if glare_fraction > 0.0:
        pixel = {"pitch_mm": detector.pixel_pitch_mm, "sigma_mm": detector.blur_sigma_mm, "angle_deg": angle_deg}
        glare = edge_profile(distance, glare_length_mm=glare_length_mm, **pixel)
        step = (1.0 - glare_fraction) * step + glare_fraction * glare
    dark = kerma_ugy * transmission
    truth = EdgeTruth(
        angle_deg=angle_deg,
        across=across,
        dark_side=side,
        point_px=(middle[0], middle[1]),
        bright_ugy=kerma_ugy,
        dark_ugy=dark,
        detector=detector,
        glare_fraction=glare_fraction,
        glare_length_mm=glare_length_mm,
    )
    return expose(detector, dark + (kerma_ugy - dark) * step, truth, seed=seed, noise=noise)


def _image_profile(distance_mm: NDArray[np.float64], detector: Detector, angle_deg: float) -> NDArray[np.float64]:
    """Profile over the image, evaluated only where blur and aperture reach across the edge."""
    reach = 9.0 * detector.blur_sigma_mm + detector.pixel_pitch_mm
    profile = blurred_step(distance_mm, sigma_mm=0.0)
    near = np.abs(distance_mm) < reach
    profile[near] = edge_profile(
        distance_mm[near], pitch_mm=detector.pixel_pitch_mm, sigma_mm=detector.blur_sigma_mm, angle_deg=angle_deg
    )
    return profile
