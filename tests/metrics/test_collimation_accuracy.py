"""Collimated fields of simulated clinical images: how many are right, and whether the confidence says so.

Right: intersection over union of at least 0.95 (0.93 where the longest side is under 15 cm), every corner within 3 mm.
Whole fields have four corners on the image; of others, which the border of the image cuts, the overlap alone is judged.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from xrayiq.metrics import find_collimation
from xrayiq.model import Acquisition, PixelRelation, Radiograph
from xrayiq_phantoms import Detector, simulate_clinical
from xrayiq_phantoms.polygon import clip_to_image

SEEDS = range(1000, 1300)
PITCH_MM = 0.4
FARTHEST_MM, SMALL_MM = 3.0, 150.0
ANATOMIES = ("chest", "hand", "abdomen")
ENCODINGS = ("linear", "linear", "log", "falling log", "MONOCHROME1", "MONOCHROME2")


def clinical_image(seed):
    """An image and the corners of its field: rotated or not, sides beyond the image, metal, markers, burnt-in text."""
    rng = np.random.default_rng([seed, 7])
    shape = tuple(int(size) for size in rng.integers(550, 850, 2))
    is_open = rng.random() < 0.1  # no side on the image
    size = rng.uniform(1.05, 1.2, 2) if is_open else rng.uniform(0.4, 1.08, 2)
    middle = (np.array(shape) - 1) / 2
    room = np.maximum(0.0, 1.0 - size) / 2 * np.array(shape)
    turn = float(rng.choice([rng.uniform(-3.0, 3.0), rng.uniform(-20.0, 20.0)])) if not is_open else 0.0
    phantom = simulate_clinical(
        Detector(pixel_pitch_mm=PITCH_MM),
        anatomy=ANATOMIES[int(rng.integers(3))],
        shape=shape,
        kerma_ugy=float(np.exp(rng.uniform(np.log(0.5), np.log(8.0)))),
        seed=seed,
        field_size_fraction=(float(size[0]), float(size[1])),
        field_centre_px=tuple(map(float, middle + rng.uniform(-0.8, 0.8, 2) * room)),
        rotation_deg=turn,
        thickness_factor=float(rng.uniform(0.8, 1.25)),
        scatter_fraction=float(rng.uniform(0.01, 0.1)),
        scatter_length_mm=float(rng.uniform(10.0, 40.0)),
        stray_fraction=float(np.exp(rng.uniform(np.log(0.002), np.log(0.02)))),
        penumbra_sigma_mm=float(rng.uniform(0.2, 1.0)),
        metal=bool(rng.random() < 0.25),
        marker=bool(rng.random() < 0.5),
    )
    return encoded(phantom.pixels, ENCODINGS[int(rng.integers(len(ENCODINGS)))], rng), phantom.truth.field


def on_image(truth, shape):
    """Corners of the field's part on the image, none twice."""
    polygon = clip_to_image(truth.beam_corners_px, shape)
    apart = np.hypot(*(polygon - np.roll(polygon, 1, axis=0)).T)
    return polygon[apart > 1.0]


def encoded(pixels, encoding, rng):
    """Radiograph of the pixels as a maker stores them."""
    text = rng.random() < 0.15
    acquisition = Acquisition(burned_in_annotation="YES" if text else "NO")
    logarithm = np.log(np.maximum(pixels.astype(np.float64), 1.0))
    relation = None
    if encoding == "linear":
        values = pixels.astype(np.float64)
    elif encoding in ("log", "falling log"):
        sign = 1 if encoding == "log" else -1
        values = 2000.0 + sign * 200.0 * logarithm
        relation = PixelRelation(relation="log", sign=sign, stored_min=0, stored_max=4095)
    else:
        sign = 1 if encoding == "MONOCHROME1" else -1
        values = np.clip(2048.0 + sign * 300.0 * (logarithm - np.median(logarithm)), 0, 4095)
        relation = PixelRelation(relation="display", stored_min=0, stored_max=4095)
        acquisition = dataclasses.replace(acquisition, intent="FOR PRESENTATION", photometric_interpretation=encoding)
    stored = np.rint(values).astype(np.uint16)
    if text:
        place = (int(rng.integers(5, 200)), int(rng.integers(25, 60)))
        letters = np.zeros(stored.shape, dtype=np.uint8)
        cv2.putText(letters, "R  AP 12:30", place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
        stored[letters > 127] = stored.max()
    image = Radiograph.from_array(stored, pixel_pitch_mm=PITCH_MM, acquisition=acquisition)
    return image if relation is None else dataclasses.replace(image, relation=relation)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One image: the greatest error of a corner in mm (NaN of a cut field), whether it is right, and the confidence."""

    error_mm: float
    right: bool
    confidence: float


def judged(seed):
    image, truth = clinical_image(seed)
    found = find_collimation(image)
    corners = on_image(truth, found.image_shape_px)
    error = math.nan
    if len(corners) == 4:
        turns = [np.roll(corners, turn, axis=0) for turn in range(4)]
        error = min(float(np.hypot(*(found.corners_px - turned).T).max()) for turned in turns) * PITCH_MM
    own, wanted = (np.asarray(part, dtype=np.float32)[:, ::-1] for part in (found.corners_px, corners))
    common, _ = cv2.intersectConvexConvex(np.ascontiguousarray(own), np.ascontiguousarray(wanted))
    overlap = common / (cv2.contourArea(own) + cv2.contourArea(wanted) - common)
    longest = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T).max() * PITCH_MM
    right = not error > FARTHEST_MM and overlap >= (0.93 if longest < SMALL_MM else 0.95)
    return Judged(error_mm=error, right=bool(right), confidence=found.confidence)


@pytest.fixture(scope="module")
def every():
    return [judged(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def whole(every):
    """Fields whose part on the image has four corners."""
    return [one for one in every if not math.isnan(one.error_mm)]


@pytest.mark.slow
def test_whole_fields_are_right_in_95_of_100(whole):
    assert np.mean([one.right for one in whole]) >= 0.95
    assert np.median([one.error_mm for one in whole]) <= 1.0


@pytest.mark.slow
def test_of_sure_fields_at_most_5_of_100_are_wrong(every):
    sure = [one.right for one in every if one.confidence >= 0.95]
    assert len(sure) > 100
    assert np.mean(sure) >= 0.95


@pytest.mark.slow
@pytest.mark.xfail(strict=True, reason="whole fields are right more often than a confidence below 0.9 says")
def test_confidence_in_deciles_is_the_share_that_is_right(whole):
    confidence = np.array([one.confidence for one in whole])
    right = np.array([one.right for one in whole])
    decile = np.minimum((10.0 * confidence).astype(int), 9)
    apart = [
        abs(confidence[own].mean() - right[own].mean()) * own.mean()
        for own in (decile == one for one in np.unique(decile))
    ]
    assert sum(apart) <= 0.05


@pytest.mark.slow
@pytest.mark.xfail(strict=True, reason="four sides cannot follow a rectangle that the border of the image cuts")
def test_cut_fields_are_right_in_95_of_100(every):
    assert np.mean([one.right for one in every if math.isnan(one.error_mm)]) >= 0.95
