"""Noise in the anatomy of a single image, against the noise that was put in."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import find_collimation, measure_clinical_noise
from xrayiq.metrics._image import as_signal
from xrayiq.metrics._noise_blocks import Blocks, measure_blocks
from xrayiq.metrics._range_ends import check_saturation
from xrayiq.metrics.anatomy import find_anatomy
from xrayiq.model import Acquisition, PixelRelation, Radiograph
from xrayiq_phantoms import Detector, simulate_clinical, simulate_flat

PITCH_MM = 0.3


def anatomy_like(noise_fraction, *, seed=1, shape=(600, 700)):
    """A smooth body with air beside it and white noise of known relative size."""
    row, column = np.mgrid[0 : shape[0], 0 : shape[1]] / np.array(shape)[:, None, None]
    depth = np.sqrt(np.maximum(1.0 - ((column - 0.5) / 0.35) ** 2, 0.0)) * (1.0 + 0.3 * np.sin(9.0 * row))
    signal = 1000.0 * np.exp(-1.5 * depth)
    return signal * (1.0 + noise_fraction * np.random.default_rng(seed).standard_normal(shape)), signal


@pytest.mark.parametrize("noise_fraction", [0.005, 0.02, 0.1])
def test_white_noise_of_known_size_is_found(noise_fraction):
    image, _ = anatomy_like(noise_fraction)
    found = measure_clinical_noise(image, pixel_pitch_mm=PITCH_MM)
    # medians over 16 × 16 blocks lie 1 % low; a median over 500 blocks has a standard error of 0.3 %
    assert found.relative_noise == pytest.approx(noise_fraction, rel=0.02)
    assert found.snr == pytest.approx(1.0 / noise_fraction, rel=0.02)
    assert found.snr * found.relative_noise == pytest.approx(1.0)
    assert found.signal_unit == "1"


@pytest.mark.parametrize("anatomy", ["chest", "hand", "abdomen"])
@pytest.mark.parametrize("pitch_mm", [0.15, 0.3])
def test_snr_of_a_clinical_image_agrees_with_its_detector(anatomy, pitch_mm):
    detector = Detector(pixel_pitch_mm=pitch_mm)
    phantom = simulate_clinical(detector, anatomy=anatomy, shape=(900, 1000), kerma_ugy=2.5, seed=2)
    found = measure_clinical_noise(phantom.pixels, pixel_pitch_mm=pitch_mm)
    # true SNR at the pixels of the region that was measured; in a small hand the steep sides of bones add up to a tenth
    # of noise, and blocks miss the rim of thin skin, whose SNR is the highest: 5 %
    signal = as_signal(phantom.pixels, procedure="test", pixel_pitch_mm=pitch_mm)
    region = find_anatomy(signal, find_collimation(phantom.pixels, pixel_pitch_mm=pitch_mm)).mask
    kerma = phantom.kerma_ugy[region]
    truth = np.median(kerma / np.sqrt(detector.noise_variance_ugy2(kerma)))
    assert found.snr == pytest.approx(truth, rel=0.15 if anatomy == "hand" else 0.08)
    assert found.snr == pytest.approx(phantom.truth.median_snr, rel=0.15 if anatomy == "hand" else 0.1)


@pytest.mark.parametrize("anatomy", ["chest", "hand", "abdomen"])
def test_the_anatomy_leaves_out_air_and_shadow(anatomy):
    phantom = simulate_clinical(
        Detector(pixel_pitch_mm=PITCH_MM, heel_fraction=0.1),
        anatomy=anatomy,
        shape=(900, 1000),
        kerma_ugy=2.5,
        seed=3,
        rotation_deg=-6.0,
    )
    signal = as_signal(phantom.pixels, procedure="test", pixel_pitch_mm=PITCH_MM)
    found = find_anatomy(signal, find_collimation(phantom.pixels, pixel_pitch_mm=PITCH_MM))
    truth = phantom.truth.anatomy_mask
    # a rim of 3 mm along the field and of thin skin is left out
    assert np.count_nonzero(found.mask & truth) > 0.9 * np.count_nonzero(found.mask | truth)
    assert found.direct_exposure is not None


def stored(values, limit=65535):
    return np.clip(np.rint(values), 0, limit).astype(np.uint16)


def test_saturated_air_beside_the_anatomy_does_no_harm():
    image, _ = anatomy_like(0.02)
    image = 3.0 * image
    # the air is 3000 with a noise of 60: at 2800 it saturates nearly everywhere, the anatomy below 0.9 of it does not
    limit = 2800
    whole, cut = (measure_clinical_noise(stored(image, top), pixel_pitch_mm=PITCH_MM) for top in (65535, limit))
    assert np.mean(stored(image, limit) == limit) > 0.25
    # a rim of thin skin changes sides
    assert cut.relative_noise == pytest.approx(whole.relative_noise, rel=0.01)
    assert whole.provenance.warnings == ()
    assert [warning.split(" ")[0] for warning in cut.provenance.warnings] == ["outside"]
    assert f"value {limit}" in cut.provenance.warnings[0]


@pytest.mark.parametrize(("noise_fraction", "offset", "limit", "value"), [(0.1, 250, 65535, 0), (0.2, 0, 300, 300)])
def test_cut_off_anatomy_is_refused_with_its_share(noise_fraction, offset, limit, value):
    image, _ = anatomy_like(noise_fraction)
    with pytest.raises(
        NotMeasurableError, match=rf"\d % of the pixels stand at .*value {value},.*at most 1 %"
    ) as caught:
        measure_clinical_noise(stored(image - offset, limit), pixel_pitch_mm=PITCH_MM)
    assert caught.value.reason == "partly_saturated"


def test_a_little_cut_off_anatomy_is_noted():
    found = measure_clinical_noise(stored(anatomy_like(0.1)[0] - 150), pixel_pitch_mm=PITCH_MM)
    assert "value 0" in found.provenance.warnings[0]


def test_range_ends_of_blocks_are_those_of_all_their_pixels():
    pixels = np.random.default_rng(3).normal(300.0, 20.0, (300, 400)).clip(245.0, 358.0).round().astype(np.uint16)
    signal = as_signal(pixels, procedure="test", needs_pitch=False)
    rows, columns = (places.reshape(-1) for places in np.mgrid[3:280:32, 3:380:16])
    blocks = Blocks(size_px=16, rows=rows, columns=columns)
    at_ends = measure_blocks(signal, blocks, 3).at_ends()
    assert 0 < np.count_nonzero(at_ends) < len(rows)
    holding_ends = blocks.chosen(at_ends).pixels(3, pixels.shape)
    region = blocks.pixels(3, pixels.shape)
    found = check_saturation(signal, region, procedure="test", holding_ends=holding_ends)
    inside = np.concatenate(
        [pixels[row : row + 16, column : column + 16] for row, column in zip(rows, columns, strict=True)]
    )
    assert (found.low_value, found.high_value) == (245, 358)
    assert found.low_count == np.count_nonzero(inside == 245)
    assert found.high_count == np.count_nonzero(inside == 358)
    assert found.pixel_count == inside.size


def test_narrow_strips_of_saturated_air_are_no_anatomy():
    phantom = simulate_clinical(
        Detector(pixel_pitch_mm=0.15), anatomy="abdomen", shape=(900, 1000), kerma_ugy=2.5, seed=2
    )
    saturated = phantom.pixels == phantom.pixels.max()
    signal = as_signal(phantom.pixels, procedure="test", pixel_pitch_mm=0.15)
    found = find_anatomy(signal, find_collimation(phantom.pixels, pixel_pitch_mm=0.15))
    assert np.mean(saturated) > 0.1
    # single saturated pixels beside the rim
    assert np.mean(saturated[found.mask]) < 0.005


@pytest.mark.parametrize("scale", [1.0, 4.0, 60.0])
def test_a_computed_image_has_no_noise(scale):
    _, signal = anatomy_like(0.0)
    for image in (scale * signal, stored(scale * signal)):
        with pytest.raises(NotMeasurableError) as caught:
            measure_clinical_noise(image, pixel_pitch_mm=PITCH_MM)
        assert caught.value.reason == "no_noise"


def test_noise_needs_no_pixel_pitch_and_scales_with_the_gain():
    image, _ = anatomy_like(0.02)
    once, thrice = measure_clinical_noise(image), measure_clinical_noise(3.0 * image)
    # rounding in the choice of regions
    assert thrice.noise == pytest.approx(3.0 * once.noise, rel=1e-6)
    assert thrice.mean_signal == pytest.approx(3.0 * once.mean_signal, rel=1e-6)
    assert once.relative_noise == pytest.approx(0.02, rel=0.02)


def test_noise_blurred_by_the_detector_is_measured_in_full():
    generator = np.random.default_rng(5)
    _, signal = anatomy_like(0.0)
    white = generator.standard_normal(signal.shape)
    # neighbours correlate by one half; pixels two apart, as compared at 0.3 mm, do not
    blurred = (white + np.roll(white, 1, axis=0) + np.roll(white, 1, axis=1) + np.roll(white, (1, 1), (0, 1))) / 2.0
    found = measure_clinical_noise(signal * (1.0 + 0.02 * blurred), pixel_pitch_mm=PITCH_MM)
    # fewer independent values per block: medians lie up to 2 % low
    assert found.relative_noise == pytest.approx(0.02, rel=0.03)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (simulate_flat(Detector(), shape=(300, 300), kerma_ugy=2.5, seed=1).pixels, "no_anatomy"),
        (anatomy_like(0.0)[1].round(-2), "no_noise"),
        (
            Radiograph.from_array(anatomy_like(0.02)[0], acquisition=Acquisition(intent="FOR PRESENTATION")),
            "presentation_image",
        ),
        (Radiograph(pixels=anatomy_like(0.02)[0], relation=PixelRelation(relation="log")), "no_linear_signal"),
    ],
)
def test_images_without_measurable_noise_are_named(image, reason):
    with pytest.raises(NotMeasurableError) as caught:
        measure_clinical_noise(image, pixel_pitch_mm=PITCH_MM)
    assert caught.value.reason == reason


def test_of_very_many_blocks_those_of_every_second_row_are_measured():
    image, _ = anatomy_like(0.02, shape=(2200, 2200))
    found = measure_clinical_noise(image, pixel_pitch_mm=0.15)
    # two thirds of the 18 632 blocks of the image are anatomy
    assert 4_000 < found.block_count < 10_000
    # medians over 16 × 16 blocks lie 1 % low; a median over 6000 blocks has a standard error of 0.1 %
    assert found.relative_noise == pytest.approx(0.02, rel=0.015)


@pytest.mark.parametrize("anatomy", ["chest", "hand", "abdomen"])
@pytest.mark.parametrize(("size", "rotation_deg"), [((0.85, 0.85), 0.0), ((0.6, 0.5), 8.0), ((1.2, 0.8), -3.0)])
def test_share_of_the_field_beside_the_anatomy_is_that_of_the_body(anatomy, size, rotation_deg):
    phantom = simulate_clinical(
        Detector(pixel_pitch_mm=0.5, heel_fraction=0.1),
        anatomy=anatomy,
        shape=(640, 600),
        kerma_ugy=2.5,
        seed=3,
        field_size_fraction=size,
        rotation_deg=rotation_deg,
    )
    found = measure_clinical_noise(phantom.pixels, pixel_pitch_mm=0.5)
    # regions are told apart to about 1 mm, which the rim of a hand in 180 mm has most of
    assert found.beside_anatomy_fraction == pytest.approx(phantom.truth.beside_anatomy_fraction, abs=0.015)


@pytest.mark.parametrize("part", [(300, 700, 300, 700), (450, 900, 300, 700), (300, 700, 250, 600)])
def test_flat_parts_of_a_body_that_fills_the_field_are_no_direct_exposure(part):
    whole = simulate_clinical(
        Detector(pixel_pitch_mm=0.4), anatomy="abdomen", shape=(1000, 1000), kerma_ugy=2.5, seed=1,
        field_size_fraction=(1.1, 1.1),
    )  # fmt: skip
    inside = np.s_[part[0] : part[1], part[2] : part[3]]
    assert whole.truth.anatomy_mask[inside].all()
    found = measure_clinical_noise(np.ascontiguousarray(whole.pixels[inside]), pixel_pitch_mm=0.4)
    assert found.beside_anatomy_fraction == 0.0
    assert found.anatomy_fraction == pytest.approx(1.0, abs=0.01)  # gas is more than ten times brighter than nothing
