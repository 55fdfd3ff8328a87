"""Signal transfer from flat fields: the detector's coefficients come back, saturation is told, bad input refused."""

from __future__ import annotations

import numpy as np
import pytest

import xrayiq
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import Acquisition, Radiograph
from xrayiq_phantoms import Detector, simulate_flat

KERMAS = (0.3, 0.6, 1.2, 2.5, 5.0, 10.0, 20.0)
LINEAR = Detector(gain_dn_per_ugy=300.0, offset_dn=120.0)
LOG = Detector(response="log", gain_dn_per_ugy=-1200.0, offset_dn=8000.0)
ROOT = Detector(response="sqrt", gain_dn_per_ugy=2500.0, offset_dn=50.0)


def flats(detector, kermas=KERMAS, shape=(300, 320)):
    return [
        simulate_flat(detector, shape=shape, kerma_ugy=kerma, seed=seed).pixels for seed, kerma in enumerate(kermas)
    ]


@pytest.mark.parametrize("detector", [LINEAR, LOG, ROOT], ids=["linear", "log", "root"])
def test_the_response_of_the_detector_comes_back(detector):
    result = xrayiq.measure_signal_transfer(flats(detector), kerma_ugy=KERMAS)
    model, a, b, c = detector.response_coefficients
    # noise of a mean over 9600 pixels: 0.05 % of the kerma at 0.3 µGy (quantum noise of 430 quanta a pixel and µGy)
    assert result.response.model == model
    kerma = np.array(KERMAS)
    truth = {"linear": a + b * kerma, "log": a + b * np.log(kerma), "power": a + b * kerma**c}[model]
    np.testing.assert_allclose(result.response.to_kerma_ugy(truth) / kerma, 1.0, atol=2e-3)
    assert result.largest_residual_fraction < 3e-3
    assert result.coefficient_of_determination > 0.9999
    slope = {"linear": b, "log": b / 2.5, "power": b * c * 2.5 ** (c - 1.0)}[model]
    assert result.sensitivity_per_ugy == pytest.approx(slope, rel=3e-3)


def test_levels_may_come_in_any_order():
    order = [3, 0, 6, 2, 5, 1, 4]
    images = flats(LINEAR)
    one = xrayiq.measure_signal_transfer(images, kerma_ugy=KERMAS)
    other = xrayiq.measure_signal_transfer(
        [images[index] for index in order], kerma_ugy=[KERMAS[index] for index in order]
    )
    assert other.response == one.response
    np.testing.assert_array_equal(other.kerma_ugy, KERMAS)


def test_saturated_levels_are_named_and_left_out():
    detector = Detector(gain_dn_per_ugy=1500.0)  # 14 bits end at 10.9 µGy
    kermas = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    result = xrayiq.measure_signal_transfer(flats(detector, kermas), kerma_ugy=kermas)
    assert result.used.tolist() == [True] * 5 + [False] * 2
    assert result.saturation_kerma_ugy == 16.0
    assert result.response.b == pytest.approx(1500.0, rel=1e-3)
    assert any("saturated" in warning for warning in result.provenance.warnings)


def test_the_mean_is_over_the_central_tenth_of_the_area():
    image = np.full((200, 100), 1000, dtype=np.uint16)
    rows, columns = round(200 * np.sqrt(0.1)), round(100 * np.sqrt(0.1))
    first = (200 - rows) // 2, (100 - columns) // 2
    image[first[0] : first[0] + rows, first[1] : first[1] + columns] = 500
    result = xrayiq.measure_signal_transfer([image, 2 * image, 4 * image], kerma_ugy=[1.0, 2.0, 4.0])
    assert result.pixel_values.tolist() == [500.0, 1000.0, 2000.0]
    assert result.roi_px == (first[0], first[0] + rows, first[1], first[1] + columns)


def test_a_hot_pixel_does_not_shift_the_mean():
    images = flats(LINEAR)
    hot = [image.copy() for image in images]
    for image in hot:
        image[150, 160] = 16383  # 1.7 stored values on the mean of 9600 pixels, 0.8 % of the lowest level's signal
    clean = xrayiq.measure_signal_transfer(images, kerma_ugy=KERMAS)
    found = xrayiq.measure_signal_transfer(hot, kerma_ugy=KERMAS)
    # the pixel itself is missing from the mean: its noise over 9600
    np.testing.assert_allclose(found.pixel_values, clean.pixel_values, rtol=5e-5)


@pytest.mark.parametrize(
    ("kermas", "message"),
    [
        ([1.0, 2.0], "2 values of kerma"),
        ([1.0, None, 4.0], "kerma of nan µGy for image 2"),
        ([1.0, 0.0, 4.0], "kerma of 0 µGy for image 2"),
        ([1.0, 1.0, 1.0], "level of kerma"),
        ([4.0, 2.0, 1.0], "do not follow the kerma"),
        (["a", 1.0, 2.0], "no number"),
    ],
)
def test_kerma_that_cannot_be_used_is_refused(kermas, message):
    with pytest.raises(InputError, match=message):
        xrayiq.measure_signal_transfer(flats(LINEAR, (1.0, 2.0, 4.0)), kerma_ugy=kermas)


def test_images_of_different_size_are_refused():
    images = flats(LINEAR, (1.0, 2.0)) + flats(LINEAR, (4.0,), shape=(200, 200))
    with pytest.raises(InputError, match="300 × 320 and 200 × 200"):
        xrayiq.measure_signal_transfer(images, kerma_ugy=[1.0, 2.0, 4.0])


@pytest.mark.parametrize("name", ["serial_number", "detector_id"])
@pytest.mark.parametrize(
    "measure",
    [
        lambda images: xrayiq.measure_signal_transfer(images, kerma_ugy=[1.0, 2.0, 4.0]),
        xrayiq.measure_nps,
        xrayiq.find_defects,
        lambda images: xrayiq.measure_noise(images * 2, kerma_ugy=[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]),
    ],
    ids=["signal_transfer", "nps", "defects", "noise"],
)
def test_images_of_two_detectors_are_refused(name, measure):
    of = [Acquisition(**{name: value}) for value in ("A", "A", "B")]
    images = [
        Radiograph.from_array(pixels, pixel_pitch_mm=0.15, acquisition=acquisition)
        for pixels, acquisition in zip(flats(LINEAR, (1.0, 2.0, 4.0)), of, strict=True)
    ]
    with pytest.raises(InputError, match="images of two detectors"):
        measure(images)


def test_presentation_images_are_not_measurable():
    shown = Radiograph.from_array(
        flats(LINEAR, (1.0,))[0], pixel_pitch_mm=0.15, acquisition=Acquisition(intent="FOR PRESENTATION")
    )
    with pytest.raises(NotMeasurableError, match="presentation"):
        xrayiq.measure_signal_transfer([shown] * 3, kerma_ugy=[1.0, 2.0, 4.0])
