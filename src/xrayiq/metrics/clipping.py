"""Share of an image's pixels that stand at the ends of its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import PRESENTATION, Image, as_radiograph
from xrayiq.model import Measurement, Provenance, Result
from xrayiq_kernels import KERNEL_DIGEST
from xrayiq_kernels.histogram import float_histogram, integer_histogram

ALGORITHM_VERSION: Final = 1
#: a plateau at the end of the occupied range holds at least this share of the pixels …
LEAST_PLATEAU_FRACTION: Final = 1e-4
#: … and this many times the mean of the next values that occur
PLATEAU_FACTOR: Final = 5.0
NEXT_VALUES: Final = 8
#: integers over a wider range are counted in bins, like floats
EXACT_VALUES: Final = 1 << 20
FLOAT_BINS: Final = 4096


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
    eight values that occur. Detectors saturate below the stored range, and processing cuts within it.
    """
    radiograph = as_radiograph(image)
    excluded = radiograph.padding_mask()
    pixels = radiograph.pixels
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        excluded = ~np.isfinite(pixels) if excluded is None else excluded | ~np.isfinite(pixels)
    kept = pixels if excluded is None else pixels[~excluded]
    if kept.size == 0:
        raise NotMeasurableError(
            "only_padding", "no pixel that is not padding", needed="an image with pixels", source=radiograph.source
        )
    low, high = kept.min().item(), kept.max().item()
    relation = radiograph.relation
    at_low = relation.stored_min is not None and low <= relation.stored_min
    at_high = relation.stored_max is not None and high >= relation.stored_max
    if low == high and not (at_low or at_high):
        raise NotMeasurableError(
            "constant_image",
            f"every pixel has the value {low:g}",
            needed="an exposed image",
            remedy="check the exposure and the detector",
            source=radiograph.source,
        )
    ends = int(np.count_nonzero(kept == low)), int(np.count_nonzero(kept == high))
    if low < high:
        counts = _counts(pixels, excluded, low, high)
        at_low = at_low or _is_plateau(ends[0], counts, kept.size)
        at_high = at_high or _is_plateau(ends[1], counts[::-1], kept.size)
    clipped_low, clipped_high = (ends[0] if at_low else 0), (ends[1] if at_high else 0)
    intent = (radiograph.acquisition.intent or "").strip().upper()
    return Clipping(
        clipped_low_fraction=clipped_low / kept.size,
        clipped_high_fraction=clipped_high / kept.size,
        low_value=float(low),
        high_value=float(high),
        pixel_count=int(kept.size),
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


def _counts(pixels: NDArray[Any], excluded: NDArray[np.bool_] | None, low: float, high: float) -> NDArray[np.int64]:
    """Histogram between the ends: of every value where they are whole and not too many, else of equal bins."""
    mask = np.zeros((0, 0), dtype=np.bool_) if excluded is None else excluded
    if pixels.dtype.kind in "ui" and high - low < EXACT_VALUES:
        return integer_histogram(pixels, mask, int(low), int(high) - int(low) + 1)
    return float_histogram(pixels.astype(np.float64), mask, float(low), float(high), FLOAT_BINS)


def _is_plateau(count: int, counts: NDArray[np.int64], total: int) -> bool:
    """Whether the first value stands out from the next ones that occur."""
    following = counts[1:][counts[1:] > 0][:NEXT_VALUES]
    if count < LEAST_PLATEAU_FRACTION * total:
        return False
    return len(following) == 0 or count > PLATEAU_FACTOR * float(following.mean())
