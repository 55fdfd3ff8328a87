"""Ghost factor: signal of the three regions against the reference."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from xrayiq.metrics.ghost_factor import GhostFactor
from xrayiq.plots.style import BLUE, MUTED, ORANGE, PURPLE, canvas, signed, soft_grid

#: standard uncertainties on either side of a mean
_ERRORS: Final = 1.96


def plot_ghost_factor(result: GhostFactor, *, ax: Axes | None = None) -> Axes:
    """Signal on the aluminium and in the ghost, against that of the reference, with 95 % intervals.

    Parameters
    ----------
    result : GhostFactor
        What `measure_ghost_factor` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Region against the difference of its mean signal from the reference's, in percent of that.
    """
    reference = result.means[1]
    differences = 100.0 * (result.means / reference - 1.0)
    errors = 100.0 * _ERRORS * result.mean_uncertainties / reference
    with canvas(ax) as axes:
        axes.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
        for place, colour in enumerate((BLUE, MUTED, ORANGE if result.ghost_fraction < 0 else PURPLE)):
            axes.plot(
                [place, place], [0.0, differences[place]], color=colour, linewidth=6, alpha=0.35, solid_capstyle="butt"
            )
            axes.errorbar(
                [place],
                [differences[place]],
                yerr=[errors[place]],
                color=colour,
                marker="o",
                capsize=4,
                linestyle="none",
            )
            if place == 1:
                continue
            axes.annotate(
                f"{signed(differences[place], 2)} %",
                (place, differences[place]),
                xytext=(9, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
            )
        axes.set_xticks(np.arange(3), ["aluminium", "reference", "ghost"])
        axes.set_xlim(-0.5, 2.7)
        axes.margins(y=0.12)
        axes.set_ylabel("Signal against the reference / %")
        axes.set_title(f"Ghost factor {signed(result.ghost_factor, 3)} ± {result.ghost_factor_uncertainty:.3f}")
        soft_grid(axes, "y")
    return axes
