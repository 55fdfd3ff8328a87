"""Typical doses of rooms by examination, beside reference levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose import STATED
from xrayiq.audit.typical_doses import BELOW, EXCEEDS, GROUP, LEAST_PATIENTS, POSSIBLE, TOO_FEW
from xrayiq.model import Quantity
from xrayiq.plots._doses import (
    EXAMINATION,
    NAME_SIZE,
    Examination,
    audited_quantity,
    chosen_examination,
    dose_axis,
    examination_name,
    has_several_sites,
    names_of_rows,
    nothing_to_draw,
    place_names,
)
from xrayiq.plots.style import BLUE, GREEN, INK, MUTED, ORANGE, PALE, PURPLE, SAND, canvas, soft_grid
from xrayiq.plots.trend_labels import legend_below, wrapped_title

#: width in inches on a page, and on a phone
_WIDE, _NARROW = 6.4, 3.9
_ROW: Final = 0.21  # inches
#: rows that the name of an examination takes, and its levels' numbers
_NAME_ROWS: Final = 1.1
_NUMBER_ROWS: Final = 0.8
#: width in inches from which on medians stand in numbers, too
_NUMBERS_FROM: Final = 5.0
#: rows of rooms that one figure holds; further examinations are counted below it
_MOST_ROWS: Final = 60
_NO_LEVEL: Final = ""
#: colour and words of each verdict, the gravest first
_VERDICTS: Final = {
    EXCEEDS: (ORANGE, "over a level, with its interval"),
    POSSIBLE: (SAND, "over a level, not beyond doubt"),
    BELOW: (BLUE, "not over a level"),
    _NO_LEVEL: (MUTED, "no level known"),
}
_LINES: Final[Sequence[tuple[str, Any]]] = (
    (INK, "-"),
    (PURPLE, (0, (5, 1.5))),
    (INK, (0, (1, 1))),
    (PURPLE, (0, (5, 1, 1, 1))),
)
_LOCAL: Final = "local level: 75th percentile of the rooms' medians (ICRP 135)"


@dataclass(frozen=True, slots=True)
class _Block:
    """An examination: its rooms, each with its verdict, and its levels by source."""

    name: str
    rooms: pd.DataFrame
    levels: dict[str, float]
    worst_ratio: float

    @property
    def header_rows(self) -> float:
        return _NAME_ROWS + (_NUMBER_ROWS if self.levels else 0.0)


def typical_doses_size(
    result: DoseAudit, *, quantity: str | None = None, examination: Examination | None = None, narrow: bool = False
) -> tuple[float, float]:
    """Width and height in inches that every room has its line in.

    Parameters
    ----------
    result, quantity, examination
        As for `plot_typical_doses`.
    narrow : bool
        For a phone.
    """
    blocks, _ = _blocks(result, audited_quantity(result, quantity), examination)
    rows = sum(len(block.rooms) + block.header_rows for block in blocks)
    documents = len({source for block in blocks for source in block.levels})
    around = (1.7 + 0.32 * documents) if narrow else (1.5 + 0.16 * documents)
    return (_NARROW if narrow else _WIDE), around + _ROW * max(rows, 3.0)


def plot_typical_doses(
    result: DoseAudit, *, quantity: str | None = None, examination: Examination | None = None, ax: Axes | None = None
) -> Axes:
    """Medians of rooms by examination, with their intervals, quartiles and reference levels.

    Parameters
    ----------
    result : DoseAudit
        What `assess_dose` gave.
    quantity : str, optional
        Dose quantity; without, the first of the audit that has typical values.
    examination : tuple of str, optional
        Body part, view and size band; without, all, those farthest over a level first, as far as they fit.
    ax : Axes, optional
        Where to draw; a new figure of `typical_doses_size` without.

    Returns
    -------
    Axes
        The quantity in its unit on paper, logarithmic where the values spread far; a line for each room. Rooms of fewer
        than `LEAST_PATIENTS` exposures are hollow and judged by nothing.

    Raises
    ------
    InputError
        No such quantity, or no doses of such an examination.
    """
    known = audited_quantity(result, quantity)
    with canvas(ax, typical_doses_size(result, quantity=quantity, examination=examination)) as axes:
        blocks, left_out = _blocks(result, known, examination)
        if not blocks:
            nothing_to_draw(axes, f"no exposures with {known.label.lower()} and a known examination")
            return axes
        shown = pd.concat([block.rooms for block in blocks])
        limits = [level for block in blocks for level in block.levels.values()]
        numbers = shown[["median", "low", "high", "quartile_1", "quartile_3"]].to_numpy(dtype=np.float64)
        dose_axis(axes.xaxis, known.display_factor * np.concatenate([numbers.ravel(), limits]), known)
        names, width = names_of_rows(axes, place_names(shown, several_sites=has_several_sites(result)))
        sources = list(dict.fromkeys(source for block in blocks for source in block.levels))
        row, places = 0.0, []
        for block in blocks:
            _header(axes, block, row, known, sources)
            row += block.header_rows
            for room in block.rooms.to_dict("records"):
                _room(axes, room, row, known)
                places.append(row)
                row += 1.0
        _right(axes, 0.0, "median", "n")
        axes.set_ylim(row - 0.3, -0.55)
        axes.set_yticks(places, names, fontsize=NAME_SIZE)
        axes.tick_params(axis="y", length=0.0)
        axes.spines["left"].set_visible(False)
        beyond = shown[shown["verdict"] == EXCEEDS]
        judged = shown[~shown["verdict"].isin([_NO_LEVEL, TOO_FEW])]
        told = (
            f"{len(beyond)} of {len(judged)} medians over a reference level" if len(judged) else "no level to compare"
        )
        estimated = "" if known.name in STATED else ", estimate"
        axes.set_title(wrapped_title(axes, f"{known.label}{estimated}: {told}", beside_inches=width))
        soft_grid(axes, "x")
        _keys(axes, shown, sources)
        if left_out:
            axes.plot([], [], linestyle="none", label=f"not shown: {left_out}")
        legend_below(axes, names_inches=width)
    return axes


def _blocks(result: DoseAudit, known: Quantity, wanted: Examination | None) -> tuple[list[_Block], str]:
    """Examinations in the order they are drawn, and what of them does not fit."""
    typical = result.typical[result.typical["quantity"] == known.name]
    if wanted is not None:
        typical = chosen_examination(typical, wanted)
    compared = result.compared[result.compared["quantity"] == known.name]
    blocks = []
    for key, rooms in typical.groupby(EXAMINATION, observed=True, sort=True):
        own = compared[(compared[EXAMINATION] == list(key)).all(axis="columns")]
        given = own["verdict"].groupby([own[name] for name in GROUP]).agg(set).to_dict()
        verdicts = [_worst(given.get(where, set())) for where in rooms[list(GROUP)].itertuples(index=False, name=None)]
        verdicts = [
            TOO_FEW if n < LEAST_PATIENTS else found for n, found in zip(rooms["exposures"], verdicts, strict=True)
        ]
        levels = {str(source): float(level) for source, level in zip(own["source"], own["level"], strict=True)}
        local = result.local[(result.local[EXAMINATION] == list(key)).all(axis="columns") & result.local["enough"]]
        for level in local.loc[local["quantity"] == known.name, "level"]:
            levels[_LOCAL] = float(level)
        blocks.append(
            _Block(
                examination_name(dict(zip(EXAMINATION, key, strict=True))),
                rooms.assign(verdict=verdicts).sort_values("median", ascending=False, kind="stable"),
                dict(sorted(levels.items(), key=lambda item: item[1])),
                float(own.loc[own["verdict"] != TOO_FEW, "ratio"].max()) if len(own) else 0.0,
            )
        )
    blocks.sort(key=lambda block: -np.nan_to_num(block.worst_ratio))
    fit, rows = 0, 0
    while fit < len(blocks) and (fit == 0 or rows + len(blocks[fit].rooms) <= _MOST_ROWS):
        rows += len(blocks[fit].rooms)
        fit += 1
    rest = f"{len(blocks) - fit} further examinations" if fit < len(blocks) else ""
    return blocks[:fit], rest


def _worst(verdicts: set[str]) -> str:
    return next((verdict for verdict in (EXCEEDS, POSSIBLE, BELOW) if verdict in verdicts), _NO_LEVEL)


def _header(axes: Axes, block: _Block, row: float, known: Quantity, sources: Sequence[str]) -> None:
    """Name of an examination, and its levels as lines over its rooms with the least and the greatest in numbers."""
    across = blended_transform_factory(axes.transAxes, axes.transData)
    axes.axhspan(row - 0.5, row + 0.45, color=PALE, alpha=0.45, linewidth=0.0, zorder=0)
    axes.text(0.012, row, block.name, transform=across, va="center", fontsize=8.5, fontweight="bold", zorder=4)
    ends = (row + block.header_rows - 0.5, row + block.header_rows + len(block.rooms) - 0.55)
    texts = list(block.levels.items())
    for source, level in texts:
        colour, dashes = _look(source, sources)
        axes.plot([known.display_factor * level] * 2, ends, color=colour, linestyle=dashes, linewidth=1.3, zorder=2)
    for source, level in dict([texts[0], texts[-1]]).items() if texts else ():
        sides = ("center",) if len(texts) == 1 else ("right", "left")
        number = f"{known.display_factor * level:.{known.decimals}f}"
        axes.text(
            known.display_factor * level,
            ends[0],
            number,
            ha=sides[0] if source == texts[0][0] else sides[-1],
            va="bottom",
            fontsize=7.5,
            color=_look(source, sources)[0],
            zorder=4,
        )


def _look(source: str, sources: Sequence[str]) -> tuple[str, Any]:
    """Colour and dashes of a level's line."""
    if source == _LOCAL:
        return GREEN, (0, (3, 1.5))
    documents = [name for name in sources if name != _LOCAL]
    return _LINES[documents.index(source) % len(_LINES)]


def _room(axes: Axes, room: dict[Any, Any], row: float, known: Quantity) -> None:
    """Quartiles as a thin line, 95 % interval as a thick one, median as a dot, number of exposures at the right."""
    few = room["verdict"] == TOO_FEW
    colour = MUTED if few else _VERDICTS[room["verdict"]][0]
    factor = known.display_factor
    axes.plot([factor * room["quartile_1"], factor * room["quartile_3"]], [row, row], color=colour, linewidth=0.9)
    if not few:
        ends = [factor * room["low"], factor * room["high"]]
        axes.plot(ends, [row, row], color=colour, linewidth=4.0, alpha=0.45, solid_capstyle="butt", zorder=2.4)
    axes.plot(factor * room["median"], row, **_dot(colour, few=few))
    _right(axes, row, f"{factor * room['median']:.{known.decimals}f}", f"{room['exposures']}")


def _right(axes: Axes, row: float, median: str, count: str) -> None:
    """Numbers right of the axes: exposures, after the median where there is room."""
    wide = float(axes.figure.get_size_inches()[0]) >= _NUMBERS_FROM  # type: ignore[union-attr]
    for text, place in ((median, 32.0), (count, 60.0)) if wide else ((count, 28.0),):
        axes.annotate(
            text,
            (1.0, row),
            xycoords=axes.get_yaxis_transform(),
            xytext=(place, 0.0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=7.5,
            color=MUTED,
            annotation_clip=False,
        )


def _dot(colour: str, *, few: bool = False) -> dict[str, Any]:
    face = "white" if few else colour
    return {"marker": "o", "markersize": 4.6, "color": colour, "mfc": face, "linestyle": "none", "zorder": 3.0}


def _keys(axes: Axes, shown: pd.DataFrame, sources: Sequence[str]) -> None:
    """Entries of the legend for what is there."""
    axes.plot([], [], color=INK, linewidth=4.0, alpha=0.45, label="95 % interval")
    axes.plot([], [], color=INK, linewidth=0.9, label="quartiles")
    for verdict, (colour, words) in _VERDICTS.items():
        if (shown["verdict"] == verdict).any():
            axes.plot([], [], label=f"median: {words}", **_dot(colour))
    if (shown["verdict"] == TOO_FEW).any():
        axes.plot([], [], label=f"median of fewer than {LEAST_PATIENTS} exposures", **_dot(MUTED, few=True))
    for source in sources:
        colour, dashes = _look(source, sources)
        name = source if source == _LOCAL else f"reference level: {source}"
        axes.plot([], [], color=colour, linestyle=dashes, linewidth=1.3, label=name)
