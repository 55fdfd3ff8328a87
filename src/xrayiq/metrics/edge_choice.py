"""Which edge of an image is measured: the ROI's, or the best of the whole image."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics.edge_constancy import CONSTANCY_HALF_WIDTH_MM
from xrayiq.metrics.edge_examination import LEAST_LINES, examine_edge
from xrayiq.metrics.edge_finding import Across, EdgeCandidate, edge_candidates
from xrayiq.metrics.edge_refusals import no_edge
from xrayiq.metrics.slanted_edge import SlantedEdge

Roi = tuple[int, int, int, int]

#: among the edges of an image, those within this factor of the sharpest compete by length and step
_AS_SHARP: Final = 1.3
#: other lines count from this part of the strength of the strongest; the traces of corners reach 0.15
_COMPARABLE: Final = 0.25
#: edges nearer together than this are parts of one
_ONE_LINE_MM: Final = 2.0
#: an edge device has four sides
MOST_EDGES: Final = 4


def choose_edge(signal: SignalImage, *, roi: Roi | None, across: Across | None) -> SlantedEdge:
    """The edge of an image that is measured.

    Parameters
    ----------
    signal : SignalImage
        The image.
    roi : tuple of int or None
        The part that holds one edge; the whole image if None.
    across : {"columns", "rows"} or None
        Axis that the profile runs along; either if None.

    Returns
    -------
    SlantedEdge
        Among the sharpest the strongest.

    Raises
    ------
    NotMeasurableError
        There is none, with the reason of the strongest, or ``several_edges`` in the ROI.
    """
    edges, refused = _examined(signal, roi, across)
    if not edges:
        raise refused[0]
    return _sharp(edges)[0]


def device_edges(signal: SignalImage) -> tuple[list[SlantedEdge], list[NotMeasurableError]]:
    """The edges of an image that belong to its edge device, and why others cannot be measured.

    Parameters
    ----------
    signal : SignalImage
        The image.

    Returns
    -------
    edges : list of SlantedEdge
        At most four, the strongest of the sharpest; across columns from left to right, then across rows from top to
        bottom.
    refused : list of NotMeasurableError
        Of lines at least a quarter as strong as the strongest.

    Raises
    ------
    NotMeasurableError
        There is no edge that can be measured, with the reason of the strongest.
    """
    edges, refused = _examined(signal, None, None)
    if not edges:
        raise refused[0]
    chosen: list[SlantedEdge] = []
    for edge in _sharp(edges):
        if not any(_one_line(edge, other) for other in chosen):
            chosen.append(edge)
    return sorted(chosen[:MOST_EDGES], key=_reading_order), refused


def _examined(
    signal: SignalImage, roi: Roi | None, across: Across | None
) -> tuple[list[SlantedEdge], list[NotMeasurableError]]:
    """Edges that can be measured, the strongest first, and the reasons of those that cannot and are no mere trace."""
    values = finite_values(signal)
    candidates = _candidates(signal, values, roi, across)
    if not candidates:
        raise no_edge(signal)
    least = _COMPARABLE * candidates[0].strength
    edges, refused = [], []
    for candidate in candidates:
        edge = examine_edge(signal, values, candidate)
        if isinstance(edge, SlantedEdge):
            edges.append(edge)
        elif candidate.strength >= least:
            refused.append(edge)
    return edges, refused


def _sharp(edges: list[SlantedEdge]) -> list[SlantedEdge]:
    """Edges of the device rather than a border of the field that happens to be measurable."""
    edges = [edge for edge in edges if edge.well_tilted] or edges
    sharpest = min(edge.rise_mm for edge in edges)
    return [edge for edge in edges if edge.rise_mm <= _AS_SHARP * sharpest]


def _one_line(edge: SlantedEdge, other: SlantedEdge) -> bool:
    """Whether two edges lie on one line and run the same way."""
    if edge.across != other.across or edge.sides.sign != other.sides.sign:
        return False
    axis = 1 if edge.across == "columns" else 0
    apart_px = edge.ends_px()[:, axis].mean() - other.ends_px()[:, axis].mean()
    return bool(abs(apart_px) * edge.pitch_mm[1] < _ONE_LINE_MM)


def _reading_order(edge: SlantedEdge) -> tuple[bool, float]:
    upright = edge.across == "columns"
    return not upright, float(edge.ends_px()[:, 1 if upright else 0].mean())


def finite_values(signal: SignalImage) -> NDArray[np.float64]:
    """Signal with its median in place of what is padding or not finite."""
    if signal.padding is None:
        return signal.values
    return np.where(signal.padding, np.median(signal.values[~signal.padding]), signal.values)


def checked_roi(roi: Roi | Sequence[int] | NDArray[np.integer], shape: tuple[int, ...]) -> Roi:
    """The ROI as four whole numbers inside the image.

    Raises
    ------
    InputError
        It is not that.
    """
    needed = "four whole numbers (row_start, row_stop, column_start, column_stop) inside the image, stops exclusive"
    try:
        row_start, row_stop, column_start, column_stop = (operator.index(number) for number in roi)
    except (TypeError, ValueError) as error:
        raise InputError(f"roi {roi!r}", needed=needed) from error
    if not (0 <= row_start < row_stop <= shape[0] and 0 <= column_start < column_stop <= shape[1]):
        found = (row_start, row_stop, column_start, column_stop)
        raise InputError(f"roi {found} on an image of {shape[0]} × {shape[1]} pixels", needed=needed)
    return row_start, row_stop, column_start, column_stop


def _candidates(
    signal: SignalImage, values: NDArray[np.float64], roi: Roi | None, across: Across | None
) -> list[EdgeCandidate]:
    """Edges of the image, or the strongest of the ROI with all of the ROI around it."""
    row_start, row_stop, column_start, column_stop = roi or (0, values.shape[0], 0, values.shape[1])
    if min(row_stop - row_start, column_stop - column_start) < LEAST_LINES:
        raise NotMeasurableError(
            "smaller_than_roi",
            f"{row_stop - row_start} × {column_stop - column_start} pixels",
            needed=f"at least {LEAST_LINES} × {LEAST_LINES}",
            remedy="use a larger image or roi",
            source=signal.source,
        )
    part = values[row_start:row_stop, column_start:column_stop]
    if roi is None:
        return edge_candidates(part, pitch_mm=signal.pitch, half_width_mm=CONSTANCY_HALF_WIDTH_MM, across=across)
    found = edge_candidates(part, pitch_mm=signal.pitch, half_width_mm=CONSTANCY_HALF_WIDTH_MM)
    several = [candidate for candidate in found if candidate.strength >= _COMPARABLE * found[0].strength]
    if len(several) > 1:
        raise _several_edges(signal, several, roi)
    found = [candidate for candidate in found if across in (None, candidate.across)]
    return [_within_roi(candidate, roi) for candidate in found[:1]]


def _within_roi(candidate: EdgeCandidate, roi: Roi) -> EdgeCandidate:
    """Candidate found in a ROI, in pixels of the image, with the whole length of the ROI."""
    first, last, column = roi[:3] if candidate.across == "columns" else (roi[2], roi[3], roi[0])
    return dataclasses.replace(
        candidate,
        intercept_px=candidate.intercept_px + column - candidate.slope * first,
        first_line=first,
        last_line=last,
    )


def _several_edges(signal: SignalImage, several: list[EdgeCandidate], roi: Roi) -> NotMeasurableError:
    """The refusal of a ROI that holds more than one edge."""
    part = several[1].strength / several[0].strength
    places = []
    for candidate in several:
        middle = (candidate.first_line + candidate.last_line) / 2.0
        start, name = (roi[2], "column") if candidate.across == "columns" else (roi[0], "row")
        places.append(f"{name} {start + candidate.intercept_px + candidate.slope * middle:.0f}")
    return NotMeasurableError(
        "several_edges",
        f"{len(several)} edges in the roi, at {', '.join(places)}, the second {part:.2f} times as strong as the first",
        needed=f"one edge, all else below {_COMPARABLE:g} times its strength",
        remedy="give a roi with one edge, or none to have edges found (measure_mtfs measures up to four)",
        source=signal.source,
    )
