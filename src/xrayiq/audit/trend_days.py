"""Results of one day as one: repeats within a session vary less than sessions do."""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xrayiq.audit.trend_events import TrendEvent, as_moment


def by_day(
    values: NDArray[np.float64], moments: Sequence[dt.datetime], events: Sequence[TrendEvent]
) -> tuple[NDArray[np.float64], list[dt.datetime], NDArray[np.int64]]:
    """Median of the results of each day between events, at the moment of the last of them, and their number.

    Parameters
    ----------
    values : 1-D array
        Results in the order of their moments.
    moments : sequence of datetime
        When each was measured.
    events : sequence of TrendEvent
        In order; those that renew the baseline part a day.

    Returns
    -------
    values, moments, counts : 1-D array, list of datetime, 1-D array
        One for each day, or part of a day.
    """
    borders = [as_moment(event.date) for event in events if event.renews]
    keys = [(moment.date(), bisect.bisect_right(borders, moment)) for moment in moments]
    groups = [list(group) for _, group in itertools.groupby(range(len(keys)), key=keys.__getitem__)]
    return (
        np.array([np.median(values[group]) for group in groups], dtype=np.float64),
        [moments[group[-1]] for group in groups],
        np.array([len(group) for group in groups], dtype=np.int64),
    )
