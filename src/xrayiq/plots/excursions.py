"""Doses of one unit's examination over time, and those far from their like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from xrayiq.audit import DoseAudit
from xrayiq.audit.excursions import FINDING_SCORE, LIKE, TOLD_SCORE, TRIGGER_RATIO, robust_spread
from xrayiq.errors import InputError
from xrayiq.model import Quantity
from xrayiq.plots._doses import (
    EXAMINATION,
    audited_quantity,
    dose_axis,
    examination_name,
    has_several_sites,
    nothing_to_draw,
    place_names,
)
from xrayiq.plots.style import BLUE, INK, MUTED, ORANGE, PURPLE, SAND, canvas, soft_grid
from xrayiq.plots.trend_labels import date_axis, days, legend_below, wrapped_title

#: width and height in inches
EXCURSIONS: Final = (5.6, 5.2)
#: site, unit, body part, view and size band
Like = tuple[str, str, str, str, str]
_MOST_TOLD: Final = 12  # ratios beside marks
_MOST_CAUSES: Final = 4  # causes below the figure
_MANY: Final = 400  # exposures from which on dots are smaller
_TOO_MANY: Final = 2000  # from which on they are an image, lest a page be of megabytes


@dataclass(frozen=True, slots=True)
class _Level:
    value: float
    source: str


def plot_excursions(
    result: DoseAudit, *, like: Like | None = None, quantity: str | None = None, ax: Axes | None = None
) -> Axes:
    """Doses of exposures that are like each other over time, with their median, limits and excursions.

    Parameters
    ----------
    result : DoseAudit
        What `assess_dose` gave.
    like : tuple of str, optional
        Site, unit, body part, view and size band; without, those of the excursion with the greatest ratio.
    quantity : str, optional
        Dose quantity; without, that of this excursion, else the first of the audit that has typical values.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Date against the quantity in its unit on paper, logarithmic. Findings are marked with their ratio to the median.

    Raises
    ------
    InputError
        No such quantity, or no doses of such exposures.
    """
    known, own, where = _group(result, like, quantity)
    with canvas(ax, EXCURSIONS) as axes:
        if own.empty:
            nothing_to_draw(axes, f"no dated exposures with {known.label.lower()} and a known examination")
            return axes
        values = own[known.name].to_numpy(dtype=np.float64)
        factor, logarithms = known.display_factor, np.log(values)
        median, spread = float(np.exp(np.median(logarithms))), robust_spread(logarithms)
        level = _lowest_level(result, where, known)
        excursions = result.excursions[result.excursions["quantity"] == known.name]
        excursions = excursions[excursions["subject"].isin(own["subject"])]
        findings = excursions[excursions["finding"].astype(bool)].sort_values("ratio", ascending=False)
        told = excursions[~excursions["finding"].astype(bool)]
        dots: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 2.6 if len(own) > _MANY else 3.4}
        rest = own[~own["subject"].isin(excursions["subject"])]
        bitmap: dict[str, Any] = {"rasterized": True} if len(own) > _TOO_MANY else {}
        axes.plot(days_of(rest), factor * rest[known.name], color=BLUE, alpha=0.55, label="exposure", **dots, **bitmap)
        shown = _limits(axes, known, median, spread, level)
        if len(told):
            look: dict[str, Any] = {**dots, "markersize": 5.2, "color": SAND, "mfc": "none", "markeredgewidth": 1.3}
            axes.plot(days_of(told), factor * told[known.name], label="told, no finding", **look)
        if len(findings):
            look = {**dots, "marker": "D", "markersize": 5.8, "color": ORANGE, "markeredgecolor": "white"}
            axes.plot(days_of(findings), factor * findings[known.name], label="finding", zorder=3.5, **look)
        dose_axis(axes.yaxis, factor * np.concatenate([values, shown]), known, logarithmic=True)
        date_axis(axes, list(own["exposed_at"]))
        _ratios(axes, findings, known)
        place = place_names(own.iloc[:1], several_sites=has_several_sites(result), place="unit")[0]
        count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}" if len(findings) else "no finding"
        name = examination_name(own.iloc[0])
        axes.set_title(wrapped_title(axes, f"{place}, {name}: {count} in {len(own)} exposures"))
        soft_grid(axes, "y")
        legend_below(axes)
    return axes


def days_of(frame: pd.DataFrame) -> list[float]:
    """Places of exposures on the axis of dates."""
    return [days(moment) for moment in frame["exposed_at"]]


def _group(result: DoseAudit, like: Like | None, name: str | None) -> tuple[Quantity, pd.DataFrame, dict[str, str]]:
    """Quantity, dated exposures of a group that have it, and what they have in common."""
    chosen = result.excursions if name is None else result.excursions[result.excursions["quantity"] == name]
    if like is not None:
        chosen = chosen[(chosen[list(LIKE)] == list(like)).all(axis="columns")]
    chosen = chosen.sort_values(["finding", "ratio"], ascending=False, kind="stable")
    known = audited_quantity(result, chosen["quantity"].iloc[0] if name is None and len(chosen) else name)
    exposures = result.comparable()
    exposures = exposures[(exposures[known.name] > 0.0) & exposures["exposed_at"].notna()]
    exposures = exposures[exposures["body_part"] != ""]
    groups = exposures.groupby(list(LIKE), observed=True, sort=True)[known.name].size()
    if like is None and len(groups):
        like = tuple((chosen if len(chosen) else exposures)[list(LIKE)].iloc[0])
    elif like is not None and tuple(like) not in groups.index:
        raise InputError(
            f"exposures like {tuple(like)!r}",
            needed=f"site, unit, body part, view and size band of exposures with {known.label.lower()}",
        )
    own = exposures[(exposures[list(LIKE)] == list(like)).all(axis="columns")] if like is not None else exposures
    return known, own.sort_values("exposed_at"), dict(zip(LIKE, like or (), strict=False))


def _lowest_level(result: DoseAudit, where: dict[str, str], known: Quantity) -> _Level | None:
    levels = result.compared[result.compared["quantity"] == known.name]
    levels = levels[(levels[EXAMINATION] == [where[name] for name in EXAMINATION]).all(axis="columns")]
    if levels.empty:
        return None
    lowest = levels.sort_values("level", kind="stable").iloc[0]
    return _Level(float(lowest["level"]), str(lowest["source"]))


def _limits(axes: Axes, known: Quantity, median: float, spread: float, level: _Level | None) -> list[float]:
    """Median and limits as lines with their source; the values they stand at."""
    lines: list[tuple[float, str, Any, str]] = [(median, INK, "-", f"median {known.text(median)}")]
    if spread > 0.0:
        low, high = (median * float(np.exp(side * TOLD_SCORE * spread)) for side in (-1.0, 1.0))
        words = f"told beyond {TOLD_SCORE:g} robust standard deviations of the logarithm"
        lines += [(low, SAND, (0, (1, 1.2)), words), (high, SAND, (0, (1, 1.2)), words)]
        bound = median * float(np.exp(FINDING_SCORE * spread))
        words = f"finding above {known.text(bound)}: {FINDING_SCORE:g} robust standard deviations"
        lines.append((bound, ORANGE, (0, (6, 2)), words))
    if level is not None:
        bound = max(TRIGGER_RATIO * median, level.value)
        words = f"finding above {known.text(bound)}: {TRIGGER_RATIO:g} times the median and above the reference level"
        lines.append((bound, PURPLE, (0, (4, 1.5, 1, 1.5)), words))
        lines.append((level.value, MUTED, "-", f"reference level {known.text(level.value)}: {level.source}"))
    for value, colour, dashes, words in lines:
        axes.axhline(known.display_factor * value, color=colour, linestyle=dashes, linewidth=1.1, label=words, zorder=2)
    return [value for value, *_ in lines]


def _ratios(axes: Axes, findings: pd.DataFrame, known: Quantity) -> None:
    """Ratio beside each of the farthest findings, causes of the very farthest in the legend."""
    low, high = axes.get_xlim()
    for number, row in enumerate(findings.head(_MOST_TOLD).to_dict("records")):
        place, ratio = days(row["exposed_at"]), f"{row['ratio']:.1f}×"
        right = place < low + 0.85 * (high - low)
        axes.annotate(
            ratio,
            (place, known.display_factor * row["value"]),
            xytext=(5.0 if right else -5.0, 0.0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=8.0,
            fontweight="bold",
            color=ORANGE,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
            zorder=3.4,
        )
        if number < _MOST_CAUSES:
            axes.plot([], [], linestyle="none", label=f"{ratio} ({row['exposed_at']:%Y-%m-%d}) {row['cause']}")
    if len(findings) > _MOST_CAUSES:
        axes.plot([], [], linestyle="none", label=f"and {len(findings) - _MOST_CAUSES} further findings")
