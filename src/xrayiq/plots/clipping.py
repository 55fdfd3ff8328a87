"""Clipping: the share of pixels at either end of the stored range."""

from __future__ import annotations

from matplotlib.axes import Axes

from xrayiq.metrics.clipping import Clipping
from xrayiq.plots.style import BAND, BLUE, canvas, soft_grid


def plot_clipping(result: Clipping, *, ax: Axes | None = None) -> Axes:
    """Share of clipped pixels at the lower and at the upper end.

    Parameters
    ----------
    result : Clipping
        What `measure_clipping` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Share of the pixels in percent along x, one bar per end.
    """
    shares = [100.0 * result.clipped_low_fraction, 100.0 * result.clipped_high_fraction]
    with canvas(ax, BAND) as axes:
        bars = axes.barh([1, 0], shares, height=0.55, color=BLUE)
        axes.bar_label(bars, [f"{share:.3f} %" for share in shares], padding=4)
        axes.set_yticks([1, 0], [f"at {result.low_value:g} (lower end)", f"at {result.high_value:g} (upper end)"])
        axes.set_xlim(0.0, max(1.0, 1.3 * max(shares)))
        axes.set_xlabel("Share of the pixels / %")
        axes.tick_params(axis="y", length=0)
        soft_grid(axes, "x")
    return axes
