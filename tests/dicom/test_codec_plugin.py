"""Our decoders as a plug-in of pydicom: same values, our checks, nothing changed for anybody else."""

import logging

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder

from xrayiq.dicom import read, register_decoders
from xrayiq.dicom.codec_plugin import DECODER_DEPENDENCIES, PLUGIN_NAME, is_available
from xrayiq.errors import DecodeError

JPEG_2000 = "1.2.840.10008.1.2.4.90"
JPEG_LS = "1.2.840.10008.1.2.4.80"


@pytest.fixture
def registered():
    """The plug-in in pydicom's shared decoders for one test."""
    before = {syntax: list(get_decoder(syntax)._available) for syntax in DECODER_DEPENDENCIES}
    register_decoders()
    yield before
    for syntax in DECODER_DEPENDENCIES:
        get_decoder(syntax).remove_plugin(PLUGIN_NAME)


def compressed(make_dataset, frame, **attributes):
    dataset = make_dataset(**attributes)
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def test_reading_leaves_the_decoders_of_pydicom_as_they_are(make_dataset, to_bytes, pixels):
    dataset = compressed(make_dataset, bytes(imagecodecs.jpegls_encode(pixels)))
    np.testing.assert_array_equal(read(to_bytes(dataset, syntax=JPEG_LS)).pixels, pixels)
    assert all(PLUGIN_NAME not in get_decoder(syntax).available_plugins for syntax in DECODER_DEPENDENCIES)


def test_registering_twice_adds_the_plugin_once_behind_the_others(registered):
    register_decoders()
    for syntax, before in registered.items():
        # pydicom tries plug-ins in the order in which they were added
        assert list(get_decoder(syntax)._available) == [*before, PLUGIN_NAME]


def test_pydicom_decodes_with_the_plugin_when_asked(registered, make_dataset, pixels):
    frame = bytes(imagecodecs.jpegls_encode(pixels))
    dataset = compressed(make_dataset, frame)
    dataset.file_meta.TransferSyntaxUID = JPEG_LS
    dataset.pixel_array_options(decoding_plugin=PLUGIN_NAME)
    np.testing.assert_array_equal(dataset.pixel_array, pixels)
    every_frame = [array for array, _ in get_decoder(JPEG_LS).iter_array(dataset, decoding_plugin=PLUGIN_NAME)]
    np.testing.assert_array_equal(every_frame, [pixels])


def test_signed_values_come_out_of_pydicom_as_they_went_in(registered, make_dataset):
    values = np.arange(-24, 24, dtype=np.int16).reshape(6, 8) * 80
    frame = bytes(imagecodecs.jpeg2k_encode(values, codecformat="j2k", reversible=True, level=0, bitspersample=12))
    dataset = compressed(make_dataset, frame, PixelRepresentation=1)
    dataset.file_meta.TransferSyntaxUID = JPEG_2000
    dataset.pixel_array_options(decoding_plugin=PLUGIN_NAME)
    np.testing.assert_array_equal(dataset.pixel_array, values)


def test_checks_hold_for_other_users_too(registered, make_dataset, pixels, caplog):
    caplog.set_level(logging.CRITICAL, logger="pydicom")  # pydicom logs what its plug-ins raise
    frame = bytes(imagecodecs.jpegls_encode(pixels))
    dataset = compressed(make_dataset, frame, Rows=5)
    dataset.file_meta.TransferSyntaxUID = JPEG_LS
    dataset.pixel_array_options(decoding_plugin=PLUGIN_NAME)
    with pytest.raises(RuntimeError, match="holds 6 x 8 pixels where the header says 5 x 8"):
        _ = dataset.pixel_array


def test_damaged_frame_is_our_error_and_nothing_is_logged(make_dataset, to_bytes, pixels, caplog):
    frame = bytes(imagecodecs.jpegls_encode(pixels))
    content = to_bytes(compressed(make_dataset, frame[: len(frame) // 2]), syntax=JPEG_LS)
    with pytest.raises(DecodeError, match="no end marker"):
        read(content)
    assert caplog.records == []


def test_plugin_names_what_it_decodes():
    assert all(is_available(syntax) for syntax in DECODER_DEPENDENCIES)
    assert not is_available("1.2.840.10008.1.2.4.102")
    assert len(DECODER_DEPENDENCIES) == 12
