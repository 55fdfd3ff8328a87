"""Limits of a trend's figure: bands of the statistical ones, lines of those of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from xrayiq.audit import Trend, TrendSegment
from xrayiq.model import Limit, Quantity, quantity
from xrayiq.plots.style import INK, ORANGE, SAND
from xrayiq.plots.trend_labels import days

_BAND: Final = "#CFDEEB"  # limits that have settled
_EARLY: Final = "#E6EDF3"  # prediction limits
_COLOURS: Final = {"warning": SAND, "fail": ORANGE}
#: how much of the height the results must keep when the limits of documents are drawn
_LEAST_SHARE: Final = 0.14


def draw_statistical_limits(axes: Axes, result: Trend, segment: TrendSegment, dates: NDArray[np.float64]) -> None:
    """Band between the limits, paler while they are prediction limits, and the baseline over its segment."""
    first, stop = segment.first, segment.stop
    if first == stop:
        return
    factor = quantity(result.quantity).display_factor
    sides = edges(result, segment, dates)
    settled_from = first + result.settings.settled_count if segment.settled else stop
    if segment.set_by == "hand" and segment.settled and segment.event is not None and segment.event.baseline_sigma:
        settled_from = first
    for begin, end, colour, label in (
        (first, min(settled_from, stop), _EARLY, "prediction limits"),
        (min(settled_from, stop), stop, _BAND, "3σ limits"),
    ):
        if begin < end and np.isfinite(result.lower[begin:end]).any():
            places = sides[begin - first : end - first + 1]
            axes.fill_between(
                np.repeat(places, 2)[1:-1],
                np.repeat(factor * result.lower[begin:end], 2),
                np.repeat(factor * result.upper[begin:end], 2),
                color=colour,
                linewidth=0.0,
                zorder=0.5,
                label=label,
            )
    if segment.mean is not None:
        axes.plot(sides[[0, -1]], [factor * segment.mean] * 2, color=INK, linewidth=1.0, zorder=2.0, label="baseline")


def draw_document_limits(axes: Axes, result: Trend, limits: Sequence[Limit], dates: NDArray[np.float64]) -> None:
    """Bounds with their source; those so far off that the results would shrink to a line are named only."""
    known = quantity(result.quantity)
    low, high = axes.get_ylim()
    dashes: dict[str, Any] = {"linewidth": 1.2, "linestyle": (0, (6, 2))}
    for limit in limits:
        label = f"limits {_bounds_text(limit, known)}: {limit.source}"
        for kind, colour in _COLOURS.items():
            lines = [line for bound in _bounds(limit, kind) for line in _bound_lines(result, limit, bound, dates)]
            ends = [y for _, y in lines]
            room = 0.04 * (max([high, *ends]) - min([low, *ends]))
            reach = min([low, *(y - room for y in ends)]), max([high, *(y + room for y in ends)])
            if high - low < _LEAST_SHARE * (reach[1] - reach[0]):
                label, lines = f"{label}; {kind} limit not in the picture", []
            else:
                low, high = reach
                axes.set_ylim(low, high)
            for x, y in lines:
                axes.plot(x, [y, y], color=colour, **dashes)
        axes.plot([], [], color=ORANGE if _bounds(limit, "fail") else SAND, label=label, **dashes)


def _bound_lines(
    result: Trend, limit: Limit, bound: float, dates: NDArray[np.float64]
) -> list[tuple[NDArray[np.float64], float]]:
    """Where a bound runs: along the whole, or along each segment that has a baseline."""
    factor = quantity(result.quantity).display_factor
    if limit.basis == "absolute":
        return [(dates[[0, -1]], factor * bound)] if dates.size else []
    return [
        (edges(result, part, dates)[[0, -1]], factor * part.mean * (1.0 + bound))
        for part in result.segments
        if part.mean is not None and part.stop > part.first
    ]


def _bounds(limit: Limit, kind: str) -> list[float]:
    both = (limit.fail_low, limit.fail_high) if kind == "fail" else (limit.warning_low, limit.warning_high)
    return [bound for bound in both if bound is not None]


def _bounds_text(limit: Limit, known: Quantity) -> str:
    """Bounds of both kinds as words, symmetric ones as one."""
    relative = limit.basis == "relative_to_baseline"
    parts = []
    for kind in _COLOURS:
        given = _bounds(limit, kind)
        if len(given) == 2 and given[0] == -given[1]:
            words = "±" + (f"{100.0 * given[1]:g} %" if relative else known.text(given[1]))
        else:
            words = " and ".join(f"{100.0 * b:+g} %".replace("-", "−") if relative else known.text(b) for b in given)
        if given:
            parts.append(f"{words} ({kind})")
    return ", ".join(parts) + (" of the baseline" if relative else "")


def edges(result: Trend, segment: TrendSegment, dates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Borders half way between the results of a segment, one more than these; none before the event that began it."""
    own = dates[segment.first : segment.stop]
    reach = 0.5 * float(np.median(np.diff(own))) if own.size > 1 else 3.5
    begin = own[0] - reach if segment.event is None else max(own[0] - reach, days(segment.event.date))
    end = own[-1] + reach
    if segment.stop < dates.size:
        following = next(part.event for part in result.segments if part.first == segment.stop)
        end = end if following is None else min(end, max(days(following.date), own[-1]))
    return np.concatenate([[begin], 0.5 * (own[1:] + own[:-1]), [end]])
