"""Decay of lag as one exponential or two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

#: values that a fit of two exponentials, with four parameters, needs
LEAST_FRAMES: Final = 6
#: chi-square that two more parameters must gain: 99 % of draws without them gain less
_GAIN: Final = 9.21
#: time constants tried before the fit, over the span of the times
_TRIED: Final = 32

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LagDecay:
    """Lag as a sum of exponentials: Σ aᵢ exp(−t/τᵢ), t from the exposed frame on.

    Parameters
    ----------
    amplitudes, amplitude_uncertainties : 1-D arrays
        Parts of the exposed frame's signal, and their standard uncertainties.
    time_constants, time_constant_uncertainties : 1-D arrays
        Rising, in `time_unit`.
    time_unit : {"s", "frame"}
        Seconds where the times were given, otherwise frames.
    chi_square_reduced : float
        Of the fit; about 1 where the sum of exponentials describes the decay.
    """

    amplitudes: Floats
    amplitude_uncertainties: Floats
    time_constants: Floats
    time_constant_uncertainties: Floats
    time_unit: Literal["s", "frame"]
    chi_square_reduced: float

    def values(self, times: ArrayLike) -> Floats:
        """Lag at some times.

        Parameters
        ----------
        times : array_like
            Times after the exposed frame, in `time_unit`.

        Returns
        -------
        array of float64
            Of their shape.
        """
        each = np.asarray(times, dtype=np.float64)[..., None]
        return np.asarray(np.sum(self.amplitudes * np.exp(-each / self.time_constants), axis=-1), dtype=np.float64)


def fit_decay(
    times: Floats, values: Floats, uncertainties: Floats, *, time_unit: Literal["s", "frame"]
) -> LagDecay | None:
    """Least-squares fit of two exponentials, or of one where two are not better.

    Parameters
    ----------
    times, values, uncertainties : 1-D arrays
        Rising times after the exposure, lag and its standard uncertainty.
    time_unit : {"s", "frame"}
        Unit of the times.

    Returns
    -------
    LagDecay or None
        None of less than 6 frames, or where no decay stands out of the noise (99 %).
    """
    if times.size < LEAST_FRAMES or not np.all(uncertainties > 0):
        return None
    best, square = None, float(np.sum((values / uncertainties) ** 2))
    for number in (1, 2):
        found = _fit(times, values, uncertainties, number, time_unit)
        if found is None:
            break
        gained = square - found.chi_square_reduced * (times.size - 2 * number)
        if gained < _GAIN:
            break
        best, square = found, square - gained
    return best


def _fit(
    times: Floats, values: Floats, uncertainties: Floats, number: int, time_unit: Literal["s", "frame"]
) -> LagDecay | None:
    start = _start(times, values, uncertainties, number)

    def residuals(parameters: Floats) -> Floats:
        logs, amplitudes = parameters[:number], parameters[number:]
        return np.asarray((np.exp(-times[:, None] / np.exp(logs)) @ amplitudes - values) / uncertainties)

    span = np.log([0.1 * times[0], 100.0 * times[-1]])
    low = np.concatenate([np.full(number, span[0]), np.full(number, -np.inf)])
    high = np.concatenate([np.full(number, span[1]), np.full(number, np.inf)])
    found = least_squares(residuals, start, bounds=(low, high), x_scale="jac", xtol=1e-12, ftol=1e-12)
    order = np.argsort(found.x[:number])
    constants, amplitudes = np.exp(found.x[:number][order]), found.x[number:][order]
    try:
        jacobian = np.asarray(found.jac, dtype=np.float64)
        covariance = np.linalg.inv(jacobian.T @ jacobian)
    except np.linalg.LinAlgError:
        return None
    if not np.all(np.isfinite(covariance)) or np.any(np.diag(covariance) < 0):
        return None
    deviations = np.sqrt(np.diag(covariance))
    return LagDecay(
        amplitudes=amplitudes,
        amplitude_uncertainties=deviations[number:][order],
        time_constants=constants,
        time_constant_uncertainties=constants * deviations[:number][order],
        time_unit=time_unit,
        chi_square_reduced=float(2.0 * found.cost / (times.size - 2 * number)),
    )


def _start(times: Floats, values: Floats, uncertainties: Floats, number: int) -> Floats:
    """Best of a grid of time constants, each with its own least-squares amplitudes."""
    grid = np.geomspace(0.3 * times[0], 3.0 * times[-1], _TRIED)
    curves = np.exp(-times[:, None] / grid) / uncertainties[:, None]
    chosen = [(k,) for k in range(_TRIED)] if number == 1 else [(k, m) for k in range(_TRIED) for m in range(k)]
    best: tuple[float, Floats] | None = None
    for places in chosen:
        design = curves[:, places]
        amplitudes = np.linalg.lstsq(design, values / uncertainties, rcond=None)[0]
        square = float(np.sum((design @ amplitudes - values / uncertainties) ** 2))
        if best is None or square < best[0]:
            best = square, np.concatenate([np.log(grid[list(places)]), amplitudes])
    return best[1] if best is not None else np.zeros(2 * number)
