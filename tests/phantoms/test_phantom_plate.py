"""The edge device against the exact edge and numerical integration."""

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_plate
from xrayiq_phantoms.edge import edge_profile

EXACT = Detector(quantised=False, gain_dn_per_ugy=1.0)


def test_the_corners_are_a_turned_rectangle_of_its_size_clockwise():
    truth = simulate_plate(EXACT, shape=(300, 400), size_mm=(15.0, 24.0), angle_deg=5.0, noise=False).truth
    sides = np.roll(truth.corners_px, -1, axis=0) - truth.corners_px
    np.testing.assert_allclose(np.hypot(*sides.T) * 0.15, [24.0, 15.0, 24.0, 15.0], rtol=1e-12)
    np.testing.assert_allclose(truth.corners_px.mean(axis=0), [149.5, 199.5], atol=1e-9)
    assert np.degrees(np.arctan2(*sides[0])) == pytest.approx(5.0)  # the upper side falls to the right: clockwise
    assert truth.corners_px[0].sum() == truth.corners_px.sum(axis=1).min()


@pytest.mark.parametrize("angle", [0.0, 3.0, -8.0])
def test_each_side_is_the_exact_edge(angle):
    plate = simulate_plate(
        EXACT, shape=(300, 300), size_mm=(24.0, 24.0), angle_deg=angle, transmission=0.1, noise=False
    )
    for start, end in plate.truth.sides_px().values():
        along = (end - start) / np.hypot(*(end - start))
        middle = np.round((start + end) / 2.0).astype(int)
        for offset in (-2, -1, 0, 1, 2):
            row, column = middle + offset
            # clockwise: the inside lies to the right of the direction of travel
            inside = 0.15 * ((row - start[0]) * along[1] - (column - start[1]) * along[0])
            covered = edge_profile(np.array(inside), pitch_mm=0.15, sigma_mm=0.10, angle_deg=angle)
            assert plate.pixels[row, column] == pytest.approx(8.0 * (1.0 - 0.9 * covered), abs=1e-12)


def test_the_absorbed_signal_is_the_area_of_the_plate():
    plate = simulate_plate(EXACT, shape=(300, 300), size_mm=(20.0, 26.0), angle_deg=4.0, transmission=0.0, noise=False)
    absorbed = np.sum(1.0 - plate.pixels / 8.0) * 0.15**2
    # blur and aperture move signal and lose none; the four corners, each 1 mm², are products within 1e-3
    assert absorbed == pytest.approx(20.0 * 26.0, abs=4e-3)


def test_a_plate_whose_sides_run_into_each_other_is_refused():
    with pytest.raises(ValueError, match="sides keep apart"):
        simulate_plate(EXACT, size_mm=(1.0, 20.0))
