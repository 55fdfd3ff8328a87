"""Contrast transfer and MTF of bar patterns against the simulated pattern's closed formulas."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import BarPattern, measure_bar_pattern
from xrayiq.metrics.coltman import coltman_sign, mtf_from_contrast
from xrayiq.model import pack, unpack
from xrayiq_phantoms import Detector, simulate_bars

EXACT = Detector(quantised=False)
#: every other step of a common pattern, the last beyond the Nyquist frequency of 3.33 per mm
GROUPS = (0.5, 0.7, 0.9, 1.12, 1.4, 1.8, 2.24, 2.8, 3.55, 4.5)


@functools.cache
def pattern(angle=3.0, across="columns", seed=None):
    return simulate_bars(
        EXACT, frequencies_per_mm=GROUPS, angle_deg=angle, across=across, seed=seed or 0, noise=seed is not None
    )


def measured(phantom, pixels=None, **changes):
    truth = phantom.truth
    options = {
        "frequencies_per_mm": truth.frequencies_per_mm,
        "groups": truth.group_rois_px,
        "bright": truth.bright_roi_px,
        "dark": truth.dark_roi_px,
        "across": truth.across,
        "pixel_pitch_mm": 0.15,
    }
    return measure_bar_pattern(phantom.pixels if pixels is None else pixels, **options | changes)


@pytest.mark.parametrize("across", ["columns", "rows"])
@pytest.mark.parametrize("angle", [2.0, -4.0, 9.0])
def test_contrast_transfer_is_that_of_the_square_wave(angle, across):
    phantom = pattern(angle, across)
    found = measured(phantom)
    np.testing.assert_allclose(
        found.frequencies_per_mm, GROUPS, rtol=1.5e-3
    )  # bias: the third harmonic over a broken number of periods
    assert found.bar_angle_deg == pytest.approx(abs(angle), abs=0.05)
    truth = phantom.truth.contrast_transfer(found.frequencies_per_mm)
    np.testing.assert_allclose(found.contrast_transfer, truth, rtol=0, atol=0.003)  # harmonics left out
    assert found.provenance.warnings == ()


@pytest.mark.parametrize("angle", [2.0, -4.0])
def test_the_mtf_by_coltman_matches_the_formula_within_its_missing_term(angle):
    phantom = pattern(angle)
    found = measured(phantom)
    error = np.abs(found.mtf_values - phantom.truth.mtf(found.frequencies_per_mm))
    assert np.all(error <= found.missing + 0.006)  # and the cubic between groups
    assert error.max() <= 0.01
    assert found.terms[0] == 4  # 0.5 per mm: 1, 3, 5 and 7 times
    assert found.terms[-1] == 1
    assert found.f50_per_mm == pytest.approx(1.717, rel=0.01)  # of the reference detector, between groups


def test_coltmans_series_undoes_the_square_waves_series():
    signs = {order: coltman_sign(order) for order in range(1, 36, 2)}
    # as printed: C(f) + C(3f)/3 − C(5f)/5 + C(7f)/7 + C(11f)/11 − C(13f)/13 − C(15f)/15 − C(17f)/17 + C(19f)/19 …
    printed = {1: 1, 3: 1, 5: -1, 7: 1, 9: 0, 11: 1, 13: -1, 15: -1, 17: -1, 19: 1, 21: 1, 23: 1, 25: 0, 27: 0}
    assert printed.items() <= signs.items()
    frequencies = np.arange(1, 401) * 0.05
    truth = pattern().truth
    mtf, _, _ = mtf_from_contrast(frequencies, truth.contrast_transfer(frequencies))
    # beyond 20 per mm next to nothing is left, on the groups nothing is interpolated
    np.testing.assert_allclose(mtf, signed_mtf(truth, frequencies), rtol=0, atol=1e-6)


def signed_mtf(truth, frequencies):
    """MTF with the sign of the aperture's sinc."""
    turned = np.sinc(frequencies * 0.15 * np.cos(np.radians(3.0))) < 0.0
    return truth.mtf(frequencies) * np.where(turned, -1.0, 1.0)


def test_the_stated_uncertainty_covers_the_noise():
    deviations = []
    for seed in range(1, 7):
        phantom = pattern(seed=seed)
        found = measured(phantom)
        truth = measured(pattern()).contrast_transfer
        strong = slice(0, 8)  # groups whose place the noise does not move
        deviations.append(((found.contrast_transfer - truth) / found.contrast_uncertainty)[strong])
    # sampling: 48 deviations; noise correlated by the blur, its power at the wave's frequency above or below the mean
    assert 0.5 <= np.std(deviations) <= 1.6
    assert np.abs(deviations).max() <= 5.0


def test_magnification_is_found():
    phantom = pattern()
    engraved = np.array(GROUPS) * 1.08
    found = measured(phantom, frequencies_per_mm=engraved)
    np.testing.assert_allclose(found.frequencies_per_mm, GROUPS, rtol=1e-3)
    np.testing.assert_array_equal(found.engraved_per_mm, engraved)


@settings(deadline=None, max_examples=4, derandomize=True)
@given(gain=st.floats(-1e3, 1e3).filter(lambda gain: abs(gain) > 1e-3), offset=st.floats(-1e3, 1e3))
def test_gain_and_offset_change_nothing(gain, offset):
    phantom = pattern()
    before, after = measured(phantom), measured(phantom, gain * (phantom.pixels / 1000.0 + offset))
    np.testing.assert_allclose(after.contrast_transfer, before.contrast_transfer, rtol=0, atol=1e-4)


def test_transposition_changes_only_the_axis():
    phantom = pattern()
    turned = {
        "groups": [(left, right, top, bottom) for top, bottom, left, right in phantom.truth.group_rois_px],
        "bright": np.roll(phantom.truth.bright_roi_px, 2),
        "dark": np.roll(phantom.truth.dark_roi_px, 2),
        "across": "rows",
    }
    found = measured(phantom, phantom.pixels.T, **turned)
    np.testing.assert_allclose(found.mtf_values, measured(phantom).mtf_values, rtol=0, atol=1e-6)


def test_groups_lost_in_the_noise_are_told():
    phantom = pattern()
    noise = np.random.default_rng(0).normal(0.0, 0.05 * np.ptp(phantom.pixels), phantom.pixels.shape)
    found = measured(phantom, phantom.pixels + noise)
    assert any("no wave above the noise at" in warning and "4.5" in warning for warning in found.provenance.warnings)


def test_what_cannot_be_measured_is_refused_with_its_reason():
    phantom = pattern(seed=3)
    flat = np.random.default_rng(1).normal(1000.0, 10.0, phantom.pixels.shape)
    small = [(roi[0], roi[0] + 8, roi[2], roi[3]) for roi in phantom.truth.group_rois_px]
    bars_away = phantom.pixels.copy()
    top, bottom, left, right = phantom.truth.group_rois_px[0]
    bars_away[top:bottom, left:right] = flat[top:bottom, left:right]
    straight = simulate_bars(EXACT, frequencies_per_mm=[1.0 / 0.6, 1.0 / 0.3], angle_deg=0.0, noise=False)
    for run, reason in (
        (lambda: measured(phantom, flat), "low_contrast"),
        (lambda: measured(phantom, groups=small), "smaller_than_roi"),
        (lambda: measured(phantom, bars_away), "no_bars"),
        (lambda: measured(straight), "bars_on_pixels"),
    ):
        with pytest.raises(NotMeasurableError) as caught:
            run()
        assert caught.value.reason == reason
        assert caught.value.needed
        assert caught.value.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"frequencies_per_mm": GROUPS[:-1]},
        {"frequencies_per_mm": GROUPS[::-1]},
        {"frequencies_per_mm": (0.0, *GROUPS[1:])},
        {"across": "u"},
        {"bright": (0, 10, 0, 100_000)},
    ],
)
def test_impossible_arguments_are_refused(changes):
    with pytest.raises(InputError):
        measured(pattern(), **changes)


def test_the_result_names_its_measurements_and_survives_storage():
    found = measured(pattern())
    values = {measurement.quantity: measurement.value for measurement in found.measurements()}
    assert values["bar_mtf_f50"] == found.f50_per_mm
    assert values["bar_contrast_highest_group"] == found.contrast_transfer[-1]
    rebuilt = unpack(BarPattern, *pack(found))
    np.testing.assert_array_equal(rebuilt.mtf_values, found.mtf_values)
    assert rebuilt.provenance == found.provenance
