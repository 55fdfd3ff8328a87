"""An edge device: a tilted rectangular absorber whose four sides are exact slanted edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import edge_profile
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateTruth:
    """Truth of an edge device.

    Parameters
    ----------
    angle_deg : float
        Angle by which its sides are turned against the pixel axes, clockwise as seen on screen.
    corners_px : (4, 2) array
        Row and column of its corners, clockwise, the first the upper left one before it was turned.
    bright_ugy, dark_ugy : float
        Kerma beside and behind it.
    detector : Detector
        Gives blur and aperture.
    """

    angle_deg: float
    corners_px: NDArray[np.float64]
    bright_ugy: float
    dark_ugy: float
    detector: Detector

    def mtf(self, frequencies_per_mm: NDArray[Any] | float) -> NDArray[np.float64]:
        """Presampled MTF along the normal of any of its sides."""
        return self.detector.presampled_mtf(frequencies_per_mm, angle_deg=self.angle_deg)

    def sides_px(self) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Both ends (row, column) of the upper, right, lower and left side."""
        names = ("upper", "right", "lower", "left")
        following = np.roll(self.corners_px, -1, axis=0)
        return {name: (self.corners_px[index], following[index]) for index, name in enumerate(names)}


def simulate_plate(
    detector: Detector,
    *,
    shape: tuple[int, int] = (900, 1000),
    size_mm: tuple[float, float] = (60.0, 60.0),
    angle_deg: float = 3.0,
    centre_px: tuple[float, float] | None = None,
    kerma_ugy: float = 8.0,
    transmission: float = 0.03,
    seed: int = 0,
    noise: bool = True,
) -> Phantom[PlateTruth]:
    """Image of a tilted rectangular absorber.

    Parameters
    ----------
    detector : Detector
        What sees it.
    shape : (int, int)
        Rows and columns.
    size_mm : (float, float)
        Height and width of the absorber before it is turned.
    angle_deg : float
        Turn, clockwise as seen on screen, −45 to 45.
    centre_px : (float, float), optional
        Row and column of its centre; the middle of the image if not given.
    kerma_ugy : float
        Kerma beside it.
    transmission : float
        Kerma behind it as a part of that.
    seed : int
        Of the noise.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `PlateTruth`. Each side is the exact integral over blur and aperture; where two sides meet, within nine
        standard deviations of the blur and a pixel, their product stands for it.
    """
    centre = centre_px or ((shape[0] - 1) / 2.0, (shape[1] - 1) / 2.0)
    alpha = np.deg2rad(angle_deg)
    pitch = detector.pixel_pitch_mm
    rows = np.arange(shape[0])[:, None] - centre[0]
    columns = np.arange(shape[1])[None, :] - centre[1]
    down = pitch * (rows * np.cos(alpha) - columns * np.sin(alpha))
    right = pitch * (columns * np.cos(alpha) + rows * np.sin(alpha))
    covered = _between(down, size_mm[0], detector, angle_deg) * _between(right, size_mm[1], detector, angle_deg)
    half_down, half_right = size_mm[0] / 2.0 / pitch, size_mm[1] / 2.0 / pitch
    corners = np.array(
        [(-half_down, -half_right), (-half_down, half_right), (half_down, half_right), (half_down, -half_right)]
    )
    turn = np.array([[np.cos(alpha), -np.sin(alpha)], [np.sin(alpha), np.cos(alpha)]])
    truth = PlateTruth(
        angle_deg=angle_deg,
        corners_px=corners @ turn + np.asarray(centre),
        bright_ugy=kerma_ugy,
        dark_ugy=kerma_ugy * transmission,
        detector=detector,
    )
    return expose(detector, kerma_ugy * (1.0 - (1.0 - transmission) * covered), truth, seed=seed, noise=noise)


def _between(
    place_mm: NDArray[np.float64], width_mm: float, detector: Detector, angle_deg: float
) -> NDArray[np.float64]:
    """Strip of a width around 0, seen through blur and aperture; whole where both its edges are far."""
    inside = np.asarray(width_mm / 2.0 - np.abs(place_mm), dtype=np.float64)
    reach = 9.0 * detector.blur_sigma_mm + detector.pixel_pitch_mm
    if width_mm < 2.0 * reach:
        raise ValueError(
            f"absorber of {width_mm} mm; needed at least {2.0 * reach:.2f} mm, so that its sides keep apart"
        )
    strip = np.heaviside(inside, 0.5)
    near = np.abs(inside) < reach
    strip[near] = edge_profile(
        inside[near], pitch_mm=detector.pixel_pitch_mm, sigma_mm=detector.blur_sigma_mm, angle_deg=angle_deg
    )
    return strip
