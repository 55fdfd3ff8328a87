"""Compressed frames decode to the arrays that were encoded, and damaged ones never to something else."""

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate

from xrayiq.dicom import read
from xrayiq.errors import DecodeError, NotMeasurableError, TransferSyntaxError, TruncatedFileError
from xrayiq_phantoms.dicom_writer import write_dicom

JPEG = "1.2.840.10008.1.2.4."
RLE = "1.2.840.10008.1.2.5"


def smooth(bits, signed=False, shape=(40, 30)):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    values = (2**bits - 1) * (0.5 + 0.5 * np.sin(rows / 7.0) * np.cos(columns / 5.0))
    return (values - (2 ** (bits - 1) if signed else 0)).astype(np.int16 if signed else np.uint16)


def rle_frame(words):
    planes = [words.view(np.uint8)[..., 1::2], words.view(np.uint8)[..., 0::2]]
    segments = [imagecodecs.packbits_encode(np.ascontiguousarray(plane)) for plane in planes]
    segments = [segment + b"\0" * (len(segment) % 2) for segment in segments]
    offsets = [64, 64 + len(segments[0])]
    header = np.array([2, *offsets] + [0] * 13, dtype="<u4").tobytes()
    return header + b"".join(segments)


ENCODERS = {
    JPEG + "70": lambda words: imagecodecs.jpeg8_encode(words, lossless=True, predictor=1, bitspersample=12),
    JPEG + "57": lambda words: imagecodecs.jpeg8_encode(words, lossless=True, predictor=6, bitspersample=12),
    JPEG + "80": imagecodecs.jpegls_encode,
    JPEG + "90": lambda words: imagecodecs.jpeg2k_encode(words, codecformat="j2k", reversible=True, level=0),
    JPEG + "201": lambda words: imagecodecs.htj2k_encode(words, reversible=True),
    RLE: rle_frame,
}


def compressed(make_dataset, words, syntax, frames=None, **attributes):
    dataset = make_dataset(words, **attributes)
    encoded = frames or [bytes(ENCODERS[syntax](words))]
    dataset.PixelData = encapsulate(encoded)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    if len(encoded) > 1:
        dataset.NumberOfFrames = len(encoded)
    return dataset


def with_syntax(content, uid):
    """The same file under a transfer syntax that pydicom's writer refuses."""
    known = b"\x02\x00\x10\x00UI"
    at = content.index(known)
    length = int.from_bytes(content[at + 6 : at + 8], "little")
    value = uid.encode() + b"\0" * (len(uid) % 2)
    start = content.index(b"\x02\x00\x00\x00UL") + 8
    group = int.from_bytes(content[start : start + 4], "little") + len(value) - length
    changed = content[:at] + known + len(value).to_bytes(2, "little") + value + content[at + 8 + length :]
    return changed[:start] + group.to_bytes(4, "little") + changed[start + 4 :]


@pytest.mark.parametrize("syntax", ENCODERS)
def test_lossless_encodings_give_the_stored_values(syntax, make_dataset, to_bytes):
    words = smooth(12)
    image = read(to_bytes(compressed(make_dataset, words, syntax), syntax=syntax))
    np.testing.assert_array_equal(image.pixels, words)
    assert image.pixels.dtype == np.uint16
    assert not image.pixels.flags.writeable
    assert image.warnings == ()


@pytest.mark.parametrize("syntax", [JPEG + "70", JPEG + "80", JPEG + "90", RLE])
def test_signed_values_survive_codecs_that_know_no_sign(syntax, make_dataset, to_bytes):
    values = smooth(12, signed=True)
    dataset = compressed(make_dataset, (values & np.int16(0x0FFF)).view(np.uint16), syntax, PixelRepresentation=1)
    image = read(to_bytes(dataset, syntax=syntax))
    assert image.pixels.dtype == np.int16
    np.testing.assert_array_equal(image.pixels, values)


@pytest.mark.parametrize("transfer_syntax", ["implicit", "big_endian", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000"])
@pytest.mark.parametrize(
    ("sop_class", "bits_stored", "signed"), [("DX", 14, False), ("CR", 10, False), ("CR", 16, True)]
)
def test_simulated_objects_read_back_in_every_encoding(transfer_syntax, sop_class, bits_stored, signed, tmp_path):
    values = smooth(bits_stored, signed)
    path = tmp_path / "image.dcm"
    write_dicom(
        path,
        values,
        pixel_pitch_mm=0.15,
        sop_class=sop_class,
        bits_stored=bits_stored,
        signed=signed,
        transfer_syntax=transfer_syntax,
    )
    image = read(path)
    np.testing.assert_array_equal(image.pixels, values)
    assert image.pixel_pitch_mm == (0.15, 0.15)
    assert image.relation.relation == "linear"


def test_eight_bit_jpeg_is_within_its_loss_and_says_so(make_dataset, to_bytes):
    values = smooth(8).astype(np.uint8)
    frame = imagecodecs.jpeg8_encode(values, level=98)
    dataset = compressed(make_dataset, values, JPEG + "50", frames=[frame])
    image = read(to_bytes(dataset, syntax=JPEG + "50"))
    assert image.pixels.dtype == np.uint8
    # quality 98 quantises the coefficients of a smooth image by 1 or 2, so no pixel moves by more than a few
    assert np.max(np.abs(image.pixels.astype(int) - values)) <= 6
    assert "the image has been compressed with loss" in image.warnings


def test_first_of_several_compressed_frames(make_dataset, to_bytes):
    words = smooth(12)
    frames = [bytes(imagecodecs.jpegls_encode(frame)) for frame in (words, words // 2, words // 3)]
    dataset = compressed(make_dataset, words, JPEG + "80", frames=frames)
    image = read(to_bytes(dataset, syntax=JPEG + "80"))
    np.testing.assert_array_equal(image.pixels, words)
    assert "frame 1 of 3 was taken" in image.warnings


def test_frame_in_many_fragments(make_dataset, to_bytes):
    words = smooth(12)
    dataset = compressed(make_dataset, words, JPEG + "80")
    frame = bytes(imagecodecs.jpegls_encode(words))
    dataset.PixelData = encapsulate([frame], fragments_per_frame=4)
    np.testing.assert_array_equal(read(to_bytes(dataset, syntax=JPEG + "80")).pixels, words)


@pytest.mark.parametrize("syntax", ENCODERS)
@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_frame_cut_short_is_an_error_not_grey(syntax, kept, make_dataset, to_bytes):
    words = np.random.default_rng(4).integers(0, 4096, (40, 30)).astype(np.uint16)
    frame = bytes(ENCODERS[syntax](words))
    dataset = compressed(make_dataset, words, syntax, frames=[frame[: int(len(frame) * kept)]])
    with pytest.raises(DecodeError, match=r"frame: .*; needed an intact frame"):
        read(to_bytes(dataset, syntax=syntax))


@pytest.mark.parametrize("syntax", [JPEG + "70", JPEG + "80", JPEG + "90", JPEG + "201"])
def test_frame_of_another_size_is_refused_before_decoding(syntax, make_dataset, to_bytes):
    dataset = compressed(make_dataset, smooth(12), syntax, Rows=20)
    with pytest.raises(DecodeError, match="holds 40 x 30 pixels where the header says 20 x 30"):
        read(to_bytes(dataset, syntax=syntax))


def test_colour_codestream_is_refused(make_dataset, to_bytes):
    grey = smooth(8).astype(np.uint8)
    frame = imagecodecs.jpeg8_encode(np.stack([grey] * 3, axis=-1))
    with pytest.raises(NotMeasurableError, match="3 colour components"):
        read(to_bytes(compressed(make_dataset, grey, JPEG + "50", frames=[frame]), syntax=JPEG + "50"))


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [
        ("102", "MPEG-4.*: video, whose frames are no measurements of their own"),
        ("100", "MPEG2.*: video"),
        ("94", "JPIP.*: the pixels are on a server, not in the object"),
        ("204", "JPIP.*: the pixels are on a server, not in the object"),
        ("110", "JPEG XL Lossless.*: no decoder for it"),
    ],
)
def test_known_but_unsupported_syntax_is_named_with_its_reason(suffix, reason, make_dataset, to_bytes):
    dataset = compressed(make_dataset, smooth(12), JPEG + "80")
    content = with_syntax(to_bytes(dataset, syntax=JPEG + "80"), JPEG + suffix)
    with pytest.raises(TransferSyntaxError, match=rf"{reason}.*; needed uncompressed, RLE") as caught:
        read(content)
    assert "is not supported" in str(caught.value)


def test_compressed_file_without_end_is_truncated(make_dataset, to_bytes):
    content = to_bytes(compressed(make_dataset, smooth(12), JPEG + "80"), syntax=JPEG + "80")
    with pytest.raises(TruncatedFileError, match="the compressed pixel data have no end"):
        read(content[:-8])
    with pytest.raises(TruncatedFileError, match=r"a fragment ends after \d+ of \d+ bytes"):
        read(content[:-100])
