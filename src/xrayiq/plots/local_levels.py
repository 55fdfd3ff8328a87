"""Local reference level of one examination: the rooms' typical doses in order, and their 75th percentile."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from xrayiq.audit import DoseAudit
from xrayiq.audit.typical_doses import LEAST_PATIENTS, LEAST_ROOMS
from xrayiq.plots._doses import (
    EXAMINATION,
    Examination,
    audited_quantity,
    chosen_examination,
    dose_axis,
    examination_name,
    has_several_sites,
    nothing_to_draw,
    place_names,
    shortened,
)
from xrayiq.plots.style import BLUE, GREEN, INK, MUTED, PURPLE, canvas, soft_grid
from xrayiq.plots.trend_labels import legend_below, wrapped_title

#: width and height in inches
LOCAL_LEVELS: Final = (5.6, 4.6)
_MOST_NAMES: Final = 16
_LETTERS: Final = 26


def plot_local_levels(
    result: DoseAudit, *, examination: Examination | None = None, quantity: str | None = None, ax: Axes | None = None
) -> Axes:
    """Typical doses of the rooms in order, their 75th percentile with its bootstrap interval, and reference levels.

    Parameters
    ----------
    result : DoseAudit
        What `assess_dose` gave.
    examination : tuple of str, optional
        Body part, view and size band; without, the one that most rooms do.
    quantity : str, optional
        Dose quantity; without, the first of the audit that has typical values.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        The quantity in its unit on paper against the percentile of the rooms: the line between the medians meets 75 %
        at the local level and 50 % at the achievable dose. Rooms of fewer than `LEAST_PATIENTS` exposures do not count.

    Raises
    ------
    InputError
        No such quantity, or no doses of such an examination.
    """
    known = audited_quantity(result, quantity)
    counted = result.typical[(result.typical["quantity"] == known.name)]
    counted = counted[counted["exposures"] >= LEAST_PATIENTS]
    rooms = chosen_examination(counted, examination).sort_values("median", kind="stable")
    with canvas(ax, LOCAL_LEVELS) as axes:
        if rooms.empty:
            nothing_to_draw(axes, f"no room with {LEAST_PATIENTS} exposures of known {known.label.lower()}")
            return axes
        factor, where = known.display_factor, [rooms[name].iloc[0] for name in EXAMINATION]
        medians, lows, highs = (factor * rooms[name].to_numpy(dtype=np.float64) for name in ("median", "low", "high"))
        ranks = np.linspace(0.0, 100.0, len(rooms)) if len(rooms) > 1 else np.array([50.0])
        own = result.local[result.local["quantity"] == known.name]
        local = own[(own[EXAMINATION] == where).all(axis="columns")].iloc[0]
        level, achievable = factor * float(local["level"]), factor * float(local["achievable"])
        name = "local level" if local["enough"] else "75th percentile"
        if np.isfinite(local["low"]):
            axes.axvspan(
                factor * local["low"], factor * local["high"], color=GREEN, alpha=0.14, linewidth=0.0, zorder=0.5
            )
            interval = (
                f" (95 % bootstrap interval {factor * local['low']:.{known.decimals}f} to {known.text(local['high'])})"
            )
        else:
            interval = " (too few rooms for an interval)"
        words = f"{name} {known.text(local['level'])}{interval}"
        axes.axvline(level, color=GREEN, linewidth=1.8, zorder=1.8, label=words)
        words = f"median of the rooms {known.text(local['achievable'])}"
        axes.axvline(achievable, color=INK, linewidth=1.0, linestyle=(0, (1, 1.2)), zorder=1.8, label=words)
        compared = result.compared[result.compared["quantity"] == known.name]
        compared = compared[(compared[EXAMINATION] == where).all(axis="columns")]
        levels = dict(zip(compared["source"], compared["level"], strict=True))
        for number, (source, value) in enumerate(levels.items()):
            dashes = (0, (6 - 2 * (number % 3), 1.5))
            words = f"reference level {known.text(value)}: {source}"
            axes.axvline(factor * value, color=PURPLE, linewidth=1.2, linestyle=dashes, zorder=1.7, label=words)
        axes.plot(medians, ranks, color=BLUE, linewidth=0.8, alpha=0.6, zorder=2.2)
        axes.hlines(ranks, lows, highs, color=BLUE, linewidth=3.0, alpha=0.35, zorder=2.4, label="95 % interval")
        dots: dict[str, Any] = {"marker": "o", "markersize": 5.0, "color": BLUE, "linestyle": "none", "zorder": 3.0}
        axes.plot(medians, ranks, label="median of a room", **dots)
        dose_axis(
            axes.xaxis, np.concatenate([lows, highs, [level], [factor * value for value in levels.values()]]), known
        )
        if len(rooms) <= _MOST_NAMES:
            _names(
                axes,
                shortened(place_names(rooms, several_sites=has_several_sites(result)), _LETTERS),
                lows,
                highs,
                ranks,
            )
        axes.set_ylim(-5.0, 105.0)
        axes.set_yticks([0, 25, 50, 75, 100])
        axes.set_ylabel("Percentile of the rooms / %")
        if not local["enough"]:
            words = f"for information: a local level needs {LEAST_ROOMS} rooms (ICRP 135)"
            axes.plot([], [], linestyle="none", label=words)
        title = f"{examination_name(rooms.iloc[0])}: {name} of {len(rooms)} room{'s' if len(rooms) > 1 else ''}"
        axes.set_title(wrapped_title(axes, title))
        soft_grid(axes, "both")
        legend_below(axes)
    return axes


def _names(axes: Axes, names: list[str], lows: Any, highs: Any, ranks: Any) -> None:
    """Name of each room beside its interval, where there is more room."""
    left, right = axes.transData.transform([(low, 0.0) for low in axes.get_xlim()])[:, 0]
    for name, low, high, y in zip(names, lows, highs, ranks, strict=True):
        place = axes.transData.transform((high, y))[0]
        rightwards = bool(place < 0.5 * (left + right))
        axes.annotate(
            name,
            (high if rightwards else low, y),
            xytext=(4.0 if rightwards else -4.0, 0.0),
            ha="left" if rightwards else "right",
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=MUTED,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.4},
            zorder=2.9,
        )
