"""Noise and signal-to-noise ratio in the anatomy of a single image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_radiograph, as_signal, provenance_of
from xrayiq.metrics._noise_blocks import (
    BLOCK_SIZES_PX,
    ENOUGH_BLOCKS,
    Blocks,
    MeasuredBlocks,
    find_blocks,
    measure_blocks,
)
from xrayiq.metrics._percentiles import percentile
from xrayiq.metrics._range_ends import SATURATED_FRACTION, check_saturation, saturation_warnings, used_range_ends
from xrayiq.metrics.anatomy import anatomy_of, pixels_beside
from xrayiq.metrics.collimation import find_collimation
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 3
#: pixels this far apart are compared
LAG_MM: Final = 0.45
LAG_MAX_PX: Final = 5
LAG_WITHOUT_PITCH_PX: Final = 2
#: blocks with fewer differences within it hold edges (of noise alone 99.7 % lie there), and are left out
LEAST_PLAIN_SHARE: Final = 0.985
#: less noise than this part of the signal is no noise of X rays: it would take four million quanta in each pixel
LEAST_RELATIVE_NOISE: Final = 5e-4
#: and less than this, in steps of the stored values, is that of rounding (1 / √12)
LEAST_NOISE_STEPS: Final = 0.35


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ClinicalNoise(Result):
    """Noise in the anatomy of one clinical image.

    Parameters
    ----------
    snr : float
        Median over the blocks of mean signal over noise.
    relative_noise : float
        Median over the blocks of noise over mean signal, a fraction.
    mean_signal, noise : float
        Medians over the blocks, in the unit of the signal.
    signal_unit : str
        ``"uGy"`` with a calibrated response, ``"1"`` (relative) without.
    block_size_px : int
        Side of the square blocks.
    block_count : int
        Blocks measured: wholly in the anatomy inside the collimated field, without strong edges.
    anatomy_fraction : float
        Share of the image's pixels taken as anatomy inside the field.
    beside_anatomy_fraction : float
        Share of the collimated field that is direct exposure beside the anatomy: where the signal is 0.9 or more of the
        direct beam's.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    snr: float
    relative_noise: float
    mean_signal: float
    noise: float
    signal_unit: str
    block_size_px: int
    block_count: int
    anatomy_fraction: float
    beside_anatomy_fraction: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """SNR and relative noise, and how much of the field is beside the anatomy."""
        return (
            Measurement(quantity="clinical_snr", value=self.snr),
            Measurement(quantity="clinical_noise", value=self.relative_noise),
            Measurement(quantity="field_beside_anatomy_fraction", value=self.beside_anatomy_fraction),
        )


def measure_clinical_noise(image: Image, *, pixel_pitch_mm: Pitch | None = None) -> ClinicalNoise:
    """Noise and signal-to-noise ratio in the anatomy of a single image.

    Parameters
    ----------
    image : Radiograph or 2-D array
        One clinical image FOR PROCESSING; a bare array is taken as linear.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's. Without any pitch neighbours are taken two pixels apart.

    Returns
    -------
    ClinicalNoise
        Medians over square blocks that lie wholly in the anatomy inside the collimated field, direct exposure and metal
        left out; of more than 10 000 blocks over those of every second row, of more than 20 000 of every third, and so
        on.

    Raises
    ------
    InputError
        The array is not a non-empty 2-D array of numbers, or the pitch is not positive.
    NotMeasurableError
        ``presentation_image``, ``no_linear_signal``, ``only_padding``, ``constant_image``, ``all_saturated``,
        ``image_too_small``, ``no_anatomy``; ``partly_saturated`` where more than 1 % of the pixels of the blocks stand
        at a stored limit or at a plateau that ends their range; ``no_noise`` where the noise is below 0.05 % of the
        signal, for which X rays would take four million quanta in each pixel, or no more than that of rounding.

    Notes
    -----
    The noise of a block comes from second differences along rows of second differences along columns,
    [1 −2 1] ⊗ [1 −2 1] (Immerkær 1996, Computer Vision and Image Understanding 64:300), whose variance is 36 times that
    of noise without correlation. They vanish on anatomy that changes smoothly along either axis. Their scale is a
    median absolute deviation and then the standard deviation within three times it; blocks with many differences beyond
    hold edges and are left out. Where anatomy is full of edges (small bones), part of it still counts as noise, up to a
    sixth. The pixels compared are about 0.45 mm apart: noise correlated over shorter distances, as by the blur of the
    detector, is measured in full; noise correlated over longer ones (scatter grids, processing) only in part.

    Saturated parts that are as flat as direct exposure count as such and are left out; a warning then tells their share
    of what lies outside the anatomy. Another comes with 0.01 to 1 % of the blocks' pixels at an end of the range.
    """
    radiograph = as_radiograph(image)
    signal = as_signal(radiograph, procedure="clinical noise", pixel_pitch_mm=pixel_pitch_mm, needs_pitch=False)
    field = find_collimation(radiograph, pixel_pitch_mm=pixel_pitch_mm)
    anatomy = anatomy_of(signal, field)
    lag = _lag(signal.pixel_pitch_mm)
    blocks = find_blocks(signal, anatomy, lag)
    if len(blocks.rows) == 0:
        raise NotMeasurableError(
            "no_anatomy",
            "no block of pixels lies wholly in the anatomy",
            needed=f"anatomy of at least {BLOCK_SIZES_PX[-1] + 2 * lag} pixels along rows and columns",
            remedy="use an image at full resolution",
            source=signal.source,
        )
    measured = measure_blocks(signal, blocks, lag)
    smooth = measured.plain_shares >= LEAST_PLAIN_SHARE
    if np.count_nonzero(smooth) >= ENOUGH_BLOCKS:
        measured, blocks = measured.chosen(smooth), blocks.chosen(smooth)
    at_ends = measured.at_ends()
    ends = check_saturation(
        signal,
        blocks.pixels(lag, signal.shape),
        procedure="clinical noise",
        holding_ends=None if at_ends is None else blocks.chosen(at_ends).pixels(lag, signal.shape),
    )
    relative_noise = _median(measured.noises / measured.means)
    _check_noise(signal, relative_noise, _in_steps(signal, blocks, measured))
    warnings = saturation_warnings(ends)
    beside = used_range_ends(signal, pixels_beside(signal, field, anatomy))
    if beside.fraction > SATURATED_FRACTION:
        warnings = (*warnings, f"outside the anatomy {beside.text()}, and are left out")
    return ClinicalNoise(
        snr=1.0 / relative_noise,
        relative_noise=relative_noise,
        mean_signal=_median(measured.means),
        noise=_median(measured.noises),
        signal_unit=signal.unit,
        block_size_px=blocks.size_px,
        block_count=len(blocks.rows),
        anatomy_fraction=anatomy.fraction,
        beside_anatomy_fraction=anatomy.beside_fraction,
        provenance=provenance_of(
            signal,
            algorithm="clinical_noise",
            version=ALGORITHM_VERSION,
            parameters={"block_size_px": blocks.size_px, "lag_px": lag},
            warnings=warnings,
        ),
    )


def _lag(pixel_pitch_mm: tuple[float, float] | None) -> int:
    if pixel_pitch_mm is None:
        return LAG_WITHOUT_PITCH_PX
    return int(np.clip(round(LAG_MM / min(pixel_pitch_mm)), 1, LAG_MAX_PX))


def _median(values: NDArray[np.float64]) -> float:
    return percentile(values, 50.0)[0]


def _in_steps(signal: SignalImage, blocks: Blocks, measured: MeasuredBlocks) -> float | None:
    """Median noise of the blocks in steps of the stored values; None where those are not whole."""
    pixels = signal.radiograph.pixels
    if pixels.dtype.kind not in "ui":
        return None
    if signal.scale is not None and signal.scale.slope is not None:
        return _median(np.where(measured.spans > 0, measured.noises, 0.0)) / abs(signal.scale.slope)
    size = blocks.size_px
    steps = []
    for row, column, noise, span in zip(blocks.rows, blocks.columns, measured.noises, measured.spans, strict=True):
        block = pixels[row : row + size, column : column + size]
        stored = int(block.max()) - int(block.min())
        steps.append(noise * stored / span if stored else 0.0)
    return float(np.median(steps))


def _check_noise(signal: SignalImage, relative: float, steps: float | None) -> None:
    if relative >= LEAST_RELATIVE_NOISE and (steps is None or steps >= LEAST_NOISE_STEPS):
        return
    in_steps = "" if steps is None else f" or {steps:.2g} steps of the stored values"
    raise NotMeasurableError(
        "no_noise",
        f"noise of {100.0 * relative:.2g} % of the signal{in_steps}",
        needed=f"at least {100.0 * LEAST_RELATIVE_NOISE:g} % of the signal, and more than that of rounding",
        remedy="use an exposed image, not one smoothed or computed",
        source=signal.source,
    )
