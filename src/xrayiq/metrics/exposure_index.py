"""Exposure index, target and deviation index of one image, recomputed beside the vendor's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import PRESENTATION, Image, SignalImage, as_radiograph, as_signal
from xrayiq.metrics._pixel_runs import PixelRuns
from xrayiq.metrics._range_ends import RangeEnds, saturation_warnings, used_range_ends
from xrayiq.metrics._stored_values import kernel_pixels
from xrayiq.metrics.anatomy import anatomy_of, field_pixels
from xrayiq.metrics.collimation import find_collimation
from xrayiq.model import Measurement, Provenance, Radiograph, Result
from xrayiq_kernels import KERNEL_DIGEST
from xrayiq_kernels.histogram import value_of_interest
from xrayiq_kernels.runs import run_histogram

ALGORITHM_VERSION: Final = 3
#: IEC 62494-1:2008: EI = 100 per µGy times the calibrated kerma
EI_PER_UGY: Final = 100.0
#: part of the image that is measured where no field is found
CENTRE_SHARE: Final = 0.1


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
        100 per µGy times the median kerma of the anatomy inside the collimated field, or of the whole field where no
        anatomy is told apart: an estimate of the EI that needs a calibrated response; not the vendor's EI.
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
        FOR PRESENTATION, also an estimate of EI from the pixels. What is unknown is None.

    Raises
    ------
    NotMeasurableError
        ``no_exposure_index``: the header states neither EI, EI_T nor DI, and no EI can be estimated.

    Notes
    -----
    IEC 62494-1:2008. The estimate is 100 per µGy times the median kerma of the anatomy inside the collimated field, for
    the beam that the response was calibrated with. Of a flat field, where no anatomy is told apart, it is the median
    inside the field by a margin of 3 mm, and a warning says so: 250 at 2.5 µGy. Without a field it is the median of the
    central tenth of the image. Vendors choose their own regions and central tendency, so it is no
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
    if all(known is None for known in (index, target, reported, estimated)):
        raise NotMeasurableError(
            "no_exposure_index",
            "the header states no exposure index" if isinstance(image, Radiograph) else "a bare array has no header",
            needed="ExposureIndex (0018,1411), its target or deviation, or a calibrated response to estimate it",
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
    except NotMeasurableError as error:
        return None, (f"exposure index not estimated: {error.found}",)
    region, notes = _region(signal)
    if region.pixel_count == 0:
        return None, ("exposure index not estimated: no pixel that is not padding in the centre",)
    median_ugy, ends = _median(signal, region)
    return EI_PER_UGY * median_ugy, (*notes, *saturation_warnings(ends))


def _region(signal: SignalImage) -> tuple[PixelRuns, tuple[str, ...]]:
    """Pixels whose median is the value of interest, and what a user should know of them."""
    try:
        field = find_collimation(signal.radiograph)
    except NotMeasurableError as error:
        return _centre(signal), (f"exposure index estimated from the centre of the image: {error.found}",)
    try:
        return anatomy_of(signal, field).pixels, ()
    except NotMeasurableError:
        inside = field_pixels(signal, field)
        if inside.pixel_count > 0:
            return inside, ("no anatomy told apart: exposure index estimated from the whole field, as of a flat field",)
        return _centre(signal), ("no anatomy told apart: exposure index estimated from the centre of the image",)


def _centre(signal: SignalImage) -> PixelRuns:
    """The central tenth of the image, padding left out."""
    top, left = (round(side * (1.0 - math.sqrt(CENTRE_SHARE)) / 2.0) for side in signal.shape)
    rows = np.arange(top, signal.shape[0] - top)
    edges = np.full(len(rows), left), np.full(len(rows), signal.shape[1] - left)
    return PixelRuns(runs=np.stack([rows, *edges], axis=1).astype(np.int64), shape=signal.shape).without(signal.padding)


def _median(signal: SignalImage, region: PixelRuns) -> tuple[float, RangeEnds]:
    """Median signal in a region, by the exact histogram of stored values where they are integers; its range ends."""
    response, scale = signal.radiograph.response, signal.scale
    if response is None or scale is None:
        return float(np.median(signal.values[region.mask()])), used_range_ends(signal, region)
    counts = run_histogram(kernel_pixels(signal.radiograph), region.runs, scale.first, scale.table.size)
    occurring = np.flatnonzero(counts)
    low, high = int(occurring[0]), int(occurring[-1])
    found = scale.first + low, scale.first + high, int(counts[low]), int(counts[high])
    median_ugy = float(response.to_kerma_ugy(np.array(scale.first + value_of_interest(counts, 0.5))))
    return median_ugy, used_range_ends(signal, region, found=found)
