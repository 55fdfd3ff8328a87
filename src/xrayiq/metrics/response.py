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
#: largest residual, as a fraction of the kerma, of a response that may be used …
_LARGEST_RESIDUAL: Final = 0.1
#: … unless it lies within this many times the stated uncertainty of the pixel value
_WITHIN_UNCERTAINTY: Final = 3.0
#: local slope over that of the fit to the lower levels below which the highest level is saturated
_SATURATED_SLOPE: Final = 0.2
#: part of the span of the pixel values within which a further level stands at the same saturated value
_SAME_VALUE: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Points:
    """Pixel values, kerma and uncertainty of the pixel values, if known."""

    values: NDArray[np.float64]
    kerma_ugy: NDArray[np.float64]
    uncertainty: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """Coefficients with residuals as they are weighted (by the uncertainty if known), and as fractions of the kerma."""

    model: Model
    a: float
    b: float
    c: float
    weighted: NDArray[np.float64]
    relative: NDArray[np.float64]
    uncertain: bool


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
        Mean stored value of each flat field. The highest levels are left out where they are saturated.
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
        Coefficients, and the kerma of the lowest and of the highest level that entered as its range of validity.

    Raises
    ------
    InputError
        Arrays of different length, of text or with values that are not finite, kerma not above zero, an uncertainty not
        above zero, fewer than 3 different levels (4 for ``power``) that are not saturated, or pixel values that do not
        follow the kerma: a residual of more than 10 % of the kerma, and of more than three times the uncertainty where
        that is given.

    Notes
    -----
    The exponent c is sought between 0.05 and 5. With five points or more ``auto`` also tries the power form.

    The highest level is saturated, and left out, if the pixel value changes from the level below by less than 20 % of
    what the fit to the lower levels gives; then the next in turn, and any that stand at the same value within 1 % of
    the span of all. A level that is saturated in part, so that it still rises, ends in the refusal above 10 %.

    Source: IEC 62220-1-1:2015 (conversion function); corrected Akaike criterion.
    """
    if model not in ("auto", *_COEFFICIENTS):
        raise InputError(
            f"response model {model!r}",
            needed="auto, linear, log or power",
            remedy="give model='power' for a square root, with c near 0.5",
        )
    points = _points(pixel_values, kerma_ugy, pixel_value_sd)
    _check_levels(points, _least_levels(_models(points, model)))
    used = _below_saturation(points, model)
    models = _models(used, model)
    if used is not points:
        _check_levels(used, _least_levels(models), " below saturation")
    fits = [_fit(used, name) for name in models]
    usable = [fit for fit in fits if _follows(fit)]
    if not usable:
        raise _no_fit(used, fits)
    best = min(usable, key=lambda fit: _akaike(used, fit))
    return Response(
        model=best.model,
        a=best.a,
        b=best.b,
        c=best.c,
        kerma_min_ugy=float(used.kerma_ugy.min()),
        kerma_max_ugy=float(used.kerma_ugy.max()),
    )


def _models(points: _Points, model: Literal["auto", "linear", "log", "power"]) -> tuple[Model, ...]:
    """Forms to be tried: the one asked for, or those with two coefficients fewer than points or less."""
    if model != "auto":
        return (model,)
    enough: tuple[Model, ...] = ("linear", "log", "power") if points.values.size >= 5 else ("linear", "log")
    return enough


def _least_levels(models: tuple[Model, ...]) -> int:
    return 1 + min(_COEFFICIENTS[name] for name in models)


def _below_saturation(points: _Points, model: Literal["auto", "linear", "log", "power"]) -> _Points:
    """Points without the highest levels, as far as those are saturated."""
    levels = np.unique(points.kerma_ugy)
    means = np.array([points.values[points.kerma_ugy == level].mean() for level in levels])
    count = levels.size
    while count > 2:
        rest = _upto(points, levels[count - 2])
        fits = [_fit(rest, name) for name in _models(rest, model) if _COEFFICIENTS[name] < count]
        following = [fit for fit in fits if _follows(fit)] or fits
        if not following:
            break
        # of several forms that fit the lower levels, the flattest: what it explains is no saturation
        expected = min(abs(float(np.diff(_value(fit, levels[count - 2 : count]))[0])) for fit in following)
        if abs(means[count - 1] - means[count - 2]) >= _SATURATED_SLOPE * expected:
            break
        count -= 1
    if count == levels.size:
        return points
    while count > 1 and abs(means[count - 1] - means[count]) <= _SAME_VALUE * np.ptp(means):
        count -= 1
    return _upto(points, levels[count - 1])


def _upto(points: _Points, kerma_ugy: float) -> _Points:
    kept = points.kerma_ugy <= kerma_ugy
    return _Points(
        values=points.values[kept],
        kerma_ugy=points.kerma_ugy[kept],
        uncertainty=None if points.uncertainty is None else points.uncertainty[kept],
    )


def _value(fit: _Fit, kerma_ugy: NDArray[np.float64]) -> NDArray[np.float64]:
    if fit.model == "log":
        return fit.a + fit.b * np.log(kerma_ugy)
    return fit.a + fit.b * kerma_ugy**fit.c


def _no_fit(points: _Points, fits: list[_Fit]) -> InputError:
    """Refusal that names the form that comes closest, and where it misses most."""
    largest = [float(np.nan_to_num(np.abs(fit.relative), nan=np.inf).max()) for fit in fits]
    closest = int(np.argmin(largest))
    kerma = points.kerma_ugy[np.argmax(np.abs(fits[closest].relative))]
    return InputError(
        f"pixel values that do not follow the kerma as {' or '.join(fit.model for fit in fits)}: largest residual "
        f"{100 * largest[closest]:.3g} % of the kerma, at {kerma:g} µGy of the {fits[closest].model} form",
        needed=f"residuals of at most {100 * _LARGEST_RESIDUAL:g} % of the kerma",
        remedy="check that each pixel value stands beside its kerma, and leave out levels that are saturated in part",
    )


def _points(pixel_values: ArrayLike, kerma_ugy: ArrayLike, pixel_value_sd: ArrayLike | None) -> _Points:
    values = _numbers("pixel_values", pixel_values)
    kerma = _numbers("kerma_ugy", kerma_ugy)
    sd = None if pixel_value_sd is None else _numbers("pixel_value_sd", pixel_value_sd)
    arrays = (values, kerma) if sd is None else (values, kerma, sd)
    if values.ndim != 1 or any(array.shape != values.shape for array in arrays):
        raise InputError(
            f"arrays of shape {', '.join(str(array.shape) for array in arrays)}",
            needed="1-D arrays of one length",
            remedy="give one mean pixel value for each kerma",
        )
    if not all(np.isfinite(array).all() for array in arrays):
        raise InputError("values that are not finite", needed="numbers", remedy="leave out levels without a value")
    if (kerma <= 0).any():
        raise InputError(f"kerma of {kerma.min():g} µGy", needed="kerma above zero", remedy="leave out the dark image")
    if values.size > 0 and np.ptp(values) <= _EXACT * np.abs(values).max():
        raise InputError(
            "pixel values that are all alike",
            needed="values that change with the kerma",
            remedy="give the values of flat fields at different exposures",
        )
    if sd is not None and (sd <= 0).any():
        raise InputError(
            f"pixel value uncertainty of {sd.min():g}",
            needed="uncertainties above zero",
            remedy="leave pixel_value_sd out where the uncertainty is unknown",
        )
    uncertainty = None if sd is None else np.maximum(sd, _LEAST_UNCERTAINTY * np.abs(values))
    return _Points(values=values, kerma_ugy=kerma, uncertainty=uncertainty)


def _numbers(name: str, given: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.asarray(given)
        if array.dtype.kind in "uifO":
            return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError):  # rows of different length, or objects that are no numbers
        pass
    raise InputError(
        f"{name} that are not all numbers", needed="a 1-D array of numbers", remedy="convert text to numbers first"
    )


def _check_levels(points: _Points, needed: int, where: str = "") -> None:
    levels = np.unique(points.kerma_ugy).size
    if levels < needed:
        raise InputError(
            f"{levels} different {'level' if levels == 1 else 'levels'} of kerma{where}",
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
        uncertain=points.uncertainty is not None,
    )


def _follows(fit: _Fit) -> bool:
    """Whether every residual is small, by itself or within the uncertainty that was given."""
    if fit.b == 0:
        return False
    small = np.abs(fit.relative) <= _LARGEST_RESIDUAL
    if fit.uncertain:
        small |= np.abs(fit.weighted) <= _WITHIN_UNCERTAINTY
    return bool(small.all())


def _akaike(points: _Points, fit: _Fit) -> float:
    """Corrected Akaike criterion of weighted residuals; uncorrected where there are too few points for that."""
    count, coefficients = points.values.size, _COEFFICIENTS[fit.model]
    exact = _EXACT if points.uncertainty is None else _EXACT * np.ptp(points.values) / np.median(points.uncertainty)
    spread = max(float(np.mean(fit.weighted**2)), float(exact) ** 2)
    left = count - coefficients - 1
    correction = 2.0 * coefficients * (coefficients + 1) / left if left > 0 else 0.0
    return float(count * np.log(spread) + 2.0 * coefficients + correction)
