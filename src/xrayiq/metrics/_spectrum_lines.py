"""Curves out of a two-dimensional spectrum: beside an axis, on it, and over annuli."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels.spectrum import cut_average, radial_average

#: lines on each side of an axis that a cut averages, the axis itself left out (IEC 62220-1-1:2015)
CUT_LINES: Final = 7
#: a bin of a cut holds at least one sample's worth; only oblong pixels leave bins with less
_LEAST_WEIGHT: Final = 1.0
#: below, the large-area trend lowers an axis and what lies beside it unequally
_LINES_FROM_PER_MM: Final = 0.3


def cut(
    spectrum: NDArray[np.float64], *, step: float, across: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies and values along the horizontal axis of the spectrum; bins of less than a sample are left out."""
    weights, means = cut_average(spectrum, CUT_LINES, across / step)
    filled = np.flatnonzero(weights[1:] >= _LEAST_WEIGHT) + 1
    return filled.astype(np.float64) * step, means[filled]


def axis_line(spectrum: NDArray[np.float64], frequencies: NDArray[np.float64], *, step: float) -> NDArray[np.float64]:
    """Values on the horizontal axis of the spectrum at frequencies that are multiples of the step."""
    side = spectrum.shape[0]
    # of an even side the Nyquist frequency only stands on the negative half
    columns = (side // 2 + np.rint(frequencies / step).astype(np.int64)) % side
    line: NDArray[np.float64] = spectrum[side // 2, columns]
    return line


def line_ratio(frequencies: NDArray[np.float64], on: NDArray[np.float64], beside: NDArray[np.float64]) -> float:
    """Mean ratio of the values on an axis to those beside it, from 0.3 mm⁻¹; 1 where there is nothing to compare."""
    clear = (frequencies >= _LINES_FROM_PER_MM) & (beside > 0)
    return float(np.mean(on[clear] / beside[clear])) if clear.any() else 1.0


def annuli(
    spectrum: NDArray[np.float64], pitch_mm: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean frequencies and values of annuli as wide as the larger frequency step."""
    side = spectrum.shape[0]
    row_step, column_step = (1 / (side * pitch) for pitch in pitch_mm)
    width = max(row_step, column_step)
    bins = int(side // 2 * min(row_step, column_step) / width + 1e-9) + 1
    counts, frequencies, means = radial_average(spectrum, row_step, column_step, width, bins)
    filled = counts > 0
    return frequencies[filled], means[filled]
