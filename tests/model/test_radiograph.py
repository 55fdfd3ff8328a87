"""Signal follows what the header says of the pixels, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import PixelRelation, Radiograph, Response


def with_relation(pixels, **fields):
    return Radiograph(pixels=np.asarray(pixels), relation=PixelRelation(**fields))


def test_bare_array_is_linear_and_read_only():
    pixels = np.arange(6, dtype=np.uint16).reshape(2, 3)
    image = Radiograph.from_array(pixels, pixel_pitch_mm=0.2)
    np.testing.assert_array_equal(image.signal(), pixels)
    assert image.pixels.dtype == np.uint16
    assert image.signal_unit == "1"
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0] = 1


@pytest.mark.parametrize("relation", ["log", "display", "unknown"])
def test_signal_needs_linear_values_or_a_response(relation):
    with pytest.raises(NotMeasurableError, match="needed linear pixel values or a calibrated response") as caught:
        with_relation([[1, 2]], relation=relation).signal()
    assert caught.value.reason == "no_linear_signal"


def test_falling_values_are_turned_so_that_signal_grows_with_kerma():
    image = with_relation(np.array([[0, 100, 4095]], np.uint16), sign=-1, stored_min=0, stored_max=4095)
    np.testing.assert_array_equal(image.signal(), [[4095, 3995, 0]])


def test_rescale_and_table_give_their_own_output():
    np.testing.assert_array_equal(
        with_relation([[1, 2]], rescale_slope=2.0, rescale_intercept=-1.0).signal(), [[1.0, 3.0]]
    )
    table = with_relation(np.array([[9, 10, 12, 99]]), modality_lut=(5.0, 6.0, 7.0), modality_lut_first=10)
    np.testing.assert_array_equal(table.signal(), [[5.0, 5.0, 7.0, 7.0]])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16])
def test_table_of_values_gives_the_same_signal_as_the_formula(dtype):
    pixels = np.random.default_rng(1).integers(0, 100, (300, 300)).astype(dtype)
    response = Response(model="log", a=-20.0, b=30.0)
    image = Radiograph.from_array(pixels, response=response)
    np.testing.assert_allclose(image.signal(), np.exp((pixels.astype(float) + 20.0) / 30.0), rtol=1e-14)
    assert image.signal_unit == "uGy"


def test_padding_is_a_range_of_stored_values():
    image = with_relation(np.array([[0, 5, 9]]), padding=(0, 5))
    np.testing.assert_array_equal(image.padding_mask(), [[True, True, False]])
    assert with_relation([[7]], padding=(0, 5)).padding_mask() is None


@pytest.mark.parametrize("bad", [np.zeros((2, 2, 2)), np.zeros((0, 3)), np.array([["a"]]), [[1], [1, 2]], "edge.dcm"])
def test_what_is_no_image_is_refused_with_a_remedy(bad):
    with pytest.raises(InputError) as caught:
        Radiograph.from_array(bad)
    assert caught.value.needed
    assert caught.value.remedy


@pytest.mark.parametrize("pitch", [0, -0.1, float("nan"), (0.1, 0.0), (0.1, 0.1, 0.1), "0.1", [[0.1], [0.1, 0.1]]])
def test_pitch_must_be_a_length(pitch):
    with pytest.raises(InputError, match="positive length"):
        Radiograph.from_array(np.ones((2, 2)), pixel_pitch_mm=pitch)


@given(
    model=st.sampled_from(["linear", "log", "power"]),
    a=st.floats(-100, 100),
    b=st.floats(0.1, 1000),
    c=st.floats(0.3, 2.0),
    kerma=st.floats(0.05, 50),
)
@settings(deadline=None)
def test_response_and_its_inverse_are_one(model, a, b, c, kerma):
    response = Response(model=model, a=a, b=b, c=c)
    again = response.to_kerma_ugy(response.to_pixel_values(np.array([kerma])))[0]
    # rounding of a pixel value near a (100) in steps of 2e-14, divided by the least slope of these models
    assert again == pytest.approx(kerma, rel=1e-9)


def test_response_identity_follows_its_coefficients():
    first, second = Response(model="linear", a=1, b=2), Response(model="linear", a=1, b=2.0000001)
    assert first.id != second.id
    assert first.id == Response(model="linear", a=1, b=2).id


@pytest.mark.parametrize("fields", [{"b": 0.0}, {"b": float("nan")}, {"b": 1.0, "c": 0.0}])
def test_response_without_slope_is_refused(fields):
    with pytest.raises(InputError):
        Response(model="power", a=0.0, **fields)
