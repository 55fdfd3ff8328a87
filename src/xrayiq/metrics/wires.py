"""Straight wires that run down an image, to a part of a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from skimage.transform import hough_line, hough_line_peaks

Floats = NDArray[np.float64]

#: width of the surroundings that a wire stands out of, half width of the window about it, and distance of two wires
_SURROUNDINGS_MM: Final = 8.0
_WINDOW_MM: Final = 1.5
_APART_MM: Final = 4.0
#: columns from one median of the surroundings to the next; those between are interpolated
_MEDIAN_STEP_PX: Final = 8
#: robust standard deviations, and part of the deepest pixels, above which a pixel belongs to a wire
_DEEP_SD: Final = 4.0
_DEEP_SHARE: Final = 0.4
#: directions searched (degrees from the rows' axis) and their step
_STEEPEST_DEG: Final = 40.0
_DIRECTION_STEP_DEG: Final = 0.25
#: least part of the rows that a wire is seen in
_LEAST_LENGTH: Final = 0.5
_STEPS: Final = 8
#: shift by which the response of the window is measured (pixels)
_PROBE_PX: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLine:
    """Line of a wire in one part of an image: column = place + slope · (row − origin), in pixels.

    Parameters
    ----------
    place_px, slope : float
        Its coefficients.
    covariance : tuple of (float, float, float)
        Variance of the place, their covariance, variance of the slope.
    rows_seen : int
        Rows that it was fitted to.
    """

    place_px: float
    slope: float
    covariance: tuple[float, float, float]
    rows_seen: int


def wire_depth(values: Floats, *, column_pitch_mm: float) -> Floats:
    """How far each pixel lies below its surroundings along the row, as a part of them; 0 where they are not above 0."""
    half = round(_SURROUNDINGS_MM / column_pitch_mm / 2)
    padded = np.pad(values, ((0, 0), (half, half)), mode="edge")
    coarse = np.median(sliding_window_view(padded, 2 * half + 1, axis=1)[:, ::_MEDIAN_STEP_PX], axis=2)
    place = np.minimum(np.arange(values.shape[1]) / _MEDIAN_STEP_PX, coarse.shape[1] - 1)
    before = place.astype(np.int64)
    part = place - before
    surroundings = coarse[:, before] * (1.0 - part) + coarse[:, np.minimum(before + 1, coarse.shape[1] - 1)] * part
    return np.where(surroundings > 0, 1.0 - values / np.where(surroundings > 0, surroundings, 1.0), 0.0)


def find_wires(depth: Floats, *, origin_px: float, column_pitch_mm: float) -> list[WireLine]:
    """Wires of one part of an image, from left to right.

    Parameters
    ----------
    depth : 2-D array
        Of this part, of `wire_depth`.
    origin_px : float
        Row, counted within this part, where places are given.
    column_pitch_mm : float
        Distance of neighbouring columns.

    Returns
    -------
    list of WireLine
        Those seen in half the rows or more.
    """
    spread = 1.4826 * float(np.median(np.abs(depth - np.median(depth))))
    level = max(_DEEP_SD * spread, _DEEP_SHARE * float(np.quantile(depth, 0.995)))
    deep = depth > level
    directions = np.deg2rad(np.arange(-_STEEPEST_DEG, _STEEPEST_DEG + 1e-9, _DIRECTION_STEP_DEG))
    accumulator, angles, distances = hough_line(deep, theta=directions)  # type: ignore[no-untyped-call]  # no types
    apart = round(_APART_MM / column_pitch_mm)
    _, peak_angles, peak_distances = hough_line_peaks(  # type: ignore[no-untyped-call]  # no types
        accumulator, angles, distances, min_distance=apart, min_angle=8, threshold=_LEAST_LENGTH * depth.shape[0]
    )
    lines: list[WireLine] = []
    for angle, distance in zip(peak_angles, peak_distances, strict=True):
        # skimage: column · cos + row · sin = distance
        slope = -float(np.tan(angle))
        line = _refined(depth, float(distance / np.cos(angle)), slope, origin_px, column_pitch_mm)
        if line is not None and all(abs(line.place_px - other.place_px) > apart for other in lines):
            lines.append(line)
    return sorted(lines, key=lambda line: line.place_px)


def _refined(
    depth: Floats, place_at_first_row: float, slope: float, origin_px: float, column_pitch_mm: float
) -> WireLine | None:
    """Line through the centroids of the wire, each within a window about the line itself."""
    half = _WINDOW_MM / column_pitch_mm
    rows = np.arange(depth.shape[0], dtype=np.float64) - origin_px
    place = place_at_first_row + slope * origin_px
    for _ in range(_STEPS):
        inside = _within(depth, place + slope * rows, half)
        if np.count_nonzero(inside) < _LEAST_LENGTH * rows.size:
            return None
        offsets = _offsets(depth, place + slope * rows, half, inside)
        probe = _offsets(depth, place + slope * rows + _PROBE_PX, half, inside)
        response = max(float(np.mean(offsets - probe)) / _PROBE_PX, 0.1)
        design = np.column_stack([np.ones(offsets.size), rows[inside]])
        step = np.linalg.lstsq(design, offsets / response, rcond=None)[0]
        place, slope = place + float(step[0]), slope + float(step[1])
    left = offsets / response - design @ step
    # neighbouring rows share their noise by the blur: residuals are taken with their correlation to the next rows
    inflation = 1.0 + 2.0 * sum(max(float(np.mean(left[lag:] * left[:-lag])), 0.0) for lag in (1, 2, 3)) / max(
        float(np.mean(left**2)), 1e-300
    )
    covariance = np.linalg.inv(design.T @ design) * float(np.sum(left**2)) / max(left.size - 2, 1) * inflation
    return WireLine(
        place_px=place,
        slope=slope,
        covariance=(float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])),
        rows_seen=int(np.count_nonzero(inside)),
    )


def _within(depth: Floats, centres: Floats, half: float) -> NDArray[np.bool_]:
    """Rows in which the window lies on the image."""
    return np.asarray((centres - half > 0) & (centres + half < depth.shape[1] - 1))


def _offsets(depth: Floats, centres: Floats, half: float, inside: NDArray[np.bool_]) -> Floats:
    """Weighted centroid of the depth about the centre in each row; the weight is a Hann window."""
    rows = np.flatnonzero(inside)
    reach = int(np.ceil(half)) + 1
    columns = np.rint(centres[rows]).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)[None, :]
    away = columns - centres[rows][:, None]
    weight = np.where(np.abs(away) < half, np.cos(np.pi * away / (2.0 * half)) ** 2, 0.0)
    seen = depth[rows[:, None], np.clip(columns, 0, depth.shape[1] - 1)] * weight
    return np.asarray(np.sum(seen * away, axis=1) / max(float(np.mean(np.sum(seen, axis=1))), 1e-12), dtype=np.float64)
