"""What metrics ask of an image before they measure."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import as_signal, provenance_of
from xrayiq.metrics._image_sequence import images_as_signals
from xrayiq.model import Acquisition, PixelRelation, Radiograph, Response
from xrayiq_kernels import KERNEL_DIGEST

PIXELS = np.arange(100, 200, dtype=np.uint16).reshape(10, 10)


def test_given_pitch_wins_and_is_recorded() -> None:
    image = Radiograph(pixels=PIXELS, pixel_pitch_mm=(0.2, 0.2), pixel_pitch_source="ImagerPixelSpacing")
    own, given = (as_signal(image, procedure="a test", pixel_pitch_mm=pitch) for pitch in (None, 0.1))
    assert (own.pitch, own.pitch_source) == ((0.2, 0.2), "ImagerPixelSpacing")
    assert (given.pitch, given.pitch_source) == ((0.1, 0.1), "argument")


def test_missing_pitch_is_refused_only_where_it_is_needed() -> None:
    signal = as_signal(PIXELS, procedure="a test", needs_pitch=False)
    with pytest.raises(NotMeasurableError) as caught:
        _ = signal.pitch
    assert caught.value.reason == "no_pixel_spacing"


def test_padding_and_missing_pixels_are_masked_together() -> None:
    pixels = PIXELS.astype(np.float64)
    pixels[0, 0], pixels[0, 1], pixels[0, 2] = np.nan, np.inf, -1.0
    image = Radiograph(pixels=pixels, pixel_pitch_mm=(0.1, 0.1), relation=PixelRelation(padding=(-1, -1)))
    padding = as_signal(image, procedure="a test").padding
    assert padding is not None
    assert np.argwhere(padding).tolist() == [[0, 0], [0, 1], [0, 2]]
    assert as_signal(PIXELS, procedure="a test", pixel_pitch_mm=0.1).padding is None


def test_padding_does_not_hide_a_constant_image() -> None:
    pixels = np.full((10, 10), 500, dtype=np.uint16)
    pixels[:2] = 0
    image = Radiograph(pixels=pixels, pixel_pitch_mm=(0.1, 0.1), relation=PixelRelation(padding=(0, 0)))
    with pytest.raises(NotMeasurableError) as caught:
        as_signal(image, procedure="a test")
    assert caught.value.reason == "constant_image"


@pytest.mark.parametrize("intent", ["FOR PRESENTATION", " for presentation "])
def test_presentation_image_keeps_its_geometry(intent: str) -> None:
    image = Radiograph(
        pixels=PIXELS,
        pixel_pitch_mm=(0.1, 0.1),
        relation=PixelRelation(relation="display", sign=-1),
        header=Radiograph.from_array(PIXELS, acquisition=Acquisition(intent=intent)).header,
    )
    with pytest.raises(NotMeasurableError) as caught:
        as_signal(image, procedure="a test")
    assert caught.value.reason == "presentation_image"
    signal = as_signal(image, procedure="a test", needs_signal=False)
    np.testing.assert_array_equal(signal.values, -PIXELS.astype(np.float64))
    provenance = provenance_of(signal, algorithm="a_test", version=2, parameters={"side": 3}, warnings=["note"])
    assert (provenance.quantitative, provenance.signal_unit, provenance.response_id) == (False, "stored", "")


def test_provenance_names_kernels_and_response() -> None:
    response = Response(model="linear", a=0.0, b=100.0)
    signal = as_signal(
        Radiograph.from_array(PIXELS, pixel_pitch_mm=0.1, response=response), procedure="a test", needs_signal=False
    )
    provenance = provenance_of(signal, algorithm="a_test", version=2, parameters={"side": 3})
    assert (provenance.kernel_digest, provenance.response_id) == (KERNEL_DIGEST, response.id)
    assert (provenance.quantitative, provenance.signal_unit) == (True, "uGy")
    assert provenance.parameters == (("side", 3),)


def test_intent_is_unknown_where_the_header_is_silent() -> None:
    assert as_signal(PIXELS, procedure="a test", pixel_pitch_mm=0.1).intent == ""


def test_images_come_one_at_a_time() -> None:
    seen = images_as_signals([PIXELS, PIXELS * 2, PIXELS[:5]], procedure="a test", pixel_pitch_mm=0.1)
    # the third does not fit the first, which only shows when its turn comes
    assert [next(seen).values[0, 0], next(seen).values[0, 0]] == [100.0, 200.0]
