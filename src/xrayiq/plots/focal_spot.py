"""Focal spot: contrast of a star's spokes over their diameter in both directions."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from xrayiq.metrics.focal_spot import FocalSpot
from xrayiq.plots.style import BLUE, MUTED, ORANGE, canvas, soft_grid


def plot_focal_spot(result: FocalSpot, *, ax: Axes | None = None) -> Axes:
    """Contrast of the spokes along and across the tube's axis, with the outermost rings without contrast.

    Parameters
    ----------
    result : FocalSpot
        What `measure_focal_spot` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Diameter at the detector in mm against contrast as a part of that of sharp spokes, in percent; below 0 spokes
        and gaps have changed places.
    """
    with canvas(ax) as axes:
        axes.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
        for name, radii, values, diameter, size, colour in (
            (
                "width",
                result.width_radii_mm,
                result.width_contrasts,
                result.width_blur_diameter_mm,
                result.width_mm,
                BLUE,
            ),
            (
                "length",
                result.length_radii_mm,
                result.length_contrasts,
                result.length_blur_diameter_mm,
                result.length_mm,
                ORANGE,
            ),
        ):
            axes.plot(2.0 * radii, values, color=colour, linewidth=1.3, label=f"{name} {size:.2f} mm")
            axes.plot(
                [diameter],
                [0.0],
                color=colour,
                marker="o",
                markersize=6,
                linestyle="none",
                zorder=3,
                label=f"ring of {diameter:.1f} mm",
            )
        axes.set_xlim(0.0, result.image_diameter_mm)
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1.0, decimals=0, symbol=""))
        axes.set_xlabel("Diameter on the star's image / mm")
        axes.set_ylabel("Contrast of the spokes / %")
        axes.set_title(f"Focal spot at magnification {result.magnification:.2f}")
        axes.legend(loc="upper left", handlelength=1.4)
        soft_grid(axes)
    return axes
