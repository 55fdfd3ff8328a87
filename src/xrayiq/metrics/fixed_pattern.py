"""Noise power spectrum of what repeats from flat field to flat field, and of what does not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import Image, Pitch, as_signal
from xrayiq.metrics._image_sequence import Images, each_image
from xrayiq.metrics._roi_power import Detrend
from xrayiq.metrics.leakage import Leakage
from xrayiq.metrics.nps import Nps, measure_nps
from xrayiq.model import Measurement, Provenance, Result

Floats = NDArray[np.float64]

ALGORITHM_VERSION: Final = 1
_PROCEDURE: Final = "the fixed-pattern noise power spectrum"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FixedPatternNps(Result):
    """Noise power spectrum of the fixed pattern of a detector beside that of all noise.

    The random part is the difference of the two. Where there is little fixed pattern its estimate scatters about zero
    and may be negative.

    Parameters
    ----------
    frequencies_per_mm, v_frequencies_per_mm, radial_frequencies_per_mm : 1-D arrays
        Frequencies of the values along u, along v and over annuli, as `Nps` has them.
    u_values, v_values, radial_values : 1-D arrays
        NPS of all noise of one image (signal² mm²), mean over the images.
    u_fixed_values, v_fixed_values, radial_fixed_values : 1-D arrays
        NPS of the part that repeats in each image (signal² mm²).
    variance : float
        Variance of one image about its trend.
    fixed_variance : float
        Its part that repeats.
    mean_signal : float
        Large-area signal.
    signal_unit : str
        UCUM unit of the signal.
    image_count : int
        Images that were averaged.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    frequencies_per_mm: Floats
    u_values: Floats
    u_fixed_values: Floats
    v_frequencies_per_mm: Floats
    v_values: Floats
    v_fixed_values: Floats
    radial_frequencies_per_mm: Floats
    radial_values: Floats
    radial_fixed_values: Floats
    variance: float
    fixed_variance: float
    mean_signal: float
    signal_unit: str
    image_count: int
    provenance: Provenance

    @property
    def fixed_fraction(self) -> float:
        """Part of the variance that repeats from image to image."""
        return self.fixed_variance / self.variance

    def measurements(self) -> tuple[Measurement, ...]:
        """Part of the variance that is fixed pattern."""
        return (Measurement(quantity="fixed_pattern_fraction", value=self.fixed_fraction),)


def measure_fixed_pattern_nps(
    images: Images,
    *,
    pixel_pitch_mm: Pitch | None = None,
    roi_px: int = 256,
    overlap: float = 0.5,
    detrend: Detrend = "quadratic",
    area_mm: float | None = None,
    leakage: Leakage = "removed",
) -> FixedPatternNps:
    """Noise power spectrum of the fixed pattern, from the average of repeated flat fields.

    Parameters
    ----------
    images : iterable of Radiographs or of 2-D arrays
        Two or more repeats of one flat field, same detector, beam and kerma. A bare array is taken as linear. Where a
        pixel is padding or not finite in one of them, it is left out of the average.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the headers'.
    roi_px : int
        Side of a ROI, as `measure_nps` has it.
    overlap : float
        Part of a ROI that it shares with the next.
    detrend : {"quadratic", "mean"}
        Large-area trend that is subtracted.
    area_mm : float, optional
        Side of the central square that is used.
    leakage : {"removed", "kept"}
        Whether the curves are freed of what ROI borders carry to high frequencies.

    Returns
    -------
    FixedPatternNps
        Along both axes and over annuli, beside the spectrum of all noise.

    Raises
    ------
    InputError
        Fewer than two images, or as `measure_nps`.
    NotMeasurableError
        ``no_noise`` where the images do not vary, or as `measure_nps`.

    Notes
    -----
    Noise that does not repeat falls to 1/M of its power in the average of M images, so that with the spectra W of
    single images (their mean) and of the average W_fixed = (M·W_average − W) / (M − 1).

    What differs from image to image but is no noise, such as lag of the exposure before, counts as random.
    """
    total_sum: Floats | None = None
    count = 0

    def summed() -> Iterator[Image]:
        """Images as they come, added up on the way."""
        nonlocal total_sum, count
        for image in each_image(images):
            yield image
            signal = as_signal(image, procedure=_PROCEDURE, pixel_pitch_mm=pixel_pitch_mm)
            values = signal.values if signal.padding is None else np.where(signal.padding, np.nan, signal.values)
            total_sum = values.copy() if total_sum is None else total_sum + values
            count += 1

    def spectrum(of: Images, pitch_mm: Pitch | None) -> Nps:
        return measure_nps(
            of,
            pixel_pitch_mm=pitch_mm,
            roi_px=roi_px,
            overlap=overlap,
            detrend=detrend,
            area_mm=area_mm,
            leakage=leakage,
        )

    single = spectrum(summed(), pixel_pitch_mm)
    if total_sum is None or count < 2:
        raise InputError(
            f"{count} image",
            needed="two or more repeats of one flat field",
            remedy="give a list of images; a single one does not tell what repeats",
        )
    if single.variance == 0:
        raise NotMeasurableError(
            "no_noise", "images without any variation", needed="noise", remedy="use unprocessed flat fields"
        )
    average = spectrum(total_sum / count, single.pixel_pitch_mm)

    def fixed(name: str) -> Floats:
        return np.asarray((count * getattr(average, name) - getattr(single, name)) / (count - 1), dtype=np.float64)

    return FixedPatternNps(
        frequencies_per_mm=single.frequencies_per_mm,
        u_values=single.u_values,
        u_fixed_values=fixed("u_values"),
        v_frequencies_per_mm=single.v_frequencies_per_mm,
        v_values=single.v_values,
        v_fixed_values=fixed("v_values"),
        radial_frequencies_per_mm=single.radial_frequencies_per_mm,
        radial_values=single.radial_values,
        radial_fixed_values=fixed("radial_values"),
        variance=single.variance,
        fixed_variance=float(fixed("variance")),
        mean_signal=single.mean_signal,
        signal_unit=single.signal_unit,
        image_count=count,
        provenance=dataclasses.replace(
            single.provenance,
            algorithm="fixed_pattern_nps",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(*single.provenance.parameters, ("nps_version", single.provenance.algorithm_version)),
        ),
    )
