"""When a room began to expose a view otherwise: daily values before and after."""

from __future__ import annotations

import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from xrayiq.audit import ProtocolAudit
from xrayiq.audit.protocol_findings import parameter_label, parameter_text, protocol_name
from xrayiq.audit.protocol_groups import GROUP
from xrayiq.audit.protocol_table import TEXTS
from xrayiq.errors import InputError
from xrayiq.model import quantity
from xrayiq.plots._doses import nothing_to_draw
from xrayiq.plots.style import BLUE, GREEN, ORANGE, canvas, soft_grid
from xrayiq.plots.trend_labels import date_axis, days, legend_below, wrapped_title

#: width and height in inches
PROTOCOL_CHANGE: Final = (5.6, 3.6)


def plot_protocol_change(result: ProtocolAudit, *, change: int = 0, ax: Axes | None = None) -> Axes:
    """Daily medians of what a room changed, or daily shares of a text, with the levels before and after.

    Parameters
    ----------
    result : ProtocolAudit
        What `assess_protocols` gave.
    change : int
        Row of its ``"changes"``, from 0.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Day against the parameter in its unit, the value that the site's table wants, where it tells one, across.

    Raises
    ------
    InputError
        There is no such change, although there are some.
    """
    with canvas(ax, PROTOCOL_CHANGE) as axes:
        if result.changes.empty:
            nothing_to_draw(axes, "no room exposes a view otherwise than it began")
            return axes
        if not 0 <= change < len(result.changes):
            raise InputError(f"change {change}", needed=f"0 to {len(result.changes) - 1}")
        row = result.changes.iloc[change].to_dict()
        own = _own(result.exposures, row)
        daily = _daily(own, row)
        known = quantity(result.rules.tolerances[row["parameter"]].quantity)
        factor = known.display_factor if row["parameter"] in TEXTS else 1.0
        places = np.array([days(day) for day in daily.index])
        dots: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 3.4, "zorder": 2.5}
        is_text = row["parameter"] in TEXTS
        words = f"daily share of {row['after_text']}" if is_text else "daily median"
        axes.plot(places, factor * daily.to_numpy(), color=BLUE, label=words, **dots)
        at = days(row["changed_on"])
        _level(axes, (places[0], at), factor * row["before"], "before: " + _text(result, row, "before"), BLUE)
        after = f"from {row['changed_on']}: " + _text(result, row, "after")
        _level(axes, (at, places[-1]), factor * row["after"], after, ORANGE)
        for value, label in _prescribed(result, row):
            axes.axhline(value, color=GREEN, linewidth=1.1, linestyle=(0, (6, 2)), label=label)
        date_axis(axes, [day.date() for day in daily.index], word="Day")
        axes.set_ylabel(f"{known.label} / {known.display_unit}")
        told = {"yes": f", as table {row['version']} says", "no": ", not in the table"}.get(row["known"], "")
        title = f"{row['room'] or 'room not told'}, {protocol_name(row)}: {parameter_label(row['parameter'])}{told}"
        axes.set_title(wrapped_title(axes, title))
        axes.margins(y=0.15)
        soft_grid(axes, "y")
        legend_below(axes)
    return axes


def _own(exposures: pd.DataFrame, row: dict[Any, Any]) -> pd.DataFrame:
    own = exposures[exposures["exposed_at"].notna()]
    for name in GROUP:
        own = own[own[name] == row[name]]
    return own


def _daily(own: pd.DataFrame, row: dict[Any, Any]) -> pd.Series:
    values = own[row["parameter"]]
    if row["parameter"] in TEXTS:
        values = (values == row["after_text"]).astype("float64")[values != ""]
    values = values.dropna()
    daily = values.groupby(own.loc[values.index, "exposed_at"].dt.normalize())
    found: pd.Series = daily.mean() if row["parameter"] in TEXTS else daily.median()
    return found


def _text(result: ProtocolAudit, row: dict[Any, Any], when: str) -> str:
    return parameter_text(row["parameter"], row[when], row[f"{when}_text"], result.rules)


def _level(axes: Axes, places: tuple[float, float], value: float, label: str, colour: str) -> None:
    axes.plot(places, (value, value), color=colour, linewidth=1.9, zorder=3.0, label=label)


def _prescribed(result: ProtocolAudit, row: dict[Any, Any]) -> list[tuple[float, str]]:
    """Values of the table's versions, where it tells numbers."""
    own = result.compared[result.compared["parameter"] == row["parameter"]]
    for name in GROUP:
        own = own[own[name] == row[name]]
    told = own[own["prescribed"].notna()]
    return [
        (float(value), f"table {version}, from {day}")
        for value, version, day in zip(told["prescribed"], told["version"], told["valid_from"], strict=True)
        if isinstance(day, datetime.date)
    ]
