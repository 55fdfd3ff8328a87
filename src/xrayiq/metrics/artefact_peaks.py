"""Peaks of the noise power of a flat field: lines of an anti-scatter grid, their moiré, and interference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft, rfft
from scipy.ndimage import median_filter

Signals = NDArray[np.float32]
Spectrum = NDArray[np.complex64]

#: power over the median of the bins around above which a peak is one, and bins on either side of it
PEAK_OVER_MEDIAN: Final = 6.0
AROUND_BINS: Final = 10
#: bins at the lower end that hold the trend
_TREND_BINS: Final = 8
#: bins on either side over which the power of one line spreads under a Hann window
_SPREAD_BINS: Final = 2
#: peaks of one direction
_MOST_PEAKS: Final = 50
#: bins within which two peaks are one
_SAME_BINS: Final = 2.0
#: part of a grid's line density by which it may differ from what is stated or be magnified
_GRID_TOLERANCE: Final = 0.01
#: multiples of the line density that are looked for
_HARMONICS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPeak:
    """A wave that runs through the image.

    Parameters
    ----------
    frequency_per_mm : float
        As sampled, up to the Nyquist frequency in each direction.
    angle_deg : float
        Of the wave, −90 to 90: 0 varies along a row, so that its lines run from top to bottom; it grows towards rows
        further down.
    amplitude_fraction : float
        A of A·cos, as a part of the signal.
    power_ratio : float
        Power of its bin over the median of the bins around, in the average power of rows or columns.
    grid_harmonic : int or None
        Multiple of the grid's line density that it is the alias of; None where it is none or no density was given.
    """

    frequency_per_mm: float
    angle_deg: float
    amplitude_fraction: float
    power_ratio: float
    grid_harmonic: int | None = None

    @property
    def across(self) -> str:
        """Direction along which it varies most: ``"columns"`` (lines from top to bottom) or ``"rows"``."""
        return "columns" if abs(self.angle_deg) <= 45.0 else "rows"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AveragePower:
    """Average power of the rows or columns of a flat field.

    Parameters
    ----------
    frequencies_per_mm : 1-D array
        From 0 up to the Nyquist frequency.
    values_mm : 1-D array
        One-sided power density of the relative signal along one direction.
    medians_mm : 1-D array
        Running median over 21 bins.
    """

    frequencies_per_mm: NDArray[np.float64]
    values_mm: NDArray[np.float64]
    medians_mm: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Peak with its frequencies in bins along columns and rows."""

    bins: tuple[float, float]
    amplitude: float
    ratio: float


def peaks_in(
    values: Signals, *, pitch_mm: tuple[float, float], grid_line_density_per_mm: float | None = None
) -> tuple[tuple[GridPeak, ...], AveragePower, AveragePower]:
    """Waves of a flat field, the strongest first, with the average power of its rows and of its columns.

    Parameters
    ----------
    values : 2-D array of float32
        Flat field over its trend, without seams.
    pitch_mm : tuple of (float, float)
        Distance of neighbouring rows and of neighbouring columns.
    grid_line_density_per_mm : float, optional
        Lines per mm of the grid, at the detector.

    Returns
    -------
    peaks : tuple of GridPeak
        Waves of 8 periods or more over the image in one of the directions.
    along_rows, along_columns : AveragePower
        Power over the frequency along a row, averaged over the rows, and the other way round.

    Notes
    -----
    Each line is taken as its deviation from 1 under a Hann window. A bin of the average power that is greatest of its
    neighbours and exceeds 6 times the median of the 10 bins on either side is a peak. Its amplitude is √(2·P·Δf) with
    the power density P less that median, summed over the 5 bins that the window spreads it over. Its place in two
    dimensions is the greatest value of the transform along the other direction at the peak's bin; between the bins it
    follows from the ratio of two neighbours under the Hann window.

    Lines of density f show at |f − k/p| for pixels of pitch p; a peak within 1 % of f about that of one of the first
    three multiples is named by it.
    """
    flat = values - np.float32(1.0)
    along_rows, found = _along(flat, pitch_mm[1])
    along_columns, turned = _along(np.ascontiguousarray(flat.T), pitch_mm[0])
    every = found + [_turned(peak) for peak in turned]
    rows, columns = values.shape
    kept: list[_Found] = []
    for peak in sorted(every, key=lambda one: -one.amplitude):
        if not any(_same(peak, other) for other in kept):
            kept.append(peak)
    peaks = []
    for peak in kept:
        u, v = peak.bins[0] / (columns * pitch_mm[1]), peak.bins[1] / (rows * pitch_mm[0])
        frequency = math.hypot(u, v)
        across_pitch = pitch_mm[1] if abs(u) >= abs(v) else pitch_mm[0]
        peaks.append(
            GridPeak(
                frequency_per_mm=frequency,
                angle_deg=_angle_deg(u, v),
                amplitude_fraction=peak.amplitude,
                power_ratio=peak.ratio,
                grid_harmonic=_harmonic(frequency, across_pitch, grid_line_density_per_mm),
            )
        )
    return tuple(peaks), along_rows, along_columns


def alias_per_mm(density_per_mm: float, pitch_mm: float) -> float:
    """Frequency at which lines show in pixels: |f − k/p| with the k that brings it below the Nyquist frequency.

    Parameters
    ----------
    density_per_mm : float
        Lines per mm, f.
    pitch_mm : float
        Distance of neighbouring pixels across the lines, p.

    Returns
    -------
    float
        Up to 1/(2p).
    """
    return abs(density_per_mm - round(density_per_mm * pitch_mm) / pitch_mm)


def _along(flat: Signals, pitch_mm: float) -> tuple[AveragePower, list[_Found]]:
    """Average power along rows, and its peaks."""
    lines, count = flat.shape
    window = _hann(count)
    spectrum: Spectrum = rfft(flat * window, axis=1)
    squares = (spectrum.real**2 + spectrum.imag**2).mean(axis=0, dtype=np.float64)
    # one-sided: Σ over bins of power · Δf is the variance
    power = squares * (2.0 * pitch_mm / float(np.sum(window.astype(np.float64) ** 2)))
    medians = median_filter(power, size=2 * AROUND_BINS + 1, mode="nearest")
    step_per_mm = 1.0 / (count * pitch_mm)
    average = AveragePower(frequencies_per_mm=np.arange(power.size) * step_per_mm, values_mm=power, medians_mm=medians)
    bins = np.arange(_TREND_BINS, power.size)
    after = np.append(power[1:], 0.0)
    high = bins[
        (power[bins] > PEAK_OVER_MEDIAN * medians[bins])
        & (power[bins] >= power[bins - 1])
        & (power[bins] > after[bins])
    ]
    high = high[np.argsort(-power[high])][:_MOST_PEAKS]
    found = []
    for middle in high.tolist():
        near = slice(middle - _SPREAD_BINS, min(middle + _SPREAD_BINS + 1, power.size))
        excess = float(np.sum(power[near] - medians[middle]))
        found.append(
            _Found(
                bins=_place(spectrum, middle, lines),
                amplitude=math.sqrt(2.0 * max(excess, 0.0) * step_per_mm),
                ratio=float(power[middle] / medians[middle]) if medians[middle] > 0 else math.inf,
            )
        )
    return average, found


def _place(spectrum: Spectrum, middle: int, lines: int) -> tuple[float, float]:
    """Frequency along the row and across the rows, in bins of either."""
    near = spectrum[:, max(middle - 1, 0) : middle + 2] * _hann(lines)[:, None]
    sizes = np.abs(fft(near, axis=0))
    across = int(sizes[:, 1].argmax())
    first = _between(sizes[across]) if sizes.shape[1] == 3 else 0.0
    second = _between(sizes[[across - 1, across, (across + 1) % lines], 1])
    signed = across if across <= lines // 2 else across - lines
    return middle + first, signed + second


def _between(three: NDArray[np.float32]) -> float:
    """Place of a line between bins from three sizes under a Hann window: (2r − 1)/(r + 1) with the ratio r of two."""
    before, middle, behind = (float(value) for value in three)
    if middle <= 0:
        return 0.0
    ratio = max(before, behind) / middle
    part = min(max((2.0 * ratio - 1.0) / (ratio + 1.0), 0.0), 0.5)
    return part if behind >= before else -part


def _turned(peak: _Found) -> _Found:
    """Peak of the transposed image in the image's own directions, with a frequency along rows of 0 or more."""
    v, u = peak.bins
    return _Found(bins=(-u, -v) if u < 0 else (u, v), amplitude=peak.amplitude, ratio=peak.ratio)


def _same(first: _Found, second: _Found) -> bool:
    """Whether two peaks are one wave; (u, v) and (−u, −v) are."""
    return any(
        abs(first.bins[0] - sign * second.bins[0]) < _SAME_BINS
        and abs(first.bins[1] - sign * second.bins[1]) < _SAME_BINS
        for sign in (1.0, -1.0)
    )


def _angle_deg(u: float, v: float) -> float:
    angle = math.degrees(math.atan2(v, u))
    return angle - 180.0 if angle > 90.0 else angle + 180.0 if angle <= -90.0 else angle


def _harmonic(frequency_per_mm: float, pitch_mm: float, density_per_mm: float | None) -> int | None:
    if density_per_mm is None:
        return None
    for number in range(1, _HARMONICS + 1):
        expected = alias_per_mm(number * density_per_mm, pitch_mm)
        if abs(frequency_per_mm - expected) <= _GRID_TOLERANCE * number * density_per_mm:
            return number
    return None


def _hann(count: int) -> NDArray[np.float32]:
    """Periodic Hann window."""
    from scipy.signal.windows import hann  # loads for a second: not with a process that measures no flat field

    return np.asarray(hann(count, sym=False), dtype=np.float32)
