"""Ghost factor: what a former exposure leaves in an image, against the contrast of aluminium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import as_length_mm
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_signal, provenance_of
from xrayiq.metrics.aluminium_square import REGION, Rectangle, locate_square_px, on_image, region_about
from xrayiq.metrics.contrast import Contrast, measure_contrast
from xrayiq.metrics.regions import Region
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: side of the aluminium square of the European guidelines
SQUARE_MM: Final = 10.0
#: distance of the reference and ghost regions' centres from the border of the ghost, and from the square along it, as
#: parts of the square's side
_FROM_BORDER: Final = 0.75
_FROM_SQUARE: Final = 1.25
#: least step of the first image at the border, as a part of the brighter half
_LEAST_STEP: Final = 0.05
#: standard uncertainties that the square's contrast needs
_LEAST_CONTRAST_SD: Final = 5.0

Axis = Literal["rows", "columns"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class GhostFactor(Result):
    """Signal that a former exposure leaves, over the signal difference of aluminium.

    Arrays hold the values of the three regions: aluminium, reference, ghost.

    Parameters
    ----------
    ghost_factor : float
        (ghost − reference) / (aluminium − reference).
    ghost_factor_uncertainty : float
        Its standard uncertainty from the noise in the regions.
    ghost_fraction, ghost_fraction_uncertainty : float
        (ghost − reference) / reference.
    contrast : float
        (reference − aluminium) / reference.
    means, mean_uncertainties, sds : 1-D arrays
        Mean signal, its standard uncertainty and the standard deviation of the pixels.
    boxes_px : 2-D array of int
        First row, row after the last, first column and column after the last.
    border_px : float or None
        Border of the ghost, counted along `border_axis`; None where the regions were given.
    border_axis : {"rows", "columns", ""}
        Axis that crosses the border.
    signal_unit : str
        UCUM unit of means and standard deviations.
    provenance : Provenance
        Where the numbers come from.
    """

    ghost_factor: float
    ghost_factor_uncertainty: float
    ghost_fraction: float
    ghost_fraction_uncertainty: float
    contrast: float
    means: NDArray[np.float64]
    mean_uncertainties: NDArray[np.float64]
    sds: NDArray[np.float64]
    boxes_px: NDArray[np.int64]
    border_px: float | None
    border_axis: str
    signal_unit: str
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Ghost factor, and the ghost as a part of the signal."""
        return (
            Measurement(quantity="ghost_factor", value=self.ghost_factor),
            Measurement(quantity="ghost_fraction", value=self.ghost_fraction),
        )


def measure_ghost_factor(
    image: Image,
    *,
    first_image: Image | None = None,
    aluminium: Region | None = None,
    reference: Region | None = None,
    ghost: Region | None = None,
    square_mm: float = SQUARE_MM,
    pixel_pitch_mm: Pitch | None = None,
) -> GhostFactor:
    """Ghost factor: a block with an aluminium square, imaged after a block that covered half the detector.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Second image: the block covers the detector, the square lies on it within one half of the first image. A bare
        array is taken as linear; padding is left out.
    first_image : Radiograph or 2-D array, optional
        The image before, with the block over one half, of the same size. Without it, all three regions are needed.
    aluminium, reference, ghost : regions, optional
        In the square; beside it in the same half; in the other half. As for `measure_contrast`.
    square_mm : float
        Side of the square at the detector; 10 mm in the European guidelines.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's.

    Returns
    -------
    GhostFactor
        Factor, means and regions.

    Raises
    ------
    InputError
        Neither the first image nor all three regions are given, or both; the first image is of another size; a region
        cannot be used.
    NotMeasurableError
        ``no_border`` where the first image has no single straight border between its halves, ``square_on_border``,
        ``square_at_border`` where there is no room for the regions, ``no_square``, ``too_small``; ``no_aluminium``
        where the aluminium's region does not differ from the reference; ``no_noise``; ``signal_not_positive``; or as
        any image without linear signal or, to find the regions, without pitch.

    Notes
    -----
    The factor is (S₃ − S₂) / (S₁ − S₂) with S₁ on the aluminium, S₂ beside it and S₃ across the border of the ghost. A
    fall of the signal across the border by heel effect or distance counts as ghost, so S₂ and S₃ are taken near it:
    their regions, of half the square's side, lie 0.75 sides on either side of the border and 1.25 sides from the square
    along it. The uncertainty is that of the three means under the noise's correlation, as `measure_contrast` states it.

    Source: ghost factor as in the European guidelines for breast cancer screening (EUREF).
    """
    regions = (aluminium, reference, ghost)
    given = [region for region in regions if region is not None]
    if len(given) not in (0, 3) or (first_image is None) == (not given):
        raise InputError(
            f"{len(given)} of three regions, {'a' if first_image is not None else 'no'} first image",
            needed="the first image, or the regions aluminium, reference and ghost",
        )
    signal = as_signal(image, procedure="ghost factor", pixel_pitch_mm=pixel_pitch_mm, needs_pitch=not given)
    border: tuple[float | None, str] = (None, "")
    if first_image is not None:
        side = as_length_mm("square_mm", square_mm)
        axis, place = _border(as_signal(first_image, procedure="ghost factor", needs_pitch=False), signal)
        border = (place, axis)
        given = list(_regions(signal, axis, place, side))
    on_square, beside, across = given
    one, other = (
        measure_contrast(signal.radiograph, signal=region, background=beside, pixel_pitch_mm=signal.pixel_pitch_mm)
        for region in (on_square, across)
    )
    return _result(signal, one, other, border, square_mm=float(square_mm))


def _border(first: SignalImage, signal: SignalImage) -> tuple[Axis, float]:
    """Axis that crosses the border between the halves of the first image, and where."""
    if first.values.shape != signal.values.shape:
        raise InputError(
            f"first image of {first.values.shape[0]} × {first.values.shape[1]} pixels, image of "
            f"{signal.values.shape[0]} × {signal.values.shape[1]}",
            needed="images of one size",
            source=first.source,
        )
    values = first.values if first.padding is None else np.where(first.padding, np.nan, first.values)
    with np.errstate(invalid="ignore"):
        profiles = [_median_lines(values, axis) for axis in (1, 0)]
    steps = [float(np.nanquantile(profile, 0.9) - np.nanquantile(profile, 0.1)) for profile in profiles]
    number = int(np.argmax(steps))
    profile = profiles[number]
    low, high = (float(np.nanquantile(profile, share)) for share in (0.1, 0.9))
    above = profile > 0.5 * (low + high)
    changes = np.flatnonzero(above[1:] != above[:-1])
    if changes.size != 1 or high - low < _LEAST_STEP * abs(high):
        raise NotMeasurableError(
            "no_border",
            f"first image with a step of {100.0 * (high - low) / max(abs(high), 1e-300):.1f} % that is crossed "
            f"{changes.size} times",
            needed=f"one straight border with a step of {100.0 * _LEAST_STEP:g} % or more along rows or columns",
            remedy="check that the block covers one half in the first image, or give the regions",
            source=first.source,
        )
    last = int(changes[0])
    part = (0.5 * (low + high) - profile[last]) / (profile[last + 1] - profile[last])
    return ("rows", "columns")[number], last + float(part)


def _median_lines(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Median of each line across an axis; lines without any pixel take that of the nearest line that has some."""
    seen = np.isfinite(values).any(axis=axis)
    lines = np.flatnonzero(seen)
    medians = np.nanmedian(values if seen.all() else np.compress(seen, values, axis=1 - axis), axis=axis)
    nearest = np.abs(np.arange(seen.size)[:, None] - lines[None, :]).argmin(axis=1)
    return np.asarray(medians[nearest], dtype=np.float64)


def _regions(signal: SignalImage, axis: Axis, border_px: float, square_mm: float) -> tuple[Rectangle, ...]:
    """Regions in the square, beside it, and opposite across the border."""
    across = 0 if axis == "rows" else 1
    centre = locate_square_px(signal, square_mm=square_mm)
    sides = [square_mm / pitch for pitch in signal.pitch]
    away = centre[across] - border_px
    if abs(away) < 0.5 * sides[across]:
        raise NotMeasurableError(
            "square_on_border",
            f"square whose centre lies {abs(away) * signal.pitch[across]:.1f} mm from the border of the ghost",
            needed=f"more than {0.5 * square_mm:g} mm, so that it lies within one half",
            remedy="move the square into one half, or give the regions",
            source=signal.source,
        )
    half = [REGION * side / 2 for side in sides]
    step = _FROM_BORDER * sides[across] * np.sign(away)
    for turn in (1.0, -1.0):
        along = centre[1 - across] + turn * _FROM_SQUARE * sides[1 - across]
        pair = []
        for place in (border_px + step, border_px - step):
            point = (place, along) if across == 0 else (along, place)
            pair.append(region_about(point, half))
        if all(on_image(region, signal.values.shape) for region in pair):
            return region_about(centre, half), pair[0], pair[1]
    raise NotMeasurableError(
        "square_at_border",
        f"square at row {centre[0]:.0f}, column {centre[1]:.0f} with no room for regions beside it",
        needed=f"{(_FROM_SQUARE + REGION / 2) * square_mm:g} mm along the border of the ghost",
        remedy="move the square, or give the regions",
        source=signal.source,
    )


def _result(
    signal: SignalImage, one: Contrast, other: Contrast, border: tuple[float | None, str], *, square_mm: float
) -> GhostFactor:
    means = np.array([one.signal_mean, one.background_mean, other.signal_mean])
    sds = np.array([one.signal_sd, one.background_sd, other.signal_sd])
    counts = np.array([one.signal_pixel_count, one.background_pixel_counts[0], other.signal_pixel_count])
    correlation = 0.5 * (one.noise_correlation_px + other.noise_correlation_px)
    uncertainties = sds * np.sqrt(correlation / counts)
    difference, change = means[0] - means[1], means[2] - means[1]
    if abs(difference) < _LEAST_CONTRAST_SD * np.hypot(uncertainties[0], uncertainties[1]):
        raise NotMeasurableError(
            "no_aluminium",
            f"aluminium that differs from its reference by {difference:.3g} ± "
            f"{np.hypot(uncertainties[0], uncertainties[1]):.2g}",
            needed=f"{_LEAST_CONTRAST_SD:g} standard uncertainties or more",
            remedy="check the place of the regions and the exposure",
            source=signal.source,
        )
    if means[1] <= 0:
        raise NotMeasurableError(
            "signal_not_positive",
            f"reference region with the mean signal {means[1]:.3g}",
            needed="signal above zero",
            remedy="check the response of the detector and the exposure",
            source=signal.source,
        )
    factor = float(change / difference)
    parts = np.array([factor * uncertainties[0], (1.0 - factor) * uncertainties[1], uncertainties[2]])
    fraction_parts = [uncertainties[2], uncertainties[1] * means[2] / means[1]]
    boxes = [one.signal_box_px, tuple(one.background_boxes_px[0].tolist()), other.signal_box_px]
    return GhostFactor(
        ghost_factor=factor,
        ghost_factor_uncertainty=float(np.linalg.norm(parts) / abs(difference)),
        ghost_fraction=float(change / means[1]),
        ghost_fraction_uncertainty=float(np.linalg.norm(fraction_parts) / means[1]),
        contrast=float(-difference / means[1]),
        means=means,
        mean_uncertainties=uncertainties,
        sds=sds,
        boxes_px=np.array(boxes, dtype=np.int64),
        border_px=border[0],
        border_axis=border[1],
        signal_unit=signal.unit,
        provenance=provenance_of(
            signal,
            algorithm="ghost_factor",
            version=ALGORITHM_VERSION,
            parameters={"square_mm": square_mm, "regions": "given" if border[0] is None else "found"},
        ),
    )
