"""Map of a detector on which pixels, lines and boxes are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from xrayiq.metrics.defect_lines import DefectLine
from xrayiq.plots.style import INK, MUTED, PALE

#: pixels of one class that are drawn; more would only be a heavier picture of the same
_MOST_DRAWN: Final = 2000
#: clusters and lines that are outlined, the largest first
_MOST_OUTLINED: Final = 500
#: least side of an outline as part of the image's, so that small clusters can be seen
_LEAST_SIDE: Final = 0.015
#: height of the legend's place in units of the axes, below the axis label
_BELOW: Final = -0.16


def draw_pixels(axes: Axes, pixels: NDArray[Any], *, name: str, colour: str, marker: str, size: float = 2.5) -> None:
    """Draw pixels with their number in the legend, an even selection of 2000 of more."""
    if not len(pixels):
        return
    drawn = pixels[:: -(-len(pixels) // _MOST_DRAWN)]
    axes.plot(
        drawn[:, 1],
        drawn[:, 0],
        color=colour,
        marker=marker,
        markersize=size,
        linestyle="none",
        label=f"{name}: {len(pixels)}",
    )


def draw_lines(axes: Axes, lines: tuple[DefectLine, ...], *, name: str, colour: str, width: float = 1.2) -> None:
    """Draw the 500 longest lines with the number of all in the legend."""
    for number, line in enumerate(lines[:_MOST_OUTLINED]):
        along = [line.start_px, line.start_px + line.length_px - 1]
        across = [line.index_px, line.index_px]
        x, y = (along, across) if line.orientation == "row" else (across, along)
        label = f"{name}: {len(lines)}" if number == 0 else None
        axes.plot(x, y, color=colour, linewidth=width, solid_capstyle="butt", label=label)


def draw_boxes(
    axes: Axes, boxes: NDArray[Any], *, shape: tuple[int, int], name: str, colour: str = MUTED, style: Any = "-"
) -> None:
    """Outline the 500 largest clusters with the number of all in the legend, small ones larger than they are."""
    least = [_LEAST_SIDE * side for side in shape]
    for number, box in enumerate(boxes[:_MOST_OUTLINED].tolist()):
        height, width = max(box[1] - box[0], least[0]), max(box[3] - box[2], least[1])
        corner = ((box[2] + box[3] - 1 - width) / 2, (box[0] + box[1] - 1 - height) / 2)
        label = f"{name}: {len(boxes)}" if number == 0 else None
        axes.add_patch(
            Rectangle(
                corner,
                width,
                height,
                fill=False,
                edgecolor=colour,
                linewidth=0.9,
                linestyle=style,
                label=label,
                zorder=3,
            )
        )


def frame_detector(axes: Axes, shape: tuple[int, int]) -> None:
    """Outline of the detector, before anything is drawn on it."""
    rows, columns = shape
    axes.add_patch(Rectangle((-0.5, -0.5), columns, rows, fill=False, edgecolor=PALE, linewidth=1.0))


def finish_map(axes: Axes, shape: tuple[int, int], *, title: str, not_looked_for: Iterable[str] = ()) -> None:
    """Equal axes in pixels with row 0 above, the title, what was not looked for, and the legend below."""
    rows, columns = shape
    axes.set_aspect("equal")
    axes.set_xlim(-0.02 * columns, 1.02 * columns)
    axes.set_ylim(1.02 * rows, -0.02 * rows)
    axes.set_xlabel("Column / px")
    axes.set_ylabel("Row / px")
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontweight="normal", color=INK)
    if missing := ", ".join(not_looked_for):
        axes.text(
            0.97,
            0.03,
            f"not looked for: {missing}",
            transform=axes.transAxes,
            ha="right",
            va="bottom",
            fontsize=7,
            color=MUTED,
        )
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, _BELOW), ncols=2, handlelength=1.2, columnspacing=1.0)


def share_text(fraction: float) -> str:
    """Share in percent with as many decimals as it needs, four at most."""
    return f"{100.0 * fraction:.4f}".rstrip("0").rstrip(".") + " %"
