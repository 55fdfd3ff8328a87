"""Focal spot from a star, threshold contrast of flat fields, and SDNR of aluminium on plates."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from xrayiq.metrics import measure_focal_spot, measure_sdnr_over_thickness, measure_threshold_contrast
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, in_kerma
from xrayiq_phantoms import Detector, simulate_aluminium, simulate_flat, simulate_star

#: extent along rows and columns in mm, magnification, angle of a spoke, diameter of the star in mm, side in pixels
_STARS: Final = (
    (0.30, 0.45, 3.0, 2.0, 20.0, 480),
    (0.6, 0.6, 2.5, 1.5, 30.0, 560),
    (1.2, 0.8, 2.0, 2.0, 42.0, 620),
    (1.0, 2.0, 1.6, 2.0, 50.0, 600),
)
_THICKNESS_MM: Final = (20.0, 30.0, 45.0, 50.0, 60.0, 70.0)

FIGURES: Final = (
    AccuracyFigure(
        key="threshold_contrast",
        topic="Threshold contrast",
        label="Scatter of disc means, against the true NPS integrated over the disc",
        unit="fraction",
        conditions="discs of 0.3 to 3.2 mm; 4 flats of 600 × 600 pixels; 0.5 to 10 µGy; sampling noise 1 to 3 %",
    ),
    AccuracyFigure(
        key="sdnr",
        topic="SDNR",
        label="SDNR of aluminium over the thickness",
        unit="fraction",
        conditions="six thicknesses; 30 to 120 µGy; sampling noise 1 to 2 %",
    ),
    AccuracyFigure(
        key="focal_spot",
        topic="Focal spot",
        label="Width and length of the focal spot without noise",
        unit="fraction",
        conditions="0.3 to 2 mm, magnification 1.6 to 3, spokes of 1.5° and 2°",
        must_reach=0.01,
    ),
    AccuracyFigure(
        key="focal_spot_noisy",
        topic="Focal spot",
        label="Width and length of the focal spot at 3 µGy",
        unit="fraction",
        conditions="as before",
        must_reach=0.02,
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Test objects of the grid."""
    if grid == "quick":
        return [
            partial(_threshold, kerma_ugy=2.5, seed=1),
            partial(_sdnr, kerma_ugy=60.0, seed=1),
            partial(_star, number=0, noise=False),
            partial(_star, number=0, noise=True),
        ]
    return [
        *(partial(_threshold, kerma_ugy=kerma, seed=10 * seed) for kerma in (0.5, 2.5, 10.0) for seed in range(3)),
        *(partial(_sdnr, kerma_ugy=kerma, seed=1000 * seed) for kerma in (30.0, 60.0, 120.0) for seed in range(2)),
        *(partial(_star, number=number, noise=noise) for number in range(len(_STARS)) for noise in (False, True)),
    ]


def _threshold(*, kerma_ugy: float, seed: int) -> Errors:
    detector = Detector(gain_dn_per_ugy=1000.0, electronic_noise_ugy=0.01)
    flats = [
        in_kerma(simulate_flat(detector, shape=(600, 600), kerma_ugy=kerma_ugy, seed=seed + k).pixels, detector)
        for k in range(4)
    ]
    found = measure_threshold_contrast(flats, diameters_mm=[0.3, 0.5, 0.8, 1.3, 2.0, 3.2], border_mm=0.0)
    truth = [_true_disc_sd(detector, kerma_ugy, float(diameter)) for diameter in found.diameters_mm]
    return {"threshold_contrast": found.disc_sds / np.array(truth) - 1.0}


def _true_disc_sd(detector: Detector, kerma_ugy: float, diameter_mm: float) -> float:
    """Relative standard deviation of disc means: the true NPS integrated with the disc's squared spectrum."""
    finer, diameter_px = 40, diameter_mm / detector.pixel_pitch_mm
    side = int(np.ceil(diameter_px))
    points = (np.arange(side * finer) + 0.5) / finer - side / 2
    inside = np.hypot(points[:, None], points[None, :]) <= diameter_px / 2
    weights = inside.reshape(side, finer, side, finer).mean(axis=(1, 3))
    size = 512  # far above the disc and the reach of the blur: the sum over the grid is the integral
    transfer = np.abs(np.fft.fft2(weights / weights.sum(), (size, size))) ** 2
    frequencies = np.fft.fftfreq(size, detector.pixel_pitch_mm)
    spectrum = detector.nps_ugy2_mm2(frequencies[None, :], frequencies[:, None], kerma_ugy)
    return float(np.sqrt(np.sum(spectrum * transfer)) / (size * detector.pixel_pitch_mm) / kerma_ugy)


def _sdnr(*, kerma_ugy: float, seed: int) -> Errors:
    detector = Detector(
        pixel_pitch_mm=0.1,
        blur_sigma_mm=0.07,
        gain_dn_per_ugy=200.0,
        bits_stored=16,
        quanta_per_mm2_per_ugy=5000.0,
        heel_fraction=0.1,
    )
    plates = [
        simulate_aluminium(
            detector,
            shape=(420, 400),
            kerma_ugy=kerma_ugy,
            contrast=0.14 * float(np.exp(-0.006 * thickness)),
            centre_px=(200.3 + thickness / 5, 180.7),
            seed=seed + round(thickness),
        )
        for thickness in _THICKNESS_MM
    ]
    found = measure_sdnr_over_thickness(
        [in_kerma(plate.pixels, detector) for plate in plates], thickness_mm=_THICKNESS_MM
    )
    return {"sdnr": found.sdnr / np.array([plate.truth.sdnr for plate in plates]) - 1.0}


def _star(*, number: int, noise: bool) -> Errors:
    rows_mm, columns_mm, magnification, angle_deg, diameter_mm, side_px = _STARS[number]
    phantom = simulate_star(
        Detector(gain_dn_per_ugy=1000.0, bits_stored=16),
        shape=(side_px, side_px + 20),
        focal_spot_mm=(rows_mm, columns_mm),
        magnification=magnification,
        star_diameter_mm=diameter_mm,
        spoke_angle_deg=angle_deg,
        centre_px=(side_px / 2 - 8.7, side_px / 2 + 12.8),
        rotation_deg=31.0 * rows_mm,
        kerma_ugy=3.0 if noise else 10.0,
        noise=noise,
    )
    found = measure_focal_spot(
        phantom.pixels,
        pixel_pitch_mm=0.15,
        spoke_angle_deg=angle_deg,
        tube_axis="rows",
        star_diameter_mm=diameter_mm,
    )
    errors = np.array([found.length_mm / rows_mm, found.width_mm / columns_mm]) - 1.0
    return {"focal_spot_noisy" if noise else "focal_spot": errors}
