"""From a located edge to its spread functions and their Fourier transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from xrayiq_kernels.slanted_edge import project_onto_normal

Floats = NDArray[np.float64]

#: bins per pixel pitch
OVERSAMPLING: Final = 10
#: bins whose samples lie nearer together than this part of a bin are one knot of the spline
_CLOSEST_KNOTS: Final = 0.4
#: distance from the edge within which the spread of samples in their bins is weighed
_CORE_MM: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeSpread:
    """Edge spread function along the normal of the edge.

    Parameters
    ----------
    positions_mm : 1-D array
        Regular axis whose points are multiples of the spacing; 0 is the edge.
    values : 1-D array
        Mean signal.
    spacing_mm : float
        Distance of positions.
    bin_variance_mm2 : float
        Mean variance of the samples' distances within their bins, near the edge.
    """

    positions_mm: Floats
    values: Floats
    spacing_mm: float
    bin_variance_mm2: float


def covered_reach_mm(
    shape: tuple[int, int], *, intercept_px: float, slope: float, pitch_mm: tuple[float, float]
) -> tuple[float, float]:
    """Distances from the edge, before and behind it, up to which every line has pixels (negative if not even there)."""
    ends = intercept_px + slope * np.array([0.0, shape[0] - 1.0])
    scale = pitch_mm[1] * normal_cosine(slope, pitch_mm)
    return float(ends.min() * scale), float((shape[1] - 1.0 - ends.max()) * scale)


def normal_cosine(slope: float, pitch_mm: tuple[float, float]) -> float:
    """Cosine of the angle between the edge and the lines' normal; the slope is in columns per line."""
    return float(1.0 / np.hypot(1.0, slope * pitch_mm[1] / pitch_mm[0]))


def project_edge(
    values: Floats,
    *,
    intercept_px: float,
    slope: float,
    pitch_mm: tuple[float, float],
    reach_mm: tuple[float, float],
) -> EdgeSpread:
    """Edge spread function of pixels projected onto the normal of a straight edge.

    Parameters
    ----------
    values : (lines, columns) array
        Signal; NaN is left out.
    intercept_px, slope : float
        The edge: column ``intercept_px + slope · line``.
    pitch_mm : tuple of float
        Distance of lines and of columns.
    reach_mm : tuple of float
        How far to go before and behind the edge.

    Returns
    -------
    EdgeSpread
        Spacing a tenth of the column pitch.

    Notes
    -----
    A bin's mean stands at the mean distance of its samples, not at the bin's middle, and a spline through these points
    gives the regular axis: at angles such as atan(1/8) whole bins stay empty and the others hold their samples at one
    end (standards reference, §3).
    """
    spacing = pitch_mm[1] / OVERSAMPLING
    # bins meet at the edge, so that a flipped image gives the flipped function
    before, behind = (int(np.ceil(reach / spacing)) for reach in reach_mm)
    first = -before * spacing
    sums = project_onto_normal(values, intercept_px, slope, pitch_mm[0], pitch_mm[1], first, spacing, before + behind)
    filled = np.flatnonzero(sums[0])
    count, signal, offset, square = sums[:, filled]
    places = first + (filled + 0.5 + offset / count) * spacing
    variances = (square / count - (offset / count) ** 2) * spacing**2
    core = np.abs(places) < _CORE_MM
    variance = float(np.sum((variances * count)[core]) / max(np.sum(count[core]), 1.0))
    knots, means = _merge_close(places, signal / count, count, _CLOSEST_KNOTS * spacing)
    grid = np.arange(np.ceil(knots[0] / spacing), np.floor(knots[-1] / spacing) + 1) * spacing
    return EdgeSpread(
        positions_mm=grid,
        values=np.asarray(CubicSpline(knots, means)(grid), dtype=np.float64),
        spacing_mm=spacing,
        bin_variance_mm2=max(variance, 0.0),
    )


def _merge_close(places: Floats, means: Floats, count: Floats, closest: float) -> tuple[Floats, Floats]:
    """Weighted means over points nearer together than `closest`: a spline magnifies the noise of close knots."""
    gaps = np.diff(places) < closest
    # a run never takes in a third point, so that knots stay dense
    joined = gaps & ~np.concatenate(([False], gaps[:-1]))
    groups = np.concatenate(([0], np.cumsum(~joined)))
    weight = np.bincount(groups, count)
    return np.bincount(groups, count * places) / weight, np.bincount(groups, count * means) / weight


def line_spread(edge: EdgeSpread) -> tuple[Floats, Floats]:
    """Line spread function by finite difference, positive, of area 1.

    Parameters
    ----------
    edge : EdgeSpread
        Rising or falling.

    Returns
    -------
    positions_mm, values : 1-D arrays
        Middle of neighbouring positions; per mm.
    """
    values = np.diff(edge.values) / edge.spacing_mm
    return edge.positions_mm[:-1] + edge.spacing_mm / 2.0, values / (np.sum(values) * edge.spacing_mm)


def transfer_function(
    line_spread_values: Floats, *, spacing_mm: float, bin_variance_mm2: float, step_per_mm: float, count: int
) -> Floats:
    """Modulus of the Fourier transform of a line spread function, freed of binning and differencing.

    Parameters
    ----------
    line_spread_values : 1-D array
        On a regular axis.
    spacing_mm : float
        Its spacing; the difference of two points this far apart passes sinc(f·spacing).
    bin_variance_mm2 : float
        Variance s² of distances within a bin; averaging over them passes exp(−2π²f²s²).
    step_per_mm : float
        Step of the frequency axis, which starts at 0.
    count : int
        Number of frequencies.

    Returns
    -------
    1-D array
        1 at frequency 0.
    """
    frequencies = np.arange(count) * step_per_mm
    from scipy.signal import zoom_fft  # loads for a second: not with every process

    spectrum = np.abs(zoom_fft(line_spread_values, [0.0, count * step_per_mm], m=count, fs=1.0 / spacing_mm))
    passed = np.sinc(frequencies * spacing_mm) * np.exp(-2.0 * np.pi**2 * frequencies**2 * bin_variance_mm2)
    return np.asarray(spectrum / spectrum[0] / passed, dtype=np.float64)


def first_crossing(frequencies_per_mm: Floats, values: Floats, level: float) -> float | None:
    """Lowest frequency at which a curve that starts above a level has fallen to it, None where it never does."""
    below = np.flatnonzero(values <= level)
    if below.size == 0 or below[0] == 0:
        return None
    last = int(below[0])
    part = (values[last - 1] - level) / (values[last - 1] - values[last])
    return float(frequencies_per_mm[last - 1] + part * (frequencies_per_mm[last] - frequencies_per_mm[last - 1]))
