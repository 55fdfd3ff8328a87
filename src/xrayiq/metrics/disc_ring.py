"""Ring of discs of falling contrast on a round test object: contrast-to-noise ratios, and how many can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_signal, provenance_of
from xrayiq.metrics._noise_correlation import autocorrelation
from xrayiq.metrics._range_ends import check_saturation, saturation_warnings
from xrayiq.metrics._ring_finding import find_ring
from xrayiq.metrics.disc_ring_layout import disc_ring_layouts
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: score that a disc needs to be seen (Rose)
ROSE: Final = 5.0
#: radius of the part of a disc that is read, and of the places of background, over the disc's
_READ: Final = 0.8
_BACKGROUND: Final = 0.7
#: distance up to which noise is taken as correlated
_CORRELATION_MM: Final = 0.75
_CORRELATION_MAX_PX: Final = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DiscRing(Result):
    """Discs of a ring, in its order: the first is that of the greatest contrast.

    Parameters
    ----------
    object_name : str
        What was read.
    contrasts, contrast_uncertainties : 1-D arrays
        (background − disc) / background of each disc, and its standard uncertainty from the noise.
    contrast_to_noise : 1-D array
        |disc − background| / σ of a pixel of the background, with the sign of the contrast.
    rose_scores : 1-D array
        Contrast-to-noise ratio times √(pixels of the disc / noise correlation): signal of the whole disc over the noise
        of its mean.
    visible : 1-D array of bool
        Discs with a score of 5 or more.
    threshold_contrast : float
        Contrast that has a score of 5.
    noise_correlation_px : float
        Pixels over which noise is correlated: the sum of its autocorrelation, 1 for white noise.
    disc_centres_px : 2-D array of discs × (row, column)
        Where they are.
    disc_radius_px : float
        Radius of the discs.
    centre_px : tuple of (float, float)
        Row and column of the plate's centre.
    radius_px : float
        Radius of the plate, in columns.
    rotation_deg : float
        Angle of the bars from the upward direction, clockwise.
    mirrored : bool
        Whether the discs follow counter-clockwise.
    magnification : float
        Radius of the plate over that in the object's plane.
    provenance : Provenance
        Where the numbers come from.
    """

    object_name: str
    contrasts: Floats
    contrast_uncertainties: Floats
    contrast_to_noise: Floats
    rose_scores: Floats
    visible: NDArray[np.bool_]
    threshold_contrast: float
    noise_correlation_px: float
    disc_centres_px: Floats
    disc_radius_px: float
    centre_px: tuple[float, float]
    radius_px: float
    rotation_deg: float
    mirrored: bool
    magnification: float
    provenance: Provenance

    @property
    def visible_count(self) -> int:
        """Discs that can be seen."""
        return int(np.count_nonzero(self.visible))

    def measurements(self) -> tuple[Measurement, ...]:
        """Discs that can be seen, and the threshold contrast of a disc."""
        return (
            Measurement(quantity="discs_visible", value=float(self.visible_count)),
            Measurement(quantity="disc_threshold_contrast", value=self.threshold_contrast),
        )


def read_disc_ring(image: Image, *, pixel_pitch_mm: Pitch | None = None, object: str = "tor") -> DiscRing:
    """Contrast-to-noise ratio of each disc of a ring, the number that can be seen, and the threshold contrast.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Image of a round test object that lies wholly on it; a bare array is taken as linear.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for an array; wins over the header's.
    object : {"tor"}
        17 discs of 11 mm. The layout is not the maker's drawing and has not been verified.

    Returns
    -------
    DiscRing
        Discs from the greatest contrast on.

    Raises
    ------
    InputError
        An unknown object, or pixels so large that a disc has less than 100.
    NotMeasurableError
        ``object_not_found`` without the circle of the plate; ``no_marker`` without the bars; ``too_few_discs`` where a
        disc is off the image or on padding; ``partly_saturated``; ``no_noise``; ``signal_not_positive``; or as any
        image without linear signal, pixel pitch or content.

    Notes
    -----
    The plate's edge is found by Hough's method and fitted as a circle; the ring's bars give the angle, and the side on
    which discs have more contrast the sense in which they follow. A disc, 0.8 of its radius, is compared with the mean
    of two places half-way to its neighbours, 0.7 of its radius, which cancels a linear course. σ is that of the pixels
    of these places, each about its plane, pooled over the ring.

    A disc can be seen where CNR·√(N / c) is 5 or more (Rose), N the pixels of the whole disc and c the sum of the
    noise's autocorrelation, which turns pixels into independent ones. The noise of the background's mean is not in the
    score, as an observer averages over more of it.

    Source: Rose's criterion; layout as publications quote it, not verified against the maker's document.
    """
    layouts = disc_ring_layouts()
    if object not in layouts:
        raise InputError(f"object={object!r}", needed="one of " + ", ".join(f'"{key}"' for key in layouts))
    layout = layouts[object]
    signal = as_signal(image, procedure="a ring of discs", pixel_pitch_mm=pixel_pitch_mm)
    ring = find_ring(signal, layout)
    scale = ring.radius_mm / layout.plate_radius_mm
    radius_mm = 0.5 * layout.disc_diameter_mm * scale
    step = 2.0 * np.pi / (layout.disc_count + 1)
    angles = ring.bars_rad + step * np.arange(1, layout.disc_count + 1)
    distance = layout.ring_radius_mm * scale
    discs = [_Spot(signal, ring.place(angle, distance), _READ * radius_mm) for angle in angles]
    between = [
        _Spot(signal, ring.place(angle, distance), _BACKGROUND * radius_mm)
        for angle in np.append(angles - 0.5 * step, angles[-1] + 0.5 * step)
    ]
    ends = check_saturation(signal, _area(signal, [*discs, *between]), procedure="a ring of discs")
    variance = sum(spot.square_sum for spot in between) / sum(spot.count - 3 for spot in between)
    levels = np.array([spot.mean for spot in between])
    backgrounds = 0.5 * (levels[:-1] + levels[1:])
    _check_levels(signal, backgrounds, variance)
    noise = autocorrelation(((spot.residuals, spot.inside) for spot in between), _reach_px(signal), fitted=3)
    correlation = max(float(noise.sum()), 1.0)
    means = np.array([spot.mean for spot in discs])
    contrasts = (backgrounds - means) / backgrounds
    mirrored = _falls_backwards(contrasts)
    order = slice(None, None, -1 if mirrored else 1)
    pixels = np.pi * radius_mm**2 / (signal.pitch[0] * signal.pitch[1])
    ratios = (backgrounds - means) / np.sqrt(variance)
    scores = ratios * np.sqrt(pixels / correlation)
    mean_error = np.sqrt(variance * correlation * (1.0 / discs[0].count + 0.5 / between[0].count))
    return DiscRing(
        object_name=layout.name,
        contrasts=contrasts[order],
        contrast_uncertainties=(mean_error / backgrounds)[order],
        contrast_to_noise=ratios[order],
        rose_scores=scores[order],
        visible=(scores >= ROSE)[order],
        threshold_contrast=float(ROSE * np.sqrt(variance * correlation / pixels) / backgrounds.mean()),
        noise_correlation_px=correlation,
        disc_centres_px=np.array([spot.centre_px for spot in discs])[order],
        disc_radius_px=radius_mm / signal.pitch[1],
        centre_px=(ring.centre_mm[0] / signal.pitch[0], ring.centre_mm[1] / signal.pitch[1]),
        radius_px=ring.radius_mm / signal.pitch[1],
        rotation_deg=float(np.rad2deg(ring.bars_rad)),
        mirrored=mirrored,
        magnification=scale,
        provenance=provenance_of(
            signal,
            algorithm="disc_ring",
            version=ALGORITHM_VERSION,
            parameters={
                "object": object,
                "rose_score": ROSE,
                "pixel_pitch_rows_mm": signal.pitch[0],
                "pixel_pitch_columns_mm": signal.pitch[1],
            },
            warnings=(
                f"{layout.name}: layout not verified against the maker's drawing ({layout.document})",
                *saturation_warnings(ends),
            ),
        ),
    )


class _Spot:
    """Pixels of a round place, about the plane through them."""

    def __init__(self, signal: SignalImage, place_mm: tuple[float, float], radius_mm: float) -> None:
        self.centre_px = (place_mm[0] / signal.pitch[0], place_mm[1] / signal.pitch[1])
        reach = [int(np.ceil(radius_mm / pitch)) for pitch in signal.pitch]
        middle = [round(centre) for centre in self.centre_px]
        self.part = tuple(slice(middle[axis] - reach[axis], middle[axis] + reach[axis] + 1) for axis in (0, 1))
        rows, columns = (
            (np.arange(self.part[axis].start, self.part[axis].stop) - self.centre_px[axis]) * signal.pitch[axis]
            for axis in (0, 1)
        )
        self.inside = rows[:, None] ** 2 + columns[None, :] ** 2 <= radius_mm**2
        self.count = int(np.count_nonzero(self.inside))
        _check_spot(signal, self.part, self.inside, self.count)
        values = signal.values[self.part]
        terms = np.stack(np.broadcast_arrays(np.ones((1, 1)), rows[:, None], columns[None, :]))
        self.mean = float(values[self.inside].mean())
        coefficients, *_ = np.linalg.lstsq(terms[:, self.inside].T, values[self.inside], rcond=None)
        self.residuals = np.where(self.inside, values - np.tensordot(coefficients, terms, axes=1), 0.0)
        self.square_sum = float(np.sum(self.residuals**2))


def _check_spot(signal: SignalImage, part: tuple[slice, ...], inside: NDArray[np.bool_], count: int) -> None:
    if count < 100:
        raise InputError(
            f"{count} pixels on a disc", needed="100 or more", remedy="check pixel_pitch_mm", source=signal.source
        )
    off = any(part[axis].start < 0 or part[axis].stop > signal.values.shape[axis] for axis in (0, 1))
    if off or (signal.padding is not None and signal.padding[part][inside].any()):
        raise NotMeasurableError(
            "too_few_discs",
            "a disc of the ring that lies off the image" if off else "a disc of the ring that holds padding",
            needed="all discs and the background beside them",
            remedy="use an image of the whole object",
            source=signal.source,
        )


def _area(signal: SignalImage, spots: list[_Spot]) -> NDArray[np.bool_]:
    area = np.zeros(signal.values.shape, dtype=np.bool_)
    for spot in spots:
        area[spot.part] |= spot.inside
    return area


def _check_levels(signal: SignalImage, backgrounds: Floats, variance: float) -> None:
    if not (backgrounds > 0).all():
        raise NotMeasurableError(
            "signal_not_positive",
            f"background of {float(backgrounds.min()):g}",
            needed="a signal above zero, which the contrast is a fraction of",
            remedy="give the detector's response, which removes its offset",
            source=signal.source,
        )
    if np.sqrt(variance) <= 1e-12 * float(backgrounds.mean()):
        raise NotMeasurableError(
            "no_noise",
            "a background that holds a single value",
            needed="noise, which the contrast is compared with",
            remedy="use an unprocessed exposure",
            source=signal.source,
        )


def _falls_backwards(contrasts: Floats) -> bool:
    """Whether contrast grows with the number of the disc."""
    places = np.arange(contrasts.size) - 0.5 * (contrasts.size - 1)
    return bool(places @ contrasts > 0)


def _reach_px(signal: SignalImage) -> int:
    return int(np.clip(round(_CORRELATION_MM / min(signal.pitch)), 1, _CORRELATION_MAX_PX))
