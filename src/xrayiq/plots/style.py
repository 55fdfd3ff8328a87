"""One look for every figure: colours, sizes, fonts and the canvas they are drawn on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes

#: Okabe and Ito's palette, told apart with every common colour vision
BLUE: Final = "#0072B2"
ORANGE: Final = "#D55E00"
GREEN: Final = "#009E73"
PURPLE: Final = "#8E4A83"
SKY: Final = "#56B4E9"
SAND: Final = "#B8860B"
INK: Final = "#1F2933"
MUTED: Final = "#6B7780"
PALE: Final = "#D9DEE3"
CYCLE: Final = (BLUE, ORANGE, GREEN, PURPLE, SKY, SAND, INK)

#: bands of a judged quantity: within, warning, out of limits
WITHIN: Final = "#DCEFE6"
WARNING: Final = "#FBEBC8"
OUTSIDE: Final = "#F6D5CC"

#: matplotlib settings of all figures; text is never read as mathematics, so a name from a header cannot break a figure
STYLE: Final[Mapping[Any, Any]] = MappingProxyType(
    {
        "figure.facecolor": "white",
        "figure.dpi": 110,
        "savefig.facecolor": "white",
        "font.family": "sans-serif",
        "font.size": 9.0,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 9.0,
        "axes.labelcolor": INK,
        "axes.edgecolor": MUTED,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=list(CYCLE)),
        "grid.color": PALE,
        "grid.linewidth": 0.6,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "text.color": INK,
        "text.parse_math": False,
        "legend.fontsize": 8.5,
        "legend.frameon": False,
        "lines.linewidth": 1.6,
        "svg.fonttype": "none",
    }
)

#: width and height in inches: a curve, a picture with its scale, a flat band, a small picture
CURVE: Final = (3.9, 2.9)
PICTURE: Final = (3.9, 3.3)
BAND: Final = (3.9, 1.6)
OVERLAY: Final = (3.1, 3.4)


@contextmanager
def canvas(ax: Axes | None, size: tuple[float, float] = CURVE) -> Iterator[Axes]:
    """Axes to draw on, under xrayiq's style.

    Parameters
    ----------
    ax : Axes or None
        Given axes are used as they are. None makes a new pyplot figure, which a notebook shows.
    size : tuple of float
        Width and height of a new figure in inches.

    Yields
    ------
    Axes
        Where to draw.
    """
    with mpl.rc_context(dict(STYLE)):
        if ax is None:
            from matplotlib import pyplot as plt

            _, ax = plt.subplots(figsize=size, layout="compressed")
        yield ax
        interactive = mpl.is_interactive()
    # a notebook's backend turns it on with the first figure; undone, no later figure would be shown
    mpl.interactive(interactive)


def soft_grid(ax: Axes, axis: str = "both") -> None:
    """Pale grid lines under the data."""
    ax.grid(visible=True, axis=axis, color=PALE, linewidth=0.6)  # type: ignore[arg-type]  # a literal in the stubs
    ax.set_axisbelow(True)


def signed(value: float, decimals: int) -> str:
    """Number with its sign and a real minus."""
    return f"{value:+.{decimals}f}".replace("-", "−")


def plain_log(value: float, _position: int | None = None) -> str:
    """Tick text of a logarithmic axis in plain digits."""
    return f"{value:g}"


def vertical_mark(ax: Axes, x: float, text: str) -> None:
    """Thin vertical line with a word at its upper end."""
    ax.axvline(x, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    ax.annotate(
        text,
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        va="top",
        fontsize=8,
        color=MUTED,
    )
