"""Threshold contrast over the diameter of a disc."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator
from numpy.typing import NDArray

from xrayiq.metrics.threshold_contrast import ThresholdContrast
from xrayiq.plots.style import BLUE, MUTED, canvas, plain_log, soft_grid


def plot_threshold_contrast(result: ThresholdContrast, *, ax: Axes | None = None) -> Axes:
    """Threshold contrast over diameter with its standard uncertainty, beside what white noise would give.

    Parameters
    ----------
    result : ThresholdContrast
        What `measure_threshold_contrast` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Diameter in mm against contrast in percent, both logarithmic. The dashed line falls with the inverse diameter
        from the middle of the curve, as in white noise.
    """
    diameters, percents = result.diameters_mm, 100.0 * result.values
    with canvas(ax) as axes:
        middle = len(diameters) // 2
        axes.plot(
            diameters,
            percents[middle] * diameters[middle] / diameters,
            color=MUTED,
            linewidth=0.9,
            linestyle=(0, (4, 3)),
            label="as in white noise",
        )
        axes.errorbar(
            diameters,
            percents,
            yerr=100.0 * result.uncertainties,
            color=BLUE,
            marker="o",
            markersize=4,
            capsize=3,
            label="measured ± standard uncertainty",
        )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(diameters)
        axes.xaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_yticks(_ticks(percents))
        axes.yaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("Diameter of the disc / mm")
        axes.set_ylabel(f"Threshold contrast ({100.0 * result.confidence:g} %) / %")
        count = f"{result.image_count} image{'s' if result.image_count > 1 else ''}"
        axes.set_title(f"Threshold contrast of discs, {count}")
        axes.legend(loc="upper right")
        soft_grid(axes)
    return axes


def _ticks(percents: NDArray[np.float64]) -> list[float]:
    """1, 2 and 5 of each decade that the values reach into."""
    low, high = 0.6 * float(percents.min()), 1.6 * float(percents.max())
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    return [step * 10.0**decade for decade in decades for step in (1, 2, 5) if low <= step * 10.0**decade <= high]
