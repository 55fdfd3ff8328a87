"""Edge analysis in the manner of the edge-based SFR of ISO 12233, on an edge that is already located."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.edge_spread import EdgeSpread, normal_cosine
from xrayiq_kernels.slanted_edge import project_onto_normal

Floats = NDArray[np.float64]

#: bins per pixel pitch along the lines
ISO_OVERSAMPLING: Final = 4
#: greatest factor by which the loss of the derivative is made good
_GREATEST_CORRECTION: Final = 10.0


def quarter_bins(
    values: Floats,
    *,
    intercept_px: float,
    slope: float,
    pitch_mm: tuple[float, float],
    reach_mm: tuple[float, float],
) -> EdgeSpread:
    """Edge spread function as plain means in bins of a quarter of a pixel along the lines.

    Parameters
    ----------
    values : (lines, columns) array
        Signal; NaN is left out.
    intercept_px, slope : float
        The edge: column ``intercept_px + slope · line``.
    pitch_mm : tuple of float
        Distance of lines and of columns.
    reach_mm : tuple of float
        How far to go before and behind the edge, along its normal.

    Returns
    -------
    EdgeSpread
        On the middles of the bins, along the normal; two of them meet at the edge. An empty bin takes the value of a
        straight line between its neighbours.
    """
    spacing = pitch_mm[1] * normal_cosine(slope, pitch_mm) / ISO_OVERSAMPLING
    before, behind = (int(np.floor(reach / spacing)) for reach in reach_mm)
    sums = project_onto_normal(
        values, intercept_px, slope, pitch_mm[0], pitch_mm[1], -before * spacing, spacing, before + behind
    )
    positions = np.asarray((np.arange(-before, behind) + 0.5) * spacing, dtype=np.float64)
    filled = sums[0] > 0.0
    means = np.interp(positions, positions[filled], sums[1, filled] / sums[0, filled])
    return EdgeSpread(positions_mm=positions, values=means, spacing_mm=spacing, bin_variance_mm2=spacing**2 / 12.0)


def iso_line_spread(edge: EdgeSpread) -> tuple[Floats, Floats]:
    """Line spread function by the derivative [−½, 0, ½], under a Hamming window about its peak, of area 1.

    Parameters
    ----------
    edge : EdgeSpread
        Rising or falling.

    Returns
    -------
    positions_mm, values : 1-D arrays
        Of all positions but the first and the last; per mm. The window falls to 0.08 at the end farther from the peak.
    """
    positions, derivative = edge.positions_mm[1:-1], (edge.values[2:] - edge.values[:-2]) / (2.0 * edge.spacing_mm)
    from_peak = positions - positions[np.argmax(np.abs(derivative))]
    values = derivative * (0.54 + 0.46 * np.cos(np.pi * from_peak / np.abs(from_peak).max()))
    return positions, values / (np.sum(values) * edge.spacing_mm)


def iso_transfer_function(line_spread_values: Floats, *, spacing_mm: float, step_per_mm: float, count: int) -> Floats:
    """Modulus of the Fourier transform of a line spread function, the loss of its derivative made good.

    Parameters
    ----------
    line_spread_values : 1-D array
        As `iso_line_spread` gives it.
    spacing_mm : float
        Its spacing δ.
    step_per_mm : float
        Step of the frequency axis, which starts at 0.
    count : int
        Number of frequencies.

    Returns
    -------
    1-D array
        1 at frequency 0. The derivative [−½, 0, ½] passes sin(2πfδ) where a derivative passes 2πfδ: the modulus is
        divided by their ratio, at most by a tenth. What the bins average away stays lost.
    """
    frequencies = np.arange(count) * step_per_mm
    from scipy.signal import zoom_fft  # loads for a second: not with every process

    spectrum = np.abs(zoom_fft(line_spread_values, [0.0, count * step_per_mm], m=count, fs=1.0 / spacing_mm))
    passed = np.maximum(np.abs(np.sinc(2.0 * frequencies * spacing_mm)), 1.0 / _GREATEST_CORRECTION)
    return np.asarray(spectrum / spectrum[0] / passed, dtype=np.float64)
