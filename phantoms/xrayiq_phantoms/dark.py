"""Dark frames: offset, electronic noise, noise of rows and columns, drift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.phantom import Phantom


@dataclass(frozen=True, slots=True, kw_only=True)
class DarkTruth:
    """Truth of a dark frame; all in stored values.

    Parameters
    ----------
    offset_dn : float
        Mean of the frame.
    electronic_noise_dn : float
        Standard deviation of the white noise of a pixel.
    row_noise_dn : float
        Standard deviation of what a row has in common, new in each frame.
    column_noise_dn : float
        Standard deviation of what a column has in common, the same in each frame.
    rounding_dn : float
        Standard deviation of rounding: √(1/12), or 0 without.
    """

    offset_dn: float
    electronic_noise_dn: float
    row_noise_dn: float
    column_noise_dn: float
    rounding_dn: float

    @property
    def temporal_noise_dn(self) -> float:
        """Standard deviation of a pixel from frame to frame."""
        return float(np.sqrt(self.electronic_noise_dn**2 + self.row_noise_dn**2 + self.rounding_dn**2))

    @property
    def noise_dn(self) -> float:
        """Standard deviation of the pixels of a frame."""
        return float(np.hypot(self.temporal_noise_dn, self.column_noise_dn))


def simulate_dark(
    detector: Detector,
    *,
    shape: tuple[int, int],
    frames: int = 1,
    row_noise_dn: float = 0.0,
    column_noise_dn: float = 0.0,
    drift_dn: float = 0.0,
    seed: int = 0,
) -> tuple[Phantom[DarkTruth], ...]:
    """Dark frames in a row.

    Parameters
    ----------
    detector : Detector
        Gives offset, electronic noise, rounding, and defects of the kinds ``hot`` and ``offset``; linear.
    shape : (int, int)
        Rows and columns.
    frames : int
        Number of frames.
    row_noise_dn, column_noise_dn : float
        See `DarkTruth`.
    drift_dn : float
        Change of the offset from each frame to the next.
    seed : int
        Of the noise of all frames.

    Returns
    -------
    tuple of Phantom
        One per frame, with a `DarkTruth`.
    """
    if detector.response != "linear":
        raise ValueError(f"detector with a {detector.response} response; needed a linear one")
    generator = np.random.default_rng(seed)
    columns = column_noise_dn * generator.standard_normal(shape[1])
    electronic = detector.electronic_noise_ugy * abs(detector.gain_dn_per_ugy)
    result = []
    for number in range(frames):
        truth = DarkTruth(
            offset_dn=detector.offset_dn + number * drift_dn,
            electronic_noise_dn=electronic,
            row_noise_dn=row_noise_dn,
            column_noise_dn=column_noise_dn,
            rounding_dn=float(np.sqrt(1.0 / 12.0)) if detector.quantised else 0.0,
        )
        values = number * drift_dn + electronic * generator.standard_normal(shape)
        values += row_noise_dn * generator.standard_normal(shape[0])[:, None] + columns[None, :]
        result.append(_stored(values, truth, detector))
    return tuple(result)


def _stored(values: NDArray[np.float64], truth: DarkTruth, detector: Detector) -> Phantom[DarkTruth]:
    """Frame of values above the offset, with its defects."""
    for defect in detector.defects:
        if defect.kind == "offset":
            values[defect.area] += defect.amplitude * detector.gain_dn_per_ugy
    pixels = detector.stored_values(values / detector.gain_dn_per_ugy)
    for defect in detector.defects:
        if defect.kind == "hot":
            pixels[defect.area] = detector.stored_range[1]
    kerma = np.zeros(values.shape)
    kerma.flags.writeable = False
    return Phantom(pixels=pixels, kerma_ugy=kerma, truth=truth, detector=detector)
