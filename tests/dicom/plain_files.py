"""Bytes of plain DICOM files, with elements that a tape of bytes tells, so that Hypothesis draws once for each file."""

import struct

from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

from xrayiq.dicom import read_header
from xrayiq.dicom.elements import Elements

IMPLICIT, EXPLICIT = b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.1\0"
UNDEFINED = 0xFFFFFFFF
CHARACTER_SET = 0x00080005
ITEM_END, SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0), struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
LONG = {str(vr) for vr in EXPLICIT_VR_LENGTH_32}
VRS = ["LO", *sorted(str(vr) for vr in STANDARD_VR if vr not in ("SQ", "LO"))]
SEQUENCES = (
    "ViewCodeSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "FrameAnatomySequence",
    "PixelMeasuresSequence",
    "ContentSequence",
    "ModalityLUTSequence",
)
CHARSETS = tuple(sorted(name.encode() for name in python_encoding))
#: sound ones and others
ANY_CHARSETS = (
    *CHARSETS,
    b"\\ISO 2022 IR 87",
    b"ISO 2022 IR 6\\ISO 2022 IR 149",
    b"ISO_IR 999",
    b"ISO_IR_100",
    b"ISO_IR 192\\ISO_IR 100 ",
    b" ",
)
VALUES = (
    *(b"", b"70", b"0", b"0,5", b"1.25\\2.5 ", b" -3e2 ", b"1\\x", b"20260102", b"101112.5", b"042Y", b"M"),
    *(b" ", b"\\", b"DX", b"MG", b"FOR PROCESSING", b"LEFT\\RIGHT", b"POLYGONAL", b"1.2.840.10008.5.1.4.1.1.1.1.1\0"),
    *("Thorax\u00e9".encode(), "Thorax\u00e9".encode("latin-1"), b"\x1b[31mred", b"\x1b$B;3ED\x1b(B^x", b"a\x00b\n"),
    b"x" * 300,
)


class Tape:
    """Choices told by bytes; the first of each where the bytes have ended."""

    def __init__(self, content):
        self._bytes = iter(content)

    def below(self, count):
        return (next(self._bytes, 0) + 256 * next(self._bytes, 0)) % count

    def one_of(self, choices):
        return choices[self.below(len(choices))]


def looked_up():
    """Keywords that the header asks for where it is silent, which is all of them."""
    asked = {"SOPInstanceUID": None, "CodeMeaning": None, "ImageComments": None, "PatientName": None}
    original = Elements.values

    def recorded(self, keyword):
        asked[keyword] = None
        return () if keyword != "Modality" else ("MG",)

    Elements.values = recorded
    try:
        read_header(plain_file([("SOPInstanceUID", "UI", b"1.2")], implicit=False))
    finally:
        Elements.values = original
    tags = {keyword: tag_for_keyword(keyword) for keyword in asked}
    return tuple(
        keyword
        for keyword, tag in tags.items()
        if tag >> 16 != 2 and tag != CHARACTER_SET and dictionary_VR(tag) != "SQ"
    )


def told_elements(tape, *, charsets=CHARSETS, depth=0):
    """Elements of a dataset or an item, each tag once, in rising order."""
    told = {}
    for _ in range(tape.below(14 if depth == 0 else 5)):
        kind = tape.below(12 if depth < 4 else 9)
        if kind < 6:
            element = tape.one_of(KEYWORDS), None, _told_value(tape)
        elif kind < 8:
            element = _told_private(tape)
        elif kind < 9:
            element = CHARACTER_SET, "CS", tape.one_of(charsets)
        else:
            items = [told_elements(tape, charsets=charsets, depth=depth + 1) for _ in range(tape.below(3))]
            element = tape.one_of(SEQUENCES), "SQ", items, tape.below(2) == 0
        if element[1] is None:
            odd = tape.below(10) == 9
            element = element[0], tape.one_of(VRS) if odd else dictionary_VR(element[0])[:2], element[2]
        told[tag_of(element)] = element
    return [told[tag] for tag in sorted(told)]


def _told_value(tape):
    if tape.below(4) < 3:
        return tape.one_of(VALUES)
    return bytes(tape.below(256) for _ in range(tape.below(24)))


def _told_private(tape):
    """Now and then of a group of curves or overlays; now and then longer than what is worth keeping."""
    tag = tape.one_of((0x00190000, 0x00290000, 0x10190000, 0x50000000, 0x60020000)) | (0x10 + tape.below(0x3FF0))
    value = b"\x07" * tape.one_of((9000, 40000)) if tape.below(4) == 3 else _told_value(tape)
    return tag, tape.one_of(VRS), value


def plain_file(elements, *, implicit, pixels=True):
    """Bytes of a file with these (keyword or tag, VR, value or items, undefined length) elements."""
    return file_of(written(sorted(elements, key=tag_of), implicit), implicit=implicit, pixels=pixels)


def file_of(body, *, implicit, pixels=True, syntax=None):
    """Bytes of a file whose header these bytes are."""
    if syntax is None:
        syntax = IMPLICIT if implicit else EXPLICIT
    meta = written([(0x00020003, "UI", b"1.2.3.4\0"), (0x00020010, "UI", syntax)], False)
    tail = written([(0x7FE00010, "OW", b"\1\2\3\4\5\6\7\0")], implicit) if pixels else b""
    return bytes(128) + b"DICM" + meta + body + tail


def tag_of(element):
    return tag_for_keyword(element[0]) if isinstance(element[0], str) else element[0]


def written(elements, implicit):
    return b"".join(_element(element, implicit) for element in elements)


def _element(element, implicit):
    """An element; as it stands where it has no VR."""
    _, vr, value, *undefined = element
    if vr is None:
        return value
    closed = b""
    if isinstance(value, list):
        closed = SEQUENCE_END if undefined[0] else b""
        value = b"".join(item_of(written(item, implicit), implicit, undefined=undefined[0]) for item in value)
    return head_of(tag_of(element), vr, UNDEFINED if closed else len(value), implicit) + value + closed


def head_of(tag, vr, length, implicit):
    """What stands before a value."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if implicit:
        return head + struct.pack("<I", length)
    if vr in LONG:
        return head + vr.encode() + struct.pack("<HI", 0, length)
    return head + vr.encode() + struct.pack("<H", length)


def item_of(content, implicit, *, undefined, length=None):
    """An item of a sequence; of another length than its content's where one is given."""
    if undefined:
        return struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED) + content + ITEM_END
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content) if length is None else length) + content


KEYWORDS = looked_up()


def in_an_item(content, implicit, *, undefined):
    """ContentSequence of undefined length whose second item holds these bytes."""
    first = item_of(written([("CodeMeaning", "LO", b"first ")], implicit), implicit, undefined=not undefined)
    return sequence_of(first + item_of(content, implicit, undefined=undefined), implicit)


def sequence_of(content, implicit, *, closed=SEQUENCE_END):
    """ContentSequence of undefined length with these bytes."""
    return 0x0040A730, None, head_of(0x0040A730, "SQ", UNDEFINED, implicit) + content + closed


def with_element(elements, element, *, implicit, pixels=True):
    """File with an element of bytes in the place of its tag."""
    others = [other for other in elements if tag_of(other) != element[0]]
    return plain_file([*others, element], implicit=implicit, pixels=pixels)
