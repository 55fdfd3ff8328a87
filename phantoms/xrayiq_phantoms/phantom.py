"""A simulated image together with its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.detector import Detector

Truth = TypeVar("Truth")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phantom(Generic[Truth]):
    """An image and what is known of it.

    Parameters
    ----------
    pixels : 2-D array
        Stored values: uint16 or int16, float64 where the detector does not round.
    kerma_ugy : 2-D array of float64
        What the pixels would show without noise and defects: mean kerma of each pixel, heel, lag and gain included.
    truth : object
        The truth of this object, for example a `FlatTruth` or an `EdgeTruth`.
    detector : Detector
        What it was seen with.
    """

    pixels: NDArray[Any]
    kerma_ugy: NDArray[np.float64]
    truth: Truth
    detector: Detector
