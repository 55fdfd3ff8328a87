"""Dose beside image quality: rooms that give more than the image needs, and less."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from xrayiq.audit import DoseAudit
from xrayiq.audit.optimisation import APART, ON_TARGET_DI
from xrayiq.errors import InputError
from xrayiq.plots._doses import (
    LETTER,
    Examination,
    audited_quantity,
    chosen_examination,
    examination_name,
    has_several_sites,
    nothing_to_draw,
    place_names,
    shortened,
)
from xrayiq.plots.style import BLUE, INK, MUTED, ORANGE, OUTSIDE, SAND, WARNING, WITHIN, canvas
from xrayiq.plots.trend_labels import legend_below, wrapped_title

#: width and height in inches
DOSE_AND_QUALITY: Final = (5.0, 4.8)
#: what image quality is told by: its axis, and what more and less of it are called
_QUALITIES: Final = {
    "deviation_index": ("Median deviation index DI", "receptor over target", "receptor under target"),
    "snr": ("Median signal-to-noise ratio", "SNR high", "SNR low"),
}
_TICKS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0)
_MOST_NAMES: Final = 14  # rooms beyond which only those that something is said of are named
_LETTERS: Final = 22
_LETTER_POINTS: Final = LETTER * 8.0
#: places of a name beside its mark in points, the first that is free counts
_PLACES: Final = tuple((side * 6.0, up) for up in (0.0, 8.0, -8.0, 16.0, -16.0) for side in (1.0, -1.0))
#: of a figure's width and height that the axes take, near enough to place names by
_SHARES: Final = (0.85, 0.66)


def plot_dose_and_quality(
    result: DoseAudit,
    *,
    examination: Examination | None = None,
    quantity: str | None = None,
    quality: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Median doses of the rooms that do one examination against what their images are worth.

    Parameters
    ----------
    result : DoseAudit
        What `assess_dose` gave.
    examination : tuple of str, optional
        Body part, view and size band; without, the one that most rooms do.
    quantity : str, optional
        Dose quantity; without, the first of the audit that has typical values.
    quality : {"deviation_index", "snr"}, optional
        Without, the deviation index where it is known, else the signal-to-noise ratio.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Median deviation index or SNR (no units) against the median dose in percent of the median of the rooms,
        logarithmic. Deviation indices part at 0 with their target zone (AAPM TG-116), SNR at the median of the rooms.

    Raises
    ------
    InputError
        No such quantity, quality, or examination.
    """
    known = audited_quantity(result, quantity)
    rooms = result.optimisation[result.optimisation["quantity"] == known.name]
    rooms = chosen_examination(rooms, examination)
    if quality is None:
        quality = next((name for name in _QUALITIES if rooms[name].notna().any()), "deviation_index")
    if quality not in _QUALITIES:
        raise InputError(f"image quality {quality!r}", needed="one of " + ", ".join(_QUALITIES))
    label, more, less = _QUALITIES[quality]
    unknown = int(rooms[quality].isna().sum())
    rooms = rooms[rooms[quality].notna() & (rooms["dose_ratio"] > 0.0)]
    with canvas(ax, DOSE_AND_QUALITY) as axes:
        if rooms.empty:
            nothing_to_draw(axes, f"no room with {known.label.lower()} and a {label.removeprefix('Median ')}")
            return axes
        values, ratios = (rooms[name].to_numpy(dtype=np.float64) for name in (quality, "dose_ratio"))
        middle = 0.0 if quality == "deviation_index" else float(np.median(values))
        _ranges(axes, values, ratios, middle, least=1.5 if quality == "deviation_index" else 0.1 * middle)
        _quadrants(axes, middle, more, less, target=quality == "deviation_index")
        said = (rooms["reading"] != "").to_numpy()
        high = said & (ratios > 1.0 + APART)
        for where, colour, words in (
            (~said, BLUE, "nothing said"),
            (said & ~high, SAND, "exposure or noise to look at"),
            (high, ORANGE, "dose to look at"),
        ):
            if where.any():
                dots: dict[str, Any] = {"marker": "o", "markersize": 6.0, "markeredgecolor": "white", "zorder": 3.0}
                axes.plot(values[where], 100 * ratios[where], color=colour, linestyle="none", label=words, **dots)
        named = np.flatnonzero(said) if len(rooms) > _MOST_NAMES else np.arange(len(rooms))
        names = shortened(place_names(rooms, several_sites=has_several_sites(result)), _LETTERS)
        _names(axes, list(zip(values.tolist(), (100 * ratios).tolist(), names, strict=True)), set(named.tolist()))
        axes.set_xlabel(label)
        axes.set_ylabel(f"{known.label} / % of the rooms' median")
        count = f"{len(rooms)} rooms" if len(rooms) > 1 else "one room, nothing to compare"
        axes.set_title(wrapped_title(axes, f"{examination_name(rooms.iloc[0])}: {count}"))
        if len(rooms) > 1:
            middle_dose = float((rooms["dose"] / rooms["dose_ratio"]).median())
            axes.plot(
                [], [], linestyle="none", label=f"100 % is {known.text(middle_dose)}; rooms of the same examination"
            )
        if unknown:
            axes.plot([], [], linestyle="none", label=f"{unknown} rooms without {label.removeprefix('Median ')}")
        legend_below(axes)
    return axes


def _ranges(axes: Axes, values: Any, ratios: Any, middle: float, *, least: float) -> None:
    reach = max(1.35 * float(np.abs(values - middle).max()), least)
    axes.set_xlim(middle - reach, middle + reach)
    far = max(1.25 * float(np.exp(np.abs(np.log(ratios)).max())), 1.8)
    axes.set_yscale("log")
    axes.set_ylim(100.0 / far, 100.0 * far)
    axes.set_yticks([100.0 * tick for tick in _TICKS if 1.0 / far <= tick <= far])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())


def _quadrants(axes: Axes, middle: float, more: str, less: str, *, target: bool) -> None:
    """Four fields with their names, and the zone in which nothing is said."""
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    for start, stop, bottom, top, colour in (
        (middle, right, 100.0, high, OUTSIDE if target else WARNING),
        (left, middle, 100.0, high, WARNING if target else OUTSIDE),
        (left, middle, low, 100.0, WARNING),
        (middle, right, low, 100.0, WITHIN),
    ):
        axes.fill_between([start, stop], bottom, top, color=colour, alpha=0.45, linewidth=0.0, zorder=0.0)
    axes.axhline(100.0, color=INK, linewidth=0.9, zorder=1.0)
    axes.axvline(middle, color=INK, linewidth=0.9, zorder=1.0)
    dashes: dict[str, Any] = {"color": MUTED, "linewidth": 0.8, "linestyle": (0, (4, 3)), "zorder": 1.0}
    for bound in (100.0 * (1.0 + APART), 100.0 / (1.0 + APART)):
        axes.axhline(
            bound, **dashes, label=f"dose looked at beyond {100 * (1 + APART):.0f} % and {100 / (1 + APART):.0f} %"
        )
    if target:
        for bound in (-ON_TARGET_DI, ON_TARGET_DI):
            axes.axvline(bound, **dashes | {"linestyle": (0, (1, 1.5))}, label=f"DI ±{ON_TARGET_DI:g} (AAPM TG-116)")
    for x, y, text in (
        (0.985, 0.985, f"dose high\n{more}"),
        (0.015, 0.985, f"dose high\n{less}"),
        (0.015, 0.015, f"dose low\n{less}"),
        (0.985, 0.015, f"dose low\n{more}"),
    ):
        axes.text(
            *(x, y, text),
            transform=axes.transAxes,
            ha="right" if x > 0.5 else "left",
            va="top" if y > 0.5 else "bottom",
            fontsize=8.0,
            color=MUTED,
            fontstyle="italic",
            zorder=1.5,
        )


def _names(axes: Axes, marks: list[tuple[float, float, str]], named: set[int]) -> None:
    """Names beside their marks, each at the first of some places where it covers no mark and no other name."""
    size = axes.figure.get_size_inches()  # type: ignore[union-attr]
    width, height = (72.0 * share * float(inches) for share, inches in zip(_SHARES, size, strict=True))
    low, high = np.log(axes.get_ylim())
    left, right = axes.get_xlim()
    places = [(width * (x - left) / (right - left), height * (np.log(y) - low) / (high - low)) for x, y, _ in marks]
    taken = [(x - 4.0, y - 4.0, x + 4.0, y + 4.0) for x, y in places]
    for number in sorted(named, key=lambda number: -marks[number][1]):
        (x, y), name = places[number], marks[number][2]
        length = _LETTER_POINTS * len(name)
        boxes = [
            (
                x + across - (length if across < 0.0 else 0.0),
                y + up - 4.5,
                x + across + (length if across > 0.0 else 0.0),
                y + up + 4.5,
            )
            for across, up in _PLACES
        ]
        inside = [box[0] >= 0.0 and box[2] <= width for box in boxes]
        free = [
            fits and not any(_cover(box, other) for other in taken) for box, fits in zip(boxes, inside, strict=True)
        ]
        chosen = free.index(True) if any(free) else inside.index(True) if any(inside) else 0
        taken.append(boxes[chosen])
        across, up = _PLACES[chosen]
        axes.annotate(
            name,
            marks[number][:2],
            xytext=(across, up),
            textcoords="offset points",
            ha="left" if across > 0.0 else "right",
            va="center",
            fontsize=8.0,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.5, "pad": 0.3},
            zorder=2.5,
        )


def _cover(box: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
