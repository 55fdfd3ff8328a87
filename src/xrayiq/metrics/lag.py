"""Additive lag: what is left of an exposure in the frames after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import Image, SignalImage, as_signal, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics._range_ends import check_saturation
from xrayiq.metrics._region_tiles import TiledRegion, TileMeans, check_apart, tiled_region
from xrayiq.metrics.lag_decay import LagDecay, fit_decay
from xrayiq.metrics.regions import Region
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: the exposure must stand out of its own uncertainty by this factor
_LEAST_SIGNIFICANCE: Final = 10.0
#: part of the image in the middle that is taken where no region is given
_MIDDLE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Lag(Result):
    """Additive lag over the frames that follow an exposure.

    Parameters
    ----------
    values, uncertainties : 1-D arrays
        Lag of each following frame, a signed part of the exposed frame's signal, and its standard uncertainty.
    times_s : 1-D array or None
        Times of the frames after the exposure; None where they were not given.
    exposed_signal : float
        Signal of the exposure in the exposed frame, over that of the background or reference.
    signal_unit : str
        Its UCUM unit.
    decay : LagDecay or None
        Two exponentials, or one; None of less than 6 frames, or where no decay stands out of the noise.
    region_boxes_px, background_boxes_px : 2-D arrays of int
        Rectangles about the regions: row_start, row_stop, column_start, column_stop; no row without a background.
    provenance : Provenance
        Where the numbers come from.
    """

    values: NDArray[np.float64]
    uncertainties: NDArray[np.float64]
    times_s: NDArray[np.float64] | None
    exposed_signal: float
    signal_unit: str
    decay: LagDecay | None
    region_boxes_px: NDArray[np.int64]
    background_boxes_px: NDArray[np.int64]
    provenance: Provenance

    @property
    def positions(self) -> NDArray[np.float64]:
        """Times after the exposure in s, or numbers of the frames from 1 where these are not known."""
        return np.arange(1.0, self.values.size + 1.0) if self.times_s is None else self.times_s

    def measurements(self) -> tuple[Measurement, ...]:
        """Lag of the first frame after the exposure, and of the last where there are several."""
        first = Measurement(quantity="lag_first_frame", value=float(self.values[0]))
        if self.values.size == 1:
            return (first,)
        return first, Measurement(quantity="lag_last_frame", value=float(self.values[-1]))


def measure_lag(
    images: Images,
    *,
    region: Region | Sequence[Region] | None = None,
    background: Region | Sequence[Region] | None = None,
    reference: Image | None = None,
    times_s: ArrayLike | None = None,
) -> Lag:
    """Additive lag: signal of an exposure that is left in the frames after it, as a part of that exposure.

    Parameters
    ----------
    images : sequence of Radiographs or 2-D arrays
        The exposed frame, then one or more frames that follow it, dark or of one low exposure; a bare array is taken as
        linear. Padding and pixels that are not finite are left out.
    region : region or sequence of regions, optional
        Part that was exposed: (row_start, row_stop, column_start, column_stop) or a mask. By default the middle half of
        either side.
    background : region or sequence of regions, optional
        Part that a block shadowed in the exposed frame.
    reference : Radiograph or 2-D array, optional
        Frame like those that follow, taken before the exposure. One of `background` and `reference` is needed; both
        together also cancel the course of the beam.
    times_s : sequence of float, optional
        Time of each following frame after the exposed one.

    Returns
    -------
    Lag
        Values, uncertainties, and the decay of 6 frames or more.

    Raises
    ------
    InputError
        Less than two images; images of different size or response; neither background nor reference; a region that is
        malformed, off the image or of less than 400 pixels, or regions that overlap; times that do not rise from above
        0 or are not one for each following frame.
    NotMeasurableError
        ``no_exposure`` where the exposed frame does not stand out; ``partly_saturated`` where more than 1 % of a
        region's pixels stand at an end of the range; or as any image without linear signal or content.

    Notes
    -----
    With the mean signals S of the exposed part e and of the background b, in frame k, in the exposed frame 0 and in
    the reference r, the lag is L_k = [(S_k,e − S_r,e) − (S_k,b − S_r,b)] / [(S_0,e − S_r,e) − (S_0,b − S_r,b)]; what
    was not given drops out. Positive is signal left over, negative a correction that takes off too much, or a
    sensitivity that has fallen (see `measure_ghosting`). The uncertainty is that of the means, from the scatter of
    about 64 tiles of each region; structure that both frames share drops out where there is a reference and counts as
    noise otherwise.

    The decay is Σ aᵢ exp(−t/τᵢ), of two exponentials where these fit better than one (99 %).

    Sources: IEC 62220-1-1 asks for a lag below 0.5 % between the images of a noise power spectrum, KCARE for less than
    1 % after erasure. Nobody here has read the clauses.
    """
    if background is None and reference is None:
        raise InputError(
            "neither background nor reference",
            needed="a part that was not exposed, or a frame before the exposure, to tell lag from offset",
            remedy="give background, reference, or both",
        )
    signals = images_as_signals(images, procedure="lag", needs_pitch=False)
    exposed = next(signals)
    before = None if reference is None else as_signal(reference, procedure="lag", needs_pitch=False)
    if before is not None:
        _check_alike(before, exposed)
    shape = (exposed.values.shape[0], exposed.values.shape[1])
    regions = _regions(shape, region, background)
    zero = None if before is None else [each.means(before) for each in regions]
    full, full_uncertainty = _signal(exposed, regions, zero)
    if not full > _LEAST_SIGNIFICANCE * full_uncertainty:
        raise NotMeasurableError(
            "no_exposure",
            f"signal of {full:.4g} ± {full_uncertainty:.2g} in the first frame over its background",
            needed=f"an exposure that stands out by {_LEAST_SIGNIFICANCE:g} times its uncertainty",
            remedy="give the exposed frame first, and check the regions",
            source=exposed.source,
        )
    left = np.array([_signal(frame, regions, zero) for frame in signals]).reshape(-1, 2)
    if len(left) == 0:
        raise InputError("one image", needed="the exposed frame and at least one that follows it")
    values = left[:, 0] / full
    uncertainties = np.hypot(left[:, 1], values * full_uncertainty) / full
    times = _times(times_s, values.size)
    positions = np.arange(1.0, values.size + 1.0) if times is None else times
    return Lag(
        values=values,
        uncertainties=uncertainties,
        times_s=times,
        exposed_signal=full,
        signal_unit=exposed.unit,
        decay=fit_decay(positions, values, uncertainties, time_unit="frame" if times is None else "s"),
        region_boxes_px=regions[0].boxes_px,
        background_boxes_px=regions[1].boxes_px if len(regions) > 1 else np.empty((0, 4), dtype=np.int64),
        provenance=provenance_of(
            exposed,
            algorithm="lag",
            version=ALGORITHM_VERSION,
            parameters={
                "frames": int(values.size),
                "region": _text(regions[0]),
                "background": _text(regions[1]) if len(regions) > 1 else None,
                "reference": reference is not None,
            },
        ),
    )


def _check_alike(reference: SignalImage, exposed: SignalImage) -> None:
    """Refuse a reference of another size, unit or response than the frames."""
    pair = (reference, exposed)
    sizes = [f"{each.values.shape[0]} × {each.values.shape[1]}" for each in pair]
    if sizes[0] != sizes[1] or reference.unit != exposed.unit or reference.response_id != exposed.response_id:
        raise InputError(
            f"reference of {sizes[0]} pixels (unit {reference.unit!r}), frames of {sizes[1]} (unit {exposed.unit!r})",
            needed="one size and one response",
            remedy="give a reference of the same detector and read-out",
            source=reference.source,
        )


def _regions(
    shape: tuple[int, int], region: Region | Sequence[Region] | None, background: Region | Sequence[Region] | None
) -> list[TiledRegion]:
    if region is None:
        margins = [round(0.5 * (1.0 - _MIDDLE) * size) for size in shape]
        region = (margins[0], shape[0] - margins[0], margins[1], shape[1] - margins[1])
    exposed = tiled_region(region, shape, name="exposed")
    if background is None:
        return [exposed]
    shadowed = tiled_region(background, shape, name="background")
    check_apart(exposed, shadowed)
    return [exposed, shadowed]


def _signal(frame: SignalImage, regions: list[TiledRegion], zero: list[TileMeans] | None) -> tuple[float, float]:
    """Signal of the exposed part over reference and background, with its uncertainty."""
    for region in regions:
        check_saturation(frame, region.mask, procedure="lag")
    means = [region.means(frame) for region in regions]
    if zero is not None:
        means = [mean.minus(other) for mean, other in zip(means, zero, strict=True)]
    found = [mean.mean() for mean in means]
    value = found[0][0] - (found[1][0] if len(found) > 1 else 0.0)
    return value, float(np.hypot(found[0][1], found[1][1] if len(found) > 1 else 0.0))


def _times(times_s: ArrayLike | None, count: int) -> NDArray[np.float64] | None:
    if times_s is None:
        return None
    try:
        times = np.asarray(times_s, dtype=np.float64)
    except (TypeError, ValueError):
        times = np.empty(0)
    if times.shape != (count,) or not np.all(np.isfinite(times)) or times[0] <= 0 or np.any(np.diff(times) <= 0):
        raise InputError(
            f"times_s of shape {times.shape} for {count} following frames",
            needed="one time above 0 for each, rising",
            remedy="count from the exposed frame, in seconds",
        )
    return times


def _text(region: TiledRegion) -> str:
    return "; ".join(",".join(str(int(value)) for value in box) for box in region.boxes_px)
