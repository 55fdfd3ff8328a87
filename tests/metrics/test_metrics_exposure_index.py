"""Exposure index: the formula of the deviation index, and the estimate from the pixels."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import assess_exposure_index
from xrayiq.model import Acquisition, PixelRelation, Radiograph, Response
from xrayiq_phantoms import Detector, simulate_clinical, simulate_field, simulate_flat

PIXELS = np.arange(100, dtype=np.uint16).reshape(10, 10)


def image(pixels=PIXELS, **attributes):
    return Radiograph.from_array(pixels, pixel_pitch_mm=0.2, acquisition=Acquisition(**attributes))


@pytest.mark.parametrize(
    ("index", "target", "deviation"),
    # IEC 62494-1:2008: twice the target is +3.0, 1.26 times +1.0, half −3.0; full precision by logarithm
    [(500.0, 250.0, 10 * math.log10(2.0)), (319.0, 876.0, 10 * math.log10(319 / 876)), (250.0, 250.0, 0.0)],
)
def test_deviation_index_is_ten_times_the_logarithm_of_the_ratio(index, target, deviation):
    found = assess_exposure_index(image(exposure_index=index, target_exposure_index=target, deviation_index=-4.4))
    assert found.exposure_index == index
    assert found.target_exposure_index == target
    # rounding of one division
    assert found.deviation_index == pytest.approx(deviation, abs=1e-12)
    assert found.reported_deviation_index == -4.4
    assert found.deviation_index_difference == pytest.approx(-4.4 - deviation, abs=1e-12)
    assert found.estimated_exposure_index is None


@pytest.mark.parametrize(("index", "target"), [(0.0, 250.0), (-1.0, 250.0), (300.0, 0.0)])
def test_an_index_that_is_not_above_zero_is_reported_and_named(index, target):
    found = assess_exposure_index(image(exposure_index=index, target_exposure_index=target, deviation_index=0.0))
    assert found.exposure_index == index
    assert found.target_exposure_index == target
    assert found.deviation_index is None
    assert found.reported_deviation_index == 0.0
    assert found.deviation_index_difference is None
    assert any("above 0" in warning for warning in found.provenance.warnings)


def test_without_target_there_is_no_deviation_and_no_warning():
    found = assess_exposure_index(image(exposure_index=300.0))
    assert found.deviation_index is None
    assert found.provenance.warnings == ()
    assert [measurement.quantity for measurement in found.measurements()] == ["exposure_index"]


@pytest.mark.parametrize(
    ("attributes", "quantities"),
    [
        ({"deviation_index": 1.0}, ["reported_deviation_index"]),
        ({"target_exposure_index": 250.0}, ["target_exposure_index"]),
        (
            {"target_exposure_index": 250.0, "deviation_index": 1.0},
            ["target_exposure_index", "reported_deviation_index"],
        ),
    ],
)
def test_a_header_keeps_what_it_has(attributes, quantities):
    found = assess_exposure_index(image(**attributes))
    assert [measurement.quantity for measurement in found.measurements()] == quantities
    assert (found.exposure_index, found.deviation_index) == (None, None)


@pytest.mark.parametrize("subject", [PIXELS, image(), image(sensitivity=200.0)])
def test_without_index_and_response_it_is_not_measurable(subject):
    with pytest.raises(NotMeasurableError) as caught:
        assess_exposure_index(subject)
    assert caught.value.reason == "no_exposure_index"


def test_presentation_images_keep_their_header_but_are_not_estimated():
    radiograph = image(intent="FOR PRESENTATION", exposure_index=300.0, target_exposure_index=250.0)
    radiograph = dataclasses.replace(radiograph, response=Response(model="linear", a=0.0, b=1.0))
    found = assess_exposure_index(radiograph)
    assert found.estimated_exposure_index is None
    assert not found.provenance.quantitative


@pytest.mark.parametrize("response", ["linear", "log"])
@pytest.mark.parametrize("anatomy", ["chest", "hand", "abdomen"])
def test_estimate_is_the_median_kerma_of_the_anatomy(anatomy, response):
    detector = Detector(pixel_pitch_mm=0.3, response=response)
    phantom = simulate_clinical(detector, anatomy=anatomy, shape=(900, 1000), kerma_ugy=2.5, seed=6, rotation_deg=4.0)
    model, a, b, c = detector.response_coefficients
    radiograph = dataclasses.replace(
        Radiograph.from_array(phantom.pixels, pixel_pitch_mm=0.3, response=Response(model=model, a=a, b=b, c=c)),
        relation=PixelRelation(relation="linear" if response == "linear" else "log"),
    )
    found = assess_exposure_index(radiograph)
    # the regions differ by a rim of about 3 mm of thin skin along the field and the air
    assert found.estimated_exposure_index == pytest.approx(100.0 * phantom.truth.median_kerma_ugy, rel=0.05)
    assert found.exposure_index is None
    assert found.provenance.response_id == radiograph.response.id
    assert found.provenance.signal_unit == "uGy"


def flat_field(shape=(400, 400), kerma_ugy=2.5, response="linear", **attributes):
    detector = Detector(pixel_pitch_mm=0.3, response=response, offset_dn=2000.0)
    model, a, b, c = detector.response_coefficients
    return dataclasses.replace(
        Radiograph.from_array(
            simulate_flat(detector, shape=shape, kerma_ugy=kerma_ugy, seed=1).pixels,
            pixel_pitch_mm=0.3,
            response=Response(model=model, a=a, b=b, c=c),
            acquisition=Acquisition(**attributes),
        ),
        relation=PixelRelation(relation="linear" if response == "linear" else "log"),
    )


@pytest.mark.parametrize("response", ["linear", "log"])
@pytest.mark.parametrize("kerma_ugy", [0.5, 2.5, 10.0])
def test_a_flat_field_has_a_hundred_times_its_kerma(kerma_ugy, response):
    found = assess_exposure_index(flat_field(kerma_ugy=kerma_ugy, response=response, exposure_index=250.0))
    # IEC 62494-1:2008: 250 at 2.5 µGy; steps of stored values and 160 000 pixels leave 0.5 %
    assert found.estimated_exposure_index == pytest.approx(100.0 * kerma_ugy, rel=0.005)
    assert found.exposure_index == 250.0
    assert any("whole field" in warning for warning in found.provenance.warnings)


def test_a_collimated_flat_field_is_measured_inside_its_field():
    detector = Detector(pixel_pitch_mm=0.3)
    model, a, b, c = detector.response_coefficients
    phantom = simulate_field(
        detector, shape=(600, 600), kerma_ugy=2.5, seed=3, size_mm=(120.0, 100.0), rotation_deg=3.0
    )
    radiograph = Radiograph.from_array(
        phantom.pixels, pixel_pitch_mm=0.3, response=Response(model=model, a=a, b=b, c=c)
    )
    found = assess_exposure_index(radiograph)
    inside = phantom.kerma_ugy[phantom.kerma_ugy > 0.9 * phantom.kerma_ugy.max()]
    # scatter raises the field by the penumbra's share; the rims differ by 3 mm
    assert found.estimated_exposure_index == pytest.approx(100.0 * np.median(inside), rel=0.01)


def test_an_image_too_small_for_a_field_is_measured_in_its_centre():
    found = assess_exposure_index(flat_field(shape=(40, 40)))
    # 169 pixels of 5 % noise: 0.5 %, times three
    assert found.estimated_exposure_index == pytest.approx(250.0, rel=0.015)
    assert any("centre of the image" in warning for warning in found.provenance.warnings)


def test_a_saturated_estimate_says_so():
    radiograph = flat_field()
    limit = int(np.median(radiograph.pixels))
    cut = dataclasses.replace(radiograph, pixels=np.minimum(radiograph.pixels, limit))
    found = assess_exposure_index(cut)
    assert any(f"value {limit}, as saturated" in warning for warning in found.provenance.warnings)


def test_an_estimate_that_fails_is_named_beside_the_header():
    pixels = np.full((400, 400), 65535, dtype=np.uint16)
    radiograph = dataclasses.replace(
        image(pixels, exposure_index=250.0), response=Response(model="linear", a=0.0, b=500.0)
    )
    found = assess_exposure_index(radiograph)
    assert found.estimated_exposure_index is None
    assert any("not estimated" in warning for warning in found.provenance.warnings)
