"""Clipping: pixels at the ends of the stored range and at plateaus."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import measure_clipping
from xrayiq.model import Acquisition, PixelRelation, Radiograph
from xrayiq_phantoms import Detector, simulate_clinical


def noisy(mean=2000.0, sd=200.0, shape=(200, 300), seed=1):
    return np.random.default_rng(seed).normal(mean, sd, shape)


def with_relation(pixels, **relation):
    return dataclasses.replace(Radiograph.from_array(pixels), relation=PixelRelation(**relation))


def test_an_unclipped_image_has_no_clipped_pixels():
    found = measure_clipping(np.rint(noisy()).astype(np.uint16))
    assert found.clipped_low_fraction == 0.0
    assert found.clipped_high_fraction == 0.0
    assert found.pixel_count == 60000
    assert found.provenance.signal_unit == "stored"


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.int32, np.float32, np.float64])
def test_a_plateau_within_the_stored_range_is_counted(dtype):
    values = np.clip(np.rint(noisy()), 1700, 2250).astype(dtype)
    found = measure_clipping(values)
    assert found.clipped_low_fraction == np.mean(values == 1700)
    assert found.clipped_high_fraction == np.mean(values == 2250)
    assert (found.low_value, found.high_value) == (1700.0, 2250.0)


def test_pixels_at_the_stored_limits_are_clipped_however_few():
    pixels = np.rint(noisy()).astype(np.uint16)
    pixels[0, 0], pixels[5, 5:8] = 0, 4095
    found = measure_clipping(with_relation(pixels, stored_min=0, stored_max=4095))
    assert found.clipped_low_fraction == 1 / 60000
    assert found.clipped_high_fraction == 3 / 60000


def test_single_extreme_values_within_the_range_are_no_plateau():
    pixels = np.rint(noisy()).astype(np.uint16)
    pixels[0, 0], pixels[5, 5] = 3, 60000
    found = measure_clipping(pixels)
    assert (found.clipped_low_fraction, found.clipped_high_fraction) == (0.0, 0.0)


@pytest.mark.parametrize("sd", [5.0, 10.0, 200.0])
@pytest.mark.parametrize("deviations", [2.2, 1.5, 0.8, -1.0])
def test_a_cut_of_noise_is_counted_exactly(sd, deviations):
    limit = np.floor(2000.0 + deviations * sd)
    pixels = np.minimum(np.rint(noisy(2000.0, sd, (500, 500))), limit).astype(np.uint16)
    for found in (measure_clipping(pixels), measure_clipping(pixels.astype(np.float32))):
        assert found.clipped_high_fraction == np.mean(pixels == limit)
        assert found.clipped_low_fraction == 0.0
    assert measure_clipping(4000 - pixels).clipped_low_fraction == np.mean(pixels == limit)


@pytest.mark.parametrize("sd", [0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 2.0])
@pytest.mark.parametrize("shape", ["flat", "ramp", "dome"])
def test_a_value_that_is_merely_frequent_is_not_clipped(sd, shape):
    row, column = np.mgrid[0:300, 0:400] / 400.0 - 0.5
    level = {"flat": 0.0 * row, "ramp": 10.0 * column, "dome": 20.0 * np.cos(3.0 * row) * np.cos(2.0 * column)}[shape]
    noise = noisy(0.0, sd, (300, 400))
    for offset in np.linspace(1000.0, 1001.0, 11):
        pixels = np.rint(offset + level + noise).astype(np.uint16)
        if np.ptp(pixels) == 0:
            continue
        found = measure_clipping(pixels)
        assert (found.clipped_low_fraction, found.clipped_high_fraction) == (0.0, 0.0)


def test_padding_is_left_out():
    pixels = np.rint(noisy()).astype(np.uint16)
    pixels[:, :100] = 0
    found = measure_clipping(with_relation(pixels, stored_min=0, stored_max=4095, padding=(0, 0)))
    assert found.clipped_low_fraction == 0.0
    assert found.pixel_count == 40000


def test_values_that_are_not_finite_are_left_out():
    pixels = np.minimum(noisy(), 2200.0)
    pixels[:10] = np.nan
    found = measure_clipping(pixels)
    assert found.pixel_count == 57000
    assert found.clipped_high_fraction == np.count_nonzero(pixels == 2200.0) / 57000


def test_presentation_images_are_counted_and_say_so():
    image = Radiograph.from_array(
        np.clip(np.rint(noisy(120.0, 80.0)), 0, 255).astype(np.uint8),
        acquisition=Acquisition(intent="FOR PRESENTATION"),
    )
    found = measure_clipping(image)
    assert found.clipped_low_fraction == np.mean(image.pixels == 0)
    assert found.clipped_high_fraction == np.mean(image.pixels == 255)
    assert not found.provenance.quantitative


def test_a_saturated_clinical_image_agrees_with_its_truth():
    phantom = simulate_clinical(
        Detector(pixel_pitch_mm=0.3, gain_dn_per_ugy=3000.0), anatomy="hand", shape=(500, 600), kerma_ugy=3.0, seed=4
    )
    image = with_relation(phantom.pixels, stored_min=0, stored_max=16383)
    found = measure_clipping(image)
    assert phantom.truth.clipped_high_fraction > 0.1
    assert found.clipped_high_fraction == phantom.truth.clipped_high_fraction
    assert found.clipped_low_fraction == phantom.truth.clipped_low_fraction


def test_everything_saturated_is_a_share_of_one():
    found = measure_clipping(np.full((20, 20), 65535, dtype=np.uint16))
    assert (found.clipped_low_fraction, found.clipped_high_fraction) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.full((20, 20), 7, dtype=np.uint16), "constant_image"),
        (np.full((20, 20), np.nan), "only_padding"),
    ],
)
def test_images_without_a_range_are_named(image, reason):
    with pytest.raises(NotMeasurableError) as caught:
        measure_clipping(image)
    assert caught.value.reason == reason


def test_an_array_without_numbers_says_nothing_of_a_header():
    with pytest.raises(NotMeasurableError, match="no pixel with a finite value") as caught:
        measure_clipping(np.full((20, 20), np.nan))
    assert "header" not in str(caught.value)
    padded = with_relation(np.zeros((20, 20), dtype=np.uint16), padding=(0, 0))
    with pytest.raises(NotMeasurableError, match=r"no pixel that is not padding.*header"):
        measure_clipping(padded)
