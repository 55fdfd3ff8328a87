"""Stored values and their meaning, against the arrays and attributes that the objects were made of."""

import io

import numpy as np
import pytest
from pydicom.dataset import Dataset

from xrayiq.dicom import open_object, read
from xrayiq.errors import NotMeasurableError
from xrayiq.model import Response

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"


@pytest.mark.parametrize("kind", ["path", "str", "bytes", "file object", "unseekable", "dataset"])
def test_every_kind_of_source_gives_the_same_pixels(kind, make_dataset, to_bytes, pixels, tmp_path):
    dataset = make_dataset()
    content = to_bytes(dataset)
    path = tmp_path / "flat.dcm"
    path.write_bytes(content)

    class Unseekable:
        def read(self, count=-1):
            return content

    source = {
        "path": path,
        "str": str(path),
        "bytes": content,
        "file object": io.BytesIO(content),
        "unseekable": Unseekable(),
        "dataset": dataset,
    }[kind]
    image = read(source)
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.pixels.dtype == np.uint16
    assert not image.pixels.flags.writeable
    assert image.pixels.flags.c_contiguous
    assert image.source == ("flat.dcm" if kind in ("path", "str") else kind.replace("unseekable", "file object"))


def test_uncompressed_pixels_of_bytes_are_not_copied(make_dataset, to_bytes, caplog):
    content = to_bytes(make_dataset())
    caplog.clear()
    assert np.shares_memory(read(content).pixels, np.frombuffer(content, dtype=np.uint8))
    assert caplog.records == []


@pytest.mark.parametrize("length", range(4, 8))
def test_pixels_that_begin_anywhere_in_a_file_are_aligned(length, make_dataset, to_bytes):
    wide = np.arange(48, dtype=np.uint32).reshape(6, 8)
    content = to_bytes(make_dataset(wide))
    start = content.rindex(wide.tobytes()) - 12  # the header of explicit VR
    moved = content[:start] + b"\x29\x00\x10\x00UN\0\0" + length.to_bytes(4, "little") + bytes(length) + content[start:]
    image = read(moved)
    np.testing.assert_array_equal(image.pixels, wide)
    assert image.pixels.flags.aligned


def test_opened_dataset_keeps_the_name_of_its_file(make_dataset, to_bytes, tmp_path):
    path = tmp_path / "edge.dcm"
    path.write_bytes(to_bytes(make_dataset()))
    dataset, name = open_object(path)
    assert name == "edge.dcm"
    assert read(dataset).source == "edge.dcm"


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, DEFLATED])
def test_native_encodings_agree(syntax, make_dataset, to_bytes, pixels):
    image = read(to_bytes(make_dataset(), syntax=syntax))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.warnings == ()


def test_big_endian_words_and_bytes(make_dataset, to_bytes, pixels):
    dataset = make_dataset()
    dataset.PixelData = pixels.byteswap().tobytes()
    dataset["PixelData"].VR = "OW"
    np.testing.assert_array_equal(read(to_bytes(dataset, syntax=BIG_ENDIAN)).pixels, pixels)
    narrow = np.arange(48, dtype=np.uint8).reshape(6, 8)
    swapped = make_dataset(narrow)
    swapped.PixelData = narrow.view(np.uint16).byteswap().tobytes()
    swapped["PixelData"].VR = "OW"
    np.testing.assert_array_equal(read(to_bytes(swapped, syntax=BIG_ENDIAN)).pixels, narrow)


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_bare_data_set_is_read_with_a_warning(syntax, make_dataset, to_bytes, pixels):
    image = read(to_bytes(make_dataset(), syntax=syntax, bare=True))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert any("no DICOM file prefix" in warning for warning in image.warnings)
    assert any("no transfer syntax" in warning for warning in image.warnings)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4"])
def test_values_keep_their_own_type(dtype, make_dataset, to_bytes):
    limits = np.iinfo(dtype)
    stored = np.linspace(limits.min, limits.max, 35).astype(dtype).reshape(5, 7)
    image = read(to_bytes(make_dataset(stored, BitsStored=limits.bits, HighBit=limits.bits - 1)))
    assert image.pixels.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(image.pixels, stored)
    assert (image.relation.stored_min, image.relation.stored_max) == (limits.min, limits.max)


def test_overlay_bits_above_the_high_bit_are_removed(make_dataset, to_bytes, pixels):
    image = read(to_bytes(make_dataset(pixels | np.uint16(0x1000))))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert any("bits outside BitsStored" in warning for warning in image.warnings)


def test_values_left_aligned_in_their_word(make_dataset, to_bytes, pixels):
    image = read(to_bytes(make_dataset(pixels << 4, HighBit=15)))
    np.testing.assert_array_equal(image.pixels, pixels)


def test_signed_values_are_extended_from_the_stored_bits(make_dataset, to_bytes):
    values = np.array([[-2048, -1, 0], [1, 5, 2047]], dtype=np.int16)
    without_sign_bits = values & np.int16(0x0FFF)
    image = read(to_bytes(make_dataset(without_sign_bits)))
    np.testing.assert_array_equal(image.pixels, values)
    assert (image.relation.stored_min, image.relation.stored_max) == (-2048, 2047)


def test_of_several_frames_the_first_is_taken(make_dataset, to_bytes, pixels):
    frames = np.stack([pixels, pixels + 1, pixels + 2])
    image = read(to_bytes(make_dataset(frames, NumberOfFrames=3)))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.frame_number == 1
    assert image.header.frames == 3
    assert "frame 1 of 3 was taken" in image.warnings


@pytest.mark.parametrize(
    ("stated", "relation"),
    [("LIN", "linear"), ("LOG", "log"), ("DISP", "display"), (None, "unknown"), ("SQRT", "unknown")],
)
def test_relation_is_what_the_header_states(stated, relation, make_dataset, to_bytes):
    image = read(to_bytes(make_dataset(PixelIntensityRelationship=stated)))
    assert image.relation.relation == relation


def test_signal_of_falling_linear_values_grows_with_kerma(make_dataset, to_bytes, pixels):
    image = read(to_bytes(make_dataset(PixelIntensityRelationshipSign=-1)))
    np.testing.assert_array_equal(image.signal(), 4095.0 - pixels)


@pytest.mark.parametrize("sign", [1, -1])
def test_negative_slope_turns_the_sign_of_rescaled_values(sign, make_dataset, to_bytes, pixels):
    image = read(to_bytes(make_dataset(PixelIntensityRelationshipSign=sign, RescaleSlope=-2, RescaleIntercept=10)))
    slope = np.diff(image.signal().ravel()) / np.diff(pixels.ravel().astype(float))
    np.testing.assert_allclose(slope, 2.0 * sign, rtol=1e-12)  # rounding only


def test_missing_sign_is_assumed_and_told(make_dataset, to_bytes):
    image = read(to_bytes(make_dataset(PixelIntensityRelationshipSign=None)))
    assert image.relation.sign == 1
    assert any("PixelIntensityRelationshipSign" in warning for warning in image.warnings)


def test_calibrated_response_gives_kerma(make_dataset, to_bytes, pixels):
    response = Response(model="linear", a=5.0, b=100.0)
    image = read(to_bytes(make_dataset(PixelIntensityRelationship="LOG")), response=response)
    assert image.signal_unit == "uGy"
    np.testing.assert_allclose(image.signal(), (pixels - 5.0) / 100.0, rtol=1e-12)  # rounding only


@pytest.mark.parametrize(
    ("value", "limit", "expected"), [(0, None, (0, 0)), (0, 30, (0, 30)), (3995, 3900, (3900, 3995))]
)
def test_padding_is_value_or_range_in_either_order(value, limit, expected, make_dataset, to_bytes, pixels):
    dataset = make_dataset()
    dataset.add_new(0x00280120, "US", value)
    if limit is not None:
        dataset.add_new(0x00280121, "US", limit)
    image = read(to_bytes(dataset))
    assert image.relation.padding == expected
    np.testing.assert_array_equal(image.padding_mask(), (pixels >= expected[0]) & (pixels <= expected[1]))


def test_padding_of_the_wrong_sign_type_means_the_same_word(make_dataset, to_bytes):
    signed = np.array([[-2000, 0], [5, 9]], dtype=np.int16)
    dataset = make_dataset(signed, BitsStored=16, HighBit=15)
    dataset.add_new(0x00280120, "US", 65536 - 2000)
    assert read(to_bytes(dataset)).relation.padding == (-2000, -2000)


def lut_item(values, first, bits=16):
    item = Dataset()
    item.add_new(0x00283002, "US", [len(values) % 65536, first, bits])
    item.add_new(0x00283006, "OW", np.asarray(values, dtype=np.uint16 if bits > 8 else np.uint8).tobytes())
    return item


def test_modality_lut_of_an_angiogram_leads_back_to_linear(make_dataset, to_bytes):
    stored = np.arange(16, dtype=np.uint16).reshape(4, 4)
    table = np.arange(16) ** 2
    dataset = make_dataset(stored, SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1", PixelIntensityRelationship="LOG")
    dataset.ModalityLUTSequence = [lut_item(table, 0)]
    image = read(to_bytes(dataset))
    assert image.relation.relation == "linear"
    np.testing.assert_array_equal(image.signal(), (stored.astype(float)) ** 2)


def test_modality_lut_of_other_images_does_not_make_them_linear(make_dataset, to_bytes):
    dataset = make_dataset(PixelIntensityRelationship="LOG")
    dataset.ModalityLUTSequence = [lut_item(range(4096), 0)]
    image = read(to_bytes(dataset))
    assert image.relation.relation == "log"
    assert image.relation.modality_lut == tuple(float(value) for value in range(4096))
    linear = make_dataset()
    linear.ModalityLUTSequence = [lut_item(range(4096), 0)]
    assert read(to_bytes(linear)).relation.modality_lut is None


def test_damaged_modality_lut_leaves_the_relation_unknown(make_dataset, to_bytes):
    dataset = make_dataset()
    dataset.ModalityLUTSequence = [lut_item(range(10), 0)]
    dataset.ModalityLUTSequence[0].LUTDescriptor = [4096, 0, 16]
    image = read(to_bytes(dataset))
    assert image.relation.relation == "unknown"
    assert any("Modality LUT is damaged" in warning for warning in image.warnings)


@pytest.mark.parametrize(
    ("attributes", "pitch", "source"),
    [
        ({"ImagerPixelSpacing": [0.15, 0.2], "PixelSpacing": [0.1, 0.1]}, (0.15, 0.2), "ImagerPixelSpacing"),
        ({"ImagerPixelSpacing": None, "PixelSpacing": [0.1, 0.1]}, (0.1, 0.1), "PixelSpacing"),
        ({"ImagerPixelSpacing": ["0.000", "0.000"], "PixelSpacing": [0.1, 0.1]}, (0.1, 0.1), "PixelSpacing"),
        (
            {"ImagerPixelSpacing": None, "NominalScannedPixelSpacing": [0.1, 0.1]},
            (0.1, 0.1),
            "NominalScannedPixelSpacing",
        ),
        ({"ImagerPixelSpacing": 0.15}, (0.15, 0.15), "ImagerPixelSpacing"),
        ({"ImagerPixelSpacing": None}, None, ""),
    ],
)
def test_pitch_and_where_it_comes_from(attributes, pitch, source, make_dataset, to_bytes):
    image = read(to_bytes(make_dataset(**attributes)))
    assert image.pixel_pitch_mm == pitch
    assert image.pixel_pitch_source == source


def test_binned_pixels_and_magnified_spacing_are_told(make_dataset, to_bytes):
    binned = read(to_bytes(make_dataset(DetectorElementSpacing=[0.075, 0.075])))
    assert any("binned or resampled" in warning for warning in binned.warnings)
    magnified = make_dataset(
        ImagerPixelSpacing=None,
        PixelSpacing=[0.1, 0.1],
        EstimatedRadiographicMagnificationFactor=1.2,
        PixelSpacingCalibrationType="GEOMETRY",
    )
    assert any("magnification 1.2" in warning for warning in read(to_bytes(magnified)).warnings)


@pytest.mark.parametrize(
    "attributes",
    [{"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, {"PhotometricInterpretation": "PALETTE COLOR"}],
)
def test_colour_is_refused(attributes, make_dataset, to_bytes):
    with pytest.raises(NotMeasurableError, match="needed a greyscale image") as caught:
        read(to_bytes(make_dataset(**attributes)))
    assert caught.value.reason == "colour_image"


def test_subject_is_the_uid_or_a_digest_of_the_content(make_dataset, to_bytes):
    assert read(to_bytes(make_dataset())).header.subject == "1.2.826.0.1.3680043.8.498.1"
    content = to_bytes(make_dataset(SOPInstanceUID=None), syntax=EXPLICIT, bare=True)
    subject = read(content).header.subject
    assert subject.startswith("sha256:")
    assert subject == read(io.BytesIO(content)).header.subject
    nameless = make_dataset(SOPInstanceUID=None)
    del nameless.file_meta.MediaStorageSOPInstanceUID
    assert read(nameless).header.subject.startswith("sha256:")
