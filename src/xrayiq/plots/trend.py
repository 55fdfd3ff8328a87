"""Trend of a quantity: results over time with baselines, limits, events and what warns or fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from xrayiq.audit import YEAR_S, Trend, baseline_at
from xrayiq.errors import InputError
from xrayiq.model import Limit, Measurement, Quantity, judge, quantity
from xrayiq.plots.style import BLUE, GREEN, ORANGE, PURPLE, SAND, canvas, signed, soft_grid
from xrayiq.plots.trend_labels import date_axis, days, event_labels, legend_below, wrapped_title
from xrayiq.plots.trend_limits import draw_document_limits, draw_statistical_limits

#: width and height in inches: on a page or a screen, and on a phone
TREND_WIDE: Final = (7.8, 4.1)
TREND_NARROW: Final = (3.9, 5.0)

_TOLD: Final = {"pass": "no warning", "warning": "warning", "indeterminate": "too few results to judge"}
_BEYOND: Final = {"warning": "beyond a warning limit", "fail": "beyond a fail limit"}
_MANY: Final = 150  # results from which on marks are smaller


def plot_trend(
    result: Trend, *, ax: Axes | None = None, limits: Iterable[Limit] = (), statuses: Sequence[str] | None = None
) -> Axes:
    """Results over time with the baseline and statistical limits of each segment, events, warnings and fails.

    Parameters
    ----------
    result : Trend
        What `assess_trend` gave.
    ax : Axes, optional
        Where to draw; a new figure without.
    limits : iterable of Limit, optional
        Limits of documents or of the site for this quantity: drawn where they leave the results room, named with their
        source, and each result judged by them, relative ones against the baseline of its date.
    statuses : sequence of str, optional
        Status of each result of the trend as it was judged and stored, in place of judging it here.

    Returns
    -------
    Axes
        Date against the quantity in its unit on paper.
    """
    known = quantity(result.quantity)
    chosen = tuple(limit for limit in limits if limit.quantity == result.quantity)
    judged = _statuses(result, chosen) if statuses is None else np.array(statuses, dtype=np.str_)
    if judged.size != result.values.size:
        raise InputError(f"{judged.size} statuses", needed=f"one for each of {result.values.size} results")
    with canvas(ax, TREND_WIDE) as axes:
        dates = np.array([days(date) for date in result.dates], dtype=np.float64)
        for segment in result.segments:
            draw_statistical_limits(axes, result, segment, dates)
        _results(axes, result, dates, judged)
        _shifts_and_drift(axes, result, dates, known)
        _span(axes, result)
        date_axis(axes, result.dates, also=[event.date for event in result.events])
        draw_document_limits(axes, result, chosen, dates)
        axes.set_ylabel(f"{known.label} / {known.display_unit}" if known.display_unit else known.label)
        rows = event_labels(axes, result.events)
        axes.set_title(wrapped_title(axes, _title(result, known, judged)), pad=7.0 + rows)
        soft_grid(axes, "y")
        legend_below(axes)
    return axes


def _results(axes: Axes, result: Trend, dates: NDArray[np.float64], statuses: NDArray[np.str_]) -> None:
    """Dots; open where nothing judges them yet, ringed where a rule warns, other marks beyond limits of documents."""
    factor = quantity(result.quantity).display_factor
    values, average = factor * result.values, factor * result.ewma
    for part in (slice(segment.first, segment.stop) for segment in result.segments):
        axes.plot(dates[part], values[part], color=BLUE, linewidth=0.6, alpha=0.45, zorder=2.7)
        if np.isfinite(average[part]).any():
            axes.plot(dates[part], average[part], color=PURPLE, linewidth=1.1, alpha=0.8, zorder=2.6, label="EWMA")
    beyond = (statuses == "warning") | (statuses == "fail")
    warned = np.zeros(values.size, dtype=np.bool_)
    warned[[signal.index for signal in result.warnings]] = True
    judged = np.isfinite(result.center)
    size = 1.0 if dates.size <= _MANY else 0.75
    for where, label, look in (
        (judged & ~beyond, "", {"marker": "o", "markersize": 3.4, "color": BLUE}),
        (~judged & ~beyond, "not judged yet", {"marker": "o", "markersize": 3.4, "color": BLUE, "mfc": "white"}),
        (warned & ~beyond, "statistical warning", {"marker": "o", "markersize": 6.6, "color": SAND, "mfc": "none"}),
        (statuses == "warning", "beyond warning limit", {"marker": "D", "markersize": 5.2, **_edged(SAND)}),
        (statuses == "fail", "beyond fail limit", {"marker": "X", "markersize": 6.8, **_edged(ORANGE)}),
    ):
        if where.any():
            shown: dict[str, Any] = {"linestyle": "none", "zorder": 3.0, **look, "label": label}
            shown["markersize"] = size * float(shown["markersize"])
            axes.plot(dates[where], values[where], **shown)


def _edged(colour: str) -> dict[str, object]:
    return {"color": colour, "markeredgecolor": "white", "markeredgewidth": 0.5}


def _statuses(result: Trend, limits: Sequence[Limit]) -> NDArray[np.str_]:
    """Worst status of each result under the limits."""
    rank = ("indeterminate", "pass", "warning", "fail")
    worst = []
    for date, value in zip(result.dates, result.values, strict=True):
        found = baseline_at(result, date)
        measured = Measurement(quantity=result.quantity, value=float(value), direction=result.direction)
        given = [judge(measured, limit, None if found is None else found.mean).status for limit in limits]
        worst.append(max(given, key=rank.index, default="indeterminate"))
    return np.array(worst, dtype=np.str_)


def _shifts_and_drift(axes: Axes, result: Trend, dates: NDArray[np.float64], known: Quantity) -> None:
    for segment in result.segments:
        places = {index: 0.5 * float(dates[index - 1] + dates[index]) for index in segment.shifts}
        for first, last in segment.gradual:
            axes.axvspan(
                places[first], places[last], color=SAND, alpha=0.16, linewidth=0.0, zorder=0.3, label="gradual change"
            )
        for index, place in places.items():
            if any(first <= index <= last for first, last in segment.gradual):
                continue
            axes.axvline(place, color=SAND, linewidth=1.2, linestyle=(0, (1, 1.5)), label="shift without event")
        drift, onset = segment.drift_per_year, segment.drift_onset
        if onset is None or drift is None:
            continue
        years = (result.dates[segment.stop - 1] - result.dates[onset]).total_seconds() / YEAR_S
        slope, low, high = (
            signed(known.display_factor * value, known.decimals) for value in (drift.slope, drift.low, drift.high)
        )
        axes.plot(
            dates[[onset, segment.stop - 1]],
            known.display_factor * (drift.intercept + drift.slope * np.array([0.0, years])),
            color=GREEN,
            linewidth=1.6,
            linestyle=(0, (5, 2)),
            zorder=3.6,
            label=f"drift {slope} ({low} to {high}) {known.display_unit}".rstrip() + " per year",
        )


def _span(axes: Axes, result: Trend) -> None:
    """Range of the quantity: all results, and limits once there is a whole baseline."""
    factor = quantity(result.quantity).display_factor
    shown = [result.values]
    for segment in result.segments:
        begin = segment.first + (0 if segment.set_by == "hand" else result.settings.baseline_count)
        shown += [result.lower[begin : segment.stop], result.upper[begin : segment.stop]]
        if segment.mean is not None:
            shown.append(np.array([segment.mean]))
    together = factor * np.concatenate(shown)
    together = together[np.isfinite(together)]
    if together.size:
        low, high = float(together.min()), float(together.max())
        room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
        axes.set_ylim(low - room, high + room)


def _title(result: Trend, known: Quantity, statuses: NDArray[np.str_]) -> str:
    name = f"{known.label} ({result.direction})" if result.direction else known.label
    if not result.values.size:
        return f"{name}: no results"
    told = _BEYOND.get(str(statuses[-1]), _TOLD[result.status])
    return f"{name}: {known.text(float(result.values[-1]))}, {told}"
