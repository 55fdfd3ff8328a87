"""Seams of clinical images against steps of known size and place."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import find_clinical_seam
from xrayiq.model import PixelRelation, Radiograph
from xrayiq_phantoms import Detector, simulate_clinical

PITCH_MM = 0.2
SIDE_PX = 1400


def scene(anatomy, seed=3, rotation_deg=0.0):
    detector = Detector(pixel_pitch_mm=PITCH_MM, quantised=False)
    phantom = simulate_clinical(
        detector, anatomy=anatomy, shape=(SIDE_PX, SIDE_PX), kerma_ugy=2.5, seed=seed, rotation_deg=rotation_deg
    )
    return phantom.pixels


@pytest.fixture(scope="module")
def chest():
    return scene("chest", rotation_deg=1.0)


@pytest.mark.parametrize("step", [0.02, -0.015])
@pytest.mark.parametrize(("orientation", "place_px"), [("column", 601), ("row", 700), ("row", 443)])
def test_the_worst_seam_has_its_step_and_place(chest, orientation, place_px, step):
    image = chest.copy()
    part = np.s_[:, place_px:] if orientation == "column" else np.s_[place_px:]
    image[part] *= 1 + step
    found = find_clinical_seam(image, pixel_pitch_mm=PITCH_MM)
    assert found.orientation == orientation
    # the border of two pixels lies half a pixel before the first behind it
    assert found.position_px == pytest.approx(place_px - 0.5, abs=found.cell_px)
    # four standard deviations of its noise
    assert found.step_fraction == pytest.approx(step, abs=4 * abs(found.step_fraction) / found.step_sd)
    assert [(m.quantity, m.value) for m in found.measurements()] == [("seam_contrast", abs(found.step_fraction))]


@pytest.mark.parametrize("anatomy", ["chest", "hand", "abdomen"])
@pytest.mark.parametrize("rotation_deg", [0.0, 4.0])
def test_anatomy_is_no_seam_even_where_its_edges_are_straight(anatomy, rotation_deg):
    found = find_clinical_seam(scene(anatomy, seed=2, rotation_deg=rotation_deg), pixel_pitch_mm=PITCH_MM)
    assert found.orientation is None
    assert found.step_fraction is None
    assert [(m.quantity, m.value) for m in found.measurements()] == [("seam_contrast", 0.0)]


def test_a_step_above_the_least_is_found_and_one_far_below_is_not(chest):
    least = find_clinical_seam(chest, pixel_pitch_mm=PITCH_MM).least_step_fraction
    for times, seen in ((2.0, True), (0.3, False)):
        image = chest.copy()
        image[800:] *= 1 + times * least
        assert (find_clinical_seam(image, pixel_pitch_mm=PITCH_MM).orientation == "row") is seen


def test_a_single_line_half_a_seam_and_a_blended_one_are_none(chest):
    line, half, blended = (chest.copy() for _ in range(3))
    line[:, 600] *= 0.5
    half[:600, 600:] *= 1.05
    blended *= 1 + 0.03 / (1 + np.exp(-(np.arange(SIDE_PX) - 600) / 8.0))
    for image in (line, half, blended):
        assert find_clinical_seam(image, pixel_pitch_mm=PITCH_MM).orientation is None


def test_the_edge_of_a_straight_object_is_no_seam(chest):
    image = chest.copy()
    image[:, 900:] *= 0.6
    assert find_clinical_seam(image, pixel_pitch_mm=PITCH_MM).orientation is None


def test_values_of_unknown_relation_have_a_seam_without_contrast(chest):
    image = np.log(chest)
    image[:, 601:] += 0.03
    found = find_clinical_seam(
        Radiograph(pixels=image, pixel_pitch_mm=(PITCH_MM, PITCH_MM), relation=PixelRelation(relation="unknown"))
    )
    assert found.orientation == "column"
    assert found.step_fraction is None
    assert found.measurements() == ()


def test_a_small_field_is_refused():
    small = np.random.default_rng(1).normal(100, 3, (90, 90))
    with pytest.raises(NotMeasurableError) as refusal:
        find_clinical_seam(small, pixel_pitch_mm=0.5)
    assert refusal.value.reason == "field_too_small"


@pytest.mark.parametrize(("pitch_mm", "told"), [(0.5, True), (0.51, False), ((0.4, 0.7), False), (None, True)])
def test_pixels_above_half_a_millimetre_are_refused(pitch_mm, told):
    image = np.random.default_rng(1).normal(100, 3, (400, 400))
    if told:
        assert find_clinical_seam(image, pixel_pitch_mm=pitch_mm).measurements()
        return
    with pytest.raises(NotMeasurableError, match=r"pixels of 0\.5.* mm") as refusal:
        find_clinical_seam(image, pixel_pitch_mm=pitch_mm)
    assert refusal.value.reason == "pixels_too_large"
