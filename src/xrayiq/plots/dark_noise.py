"""Dark noise: how far the means of rows and columns lie from the dark level."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import norm

from xrayiq.metrics.dark_noise import DarkNoise
from xrayiq.plots.style import BLUE, MUTED, ORANGE, canvas, soft_grid

_BINS: Final = 41


def plot_dark_noise(result: DarkNoise, *, ax: Axes | None = None) -> Axes:
    """Distribution of the means of rows and of columns about the dark level, with that of white noise alone.

    Parameters
    ----------
    result : DarkNoise
        What `measure_dark_noise` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Difference of a line's mean from the dark level in stored values against the share of lines in percent; the grey
        area is what the noise in time gives lines of white noise. Single lines far out are defective ones.
    """
    rows, columns = (
        levels[np.isfinite(levels)] - result.level_dn for levels in (result.row_levels_dn, result.column_levels_dn)
    )
    noise = result.noise_dn if result.temporal_noise_dn is None else result.temporal_noise_dn
    white = noise / np.sqrt(min(rows.size, columns.size) * result.image_count)
    reach = 1.05 * max(float(np.abs(rows).max()), float(np.abs(columns).max()), 3.0 * white)
    edges = np.linspace(-reach, reach, _BINS + 1)
    with canvas(ax) as axes:
        expected = 100.0 * np.diff(norm.cdf(edges / white)) if white > 0 else np.zeros(_BINS)
        axes.stairs(expected, edges, fill=True, color=MUTED, alpha=0.25, label="white noise alone")
        for name, levels, spread, colour in (
            ("rows", rows, result.row_noise_dn, BLUE),
            ("columns", columns, result.column_noise_dn, ORANGE),
        ):
            share = 100.0 * np.histogram(levels, edges)[0] / levels.size
            axes.stairs(share, edges, color=colour, linewidth=1.5, label=f"{name}: {spread:.2g} beyond it")
        axes.set_xlim(-reach, reach)
        axes.set_ylim(0.0, 1.35 * axes.dataLim.ymax)
        axes.set_xlabel("Mean of a line against the dark level / stored values")
        axes.set_ylabel("Share of the lines / %")
        title = f"Dark noise {result.noise_dn:.3g}"
        if result.temporal_noise_dn is not None and result.pattern_noise_dn is not None:
            title += f": in time {result.temporal_noise_dn:.3g}, pattern {result.pattern_noise_dn:.2g}"
        axes.set_title(title)
        axes.legend(loc="upper right", fontsize=8, handlelength=1.2)
        soft_grid(axes)
    return axes
