"""One exposure of the detector: from the kerma behind an object to stored values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.defects import interpolate
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.noise import fixed_pattern, quantum_noise_ugy
from xrayiq_phantoms.phantom import Phantom, Truth


def expose(
    detector: Detector,
    kerma_ugy: NDArray[Any],
    truth: Truth,
    *,
    seed: int,
    noise: bool = True,
    previous_kerma_ugy: NDArray[Any] | float = 0.0,
) -> Phantom[Truth]:
    """Phantom of a kerma map that is already blurred by the detector.

    Parameters
    ----------
    detector : Detector
        What sees it.
    kerma_ugy : 2-D array
        Mean kerma of each pixel before heel, lag and gain.
    truth : object
        Passed on.
    seed : int
        Of the noise of this exposure.
    noise : bool
        Without it the image holds neither quantum nor electronic noise nor the fixed pattern.
    previous_kerma_ugy : array or float
        Kerma of the frame before, of which the lag leaves a part; heel included.

    Returns
    -------
    Phantom
        Its `kerma_ugy` includes heel, lag and gain.
    """
    incident = np.asarray(kerma_ugy, dtype=np.float64)
    shape = (incident.shape[0], incident.shape[1])
    if detector.heel_fraction != 0:
        incident = incident * detector.heel_map(shape)
    if detector.lag_fraction != 0:
        incident = incident + detector.lag_fraction * np.asarray(previous_kerma_ugy, dtype=np.float64)
    gain = detector.gain_map(shape)
    mean = incident if detector.gain_nonuniformity_fraction == 0 else incident * gain
    seen = np.array(mean)
    if noise:
        _add_noise(seen, detector, incident=incident, gain=gain, seed=seed)
    for defect in detector.defects:
        if defect.kind == "dead":
            seen[defect.area] = 0.0
        elif defect.kind == "gain":
            seen[defect.area] *= 1.0 + defect.amplitude
        elif defect.kind == "offset":
            seen[defect.area] += defect.amplitude
    pixels = detector.stored_values(seen)
    for defect in detector.defects:
        if defect.kind == "hot":
            pixels[defect.area] = detector.stored_range[1]
        elif defect.kind == "interpolated":
            interpolate(pixels, defect)
    mean = mean.view()
    mean.flags.writeable = False
    return Phantom(pixels=pixels, kerma_ugy=mean, truth=truth, detector=detector)


def _add_noise(
    seen: NDArray[np.float64],
    detector: Detector,
    *,
    incident: NDArray[np.float64],
    gain: NDArray[np.float64],
    seed: int,
) -> None:
    """Add fixed pattern, quantum noise (scaled by the gain), electronic and line noise in place."""
    generator = np.random.default_rng(seed)
    shape = (seen.shape[0], seen.shape[1])
    if detector.structured_noise_fraction > 0:
        seen *= 1.0 + fixed_pattern(detector, shape)
    quantum = quantum_noise_ugy(detector, incident, generator=generator)
    seen += quantum if detector.gain_nonuniformity_fraction == 0 else quantum * gain
    if detector.electronic_noise_ugy > 0:
        seen += np.float32(detector.electronic_noise_ugy) * generator.standard_normal(shape, dtype=np.float32)
    if detector.column_noise_ugy > 0 or detector.row_noise_ugy > 0:
        # of its own generator: the other noise of a seed stays what it is without lines
        lines = np.random.default_rng([seed, 2])
        seen += detector.column_noise_ugy * lines.standard_normal(shape[1])
        seen += detector.row_noise_ugy * lines.standard_normal((shape[0], 1))
