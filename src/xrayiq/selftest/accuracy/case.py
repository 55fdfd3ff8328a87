"""One case of the grid: objects of known truth, measured and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.model import Radiograph, Response
from xrayiq_phantoms import Detector

#: measured less true, by the key of the figure
Errors = Mapping[str, NDArray[np.float64]]
#: simulates, measures and compares; a function of a module with its arguments bound, so that a process can be sent it
Case = Callable[[], Errors]
Grid = Literal["full", "quick"]


def response_of(detector: Detector) -> Response:
    """The detector's own response, as an exact calibration would give it."""
    model, a, b, c = detector.response_coefficients
    return Response(model=model, a=a, b=b, c=c)


def in_kerma(pixels: NDArray[Any], detector: Detector) -> Radiograph:
    """Stored values with the detector's own response, so that metrics see air kerma in µGy."""
    return Radiograph.from_array(pixels, pixel_pitch_mm=detector.pixel_pitch_mm, response=response_of(detector))


def one(error: float) -> NDArray[np.float64]:
    """A single error."""
    return np.array([error], dtype=np.float64)


def uncovered(inside: Any, level: float = 0.95) -> NDArray[np.float64]:
    """Share of intervals that hold the truth, less the share that they state."""
    return one(round(float(np.mean(inside)) - level, 12))  # a share of a few counts
