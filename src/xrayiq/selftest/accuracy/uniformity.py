"""Tiles of TG-150 against their definition in plain NumPy."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics import measure_uniformity
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, in_kerma, response_of
from xrayiq_phantoms import Detector, simulate_flat

_ROI_MM: Final = 10.0
_BORDER_MM: Final = 10.0

FIGURES: Final = (
    AccuracyFigure(
        key="uniformity",
        topic="Uniformity",
        label="Signal, noise and SNR non-uniformity, global and local, against NumPy",
        unit="1",
        conditions="heel 0 to 30 %, gain map 0 to 5 %; pitch 0.10 to 0.20 mm; linear and log; uint16 and float64",
        must_reach=1e-9,
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Flat fields of the grid."""
    if grid == "quick":
        return [
            partial(_tiles, pitch_mm=0.15, heel=0.1, gain=0.02, dtype="uint16", logarithmic=logarithmic)
            for logarithmic in (False, True)
        ]
    return [
        partial(_tiles, pitch_mm=pitch, heel=heel, gain=gain, dtype=dtype, logarithmic=logarithmic)
        for pitch in (0.10, 0.15, 0.20)
        for heel, gain in ((0.0, 0.0), (0.1, 0.02), (0.3, 0.05))
        for dtype in ("float64", "uint16")
        for logarithmic in (False, True)
    ]


def _tiles(*, pitch_mm: float, heel: float, gain: float, dtype: str, logarithmic: bool) -> Errors:
    options: dict[str, Any] = {"response": "log", "gain_dn_per_ugy": 1500.0, "offset_dn": 6000.0} if logarithmic else {}
    detector = Detector(
        pixel_pitch_mm=pitch_mm, heel_fraction=heel, gain_nonuniformity_fraction=gain, bits_stored=16, **options
    )
    pixels = simulate_flat(detector, shape=(700, 800), kerma_ugy=2.5, seed=7).pixels.astype(dtype)
    found = measure_uniformity(in_kerma(pixels, detector), roi_mm=_ROI_MM, border_mm=_BORDER_MM)
    kerma = response_of(detector).to_kerma_ugy(pixels)
    tiles = _plain_tiles(kerma, round(_ROI_MM / pitch_mm), round(_BORDER_MM / pitch_mm))
    means, sds = tiles.mean(axis=-1), tiles.std(axis=-1, ddof=1)
    errors = []
    for name, values in (("signal", means), ("noise", sds), ("snr", means / sds)):
        whole, local = _plain_nonuniformities(values)
        errors.append(getattr(found, f"{name}_nonuniformity_global") / whole - 1.0)
        errors.append(getattr(found, f"{name}_nonuniformity_local") / local - 1.0)
    return {"uniformity": np.array(errors)}


def _plain_tiles(image: NDArray[np.float64], side: int, border: int) -> NDArray[np.float64]:
    """Tiles of a border-trimmed image, as an array of (tile rows, tile columns, pixels)."""
    inner = image[border : image.shape[0] - border, border : image.shape[1] - border]
    down, across = inner.shape[0] // side, inner.shape[1] // side
    blocks = inner[: down * side, : across * side].reshape(down, side, across, side)
    return blocks.swapaxes(1, 2).reshape(down, across, side * side)


def _plain_nonuniformities(tiles: NDArray[np.float64]) -> tuple[float, float]:
    """(max − min) / mean, and the greatest |tile − mean of its up to four neighbours| / mean."""
    padded = np.pad(tiles, 1, constant_values=np.nan)
    neighbours = np.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    local = np.abs(tiles - np.nanmean(neighbours, axis=0)).max() / tiles.mean()
    return float((tiles.max() - tiles.min()) / tiles.mean()), float(local)
