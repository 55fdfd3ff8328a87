"""Random clinical images: the truth describes the image, and the kinds that are asked for occur."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_clinical, simulate_clinical_field
from xrayiq_phantoms.polygon import clip_to_image, polygon_area


def test_one_seed_gives_one_image():
    one, again = simulate_clinical_field(8), simulate_clinical_field(8)
    np.testing.assert_array_equal(one.pixels, again.pixels)
    assert one.encoding == again.encoding
    assert not np.array_equal(one.truth.beam_corners_px, simulate_clinical_field(9).truth.beam_corners_px)


def test_exposure_falls_across_the_sides_of_the_truth():
    scene = simulate_clinical_field(7)
    assert (scene.encoding, scene.sides_meant, scene.has_text) == ("linear", 4, False)
    inside, outside = scene.pixels[scene.truth.mask], scene.pixels[~scene.truth.mask]
    assert np.median(outside) < 0.3 * np.percentile(inside, 90.0)
    part = clip_to_image(scene.truth.beam_corners_px, scene.pixels.shape)
    # pixels on the border of some 2000 pixels
    assert polygon_area(part) == pytest.approx(scene.truth.mask.sum(), abs=2000.0)


@pytest.mark.parametrize("anatomy", ["knee", "skull"])
def test_bodies_beyond_the_usual_ones_leave_air_in_the_field(anatomy):
    phantom = simulate_clinical(
        Detector(pixel_pitch_mm=0.5), anatomy=anatomy, shape=(320, 360), kerma_ugy=2.5, seed=4, noise=False
    )
    assert 0.15 < phantom.truth.anatomy_mask.mean() < 0.7
    assert (phantom.truth.field.mask & ~phantom.truth.anatomy_mask).mean() > 0.05
