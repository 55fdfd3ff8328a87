"""Power of half-overlapping ROIs of 256 × 256 pixels; what ROIs share is transformed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._threads import in_threads
from xrayiq_kernels.half_overlap import BLOCK_SHAPE, HALF, POSITIONS, SIDE, add_band_power, detrend_band

#: rows of ROIs that are worked on as one part; each part repeats the columns of one row of blocks
_PART_ROWS: Final = 6
#: pixels of either direction that tell how large the residuals of floats are
_SPARSE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HalfOverlapPower:
    """Sums over half-overlapping ROIs.

    Parameters
    ----------
    power : array of shape (256, 129)
        Σ |DFT|² over the ROIs, non-negative half of the horizontal frequencies.
    pixel_count : int
        Pixels in the ROIs, with overlaps counted once.
    value_sum, square_sum : float
        Over these pixels: Σ (value − constant term of the trend) and Σ (value − trend)².
    """

    power: NDArray[np.float64]
    pixel_count: int
    value_sum: float
    square_sum: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _PartSums:
    power: NDArray[np.float64]
    ends: NDArray[np.float64]
    moments: NDArray[np.float64]


def half_overlap_power(
    values: NDArray[Any], coefficients: NDArray[np.float64], used: NDArray[np.bool_]
) -> HalfOverlapPower:
    """Power of half-overlapping ROIs of 256 × 256 pixels, in single precision.

    Parameters
    ----------
    values : 2-D array
        Any integer or float dtype, C-contiguous; not finite only outside the ROIs that count.
    coefficients : array of shape (3, 3)
        Trend, as `detrend_band` has it.
    used : 2-D array of bool
        ROIs that count, in rows and columns; the first begins at the upper left pixel, the next 128 pixels on.

    Returns
    -------
    HalfOverlapPower
        Differs from that in double precision by at most 10⁻⁶ of the geometric mean of the power and the greatest
        power over all frequencies. The same for any number of threads.
    """
    count = -(-used.shape[0] // _PART_ROWS)
    scale = 1.0 if values.dtype.kind in "ui" else _scale(values, coefficients[0, 0])
    counted = np.zeros((used.shape[0] + 1, used.shape[1] + 1), dtype=np.bool_)
    for down in (0, 1):
        for right in (0, 1):
            counted[down : down + used.shape[0], right : right + used.shape[1]] |= used

    def work(rows: NDArray[np.int64]) -> _PartSums:
        return _part_sums(values, coefficients, scale, used, counted, rows)

    parts = in_threads(work, np.array_split(np.arange(used.shape[0]), count))
    power, ends, moments = (sum(getattr(part, name) for part in parts) for name in ("power", "ends", "moments"))
    return HalfOverlapPower(
        power=_half_plane(power, ends) / scale**2,
        pixel_count=int(np.count_nonzero(counted)) * HALF**2,
        value_sum=float(moments[0]),
        square_sum=float(moments[1]),
    )


def _part_sums(
    values: NDArray[Any],
    coefficients: NDArray[np.float64],
    scale: float,
    used: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    rows: NDArray[np.int64],
) -> _PartSums:
    """Sums over some rows of ROIs; blocks of the first row of blocks count in the part above, if there is one."""
    blocks = counted.shape[1]
    band = np.empty((HALF, HALF * blocks), dtype=np.float32)
    above = np.zeros((blocks, *BLOCK_SHAPE), dtype=np.float32)
    sums = _PartSums(power=np.zeros((SIDE, HALF)), ends=np.zeros((2, SIDE)), moments=np.zeros(2))
    none, no_blocks = np.zeros(used.shape[1], dtype=np.bool_), np.zeros(blocks, dtype=np.bool_)
    first = int(rows[0])
    detrend_band(values, coefficients, scale, first, no_blocks if first else counted[0], band, sums.moments)
    add_band_power(band, none, above, sums.power, sums.ends)
    for row in rows + 1:
        detrend_band(values, coefficients, scale, row, counted[row], band, sums.moments)
        add_band_power(band, used[row - 1], above, sums.power, sums.ends)
    return sums


def _half_plane(power: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """From non-negative vertical frequencies and all horizontal ones to the other way round."""
    upper = np.empty((HALF + 1, SIDE))
    upper[:HALF] = power[POSITIONS].T / 4
    upper[[0, HALF]] = ends[:, POSITIONS] / 16
    horizontal = np.arange(HALF + 1)
    half = np.empty((SIDE, HALF + 1))
    half[: HALF + 1] = upper[:, horizontal]
    # a real image has the same power at opposite frequencies
    half[HALF + 1 :] = upper[HALF - 1 : 0 : -1, -horizontal % SIDE]
    return half


def _scale(values: NDArray[Any], level: float) -> float:
    """Power of two that brings floats to the order of one."""
    some = np.abs(np.asarray(values[::_SPARSE, ::_SPARSE], dtype=np.float64) - level)
    greatest = float(np.max(some, where=np.isfinite(some), initial=0.0))
    return float(2.0 ** -np.floor(np.log2(greatest))) if greatest > 0 else 1.0
