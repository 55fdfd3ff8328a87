"""A round test object with a ring of discs of falling contrast and a group of bars that marks where it begins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from xrayiq_phantoms.blurred_disc import pixel_patch
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscRingObject:
    """Drawing of an object, in millimetres of its own plane.

    Parameters
    ----------
    plate_radius_mm : float
        Radius of the round plate.
    ring_radius_mm : float
        Distance of the discs' centres from its centre.
    disc_diameter_mm : float
        Diameter of the discs.
    contrasts : tuple of float
        Part of the kerma that each disc takes away before any blur, in the order of the ring, clockwise from the bars.
    bar_mm, bar_length_mm : float
        Width of the bars, which are as far apart, and their length along the radius.
    bar_count : int
        Bars, in the place of a disc.
    bar_contrast : float
        Part of the kerma that the bars take away.
    """

    plate_radius_mm: float = 90.0
    ring_radius_mm: float = 65.0
    disc_diameter_mm: float = 11.0
    contrasts: tuple[float, ...] = tuple(0.08 * (0.0015 / 0.08) ** (step / 16) for step in range(17))
    bar_mm: float = 1.5
    bar_length_mm: float = 10.0
    bar_count: int = 5
    bar_contrast: float = 0.3


#: 17 discs of 11 mm; contrasts and dimensions are assumed
TOR_LIKE = DiscRingObject()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiscRingTruth:
    """Truth of an image of a disc ring.

    Parameters
    ----------
    kerma_ugy : float
        Kerma of the background behind the plate.
    design : DiscRingObject
        The object.
    centre_px : (float, float)
        Row and column of the plate's centre.
    radius_px : float
        Radius of the plate.
    disc_centres_px : array of discs × 2
        Row and column of each disc.
    contrasts : 1-D array
        Of each disc before any blur.
    detector : Detector
        Gives blur and noise.
    """

    kerma_ugy: float
    design: DiscRingObject
    centre_px: tuple[float, float]
    radius_px: float
    disc_centres_px: NDArray[np.float64]
    contrasts: NDArray[np.float64]
    detector: Detector


def simulate_disc_ring(
    detector: Detector,
    *,
    shape: tuple[int, int],
    kerma_ugy: float,
    seed: int,
    design: DiscRingObject = TOR_LIKE,
    rotation_deg: float = 0.0,
    mirrored: bool = False,
    shift_mm: tuple[float, float] = (0.0, 0.0),
    magnification: float = 1.0,
    contrast_scale: float = 1.0,
    outside_fraction: float = 1.5,
    noise: bool = True,
) -> Phantom[DiscRingTruth]:
    """Image of a disc ring.

    Parameters
    ----------
    detector : Detector
        What sees it; its blur has to be above 0.
    shape : (int, int)
        Rows and columns.
    kerma_ugy : float
        Kerma behind the plate.
    seed : int
        Of the noise.
    design : DiscRingObject
        The object.
    rotation_deg : float
        Angle of the bars from the upward direction, clockwise.
    mirrored : bool
        Whether the discs follow counter-clockwise.
    shift_mm : (float, float)
        Rows and columns from the middle of the image to that of the plate.
    magnification : float
        Size at the detector over size of the object.
    contrast_scale : float
        Times the discs' contrasts; the bars stay.
    outside_fraction : float
        Kerma beside the plate over that behind it.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `DiscRingTruth`. Discs are right to 1e-6 of their contrast; plate and bars take the pixel aperture as
        part of the blur.
    """
    scale = magnification / detector.pixel_pitch_mm
    centre = tuple((shape[axis] - 1) / 2 + shift_mm[axis] / detector.pixel_pitch_mm for axis in (0, 1))
    count = len(design.contrasts)
    step = (-1.0 if mirrored else 1.0) * 2.0 * math.pi / (count + 1)
    angles = math.radians(rotation_deg) + step * np.arange(1, count + 1)
    ring = scale * design.ring_radius_mm
    centres = np.column_stack([centre[0] - ring * np.cos(angles), centre[1] + ring * np.sin(angles)])
    truth = DiscRingTruth(
        kerma_ugy=kerma_ugy,
        design=design,
        centre_px=(centre[0], centre[1]),
        radius_px=scale * design.plate_radius_mm,
        disc_centres_px=centres,
        contrasts=contrast_scale * np.asarray(design.contrasts),
        detector=detector,
    )
    left = np.ones(shape)
    for contrast, place in zip(truth.contrasts, centres, strict=True):
        nearest = np.rint(place).astype(int)
        patch, reach = pixel_patch(
            offset_px=(place[0] - nearest[0], place[1] - nearest[1]),
            radius_mm=0.5 * magnification * design.disc_diameter_mm,
            sigma_mm=detector.blur_sigma_mm,
            pitch_mm=detector.pixel_pitch_mm,
        )
        first = nearest - reach
        left[first[0] : first[0] + 2 * reach + 1, first[1] : first[1] + 2 * reach + 1] -= contrast * patch
    rows = (np.arange(shape[0])[:, None] - centre[0]) / scale
    columns = (np.arange(shape[1])[None, :] - centre[1]) / scale
    sigma = math.hypot(detector.blur_sigma_mm, detector.pixel_pitch_mm / math.sqrt(12.0)) / magnification
    left *= 1.0 - design.bar_contrast * _bars(rows, columns, design, math.radians(rotation_deg), sigma)
    left *= outside_fraction + (1.0 - outside_fraction) * ndtr(
        (design.plate_radius_mm - np.hypot(rows, columns)) / sigma
    )
    return expose(detector, kerma_ugy * left, truth, seed=seed, noise=noise)


def _bars(
    rows: NDArray[Any], columns: NDArray[Any], design: DiscRingObject, angle: float, sigma: float
) -> NDArray[np.float64]:
    outward = -rows * math.cos(angle) + columns * math.sin(angle) - design.ring_radius_mm
    across = rows * math.sin(angle) + columns * math.cos(angle)
    bars = np.zeros(np.broadcast_shapes(rows.shape, columns.shape))
    for number in range(design.bar_count):
        middle = 2.0 * design.bar_mm * (number - (design.bar_count - 1) / 2)
        bars += _interval(across - middle, 0.5 * design.bar_mm, sigma)
    return bars * _interval(outward, 0.5 * design.bar_length_mm, sigma)


def _interval(distance: NDArray[np.float64], half: float, sigma: float) -> NDArray[np.float64]:
    return np.asarray(ndtr((distance + half) / sigma) - ndtr((distance - half) / sigma), dtype=np.float64)
