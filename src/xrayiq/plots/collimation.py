"""Collimation: the field that was found, over the image's preview or in its frame."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation

from xrayiq.metrics.collimation import Collimation
from xrayiq.plots.style import INK, MUTED, ORANGE, OVERLAY, PALE, SAND, canvas

#: colour, line and name of a side of the field, by its state
SIDES: Final = MappingProxyType(
    {
        "collimated": (ORANGE, "-", "blade found"),
        "at_border": (SAND, "--", "border of the image data"),
        "not_found": (MUTED, ":", "not found"),
    }
)

#: height of the tick and axis labels, under which the legend stands
_LABELS_INCH: Final = 0.5


def plot_collimation(result: Collimation, *, ax: Axes | None = None) -> Axes:
    """Outline of the collimated field over the preview of the image.

    Parameters
    ----------
    result : Collimation
        What `find_collimation` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Column against row from the image's upper left corner: mm at the detector where the pixel pitch is known,
        otherwise pixels. Without a preview the outline stands in an empty frame.
    """
    pitch = result.pixel_pitch_mm or (1.0, 1.0)
    unit = "px" if result.pixel_pitch_mm is None else "mm"
    height, width = (count * step for count, step in zip(result.image_shape_px, pitch, strict=True))
    corners = (np.asarray(result.corners_px) + 0.5) * pitch
    with canvas(ax, OVERLAY) as axes:
        if result.preview is not None:
            frame = (0.0, width, height, 0.0)
            axes.imshow(result.preview, cmap="gray", vmin=0, vmax=255, extent=frame, interpolation="bilinear")
        axes.add_patch(Rectangle((0.0, 0.0), width, height, fill=False, edgecolor=PALE, linewidth=1.0))
        named: set[str] = set()
        for number, state in enumerate(result.sides):
            colour, line, word = SIDES[state]
            ends = corners[[number, (number + 1) % 4]]
            label = None if word in named else word
            named.add(word)
            axes.plot(ends[:, 1], ends[:, 0], color=colour, linestyle=line, linewidth=2.0, label=label)
        axes.set_aspect("equal")
        axes.set_xlim(-0.02 * width, 1.02 * width)
        axes.set_ylim(1.02 * height, -0.02 * height)
        axes.set_xlabel(f"Column / {unit}")
        axes.set_ylabel(f"Row / {unit}")
        axes.spines[:].set_visible(False)
        axes.set_title(_title(result), loc="center", color=INK, fontsize=8.5, fontweight="normal")
        below = axes.transAxes + ScaledTranslation(0.0, -_LABELS_INCH, axes.figure.dpi_scale_trans)
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            bbox_transform=below,
            borderaxespad=0.0,
            ncols=2,
            handlelength=1.6,
            columnspacing=1.0,
        )
    return axes


def _title(result: Collimation) -> str:
    share = f"{100 * result.field_fraction:.0f} % of the image"
    area = share if result.area_mm2 is None else f"{result.area_mm2 / 100:.0f} cm², {share}"
    seen = "no blade visible" if set(result.sides) == {"at_border"} else f"confidence {result.confidence:.2f}"
    return f"{area}\n{seen}"
