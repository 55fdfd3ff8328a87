"""Clinical exposures: the truth describes the image."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_clinical

SHAPE = (320, 360)
COARSE = Detector(pixel_pitch_mm=0.5)


@pytest.mark.parametrize("anatomy", ["chest", "hand", "abdomen"])
def test_median_kerma_in_the_anatomy_is_the_one_asked_for(anatomy):
    phantom = simulate_clinical(COARSE, anatomy=anatomy, shape=SHAPE, kerma_ugy=2.5, seed=4)
    mask = phantom.truth.anatomy_mask
    assert np.median(phantom.kerma_ugy[mask]) == pytest.approx(2.5, rel=1e-12)
    assert phantom.truth.median_kerma_ugy == pytest.approx(2.5, rel=1e-12)
    linear = phantom.pixels[mask] / COARSE.gain_dn_per_ugy
    # at least 2e4 pixels, spread below 10 µGy: the median of the noisy image moves by far less than 1 %
    assert np.median(linear) == pytest.approx(2.5, rel=0.01)
    assert 0.15 < mask.mean() < 0.7


@pytest.mark.parametrize("anatomy", ["chest", "hand", "abdomen"])
def test_air_lies_between_anatomy_and_field(anatomy):
    phantom = simulate_clinical(COARSE, anatomy=anatomy, shape=SHAPE, kerma_ugy=2.5, seed=4, noise=False)
    truth = phantom.truth
    air = truth.field.mask & ~truth.anatomy_mask
    assert air.mean() > 0.05
    # direct beam plus scatter of at most 3 % and 0.5 % stray radiation
    assert np.median(phantom.kerma_ugy[air]) == pytest.approx(truth.direct_kerma_ugy, rel=0.04)
    assert truth.direct_kerma_ugy > 1.5 * 2.5


def test_outside_the_field_only_scatter_is_left():
    phantom = simulate_clinical(COARSE, anatomy="chest", shape=SHAPE, kerma_ugy=2.5, seed=4, noise=False)
    corners = phantom.truth.corners_px
    outside = phantom.kerma_ugy[: int(corners[0, 0]) - 5]
    assert outside.max() < 0.04 * phantom.truth.direct_kerma_ugy
    assert outside.min() >= 0.005 * phantom.truth.direct_kerma_ugy


def test_scatter_comes_from_the_body_and_spreads_beyond_the_field():
    phantoms = [
        simulate_clinical(
            COARSE, anatomy="abdomen", shape=SHAPE, kerma_ugy=2.5, seed=4, noise=False, scatter_fraction=part
        )
        for part in (0.0, 0.03)
    ]
    bottom = int(phantoms[0].truth.corners_px[2, 0]) + 8
    beyond = [phantom.kerma_ugy[bottom, 180] / phantom.truth.direct_kerma_ugy for phantom in phantoms]
    # single precision of the transmission
    assert beyond[0] == pytest.approx(0.005, rel=1e-5)
    # a half plane of scattering body gives half of 3 % on its side, less 4 mm of a spread of 15 mm beyond it
    assert 0.005 + 0.3 * 0.03 < beyond[1] < 0.005 + 0.5 * 0.03


def test_snr_is_that_of_the_local_noise():
    detector = Detector(pixel_pitch_mm=0.5, quantised=False)
    noisy, clean = (
        simulate_clinical(detector, anatomy="abdomen", shape=SHAPE, kerma_ugy=2.5, seed=4, noise=noise)
        for noise in (True, False)
    )
    mask = noisy.truth.anatomy_mask
    relative = (noisy.pixels - clean.pixels)[mask] / detector.gain_dn_per_ugy
    relative = relative / (clean.kerma_ugy[mask] * noisy.truth.relative_noise(clean.kerma_ugy[mask]))
    # 6e4 nearly uncorrelated pixels: sigma of an SD = 1/sqrt(2·6e4) = 0.3 %; at steep body sides the variance follows
    # the kerma only at the scale of the blur, another 0.3 %
    assert relative.std() == pytest.approx(1.0, abs=5 * 0.003 + 0.003)
    assert noisy.truth.median_snr == pytest.approx(
        2.5 / np.sqrt(float(detector.noise_variance_ugy2(2.5))), rel=1e-6
    )  # SNR grows with the kerma, so its median is that of the median kerma


def test_clipped_fractions_count_pixels_at_the_ends():
    small = Detector(pixel_pitch_mm=0.5, gain_dn_per_ugy=2000.0, bits_stored=12)
    truth = simulate_clinical(small, anatomy="chest", shape=SHAPE, kerma_ugy=2.5, seed=4).truth
    free = simulate_clinical(COARSE, anatomy="hand", shape=SHAPE, kerma_ugy=2.5, seed=4).truth
    assert truth.clipped_high_fraction > 0.2
    assert free.clipped_high_fraction == 0.0


def test_metal_and_marker_absorb_and_are_no_anatomy():
    plain, extra = (
        simulate_clinical(
            COARSE, anatomy="abdomen", shape=SHAPE, kerma_ugy=2.5, seed=4, noise=False, metal=on, marker=on
        )
        for on in (False, True)
    )
    lost = plain.truth.anatomy_mask & ~extra.truth.anatomy_mask
    assert lost.sum() > 200
    ratio = extra.kerma_ugy / plain.kerma_ugy
    assert ratio.min() < 0.2, "the marker's lead in the air"
    assert extra.kerma_ugy[lost].mean() < plain.kerma_ugy[lost].mean()


def test_image_comes_from_the_seed_alone():
    first, again, other = (
        simulate_clinical(COARSE, anatomy="hand", shape=(100, 120), kerma_ugy=2.5, seed=seed) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert np.any(first.truth.anatomy_mask != other.truth.anatomy_mask)


def test_rotated_fields_have_rotated_corners():
    truth = simulate_clinical(COARSE, anatomy="chest", shape=SHAPE, kerma_ugy=2.5, seed=4, rotation_deg=5.0).truth
    side = truth.corners_px[1] - truth.corners_px[0]
    assert np.rad2deg(np.arctan2(*side)) == pytest.approx(5.0)
    assert truth.corners_px is truth.field.corners_px


def test_unknown_anatomy_and_kerma_are_refused():
    with pytest.raises(ValueError, match="needed one of"):
        simulate_clinical(COARSE, anatomy="tail", shape=SHAPE, kerma_ugy=2.5, seed=4)
    with pytest.raises(ValueError, match="needed a value above 0"):
        simulate_clinical(COARSE, anatomy="hand", shape=SHAPE, kerma_ugy=0.0, seed=4)
