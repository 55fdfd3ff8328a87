"""Share of an image's pixels that stand at the ends of its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import PRESENTATION, Image, as_radiograph
from xrayiq.metrics._range_ends import range_ends
from xrayiq.metrics._stored_values import kernel_pixels, no_pixels, stored_range
from xrayiq.model import Measurement, Provenance, Result
from xrayiq_kernels import KERNEL_DIGEST

ALGORITHM_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Clipping(Result):
    """Clipped pixels of one image, in stored values.

    Parameters
    ----------
    clipped_low_fraction, clipped_high_fraction : float
        Share of the image's pixels (padding left out) at the lower and at the upper end of the stored range, or at a
        plateau that ends the occupied range.
    low_value, high_value : float
        Stored value of either end: the least and the greatest that occur.
    pixel_count : int
        Pixels counted.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    clipped_low_fraction: float
    clipped_high_fraction: float
    low_value: float
    high_value: float
    pixel_count: int
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Both fractions."""
        return (
            Measurement(quantity="clipped_low_fraction", value=self.clipped_low_fraction),
            Measurement(quantity="clipped_high_fraction", value=self.clipped_high_fraction),
        )


def measure_clipping(image: Image) -> Clipping:
    """Share of the pixels at the ends of the range of stored values.

    Parameters
    ----------
    image : Radiograph or 2-D array
        FOR PROCESSING or FOR PRESENTATION; stored values are counted as they are. Padding and values that are not
        finite are left out.

    Returns
    -------
    Clipping
        A share is 0 where the range ends in a few single values, as that of an image that is not clipped.

    Raises
    ------
    InputError
        The array is not a non-empty 2-D array of numbers.
    NotMeasurableError
        ``only_padding``, or ``constant_image`` where all pixels have one value within the stored range.

    Notes
    -----
    Pixels at the least or greatest value that BitsStored allows are clipped. So are those at the least or greatest
    value that occurs, if it is a plateau: at least 0.01 % of the pixels, and five times as many as the mean of the next
    eight values that occur; or, where most neighbouring pixels differ, clearly more than the very next value that
    occurs, since the tail of noise falls towards its end. An end that is merely frequent, as in images with less noise
    than one step of the stored values, is no plateau. Detectors saturate below the stored range, and processing cuts
    within it.
    """
    radiograph = as_radiograph(image)
    stored = stored_range(radiograph)
    found = stored.low, stored.high, stored.low_count, stored.high_count
    ends = range_ends(kernel_pixels(radiograph), stored.used, radiograph.relation, found=found)
    if ends.pixel_count == 0:
        raise no_pixels(radiograph)
    if ends.low_value == ends.high_value and ends.fraction == 0:
        raise NotMeasurableError(
            "constant_image",
            f"every pixel has the value {ends.low_value:g}",
            needed="an exposed image",
            remedy="check the exposure and the detector",
            source=radiograph.source,
        )
    relation = radiograph.relation
    intent = (radiograph.acquisition.intent or "").strip().upper()
    return Clipping(
        clipped_low_fraction=ends.low_count / ends.pixel_count,
        clipped_high_fraction=ends.high_count / ends.pixel_count,
        low_value=ends.low_value,
        high_value=ends.high_value,
        pixel_count=ends.pixel_count,
        provenance=Provenance(
            algorithm="clipping",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(("stored_min", relation.stored_min), ("stored_max", relation.stored_max)),
            kernel_digest=KERNEL_DIGEST,
            signal_unit="stored",
            intent=intent,
            quantitative=intent != PRESENTATION,
            warnings=radiograph.warnings,
        ),
    )
