"""Places of a detector that recur over its clinical images."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from xrayiq.metrics.recurring_artefacts import RecurringArtefacts
from xrayiq.plots.style import BLUE, ORANGE, canvas

#: width and height in inches
RECURRING_ARTEFACTS: Final = (5.6, 5.0)
#: least side of a mark, so that it can be seen
_LEAST_MM: Final = 4.0


def plot_recurring_artefacts(result: RecurringArtefacts, *, ax: Axes | None = None) -> Axes:
    """Defect map of a detector from its clinical images.

    Parameters
    ----------
    result : RecurringArtefacts
        What `find_recurring_artefacts` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        The detector in mm, rows downwards; dark where more images cover it. Spots are circles, pieces of lines bars;
        blue where the signal is less, orange where it is more.
    """
    height, width = (count * result.cell_mm for count in result.covered_counts.shape)
    with canvas(ax, RECURRING_ARTEFACTS) as axes:
        drawn = axes.imshow(
            result.covered_counts,
            cmap="Greys",
            vmin=0.0,
            vmax=3.0 * max(result.image_count, 1),
            extent=(0.0, width, height, 0.0),
        )
        for place in result.places:
            color = ORANGE if (place.contrast or 0.0) > 0 else BLUE
            if place.kind == "spot":
                axes.plot(place.column_mm, place.row_mm, "o", markersize=9, markerfacecolor="none", color=color)
            else:
                wide, high = max(place.width_mm, _LEAST_MM / 2), max(place.height_mm, _LEAST_MM / 2)
                corner = (place.column_mm - wide / 2, place.row_mm - high / 2)
                axes.add_patch(Rectangle(corner, wide, high, facecolor="none", edgecolor=color))
        bar = axes.figure.colorbar(drawn, ax=axes, shrink=0.6, label="Images that cover it")
        bar.ax.set_ylim(0.0, max(result.image_count, 1))
        axes.set_xlabel("Columns on the detector / mm")
        axes.set_ylabel("Rows on the detector / mm")
        axes.set_title(_title(result), fontsize="medium")
    return axes


def _title(result: RecurringArtefacts) -> str:
    number = len(result.places)
    what = "no place recurs" if number == 0 else "1 place recurs" if number == 1 else f"{number} places recur"
    return f"{what} in {result.image_count} images"
