"""What can be wrong with the sequences, frames and compression of a DICOM file; see `mutations`."""

from __future__ import annotations

import struct
from dataclasses import replace

from dicom_bytes import (
    ITEM,
    PIXEL_DATA,
    SEQUENCE_END,
    UNDEFINED,
    Parts,
    deflated_with_zeros,
    encapsulated,
    fragments,
    nested,
    take_apart,
)
from mutations import MUTATORS, WORDS, Random, change_the_layout, choice, even, flip_bits, lie_about_a_length, mutator

__all__ = ["MUTATORS"]

#: sequences that are looked into, and others
SEQUENCES = [0x00400275, 0x00081140, 0x52009229, 0x52009230, 0x0040A730, 0x00283000, 0x00540220, 0x00111001, 0x0040A043]


# ---- sequences


@mutator
def nest_sequences(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    tag, depth = choice(random, SEQUENCES), choice(random, [1, 15, 16, 17, 33, 100, 400, 1000, 5000])
    vr = choice(random, [b"SQ", b"SQ", b"UN"])
    defined, closed = bool(random.random() < 0.4), bool(random.random() < 0.8)
    depth = min(depth, 1000) if defined else depth
    inside = parts.element(0x00080005, b"CS", b"ISO_IR 192") if random.random() < 0.2 else b""
    encoded = nested(parts, tag, vr, depth, defined=defined, closed=closed, inside=inside)
    return parts.joined(parts.with_element(tag, encoded).body)


@mutator
def nest_content(random: Random, content: bytes) -> bytes:
    """Content of a report in content, in content: containers that are named as irradiation events."""
    parts = take_apart(content)
    code = parts.element(0x00080100, b"SH", choice(random, [b"113706", b"113702", b"122130"]))
    code += parts.element(0x00080102, b"SH", b"DCM ")
    name = parts.element(0x0040A043, b"SQ", parts.element(ITEM, b"", code))
    inside = parts.element(0x0040A040, b"CS", b"CONTAINER ") + name
    depth = choice(random, [2, 20, 31, 32, 33, 34, 100, 1000, 2500])
    defined = bool(random.random() < 0.5)
    tree = nested(
        parts, 0x0040A730, b"SQ", min(depth, 1000) if defined else depth, defined=defined, closed=True, inside=inside
    )
    if random.random() < 0.3:
        tree = parts.element(0x0040A730, b"SQ", parts.element(ITEM, b"", inside) * 500)
    return parts.joined(parts.with_element(0x0040A730, tree).body)


@mutator
def break_a_sequence(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    tag = choice(random, SEQUENCES)
    item = parts.element(ITEM, b"", parts.element(0x00080100, b"SH", b"AB"))
    broken = [
        parts.element(tag, b"SQ", item[:-3]),
        parts.element(tag, b"SQ", item * 3, len(item)),
        parts.element(tag, b"SQ", parts.element(ITEM, b"", b"abcd", 2**31)),
        parts.element(tag, b"SQ", item, UNDEFINED),
        parts.element(tag, b"SQ", parts.element(0x00080100, b"SH", b"AB") * 2),
        parts.element(
            tag, b"SQ", parts.element(ITEM, b"", b"") * 3000 + parts.element(SEQUENCE_END, b"", b""), UNDEFINED
        ),
        parts.element(tag, b"UN", item + parts.element(SEQUENCE_END, b"", b""), UNDEFINED),
        parts.element(tag, b"LO", item),
    ]
    return parts.joined(parts.with_element(tag, choice(random, broken)).body)


# ---- compressed pixel data


@mutator
def break_the_fragments(random: Random, content: bytes) -> bytes:
    parts = take_apart(content)
    found = fragments(parts)
    if found is None:
        return lie_about_a_length(random, content)
    items = [parts.body[start:end] for start, end in found[1]]
    table, frames = items[0], items[1:]
    whole = b"".join(frames)
    middle = len(whole) // 2 // 2 * 2
    options = [
        [table],
        [],
        [struct.pack("<I", 2**31), *frames],
        [struct.pack("<III", 0, 8, 4), *frames],
        [b"\0\0\0", *frames],
        [table, *frames, *frames],
        [table, *frames[1:]],
        [table, whole[:middle], whole[middle:]],
        [table, whole[middle:], whole[:middle]],
        [table, *(whole[place : place + 2] for place in range(0, len(whole), 2))],
        [table, *([b""] * 3000)],
        [table, b"", *frames],
        [table, whole[:middle] + b"\xff\xd9"],
    ]
    encoded = encapsulated(parts, choice(random, options), closed=bool(random.random() < 0.8))
    return parts.joined(parts.with_element(PIXEL_DATA, encoded).body)


@mutator
def break_the_codestream(random: Random, content: bytes) -> bytes:
    """Bits of a frame's own header, segments swapped, or part of it gone with its end kept."""
    parts = take_apart(content)
    found = fragments(parts)
    if found is None or len(found[1]) < 2:
        return flip_bits(random, content)
    start, end = found[1][1]
    body = bytearray(parts.body)
    kind = int(random.integers(4))
    if kind == 0:
        for position in random.integers(start, min(start + 120, end), int(random.integers(1, 4))):
            body[position] = int(random.integers(256))
    elif kind == 1:
        for position in random.integers(start, end, int(random.integers(1, 9))):
            body[position] ^= 1 << int(random.integers(8))
    elif kind == 2:
        place = int(random.integers(start, end))
        body[place : end - 2] = bytes(max(end - 2 - place, 0))
    else:
        body[start:end] = random.bytes(end - start)
    return parts.joined(bytes(body))


@mutator
def lie_in_the_codestream(random: Random, content: bytes) -> bytes:
    """Another size than the header's, or hostile counts of tiles, levels, components and segments."""
    parts = take_apart(content)
    found = fragments(parts)
    if found is None or len(found[1]) < 2:
        return change_the_layout(random, content)
    if random.random() < 0.4:
        rows, columns = int(choice(random, WORDS)), int(choice(random, WORDS))
        return parts.joined(_with_codestream_size(parts, rows, columns).body)
    start, end = found[1][1]
    body = bytearray(parts.body)
    at = body.find(b"\xff\x4f\xff\x51", start, end)
    if at >= 0:  # SIZ: XTsiz, YTsiz, XTOsiz, YTOsiz, XRsiz; COD: levels, code blocks
        field = choice(random, [24, 28, 32, 36])
        struct.pack_into(">I", body, at + field, choice(random, [0, 1, 2, 2**31, UNDEFINED]))
        coding = body.find(b"\xff\x52", at, end)
        if coding >= 0 and random.random() < 0.5:
            body[coding + int(random.integers(4, 13))] = choice(random, [0, 1, 32, 33, 64, 255])
    else:  # RLE header, or a JPEG marker segment
        for _ in range(int(random.integers(1, 4))):
            place = start + 4 * int(random.integers(0, 4 if random.random() < 0.7 else 16))
            struct.pack_into("<I", body, min(place, end - 4), choice(random, [0, 1, 63, 64, 65, 2**31, UNDEFINED]))
    return parts.joined(bytes(body))


@mutator
def declare_an_absurd_size(random: Random, content: bytes) -> bytes:
    """Rows, Columns and frames of gigabytes, also where the codestream agrees."""
    parts = take_apart(content)
    rows, columns = choice(
        random, [(16384, 16384), (65535, 4096), (65535, 65535), (65535, 1), (1, 65535), (4096, 4096)]
    )
    changes = {0x00280010: (b"US", parts.number(rows)), 0x00280011: (b"US", parts.number(columns))}
    if random.random() < 0.4:
        frames = choice(random, [b"2147483647", b"99999999999999999999", b"100000", b"1e9", b"3"])
        changes[0x00280008] = (b"IS", even(frames))
    if random.random() < 0.3:
        changes[0x00280100] = (b"US", parts.number(choice(random, [8, 32, 64, 65535])))
    if random.random() < 0.2:
        changes[0x00280103] = (b"US", parts.number(1))
    for tag, (vr, value) in changes.items():
        parts = parts.with_element(tag, parts.element(tag, vr, value))
    return parts.joined(_with_codestream_size(parts, rows, columns).body)


def _with_codestream_size(parts: Parts, rows: int, columns: int) -> Parts:
    """Size in the frame header of the first codestream; nothing where there is none."""
    found = fragments(parts)
    if found is None or len(found[1]) < 2:
        return parts
    start, end = found[1][1]
    body = bytearray(parts.body)
    at = body.find(b"\xff\x4f\xff\x51", start, end)
    if at >= 0:
        struct.pack_into(">II", body, at + 8, columns, rows)
        struct.pack_into(">II", body, at + 24, columns, rows)
    for marker in (b"\xff\xc0", b"\xff\xc1", b"\xff\xc3", b"\xff\xf7"):
        at = body.find(marker, start, end)
        if at >= 0:
            struct.pack_into(">HH", body, at + 5, rows, columns)
            break
    return replace(parts, body=bytes(body))


# ---- deflate


@mutator
def make_a_deflate_bomb(random: Random, content: bytes) -> bytes:
    """A deflated data set that holds a private value, or its pixel data, of up to gigabytes of zeros."""
    parts = take_apart(content)
    if not parts.deflated:
        return content[: len(content) // 2] + bytes(2**20)
    mebibytes = int(choice(random, [1, 20, 70, 600, 3000]))
    tag = choice(random, [0x00111001, PIXEL_DATA])
    head = parts.body[: next(one.start for one in parts.elements() if one.tag >= tag)]
    head += parts.element(tag, b"OB", b"", mebibytes * 2**20)
    return parts.meta + deflated_with_zeros(head, mebibytes, ended=bool(random.random() < 0.8))
