"""Lag, ghosting and dark noise of simulated frame sequences."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from xrayiq.metrics import measure_dark_noise, measure_ghosting, measure_lag
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, one
from xrayiq_phantoms import Detector, LagComponent, simulate_dark, simulate_decay, simulate_field, simulate_ghost

#: not clipped at zero, and so fine that rounding is no structure
_DETECTOR: Final = Detector(bits_stored=16, gain_dn_per_ugy=1000.0, offset_dn=500.0)
_LINEAR: Final = Detector(bits_stored=16, gain_dn_per_ugy=1000.0)
_SHAPE: Final = (300, 300)
_EXPOSED: Final = (110, 190, 40, 260)
_SHADOWED: Final = ((10, 60, 40, 260), (240, 290, 40, 260))
_COMPONENTS: Final = (
    LagComponent(amplitude=0.02, time_constant_frames=1.2),
    LagComponent(amplitude=0.004, time_constant_frames=9.0),
)

FIGURES: Final = (
    AccuracyFigure(
        key="lag",
        topic="Lag",
        label="Lag of the frames after an exposure",
        unit="1",
        conditions="two decays of 2 and 0.4 %, 12 dark or exposed frames after 25 µGy; 5 seeds",
    ),
    AccuracyFigure(
        key="ghosting",
        topic="Lag",
        label="Ghosting",
        unit="1",
        conditions="change of sensitivity of −3 to 3 % by 25 µGy; seen at 4 µGy; 5 seeds",
    ),
    AccuracyFigure(
        key="dark_noise",
        topic="Dark noise",
        label="Noise of dark frames, all and temporal",
        unit="fraction",
        conditions="white, row and column noise; 6 frames of 400 × 500 pixels; 10 seeds",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Sequences of the grid."""
    full = grid == "full"
    found: list[Case] = [
        partial(_lag, kerma_ugy=kerma, seed=1000 * seed)
        for seed in range(5 if full else 1)
        for kerma in ((0.0, 1.0) if full else (0.0,))
    ]
    found += [
        partial(_ghosting, fraction=fraction, seed=seed)
        for fraction in ((-0.03, -0.01, 0.01, 0.03) if full else (-0.02,))
        for seed in range(5 if full else 1)
    ]
    found += [partial(_dark, seed=100 * seed) for seed in range(10 if full else 1)]
    return found


def _lag(*, kerma_ugy: float, seed: int) -> Errors:
    first = simulate_field(
        _DETECTOR, shape=_SHAPE, kerma_ugy=25.0, seed=seed, size_mm=(20.0, 60.0), scatter_fraction=0.0
    )
    after = simulate_decay(_DETECTOR, first=first, kermas_ugy=[kerma_ugy] * 12, components=_COMPONENTS, seed=seed + 100)
    found = measure_lag([first.pixels, *(frame.pixels for frame in after)], region=_EXPOSED, background=list(_SHADOWED))
    return {"lag": found.values - np.array([frame.truth.lag_fraction for frame in after])}


def _ghosting(*, fraction: float, seed: int) -> Errors:
    first = simulate_field(_LINEAR, shape=_SHAPE, kerma_ugy=25.0, seed=seed, size_mm=(20.0, 60.0), scatter_fraction=0.0)
    ghost = simulate_ghost(_LINEAR, first=first, kerma_ugy=4.0, ghost_fraction=fraction, seed=seed + 50)
    found = measure_ghosting(ghost.pixels, shadow=list(_SHADOWED), around=_EXPOSED)
    return {"ghosting": one(found.ghosting - ghost.truth.ghosting())}


def _dark(*, seed: int) -> Errors:
    detector = Detector(gain_dn_per_ugy=500.0, offset_dn=120.0, electronic_noise_ugy=0.008)
    frames = simulate_dark(detector, shape=(400, 500), frames=6, row_noise_dn=0.6, column_noise_dn=1.1, seed=seed)
    found, truth = measure_dark_noise([frame.pixels for frame in frames]), frames[0].truth
    temporal = np.nan if found.temporal_noise_dn is None else found.temporal_noise_dn
    return {"dark_noise": np.array([found.noise_dn / truth.noise_dn, temporal / truth.temporal_noise_dn]) - 1.0}
