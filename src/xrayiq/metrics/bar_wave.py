"""The square wave in one group of bars: its direction and period, and its harmonics through blur and pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]

#: bars of the first group are looked for within these of what was asked
_ANGLE_RANGE_RAD: Final = np.radians(15.0)
_FREQUENCY_RANGE: Final = 0.15
#: those of the next groups within these of the group before
_NEXT_ANGLE_RAD: Final = np.radians(1.0)
_NEXT_RANGE: Final = 0.03
#: amplitude over its standard error from which on a group says where it lies
_SIGNIFICANCE: Final = 8.0
#: greatest ratio of singular values of the harmonics at the pixels
_GREATEST_CONDITION: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BarWave:
    """A group's wave.

    Parameters
    ----------
    frequency_per_mm : float
        Across the bars.
    angle_rad : float
        Signed angle of the bars to the lines.
    difference : float
        Signal in the middle of the gaps less that in the middle of the bars.
    difference_error : float
        Its standard error from the residual.
    amplitude, amplitude_error : float
        Of the fundamental, and its standard error.
    condition : float
        Ratio of the greatest to the least singular value of the harmonics at the pixels: large where pixels sample few
        phases of the wave.
    """

    frequency_per_mm: float
    angle_rad: float
    difference: float
    difference_error: float
    amplitude: float
    amplitude_error: float
    condition: float

    @property
    def significant(self) -> bool:
        """Whether the wave stands out of the noise."""
        return self.amplitude > _SIGNIFICANCE * self.amplitude_error

    @property
    def well_sampled(self) -> bool:
        """Whether the pixels tell the harmonics apart."""
        return self.condition <= _GREATEST_CONDITION


def fit_bar_wave(
    values: Floats, *, pitch_mm: tuple[float, float], frequency_per_mm: float, before: BarWave | None, ratio: float
) -> BarWave:
    """Wave of a group of bars that cross the columns.

    Parameters
    ----------
    values : (lines, columns) array
        Signal; NaN is left out.
    pitch_mm : tuple of float
        Distance of lines and of columns.
    frequency_per_mm : float
        Line pairs per mm as engraved.
    before : BarWave or None
        The group before, whose angle this one shares; None for the first.
    ratio : float
        Frequency found over frequency engraved in the group before.

    Returns
    -------
    BarWave
        Direction and period follow from the fundamental by least squares, from the best of a grid; a group that does
        not stand out of the noise has those of the group before.
    """
    lines, columns = np.nonzero(np.isfinite(values))
    signal = values[lines, columns]
    y = (lines - (values.shape[0] - 1) / 2.0) * pitch_mm[0]
    x = (columns - (values.shape[1] - 1) / 2.0) * pitch_mm[1]
    expected = frequency_per_mm * ratio
    angle = 0.0 if before is None else before.angle_rad
    angle_range = _ANGLE_RANGE_RAD if before is None else _NEXT_ANGLE_RAD
    frequency_range = _FREQUENCY_RANGE if before is None else _NEXT_RANGE
    length, width = (count * pitch for count, pitch in zip(values.shape, pitch_mm, strict=True))
    angles = angle + _steps(angle_range, 0.25 / (expected * length))
    frequencies = expected * (1.0 + _steps(frequency_range, 0.25 / (expected * width)))
    centred = signal - signal.mean()
    places = np.array([(frequency, tilt) for frequency in frequencies for tilt in angles])
    start = places[np.argmin([_residual(place, centred, x, y) for place in places])]
    scale = np.array([0.1 / width, 0.1 / (expected * length)])

    def remaining(steps: Floats) -> float:
        return _residual(start + steps * scale, centred, x, y)

    options = {"xatol": 1e-4, "fatol": 1e-13, "maxiter": 200}
    best = minimize(  # type: ignore[call-overload]  # the stubs know these options as a mapping of their own
        remaining, np.zeros(2), method="Nelder-Mead", options=options
    )
    found_frequency, found_angle = start + best.x * scale
    wave = _wave(float(found_frequency), float(found_angle), signal, x, y, pitch_mm[1])
    if before is None or wave.significant:
        return wave
    return _wave(expected, angle, signal, x, y, pitch_mm[1])


def _steps(half_range: float, step: float) -> Floats:
    count = int(np.ceil(half_range / step))
    return np.asarray(np.linspace(-half_range, half_range, 2 * count + 1), dtype=np.float64)


def _phases(place: Floats, x: Floats, y: Floats) -> Floats:
    frequency, angle = place
    return np.asarray(2.0 * np.pi * frequency * (x * np.cos(angle) - y * np.sin(angle)), dtype=np.float64)


def _residual(place: Floats, centred: Floats, x: Floats, y: Floats) -> float:
    """Share of the variance of a signal about its mean that a sine leaves."""
    phase = _phases(place, x, y)
    cosine, sine = np.cos(phase), np.sin(phase)
    cosine -= cosine.mean()
    sine -= sine.mean()
    with_cosine, with_sine = float(np.sum(centred * cosine)), float(np.sum(centred * sine))
    cosines, sines, mixed = float(np.sum(cosine**2)), float(np.sum(sine**2)), float(np.sum(cosine * sine))
    determinant = cosines * sines - mixed**2
    total = float(np.sum(centred**2))
    if determinant <= 1e-9 * cosines * sines or total <= 0.0:
        return 1.0
    explained = with_cosine**2 * sines - 2.0 * with_cosine * with_sine * mixed + with_sine**2 * cosines
    return 1.0 - explained / determinant / total


def _wave(frequency: float, angle: float, signal: Floats, x: Floats, y: Floats, pitch_mm: float) -> BarWave:
    """Harmonics of a wave of known direction and period, by least squares on a plane."""
    phase = _phases(np.array([frequency, angle]), x, y)
    # beyond the first zero of the aperture harmonics are too faint to be told
    orders = [order for order in range(1, 20, 2) if order == 1 or order * frequency < 1.0 / pitch_mm]
    waves = [function(order * phase) for order in orders for function in (np.cos, np.sin)]
    flat = [np.ones(phase.size), x / max(float(np.abs(x).max()), 1e-9), y / max(float(np.abs(y).max()), 1e-9)]
    design = np.column_stack((*flat, *waves))
    normal = np.einsum("ni,nj->ij", design, design)
    sizes = np.linalg.eigvalsh(normal)
    inverse = np.linalg.pinv(normal)
    coefficients = inverse @ np.einsum("ni,n->i", design, signal)
    residual = signal - np.einsum("ni,i->n", design, coefficients)
    covariance = inverse * (float(np.sum(residual**2)) / max(signal.size - design.shape[1], 1))
    top = float(np.arctan2(coefficients[4], coefficients[3]))
    contrast = np.zeros(design.shape[1])
    for index, order in enumerate(orders):
        contrast[3 + 2 * index : 5 + 2 * index] = 2.0 * np.cos(order * top), 2.0 * np.sin(order * top)
    fundamental = np.zeros(design.shape[1])
    fundamental[3:5] = np.cos(top), np.sin(top)
    return BarWave(
        frequency_per_mm=frequency,
        angle_rad=angle,
        difference=float(contrast @ coefficients),
        difference_error=float(np.sqrt(contrast @ covariance @ contrast)),
        amplitude=float(fundamental @ coefficients),
        amplitude_error=float(np.sqrt(fundamental @ covariance @ fundamental)),
        condition=float(np.sqrt(sizes[-1] / max(float(sizes[0]), 1e-12 * float(sizes[-1])))),
    )
