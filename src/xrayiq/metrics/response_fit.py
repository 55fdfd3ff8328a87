"""Forms of a detector response, v = a + b·K, v = a + b·ln K or v = a + b·K^c, and how well they fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from xrayiq.metrics.response_points import EXACT, ResponsePoints

Model = Literal["linear", "log", "power"]
ModelChoice = Literal["auto", "linear", "log", "power"]

#: number of coefficients; one point more is needed
COEFFICIENTS: Final = {"linear": 2, "log": 2, "power": 3}
#: exponents that a power response is sought between; towards 0 it becomes the logarithmic one
_EXPONENT_RANGE: Final = (0.05, 5.0)
#: largest residual, as a fraction of the kerma, of a response that may be used …
LARGEST_RESIDUAL: Final = 0.1
#: … unless it lies within this many times the stated uncertainty of the pixel value
_WITHIN_UNCERTAINTY: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResponseFit:
    """One form of the response fitted to points, v = a + b·shape(K).

    Parameters
    ----------
    model : {"linear", "log", "power"}
        The form.
    a, b, c : float
        Its coefficients; the exponent c is 1 where the form has none.
    weighted : 1-D array
        Residuals as they are weighted: by the uncertainty if known.
    relative : 1-D array
        Residuals as fractions of the kerma.
    uncertain : bool
        Whether the uncertainty is known.
    """

    model: Model
    a: float
    b: float
    c: float
    weighted: NDArray[np.float64]
    relative: NDArray[np.float64]
    uncertain: bool


def forms_to_try(points: ResponsePoints, model: ModelChoice) -> tuple[Model, ...]:
    """Forms to be tried: the one asked for, or those with two coefficients fewer than points or less.

    Parameters
    ----------
    points : ResponsePoints
        Their number decides whether ``auto`` tries the power form.
    model : {"auto", "linear", "log", "power"}
        What was asked for.

    Returns
    -------
    tuple of str
        Names of the forms.
    """
    if model != "auto":
        return (model,)
    enough: tuple[Model, ...] = ("linear", "log", "power") if points.values.size >= 5 else ("linear", "log")
    return enough


def fit_form(points: ResponsePoints, model: Model) -> ResponseFit:
    """Least-squares fit of one form of the response.

    Parameters
    ----------
    points : ResponsePoints
        At least as many as the form has coefficients.
    model : {"linear", "log", "power"}
        The form.

    Returns
    -------
    ResponseFit
        Weighted by the uncertainty if known, else as relative errors of the kerma.
    """
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


def pixel_value(fit: ResponseFit, kerma_ugy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixel values that a fit gives at a kerma."""
    if fit.model == "log":
        return fit.a + fit.b * np.log(kerma_ugy)
    return fit.a + fit.b * kerma_ugy**fit.c


def follows(fit: ResponseFit) -> bool:
    """Whether every residual is small, by itself or within the uncertainty that was given."""
    if fit.b == 0:
        return False
    small = np.abs(fit.relative) <= LARGEST_RESIDUAL
    if fit.uncertain:
        small |= np.abs(fit.weighted) <= _WITHIN_UNCERTAINTY
    return bool(small.all())


def akaike(points: ResponsePoints, fit: ResponseFit) -> float:
    """Corrected Akaike criterion of weighted residuals; uncorrected where there are too few points for that.

    With a known uncertainty the sum of squares itself is the misfit: what is well within it speaks for no further
    coefficient. Without one, its logarithm times the number of points.
    """
    count, coefficients = points.values.size, COEFFICIENTS[fit.model]
    left = count - coefficients - 1
    penalty = 2.0 * coefficients + (2.0 * coefficients * (coefficients + 1) / left if left > 0 else 0.0)
    if points.uncertainty is not None:
        return float(np.sum(fit.weighted**2)) + penalty
    return float(count * np.log(max(float(np.mean(fit.weighted**2)), EXACT**2))) + penalty


def _fit_power(points: ResponsePoints, log_exponent: float) -> ResponseFit:
    c = float(np.exp(log_exponent))
    shape = points.kerma_ugy**c
    return _fit_shape(points, "power", shape, c * shape, c)


def _fit_shape(
    points: ResponsePoints, model: Model, shape: NDArray[np.float64], log_slope: NDArray[np.float64], c: float
) -> ResponseFit:
    """Weighted least squares of v = a + b·shape; `log_slope` is the derivative of the shape with respect to ln K."""
    scale = log_slope if points.uncertainty is None else points.uncertainty
    design = np.column_stack([np.ones_like(shape), shape]) / scale[:, None]
    a, b = (float(x) for x in np.linalg.lstsq(design, points.values / scale, rcond=None)[0])
    residual = points.values - a - b * shape
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = residual / (b * log_slope)
    return ResponseFit(
        model=model,
        a=a,
        b=b,
        c=c,
        weighted=relative if points.uncertainty is None else residual / scale,
        relative=relative,
        uncertain=points.uncertainty is not None,
    )
