"""Exposure index, target and deviation index of one image, recomputed beside the vendor's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import PRESENTATION, Image, SignalImage, as_radiograph, as_signal
from xrayiq.metrics.anatomy import find_anatomy
from xrayiq.metrics.collimation import find_collimation
from xrayiq.model import Measurement, Provenance, Radiograph, Result
from xrayiq_kernels import KERNEL_DIGEST
from xrayiq_kernels.histogram import integer_histogram, value_of_interest

ALGORITHM_VERSION: Final = 1
#: IEC 62494-1:2008: EI = 100 per µGy times the calibrated kerma
EI_PER_UGY: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ExposureIndex(Result):
    """Exposure indicators of one image (IEC 62494-1:2008); None where they are unknown.

    Parameters
    ----------
    exposure_index, target_exposure_index : float or None
        EI and EI_T as the header states them.
    deviation_index : float or None
        10·log10(EI / EI_T), computed in full precision; None where either is missing or not above 0.
    reported_deviation_index : float or None
        DI as the header states it.
    deviation_index_difference : float or None
        Reported minus computed.
    estimated_exposure_index : float or None
        100 per µGy times the median kerma of the anatomy inside the collimated field: an estimate of the EI that needs
        a calibrated response; not the vendor's EI.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    exposure_index: float | None
    target_exposure_index: float | None
    deviation_index: float | None
    reported_deviation_index: float | None
    deviation_index_difference: float | None
    estimated_exposure_index: float | None
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """The indicators that are known."""
        known = (
            ("exposure_index", self.exposure_index),
            ("target_exposure_index", self.target_exposure_index),
            ("deviation_index", self.deviation_index),
            ("reported_deviation_index", self.reported_deviation_index),
            ("deviation_index_difference", self.deviation_index_difference),
            ("estimated_exposure_index", self.estimated_exposure_index),
        )
        return tuple(Measurement(quantity=name, value=value) for name, value in known if value is not None)


def assess_exposure_index(image: Image) -> ExposureIndex:
    """Exposure indicators of one image, the deviation index recomputed.

    Parameters
    ----------
    image : Radiograph or 2-D array
        The indicators come from its acquisition; a bare array has none.

    Returns
    -------
    ExposureIndex
        What the header states, beside DI = 10·log10(EI / EI_T) in full precision. An EI or target that is 0 or below is
        reported as found, and a warning says why there is no DI. With a calibrated response, and unless the image is
        FOR PRESENTATION, also an estimate of EI from the pixels.

    Raises
    ------
    NotMeasurableError
        ``no_exposure_index``: the header states none and none can be estimated.

    Notes
    -----
    IEC 62494-1:2008. The estimate is 100 per µGy times the median kerma of the anatomy inside the collimated field, for
    the beam that the response was calibrated with. Vendors choose their own regions and central tendency, so it is no
    substitute for their EI. Legacy indicators (S, lgM, REX …) in other attributes are not read as EI.
    """
    radiograph = as_radiograph(image)
    acquisition = radiograph.acquisition
    index, target, reported = (
        acquisition.exposure_index,
        acquisition.target_exposure_index,
        acquisition.deviation_index,
    )
    estimated, notes = _estimate(radiograph)
    if index is None and estimated is None:
        raise NotMeasurableError(
            "no_exposure_index",
            "the header states no exposure index" if isinstance(image, Radiograph) else "a bare array has no header",
            needed="ExposureIndex (0018,1411), or a calibrated response to estimate it",
            remedy="; ".join(notes) or "turn on the exposure index of the system, or give its response",
            source=radiograph.source,
        )
    warnings = [*notes]
    computed = None
    if index is not None and target is not None:
        if index > 0 and target > 0:
            computed = 10.0 * math.log10(index / target)
        else:
            warnings.append(f"no deviation index from EI {index:g} and target {target:g}: both must be above 0")
    intent = (acquisition.intent or "").strip().upper()
    return ExposureIndex(
        exposure_index=index,
        target_exposure_index=target,
        deviation_index=computed,
        reported_deviation_index=reported,
        deviation_index_difference=None if computed is None or reported is None else reported - computed,
        estimated_exposure_index=estimated,
        provenance=Provenance(
            algorithm="exposure_index",
            algorithm_version=ALGORITHM_VERSION,
            kernel_digest="" if estimated is None else KERNEL_DIGEST,
            response_id="" if estimated is None or radiograph.response is None else radiograph.response.id,
            signal_unit="" if estimated is None else "uGy",
            intent=intent,
            quantitative=intent != PRESENTATION,
            warnings=(*radiograph.warnings, *warnings),
        ),
    )


def _estimate(radiograph: Radiograph) -> tuple[float | None, tuple[str, ...]]:
    """EI from the pixels, or why there is none although the response is known."""
    intent = (radiograph.acquisition.intent or "").strip().upper()
    if radiograph.response is None or intent == PRESENTATION:
        return None, ()
    try:
        signal = as_signal(radiograph, procedure="the exposure index", needs_pitch=False)
        anatomy = find_anatomy(signal, find_collimation(radiograph))
    except NotMeasurableError as error:
        return None, (f"exposure index not estimated: {error.found}",)
    return EI_PER_UGY * _median(signal, anatomy.mask), ()


def _median(signal: SignalImage, mask: NDArray[np.bool_]) -> float:
    """Median signal under a mask; by the exact histogram of stored values where they are integers."""
    radiograph = signal.radiograph
    pixels, response = radiograph.pixels, radiograph.response
    if response is None or pixels.dtype.kind not in "ui" or pixels.dtype.itemsize > 2:
        return float(np.median(signal.values[mask]))
    first = int(pixels.min())
    counts = integer_histogram(pixels, ~mask, first, int(pixels.max()) - first + 1)
    return float(response.to_kerma_ugy(np.array(first + value_of_interest(counts, 0.5))))
