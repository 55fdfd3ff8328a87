"""Geometry of the read-out: how far rows and columns lie from where a regular grid has them."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes

from xrayiq.metrics.geometry import Geometry
from xrayiq.model import Limit
from xrayiq.plots.style import BLUE, MUTED, ORANGE, SAND, canvas, signed, soft_grid


def plot_geometry(result: Geometry, *, ax: Axes | None = None, limit: Limit | None = None) -> Axes:
    """Displacement of each row and of each column against the regular grid.

    Parameters
    ----------
    result : Geometry
        What `measure_geometry` gave.
    ax : Axes, optional
        Where to draw; a new figure without.
    limit : Limit, optional
        Limit of the jitter whose bounds are drawn and whose source is named.

    Returns
    -------
    Axes
        Row or column number against displacement in pixels; rows and columns at a crossing wire are left out.
    """
    with canvas(ax) as axes:
        for offsets, colour, word in (
            (result.row_offsets_px, BLUE, "rows, to the right"),
            (result.column_offsets_px, ORANGE, "columns, downwards"),
        ):
            axes.plot(np.arange(offsets.size), offsets, color=colour, linewidth=0.9, label=word)
        axes.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
        widest = max(result.row_jitter_px, result.column_jitter_px, 0.1)
        along = "Row or column / px"
        if limit is not None:
            for high, colour in ((limit.warning_high, SAND), (limit.fail_high, ORANGE)):
                for bound in () if high is None else (-high, high):
                    axes.axhline(bound, color=colour, linewidth=1.0, linestyle=(0, (4, 2)))
                    widest = max(widest, abs(bound))
            source = textwrap.fill(f"limit: {limit.source}", 56)
            along = f"{along}\n{source}"
        axes.set_ylim(-1.25 * widest, 1.6 * widest)
        axes.set_xlabel(along)
        axes.set_ylabel("Displacement / px")
        errors = (result.scale_error_columns, result.scale_error_rows)
        scales = [signed(round(100.0 * error, 2) + 0.0, 2) for error in errors]  # no minus zero
        axes.set_title(f"Scale {scales[0]} % across, {scales[1]} % down")
        axes.legend(loc="upper right", ncols=2)
        soft_grid(axes)
    return axes
