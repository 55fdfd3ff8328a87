"""Deviation indices of groups beside their target, and their level over time."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes

from xrayiq.audit import ExposureAudit, ExposureDrift
from xrayiq.audit.exposure_groups import ON_TARGET, TOO_FEW
from xrayiq.plots._levels import draw_level
from xrayiq.plots.style import BLUE, INK, MUTED, ORANGE, OUTSIDE, WARNING, WITHIN, canvas, signed, soft_grid
from xrayiq.plots.trend_labels import wrapped_title

#: width and height in inches of a level over time
EXPOSURE_DRIFT: Final = (5.6, 4.0)
#: most groups that are drawn, those farthest from the target first
MOST_GROUPS: Final = 24
_WIDE, _NARROW, _ROW, _AROUND = 5.6, 3.9, 0.24, 1.7
#: half width of the axis at least, in units of the deviation index
_SPAN: Final = 3.5


def exposure_groups_size(result: ExposureAudit, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height in inches that every group drawn has its line in.

    Parameters
    ----------
    result : ExposureAudit
        What `assess_exposure` gave.
    narrow : bool
        For a phone.
    """
    rows = min(len(_drawn(result)), MOST_GROUPS)
    return (_NARROW if narrow else _WIDE), _AROUND + _ROW * max(rows, 3) * (2.0 if narrow else 1.0)


def plot_exposure_groups(result: ExposureAudit, *, ax: Axes | None = None) -> Axes:
    """Median deviation index of each judged group with its interval and spread, over the classes of TG-116.

    Parameters
    ----------
    result : ExposureAudit
        What `assess_exposure` gave.
    ax : Axes, optional
        Where to draw; a new figure of `exposure_groups_size` without.

    Returns
    -------
    Axes
        A line for each group, the farthest from its target first: the dot is the median, the thick line its 95 %
        interval, the thin one the robust standard deviation to either side.
    """
    rows = _drawn(result)
    shown = rows.head(MOST_GROUPS)
    with canvas(ax, exposure_groups_size(result)) as axes:
        reach = float((shown["median"].abs() + shown["robust_sd"]).max()) if len(shown) else 0.0
        span = max(_SPAN, 1.1 * reach)
        _bands(axes, result, span)
        narrow = axes.figure.get_figwidth() < _WIDE - 0.5  # type: ignore[union-attr]  # a figure, not a part of one
        for place, row in enumerate(shown.to_dict("records")):
            colour = BLUE if row["standing"] == ON_TARGET else ORANGE
            middle, spread = row["median"], row["robust_sd"]
            axes.plot([middle - spread, middle + spread], [place, place], color=colour, linewidth=0.9, zorder=2.0)
            axes.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=3.0, zorder=2.5)
            axes.plot([middle], [place], marker="o", markersize=4.5, color=colour, zorder=3.0)
        names = [_name(row, several=_several(result), narrow=narrow) for row in shown.to_dict("records")]
        axes.set_yticks(range(len(shown)), names, fontsize=7.5)
        axes.tick_params(axis="y", length=0.0)
        axes.set_ylim(max(len(shown), 3) - 0.4, -0.6)
        axes.set_xlim(-span, span)
        axes.set_xlabel(f"Deviation index DI\nbands: {result.rules.sources['bands']}")
        axes.axvline(0.0, color=INK, linewidth=0.8, zorder=1.0)
        soft_grid(axes, "x")
        off = int((rows["standing"] != ON_TARGET).sum())
        more = f", {len(shown)} drawn" if len(rows) > len(shown) else ""
        axes.set_title(wrapped_title(axes, f"{off} of {len(rows)} groups off target{more}"))
        if shown.empty:
            axes.text(0.0, 1.0, "no group of enough exposures", ha="center", color=MUTED)
    return axes


def plot_exposure_drift(result: ExposureDrift, *, ax: Axes | None = None) -> Axes:
    """Medians of exposures that follow each other, their moving average and its limits.

    Parameters
    ----------
    result : ExposureDrift
        One of `ExposureAudit.drifts`.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Time against the deviation index; vertical lines stand where a step or a drift begins.
    """
    where = f"{result.unit or result.room}, {result.body_part} {result.view}, {result.control}, {result.patients}"
    told = f"{result.signal} of {signed(result.change, 1)}" if result.signal else "no change"
    with canvas(ax, EXPOSURE_DRIFT) as axes:
        draw_level(axes, result, label="Deviation index DI", title=f"{where}: {told}")
    return axes


def _drawn(result: ExposureAudit) -> pd.DataFrame:
    judged = result.groups[result.groups["standing"] != TOO_FEW]
    return judged.sort_values("median", key=lambda values: -values.abs(), kind="stable")


def _bands(axes: Axes, result: ExposureAudit, span: float) -> None:
    """Classes of single indices behind the groups: target, acceptable, and beyond."""
    low = -span
    for band in result.rules.bands:
        high = min(band.below, span)
        colour = WITHIN if "target" in band.name else WARNING if "acceptable" in band.name else OUTSIDE
        if high > low:
            alpha = 1.0 if band in (result.rules.bands[0], result.rules.bands[-1]) or colour is not OUTSIDE else 0.55
            axes.axvspan(low, high, color=colour, linewidth=0.0, alpha=alpha, zorder=0.2)
            low = high


def _several(result: ExposureAudit) -> bool:
    return result.groups["site"].nunique() > 1


def _name(row: dict[Any, Any], *, several: bool, narrow: bool) -> str:
    where = row["unit"] or row["room"] or "unit not told"
    if several and row["site"]:
        where = f"{row['site']} · {where}"
    child = ", child" if row["patients"] == "child" else ""
    break_ = "\n" if narrow else ": "
    return f"{where}{break_}{row['body_part']} {row['view']}, {row['control']}{child} ({row['indexed']})"
