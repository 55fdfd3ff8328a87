"""Contrast transfer and MTF of a bar pattern, group by group."""

from __future__ import annotations

from matplotlib.axes import Axes

from xrayiq.metrics.bar_pattern import BarPattern
from xrayiq.plots.style import BLUE, MUTED, ORANGE, canvas, soft_grid, vertical_mark


def plot_bar_pattern(result: BarPattern, *, ax: Axes | None = None) -> Axes:
    """Contrast transfer of the groups with its standard uncertainty, and the MTF by Coltman's series.

    Parameters
    ----------
    result : BarPattern
        What `measure_bar_pattern` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Line pairs per mm against contrast transfer and MTF (1 at frequency 0); the pale band is what the first term
        that is missing in the series could change.
    """
    frequencies = result.frequencies_per_mm
    with canvas(ax) as axes:
        axes.errorbar(
            frequencies,
            result.contrast_transfer,
            yerr=result.contrast_uncertainty,
            color=ORANGE,
            marker="s",
            markersize=3.5,
            linewidth=0.8,
            linestyle="--",
            label="contrast transfer, bars",
        )
        axes.fill_between(
            frequencies,
            result.mtf_values - result.missing,
            result.mtf_values + result.missing,
            color=BLUE,
            alpha=0.15,
            linewidth=0.0,
        )
        axes.plot(frequencies, result.mtf_values, color=BLUE, marker="o", markersize=3.5, label="MTF (Coltman)")
        if result.f50_per_mm is not None:
            axes.plot([0.0, result.f50_per_mm, result.f50_per_mm], [0.5, 0.5, 0.0], color=MUTED, linewidth=0.8, ls=":")
        vertical_mark(axes, result.nyquist_per_mm, "Nyquist")
        axes.set_xlim(0.0, 1.05 * max(float(frequencies[-1]), result.nyquist_per_mm))
        axes.set_ylim(min(0.0, 1.1 * float(result.contrast_transfer.min())), 1.08)
        axes.set_xlabel("Line pairs per mm / mm⁻¹")
        axes.set_ylabel("Contrast transfer, MTF")
        axes.set_title(f"Bar pattern across {result.across}, bars at {result.bar_angle_deg:.2f}°")
        axes.legend(loc="center right")
        soft_grid(axes)
    return axes
