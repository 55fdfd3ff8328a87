"""Content made to hang a reader, to fill its memory or to pass for measured: what the fuzz tests have found."""

import struct
import time
import zlib

import imagecodecs
import numpy as np
import pytest
from plain_files import SEQUENCE_END, UNDEFINED, head_of, item_of, plain_file, written
from pydicom.encaps import encapsulate

from xrayiq.dicom import read, read_acquisition, read_dose_report, read_header
from xrayiq.dicom.elements import parse_number
from xrayiq.errors import DecodeError, HeaderError, NotMeasurableError, TruncatedFileError
from xrayiq_phantoms.dicom_writer import write_dicom

JPEG = "1.2.840.10008.1.2.4."
DEFLATED = "1.2.840.10008.1.2.1.99"


def smooth(shape=(40, 44)):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    noise = np.random.default_rng(0).normal(0.0, 12.0, shape)
    return (1500.0 + 900.0 * np.sin(rows / 5.0) * np.cos(columns / 7.0) + noise).astype(np.uint16)


@pytest.fixture
def frame_of(make_dataset, to_bytes):
    """Bytes of an object with this codestream as its only frame."""

    def make(words, codestream, syntax, **attributes):
        dataset = make_dataset(words, **attributes)
        dataset.PixelData = encapsulate([bytes(codestream)])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        return to_bytes(dataset, syntax=syntax)

    return make


@pytest.mark.timeout(60)
@pytest.mark.parametrize("length", [0, 1, 7])
def test_box_that_leads_nowhere_ends(length, frame_of):
    words = smooth()
    codestream = imagecodecs.jpeg2k_encode(words, codecformat="jp2", reversible=True, level=0)
    np.testing.assert_array_equal(read(frame_of(words, codestream, JPEG + "90")).pixels, words)
    assert codestream[16:20] == b"ftyp"
    broken = codestream[:12] + struct.pack(">I", length) + codestream[16:]
    with pytest.raises(DecodeError, match="its boxes lead to no codestream"):
        read(frame_of(words, broken, JPEG + "90"))


def test_htj2k_frame_that_breaks_off_is_an_error_and_prints_nothing(frame_of, capfd):
    """OpenJPH finds damage in the middle after rows have come; what was not reached is whatever was in memory."""
    words, random = smooth(), np.random.default_rng(0)
    codestream = imagecodecs.htj2k_encode(words, reversible=True)
    refused = 0
    for _ in range(40):
        damaged = bytearray(codestream)
        for place in random.integers(100, len(damaged) - 2, 3):
            damaged[place] ^= 1 << int(random.integers(8))
        try:
            read(frame_of(words, damaged, JPEG + "201"))
        except DecodeError:
            refused += 1
    # of 400 such frames 12 % are refused by the codec, and 43 % with what it cannot raise: 17 of 40, less 3 sigma
    assert refused >= 8
    assert capfd.readouterr() == ("", "")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("field", "value"), [(28, 0), (24, 0), (32, 2**32 - 1), (24, 2**31), (28, 1)])
@pytest.mark.parametrize("suffix", ["90", "201"])
def test_tiles_that_make_no_image_end(suffix, field, value, frame_of):
    """Width and height of a tile, and the column where the first begins: some of them keep OpenJPH busy for ever."""
    words = smooth()
    make = {"90": imagecodecs.jpeg2k_encode, "201": imagecodecs.htj2k_encode}[suffix]
    codestream = bytearray(make(words, reversible=True, **({"codecformat": "j2k"} if suffix == "90" else {})))
    struct.pack_into(">I", codestream, codestream.index(b"\xff\x4f\xff\x51") + field, value)
    try:
        read(frame_of(words, codestream, JPEG + suffix))
    except DecodeError as error:
        assert value in (1, 2**31) or "no sound frame header" in str(error)
    else:
        assert value in (1, 2**31)  # as much as a tile may be


@pytest.mark.parametrize("offset", [0, 63, 2**20, 2**28, 2**32 - 1])
@pytest.mark.parametrize("segment", [0, 1])
def test_segment_outside_its_frame_is_refused(segment, offset, tmp_path):
    """The codec reads where the header says, also past the end of the memory."""
    path = tmp_path / "a.dcm"
    write_dicom(path, smooth(), pixel_pitch_mm=0.1, bits_stored=12, transfer_syntax="rle")
    content = bytearray(path.read_bytes())
    header = content.index(struct.pack("<II", 2, 64))
    struct.pack_into("<I", content, header + 4 + 4 * segment, offset)
    with pytest.raises(DecodeError, match="its header tells of no 2 segments within it"):
        read(bytes(content))


@pytest.mark.parametrize("suffix", ["80", "90", "201"])
def test_small_frame_that_declares_gigabytes_is_refused_before_it_is_decoded(suffix, frame_of):
    words = smooth()
    codestream = {
        "80": imagecodecs.jpegls_encode,
        "90": lambda values: imagecodecs.jpeg2k_encode(values, codecformat="j2k", reversible=True, level=0),
        "201": lambda values: imagecodecs.htj2k_encode(values, reversible=True),
    }[suffix](words)
    with pytest.raises(DecodeError, match=r"bytes declared of \d+, as decompression bombs do"):
        read(frame_of(words, codestream, JPEG + suffix, Rows=16384, Columns=16384))


@pytest.mark.parametrize("suffix", ["50", "70"])
def test_jpeg_of_fewer_bits_than_blocks_or_pixels_is_truncated(suffix, frame_of):
    """libjpeg fills what is missing with grey, and an end marker can stand behind anything."""
    words = smooth((64, 64)) if suffix == "70" else (smooth((64, 64)) // 16).astype(np.uint8)
    options = {"lossless": True, "predictor": 1, "bitspersample": 12} if suffix == "70" else {}
    codestream = bytearray(imagecodecs.jpeg8_encode(words, **options))
    bits = {"BitsStored": 12} if suffix == "70" else {}
    assert read(frame_of(words, codestream, JPEG + suffix, **bits)).pixels.shape == (64, 64)
    marker = codestream.index(b"\xff\xc3" if suffix == "70" else b"\xff\xc0")
    struct.pack_into(">HH", codestream, marker + 5, 4096, 4096)
    with pytest.raises(DecodeError, match="bytes are too few for its pixels, so part of it is missing"):
        read(frame_of(words, codestream, JPEG + suffix, Rows=4096, Columns=4096, **bits))


def test_deflate_bomb_is_refused_at_its_first_64_mebibytes(make_dataset, to_bytes):
    dataset = make_dataset(np.zeros((60, 80), np.uint16))
    content = to_bytes(dataset, syntax=DEFLATED)
    start = content.index(DEFLATED.encode()) + 22
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = deflater.compress(bytes(2**20)) + deflater.flush(zlib.Z_FULL_FLUSH)
    meta_end = next(at for at in range(start, len(content)) if _inflates(content[at:]))
    with pytest.raises(HeaderError, match=r"holds 67\d{6} and more; needed an image of sane size"):
        read(content[:meta_end] + zeros * 300 + b"\x03\x00")


def _inflates(content):
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, 8)[:2] == b"\x08\x00"
    except zlib.error:
        return False


def test_zeros_in_place_of_a_header_cost_no_element_each(make_dataset, to_bytes):
    """A copy that was interrupted often ends in zeros; each eight of them would parse as an element."""
    content = to_bytes(make_dataset())
    start = content.index(b"\x28\x00\x10\x00US") + 10  # after Rows
    began = time.perf_counter()
    with pytest.raises(TruncatedFileError, match="ends before its pixel data"):
        read(content[:start] + bytes(2**23))
    assert time.perf_counter() - began < 5.0  # a million elements take some 30 s


def test_zeros_after_a_header_are_padding_and_other_bytes_are_not(make_dataset, to_bytes):
    content = to_bytes(make_dataset())
    start = content.index(b"\xe0\x7f\x10\x00")
    for count in (1, 8, 10, 12, 512):
        assert read_header(content[:start] + bytes(count)).rows == 6
    with pytest.raises(HeaderError, match="zeros between the elements of the header"):
        read(content[:start] + bytes(16) + content[start:])


def with_sequence(keyword_tag, content, implicit, *, length=UNDEFINED):
    """File with a sequence of these bytes."""
    head = head_of(keyword_tag, "SQ", length, implicit)
    identity = [("SOPInstanceUID", "UI", b"1.2.3\0"), ("Rows", "US", b"\x10\0")]
    return plain_file([*identity, (keyword_tag, None, head + content)], implicit=implicit)


VIEW_CODES, CONTENT = 0x00540220, 0x0040A730
MEANING = ("CodeMeaning", "LO", b"oblique ")


@pytest.mark.parametrize("implicit", [False, True], ids=["explicit", "implicit"])
@pytest.mark.parametrize("place", ["in place of items", "in an item", "in an open item", "in an item without end"])
def test_zeros_in_a_sequence_are_refused_at_once(place, implicit):
    """A million elements, or items, of nothing: they took seconds, or for ever where nested in one another."""
    zeros = bytes(2**23)
    inside = written([MEANING], implicit) + zeros
    content = {
        "in place of items": zeros + SEQUENCE_END,
        "in an item": item_of(inside, implicit, undefined=False) + SEQUENCE_END,
        "in an open item": item_of(inside, implicit, undefined=True) + SEQUENCE_END,
        "in an item without end": item_of(inside, implicit, undefined=True)[:-8],
    }[place]
    source = with_sequence(VIEW_CODES, content, implicit)
    for reader in (read_header, read):
        began = time.perf_counter()
        with pytest.raises(HeaderError, match="zeros between the elements of the header; needed one element after"):
            reader(source)
        assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize("implicit", [False, True], ids=["explicit", "implicit"])
def test_zeros_in_a_sequence_of_known_length_cost_no_time_when_it_is_asked_for(implicit):
    zeros = bytes(2**23)
    began = time.perf_counter()
    for content in (zeros, item_of(written([MEANING], implicit) + zeros, implicit, undefined=False)):
        views = with_sequence(VIEW_CODES, content, implicit, length=len(content))
        assert read_header(views).acquisition.view_position is None
        report = with_sequence(CONTENT, content, implicit, length=len(content))
        with pytest.raises(NotMeasurableError, match="a report named by no code"):
            read_dose_report(report)
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize("implicit", [False, True], ids=["explicit", "implicit"])
@pytest.mark.parametrize("known", [False, True], ids=["undefined length", "known length"])
def test_zeros_that_are_values_or_fill_a_sector_are_no_harm(implicit, known):
    values = [(0x00180010 + 2 * n, "FD", bytes(8)) for n in range(200)]
    inside = written([MEANING, *values, (0x00191010, "OB", bytes(8192))], implicit)
    for filling, read_as in ((b"", "oblique"), (bytes(512), "oblique"), (bytes(520), None)):
        content = item_of(inside + filling, implicit, undefined=False)
        length = len(content) if known else UNDEFINED
        source = with_sequence(VIEW_CODES, content if known else content + SEQUENCE_END, implicit, length=length)
        if read_as is None and not known:
            with pytest.raises(HeaderError, match="zeros between the elements"):
                read_header(source)
        else:
            assert read_header(source).acquisition.view_position == read_as


@pytest.mark.parametrize("text", ["1e308", "-1e308", "1e-320", "1e19", "1e-19", "1e999", "inf", "nan", "9" * 60])
def test_number_of_a_size_that_nothing_has_is_none(text):
    assert parse_number(text) is None
    assert parse_number("1e18") == 1e18
    assert parse_number("-1e-18") == -1e-18


@pytest.mark.parametrize("spacing", [1e-9, 1e9])
def test_pitch_that_no_pixel_has_counts_as_missing(spacing, make_dataset, to_bytes):
    dataset = make_dataset(ImagerPixelSpacing=[spacing, spacing], PixelSpacing=[0.2, 0.2])
    found = read_acquisition(to_bytes(dataset))
    assert (found.pixel_pitch_mm, found.pixel_pitch_source) == ((0.2, 0.2), "PixelSpacing")
