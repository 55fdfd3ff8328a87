"""Round markers in a collimated field, as coins, washers or beads: centre and radius from their visible outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, map_coordinates

Floats = NDArray[np.float64]

#: cells of the grid on which markers are looked for, and the least radius of one
_CELL_MM: Final = 0.5
_LEAST_RADIUS_MM: Final = 1.0
#: distance from the field's sides within which its penumbra takes part
_PENUMBRA_MM: Final = 1.5
#: a cell is of a marker that lies this part, and this many robust standard deviations, below the field about it
_LEAST_CONTRAST: Final = 0.12
_LEAST_DEPTH: Final = 5.0
_SURFACE_STEPS: Final = 8
_SURFACE_CELLS: Final = 4000
#: rays from the centre of a marker, and steps along them
_RAYS: Final = 180
_STEP_MM: Final = 0.1
_FITS: Final = 3
_CIRCLE_STEPS: Final = 6
#: distance from the circle within which its outline lies, the part of the rays that must show it, and of what they show
_OUTLINE_MM: Final = 0.35
_LEAST_ARC: Final = 0.25
_LEAST_ROUND: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundMarker:
    """One marker, at the detector.

    Parameters
    ----------
    centre_mm : tuple of (float, float)
        Down and to the right of the centre of the first pixel.
    radius_mm : float
        Of its outline, half-way between its level and that of the field.
    arc_fraction : float
        Part of its outline that is seen.
    transmission : float
        Its level over that of the field about it.
    """

    centre_mm: tuple[float, float]
    radius_mm: float
    arc_fraction: float
    transmission: float


def find_round_markers(
    values: Floats, corners_mm: Floats, *, pitch: tuple[float, float]
) -> tuple[tuple[RoundMarker, ...], int]:
    """Round markers inside a field.

    Parameters
    ----------
    values : 2-D array
        Linear signal, finite.
    corners_mm : (4, 2) array
        Corners of the field, clockwise, down and to the right of the centre of the first pixel.
    pitch : tuple of (float, float)
        Distance of rows and of columns in mm.

    Returns
    -------
    tuple of (tuple of RoundMarker, int)
        From the top down; and how many other things as dark lie in the field.

    Notes
    -----
    A quadratic surface through the logarithm of the field, fitted without what lies below it, is the level that
    markers are compared with. What lies below it is parted into discs by its distance transform, from whose peaks rays
    find the outline to a part of a pixel: where the signal passes the middle between both levels for the last time. A
    circle is fitted to the outline where it is not near the field's sides, which may cut it.
    """
    factors = tuple(max(1, round(_CELL_MM / step)) for step in pitch)
    cells = _block_means(values, factors)
    cell = (factors[0] * pitch[0], factors[1] * pitch[1])
    origin = tuple((factor - 1) / 2.0 * step for factor, step in zip(factors, pitch, strict=True))
    grid = np.meshgrid(*(np.arange(count) for count in cells.shape), indexing="ij")
    places = np.asarray(np.stack(grid, axis=-1) * cell + origin, dtype=np.float64)
    inside = depths_mm(corners_mm, places).min(axis=-1) > _PENUMBRA_MM
    if np.count_nonzero(inside) < 100:
        return (), 0
    surface = _Surface(cells, places, inside)
    dark = inside & (cells < (1.0 - surface.contrast) * surface.level(places))
    dark = np.asarray(binary_fill_holes(dark), dtype=np.bool_) & inside
    level = 1.0 - 0.5 * _LEAST_CONTRAST
    found: list[RoundMarker] = []
    refused = 0
    for seed, radius in _seeds(dark, cell, origin):
        if any(_apart(seed, marker.centre_mm) < 0.8 * marker.radius_mm for marker in found):
            continue
        marker = _fitted(values, surface, corners_mm, pitch, seed, radius)
        if marker is None or marker.transmission > level:
            refused += 1
        elif all(
            _apart(marker.centre_mm, other.centre_mm) > 0.5 * max(marker.radius_mm, other.radius_mm) for other in found
        ):
            found.append(marker)
    return tuple(sorted(found, key=lambda marker: marker.centre_mm)), refused


class _Surface:
    """Level of the field without markers: exp of a quadratic surface."""

    def __init__(self, cells: Floats, places: Floats, inside: NDArray[np.bool_]) -> None:
        points, logs = places[inside], np.log(np.maximum(cells[inside], 1e-9 * float(cells[inside].max())))
        self._middle, self._half = points.mean(axis=0), np.maximum(np.ptp(points, axis=0) / 2.0, 1e-9)
        step = max(1, len(points) // _SURFACE_CELLS)
        terms, logs = self._terms(points[::step]), logs[::step]
        used = logs > np.quantile(logs, 0.5) - 1.0
        for _ in range(_SURFACE_STEPS):
            self._coefficients, *_ = np.linalg.lstsq(terms[used], logs[used], rcond=None)
            left = logs - terms @ self._coefficients
            spread = 1.4826 * float(np.median(np.abs(left[used] - np.median(left[used]))))
            used = left > -max(3.0 * spread, 1e-3)
        self.contrast = max(_LEAST_CONTRAST, _LEAST_DEPTH * spread)

    def _terms(self, places_mm: Floats) -> Floats:
        down, right = np.moveaxis((places_mm - self._middle) / self._half, -1, 0)
        return np.stack([np.ones_like(down), down, right, down * down, right * right, down * right], axis=-1)

    def level(self, places_mm: Floats) -> Floats:
        """Signal that the field would have at places (…, 2)."""
        return np.asarray(np.exp(self._terms(places_mm) @ self._coefficients), dtype=np.float64)


def _seeds(
    dark: NDArray[np.bool_], cell: tuple[float, ...], origin: tuple[float, ...]
) -> list[tuple[tuple[float, float], float]]:
    """Centres and radii of discs that what is dark may be made of, the largest first."""
    mean = float(np.sqrt(cell[0] * cell[1]))
    distance = cv2.distanceTransform(np.pad(dark, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    peaks = (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8))) & (distance * mean >= 0.7 * _LEAST_RADIUS_MM)
    rows, columns = np.nonzero(peaks)
    radii = distance[rows, columns] * mean
    found: list[tuple[tuple[float, float], float]] = []
    for at in np.argsort(-radii, kind="stable"):
        place = (float(rows[at] * cell[0] + origin[0]), float(columns[at] * cell[1] + origin[1]))
        if all(_apart(place, other) > 0.9 * max(radius, float(radii[at])) for other, radius in found):
            found.append((place, float(radii[at])))
    return found


def _fitted(
    values: Floats,
    surface: _Surface,
    corners_mm: Floats,
    pitch: tuple[float, float],
    seed: tuple[float, float],
    radius: float,
) -> RoundMarker | None:
    """Circle through the outline about a seed; None where the outline is no circle."""
    angles = 2.0 * np.pi * np.arange(_RAYS) / _RAYS
    ways = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    centre = np.array(seed)
    for _ in range(_FITS):
        distances = np.arange(0.0, 2.0 * radius + 3.0, _STEP_MM)
        places = centre + distances[None, :, None] * ways[:, None, :]
        ratio = _read(values, places, pitch) / surface.level(places)
        within = ratio[:, distances <= 0.6 * radius]
        transmission = float(np.quantile(within, 0.25))
        crossing = _outline(ratio, distances, 0.5 * (1.0 + transmission), 0.5 * radius)
        points = centre + crossing[:, None] * ways
        usable = np.isfinite(crossing)
        usable[usable] = depths_mm(corners_mm, points[usable]).min(axis=-1) > _PENUMBRA_MM
        if np.count_nonzero(usable) < _LEAST_ARC * _RAYS:
            return None
        centre, radius, apart = _circle(points[usable])
        near = apart <= max(_OUTLINE_MM, 1.5 * max(pitch), 0.03 * radius)
        if not _LEAST_RADIUS_MM <= radius <= np.ptp(corners_mm, axis=0).max() / 4.0:
            return None
    if np.count_nonzero(near) < max(_LEAST_ROUND * np.count_nonzero(usable), _LEAST_ARC * _RAYS):
        return None
    return RoundMarker(
        centre_mm=(float(centre[0]), float(centre[1])),
        radius_mm=radius,
        arc_fraction=float(np.count_nonzero(near) / _RAYS),
        transmission=transmission,
    )


def _outline(ratio: Floats, distances: Floats, level: float, least: float) -> Floats:
    """Distance on each ray from which the signal stays above a level for a millimetre; NaN where it never does."""
    above = ratio > level
    length = round(1.0 / _STEP_MM)
    counts = np.cumsum(above, axis=1)
    stays = np.zeros_like(above)
    stays[:, 1:-length] = (counts[:, length:-1] - counts[:, : -length - 1] == length) & ~above[:, : -length - 1]
    stays &= distances > least
    first = stays.argmax(axis=1)
    rays = np.arange(len(ratio))
    before, after = ratio[rays, first - 1], ratio[rays, first]
    part = (level - before) / np.where(after > before, after - before, 1.0)
    return np.where(stays.any(axis=1), distances[first - 1] + _STEP_MM * part, np.nan)


def _circle(points: Floats) -> tuple[Floats, float, Floats]:
    """Centre and radius by least squares with Tukey's weights, and how far each point lies from it."""
    weights = np.ones(len(points))
    terms = np.column_stack([2.0 * points, np.ones(len(points))])
    squares = np.sum(points**2, axis=1)
    for _ in range(_CIRCLE_STEPS):
        root = np.sqrt(weights)
        solution, *_ = np.linalg.lstsq(terms * root[:, None], squares * root, rcond=None)
        centre = solution[:2]
        radius = float(np.sqrt(max(solution[2] + centre @ centre, 0.0)))
        apart = np.abs(np.hypot(*(points - centre).T) - radius)
        scale = max(4.685 * 1.4826 * float(np.median(apart)), 0.05)
        weights = np.where(apart < scale, (1.0 - (apart / scale) ** 2) ** 2, 0.0)
    return centre, radius, apart


def depths_mm(corners_mm: Floats, places_mm: Floats) -> Floats:
    """Distance of places (…, 2) inside each side of a field (upper, right, lower, left), along the last axis."""
    along = np.roll(corners_mm, -1, axis=0) - corners_mm
    inward = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.hypot(along[:, 0], along[:, 1])[:, None]
    return np.asarray(places_mm @ inward.T - np.sum(corners_mm * inward, axis=1), dtype=np.float64)


def _read(values: Floats, places_mm: Floats, pitch: tuple[float, float]) -> Floats:
    return np.asarray(
        map_coordinates(values, np.moveaxis(places_mm / np.array(pitch), -1, 0), order=1, mode="nearest"),
        dtype=np.float64,
    )


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(np.hypot(one[0] - other[0], one[1] - other[1]))


def _block_means(values: Floats, factors: tuple[int, ...]) -> Floats:
    """Means over whole blocks."""
    rows, columns = (count // factor for count, factor in zip(values.shape, factors, strict=True))
    cut = values[: rows * factors[0], : columns * factors[1]]
    return np.asarray(cut.reshape(rows, factors[0], columns, factors[1]).mean(axis=(1, 3)), dtype=np.float64)
