"""Detector response fitted to flat fields of known kerma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from xrayiq.errors import InputError
from xrayiq.model import Response

Model = Literal["linear", "log", "power"]

#: number of coefficients; one point more is needed
_COEFFICIENTS: Final = {"linear": 2, "log": 2, "power": 3}
#: exponents that a power response is sought between; towards 0 it becomes the logarithmic one
_EXPONENT_RANGE: Final = (0.05, 5.0)
#: least relative uncertainty of a mean pixel value
_LEAST_UNCERTAINTY: Final = 0.002
#: relative residual below which a fit is exact but for rounding, so that the simpler model wins
_EXACT: Final = 1e-9
#: root mean square of ln(fitted kerma / kerma) above which pixel values do not follow the kerma
_NO_FIT: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Points:
    """Pixel values, kerma and uncertainty of the pixel values, if known."""

    values: NDArray[np.float64]
    kerma_ugy: NDArray[np.float64]
    uncertainty: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """Coefficients with residuals in units of their uncertainty, and as fractions of the kerma."""

    model: Model
    a: float
    b: float
    c: float
    weighted: NDArray[np.float64]
    relative: NDArray[np.float64]


def fit_response(
    pixel_values: ArrayLike,
    kerma_ugy: ArrayLike,
    *,
    model: Literal["auto", "linear", "log", "power"] = "auto",
    pixel_value_sd: ArrayLike | None = None,
) -> Response:
    """Response of a detector from mean pixel values of flat fields at known air kerma.

    Parameters
    ----------
    pixel_values : 1-D array
        Mean stored value of each flat field.
    kerma_ugy : 1-D array of the same length
        Air kerma at the detector (µGy), above zero; any order, levels may repeat.
    model : {"auto", "linear", "log", "power"}
        v = a + b·K, v = a + b·ln K or v = a + b·K^c; ``auto`` takes the one with the least corrected Akaike criterion
        among those with two coefficients fewer than points or less.
    pixel_value_sd : 1-D array of the same length, optional
        Standard uncertainty of each mean pixel value; taken as no less than 0.2 % of the value. Without it the
        residuals are weighted as relative errors of the kerma, so that high levels do not outweigh low ones.

    Returns
    -------
    Response
        Coefficients, and the range of the kerma as its range of validity.

    Raises
    ------
    InputError
        Arrays of different length or with values that are not finite, kerma not above zero, an uncertainty not above
        zero, fewer than 3 different levels (4 for ``power``), or pixel values that do not follow the kerma.

    Notes
    -----
    The exponent c is sought between 0.05 and 5. With five points or more ``auto`` also tries the power form.

    Source: IEC 62220-1-1:2015 (conversion function); corrected Akaike criterion.
    """
    if model not in ("auto", *_COEFFICIENTS):
        raise InputError(f"response model {model!r}", needed="auto, linear, log or power")
    points = _points(pixel_values, kerma_ugy, pixel_value_sd)
    count = points.values.size
    models: tuple[Model, ...] = ("linear", "log", "power") if model == "auto" else (model,)
    if model == "auto":
        models = tuple(name for name in models if count >= _COEFFICIENTS[name] + 2) or ("linear", "log")
    _check_levels(points, 1 + min(_COEFFICIENTS[name] for name in models))
    fits = [fit for fit in (_fit(points, name) for name in models) if _follows(fit)]
    if not fits:
        raise InputError(
            f"pixel values that do not follow the kerma as {' or '.join(models)}",
            needed=f"a fit within {100 * _NO_FIT:g} % of the kerma",
            remedy="check that each pixel value stands beside its kerma, and that none is saturated",
        )
    best = min(fits, key=lambda fit: _akaike(points, fit))
    return Response(
        model=best.model,
        a=best.a,
        b=best.b,
        c=best.c,
        kerma_min_ugy=float(points.kerma_ugy.min()),
        kerma_max_ugy=float(points.kerma_ugy.max()),
    )


def _points(pixel_values: ArrayLike, kerma_ugy: ArrayLike, pixel_value_sd: ArrayLike | None) -> _Points:
    values = np.asarray(pixel_values, dtype=np.float64)
    kerma = np.asarray(kerma_ugy, dtype=np.float64)
    sd = None if pixel_value_sd is None else np.asarray(pixel_value_sd, dtype=np.float64)
    arrays = (values, kerma) if sd is None else (values, kerma, sd)
    if values.ndim != 1 or any(array.shape != values.shape for array in arrays):
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise InputError(f"arrays of shape {shapes}", needed="1-D arrays of one length")
    if not all(np.isfinite(array).all() for array in arrays):
        raise InputError("values that are not finite", needed="numbers", remedy="leave out levels without a value")
    if (kerma <= 0).any():
        raise InputError(f"kerma of {kerma.min():g} µGy", needed="kerma above zero", remedy="leave out the dark image")
    if values.size > 0 and np.ptp(values) <= _EXACT * np.abs(values).max():
        raise InputError("pixel values that are all alike", needed="values that change with the kerma")
    if sd is not None and (sd <= 0).any():
        raise InputError(f"pixel value uncertainty of {sd.min():g}", needed="uncertainties above zero")
    uncertainty = None if sd is None else np.maximum(sd, _LEAST_UNCERTAINTY * np.abs(values))
    return _Points(values=values, kerma_ugy=kerma, uncertainty=uncertainty)


def _check_levels(points: _Points, needed: int) -> None:
    levels = np.unique(points.kerma_ugy).size
    if levels < needed:
        raise InputError(
            f"{levels} different levels of kerma",
            needed=f"{needed} or more",
            remedy="expose flat fields at further levels",
        )


def _fit(points: _Points, model: Model) -> _Fit:
    if model == "linear":
        return _fit_shape(points, model, points.kerma_ugy, points.kerma_ugy, 1.0)
    if model == "log":
        return _fit_shape(points, model, np.log(points.kerma_ugy), np.ones_like(points.kerma_ugy), 1.0)
    # a grid finds the valley; on exact data Gauss-Newton steps end at rounding, which a search for a minimum cannot

    def residuals(log_exponent: NDArray[np.float64]) -> NDArray[np.float64]:
        return _fit_power(points, float(log_exponent[0])).weighted

    low, high = np.log(_EXPONENT_RANGE)
    grid = np.linspace(low, high, 48)
    start = grid[np.argmin([np.sum(_fit_power(points, exponent).weighted ** 2) for exponent in grid])]
    solution = least_squares(
        residuals,
        x0=[float(np.clip(start, low + 1e-6, high - 1e-6))],
        bounds=([low], [high]),
        jac="3-point",
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    return _fit_power(points, float(solution.x[0]))


def _fit_power(points: _Points, log_exponent: float) -> _Fit:
    c = float(np.exp(log_exponent))
    shape = points.kerma_ugy**c
    return _fit_shape(points, "power", shape, c * shape, c)


def _fit_shape(
    points: _Points, model: Model, shape: NDArray[np.float64], log_slope: NDArray[np.float64], c: float
) -> _Fit:
    """Weighted least squares of v = a + b·shape; `log_slope` is the derivative of the shape with respect to ln K."""
    scale = log_slope if points.uncertainty is None else points.uncertainty
    design = np.column_stack([np.ones_like(shape), shape]) / scale[:, None]
    a, b = (float(x) for x in np.linalg.lstsq(design, points.values / scale, rcond=None)[0])
    residual = points.values - a - b * shape
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = residual / (b * log_slope)
    return _Fit(
        model=model,
        a=a,
        b=b,
        c=c,
        weighted=relative if points.uncertainty is None else residual / scale,
        relative=relative,
    )


def _follows(fit: _Fit) -> bool:
    return fit.b != 0 and float(np.sqrt(np.mean(fit.relative**2))) <= _NO_FIT


def _akaike(points: _Points, fit: _Fit) -> float:
    """Corrected Akaike criterion of weighted residuals; uncorrected where there are too few points for that."""
    count, coefficients = points.values.size, _COEFFICIENTS[fit.model]
    exact = _EXACT if points.uncertainty is None else _EXACT * np.ptp(points.values) / np.median(points.uncertainty)
    spread = max(float(np.mean(fit.weighted**2)), float(exact) ** 2)
    left = count - coefficients - 1
    correction = 2.0 * coefficients * (coefficients + 1) / left if left > 0 else 0.0
    return float(count * np.log(spread) + 2.0 * coefficients + correction)
