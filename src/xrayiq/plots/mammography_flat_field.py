"""Mammography flat fields: each figure of homogeneity beside its limit, image by image."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from xrayiq.metrics.mammography_flat_field import MammographyFlatField
from xrayiq.model import Limit
from xrayiq.plots.style import BLUE, CURVE, GREEN, MUTED, ORANGE, PURPLE, canvas, soft_grid


def plot_mammography_flat_field(
    result: MammographyFlatField, *, ax: Axes | None = None, limits: Iterable[Limit] = ()
) -> Axes:
    """Deviations of each image of the series: tiles within it, and the image within the series.

    Parameters
    ----------
    result : MammographyFlatField
        What `measure_mammography_flat_field` gave.
    ax : Axes, optional
        Where to draw; a new figure without.
    limits : iterable of Limit, optional
        Those of its quantities are drawn in the colours of the points, with their source below.

    Returns
    -------
    Axes
        Number of the image against deviation in percent. Those within an image are greatest values, those of the series
        carry their sign. The title counts the deviating pixels of the worst image.
    """
    known = {limit.quantity: limit for limit in limits if limit.warning_high is not None}
    numbers = np.arange(1, result.image_snrs.size + 1)
    drawn = [
        ("mammography_signal_deviation", "tile signal", result.signal_deviations, BLUE, "o"),
        ("mammography_snr_deviation", "tile SNR", result.snr_deviations, ORANGE, "s"),
    ]
    if numbers.size > 1:
        snr = result.image_snrs / result.image_snrs.mean() - 1.0
        drawn.append(("mammography_image_snr_deviation", "image SNR", snr, GREEN, "^"))
        if result.doses is not None:
            dose = result.doses / result.doses.mean() - 1.0
            drawn.append(("mammography_dose_deviation", "image dose", dose, PURPLE, "D"))
    with canvas(ax, CURVE) as axes:
        for quantity, name, values, colour, marker in drawn:
            axes.plot(numbers, 100.0 * values, marker=marker, markersize=5, linewidth=0.8, color=colour, label=name)
            if quantity in known:
                bound = 100.0 * (known[quantity].warning_high or 0.0)
                for end in (bound,) if (values >= 0).all() else (-bound, bound):
                    axes.axhline(end, color=colour, linewidth=0.8, linestyle=(0, (4, 3)))
        count = int(result.deviating_pixel_counts.max())
        share = f"{100.0 * result.pixel_deviation_fraction:g} %"
        axes.set_title(f"{count} pixel{'' if count == 1 else 's'} off by more than {share}", pad=32.0)
        sources = sorted({known[quantity].source for quantity, *_ in drawn if quantity in known})
        if sources:
            below = "\n".join(textwrap.fill(f"limits: {source}", 58) for source in sources)
            axes.text(0.0, -0.26, below, transform=axes.transAxes, va="top", fontsize=7, color=MUTED)
        axes.set_xlabel("Image")
        axes.set_ylabel("Deviation / %")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.margins(y=0.15)
        axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, columnspacing=1.0, handletextpad=0.3)
        soft_grid(axes, "y")
    return axes
