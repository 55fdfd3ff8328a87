"""Local variance as a picture."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter, NullFormatter

from xrayiq.metrics.local_variance import LocalVariance
from xrayiq.plots.style import INK, PICTURE, canvas, plain_log

#: pixels of the picture along its longer side
_SHOWN_PX: Final = 480
#: least and greatest factor at the ends of the colour scale
_SPANS: Final = (1.5, 4.0)


def plot_local_variance(result: LocalVariance, *, ax: Axes | None = None) -> Axes:
    """Picture of the local variance over its median.

    Parameters
    ----------
    result : LocalVariance
        What `compute_local_variance` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Column against row in pixels; the colour scale is logarithmic about the median, between a factor of 1.5 and of 4
        either way. Large images are averaged over blocks. The least and the greatest variance are marked.
    """
    ratios = _reduced(result.variances / result.median_variance)
    rows, columns = result.variances.shape
    widest = max(result.greatest_ratio, 1.0 / max(result.least_ratio, 1e-3))
    span = float(np.clip(widest, *_SPANS))
    with canvas(ax, PICTURE) as axes:
        picture = axes.imshow(
            np.clip(ratios, 1.0 / span, span),
            cmap="PuOr_r",
            norm=LogNorm(1.0 / span, span),
            extent=(-0.5, columns - 0.5, rows - 0.5, -0.5),
            interpolation="nearest",
        )
        for (row, column), ratio, marker, word in (
            (result.least_px, result.least_ratio, "v", "least"),
            (result.greatest_px, result.greatest_ratio, "^", "greatest"),
        ):
            axes.plot(
                column,
                row,
                marker=marker,
                markersize=6.5,
                markerfacecolor="white",
                markeredgecolor=INK,
                linestyle="none",
                label=f"{word} ×{ratio:.2f}",
            )
        axes.set_xlabel("Column / px")
        axes.set_ylabel("Row / px")
        axes.spines[:].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, handletextpad=0.1, columnspacing=1.0)
        bar = axes.figure.colorbar(picture, ax=axes, shrink=0.85, aspect=25)
        bar.set_ticks([tick for tick in (0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 4.0) if 1.0 / span <= tick <= span])
        bar.ax.yaxis.set_major_formatter(FuncFormatter(plain_log))
        bar.ax.yaxis.set_minor_formatter(NullFormatter())
        bar.set_label(f"Variance in {result.window_px[0]} × {result.window_px[1]} px over its median")
        bar.outline.set_visible(False)
    return axes


def _reduced(ratios: np.ndarray) -> np.ndarray:
    """Means over blocks, so that the picture is no larger than it is shown; what is left at the end is cut."""
    step = max(1, -(-max(ratios.shape) // _SHOWN_PX))
    rows, columns = (length // step for length in ratios.shape)
    blocks = ratios[: rows * step, : columns * step].reshape(rows, step, columns, step)
    return np.asarray(blocks.mean(axis=(1, 3)))
