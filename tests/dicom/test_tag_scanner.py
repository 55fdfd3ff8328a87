"""The scanner and the whole parser read one header from the same bytes, whatever the bytes are."""

import io
import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

from xrayiq.dicom import dataset_header, open_object, read_header
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.tag_scanner import scan_header
from xrayiq.errors import XrayiqError

REAL = Path(os.environ.get("XRAYIQ_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "real"))
KEY = bytes(32)
IMPLICIT, EXPLICIT = b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.1\0"
UNDEFINED = 0xFFFFFFFF
LONG = {str(vr) for vr in EXPLICIT_VR_LENGTH_32}
SEQUENCES = (
    "ViewCodeSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "FrameAnatomySequence",
    "PixelMeasuresSequence",
    "ContentSequence",
    "ModalityLUTSequence",
)


def _looked_up():
    """Keywords that the header asks for where it is silent, which is all of them."""
    asked = {"CodeMeaning": None, "SOPInstanceUID": None, "ImageComments": None, "PatientName": None}
    original = Elements.values

    def recorded(self, keyword):
        asked[keyword] = None
        return () if keyword != "Modality" else ("MG",)

    Elements.values = recorded
    try:
        read_header(plain_file([("SOPInstanceUID", "UI", b"1.2")], implicit=False))
    finally:
        Elements.values = original
    return tuple(asked)


def plain_file(elements, *, implicit, pixels=True, meta_uid=b"1.2.3.4\0"):
    """Bytes of a file with these (keyword or tag, VR, value or items, undefined length) elements."""
    syntax = IMPLICIT if implicit else EXPLICIT
    meta = _written([(0x00020003, "UI", meta_uid), (0x00020010, "UI", syntax)], False)
    body = _written(sorted(elements, key=_tag), implicit)
    tail = _written([(0x7FE00010, "OW", b"\1\2\3\4\5\6\7\0")], implicit) if pixels else b""
    return bytes(128) + b"DICM" + meta + body + tail


def _tag(element):
    return tag_for_keyword(element[0]) if isinstance(element[0], str) else element[0]


def _written(elements, implicit):
    return b"".join(_element(element, implicit) for element in elements)


def _element(element, implicit):
    _, vr, value, *undefined = element
    tag, closed = _tag(element), b""
    content = value
    if isinstance(value, list):
        content = b"".join(_item(item, undefined[0], implicit) for item in value)
        closed = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) if undefined[0] else b""
    length = UNDEFINED if closed else len(content)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if implicit:
        head += struct.pack("<I", length)
    elif vr in LONG:
        head += vr.encode() + struct.pack("<HI", 0, length)
    else:
        head += vr.encode() + struct.pack("<H", length)
    return head + content + closed


def _item(elements, undefined, implicit):
    content = _written(elements, implicit)
    if not undefined:
        return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content
    return struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED) + content + struct.pack("<HHI", 0xFFFE, 0xE00D, 0)


KEYWORDS = _looked_up()
VRS = sorted(str(vr) for vr in STANDARD_VR if vr != "SQ")
NUMBERS = st.sampled_from(
    [b"70", b"0", b"0,5", b"1.25\\2.5 ", b" -3e2 ", b"1\\x", b"20260102", b"101112.5", b"042Y", b"M"]
)
TEXTS = st.sampled_from(
    [
        b"",
        b" ",
        b"\\",
        b"DX",
        b"MG",
        b"1.2.840.10008.5.1.4.1.1.1.1.1\0",
        b"FOR PROCESSING",
        b"LEFT\\RIGHT",
        "Thorax\u00e9".encode(),
        "Thorax\u00e9".encode("latin-1"),
        b"\x1b[31mred",
        b"\x1b$B;3ED\x1b(B^x",
        b"a\x00b\n",
        b"x" * 300,
        b"POLYGONAL",
    ]
)
CHARSETS = st.sampled_from(sorted(python_encoding)).map(str.encode) | st.sampled_from(
    [
        b"\\ISO 2022 IR 87",
        b"ISO 2022 IR 6\\ISO 2022 IR 149",
        b"ISO_IR 999",
        b"ISO_IR_100",
        b"ISO_IR 192\\ISO_IR 100 ",
        b" ",
    ]
)
VALUES = NUMBERS | TEXTS | st.binary(max_size=24)
LONG_VALUES = st.sampled_from([9000, 40000]).map(lambda count: b"\x07" * count)
#: rarely a VR that is not the dictionary's
ODD_VR = st.sampled_from([False] * 9 + [True])


@st.composite
def plain_elements(draw, keywords=KEYWORDS):
    keyword = draw(st.sampled_from(keywords))
    vr = dictionary_VR(keyword)[:2]
    vr = draw(st.sampled_from(VRS)) if draw(ODD_VR) or vr == "SQ" else vr
    return keyword, vr, draw(VALUES)


@st.composite
def private_elements(draw):
    tag = 0x00190000 | draw(st.integers(0x10, 0x3FFF)) | draw(st.sampled_from([0, 0x00100000, 0x10000000]))
    return tag, draw(st.sampled_from(VRS)), draw(VALUES | LONG_VALUES)


def _sequences(items):
    return st.tuples(st.sampled_from(SEQUENCES), st.just("SQ"), st.lists(items, max_size=3), st.booleans())


def _unique(elements):
    return st.lists(elements, max_size=6, unique_by=_tag)


CHARSET_ELEMENTS = CHARSETS.map(lambda value: ("SpecificCharacterSet", "CS", value))
ITEMS = st.recursive(
    _unique(plain_elements() | private_elements() | CHARSET_ELEMENTS),
    lambda inner: _unique(plain_elements() | _sequences(inner)),
    max_leaves=6,
)
DATASETS = st.lists(
    plain_elements() | private_elements() | _sequences(ITEMS) | CHARSET_ELEMENTS,
    min_size=1,
    max_size=25,
    unique_by=_tag,
)


def outcome(reader, content):
    """Header as text, or the error with its whole message."""
    try:
        return repr(reader(content))
    except XrayiqError as error:
        return type(error), str(error)


def parsed_header(content):
    dataset, name = open_object(content, stop_before_pixels=True)
    return dataset_header(dataset, KEY, name)


def scanned_header(content):
    return read_header(content, key=KEY)


def assert_equal_headers(content):
    assert outcome(scanned_header, content) == outcome(parsed_header, content)


@given(elements=DATASETS, implicit=st.booleans(), pixels=st.booleans())
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_scanned_header_is_the_parsed_one(elements, implicit, pixels):
    assert_equal_headers(plain_file(elements, implicit=implicit, pixels=pixels))


@given(
    elements=DATASETS,
    implicit=st.booleans(),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4),
    cut=st.none() | st.floats(0, 1),
)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_damaged_headers_give_the_parsers_result_or_its_error(elements, implicit, flips, cut):
    content = bytearray(plain_file(elements, implicit=implicit))
    for place, value in flips:
        content[132 + int(place * (len(content) - 133))] = value
    assert_equal_headers(bytes(content if cut is None else content[: int(cut * len(content))]))


LENGTHS = st.sampled_from([0, 1, 2, 7, 8, 9, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFE, UNDEFINED])


@given(elements=DATASETS, implicit=st.booleans(), place=st.floats(0, 1), length=LENGTHS)
@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_false_lengths_give_the_parsers_result_or_its_error(elements, implicit, place, length):
    content = plain_file(elements, implicit=implicit)
    start = 132 + int(place * (len(content) - 137))
    for size in (2, 4):
        false = (length & (1 << 8 * size) - 1).to_bytes(size, "little")
        assert_equal_headers(content[:start] + false + content[start + size :])


@pytest.mark.parametrize("implicit", [False, True], ids=["explicit", "implicit"])
@pytest.mark.parametrize("undefined", [False, True], ids=["known length", "undefined length"])
def test_functional_groups_are_scanned_and_not_left_to_the_parser(implicit, undefined):
    macro = [("ImagerPixelSpacing", "DS", b"0.15\\0.15 ")]
    group = [("PixelMeasuresSequence", "SQ", [macro], undefined)]
    view = [("CodeMeaning", "LO", "pr\u00e9oblique".encode())]
    content = plain_file(
        [
            ("SpecificCharacterSet", "CS", b"ISO_IR 192"),
            ("SOPInstanceUID", "UI", b"1.2.3\0"),
            ("KVP", "DS", b"70"),
            ("ViewCodeSequence", "SQ", [view], undefined),
            ("SharedFunctionalGroupsSequence", "SQ", [group], undefined),
        ],
        implicit=implicit,
    )
    assert scan_header(io.BytesIO(content)) is not None
    acquisition = read_header(content).acquisition
    assert acquisition.tube_voltage_kv == 70.0
    assert acquisition.pixel_pitch_mm == (0.15, 0.15)
    assert acquisition.view_position == "pr\u00e9oblique"
    assert_equal_headers(content)


class CountedReads(io.BytesIO):
    """Counts the bytes that are asked for."""

    asked = 0

    def read(self, count=-1):
        block = super().read(count)
        self.asked += len(block)
        return block


def test_neither_pixels_nor_long_private_values_are_read():
    elements = [("SOPInstanceUID", "UI", b"1.2.3\0"), (0x00191010, "OB", bytes(400_000)), ("Rows", "US", b"\x10\0")]
    source = CountedReads(plain_file(elements, implicit=False) + bytes(1_000_000))
    header = read_header(source)
    assert (header.subject, header.rows) == ("1.2.3", 16)
    # two blocks of 16 KiB: one before the private value, one behind it
    assert source.asked <= 2 * 2**14


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real files is absent")
def test_real_headers_are_scanned_as_they_are_parsed():
    files = sorted(path for path in REAL.rglob("*") if path.is_file())
    for path in files:
        assert outcome(scanned_header, path) == outcome(parsed_header, path), path.name
    assert sum(_is_scanned(path) for path in files) >= len(files) / 2


def _is_scanned(path):
    with path.open("rb") as stream:
        return scan_header(stream) is not None
