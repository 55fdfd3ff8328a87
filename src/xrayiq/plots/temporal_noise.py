"""Temporal and structured noise: a map of the share that repeats, tile by tile."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from xrayiq.metrics.temporal_noise import TemporalNoise
from xrayiq.plots.style import PICTURE, canvas


def plot_temporal_noise(result: TemporalNoise, *, ax: Axes | None = None) -> Axes:
    """Map of the structured share of the variance of each tile, in percent.

    Parameters
    ----------
    result : TemporalNoise
        What `measure_temporal_noise` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Column against row in pixels; the colour scale begins at 0, below which estimates of single tiles may scatter.
        The title gives the share of the whole field with its 95 % interval.
    """
    total = result.tile_random_variances + result.tile_structured_variances
    shares = 100.0 * result.tile_structured_variances / total
    tile_rows, tile_columns = result.tile_size_px
    rows, columns = np.asarray(result.tile_rows_px), np.asarray(result.tile_columns_px)
    extent = (columns[0] - 0.5, columns[-1] + tile_columns - 0.5, rows[-1] + tile_rows - 0.5, rows[0] - 0.5)
    low, high = (100.0 * end for end in result.structured_fraction_interval)
    with canvas(ax, PICTURE) as axes:
        picture = axes.imshow(
            shares,
            cmap="viridis",
            norm=Normalize(0.0, max(1.0, float(np.nanmax(shares)))),
            extent=extent,
            interpolation="nearest",
        )
        axes.set_title(f"Structured {100.0 * result.structured_fraction:.1f} % ({low:.1f} to {high:.1f} %)")
        axes.set_xlabel("Column / px")
        axes.set_ylabel("Row / px")
        axes.spines[:].set_visible(False)
        bar = axes.figure.colorbar(picture, ax=axes, shrink=0.85, aspect=25)
        bar.set_label("Structured part of the variance / %")
        bar.outline.set_visible(False)
    return axes
