"""Flat-field exposures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.artefacts import SimulatedArtefact, artefact_factor
from xrayiq_phantoms.defects import defect_mask
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlatTruth:
    """Truth of a flat field.

    Parameters
    ----------
    kerma_ugy : float
        Kerma in the middle of the beam, without lag.
    heel_map, gain_map : 2-D arrays
        Relative kerma of the beam and relative gain of the pixels.
    defect_mask : 2-D array of bool
        True on defective pixels.
    detector : Detector
        Gives the noise power spectrum.
    """

    kerma_ugy: float
    heel_map: NDArray[np.float64]
    gain_map: NDArray[np.float64]
    defect_mask: NDArray[np.bool_]
    detector: Detector

    def nps_ugy2_mm2(self, u_per_mm: NDArray[Any] | float, v_per_mm: NDArray[Any] | float) -> NDArray[np.float64]:
        """Noise power spectrum at the kerma in the middle of the beam (µGy²·mm²)."""
        return self.detector.nps_ugy2_mm2(u_per_mm, v_per_mm, self.kerma_ugy)

    @property
    def variance_ugy2(self) -> float:
        """Variance of a pixel at that kerma."""
        return float(self.detector.noise_variance_ugy2(self.kerma_ugy))


def simulate_flat(
    detector: Detector,
    *,
    shape: tuple[int, int],
    kerma_ugy: float,
    seed: int,
    noise: bool = True,
    previous_kerma_ugy: NDArray[Any] | float = 0.0,
    artefacts: Sequence[SimulatedArtefact] = (),
) -> Phantom[FlatTruth]:
    """Flat-field image.

    Parameters
    ----------
    detector : Detector
        What sees it.
    shape : (int, int)
        Rows and columns.
    kerma_ugy : float
        Kerma in the middle of the beam; 0 is a dark image.
    seed : int
        Of the noise.
    noise : bool
        With or without noise and fixed pattern.
    previous_kerma_ugy : array or float
        Kerma map of the frame before, for detectors with lag.
    artefacts : sequence of SimulatedSeam, SimulatedBlob or SimulatedLines
        Factors of the kerma, blur and noise behind them.

    Returns
    -------
    Phantom
        With a `FlatTruth`; its kerma map holds the artefacts.
    """
    if kerma_ugy < 0:
        raise ValueError(f"kerma of {kerma_ugy} µGy; needed 0 or more")
    truth = FlatTruth(
        kerma_ugy=kerma_ugy,
        heel_map=detector.heel_map(shape),
        gain_map=detector.gain_map(shape),
        defect_mask=defect_mask(detector.defects, shape),
        detector=detector,
    )
    kerma = np.broadcast_to(np.float64(kerma_ugy), shape)
    if artefacts:
        kerma = kerma * artefact_factor(artefacts, shape, pitch_mm=detector.pixel_pitch_mm)
    return expose(detector, kerma, truth, seed=seed, noise=noise, previous_kerma_ugy=previous_kerma_ugy)


def simulate_lag(
    detector: Detector, *, first: Phantom[Any], kermas_ugy: Sequence[float], seed: int, noise: bool = True
) -> tuple[Phantom[FlatTruth], ...]:
    """Flat frames that follow an exposure and carry its lag, which decays by the same part from frame to frame.

    Parameters
    ----------
    detector : Detector
        With a `lag_fraction`.
    first : Phantom
        The exposure before them.
    kermas_ugy : sequence of float
        Kerma of each following frame; 0 is a dark frame.
    seed : int
        The frames' noise has the seeds seed, seed + 1 …
    noise : bool
        With or without noise.

    Returns
    -------
    tuple of Phantom
        One per kerma; each frame's `kerma_ugy` includes its lag.
    """
    rows, columns = first.kerma_ugy.shape
    frames: list[Phantom[FlatTruth]] = []
    previous = first.kerma_ugy
    for number, kerma in enumerate(kermas_ugy):
        frame = simulate_flat(
            detector,
            shape=(rows, columns),
            kerma_ugy=kerma,
            seed=seed + number,
            noise=noise,
            previous_kerma_ugy=previous,
        )
        frames.append(frame)
        previous = frame.kerma_ugy
    return tuple(frames)
