"""SDNR over the thickness of the phantom."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from xrayiq.metrics.sdnr import SdnrOverThickness
from xrayiq.plots.style import BLUE, MUTED, canvas, signed, soft_grid

#: standard uncertainties on either side of a point
_ERRORS: Final = 1.96


def plot_sdnr_over_thickness(result: SdnrOverThickness, *, ax: Axes | None = None) -> Axes:
    """SDNR of each thickness with its 95 % interval and, in percent, its ratio to the reference thickness.

    Parameters
    ----------
    result : SdnrOverThickness
        What `measure_sdnr_over_thickness` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Thickness in mm against SDNR; the dashed line is the exponential fit.
    """
    with canvas(ax) as axes:
        axes.errorbar(
            result.thickness_mm,
            result.sdnr,
            yerr=_ERRORS * result.sdnr_uncertainties,
            color=BLUE,
            marker="o",
            markersize=5,
            capsize=3,
            linestyle="none",
            label="measured",
        )
        if result.sdnr_fall_per_mm is not None:
            _draw_fit(axes, result, result.sdnr_fall_per_mm)
        if result.relative_sdnr is not None:
            for thickness, value, relative in zip(result.thickness_mm, result.sdnr, result.relative_sdnr, strict=True):
                axes.annotate(
                    f"{100.0 * relative:.0f} %",
                    (thickness, value),
                    xytext=(6, 5),
                    textcoords="offset points",
                    fontsize=8,
                    color=MUTED,
                )
            axes.set_title(f"SDNR, and in percent of that at {result.reference_mm:g} mm")
        else:
            axes.set_title("SDNR over thickness")
        axes.margins(x=0.12, y=0.15)
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Thickness of the phantom / mm")
        axes.set_ylabel("SDNR")
        axes.legend(loc="lower left")
        soft_grid(axes)
    return axes


def _draw_fit(axes: Axes, result: SdnrOverThickness, fall_per_mm: float) -> None:
    weights = (result.sdnr / result.sdnr_uncertainties) ** 2
    middle = np.average(result.thickness_mm, weights=weights)
    level = np.exp(np.average(np.log(result.sdnr), weights=weights))
    thickness = np.linspace(result.thickness_mm[0], result.thickness_mm[-1], 101)
    axes.plot(
        thickness,
        level * np.exp(-fall_per_mm * (thickness - middle)),
        color=MUTED,
        linewidth=1.0,
        linestyle=(0, (4, 3)),
        zorder=1,
        label=f"fit, {signed(100.0 * np.expm1(-10.0 * fall_per_mm), 1)} % per 10 mm",
    )
