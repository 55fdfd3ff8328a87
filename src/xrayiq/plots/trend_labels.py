"""Words about a trend's figure: events above it and the legend below, fit to its width."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.legend import Legend
from matplotlib.transforms import ScaledTranslation

from xrayiq.audit import TrendEvent
from xrayiq.plots.style import MUTED

_SIZE: Final = 8.0  # points
_LETTER: Final = 0.52  # mean width of a letter, in heights
_TITLE_SIZE: Final = 9.5  # points
_TITLE_LETTER: Final = 0.6
_ROW: Final = 1.3  # height of a row, in heights
_GAP: Final = 6.0  # points between labels of a row
_SIDES_INCHES: Final = 0.75  # beside the axes: ticks and label of the quantity
_SHORT: Final = 24  # letters of an entry that shares a row of the legend with others
_HANDLE: Final = 34.0  # points of a legend's line and gaps
_NARROW: Final = 300.0  # points of axes below which the legend begins under the ticks
_LEFT: Final = 36.0  # points that it begins further left there
_BESIDE_NAMES: Final = 30.0  # points that a legend gains where names take the place of ticks
_BELOW: Final = 36.0  # points that ticks and label of the dates take
_LEGEND_ROW: Final = 1.62  # height of a legend's row, in heights


def event_labels(axes: Axes, events: Sequence[TrendEvent]) -> float:
    """Line at each event, its name above the axes in as many rows as it takes; the height of the rows in points."""
    low, high = axes.get_xlim()
    width = _points(axes)
    rows: list[list[tuple[float, float]]] = []
    for event in reversed(events):
        place = days(event.date)
        at = width * (place - low) / (high - low)
        length = _LETTER * _SIZE * len(event.name)
        rightwards = at + length <= width or at < length
        span = (at, at + length + _GAP) if rightwards else (at - length - _GAP, at)
        row = next((n for n, taken in enumerate(rows) if all(_apart(span, other) for other in taken)), len(rows))
        rows[row:] = [[*(rows[row] if row < len(rows) else []), span], *rows[row + 1 :]]
        height = 3.0 + _ROW * _SIZE * row
        line: dict[str, Any] = {"color": MUTED, "linewidth": 0.9, "linestyle": (0, (4, 3))}
        axes.axvline(place, zorder=1.5, **line)
        axes.annotate(
            event.name,
            (place, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(2.0 if rightwards else -2.0, height),
            textcoords="offset points",
            ha="left" if rightwards else "right",
            va="bottom",
            fontsize=_SIZE,
            color=MUTED,
            annotation_clip=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            zorder=4.0,
        )
        axes.annotate(
            "",
            (place, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0.0, height + 0.9 * _SIZE),
            textcoords="offset points",
            arrowprops={"arrowstyle": "-", "shrinkA": 0.0, "shrinkB": 0.0, **line},
            annotation_clip=False,
            zorder=3.5,
        )
    return _ROW * _SIZE * len(rows)


def wrapped_title(axes: Axes, text: str, *, beside_inches: float = 0.0) -> str:
    """Title in as many lines as it takes, beside names of rows of that width."""
    return textwrap.fill(text, max(int((_points(axes) - 72.0 * beside_inches) / (_TITLE_LETTER * _TITLE_SIZE)), 20))


def date_axis(
    axes: Axes,
    dates: Sequence[dt.datetime | dt.date],
    *,
    also: Iterable[dt.datetime | dt.date] = (),
    word: str = "Date",
) -> None:
    """Range that holds the dates, and others, few ticks, and a label with the years that these may not name."""
    places = [days(date) for date in (*dates, *also)]
    if places:
        margin = 0.02 * (max(places) - min(places)) or 7.0
        axes.set_xlim(min(places) - margin, max(places) + margin)
    axes.xaxis.set_major_locator(locator := AutoDateLocator(minticks=3, maxticks=8))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    years = sorted({date.year for date in dates})
    span = [years[0]] if len(years) == 1 else [years[0], years[-1]] if years else []
    axes.set_xlabel(", ".join([word, " to ".join(map(str, span))]) if span else word)


def days(date: dt.datetime | dt.date) -> float:
    """Place of a moment on the axis of dates."""
    return float(date2num(date))  # type: ignore[no-untyped-call]  # not in the stubs


def _apart(span: tuple[float, float], other: tuple[float, float]) -> bool:
    return span[1] <= other[0] or other[1] <= span[0]


def legend_below(axes: Axes, *, names_inches: float | None = None) -> None:
    """Legend under the label of the horizontal axis, each thing once, long lines wrapped; below names of rows, too."""
    if names_inches is None:
        left = _LEFT if _points(axes) < _NARROW else 0.0
        width = _points(axes) + left
    else:
        left, width = 72.0 * names_inches, _points(axes) + _BESIDE_NAMES
    handles, labels = axes.get_legend_handles_labels()
    named = dict(zip(reversed(labels), reversed(handles), strict=True))
    named = {label: named[label] for label in dict.fromkeys(labels)}
    short = [label for label in named if len(label) <= _SHORT]
    letters = int((width - _HANDLE) / (_LETTER * _SIZE))
    columns = max(1, int(width // (_LETTER * _SIZE * max(map(len, short), default=1) + _HANDLE)))
    long = [label for label in named if label not in short]
    depth = _BELOW
    for names, texts, count in ((short, short, columns), (long, [textwrap.fill(name, letters) for name in long], 1)):
        if not names:
            continue
        legend = Legend(
            axes,
            [named[name] for name in names],
            texts,
            loc="upper left",
            bbox_to_anchor=(0.0, 0.0),
            bbox_transform=axes.transAxes + _moved(axes, -left, -depth),
            ncols=count,
            fontsize=_SIZE,
            borderpad=0.0,
            borderaxespad=0.0,
            columnspacing=1.2,
            handlelength=1.8,
        )
        axes.add_artist(legend)
        legend.set_clip_path(None)
        legend.set_clip_on(False)
        lines = -(-len(names) // count) if count > 1 else sum(text.count("\n") + 1 for text in texts)
        depth += _LEGEND_ROW * _SIZE * lines


def _moved(axes: Axes, right: float, up: float) -> ScaledTranslation:
    """Transform that moves by lengths on paper."""
    return ScaledTranslation(right / 72.0, up / 72.0, axes.figure.dpi_scale_trans)


def _points(axes: Axes) -> float:
    """Width that the axes will have, near enough to break lines by."""
    return 72.0 * max(float(axes.figure.get_size_inches()[0]) - _SIDES_INCHES, 1.0)  # type: ignore[union-attr]
