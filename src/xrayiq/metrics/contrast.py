"""Contrast-to-noise ratio of an object against its background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_signal, provenance_of
from xrayiq.metrics._noise_correlation import lagged_products
from xrayiq.metrics.regions import Region, bounding_box, each_region, region_mask
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: least number of pixels of a region
LEAST_PIXELS: Final = 100
#: distance up to which noise is taken as correlated
CORRELATION_MM: Final = 0.75
CORRELATION_WITHOUT_PITCH_PX: Final = 5
CORRELATION_MAX_PX: Final = 10
#: number of lags that the smallest region may be asked for, as a part of its pixels
_LAGS_SHARE: Final = 0.25
#: standard deviation over mean below which a region holds one value and rounding
_NO_NOISE: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Contrast(Result):
    """Contrast and contrast-to-noise ratio of an object against its background.

    Parameters
    ----------
    contrast_to_noise : float
        CNR, also called SDNR: |object − background| / σ of the background.
    contrast_to_noise_uncertainty : float
        Its standard uncertainty from the noise in the regions.
    contrast_to_noise_pooled : float
        The same over √((σ² of the object + σ² of the background) / 2).
    contrast : float or None
        (background − object) / background, a fraction, positive for an object darker in kerma; None where the
        background is not above zero.
    contrast_to_noise_per_root_kerma : float or None
        CNR / √(kerma of the background in µGy); None without a calibrated response.
    signal_mean, signal_sd : float
        Mean and standard deviation (ddof 1) of the object's region.
    background_mean, background_sd : float
        Mean of the background regions' means, and their pooled standard deviation, each region about its own mean.
    background_means, background_sds : 1-D arrays
        Of each background region.
    signal_unit : str
        UCUM unit of means and standard deviations.
    signal_pixel_count : int
        Pixels of the object's region.
    background_pixel_counts : 1-D array of int
        Pixels of each background region.
    signal_box_px : tuple of (row_start, row_stop, column_start, column_stop)
        Rectangle about the object's region.
    background_boxes_px : 2-D array of int, one row for each background region
        Rectangles about the background regions.
    noise_correlation_px : float
        Pixels over which noise is correlated: the sum of its autocorrelation, 1 for white noise.
    provenance : Provenance
        Where the numbers come from.
    """

    contrast_to_noise: float
    contrast_to_noise_uncertainty: float
    contrast_to_noise_pooled: float
    contrast: float | None
    contrast_to_noise_per_root_kerma: float | None
    signal_mean: float
    signal_sd: float
    background_mean: float
    background_sd: float
    background_means: NDArray[np.float64]
    background_sds: NDArray[np.float64]
    signal_unit: str
    signal_pixel_count: int
    background_pixel_counts: NDArray[np.int64]
    signal_box_px: tuple[int, int, int, int]
    background_boxes_px: NDArray[np.int64]
    noise_correlation_px: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """CNR, CNR over the pooled noise, and contrast where it is defined."""
        found = [
            Measurement(quantity="contrast_to_noise", value=self.contrast_to_noise),
            Measurement(quantity="contrast_to_noise_pooled", value=self.contrast_to_noise_pooled),
        ]
        if self.contrast is not None:
            found.append(Measurement(quantity="contrast", value=self.contrast))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """Pixels of one region."""

    count: int
    mean: float
    variance: float
    box: tuple[int, int, int, int]
    inside: NDArray[np.bool_]
    residuals: NDArray[np.float64]


def measure_contrast(
    image: Image,
    *,
    signal: Region,
    background: Region | Sequence[Region],
    pixel_pitch_mm: Pitch | None = None,
) -> Contrast:
    """Contrast-to-noise ratio (SDNR) and contrast of an object against its background.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Image of a test object; a bare array is taken as linear.
    signal : tuple of (row_start, row_stop, column_start, column_stop), or 2-D array of bool
        Region inside the object, 3 mm or more from its edges.
    background : region or sequence of regions
        Beside the object; two to four regions that lie symmetrically about it cancel heel effect and distance.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's; only the reach of the noise's correlation depends on it, 5 pixels without any pitch.

    Returns
    -------
    Contrast
        Means, noise, contrast and CNR.

    Raises
    ------
    InputError
        A region is malformed, empty, off the image, overlaps another, or has less than 100 pixels that are not padding.
    NotMeasurableError
        ``no_noise`` where a region holds a single value; or as any image without linear signal or content.

    Notes
    -----
    CNR = |S_o − S_b| / σ_b. S_b is the mean of the regions' means. σ_b is pooled within the regions, so that a course
    of the signal from one region to the next does not count as noise; a course within a region does. Padding and pixels
    that are not finite are left out.

    The uncertainty follows from the autocovariance C of the noise, pooled over all regions and up to 0.75 mm: a mean
    over n pixels has the variance ΣC / n, a variance the variance 2 ΣC² / n (normal noise). Correlated noise thus
    counts with the fewer independent samples that it has. Positioning and structure of the object are not in it.

    Noise of low frequency is taken for the region's mean: σ is low by half of `noise_correlation_px` over the pixels of
    a region, as a fraction, so regions should be large against the blur.

    Source: SDNR as in the European guidelines for mammography screening (EUREF) and IAEA Human Health Series 39.
    """
    measured = as_signal(image, procedure="contrast", pixel_pitch_mm=pixel_pitch_mm, needs_pitch=False)
    regions = [("signal", signal), *((f"background {k}", each) for k, each in enumerate(each_region(background), 1))]
    masks = [(name, region_mask(region, measured.values.shape, name=name)) for name, region in regions]
    _check_overlap(masks)
    inside, *around = (_sample(measured, mask, name) for name, mask in masks)
    counts = np.array([sample.count for sample in around])
    variances = np.array([sample.variance for sample in around])
    means = np.array([sample.mean for sample in around])
    background_mean = float(means.mean())
    background_variance = float(np.sum((counts - 1) * variances) / np.sum(counts - 1))
    background_sd = float(np.sqrt(background_variance))
    difference = abs(inside.mean - background_mean)
    ratio = difference / background_sd
    correlation, squared = _correlation([inside, *around], _reach_px(measured))
    mean_variance = correlation * (inside.variance / inside.count + float(np.mean(variances / counts)) / counts.size)
    sd_variance = background_variance * squared / (2.0 * float(counts.sum()))
    return Contrast(
        contrast_to_noise=ratio,
        contrast_to_noise_uncertainty=float(np.sqrt(mean_variance + ratio**2 * sd_variance)) / background_sd,
        contrast_to_noise_pooled=difference / float(np.sqrt((inside.variance + background_variance) / 2.0)),
        contrast=(background_mean - inside.mean) / background_mean if background_mean > 0 else None,
        contrast_to_noise_per_root_kerma=(
            ratio / float(np.sqrt(background_mean)) if measured.unit == "uGy" and background_mean > 0 else None
        ),
        signal_mean=inside.mean,
        signal_sd=float(np.sqrt(inside.variance)),
        background_mean=background_mean,
        background_sd=background_sd,
        background_means=means,
        background_sds=np.sqrt(variances),
        signal_unit=measured.unit,
        signal_pixel_count=inside.count,
        background_pixel_counts=counts,
        signal_box_px=inside.box,
        background_boxes_px=np.array([sample.box for sample in around], dtype=np.int64),
        noise_correlation_px=correlation,
        provenance=provenance_of(
            measured,
            algorithm="contrast",
            version=ALGORITHM_VERSION,
            parameters={
                "signal_box_px": _box_text(inside.box),
                "background_boxes_px": "; ".join(_box_text(sample.box) for sample in around),
                "correlation_reach_px": _reach_px(measured),
            },
        ),
    )


def _check_overlap(masks: list[tuple[str, NDArray[np.bool_]]]) -> None:
    for index, (name, mask) in enumerate(masks):
        for other_name, other in masks[:index]:
            shared = int(np.count_nonzero(mask & other))
            if shared:
                raise InputError(
                    f"{other_name} and {name} regions that share {shared} pixels",
                    needed="regions that do not overlap",
                )


def _sample(signal: SignalImage, mask: NDArray[np.bool_], name: str) -> _Sample:
    top, bottom, left, right = box = bounding_box(mask)
    inside = mask[top:bottom, left:right]
    if signal.padding is not None:
        inside = inside & ~signal.padding[top:bottom, left:right]
    count = int(np.count_nonzero(inside))
    if count < LEAST_PIXELS:
        raise InputError(
            f"{name} region of {count} pixels that are not padding",
            needed=f"{LEAST_PIXELS} or more",
            remedy="give a larger region",
            source=signal.source,
        )
    values = signal.values[top:bottom, left:right]
    pixels = values[inside]
    mean = float(pixels.mean())
    variance = float(pixels.var(ddof=1, mean=mean))
    if np.sqrt(variance) <= _NO_NOISE * abs(mean):
        raise NotMeasurableError(
            "no_noise",
            f"{name} region holds the single value {mean:g}",
            needed="noise, which the contrast is compared with",
            remedy="check for saturation, or move the region into the field",
            source=signal.source,
        )
    residuals = np.where(inside, values - mean, 0.0)
    return _Sample(count=count, mean=mean, variance=variance, box=box, inside=inside, residuals=residuals)


def _reach_px(signal: SignalImage) -> int:
    if signal.pixel_pitch_mm is None:
        return CORRELATION_WITHOUT_PITCH_PX
    return int(np.clip(round(CORRELATION_MM / min(signal.pixel_pitch_mm)), 1, CORRELATION_MAX_PX))


def _correlation(samples: list[_Sample], reach_px: int) -> tuple[float, float]:
    """Sums of the autocorrelation of the noise and of its square over the lags within reach, at least 1."""
    least = min(sample.count for sample in samples)
    reach = min(reach_px, int((np.sqrt(_LAGS_SHARE * least) - 1) // 2))
    products = np.zeros((2 * reach + 1, 2 * reach + 1))
    pairs = np.zeros_like(products)
    for sample in samples:
        inside = np.pad(sample.inside.astype(np.float64), reach)
        unit = np.pad(sample.residuals / np.sqrt(sample.variance), reach)
        products += lagged_products(unit, reach)
        pairs += np.rint(lagged_products(inside, reach))
    correlation = products / np.maximum(pairs, 1.0)
    correlation /= correlation[reach, reach]
    total = sum(sample.count for sample in samples)
    # residuals about a sample mean sum to zero: each lag lacks 1 / pixels of a region
    correction = 1.0 - correlation.size * len(samples) / total
    return max(float(correlation.sum()) / correction, 1.0), max(float(np.sum(correlation**2)), 1.0)


def _box_text(box: tuple[int, int, int, int]) -> str:
    return ",".join(str(value) for value in box)
