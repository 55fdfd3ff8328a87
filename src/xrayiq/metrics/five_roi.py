"""The five-ROI test of a flat field, in the schemes of several documents."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics._tiles import in_pixels, roi_means
from xrayiq.model.limit import Confidence

Reference = Literal["mean", "centre", "baseline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FiveRoiScheme:
    """Where the five ROIs lie, how large they are, and what they are compared with.

    Parameters
    ----------
    name : str
        Name in the table.
    centres : five (down, across) pairs
        Centres as parts of the field inside the border, the middle first.
    compared_with : {"mean", "centre", "baseline"}
        Mean of the five, the ROI in the middle, or an earlier image.
    side_mm, side_px, side_share : float, int and float, or None
        Side of a ROI; one of them is given. A share is a part of each side of the field.
    side_share_maximum : float
        Its greatest share of the field's side.
    document, edition : str
        Where the scheme stands.
    confidence : {"A", "B", "C"}
        A seen in the source, B known with confidence, C not verified against the document.
    """

    name: str
    centres: tuple[tuple[float, float], ...]
    compared_with: Reference
    document: str
    edition: str
    confidence: Confidence
    side_mm: float | None = None
    side_px: int | None = None
    side_share: float | None = None
    side_share_maximum: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FiveRois:
    """Means of five ROIs and how much they differ.

    Parameters
    ----------
    means : array of shape (5,)
        In the order of the scheme's centres.
    size_px : tuple of (int, int)
        Rows and columns of a ROI.
    deviation : float
        Greatest relative deviation from what the scheme compares with.
    variation : float
        Standard deviation (ddof 1) of the five over their mean; of their ratios to the baseline where there is one.
    """

    means: NDArray[np.float64]
    size_px: tuple[int, int]
    deviation: float
    variation: float


@functools.cache
def five_roi_schemes() -> Mapping[str, FiveRoiScheme]:
    """All schemes by name, from ``data/five_roi_schemes.toml``."""
    text = resources.files("xrayiq").joinpath("data/five_roi_schemes.toml").read_text(encoding="utf-8")
    return MappingProxyType(
        {
            name: FiveRoiScheme(
                name=name, **{**row, "centres": tuple((down, across) for down, across in row["centres"])}
            )
            for name, row in tomllib.loads(text).items()
        }
    )


def five_roi_scheme(name: str, baseline: ArrayLike | None) -> tuple[FiveRoiScheme, NDArray[np.float64] | None]:
    """Scheme of a name, and the baseline's means where it needs them.

    Parameters
    ----------
    name : str
        Name in the table.
    baseline : five numbers above zero, or None
        `five_roi_means` of an earlier image.

    Returns
    -------
    tuple of (FiveRoiScheme, array or None)
        The scheme, and the baseline as an array.

    Raises
    ------
    InputError
        The name is not in the table, or the baseline is missing, not asked for, or not five numbers above zero.
    """
    known = five_roi_schemes()
    if not isinstance(name, str) or name not in known:
        raise InputError(
            f"five_roi={name!r}", needed="one of " + ", ".join(known), remedy="name the scheme of your protocol"
        )
    scheme = known[name]
    if (scheme.compared_with == "baseline") != (baseline is not None):
        raise InputError(
            f'five_roi="{name}" {"without" if baseline is None else "with"} a baseline',
            needed=f"a baseline for {name} only" if baseline is not None else "the five means of an earlier image",
            remedy="give five_roi_baseline, the five_roi_means of the image to compare with"
            if baseline is None
            else "leave out five_roi_baseline, or choose a scheme that compares with a baseline",
        )
    if baseline is None:
        return scheme, None
    means = np.asarray(baseline, dtype=np.float64)
    if means.shape != (5,) or not (np.isfinite(means) & (means > 0)).all():
        raise InputError(
            f"five_roi_baseline={baseline!r}",
            needed="five numbers above zero",
            remedy="give the five_roi_means of an image measured with the same scheme",
        )
    return scheme, means


def measure_five_rois(
    signal: SignalImage, border: tuple[int, int], scheme: FiveRoiScheme, baseline: NDArray[np.float64] | None
) -> FiveRois:
    """Means of the five ROIs and their deviation.

    Parameters
    ----------
    signal : SignalImage
        Flat field.
    border : tuple of (int, int)
        Rows and columns that are left out on each side.
    scheme : FiveRoiScheme
        Where the ROIs lie.
    baseline : array of shape (5,) or None
        Means to compare with; of both only the course over the field counts, not the level.

    Returns
    -------
    FiveRois
        The figures.

    Raises
    ------
    NotMeasurableError
        ``only_padding`` where half of a ROI or more is masked, or ``signal_not_positive``.
    """
    sides = _sides(signal, border, scheme)
    starts = [
        [_start(signal.values.shape[axis], border[axis], sides[axis], centre[axis]) for centre in scheme.centres]
        for axis in (0, 1)
    ]
    means = roi_means(signal, np.array(starts, dtype=np.int64), sides)
    ratios = means if baseline is None else means / baseline
    compared = float(ratios[0] if scheme.compared_with == "centre" else ratios.mean())
    return FiveRois(
        means=means,
        size_px=sides,
        deviation=float(np.abs(ratios - compared).max()) / compared,
        variation=float(ratios.std(ddof=1) / ratios.mean()),
    )


def _sides(signal: SignalImage, border: tuple[int, int], scheme: FiveRoiScheme) -> tuple[int, int]:
    fields = [signal.values.shape[axis] - 2 * border[axis] for axis in (0, 1)]
    if scheme.side_share is not None:
        wanted = [int(np.floor(scheme.side_share * field + 0.5)) for field in fields]
    elif scheme.side_px is not None:
        wanted = [scheme.side_px, scheme.side_px]
    else:
        wanted = list(in_pixels(scheme.side_mm or 0.0, signal.pitch))
    most = [int(scheme.side_share_maximum * field) for field in fields]
    return max(1, min(wanted[0], most[0])), max(1, min(wanted[1], most[1]))


def _start(length: int, border: int, side: int, centre: float) -> int:
    """First line of a ROI; those behind the middle mirror those before it."""
    field = length - 2 * border
    if centre == 0.5:
        return border + (field - side) // 2
    first = int(np.floor(field * min(centre, 1.0 - centre) - side / 2 + 0.5))
    return border + (first if centre < 0.5 else field - side - first)
