"""Loops of the slanted-edge MTF: where the edge crosses each line, outlying pixels, projection onto the normal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def half_level_crossings(
    values: NDArray[Any], predicted_px: NDArray[np.float64], reach_px: float, level: float, sign: int
) -> NDArray[np.float64]:
    """Column where each line crosses a level, the crossing nearest to a prediction.

    Parameters
    ----------
    values : (lines, columns) array
        Smoothed signal.
    predicted_px : (lines,) array
        Column near which the crossing is looked for.
    reach_px : float
        Greatest distance from the prediction.
    level : float
        Level to cross.
    sign : int
        +1 for a crossing that rises with the column, −1 for one that falls.

    Returns
    -------
    (lines,) array of float64
        Linear interpolation between two columns; NaN where nothing crosses within reach or the signal is NaN.
    """
    lines, columns = values.shape
    found = np.full(lines, np.nan)
    for line in range(lines):
        if not math.isfinite(predicted_px[line]):
            continue
        nearest = reach_px
        first = max(0, math.ceil(predicted_px[line] - reach_px) - 1)
        last = min(columns - 1, math.floor(predicted_px[line] + reach_px) + 1)
        for column in range(first, last):
            before = sign * (float(values[line, column]) - level)
            after = sign * (float(values[line, column + 1]) - level)
            if before < 0.0 <= after:
                crossing = column + before / (before - after)
                distance = abs(crossing - predicted_px[line])
                if distance <= nearest:
                    nearest = distance
                    found[line] = crossing
    return found


@kernel
def derivative_centroids(
    values: NDArray[Any], predicted_px: NDArray[np.float64], half_width_px: int, sign: int
) -> NDArray[np.float64]:
    """Centroid of the signed difference of neighbouring columns in a window around a prediction, line by line.

    Parameters
    ----------
    values : (lines, columns) array
        Signal as measured, not smoothed.
    predicted_px : (lines,) array
        Column of the edge, near enough for the window to hold its whole spread.
    half_width_px : int
        The window reaches this many columns to either side of the column nearest to the prediction.
    sign : int
        +1 where the signal rises with the column, −1 where it falls.

    Returns
    -------
    (lines,) array of float64
        Column of the centroid; NaN where the window leaves the array, holds NaN, or the signal does not change across
        it in the direction of `sign`.
    """
    lines, columns = values.shape
    found = np.full(lines, np.nan)
    for line in range(lines):
        if not math.isfinite(predicted_px[line]):
            continue
        centre = math.floor(predicted_px[line] + 0.5)
        first = centre - half_width_px
        last = centre + half_width_px
        if first < 0 or last >= columns:
            continue
        step = 0.0
        moment = 0.0
        for column in range(first, last):
            difference = sign * (float(values[line, column + 1]) - float(values[line, column]))
            step += difference
            moment += difference * (column + 0.5 - centre)
        if step > 0.0:
            found[line] = centre + moment / step
    return found


@kernel
def line_medians(values: NDArray[Any], reach: int) -> NDArray[np.float64]:
    """Median of each pixel and its neighbours on the lines before and behind, in its column.

    Parameters
    ----------
    values : (lines, columns) array
        Signal; NaN is left out.
    reach : int
        Lines taken on either side; beside the first and the last line the window is moved inwards.

    Returns
    -------
    (lines, columns) array of float64
        The median; of an even count, the mean of the middle two; NaN where the window holds nothing else.
    """
    lines, columns = values.shape
    medians = np.full((lines, columns), np.nan)
    size = min(2 * reach + 1, lines)
    ordered = np.zeros(size)
    for column in range(columns):
        count = 0
        for entering in range(lines):
            value = float(values[entering, column])
            if not math.isnan(value):
                place = count
                while place > 0 and ordered[place - 1] > value:
                    ordered[place] = ordered[place - 1]
                    place -= 1
                ordered[place] = value
                count += 1
            first = entering - size + 1
            if first < 0:
                continue
            # the window is complete: it serves its middle line, and the lines beyond it at either end
            middle = first + size // 2
            begin = 0 if first == 0 else middle
            end = lines if entering == lines - 1 else middle + 1
            if count > 0:
                for line in range(begin, end):
                    medians[line, column] = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2.0
            leaving = float(values[first, column])
            if not math.isnan(leaving):
                place = 0
                while ordered[place] < leaving:
                    place += 1
                count -= 1
                while place < count:
                    ordered[place] = ordered[place + 1]
                    place += 1
    return medians


@kernel
def project_onto_normal(
    values: NDArray[Any],
    intercept_px: float,
    slope: float,
    line_pitch_mm: float,
    column_pitch_mm: float,
    first_mm: float,
    bin_mm: float,
    bins: int,
) -> NDArray[np.float64]:
    """Sums over the pixels in bins of their distance from a straight edge, measured along its normal.

    The edge stands at column ``intercept_px + slope · line``; the distance grows with the column.

    Parameters
    ----------
    values : (lines, columns) array
        Signal; NaN is left out.
    intercept_px, slope : float
        The edge, in columns and columns per line.
    line_pitch_mm, column_pitch_mm : float
        Distance of neighbouring lines and of neighbouring columns.
    first_mm : float
        Lower end of the first bin.
    bin_mm : float
        Width of a bin, above 0.
    bins : int
        Their number.

    Returns
    -------
    (4, bins) array of float64
        Rows: count, sum of signal, sum of distance, sum of squared distance. Distances in the sums are in bins from
        the centre of their own bin, so that the squares lose no digits.
    """
    lines, columns = values.shape
    sums = np.zeros((4, bins))
    run = slope * column_pitch_mm
    cosine = line_pitch_mm / math.sqrt(line_pitch_mm * line_pitch_mm + run * run)
    step = column_pitch_mm * cosine / bin_mm
    for line in range(lines):
        # distance of column 0 in bins
        start = -(intercept_px + slope * line) * step - first_mm / bin_mm
        begin = max(0, math.floor(-start / step))
        end = min(columns, math.ceil((bins - start) / step) + 1)
        for column in range(begin, end):
            place = start + column * step
            index = math.floor(place)
            if index < 0 or index >= bins:
                continue
            value = float(values[line, column])
            if math.isnan(value):
                continue
            offset = place - index - 0.5
            sums[0, index] += 1.0
            sums[1, index] += value
            sums[2, index] += offset
            sums[3, index] += offset * offset
    return sums


@kernel
def line_sums(values: NDArray[Any], slopes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of an array along straight lines of many slopes and places.

    Parameters
    ----------
    values : (lines, columns) array
        What is summed.
    slopes : (n,) array
        Columns per line.

    Returns
    -------
    (n, columns) array of float64
        Element (s, c): sum over the lines of the value at column c + slopes[s] · (line − middle line), rounded half up,
        as far as that lies inside.
    """
    lines, columns = values.shape
    sums = np.zeros((slopes.size, columns))
    middle = (lines - 1) / 2.0
    for index in range(slopes.size):
        for line in range(lines):
            shift = math.floor(slopes[index] * (line - middle) + 0.5)
            for column in range(max(0, -shift), min(columns, columns - shift)):
                sums[index, column] += values[line, column + shift]
    return sums
