"""Electronic, quantum and structured noise of a detector from flat fields at several levels of kerma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._image import Pitch, provenance_of
from xrayiq.metrics._image_sequence import Images
from xrayiq.metrics.noise_fit import CONFIDENCE, ComponentFit, fit_components, structured_from_repeats
from xrayiq.metrics.noise_levels import REPEAT_TOLERANCE, Levels, measure_levels
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
_RECOMMENDED_LEVELS: Final = 5
#: deviation of a calibrated signal from the kerma given that a reader must know
_KERMA_DEVIATION: Final = 0.2
_COMPONENTS: Final = ("electronic", "quantum", "structured")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Noise(Result):
    """Noise of a detector over kerma, σ²(K) = α + βK + γK²: electronic, quantum and structured.

    Parameters
    ----------
    kerma_ugy : 1-D array
        Air kerma K of each level, rising; the mean over the level's images.
    mean_signals : 1-D array
        Mean signal of each level.
    image_counts : 1-D array of int
        Images of each level.
    variances, variance_errors : 1-D arrays
        Mean variance of the tiles of each level (signal²) and its standard error.
    random_variances, structured_variances : 1-D arrays
        Part that changes from image to image, and part that repeats (signal²); NaN at levels of a single image. The
        latter scatters about zero where there is no fixed pattern.
    fitted_variances : 1-D array
        The fitted curve at each level.
    electronic, quantum, structured : float
        α (signal²), β (signal²/µGy) and γ (signal²/µGy²): µGy², µGy and no unit where the signal is in µGy.
    electronic_interval, quantum_interval, structured_interval : tuple of (low, high)
        95 % confidence intervals.
    electronic_fractions, quantum_fractions, structured_fractions : 1-D arrays
        Share of each component in the fitted variance of each level.
    structured_from_repeats, structured_from_repeats_interval : float and (low, high) pair, or None
        γ from what the images of a level have in common; None where no level has two images.
    quantum_limited_from_ugy : float or None
        α/β, from where on quantum noise outweighs electronic noise; None where quantum noise never outweighs both
        others.
    quantum_limited_to_ugy : float or None
        β/γ, up to where quantum noise outweighs structured noise; None as above, or without structured noise.
    relative_noise_slope : float
        Slope of ln(σ/K) over ln K, all levels; −½ is pure quantum noise.
    signal_unit : str
        ``"uGy"`` with a calibrated response; ``"1"`` relative, and then so are the coefficients.
    tile_count : int
        Tiles measured.
    tile_size_px : tuple of (int, int)
        Rows and columns of a tile.
    roi_mm, border_mm : float
        Nominal side of a tile and width of the border that is left out.
    provenance : Provenance
        Where the numbers come from.
    """

    kerma_ugy: NDArray[np.float64]
    mean_signals: NDArray[np.float64]
    image_counts: NDArray[np.int64]
    variances: NDArray[np.float64]
    variance_errors: NDArray[np.float64]
    random_variances: NDArray[np.float64]
    structured_variances: NDArray[np.float64]
    fitted_variances: NDArray[np.float64]
    electronic: float
    quantum: float
    structured: float
    electronic_interval: tuple[float, float]
    quantum_interval: tuple[float, float]
    structured_interval: tuple[float, float]
    electronic_fractions: NDArray[np.float64]
    quantum_fractions: NDArray[np.float64]
    structured_fractions: NDArray[np.float64]
    structured_from_repeats: float | None
    structured_from_repeats_interval: tuple[float, float] | None
    quantum_limited_from_ugy: float | None
    quantum_limited_to_ugy: float | None
    relative_noise_slope: float
    signal_unit: str
    tile_count: int
    tile_size_px: tuple[int, int]
    roi_mm: float
    border_mm: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Coefficients where the signal is in µGy, the quantum-limited range where there is one, and the slope."""
        values: list[tuple[str, float | None]] = []
        if self.signal_unit == "uGy":
            values += [
                ("electronic_noise", self.electronic),
                ("quantum_noise", self.quantum),
                ("structured_noise", self.structured),
            ]
        values += [
            ("quantum_limited_from", self.quantum_limited_from_ugy),
            ("quantum_limited_to", self.quantum_limited_to_ugy),
            ("relative_noise_slope", self.relative_noise_slope),
        ]
        return tuple(Measurement(quantity=name, value=value) for name, value in values if value is not None)


def measure_noise(
    images: Images,
    *,
    kerma_ugy: ArrayLike,
    pixel_pitch_mm: Pitch | None = None,
    roi_mm: float = 10.0,
    border_mm: float = 10.0,
) -> Noise:
    """Electronic, quantum and structured noise from flat fields at four or more levels of kerma.

    Parameters
    ----------
    images : sequence of Radiograph or 2-D array
        Flat fields of one size in any order; five levels or more are recommended. A bare array is taken as linear. Two
        or more images of a level (kerma within 1 %) let temporal and structured noise be told apart.
    kerma_ugy : 1-D array
        Air kerma at the detector of each image (µGy), above zero.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the headers'.
    roi_mm : float
        Side of a tile; in pixels it is rounded to the nearest whole number.
    border_mm : float
        Width of the border that is left out on each side, rounded to whole pixels.

    Returns
    -------
    Noise
        Components with 95 % confidence intervals. Without a calibrated response they are in relative units, which
        `signal_unit` and a warning in the provenance say.

    Raises
    ------
    InputError
        Kerma that is missing, not above zero or not one for each image; images of different size, pitch or response; a
        length that cannot be used.
    NotMeasurableError
        ``too_few_levels``; ``signal_not_following_kerma`` where the mean signal does not grow with the kerma;
        ``clipped`` where more than 0.1 % of the pixels stand at an end of the range; ``no_noise``; ``too_few_tiles``;
        ``smaller_than_roi``; or as any image without linear signal, pixel pitch or content.

    Notes
    -----
    A level's variance is the mean over the tiles of the variance about each tile's least-squares plane (ddof 3), mean
    over the level's images. Masked pixels are left out; so are tiles with half of their pixels masked in any image.
    Random variance is half the variance of the difference of successive images of a level, structured variance what is
    left. Non-negative least squares with weights images/σ⁴, since the sampling variance of a variance goes as σ⁴; the
    weights are taken twice from the fitted curve.

    The intervals come from the scatter of the tiles, taken jointly over the levels, not from the number of pixels:
    noise that is correlated has fewer independent samples, and a fixed pattern is the same at every level. A smooth
    course over the field (heel) is no scatter. Where the levels lie off the curve by more than three in ten samples
    would, as with kerma known to a few percent only, this scatter, with Student's t for the levels less three, gives
    the intervals if they are wider; from the 1 % level on the provenance says so. An error common to all kermas is in
    no interval.

    Of correlated noise the tile's plane takes its lowest frequencies: about three correlation areas over the tile's
    area, 0.4 % of the variance for a Gaussian blur of 0.1 mm and 1.5 % for one of 0.2 mm in tiles of 10 mm. A heel of
    relative standard deviation c over the field adds c² to γ's relative error; defective pixels count as structured
    noise. Blur lowers the variance: the coefficients compare a detector with itself.

    Source: AAPM TG-150 (tiles of a flat field); non-negative least squares by Lawson and Hanson.
    """
    for name, value, allowed in (("roi_mm", roi_mm, roi_mm > 0), ("border_mm", border_mm, border_mm >= 0)):
        if not (np.isfinite(value) and allowed):
            raise InputError(f"{name}={value}", needed="a length above zero" if name == "roi_mm" else "0 or more")
    levels = measure_levels(
        images, kerma_ugy=kerma_ugy, pixel_pitch_mm=pixel_pitch_mm, roi_mm=roi_mm, border_mm=border_mm
    )
    fit = fit_components(levels)
    repeats = structured_from_repeats(levels, fit.fitted)
    electronic, quantum, structured = (float(value) for value in fit.coefficients)
    parts = fit.coefficients[:, None] * levels.kerma_ugy ** np.arange(3)[:, None] / fit.fitted
    low, high = _quantum_limited(electronic, quantum, structured)
    variances, randoms = levels.totals.mean(axis=0), levels.randoms.mean(axis=0)
    return Noise(
        kerma_ugy=levels.kerma_ugy,
        mean_signals=levels.mean_signals,
        image_counts=levels.image_counts,
        variances=variances,
        variance_errors=fit.variance_errors,
        random_variances=randoms,
        structured_variances=variances - randoms,
        fitted_variances=fit.fitted,
        electronic=electronic,
        quantum=quantum,
        structured=structured,
        electronic_interval=fit.intervals[0],
        quantum_interval=fit.intervals[1],
        structured_interval=fit.intervals[2],
        electronic_fractions=parts[0],
        quantum_fractions=parts[1],
        structured_fractions=parts[2],
        structured_from_repeats=None if repeats is None else repeats[0],
        structured_from_repeats_interval=None if repeats is None else repeats[1],
        quantum_limited_from_ugy=low,
        quantum_limited_to_ugy=high,
        relative_noise_slope=_slope(levels.kerma_ugy, variances),
        signal_unit=levels.first.unit,
        tile_count=levels.totals.shape[0],
        tile_size_px=levels.tile_size_px,
        roi_mm=float(roi_mm),
        border_mm=float(border_mm),
        provenance=provenance_of(
            levels.first,
            algorithm="noise",
            version=ALGORITHM_VERSION,
            parameters={
                "roi_mm": float(roi_mm),
                "border_mm": float(border_mm),
                "repeat_tolerance": REPEAT_TOLERANCE,
                "confidence": CONFIDENCE,
                "pixel_pitch_rows_mm": levels.first.pitch[0],
                "pixel_pitch_columns_mm": levels.first.pitch[1],
            },
            warnings=_warnings(levels, fit),
        ),
    )


def _quantum_limited(electronic: float, quantum: float, structured: float) -> tuple[float | None, float | None]:
    """Kermas between which the quantum part is the greatest."""
    if quantum <= 0 or electronic * structured > quantum**2:
        return None, None
    return electronic / quantum, quantum / structured if structured > 0 else None


def _slope(kerma: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    x = np.log(kerma)
    x = x - x.mean()
    return float(x @ np.log(np.sqrt(variances) / kerma) / (x @ x))


def _warnings(levels: Levels, fit: ComponentFit) -> list[str]:
    found = []
    count = levels.kerma_ugy.size
    if count < _RECOMMENDED_LEVELS:
        found.append(f"{count} levels of kerma; {_RECOMMENDED_LEVELS} or more are recommended")
    if levels.first.unit != "uGy":
        found.append("signal is relative, so the noise coefficients are in relative units squared")
    else:
        ratios = levels.mean_signals / levels.kerma_ugy
        worst = int(np.abs(ratios - 1.0).argmax())
        if abs(ratios[worst] - 1.0) > _KERMA_DEVIATION:
            found.append(
                f"mean signal of {levels.mean_signals[worst]:.3g} µGy where the kerma is given as "
                f"{levels.kerma_ugy[worst]:.3g} µGy; check response and kerma"
            )
    if fit.misfit is not None:
        found.append(
            f"variances scatter about the fit by {100.0 * fit.misfit:.2g} %, more than sampling explains; the "
            "confidence intervals include it"
        )
    found += [
        f"{name} noise would fit with less than zero; check kerma, offset and clipping"
        for name, below in zip(_COMPONENTS, fit.below_zero, strict=True)
        if below
    ]
    return found
