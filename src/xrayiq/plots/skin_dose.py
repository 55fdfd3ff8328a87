"""Map of the dose to the skin, unrolled."""

from __future__ import annotations

import textwrap
from typing import Final

from matplotlib.axes import Axes

from xrayiq.dose.skin_dose import SkinDose
from xrayiq.plots.style import MUTED, canvas
from xrayiq.plots.trend_labels import wrapped_title

#: width and height in inches of a figure of its own
SKIN_MAP: Final = (5.6, 4.2)
#: inches beside the words below, and letters of them an inch
_SIDES_INCHES: Final = 1.6
_LETTERS_AN_INCH: Final = 19.0


def plot_skin_dose(result: SkinDose, *, ax: Axes | None = None) -> Axes:
    """Dose to the skin of the phantom, the middle of the back in the centre, with what was assumed.

    Parameters
    ----------
    result : SkinDose
        What `estimate_skin_dose` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Place on the skin around and along the body in mm, dose in mGy; the peak is marked.
    """
    with canvas(ax, SKIN_MAP) as axes:
        half = [(axis[-1] - axis[0]) / max(axis.size - 1, 1) / 2.0 for axis in (result.around_mm, result.along_mm)]
        image = axes.imshow(
            result.dose_mgy,
            origin="lower",
            cmap="magma_r",
            vmin=0.0,
            aspect="equal",
            interpolation="nearest",
            extent=(
                result.around_mm[0] - half[0],
                result.around_mm[-1] + half[0],
                result.along_mm[0] - half[1],
                result.along_mm[-1] + half[1],
            ),
        )
        axes.plot(
            result.peak_around_mm,
            result.peak_along_mm,
            marker="o",
            markersize=11,
            markerfacecolor="none",
            markeredgecolor="white",
            markeredgewidth=1.4,
            linestyle="none",
        )
        bar = axes.figure.colorbar(image, ax=axes, shrink=0.75)
        bar.set_label("Skin dose / mGy")
        bar.outline.set_visible(False)
        if result.phantom.shape == "elliptical_cylinder":
            for part, place in (("right side", -0.25), ("back", 0.0), ("left side", 0.25)):
                axes.text(
                    place * (result.around_mm[-1] - result.around_mm[0]),
                    result.along_mm[-1],
                    part,
                    ha="center",
                    va="top",
                    fontsize=7.5,
                    color=MUTED,
                )
        axes.set_ylabel("Towards the head / mm")
        told = [*result.assumptions, f"{result.exposures} exposures in the map"]
        if result.left_out:
            told.append(f"{len(result.left_out)} left out")
        if result.missed:
            told.append(f"{result.missed} beside the skin")
        width = float(axes.figure.get_size_inches()[0])  # type: ignore[union-attr]  # a figure or a part of one
        letters = max(int((width - _SIDES_INCHES) * _LETTERS_AN_INCH), 24)
        lines = textwrap.fill("; ".join(told), letters)
        below = textwrap.fill("On the skin from the middle of the back to the patient's left / mm", int(0.9 * letters))
        axes.set_xlabel(below)
        axes.annotate(
            lines,
            (0.0, 0.0),
            xycoords="axes fraction",
            xytext=(0, -38 - 11 * below.count("\n")),
            textcoords="offset points",
            va="top",
            fontsize=7,
            color=MUTED,
            annotation_clip=False,
        )
        axes.set_title(wrapped_title(axes, f"Peak skin dose {result.text}"))
    return axes
