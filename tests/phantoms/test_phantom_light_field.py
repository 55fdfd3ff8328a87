"""The image of a test of the light field against its own formulas, taken from the pixels by plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_light_field

PITCH_MM = 0.5
DETECTOR = Detector(pixel_pitch_mm=PITCH_MM, blur_sigma_mm=0.3, quantised=False)
SHAPE = (420, 460)


def simulated(**options):
    given = {"light_size_mm": (120.0, 150.0), "scatter_fraction": 0.0, "marker_transmission": 0.0} | options
    return simulate_light_field(DETECTOR, shape=SHAPE, kerma_ugy=1.0, seed=1, noise=False, **given)


def test_sides_of_the_x_ray_field_reach_beyond_the_light_field_by_the_deviations() -> None:
    kerma = simulated(deviations_mm=(3.0, 5.0, -2.0, 7.5), markers_per_side=2).kerma_ugy
    # lengths of the middle row and column: the integral of a symmetrical edge is its place, whatever its blur
    assert kerma[SHAPE[0] // 2].sum() * PITCH_MM == pytest.approx(150.0 + 5.0 + 7.5, abs=1e-6)
    assert kerma[:, SHAPE[1] // 2].sum() * PITCH_MM == pytest.approx(120.0 + 3.0 - 2.0, abs=1e-6)
    columns = np.arange(SHAPE[1])
    centre = (kerma[SHAPE[0] // 2] @ columns / kerma[SHAPE[0] // 2].sum() - (SHAPE[1] - 1) / 2) * PITCH_MM
    assert centre == pytest.approx((5.0 - 7.5) / 2.0, abs=1e-6)


def test_what_a_marker_absorbs_is_its_area_at_its_centre() -> None:
    wide = {"deviations_mm": (20.0,) * 4, "marker_mm": 16.0}  # all markers far inside the X-ray field
    marked, plain = simulated(**wide), simulated(**wide | {"marker_mm": 1e-3})
    missing = plain.kerma_ugy - marked.kerma_ugy
    row, column = marked.truth.marker_centres_px[0]
    part = (slice(int(row) - 24, int(row) + 25), slice(int(column) - 24, int(column) + 25))
    rows, columns = np.mgrid[part]
    area = missing[part].sum()
    assert area * PITCH_MM**2 == pytest.approx(np.pi * 8.0**2, rel=1e-4)
    assert (missing[part] * rows).sum() / area == pytest.approx(row, abs=1e-4)
    assert (missing[part] * columns).sum() / area == pytest.approx(column, abs=1e-4)


@pytest.mark.parametrize(("placement", "inset_mm"), [("touching", 8.0), ("centred", 0.0)])
def test_markers_touch_the_light_field_or_stand_on_it(placement: str, inset_mm: float) -> None:
    truth = simulated(placement=placement, marker_mm=16.0).truth
    middle = (np.array(SHAPE) - 1.0) / 2.0
    expected = [(-60.0 + inset_mm, 0.0), (0.0, 75.0 - inset_mm), (60.0 - inset_mm, 0.0), (0.0, -75.0 + inset_mm)]
    np.testing.assert_allclose((truth.marker_centres_px - middle) * PITCH_MM, expected, atol=1e-9)  # rounding


def test_deviations_of_a_turned_field_are_those_at_the_markers() -> None:
    # a light field turned by 2 degrees clockwise against a congruent X-ray field: markers 30 % of the side from its
    # middle, one of which the edge passes inside, the other outside, so that only the cosine is left in their mean
    truth = simulated(markers_per_side=2, angle_deg=2.0).truth
    lost = 1.0 - np.cos(np.deg2rad(2.0))
    np.testing.assert_allclose(truth.deviations_mm, np.array([60.0, 75.0, 60.0, 75.0]) * lost, atol=1e-9)  # rounding
