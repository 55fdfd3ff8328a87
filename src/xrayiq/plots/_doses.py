"""What the figures of a dose audit share: its quantities, names of rooms and examinations, axes of doses."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose import QUANTITIES
from xrayiq.errors import InputError
from xrayiq.model import Quantity, quantity
from xrayiq.plots.style import MUTED, plain_log

#: body part, view and size band
Examination = tuple[str, str, str]
EXAMINATION: Final = ["body_part", "view", "band"]
#: mean width of a letter in heights, and height of the names of rows in points
LETTER: Final = 0.52
NAME_SIZE: Final = 8.5
#: greatest over least value from which an axis is logarithmic
_SPREAD: Final = 8.0
#: share of a figure's width that names of rooms may take
_NAMES_SHARE: Final = 0.36


def audited_quantity(result: DoseAudit, name: str | None) -> Quantity:
    """Quantity of that name; without a name, the first of the audit that has typical values."""
    if name is None:
        stated = set(result.typical["quantity"])
        name = next((known for known in QUANTITIES if known in stated), QUANTITIES[0])
    if name not in QUANTITIES:
        raise InputError(f"dose quantity {name!r}", needed="one of " + ", ".join(QUANTITIES))
    return quantity(name)


def chosen_examination(frame: pd.DataFrame, wanted: Examination | None) -> pd.DataFrame:
    """Rows of an examination; without one, of that with the most rows, and of these the one with most exposures."""
    told = frame.groupby(EXAMINATION, observed=True, sort=True)["exposures"].agg(["size", "sum"])
    if wanted is None:
        if told.empty:
            return frame
        wanted = told.sort_values(["size", "sum"], ascending=False, kind="stable").index[0]
    elif tuple(wanted) not in told.index:
        raise InputError(
            f"examination {wanted!r}",
            needed="body part, view and size band, one of " + (", ".join(map(str, told.index)) or "none with doses"),
        )
    return pd.DataFrame(frame[(frame[EXAMINATION] == list(wanted)).all(axis="columns")])


def examination_name(row: Any) -> str:
    """Body part, view and size band as words."""
    return f"{row['body_part']} {row['view']}, {row['band']}"


def place_names(frame: pd.DataFrame, *, several_sites: bool, place: str = "room") -> list[str]:
    """Name of each row's room (or unit), after its site where there are several."""
    names = frame[place].where(frame[place] != "", f"{place} not told")
    return [
        f"{site} · {name}" if several_sites and site else str(name)
        for site, name in zip(frame["site"], names, strict=True)
    ]


def has_several_sites(result: DoseAudit) -> bool:
    """Whether rooms need their site's name."""
    return int(result.exposures["site"].nunique()) > 1


def shortened(names: Iterable[str], letters: int) -> list[str]:
    """Names without their middle where they are longer; without their ends where only the middle tells them apart."""
    whole = list(names)
    cut = {name: _outer(name, letters) for name in whole}
    for short in {short for short in cut.values() if list(cut.values()).count(short) > 1}:
        alike = [name for name in cut if cut[name] == short]
        # the first letter that differs is that of the first and last in order
        shared = next(n for n, (one, other) in enumerate(zip_longest(min(alike), max(alike))) if one != other)
        start = max(shared - letters // 2, 0)
        start = start and (alike[0].find(" ", start, shared) + 1 or start)
        for name in alike:
            cut[name] = "…" + _head(name[start:], letters - 1) if start else _head(name, letters)
    return [cut[name] for name in whole]


def _outer(text: str, letters: int) -> str:
    if len(text) <= letters:
        return text
    end = (letters - 1) // 2
    return f"{text[: letters - 1 - end].rstrip()}…{text[len(text) - end :].lstrip()}"


def _head(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def names_of_rows(axes: Axes, names: Iterable[str]) -> tuple[list[str], float]:
    """Names cut to the share of the figure's width that they may take, and the width in inches of the longest."""
    width = float(axes.figure.get_size_inches()[0])  # type: ignore[union-attr]
    inches = LETTER * NAME_SIZE / 72.0
    cut = shortened(names, int(_NAMES_SHARE * width / inches))
    return cut, inches * max((len(name) for name in cut), default=0)


def dose_axis(axis: Axis, values: NDArray[np.float64], known: Quantity, *, logarithmic: bool | None = None) -> None:
    """Label with unit, and a range that holds the values in the unit on paper: logarithmic where they spread far."""
    positive = values[np.isfinite(values) & (values > 0.0)]
    if logarithmic is None:
        logarithmic = positive.size > 0 and positive.max() > _SPREAD * positive.min()
    axes: Any = axis.axes
    set_scale, set_limits = (axes.set_xscale, axes.set_xlim) if axis is axes.xaxis else (axes.set_yscale, axes.set_ylim)
    axis.set_label_text(f"{known.label} / {known.display_unit}")
    low, high = (float(positive.min()), float(positive.max())) if positive.size else (0.1, 1.0)
    if not logarithmic:
        set_limits(0.0, 1.08 * high)
        return
    set_scale("log")
    room = max((high / low) ** 0.06, 1.1)
    set_limits(low / room, high * room)
    log_ticks(axis, high / low)


def log_ticks(axis: Axis, spread: float) -> None:
    """Ticks in plain digits: 1, 2, 5 over few decades, 1 over many."""
    axis.set_major_locator(
        LogLocator(subs=(1.0, 2.0, 5.0) if spread < 60.0 else (1.0, 3.0) if spread < 1e3 else (1.0,))
    )
    axis.set_major_formatter(FuncFormatter(plain_log))
    axis.set_minor_locator(NullLocator())


def nothing_to_draw(axes: Axes, text: str) -> None:
    """Words in place of a figure of nothing."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=MUTED, wrap=True)
    axes.set_xticks([])
    axes.set_yticks([])
