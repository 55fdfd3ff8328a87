"""Fixed pattern and random noise told apart by repeats."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from xrayiq.metrics import measure_fixed_pattern_nps
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, in_kerma, one
from xrayiq_phantoms import Detector, simulate_flat

_KERMA_UGY: Final = 2.5

FIGURES: Final = (
    AccuracyFigure(
        key="nps_fixed",
        topic="NPS",
        label="NPS of the fixed pattern, mean ratio to truth",
        unit="fraction",
        conditions="u and v, 0.5 to 2.5 mm⁻¹; 8 flats of 1 megapixel; pattern of 0.5 and 1 %; sampling noise 0.6 %",
    ),
    AccuracyFigure(
        key="nps_fixed_fraction",
        topic="NPS",
        label="Share of the fixed pattern in the variance",
        unit="fraction",
        conditions="as before",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Repeated flat fields of the grid."""
    if grid == "quick":
        return [partial(_parts, structured=0.01, seed=40, side=512)]
    return [partial(_parts, structured=part, seed=seed, side=1024) for part in (0.005, 0.01) for seed in (40, 80, 120)]


def _parts(*, structured: float, seed: int, side: int) -> Errors:
    detector = Detector(
        quantised=False, structured_noise_fraction=structured, structured_length_mm=0.12, pattern_seed=seed
    )
    flats = [
        in_kerma(simulate_flat(detector, shape=(side, side), kerma_ugy=_KERMA_UGY, seed=seed + k).pixels, detector)
        for k in range(8)
    ]
    found = measure_fixed_pattern_nps(flats)
    random = replace(detector, structured_noise_fraction=0.0)
    errors = []
    for frequencies, fixed, along_u in (
        (found.frequencies_per_mm, found.u_fixed_values, True),
        (found.v_frequencies_per_mm, found.v_fixed_values, False),
    ):
        clear = (frequencies >= 0.5) & (frequencies <= 2.5)
        u, v = (frequencies[clear], 0.0) if along_u else (0.0, frequencies[clear])
        truth = detector.nps_ugy2_mm2(u, v, _KERMA_UGY) - random.nps_ugy2_mm2(u, v, _KERMA_UGY)
        errors.append(float(np.mean(fixed[clear] / truth)) - 1.0)
    share = 1.0 - float(random.noise_variance_ugy2(_KERMA_UGY) / detector.noise_variance_ugy2(_KERMA_UGY))
    return {"nps_fixed": np.array(errors), "nps_fixed_fraction": one(found.fixed_fraction - share)}
