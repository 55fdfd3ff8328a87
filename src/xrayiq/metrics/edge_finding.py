"""Straight edges near the pixel axes, found in a coarse copy of an image, and the pixels that belong to each alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xrayiq.metrics.edge_spread import normal_cosine
from xrayiq_kernels.slanted_edge import line_sums

Floats = NDArray[np.float64]
Across = Literal["columns", "rows"]

#: IEC 62220-1-1:2015 uses 100 mm along the edge and 50 mm across
LONGEST_MM: Final = 100.0
WIDEST_MM: Final = 25.0

#: greater side of the coarse copy
_COARSE_PX: Final = 256
#: a line must stand out of the others by this many robust standard deviations, and hold this part of the best one
_SIGNIFICANCE: Final = 8.0
_LEAST_PART: Final = 0.02
_CANDIDATES: Final = 8
#: an edge runs as far as its gradient is at least this part of its best stretch
_RUNS_ON: Final = 0.5
#: another parallel edge counts from this part of the edge's own gradient on
_NEIGHBOUR: Final = 0.05
#: kept free between the pixels used and anything else
_CLEARANCE_MM: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeCandidate:
    """A straight edge, roughly located. Lines and columns are those of the image, or of its transpose for ``"rows"``.

    Parameters
    ----------
    across : {"columns", "rows"}
        Axis that the profile runs along.
    intercept_px, slope : float
        The edge stands at column ``intercept_px + slope · line``.
    first_line, last_line : int
        Lines on which it runs undisturbed; the last is exclusive.
    reach_mm : (float, float)
        Distance before and behind the edge that is free of other parallel edges, along the normal.
    uncertainty_px : float
        How far off the rough line may be.
    strength : float
        Sum of the signal's step along the edge, for comparison with other candidates.
    """

    across: Across
    intercept_px: float
    slope: float
    first_line: int
    last_line: int
    reach_mm: tuple[float, float]
    uncertainty_px: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Coarse:
    """Gradient across the edges looked for, in blocks of pixels, with what leads back to the image.

    `gradient` (lines, columns) at column j lies between blocks j and j + 1; `lines` and `columns` count the image's
    pixels, `pitch_mm` is the distance of lines and of columns, all transposed for edges across the rows.
    """

    gradient: Floats
    block: int
    lines: int
    columns: int
    pitch_mm: tuple[float, float]
    across: Across


def edge_candidates(
    values: Floats, *, pitch_mm: tuple[float, float], half_width_mm: float, across: Across | None = None
) -> list[EdgeCandidate]:
    """Straight edges of an image up to 45 degrees from their axis, the strongest first.

    Parameters
    ----------
    values : 2-D array
        Signal, without NaN.
    pitch_mm : tuple of (float, float)
        Distance of rows and of columns.
    half_width_mm : float
        Distance from the edge that is wanted free of the image's border and of the corners of the edge device.
    across : {"columns", "rows"}, optional
        Only edges across which the profile runs along this axis; both if not given.

    Returns
    -------
    list of EdgeCandidate
        At most eight; empty where nothing stands out of the noise.
    """
    block = max(1, -(-max(values.shape) // _COARSE_PX))
    rows, columns = (size // block for size in values.shape)
    if min(rows, columns) < 8:
        return []
    # defective pixels must not outshine the edge
    low, high = np.percentile(values[::3, ::3], (0.5, 99.5))
    clipped = np.clip(values[: rows * block, : columns * block], 2.0 * low - high, 2.0 * high - low)
    means = clipped.reshape(rows, block, columns, block).mean(axis=(1, 3))
    found: list[EdgeCandidate] = []
    orientations: tuple[Across, ...] = ("columns", "rows") if across is None else (across,)
    for orientation in orientations:
        turn = 1 if orientation == "columns" else -1
        gradient = np.diff(means if turn > 0 else means.T, axis=1)
        coarse = _Coarse(
            gradient=np.ascontiguousarray(gradient - np.median(gradient)),
            block=block,
            lines=values.shape[::turn][0],
            columns=values.shape[::turn][1],
            pitch_mm=pitch_mm if turn > 0 else (pitch_mm[1], pitch_mm[0]),
            across=orientation,
        )
        candidates = (_candidate(coarse, slope, place, half_width_mm) for slope, place in _strongest_lines(coarse))
        found += [candidate for candidate in candidates if candidate is not None]
    found.sort(key=lambda candidate: -candidate.strength)
    return found[:_CANDIDATES]


def _strongest_lines(coarse: _Coarse) -> list[tuple[float, float]]:
    """Slope and place on the middle line of the straight lines along which the gradient sums highest."""
    lines = coarse.gradient.shape[0]
    slopes = np.arange(1 - lines, lines) / (lines - 1)
    size = np.abs(line_sums(coarse.gradient, slopes))
    noise = 1.4826 * float(np.median(size))
    around = max(3, lines // 20), 3
    highest = ndimage.maximum_filter(size, size=(2 * around[0] + 1, 2 * around[1] + 1), mode="nearest")
    peaks = np.argwhere((size == highest) & (size > max(_SIGNIFICANCE * noise, _LEAST_PART * size.max())))
    order = np.lexsort((np.abs(slopes[peaks[:, 0]]), -size[peaks[:, 0], peaks[:, 1]]))
    kept: list[NDArray[np.int64]] = []
    # without noise neighbouring slopes reach the very same sum along an edge on the axis: they count once
    for peak in peaks[order]:
        if not any(np.all(np.abs(peak - other) <= around) for other in kept):
            kept.append(peak)
        if len(kept) == _CANDIDATES:
            break
    return [(float(slopes[index]), float(place)) for index, place in kept]


def _candidate(coarse: _Coarse, slope: float, place: float, half_width_mm: float) -> EdgeCandidate | None:
    """Extent and free surroundings of one line; None where no stretch of it is an edge."""
    sheared, edge = _sheared(coarse.gradient, slope, place)
    along = np.nan_to_num(sheared[:, edge - 1 : edge + 2]).sum(axis=1)
    along *= np.sign(along.sum())
    first, last = _longest_run(along)
    if last - first < 5:
        return None
    # from blocks to pixels: a pixel's centre is an integer
    middle_line = (coarse.gradient.shape[0] * coarse.block - 1) / 2.0
    intercept_px = (place + 1.0) * coarse.block - 0.5 - slope * middle_line
    scale = coarse.pitch_mm[1] * normal_cosine(slope, coarse.pitch_mm)
    free = [
        min((distance - 2.0) * coarse.block * scale - _CLEARANCE_MM, WIDEST_MM)
        for distance in _free_distances(sheared[first:last], edge)
    ]
    first_line, last_line = _undisturbed_lines(coarse, intercept_px, slope, (first, last), min(*free, half_width_mm))
    return EdgeCandidate(
        across=coarse.across,
        intercept_px=intercept_px,
        slope=slope,
        first_line=first_line,
        last_line=last_line,
        reach_mm=(free[0], free[1]),
        uncertainty_px=3.0 * coarse.block + 6.0,
        strength=float(along[first:last].sum()) * coarse.block * coarse.pitch_mm[0],
    )


def _sheared(gradient: Floats, slope: float, place: float) -> tuple[Floats, int]:
    """Gradient with each line shifted so that the edge stands in one column, and that column; NaN beyond the image."""
    lines, columns = gradient.shape
    centre = np.floor(place + slope * (np.arange(lines) - (lines - 1) / 2.0) + 0.5).astype(np.int64)
    wanted = centre[:, None] + np.arange(-columns, columns + 1)
    values = np.take_along_axis(gradient, np.clip(wanted, 0, columns - 1), axis=1)
    return np.where((wanted >= 0) & (wanted < columns), values, np.nan), columns


def _longest_run(along: Floats) -> tuple[int, int]:
    """Longest stretch of lines on which the edge is there, small gaps closed."""
    smooth = ndimage.uniform_filter1d(along, 5, mode="nearest")
    best = ndimage.uniform_filter1d(along, max(5, along.size // 10), mode="nearest").max()
    present = ndimage.binary_closing(np.pad(smooth > _RUNS_ON * best, 5), iterations=3)[5:-5]
    labels, count = ndimage.label(present)
    if best <= 0.0 or count == 0:
        return 0, 0
    lengths = np.bincount(labels)[1:]
    run = np.flatnonzero(labels == 1 + np.argmax(lengths))
    return int(run[0]), int(run[-1]) + 1


def _free_distances(sheared: Floats, edge: int) -> tuple[float, float]:
    """Blocks to the next parallel edge before and behind the edge; inf where there is none."""
    counts = np.isfinite(sheared).sum(axis=0)
    enough = counts >= max(5, sheared.shape[0] // 20)
    profile = np.abs(np.where(enough, np.nansum(sheared, axis=0) / np.maximum(counts, 1), 0.0))
    noise = 1.4826 * float(np.median(profile[enough]))
    level = max(_NEIGHBOUR * profile[edge - 1 : edge + 2].max(), 5.0 * noise)
    distances = []
    for side in (profile[edge::-1], profile[edge:]):
        quiet = np.flatnonzero(side < level)
        own = int(quiet[0]) if quiet.size else side.size
        others = np.flatnonzero(side[own:] > level)
        distances.append(float(own + others[0]) if others.size else np.inf)
    return distances[0], distances[1]


def _undisturbed_lines(
    coarse: _Coarse, intercept_px: float, slope: float, run: tuple[int, int], half_width_mm: float
) -> tuple[int, int]:
    """Lines of the image on which the edge runs, clear of the device's corners and of the image's sides."""
    line_pitch_mm, column_pitch_mm = coarse.pitch_mm
    lean = abs(slope) * column_pitch_mm / line_pitch_mm
    margin = int(np.ceil((_CLEARANCE_MM + max(half_width_mm, 0.0) * lean) / line_pitch_mm)) + 3 * coarse.block
    start = 0 if run[0] <= 1 else run[0] * coarse.block + margin
    stop = coarse.lines if run[1] >= coarse.gradient.shape[0] - 1 else run[1] * coarse.block - margin
    beside = min(half_width_mm / column_pitch_mm, coarse.columns / 4.0)
    places = intercept_px + slope * np.arange(coarse.lines)
    clear = np.flatnonzero((places >= beside) & (places <= coarse.columns - 1 - beside))
    if clear.size == 0:
        return start, start
    start, stop = max(start, int(clear[0])), min(stop, int(clear[-1]) + 1)
    excess = stop - start - int(LONGEST_MM / line_pitch_mm)
    if excess > 0:
        start, stop = start + excess // 2, stop - (excess - excess // 2)
    return start, max(start, stop)
