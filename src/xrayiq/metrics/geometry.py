"""Geometry of the read-out: scale, aspect ratio, angles and jitter from the image of a wire grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import as_length_mm, is_number
from xrayiq.metrics._image import Image, Pitch, as_signal, provenance_of
from xrayiq.metrics.grid_lines import LEAST_LINES, MOST_SLOPE, GridLines, find_grid_lines, refined_px
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: least spacing of the wires in pixels
_LEAST_SPACING_PX: Final = 16.0
#: displacement of a row that is looked for
_REACH_PX: Final = 4
#: part of the pixels that may be padding
_MOST_PADDING: Final = 0.01

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Geometry(Result):
    """Scale, angles and jitter of an image of a grid.

    Parameters
    ----------
    scale_error_columns, scale_error_rows : float
        Length in the image over true length, less 1, to the right and downwards.
    aspect_ratio_error : float
        Scale to the right over scale downwards, less 1.
    rotation_deg : float
        Rotation of the grid, clockwise as seen on screen.
    skew_deg : float
        Angle between the two sets of wires, less 90°.
    row_jitter_px, column_jitter_px : float
        Greatest displacement of a row to the right or left, and of a column up or down, against the regular grid.
    jitter_uncertainty_px : float
        Standard uncertainty of the displacement of one row or column, the larger median of both.
    distortion_px : float
        Greatest distance of a wire, over the height of a spacing, from the regular grid.
    row_offsets_px, column_offsets_px : 1-D arrays
        Displacement of each row to the right and of each column downwards; NaN where less than three wires tell it.
    lines_px : 2-D array
        Wires as fitted, one row each: their two ends as row, column, row, column.
    pixel_pitch_mm : tuple of (float, float)
        Pitch that lengths were taken with.
    provenance : Provenance
        Where the numbers come from.
    """

    scale_error_columns: float
    scale_error_rows: float
    aspect_ratio_error: float
    rotation_deg: float
    skew_deg: float
    row_jitter_px: float
    column_jitter_px: float
    jitter_uncertainty_px: float
    distortion_px: float
    row_offsets_px: Floats
    column_offsets_px: Floats
    lines_px: Floats
    pixel_pitch_mm: tuple[float, float]
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Errors of scale and aspect ratio, jitter, distortion, skew."""
        return (
            Measurement(quantity="distance_error", value=self.scale_error_columns, direction="columns"),
            Measurement(quantity="distance_error", value=self.scale_error_rows, direction="rows"),
            Measurement(quantity="aspect_ratio_error", value=self.aspect_ratio_error),
            Measurement(quantity="jitter", value=self.row_jitter_px, direction="columns"),
            Measurement(quantity="jitter", value=self.column_jitter_px, direction="rows"),
            Measurement(quantity="grid_distortion", value=self.distortion_px),
            Measurement(quantity="grid_skew", value=self.skew_deg),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _ReadOut:
    """One set of wires as every row shows it."""

    lines: GridLines
    offsets_px: Floats
    uncertainty_px: float
    distortion_px: float


def measure_geometry(
    image: Image, *, spacing_mm: float, pixel_pitch_mm: Pitch | None = None, magnification: float = 1.0
) -> Geometry:
    """Distance accuracy, aspect ratio and jitter from the image of a grid of wires of known spacing.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Two crossed sets of parallel, dark wires over the whole image, rotated by 5° or less. Linear signal is not
        needed: images for presentation will do.
    spacing_mm : float
        True distance of the wires from middle to middle.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the header's.
    magnification : float
        Of the grid in the plane of the detector; 1 for a grid that lies on it.

    Returns
    -------
    Geometry
        Errors as fractions, jitter in pixels.

    Raises
    ------
    InputError
        The spacing is no positive length or the magnification below 1.
    NotMeasurableError
        ``no_grid``, ``too_few_lines``, ``spacing_differs`` (by more than 15 %) or ``grid_rotated`` (by more than 5.7°),
        each with the figure found; ``spacing_too_fine`` below 16 pixels; ``padding`` of more than 1 % of the pixels; or
        as any image without pixel pitch or content.

    Notes
    -----
    The wires of each direction are found in bands as high as the spacing, whose median leaves out the crossing wires,
    and fitted as x = a + P·n + s·y, first to the bands and then to every row. The scale is P·pitch·cos(arctan s) over
    the spacing. The displacement of a row is the mean, over the wires that cross it, of their place less the fitted
    one; rows at a crossing wire leave that crossing out. The greatest of many displacements holds their noise: compare
    it with `jitter_uncertainty_px`.

    Sources of limits: AAPM Report 93 (CR), distances and aspect ratio to 2 %, laser jitter to 1 pixel.
    """
    spacing = as_length_mm("spacing_mm", spacing_mm)
    if not is_number(magnification) or magnification < 1:
        raise InputError(f"magnification={magnification!r}", needed="a number of 1 or more")
    signal = as_signal(image, procedure="geometry", pixel_pitch_mm=pixel_pitch_mm, needs_signal=False)
    pitch = signal.pitch
    values = _filled(signal.values, signal.padding, signal.source)
    stated_px = [spacing * magnification / each for each in pitch]
    if min(stated_px) < _LEAST_SPACING_PX:
        raise NotMeasurableError(
            "spacing_too_fine",
            f"wires {min(stated_px):.1f} pixels apart",
            needed=f"{_LEAST_SPACING_PX:g} pixels or more",
            remedy="use a coarser grid",
            source=signal.source,
        )
    down = find_grid_lines(values, spacing_px=stated_px[1], source=signal.source)
    across = find_grid_lines(np.ascontiguousarray(values.T), spacing_px=stated_px[0], source=signal.source)
    _check_rotation(down, across, signal.source)
    coarse = down, across
    right = _read_out(values, coarse[0], crossing=coarse[1])
    downwards = _read_out(np.ascontiguousarray(values.T), coarse[1], crossing=coarse[0])
    down, across = right.lines, downwards.lines
    # slopes between lengths: a wire that leans to the right on its way down has a negative rotation
    lean_down, lean_across = down.slope * pitch[1] / pitch[0], across.slope * pitch[0] / pitch[1]
    columns = down.period_px * math.cos(math.atan(lean_down)) / stated_px[1]
    rows = across.period_px * math.cos(math.atan(lean_across)) / stated_px[0]
    return Geometry(
        scale_error_columns=columns - 1.0,
        scale_error_rows=rows - 1.0,
        aspect_ratio_error=columns / rows - 1.0,
        rotation_deg=math.degrees(0.5 * (math.atan(lean_across) - math.atan(lean_down))),
        skew_deg=math.degrees(math.atan(lean_across) + math.atan(lean_down)),
        row_jitter_px=float(np.nanmax(np.abs(right.offsets_px))),
        column_jitter_px=float(np.nanmax(np.abs(downwards.offsets_px))),
        jitter_uncertainty_px=max(right.uncertainty_px, downwards.uncertainty_px),
        distortion_px=max(right.distortion_px, downwards.distortion_px),
        row_offsets_px=right.offsets_px,
        column_offsets_px=downwards.offsets_px,
        lines_px=np.vstack([_ends(down, values.shape[0]), _ends(across, values.shape[1])[:, [1, 0, 3, 2]]]),
        pixel_pitch_mm=pitch,
        provenance=provenance_of(
            signal,
            algorithm="geometry",
            version=ALGORITHM_VERSION,
            parameters={"spacing_mm": spacing, "magnification": float(magnification)},
        ),
    )


def _filled(values: Floats, padding: NDArray[np.bool_] | None, source: str) -> Floats:
    """Signal with the median on the few pixels that are padding."""
    if padding is None:
        return np.ascontiguousarray(values, dtype=np.float64)
    share = float(padding.mean())
    if share > _MOST_PADDING:
        raise NotMeasurableError(
            "padding",
            f"{100 * share:.1f} % of the pixels are padding",
            needed=f"at most {100 * _MOST_PADDING:g} %",
            remedy="cut the image to the field of the grid",
            source=source,
        )
    return np.where(padding, np.median(values[~padding]), values)


def _check_rotation(down: GridLines, across: GridLines, source: str) -> None:
    slope = max(abs(down.slope), abs(across.slope))
    if slope > MOST_SLOPE:
        raise NotMeasurableError(
            "grid_rotated",
            f"wires at {math.degrees(math.atan(slope)):.1f}° to the sides of the image",
            needed=f"at most {math.degrees(math.atan(MOST_SLOPE)):.1f}°",
            remedy="align the grid with the detector",
            source=source,
        )


def _read_out(values: Floats, lines: GridLines, *, crossing: GridLines) -> _ReadOut:
    """Wires fitted to every row, and what every row lies beside them."""
    smooth = gaussian_filter1d(-values, max(1.0, lines.width_px / 2.35), axis=1)
    rows = np.arange(values.shape[0], dtype=np.float64)
    fitted = lines.columns_px(rows, lines.numbers)
    deviations = refined_px(smooth, fitted, _REACH_PX) - fitted
    # rows of the crossing wires, counted from any of them: x and y change places
    place = (rows[:, None] - crossing.start_px - crossing.slope * fitted) / crossing.period_px
    distance = np.abs(place - np.rint(place)) * crossing.period_px
    deviations[distance < 1.5 * crossing.width_px + 2.0] = np.nan
    counts = np.count_nonzero(np.isfinite(deviations), axis=1)
    enough = counts >= LEAST_LINES - 1
    if not enough.any():
        return _ReadOut(lines=lines, offsets_px=np.zeros(rows.size), uncertainty_px=math.nan, distortion_px=math.nan)
    change = _plane(deviations, lines.numbers, rows)
    lines = replace(
        lines,
        start_px=lines.start_px + change[0],
        period_px=lines.period_px + change[1],
        slope=lines.slope + change[2],
    )
    deviations -= lines.columns_px(rows, lines.numbers) - fitted
    offsets = np.full(rows.size, np.nan)
    offsets[enough] = np.nanmean(deviations[enough], axis=1)
    scatter = np.nanstd(deviations[enough], axis=1, ddof=1) / np.sqrt(counts[enough])
    return _ReadOut(
        lines=lines,
        offsets_px=offsets,
        uncertainty_px=float(np.median(scatter)),
        distortion_px=_distortion(deviations, max(8, round(crossing.period_px))),
    )


def _distortion(deviations: Floats, height: int) -> float:
    """Greatest mean deviation of a wire over blocks of rows in which half of its places are known."""
    greatest = 0.0
    for start in range(0, deviations.shape[0] - height + 1, height):
        block = deviations[start : start + height]
        known = np.count_nonzero(np.isfinite(block), axis=0) >= 0.5 * height
        if known.any():
            greatest = max(greatest, float(np.abs(np.nanmean(block[:, known], axis=0)).max()))
    return greatest


def _plane(deviations: Floats, numbers: NDArray[np.int64], rows: Floats) -> tuple[float, float, float]:
    """Least-squares a + b · wire + c · row of deviations, rows × wires; NaN is left out."""
    known = np.isfinite(deviations)
    wires, heights = np.broadcast_arrays(numbers[None, :].astype(np.float64), rows[:, None])
    terms = np.column_stack([np.ones(np.count_nonzero(known)), wires[known], heights[known]])
    a, b, c = np.linalg.lstsq(terms, deviations[known], rcond=None)[0]
    return float(a), float(b), float(c)


def _ends(lines: GridLines, height: int) -> Floats:
    """Ends of the wires as row, column, row, column."""
    ends = np.array([0.0, height - 1.0])
    columns = lines.columns_px(ends, lines.numbers)
    rows = np.broadcast_to(ends[:, None], columns.shape)
    return np.column_stack([rows[0], columns[0], rows[1], columns[1]])
