"""Angle, distance and place of the lines of a square grid in an image, to about half a millimetre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates

from xrayiq.metrics._image import SignalImage

Floats = NDArray[np.float64]

#: coarse steps for each cell
_STEPS_PER_CELL: Final = 32
#: distances of lines that are tried, over the nominal one, and their relative step
_DISTANCES: Final = (0.4, 2.6)
_DISTANCE_STEP: Final = 0.003
#: quantiles that the high-passed image is cut off at, so that bright edges do not outweigh the lines
_CUT: Final = 0.01
#: quantile that the profile is cut off at, so that all lines count alike
_EVEN: Final = 0.92
#: angles in degrees: step of the first search, and reach and step of the second
_FIRST_DEG: Final = 0.25
_SECOND_DEG: Final = (0.3, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoarseGrid:
    """Grid as the profiles across its lines show it.

    Parameters
    ----------
    angle_rad : float
        From the column axis towards the row axis, 0 to below π/2.
    distance_mm : float
        Distance of the lines at the detector.
    firsts_mm : tuple of (float, float)
        Position of the first line of either direction, along the axis turned from the rows' and from the columns', from
        the outer corner of the first pixel.
    sign : int
        1 for lines brighter than their surroundings, −1 for darker ones.
    evidence : float
        Mean height of the lines over the noise of the profiles.
    """

    angle_rad: float
    distance_mm: float
    firsts_mm: tuple[float, float]
    sign: int
    evidence: float


def search_grid(signal: SignalImage, *, lines: int, cell_mm: float) -> CoarseGrid:
    """Coarse place of a square grid of lines.

    Parameters
    ----------
    signal : SignalImage
        Image with pixel pitch.
    lines : int
        Lines of either direction.
    cell_mm : float
        Nominal distance of the lines.

    Returns
    -------
    CoarseGrid
        The best that there is; `evidence` says how good.
    """
    step = cell_mm / _STEPS_PER_CELL
    ridges, size = _ridges(signal, step)
    angle = _angle(ridges, size)
    profiles = [_profile(ridges, size, turned, step) for turned in (angle + np.pi / 2, angle)]
    best: CoarseGrid | None = None
    distances = cell_mm * np.exp(np.arange(np.log(_DISTANCES[0]), np.log(_DISTANCES[1]), _DISTANCE_STEP))
    for sign in (-1, 1):
        scored = [_even(sign * profile) for _, profile in profiles]
        totals = [_comb(profile, distances / step, lines) for profile in scored]
        number = int(np.argmax(totals[0][0] + totals[1][0]))
        evidence = float(totals[0][0][number] + totals[1][0][number]) / 2.0
        if best is None or evidence > best.evidence:
            best = CoarseGrid(
                angle_rad=angle,
                distance_mm=float(distances[number]),
                firsts_mm=(
                    profiles[0][0] + step * float(totals[0][1][number]),
                    profiles[1][0] + step * float(totals[1][1][number]),
                ),
                sign=sign,
                evidence=evidence,
            )
    if best is None:
        raise ValueError("no sign")
    return best


def _ridges(signal: SignalImage, step: float) -> tuple[Floats, tuple[float, float]]:
    """Image of about one pixel for each step, without its course, and the size of its pixels."""
    values = signal.values
    if signal.padding is not None:
        values = np.where(signal.padding, np.median(values[~signal.padding]), values)
    blocks = [max(1, int(step / pitch)) for pitch in signal.pitch]
    counts = [values.shape[axis] // blocks[axis] for axis in (0, 1)]
    part = values[: counts[0] * blocks[0], : counts[1] * blocks[1]]
    coarse = part.reshape(counts[0], blocks[0], counts[1], blocks[1]).mean(axis=(1, 3))
    size = blocks[0] * signal.pitch[0], blocks[1] * signal.pitch[1]
    fine, broad = (
        gaussian_filter(coarse, [factor * step / side for side in size], mode="nearest") for factor in (0.5, 2.5)
    )
    ridges = fine - broad
    low, high = np.quantile(ridges, (_CUT, 1.0 - _CUT))
    return np.clip(ridges, low, high), size


def _angle(ridges: Floats, size: tuple[float, float]) -> float:
    """Angle of the lines: power along two directions of the spectrum at right angles, then energy of profiles."""
    square = 2 * max(ridges.shape)
    power = np.abs(np.fft.fftshift(np.fft.fft2(ridges - ridges.mean(), (square, square)))) ** 2
    step = 1.0 / (square * max(size))
    radii = np.arange(4.0, square // 2 - 2) * step
    angles = np.deg2rad(np.arange(0.0, 180.0, _FIRST_DEG))
    rows = square // 2 + np.sin(angles)[:, None] * radii * square * size[0]
    columns = square // 2 + np.cos(angles)[:, None] * radii * square * size[1]
    energy = map_coordinates(power, [rows, columns], order=1).sum(axis=1)
    half = angles.size // 2
    first = float(angles[int(np.argmax(energy[:half] + energy[half:]))])
    reach, fine = (np.deg2rad(value) for value in _SECOND_DEG)
    tried = first + np.arange(-reach, reach + fine / 2, fine)
    sharpness = [
        sum(float(np.sum(_profile(ridges, size, turned, min(size))[1] ** 2)) for turned in (angle, angle + np.pi / 2))
        for angle in tried
    ]
    return float(tried[int(np.argmax(sharpness))] % (np.pi / 2))


def _profile(ridges: Floats, size: tuple[float, float], angle: float, step: float) -> tuple[float, Floats]:
    """Position of the first bin in mm, and means along lines across a direction, in units of their noise.

    The direction is turned by `angle` from the column axis towards the row axis; positions are from the outer corner of
    the first pixel.
    """
    rows, columns = ((np.arange(count) + 0.5) * side for count, side in zip(ridges.shape, size, strict=True))
    along = rows[:, None] * np.sin(angle) + columns[None, :] * np.cos(angle)
    start = float(along.min())
    bins = ((along - start) / step).astype(np.intp).ravel()
    counts = np.bincount(bins)
    sums = np.bincount(bins, weights=ridges.ravel())
    profile = sums / np.sqrt(np.maximum(counts, 1))
    deviation = float(np.std(ridges)) or 1.0
    return start + 0.5 * step, gaussian_filter1d(profile / deviation, 0.7)


def _even(profile: Floats) -> Floats:
    top = max(float(np.quantile(np.abs(profile), _EVEN)), 1e-12)
    return np.clip(profile, -top, top)


def _comb(profile: Floats, distances: Floats, lines: int) -> tuple[Floats, Floats]:
    """Best mean over equidistant lines for each distance, over the profile's scatter, and the place of the first."""
    padded = np.concatenate([profile, [0.0]])
    last = profile.size
    scatter = 1.4826 * float(np.median(np.abs(profile - np.median(profile)))) or 1.0
    means, firsts = np.empty(distances.size), np.empty(distances.size)
    starts = np.arange(-1.0, float(last))
    for number, distance in enumerate(distances):
        places = np.rint(starts[:, None] + distance * np.arange(lines)).astype(np.intp)
        places[(places < 0) | (places >= last)] = last
        sums = padded[places].mean(axis=1)
        best = int(np.argmax(sums))
        means[number], firsts[number] = sums[best] / scatter, starts[best]
    return means, firsts
