"""Defects: where the defective pixels, clusters and lines of a detector lie."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from xrayiq.metrics.defects import Defects
from xrayiq.plots.style import BLUE, GREEN, INK, MUTED, ORANGE, PALE, PICTURE, PURPLE, SAND, SKY, canvas

#: pixels of one class that are drawn; more would only be a heavier picture of the same
_MOST_DRAWN: Final = 2000
#: clusters and lines that are outlined, the largest first
_MOST_OUTLINED: Final = 500
#: least side of an outline as part of the image's, so that small clusters can be seen
_LEAST_SIDE: Final = 0.015
#: height of the legend's place in units of the axes, below the axis label
_BELOW: Final = -0.16


def plot_defects(result: Defects, *, ax: Axes | None = None) -> Axes:
    """Map of the defective pixels by class, with clusters outlined and lines drawn.

    Parameters
    ----------
    result : Defects
        What `find_defects` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Column against row in pixels. Of more than 2000 pixels of a class an even selection is drawn, of clusters and
        lines the 500 largest; the legend gives the full numbers. Classes that were not looked for are named.
    """
    rows, columns = result.image_shape_px
    classes = (
        ("dead", result.dead_px, INK, "o"),
        ("under-responding", result.under_responding_px, BLUE, "v"),
        ("over-responding", result.over_responding_px, ORANGE, "^"),
        ("non-uniform", result.nonuniform_px, GREEN, "s"),
        ("noisy", result.noisy_px, PURPLE, "x"),
        ("interpolated", result.interpolated_px, SAND, "D"),
    )
    with canvas(ax, PICTURE) as axes:
        axes.add_patch(Rectangle((-0.5, -0.5), columns, rows, fill=False, edgecolor=PALE, linewidth=1.0))
        for name, pixels, colour, marker in classes:
            if pixels is None or not len(pixels):
                continue
            drawn = pixels[:: -(-len(pixels) // _MOST_DRAWN)]
            axes.plot(
                drawn[:, 1],
                drawn[:, 0],
                color=colour,
                marker=marker,
                markersize=2.5,
                linestyle="none",
                label=f"{name}: {len(pixels)}",
            )
        _draw_lines(axes, result)
        _draw_clusters(axes, result)
        axes.set_aspect("equal")
        axes.set_xlim(-0.02 * columns, 1.02 * columns)
        axes.set_ylim(1.02 * rows, -0.02 * rows)
        axes.set_xlabel("Column / px")
        axes.set_ylabel("Row / px")
        axes.spines[:].set_visible(False)
        axes.set_title(_title(result), fontweight="normal", color=INK)
        if result.not_looked_for:
            axes.text(
                0.98,
                0.03,
                f"not looked for: {', '.join(result.not_looked_for)}",
                transform=axes.transAxes,
                ha="right",
                va="bottom",
                fontsize=7,
                color=MUTED,
            )
        if axes.get_legend_handles_labels()[1]:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, _BELOW), ncols=2, handlelength=1.2, columnspacing=1.0)
    return axes


def _draw_lines(axes: Axes, result: Defects) -> None:
    for number, line in enumerate(result.lines[:_MOST_OUTLINED]):
        along = [line.start_px, line.start_px + line.length_px - 1]
        across = [line.index_px, line.index_px]
        x, y = (along, across) if line.orientation == "row" else (across, along)
        label = f"lines: {len(result.lines)}" if number == 0 else None
        axes.plot(x, y, color=SKY, linewidth=1.2, solid_capstyle="butt", label=label)


def _draw_clusters(axes: Axes, result: Defects) -> None:
    least = [_LEAST_SIDE * side for side in result.image_shape_px]
    for number, box in enumerate(result.cluster_boxes_px[:_MOST_OUTLINED].tolist()):
        height, width = max(box[1] - box[0], least[0]), max(box[3] - box[2], least[1])
        corner = ((box[2] + box[3] - 1 - width) / 2, (box[0] + box[1] - 1 - height) / 2)
        label = f"clusters: {len(result.cluster_boxes_px)}" if number == 0 else None
        axes.add_patch(
            Rectangle(corner, width, height, fill=False, edgecolor=MUTED, linewidth=0.9, label=label, zorder=3)
        )


def _title(result: Defects) -> str:
    if result.defective_pixels == 0:
        return "No defective pixel"
    share = f"{100.0 * result.defective_fraction:.4f}".rstrip("0").rstrip(".")
    return f"{result.defective_pixels} defective pixels, {share} %"
