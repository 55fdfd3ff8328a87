"""One edge imaged several times: its edge spread functions, each about its own place, averaged."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics.edge_choice import Roi, checked_roi, choose_edge, device_edges, finite_values
from xrayiq.metrics.edge_examination import examine_edge
from xrayiq.metrics.edge_finding import Across
from xrayiq.metrics.edge_line import EdgeLine, edge_sides
from xrayiq.metrics.edge_refusals import too_small
from xrayiq.metrics.edge_spread import EdgeSpread
from xrayiq.metrics.slanted_edge import SlantedEdge

Floats = NDArray[np.float64]

#: an edge that has moved or turned by more than this is not the same; a turn may also be noise of short edges
GREATEST_DRIFT_MM: Final = 1.0
GREATEST_TURN_DEG: Final = 0.1
_TURN_ERRORS: Final = 5.0
_LINE: Final = dataclasses.fields(EdgeLine)


def edge_of_repeats(
    signals: Iterator[SignalImage], *, roi: Roi | Sequence[int] | NDArray[np.integer] | None, across: Across | None
) -> tuple[SignalImage, SlantedEdge]:
    """The edge of one image, or the mean over repeats of it.

    Parameters
    ----------
    signals : iterator of SignalImage
        One image or several of one size, pitch and response.
    roi : four int or None
        The part that holds one edge.
    across : {"columns", "rows"} or None
        Axis that the profile runs along; either if None.

    Returns
    -------
    first : SignalImage
        The first image, in which the edge was chosen.
    edge : SlantedEdge
        Of repeats: line and angle are means, the spread function is the mean over the range that all of them cover,
        the sides' noise is that of the mean of the images, outlying pixels add up.

    Raises
    ------
    InputError
        The ROI is none.
    NotMeasurableError
        As `choose_edge`, or ``different_edges``.
    """
    first = next(signals)
    box = None if roi is None else checked_roi(roi, first.values.shape)
    edge = choose_edge(first, roi=box, across=across)
    return first, _over_repeats(first, [edge], signals, box, across)[0]


def edges_of_repeats(signals: Iterator[SignalImage]) -> tuple[SignalImage, list[SlantedEdge]]:
    """All edges of the device of one image, or the means over repeats of it.

    Parameters
    ----------
    signals : iterator of SignalImage
        One image or several of one size, pitch and response.

    Returns
    -------
    first : SignalImage
        The first image, in which the edges were found.
    edges : list of SlantedEdge
        As `device_edges` gives them.

    Raises
    ------
    NotMeasurableError
        As `device_edges`, or ``different_edges``.
    """
    first = next(signals)
    return first, _over_repeats(first, device_edges(first)[0], signals, None, None)


def _over_repeats(
    first: SignalImage,
    edges: list[SlantedEdge],
    others: Iterator[SignalImage],
    roi: Roi | None,
    across: Across | None,
) -> list[SlantedEdge]:
    """Edges of the first image as they are, or their means over it and the other images."""
    repeats = [[edge] for edge in edges]
    totals = [_inside(first, edge) for edge in edges]
    for signal in others:
        values = finite_values(signal)
        for found, total in zip(repeats, totals, strict=True):
            edge = examine_edge(signal, values, found[0].candidate)
            if isinstance(edge, NotMeasurableError):
                # its own reason, if it has no edge at all; otherwise it has another
                edge = choose_edge(signal, roi=roi, across=across)
                raise _different(signal, edge, found)
            if not _same(edge, found[0]):
                raise _different(signal, edge, found)
            total += _inside(signal, edge)
            found.append(edge)
    return [
        found[0] if len(found) == 1 else _mean_edge(first, found, total / len(found))
        for found, total in zip(repeats, totals, strict=True)
    ]


def _inside(signal: SignalImage, edge: SlantedEdge) -> Floats:
    """Pixels of the edge's ROI, NaN where masked, transposed for an edge across the rows."""
    row_start, row_stop, column_start, column_stop = edge.roi_px
    part = (slice(row_start, row_stop), slice(column_start, column_stop))
    inside = signal.values[part]
    if signal.padding is not None:
        inside = np.where(signal.padding[part], np.nan, inside)
    return np.array(inside if edge.across == "columns" else inside.T, dtype=np.float64)


def _same(edge: SlantedEdge, first: SlantedEdge) -> bool:
    """Whether two images show one edge, with the dark side on the same side."""
    turn_deg = max(GREATEST_TURN_DEG, _TURN_ERRORS * np.hypot(_angle_error_deg(edge), _angle_error_deg(first)))
    return (
        edge.sides.sign == first.sides.sign
        and abs(edge.angle_deg - first.angle_deg) <= turn_deg
        and edge.line.slope * first.line.slope > 0.0
        and abs(_drift_mm(edge, first)) <= GREATEST_DRIFT_MM
    )


def _angle_error_deg(edge: SlantedEdge) -> float:
    """Standard error of the angle of a line through places of equal scatter."""
    lines = edge.candidate.last_line - edge.candidate.first_line
    slope_error = edge.line.residual_px * np.sqrt(12.0 / (edge.line.used_fraction * lines)) / lines
    return float(np.degrees(slope_error * edge.pitch_mm[1] / edge.pitch_mm[0]))


def _drift_mm(edge: SlantedEdge, first: SlantedEdge) -> float:
    """Distance along the lines between the middles of two edges of one ROI."""
    middle = (first.candidate.last_line - first.candidate.first_line - 1) / 2.0
    moved_px = edge.line.intercept_px - first.line.intercept_px + (edge.line.slope - first.line.slope) * middle
    return float(moved_px * first.pitch_mm[1])


def _different(signal: SignalImage, edge: SlantedEdge, edges: list[SlantedEdge]) -> NotMeasurableError:
    """The refusal of an image that shows another edge than those before it."""
    return NotMeasurableError(
        "different_edges",
        f"image {len(edges) + 1} with {_described(edge)}, image 1 with {_described(edges[0])}",
        needed=f"repeats of one edge, moved by at most {GREATEST_DRIFT_MM:g} mm and turned by at most "
        f"{GREATEST_TURN_DEG:g} deg",
        remedy="measure different edges one by one",
        source=signal.source,
    )


def _described(edge: SlantedEdge) -> str:
    """Where an edge stands, for a message."""
    (row, column), (last_row, last_column) = edge.ends_px()
    turn = "rising" if edge.sides.sign > 0 else "falling"
    place = f"row {(row + last_row) / 2:.1f}, column {(column + last_column) / 2:.1f}"
    return f"an edge {turn} across the {edge.across} at {edge.angle_deg:.2f} deg around {place}"


def _mean_edge(signal: SignalImage, edges: list[SlantedEdge], mean_image: Floats) -> SlantedEdge:
    """Mean of repeats; the noise of a pixel is that of the mean image, whatever part of it repeats."""
    first = edges[0]
    line = _mean_line([edge.line for edge in edges])
    reach = min(edge.reach_mm[0] for edge in edges), min(edge.reach_mm[1] for edge in edges)
    sides = edge_sides(
        mean_image, intercept_px=line.intercept_px, slope=line.slope, pitch_mm=first.pitch_mm, reach_mm=reach
    )
    if sides is None:
        raise too_small(signal, "fewer than 100 pixels beside the edge that no image masks", "more of them")
    return dataclasses.replace(
        first,
        line=line,
        sides=sides,
        spread=_mean_spread([edge.spread for edge in edges]),
        quarter_spread=_mean_spread([edge.quarter_spread for edge in edges]),
        reach_mm=reach,
        angle_deg=float(np.mean([edge.angle_deg for edge in edges])),
        outlying_px=sum(edge.outlying_px for edge in edges),
        image_count=len(edges),
    )


def _mean_line(lines: list[EdgeLine]) -> EdgeLine:
    return EdgeLine(**{field.name: float(np.mean([getattr(line, field.name) for line in lines])) for field in _LINE})


def _mean_spread(spreads: list[EdgeSpread]) -> EdgeSpread:
    """Mean over the positions that all spread functions have; each has its own edge at 0."""
    # positions are whole multiples of one spacing, or half way between them
    starts = [int(np.floor(spread.positions_mm[0] / spread.spacing_mm + 0.25)) for spread in spreads]
    first = max(starts)
    stop = min(start + spread.values.size for start, spread in zip(starts, spreads, strict=True))
    parts = [spread.values[first - start : stop - start] for start, spread in zip(starts, spreads, strict=True)]
    return EdgeSpread(
        positions_mm=spreads[0].positions_mm[first - starts[0] : stop - starts[0]],
        values=np.asarray(np.mean(parts, axis=0), dtype=np.float64),
        spacing_mm=spreads[0].spacing_mm,
        bin_variance_mm2=float(np.mean([spread.bin_variance_mm2 for spread in spreads])),
    )
