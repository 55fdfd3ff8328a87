"""Levels of a response at which the detector is saturated."""

from __future__ import annotations

from typing import Final

import numpy as np

from xrayiq.metrics.response_fit import COEFFICIENTS, ModelChoice, fit_form, follows, forms_to_try, pixel_value
from xrayiq.metrics.response_points import ResponsePoints, points_up_to

#: local slope over that of the fit to the lower levels below which the highest level is saturated
_SATURATED_SLOPE: Final = 0.2
#: part of the span of the pixel values within which a further level stands at the same saturated value
_SAME_VALUE: Final = 0.01


def below_saturation(points: ResponsePoints, model: ModelChoice) -> ResponsePoints:
    """Points without the highest levels, as far as those are saturated.

    Parameters
    ----------
    points : ResponsePoints
        All levels.
    model : {"auto", "linear", "log", "power"}
        Form of the response, as asked for.

    Returns
    -------
    ResponsePoints
        The very same where no level is saturated.
    """
    levels = np.unique(points.kerma_ugy)
    means = np.array([points.values[points.kerma_ugy == level].mean() for level in levels])
    count = levels.size
    while count > 2:
        rest = points_up_to(points, levels[count - 2])
        fits = [fit_form(rest, name) for name in forms_to_try(rest, model) if COEFFICIENTS[name] < count]
        following = [fit for fit in fits if follows(fit)] or fits
        if not following:
            break
        # of several forms that fit the lower levels, the flattest: what it explains is no saturation
        expected = min(abs(float(np.diff(pixel_value(fit, levels[count - 2 : count]))[0])) for fit in following)
        if abs(means[count - 1] - means[count - 2]) >= _SATURATED_SLOPE * expected:
            break
        count -= 1
    if count == levels.size:
        return points
    while count > 1 and abs(means[count - 1] - means[count]) <= _SAME_VALUE * np.ptp(means):
        count -= 1
    return points_up_to(points, levels[count - 1])
