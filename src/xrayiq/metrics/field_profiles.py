"""Where the penumbra of a blade lies in profiles across it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels.line_fit import robust_line_fit
from xrayiq_kernels.step_offsets import matched_steps, rising_steps

LEVEL_FROM_MM: Final = 2.5
#: the search for a step starts this far to either side of the line, and a profile must correlate with it this much
STEP_REACH_MM: Final = 1.0
LEAST_MATCH: Final = 0.9
#: share of unexplained variance that halves the weight of a profile
UNEXPLAINED_HALF: Final = 0.003
REVERSED_WEIGHT: Final = 0.5
LEAST_BLUR_MM: Final = 0.2
#: Tukey's biweight keeps 95 % efficiency at this multiple of the scale
TUKEY: Final = 4.685
LEAST_SCALE_MM: Final = 0.1
#: neighbouring profiles err together, by anatomy that crosses them: this many count as one
PROFILES_PER_OBSERVATION: Final = 8.0
LEAST_BELIEVED: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """Inclination of a side against the line it was measured along.

    Parameters
    ----------
    value : float
        Pixels across per pixel along.
    sd : float
        Its standard deviation; inf where nothing is known.
    """

    value: float = 0.0
    sd: float = np.inf


def step_offsets(
    profiles: NDArray[np.float64], offsets: NDArray[np.float64], pitch_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offset of the blurred step in each profile, and its weight.

    Parameters
    ----------
    profiles : (profiles, offsets) array of float64
        Signal across the side, from outside to inside.
    offsets : (offsets,) array of float64
        Evenly spaced places in pixels, 0 on the expected line.
    pitch_mm : float
        Pixel pitch of the grid.

    Returns
    -------
    tuple of (profiles,) arrays
        Offsets in pixels; weights from 0 to 1, all 0 where no profile rises.

    Notes
    -----
    A step with the penumbra of the clear profiles is looked for near the median of their rises; anatomy farther off
    takes no part. The weight falls with the share of the profile's variance that the step leaves unexplained, to which
    the variance of the offset is proportional; steps that are darker inside (thick anatomy beside scatter) count by
    `REVERSED_WEIGHT`.
    """
    shift, blur, rises = rising_steps(profiles, offsets, LEVEL_FROM_MM / pitch_mm)
    if not rises:
        return np.zeros(len(profiles)), np.zeros(len(profiles))
    return matched_steps(
        profiles,
        offsets,
        shift,
        max(blur, LEAST_BLUR_MM / pitch_mm),
        STEP_REACH_MM / pitch_mm,
        LEAST_MATCH,
        UNEXPLAINED_HALF,
        REVERSED_WEIGHT,
    )


def robust_line(
    positions: NDArray[np.float64],
    crossings: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    least_scale: float,
    expected: Slope,
) -> tuple[float, Slope]:
    """Intercept and slope by least absolute deviations, then Tukey's biweight.

    The expected slope counts as one more observation, so that it decides only where the profiles contradict each
    other; the less, the farther it is from what they say, and not at all `LEAST_BELIEVED` standard deviations away, as
    on a field that is no rectangle.

    Parameters
    ----------
    positions, crossings, weights : 1-D arrays of float64
        Places along the side, offsets across it, and their weights.
    least_scale : float
        Deviations below this count as equal.
    expected : Slope
        From the other sides.

    Returns
    -------
    tuple of (float, Slope)
        Intercept, and the slope with the standard deviation that the profiles alone give it.
    """
    used = weights > 0
    x, y, base = positions[used], crossings[used], weights[used]
    intercept, free = _fit(x, y, base, least_scale, Slope())
    apart = (free.value - expected.value) / np.hypot(free.sd, expected.sd)
    belief = max(1.0 - (apart / LEAST_BELIEVED) ** 2, 0.0)
    if belief == 0.0:
        return intercept, free
    intercept, slope = _fit(x, y, base, least_scale, Slope(value=expected.value, sd=expected.sd / belief))
    return intercept, Slope(value=slope.value, sd=free.sd)


def _fit(
    x: NDArray[np.float64], y: NDArray[np.float64], base: NDArray[np.float64], least_scale: float, expected: Slope
) -> tuple[float, Slope]:
    precision = 1.0 / max(expected.sd, 1e-9) ** 2
    intercept, slope, sd = robust_line_fit(
        x, y, base, least_scale, expected.value, precision, TUKEY, PROFILES_PER_OBSERVATION
    )
    return intercept, Slope(value=slope, sd=sd)
