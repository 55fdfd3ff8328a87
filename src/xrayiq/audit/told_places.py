"""What findings and audits say of the exposures that they rest on: the days they span, and the unit they are all of."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd


def days_of(moments: pd.Series) -> dict[str, Any]:
    """First and last day of moments, as `first_day` and `last_day`; None where none is known."""
    known = moments.dropna()
    first, last = (known.min().date(), known.max().date()) if len(known) else (None, None)
    return {"first_day": first, "last_day": last}


def days_text(first: datetime.date | None, last: datetime.date | None) -> str:
    """Days of an audit in one line."""
    return f"{first} to {last}" if first else "no dates"


def only_unit(units: pd.Series) -> str:
    """The unit, where all are of one; else an empty text."""
    told = units.dropna().unique()
    return str(told[0]) if len(told) == 1 else ""
