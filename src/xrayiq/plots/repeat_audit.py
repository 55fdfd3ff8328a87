"""Figures of an audit of rejects and repeats: rates of rooms, funnel, weeks and reasons."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from xrayiq.audit import RepeatAudit
from xrayiq.plots._doses import NAME_SIZE, names_of_rows, nothing_to_draw, place_names
from xrayiq.plots.style import BLUE, CYCLE, INK, MUTED, ORANGE, SKY, canvas, soft_grid
from xrayiq.plots.trend_labels import date_axis, days, legend_below

REPEAT_FUNNEL: Final = (5.2, 3.6)
REPEAT_WEEKS: Final = (5.2, 3.3)
_MOST_ROWS: Final = 40
_MOST_ROOMS: Final = len(CYCLE)
_ROW: Final = 0.3  # inches
_WIDE, _NARROW = 5.6, 3.9
_RATES: Final = (("reject", "Rejects", BLUE, "o"), ("repeat", "Apparent repeats, corrected", ORANGE, "s"))
_LABELS: Final = {"reject": "Reject rate", "repeat": "Rate of apparent repeats"}


def repeat_rates_size(result: RepeatAudit, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height in inches that every room has its row in."""
    rooms = min(int((result.rates["by"] == "room").sum()), _MOST_ROWS)
    return _NARROW if narrow else _WIDE, 1.9 + _ROW * max(rooms, 2)


def plot_repeat_rates(result: RepeatAudit, *, ax: Axes | None = None) -> Axes:
    """Rates of rejects and of apparent repeats of each room, with their 95 % intervals.

    Parameters
    ----------
    result : RepeatAudit
        What `assess_repeats` gave.
    ax : Axes, optional
        Where to draw; a new figure of `repeat_rates_size` without.

    Returns
    -------
    Axes
        Per cent by room, the greatest reject rate first, at most 40; lines mark the target and the bound to
        investigate for all patients, and what is suspiciously low.
    """
    with canvas(ax, repeat_rates_size(result)) as axes:
        rooms = result.rates[result.rates["by"] == "room"].sort_values("reject_rate", ascending=False, kind="stable")
        if rooms.empty:
            nothing_to_draw(axes, "no exposures")
            return axes
        shown = rooms.iloc[:_MOST_ROWS]
        names, _ = names_of_rows(axes, place_names(shown, several_sites=shown["site"].nunique() > 1))
        rows = np.arange(len(shown))
        for step, (rate, label, colour, marker) in zip((-0.14, 0.14), _RATES, strict=True):
            middle, low, high = (shown[f"{rate}_{part}"].to_numpy(dtype=np.float64) for part in ("rate", "low", "high"))
            look: dict[str, Any] = {"color": colour, "linewidth": 1.4}
            axes.hlines(rows + step, low, high, **look)
            axes.plot(middle, rows + step, linestyle="none", marker=marker, markersize=4.0, color=colour, label=label)
        bounds = result.bounds.general
        for bound, words in (
            (bounds.suspiciously_low, "suspiciously low"),
            (bounds.target, "target"),
            (bounds.investigate, "investigate"),
        ):
            axes.axvline(bound, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
            axes.annotate(
                words,
                (bound, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(2.0, -2.0),
                textcoords="offset points",
                fontsize=7.0,
                color=MUTED,
                rotation=90.0,
                va="top",
            )
        greatest = np.nanmax([bounds.investigate, shown["reject_high"].max(), shown["repeat_high"].max()])
        axes.set_xlim(0.0, 1.08 * float(greatest))
        axes.set_yticks(rows, names, fontsize=NAME_SIZE)
        axes.tick_params(axis="y", length=0.0)
        axes.set_ylim(max(len(shown), 2) - 0.4, -0.6)
        axes.xaxis.set_major_formatter(PercentFormatter(xmax=1.0))
        axes.set_xlabel("Rate / %, 95 % interval")
        axes.set_title("Rejects and apparent repeats of rooms")
        if len(rooms) > len(shown):
            axes.plot([], [], linestyle="none", label=f"not shown: {len(rooms) - len(shown)} rooms")
        legend_below(axes)
    return axes


def plot_repeat_funnel(result: RepeatAudit, *, rate: str = "reject", by: str = "room", ax: Axes | None = None) -> Axes:
    """Rates in a funnel about the rate of all, with limits for over-dispersion.

    Parameters
    ----------
    result : RepeatAudit
        What `assess_repeats` gave.
    rate : {"reject", "repeat"}
        Which rate.
    by : {"room", "view", "operator"}
        What is compared; names stand at those outside the 99.8 % limits, of operators none.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        Exposures (or assessable images) against per cent.
    """
    with canvas(ax, REPEAT_FUNNEL) as axes:
        chosen = result.funnel[(result.funnel["rate"] == rate) & (result.funnel["by"] == by)]
        if chosen.empty:
            nothing_to_draw(axes, "fewer than two groups, or no events")
            return axes
        ordered = chosen.sort_values("trials")
        judged = ordered[ordered["upper_95"].notna()]
        trials = judged["trials"].to_numpy(dtype=np.float64)
        for name, style, words in (("95", (0, (4, 2)), "95 % limits"), ("998", "solid", "99.8 % limits")):
            for side, label in (("lower", None), ("upper", words)):
                axes.plot(trials, judged[f"{side}_{name}"], color=SKY, linewidth=1.2, linestyle=style, label=label)
        axes.axhline(float(ordered["target"].iloc[0]), color=MUTED, linewidth=0.9, label="all together")
        outside = ordered["outside"] != ""
        for rows, colour in ((ordered[~outside], INK), (ordered[outside], ORANGE)):
            axes.plot(rows["trials"], rows["proportion"], linestyle="none", marker="o", markersize=4.0, color=colour)
        if by != "operator":
            for row in ordered[outside].to_dict("records"):
                words = f"{row['room']} {row['name']}".strip() if by == "view" else str(row["name"])
                place: dict[str, Any] = {"xytext": (4.0, 2.0), "textcoords": "offset points"}
                axes.annotate(words, (row["trials"], row["proportion"]), fontsize=7.5, color=INK, **place)
        axes.set_ylim(bottom=0.0)
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1.0))
        axes.set_xlabel("Exposures" if rate == "reject" else "Images that can be assessed")
        axes.set_ylabel(f"{_LABELS[rate]} / %")
        dispersion = float(ordered["over_dispersion"].iloc[0])
        axes.set_title(f"{_LABELS[rate]} by {by} (over-dispersion {dispersion:.2g})")
        soft_grid(axes, "y")
        legend_below(axes)
    return axes


def plot_repeat_weeks(
    result: RepeatAudit, *, site: str = "", room: str, rate: str = "reject", ax: Axes | None = None
) -> Axes:
    """Rate of one room week by week, on its p′-chart.

    Parameters
    ----------
    result : RepeatAudit
        What `assess_repeats` gave.
    site, room : str
        Which room; any site where empty.
    rate : {"reject", "repeat"}
        Which rate.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        Week against per cent, with the limits of each week; none before six weeks.
    """
    with canvas(ax, REPEAT_WEEKS) as axes:
        weeks = result.weeks
        own = weeks[(weeks["rate"] == rate) & (weeks["room"] == room) & ((weeks["site"] == site) | (site == ""))]
        if own.empty:
            nothing_to_draw(axes, "no dated exposures")
            return axes
        places = [days(week) for week in own["week"]]
        date_axis(axes, [week.date() for week in own["week"]], word="Week")
        for name, label in (("upper", "limits"), ("lower", None)):
            axes.step(places, own[name], where="mid", color=SKY, linewidth=1.1, label=label)
        axes.axhline(float(own["center"].iloc[0]), color=MUTED, linewidth=0.9, label="all weeks")
        axes.plot(places, own["proportion"], color=BLUE, marker="o", markersize=3.5, linewidth=1.0)
        outside = own[own["outside"] != ""]
        marks = [days(week) for week in outside["week"]]
        axes.plot(marks, outside["proportion"], linestyle="none", marker="o", markersize=6.0, color=ORANGE)
        axes.set_ylim(bottom=0.0)
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1.0))
        axes.set_ylabel(f"{_LABELS[rate]} / %")
        axes.set_title(f"{room or 'Room not told'}: {_LABELS[rate].lower()}, p′-chart")
        soft_grid(axes, "y")
        legend_below(axes)
    return axes


def reject_reasons_size(result: RepeatAudit, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height in inches that every category has its bar in."""
    return _NARROW if narrow else _WIDE, 1.7 + _ROW * max(result.reasons["category"].nunique(), 2)


def plot_reject_reasons(result: RepeatAudit, *, ax: Axes | None = None) -> Axes:
    """Pareto of the reasons of rejects: categories, parted by their second level.

    Parameters
    ----------
    result : RepeatAudit
        What `assess_repeats` gave.
    ax : Axes, optional
        Where to draw; a new figure of `reject_reasons_size` without.

    Returns
    -------
    Axes
        Share of all rejects by category, the most frequent first, with the share of all up to it.
    """
    with canvas(ax, reject_reasons_size(result)) as axes:
        reasons = result.reasons
        if reasons.empty:
            nothing_to_draw(axes, "no rejects")
            return axes
        categories = list(reasons["category"].drop_duplicates())
        titles = [_title(reasons, category) for category in categories]
        names, _ = names_of_rows(axes, titles)
        for row, category in enumerate(categories):
            own, start = reasons[reasons["category"] == category], 0.0
            for number, share in enumerate(own["share"]):
                look: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.6, "height": 0.7}
                axes.barh(row, share, left=start, color=BLUE, alpha=1.0 - 0.22 * min(number, 3), **look)
                start += share
            text = f"{start:.0%}; {own['cumulative_share'].iloc[0]:.0%} up to here"
            place: dict[str, Any] = {"xytext": (4.0, 0.0), "textcoords": "offset points"}
            axes.annotate(text, (start, row), va="center", fontsize=8.0, color=INK, **place)
        axes.set_yticks(range(len(categories)), names, fontsize=NAME_SIZE)
        axes.tick_params(axis="y", length=0.0)
        axes.set_ylim(max(len(categories), 2) - 0.4, -0.6)
        axes.set_xlim(0.0, 1.5 * float(reasons.groupby("category")["share"].sum().max()))
        axes.xaxis.set_major_formatter(PercentFormatter(xmax=1.0))
        axes.set_xlabel("Share of rejects / %")
        axes.set_title(f"Reasons of {int(reasons['rejects'].sum())} rejects")
    return axes


def _title(reasons: pd.DataFrame, category: str) -> str:
    return str(reasons.loc[reasons["category"] == category, "name"].iloc[0]).split(":", maxsplit=1)[0]
