"""Figures as text or bytes for a page: no window, no pyplot, no reference to anything outside the figure."""

from __future__ import annotations

import hashlib
import html
import io
import re
from collections.abc import Callable
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from xrayiq.plots.style import CURVE, STYLE

#: what matplotlib writes for a file of its own and a page must not repeat, in the order of removal
_NOT_FOR_A_PAGE: Final = (
    re.compile(r"^.*?(?=<svg)", re.DOTALL),  # XML declaration and document type
    re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL),
    re.compile(r'<style type="text/css">.*?</style>\s*', re.DOTALL),  # would apply to the whole page
    re.compile(r'\sxmlns(?::\w+)?="[^"]*"'),  # HTML knows SVG's namespaces
    re.compile(r'(?<=<g) id="[^"]*"'),  # counted names, equal in every figure
    re.compile(r" font-family: [^;\"]*;"),  # the page's font is inherited
)
_FIXED_SIZE: Final = re.compile(r'\s(?:width|height)="[^"]*"')


def to_svg(draw: Callable[[Axes], object], *, name: str, title: str, size: tuple[float, float] = CURVE) -> str:
    """SVG element of a figure, to stand inside an HTML page.

    Parameters
    ----------
    draw : callable
        Draws on the axes it is given.
    name : str
        Enters the identifiers inside the element; figures of one page need different names.
    title : str
        What the figure shows, for readers who cannot see it.
    size : tuple of float
        Width and height in inches; the element scales with its container.

    Returns
    -------
    str
        ``<svg …>…</svg>`` with text as text, without namespaces and metadata. Equal input gives equal text.
    """
    text = io.StringIO()
    salt = hashlib.sha256(name.encode()).hexdigest()[:8]
    with mpl.rc_context({**STYLE, "svg.hashsalt": salt}):
        _figure(draw, size, 200.0, FigureCanvasSVG).savefig(text, format="svg", dpi="figure", metadata={"Date": None})
    element = text.getvalue()
    for pattern in _NOT_FOR_A_PAGE:
        element = pattern.sub("", element)
    head, body = element.split(">", 1)
    head = _FIXED_SIZE.sub("", head)
    return f'{head} role="img" stroke-linejoin="round"><title>{html.escape(title)}</title>{body.strip()}'


def to_png(draw: Callable[[Axes], object], *, size: tuple[float, float] = CURVE, dpi: float = 150.0) -> bytes:
    """PNG file of a figure.

    Parameters
    ----------
    draw : callable
        Draws on the axes it is given.
    size : tuple of float
        Width and height in inches.
    dpi : float
        Pixels per inch.

    Returns
    -------
    bytes
        The file's content.
    """
    content = io.BytesIO()
    with mpl.rc_context(dict(STYLE)):
        figure = _figure(draw, size, dpi, FigureCanvasAgg)
        figure.savefig(content, format="png", dpi="figure", metadata={"Software": None})
    return content.getvalue()


def _figure(
    draw: Callable[[Axes], object], size: tuple[float, float], dpi: float, canvas: type[FigureCanvasBase]
) -> Figure:
    """Figure whose parts have their places: a figure that is saved with a layout to do is drawn twice."""
    figure = Figure(figsize=size, dpi=dpi, layout="compressed")
    canvas(figure)
    draw(figure.add_subplot())
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine(None)
        figure.dpi = dpi
    return figure
