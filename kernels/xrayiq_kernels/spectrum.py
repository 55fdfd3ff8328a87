"""Power spectra of regions of interest: trend, gathering, accumulation, cuts and annuli."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def trend_moments(
    values: NDArray[Any], excluded: NDArray[np.bool_], offset: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums that a least-squares polynomial of up to second degree is solved from, in one sweep.

    Parameters
    ----------
    values : 2-D array
        Any integer or float dtype.
    excluded : 2-D array of bool
        True where a pixel does not count; of size 0 where all count.
    offset : float
        Subtracted from the values; near their mean, so that no digits cancel.

    Returns
    -------
    powers : array of shape (5, 5)
        Σ yᵃxᵇ at [a, b], with row y and column x each running from −1 to 1 over the image.
    products : array of shape (3, 3)
        Σ (value − offset) yᵃxᵇ at [a, b].
    """
    rows, columns = values.shape
    powers = np.zeros((5, 5))
    products = np.zeros((3, 3))
    masked = excluded.size > 0
    row_powers = np.zeros(5)
    row_products = np.zeros(3)
    for row in range(rows):
        y = 2.0 * row / max(rows - 1, 1) - 1.0
        if masked or row == 0:
            row_powers[:] = 0.0
            for column in range(columns):
                if masked and excluded[row, column]:
                    continue
                x = 2.0 * column / max(columns - 1, 1) - 1.0
                power = 1.0
                for b in range(5):
                    row_powers[b] += power
                    power *= x
        first = 0.0
        second = 0.0
        third = 0.0
        for column in range(columns):
            if masked and excluded[row, column]:
                continue
            x = 2.0 * column / max(columns - 1, 1) - 1.0
            value = np.float64(values[row, column]) - offset
            first += value
            second += value * x
            third += value * x * x
        row_products[0] = first
        row_products[1] = second
        row_products[2] = third
        power = 1.0
        for a in range(5):
            for b in range(5):
                powers[a, b] += power * row_powers[b]
                if a < 3 and b < 3:
                    products[a, b] += power * row_products[b]
            power *= y
    return powers, products


@kernel
def residual_moments(
    values: NDArray[Any], included: NDArray[np.bool_], coefficients: NDArray[np.float64]
) -> tuple[int, float, float]:
    """Count of pixels, sum of their values, and sum of the squares of what a trend leaves.

    Parameters
    ----------
    values : 2-D array
        Any integer or float dtype.
    included : 2-D array of bool
        True where a pixel counts.
    coefficients : array of shape (3, 3)
        Trend: coefficient of yᵃxᵇ at [a, b], coordinates as in `trend_moments`.

    Returns
    -------
    tuple of (int, float, float)
        The three sums; the values are added about the trend's constant term.
    """
    rows, columns = values.shape
    count = 0
    total = 0.0
    squares = 0.0
    level = coefficients[0, 0]
    for row in range(rows):
        y = 2.0 * row / max(rows - 1, 1) - 1.0
        constant = coefficients[0, 0] + y * (coefficients[1, 0] + y * coefficients[2, 0])
        linear = coefficients[0, 1] + y * (coefficients[1, 1] + y * coefficients[2, 1])
        square = coefficients[0, 2] + y * (coefficients[1, 2] + y * coefficients[2, 2])
        for column in range(columns):
            if not included[row, column]:
                continue
            x = 2.0 * column / max(columns - 1, 1) - 1.0
            value = np.float64(values[row, column])
            residual = value - (constant + x * (linear + x * square))
            count += 1
            total += value - level
            squares += residual * residual
    return count, total + count * level, squares


@kernel
def gather_rois(
    values: NDArray[Any],
    coefficients: NDArray[np.float64],
    row_starts: NDArray[np.int64],
    column_starts: NDArray[np.int64],
    gathered: NDArray[np.float64],
) -> None:
    """Copy regions of interest side by side, less the trend.

    Parameters
    ----------
    values : 2-D array
        Any integer or float dtype.
    coefficients : array of shape (3, 3)
        Trend: coefficient of yᵃxᵇ at [a, b], coordinates as in `trend_moments`.
    row_starts, column_starts : 1-D arrays of int64, one per ROI
        First row and first column of each ROI; ROIs lie inside the image.
    gathered : array of shape (row_starts.size or more, N, N)
        Overwritten with the ROIs.
    """
    rows, columns = values.shape
    side = gathered.shape[1]
    for roi in range(row_starts.size):
        top = row_starts[roi]
        left = column_starts[roi]
        for row in range(side):
            y = 2.0 * (top + row) / max(rows - 1, 1) - 1.0
            constant = coefficients[0, 0] + y * (coefficients[1, 0] + y * coefficients[2, 0])
            linear = coefficients[0, 1] + y * (coefficients[1, 1] + y * coefficients[2, 1])
            square = coefficients[0, 2] + y * (coefficients[1, 2] + y * coefficients[2, 2])
            for column in range(side):
                x = 2.0 * (left + column) / max(columns - 1, 1) - 1.0
                trend = constant + x * (linear + x * square)
                gathered[roi, row, column] = np.float64(values[top + row, left + column]) - trend


@kernel
def accumulate_power(transforms: NDArray[Any], power: NDArray[np.float64]) -> None:
    """Add the squared moduli of a batch of transforms to a running sum.

    Parameters
    ----------
    transforms : complex array of shape (M, R, C)
        Fourier transforms.
    power : array of float64 of shape (R, C)
        Running sum; Σ |transform|² is added to it in the order of the batch.
    """
    batch, rows, columns = transforms.shape
    for item in range(batch):
        for row in range(rows):
            for column in range(columns):
                # float() would leave float32 as it is when compiled
                real = np.float64(transforms[item, row, column].real)
                imaginary = np.float64(transforms[item, row, column].imag)
                power[row, column] += real * real + imaginary * imaginary


@kernel
def cut_average(
    spectrum: NDArray[np.float64], lines: int, ratio: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of a spectrum over lines beside its horizontal axis, each sample at its own distance from the origin.

    A sample is shared between the two bins that its distance lies between, in linear proportion; so the mean distance
    of a bin is the bin's own, and a slope of the spectrum does not bias it.

    Parameters
    ----------
    spectrum : array of N × N
        Zero frequency at [N // 2, N // 2].
    lines : int
        Number of lines on each side of the axis; neither axis enters.
    ratio : float
        Frequency step across the lines over the step along them.

    Returns
    -------
    weights : array of float64 of shape (N // 2 + 1,)
        Sum of the shares in the bin whose distance, in steps along the lines, is the index.
    means : array of float64 of the same shape
        Mean weighted with the shares; NaN where there is none.
    """
    side = spectrum.shape[0]
    origin = side // 2
    weights = np.zeros(origin + 1)
    sums = np.zeros(origin + 1)
    for row in range(side):
        line = abs(row - origin)
        if line == 0 or line > lines:
            continue
        across = line * ratio
        for column in range(side):
            along = abs(column - origin)
            if along == 0:
                continue
            distance = np.sqrt(float(along * along) + across * across)
            lower = int(distance)
            share = distance - lower
            if lower <= origin:
                weights[lower] += 1.0 - share
                sums[lower] += (1.0 - share) * spectrum[row, column]
            if lower < origin:
                weights[lower + 1] += share
                sums[lower + 1] += share * spectrum[row, column]
    means = np.full(origin + 1, np.nan)
    for index in range(origin + 1):
        if weights[index] > 0:
            means[index] = sums[index] / weights[index]
    return weights, means


@kernel
def radial_average(
    spectrum: NDArray[np.float64], row_step: float, column_step: float, width: float, bins: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean of a spectrum over annuli, without the samples on its axes.

    Parameters
    ----------
    spectrum : array of N × N
        Zero frequency at [N // 2, N // 2].
    row_step, column_step : float
        Frequency steps between rows and between columns.
    width : float
        Width of an annulus; the one with index k is centred at k · width. Above 0.
    bins : int
        Number of annuli, counted from k = 0.

    Returns
    -------
    counts : array of int64 of shape (bins,)
        Number of samples.
    frequencies, means : arrays of float64 of the same shape
        Mean frequency and mean value of the samples; NaN where there is none.
    """
    side = spectrum.shape[0]
    origin = side // 2
    counts = np.zeros(bins, dtype=np.int64)
    frequency_sums = np.zeros(bins)
    sums = np.zeros(bins)
    for row in range(side):
        v = (row - origin) * row_step
        for column in range(side):
            u = (column - origin) * column_step
            if row == origin or column == origin:
                continue
            frequency = np.sqrt(u * u + v * v)
            index = int(frequency / width + 0.5)
            if index < bins:
                counts[index] += 1
                frequency_sums[index] += frequency
                sums[index] += spectrum[row, column]
    frequencies = np.full(bins, np.nan)
    means = np.full(bins, np.nan)
    for index in range(bins):
        if counts[index] > 0:
            frequencies[index] = frequency_sums[index] / counts[index]
            means[index] = sums[index] / counts[index]
    return counts, frequencies, means
