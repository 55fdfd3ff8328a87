"""Star patterns: their centre, and the contrast of their spokes over radius and direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage

Floats = NDArray[np.float64]

#: blur of the gradients that point at the centre (pixels)
_GRADIENT_SIGMA_PX: Final = 1.5
#: share of the pixels, those of the steepest gradients, that vote for the centre, and number of pairs of them
_VOTING_SHARE: Final = 0.1
_PAIRS: Final = 200_000
#: cell of the map of votes, and distance to the centre of the lines that are kept as it is refined (pixels)
_CELL_PX: Final = 8
_REFINING_PX: Final = (16.0, 8.0, 4.0, 4.0)
#: rings that the centre is refined by, as parts of the star's radius, and number of sectors and of steps
_REFINING_RING: Final = (0.6, 0.95)
_SECTORS: Final = 24
_STEPS: Final = 6
#: least pixels of a ring within a sector that its contrast is taken from
_LEAST_RING_PIXELS: Final = 12
#: least ratio of the eigenvalues of the normal equations of a ring
_WELL_POSED: Final = 1e-3
#: range of radii, as parts of the radius where the contrast has halved, that its course up to the edge is taken from
_COURSE: Final = (0.75, 0.92)
_LEAST_COURSE_RINGS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Star:
    """Pixels of a star pattern in polar coordinates.

    Parameters
    ----------
    values : 1-D array
        Signal of the pixels that are not padding.
    rows_mm, columns_mm : 1-D arrays
        Their positions.
    pairs : int
        Spokes with their gap in a full turn.
    step_mm : float
        Width of a ring.
    """

    values: Floats
    rows_mm: Floats
    columns_mm: Floats
    pairs: int
    step_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contrasts:
    """Fundamental of the spokes in rings.

    Parameters
    ----------
    radii_mm : 1-D array
        Mean radius of each ring; 0 of one without pixels.
    amplitudes : 1-D array of complex
        Amplitude and phase of the fundamental; NaN where a ring has too few pixels.
    means : 1-D array
        Mean signal.
    """

    radii_mm: Floats
    amplitudes: NDArray[np.complex128]
    means: Floats


def star_of(signal: SignalImage, *, pairs: int) -> Star:
    """Pixels of the image with their positions in millimetres."""
    rows_mm, columns_mm = signal.pitch
    inside = np.ones(signal.values.shape, dtype=np.bool_) if signal.padding is None else ~signal.padding
    rows, columns = np.nonzero(inside)
    return Star(
        values=signal.values[inside],
        rows_mm=np.asarray(rows * rows_mm, dtype=np.float64),
        columns_mm=np.asarray(columns * columns_mm, dtype=np.float64),
        pairs=pairs,
        step_mm=max(signal.pitch),
    )


def coarse_centre_mm(signal: SignalImage) -> tuple[float, float]:
    """Point that most edges of the image point at (rows, columns).

    Edges of spokes lie on lines through the centre. Pairs of such lines vote for the point where they meet; the lines
    near the point with most votes then give it by least squares.

    Raises
    ------
    NotMeasurableError
        ``no_star`` where no point has clearly more votes than chance gives.
    """
    values = signal.values
    if signal.padding is not None:
        values = np.where(signal.padding, np.median(values[~signal.padding]), values)
    down = gaussian_filter(values, _GRADIENT_SIGMA_PX, order=(1, 0)) / signal.pitch[0]
    right = gaussian_filter(values, _GRADIENT_SIGMA_PX, order=(0, 1)) / signal.pitch[1]
    steepness = np.hypot(down, right)
    chosen = steepness > np.quantile(steepness, 1.0 - _VOTING_SHARE)
    if signal.padding is not None:
        chosen &= ~signal.padding
    rows, columns = np.nonzero(chosen)
    normals = np.stack([down[chosen], right[chosen]]) / np.maximum(steepness[chosen], np.finfo(np.float64).tiny)
    places = np.stack([rows * signal.pitch[0], columns * signal.pitch[1]])
    offsets = np.sum(normals * places, axis=0)
    centre = _most_voted(signal, normals, offsets)
    for reach in _REFINING_PX:
        near = np.abs(normals.T @ centre - offsets) < reach * max(signal.pitch)
        lines = normals[:, near]
        centre = np.linalg.lstsq(lines.T, offsets[near], rcond=None)[0]
    return float(centre[0]), float(centre[1])


def _most_voted(signal: SignalImage, normals: Floats, offsets: Floats) -> Floats:
    generator = np.random.default_rng(0)
    count = offsets.size
    first, second = generator.integers(0, max(count, 1), (2, _PAIRS)) if count else np.zeros((2, 0), dtype=np.int64)
    crossing = normals[0, first] * normals[1, second] - normals[1, first] * normals[0, second]
    steep = np.abs(crossing) > 0.3  # lines that meet under less than 17 degrees say little
    first, second, crossing = first[steep], second[steep], crossing[steep]
    row = (offsets[first] * normals[1, second] - offsets[second] * normals[1, first]) / crossing
    column = (offsets[second] * normals[0, first] - offsets[first] * normals[0, second]) / crossing
    rows, columns = signal.values.shape
    cells = (max(rows // _CELL_PX, 2), max(columns // _CELL_PX, 2))
    extent = ((0.0, rows * signal.pitch[0]), (0.0, columns * signal.pitch[1]))
    votes, row_edges, column_edges = np.histogram2d(row, column, bins=cells, range=extent)
    votes = gaussian_filter(votes, 1.0)
    best = np.unravel_index(int(np.argmax(votes)), votes.shape)
    expected = float(np.median(votes[votes > 0])) if np.any(votes > 0) else 0.0
    if votes[best] <= 10.0 * expected or votes[best] <= 0:
        raise no_star(signal, "no point that the edges of the image point at")
    cell = (row_edges[1] - row_edges[0], column_edges[1] - column_edges[0])
    return np.array([row_edges[best[0]] + cell[0] / 2, column_edges[best[1]] + cell[1] / 2])


def contrasts(
    star: Star, centre_mm: tuple[float, float], *, direction_deg: float | None = None, half_width_deg: float = 180.0
) -> Contrasts:
    """Fundamental of the spokes over radius, of all directions or of a sector and the one opposite.

    Parameters
    ----------
    star : Star
        The pixels.
    centre_mm : (float, float)
        Row and column of the centre.
    direction_deg : float, optional
        Middle of the sector, from growing columns towards growing rows; all directions without.
    half_width_deg : float
        Of the sector; its directions have a Hann window as weight.

    Returns
    -------
    Contrasts
        In each ring the constant, cosine and sine of the spokes' angle, by weighted least squares.
    """
    down, right = star.rows_mm - centre_mm[0], star.columns_mm - centre_mm[1]
    radius = np.hypot(down, right)
    angle = np.arctan2(down, right)
    values, weight = star.values, np.ones(radius.size)
    if direction_deg is not None:
        away = np.abs((np.rad2deg(angle) - direction_deg + 90.0) % 180.0 - 90.0)  # either side of the centre
        inside = away < half_width_deg
        radius, angle, values = radius[inside], angle[inside], values[inside]
        weight = np.cos(np.pi * away[inside] / (2.0 * half_width_deg)) ** 2
    ring = (radius / star.step_mm).astype(np.int64)
    count = int(ring.max()) + 1 if ring.size else 0
    return _fitted(star.pairs, ring, count, radius, angle, values, weight)


def _fitted(
    pairs: int, ring: NDArray[np.int64], count: int, radius: Floats, angle: Floats, values: Floats, weight: Floats
) -> Contrasts:
    """Constant, cosine and sine of the spokes' angle in each of `count` rings."""
    base = np.stack([np.ones(angle.size), np.cos(pairs * angle), np.sin(pairs * angle)])
    matrix, right_side = np.zeros((count, 3, 3)), np.zeros((count, 3))
    for row in range(3):
        weighted = weight * base[row]
        right_side[:, row] = np.bincount(ring, weighted * values, count)
        for column in range(row + 1):
            matrix[:, row, column] = np.bincount(ring, weighted * base[column], count)
            matrix[:, column, row] = matrix[:, row, column]
    pixels = np.bincount(ring, minlength=count)
    radii = np.bincount(ring, weight * radius, count) / np.maximum(matrix[:, 0, 0], np.finfo(np.float64).tiny)
    usable = (pixels >= _LEAST_RING_PIXELS) & (matrix[:, 0, 0] > 0)
    sizes = np.linalg.eigvalsh(matrix[usable])
    usable[usable] = sizes[:, 0] > _WELL_POSED * sizes[:, -1]
    found = np.full((count, 3), np.nan)
    found[usable] = np.linalg.solve(matrix[usable], right_side[usable][:, :, None])[:, :, 0]
    return Contrasts(radii_mm=radii, amplitudes=found[:, 1] - 1j * found[:, 2], means=found[:, 0])


def outer_radius_mm(star: Star, centre_mm: tuple[float, float]) -> float | None:
    """Radius where the spokes end: where their contrast has fallen to half of its course inside; None if off the image.

    Sectors are taken one by one, so that an error of the centre of a part of a spoke does no harm.
    """
    down, right = star.rows_mm - centre_mm[0], star.columns_mm - centre_mm[1]
    radius, angle = np.hypot(down, right), np.arctan2(down, right)
    ring = (radius / star.step_mm).astype(np.int64)
    count = int(ring.max()) + 1
    sector = (angle / np.pi * _SECTORS).astype(np.int64) % _SECTORS  # with the one opposite
    parts = _fitted(
        star.pairs, ring + count * sector, count * _SECTORS, radius, angle, star.values, np.ones(radius.size)
    )
    amplitudes = np.abs(parts.amplitudes).reshape(_SECTORS, count)
    seen = np.isfinite(amplitudes).sum(axis=0) >= _SECTORS / 2
    course = np.nanmedian(amplitudes[:, seen], axis=0)
    radii = (np.arange(count)[seen] + 0.5) * star.step_mm
    if course.size < 2 * _LEAST_RING_PIXELS:
        return None
    edge = _last_crossing(radii, course, np.full(course.size, 0.5 * float(np.max(course))))
    for _ in range(2):
        if edge is None:
            return None
        inside = (radii > _COURSE[0] * edge) & (radii < _COURSE[1] * edge)
        if np.count_nonzero(inside) < _LEAST_COURSE_RINGS:
            return None
        slope, level = np.polyfit(radii[inside], course[inside], 1)
        edge = _last_crossing(radii, course, 0.5 * (level + slope * np.minimum(radii, 1.1 * edge)))
    return edge


def _last_crossing(radii: Floats, course: Floats, level: Floats) -> float | None:
    """Outermost radius where a course falls below a level, between the two rings about it; None if it never does."""
    above = np.flatnonzero(course >= level)
    if above.size == 0 or above[-1] == course.size - 1:
        return None
    last = int(above[-1])
    excess = course[last : last + 2] - level[last : last + 2]
    return float(radii[last] + (radii[last + 1] - radii[last]) * excess[0] / (excess[0] - excess[1]))


def refined_centre_mm(star: Star, centre_mm: tuple[float, float], radius_mm: float) -> tuple[float, float]:
    """Centre from which the spokes have one phase, or its opposite, in all directions."""
    row, column = centre_mm
    middle = (np.arange(_SECTORS) + 0.5) * 2.0 * np.pi / _SECTORS
    for _ in range(_STEPS):
        waves, inverse = _edge_waves(star, (row, column), radius_mm)
        phase = np.angle(waves**2 * np.conj(np.sum(waves**2))) / 2.0  # blur may have changed spokes and gaps over
        shift = star.pairs * inverse
        matrix = np.column_stack([shift * np.cos(middle), -shift * np.sin(middle), np.ones(_SECTORS)])
        step = np.linalg.lstsq(matrix * np.abs(waves)[:, None], phase * np.abs(waves), rcond=None)[0]
        row, column = row + float(step[0]), column + float(step[1])
    return row, column


def edge_phase(star: Star, centre_mm: tuple[float, float], radius_mm: float) -> tuple[complex, float]:
    """Phase of the spokes at the star's edge as a complex number of size 1, and how far all directions agree on it.

    Directions with spokes and gaps changed over count as agreeing: 1 for a star, about 0.2 for anything else.
    """
    waves, _ = _edge_waves(star, centre_mm, radius_mm)
    seen = waves[np.abs(waves) > 0]
    if seen.size == 0:
        return 1.0 + 0.0j, 0.0
    agreement = float(abs(np.mean((seen / np.abs(seen)) ** 2)))
    phase = np.exp(-0.5j * np.angle(np.sum(seen**2)))
    strongest = np.sum((seen * phase).real * np.abs(seen))
    return complex(phase * np.sign(strongest or 1.0)), agreement


def _edge_waves(star: Star, centre_mm: tuple[float, float], radius_mm: float) -> tuple[NDArray[np.complex128], Floats]:
    """Fundamental of the spokes near the star's edge, and mean of 1 / radius, in each sector of a turn."""
    down, right = star.rows_mm - centre_mm[0], star.columns_mm - centre_mm[1]
    radius = np.hypot(down, right)
    ring = (radius > _REFINING_RING[0] * radius_mm) & (radius < _REFINING_RING[1] * radius_mm)
    radius, angle, values = radius[ring], np.arctan2(down[ring], right[ring]), star.values[ring]
    sector = ((angle / (2.0 * np.pi) * _SECTORS) % _SECTORS).astype(np.int64) % _SECTORS
    counts = np.maximum(np.bincount(sector, minlength=_SECTORS), 1)
    level = np.bincount(sector, values, _SECTORS) / counts
    wave = (values - level[sector]) * np.exp(1j * star.pairs * angle)
    waves = np.bincount(sector, wave.real, _SECTORS) + 1j * np.bincount(sector, wave.imag, _SECTORS)
    return waves, np.bincount(sector, 1.0 / radius, _SECTORS) / counts


def no_star(signal: SignalImage, found: str) -> NotMeasurableError:
    """Refusal of an image in which no star of such spokes can be seen."""
    return NotMeasurableError(
        "no_star",
        found,
        needed="a star pattern of equal spokes and gaps all around, with its centre on the image",
        remedy="check the spoke's angle, the position of the star and the exposure",
        source=signal.source,
    )
