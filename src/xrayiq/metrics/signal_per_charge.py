"""Signal of a flat field over the charge that made it: tells changes of a detector's gain or a tube's output."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np

from xrayiq.model import Radiograph

_DISTANCE_MM: Final = 1000.0


def signal_per_charge(image: Any, mean_signal: float) -> float | None:
    """Mean signal over tube charge, at 1 m from the source by the inverse square of the distance.

    Parameters
    ----------
    image : Radiograph or anything else
        The flat field.
    mean_signal : float
        Its mean signal, in kerma where it has a calibrated response.

    Returns
    -------
    float or None
        In the relative unit of the detector's own linear values per mA·s, also where a response is known: a new
        response must not hide that the gain has changed. None where the header states no charge or distance above 0,
        where values are not linear by the header, or for what is no Radiograph.
    """
    if not isinstance(image, Radiograph) or image.relation.relation != "linear":
        return None
    charge_mas, distance_mm = image.acquisition.exposure_mas, image.acquisition.source_detector_distance_mm
    if not charge_mas or not distance_mm or charge_mas < 0 or distance_mm < 0:
        return None
    signal = mean_signal
    if image.response is not None:
        stored = image.response.to_pixel_values(np.array([mean_signal]))
        signal = float(dataclasses.replace(image, response=None).signal_of(stored)[0])
    return signal / charge_mas * (distance_mm / _DISTANCE_MM) ** 2
