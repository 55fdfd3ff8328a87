"""Deviation index: of one image, and its distribution over many, with the bands of a limit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xrayiq.metrics.exposure_index import ExposureIndex
from xrayiq.model import Limit
from xrayiq.plots._distribution import count_images, finite_numbers, mark_median
from xrayiq.plots.style import BAND, BLUE, MUTED, ORANGE, OUTSIDE, WARNING, WITHIN, canvas, signed

#: half width of the drawn axis where the values need no more
_SPAN = 5.0
_BIN = 0.5


def plot_exposure_index(result: ExposureIndex, *, ax: Axes | None = None, limit: Limit | None = None) -> Axes:
    """Deviation index of one image, computed and as the header reports it.

    Parameters
    ----------
    result : ExposureIndex
        What `assess_exposure_index` gave.
    ax : Axes, optional
        Where to draw; a new figure without.
    limit : Limit, optional
        Limit of the deviation index whose bands are drawn and whose source is named.

    Returns
    -------
    Axes
        Deviation index (no unit) along x.
    """
    known = [value for value in (result.deviation_index, result.reported_deviation_index) if value is not None]
    with canvas(ax, BAND) as axes:
        _scale(axes, known)
        if limit is not None:
            _bands(axes, limit)
        for value, height, colour, word in (
            (result.deviation_index, 0.62, BLUE, "computed"),
            (result.reported_deviation_index, 0.28, ORANGE, "reported"),
        ):
            if value is not None:
                axes.plot([0.0, value], [height, height], color=colour, linewidth=2.0)
                axes.plot(
                    [value], [height], marker="o", color=colour, linestyle="none", label=f"{word} {signed(value, 2)}"
                )
        if known:
            axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=2, handletextpad=0.1)
        else:
            axes.text(0.5, 0.5, "no deviation index known", transform=axes.transAxes, ha="center", va="center")
        axes.axvline(0.0, color=MUTED, linewidth=0.8)
        axes.set_ylim(0.0, 1.0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        title = ", ".join(
            f"{word} {value:.0f}"
            for word, value in (("EI", result.exposure_index), ("target", result.target_exposure_index))
            if value is not None
        )
        axes.text(1.0, 1.04, title, transform=axes.transAxes, ha="right", va="bottom", fontsize=8.5)
    return axes


def plot_deviation_indices(
    values: ArrayLike, *, ax: Axes | None = None, limit: Limit | None = None, span: float | None = None
) -> Axes:
    """Distribution of the deviation index over many images.

    Parameters
    ----------
    values : 1-D array
        Deviation indices; those not finite are left out.
    ax : Axes, optional
        Where to draw; a new figure without.
    limit : Limit, optional
        Limit of the deviation index whose bands are drawn and whose source is named.
    span : float, optional
        Half width of the axis, to compare several figures; by default as wide as the values need, at least 5.

    Returns
    -------
    Axes
        Deviation index (no unit) against number of images, in bins of 0.5. Values beyond `span` stand in the
        outermost bins.

    Raises
    ------
    InputError
        The values are not a 1-D array.
    """
    numbers = finite_numbers(values, what="deviation indices")
    with canvas(ax, BAND) as axes:
        half = _scale(axes, numbers.tolist(), span)
        if limit is not None:
            _bands(axes, limit)
        edges = np.linspace(-half, half, round(2 * half / _BIN) + 1)
        axes.hist(np.clip(numbers, -half, half), bins=edges.tolist(), color=BLUE, edgecolor="white", linewidth=0.5)
        mark_median(axes, numbers, lambda median: signed(median, 2))
        count_images(axes)
    return axes


def _scale(axes: Axes, values: Sequence[float], span: float | None = None) -> float:
    widest = max((abs(value) for value in values), default=0.0)
    half = span if span is not None else max(_SPAN, float(np.ceil(widest)))
    axes.set_xlim(-half, half)
    axes.set_xlabel("Deviation index DI")
    return half


def _bands(axes: Axes, limit: Limit) -> None:
    """Colours between the limit's bounds; both sides are always drawn, a missing bound lies at infinity."""
    low, high = axes.get_xlim()
    fail_low, fail_high = _bound(limit.fail_low, low), _bound(limit.fail_high, high)
    warning_low, warning_high = _bound(limit.warning_low, fail_low), _bound(limit.warning_high, fail_high)
    for start, stop, colour in (
        (low, fail_low, OUTSIDE),
        (fail_low, warning_low, WARNING),
        (warning_low, warning_high, WITHIN),
        (warning_high, fail_high, WARNING),
        (fail_high, high, OUTSIDE),
    ):
        if stop > start:
            axes.axvspan(start, stop, color=colour, linewidth=0, zorder=0)
    axes.set_xlabel(f"Deviation index DI\nbands: {limit.source}")


def _bound(value: float | None, missing: float) -> float:
    return missing if value is None else value
