"""Uniformity: the map of tile means as deviation from their mean."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from xrayiq.metrics.uniformity import Uniformity
from xrayiq.plots.style import INK, PICTURE, canvas, signed

_GEOMETRY: Final = {"quadratic": "Quadratic fit", "pair": "0°/180° pair"}


def plot_uniformity(result: Uniformity, *, ax: Axes | None = None, span_fraction: float | None = None) -> Axes:
    """Map of the tile means, as deviation from the mean of all tiles in percent.

    Parameters
    ----------
    result : Uniformity
        What `measure_uniformity` gave.
    ax : Axes, optional
        Where to draw; a new figure without.
    span_fraction : float, optional
        Deviation at either end of the colour scale; by default the greatest one on the map, at least 1 %.

    Returns
    -------
    Axes
        Column against row in pixels; the colour bar is in percent. The least and the greatest tile are marked; tiles
        that are masked stay empty. A title says how the beam's geometry was removed, where it was.
    """
    deviation = 100.0 * (result.tile_means / np.nanmean(result.tile_means) - 1.0)
    span = 100.0 * span_fraction if span_fraction else max(1.0, float(np.nanmax(np.abs(deviation))))
    tile_rows, tile_columns = result.tile_size_px
    rows, columns = np.asarray(result.tile_rows_px), np.asarray(result.tile_columns_px)
    extent = (columns[0] - 0.5, columns[-1] + tile_columns - 0.5, rows[-1] + tile_rows - 0.5, rows[0] - 0.5)
    with canvas(ax, PICTURE) as axes:
        if result.geometry != "none":
            removed = f"{100.0 * result.geometry_removed_fraction:.1f} % removed"
            axes.set_title(f"{_GEOMETRY[result.geometry]}: {removed}", pad=20.0)
        picture = axes.imshow(
            deviation, cmap="RdBu_r", norm=Normalize(-span, span), extent=extent, interpolation="nearest"
        )
        for flat, word in ((int(np.nanargmin(deviation)), "least"), (int(np.nanargmax(deviation)), "greatest")):
            row, column = np.unravel_index(flat, deviation.shape)
            centre = (columns[column] + (tile_columns - 1) / 2, rows[row] + (tile_rows - 1) / 2)
            axes.plot(
                *centre,
                marker="v" if word == "least" else "^",
                markersize=6.5,
                markerfacecolor="white",
                markeredgecolor=INK,
                linestyle="none",
                label=f"{word} {signed(float(deviation[row, column]), 1)} %",
            )
        axes.set_xlabel("Column / px")
        axes.set_ylabel("Row / px")
        axes.spines[:].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, handletextpad=0.1, columnspacing=1.0)
        bar = axes.figure.colorbar(picture, ax=axes, shrink=0.85, aspect=25)
        bar.set_label("Tile mean against the mean of all / %")
        bar.outline.set_visible(False)
    return axes
