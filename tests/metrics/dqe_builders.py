"""An MTF and a noise power spectrum of given formulas, as parts of a DQE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics import Mtf, Nps
from xrayiq.model import Provenance

Floats = NDArray[np.float64]
PROVENANCE = Provenance(algorithm="test", algorithm_version=1, response_id="r")
KERMA = 2.5


def make_mtf(
    formula: Callable[[Floats], Floats], *, pitch: float = 0.1, across: Any = "columns", **changes: Any
) -> Mtf:
    frequencies = np.arange(round(1 / pitch / 0.01) + 1) * 0.01
    positions = (np.arange(-1000, 1000) + 0.5) * pitch / 10
    fields: dict[str, Any] = {
        "frequencies_per_mm": frequencies,
        "values": formula(frequencies),
        "nyquist_per_mm": 0.5 / pitch,
        "f50_per_mm": None,
        "f10_per_mm": None,
        "edge_angle_deg": 3.0,
        "across": across,
        "mode": "iec",
        "esf_positions_mm": positions,
        "esf_values": positions,
        "lsf_positions_mm": positions,
        "lsf_values": positions,
        "roi_px": (0, 500, 0, 200),
        "edge_ends_px": np.zeros((2, 2)),
        "contrast_to_noise": np.inf,
        "provenance": PROVENANCE,
    }
    return Mtf(**fields | changes)


def make_nps(spectrum: Floats, *, pitch: float = 0.1, mean: float = KERMA, **changes: Any) -> Nps:
    """Spectrum with zero frequency in the middle; its cuts are its rows and columns nearest the axes."""
    side = spectrum.shape[0]
    axis = np.arange(1, side // 2 + 1) / (side * pitch)
    fields: dict[str, Any] = {
        "frequencies_per_mm": axis,
        "u_values": np.roll(spectrum[side // 2], -side // 2)[1 : side // 2 + 1],
        "v_frequencies_per_mm": axis,
        "v_values": np.roll(spectrum[:, side // 2], -side // 2)[1 : side // 2 + 1],
        "radial_frequencies_per_mm": axis,
        "radial_values": np.ones(side // 2),
        "spectrum": spectrum,
        "mean_signal": mean,
        "signal_unit": "uGy",
        "variance": float(spectrum.mean()) / pitch**2,
        "image_count": 1,
        "roi_count": 64,
        "pixel_count": 64 * side**2,
        "roi_px": side,
        "pixel_pitch_mm": (pitch, pitch),
        "provenance": PROVENANCE,
    }
    return Nps(**fields | changes)


def line(f: Floats) -> Floats:
    """An MTF that is a straight line, so that a value read off a window is exact."""
    return 1.0 - 0.08 * np.asarray(f)


def white(nnps: float = 2e-5, side: int = 200) -> Nps:
    return make_nps(np.full((side, side), nnps * KERMA**2))
