"""Where the grid of a contrast-detail object is found."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from xrayiq.metrics import read_contrast_detail
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, one
from xrayiq_phantoms import Detector, simulate_contrast_detail

_PITCH_MM: Final = 0.4

FIGURES: Final = (
    AccuracyFigure(
        key="contrast_detail_grid",
        topic="Contrast detail",
        label="Farthest corner of the grid of cells",
        unit="mm",
        conditions="CDRAD-like, rotation −3° to 3°, shifted, pitch 0.4 mm, 1 to 5 µGy",
    ),
    AccuracyFigure(
        key="contrast_detail_magnification",
        topic="Contrast detail",
        label="Magnification of the grid",
        unit="fraction",
        conditions="as before; 1 to 1.1",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Contrast-detail objects of the grid."""
    turns = ((-3.0, 1.0, 1.0), (1.0, 2.5, 1.05), (3.0, 5.0, 1.1))
    return [
        partial(_object, rotation_deg=rotation, kerma_ugy=kerma, magnification=magnification)
        for rotation, kerma, magnification in (turns if grid == "full" else turns[:1])
    ]


def _object(*, rotation_deg: float, kerma_ugy: float, magnification: float) -> Errors:
    detector = Detector(pixel_pitch_mm=_PITCH_MM, gain_dn_per_ugy=1000.0, blur_sigma_mm=0.2)
    phantom = simulate_contrast_detail(
        detector,
        shape=(760, 740),
        kerma_ugy=kerma_ugy,
        seed=3,
        rotation_deg=rotation_deg,
        shift_mm=(4.0, -3.0),
        magnification=magnification,
    )
    found = read_contrast_detail(phantom.pixels, pixel_pitch_mm=_PITCH_MM, corners=phantom.truth.corners)
    distances_px = np.hypot(*(found.outlines_px[0] - phantom.truth.outline_px).T)
    return {
        "contrast_detail_grid": one(float(distances_px.max()) * _PITCH_MM),
        "contrast_detail_magnification": one(found.magnification / magnification - 1.0),
    }
