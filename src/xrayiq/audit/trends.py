"""Trend of one quantity of one detector: baselines, limits, warnings, shifts and drift."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.audit.control_limits import ControlLimits, TrendSettings, control_limits
from xrayiq.audit.false_warnings import FalseWarningRate, false_warning_rate, rule_name
from xrayiq.audit.trend_days import by_day
from xrayiq.audit.trend_events import (
    YEAR_S,
    Baseline,
    TrendEvent,
    as_moment,
    baseline_before,
    cuts,
    in_order,
)
from xrayiq.audit.trend_results import Trend, TrendSegment, TrendSignal
from xrayiq.errors import InputError
from xrayiq.model import Provenance
from xrayiq.model import quantity as find_quantity
from xrayiq.stats import RULE_TEXTS, Drift, find_mean_shifts, fit_drift, moving_range_sigma

ALGORITHM_VERSION: Final = 1
#: correlation of neighbours from which on the limits are too narrow, and the results that it takes to know it
_CORRELATED: Final = 0.3
_CORRELATION_COUNT: Final = 25
_DRIFT_COUNT: Final = 5


def assess_trend(
    values: ArrayLike,
    *,
    dates: Sequence[dt.datetime | dt.date],
    quantity: str,
    direction: str = "",
    events: Sequence[TrendEvent] = (),
    settings: TrendSettings | None = None,
) -> Trend:
    """Trend of one quantity of one detector and mode: baselines, limits, warnings, shifts of the mean and drift.

    Parameters
    ----------
    values : 1-D array
        Valid results in the quantity's unit, in any order; those that are not finite are left out and counted in the
        provenance's warnings. Those of one day count as one, by their median (`TrendSettings`).
    dates : sequence of datetime or date
        When each was measured.
    quantity : str
        Name from the closed list of quantities.
    direction : str
        Direction of the measurements, where they have one.
    events : sequence of TrendEvent
        Calibrations, repairs, software, detector swaps and baselines set by hand. Each begins a new baseline.
    settings : TrendSettings, optional
        How the series is watched.

    Returns
    -------
    Trend
        Each result is judged by results before it only, so that later ones change no earlier limit or warning. Of no
        results it is empty and ``indeterminate``.

    Raises
    ------
    InputError
        There is not one date for each value, only some dates have a time zone, or the quantity is unknown.

    Notes
    -----
    The baseline is the mean of the first ten results after an event. From the sixth result on the limits are Student-t
    prediction limits, from the 26th on mean ± 3 sigma of the first 25 if none of these was outside its limits. Western
    Electric rules 1, 2 and 4 and an EWMA with λ = 0.2 and L = 2.86 warn; rule 3 is told. Statistical signals are
    warnings; only the limit of a document or a site makes a result fail (`judge`, with `baseline_at`).
    """
    chosen = TrendSettings() if settings is None else settings
    series, moments, ordered_events, left_out = _sorted(values, dates, events)
    counts = np.ones(series.size, dtype=np.int64)
    if chosen.daily:
        series, moments, counts = by_day(series, moments, ordered_events)
    columns = {name: np.full(series.size, np.nan) for name in _COLUMNS}
    segments, signals = [], []
    starts = cuts(moments, ordered_events)
    for place, (first, event) in enumerate(starts):
        stop = starts[place + 1][0] if place + 1 < len(starts) else series.size
        part = series[first:stop]
        limits = control_limits(
            part[None, :],
            chosen,
            mean=event.baseline_mean if event is not None else None,
            sigma=event.baseline_sigma if event is not None else None,
        )
        for name, column in columns.items():
            column[first:stop] = getattr(limits, name)[0]
        segments.append(_segment(part, moments[first:stop], first, event, limits, chosen))
        signals += _signals(limits, first, moments, chosen)
    last = segments[-1]
    return Trend(
        quantity=find_quantity(quantity).name,
        direction=direction,
        dates=tuple(moments),
        values=series,
        counts=counts,
        **columns,
        segments=tuple(segments),
        events=ordered_events,
        signals=tuple(signals),
        status=_status(last, columns["center"], signals),
        false_warning_rate=_rate(last, chosen),
        settings=chosen,
        provenance=Provenance(
            algorithm="trend",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(("results", int(counts.sum())), ("daily", chosen.daily), ("events", len(ordered_events))),
            warnings=_cautions(segments, left_out),
        ),
    )


def baseline_at(trend: Trend, date: dt.datetime | dt.date) -> Baseline | None:
    """Baseline that a result of a moment is compared with by relative limits.

    Parameters
    ----------
    trend : Trend
        The series that it belongs to.
    date : datetime or date
        The moment; results of it and after do not enter.

    Returns
    -------
    Baseline or None
        None while there are fewer results since the last event than a baseline takes at least.
    """
    return baseline_before(
        date,
        moments=trend.dates,
        values=trend.values,
        events=trend.events,
        baseline_count=trend.settings.baseline_count,
        baseline_minimum=trend.settings.baseline_minimum,
    )


_COLUMNS: Final = ("center", "lower", "upper", "ewma", "ewma_lower", "ewma_upper")


def _sorted(
    values: ArrayLike, dates: Sequence[dt.datetime | dt.date], events: Sequence[TrendEvent]
) -> tuple[NDArray[np.float64], list[dt.datetime], tuple[TrendEvent, ...], int]:
    """Finite values and their moments in order, the events in order, and how many values were left out."""
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1 or series.size != len(dates):
        raise InputError(f"values of shape {series.shape} and {len(dates)} dates", needed="one date for each value")
    moments, order, ordered_events = in_order(dates, events)
    kept = [index for index in order if math.isfinite(series[index])]
    return series[kept], [moments[index] for index in kept], ordered_events, len(order) - len(kept)


def _segment(
    part: NDArray[np.float64],
    moments: list[dt.datetime],
    first: int,
    event: TrendEvent | None,
    limits: ControlLimits,
    settings: TrendSettings,
) -> TrendSegment:
    by_hand = event is not None and event.baseline_mean is not None
    count = min(part.size, settings.baseline_count)
    enough = count >= settings.baseline_minimum
    mean = event.baseline_mean if event is not None and by_hand else float(part[:count].mean()) if enough else None
    sigma = event.baseline_sigma if event is not None else None
    if sigma is None and enough:
        sigma = float(moving_range_sigma(part[:count]))
    found = find_mean_shifts(part, penalty_factor=settings.shift_penalty) if part.size else None
    shifts = found.indices if found is not None else ()
    onset = found.onset if found is not None else None
    since = shifts[-1] if shifts else onset or 0
    return TrendSegment(
        first=first,
        stop=first + part.size,
        start=as_moment(event.date) if event is not None else moments[0] if moments else None,
        event=event,
        mean=mean,
        sigma=sigma,
        count=count if enough and not by_hand else 0,
        set_by="hand" if by_hand else "results",
        settled=bool(limits.settled[0]),
        shifts=tuple(first + shift for shift in shifts),
        gradual=tuple((first + begin, first + end) for begin, end in (found.gradual if found is not None else ())),
        drift_onset=None if onset is None else first + onset,
        drift_per_year=_drift(part[since:], moments[since:]),
        neighbour_correlation=_correlation(part, shifts),
    )


def _drift(part: NDArray[np.float64], moments: list[dt.datetime]) -> Drift | None:
    if part.size < _DRIFT_COUNT or moments[0] == moments[-1]:
        return None
    return fit_drift([(moment - moments[0]).total_seconds() / YEAR_S for moment in moments], part)


def _correlation(part: NDArray[np.float64], shifts: tuple[int, ...]) -> float | None:
    """Correlation of neighbours about the mean of each part between shifts."""
    if part.size < _CORRELATION_COUNT:
        return None
    rest = np.concatenate([piece - piece.mean() for piece in np.split(part, shifts)])
    power = float(rest @ rest)
    return float(rest[1:] @ rest[:-1]) / power if power > 0.0 else None


def _signals(
    limits: ControlLimits, first: int, moments: list[dt.datetime], settings: TrendSettings
) -> list[TrendSignal]:
    rows = [
        (rule_name(rule), RULE_TEXTS[rule], place < len(settings.warning_rules), limits.rule_hits[place, 0])
        for place, rule in enumerate(settings.rules)
    ]
    rows.append(("ewma", "weighted moving average beyond its limits", True, limits.ewma_hits[0]))
    found = []
    for name, text, warns, hits in rows:
        for index in np.flatnonzero(hits):
            above = limits.ewma[0, index] > limits.center[0, index] if name == "ewma" else limits.scores[0, index] > 0
            found.append(
                TrendSignal(
                    index=first + int(index),
                    date=moments[first + int(index)],
                    rule=name,
                    warns=warns,
                    text=f"{text}, {'above' if above else 'below'} the baseline",
                )
            )
    return sorted(found, key=lambda signal: signal.index)


def _status(
    last: TrendSegment, center: NDArray[np.float64], signals: list[TrendSignal]
) -> Literal["pass", "warning", "indeterminate"]:
    if last.first == last.stop or not math.isfinite(center[-1]):
        return "indeterminate"
    return "warning" if any(signal.warns and signal.index == center.size - 1 for signal in signals) else "pass"


def _rate(last: TrendSegment, settings: TrendSettings) -> FalseWarningRate:
    by_hand = last.set_by == "hand"
    sigma_by_hand = by_hand and last.event is not None and last.event.baseline_sigma is not None
    return false_warning_rate(settings, mean_by_hand=by_hand, sigma_by_hand=sigma_by_hand)


def _cautions(segments: list[TrendSegment], left_out: int) -> tuple[str, ...]:
    found = [f"{left_out} results that are not finite left out"] if left_out else []
    for segment in segments:
        correlation = segment.neighbour_correlation
        if (
            correlation is not None
            and correlation > _CORRELATED
            and segment.start is not None
            and segment.drift_onset is None
        ):
            found.append(
                f"results since {segment.start.date().isoformat()} follow their neighbours "
                f"(correlation {correlation:.2f}): warnings are more frequent than stated"
            )
    return tuple(found)
