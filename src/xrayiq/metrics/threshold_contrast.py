"""Statistical threshold contrast: which contrast a disc needs to stand out of the noise of a uniform area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import as_length_mm, as_rising_lengths_mm, is_number
from xrayiq.metrics._disc_tiles import (
    Scatter,
    disc_means,
    disc_weights,
    effective_pixels,
    scatter_about_quadratic,
    tile_counts,
)
from xrayiq.metrics._image import Pitch, SignalImage, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics._range_ends import RangeEnds, check_saturation, saturation_warnings
from xrayiq.metrics._tiles import in_pixels
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: diameters where none are given: every second step of the contrast-detail series from 0.3 to 8 mm
DIAMETERS_MM: Final = (0.3, 0.5, 0.8, 1.3, 2.0, 3.2, 5.0, 8.0)
#: least rows and least columns of discs, so that there are nine regions and a quadratic can be told from their noise
LEAST_ACROSS: Final = 3
#: least diameter in pixels
_LEAST_DIAMETER_PX: Final = 1.5
#: relative standard deviation below which discs hold one value and rounding
_NO_NOISE: Final = 1e-12
_REPORTED_MM: Final = (("threshold_contrast_at_1_mm", 1.0), ("threshold_contrast_at_5_mm", 5.0))
_REPORTED_CONFIDENCE: Final = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ThresholdContrast(Result):
    """Contrast that a disc needs to stand out of the noise, over its diameter.

    Parameters
    ----------
    diameters_mm : 1-D array
        Diameters of the discs, rising.
    values, uncertainties : 1-D arrays
        Threshold contrast, a fraction of the background, and its standard uncertainty.
    disc_sds, disc_sd_uncertainties : 1-D arrays
        Relative standard deviation σ_µ of the disc means, and its standard uncertainty.
    disc_counts : 1-D array of int
        Discs of all images together.
    effective_pixels : 1-D array
        N of a disc: in white noise of standard deviation σ per pixel its mean has σ/√N.
    factor : float
        Threshold over σ_µ: 3.29 for 95 %.
    confidence : float
        Share of discs at the threshold that are told from the background, and of empty places that are taken for empty.
    mean_signal : float
        Of the area.
    signal_unit : str
        Its UCUM unit.
    image_count : int
        Images.
    provenance : Provenance
        Where the numbers come from.
    """

    diameters_mm: Floats
    values: Floats
    uncertainties: Floats
    disc_sds: Floats
    disc_sd_uncertainties: Floats
    disc_counts: NDArray[np.int64]
    effective_pixels: Floats
    factor: float
    confidence: float
    mean_signal: float
    signal_unit: str
    image_count: int
    provenance: Provenance

    def at(self, diameter_mm: float) -> float | None:
        """Threshold contrast of a disc, linear in the logarithms between the diameters measured.

        Parameters
        ----------
        diameter_mm : float
            Its diameter.

        Returns
        -------
        float or None
            None outside the diameters measured.
        """
        if not self.diameters_mm[0] <= diameter_mm <= self.diameters_mm[-1]:
            return None
        return float(np.exp(np.interp(np.log(diameter_mm), np.log(self.diameters_mm), np.log(self.values))))

    def measurements(self) -> tuple[Measurement, ...]:
        """Threshold contrast of discs of 1 and 5 mm for 95 %, where they lie between the diameters measured."""
        scale = threshold_factor(_REPORTED_CONFIDENCE) / self.factor
        found = ((name, self.at(diameter)) for name, diameter in _REPORTED_MM)
        return tuple(Measurement(quantity=name, value=value * scale) for name, value in found if value is not None)


def threshold_factor(confidence: float) -> float:
    """Threshold contrast over the relative standard deviation of disc means: two one-sided normal quantiles.

    Half-way between the mean signals of background and disc, a share `confidence` of either lies on its own side:
    2·Φ⁻¹(0.95) = 3.29.
    """
    return 2.0 * float(ndtri(confidence))


def measure_threshold_contrast(
    images: Images,
    *,
    diameters_mm: Sequence[float] | None = None,
    confidence: float = 0.95,
    pixel_pitch_mm: Pitch | None = None,
    border_mm: float = 10.0,
) -> ThresholdContrast:
    """Statistical threshold contrast C_T = 3.29·σ_µ / S of discs on a uniform area, over their diameter.

    Parameters
    ----------
    images : Radiograph, 2-D array, or sequence of them
        Flat fields of one detector and exposure; a bare array is taken as linear. Discs that hold padding or pixels
        that are not finite are left out.
    diameters_mm : sequence of float, optional
        Diameters of the discs. Without, those of 0.3, 0.5, 0.8, 1.3, 2, 3.2, 5 and 8 mm that are at least 1.5 pixels
        wide and fit in three times three.
    confidence : float
        Share of discs at the threshold that are told from the background, and of empty places taken for empty; 0.95
        gives the factor 3.29.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the headers'.
    border_mm : float
        Width of the border that is left out on each side.

    Returns
    -------
    ThresholdContrast
        The curve with its uncertainty.

    Raises
    ------
    InputError
        No image; images of different size, pixel pitch or response; diameters, `confidence` or `border_mm` that cannot
        be used.
    NotMeasurableError
        ``too_few_regions`` where less than three times three discs fit in, or too few are free of padding;
        ``no_noise``; ``signal_not_positive``; ``partly_saturated`` where more than 1 % of the pixels inside the border
        stand at an end of the range; or as any image without linear signal, pixel pitch or content.

    Notes
    -----
    Discs side by side tile the area; pixels at the rim count by the share that the disc covers. The disc means, over
    their mean S, are taken about their least-squares quadratic in row and column (heel effect, distance), whose six
    coefficients are taken off the degrees of freedom ν, so that σ_µ² = Σ residuals² / ν is free of bias in white noise.
    Structure finer than the quadratic counts as noise, and repeats from image to image: the uncertainty σ_µ / √(2ν),
    with ν lowered by the correlation of neighbouring discs, then is too small.

    The contrast is that in the image: blur by which a disc loses contrast is not in it.

    Source: the statistical method of Chao and others (2000) for CT, as known from papers that quote it.
    """
    chosen = None if diameters_mm is None else as_rising_lengths_mm("diameters_mm", diameters_mm)
    if not (is_number(confidence) and 0.5 < confidence < 1.0):
        raise InputError(f"confidence={confidence!r}", needed="a share between 0.5 and 1", remedy="give 0.95 for 95 %")
    border_mm = as_length_mm("border_mm", border_mm, zero_allowed=True)
    first: SignalImage | None = None
    worst: RangeEnds | None = None
    discs: list[tuple[float, Floats]] = []
    scatters: list[list[Scatter]] = []
    for signal in images_as_signals(images, procedure="threshold contrast", pixel_pitch_mm=pixel_pitch_mm):
        area = _inside(signal, border_mm)
        if first is None:
            first, discs = signal, _discs(signal, area, chosen)
        ends = check_saturation(signal, area, procedure="threshold contrast")
        worst = ends if worst is None or ends.fraction > worst.fraction else worst
        scatters.append([_scatter(signal, area, diameter, weights) for diameter, weights in discs])
    if first is None or worst is None:
        raise InputError("no image", needed="at least one flat field")
    each = np.array([[(row.freedom, row.square_sum, row.correlation, row.count) for row in rows] for rows in scatters])
    freedoms, squares, _, counts = each.sum(axis=0).T
    correlations = each.mean(axis=0).T[2]
    sds = np.sqrt(squares / freedoms)
    _check_noise(first, sds)
    sd_uncertainties = sds / np.sqrt(2.0 * freedoms / correlations)
    factor = threshold_factor(confidence)
    diameters = np.array([diameter for diameter, _ in discs])
    return ThresholdContrast(
        diameters_mm=diameters,
        values=factor * sds,
        uncertainties=factor * sd_uncertainties,
        disc_sds=sds,
        disc_sd_uncertainties=sd_uncertainties,
        disc_counts=counts.astype(np.int64),
        effective_pixels=np.array([effective_pixels(weights) for _, weights in discs]),
        factor=factor,
        confidence=float(confidence),
        mean_signal=float(np.mean([row[0].mean for row in scatters])),
        signal_unit=first.unit,
        image_count=len(scatters),
        provenance=provenance_of(
            first,
            algorithm="threshold_contrast",
            version=ALGORITHM_VERSION,
            parameters={
                "diameters_mm": ", ".join(f"{diameter:g}" for diameter in diameters),
                "confidence": float(confidence),
                "border_mm": border_mm,
                "detrend": "quadratic",
                "pixel_pitch_rows_mm": first.pitch[0],
                "pixel_pitch_columns_mm": first.pitch[1],
            },
            warnings=saturation_warnings(worst),
        ),
    )


def _inside(signal: SignalImage, border_mm: float) -> tuple[slice, slice]:
    border = in_pixels(border_mm, signal.pitch)
    rows, columns = (
        slice(border[axis], max(border[axis], signal.values.shape[axis] - border[axis])) for axis in (0, 1)
    )
    return rows, columns


def _discs(signal: SignalImage, area: tuple[slice, slice], chosen: list[float] | None) -> list[tuple[float, Floats]]:
    """Diameters with the weights of their pixels; given ones that do not fit are refused, others left out."""
    shape = (area[0].stop - area[0].start, area[1].stop - area[1].start)
    found = []
    for diameter in DIAMETERS_MM if chosen is None else chosen:
        narrow = diameter < _LEAST_DIAMETER_PX * max(signal.pitch)
        if narrow and chosen is not None:
            raise InputError(
                f"disc of {diameter:g} mm, {diameter / max(signal.pitch):.2g} pixels wide",
                needed=f"{_LEAST_DIAMETER_PX:g} pixels or more",
                remedy=f"give diameters from {_LEAST_DIAMETER_PX * max(signal.pitch):.3g} mm on",
                source=signal.source,
            )
        if narrow:
            continue
        weights = disc_weights(diameter, signal.pitch)
        counts = tile_counts(shape, weights)
        if min(counts) >= LEAST_ACROSS:
            found.append((diameter, weights))
        elif chosen is not None or not found:
            raise _too_few(signal, diameter, f"{counts[0]} × {counts[1]} discs of {diameter:g} mm that fit in")
    return found


def _scatter(signal: SignalImage, area: tuple[slice, slice], diameter: float, weights: Floats) -> Scatter:
    masked = None if signal.padding is None else signal.padding[area]
    means = disc_means(signal.values[area], masked, weights)
    mean = float(np.nanmean(means)) if np.isfinite(means).any() else np.nan
    if mean <= 0:
        raise NotMeasurableError(
            "signal_not_positive",
            f"mean signal of {mean:g}",
            needed="a signal above zero, which the contrast is a fraction of",
            remedy="give the detector's response, which removes its offset",
            source=signal.source,
        )
    scatter = scatter_about_quadratic(means)
    whole = int(np.count_nonzero(np.isfinite(means)))
    if scatter is None or whole < LEAST_ACROSS**2:
        raise _too_few(signal, diameter, f"{whole} discs of {diameter:g} mm free of padding")
    return scatter


def _too_few(signal: SignalImage, diameter: float, found: str) -> NotMeasurableError:
    return NotMeasurableError(
        "too_few_regions",
        found,
        needed=f"{LEAST_ACROSS} × {LEAST_ACROSS} or more",
        remedy=f"use an image of the whole detector, a smaller border_mm, or diameters below {diameter:g} mm",
        source=signal.source,
    )


def _check_noise(first: SignalImage, sds: Floats) -> None:
    if not (sds > _NO_NOISE).all():
        raise NotMeasurableError(
            "no_noise",
            f"disc means that differ by {float(sds.min()):.1g} of the signal",
            needed="noise, which the contrast is compared with",
            remedy="use an unprocessed exposure",
            source=first.source,
        )
