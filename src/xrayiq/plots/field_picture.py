"""Picture of one image with its field, its frame and a scale bar."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.patheffects import Normal, Stroke

from xrayiq.metrics.collimation import Collimation
from xrayiq.plots.collimation import plot_collimation
from xrayiq.plots.style import INK

#: lengths of a scale bar, the longest that covers at most this part of the width
_LENGTHS_MM: Final = (1, 2, 5, 10, 20, 50, 100, 200)
_SHARE: Final = 0.3


def plot_field_picture(result: Collimation, *, ax: Axes | None = None) -> Axes:
    """Collimated field over the picture of the image, with a scale bar.

    Parameters
    ----------
    result : Collimation
        What `find_collimation` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        As `plot_collimation`, and a bar of a round length at the detector where the pixel pitch is known.
    """
    axes = plot_collimation(result, ax=ax)
    if result.pixel_pitch_mm is None:
        return axes
    height_mm, width_mm = (
        count * step for count, step in zip(result.image_shape_px, result.pixel_pitch_mm, strict=True)
    )
    fitting = [length for length in _LENGTHS_MM if length <= _SHARE * width_mm]
    if not fitting:
        return axes
    length_mm = fitting[-1]
    left, down = 0.05 * width_mm, 0.95 * height_mm
    halo = [Stroke(linewidth=5.5, foreground="white"), Normal()]
    axes.plot(
        [left, left + length_mm],
        [down, down],
        color=INK,
        linewidth=3.0,
        solid_capstyle="butt",
        path_effects=halo,
        zorder=5,
    )
    axes.annotate(
        f"{length_mm} mm",
        (left + length_mm, down),
        xytext=(4, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        fontsize=8,
        color=INK,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        zorder=5,
    )
    return axes
