"""Mean pixel values of flat fields at known kerma, as a response is fitted to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError

#: least relative uncertainty of a mean pixel value
_LEAST_UNCERTAINTY: Final = 0.002
#: relative residual below which a fit is exact but for rounding, so that the simpler model wins
EXACT: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResponsePoints:
    """Mean pixel values of flat fields at known kerma.

    Parameters
    ----------
    values : 1-D array
        Mean stored values.
    kerma_ugy : 1-D array
        Air kerma at the detector (µGy).
    uncertainty : 1-D array or None
        Standard uncertainty of the mean stored values, if known.
    """

    values: NDArray[np.float64]
    kerma_ugy: NDArray[np.float64]
    uncertainty: NDArray[np.float64] | None


def checked_points(pixel_values: ArrayLike, kerma_ugy: ArrayLike, pixel_value_sd: ArrayLike | None) -> ResponsePoints:
    """Points of a response, checked.

    Parameters
    ----------
    pixel_values, kerma_ugy : 1-D arrays of one length
        Mean stored values and air kerma (µGy).
    pixel_value_sd : 1-D array of the same length, or None
        Standard uncertainty of each mean pixel value.

    Returns
    -------
    ResponsePoints
        With uncertainties of at least 0.2 % of the value.

    Raises
    ------
    InputError
        Arrays of different length, of text or with values that are not finite, kerma or an uncertainty not above zero,
        or values that are all alike.
    """
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
    if values.size > 0 and np.ptp(values) <= EXACT * np.abs(values).max():
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
    return ResponsePoints(values=values, kerma_ugy=kerma, uncertainty=uncertainty)


def points_up_to(points: ResponsePoints, kerma_ugy: float) -> ResponsePoints:
    """Points of the levels up to a kerma."""
    kept = points.kerma_ugy <= kerma_ugy
    return ResponsePoints(
        values=points.values[kept],
        kerma_ugy=points.kerma_ugy[kept],
        uncertainty=None if points.uncertainty is None else points.uncertainty[kept],
    )


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
