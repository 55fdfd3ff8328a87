"""Which trends stand on a page, from the curated list of quantities."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from xrayiq.model import Limit, quantity
from xrayiq.procedures.constancy import Series
from xrayiq.procedures.imported import is_imported, measured_as


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendRow:
    """One row of ``data/trends.toml``.

    Parameters
    ----------
    id : str
        Name of the row.
    procedure, quantity : str
        What is shown over time.
    why : str
        What it tells.
    """

    id: str
    procedure: str
    quantity: str
    why: str


@functools.cache
def trend_rows() -> tuple[TrendRow, ...]:
    """The curated list, in the order of the page; quantities outside the closed list are an error."""
    text = resources.files("xrayiq").joinpath("data/trends.toml").read_text(encoding="utf-8")
    rows = tuple(TrendRow(id=name, **row) for name, row in tomllib.loads(text).items())
    for row in rows:
        quantity(row.quantity)
    return rows


def trend_quantities() -> tuple[str, ...]:
    """Names of the quantities of the curated list, each once."""
    return tuple(dict.fromkeys(row.quantity for row in trend_rows()))


def place_of(series: Series) -> int | None:
    """Place of a series in the curated list; None where it is not on it."""
    keys = [(row.procedure, row.quantity) for row in trend_rows()]
    key = (measured_as(series.key.procedure), series.key.quantity)
    return keys.index(key) if key in keys else None


def limits_of(series: Series, limits: Iterable[Limit]) -> tuple[Limit, ...]:
    """Limits that apply to a series, of those that hold at its place."""
    return tuple(
        limit
        for limit in limits
        if limit.quantity == series.key.quantity and limit.procedure in ("", measured_as(series.key.procedure))
    )


def in_page_order(series: Iterable[Series]) -> list[tuple[TrendRow, Series]]:
    """Series on the list: those that warn at their end first, then in the order of the list, longest first."""
    known = [(place, one) for one in series if (place := place_of(one)) is not None]
    ordered = sorted(
        known,
        key=lambda pair: (
            pair[1].trend.status != "warning",
            pair[0],
            pair[1].key.direction,
            is_imported(pair[1].key.procedure),
            -len(pair[1].trend.values),
            pair[1].key.mode,
        ),
    )
    return [(trend_rows()[place], one) for place, one in ordered]


def drawable(series: Sequence[tuple[TrendRow, Series]], *, least: int) -> list[tuple[TrendRow, Series]]:
    """Those with enough results to be a trend."""
    return [pair for pair in series if len(pair[1].trend.values) >= least]
