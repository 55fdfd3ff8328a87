"""Signal difference to noise of aluminium over the thickness of the phantom under automatic exposure control."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import as_length_mm
from xrayiq.metrics._image import Image, Pitch, SignalImage, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics.aluminium_square import locate_square_px, square_regions, without_slope
from xrayiq.metrics.contrast import Contrast, measure_contrast
from xrayiq.metrics.regions import Region
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: side of the aluminium square of the European guidelines
SQUARE_MM: Final = 10.0
#: thickness that the others are compared with, and how far a thickness may be from a named one
REFERENCE_MM: Final = 50.0
_SAME_MM: Final = 0.5
#: thicknesses whose relative SDNR is a quantity of its own
_NAMED_MM: Final = (20, 30, 40, 45, 60, 70)
#: thicknesses from which on a course is fitted, and span of the background's signal from which on its power is
_LEAST_FITTED: Final = 3
_LEAST_SPAN: Final = 1.5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SdnrOverThickness(Result):
    """Signal difference to noise ratio (SDNR) of one object on phantoms of several thicknesses.

    Arrays hold one value for each thickness, the thinnest first; repeated images of a thickness are averaged.

    Parameters
    ----------
    thickness_mm : 1-D array
        Thickness of the phantom.
    sdnr, sdnr_uncertainties : 1-D arrays
        SDNR, and its standard uncertainty from the noise in the regions.
    relative_sdnr, relative_sdnr_uncertainties : 1-D arrays or None
        SDNR over that of the reference thickness; None without an image of that.
    contrasts : 1-D array
        (background − object) / background, a fraction.
    background_means, background_sds : 1-D arrays
        Mean and standard deviation of the background.
    image_counts : 1-D array of int
        Images of each thickness.
    reference_mm : float
        Reference thickness.
    sdnr_fall_per_mm, sdnr_fall_uncertainty_per_mm : float or None
        Slope −d(ln SDNR)/d(thickness) of a weighted fit, with its standard uncertainty; None for less than three
        thicknesses.
    noise_power : float or None
        Power of the background's mean that SDNR over contrast grows with: 0.5 for quantum noise, 1 for structure; None
        where the background varies by less than a factor of 1.5 or for less than three thicknesses.
    background_deviation : float
        Greatest deviation of a thickness' background mean from their mean, as a part of it: how far the exposure
        control keeps the signal constant.
    background_repeatability : float or None
        Greatest deviation of a repeated image's background mean from the mean of its thickness, as a part of it; None
        without repeats.
    square_centres_px : 2-D array, one row per image in the order given, or None
        Row and column of the square; None where regions were given.
    signal_unit : str
        UCUM unit of means and standard deviations.
    provenance : Provenance
        Where the numbers come from.
    """

    thickness_mm: Floats
    sdnr: Floats
    sdnr_uncertainties: Floats
    relative_sdnr: Floats | None
    relative_sdnr_uncertainties: Floats | None
    contrasts: Floats
    background_means: Floats
    background_sds: Floats
    image_counts: NDArray[np.int64]
    reference_mm: float
    sdnr_fall_per_mm: float | None
    sdnr_fall_uncertainty_per_mm: float | None
    noise_power: float | None
    background_deviation: float
    background_repeatability: float | None
    square_centres_px: Floats | None
    signal_unit: str
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """SDNR at 50 mm, relative SDNR at the thicknesses of the guidelines, constancy of the signal."""
        found = []
        if abs(self.reference_mm - REFERENCE_MM) <= _SAME_MM and self.relative_sdnr is not None:
            at_reference = int(np.argmin(np.abs(self.thickness_mm - self.reference_mm)))
            found.append(Measurement(quantity="sdnr_at_50_mm", value=float(self.sdnr[at_reference])))
            for named in _NAMED_MM:
                nearest = int(np.argmin(np.abs(self.thickness_mm - named)))
                if abs(self.thickness_mm[nearest] - named) <= _SAME_MM:
                    value = float(self.relative_sdnr[nearest])
                    found.append(Measurement(quantity=f"relative_sdnr_at_{named}_mm", value=value))
        found.append(Measurement(quantity="aec_signal_deviation", value=self.background_deviation))
        if self.background_repeatability is not None:
            found.append(Measurement(quantity="aec_signal_repeatability", value=self.background_repeatability))
        return tuple(found)


def measure_sdnr_over_thickness(
    images: Images,
    *,
    thickness_mm: Sequence[float],
    signal: Region | None = None,
    background: Region | Sequence[Region] | None = None,
    square_mm: float = SQUARE_MM,
    reference_mm: float = REFERENCE_MM,
    pixel_pitch_mm: Pitch | None = None,
) -> SdnrOverThickness:
    """SDNR of an aluminium square over the thickness of the phantom.

    Parameters
    ----------
    images : sequence of Radiograph or 2-D array
        Homogeneous phantoms (PMMA) of different thickness with the same square (0.2 mm of aluminium), each taken under
        automatic exposure control; bare arrays are taken as linear. Padding is left out.
    thickness_mm : sequence of float
        Thickness of the phantom of each image; equal thicknesses are repeats.
    signal, background : regions, optional
        As for `measure_contrast`, the same on every image; without, the square is found on each image.
    square_mm : float
        Side of the square at the detector; 10 mm in the European guidelines.
    reference_mm : float
        Thickness that the others are compared with; 50 mm in the European guidelines.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the headers'.

    Returns
    -------
    SdnrOverThickness
        SDNR, contrast and background of each thickness.

    Raises
    ------
    InputError
        No image, another number of thicknesses, a thickness that is no positive length, one of `signal` and
        `background` without the other, images of different size, pitch or response, or regions that cannot be used.
    NotMeasurableError
        ``no_square``, ``square_at_border``, ``too_small`` where the square is not found; ``no_noise``;
        ``signal_not_positive`` where the background is not above zero; or as any image without linear signal or pitch.

    Notes
    -----
    SDNR = |S_Al − S_b| / σ_b as `measure_contrast` gives it, over a region of half the square's side in its middle and
    regions of this size beside it, 1.25 sides from its centre, in pairs, once the plane through the background regions
    is taken off: the heel effect would count as noise. Given regions are taken as they are. The course is ln SDNR over
    thickness, weighted by the uncertainties.

    Source: SDNR over 20 to 70 mm of PMMA with 0.2 mm of aluminium as in the European guidelines for breast cancer
    screening (EUREF).
    """
    if (signal is None) != (background is None):
        raise InputError(
            "one of signal and background without the other", needed="both regions, or neither to find the square"
        )
    side, reference = as_length_mm("square_mm", square_mm), as_length_mm("reference_mm", reference_mm)
    rows: list[Contrast] = []
    centres: list[tuple[float, float]] = []
    signals = images_as_signals(images, procedure="SDNR", pixel_pitch_mm=pixel_pitch_mm, needs_pitch=signal is None)
    first = next(signals)
    for seen in itertools.chain([first], signals):
        rows.append(_contrast(seen, signal, background, side, centres))
    thickness = _thicknesses(thickness_mm, len(rows))
    return _result(first, rows, thickness, centres, side=side, reference=reference)


def _contrast(
    seen: SignalImage,
    signal: Region | None,
    background: Region | Sequence[Region] | None,
    square_mm: float,
    centres: list[tuple[float, float]],
) -> Contrast:
    """Contrast of one image; the centre of a square that was found is added to `centres`."""
    image: Image = seen.radiograph
    if signal is None or background is None:
        centres.append(locate_square_px(seen, square_mm=square_mm))
        signal, pairs = square_regions(seen, centres[-1], square_mm=square_mm)
        image, background = without_slope(seen, pairs), pairs
    found = measure_contrast(image, signal=signal, background=background, pixel_pitch_mm=seen.pixel_pitch_mm)
    if found.contrast is None:
        raise NotMeasurableError(
            "signal_not_positive",
            f"background with the mean signal {found.background_mean:.3g}",
            needed="signal above zero beside the square",
            remedy="check the response of the detector and the exposure",
            source=seen.source,
        )
    return found


def _thicknesses(thickness_mm: Sequence[float], images: int) -> Floats:
    thickness = [as_length_mm("thickness_mm", value) for value in np.atleast_1d(thickness_mm).tolist()]
    if len(thickness) != images:
        raise InputError(
            f"{len(thickness)} thicknesses for {images} images",
            needed="one for each image",
            remedy="give the thicknesses in the order of the images",
        )
    return np.array(thickness)


def _result(
    first: SignalImage,
    rows: list[Contrast],
    thickness: Floats,
    centres: list[tuple[float, float]],
    *,
    side: float,
    reference: float,
) -> SdnrOverThickness:
    levels, group = np.unique(thickness, return_inverse=True)
    counts = np.bincount(group)
    sdnr, contrast, background, noise = (
        np.bincount(group, [getattr(row, name) for row in rows]) / counts
        for name in ("contrast_to_noise", "contrast", "background_mean", "background_sd")
    )
    squared = np.bincount(group, [row.contrast_to_noise_uncertainty**2 for row in rows])
    uncertainties = np.sqrt(squared) / counts
    relative, relative_uncertainties = _relative(levels, sdnr, uncertainties, reference)
    fall, fall_uncertainty = _fall(levels, sdnr, uncertainties)
    means = np.array([row.background_mean for row in rows])
    repeats = np.abs(means / background[group] - 1.0)
    return SdnrOverThickness(
        thickness_mm=levels,
        sdnr=sdnr,
        sdnr_uncertainties=uncertainties,
        relative_sdnr=relative,
        relative_sdnr_uncertainties=relative_uncertainties,
        contrasts=contrast,
        background_means=background,
        background_sds=noise,
        image_counts=counts.astype(np.int64),
        reference_mm=reference,
        sdnr_fall_per_mm=fall,
        sdnr_fall_uncertainty_per_mm=fall_uncertainty,
        noise_power=_noise_power(background, sdnr, contrast),
        background_deviation=float(np.max(np.abs(background / background.mean() - 1.0))),
        background_repeatability=float(repeats.max()) if counts.max() > 1 else None,
        square_centres_px=np.array(centres) if centres else None,
        signal_unit=first.unit,
        provenance=provenance_of(
            first,
            algorithm="sdnr_over_thickness",
            version=ALGORITHM_VERSION,
            parameters={
                "square_mm": side,
                "reference_mm": reference,
                "regions": "found" if centres else "given",
                "image_count": len(rows),
            },
        ),
    )


def _relative(
    levels: Floats, sdnr: Floats, uncertainties: Floats, reference: float
) -> tuple[Floats | None, Floats | None]:
    nearest = int(np.argmin(np.abs(levels - reference)))
    if abs(levels[nearest] - reference) > _SAME_MM or sdnr[nearest] <= 0:
        return None, None
    relative = sdnr / sdnr[nearest]
    parts = (uncertainties / np.maximum(sdnr, np.finfo(np.float64).tiny)) ** 2
    spread = relative * np.sqrt(parts + parts[nearest])
    spread[nearest] = 0.0
    return relative, spread


def _fall(levels: Floats, sdnr: Floats, uncertainties: Floats) -> tuple[float | None, float | None]:
    """Slope of −ln SDNR over thickness, by least squares weighted with the uncertainties."""
    if levels.size < _LEAST_FITTED or np.any(sdnr <= 0):
        return None, None
    weights = (sdnr / uncertainties) ** 2
    away = levels - np.average(levels, weights=weights)
    spread = float(np.sum(weights * away**2))
    return -float(np.sum(weights * away * np.log(sdnr))) / spread, float(np.sqrt(1.0 / spread))


def _noise_power(background: Floats, sdnr: Floats, contrast: Floats) -> float | None:
    usable = (contrast > 0) & (sdnr > 0) & (background > 0)
    if not usable.all() or background.size < _LEAST_FITTED or background.max() < _LEAST_SPAN * background.min():
        return None
    level = np.log(background)
    return float(np.polyfit(level - level.mean(), np.log(sdnr / contrast), 1)[0])
