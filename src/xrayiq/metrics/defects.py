"""Defective pixels, clusters and lines of a detector from its flat fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics.defect_clusters import clusters_in
from xrayiq.metrics.defect_frames import Frames, average_frames
from xrayiq.metrics.defect_limits import check_limits, limit_warnings
from xrayiq.metrics.defect_lines import FAINT_LIMIT_SD, LEAST_RUN_PX, DefectLine, faint_lines, lines_in
from xrayiq.metrics.defect_pixels import deviations_from_surroundings, local_medians
from xrayiq.metrics.defect_smoothness import FALSE_SHARE, SMOOTH_FROM_IMAGES, interpolated_pixels
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 2
#: images from which on noisy pixels are told from others
_NOISY_FROM_IMAGES: Final = 8
#: least rows and columns
_LEAST_SIDE_PX: Final = 70
#: share of defective pixels above which the image is something else than a flat field of the whole detector
_MOST_DEFECTIVE: Final = 0.1

Marks = NDArray[np.bool_]
Pixels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Defects(Result):
    """Defective pixels of a detector, each in one class, and the clusters and lines that they make.

    Parameters
    ----------
    dead_px, under_responding_px, over_responding_px, nonuniform_px : (n, 2) arrays of int
        Row and column of the pixels whose signal is below the limit of no response, below or above the limits of
        response, or else out of the noise.
    noisy_px : (n, 2) array of int or None
        Pixels in no other class that change too much from image to image; None of less than 8 images.
    interpolated_px : (n, 2) array of int or None
        Pixels in no other class that follow their neighbours too closely from image to image, as pixels do that were
        replaced by them; None where they were not looked for, as of less than 16 images. They count as defective.
    neighbour_variance_ratios : tuple of four float or None
        What the noise correlation makes of them: variance of a pixel less the mean of its two neighbours in the row,
        of its two in the column, of these four, and of all eight, over the variance of a pixel. 1.5, 1.5, 1.25 and
        1.125 where pixels are independent. None of less than 16 images.
    lines : tuple of DefectLine
        Lines, the longest first. Their pixels are defective even where they are in no class by themselves.
    cluster_boxes_px : (n, 4) array of int
        First row, row after the last, first column and column after the last of each cluster of two pixels or more that
        touch at a side or a corner, the largest first; pixels of lines left out.
    cluster_sizes_px : 1-D array of int
        Its pixels.
    defective_pixels : int
        Defective pixels, each counted once.
    pixel_count : int
        Pixels judged, masked ones left out.
    noise_fraction : float
        Standard deviation of a pixel of the mean image, typical of the field.
    image_count : int
        Flat fields.
    image_shape_px : tuple of (int, int)
        Rows and columns.
    provenance : Provenance
        Where the numbers come from.
    """

    dead_px: Pixels
    under_responding_px: Pixels
    over_responding_px: Pixels
    nonuniform_px: Pixels
    noisy_px: Pixels | None
    lines: tuple[DefectLine, ...]
    cluster_boxes_px: NDArray[np.int64]
    cluster_sizes_px: NDArray[np.int64]
    defective_pixels: int
    pixel_count: int
    noise_fraction: float
    image_count: int
    image_shape_px: tuple[int, int]
    provenance: Provenance
    interpolated_px: Pixels | None = None
    neighbour_variance_ratios: tuple[float, float, float, float] | None = None

    @property
    def not_looked_for(self) -> tuple[str, ...]:
        """Classes that these images do not tell from good pixels: ``"noisy"``, ``"interpolated"``."""
        classes = (("noisy", self.noisy_px), ("interpolated", self.interpolated_px))
        return tuple(name for name, pixels in classes if pixels is None)

    @property
    def defective_fraction(self) -> float:
        """Defective pixels over pixels judged."""
        return self.defective_pixels / self.pixel_count

    @property
    def largest_cluster_px(self) -> int:
        """Pixels of the largest cluster; 0 without one."""
        return int(self.cluster_sizes_px.max(initial=0))

    def mask(self) -> Marks:
        """Defect map: 2-D array of bool, true on every defective pixel."""
        marks = np.zeros(self.image_shape_px, dtype=np.bool_)
        steady = (self.dead_px, self.under_responding_px, self.over_responding_px, self.nonuniform_px)
        for pixels in (*steady, self.noisy_px, self.interpolated_px):
            if pixels is not None:
                marks[pixels[:, 0], pixels[:, 1]] = True
        for line in self.lines:
            marks[line.area] = True
        return marks

    def measurements(self) -> tuple[Measurement, ...]:
        """Number and share of defective pixels, clusters, size of the largest one, lines, and interpolated pixels."""
        values = (
            Measurement(quantity="defective_pixels", value=float(self.defective_pixels)),
            Measurement(quantity="defective_fraction", value=self.defective_fraction),
            Measurement(quantity="defect_clusters", value=float(self.cluster_sizes_px.size)),
            Measurement(quantity="largest_cluster", value=float(self.largest_cluster_px)),
            Measurement(quantity="defect_lines", value=float(len(self.lines))),
        )
        if self.interpolated_px is None:
            return values
        return (*values, Measurement(quantity="interpolated_pixels", value=float(len(self.interpolated_px))))


def find_defects(
    images: Images,
    *,
    dead_below: float = 0.1,
    under_below: float = 0.6,
    over_above: float = 1.3,
    nonuniform_beyond: float = 0.01,
    noise_limit_sd: float = 6.0,
    noisy_above: float = 6.0,
) -> Defects:
    """Dead, under- and over-responding, non-uniform, noisy and interpolated pixels, clusters and lines of a detector.

    Parameters
    ----------
    images : Radiograph, 2-D array, or sequence of them
        Flat fields of one detector and size, not corrected for defects, in which the beam covers the whole image. A
        bare array is taken as linear and free of offset. From 8 images on noisy pixels are told too, from 16 on those
        interpolated from their neighbours. Masked pixels are not judged.
    dead_below : float
        Signal over the local median below which a pixel does not respond.
    under_below, over_above : float
        Signal over the local median below and above which a pixel under- or over-responds.
    nonuniform_beyond : float
        Relative deviation from the local median, either way, that is tolerated.
    noise_limit_sd : float
        Standard deviations of the noise that are tolerated in any case.
    noisy_above : float
        Temporal standard deviation over its local median above which a pixel is noisy.

    Returns
    -------
    Defects
        Row and column of the defects of each class. Where the noise reaches over a limit, so that not all defects of a
        class can be told, the provenance warns.

    Raises
    ------
    InputError
        No image; images of different size, pixel pitch or response; limits that are no rising row of numbers.
    NotMeasurableError
        ``too_small`` below 70 rows or columns; ``not_a_flat_field`` where more than a tenth of the pixels would be
        defective; ``partly_saturated`` where more than 1 % of the pixels stand at the upper end of the range;
        ``no_noise``; ``signal_not_positive``; ``constant_image``; ``presentation_image``; or as any image without
        linear signal or content.

    Notes
    -----
    A pixel is defective where the mean of the images, each over its median, deviates from the local median by more than
    `nonuniform_beyond` and by more than `noise_limit_sd` local standard deviations, and the size of the deviation gives
    its class. Six standard deviations leave one false pixel in 5·10⁸ of normally distributed noise, however correlated.
    Local median and noise: `local_medians` and `deviations_from_surroundings` of ``xrayiq.metrics.defect_pixels``;
    lines: `faint_lines` and `lines_in` of ``xrayiq.metrics.defect_lines``. More images lower the noise and show fainter
    defects; the fixed pattern does not fall with their number.

    With noise of less than about one step of the stored values the local median is off by up to half a step, and lines
    of 3 standard deviations may stay unnoticed.

    In images that the manufacturer has corrected for defects, they have been replaced from their neighbours; these are
    found from 16 images on, by `interpolated_pixels` of ``xrayiq.metrics.defect_smoothness``, unless a neighbour was
    copied. Clusters that were filled from all around take more images, of 2 × 2 pixels about 40.

    Source: classes and limits 0.6, 1.3, 1 % and 6 modelled on ASTM E2597, limits not verified against the document (it
    takes the median over 21 × 21 pixels, 9 × 9 for non-uniformity); `dead_below` and `noise_limit_sd` are xrayiq's.
    """
    check_limits(dead_below, under_below, over_above, nonuniform_beyond, noise_limit_sd, noisy_above)
    frames = average_frames(
        _large_enough(signal)
        for signal in images_as_signals(images, procedure="defects of the detector", needs_pitch=False)
    )
    judged = np.isfinite(frames.mean)
    deviations = deviations_from_surroundings(frames)
    relative = deviations.relative
    scores = relative / deviations.noise
    outlying = (np.abs(relative) > np.float32(nonuniform_beyond)) & (np.abs(scores) > np.float32(noise_limit_sd))
    noisy = _noisy(frames, judged & ~outlying, noisy_above)
    marks = outlying | faint_lines(scores)
    smoothness = interpolated_pixels(frames)
    smooth = None if smoothness.marks is None else smoothness.marks & judged & ~outlying
    if noisy is not None:
        marks |= noisy
    if smooth is not None:
        smooth &= ~marks
        marks |= smooth
    marks &= judged
    defective, pixel_count = int(np.count_nonzero(marks)), int(np.count_nonzero(judged))
    _check_flat(frames.first, defective / pixel_count)
    lines = lines_in(marks, relative=relative, scores=scores)
    _, boxes, sizes = clusters_in(marks, lines)
    places = np.argwhere(outlying)
    responses = 1.0 + relative[outlying]
    dead, under, over = responses < dead_below, responses < under_below, responses > over_above
    rows, columns = marks.shape
    return Defects(
        dead_px=places[dead],
        under_responding_px=places[under & ~dead],
        over_responding_px=places[over],
        nonuniform_px=places[~(under | over)],
        noisy_px=None if noisy is None else np.argwhere(noisy),
        interpolated_px=None if smooth is None else np.argwhere(smooth),
        neighbour_variance_ratios=smoothness.variance_ratios,
        lines=lines,
        cluster_boxes_px=boxes,
        cluster_sizes_px=sizes,
        defective_pixels=defective,
        pixel_count=pixel_count,
        noise_fraction=float(np.median(deviations.noise)),
        image_count=frames.count,
        image_shape_px=(rows, columns),
        provenance=provenance_of(
            frames.first,
            algorithm="defects",
            version=ALGORITHM_VERSION,
            parameters={
                "dead_below": float(dead_below),
                "under_below": float(under_below),
                "over_above": float(over_above),
                "nonuniform_beyond": float(nonuniform_beyond),
                "noise_limit_sd": float(noise_limit_sd),
                "noisy_above": float(noisy_above),
                "faint_line_limit_sd": FAINT_LIMIT_SD,
                "least_run_px": LEAST_RUN_PX,
                "smooth_from_images": SMOOTH_FROM_IMAGES,
                "smooth_false_share": FALSE_SHARE,
                "smooth_below": smoothness.limit,
            },
            warnings=(
                *limit_warnings(deviations, noise_limit_sd, (1.0 - dead_below, 1.0 - under_below, over_above - 1.0)),
                *smoothness.warnings,
            ),
        ),
    )


def _large_enough(signal: SignalImage) -> SignalImage:
    rows, columns = signal.values.shape
    if min(rows, columns) < _LEAST_SIDE_PX:
        raise NotMeasurableError(
            "too_small",
            f"image of {rows} × {columns} pixels",
            needed=f"{_LEAST_SIDE_PX} rows and columns or more, which the surroundings of a pixel take",
            remedy="use an image of the whole detector",
            source=signal.source,
        )
    return signal


def _noisy(frames: Frames, candidates: Marks, limit: float) -> Marks | None:
    if frames.temporal_sd is None or frames.count < _NOISY_FROM_IMAGES:
        return None
    return np.asarray(candidates & (frames.temporal_sd > np.float32(limit) * local_medians(frames.temporal_sd)))


def _check_flat(first: SignalImage, fraction: float) -> None:
    if fraction > _MOST_DEFECTIVE:
        raise NotMeasurableError(
            "not_a_flat_field",
            f"{100.0 * fraction:.3g} % of the pixels deviate from their surroundings",
            needed=f"a flat field that covers the image, with at most {100.0 * _MOST_DEFECTIVE:g} % defective pixels",
            remedy="expose the whole detector without an object, or declare the rest as padding",
            source=first.source,
        )
