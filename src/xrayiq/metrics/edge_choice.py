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
from xrayiq.metrics.edge_finding import Across, EdgeCandidate, find_edges
from xrayiq.metrics.edge_refusals import no_edge
from xrayiq.metrics.slanted_edge import SlantedEdge

Roi = tuple[int, int, int, int]

#: among the edges of an image, those within this factor of the sharpest compete by length and step
_AS_SHARP: Final = 1.3


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
        There is none, with the reason of the strongest.
    """
    values = finite_values(signal)
    candidates = _candidates(signal, values, roi, across)
    if not candidates:
        raise no_edge(signal)
    examined = [examine_edge(signal, values, candidate) for candidate in candidates]
    edges = [edge for edge in examined if isinstance(edge, SlantedEdge)]
    if not edges:
        raise next(edge for edge in examined if isinstance(edge, NotMeasurableError))
    # an edge of the device goes before a border of the field that happens to be measurable
    edges = [edge for edge in edges if edge.well_tilted] or edges
    sharpest = min(edge.rise_mm for edge in edges)
    return next(edge for edge in edges if edge.rise_mm <= _AS_SHARP * sharpest)


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
    found = find_edges(part, pitch_mm=signal.pitch, half_width_mm=CONSTANCY_HALF_WIDTH_MM, across=across)
    if roi is None:
        return found
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
