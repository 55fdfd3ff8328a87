"""Cells of a contrast-detail object: how far the discs in the middle and in the corners stand out of the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from xrayiq.metrics._grid_finding import Grid
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics._noise_correlation import autocorrelation, variance_factor
from xrayiq.metrics.contrast_detail_layout import CORNER_SIGNS, ContrastDetailLayout

Floats = NDArray[np.float64]

#: distance of background pixels from lines and from discs, in cells
_LINE_GUARD: Final = 1.0 / 16.0
_DISC_GUARD: Final = 1.0 / 32.0
#: least radius of a disc in pixels, so that it has a pixel wherever it lies
_LEAST_RADIUS_PX: Final = 0.71
#: independent pixels from which on the variance inside a disc is its own; below it is the background's
_OWN_VARIANCE_PX: Final = 30.0
#: distance up to which noise is taken as correlated
_CORRELATION_MM: Final = 0.75
_CORRELATION_MAX_PX: Final = 10
#: every so many cells are enough for the correlation of the noise
_SAMPLED: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readings:
    """Discs of all cells of one image; rows × columns, and × 4 corners.

    Parameters
    ----------
    corner_scores : 3-D array
        Signal of each corner over the background in the sense of the discs, over its standard error; NaN in cells of a
        single disc.
    p_values : 3-D array
        One-sided p of middle and corner together, if this is the corner; of the middle alone in cells of a single disc.
    contrasts : 3-D array
        Difference of middle and corner to the background, over the background; positive in the sense of the discs.
    correlation_px : float
        Sum of the noise's autocorrelation.
    """

    corner_scores: Floats
    p_values: Floats
    contrasts: Floats
    correlation_px: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cell:
    """Pixels about a cell: places in mm of the object's plane from the cell's middle, and the background's plane."""

    down: Floats
    right: Floats
    residuals: Floats
    background: NDArray[np.bool_]
    coefficients: Floats
    inverse: Floats
    variance: float


def read_cells(signal: SignalImage, grid: Grid, layout: ContrastDetailLayout, *, least_contrast: float) -> Readings:
    """Welch's test of the discs of every cell against the background of the cell, with the noise's correlation.

    Parameters
    ----------
    signal : SignalImage
        Image.
    grid : Grid
        Where its cells are.
    layout : ContrastDetailLayout
        Where the discs are in a cell.
    least_contrast : float
        Difference to the background that a disc has to exceed, over the background.

    Returns
    -------
    Readings
        Of each cell and corner.
    """
    side, reach = grid.side, _reach_px(signal)
    numbers = [(row, column) for row in range(side) for column in range(side)]
    sampled = (_cell(signal, grid, layout, *number) for number in numbers[::_SAMPLED])
    correlation = autocorrelation(
        ((cell.residuals, cell.background) for cell in sampled if cell is not None), reach, fitted=3
    )
    total = max(float(correlation.sum()), 1.0)
    scores, p_values, contrasts = (np.full((side, side, len(CORNER_SIGNS)), np.nan) for _ in range(3))
    for row, column in numbers:
        cell = _cell(signal, grid, layout, row, column)
        if cell is None:
            continue
        reader = _Reader(cell, layout, layout.diameters_mm[row] / 2.0, _pixel_mm(signal, grid, layout), correlation)
        middle = reader.disc(0.0, 0.0)
        for corner, (down, right) in enumerate(CORNER_SIGNS):
            discs = [middle]
            if row >= layout.single_rows:
                disc = reader.disc(down * layout.corner_mm, right * layout.corner_mm)
                discs.append(disc)
                scores[row, column, corner] = disc.signal / np.sqrt(cell.variance * disc.factor)
            p_values[row, column, corner], contrasts[row, column, corner] = reader.test(discs, total, least_contrast)
    return Readings(corner_scores=scores, p_values=p_values, contrasts=contrasts, correlation_px=total)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Disc:
    """Signal over the background's plane, in the sense of the discs, and what its variance follows from."""

    signal: float
    variance: float
    factor: float
    weight: float
    down: float
    right: float


class _Reader:
    """Discs of one cell."""

    def __init__(
        self, cell: _Cell, layout: ContrastDetailLayout, radius: float, pixel_mm: float, correlation: Floats
    ) -> None:
        self._cell, self._layout, self._correlation = cell, layout, correlation
        self._pixel_mm = pixel_mm
        self._radius = max(radius, _LEAST_RADIUS_PX * pixel_mm)

    def disc(self, down: float, right: float) -> _Disc:
        """Disc at a place in mm from the middle of the cell."""
        distance = np.hypot(self._cell.down - down, self._cell.right - right)
        weights = np.clip((self._radius - distance) / self._pixel_mm + 0.5, 0.0, 1.0)
        rows, columns = (np.flatnonzero(weights.any(axis=axis)) for axis in (1, 0))
        part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        weights, residuals = weights[part], self._cell.residuals[part]
        total = float(weights.sum())
        mean = float(np.sum(weights * residuals)) / total
        factor = variance_factor(weights, self._correlation)
        own = float(np.sum(weights * (residuals - mean) ** 2)) / total * (1.0 + factor)
        return _Disc(
            signal=self._layout.sign * mean,
            variance=own if 1.0 / factor >= _OWN_VARIANCE_PX else self._cell.variance,
            factor=factor,
            weight=total,
            down=down,
            right=right,
        )

    def test(self, discs: list[_Disc], correlation_px: float, least_contrast: float) -> tuple[float, float]:
        """One-sided p of the discs together, and their contrast."""
        cell = self._cell
        shares = np.array([disc.weight for disc in discs])
        shares /= shares.sum()
        difference = float(shares @ [disc.signal for disc in discs])
        place = np.array([1.0, shares @ [disc.down for disc in discs], shares @ [disc.right for disc in discs]])
        inside = float(np.sum(shares**2 * [disc.variance * disc.factor for disc in discs]))
        outside = cell.variance * correlation_px * float(place @ cell.inverse @ place)
        level = float(cell.coefficients[0])
        free_inside = max(sum(1.0 / disc.factor for disc in discs) - 1.0, 1.0)
        free_outside = max(float(np.count_nonzero(cell.background)) / correlation_px - len(place), 1.0)
        if discs[0].variance == cell.variance:
            free_inside = free_outside
        freedom = (inside + outside) ** 2 / (inside**2 / free_inside + outside**2 / free_outside)
        score = (difference - least_contrast * abs(level)) / np.sqrt(inside + outside)
        return float(stdtr(freedom, -score)), difference / level if level else np.nan


def _reach_px(signal: SignalImage) -> int:
    return int(np.clip(round(_CORRELATION_MM / min(signal.pitch)), 1, _CORRELATION_MAX_PX))


def _pixel_mm(signal: SignalImage, grid: Grid, layout: ContrastDetailLayout) -> float:
    """Side of a pixel in the object's plane."""
    return float(np.sqrt(signal.pitch[0] * signal.pitch[1])) * layout.cell_mm / grid.cell_mm


def _cell(signal: SignalImage, grid: Grid, layout: ContrastDetailLayout, row: int, column: int) -> _Cell | None:
    """Pixels about a cell, less the plane of its background; None where part of it is padding or off the image."""
    ends = grid.points(row + np.array([0.0, 0.0, 1.0, 1.0]), column + np.array([0.0, 1.0, 0.0, 1.0])) / signal.pitch
    first = np.floor(ends.min(axis=0)).astype(int)
    last = np.ceil(ends.max(axis=0)).astype(int) + 1
    if (first < 0).any() or (last > signal.values.shape).any():
        return None
    part = slice(first[0], last[0]), slice(first[1], last[1])
    middle = grid.points(np.array(row + 0.5), np.array(column + 0.5))
    rows = (np.arange(first[0], last[0]) * signal.pitch[0] - middle[0])[:, None]
    columns = (np.arange(first[1], last[1]) * signal.pitch[1] - middle[1])[None, :]
    to_cells = np.linalg.inv(np.column_stack([grid.down_mm, grid.right_mm])) * layout.cell_mm
    down, right = (to_cells[axis, 0] * rows + to_cells[axis, 1] * columns for axis in (0, 1))
    inner = layout.cell_mm * (0.5 - _LINE_GUARD)
    background = (np.abs(down) <= inner) & (np.abs(right) <= inner)
    radius = layout.diameters_mm[row] / 2.0 + layout.cell_mm * _DISC_GUARD
    places = [(0.0, 0.0)]
    if row >= layout.single_rows:
        places += [(one * layout.corner_mm, other * layout.corner_mm) for one, other in CORNER_SIGNS]
    for place in places:
        background &= (down - place[0]) ** 2 + (right - place[1]) ** 2 > radius**2
    inside = (np.abs(down) <= inner) & (np.abs(right) <= inner)
    if signal.padding is not None and signal.padding[part][inside].any():
        return None
    values = signal.values[part]
    terms = np.stack([np.ones_like(down), down, right])
    chosen = terms[:, background]
    inverse = np.linalg.inv(chosen @ chosen.T)
    coefficients = inverse @ (chosen @ values[background])
    residuals = values - np.tensordot(coefficients, terms, axes=1)
    freedom = chosen.shape[1] - chosen.shape[0]
    return _Cell(
        down=down,
        right=right,
        residuals=residuals,
        background=background,
        coefficients=coefficients,
        inverse=inverse,
        variance=float(np.sum(residuals[background] ** 2)) / freedom,
    )
