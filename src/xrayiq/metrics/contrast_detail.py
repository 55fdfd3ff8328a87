"""Automatic reading of contrast-detail objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._arguments import is_number
from xrayiq.metrics._cell_scoring import (
    inverse_image_quality_figure,
    least_diameters_mm,
    neighbour_correction,
    psychometric_thresholds,
)
from xrayiq.metrics._image import Pitch, provenance_of
from xrayiq.metrics._image_sequence import Images
from xrayiq.metrics._object_reading import likeliest_corners, outline_px, read_objects
from xrayiq.metrics._range_ends import saturation_warnings
from xrayiq.metrics.contrast_detail_layout import CORNER_SIGNS, ContrastDetailLayout, layout_of
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: images below which an average over images is not to be trusted
_ENOUGH_IMAGES: Final = 3
_REPORTED_MM: Final = (
    ("threshold_thickness_at_0_1_mm", 0.1),
    ("threshold_thickness_at_0_25_mm", 0.25),
    ("threshold_thickness_at_0_5_mm", 0.5),
    ("threshold_thickness_at_1_mm", 1.0),
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ContrastDetail(Result):
    """Which discs of a contrast-detail object can be seen, and the thresholds that follow.

    Rows are diameters, the largest first; columns are depths or thicknesses of the discs, the least first.

    Parameters
    ----------
    object_name : str
        What was read.
    diameters_mm, steps_mm : 1-D arrays
        Diameter of each row, and depth or thickness of each column, in the object's plane.
    detected : 3-D array of bool, images × rows × columns
        Cells seen, after the rule of the four neighbours.
    p_values : 3-D array, images × rows × columns
        One-sided p of the discs of each cell; NaN where it cannot be read.
    corners_right : 3-D array of bool, images × rows × columns
        Whether the corner that stands out most is the disc's; false in cells of a single disc.
    corners : 2-D array of int
        Corner of each cell: 0 upper left, 1 upper right, 2 lower left, 3 lower right; −1 in cells of a single disc.
    corners_given : bool
        Whether they were given; otherwise those that stand out most over all images are taken for the right ones.
    contrasts : 2-D array or None
        Difference of the discs to their background, over the background, mean of the images, positive in the sense of
        the discs; None where the signal is not linear.
    threshold_diameters_mm : 1-D array
        Least diameter seen in each column, mean of the images; columns without any count as `next_diameter_mm`.
    next_diameter_mm : float
        Next size above the largest.
    image_iqf_inverses_per_mm2 : 1-D array
        100 / Σ Cᵢ·D_i,min of each image.
    iqf_inverse_uncertainty_per_mm2 : float or None
        Standard error of their mean; None of one image.
    threshold_steps_mm, threshold_step_uncertainties : 1-D arrays or None
        Step of each row at which half the corners beyond chance are told right, and its relative standard uncertainty;
        NaN where it lies outside the steps, None for objects that are not read so.
    outlines_px : 3-D array, images × 4 × (row, column)
        Corners of the grid: of cells (0, 0), (0, last), (last, last) and (last, 0).
    rotation_deg : float
        Angle of the rows of the first image from the column axis towards the row axis.
    magnification : float
        Distance of the lines over that in the object's plane.
    grid_rms_mm : float
        Root mean square distance of the pieces of line from the grid in the first image.
    provenance : Provenance
        Where the numbers come from.
    """

    object_name: str
    diameters_mm: Floats
    steps_mm: Floats
    detected: NDArray[np.bool_]
    p_values: Floats
    corners_right: NDArray[np.bool_]
    corners: NDArray[np.int64]
    corners_given: bool
    contrasts: Floats | None
    threshold_diameters_mm: Floats
    next_diameter_mm: float
    image_iqf_inverses_per_mm2: Floats
    iqf_inverse_uncertainty_per_mm2: float | None
    threshold_steps_mm: Floats | None
    threshold_step_uncertainties: Floats | None
    outlines_px: Floats
    rotation_deg: float
    magnification: float
    grid_rms_mm: float
    provenance: Provenance

    @property
    def iqf_inverse_per_mm2(self) -> float:
        """IQF_inv, mean of the images: 100 / Σ Cᵢ·D_i,min."""
        return float(self.image_iqf_inverses_per_mm2.mean())

    @property
    def detected_fraction(self) -> float:
        """Cells seen over all cells, mean of the images."""
        return float(self.detected.mean())

    def measurements(self) -> tuple[Measurement, ...]:
        """Share of cells seen, and IQF_inv, or the threshold thickness of discs of 0.1, 0.25, 0.5 and 1 mm."""
        found = [Measurement(quantity="contrast_details_detected", value=self.detected_fraction)]
        if self.threshold_steps_mm is None:
            return (Measurement(quantity="iqf_inverse", value=self.iqf_inverse_per_mm2), *found)
        for name, diameter in _REPORTED_MM:
            value = float(self.threshold_steps_mm[int(np.argmin(np.abs(self.diameters_mm - diameter)))])
            if np.isfinite(value):
                found.append(Measurement(quantity=name, value=value))
        return tuple(found)


def read_contrast_detail(
    images: Images,
    *,
    pixel_pitch_mm: Pitch | None = None,
    object: str = "cdrad",
    corners: ArrayLike | None = None,
    alpha: float = 1e-8,
    least_contrast: float = 0.0,
) -> ContrastDetail:
    """Cells of a contrast-detail object whose discs stand out of the noise, threshold diameters and IQF.

    Parameters
    ----------
    images : Radiograph, 2-D array, or sequence of them
        Images of one object; it may lie differently in each. A bare array is taken as linear. Presentation images and
        images of unknown response are read as they are.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the headers'.
    object : {"cdrad", "cdmam"}
        15 × 15 holes in acrylic, or 16 × 16 gold discs for mammography. The layouts are not the makers' drawings and
        have not been verified.
    corners : 2-D array of int, optional
        Corner of each cell, as in `ContrastDetail.corners`. Copies differ; without, the corners are taken from the
        images themselves, which makes thresholds look better than they are.
    alpha : float
        Probability that a cell without discs is taken for seen.
    least_contrast : float
        Difference to the background, over the background, that discs have to exceed.

    Returns
    -------
    ContrastDetail
        Detection matrix, thresholds and where the object lies.

    Raises
    ------
    InputError
        No image; images of different size, pixel pitch or response; an unknown object; `corners`, `alpha` or
        `least_contrast` that cannot be used.
    NotMeasurableError
        ``object_not_found``; ``wrong_pitch`` where the lines of the grid have another distance; ``too_few_cells`` where
        lines are missing or more than a tenth of the cells hold padding; ``partly_saturated``; or as any image without
        pixel pitch or content.

    Notes
    -----
    The grid's lines, bright or dark, at any angle and mirrored or not, are fitted by least squares. Discs of the middle
    and of a corner together are compared with the background of their cell, a plane, by Welch's one-sided t-test. The
    variances follow from the noise's autocorrelation, so that the test holds for blurred noise; below 30 independent
    pixels a disc has the variance of the background. A cell is seen where p < `alpha` and the corner that stands out
    most is the right one; then the rule of the four neighbours (`neighbour_correction`) is applied.

    IQF_inv = 100 / Σ Cᵢ·D_i,min with the depths C in mm; a column without any disc seen counts with the next size. For
    ``"cdmam"`` the share of corners told right over the images is fitted by a logistic curve in ln(thickness) with ¼
    for chance, one slope, and a threshold for each diameter. Average three images or more, better eight.

    Source: IQF and the rule of neighbours as publications on CDRAD and CDMAM have them, not verified against the
    makers' documents.
    """
    layout = layout_of(object)
    _check_levels(alpha, least_contrast)
    given = None if corners is None else _corners(corners, layout)
    seen = read_objects(images, layout, pixel_pitch_mm=pixel_pitch_mm, least_contrast=float(least_contrast))
    first, readings, grids = seen.first, seen.readings, seen.grids
    right = likeliest_corners(readings, layout) if given is None else given
    told = np.array([likeliest_corners([reading], layout) == right for reading in readings])
    told[:, : layout.single_rows] = False
    index = np.maximum(right, 0)[..., None]
    p_values = np.array([np.take_along_axis(reading.p_values, index, axis=-1)[..., 0] for reading in readings])
    contrasts = [np.take_along_axis(reading.contrasts, index, axis=-1)[..., 0] for reading in readings]
    placed = told.copy()
    placed[:, : layout.single_rows] = True
    detected = np.array([neighbour_correction(marks) for marks in placed & (p_values < alpha)])
    diameters, steps = np.array(layout.diameters_mm), np.array(layout.steps_mm)
    least = np.array([least_diameters_mm(marks, diameters, layout.next_diameter_mm) for marks in detected])
    figures = np.array([inverse_image_quality_figure(steps, each) for each in least])
    thresholds = None
    if layout.psychometric:
        trials = np.isfinite(p_values).sum(axis=0)
        thresholds = psychometric_thresholds(told.sum(axis=0), trials, steps)
    return ContrastDetail(
        object_name=layout.name,
        diameters_mm=diameters,
        steps_mm=steps,
        detected=detected,
        p_values=p_values,
        corners_right=told,
        corners=right,
        corners_given=given is not None,
        contrasts=None if first.unit == "stored" else np.mean(contrasts, axis=0),
        threshold_diameters_mm=least.mean(axis=0),
        next_diameter_mm=layout.next_diameter_mm,
        image_iqf_inverses_per_mm2=figures,
        iqf_inverse_uncertainty_per_mm2=(
            float(figures.std(ddof=1) / np.sqrt(figures.size)) if figures.size > 1 else None
        ),
        threshold_steps_mm=None if thresholds is None else thresholds[0],
        threshold_step_uncertainties=None if thresholds is None else thresholds[1],
        outlines_px=np.array([outline_px(first, grid) for grid in grids]),
        rotation_deg=grids[0].rotation_deg,
        magnification=grids[0].cell_mm / layout.cell_mm,
        grid_rms_mm=grids[0].rms_mm,
        provenance=provenance_of(
            first,
            algorithm="contrast_detail",
            version=ALGORITHM_VERSION,
            parameters={
                "object": layout.key,
                "alpha": float(alpha),
                "least_contrast": float(least_contrast),
                "corners_given": given is not None,
                "noise_correlation_px": float(np.mean([reading.correlation_px for reading in readings])),
                "pixel_pitch_rows_mm": first.pitch[0],
                "pixel_pitch_columns_mm": first.pitch[1],
            },
            warnings=(
                *layout.warnings,
                *saturation_warnings(seen.worst),
                *_warnings(len(grids), seen.uncertain, given is None),
            ),
        ),
    )


def _check_levels(alpha: object, least_contrast: object) -> None:
    if not (is_number(alpha) and 0.0 < alpha < 0.5):
        raise InputError(f"alpha={alpha!r}", needed="a probability between 0 and 0.5", remedy="give 1e-8")
    if not (is_number(least_contrast) and 0.0 <= least_contrast < 1.0):
        raise InputError(f"least_contrast={least_contrast!r}", needed="a part from 0 to below 1", remedy="give 0")


def _corners(given: ArrayLike, layout: ContrastDetailLayout) -> NDArray[np.int64]:
    array = np.asarray(given)
    side, last = layout.side, len(CORNER_SIGNS) - 1
    used = array[layout.single_rows :] if array.shape == (side, side) else np.array([])
    if used.size == 0 or array.dtype.kind not in "iu" or used.min() < 0 or used.max() > last:
        raise InputError(
            f"corners of shape {array.shape} and type {array.dtype}",
            needed=f"{side} × {side} whole numbers from 0 to {last}",
            remedy="give 0 for upper left, 1 for upper right, 2 for lower left, 3 for lower right",
        )
    corners = array.astype(np.int64)
    corners[: layout.single_rows] = -1
    return corners


def _warnings(images: int, uncertain: int, taken: bool) -> list[str]:
    found = []
    if taken:
        found.append("corners taken from the images themselves; give those of the object for unbiased thresholds")
    if images < _ENOUGH_IMAGES:
        found.append(f"{images} image{'s' if images > 1 else ''}; average {_ENOUGH_IMAGES} or more")
    if uncertain:
        found.append(f"{uncertain} of {images} images without discs that show which way round the object lies")
    return found
