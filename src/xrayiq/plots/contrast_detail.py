"""Contrast-detail object: which cells were seen, with the threshold curve."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Circle
from numpy.typing import NDArray

from xrayiq.metrics.contrast_detail import ContrastDetail
from xrayiq.plots.style import INK, MUTED, ORANGE, PALE, canvas

#: width and height of a new figure in inches
_SIZE: Final = (4.6, 4.5)
#: place of a corner disc, and radius of the largest disc without and with corner discs in its cell, in cells
_CORNER: Final = 0.29
_LARGEST: Final = (0.25, 0.15)
#: greatest step below which thicknesses are written in micrometres
_MICROMETRES_BELOW_MM: Final = 0.01
_SEEN: Final = "#9CC7E4"
_SHARES: Final = LinearSegmentedColormap.from_list("shares", ["#FFFFFF", _SEEN])


def plot_contrast_detail(result: ContrastDetail, *, ax: Axes | None = None) -> Axes:
    """Cells of the object with their discs, shaded by the share of images in which they were seen.

    Where thresholds are fitted, the shade is the share of images in which the corner was told right instead.

    Parameters
    ----------
    result : ContrastDetail
        What `read_contrast_detail` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Depth or thickness of the discs against their diameter, one cell each, as on the object. The line is the
        threshold: the least diameter seen in each column, or the fitted thickness of each row.
    """
    side = len(result.diameters_mm)
    fitted = result.threshold_steps_mm is not None
    shares = (result.corners_right if fitted else result.detected).mean(axis=0)
    with canvas(ax, _SIZE) as axes:
        axes.imshow(shares, cmap=_SHARES, vmin=0.0, vmax=1.0, interpolation="nearest")
        edges = np.arange(side + 1) - 0.5
        lines = [[(edge, -0.5), (edge, side - 0.5)] for edge in edges]
        lines += [[(-0.5, edge), (side - 0.5, edge)] for edge in edges]
        axes.add_collection(LineCollection(lines, colors=PALE, linewidths=0.6))
        _draw_discs(axes, result, shares >= 0.5)
        axes.plot([], [], "s", color=_SEEN, markersize=8, label=f"{'corner right' if fitted else 'seen'} in all images")
        _draw_threshold(axes, result)
        micrometres = result.steps_mm[-1] < _MICROMETRES_BELOW_MM
        steps = 1e3 * result.steps_mm if micrometres else result.steps_mm
        axes.set_xticks(range(side), [f"{step:g}" for step in steps], rotation=90)
        axes.set_yticks(range(side), [f"{diameter:g}" for diameter in result.diameters_mm])
        axes.tick_params(length=0)
        axes.set_xlabel("Thickness / µm" if micrometres else "Depth / mm")
        axes.set_ylabel("Diameter / mm")
        axes.spines[:].set_visible(False)
        axes.set_title(_title(result))
        axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.15), ncols=2, handlelength=1.4)
    return axes


def _draw_discs(axes: Axes, result: ContrastDetail, seen: NDArray[np.bool_]) -> None:
    scale = _LARGEST[int(result.corners[0, 0] >= 0)] / float(result.diameters_mm[0])
    for wanted, colour in ((True, INK), (False, MUTED)):
        discs = []
        for row, column in np.argwhere(seen == wanted).tolist():
            radius = max(scale * float(result.diameters_mm[row]), 0.02)
            places: list[tuple[float, float]] = [(column, row)]
            corner = int(result.corners[row, column])
            if corner >= 0:
                down, right = (-1, 1)[corner // 2], (-1, 1)[corner % 2]
                places.append((column + _CORNER * right, row + _CORNER * down))
            discs += [Circle(place, radius) for place in places]
        axes.add_collection(
            PatchCollection(
                discs,
                facecolors=colour if wanted else "none",
                edgecolors=colour,
                linewidths=0.0 if wanted else 0.5,
            )
        )


def _draw_threshold(axes: Axes, result: ContrastDetail) -> None:
    rows = np.arange(len(result.diameters_mm), dtype=np.float64)
    if result.threshold_steps_mm is None:
        sizes = np.append(result.diameters_mm[::-1], result.next_diameter_mm)
        places = np.interp(np.log(result.threshold_diameters_mm), np.log(sizes), np.append(rows[::-1], -1.0))
        axes.plot(rows, np.maximum(places, -0.5), color=ORANGE, marker="o", markersize=3, label="least diameter seen")
        return
    inside = np.isfinite(result.threshold_steps_mm)
    columns = np.interp(np.log(result.threshold_steps_mm[inside]), np.log(result.steps_mm), rows)
    axes.plot(columns, rows[inside], color=ORANGE, marker="o", markersize=3, label="threshold thickness")


def _title(result: ContrastDetail) -> str:
    count = len(result.detected)
    images = f"{count} image{'s' if count > 1 else ''}"
    share = f"{100.0 * result.detected_fraction:.0f} % seen, {images}"
    return share if result.threshold_steps_mm is not None else f"IQF_inv {result.iqf_inverse_per_mm2:.2f} mm⁻², {share}"
