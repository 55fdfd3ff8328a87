"""Collimated fields of simulated clinical images: how many are right, and whether the confidence says so.

What is right is defined in `xrayiq.selftest.fields`. The confidence was fitted to seeds below 10 000 and to other
bodies than knee and skull.
"""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq.metrics import find_collimation
from xrayiq.metrics.field_confidence import confidence_model
from xrayiq.selftest.field_calibration import FITTED_SEEDS, HELD_OUT, fit_confidence
from xrayiq.selftest.fields import calibration_error, clinical_radiograph, judge_field
from xrayiq_phantoms import simulate_clinical_field

SEEDS = range(10_000, 10_500)


def found_in(seed, *, is_wide):
    scene = simulate_clinical_field(seed, is_wide=is_wide)
    found = find_collimation(clinical_radiograph(scene))
    return scene, found, judge_field(scene, found)


@pytest.mark.parametrize(
    ("seed", "is_wide", "sides_seen"),
    [(3, False, 0), (107, True, 1), (174, True, 0), (102, False, 4), (46, False, 4)],
    ids=[
        "open, air beside the body",
        "one blade, air beside the body",
        "open, processed for presentation",
        "a corner cut by the border of the image",
        "all corners cut",
    ],
)
def test_hard_fields_are_right(seed, is_wide, sides_seen):
    scene, found, judged = found_in(seed, is_wide=is_wide)
    assert scene.truth.sides.count("collimated") == sides_seen
    assert judged.right, judged
    assert found.sides.count("collimated") == sides_seen


def test_calibration_error_of_three_classes_worked_by_hand():
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.5, 0.5, 1.0, 0.12])
    right = np.array([True, True, True, False, True, True, True, False])
    # (4 × 0.95 + 1.0 − 4) + (2 × 0.5 − 2) + (0.12 − 0), each without its sign
    assert calibration_error(confidence, right) == pytest.approx((0.8 + 1.0 + 0.12) / 8.0)


def test_the_fit_finds_the_coefficients_that_drew_the_verdicts():
    generator = np.random.default_rng(4)
    table = generator.random((20_000, 2))
    right = generator.random(20_000) < 1.0 / (1.0 + np.exp(1.0 - 3.0 * table[:, 0]))
    found = fit_confidence([{"one": one, "other": other} for one, other in table], right, ("one", "other"))
    # Fisher information: 0.05 of the intercept, 0.06 of either coefficient; the second is 0, below which none is
    assert found["intercept"] == pytest.approx(-1.0, abs=0.2)
    assert found["one"] == pytest.approx(3.0, abs=0.25)
    assert 0.0 <= found["other"] < 0.2


def test_every_feature_speaks_for_a_field_and_the_fit_saw_no_image_of_the_test():
    for model in confidence_model().values():
        assert all(value >= 0.0 for name, value in model.items() if name != "intercept")
    assert FITTED_SEEDS.stop <= SEEDS.start


@pytest.fixture(scope="module")
def every():
    """1000 images: half of the usual kind, half with bodies, exposures, scatter and blur beyond it."""
    return [found_in(seed, is_wide=is_wide) for is_wide in (False, True) for seed in SEEDS]


def kinds(every):
    """Kinds of images, each of which must be right by itself."""
    return {
        "usual": [judged for _, _, judged in every[: len(SEEDS)]],
        "wide": [judged for _, _, judged in every[len(SEEDS) :]],
        "held out": [judged for scene, _, judged in every if scene.anatomy in HELD_OUT],
        "at most one blade": [judged for scene, _, judged in every if scene.truth.sides.count("collimated") <= 1],
        "rotated": [judged for scene, _, judged in every if abs(scene.rotation_deg) > 3.0],
        "presentation": [judged for scene, _, judged in every if scene.encoding.startswith("MONO")],
        "metal": [judged for scene, _, judged in every if scene.has_metal],
        "text": [judged for scene, _, judged in every if scene.has_text],
    }


@pytest.mark.slow
def test_95_of_100_fields_of_each_kind_are_right(every):
    for kind, judged in kinds(every).items():
        assert len(judged) >= 100, kind
        assert np.mean([one.right for one in judged]) >= 0.95, kind
        assert np.median([one.error_mm for one in judged]) <= 1.0, kind


@pytest.mark.slow
def test_of_sure_fields_at_most_5_of_100_are_wrong(every):
    for kind, judged in kinds(every).items():
        sure = [one.right for one in judged if one.confidence >= 0.95]
        assert len(sure) > 0.7 * len(judged), kind
        assert np.mean(sure) >= 0.95, kind


@pytest.mark.slow
def test_confidence_in_deciles_is_the_share_that_is_right(every):
    for kind, judged in kinds(every).items():
        confidence, right = np.array([(one.confidence, one.right) for one in judged]).T
        assert calibration_error(confidence, right > 0.5) <= 0.05, kind


@pytest.mark.slow
def test_doubtful_fields_are_wrong_more_often_than_not(every):
    doubtful = [judged.right for _, _, judged in every if judged.confidence < 0.5]
    assert len(doubtful) >= 5
    assert np.mean(doubtful) < 0.5
