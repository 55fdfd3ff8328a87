"""Where the focal spot has blurred the spokes of a star away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics.star_pattern import Star, contrasts

#: least half width of the sectors about the two directions, and of spokes with their gap in them
SECTOR_DEG: Final = 10.0
_SECTOR_PERIODS: Final = 2.0
#: least pixels of a period of the spokes
LEAST_PERIOD_PX: Final = 2.5
#: ring that stands for the star's edge, as parts of its radius
EDGE_RING: Final = (0.85, 0.95)
#: least contrast at the star's edge, as a part of that of sharp spokes: a uniform spot keeps 0.22 at most beyond its
#: first ring without contrast
_LEAST_VISIBILITY: Final = 0.3
#: standard deviations from which on the contrast has a sign, and rings that it is averaged over
_SIGN_SD: Final = 4.0
_SMOOTHED_RINGS: Final = 5
#: range of diameters that the ring without contrast is fitted in, as parts of its own
_FITTED: Final = (0.74, 1.4)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blur:
    """Contrast of the spokes along one direction.

    Parameters
    ----------
    radii_mm, values : 1-D arrays
        Radius of the rings and contrast in them, negative where spokes and gaps have changed places.
    diameter_mm, uncertainty_mm : float
        Diameter of the outermost ring without contrast, and its standard uncertainty.
    """

    radii_mm: Floats
    values: Floats
    diameter_mm: float
    uncertainty_mm: float


def blur_along(
    signal: SignalImage,
    star: Star,
    centre_mm: tuple[float, float],
    direction_deg: float,
    *,
    unit: complex,
    radius: float,
    least: float,
    scale: float,
) -> Blur:
    """Signed contrast of the spokes along one direction, and its outermost zero.

    Parameters
    ----------
    signal : SignalImage
        For the pixel pitch and messages.
    star : Star
        The pixels.
    centre_mm : (float, float)
        Its centre.
    direction_deg : float
        From growing columns towards growing rows.
    unit : complex
        Fundamental of sharp spokes at the phase of the star.
    radius : float
        Outer radius of the star (mm).
    least : float
        Least radius (mm).
    scale : float
        Magnification, for messages.

    Returns
    -------
    Blur
        Contrasts and the ring without contrast.

    Raises
    ------
    NotMeasurableError
        ``blur_beyond_star`` or ``no_blur_zone``.
    """
    half_width = max(SECTOR_DEG, _SECTOR_PERIODS * 360.0 / star.pairs)
    found = contrasts(star, centre_mm, direction_deg=direction_deg, half_width_deg=half_width)
    relative = found.amplitudes / unit
    kept = np.isfinite(relative) & (found.radii_mm > least) & (found.radii_mm < EDGE_RING[1] * radius)
    radii, values, noise = found.radii_mm[kept], relative.real[kept], relative.imag[kept]
    edge = float(np.mean(values[radii > EDGE_RING[0] * radius])) if kept.any() else 0.0
    if edge < _LEAST_VISIBILITY:
        raise NotMeasurableError(
            "blur_beyond_star",
            f"{100.0 * edge:.0f} % of the contrast of sharp spokes left at the edge of the star",
            needed=f"{100.0 * _LEAST_VISIBILITY:.0f} % or more, so that the outermost ring without contrast is on it",
            remedy="lower the magnification, or use a star with a larger angle or diameter",
            source=signal.source,
        )
    noise_level = float(np.sqrt(np.mean(noise**2 * radii)))  # a ring's variance falls as its number of pixels
    zero = _outermost_zero(radii, values, noise_level)
    if zero is None:
        shown = LEAST_PERIOD_PX * max(signal.pitch) / (scale - 1.0)
        raise NotMeasurableError(
            "no_blur_zone",
            f"contrast of the spokes along {direction_deg:g} deg that does not turn its sign out of the noise down to "
            f"{float(values.min()) * 100.0:.1f} %",
            needed=f"a ring without contrast: at magnification {scale:.2f} spots clearly above {shown:.2f} mm have one",
            remedy="raise the magnification or the exposure; a spot that is far from uniform may have no such ring",
            source=signal.source,
        )
    return Blur(radii_mm=radii, values=values, diameter_mm=2.0 * zero[0], uncertainty_mm=2.0 * zero[1])


def _outermost_zero(radii: Floats, values: Floats, noise_level: float) -> tuple[float, float] | None:
    """Radius of the outermost change of sign and its standard uncertainty; None if there is none out of the noise."""
    if radii.size < 3 * _SMOOTHED_RINGS:
        return None
    window = np.ones(_SMOOTHED_RINGS) / _SMOOTHED_RINGS
    middle = radii[_SMOOTHED_RINGS // 2 : -(_SMOOTHED_RINGS // 2)]
    score = np.convolve(values, window, mode="valid") * np.sqrt(middle * _SMOOTHED_RINGS)
    negative = np.flatnonzero(score < -_SIGN_SD * noise_level - 1e-9)
    if negative.size == 0:
        return None
    last = int(negative[-1])
    rises = np.flatnonzero(score[last:] > 0)
    if rises.size == 0:
        return None
    zero = float(middle[last + int(rises[0])])
    uncertainty = 0.0
    for _ in range(3):
        fitted = (radii > _FITTED[0] * zero) & (radii < _FITTED[1] * zero)
        if np.count_nonzero(fitted) < 2 * _SMOOTHED_RINGS:
            return None
        zero, uncertainty = _fitted_zero(radii[fitted], values[fitted], zero, noise_level)
    return zero, uncertainty


def _fitted_zero(radii: Floats, values: Floats, start: float, noise_level: float) -> tuple[float, float]:
    """Zero of a cubic in the frequency of the spokes, relative to that at a start."""
    frequency = start / radii - 1.0
    weights = np.sqrt(radii) / max(noise_level, 1e-12)
    design = np.vander(frequency, 4, increasing=True)
    coefficients = np.linalg.lstsq(design * weights[:, None], values * weights, rcond=None)[0]
    roots = np.polynomial.polynomial.polyroots(coefficients)
    real = roots.real[np.abs(roots.imag) < 1e-6]
    root = float(real[np.argmin(np.abs(real))]) if real.size else 0.0
    covariance = np.linalg.inv((design * weights[:, None]).T @ (design * weights[:, None]))
    powers = root ** np.arange(4)
    slope = coefficients[1] + 2.0 * coefficients[2] * root + 3.0 * coefficients[3] * root**2
    spread = float(np.sqrt(powers @ covariance @ powers)) / max(abs(float(slope)), 1e-12)
    zero = start / (1.0 + np.clip(root, -0.3, 0.3))
    return float(zero), float(spread * zero)
