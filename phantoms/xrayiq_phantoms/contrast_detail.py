"""Contrast-detail objects: a square grid of cells, in each a disc in the middle and one in a corner."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from xrayiq_phantoms.blurred_disc import pixel_patch
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom

#: row and column direction of corner 0 (upper left), 1 (upper right), 2 (lower left), 3 (lower right)
CORNER_SIGNS = ((-1, -1), (-1, 1), (1, -1), (1, 1))
_STEPS_MM = (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 8.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastDetailObject:
    """Drawing of an object, in millimetres of its own plane.

    Parameters
    ----------
    diameters_mm : tuple of float
        Diameter of the discs in each row of cells.
    steps_mm : tuple of float
        Depth or thickness of the discs in each column of cells.
    attenuation_per_mm : float
        µ of the step: a disc takes 1 − exp(−µ·step) of the kerma away; negative for holes, which add to it.
    cell_mm : float
        Distance of the grid's lines.
    corner_mm : float
        Distance along each axis from a cell's middle to the middle of its corner disc.
    single_rows : int
        First rows, which have no corner discs.
    line_mm, line_contrast : float
        Width of the grid's lines and the part of the kerma that they take away.
    rotation_deg : float
        Angle of the grid on the object's plate.
    """

    diameters_mm: tuple[float, ...]
    steps_mm: tuple[float, ...]
    attenuation_per_mm: float
    cell_mm: float
    corner_mm: float
    single_rows: int
    line_mm: float
    line_contrast: float
    rotation_deg: float = 0.0

    def contrasts(self) -> NDArray[np.float64]:
        """Part of the kerma that the discs of each column take away before any blur; negative for holes."""
        return 1.0 - np.exp(-self.attenuation_per_mm * np.asarray(self.steps_mm))


#: 15 × 15 holes in acrylic; dimensions of the grid are assumed
CDRAD_LIKE = ContrastDetailObject(
    diameters_mm=_STEPS_MM[::-1],
    steps_mm=_STEPS_MM,
    attenuation_per_mm=-0.022,
    cell_mm=16.0,
    corner_mm=4.75,
    single_rows=3,
    line_mm=0.5,
    line_contrast=0.08,
)
#: 16 × 16 gold discs for mammography, the grid turned by 45°; dimensions of the grid are assumed
CDMAM_LIKE = ContrastDetailObject(
    diameters_mm=(2.0, 1.6, 1.25, 1.0, 0.8, 0.63, 0.5, 0.4, 0.31, 0.25, 0.2, 0.16, 0.13, 0.1, 0.08, 0.06),
    steps_mm=tuple(
        1e-3 * step
        for step in (0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.36, 0.5, 0.71, 1.0, 1.42, 2.0)
    ),
    attenuation_per_mm=120.0,
    cell_mm=7.0,
    corner_mm=2.0,
    single_rows=0,
    line_mm=0.2,
    line_contrast=0.08,
    rotation_deg=45.0,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContrastDetailTruth:
    """Truth of an image of a contrast-detail object.

    Parameters
    ----------
    kerma_ugy : float
        Kerma of the background.
    design : ContrastDetailObject
        The object.
    contrasts : 1-D array
        Part of the kerma that the discs of each column take away before any blur.
    corners : 2-D array of int
        Corner of each cell that has a disc, 0 to 3; −1 in rows of single discs.
    centres_px : 3-D array of rows × columns × 2
        Row and column of the middle of each cell.
    corner_discs_px : 3-D array of rows × columns × 2
        Row and column of each corner disc; NaN without.
    outline_px : 4 × 2 array
        Ends of the grid's outer lines: of cells (0, 0), (0, last), (last, last), (last, 0).
    disc_diameters_mm : 1-D array
        Diameter of the discs of each row at the detector.
    detector : Detector
        Gives blur and noise.
    """

    kerma_ugy: float
    design: ContrastDetailObject
    contrasts: NDArray[np.float64]
    corners: NDArray[np.int64]
    centres_px: NDArray[np.float64]
    corner_discs_px: NDArray[np.float64]
    outline_px: NDArray[np.float64]
    disc_diameters_mm: NDArray[np.float64]
    detector: Detector


def random_corners(design: ContrastDetailObject, *, seed: int) -> NDArray[np.int64]:
    """A corner for each cell, −1 in rows of single discs."""
    shape = (len(design.diameters_mm), len(design.steps_mm))
    corners = np.random.default_rng(seed).integers(0, 4, size=shape)
    corners[: design.single_rows] = -1
    return corners


def simulate_contrast_detail(
    detector: Detector,
    *,
    shape: tuple[int, int],
    kerma_ugy: float,
    seed: int,
    design: ContrastDetailObject = CDRAD_LIKE,
    corners: NDArray[np.int64] | None = None,
    rotation_deg: float = 0.0,
    shift_mm: tuple[float, float] = (0.0, 0.0),
    magnification: float = 1.0,
    contrast_scale: float = 1.0,
    outside_fraction: float = 1.0,
    noise: bool = True,
) -> Phantom[ContrastDetailTruth]:
    """Image of a contrast-detail object.

    Parameters
    ----------
    detector : Detector
        What sees it; its blur has to be above 0.
    shape : (int, int)
        Rows and columns.
    kerma_ugy : float
        Kerma of the background.
    seed : int
        Of the noise.
    design : ContrastDetailObject
        The object.
    corners : 2-D array of int, optional
        Corner of each cell; without, those of `random_corners` with seed 0.
    rotation_deg : float
        Turn of the object from the column axis towards the row axis, added to that of its grid.
    shift_mm : (float, float)
        Rows and columns from the middle of the image to the middle of the object.
    magnification : float
        Size at the detector over size of the object.
    contrast_scale : float
        Times the discs' contrasts; 0 is an object without discs.
    outside_fraction : float
        Kerma beside the plate over that behind it; the plate is a cell larger than the grid.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `ContrastDetailTruth`. Each disc is integrated over blur and pixel to 1e-6 of its contrast; lines and the
        plate's border take the pixel aperture as part of the blur.
    """
    count = (len(design.diameters_mm), len(design.steps_mm))
    where = random_corners(design, seed=0) if corners is None else np.asarray(corners, dtype=np.int64)
    place = _Place(
        middle_px=tuple((shape[axis] - 1) / 2 + shift_mm[axis] / detector.pixel_pitch_mm for axis in (0, 1)),
        angle_rad=math.radians(design.rotation_deg + rotation_deg),
        scale_px=magnification / detector.pixel_pitch_mm,
    )
    down, right = (design.cell_mm * (np.arange(number) - (number - 1) / 2) for number in count)
    down, right = np.meshgrid(down, right, indexing="ij")
    signs = np.array([*CORNER_SIGNS, (np.nan, np.nan)])[where]
    corner_discs = place.pixels(down + design.corner_mm * signs[..., 0], right + design.corner_mm * signs[..., 1])
    contrasts = contrast_scale * design.contrasts()
    truth = ContrastDetailTruth(
        kerma_ugy=kerma_ugy,
        design=design,
        contrasts=contrasts,
        corners=where,
        centres_px=place.pixels(down, right),
        corner_discs_px=corner_discs,
        outline_px=place.pixels(
            0.5 * design.cell_mm * count[0] * np.array([-1.0, -1.0, 1.0, 1.0]),
            0.5 * design.cell_mm * count[1] * np.array([-1.0, 1.0, 1.0, -1.0]),
        ),
        disc_diameters_mm=magnification * np.asarray(design.diameters_mm),
        detector=detector,
    )
    absorbed = np.zeros(shape)
    if contrast_scale != 0:
        for centres in (truth.centres_px, corner_discs):
            _add_discs(absorbed, centres, truth)
    kerma = kerma_ugy * (1.0 - absorbed) * _grid_and_plate(shape, design, place, detector, outside_fraction)
    return expose(detector, kerma, truth, seed=seed, noise=noise)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the object's plane lies on the pixels."""

    middle_px: tuple[float, ...]
    angle_rad: float
    scale_px: float

    def pixels(self, down_mm: NDArray[np.float64], right_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        cosine, sine = math.cos(self.angle_rad), math.sin(self.angle_rad)
        rows = self.middle_px[0] + self.scale_px * (cosine * down_mm + sine * right_mm)
        columns = self.middle_px[1] + self.scale_px * (cosine * right_mm - sine * down_mm)
        return np.stack([rows, columns], axis=-1)

    def millimetres(self, shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Positions of all pixels down and right of the middle, in the object's plane."""
        cosine, sine = math.cos(self.angle_rad), math.sin(self.angle_rad)
        rows = (np.arange(shape[0])[:, None] - self.middle_px[0]) / self.scale_px
        columns = (np.arange(shape[1])[None, :] - self.middle_px[1]) / self.scale_px
        return cosine * rows - sine * columns, cosine * columns + sine * rows


def _add_discs(absorbed: NDArray[np.float64], centres_px: NDArray[np.float64], truth: ContrastDetailTruth) -> None:
    for row, diameter in enumerate(truth.disc_diameters_mm):
        for column, contrast in enumerate(truth.contrasts):
            centre = centres_px[row, column]
            if np.isnan(centre).any():
                continue
            nearest = np.rint(centre).astype(int)
            patch, reach = pixel_patch(
                offset_px=(centre[0] - nearest[0], centre[1] - nearest[1]),
                radius_mm=diameter / 2,
                sigma_mm=truth.detector.blur_sigma_mm,
                pitch_mm=truth.detector.pixel_pitch_mm,
            )
            first = np.maximum(nearest - reach, 0)
            last = np.minimum(nearest + reach + 1, absorbed.shape)
            if (last <= first).any():
                continue
            inner = [slice(first[axis] - nearest[axis] + reach, last[axis] - nearest[axis] + reach) for axis in (0, 1)]
            absorbed[first[0] : last[0], first[1] : last[1]] += contrast * patch[inner[0], inner[1]]


def _grid_and_plate(
    shape: tuple[int, int],
    design: ContrastDetailObject,
    place: _Place,
    detector: Detector,
    outside_fraction: float,
) -> NDArray[np.float64]:
    """Part of the kerma that the lines leave, and more or less of it beside the plate."""
    sigma = math.hypot(detector.blur_sigma_mm, detector.pixel_pitch_mm / math.sqrt(12.0))
    sigma /= place.scale_px * detector.pixel_pitch_mm  # in the object's plane
    axes = place.millimetres(shape)
    counts = (len(design.diameters_mm), len(design.steps_mm))
    spans = [_inside(axis, 0.5 * design.cell_mm * count, sigma) for axis, count in zip(axes, counts, strict=True)]
    left = np.ones(shape)
    for axis, across, count in ((axes[0], spans[1], counts[0]), (axes[1], spans[0], counts[1])):
        line = np.clip(np.rint(axis / design.cell_mm + count / 2), 0, count) - count / 2
        from_line = axis - design.cell_mm * line
        left *= 1.0 - design.line_contrast * _inside(from_line, 0.5 * design.line_mm, sigma) * across
    if outside_fraction != 1.0:
        plates = [
            _inside(axis, 0.5 * design.cell_mm * (count + 1), sigma) for axis, count in zip(axes, counts, strict=True)
        ]
        left *= outside_fraction + (1.0 - outside_fraction) * plates[0] * plates[1]
    return left


def _inside(distance: NDArray[np.float64], half: float, sigma: float) -> NDArray[np.float64]:
    """Blurred interval from −half to half."""
    return np.asarray(ndtr((distance + half) / sigma) - ndtr((distance - half) / sigma), dtype=np.float64)
