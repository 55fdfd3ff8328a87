"""Ring of discs: where they are and which can be seen, over the score that seeing needs."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from xrayiq.metrics.disc_ring import ROSE, DiscRing
from xrayiq.plots.style import BLUE, MUTED, ORANGE, PICTURE, canvas, plain_log, soft_grid


def plot_disc_ring(result: DiscRing, *, ax: Axes | None = None) -> Axes:
    """Score of each disc in the order of the ring, with the score that a disc needs to be seen.

    Parameters
    ----------
    result : DiscRing
        What `read_disc_ring` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Number of the disc against CNR·√(pixels / correlation), logarithmic; filled where the disc can be seen. Scores
        below 0.1 are drawn at the lower end.
    """
    numbers = np.arange(1, result.rose_scores.size + 1)
    scores = np.maximum(result.rose_scores, 0.1)
    with canvas(ax, PICTURE) as axes:
        axes.axhline(ROSE, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), label=f"needed (Rose): {ROSE:g}")
        for chosen, face, label in ((result.visible, BLUE, "seen"), (~result.visible, "white", "not seen")):
            axes.plot(
                numbers[chosen],
                scores[chosen],
                marker="o",
                linestyle="none",
                markerfacecolor=face,
                markeredgecolor=BLUE if face == BLUE else ORANGE,
                label=f"{label}: {np.count_nonzero(chosen)}",
            )
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xticks(numbers[::2])
        axes.set_xlabel("Disc, from the greatest contrast on")
        axes.set_ylabel("Score CNR·√(pixels / correlation)")
        axes.set_title(
            f"{result.visible_count} of {numbers.size} discs seen, threshold {100.0 * result.threshold_contrast:.2f} %"
        )
        axes.legend(loc="upper right")
        soft_grid(axes, "y")
    return axes
