"""Candidates for artefacts of many images in tables of the places of one detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._detector_frame import DetectorFrame
from xrayiq.metrics._field_cells import PART_CELLS
from xrayiq.metrics.anatomy import FIELD_MARGIN_MM
from xrayiq.metrics.artefact_candidates import RING_CELLS, ArtefactCandidates, differences_of, places_of

Kind = Literal["spot", "column", "row"]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hits:
    """Flat indices in a table of a detector, and differences, of the candidates of one image."""

    indices: Counts
    differences: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaceTable:
    """Cells, or lines by their pieces, of a detector: images that cover each, and what the images have there."""

    kind: Kind
    covered: Counts
    indices: Counts
    differences: Floats


def _frame(image: ArtefactCandidates) -> DetectorFrame:
    return DetectorFrame(
        size_mm=image.size_mm,
        origin_mm=image.origin_mm,
        rotation_deg=image.rotation_deg,
        flipped=image.flipped,
        is_known=image.frame_is_known,
    )


def detector_cells(images: tuple[ArtefactCandidates, ...], cell_mm: float) -> tuple[int, int]:
    """Rows and columns of cells that hold all images, whole pieces of lines."""
    ends = [_frame(image).on_detector(np.array([(0.0, 0.0), image.size_mm])).max(axis=0) for image in images]
    rows, columns = (int(np.ceil(end / cell_mm / PART_CELLS)) * PART_CELLS for end in np.max(ends, axis=0))
    return max(rows, PART_CELLS), max(columns, PART_CELLS)


def covered_cells(image: ArtefactCandidates, shape: tuple[int, int], cell_mm: float) -> NDArray[np.bool_]:
    """Cells of the detector whose ring lies in the field of an image by its margin."""
    corners = np.asarray(image.field_mm)
    rows, columns = ((np.arange(count) + 0.5) * cell_mm for count in shape)
    first, last = np.full(shape[0], -np.inf), np.full(shape[0], np.inf)  # of each row, the columns between
    middle = corners.mean(axis=0)
    for start, stop in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        normal = np.array([stop[1] - start[1], start[0] - stop[0]]) / max(np.hypot(*(stop - start)), 1e-9)
        normal *= np.sign((middle - start) @ normal) or 1.0
        left = FIELD_MARGIN_MM + RING_CELLS * cell_mm - (rows - start[0]) * normal[0]
        if abs(normal[1]) < 1e-9:
            last[left >= 0.0] = -np.inf
        elif normal[1] > 0.0:
            first = np.maximum(first, start[1] + left / normal[1])
        else:
            last = np.minimum(last, start[1] + left / normal[1])
    inside: NDArray[np.bool_] = (columns > first[:, None]) & (columns < last[:, None])
    return inside


def hits_of(image: ArtefactCandidates, covered: NDArray[np.bool_], cell_mm: float) -> dict[str, Hits]:
    """Candidates of an image in the tables of the detector, spots only where it covers them."""
    shape = (covered.shape[0], covered.shape[1])
    frame = _frame(image)
    turned = image.rotation_deg in (90, 270)
    rows, columns = image.shape_cells
    spots = _on_table(places_of(image.spot_gaps, columns), image, frame, "spot", shape, cell_mm)
    inside = covered.ravel()[spots]
    found = {"spot": Hits(indices=spots[inside], differences=differences_of(image.spot_codes)[inside])}
    for kind, gaps, codes, parts in (
        ("column", image.column_gaps, image.column_codes, rows // PART_CELLS),
        ("row", image.row_gaps, image.row_codes, columns // PART_CELLS),
    ):
        lines = places_of(gaps, parts)
        middle = (lines[:, 1] + 0.5) * PART_CELLS - 0.5
        cells = np.stack([middle, lines[:, 0]] if kind == "column" else [lines[:, 0], middle], axis=1)
        own = ("row" if kind == "column" else "column") if turned else kind
        indices = _on_table(cells, image, frame, "row" if own == "row" else "column", shape, cell_mm)
        found[own] = Hits(indices=indices, differences=differences_of(codes))
    return found


def _on_table(
    cells: NDArray[Any],
    image: ArtefactCandidates,
    frame: DetectorFrame,
    kind: Kind,
    shape: tuple[int, int],
    cell_mm: float,
) -> Counts:
    """Flat indices in a table of the detector of cells of an image."""
    places = np.floor(frame.on_detector((cells + 0.5) * np.array(image.cell_mm)) / cell_mm).astype(np.int64)
    row, column = np.clip(places, 0, np.array(shape) - 1).T
    if kind == "spot":
        indices = row * shape[1] + column
    elif kind == "column":
        indices = column * (shape[0] // PART_CELLS) + row // PART_CELLS
    else:
        indices = row * (shape[1] // PART_CELLS) + column // PART_CELLS
    found: Counts = indices
    return found


def place_table(kind: str, covered: Counts, hits: list[Hits], shape: tuple[int, int]) -> PlaceTable:
    """Table of a detector with the candidates of all images, one of a sign per place and image."""
    own: Kind = "spot"
    if kind == "column":
        own, covered = "column", covered.reshape(shape[0] // PART_CELLS, PART_CELLS, shape[1]).min(axis=1).T
    elif kind == "row":
        own, covered = "row", covered.reshape(shape[0], shape[1] // PART_CELLS, PART_CELLS).min(axis=2)
    indices, differences = [], []
    for each in hits:
        keys = 2 * each.indices + (each.differences > 0)
        _, first = np.unique(keys, return_index=True)
        indices.append(each.indices[first])
        differences.append(each.differences[first])
    return PlaceTable(
        kind=own,
        covered=np.ascontiguousarray(covered),
        indices=np.concatenate(indices),
        differences=np.concatenate(differences),
    )
