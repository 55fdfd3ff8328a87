"""Values at the frequencies that IEC 62220-1-1 reports, from the samples around them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError

Floats = NDArray[np.float64]

#: distance of the reported frequencies (IEC 62220-1-1:2015)
STEP_PER_MM: Final = 0.5
#: half width of the frequency window of a reported value, times the pixel pitch (IEC 62220-1-1:2015)
_WINDOW: Final = 0.01


def reported_frequencies(pitch_mm: float) -> Floats:
    """Multiples of 0.5 mm⁻¹ up to the Nyquist frequency; InputError where there is none."""
    count = int(0.5 / pitch_mm / STEP_PER_MM + 1e-6)
    if count == 0:
        raise InputError(f"pixel pitch of {pitch_mm:g} mm", needed=f"a Nyquist frequency of {STEP_PER_MM} mm⁻¹ or more")
    return np.arange(1, count + 1, dtype=np.float64) * np.float64(STEP_PER_MM)


def line_weights(wanted: Floats, axis: Floats, pitch_mm: float, what: str) -> Floats:
    """Weights of samples (wanted, axis) that give the value at each wanted frequency of a line through its window.

    A window without a sample is an InputError that names `what` was measured.
    """
    reach = _WINDOW / pitch_mm
    near = np.abs(axis - wanted[:, None]) <= reach + 1e-9
    near &= axis <= 0.5 / pitch_mm * (1.0 + 1e-6)
    count = near.sum(axis=1, keepdims=True)
    if not count.all():
        missing = ", ".join(f"{frequency:g}" for frequency in wanted[count[:, 0] == 0])
        raise InputError(
            f"{what} without a sample within {reach:.3f} mm⁻¹ of {missing} mm⁻¹",
            needed=f"samples around every {STEP_PER_MM} mm⁻¹ up to the Nyquist frequency",
            remedy="measure the MTF up to there, and the NPS with ROIs of 100 pixels or more",
        )
    offset = (axis - wanted[:, None]) * near
    middle = offset.sum(axis=1, keepdims=True) / count
    spread = (offset - middle) * near
    square = np.sum(spread**2, axis=1, keepdims=True)
    return np.asarray(near / count - middle * spread / np.where(square > 0, square, 1.0), dtype=np.float64)
