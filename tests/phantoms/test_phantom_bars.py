"""Bars of the simulated pattern against the square wave's series and the exact edge."""

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_bars
from xrayiq_phantoms.edge import edge_profile

EXACT = Detector(quantised=False, gain_dn_per_ugy=1.0)
PIXEL = {"pitch_mm": 0.15, "sigma_mm": 0.10, "angle_deg": 3.0}


@pytest.mark.parametrize("frequency", [0.3, 0.7, 1.6, 3.1, 4.5])
def test_the_contrast_transfer_is_that_of_many_exact_strips(frequency):
    truth = simulate_bars(EXACT, frequencies_per_mm=[1.0], noise=False).truth
    starts = (np.arange(-6, 7) - 0.25) / frequency
    middles = np.array([[0.0], [0.5 / frequency]])  # of a bar and of a gap
    bars = edge_profile(middles - starts, **PIXEL) - edge_profile(middles - starts - 0.5 / frequency, **PIXEL)
    bar, gap = bars.sum(axis=1)
    assert bar - gap == pytest.approx(
        float(truth.contrast_transfer(frequency)), abs=1e-7
    )  # rounding of second differences


@pytest.mark.parametrize("across", ["columns", "rows"])
def test_regions_hold_what_their_names_say(across):
    pattern = simulate_bars(EXACT, frequencies_per_mm=[0.5, 1.0, 2.0], across=across, transmission=0.1, noise=False)
    truth, pixels = pattern.truth, pattern.pixels

    def part(roi):
        return pixels[roi[0] : roi[1], roi[2] : roi[3]]

    np.testing.assert_allclose(part(truth.bright_roi_px), 8.0, rtol=1e-9)
    np.testing.assert_allclose(part(truth.dark_roi_px), 0.8, rtol=1e-9)
    low = part(truth.group_rois_px[0])
    # bars and gaps of 1 mm blurred by 0.1 mm reach both levels, in equal shares
    assert low.max() == pytest.approx(8.0, abs=1e-4)
    assert low.min() == pytest.approx(0.8, abs=1e-4)
    assert low.mean() == pytest.approx(4.4, abs=0.8)  # a part of a period more of one than of the other
    axis = 0 if across == "columns" else 1
    assert np.ptp(low, axis=1 - axis).mean() > 7.0  # across the bars all, along them little more than the lean
