"""Constancy of what was measured on a unit: its series over time, and limits relative to their baselines."""

from __future__ import annotations

import datetime
import functools
import itertools
import statistics
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.audit import Baseline, Trend, TrendEvent, TrendSettings, assess_trend
from xrayiq.audit.trend_events import baseline_before, in_order
from xrayiq.model import Limit, Measurement, Verdict, judge
from xrayiq.procedures.imported import is_imported, measured_as
from xrayiq.procedures.whereabouts import EquipmentFact, Whereabouts, whereabouts
from xrayiq.records import DatedValue

#: limits of these quantities are relative to a nominal value, which only a person can tell
NOMINAL: Final = frozenset({"focal_spot_width", "focal_spot_length"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesKey:
    """What a series is of.

    Parameters
    ----------
    unit : str
        Unit of the register.
    detectors : tuple of str
        Detector, or detectors one after the other.
    procedure, quantity, direction : str
        What was measured.
    mode : str
        Protocol, tube voltage and size of image.
    """

    unit: str
    detectors: tuple[str, ...]
    procedure: str
    quantity: str
    direction: str
    mode: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """Values of one quantity of one unit in one mode; the trend is assessed when somebody asks for it.

    Parameters
    ----------
    key : SeriesKey
        What it is of.
    where : Whereabouts
        Of its last value.
    values : tuple of DatedValue
        All, in the order of exposure.
    medians : mapping of date to float
        Of the numbers of each day, in the order of days.
    events : tuple of TrendEvent
        What was recorded about it.
    """

    key: SeriesKey
    where: Whereabouts
    values: tuple[DatedValue, ...]
    medians: Mapping[datetime.date, float]
    events: tuple[TrendEvent, ...]

    @functools.cached_property
    def trend(self) -> Trend:
        """Trend of the medians."""
        return assess_trend(
            list(self.medians.values()),
            dates=list(self.medians),
            quantity=self.key.quantity,
            direction=self.key.direction,
            events=self.events,
        )

    @functools.cached_property
    def _in_order(self) -> tuple[Sequence[datetime.datetime], NDArray[np.float64], Sequence[TrendEvent]]:
        moments, _, events = in_order(list(self.medians), self.events)
        return moments, np.array(list(self.medians.values())), events

    def baseline_at(self, day: datetime.date) -> Baseline | None:
        """Baseline that results of a day are compared with; as that of the trend, which it does not take."""
        moments, medians, events = self._in_order
        usual = TrendSettings()
        return baseline_before(
            day,
            moments=moments,
            values=medians,
            events=events,
            baseline_count=usual.baseline_count,
            baseline_minimum=usual.baseline_minimum,
        )


def build_series(
    values: Iterable[DatedValue],
    *,
    facts: Sequence[EquipmentFact] = (),
    events_of: Callable[[SeriesKey, Collection[Whereabouts]], Sequence[TrendEvent]] = lambda key, where: (),
) -> tuple[Series, ...]:
    """Series of stored values.

    Parameters
    ----------
    values : iterable of DatedValue
        In the order of exposure; those without a date or a unit are left out.
    facts : sequence of EquipmentFact
        What the site says of its equipment.
    events_of : callable
        Recorded events of a series: of its key, and of the units and detectors that its values are from.

    Returns
    -------
    tuple of Series
        By unit, procedure, quantity and mode. Detectors that followed one another in a unit are one series; those that
        were used in turn, as in a unit with a table and a wall stand, are one each.
    """
    grouped: dict[tuple[str, str, str, str, str], list[tuple[DatedValue, Whereabouts]]] = {}
    for value in values:
        if value.exposed_at is None:
            continue
        where = whereabouts(value.equipment, value.exposed_at.date(), facts=facts)
        if where.unit:
            group = (where.unit, value.procedure, value.quantity, value.direction, mode_of(value))
            grouped.setdefault(group, []).append((value, where))
    found = []
    for (unit, procedure, quantity, direction, mode), rows in sorted(grouped.items()):
        for part in _apart(rows):
            key = SeriesKey(
                unit=unit,
                detectors=tuple(dict.fromkeys(where.detector for _, where in part)),
                procedure=procedure,
                quantity=quantity,
                direction=direction,
                mode=mode,
            )
            found.append(_series(key, part, events_of(key, {where for _, where in part})))
    return tuple(found)


def mode_of(value: DatedValue) -> str:
    """Protocol, tube voltage and size of image that values have in common that are compared; that it was imported."""
    parts = ["imported" if is_imported(value.procedure) else "", value.protocol_name]
    if value.tube_voltage_kv is not None:
        parts.append(f"{value.tube_voltage_kv:.0f} kV")
    if value.rows and value.columns:
        parts.append(f"{value.rows} × {value.columns}")
    return ", ".join(part for part in parts if part)


def relative_verdicts(
    series: Iterable[Series],
    *,
    limits_for: Callable[[DatedValue], Sequence[Limit]],
) -> dict[int, list[Verdict]]:
    """Verdicts of values under limits relative to a baseline, by outcome.

    Parameters
    ----------
    series : iterable of Series
        Every value is judged by the baseline that was in force just before the day of its exposure.
    limits_for : callable
        Limits that hold for a value's unit; none for a value that has been judged.

    Returns
    -------
    dict of int to list of Verdict
        ``indeterminate`` where there was no baseline yet.
    """
    found: dict[int, list[Verdict]] = {}
    for one in series:
        means: dict[datetime.date, float | None] = {}
        for value in one.values:
            for limit in relative_limits(limits_for(value), one.key.procedure, one.key.quantity):
                if value.exposed_at is None:
                    continue
                day = value.exposed_at.date()
                if day not in means:
                    means[day] = _mean(one.baseline_at(day), one.key.quantity)
                measurement = Measurement(quantity=value.quantity, value=value.value, direction=value.direction)
                found.setdefault(value.outcome_id, []).append(judge(measurement, limit, means[day]))
    return found


def relative_limits(limits: Iterable[Limit], procedure: str, quantity: str) -> tuple[Limit, ...]:
    """Those relative to a baseline that apply to a quantity of a procedure."""
    return tuple(
        limit
        for limit in limits
        if limit.basis == "relative_to_baseline"
        and limit.quantity == quantity
        and limit.procedure in ("", measured_as(procedure))
    )


def _mean(baseline: Baseline | None, quantity: str) -> float | None:
    if baseline is None or (quantity in NOMINAL and baseline.set_by != "hand"):
        return None
    return baseline.mean


def _apart(rows: Sequence[tuple[DatedValue, Whereabouts]]) -> list[list[tuple[DatedValue, Whereabouts]]]:
    """Rows of one series where detectors followed one another, of one for each detector where they alternate."""
    by_detector: dict[str, list[tuple[DatedValue, Whereabouts]]] = {}
    for row in rows:
        by_detector.setdefault(row[1].detector, []).append(row)
    in_turn = list(by_detector.values())
    overlap = any(_day(before[-1]) > _day(after[0]) for before, after in itertools.pairwise(in_turn))
    return in_turn if overlap else [list(rows)]


def _day(row: tuple[DatedValue, Whereabouts]) -> datetime.date:
    moment = row[0].exposed_at
    return datetime.date.min if moment is None else moment.date()


def _series(key: SeriesKey, rows: Sequence[tuple[DatedValue, Whereabouts]], events: Sequence[TrendEvent]) -> Series:
    by_day: dict[datetime.date, list[float]] = {}
    for row in rows:
        if row[0].value == row[0].value:
            by_day.setdefault(_day(row), []).append(row[0].value)
    return Series(
        key=key,
        where=rows[-1][1],
        values=tuple(value for value, _ in rows),
        medians={day: statistics.median(found) for day, found in by_day.items()},
        events=tuple(events),
    )
