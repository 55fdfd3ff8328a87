"""Contrast and contrast-to-noise ratio of simulated discs."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from xrayiq.metrics import measure_contrast
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, in_kerma, uncovered
from xrayiq_phantoms import Detail, Detector, simulate_contrast_details

_SHAPE: Final = (300, 300)
_DIAMETER_MM: Final = 20.0
#: 3 mm and more from the edge of the disc
_BACKGROUNDS: Final = ((135, 165, 10, 40), (135, 165, 260, 290), (10, 40, 135, 165), (260, 290, 135, 165))

FIGURES: Final = (
    AccuracyFigure(
        key="contrast_to_noise",
        topic="Contrast",
        label="Contrast-to-noise ratio of a disc",
        unit="fraction",
        conditions="disc of 20 mm, contrast 2 to 20 %, 1 to 10 µGy, 20 seeds",
    ),
    AccuracyFigure(
        key="contrast",
        topic="Contrast",
        label="Contrast of the disc",
        unit="1",
        conditions="as before",
    ),
    AccuracyFigure(
        key="contrast_coverage",
        topic="Contrast",
        label="Share of true ratios within ±1.96 stated uncertainties, less 95 %",
        unit="fraction",
        conditions="as before",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Discs of the grid."""
    repeats = 20 if grid == "full" else 4
    levels = [(contrast, kerma) for contrast in (0.02, 0.05, 0.2) for kerma in (1.0, 2.5, 10.0)]
    return [
        partial(_disc, contrast=contrast, kerma_ugy=kerma, seeds=range(100 * number, 100 * number + repeats))
        for number, (contrast, kerma) in enumerate(levels)
    ]


def _disc(*, contrast: float, kerma_ugy: float, seeds: range) -> Errors:
    detector = Detector(gain_dn_per_ugy=2000.0, bits_stored=16)
    rows, columns = np.indices(_SHAPE)
    inside = np.hypot(rows - 150, columns - 150) < 46  # 3 mm within the edge, which is 67 pixels from the centre
    ratios, contrasts, covered = [], [], []
    for seed in seeds:
        phantom = simulate_contrast_details(
            detector,
            shape=_SHAPE,
            kerma_ugy=kerma_ugy,
            details=[Detail(centre_px=(150.0, 150.0), diameter_mm=_DIAMETER_MM, contrast=contrast)],
            seed=seed,
        )
        truth = contrast * kerma_ugy / phantom.truth.noise_ugy
        found = measure_contrast(in_kerma(phantom.pixels, detector), signal=inside, background=_BACKGROUNDS)
        ratios.append(found.contrast_to_noise / truth - 1.0)
        contrasts.append(np.nan if found.contrast is None else found.contrast - contrast)
        covered.append(abs(found.contrast_to_noise - truth) <= 1.96 * found.contrast_to_noise_uncertainty)
    return {
        "contrast_to_noise": np.array(ratios),
        "contrast": np.array(contrasts),
        "contrast_coverage": uncovered(covered),
    }
