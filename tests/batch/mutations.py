"""What can be wrong with a DICOM file: functions of a random generator and the bytes of a sound file.

Each gives the bytes of one broken file, the same for the same state of the generator.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from dicom_bytes import (
    ITEM,
    PIXEL_DATA,
    SEQUENCE_END,
    UNDEFINED,
    Element,
    Parts,
    take_apart,
)

Random = np.random.Generator
Mutator = Callable[[Random, bytes], bytes]

#: every mutator by name
MUTATORS: dict[str, Mutator] = {}

VRS = [
    *(b"AE AS AT CS DA DS DT FL FD IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split()),
    *(b"ZZ", b"\0\0", b"ob", b"??", b"\xff\xff"),
]
#: sizes and bit layout: (tag, VR)
LAYOUT = {
    0x00280002: b"US",  # SamplesPerPixel
    0x00280006: b"US",  # PlanarConfiguration
    0x00280008: b"IS",  # NumberOfFrames
    0x00280010: b"US",  # Rows
    0x00280011: b"US",  # Columns
    0x00280100: b"US",  # BitsAllocated
    0x00280101: b"US",  # BitsStored
    0x00280102: b"US",  # HighBit
    0x00280103: b"US",  # PixelRepresentation
    0x00280120: b"US",  # PixelPaddingValue
    0x00280121: b"US",  # PixelPaddingRangeLimit
    0x00286010: b"US",  # RepresentativeFrameNumber
}
WORDS = [0, 1, 2, 3, 7, 8, 9, 12, 14, 15, 16, 17, 24, 31, 32, 33, 64, 255, 256, 4095, 16384, 32767, 32768, 65535]
#: numbers as text: spacing, rescale, window, technique, indices, ages, collimator edges
DECIMALS = [
    *(0x00181164, 0x00280030, 0x00281052, 0x00281053, 0x00281050, 0x00281051, 0x00180060, 0x00181150, 0x00181152),
    *(0x00181110, 0x00181111, 0x00181114, 0x0018115E, 0x00181411, 0x00181412, 0x00181413, 0x00181405, 0x00186000),
    *(0x00187022, 0x00187026, 0x00101020, 0x00101030, 0x00181702, 0x00181704, 0x00181706, 0x00181708, 0x00181190),
    *(0x00280008, 0x00201208, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280120, 0x00280121, 0x00281041),
]
NUMBER_TEXTS = [
    *(
        b"0",
        b"-1",
        b"1e308",
        b"-1e308",
        b"1e-320",
        b"1e999",
        b"NaN",
        b"inf",
        b"-inf",
        b"0x10",
        b"1,5",
        b"1.5.2",
        b"--1",
    ),
    *(b"9" * 30, b"9" * 20000, b"1\\" * 3000, b"\\", b"\\\\\\", b"1\\nan", b"0\\0", b"1e308\\1e-308", b"5\\0.1", b" "),
    *(b"\x1b[31m1", b"\xb2", b"1_000", b"+.", b"2147483648", b"-2147483649", b"65536", b"1e5", b"0.0000001", b""),
]
TEXTS = [
    *(
        b"",
        b"\\" * 60000,
        b"A" * 65534,
        b"\x1b[2J\x1b]0;t\x07",
        b"\xff\xfe\xfd",
        b"\x1b$B;3ED",
        b"\x1b(I\xb1",
        b"\0\0\0\0",
    ),
    *(b"\xc3\x28", "\u202e\u2066x".encode(), b"\x9b31m", b"..\\..\\x", b"a\r\nb\x08", b"20240230", b"99999999999999"),
    *(b"999Y", b"240000", b"20240101250000.999999+9999", b"00010101", b"1.2..3", b"1." * 40 + b"1", b"=1+1", b"%s{0}"),
]
CHARACTER_SETS = [
    *(
        b"ISO_IR 192",
        b"ISO 2022 IR 87",
        b"\\ISO 2022 IR 149",
        b"GB18030",
        b"ISO_IR 999",
        b"\\" * 20,
        b"utf_16",
        b"ISO_IR 13",
    ),
    *(b"ISO 2022 IR 6\\ISO 2022 IR 87\\ISO 2022 IR 159", b"zlib", b"idna", b"punycode", b"unicode_escape"),
]
SYNTAXES = [
    f"1.2.840.10008.1.2{suffix}".encode()
    for suffix in (
        *(
            "",
            ".1",
            ".2",
            ".1.99",
            ".5",
            ".8.1",
            ".4.50",
            ".4.51",
            ".4.57",
            ".4.70",
            ".4.80",
            ".4.81",
            ".4.90",
            ".4.91",
        ),
        *(".4.94", ".4.95", ".4.100", ".4.110", ".4.201", ".4.202", ".4.203", ".4.205", ".7.1", ".9.9"),
    )
]


def mutator(function: Mutator) -> Mutator:
    """Enter a mutator under its name."""
    MUTATORS[function.__name__] = function
    return function


def choice(random: Random, options):
    return options[int(random.integers(len(options)))]


def even(value: bytes) -> bytes:
    return value + b" " * (len(value) % 2)


# ---- bytes, whatever they mean


@mutator
def flip_bits(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for position in random.integers(0, len(content), int(random.integers(1, 12))):
        changed[position] ^= 1 << int(random.integers(8))
    return bytes(changed)


@mutator
def flip_bits_of_the_header(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    end = len(take_apart(content).meta) if random.random() < 0.3 else min(len(content), 2000)
    for position in random.integers(0, end, int(random.integers(1, 6))):
        changed[position] = int(random.integers(256))
    return bytes(changed)


@mutator
def cut(random: Random, content: bytes) -> bytes:
    return content[: int(random.integers(len(content)))]


@mutator
def cut_the_data_set(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    return parts.joined(parts.body[: int(random.integers(min(len(parts.body), 3000)))])


@mutator
def move_blocks(random: Random, content: bytes) -> bytes:
    first, second = sorted(int(place) for place in random.integers(0, len(content), 2))
    length = int(random.integers(1, 600))
    kind = int(random.integers(4))
    if kind == 0:
        return content[:first] + content[first + length :]
    if kind == 1:
        return content[:second] + content[first : first + length] + content[second:]
    if kind == 2:
        return content[:first] + bytes(length) + content[first + length :]
    return content[:first] + random.bytes(length) + content[first:]


@mutator
def append(random: Random, content: bytes) -> bytes:
    tail = choice(random, [bytes(10000), content, b"\xff" * 500, b"\xfc\xff\xfc\xff\x00\x00", random.bytes(99)])
    return content + tail


@mutator
def mutate_before_deflating(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    return parts.joined(flip_bits(random, parts.body))


# ---- elements


def some_element(random: Random, parts: Parts) -> Element:
    return choice(random, parts.elements())


@mutator
def swap_lengths(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    first, second = some_element(random, parts), some_element(random, parts)
    body = bytearray(parts.body)
    for one, other in ((first, second), (second, first)):
        _write_length(parts, body, one, other.length)
    return parts.joined(bytes(body))


@mutator
def lie_about_a_length(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    one = choice(random, [some_element(random, parts), parts.elements()[-1]])
    body = bytearray(parts.body)
    options = [0, 1, one.length + 1, one.length - 1, 2 * one.length, 0xFFFF, 0xFFFE, 2**31, UNDEFINED - 1, UNDEFINED]
    _write_length(parts, body, one, choice(random, options))
    return parts.joined(bytes(body))


def _write_length(parts: Parts, body: bytearray, one: Element, length: int) -> None:
    width = 4 if one.value - one.start == 12 or parts.implicit else 2
    form = f"{parts.order}{'I' if width == 4 else 'H'}"
    struct.pack_into(form, body, one.value - width, length & (2 ** (8 * width) - 1))


@mutator
def change_the_vr(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    body = bytearray(parts.body)
    for _ in range(int(random.integers(1, 4))):
        one = some_element(random, parts)
        body[one.start + 4 : one.start + 6] = choice(random, VRS)
    return parts.joined(bytes(body))


@mutator
def rewrite_under_another_vr(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    one = some_element(random, parts)
    value = parts.body[one.value : one.end]
    return parts.joined(parts.with_element(one.tag, parts.element(one.tag, choice(random, VRS[:-5]), value)).body)


@mutator
def swap_values(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    first, second = some_element(random, parts), some_element(random, parts)
    value = parts.body[second.value : second.end]
    return parts.joined(parts.with_element(first.tag, parts.element(first.tag, first.vr, value)).body)


@mutator
def reorder_elements(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    blocks = [parts.body[one.start : one.end] for one in parts.elements()]
    kind = int(random.integers(3))
    if kind == 0:
        del blocks[int(random.integers(len(blocks)))]
    elif kind == 1:
        blocks.insert(int(random.integers(len(blocks))), choice(random, blocks))
    else:
        random.shuffle(blocks)
    return parts.joined(b"".join(blocks))


@mutator
def change_a_tag(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    one = some_element(random, parts)
    body = bytearray(parts.body)
    tag = choice(
        random, [ITEM, SEQUENCE_END, 0, 0x00020010, 0x7FE00008, 0x7FE00009, PIXEL_DATA, 0xFFFFFFFF, 0x00280010]
    )
    struct.pack_into(f"{parts.order}HH", body, one.start, tag >> 16, tag & 0xFFFF)
    return parts.joined(bytes(body))


# ---- what attributes say


@mutator
def change_the_layout(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    for _ in range(int(random.integers(1, 4))):
        tag = choice(random, list(LAYOUT))
        vr = LAYOUT[tag]
        value = str(choice(random, WORDS)).encode() if vr == b"IS" else parts.number(choice(random, WORDS))
        parts = parts.with_element(tag, parts.element(tag, vr, even(value)))
    return parts.joined(parts.body)


@mutator
def write_hostile_numbers(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    for _ in range(int(random.integers(1, 5))):
        tag = choice(random, DECIMALS)
        if random.random() < 0.2:
            doubles = [float("nan"), float("inf"), -1e308, 1e308, 5e-324, 1e19]
            value = struct.pack(f"{parts.order}d", choice(random, doubles)) * int(random.integers(1, 4))
            encoded = parts.element(tag, b"FD", value)
        else:
            encoded = parts.element(
                tag, choice(random, [b"DS", b"IS", b"LO", b"UN"]), even(choice(random, NUMBER_TEXTS))
            )
        parts = parts.with_element(tag, encoded)
    return parts.joined(parts.body)


@mutator
def write_hostile_text(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    if random.random() < 0.5:
        named = even(choice(random, CHARACTER_SETS))
        parts = parts.with_element(0x00080005, parts.element(0x00080005, b"CS", named))
    for _ in range(int(random.integers(1, 5))):
        one = some_element(random, parts)
        if one.tag < PIXEL_DATA:
            text = even(choice(random, TEXTS))
            parts = parts.with_element(one.tag, parts.element(one.tag, one.vr, text))
    return parts.joined(parts.body)


@mutator
def change_the_transfer_syntax(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    syntax = choice(random, SYNTAXES)
    known = b"\x02\x00\x10\x00UI"
    at = parts.meta.index(known)
    (length,) = struct.unpack_from("<H", parts.meta, at + 6)
    value = syntax + b"\0" * (len(syntax) % 2)
    meta = parts.meta[:at] + known + struct.pack("<H", len(value)) + value + parts.meta[at + 8 + length :]
    return replace(parts, meta=meta).joined(parts.body)


@mutator
def drop_the_file_format(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    kind = int(random.integers(4))
    if kind == 0:
        return content[132:]
    if kind == 1:
        return parts.body
    if kind == 2:
        return bytes(128) + b"DICM" + parts.body
    return content[:132] + content[132:].replace(b"\x02\x00\x00\x00UL\x04\x00", b"\x02\x00\x00\x00UL\xff\x00", 1)
