"""Curves of one figure that lie on each other: found, told apart, and named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

#: share of the axis height, about the width of a line, up to which two curves are seen as one
SAME: Final = 0.01
#: widths in points: of a curve that lies on no other, and by how much each one below another is wider
_WIDTH: Final = 1.3
_WIDER: Final = 1.3

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


def coinciding(curves: Sequence[Curve], *, extent: float) -> list[list[int]]:
    """Groups of curves that a reader of the figure sees as one, by their place; only groups of two or more.

    Parameters
    ----------
    curves : sequence of (frequencies, heights)
        Heights as the axis shows them: logarithms on a logarithmic axis. Values that are not finite are left out.
    extent : float
        Height of the axis.

    Returns
    -------
    list of list of int
        Two curves coincide where the median of their distance is at most `SAME` of the extent.
    """
    groups: list[list[int]] = []
    for number, curve in enumerate(curves):
        for group in groups:
            if _distance(curves[group[0]], curve) <= SAME * extent:
                group.append(number)
                break
        else:
            groups.append([number])
    return [group for group in groups if len(group) > 1]


def tell_apart(axes: Axes, groups: Sequence[Sequence[int]]) -> None:
    """Draw coinciding curves as thin lines on wider ones, and set the legend below the axes, where it hides none."""
    lines = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
    for line in lines:
        line.set_linewidth(_WIDTH)
    for group in groups:
        for below, number in enumerate(reversed(group)):
            lines[number].set_linewidth(_WIDTH + _WIDER * below)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.19), ncols=2, handlelength=2.0, columnspacing=0.8, fontsize=8
    )


def coincide_text(labels: Sequence[str], groups: Sequence[Sequence[int]]) -> str:
    """Sentence that names the curves which coincide, empty where none do."""
    if not groups:
        return ""
    named = "; ".join(" = ".join(labels[number] for number in group) for group in groups)
    return f"Coinciding curves are drawn thin on wide: {named}."


def _distance(one: Curve, other: Curve) -> float:
    """Median distance in height over the frequencies that both curves cover."""
    known = [(x[np.isfinite(y)], y[np.isfinite(y)]) for x, y in (one, other)]
    (first_x, first_y), (second_x, second_y) = known
    if not first_x.size or not second_x.size:
        return float("inf")
    common = (first_x >= second_x[0]) & (first_x <= second_x[-1])
    if not common.any():
        return float("inf")
    gaps = np.abs(first_y[common] - np.interp(first_x[common], second_x, second_y))
    return float(np.median(gaps))
