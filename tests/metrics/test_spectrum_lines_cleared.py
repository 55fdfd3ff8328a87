"""Lines of a spectrum brought down to the median of their surroundings: as a median filter of the whole would do it."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from xrayiq.metrics.leakage import _below_medians, _without_lines


def spectrum_of(degrees, side, seed):
    """Periodograms of noise with a falling power, lines along both axes, one off them, and single peaks."""
    rng = np.random.default_rng(seed)
    distance = np.hypot(*(np.indices((side, side)) - side // 2))
    spectrum = rng.chisquare(degrees, (side, side)) / degrees * np.exp(-6.0 * distance / side)
    spectrum[side // 3, :] *= 20.0
    spectrum[:, side // 2] *= 50.0
    spectrum[0, 0] *= 1e5
    spectrum[5, -1] *= 1e3
    return spectrum


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize(("degrees", "side"), [(2, 64), (8, 64), (8, 255), (60, 128), (1000, 128)])
def test_equals_a_median_filter_over_all_samples(degrees, side, scale):
    spectrum = scale * spectrum_of(degrees, side, seed=side + degrees)
    usual = median_filter(spectrum, size=9, mode="wrap")
    expected = np.where(spectrum > 5.0 * usual, usual, spectrum)
    assert np.array_equal(_without_lines(spectrum), expected)
    assert not np.array_equal(expected, spectrum)


def test_bound_is_nowhere_above_the_median_of_the_surroundings():
    rng = np.random.default_rng(4)
    for density in (0.3, 0.45, 0.5, 0.55, 0.7):
        spectrum = np.where(rng.random((96, 96)) < density, 1.0, 0.01) * rng.uniform(0.9, 1.0, (96, 96))
        coarse = np.kron(np.where(rng.random((12, 12)) < density, 1.0, 0.01), np.ones((8, 8))) * spectrum
        for tried in (spectrum, coarse):
            assert (_below_medians(tried) <= median_filter(tried, size=9, mode="wrap")).all()


def test_an_empty_spectrum_and_one_without_lines_stay_as_they_are():
    for spectrum in (np.zeros((64, 64)), np.ones((64, 64))):
        assert np.array_equal(_without_lines(spectrum), spectrum)
