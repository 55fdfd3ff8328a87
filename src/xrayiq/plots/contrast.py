"""Contrast: mean signal of the object and of its background, with the noise about them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from xrayiq.metrics.contrast import Contrast
from xrayiq.plots.clinical_noise import SIGNAL_UNIT
from xrayiq.plots.style import BLUE, MUTED, ORANGE, PICTURE, canvas, soft_grid


def plot_contrast(result: Contrast, *, ax: Axes | None = None) -> Axes:
    """Mean signal of the object's region and of each background region.

    Parameters
    ----------
    result : Contrast
        What `measure_contrast` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Region against signal in its unit; bars are ± one standard deviation of the pixels, the dashed line is the
        background that the object is compared with.
    """
    count = result.background_means.size
    positions = np.arange(1, count + 1)
    names = ["background"] if count == 1 else [f"background {number}" for number in positions]
    with canvas(ax, PICTURE) as axes:
        for x, means, sds, colour, label in (
            ([0], [result.signal_mean], [result.signal_sd], ORANGE, "object"),
            (positions, result.background_means, result.background_sds, BLUE, "background"),
        ):
            axes.errorbar(
                x, means, yerr=sds, color=colour, marker="o", capsize=4, linestyle="none", linewidth=1.6, label=label
            )
        axes.axhline(result.background_mean, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        axes.set_xticks([0, *positions.tolist()], ["object", *names])
        axes.set_xlim(-0.5, count + 0.5)
        axes.set_ylabel(f"Mean signal ± noise / {SIGNAL_UNIT.get(result.signal_unit, result.signal_unit)}")
        axes.set_title(f"CNR {result.contrast_to_noise:.2f} ± {result.contrast_to_noise_uncertainty:.2f}")
        soft_grid(axes, "y")
    return axes
