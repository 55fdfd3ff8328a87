"""Power of regions of 256 × 256 pixels that overlap by half.

An image is cut into blocks of 128 × 128 pixels, four of which make a region. Each column of a block is transformed
once, padded with zeros to 256, for all four regions that hold it: the column of a region has the transform of its upper
block plus that of the lower times (−1)ᵏ. Two real columns make one complex column. Rows are transformed per region.

All lines run through four stages of radix 4, many lines side by side, in place, so that frequencies come out in the
order of `POSITIONS`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel

SIDE: Final = 256
HALF: Final = 128
_QUARTER: Final = 64
#: a quarter of the frequencies, and what keeps columns apart in the cache
_LINE: Final = 72

_TURNS: Final = 2.0 * np.pi * np.arange(3 * _QUARTER) / SIDE
_COSINES: Final = np.cos(_TURNS).astype(np.float32)
_SINES: Final = (-np.sin(_TURNS)).astype(np.float32)
#: place of each frequency: its four digits of base 4 in reverse
POSITIONS: Final = np.arange(SIDE).reshape(4, 4, 4, 4).transpose(3, 2, 1, 0).reshape(SIDE).copy()
#: shape of what a row of blocks leaves to the next one, per block
BLOCK_SHAPE: Final = (2, 2, HALF, _LINE)

Plane = NDArray[np.float32]
Lines = NDArray[np.float32]


@kernel
def detrend_band(
    values: NDArray[Any],
    coefficients: NDArray[np.float64],
    scale: float,
    band: int,
    counted: NDArray[np.bool_],
    residuals: Plane,
    moments: NDArray[np.float64],
) -> None:
    """A row of blocks less the trend, and its moments.

    Parameters
    ----------
    values : 2-D array
        Any integer or float dtype, C-contiguous; not finite only where no region counts.
    coefficients : array of shape (3, 3)
        Trend: coefficient of yᵃxᵇ at [a, b], row y and column x each from −1 to 1 over the image.
    scale : float
        The residuals are multiplied with it, so that they are of the order of 1 to 10⁶.
    band : int
        Row of blocks, from 0; its first pixel row is 128 times that.
    counted : 1-D array of bool, one per block
        Blocks whose pixels enter `moments`.
    residuals : array of float32 of shape (128, 128 · blocks)
        Overwritten.
    moments : array of float64 of shape (2,)
        Added to: Σ (value − coefficients[0, 0]) and Σ (value − trend)² over the pixels that count.
    """
    rows, columns = values.shape
    width = residuals.shape[1]
    places = np.empty(width)
    for column in range(width):
        places[column] = 2.0 * column / max(columns - 1, 1) - 1.0
    level = coefficients[0, 0]
    totals = np.zeros(width)
    squares = np.zeros(width)
    for row in range(HALF):
        y = 2.0 * (HALF * band + row) / max(rows - 1, 1) - 1.0
        constant = coefficients[0, 0] + y * (coefficients[1, 0] + y * coefficients[2, 0])
        linear = coefficients[0, 1] + y * (coefficients[1, 1] + y * coefficients[2, 1])
        square = coefficients[0, 2] + y * (coefficients[1, 2] + y * coefficients[2, 2])
        pixels = values[HALF * band + row]
        line = residuals[row]
        for column in range(width):
            x = places[column]
            value = np.float64(pixels[column])
            residual = value - (constant + x * (linear + x * square))
            totals[column] += value - level
            squares[column] += residual * residual
            line[column] = np.float32(residual * scale)
    for column in range(width):
        if counted[column // HALF]:
            moments[0] += totals[column]
            moments[1] += squares[column]


@kernel
def _begin_columns(block: Plane, real: Plane, imaginary: Plane) -> None:
    """First stage of padded columns; the left half of the block is the real part, the right half the imaginary one."""
    for row in range(_QUARTER):
        c1, s1 = _COSINES[row], _SINES[row]
        c2, s2 = _COSINES[2 * row], _SINES[2 * row]
        c3, s3 = _COSINES[3 * row], _SINES[3 * row]
        for lane in range(real.shape[1]):
            a, b = block[row, lane], block[row, lane + _QUARTER]
            c, d = block[row + _QUARTER, lane], block[row + _QUARTER, lane + _QUARTER]
            real[row, lane] = a + c
            imaginary[row, lane] = b + d
            p, q = a + d, b - c
            real[row + 64, lane] = p * c1 - q * s1
            imaginary[row + 64, lane] = p * s1 + q * c1
            p, q = a - c, b - d
            real[row + 128, lane] = p * c2 - q * s2
            imaginary[row + 128, lane] = p * s2 + q * c2
            p, q = a - d, b + c
            real[row + 192, lane] = p * c3 - q * s3
            imaginary[row + 192, lane] = p * s3 + q * c3


@kernel
def _finish(real: Plane, imaginary: Plane) -> None:
    """Second to fourth stage of every line, over groups of 64, 16 and 4 rows."""
    lanes = real.shape[1]
    length = SIDE // 4
    while length >= 4:
        quarter = length // 4
        step = SIDE // length
        for first in range(0, SIDE, length):
            for row in range(quarter):
                c1, s1 = _COSINES[row * step], _SINES[row * step]
                c2, s2 = _COSINES[2 * row * step], _SINES[2 * row * step]
                c3, s3 = _COSINES[3 * row * step], _SINES[3 * row * step]
                r0 = first + row
                r1 = r0 + quarter
                r2 = r1 + quarter
                r3 = r2 + quarter
                for lane in range(lanes):
                    even_sum = real[r0, lane] + real[r2, lane]
                    even_sum_i = imaginary[r0, lane] + imaginary[r2, lane]
                    even_rest = real[r0, lane] - real[r2, lane]
                    even_rest_i = imaginary[r0, lane] - imaginary[r2, lane]
                    odd_sum = real[r1, lane] + real[r3, lane]
                    odd_sum_i = imaginary[r1, lane] + imaginary[r3, lane]
                    odd_rest = real[r1, lane] - real[r3, lane]
                    odd_rest_i = imaginary[r1, lane] - imaginary[r3, lane]
                    real[r0, lane] = even_sum + odd_sum
                    imaginary[r0, lane] = even_sum_i + odd_sum_i
                    p, q = even_rest + odd_rest_i, even_rest_i - odd_rest
                    real[r1, lane] = p * c1 - q * s1
                    imaginary[r1, lane] = p * s1 + q * c1
                    p, q = even_sum - odd_sum, even_sum_i - odd_sum_i
                    real[r2, lane] = p * c2 - q * s2
                    imaginary[r2, lane] = p * s2 + q * c2
                    p, q = even_rest - odd_rest_i, even_rest_i + odd_rest
                    real[r3, lane] = p * c3 - q * s3
                    imaginary[r3, lane] = p * s3 + q * c3
        length //= 4


@kernel
def _part_pairs(real: Plane, imaginary: Plane) -> None:
    """Twice the transforms of the two real columns of each pair: left ones at k, right ones at −k."""
    for frequency in range(1, HALF):
        here, there = POSITIONS[frequency], POSITIONS[SIDE - frequency]
        for lane in range(real.shape[1]):
            a, b = real[here, lane], imaginary[here, lane]
            c, d = real[there, lane], imaginary[there, lane]
            real[here, lane] = a + c
            imaginary[here, lane] = b - d
            real[there, lane] = b + d
            imaginary[there, lane] = c - a


@kernel
def _turn(source: Plane, first: int, columns: Plane, is_right: bool) -> None:
    """Columns become lines of 64 frequencies; frequency 0, which has its own place, is left out."""
    for index in range(first == 0, _QUARTER):
        row = POSITIONS[SIDE - first - index] if is_right else POSITIONS[first + index]
        for lane in range(source.shape[1]):
            columns[lane, index] = source[row, lane]


@kernel
def _turn_ends(real: Plane, imaginary: Plane, columns: Lines) -> None:
    """Frequencies 0 and 128 of real columns are real: they make one complex number, at frequency 0."""
    for lane in range(_QUARTER):
        for part in range(2):
            row = POSITIONS[part * HALF]
            columns[part, lane, 0] = 2 * real[row, lane]
            columns[part, lane + _QUARTER, 0] = 2 * imaginary[row, lane]


@kernel
def _join(below: Lines, above: Lines, joined: Lines, signs: NDArray[np.float32]) -> None:
    """Columns of two blocks, one above the other; the lower one takes the place of the upper."""
    for part in range(2):
        for column in range(HALF):
            for index in range(_QUARTER):
                value = below[part, column, index]
                joined[part, column, index] = above[part, column, index] + signs[index] * value
                above[part, column, index] = value


@kernel
def _begin_rows(left: Lines, right: Lines, real: Plane, imaginary: Plane) -> None:
    """First stage of the rows of a region, which two blocks hold side by side."""
    for column in range(_QUARTER):
        c1, s1 = _COSINES[column], _SINES[column]
        c2, s2 = _COSINES[2 * column], _SINES[2 * column]
        c3, s3 = _COSINES[3 * column], _SINES[3 * column]
        for lane in range(real.shape[1]):
            a, b = left[0, column, lane], left[1, column, lane]
            c, d = right[0, column, lane], right[1, column, lane]
            even_sum, even_sum_i, even_rest, even_rest_i = a + c, b + d, a - c, b - d
            a, b = left[0, column + _QUARTER, lane], left[1, column + _QUARTER, lane]
            c, d = right[0, column + _QUARTER, lane], right[1, column + _QUARTER, lane]
            odd_sum, odd_sum_i, odd_rest, odd_rest_i = a + c, b + d, a - c, b - d
            real[column, lane] = even_sum + odd_sum
            imaginary[column, lane] = even_sum_i + odd_sum_i
            p, q = even_rest + odd_rest_i, even_rest_i - odd_rest
            real[column + 64, lane] = p * c1 - q * s1
            imaginary[column + 64, lane] = p * s1 + q * c1
            p, q = even_sum - odd_sum, even_sum_i - odd_sum_i
            real[column + 128, lane] = p * c2 - q * s2
            imaginary[column + 128, lane] = p * s2 + q * c2
            p, q = even_rest - odd_rest_i, even_rest_i + odd_rest
            real[column + 192, lane] = p * c3 - q * s3
            imaginary[column + 192, lane] = p * s3 + q * c3


@kernel
def _add_power(real: Plane, imaginary: Plane, power: Plane) -> None:
    """Add squared moduli."""
    for row in range(SIDE):
        for lane in range(real.shape[1]):
            power[row, lane] += real[row, lane] * real[row, lane] + imaginary[row, lane] * imaginary[row, lane]


@kernel
def _add_ends(real: Plane, imaginary: Plane, ends: Plane) -> None:
    """Add power of column frequencies 0 and 128, which came as one complex row in the first lane."""
    for frequency in range(SIDE):
        here, there = POSITIONS[frequency], POSITIONS[(SIDE - frequency) % SIDE]
        p, q = real[here, 0] + real[there, 0], imaginary[here, 0] - imaginary[there, 0]
        ends[0, here] += p * p + q * q
        p, q = imaginary[here, 0] + imaginary[there, 0], real[there, 0] - real[here, 0]
        ends[1, here] += p * p + q * q


@kernel
def add_band_power(
    band: Plane,
    used: NDArray[np.bool_],
    above: NDArray[np.float32],
    power: NDArray[np.float64],
    ends: NDArray[np.float64],
) -> None:
    """Add the power of the regions that one row of blocks completes.

    Parameters
    ----------
    band : array of float32 of shape (128, 128 · blocks)
        Row of blocks; not finite only where no region counts.
    used : 1-D array of bool, one less than there are blocks
        Regions of this and the row of blocks above that count; the first begins at the left border.
    above : array of float32 of shape (blocks, *BLOCK_SHAPE)
        Columns of the row of blocks above, overwritten with those of this one; zero where there is none.
    power : array of float64 of shape (256, 128)
        Added to: four times Σ |DFT|² at [place of the horizontal frequency, vertical frequency]; that of vertical
        frequency 0 has no meaning.
    ends : array of float64 of shape (2, 256)
        Added to: sixteen times Σ |DFT|² of vertical frequencies 0 and 128 at the place of the horizontal frequency.

    Notes
    -----
    Single precision within a row of blocks, whose sums are added in float64.
    """
    block = np.empty((HALF, HALF), dtype=np.float32)
    real = np.empty((SIDE, _QUARTER), dtype=np.float32)
    imaginary = np.empty((SIDE, _QUARTER), dtype=np.float32)
    row_real = np.empty((SIDE, _QUARTER), dtype=np.float32)
    row_imaginary = np.empty((SIDE, _QUARTER), dtype=np.float32)
    below = np.zeros(BLOCK_SHAPE, dtype=np.float32)
    joined = np.zeros((2, *BLOCK_SHAPE), dtype=np.float32)
    band_power = np.zeros((2, SIDE, _QUARTER), dtype=np.float32)
    band_ends = np.zeros((2, SIDE), dtype=np.float32)
    signs = np.empty(_QUARTER, dtype=np.float32)
    for index in range(_QUARTER):
        signs[index] = 1 - 2 * (index & 1)
    for index in range(above.shape[0]):
        for row in range(HALF):
            for column in range(HALF):
                block[row, column] = band[row, HALF * index + column]
        _begin_columns(block, real, imaginary)
        _finish(real, imaginary)
        _part_pairs(real, imaginary)
        _turn_ends(real, imaginary, below[0])
        for half in range(2):
            _turn(real, half * _QUARTER, below[half, 0, :_QUARTER], False)
            _turn(imaginary, half * _QUARTER, below[half, 1, :_QUARTER], False)
            _turn(real, half * _QUARTER, below[half, 0, _QUARTER:], True)
            _turn(imaginary, half * _QUARTER, below[half, 1, _QUARTER:], True)
            _join(below[half], above[index, half], joined[index & 1, half], signs)
        if index == 0 or not used[index - 1]:
            continue
        for half in range(2):
            _begin_rows(joined[1 - (index & 1), half], joined[index & 1, half], row_real, row_imaginary)
            _finish(row_real, row_imaginary)
            _add_power(row_real, row_imaginary, band_power[half])
            if half == 0:
                _add_ends(row_real, row_imaginary, band_ends)
    for row in range(SIDE):
        for half in range(2):
            for index in range(_QUARTER):
                power[row, half * _QUARTER + index] += np.float64(band_power[half, row, index])
            ends[half, row] += np.float64(band_ends[half, row])
