"""Profiles of the lines of a flat field: their variance, and how much of it distant parts of a line share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import stdtrit

CONFIDENCE: Final = 0.95
#: parts of a line that are averaged apart: what they share over a gap of one part is no short-range correlation
PARTS: Final = 8

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineMoments:
    """Of one image and direction: profile, its variance, and the variance of lines column by column."""

    profile: Floats
    variance: float
    shared: Floats


def line_moments(rest: Floats, window_px: int) -> LineMoments:
    """Of the profile over the columns of a field without trend."""
    window = window_px | 1
    usable = rest.shape[0] // PARTS * PARTS
    parts = rest[:usable].reshape(PARTS, -1, rest.shape[1]).mean(axis=1)
    parts, profile = (_high_pass(lines, window) for lines in (parts, rest.mean(axis=0)))
    kept = 1.0 - 1.0 / window
    apart = [(one, other) for one in range(PARTS) for other in range(one + 2, PARTS)]
    shared = np.mean([parts[one] * parts[other] for one, other in apart], axis=0) / kept
    return LineMoments(profile=profile, variance=float(np.mean(profile**2)) / kept, shared=shared)


def _high_pass(lines: Floats, window: int) -> Floats:
    reach = window // 2
    rest = lines - uniform_filter1d(lines, window, axis=-1, mode="nearest")
    return np.asarray(rest[..., reach : rest.shape[-1] - reach], dtype=np.float64)


def mean_interval(shared: Floats, window: int) -> tuple[float, float]:
    """Interval of the mean, from means over groups of lines that are wider than what correlates them."""
    count = max(min(shared.size // max(window // 4, 1), 64), 2)
    groups = np.array([group.mean() for group in np.array_split(shared, count)])
    half = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2) * groups.std(ddof=1) / np.sqrt(count))
    return float(groups.mean()) - half, float(groups.mean()) + half
