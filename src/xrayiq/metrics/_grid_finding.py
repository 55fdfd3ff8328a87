"""Grid of a contrast-detail object with sub-pixel accuracy, and which way round it lies."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._grid_search import CoarseGrid, search_grid
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics.contrast_detail_layout import ContrastDetailLayout

Floats = NDArray[np.float64]

#: least evidence of lines; noise reaches 1, lines of 8 % at 0.3 µGy 5
LEAST_EVIDENCE: Final = 2.0
#: distance of the lines over the nominal one: magnification, and a little for the drawing
SCALES: Final = (0.85, 1.6)
#: reach across a line on either side, part of its length between crossings, and spread of the weights, over the reach
_REACH_CELLS: Final = 1.0 / 14.0
_LENGTH_CELLS: Final = 0.6
_SPREAD: Final = 0.4
_SAMPLES_ALONG: Final = 48
_ROUNDS: Final = 5
#: a line is there if it has this part of the median line's height, and this many standard errors
_LEAST_HEIGHT: Final = 0.35
_LEAST_ERRORS: Final = 4.0
#: scores of the pattern of discs from which on the way round is certain
_CERTAIN: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Square grid of lines; positions are row and column, in mm from the middle of the first pixel.

    Parameters
    ----------
    origin_mm : array of (row, column)
        Crossing of the first lines.
    down_mm, right_mm : arrays of (row, column)
        From a row of cells to the next, and from a column to the next.
    side : int
        Cells along a side.
    rms_mm : float
        Root mean square distance of the pieces of line from the grid, across the lines.
    """

    origin_mm: Floats
    down_mm: Floats
    right_mm: Floats
    side: int
    rms_mm: float

    @property
    def cell_mm(self) -> float:
        """Mean distance of the lines."""
        return float(np.hypot(*self.down_mm) + np.hypot(*self.right_mm)) / 2.0

    @property
    def rotation_deg(self) -> float:
        """Angle of the rows of cells from the column axis towards the row axis."""
        return float(np.rad2deg(np.arctan2(self.right_mm[0], self.right_mm[1])))

    def points(self, down: NDArray[np.float64], right: NDArray[np.float64]) -> Floats:
        """Positions in mm of places in units of cells."""
        return np.asarray(
            self.origin_mm + np.multiply.outer(down, self.down_mm) + np.multiply.outer(right, self.right_mm)
        )

    def turned(self, number: int) -> Grid:
        """One of the eight ways round, 0 to 7."""
        down, right = (self.right_mm, self.down_mm) if number & 1 else (self.down_mm, self.right_mm)
        origin = self.origin_mm
        if number & 2:
            origin, down = origin + self.side * down, -down
        if number & 4:
            origin, right = origin + self.side * right, -right
        return dataclasses.replace(self, origin_mm=origin, down_mm=down, right_mm=right)


def find_grid(signal: SignalImage, layout: ContrastDetailLayout) -> tuple[Grid, bool]:
    """Grid of an object, and whether the discs show which way round it lies.

    Parameters
    ----------
    signal : SignalImage
        Image with pixel pitch.
    layout : ContrastDetailLayout
        What to look for.

    Returns
    -------
    grid : Grid
        Its first row is that of the largest discs, its last column that of the greatest steps.
    certain : bool
        Otherwise it is taken to lie upright, at the layout's usual angle.

    Raises
    ------
    NotMeasurableError
        ``object_not_found``, ``wrong_pitch`` or ``too_few_cells``.
    """
    coarse = search_grid(signal, lines=layout.side + 1, cell_mm=layout.cell_mm)
    _check_coarse(signal, coarse, layout)
    down, right = (
        np.array([np.sin(angle), np.cos(angle)]) for angle in (coarse.angle_rad + np.pi / 2, coarse.angle_rad)
    )
    grid = Grid(
        origin_mm=coarse.firsts_mm[0] * down + coarse.firsts_mm[1] * right - 0.5 * np.array(signal.pitch),
        down_mm=coarse.distance_mm * down,
        right_mm=coarse.distance_mm * right,
        side=layout.side,
        rms_mm=np.inf,
    )
    for _ in range(_ROUNDS):
        pieces = [_pieces(signal, grid, axis, coarse.sign) for axis in (0, 1)]
        grid = _fit(grid, pieces)
    found = [_lines_found(heights) for _, heights in pieces]
    if min(found) < layout.side + 1:
        raise NotMeasurableError(
            "too_few_cells",
            f"grid of {found[0]} and {found[1]} lines, {coarse.distance_mm:.3g} mm apart",
            needed=f"all {layout.side + 1} lines of either direction of a {layout.name}",
            remedy="use an image of the whole object",
            source=signal.source,
        )
    return _way_round(signal, grid, layout)


def _check_coarse(signal: SignalImage, coarse: CoarseGrid, layout: ContrastDetailLayout) -> None:
    if coarse.evidence < LEAST_EVIDENCE:
        raise NotMeasurableError(
            "object_not_found",
            f"no grid of lines: the best one stands {coarse.evidence:.2g} times above the noise",
            needed=f"{LEAST_EVIDENCE:g} times, as the lines of a {layout.name} do",
            remedy="use an image of such an object, or name the object that it shows",
            source=signal.source,
        )
    low, high = (scale * layout.cell_mm for scale in SCALES)
    if not low <= coarse.distance_mm <= high:
        raise NotMeasurableError(
            "wrong_pitch",
            f"lines {coarse.distance_mm:.3g} mm apart",
            needed=f"{low:.3g} to {high:.3g} mm at the detector, as those of a {layout.name}",
            remedy="check pixel_pitch_mm and the object's name",
            source=signal.source,
        )


def sample(signal: SignalImage, places_mm: Floats) -> Floats:
    """Signal at positions in mm, linear between pixels; NaN off the image and beside padding."""
    values = signal.values if signal.padding is None else np.where(signal.padding, np.nan, signal.values)
    rows, columns = (places_mm[..., axis] / signal.pitch[axis] for axis in (0, 1))
    return np.asarray(map_coordinates(values, [rows, columns], order=1, cval=np.nan), dtype=np.float64)


def _pieces(signal: SignalImage, grid: Grid, axis: int, sign: int) -> tuple[Floats, Floats]:
    """Distance across the line, and height, of each piece of line between two crossings; NaN off the image.

    Lines × pieces; axis 0 has the lines between rows of cells.
    """
    step, along = (grid.down_mm, grid.right_mm) if axis == 0 else (grid.right_mm, grid.down_mm)
    across = np.array([along[1], -along[0]]) / np.hypot(*along)
    across = across if across @ step > 0 else -across
    reach = _REACH_CELLS * float(np.hypot(*step))
    distances = np.linspace(-reach, reach, 2 * int(np.ceil(2.0 * reach / min(signal.pitch))) + 1)
    lines, middles = np.arange(grid.side + 1.0), np.arange(grid.side) + 0.5
    centres = (
        grid.origin_mm + np.multiply.outer(lines, step)[:, None, :] + np.multiply.outer(middles, along)[None, :, :]
    )
    spots = np.multiply.outer(np.linspace(-0.5, 0.5, _SAMPLES_ALONG) * _LENGTH_CELLS, along)
    places = centres[:, :, None, None, :] + spots[:, None, :] + np.multiply.outer(distances, across)[None, :, :]
    profiles = sample(signal, places).mean(axis=2)
    outer = np.abs(distances) > 0.6 * reach
    base = profiles[..., outer].mean(axis=-1, keepdims=True)
    ridge = sign * (profiles - base)
    weights = np.exp(-0.5 * (distances / (_SPREAD * reach)) ** 2)
    heights = (ridge @ weights) / np.sum(weights**2)
    typical = np.nanmean(ridge @ weights) if np.isfinite(ridge).any() else np.nan
    return (ridge @ (weights * distances)) / (typical or np.nan), heights


def _fit(grid: Grid, pieces: list[tuple[Floats, Floats]]) -> Grid:
    """Grid through the pieces by least squares, without those that lie far off."""
    rows, values = [], []
    for axis, (offsets, _) in enumerate(pieces):
        along = grid.right_mm if axis == 0 else grid.down_mm
        step = grid.down_mm if axis == 0 else grid.right_mm
        across = np.array([along[1], -along[0]]) / np.hypot(*along)
        across = across if across @ step > 0 else -across
        lines, middles = np.meshgrid(np.arange(grid.side + 1.0), np.arange(grid.side) + 0.5, indexing="ij")
        down, right = (lines, middles) if axis == 0 else (middles, lines)
        used = np.isfinite(offsets)
        if not used.any():
            continue
        spread = 1.4826 * float(np.median(np.abs(offsets[used] - np.median(offsets[used]))))
        used &= np.abs(offsets - np.median(offsets[used])) <= 4.0 * spread + 1e-9
        parts = [np.multiply.outer(part[used], across) for part in (np.ones_like(down), down, right)]
        rows.append(np.hstack(parts))
        values.append(offsets[used])
    if not rows:
        return grid
    matrix, target = np.vstack(rows), np.concatenate(values)
    change, *_ = np.linalg.lstsq(matrix, target, rcond=None)
    return Grid(
        origin_mm=grid.origin_mm + change[0:2],
        down_mm=grid.down_mm + change[2:4],
        right_mm=grid.right_mm + change[4:6],
        side=grid.side,
        rms_mm=float(np.sqrt(np.mean((target - matrix @ change) ** 2))),
    )


def _lines_found(heights: Floats) -> int:
    seen = np.isfinite(heights).sum(axis=1) >= heights.shape[1] // 2
    if not seen.any():
        return 0
    means = np.array([np.nanmean(row) if ok else 0.0 for row, ok in zip(heights, seen, strict=True)])
    errors = [np.nanstd(row) / np.sqrt(row.size) if ok else np.inf for row, ok in zip(heights, seen, strict=True)]
    typical = float(np.median(means[seen]))
    return int(np.count_nonzero((means > _LEAST_HEIGHT * typical) & (means > _LEAST_ERRORS * np.array(errors))))


def _way_round(signal: SignalImage, grid: Grid, layout: ContrastDetailLayout) -> tuple[Grid, bool]:
    """Way round in which the discs' contrasts fit the layout best; upright where they fit none."""
    diameters, steps = np.array(layout.diameters_mm), np.array(layout.steps_mm)
    expected = np.minimum(1.0, (diameters / (layout.cell_mm / 8.0)) ** 2)[:, None] * steps[None, :]
    grids = [grid.turned(number) for number in range(8)]
    scores = [_likeness(_middle_contrasts(signal, each, layout.sign), expected) for each in grids]
    best = int(np.argmax(scores))
    if scores[best] >= _CERTAIN:
        return grids[best], True
    proper = [each for each in grids if each.down_mm[0] * each.right_mm[1] > each.down_mm[1] * each.right_mm[0]]
    return min(proper, key=lambda each: abs((each.rotation_deg - layout.rotation_deg + 180.0) % 360.0 - 180.0)), False


def _likeness(found: Floats, expected: Floats) -> float:
    """Correlation over all cells in units of its scatter by chance."""
    used = np.isfinite(found)
    if np.count_nonzero(used) < 3 or np.ptp(found[used]) == 0:
        return 0.0
    return float(np.corrcoef(found[used], expected[used])[0, 1] * np.sqrt(np.count_nonzero(used)))


def _middle_contrasts(signal: SignalImage, grid: Grid, sign: int) -> Floats:
    """Signal in the middle of each cell less that half-way to its sides' middles."""
    spots = np.stack(np.meshgrid(*[np.linspace(-0.06, 0.06, 7)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    cells = np.stack(np.meshgrid(*[np.arange(grid.side) + 0.5] * 2, indexing="ij"), axis=-1)
    around = np.array([(0.0, 0.0), (-0.38, 0.0), (0.38, 0.0), (0.0, -0.38), (0.0, 0.38)])
    places = cells[:, :, None, None, :] + around[:, None, :] + spots
    means = sample(signal, grid.points(places[..., 0], places[..., 1])).mean(axis=-1)
    return np.asarray(sign * (means[..., 0] - means[..., 1:].mean(axis=-1)), dtype=np.float64)
