"""What an exposure leaves behind: lag of several components, and a change of sensitivity (ghost)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom


@dataclass(frozen=True, slots=True, kw_only=True)
class LagComponent:
    """One exponential of a decay.

    Parameters
    ----------
    amplitude : float
        Part of an exposure that the frame at its own time would keep; the next keeps amplitude·exp(−1/τ).
    time_constant_frames : float
        τ in frames.
    """

    amplitude: float
    time_constant_frames: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LagTruth:
    """Truth of a frame that follows an exposure.

    Parameters
    ----------
    kerma_ugy : float
        Kerma of the frame itself, without lag.
    lag_fraction : float
        Part of the exposure that is left in it.
    """

    kerma_ugy: float
    lag_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GhostTruth:
    """Truth of a uniform exposure on a detector with changed sensitivity.

    Parameters
    ----------
    kerma_ugy : float
        Kerma of the exposure.
    ghost_fraction : float
        Relative change of sensitivity where the exposure before had its greatest kerma.
    """

    kerma_ugy: float
    ghost_fraction: float

    def ghosting(self, *, shadow_transmission: float = 0.0) -> float:
        """(S_shadow − S_around) / S_around, of a block that let a part of the greatest kerma through."""
        return (1.0 + self.ghost_fraction * shadow_transmission) / (1.0 + self.ghost_fraction) - 1.0


def lag_at(components: Sequence[LagComponent], frame: int) -> float:
    """Part of an exposure that is left in the n-th frame after it: Σ a·exp(−n/τ)."""
    return sum(each.amplitude * math.exp(-frame / each.time_constant_frames) for each in components)


def simulate_decay(
    detector: Detector,
    *,
    first: Phantom[Any],
    kermas_ugy: Sequence[float],
    components: Sequence[LagComponent],
    seed: int,
    noise: bool = True,
) -> tuple[Phantom[LagTruth], ...]:
    """Frames that follow an exposure and carry its lag, and that of each other, as a sum of exponentials.

    Parameters
    ----------
    detector : Detector
        What sees them; its own `lag_fraction` does not count.
    first : Phantom
        The exposure before them.
    kermas_ugy : sequence of float
        Kerma of each following frame; 0 is a dark frame.
    components : sequence of LagComponent
        The decay.
    seed : int
        The frames' noise has the seeds seed, seed + 1 …
    noise : bool
        With or without noise.

    Returns
    -------
    tuple of Phantom
        One per kerma, each with a `LagTruth`.
    """
    rows, columns = first.kerma_ugy.shape
    carrier = replace(detector, lag_fraction=1.0)
    past = [first.kerma_ugy]
    frames: list[Phantom[LagTruth]] = []
    for number, kerma in enumerate(kermas_ugy):
        left = sum(lag_at(components, len(past) - place) * each for place, each in enumerate(past))
        truth = LagTruth(kerma_ugy=kerma, lag_fraction=lag_at(components, number + 1))
        incident = np.broadcast_to(np.float64(kerma), (rows, columns))
        frame = expose(carrier, incident, truth, seed=seed + number, noise=noise, previous_kerma_ugy=left)
        frames.append(replace(frame, detector=detector))
        past.append(kerma * detector.heel_map((rows, columns)))
    return tuple(frames)


def simulate_ghost(
    detector: Detector,
    *,
    first: Phantom[Any],
    kerma_ugy: float,
    ghost_fraction: float,
    seed: int,
    noise: bool = True,
) -> Phantom[GhostTruth]:
    """Uniform exposure on a detector whose sensitivity an earlier exposure has changed, in proportion to its kerma.

    Parameters
    ----------
    detector : Detector
        What sees it.
    first : Phantom
        The earlier exposure, for example with a block.
    kerma_ugy : float
        Kerma of the uniform exposure.
    ghost_fraction : float
        Relative change of sensitivity at the greatest kerma of `first`; negative for a loss.
    seed : int
        Of the noise.
    noise : bool
        With or without noise.

    Returns
    -------
    Phantom
        With a `GhostTruth`. The change is put into the kerma, so quantum noise follows it by its root.
    """
    change = 1.0 + ghost_fraction * first.kerma_ugy / first.kerma_ugy.max()
    truth = GhostTruth(kerma_ugy=kerma_ugy, ghost_fraction=ghost_fraction)
    return expose(replace(detector, lag_fraction=0.0), kerma_ugy * change, truth, seed=seed, noise=noise)
