"""Where a round test object with a ring of discs lies: outer circle by Hough's method, and the angle of its bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics.disc_ring_layout import DiscRingLayout

Floats = NDArray[np.float64]

#: radii that are tried, over the nominal one
_SCALES: Final = (0.85, 1.6)
#: pixels of the coarse image, and share of them that count as edge
_COARSE_MM: Final = 1.0
_EDGES: Final = 0.03
#: directions in which the circle's edge is looked for, and reach on either side in mm
_DIRECTIONS: Final = 360
_REACH_MM: Final = 3.0
#: least share of directions that show the edge of the circle
_LEAST_SHARE: Final = 0.7
#: degrees between directions of the ring, and least correlation of its course with a group of bars
_STEP_DEG: Final = 0.1
_LEAST_LIKENESS: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Place of the object.

    Parameters
    ----------
    centre_mm : tuple of (float, float)
        Row and column from the middle of the first pixel.
    radius_mm : float
        Radius of the plate at the detector.
    bars_rad : float
        Angle of the bars from the upward direction, clockwise.
    """

    centre_mm: tuple[float, float]
    radius_mm: float
    bars_rad: float

    def place(self, angle_rad: float, distance_mm: float) -> tuple[float, float]:
        """Row and column in mm of a place at an angle from the upward direction, clockwise."""
        return (
            self.centre_mm[0] - distance_mm * float(np.cos(angle_rad)),
            self.centre_mm[1] + distance_mm * float(np.sin(angle_rad)),
        )


def find_ring(signal: SignalImage, layout: DiscRingLayout) -> Ring:
    """Circle and bars of an object.

    Parameters
    ----------
    signal : SignalImage
        Image with pixel pitch.
    layout : DiscRingLayout
        What to look for.

    Returns
    -------
    Ring
        With sub-pixel accuracy.

    Raises
    ------
    NotMeasurableError
        ``object_not_found`` without the circle, ``no_marker`` without the bars.
    """
    values = signal.values if signal.padding is None else np.where(signal.padding, 0.0, signal.values)
    coarse = _hough(values, signal, layout)
    centre, radius, share = _refined(values, signal, *coarse)
    if share < _LEAST_SHARE:
        raise NotMeasurableError(
            "object_not_found",
            f"no circle: the best one, of radius {radius:.3g} mm, has an edge over {100.0 * share:.0f} % of its length",
            needed=f"{100.0 * _LEAST_SHARE:g} % or more of a circle of about {layout.plate_radius_mm:g} mm",
            remedy="use an image of the whole object, and check pixel_pitch_mm",
            source=signal.source,
        )
    return Ring(centre_mm=centre, radius_mm=radius, bars_rad=_bars(values, signal, layout, centre, radius))


def _hough(values: Floats, signal: SignalImage, layout: DiscRingLayout) -> tuple[tuple[float, float], float]:
    """Centre and radius that the gradients of most edge pixels point to."""
    blocks = [max(1, int(_COARSE_MM / pitch)) for pitch in signal.pitch]
    counts = [values.shape[axis] // blocks[axis] for axis in (0, 1)]
    part = values[: counts[0] * blocks[0], : counts[1] * blocks[1]]
    coarse = part.reshape(counts[0], blocks[0], counts[1], blocks[1]).mean(axis=(1, 3))
    size = [blocks[axis] * signal.pitch[axis] for axis in (0, 1)]
    smooth = gaussian_filter(coarse, [_COARSE_MM / side for side in size], mode="nearest")
    slopes = np.gradient(smooth, *size)
    steepness = np.hypot(*slopes)
    rows, columns = np.nonzero(steepness >= np.quantile(steepness, 1.0 - _EDGES))
    strength = np.maximum(steepness[rows, columns], 1e-300)
    places = np.column_stack(
        [(rows + 0.5) * size[0] - signal.pitch[0] / 2, (columns + 0.5) * size[1] - signal.pitch[1] / 2]
    )
    ways = np.column_stack([slope[rows, columns] / strength for slope in slopes])
    best = (0.0, (0.0, 0.0), 0.0)
    extent = [counts[axis] * size[axis] for axis in (0, 1)]
    bins = [max(2, int(side / (2.0 * _COARSE_MM))) for side in extent]
    for radius in layout.plate_radius_mm * np.arange(*_SCALES, 0.01):
        for sign in (-1.0, 1.0):
            centres = places + sign * radius * ways
            votes, *edges = np.histogram2d(
                centres[:, 0], centres[:, 1], bins=bins, range=[(0.0, extent[0]), (0.0, extent[1])]
            )
            votes = gaussian_filter(votes, 1.0)
            row, column = np.unravel_index(int(np.argmax(votes)), votes.shape)
            score = float(votes[row, column]) / radius
            if score > best[0]:
                middles = [float(edge[at] + edge[at + 1]) / 2.0 for edge, at in zip(edges, (row, column), strict=True)]
                best = (score, (middles[0], middles[1]), float(radius))
    return best[1], best[2]


def _refined(
    values: Floats, signal: SignalImage, centre: tuple[float, float], radius: float
) -> tuple[tuple[float, float], float, float]:
    """Circle through the steepest places near the coarse one, and the share of directions that have one on it."""
    angles = 2.0 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    step = min(signal.pitch) / 2.0
    share = 0.0
    for reach in (2.5 * _REACH_MM, _REACH_MM, _REACH_MM):
        distances = radius + np.arange(-reach, reach, step)
        smooth = gaussian_filter(_polar(values, signal, centre, angles, distances), [1.0, 0.4 / step], mode="nearest")
        slopes = np.gradient(smooth, step, axis=1)
        sign = np.sign(
            np.nanmedian(slopes[np.arange(len(angles)), np.nanargmax(np.abs(np.nan_to_num(slopes)), axis=1)])
        )
        rising = np.nan_to_num(sign * slopes)
        peaks = np.clip(rising.argmax(axis=1), 1, rising.shape[1] - 2)
        before, at, after = (rising[np.arange(len(angles)), peaks + shift] for shift in (-1, 0, 1))
        curvature = before - 2.0 * at + after
        offset = np.where(curvature < 0, 0.5 * (before - after) / np.where(curvature < 0, curvature, 1.0), 0.0)
        found = distances[peaks] + step * offset
        terms = np.column_stack([np.ones_like(angles), -np.cos(angles), np.sin(angles)])
        used = at > 0
        for _ in range(4):
            if np.count_nonzero(used) < 3:
                return centre, radius, 0.0
            change, *_ = np.linalg.lstsq(terms[used], found[used], rcond=None)
            residuals = np.abs(found - terms @ change)
            used = (residuals <= max(3.0 * float(np.median(residuals)), step)) & (at > 0)
        radius, centre = float(change[0]), (centre[0] + float(change[1]), centre[1] + float(change[2]))
        share = float(np.mean(residuals <= 2.0 * max(signal.pitch)))
    return centre, radius, share


def _bars(
    values: Floats, signal: SignalImage, layout: DiscRingLayout, centre: tuple[float, float], radius: float
) -> float:
    """Angle at which the ring answers a group of bars best."""
    scale = radius / layout.plate_radius_mm
    angles = np.deg2rad(np.arange(0.0, 360.0, _STEP_DEG))
    half = 0.4 * layout.bar_length_mm * scale
    distances = layout.ring_radius_mm * scale + np.arange(-half, half, min(signal.pitch))
    profile = _polar(values, signal, centre, angles, distances).mean(axis=1)
    profile = np.nan_to_num(profile / np.nanmean(profile) - 1.0)
    across = layout.ring_radius_mm * np.where(angles > np.pi, angles - 2.0 * np.pi, angles)
    width = (layout.bar_count - 0.5) * layout.bar_mm
    pattern = np.cos(np.pi * across / layout.bar_mm) * np.exp(-0.5 * (2.0 * across / width) ** 2)
    pattern -= pattern.mean()
    best = int(np.argmax(-np.fft.irfft(np.fft.rfft(profile) * np.conj(np.fft.rfft(pattern)), angles.size)))
    near = np.abs(across) <= 0.5 * width
    likeness = _correlation(-np.roll(profile, -best)[near], pattern[near])
    if likeness < _LEAST_LIKENESS:
        raise NotMeasurableError(
            "no_marker",
            f"no group of bars on the ring: the best place has a correlation of {likeness:.2f} with one",
            needed=f"{_LEAST_LIKENESS:g}, as the bars of a {layout.name}",
            remedy="use an image of such an object, with the bars inside the field",
            source=signal.source,
        )
    return float(angles[best])


def _correlation(one: Floats, other: Floats) -> float:
    if np.ptp(one) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _polar(
    values: Floats, signal: SignalImage, centre: tuple[float, float], angles: Floats, distances: Floats
) -> Floats:
    rows = (centre[0] - np.outer(np.cos(angles), distances)) / signal.pitch[0]
    columns = (centre[1] + np.outer(np.sin(angles), distances)) / signal.pitch[1]
    return np.asarray(map_coordinates(values, [rows, columns], order=1, cval=np.nan), dtype=np.float64)
