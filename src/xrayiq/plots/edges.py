"""Edges of an edge device: where they run, which pixels belong to each, and on which side the device lies."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from xrayiq.metrics.edges import Edges, FoundEdge
from xrayiq.plots.style import CYCLE, INK, OVERLAY, PALE, canvas

#: depth of the shaded dark side, as a part of the image's longer side
_SHADE: Final = 0.03
#: direction (row, column) of the dark side
_TOWARDS: Final = {"left": (0.0, -1.0), "right": (0.0, 1.0), "upper": (-1.0, 0.0), "lower": (1.0, 0.0)}


def plot_edges(result: Edges, *, ax: Axes | None = None) -> Axes:
    """Found edges in the frame of the image, with the pixels used for each and its dark side shaded.

    Parameters
    ----------
    result : Edges
        What `find_edges` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Column against row in mm at the detector, from the image's upper left corner.
    """
    height, width = (count * pitch for count, pitch in zip(result.image_shape_px, result.pixel_pitch_mm, strict=True))
    with canvas(ax, OVERLAY) as axes:
        axes.add_patch(Rectangle((0.0, 0.0), width, height, fill=False, edgecolor=PALE, linewidth=1.0))
        for number, edge in enumerate(result.edges):
            _draw(axes, edge, CYCLE[number % len(CYCLE)], result.pixel_pitch_mm, _SHADE * max(height, width))
        axes.set_aspect("equal")
        axes.set_xlim(-0.02 * width, 1.02 * width)
        axes.set_ylim(1.02 * height, -0.02 * height)
        axes.set_xlabel("Column / mm")
        axes.set_ylabel("Row / mm")
        axes.spines[:].set_visible(False)
        count = len(result.edges)
        axes.set_title(f"{count} {'edge' if count == 1 else 'edges'}, dark side shaded")
    return axes


def _draw(axes: Axes, edge: FoundEdge, colour: str, pitch_mm: tuple[float, float], shade_mm: float) -> None:
    """One edge with its ROI, its dark side and its angle."""
    ends = (np.asarray(edge.ends_px) + 0.5) * pitch_mm
    row_start, row_stop, column_start, column_stop = edge.roi_px
    corner = column_start * pitch_mm[1], row_start * pitch_mm[0]
    size = (column_stop - column_start) * pitch_mm[1], (row_stop - row_start) * pitch_mm[0]
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=0.7, linestyle=":"))
    dark = np.vstack((ends, ends[::-1] + np.asarray(_TOWARDS[edge.dark_side]) * shade_mm))
    axes.add_patch(Polygon(dark[:, ::-1], closed=True, facecolor=colour, alpha=0.25, edgecolor="none"))
    axes.plot(ends[:, 1], ends[:, 0], color=colour, linewidth=1.8)
    bright = ends.mean(axis=0) - np.asarray(_TOWARDS[edge.dark_side]) * 1.2 * shade_mm
    axes.text(
        float(bright[1]),
        float(bright[0]),
        f"{edge.edge_angle_deg:.2f}°",
        rotation=90.0 if edge.across == "columns" else 0.0,
        ha="center",
        va="center",
        fontsize=8.5,
        color=INK,
    )
