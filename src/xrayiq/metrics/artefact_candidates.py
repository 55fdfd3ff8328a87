"""Small spots and pieces of lines in one clinical image that may be artefacts of the detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._detector_frame import detector_frame
from xrayiq.metrics._field_cells import PART_CELLS, check_pixel_size, field_cells, line_averages
from xrayiq.metrics._image import PRESENTATION, Image, Pitch, SignalImage, as_radiograph, as_signal, provenance_of
from xrayiq.metrics._percentiles import percentile
from xrayiq.metrics.collimation import find_collimation
from xrayiq.model import Measurement, Provenance, Result
from xrayiq_kernels.spots import ring_differences, spot_cells, tile_scales

ALGORITHM_VERSION: Final = 1
#: distance of the ring that a cell is compared with
RING_CELLS: Final = 2
#: side of the tiles whose noise counts
TILE_CELLS: Final = 24
#: differences of spots and of lines that are kept, in standard deviations of the noise around
SPOT_LIMIT_SD: Final = 2.5
LINE_LIMIT_SD: Final = 3.0
#: relative noise of cells below which only values were rounded
LEAST_NOISE: Final = 1e-5
#: part of a spot's difference that it has to show in each direction, which an edge does not
DIRECTION_PART: Final = 0.5
#: one spot in so many cells at most
_MOST_PART: Final = 16
#: lines on either side whose mean size is the noise of a piece of line
_LINES_AROUND: Final = 32
#: part of these lines that has to have noise
_LEAST_SHARE: Final = 0.25
_SD_PER_MEAN_SIZE: Final = 1.2533
#: least difference and steps per doubling of a code
_LEAST_CODED: Final = 1e-3
_STEPS: Final = 12.0

Codes = NDArray[np.int8]
Gaps = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ArtefactCandidates(Result):
    """Places of one image that differ from their surroundings, most of them by noise or anatomy.

    What recurs at one place of a detector over many images is an artefact: see `find_recurring_artefacts`.

    Parameters
    ----------
    spot_gaps, column_gaps, row_gaps : 1-D arrays of uint32
        Distances of the indices of the cells that are spots, and of the pieces of columns and of rows: the first from
        0, each other from the one before. An index counts along the rows of a table: that of the cells; for columns and
        rows, that of all lines of cells by their pieces of 16 cells.
    spot_codes, column_codes, row_codes : 1-D arrays of int8
        Their differences: the sign, and 1 + 12 log₂(|difference| / 0.001), rounded, up to 127.
    cell_px, cell_mm : int and tuple of (float, float)
        Side of a cell, in pixels and in mm down and to the right.
    shape_cells : tuple of (int, int)
        Rows and columns of cells.
    field_mm : (4, 2) array of float
        Corners of the field in which places were looked for, on the detector.
    noise : float
        Median standard deviation of the difference of a cell from its ring.
    size_mm, origin_mm : tuple of (float, float)
        Height and width of the image, and its place on the detector.
    rotation_deg, flipped : int and bool
        Of the image against the detector.
    frame_is_known : bool
        Whether the header tells these three; without, the image is taken as the whole detector.
    contrast_is_known : bool
        False without linear signal: differences are then in hundredths of their noise.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    spot_gaps: Gaps
    spot_codes: Codes
    column_gaps: Gaps
    column_codes: Codes
    row_gaps: Gaps
    row_codes: Codes
    cell_px: int
    cell_mm: tuple[float, float]
    shape_cells: tuple[int, int]
    field_mm: NDArray[np.float64]
    noise: float
    size_mm: tuple[float, float]
    origin_mm: tuple[float, float]
    rotation_deg: int
    flipped: bool
    frame_is_known: bool
    contrast_is_known: bool
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """How many there are."""
        count = self.spot_gaps.size + self.column_gaps.size + self.row_gaps.size
        return (Measurement(quantity="artefact_candidates", value=float(count)),)


def find_artefact_candidates(image: Image, *, pixel_pitch_mm: Pitch | None = None) -> ArtefactCandidates:
    """Small spots and pieces of lines of a clinical image, on its detector, to be compared over many images.

    Parameters
    ----------
    image : Radiograph or 2-D array
        One clinical image. Contrasts need linear signal; without, places are found in the stored values.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's.

    Returns
    -------
    ArtefactCandidates
        About 1 in 80 cells of half a millimetre, and one in 400 pieces of 16 cells along columns and rows.

    Raises
    ------
    InputError
        The array is not a non-empty 2-D array of numbers, or the pitch is not positive.
    NotMeasurableError
        ``burnt_in_text`` where the header says that there is text in the pixels; ``no_pixel_spacing``,
        ``only_padding``, ``constant_image``, ``all_saturated``, ``image_too_small``; ``pixels_too_large`` above 0.5 mm;
        ``no_noise`` where no part of the field has any.

    Notes
    -----
    Cells of about half a millimetre inside the collimated field by 3 mm; of the logarithm of the signal. A spot differs
    from the mean of the ring of eight cells at a distance of two by more than 2.5 standard deviations of such
    differences around it (tiles of 24 cells, from the mean size), and by half of that from the mean of each of the four
    pairs of opposite cells: edges and ribs do not, spots up to some 2 mm do. A piece of line is a mean over 16 cells
    along a row or column that differs by more than 3 standard deviations from the mean of those two cells to either
    side.
    """
    radiograph = as_radiograph(image)
    signal = as_signal(
        radiograph, procedure="artefacts of the detector", pixel_pitch_mm=pixel_pitch_mm, needs_signal=False
    )
    _check_text(signal)
    check_pixel_size(signal)
    field = find_collimation(radiograph, pixel_pitch_mm=pixel_pitch_mm)
    cells = field_cells(signal, field)
    linear = signal.unit != "stored"
    differences = ring_differences(cells.levels, RING_CELLS)
    scales, counts = tile_scales(differences, TILE_CELLS)
    enough = counts >= TILE_CELLS**2 // 4
    noise = _SD_PER_MEAN_SIZE * percentile(scales[enough], 50.0)[0] if enough.any() else 0.0
    if noise <= (LEAST_NOISE if linear else 0.0):
        raise NotMeasurableError(
            "no_noise",
            "no part of the field with noise",
            needed=f"{TILE_CELLS * cells.cell_px} pixels of it along rows and columns",
            remedy="use an exposed image that was not smoothed or computed",
            source=signal.source,
        )
    limits = np.where(enough, SPOT_LIMIT_SD * _SD_PER_MEAN_SIZE * scales, np.inf)
    spots = spot_cells(
        cells.levels,
        differences,
        limits,
        TILE_CELLS,
        RING_CELLS,
        DIRECTION_PART,
        cells.levels.size // _MOST_PART,
    )
    unit = 1.0 if linear else 100.0 * noise
    columns, rows = (_pieces(averages) for averages in line_averages(signal, field))
    frame = detector_frame(signal)
    return ArtefactCandidates(
        spot_gaps=_gaps(spots),
        spot_codes=_codes(differences.ravel()[spots] / unit),
        column_gaps=_gaps(columns[0]),
        column_codes=_codes(columns[1] / unit),
        row_gaps=_gaps(rows[0]),
        row_codes=_codes(rows[1] / unit),
        cell_px=cells.cell_px,
        cell_mm=(cells.cell_px * signal.pitch[0], cells.cell_px * signal.pitch[1]),
        shape_cells=(cells.levels.shape[0], cells.levels.shape[1]),
        field_mm=frame.on_detector((np.asarray(field.corners_px) + 0.5) * np.array(signal.pitch)),
        noise=noise / unit,
        size_mm=frame.size_mm,
        origin_mm=frame.origin_mm,
        rotation_deg=frame.rotation_deg,
        flipped=frame.flipped,
        frame_is_known=frame.is_known,
        contrast_is_known=linear,
        provenance=provenance_of(
            signal,
            algorithm="artefact_candidates",
            version=ALGORITHM_VERSION,
            parameters={
                "spot_limit_sd": SPOT_LIMIT_SD,
                "line_limit_sd": LINE_LIMIT_SD,
                "ring_cells": RING_CELLS,
                "part_cells": PART_CELLS,
                "cell_px": cells.cell_px,
            },
            warnings=()
            if frame.is_known
            else ("the header does not tell where on the detector the image lies: it is taken as the whole detector",),
        ),
    )


def places_of(gaps: NDArray[Any], table_columns: int) -> NDArray[np.int64]:
    """Rows and columns (n, 2) in a table of so many columns, from the distances of their indices."""
    indices = np.cumsum(np.asarray(gaps, dtype=np.int64))
    return np.stack(np.divmod(indices, max(table_columns, 1)), axis=1)


def differences_of(codes: NDArray[Any]) -> NDArray[np.float64]:
    """Differences that codes stand for, within 3 %."""
    size = np.abs(np.asarray(codes, dtype=np.float64))
    found: NDArray[np.float64] = np.sign(codes) * _LEAST_CODED * 2.0 ** ((size - 1.0) / _STEPS)
    return found


def _check_text(signal: SignalImage) -> None:
    said = (signal.radiograph.acquisition.burned_in_annotation or "").strip().upper()
    if said == "YES":
        raise NotMeasurableError(
            "burnt_in_text",
            "text in the pixels, which recurs at its place as a defect does",
            needed="an image without burnt-in text",
            remedy="send the image of the same exposure without annotations"
            + (", FOR PROCESSING" if signal.intent == PRESENTATION else ""),
            source=signal.source,
        )


def _pieces(averages: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Pieces of lines that differ from those beside them: ascending indices in their table, and differences."""
    differences = np.full_like(averages, np.nan)
    if averages.shape[0] > 2 * RING_CELLS and averages.size:
        beside = averages[: -2 * RING_CELLS] + averages[2 * RING_CELLS :]
        differences[RING_CELLS:-RING_CELLS] = averages[RING_CELLS:-RING_CELLS] - np.float32(0.5) * beside
    known = np.isfinite(differences)
    sizes = np.where(known, np.abs(differences), np.float32(0.0))
    around = (1, 2 * _LINES_AROUND + 1)
    shares, means = (
        cv2.blur(np.ascontiguousarray(each.astype(np.float32).T), around[::-1], borderType=cv2.BORDER_CONSTANT).T
        for each in (sizes > 0, sizes)
    )
    limits = LINE_LIMIT_SD * _SD_PER_MEAN_SIZE * means / np.maximum(shares, np.float32(1e-6))
    indices = np.flatnonzero((sizes > limits) & (shares > _LEAST_SHARE))
    return indices, differences.ravel()[indices]


def _gaps(indices: NDArray[np.int64]) -> Gaps:
    return np.diff(indices, prepend=0).astype(np.uint32)


def _codes(differences: NDArray[Any]) -> Codes:
    size = np.maximum(np.abs(np.asarray(differences, dtype=np.float64)), _LEAST_CODED)
    steps = np.clip(np.rint(1.0 + _STEPS * np.log2(size / _LEAST_CODED)), 1, 127)
    codes: Codes = (np.where(differences < 0, -1.0, 1.0) * steps).astype(np.int8)
    return codes
