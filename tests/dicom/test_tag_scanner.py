"""The scanner and the whole parser read one header from the same bytes, whatever the bytes are."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_files import ANY_CHARSETS, UNDEFINED, file_of, head_of, plain_file, told_elements
from scanned_headers import (
    QUICK,
    TAPES,
    assert_equal_headers,
    is_scanned,
    outcome,
    parsed_header,
    scanned_header,
)

from xrayiq.dicom import read_header
from xrayiq.dicom.tag_scanner import scan_header

REAL = Path(os.environ.get("XRAYIQ_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "real"))


@given(tape=TAPES, implicit=st.booleans(), pixels=st.booleans())
@settings(QUICK, max_examples=250)
def test_a_scanned_header_is_the_parsed_one(tape, implicit, pixels):
    # the first is one that nobody asks for, so that the scanner never finds nothing at all
    elements = [(0x00080001, "UL", b"\4\0\0\0"), *told_elements(tape)]
    content = plain_file(elements, implicit=implicit, pixels=pixels)
    assert is_scanned(content)
    assert_equal_headers(content)


@given(
    tape=TAPES,
    implicit=st.booleans(),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3),
    cut=st.none() | st.floats(0, 1),
)
@settings(QUICK, max_examples=200)
def test_damaged_headers_give_the_parsers_result_or_its_error(tape, implicit, flips, cut):
    content = bytearray(plain_file(told_elements(tape, charsets=ANY_CHARSETS), implicit=implicit))
    for place, value in flips:
        content[132 + int(place * (len(content) - 133))] = value
    assert_equal_headers(bytes(content if cut is None else content[: int(cut * len(content))]))


LENGTHS = st.sampled_from([0, 1, 2, 7, 8, 9, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFE, UNDEFINED])


@given(tape=TAPES, implicit=st.booleans(), place=st.floats(0, 1), length=LENGTHS)
@settings(QUICK, max_examples=100)
def test_false_lengths_give_the_parsers_result_or_its_error(tape, implicit, place, length):
    content = plain_file(told_elements(tape), implicit=implicit)
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
    assert is_scanned(content)
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


@pytest.mark.parametrize("tag", [0x00191010, 0x50003000, 0x60003000, 0x7FE00008, 0x7FE00009])
def test_neither_pixels_nor_long_private_values_are_read(tag):
    elements = [("SOPInstanceUID", "UI", b"1.2.3\0"), ("Rows", "US", b"\x10\0"), (tag, "OB", bytes(400_000))]
    source = CountedReads(plain_file(elements, implicit=False) + bytes(1_000_000))
    header = read_header(source)
    assert (header.subject, header.rows) == ("1.2.3", 16)
    # two blocks of 16 KiB: one before the private value, one behind it
    assert source.asked <= 2 * 2**14


def test_length_beyond_the_end_of_the_file_is_believed_by_nobody():
    source = CountedReads(file_of(head_of(0x00204000, "UT", 2**31, False) + bytes(1_000_000), implicit=False))
    assert scan_header(source) is None
    assert source.asked <= 2**14


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real files is absent")
def test_real_headers_are_scanned_as_they_are_parsed():
    files = sorted(path for path in REAL.rglob("*") if path.is_file())
    for path in files:
        assert outcome(scanned_header, path) == outcome(parsed_header, path), path.name
    assert sum(is_scanned(path.read_bytes()) for path in files) >= len(files) / 2
