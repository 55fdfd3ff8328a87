"""Zip and tar files that mean harm, and sound ones broken at random: as bytes."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import warnings
import zipfile

import numpy as np

#: endings of the archives that are broken
ENDINGS = ("zip", "tar", "tar.gz", "tar.bz2", "tar.xz")
#: names that lead out of an archive, or that a terminal would act on
_NAMES = ("../out.dcm", "/absolute.dcm", "C:/drive.dcm", "back\\slash.dcm", "esc\x1b[2J.dcm", "a/../../up.dcm")


def hostile_zip(sound: bytes) -> tuple[bytes, dict[str, int]]:
    """A zip file, and how many of its entries have each reason; that of the sound one and of its namesake is empty."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # zipfile's own, about names that come twice
        archive.writestr("good.dcm", sound)
        archive.writestr("good.dcm", sound)
        for name in _NAMES:
            archive.writestr(name, sound)
        for kind in (stat.S_IFLNK, stat.S_IFCHR):
            entry = zipfile.ZipInfo(f"kind {kind}")
            entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
        archive.writestr("inner.zip", b"PK\x05\x06" + bytes(18))
        archive.writestr("bomb.dcm", bytes(2**27))
        archive.writestr("locked.dcm", sound)
        archive.writestr("liar.dcm", sound)
        archive.writestr("notes.txt", "no image")
    content = bytearray(buffer.getvalue())
    _patch(content, b"locked.dcm", flags=1)
    _patch(content, b"liar.dcm", size=len(sound) - 700)
    refused = len(_NAMES) + 5
    return bytes(content), {"": 2, "refused_entry": refused, "unreadable_path": 1, "not_dicom": 1}


def _patch(content: bytearray, name: bytes, *, flags: int | None = None, size: int | None = None) -> None:
    """Change an entry of the central directory."""
    at = content.rindex(name) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    if flags is not None:
        struct.pack_into("<H", content, at + 8, flags)
    if size is not None:
        struct.pack_into("<I", content, at + 24, size)


def hostile_tar(sound: bytes) -> tuple[bytes, dict[str, int]]:
    """A tar file and the reasons of its members, as `hostile_zip`; its last member is cut."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in ("good.dcm", "good.dcm", *_NAMES):
            _add(archive, name, sound)
        kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
        for kind in kinds:
            member = tarfile.TarInfo(f"kind {kind!r}")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        _add(archive, "inner.tar.gz", b"\x1f\x8b")
        _add(archive, "notes.txt", b"no image")
        huge = tarfile.TarInfo("huge.dcm")
        huge.size = 2**40
        archive.fileobj.write(huge.tobuf(tarfile.GNU_FORMAT))
    refused = len(_NAMES) + len(kinds) + 2
    return buffer.getvalue(), {"": 2, "refused_entry": refused, "not_dicom": 1, "damaged_archive": 1}


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def sound_archive(ending: str, contents: list[bytes]) -> bytes:
    """An archive of this ending with some files."""
    buffer = io.BytesIO()
    if ending == "zip":
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
            for number, content in enumerate(contents):
                packed.writestr(f"study/image {number}.dcm", content)
    else:
        mode = "w:" + ending.removeprefix("tar").removeprefix(".")
        with tarfile.open(fileobj=buffer, mode=mode, format=tarfile.PAX_FORMAT) as archive:
            for number, content in enumerate(contents):
                _add(archive, f"study/image {number} {'é' * 60}.dcm", content)
    return buffer.getvalue()


def broken_archive(random: np.random.Generator, ending: str, content: bytes) -> bytes:
    """The archive with bits flipped, numbers of its directories replaced, a piece moved or its end cut off."""
    changed = bytearray(content)
    kind = int(random.integers(5))
    if kind == 0:
        for place in random.integers(0, len(changed), int(random.integers(1, 20))):
            changed[place] ^= 1 << int(random.integers(8))
    elif kind == 1:
        return content[: int(random.integers(1, len(content)))]
    elif kind == 2:
        first, second = sorted(int(place) for place in random.integers(0, len(content), 2))
        return content[:first] + content[second:] + content[first : first + 700]
    else:
        for _ in range(int(random.integers(1, 4))):
            _replace_number(random, ending, changed)
    return bytes(changed)


def _replace_number(random: np.random.Generator, ending: str, content: bytearray) -> None:
    """A field of a zip directory, or of a tar header."""
    if ending == "zip":
        signature = (b"PK\x01\x02", b"PK\x05\x06", b"PK\x03\x04")[int(random.integers(3))]
        places = [place for place in range(len(content) - 46) if content[place : place + 4] == signature]
        if places:
            place = places[int(random.integers(len(places)))] + int(random.integers(4, 44))
            width = "<H" if random.random() < 0.5 else "<I"
            value = (0, 1, 8, 99, 0xFFFF, 2**31, 2**32 - 1)[int(random.integers(7))]
            struct.pack_into(width, content, place, value & (0xFFFF if width == "<H" else 0xFFFFFFFF))
        return
    block = 512 * int(random.integers(max(len(content) // 512, 1)))
    texts = (
        b"77777777777\0",
        b"\x80" + b"\xff" * 11,
        b"00000000000\0",
        b"-1\0",
        b"\xff" * 12,
        b"x",
        b"L",
        b"S",
        b"g",
        b"1",
    )
    text = texts[int(random.integers(len(texts)))]
    place = block + (156 if len(text) == 1 else 124)
    content[place : place + len(text)] = text
    if random.random() < 0.8 and block + 512 <= len(content):  # with a checksum that holds
        header = content[block : block + 148] + b" " * 8 + content[block + 156 : block + 512]
        content[block + 148 : block + 156] = b"%06o\0 " % sum(header)
