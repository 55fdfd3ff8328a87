"""What a trend is made of: signals, segments, and the whole."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.audit.control_limits import TrendSettings
from xrayiq.audit.false_warnings import FalseWarningRate
from xrayiq.audit.trend_events import SetBy, TrendEvent
from xrayiq.model import Measurement, Provenance, Result, quantity
from xrayiq.stats import Drift


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendSignal:
    """One result at which a statistical rule is met.

    Parameters
    ----------
    index : int
        Place of the result in the trend.
    date : datetime
        When it was measured.
    rule : str
        ``"western_electric_1"`` to ``"western_electric_4"`` or ``"ewma"``.
    warns : bool
        False for rules that are only told.
    text : str
        What the rule says, and on which side of the baseline.
    """

    index: int
    date: dt.datetime
    rule: str
    warns: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendSegment:
    """Results under one baseline.

    Parameters
    ----------
    first, stop : int
        Its results in the trend, the last one exclusive.
    start : datetime or None
        The event that began it, else the first result.
    event : TrendEvent or None
        That event; None at the beginning of the records.
    mean : float or None
        Baseline: mean of its first results, or set by hand; None with fewer than the least number of results.
    sigma : float or None
        Standard deviation of single results: from the moving ranges of the baseline, or set by hand.
    count : int
        Results in the baseline.
    set_by : {"results", "hand"}
        Where the baseline comes from.
    settled : bool
        Whether the limits come from known parameters; prediction limits otherwise.
    shifts : tuple of int
        First result after each shift of the mean that no event explains.
    gradual : tuple of (int, int)
        First and last of three or more shifts in one direction: one change that is no straight line.
    drift_onset : int or None
        First result of a drift, where that explains the results better than a constant or steps.
    drift_per_year : Drift or None
        Slope per year since the onset of the drift or the last shift; None of fewer than five results.
    neighbour_correlation : float or None
        Correlation of each result with the next, about the baseline's course; None of fewer than 25 results.
    """

    first: int
    stop: int
    start: dt.datetime | None
    event: TrendEvent | None
    mean: float | None
    sigma: float | None
    count: int
    set_by: SetBy
    settled: bool
    shifts: tuple[int, ...]
    gradual: tuple[tuple[int, int], ...]
    drift_onset: int | None
    drift_per_year: Drift | None
    neighbour_correlation: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Trend(Result):
    """Results of one quantity over time with their baselines, limits and warnings.

    Parameters
    ----------
    quantity : str
        Name from the closed list of quantities.
    direction : str
        Direction of the measurements, or empty.
    dates : tuple of datetime
        When each result was measured, in order; of results of one day that count as one, the last.
    values : 1-D array
        The results in the quantity's unit.
    counts : 1-D array
        How many measurements each is the median of.
    center, lower, upper : 1-D arrays
        Limits of each result from those before it; NaN where there are none yet.
    ewma, ewma_lower, ewma_upper : 1-D arrays
        Exponentially weighted moving average and its limits; NaN during a baseline.
    segments : tuple of TrendSegment
        One for each baseline.
    events : tuple of TrendEvent
        All events, in order.
    signals : tuple of TrendSignal
        Statistical rules met, in order; never more than a warning.
    status : {"pass", "warning", "indeterminate"}
        Of the last result: ``indeterminate`` while there are too few results to judge it by.
    false_warning_rate : FalseWarningRate
        How often a stable detector gives a warning under these settings.
    settings : TrendSettings
        How the series was watched.
    provenance : Provenance
        Where the numbers come from.
    """

    quantity: str
    direction: str
    dates: tuple[dt.datetime, ...]
    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    center: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    ewma: NDArray[np.float64]
    ewma_lower: NDArray[np.float64]
    ewma_upper: NDArray[np.float64]
    segments: tuple[TrendSegment, ...]
    events: tuple[TrendEvent, ...]
    signals: tuple[TrendSignal, ...]
    status: Literal["pass", "warning", "indeterminate"]
    false_warning_rate: FalseWarningRate
    settings: TrendSettings
    provenance: Provenance

    @property
    def warnings(self) -> tuple[TrendSignal, ...]:
        """The signals that warn."""
        return tuple(signal for signal in self.signals if signal.warns)

    def measurements(self) -> tuple[Measurement, ...]:
        """The last result."""
        if not self.values.size:
            return ()
        return (Measurement(quantity=self.quantity, value=float(self.values[-1]), direction=self.direction),)

    def _headline(self) -> list[tuple[str, str]]:
        known = quantity(self.quantity)
        rows = [("Results", f"{self.values.size}"), ("Status", self.status), ("Warnings", f"{len(self.warnings)}")]
        if self.segments and self.segments[-1].mean is not None:
            rows.insert(0, ("Baseline", known.text(self.segments[-1].mean)))
        if self.values.size:
            rows.insert(0, (known.label, known.text(float(self.values[-1]))))
        return rows
