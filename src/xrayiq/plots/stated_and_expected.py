"""Stated dose-area products against those that technique and field give, with lines at powers of ten."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from xrayiq.audit import DoseAudit
from xrayiq.dose.unit_suspicion import NEAR_DECADES
from xrayiq.model import quantity
from xrayiq.plots._doses import has_several_sites, nothing_to_draw, place_names, shortened
from xrayiq.plots.style import BLUE, INK, MUTED, ORANGE, PURPLE, SAND, canvas, plain_log, soft_grid
from xrayiq.plots.trend_labels import legend_below, wrapped_title

#: width and height in inches
STATED_AND_EXPECTED: Final = (5.6, 5.4)
_COLOURS: Final = (ORANGE, PURPLE, SAND)
#: points of each unit beyond which every so many is drawn
_MOST_POINTS: Final = 600
_LETTERS: Final = 34


def plot_stated_and_expected(result: DoseAudit, *, ax: Axes | None = None) -> Axes:
    """Stated dose-area product of each exposure against the expected one; units with a suspicion are named.

    Parameters
    ----------
    result : DoseAudit
        What an audit gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Output · charge · field against the stated dose-area product, both in Gy·cm² and logarithmic. Lines lie at
        powers of ten of their ratio, 1 drawn through; the band about each is where a median makes a unit suspected.
    """
    known = quantity("dose_area_product")
    exposures = result.exposures
    both = exposures.reindex(columns=["expected_dose_area_product", "dose_area_product"]) > 0.0
    own = exposures[both.all(axis="columns")]
    with canvas(ax, STATED_AND_EXPECTED) as axes:
        if own.empty:
            nothing_to_draw(axes, "no exposure with a stated dose-area product, technique and field")
            return axes
        units = result.units[result.units["quantity"] == "dose_area_product"]
        suspected = units[units["suspected_power"] != 0].sort_values("exposures", ascending=False)
        expected = known.display_factor * own["expected_dose_area_product"].to_numpy(np.float64)
        stated = known.display_factor * own["dose_area_product"].to_numpy(np.float64)
        low, high = float(expected.min()) / 2.0, float(expected.max()) * 2.0
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(low, high)
        axes.set_ylim(float(stated.min()) / 2.0, float(stated.max()) * 2.0)
        _powers(axes, low, high, np.log10(stated / expected))
        _dots(axes, own[~_of(own, suspected)], known.display_factor, BLUE, _others(own, units, suspected))
        names = shortened(place_names(suspected, several_sites=has_several_sites(result), place="unit"), _LETTERS)
        for place, (name, row) in enumerate(zip(names, suspected.to_dict("records"), strict=True)):
            mine = own[(own["site"] == row["site"]) & (own["unit"] == row["unit"])]
            words = (
                f"{name}: median {row['median_ratio']:.3g} times the expected of {row['exposures']}, "
                f"near {10.0 ** row['suspected_power']:g}"
            )
            _dots(axes, mine, known.display_factor, _COLOURS[place % len(_COLOURS)], words)
        rule = f"band: a median in it, within 10^{NEAR_DECADES:g} (2 times) of a power of ten but 1, is a suspicion"
        axes.fill_between([], [], [], color=ORANGE, alpha=0.12, linewidth=0.0, label=rule)
        axes.plot([], [], linestyle="none", label="expected: output of the tube · charge · field; xrayiq's own rule")
        axes.set_xlabel(f"Expected {known.label.lower()} / {known.display_unit}")
        axes.set_ylabel(f"Stated {known.label.lower()} / {known.display_unit}")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1.0,), numticks=12))
            axis.set_major_formatter(FuncFormatter(plain_log))
            axis.set_minor_locator(NullLocator())
        count = f"{len(suspected)} of {len(units)} units" if len(suspected) else f"none of {len(units)} units"
        verb = "states" if len(suspected) <= 1 else "state"
        axes.set_title(wrapped_title(axes, f"{count[:1].upper()}{count[1:]} probably {verb} doses in a wrong unit"))
        soft_grid(axes)
        legend_below(axes)
    return axes


def _powers(axes: Axes, low: float, high: float, logarithms: Any) -> None:
    """Lines at powers of ten of stated by expected dose, as far as exposures lie."""
    edges = np.array([low, high])
    near = 10.0**NEAR_DECADES
    bottom, top = axes.get_ylim()
    first, last = (int(np.rint(np.quantile(logarithms, part))) for part in (0.01, 0.99))
    for power in range(min(first, 0), max(last, 0) + 1):
        line = edges * 10.0**power
        if power:
            axes.fill_between(edges, line / near, line * near, color=ORANGE, alpha=0.12, linewidth=0.0, zorder=0.5)
        dashes: Any = "-" if power == 0 else (0, (4, 3))
        axes.plot(edges, line, color=INK if power == 0 else MUTED, linestyle=dashes, linewidth=1.0, zorder=1.0)
        at = min(high, top / 10.0**power) / 1.15
        if bottom < at * 10.0**power:
            axes.annotate(
                "stated = expected" if power == 0 else f"{10.0**power:g} times",
                (at, at * 10.0**power),
                xytext=(-3.0, -3.0),
                textcoords="offset points",
                ha="right",
                va="top",
                fontsize=8.0,
                color=INK if power == 0 else MUTED,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
                zorder=4.0,
            )


def _of(own: pd.DataFrame, units: pd.DataFrame) -> pd.Series:
    """Whether each exposure is of one of the units."""
    keys = set(zip(units["site"], units["unit"], strict=True))
    return pd.Series([key in keys for key in zip(own["site"], own["unit"], strict=True)], index=own.index, dtype=bool)


def _others(own: pd.DataFrame, units: pd.DataFrame, suspected: pd.DataFrame) -> str:
    number = len(units) - len(suspected)
    return f"{number} {'other ' if len(suspected) else ''}unit{'' if number == 1 else 's'}, nothing suspected"


def _dots(axes: Axes, rows: pd.DataFrame, factor: float, colour: str, words: str) -> None:
    if rows.empty:
        return
    drawn = rows.iloc[:: -(-len(rows) // _MOST_POINTS)]
    axes.plot(
        factor * drawn["expected_dose_area_product"],
        factor * drawn["dose_area_product"],
        color=colour,
        marker="o",
        markersize=3.0,
        linestyle="none",
        alpha=0.6,
        label=words,
        zorder=2.0,
    )
