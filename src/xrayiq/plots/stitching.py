"""Stitching: the wires on either side of the seam, their displacement enlarged."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from xrayiq.metrics.stitching import Stitching
from xrayiq.plots.style import BLUE, MUTED, ORANGE, PICTURE, canvas, signed, soft_grid

#: distance from the seam that the wires are drawn to, displacement in the figure that is not passed, and factors
_REACH_MM: Final = 20.0
_SHOWN_MM: Final = 5.0
_FACTORS: Final = (100, 50, 20, 10, 5, 2, 1)


def plot_stitching(result: Stitching, *, ax: Axes | None = None) -> Axes:
    """Wires about the seam: those of the first part, continued thinly, and those of the second.

    Parameters
    ----------
    result : Stitching
        What `measure_stitching` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Place along the seam against distance across it, in mm; what the second part deviates from the continued wires
        is enlarged by the factor in the legend.
    """
    before, after = np.array([-_REACH_MM, 0.0]), np.array([0.0, _REACH_MM])
    place, slope = result.places_mm, result.slopes
    continued = place[:, :1] + slope[:, :1] * after
    deviation = place[:, 1:] + slope[:, 1:] * after - continued
    greatest = max(float(np.abs(deviation).max()), 1e-9)
    factor = next((factor for factor in _FACTORS if factor * greatest <= _SHOWN_MM), 1)
    with canvas(ax, PICTURE) as axes:
        axes.axhline(0.0, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        for number in range(len(place)):
            first, second = ("first part", f"second part, displacement × {factor}") if number == 0 else (None, None)
            axes.plot(place[number, 0] + slope[number, 0] * before, before, color=BLUE, linewidth=2.0, label=first)
            axes.plot(continued[number], after, color=MUTED, linewidth=0.8)
            axes.plot(continued[number] + factor * deviation[number], after, color=ORANGE, linewidth=2.0, label=second)
        axes.invert_yaxis()
        axes.set_xlabel("Along the seam / mm")
        axes.set_ylabel("Across the seam / mm")
        axes.set_title(
            f"Along {signed(result.offset_along_mm, 2)} mm, across {signed(result.offset_across_mm, 2)} mm, "
            f"{signed(result.angle_deg, 2)}°",
        )
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, handlelength=1.2, columnspacing=1.2)
        soft_grid(axes)
    return axes
