"""What the sides of a field are, and how far the image bears them out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.field_candidates import FieldEvidence
from xrayiq.metrics.field_choice import (
    INSET_PX,
    STEP_PX,
    FieldChoice,
    strip_level,
    strongest_line,
)
from xrayiq.metrics.field_geometry import clipped_polygon, polygon_area
from xrayiq.metrics.field_shadow import side_shadow

Side = Literal["collimated", "at_border", "not_found"]

#: natural logarithm of the exposure ratio across a side from which on the contrast leaves no doubt (2 : 1)
CLEAR_CONTRAST: Final = float(np.log(2.0))
#: mean width of the shadow outside a blade, in pixels of the search grid, from which on it leaves no doubt
CLEAR_WIDTH_PX: Final = 5.0
#: mean distance between the line on the search grid and the refined side where they are different edges
LOST_PX: Final = 6.0
#: difference of the shadows of two sides, in least contrasts, at which they have nothing in common
UNEVEN: Final = 20.0
#: a lone side is trusted from this share of the image's shorter side on
LONE_SIDE_FRACTION: Final = 0.4
#: distance from a side at which levels are read
BESIDE_PX: Final = 3.0


def side_states(evidence: FieldEvidence, choice: FieldChoice) -> tuple[Side, ...]:
    """State of each side; a border in shadow as deep as outside the blades leaves the side open."""
    if not any(choice.collimated):
        return ("at_border",) * 4
    beside = [strip_level(evidence, choice.corners, side, -BESIDE_PX) for side in range(4)]
    shadow = max(level for level, edge in zip(beside, choice.collimated, strict=True) if edge)
    states: list[Side] = []
    for side, edge in enumerate(choice.collimated):
        if edge:
            states.append("collimated")
        else:
            inside = strip_level(evidence, choice.corners, side, 1.0)
            states.append("at_border" if inside > shadow + evidence.threshold else "not_found")
    return tuple(states)


def edge_clarity(evidence: FieldEvidence, choice: FieldChoice) -> float:
    """How clear the edges of a quadrilateral with collimated sides on the search grid are, 0 to 1.

    The mean over the length of the collimated sides of what has contrast, times how clear the contrast is and how wide
    the shadow outside. One side alone must cross the image.
    """
    edges = np.flatnonzero(choice.collimated)
    if len(edges) == 0:
        return 0.0
    support = choice.support[edges]
    supported, lengths = support[:, 0], support[:, :3].sum(axis=1)
    factors = _contrast(support)
    for number, side in enumerate(edges):
        factors[number] *= min(_shadow_width(choice.corners, int(side), evidence.shape) / CLEAR_WIDTH_PX, 1.0)
    total = float(lengths.sum())
    if total <= 0.0:
        return 0.0
    crossing = min(total / (min(evidence.shape) - 2.0 * INSET_PX), 1.0) if len(edges) == 1 else 1.0
    return float(np.sum(supported * factors) / total * crossing)


def confidence_features(
    evidence: FieldEvidence, choice: FieldChoice, refined: NDArray[np.float64], states: tuple[Side, ...]
) -> dict[str, float]:
    """What speaks for a quadrilateral, each from 0 to 1.

    Parameters
    ----------
    evidence : FieldEvidence
        Edges of the image.
    choice : FieldChoice
        Quadrilateral that they support best.
    refined : (4, 2) array of float64
        Its corners after refinement, on the search grid.
    states : tuple of Side
        What its sides are.

    Returns
    -------
    dict of str to float
        Without a collimated side only ``"no_line"``: the share of the image that the strongest straight edge, which
        might be a blade, leaves. Otherwise by side, the least: ``"support"`` (share of its length with contrast),
        ``"contrast"`` (2 : 1 is 1), ``"still"`` (how near the refined side stayed), ``"even_shadow"`` (how near its
        shadow is to the darkest); and ``"score"`` (supported length less the costs, over the length), ``"sides"``
        (collimated ones of four), ``"all_told"`` (no border lies in shadow), ``"lit_border"`` (how much brighter than
        the shadow it is along the border) and ``"stoutness"`` (a strip along the border is none).
    """
    edges = np.flatnonzero(choice.collimated)
    if len(edges) == 0:
        return {"no_line": 1.0 - strongest_line(evidence)}
    support = choice.support[edges]
    lengths = np.maximum(support[:, :3].sum(axis=1), 1.0)
    moved = [
        _mean_distance(_places(choice.corners, int(side), evidence.shape), refined[side], refined[(side + 1) % 4])
        for side in edges
    ]
    levels = np.array([side_shadow(evidence, refined, int(side)).level for side in edges])
    levels = levels[np.isfinite(levels)]
    uneven = float(np.ptp(levels)) / evidence.threshold if len(levels) else 0.0
    found = {
        "support": float((support[:, 0] / lengths).min()),
        "contrast": float(_contrast(support).min()),
        "still": 1.0 - max(moved) / LOST_PX,
        "even_shadow": 1.0 - uneven / UNEVEN,
        "score": choice.score / float(lengths.sum()),
        "sides": len(edges) / 4.0,
        "all_told": float("not_found" not in states),
        "lit_border": _lit_border(evidence, choice, refined),
        "stoutness": _stoutness(refined, evidence.shape),
    }
    return {name: float(np.clip(value, 0.0, 1.0)) for name, value in found.items()}


def field_confidence(features: Mapping[str, float]) -> float:
    """Probability that a field with these features is right, by the model in ``data/field_confidence.toml``."""
    model = confidence_model()["open" if "no_line" in features else "collimated"]
    logit = model["intercept"] + sum(model[name] * value for name, value in features.items())
    return float(1.0 / (1.0 + np.exp(-logit)))


def lone_side_share(evidence: FieldEvidence, choice: FieldChoice) -> float:
    """Length of a collimated side that is the only one, over that from which on it may be trusted; 1 of other fields.

    A short straight piece near a corner of the image may belong to anything.
    """
    edges = np.flatnonzero(choice.collimated)
    if len(edges) != 1:
        return 1.0
    return min(float(choice.support[edges[0], :3].sum()) / (LONE_SIDE_FRACTION * min(evidence.shape)), 1.0)


@cache
def confidence_model() -> Mapping[str, Mapping[str, float]]:
    """Coefficients by model and feature, from ``data/field_confidence.toml``."""
    text = resources.files("xrayiq").joinpath("data/field_confidence.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return MappingProxyType({name: MappingProxyType(table[name]) for name in ("open", "collimated")})


def _contrast(support: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean contrast of each side where it has some, 1 from 2 : 1 on."""
    contrast: NDArray[np.float64] = np.minimum(support[:, 3] / np.maximum(support[:, 0], 1.0) / CLEAR_CONTRAST, 1.0)
    return contrast


def _lit_border(evidence: FieldEvidence, choice: FieldChoice, refined: NDArray[np.float64]) -> float:
    """How far the darkest border side lies above the brightest shadow, in steps across the collimated sides."""
    edges = np.array(choice.collimated)
    inside = np.array([strip_level(evidence, refined, side, BESIDE_PX) for side in range(4)])
    shadow = max(strip_level(evidence, refined, int(side), -BESIDE_PX) for side in np.flatnonzero(edges))
    border = inside[~edges & np.isfinite(inside)]
    if len(border) == 0:
        return 1.0
    step = float(np.median(inside[edges])) - shadow
    return (float(border.min()) - shadow) / max(step, evidence.threshold)


def _stoutness(corners: NDArray[np.float64], shape: tuple[int, int]) -> float:
    """Area over that of a square with the same outline, times two, of the part on the image."""
    part = clipped_polygon(corners, shape)
    outline = float(np.hypot(*(np.roll(part, -1, axis=0) - part).T).sum()) if len(part) else 0.0
    return 32.0 * polygon_area(part) / max(outline**2, 1e-9)


def _places(corners: NDArray[np.float64], side: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Points along the part of a side on the image."""
    start, stop = corners[side], corners[(side + 1) % 4]
    length = float(np.hypot(*(stop - start)))
    places = start + np.arange(0.0, length, STEP_PX)[:, None] * (stop - start) / max(length, 1e-9)
    on_image: NDArray[np.float64] = places[np.all((places >= -0.5) & (places <= np.array(shape) - 0.5), axis=1)]
    return on_image


def _mean_distance(places: NDArray[np.float64], start: NDArray[np.float64], stop: NDArray[np.float64]) -> float:
    """Mean distance of points from a line; inf without points."""
    if len(places) == 0:
        return np.inf
    along = (stop - start) / max(float(np.hypot(*(stop - start))), 1e-9)
    return float(np.abs((places - start) @ np.array([along[1], -along[0]])).mean())


def _shadow_width(corners: NDArray[np.float64], side: int, shape: tuple[int, int]) -> float:
    """Mean distance from a side to the border of the image behind it, over its part on the image."""
    places = _places(corners, side, shape)
    if len(places) == 0:
        return 0.0
    along = corners[(side + 1) % 4] - corners[side]
    outward = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
    room = np.where(outward > 0, np.array(shape) - 0.5 - places, places + 0.5) / np.maximum(np.abs(outward), 1e-9)
    return float(room.min(axis=1).mean())
