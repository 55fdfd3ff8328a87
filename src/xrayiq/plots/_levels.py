"""Level of a quantity over time, as any audit draws it."""

from __future__ import annotations

import datetime
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from xrayiq.audit.levels_over_time import BASELINE_POINTS, WEIGHT, WIDTH, LevelOverTime
from xrayiq.plots.style import BLUE, INK, ORANGE, PURPLE, soft_grid
from xrayiq.plots.trend_labels import date_axis, days, legend_below, wrapped_title

_BAND: Final = "#CFDEEB"


def draw_level(
    axes: Axes, result: LevelOverTime, *, scale: Any = lambda values: values, label: str, title: str
) -> None:
    """Medians of exposures that follow each other, their moving average and its limits.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    result : LevelOverTime
        Series.
    label, title : str
        Of the axis and of the figure.
    scale : callable
        From the values of the series to those on the axis, in the same order.
    """
    moments: list[datetime.date] = result.moments.astype("datetime64[D]").astype(object).tolist()
    places = (result.moments - np.datetime64(0, "s")) / np.timedelta64(1, "D")
    lower, upper, medians = (scale(values) for values in (result.lower, result.upper, result.medians))
    axes.fill_between(places, lower, upper, color=_BAND, linewidth=0.0, zorder=0.5, label=f"{WIDTH:g}σ limits")
    axes.axhline(scale(result.first_level), color=INK, linewidth=1.0, zorder=1.5, label="first level")
    dots: dict[str, Any] = {"marker": "o", "markersize": 3.6, "color": BLUE, "linestyle": "none", "zorder": 2.5}
    baseline, later = slice(0, BASELINE_POINTS), slice(BASELINE_POINTS, None)
    axes.plot(places[baseline], medians[baseline], mfc="white", label="first medians", **dots)
    size = int(np.median(result.counts))
    axes.plot(places[later], medians[later], label=f"median of {size} exposures", **dots)
    colour = ORANGE if result.signal else PURPLE
    axes.plot(places, scale(result.levels), color=colour, linewidth=1.8, zorder=3.0, label=f"EWMA, λ = {WEIGHT:g}")
    for day in result.changed_on if result.signal else ():
        axes.axvline(days(day.astype(object)), color=ORANGE, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.8)
    date_axis(axes, moments, word="Date")
    axes.set_ylabel(label)
    axes.set_title(wrapped_title(axes, title))
    soft_grid(axes, "y")
    legend_below(axes)
