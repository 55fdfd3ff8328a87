"""What is not plain is left to the parser: each clause of `scan_header` by itself, in files that are plain else."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_files import (
    CHARACTER_SET,
    EXPLICIT,
    IMPLICIT,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    Tape,
    file_of,
    head_of,
    in_an_item,
    item_of,
    plain_file,
    sequence_of,
    tag_of,
    told_elements,
    with_element,
    written,
)
from scanned_headers import QUICK, TAPES, assert_equal_headers, is_scanned

IN_AN_ITEM = pytest.mark.parametrize("inside", [None, False, True], ids=["outside", "in an item", "in an open item"])


def placed(elements, element, implicit, inside, *, pixels=True):
    """File with an element of bytes at the top, or in an item of known or of undefined length."""
    if inside is not None:
        element = in_an_item(element[2], implicit, undefined=inside)
    return with_element(elements, element, implicit=implicit, pixels=pixels)


def raw(tag, vr, value, implicit, *, length=None, closed=b""):
    head = head_of(tag, vr, len(value) if length is None else length, implicit)
    return tag, None, head + value + closed


@given(tape=TAPES, implicit=st.booleans(), place=st.integers(0, 20), again=st.booleans())
@QUICK
def test_tags_that_do_not_rise_are_left(tape, implicit, place, again):
    elements = [*told_elements(tape), (0x7FDF1010, "LO", b"a"), (0x7FDF1011, "LO", b"b")]
    first = place % (len(elements) - 1)
    two = elements[first : first + 2]
    elements[first : first + 2] = [two[0], *two] if again else two[::-1]
    assert not is_scanned(file_of(written(elements, implicit), implicit=implicit))


@IN_AN_ITEM
@given(tape=TAPES, implicit=st.booleans(), name=st.sampled_from([b"ISO_IR 999", b"ISO_IR_100", b"ISO 2022 IR 6\\x"]))
@QUICK
def test_character_sets_that_are_unknown_are_left(inside, tape, implicit, name):
    assert not is_scanned(placed(told_elements(tape), raw(CHARACTER_SET, "CS", name, implicit), implicit, inside))


@IN_AN_ITEM
@given(tape=TAPES, vr=st.sampled_from(["LO", "UN", "US"]))
@QUICK
def test_character_set_of_another_vr_is_left(inside, tape, vr):
    element = raw(CHARACTER_SET, vr, b"ISO_IR 192", False)
    assert not is_scanned(placed(told_elements(tape), element, False, inside))


@IN_AN_ITEM
@given(tape=TAPES, vr=st.sampled_from(["OB", "OW", "UN", "UT"]), empty=st.booleans())
@QUICK
def test_undefined_length_of_what_is_no_sequence_is_left(inside, tape, vr, empty):
    for implicit, tag in ((False, 0x00191010), (True, 0x00191010), (False, 0x00204000), (True, 0x00204000)):
        item = b"" if empty else item_of(b"", implicit, undefined=False)
        element = raw(tag, vr, item, implicit, length=UNDEFINED, closed=SEQUENCE_END)
        assert not is_scanned(placed(told_elements(tape), element, implicit, inside))


@IN_AN_ITEM
@given(tape=TAPES, code=st.sampled_from([b"ZZ", b"lo", b"\0\0", b"  ", b"L\xff"]))
@QUICK
def test_unknown_vrs_are_left(inside, tape, code):
    element = 0x00191010, None, struct.pack("<HH2sH", 0x0019, 0x1010, code, 2) + b"x "
    assert not is_scanned(placed(told_elements(tape), element, False, inside))


@IN_AN_ITEM
@given(tape=TAPES, implicit=st.booleans(), number=st.sampled_from([0xE000, 0xE00D, 0xE0DD]), odd=st.booleans())
@QUICK
def test_delimiters_in_the_place_of_elements_are_left(inside, tape, implicit, number, odd):
    # with the letters of a VR where its length stands, one is an element to who looks at the VR alone
    delimiter = struct.pack("<HH", 0xFFFE, number) + (b"LO\0\0" if odd and not implicit else bytes(4))
    if inside and delimiter == ITEM_END:
        delimiter += delimiter
    element = (0xFFFE0000 | number), None, delimiter
    assert not is_scanned(placed(told_elements(tape), element, implicit, inside, pixels=False))


@pytest.mark.parametrize("inside", [False, True], ids=["in an item", "in an open item"])
@given(tape=TAPES, implicit=st.booleans(), count=st.integers(1, 20))
@QUICK
def test_zeros_in_the_place_of_elements_are_left(inside, tape, implicit, count):
    assert not is_scanned(placed(told_elements(tape), (0, None, bytes(8 * count)), implicit, inside))


@given(tape=TAPES, implicit=st.booleans(), wrong=st.integers(-9, 9).filter(bool))
@QUICK
def test_items_of_another_length_than_their_elements_are_left(tape, implicit, wrong):
    last = [(0x00204000, "LT", b"\0" * 12), (0x00209999, "LO", b"\0" * 40)]
    content = written([*(e for e in told_elements(tape) if tag_of(e) < 0x00204000), *last], implicit)
    item = item_of(content, implicit, undefined=False, length=len(content) + wrong)
    for others in (b"", item_of(content, implicit, undefined=False)):
        element = sequence_of(others + item + others, implicit)
        assert not is_scanned(with_element([], element, implicit=implicit))


@given(tape=TAPES, implicit=st.booleans(), open_item=st.booleans(), last=st.booleans())
@QUICK
def test_sequences_without_an_end_are_left(tape, implicit, open_item, last):
    elements = told_elements(tape)
    content = item_of(written(elements, implicit), implicit, undefined=True)
    cut = content[: -len(ITEM_END)] if open_item else content
    element = sequence_of(cut, implicit, closed=b"")
    others = [] if last else [(0x00431010, "LO", b"behind")]
    assert not is_scanned(with_element(others, element, implicit=implicit, pixels=not last))


@given(tape=TAPES, implicit=st.booleans(), depth=st.integers(12, 22))
@QUICK
def test_nesting_is_followed_to_a_depth_of_sixteen(tape, implicit, depth):
    content = written(told_elements(Tape(b"")), implicit)
    for _ in range(depth - 1):
        content = sequence_of(item_of(content, implicit, undefined=tape.below(2) == 0), implicit)[2]
    element = sequence_of(item_of(content, implicit, undefined=False), implicit)
    assert is_scanned(with_element(told_elements(tape), element, implicit=implicit)) == (depth <= 17)


@given(tape=TAPES, implicit=st.booleans(), place=st.floats(0, 1), value=st.sampled_from([b"", b"a", b"abcdef"]))
@QUICK
def test_files_that_end_inside_an_element_are_left(tape, implicit, place, value):
    elements = [*told_elements(tape), (0x7FDF1010, "LO", value), (0x7FDF1011, "OB", value)]
    ends = [
        len(file_of(written(elements[:count], implicit), implicit=implicit, pixels=False))
        for count in range(len(elements) + 1)
    ]
    content = file_of(written(elements, implicit), implicit=implicit)
    least_pixels = ends[-1] + 12
    for cut in {ends[0] + int(place * (least_pixels - ends[0] - 1)), *range(ends[-3] + 1, least_pixels)} - set(ends):
        assert not is_scanned(content[:cut]), cut - ends[-1]
    assert is_scanned(content[:least_pixels])


@pytest.mark.parametrize("tag", [0x00191010, 0x50003000, 0x60003000, 0x00204000])
@given(tape=TAPES, implicit=st.booleans(), missing=st.integers(1, 30_000))
@settings(QUICK, max_examples=8)
def test_files_that_end_inside_a_long_value_are_left(tag, tape, implicit, missing):
    elements = [element for element in told_elements(tape) if 0x00080018 < tag_of(element) < tag]
    content = written([("SOPInstanceUID", "UI", b"1.2\0"), *elements, (tag, "OB", bytes(30_000))], implicit)
    assert not is_scanned(file_of(content[:-missing], implicit=implicit, pixels=False))
    assert is_scanned(file_of(content, implicit=implicit, pixels=False))


OTHER_SYNTAXES = [b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.2\0", b"1.2.840.10008.1.2.4.95", b"1.2.3.4\0", b""]


@given(tape=TAPES, implicit=st.booleans(), syntax=st.sampled_from(OTHER_SYNTAXES))
@QUICK
def test_other_transfer_syntaxes_are_left(tape, implicit, syntax):
    body = written([(0x00080016, "UI", b"1.2\0"), (0x00200010, "SH", b"1 ")], implicit)
    assert not is_scanned(file_of(body, implicit=implicit, syntax=syntax))
    elements = [(0x00080016, "UI", b"1.2\0"), *(e for e in told_elements(tape) if tag_of(e) > 0x00080016)]
    assert not is_scanned(file_of(written(elements, False), implicit=False, syntax=IMPLICIT))
    assert not is_scanned(plain_file(elements, implicit=False).replace(b"DICM", b"DICN", 1))
    assert is_scanned(file_of(written(elements, False), implicit=False, syntax=EXPLICIT[:-1] + b" "))


def test_first_length_that_reads_as_a_vr_is_left():
    length = int.from_bytes(b"LO", "little")
    content = plain_file([(0x00080001, "UN", bytes(length)), ("SOPInstanceUID", "UI", b"1.2\0")], implicit=True)
    assert not is_scanned(content)
    assert_equal_headers(content)


@given(tape=TAPES, tag=st.sampled_from([0x00000000, 0x00010010, 0x0001FFFF]))
@QUICK
def test_elements_of_no_dataset_around_the_meta_group_are_left(tape, tag):
    odd = written([(tag, "LO", b"x ")], False)
    body = written(told_elements(tape), False)
    assert not is_scanned(file_of(odd + body, implicit=False))
    assert not is_scanned(file_of(body, implicit=False).replace(b"DICM", b"DICM" + odd, 1))


def test_headers_without_elements_and_of_many_megabytes_are_left():
    assert not is_scanned(file_of(b"", implicit=False))
    assert not is_scanned(file_of(b"", implicit=False, pixels=False))
    for size, scanned in ((2**22 - 2**15, True), (2**22, False)):
        content = plain_file([(0x00204000, "UT", bytes(size))], implicit=False)
        assert is_scanned(content) == scanned
