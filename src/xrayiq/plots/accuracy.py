"""Errors of all metrics beside what they must reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from xrayiq.errors import InputError
from xrayiq.model import AccuracyRow
from xrayiq.plots.style import BLUE, INK, ORANGE, WITHIN, canvas, plain_log, soft_grid

#: parts of what must be reached that the axis shows; smaller errors are drawn at its left end
_LEAST: Final = 1e-3
_MOST: Final = 3.0
#: width and least height in inches, and height of a row
_WIDTH, _MARGIN, _ROW = 9.0, 0.9, 0.24
#: rows over which the cases of one figure are spread, so that they do not hide each other
_SPREAD: Final = 0.28


def plot_accuracy(rows: Sequence[AccuracyRow], *, ax: Axes | None = None) -> Axes:
    """Error of every case of the accuracy grid as a part of the greatest error allowed.

    Parameters
    ----------
    rows : sequence of AccuracyRow
        What the accuracy grid gave; drawn are those with a figure to reach above 0, but not shares of intervals.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Size of the error by what must be reached, logarithmic, without unit; one line for each figure. Bars stand at
        what is judged (worst case or 95th percentile); errors below a thousandth are drawn at the left end.

    Raises
    ------
    InputError
        No row has a figure to reach.
    """
    drawn = [row for row in rows if row.figure.must_reach and row.figure.statistic != "shortfall"]
    if not drawn:
        raise InputError("no row with a figure to reach", needed="at least one", remedy="give all rows of the grid")
    with canvas(ax, accuracy_size(rows)) as axes:
        axes.set_xscale("log")
        axes.axvspan(_LEAST, 1.0, color=WITHIN, linewidth=0, zorder=0)
        for number, row in enumerate(drawn):
            allowed = row.figure.must_reach or 1.0
            parts = np.clip(np.abs(row.case_errors) / allowed, _LEAST, _MOST)
            spread = np.random.default_rng(number).uniform(-_SPREAD, _SPREAD, parts.size)
            colour = BLUE if row.met else ORANGE
            axes.plot(
                parts, number + spread, linestyle="none", marker="o", markersize=3, color=colour, alpha=0.45, mew=0
            )
            judged = min(max(row.judged / allowed, _LEAST), _MOST)
            axes.plot([judged, judged], [number - 0.38, number + 0.38], color=INK, linewidth=1.6)
        axes.axvline(1.0, color=INK, linewidth=0.8)
        axes.set_xlim(_LEAST, _MOST)
        axes.set_ylim(len(drawn) - 0.5, -0.5)
        axes.set_yticks(range(len(drawn)), [_name(row) for row in drawn])
        axes.xaxis.set_major_formatter(FuncFormatter(_tick))
        axes.set_xlabel("Error / greatest error allowed")
        axes.set_title("Every case; the bar is what is judged")
        soft_grid(axes, "x")
    return axes


def accuracy_size(rows: Sequence[AccuracyRow]) -> tuple[float, float]:
    """Width and height in inches that give each line of `plot_accuracy` its room."""
    drawn = sum(bool(row.figure.must_reach) and row.figure.statistic != "shortfall" for row in rows)
    return _WIDTH, _MARGIN + _ROW * drawn


def _name(row: AccuracyRow) -> str:
    topic, label = row.figure.topic, row.figure.label
    return label if label.lower().startswith(topic.lower().split()[0]) else f"{topic}: {label[0].lower()}{label[1:]}"


def _tick(value: float, position: int | None = None) -> str:
    return ("≤ " if value <= _LEAST else "") + plain_log(value, position)
