"""Weekly medians of a dose, their moving average and its limits."""

from __future__ import annotations

import datetime
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from xrayiq.audit import DoseCreep
from xrayiq.audit.dose_creep import BASELINE_WEEKS, FINDING_CHANGE, WEIGHT, WIDTH
from xrayiq.model import quantity
from xrayiq.plots.style import BLUE, INK, ORANGE, PURPLE, canvas, signed, soft_grid
from xrayiq.plots.trend_labels import date_axis, days, legend_below, wrapped_title

#: width and height in inches
DOSE_CREEP: Final = (5.6, 4.0)
_BAND: Final = "#CFDEEB"


def plot_dose_creep(result: DoseCreep, *, ax: Axes | None = None) -> Axes:
    """Weekly medians of one examination in one room, their moving average and its limits.

    Parameters
    ----------
    result : DoseCreep
        One of `DoseAudit.creep`.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Week against the quantity in its unit on paper.
    """
    known = quantity(result.quantity)
    weeks: list[datetime.date] = result.weeks.astype(object).tolist()
    places = [days(week) for week in weeks]
    # the limits lie about the mean of the first weeks' logarithms
    first = float(np.sqrt(result.lower[0] * result.upper[0]))
    medians, levels, lower, upper = (
        known.display_factor * values for values in (result.medians, result.levels, result.lower, result.upper)
    )
    with canvas(ax, DOSE_CREEP) as axes:
        width = f"{WIDTH:g}σ limits of the level"
        axes.fill_between(places, lower, upper, color=_BAND, linewidth=0.0, zorder=0.5, label=width)
        axes.axhline(known.display_factor * first, color=INK, linewidth=1.0, zorder=1.5, label="first weeks' level")
        bound = known.display_factor * first * (1.0 + FINDING_CHANGE)
        words = f"finding: level {100 * FINDING_CHANGE:g} % above the first weeks', and out of limits"
        axes.axhline(bound, color=ORANGE, linewidth=1.2, linestyle=(0, (6, 2)), zorder=1.6, label=words)
        axes.plot(places, medians, color=BLUE, linewidth=0.6, alpha=0.45, zorder=2.0)
        baseline, later = slice(0, BASELINE_WEEKS), slice(BASELINE_WEEKS, None)
        dots: dict[str, Any] = {"marker": "o", "markersize": 3.6, "color": BLUE, "linestyle": "none", "zorder": 2.5}
        axes.plot(places[baseline], medians[baseline], label="first weeks' medians", **dots, mfc="white")
        axes.plot(places[later], medians[later], label="weekly median", **dots)
        colour = ORANGE if result.is_finding else PURPLE
        level = f"level (EWMA, λ = {WEIGHT:g})"
        axes.plot(places, levels, color=colour, linewidth=1.8, zorder=3.0, label=level)
        _change_at_end(axes, places[-1], float(levels[-1]), f"{signed(100 * result.change, 0)} %", colour)
        slope, low, high = (signed(100 * value, 0) for value in (result.change_per_year, result.low, result.high))
        trend = f"{slope} % a year (95 % interval {low} to {high} %)"
        axes.plot([], [], linestyle="none", label=f"slope of the medians: {trend}")
        drawn = np.concatenate([medians, lower, upper, levels, [bound]])
        room = 0.06 * float(drawn.max() - drawn.min())
        axes.set_ylim(max(float(drawn.min()) - room, 0.0), float(drawn.max()) + room)
        date_axis(axes, weeks, word="Week")
        axes.set_ylabel(f"{known.label} / {known.display_unit}")
        where = f"{result.room or 'room not told'}, {result.body_part} {result.view}, {result.band}"
        told = f"{result.signal}, {signed(100 * result.change, 0)} %" if result.signal else "no creep"
        axes.set_title(wrapped_title(axes, f"{where}: {told}"))
        soft_grid(axes, "y")
        legend_below(axes)
    return axes


def _change_at_end(axes: Axes, place: float, level: float, text: str, colour: str) -> None:
    axes.annotate(
        text,
        (place, level),
        xytext=(5.0, 0.0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        fontweight="bold",
        color=colour,
        annotation_clip=False,
    )
