"""Small picture of a field for people to look at."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._image import SignalImage
from xrayiq.metrics._percentiles import percentile
from xrayiq.metrics.field_candidates import fill_holes, to_logarithm

PREVIEW_PITCH_MM: Final = 2.0


def field_preview(
    signal: SignalImage, polarity: int, *, finest: int
) -> tuple[NDArray[np.uint8] | None, tuple[float, float] | None]:
    """Small grey picture whose pixels are too large to read text or recognise a person.

    Parameters
    ----------
    signal : SignalImage
        The image.
    polarity : {1, -1}
        Sign that makes its values grow with the exposure.
    finest : int
        Side in pixels of blocks that the picture's pixels are put together from.

    Returns
    -------
    tuple of (2-D array of uint8 or None, (float, float) or None)
        Picture, light where the exposure is low, and the distance of its rows and of its columns in mm; None where the
        image has no pixel pitch.
    """
    if signal.pixel_pitch_mm is None:
        return None, None
    times = int(np.ceil(PREVIEW_PITCH_MM / (min(signal.pixel_pitch_mm) * finest) - 1e-9))
    factor = finest * max(times, 1)
    means, _ = fill_holes(*signal.block_means(factor, finest=finest))
    logarithm = to_logarithm(polarity * means, linear=signal.unit != "stored")
    low, high = percentile(logarithm, 0.5, 99.5)
    grey = 255.0 * (high - logarithm) / max(high - low, 1e-12)
    pitch = (signal.pixel_pitch_mm[0] * factor, signal.pixel_pitch_mm[1] * factor)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8), pitch
