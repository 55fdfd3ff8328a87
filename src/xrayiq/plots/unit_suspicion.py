"""Stated over expected doses of each unit, against powers of ten."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from xrayiq.dose.unit_suspicion import NEAR_DECADES, UnitSuspicions
from xrayiq.model import quantity
from xrayiq.plots.style import BLUE, INK, MUTED, ORANGE, OUTSIDE, WITHIN, canvas, plain_log, soft_grid

_ROW: Final = 0.32
_MOST_POINTS: Final = 300
#: letters of a unit's name that are shown
_NAME: Final = 28


def unit_suspicion_size(result: UnitSuspicions) -> tuple[float, float]:
    """Width and height in inches that every unit has its line in."""
    return 5.6, 1.3 + _ROW * max(3, len(result.units))


def plot_unit_suspicions(result: UnitSuspicions, *, ax: Axes | None = None) -> Axes:
    """Ratios of every exposure by unit, medians, and the bands in which another unit is suspected.

    Parameters
    ----------
    result : UnitSuspicions
        What `find_unit_suspicions` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Stated over expected dose (no unit, logarithmic) of each unit.
    """
    with canvas(ax, unit_suspicion_size(result)) as axes:
        axes.set_xscale("log")
        powers = {0, *(unit.suspected_power for unit in result.units)}
        near = 10.0**NEAR_DECADES
        for power in range(min(powers) - 1, max(powers) + 2):
            axes.axvspan(
                10.0**power / near, 10.0**power * near, color=OUTSIDE if power else WITHIN, alpha=0.6, zorder=0
            )
        start = 0
        for row, unit in enumerate(result.units):
            mine = result.ratios[start : start + unit.exposures]
            start += unit.exposures
            drawn = mine[:: -(-mine.size // _MOST_POINTS)]
            places = row + 0.26 * (np.arange(drawn.size) % 7 - 3) / 3.0
            axes.plot(drawn, places, linestyle="none", marker=".", markersize=2.5, color=MUTED, alpha=0.6)
            colour = ORANGE if unit.suspected_power else MUTED if unit.too_few else BLUE
            axes.plot([unit.low_ratio, unit.high_ratio], [row, row], color=colour, linewidth=2.4, solid_capstyle="butt")
            axes.plot(unit.median_ratio, row, marker="D", markersize=5.5, color=colour, markeredgecolor="white")
        axes.set_yticks(range(len(result.units)))
        axes.set_yticklabels([f"{unit.unit[:_NAME]}  (n = {unit.exposures})" for unit in result.units], color=INK)
        axes.set_ylim(max(len(result.units), 3) - 0.5, -0.5)
        axes.set_xlim(10.0 ** (min(powers) - 1.4), 10.0 ** (max(powers) + 1.4))
        axes.xaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.xaxis.set_minor_locator(NullLocator())
        label = quantity(result.quantity).label
        axes.set_xlabel(f"{label}: stated / expected\n(read as {result.read_as}; red: near a power of ten)")
        count = len(result.suspected)
        axes.set_title("No wrong unit suspected" if not count else f"Wrong unit suspected of {count}")
        soft_grid(axes, "x")
    return axes
