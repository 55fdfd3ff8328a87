"""Values of every width, sign and place in their word, in every encoding, against the arrays that were encoded."""

import zlib

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate

from xrayiq import score
from xrayiq.batch import score_paths
from xrayiq.dicom import read
from xrayiq.errors import DecodeError, HeaderError, NotMeasurableError

EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
RLE = "1.2.840.10008.1.2.5"
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
JPEG = "1.2.840.10008.1.2.4."

ENCODERS = {
    JPEG + "57": lambda words, bits: imagecodecs.jpeg8_encode(words, lossless=True, predictor=4, bitspersample=bits),
    JPEG + "70": lambda words, bits: imagecodecs.jpeg8_encode(words, lossless=True, predictor=1, bitspersample=bits),
    JPEG + "80": lambda words, bits: imagecodecs.jpegls_encode(words),
    JPEG + "90": lambda words, bits: imagecodecs.jpeg2k_encode(
        words, codecformat="j2k", reversible=True, level=0, bitspersample=bits
    ),
    JPEG + "201": lambda words, bits: imagecodecs.htj2k_encode(words, reversible=True),
    JPEG + "202": lambda words, bits: imagecodecs.htj2k_encode(words, reversible=True),
}


def stored(bits, signed, allocated=16, shape=(21, 17)):
    """Random values of the whole range, both ends included."""
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    values = np.random.default_rng(bits).integers(low, high + 1, shape)
    values[0, 0], values[-1, -1] = low, high
    return values.astype(f"{'i' if signed else 'u'}{allocated // 8}")


def encapsulated(make_dataset, words, frame, **attributes):
    dataset = make_dataset(words, **attributes)
    dataset.PixelData = encapsulate([bytes(frame)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def rle(words):
    """Byte planes, the most significant first, each packed by itself (DICOM PS3.5, annex G)."""
    width = words.dtype.itemsize
    planes = [words.view(np.uint8).reshape(*words.shape, width)[..., place] for place in reversed(range(width))]
    segments = [imagecodecs.packbits_encode(np.ascontiguousarray(plane)) for plane in planes]
    segments = [segment + b"\0" * (len(segment) % 2) for segment in segments]
    starts = np.cumsum([64, *(len(segment) for segment in segments)])[:-1]
    header = np.zeros(16, dtype="<u4")
    header[: width + 1] = [width, *starts]
    return header.tobytes() + b"".join(segments)


@pytest.mark.parametrize("rubbish", [False, True], ids=["clean", "rubbish in unused bits"])
@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize(
    ("allocated", "bits", "high_bit"),
    [
        (8, 8, 7),
        (8, 6, 5),
        (16, 10, 9),
        (16, 12, 15),
        (16, 12, 11),
        (16, 10, 11),
        (16, 14, 14),
        (16, 16, 15),
        (32, 20, 25),
    ],
)
@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN, RLE])
def test_values_anywhere_in_their_word(syntax, allocated, bits, high_bit, signed, rubbish, make_dataset, to_bytes):
    values = stored(bits, signed, allocated)
    shift = high_bit + 1 - bits
    mask = (2**bits - 1) << shift
    words = ((values.astype(np.int64) << shift) & mask).astype(f"u{allocated // 8}")
    if rubbish:
        noise = np.random.default_rng(1).integers(0, 2**allocated, words.shape, dtype=np.int64)
        words |= (noise & ~mask & (2**allocated - 1)).astype(words.dtype)
    attributes = {"BitsStored": bits, "HighBit": high_bit, "PixelRepresentation": int(signed)}
    if syntax == RLE:
        dataset = encapsulated(make_dataset, words, rle(words), **attributes)
    else:
        dataset = make_dataset(words, **attributes)
    if syntax == BIG_ENDIAN:
        content = words.byteswap().tobytes() if allocated > 8 else words.tobytes() + b"\0"
        dataset.PixelData = content if allocated > 8 else np.frombuffer(content, "<u2").byteswap().tobytes()
        dataset["PixelData"].VR = "OW"
    image = read(to_bytes(dataset, syntax=syntax))
    np.testing.assert_array_equal(image.pixels, values)
    assert image.pixels.dtype == values.dtype
    assert image.pixels.flags.c_contiguous


@pytest.mark.parametrize("bits", [8, 9, 10, 11, 12, 13, 14, 15, 16])
@pytest.mark.parametrize("syntax", ENCODERS)
def test_lossless_codecs_keep_8_to_16_bits(syntax, bits, make_dataset, to_bytes):
    values = stored(bits, signed=False)
    narrow = values.astype(np.uint8) if bits == 8 else values
    frame = ENCODERS[syntax](narrow, bits)
    dataset = encapsulated(make_dataset, values, frame, BitsStored=bits, HighBit=bits - 1)
    image = read(to_bytes(dataset, syntax=syntax))
    np.testing.assert_array_equal(image.pixels, values)
    assert image.pixels.dtype == np.uint16
    assert image.warnings == ()


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("syntax", [JPEG + "90", JPEG + "201"])
def test_signed_codestreams_keep_their_sign(syntax, bits, make_dataset, to_bytes):
    values = stored(bits, signed=True)
    frame = ENCODERS[syntax](values, bits)
    dataset = encapsulated(make_dataset, values, frame, BitsStored=bits, HighBit=bits - 1)
    np.testing.assert_array_equal(read(to_bytes(dataset, syntax=syntax)).pixels, values)


def smooth(bits):
    rows, columns = np.mgrid[:400, :400]
    return ((2**bits - 1) * (0.5 + 0.4 * np.sin(rows / 60) * np.cos(columns / 50))).astype("u1" if bits == 8 else "u2")


LOSSY = {
    # a JPEG of quality 100 rounds each of 64 coefficients by up to a half, 4 in the pixel at the very worst
    JPEG + "50": (8, lambda words: imagecodecs.jpeg8_encode(words, level=100), 4),
    JPEG + "51": (12, lambda words: imagecodecs.jpeg8_encode(words, level=100, bitspersample=12), 4),
    # near-lossless JPEG-LS promises its greatest error
    JPEG + "81": (12, lambda words: imagecodecs.jpegls_encode(words, level=3), 3),
    # irreversible wavelets at 100 dB below 16 bits: an error of 0.7 (SD), six times that at most
    JPEG + "91": (
        12,
        lambda words: imagecodecs.jpeg2k_encode(
            words, codecformat="j2k", reversible=False, level=100, bitspersample=12
        ),
        4,
    ),
    # irreversible wavelets with the codec's own step
    JPEG + "203": (12, lambda words: imagecodecs.htj2k_encode(words, reversible=False), 8),
}


@pytest.mark.parametrize("syntax", LOSSY)
def test_lossy_image_is_measured_and_the_mark_reaches_every_result(syntax, make_dataset, to_bytes, tmp_path):
    bits, encode, greatest_error = LOSSY[syntax]
    values = smooth(bits)
    dataset = encapsulated(make_dataset, values, encode(values))
    path = tmp_path / "lossy.dcm"
    path.write_bytes(to_bytes(dataset, syntax=syntax))
    image = read(path)
    assert np.max(np.abs(image.pixels.astype(int) - values)) <= greatest_error
    (mark,) = (warning for warning in image.warnings if "compressed with loss" in warning)
    (scored,) = score_paths([path])
    for outcomes in (score(image), scored.outcomes):
        results = [outcome.result for outcome in outcomes if outcome.result is not None]
        assert results
        assert all(mark in result.provenance.warnings for result in results)


@pytest.mark.parametrize(
    ("suffix", "stated", "mark"), [("91", "01", "has been"), ("91", None, "may have been"), ("91", "00", None)]
)
def test_syntax_that_allows_loss_is_marked_by_what_the_header_says(suffix, stated, mark, make_dataset, to_bytes):
    values = stored(12, signed=False)
    attributes = {} if stated is None else {"LossyImageCompression": stated}
    dataset = encapsulated(make_dataset, values, ENCODERS[JPEG + "90"](values, 12), **attributes)
    image = read(to_bytes(dataset, syntax=JPEG + suffix))
    np.testing.assert_array_equal(image.pixels, values)
    assert [warning.split(" compressed with loss")[0] for warning in image.warnings] == (
        [] if mark is None else [f"the image {mark}"]
    )


@pytest.mark.parametrize("cut", [0, 12])
def test_deflated_frames(cut, make_dataset, to_bytes):
    values = stored(12, signed=False)
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    frame = deflater.compress(values.tobytes()) + deflater.flush()
    dataset = encapsulated(make_dataset, values, frame[: len(frame) - cut])
    # pydicom's writer does not know the syntax; its UID is as long as that of JPEG-LS
    content = to_bytes(dataset, syntax=JPEG + "80").replace((JPEG + "80").encode(), DEFLATED_FRAMES.encode() + b"\0")
    if cut:
        with pytest.raises(DecodeError, match="Deflated Image Frame Compression frame: "):
            read(content)
    else:
        np.testing.assert_array_equal(read(content).pixels, values)


def test_single_bit_images_are_refused_with_their_bits(make_dataset, to_bytes):
    dataset = make_dataset(np.zeros((4, 16), np.uint8), BitsAllocated=1, BitsStored=1, HighBit=0)
    with pytest.raises(HeaderError, match="BitsAllocated 1, BitsStored 1, HighBit 0; needed 8, 16 or 32 bits"):
        read(to_bytes(dataset))


@pytest.mark.parametrize(
    ("photometric", "samples"), [("PALETTE COLOR", 1), ("RGB", 3), ("YBR_FULL", 3), ("YBR_FULL_422", 3), ("HSV", 3)]
)
def test_screenshots_are_no_radiographs(photometric, samples, make_dataset, to_bytes, tmp_path):
    screen = np.zeros((4, 6, samples), np.uint8)
    dataset = make_dataset(screen, Rows=4, Columns=6, SamplesPerPixel=samples, PhotometricInterpretation=photometric)
    path = tmp_path / "screen.dcm"
    path.write_bytes(to_bytes(dataset))
    with pytest.raises(NotMeasurableError, match=f"{photometric} with {samples} samples per pixel") as caught:
        read(path)
    assert caught.value.reason == "colour_image"
    (scored,) = score_paths([path])
    assert [(outcome.kind, outcome.reason) for outcome in scored.outcomes] == [("not_measurable", "colour_image")]
