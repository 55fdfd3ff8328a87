"""Detector response fitted to flat fields of known kerma."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from xrayiq.errors import InputError
from xrayiq.metrics.response_fit import (
    COEFFICIENTS,
    LARGEST_RESIDUAL,
    Model,
    ResponseFit,
    akaike,
    fit_form,
    follows,
    forms_to_try,
)
from xrayiq.metrics.response_points import ResponsePoints, checked_points
from xrayiq.metrics.response_saturation import below_saturation
from xrayiq.model import Response


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
    if model not in ("auto", *COEFFICIENTS):
        raise InputError(
            f"response model {model!r}",
            needed="auto, linear, log or power",
            remedy="give model='power' for a square root, with c near 0.5",
        )
    points = checked_points(pixel_values, kerma_ugy, pixel_value_sd)
    _check_levels(points, _least_levels(forms_to_try(points, model)))
    used = below_saturation(points, model)
    models = forms_to_try(used, model)
    if used is not points:
        _check_levels(used, _least_levels(models), " below saturation")
    fits = [fit_form(used, name) for name in models]
    usable = [fit for fit in fits if follows(fit)]
    if not usable:
        raise _no_fit(used, fits)
    best = min(usable, key=lambda fit: akaike(used, fit))
    return Response(
        model=best.model,
        a=best.a,
        b=best.b,
        c=best.c,
        kerma_min_ugy=float(used.kerma_ugy.min()),
        kerma_max_ugy=float(used.kerma_ugy.max()),
    )


def _least_levels(models: tuple[Model, ...]) -> int:
    return 1 + min(COEFFICIENTS[name] for name in models)


def _no_fit(points: ResponsePoints, fits: list[ResponseFit]) -> InputError:
    """Refusal that names the form that comes closest, and where it misses most."""
    largest = [float(np.nan_to_num(np.abs(fit.relative), nan=np.inf).max()) for fit in fits]
    closest = int(np.argmin(largest))
    kerma = points.kerma_ugy[np.argmax(np.abs(fits[closest].relative))]
    return InputError(
        f"pixel values that do not follow the kerma as {' or '.join(fit.model for fit in fits)}: largest residual "
        f"{100 * largest[closest]:.3g} % of the kerma, at {kerma:g} µGy of the {fits[closest].model} form",
        needed=f"residuals of at most {100 * LARGEST_RESIDUAL:g} % of the kerma",
        remedy="check that each pixel value stands beside its kerma, and leave out levels that are saturated in part",
    )


def _check_levels(points: ResponsePoints, needed: int, where: str = "") -> None:
    levels = np.unique(points.kerma_ugy).size
    if levels < needed:
        raise InputError(
            f"{levels} different {'level' if levels == 1 else 'levels'} of kerma{where}",
            needed=f"{needed} or more",
            remedy="expose flat fields at further levels",
        )
