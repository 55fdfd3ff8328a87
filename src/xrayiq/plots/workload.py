"""Workload of rooms: charge week by week, and at which tube voltages."""

from __future__ import annotations

from typing import Any, Final

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from xrayiq.audit import DoseAudit
from xrayiq.plots._doses import NAME_SIZE, has_several_sites, names_of_rows, nothing_to_draw, place_names
from xrayiq.plots.style import CYCLE, INK, canvas, soft_grid
from xrayiq.plots.trend_labels import date_axis, days, legend_below, wrapped_title

_UNIT: Final = "Workload / (mA·min per week)"
_PLACE: Final = ["site", "room"]
_MOST_LINES: Final = 4  # rooms that lines can be told apart of
_MOST_ROWS: Final = 40
#: cells from which on a map is an image: thousands of shapes take seconds to write
_MOST_CELLS: Final = 1500
_ROW, _BAR = 0.2, 0.26  # inches
_WIDE, _NARROW = 5.6, 3.9
_COLOURS_KV: Final = (40.0, 140.0)  # tube voltages of the palest and the darkest colour


def workload_size(result: DoseAudit, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height in inches that every room has its place in."""
    rooms = len(result.workload[_PLACE].drop_duplicates())
    width = _NARROW if narrow else _WIDE
    if rooms > _MOST_LINES:
        return width, 1.5 + _ROW * min(rooms, _MOST_ROWS)
    return width, 3.4 + (0.35 if narrow else 0.2) * rooms


def plot_workload(result: DoseAudit, *, ax: Axes | None = None) -> Axes:
    """Charge of each room week by week.

    Parameters
    ----------
    result : DoseAudit
        What `assess_dose` gave.
    ax : Axes, optional
        Where to draw; a new figure of `workload_size` without.

    Returns
    -------
    Axes
        Week against mA·min, a line for each of up to four rooms; more are the rows of a map, at most 40. Weeks without
        exposures between a room's first and last count as 0. Rooms stand in the order of their medians; exposures of no
        known charge are counted below.
    """
    with canvas(ax, workload_size(result)) as axes:
        if result.workload.empty:
            nothing_to_draw(axes, "no dated exposures")
            return axes
        rooms = sorted(_weekly(result).items(), key=lambda item: -float(item[1]["workload_ma_min"].median()))
        date_axis(axes, [week.date() for week in result.workload["week"]], word="Week")
        draw = _map if len(rooms) > _MOST_LINES else _lines
        width = draw(axes, rooms)
        without = int(result.workload["without_charge"].sum())
        if without:
            axes.plot([], [], linestyle="none", label=f"{without} exposures of no known charge are not in it")
        words = f"Workload of {len(rooms)} room{'s' if len(rooms) > 1 else ''}"
        axes.set_title(wrapped_title(axes, words, beside_inches=width or 0.0))
        legend_below(axes, names_inches=width)
    return axes


def _lines(axes: Axes, rooms: list[tuple[str, pd.DataFrame]]) -> float | None:
    """A line for each room, which no name stands beside."""
    for number, (name, weeks) in enumerate(rooms):
        workload, patients = weeks["workload_ma_min"].median(), weeks["patients"].median()
        label = f"{name}: median {workload:.3g} mA·min and {patients:.0f} patients a week"
        look: dict[str, Any] = {"color": CYCLE[number], "marker": "o", "markersize": 2.8, "linewidth": 1.3}
        places = [days(week) for week in weeks.index]
        axes.plot(places, weeks["workload_ma_min"], zorder=3.0 - 0.1 * number, label=label, **look)
    axes.set_ylim(0.0, max(1.05 * max(float(weeks["workload_ma_min"].max()) for _, weeks in rooms), 1e-3))
    axes.set_ylabel(_UNIT)
    soft_grid(axes, "y")
    return None


def _map(axes: Axes, rooms: list[tuple[str, pd.DataFrame]]) -> float | None:
    """Rooms as rows, their weeks in colours, white where nothing is known; the width in inches of the names."""
    shown = rooms[:_MOST_ROWS]
    names, width = names_of_rows(axes, (name for name, _ in shown))
    table = pd.DataFrame({number: weeks["workload_ma_min"] for number, (_, weeks) in enumerate(shown)}).asfreq("7D")
    starts = np.array([days(week) for week in table.index])
    sides = np.append(starts - 3.5, starts[-1] + 3.5)
    values = table.to_numpy(dtype=np.float64).T
    rows = np.arange(len(shown) + 1) - 0.5
    as_image = values.size > _MOST_CELLS
    colours = axes.pcolormesh(
        sides, rows, np.ma.masked_invalid(values), cmap="YlGnBu", vmin=0.0, linewidth=0.0, rasterized=as_image
    )
    axes.figure.colorbar(colours, ax=axes, label=_UNIT, pad=0.02, fraction=0.08, aspect=30.0)
    axes.set_xlim(sides[0], sides[-1])
    axes.set_yticks(range(len(shown)), names, fontsize=NAME_SIZE)
    axes.tick_params(axis="y", length=0.0)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.plot([], [], linestyle="none", label="rooms in the order of their median week")
    if len(rooms) > len(shown):
        axes.plot([], [], linestyle="none", label=f"not shown: {len(rooms) - len(shown)} rooms of less workload")
    return width


def workload_by_voltage_size(result: DoseAudit, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height in inches that every room has its bar in."""
    rooms = min(len(result.workload_by_voltage[_PLACE].drop_duplicates()), _MOST_ROWS)
    return (_NARROW, 2.5 + _BAR * max(rooms, 2)) if narrow else (_WIDE, 2.0 + _BAR * max(rooms, 2))


def plot_workload_by_voltage(result: DoseAudit, *, ax: Axes | None = None) -> Axes:
    """Mean weekly workload of each room, parted by classes of tube voltage, as shielding assessments ask for it.

    Parameters
    ----------
    result : DoseAudit
        What `assess_dose` gave.
    ax : Axes, optional
        Where to draw; a new figure of `workload_by_voltage_size` without.

    Returns
    -------
    Axes
        mA·min per week of each room, the greatest first; at most 40 rooms.
    """
    with canvas(ax, workload_by_voltage_size(result)) as axes:
        parts = result.workload_by_voltage
        if parts.empty:
            nothing_to_draw(axes, "no dated exposures of known charge and voltage")
            return axes
        wide = parts.pivot_table(
            index=_PLACE, columns="voltage_low_kv", values="workload_ma_min_per_week", aggfunc="sum"
        )
        wide = wide.fillna(0.0).loc[wide.sum(axis="columns").sort_values(ascending=False, kind="stable").index]
        further = max(len(wide) - _MOST_ROWS, 0)
        wide = wide.iloc[:_MOST_ROWS]
        highs = parts.groupby("voltage_low_kv")["voltage_high_kv"].first()
        names, width = names_of_rows(
            axes, place_names(wide.index.to_frame(index=False), several_sites=has_several_sites(result))
        )
        rows, start = np.arange(len(wide)), np.zeros(len(wide))
        for low in wide.columns.to_numpy(dtype=np.float64):
            # a class has the same colour in every figure
            colour = mpl.colormaps["viridis_r"]((low - _COLOURS_KV[0]) / (_COLOURS_KV[1] - _COLOURS_KV[0]))
            values = wide[low].to_numpy(dtype=np.float64)
            label = f"{low:.0f} to {highs[low]:.0f} kV"
            bars: dict[str, Any] = {"color": colour, "edgecolor": "white", "linewidth": 0.4, "label": label}
            axes.barh(rows, values, left=start, height=0.72, **bars)
            start = start + values
        for row, total in zip(rows, start, strict=True):
            place: dict[str, Any] = {"xytext": (4.0, 0.0), "textcoords": "offset points"}
            axes.annotate(f"{total:.3g}", (total, row), va="center", fontsize=8.0, color=INK, **place)
        axes.set_xlim(0.0, 1.12 * float(start.max()) or 1.0)
        axes.set_yticks(rows, names, fontsize=NAME_SIZE)
        axes.tick_params(axis="y", length=0.0)
        axes.set_ylim(max(len(wide), 2) - 0.4, -0.6)
        axes.set_xlabel(_UNIT)
        axes.set_title(wrapped_title(axes, "Mean workload by tube voltage", beside_inches=width))
        if further:
            axes.plot([], [], linestyle="none", label=f"not shown: {further} rooms of less workload")
        soft_grid(axes, "x")
        legend_below(axes, names_inches=width)
    return axes


def _weekly(result: DoseAudit) -> dict[str, pd.DataFrame]:
    """Weeks of each room by its name, those without exposures filled with 0."""
    found = {}
    several = has_several_sites(result)
    for _, own in result.workload.groupby(_PLACE, observed=True, sort=True):
        name = place_names(own.iloc[:1], several_sites=several)[0]
        numbers = own.set_index("week")[["workload_ma_min", "patients"]]
        found[name] = numbers.reindex(pd.date_range(own["week"].min(), own["week"].max(), freq="7D"), fill_value=0)
    return found
