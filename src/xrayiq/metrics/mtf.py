"""Presampled MTF from a slanted edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.model import Measurement, Provenance, Result

Across = Literal["columns", "rows"]
Mode = Literal["constancy", "iec"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Mtf(Result):
    """Presampled MTF of one edge.

    Parameters
    ----------
    frequencies_per_mm : 1-D array
        Regular axis from 0 to twice the Nyquist frequency, along the normal of the edge.
    values : 1-D array, same length
        MTF; 1 at frequency 0.
    nyquist_per_mm : float
        1 / (2 · pixel pitch) along the profile.
    f50_per_mm, f10_per_mm : float or None
        Where the MTF first falls to 0.5 and to 0.1, by linear interpolation; None where it does not.
    edge_angle_deg : float
        Angle between the edge and the nearer pixel axis, above 0.
    across : {"columns", "rows"}
        Axis that the profile runs along: ``"columns"`` for an edge near the vertical (MTF_u), ``"rows"`` for one near
        the horizontal (MTF_v).
    mode : {"constancy", "iec"}
        Short Hann-windowed line spread function, or the full edge spread function without a window.
    esf_positions_mm, esf_values : 1-D arrays
        Edge spread function on a regular axis along the normal, 0 at the edge, in the unit of the signal.
    lsf_positions_mm, lsf_values : 1-D arrays
        Line spread function that was transformed, window included, positive, per mm, of area 1.
    roi_px : tuple of int
        (row_start, row_stop, column_start, column_stop) of the pixels used; stops are exclusive.
    edge_ends_px : (2, 2) array
        Row and column of the fitted edge where it enters and leaves the ROI.
    contrast_to_noise : float
        Step of the edge over the noise of one pixel beside it (root mean square of both sides); inf without noise.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    frequencies_per_mm: NDArray[np.float64]
    values: NDArray[np.float64]
    nyquist_per_mm: float
    f50_per_mm: float | None
    f10_per_mm: float | None
    edge_angle_deg: float
    across: Across
    mode: Mode
    esf_positions_mm: NDArray[np.float64]
    esf_values: NDArray[np.float64]
    lsf_positions_mm: NDArray[np.float64]
    lsf_values: NDArray[np.float64]
    roi_px: tuple[int, int, int, int]
    edge_ends_px: NDArray[np.float64]
    contrast_to_noise: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Frequencies of 50 % and 10 %, MTF at 1 and 2 mm⁻¹, and the angle of the edge."""
        named: list[tuple[str, float | None]] = [("mtf_f50", self.f50_per_mm), ("mtf_f10", self.f10_per_mm)]
        for quantity, frequency in (("mtf_at_1_per_mm", 1.0), ("mtf_at_2_per_mm", 2.0)):
            if frequency <= self.frequencies_per_mm[-1]:
                named.append((quantity, float(np.interp(frequency, self.frequencies_per_mm, self.values))))
        named.append(("edge_angle", self.edge_angle_deg))
        return tuple(
            Measurement(quantity=quantity, value=value, direction=self.across)
            for quantity, value in named
            if value is not None
        )
