"""Tables and figures as the templates take them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from matplotlib.axes import Axes

from xrayiq import plots

#: characters of a long identifier that a caption shows
UID_END: Final = 12
#: width of a figure for a phone
NARROW_INCHES: Final = 3.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Cell that calls for attention.

    Parameters
    ----------
    text : str
        The cell.
    status : {"fail", "warning"}
        Why.
    why : str
        The same in words.
    """

    text: str
    status: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Table of plain text; the template escapes every cell.

    Parameters
    ----------
    columns : tuple of str
        Headings. One that starts with ``#`` stands over numbers, one that starts with ``!`` over names of a status,
        one that starts with ``=`` over short texts that stay on one line.
    rows : tuple of tuple of str or Marked
        Cells.
    left_out : int
        Rows that the page does not show.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | Marked, ...], ...]
    left_out: int = 0

    @property
    def headings(self) -> tuple[tuple[str, str], ...]:
        """Heading and what stands under it: ``number``, ``status``, ``short`` or ``text``."""
        kinds = {"#": "number", "!": "status", "=": "short"}
        return tuple((name.lstrip("#!="), kinds.get(name[:1], "text")) for name in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Figure with what stands around it.

    Parameters
    ----------
    svg : Markup
        The drawing, made by `xrayiq.plots.to_svg`.
    title, note : str
        Plain text above and below, escaped by the template.
    subject : str
        SOP Instance UID of what is drawn; the page shows its end.
    narrow : Markup or None
        The same for a phone; None where one drawing does for both.
    """

    svg: Markup
    title: str
    note: str = ""
    subject: str = ""
    narrow: Markup | None = None

    @property
    def subject_end(self) -> str:
        """End of the subject, enough to find it by."""
        return self.subject if len(self.subject) <= UID_END else f"…{self.subject[-UID_END:]}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str | Marked]], *, most: int) -> Table:
    """Table cut to a number of rows, which it states."""
    every = [tuple(row) for row in rows]
    return Table(columns=tuple(columns), rows=tuple(every[:most]), left_out=max(0, len(every) - most))


def figure(
    name: str,
    words: str,
    draw: Callable[[Axes], object],
    size: tuple[float, float],
    narrow: tuple[float, float] | None = None,
    *,
    title: str = "",
) -> Picture:
    """Drawings for a page and for a phone; most figures tell their title themselves."""
    slim = narrow or (NARROW_INCHES, size[1] + 0.4)
    svg = picture_svg(draw, name, words, size)
    return Picture(svg=svg, narrow=picture_svg(draw, f"{name} narrow", words, slim), title=title)


def picture_svg(draw: Callable[..., object], name: str, title: str, size: tuple[float, float]) -> Markup:
    """Drawing for a page: `to_svg` has escaped every text in it."""
    return Markup(plots.to_svg(draw, name=name, title=title, size=size))  # noqa: S704 - made by us, text escaped
