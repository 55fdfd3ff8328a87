"""How accurate the MTF is and what does not change it: pitch 0.15 mm, blur 0.10 mm, against the closed formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrayiq.metrics import measure_mtf
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import simulate_edge

EXACT = Detector(quantised=False)
#: edges that move by a whole pixel in N lines: the pixels of N lines repeat their distances from the edge
WHOLE = [float(angle) for angle in np.degrees(np.arctan(1.0 / np.arange(8, 39)))]
REPRESENTATIVE = [1.5, WHOLE[-1], WHOLE[12], 3.0, WHOLE[7], WHOLE[5], 5.0, WHOLE[1], WHOLE[0], 8.0]
SIDES = [("columns", "left"), ("columns", "right"), ("rows", "upper"), ("rows", "lower")]
#: asked; measured 0.00013
NOISELESS = 0.001
NOISY_ANGLES = [1.5, 2.0, 3.0, 5.0, WHOLE[0], 8.0]


def worst_error(mtf, truth):
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    return np.abs(mtf.values - truth.mtf(mtf.frequencies_per_mm))[below].max()


def exact_error(angle, side, offset, mode):
    across, dark_side = side
    edge = simulate_edge(
        EXACT, angle_deg=angle, across=across, dark_side=dark_side, offset_px=offset, noise=False, shape=(600, 500)
    )
    return worst_error(measure_mtf(edge.pixels, pixel_pitch_mm=0.15, mode=mode), edge.truth)


@pytest.mark.parametrize("mode", ["constancy", "iec"])
@pytest.mark.parametrize("angle", REPRESENTATIVE)
def test_without_noise_the_mtf_is_right_to_a_thousandth(angle, mode):
    index = REPRESENTATIVE.index(angle)
    sign, side = 1 - 2 * (index % 2), SIDES[index % 4]
    assert exact_error(sign * angle, side, 0.1 * index, mode) <= NOISELESS


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["constancy", "iec"])
@pytest.mark.parametrize("angle", sorted({*WHOLE, *np.arange(1.5, 8.01, 0.25).tolist()}))
def test_without_noise_the_mtf_is_right_to_a_thousandth_at_every_angle(angle, mode):
    for sign in (1, -1):
        for side in SIDES:
            for offset in (0.0, 0.37):
                assert exact_error(sign * angle, side, offset, mode) <= NOISELESS


def noisy_errors(angles, seeds):
    """Worst errors, relative errors of f50 and errors of the angle at a step of 100 times the noise."""
    edges = [simulate_edge(EXACT, angle_deg=angle, noise=False) for angle in angles]
    found = []
    for seed in range(seeds):
        edge = edges[seed % len(edges)]
        noise = np.random.default_rng(seed).standard_normal(edge.pixels.shape, dtype=np.float32)
        mtf = measure_mtf(edge.pixels + noise * (np.ptp(edge.pixels) / 100.0), pixel_pitch_mm=0.15, across="columns")
        f50 = abs(mtf.f50_per_mm / edge.truth.f50_per_mm - 1.0)
        found.append((worst_error(mtf, edge.truth), f50, abs(mtf.edge_angle_deg - edge.truth.edge_angle_deg)))
    return np.transpose(found)


def assert_stated_accuracy(worst, f50, angle):
    assert np.percentile(worst, 95) <= 0.015  # asked; measured 0.011 to 0.0142 at single angles
    assert np.percentile(f50, 95) <= 0.010  # asked; measured 0.0055 to 0.0076
    assert angle.max() <= 0.005  # asked; standard deviation 0.0012


@pytest.mark.slow  # 16 s; the accuracy grid of the self-test has the same condition with fewer edges
def test_at_a_step_of_a_hundred_times_the_noise_a_hundred_edges_are_as_accurate_as_stated():
    assert_stated_accuracy(*noisy_errors(NOISY_ANGLES, 100))


@pytest.mark.slow
@pytest.mark.parametrize("angle", NOISY_ANGLES)
def test_at_a_step_of_a_hundred_times_the_noise_each_angle_is_as_accurate_as_stated(angle):
    assert_stated_accuracy(*noisy_errors([angle], 100))


def test_the_angle_is_right_at_clinical_dose():
    detector = Detector()
    for seed in range(10):
        edge = simulate_edge(detector, angle_deg=NOISY_ANGLES[seed % 5], kerma_ugy=2.5, seed=seed)
        mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15)
        assert mtf.edge_angle_deg == pytest.approx(edge.truth.edge_angle_deg, abs=0.03)  # asked; measured 0.005


@settings(deadline=None, max_examples=8, derandomize=True)
@given(
    along=st.floats(-2.0, 2.0), mode=st.sampled_from(["constancy", "iec"]), across=st.sampled_from(["columns", "rows"])
)
def test_a_shift_by_part_of_a_pixel_does_not_change_the_mtf(along, mode, across):
    curves = []
    for offset in (0.0, along):
        edge = simulate_edge(EXACT, shape=(240, 240), angle_deg=3.3, across=across, offset_px=offset, noise=False)
        curves.append(measure_mtf(edge.pixels, pixel_pitch_mm=0.15, mode=mode).values)
    below = round(0.5 / 0.15 / 0.01)
    np.testing.assert_allclose(curves[1][:below], curves[0][:below], rtol=0, atol=2 * NOISELESS)


WHOLE_VALUED = np.rint(
    simulate_edge(Detector(quantised=False, gain_dn_per_ugy=20.0), shape=(240, 240), angle_deg=3.3, seed=4).pixels
)


@settings(deadline=None, max_examples=8, derandomize=True)
@given(
    dtype=st.sampled_from(["u1", "u2", "i2", "i4", "u4", "f4", "f8", ">u2", ">i4", ">f4"]), order=st.sampled_from("CF")
)
def test_the_type_of_the_pixels_does_not_change_the_mtf(dtype, order):
    before = measure_mtf(WHOLE_VALUED, pixel_pitch_mm=0.15)
    after = measure_mtf(np.asarray(WHOLE_VALUED.astype(dtype), order=order), pixel_pitch_mm=0.15)
    np.testing.assert_allclose(after.values, before.values, rtol=0, atol=1e-12)  # order of the sums
