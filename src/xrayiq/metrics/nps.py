"""Noise power spectrum of flat fields (after IEC 62220-1-1:2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.model import Measurement, Provenance, Result

#: half width of the frequency window of a reported value, times the pixel pitch (IEC 62220-1-1:2015)
_WINDOW: Final = 0.01
_REPORTED: Final = (("nnps_at_0_5_per_mm", 0.5), ("nnps_at_2_per_mm", 2.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Nps(Result):
    """Noise power spectrum in two dimensions, along both axes and over annuli (after IEC 62220-1-1:2015).

    u runs along the columns direction (horizontal), v along the rows direction (vertical).

    Parameters
    ----------
    frequencies_per_mm : array of shape (K,)
        Positive frequencies k / (N·pitch), k from 1 to the Nyquist frequency, of the cut along u.
    u_values : array of shape (K,)
        NPS along u (signal² mm²).
    v_frequencies_per_mm, v_values : arrays of shape (K,)
        The same along v; the frequencies are equal to those of u where the pixels are square.
    radial_frequencies_per_mm, radial_values : 1-D arrays
        Mean frequency and mean NPS of annuli, without the samples on the axes.
    spectrum : 2-D array of N × N
        NPS with zero frequency at [N // 2, N // 2]; rows are v, columns are u.
    mean_signal : float
        Large-area signal.
    signal_unit : str
        UCUM unit of the signal.
    variance : float
        Mean square of the detrended pixels that entered; the integral of `spectrum` is equal to it but for the weights
        of overlapping ROIs.
    image_count, roi_count, pixel_count : int
        Images, ROIs, and pixels in them with overlaps counted once.
    roi_px : int
        N, the side of a ROI.
    pixel_pitch_mm : tuple of (float, float)
        Distance of neighbouring rows and of neighbouring columns.
    provenance : Provenance
        Where the numbers come from.
    """

    frequencies_per_mm: NDArray[np.float64]
    u_values: NDArray[np.float64]
    v_frequencies_per_mm: NDArray[np.float64]
    v_values: NDArray[np.float64]
    radial_frequencies_per_mm: NDArray[np.float64]
    radial_values: NDArray[np.float64]
    spectrum: NDArray[np.float64]
    mean_signal: float
    signal_unit: str
    variance: float
    image_count: int
    roi_count: int
    pixel_count: int
    roi_px: int
    pixel_pitch_mm: tuple[float, float]
    provenance: Provenance

    @property
    def nnps_u(self) -> NDArray[np.float64]:
        """NPS along u over the squared mean signal (mm²), at `frequencies_per_mm`."""
        return self.u_values / self._mean_square()

    @property
    def nnps_v(self) -> NDArray[np.float64]:
        """NPS along v over the squared mean signal (mm²), at `v_frequencies_per_mm`."""
        return self.v_values / self._mean_square()

    @property
    def nnps_radial(self) -> NDArray[np.float64]:
        """Radial NPS over the squared mean signal (mm²), at `radial_frequencies_per_mm`."""
        return self.radial_values / self._mean_square()

    @property
    def integral(self) -> float:
        """Integral of the two-dimensional spectrum over all frequencies (signal²)."""
        rows_mm, columns_mm = self.pixel_pitch_mm
        return float(self.spectrum.sum()) / (self.roi_px**2 * rows_mm * columns_mm)

    def measurements(self) -> tuple[Measurement, ...]:
        """NNPS at 0.5 and 2 mm⁻¹ (mean over ±0.01 / pitch) and relative noise; none without a positive signal."""
        if self.mean_signal <= 0:
            return ()
        rows_mm, columns_mm = self.pixel_pitch_mm
        found = []
        for name, frequency in _REPORTED:
            for direction, axis, values, pitch_mm in (
                ("columns", self.frequencies_per_mm, self.nnps_u, columns_mm),
                ("rows", self.v_frequencies_per_mm, self.nnps_v, rows_mm),
            ):
                near = np.abs(axis - frequency) <= _WINDOW / pitch_mm
                if near.any():
                    found.append(Measurement(quantity=name, value=float(values[near].mean()), direction=direction))
        relative = Measurement(quantity="relative_noise", value=float(np.sqrt(self.variance)) / self.mean_signal)
        return (*found, relative)

    def _mean_square(self) -> float:
        if self.mean_signal <= 0:
            raise NotMeasurableError(
                "signal_not_positive",
                f"mean signal of {self.mean_signal:g}",
                needed="a signal above zero to normalise the noise power spectrum",
                remedy="remove the offset, or use the spectrum that is not normalised",
            )
        return self.mean_signal**2
