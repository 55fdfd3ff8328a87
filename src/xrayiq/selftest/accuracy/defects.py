"""Injected defects that are found, and clean pixels that are not taken for defects."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np

from xrayiq.metrics import find_defects
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, one
from xrayiq_phantoms import Defect, Detector, simulate_flat

_SHAPE: Final = (1000, 1000)
_DETECTOR: Final[dict[str, Any]] = {
    "heel_fraction": 0.2,
    "gain_nonuniformity_fraction": 0.03,
    "structured_noise_fraction": 0.002,
}
_CLEAN_SHAPE: Final = (1400, 1500)

FIGURES: Final = (
    AccuracyFigure(
        key="defect_pixels",
        topic="Defects",
        label="Dead and hot pixels and clusters: share that is missed",
        unit="fraction",
        conditions="60 pixels and 6 clusters of 2 to 40 pixels a side; 1 to 10 µGy; heel, gain map and fixed pattern",
        must_reach=0.0,
    ),
    AccuracyFigure(
        key="defect_lines",
        topic="Defects",
        label="Lines of 3 SD per pixel over 100 to 160 pixels: share that is missed",
        unit="fraction",
        conditions="10 lines an image, rows and columns, brighter and darker; 2.5 µGy",
        must_reach=0.0,
    ),
    AccuracyFigure(
        key="defects_false",
        topic="Defects",
        label="False pixels in 10⁵ on clean correlated noise",
        unit="in 10⁵",
        conditions="2.1 megapixels an image; blur 0.02 to 0.20 mm; 0.5 and 5 µGy; fixed pattern 0.5 %",
        must_reach=1.0,
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Flat fields of the grid."""
    if grid == "quick":
        return [
            partial(_pixels, kerma_ugy=2.5, seed=1),
            partial(_lines, seed=20, sign=1),
            partial(_clean, blur_mm=0.1, kerma_ugy=0.5, seed=11),
        ]
    return [
        *(partial(_pixels, kerma_ugy=kerma, seed=seed) for kerma in (1.0, 2.5, 10.0) for seed in range(1, 4)),
        *(partial(_lines, seed=20 + number, sign=1 if number % 4 < 2 else -1) for number in range(8)),
        *(
            partial(_clean, blur_mm=blur, kerma_ugy=kerma, seed=seed)
            for blur in (0.02, 0.10, 0.20)
            for kerma in (0.5, 5.0)
            for seed in (11, 12)
        ),
    ]


def _pixels(*, kerma_ugy: float, seed: int) -> Errors:
    generator = np.random.default_rng(seed)
    places = generator.choice(55 * 55, size=60, replace=False)
    defects = [
        Defect(row=60 + 17 * int(place // 55), column=10 + 17 * int(place % 55), kind="dead" if number % 2 else "hot")
        for number, place in enumerate(places)
    ]
    # clusters lie on a band of their own, above the single pixels
    defects += [
        Defect(row=5, column=20 + 150 * number, rows=side, columns=side, kind="dead" if number % 2 else "hot")
        for number, side in enumerate((2, 3, 5, 12, 25, 40))
    ]
    detector = Detector(**_DETECTOR, defects=tuple(defects))
    flat = simulate_flat(detector, shape=_SHAPE, kerma_ugy=kerma_ugy, seed=seed)
    found = find_defects(flat.pixels).mask()
    missed = [not bool(found[defect.area].all()) for defect in defects]
    return {"defect_pixels": one(float(np.mean(missed)))}


def _lines(*, seed: int, sign: int) -> Errors:
    """Lines far from each other; 3 SD where the beam has most kerma is 3 SD or more everywhere."""
    generator = np.random.default_rng(seed)
    strongest = 2.5 * (1.0 + _DETECTOR["heel_fraction"] / 2) * (1.0 + _DETECTOR["gain_nonuniformity_fraction"])
    amplitude = sign * 3.0 * float(np.sqrt(Detector(**_DETECTOR).noise_variance_ugy2(strongest)))
    defects, rows = [], bool(seed % 2)
    for number in range(10):
        length = int(generator.integers(100, 161))
        across, along = 50 + 95 * number, int(generator.integers(0, _SHAPE[0] - length))
        line = Defect(row=along, column=across, rows=length, kind="offset", amplitude=amplitude)
        if rows:
            line = Defect(row=across, column=along, columns=length, kind="offset", amplitude=amplitude)
        defects.append(line)
    detector = Detector(**_DETECTOR, defects=tuple(defects))
    flat = simulate_flat(detector, shape=_SHAPE, kerma_ugy=2.5, seed=seed)
    found = {(line.orientation, line.index_px): line for line in find_defects(flat.pixels).lines}
    missed = []
    for defect in defects:
        seen = found.get(("row", defect.row) if rows else ("column", defect.column))
        start = defect.column if rows else defect.row
        length = (defect.columns if rows else defect.rows) or 0
        overlap = 0 if seen is None else min(seen.start_px + seen.length_px, start + length) - max(seen.start_px, start)
        missed.append(overlap < 0.8 * length)
    return {"defect_lines": one(float(np.mean(missed)))}


def _clean(*, blur_mm: float, kerma_ugy: float, seed: int) -> Errors:
    detector = Detector(**{**_DETECTOR, "blur_sigma_mm": blur_mm, "structured_noise_fraction": 0.005})
    found = find_defects(simulate_flat(detector, shape=_CLEAN_SHAPE, kerma_ugy=kerma_ugy, seed=seed).pixels)
    return {"defects_false": one(1e5 * found.defective_pixels / found.pixel_count)}
