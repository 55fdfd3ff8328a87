"""Ghosting: sensitivity that an earlier exposure has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import Image, SignalImage, provenance_of
from xrayiq.metrics._image_sequence import images_as_signals
from xrayiq.metrics._range_ends import check_saturation
from xrayiq.metrics._region_tiles import TiledRegion, TileMeans, check_apart, tiled_region
from xrayiq.metrics.regions import Region
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Ghosting(Result):
    """Relative difference of a uniform exposure where an earlier image had a shadow.

    Parameters
    ----------
    ghosting : float
        G = (S of the shadow − S around it) / S around it, a signed fraction; with a flat field from before, of the
        ratio to it.
    uncertainty : float
        Its standard uncertainty.
    shadow_signal, around_signal : float
        Mean signals in the uniform exposure.
    signal_unit : str
        Their UCUM unit.
    shadow_boxes_px, around_boxes_px : 2-D arrays of int
        Rectangles about the regions: row_start, row_stop, column_start, column_stop.
    provenance : Provenance
        Where the numbers come from.
    """

    ghosting: float
    uncertainty: float
    shadow_signal: float
    around_signal: float
    signal_unit: str
    shadow_boxes_px: NDArray[np.int64]
    around_boxes_px: NDArray[np.int64]
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """G, and G over its uncertainty."""
        return (
            Measurement(quantity="ghosting", value=self.ghosting),
            Measurement(quantity="ghosting_significance", value=abs(self.ghosting) / self.uncertainty),
        )


def measure_ghosting(
    image: Image,
    *,
    shadow: Region | Sequence[Region],
    around: Region | Sequence[Region],
    before: Image | None = None,
) -> Ghosting:
    """Ghosting (multiplicative): relative change of sensitivity that an exposure with a block has left behind.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Uniform exposure after the image of the block; a bare array is taken as linear. Padding and pixels that are not
        finite are left out.
    shadow : region or sequence of regions
        Where the block was: (row_start, row_stop, column_start, column_stop) or a mask.
    around : region or sequence of regions
        Beside it, symmetrically so that the course of the beam cancels.
    before : Radiograph or 2-D array, optional
        Uniform exposure from before the image of the block: pattern and course of the beam then drop out.

    Returns
    -------
    Ghosting
        G, negative where the shadow is less sensitive than what was exposed.

    Raises
    ------
    InputError
        Images of different size or response; a region that is malformed, off the image or of less than 400 pixels, or
        regions that overlap.
    NotMeasurableError
        ``signal_not_positive`` where a region has no signal; ``no_noise`` where it holds one value;
        ``partly_saturated`` where more than 1 % of a region's pixels stand at an end of the range; or as any image
        without linear signal or content.

    Notes
    -----
    G = (S_s − S_a) / S_a, with a flat field from before G = (S_s / S_s,before) / (S_a / S_a,before) − 1. Additive lag
    of the image before is in G as well: let it decay, or measure it (`measure_lag`). The uncertainty is that of the
    means, from the scatter of about 64 tiles of each region. The ghost factor of mammography (EUREF) is another figure.
    """
    frames = [image] if before is None else [image, before]
    signals = list(images_as_signals(frames, procedure="ghosting", needs_pitch=False))
    shape = (signals[0].values.shape[0], signals[0].values.shape[1])
    regions = [tiled_region(shadow, shape, name="shadow"), tiled_region(around, shape, name="around")]
    check_apart(*regions)
    means = [[_means(signal, region) for region in regions] for signal in signals]
    compared = means[0] if before is None else [after.over(other) for after, other in zip(*means, strict=True)]
    (inside, inside_sd), (outside, outside_sd) = (each.mean() for each in compared)
    ratio = inside / outside
    uncertainty = abs(ratio) * float(np.hypot(inside_sd / inside, outside_sd / outside))
    if not uncertainty > 0:
        raise NotMeasurableError(
            "no_noise",
            f"regions that hold the single values {inside:g} and {outside:g}",
            needed="noise, by which the uncertainty is told",
            remedy="check for saturation",
            source=signals[0].source,
        )
    return Ghosting(
        ghosting=ratio - 1.0,
        uncertainty=uncertainty,
        shadow_signal=means[0][0].mean()[0],
        around_signal=means[0][1].mean()[0],
        signal_unit=signals[0].unit,
        shadow_boxes_px=regions[0].boxes_px,
        around_boxes_px=regions[1].boxes_px,
        provenance=provenance_of(
            signals[0],
            algorithm="ghosting",
            version=ALGORITHM_VERSION,
            parameters={"shadow": _text(regions[0]), "around": _text(regions[1]), "before": before is not None},
        ),
    )


def _means(signal: SignalImage, region: TiledRegion) -> TileMeans:
    """Tile means of a region with signal."""
    check_saturation(signal, region.mask, procedure="ghosting")
    means = region.means(signal)
    value = means.mean()[0]
    if not value > 0:
        raise NotMeasurableError(
            "signal_not_positive",
            f"mean signal of {value:.4g} in the {region.name} region",
            needed="a uniform exposure above zero",
            remedy="check the regions and the response",
            source=signal.source,
        )
    return means


def _text(region: TiledRegion) -> str:
    return "; ".join(",".join(str(int(value)) for value in box) for box in region.boxes_px)
