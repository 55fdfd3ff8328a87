"""How units collimate: shares of open and cropped fields, and where the middles of fields lie."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from xrayiq.audit import CollimationAudit
from xrayiq.plots._doses import names_of_rows, nothing_to_draw
from xrayiq.plots.style import BLUE, MUTED, ORANGE, WITHIN, canvas, soft_grid
from xrayiq.plots.trend_labels import legend_below

#: width and height in inches
FIELD_CENTRES: Final = (4.6, 4.6)
_ROW: Final = 0.3
_MOST_ROWS: Final = 30
_WIDE, _NARROW = 5.6, 3.9
#: share by measure: colour, name, and where it stands in its row
_DRAWN: Final = {"open": (BLUE, "open field", -0.14), "cropped": (ORANGE, "cropped afterwards", 0.14)}
_GROUP: Final = ["site", "room", "unit", "body_part", "view"]


def field_shares_size(result: CollimationAudit, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height in inches that every group has its place in."""
    return _NARROW if narrow else _WIDE, 1.7 + _ROW * max(1, min(len(_groups(result)), _MOST_ROWS))


def plot_field_shares(result: CollimationAudit, *, ax: Axes | None = None) -> Axes:
    """Shares of open and of cropped fields of each unit's examination, with their intervals.

    Parameters
    ----------
    result : CollimationAudit
        What `assess_collimation` gave.
    ax : Axes, optional
        Where to draw; a new figure of `field_shares_size` without.

    Returns
    -------
    Axes
        Percent of the exposures with Wilson intervals (95 %) against groups with enough exposures (at most 30, the
        greatest shares first); permitted shares are dashed.
    """
    with canvas(ax, field_shares_size(result)) as axes:
        groups = _groups(result)[:_MOST_ROWS]
        if not groups:
            nothing_to_draw(axes, "no examination of a unit has enough exposures")
            return axes
        place = {group: number for number, group in enumerate(groups)}
        for measure, (colour, word, beside) in _DRAWN.items():
            own = _judged(result)[lambda frame, measure=measure: frame["measure"] == measure]
            own = own[[tuple(row) in place for row in own[_GROUP].itertuples(index=False)]]
            if own.empty:
                continue
            rows = [place[tuple(row)] + beside for row in own[_GROUP].itertuples(index=False)]
            share, low, high = (100.0 * own[name].to_numpy() for name in ("share", "low", "high"))
            spread = np.stack([share - low, high - share]).clip(min=0.0)
            axes.errorbar(share, rows, xerr=spread, fmt="o", color=colour, markersize=4.5, linewidth=1.4, label=word)
            permitted = 100.0 * float(own["permitted"].iloc[0])
            axes.axvline(permitted, color=colour, linestyle="--", linewidth=1.0, label=f"permitted: {word}")
        names, inches = names_of_rows(axes, (f"{unit or room}, {part} {view}" for _, room, unit, part, view in groups))
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0.0, 100.0)
        axes.set_xlabel("Share of exposures / %")
        soft_grid(axes)
        legend_below(axes, names_inches=inches)
    return axes


def plot_field_centres(result: CollimationAudit, *, ax: Axes | None = None) -> Axes:
    """Where the middles of each unit's fields lie on the receptor, beside the bound.

    Parameters
    ----------
    result : CollimationAudit
        What `assess_collimation` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Medians with their intervals (95 %) along columns and rows, in percent of the distance; the box is the bound,
        and units beyond it have their names.
    """
    with canvas(ax, FIELD_CENTRES) as axes:
        known = result.centring[result.centring["needed"] == 0]
        if known.empty:
            nothing_to_draw(axes, "no unit has enough fields with four borders")
            return axes
        bound = 100.0 * float(known["bound"].iloc[0])
        axes.add_patch(Rectangle((-bound, -bound), 2 * bound, 2 * bound, color=WITHIN, zorder=0, label="bound"))
        farthest = bound
        for (_, room, unit), own in known.groupby(["site", "room", "unit"], sort=True):
            along = {row["axis"]: row for row in own.to_dict("records")}
            if set(along) != {"rows", "columns"}:
                continue
            across, down = (
                [100.0 * along[name][column] for column in ("median_fraction", "low", "high")]
                for name in ("columns", "rows")
            )
            is_off = bool((own["verdict"] == "over").any())
            axes.errorbar(
                across[0],
                down[0],
                xerr=np.abs(np.array([[across[0] - across[1]], [across[2] - across[0]]])),
                yerr=np.abs(np.array([[down[0] - down[1]], [down[2] - down[0]]])),
                fmt="o",
                color=ORANGE if is_off else BLUE,
                markersize=4.5,
                linewidth=1.2,
            )
            if is_off:
                name, at = str(unit or room), (across[0], down[0])
                axes.annotate(name, at, textcoords="offset points", xytext=(-5, 6), ha="right", fontsize=8)
            farthest = max(farthest, *map(abs, (*across, *down)))
        axes.axhline(0.0, color=MUTED, linewidth=0.8)
        axes.axvline(0.0, color=MUTED, linewidth=0.8)
        axes.set_xlim(-1.15 * farthest, 1.15 * farthest)
        axes.set_ylim(1.15 * farthest, -1.15 * farthest)
        axes.set_aspect("equal")
        axes.set_xlabel("To the right / % of the distance")
        axes.set_ylabel("Down / % of the distance")
    return axes


def _judged(result: CollimationAudit) -> pd.DataFrame:
    return result.shares[(result.shares["needed"] == 0) & result.shares["measure"].isin(list(_DRAWN))]


def _groups(result: CollimationAudit) -> list[tuple[str, ...]]:
    """Groups with enough exposures, the greatest share first."""
    ordered = _judged(result).sort_values("share", ascending=False, kind="stable")
    return [tuple(map(str, row)) for row in ordered[_GROUP].drop_duplicates().itertuples(index=False)]
