"""Large objects with nothing to measure are told by their header, in little memory, however large they are."""

import hashlib
import os
import struct
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import xrayiq
from xrayiq.batch import score_paths
from xrayiq.dicom import read_header
from xrayiq_phantoms import write_dicom

EXPLICIT, MPEG4, DEFLATED = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4.102\0", b"1.2.840.10008.1.2.1.99"
STORAGE = b"1.2.840.10008.5.1.4.1.1."
LARGE = 150 * 2**20  # above what is looked at by its header, and far above what that may take
#: blocks of 1 MiB, and what a header's longest values may take
LITTLE = 24 * 2**20


def element(tag, vr, value=b"", length=None):
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    length = len(value) if length is None else length
    if vr in ("OB", "OW", "UN", "SQ"):
        return head + struct.pack("<HI", 0, length) + value
    return head + struct.pack("<H", length) + value


def beginning(syntax=EXPLICIT, *, sop_class=STORAGE + b"2\0", modality=b"CT", instance=b"1.2.3\0"):
    """File up to the first element behind the modality."""
    uid = element(0x00080018, "UI", instance) if instance else b""
    meta = element(0x00020010, "UI", syntax)
    return (
        bytes(128) + b"DICM" + meta + element(0x00080016, "UI", sop_class) + uid + element(0x00080060, "CS", modality)
    )


def item(length):
    return struct.pack("<HHI", 0xFFFE, 0xE000, length)


END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
UNDEFINED = 0xFFFFFFFF
#: beginning and end of a file, the middle of which is a hole
FILES = {
    "CT volume": (beginning() + element(0x7FE00010, "OW", length=LARGE), b""),
    "video": (
        beginning(MPEG4, sop_class=STORAGE + b"77.1.4.1\0", modality=b"XC")
        + element(0x7FE00010, "OB", item(0) + item(LARGE), UNDEFINED),
        END,
    ),
    "document": (
        beginning(sop_class=STORAGE + b"104.1", modality=b"DOC ") + element(0x00420011, "OB", length=LARGE),
        b"",
    ),
    "raw data": (
        beginning(sop_class=STORAGE + b"66\0", modality=b"MR") + element(0x00191010, "OB", length=LARGE),
        element(0x00200013, "IS", b"1 "),
    ),
    "without a UID": (beginning(instance=b"") + element(0x7FE00010, "OW", length=LARGE), b""),
}


def sparse(path, start, end, size=LARGE):
    with path.open("wb") as stream:
        stream.write(start)
        stream.seek(size, os.SEEK_CUR)
        stream.write(end)
        stream.truncate()
    return path


def scored_in_little_memory(path):
    for _ in score_paths([path.parent / "small.dcm"]):
        pass  # what is loaded at first use is no part of it
    tracemalloc.start()
    try:
        (scored,) = score_paths([path])
        assert tracemalloc.get_traced_memory()[1] < LITTLE
    finally:
        tracemalloc.stop()
    return scored


@pytest.fixture(autouse=True)
def small(tmp_path):
    (tmp_path / "small.dcm").write_bytes(beginning())


@pytest.mark.parametrize("name", FILES)
def test_large_object_is_told_by_its_header(name, tmp_path):
    path = sparse(tmp_path / "large.dcm", *FILES[name])
    scored = scored_in_little_memory(path)
    assert [(outcome.kind, outcome.reason) for outcome in scored.outcomes] == [("not_measurable", "not_an_xray_image")]
    assert scored.entry.status == "object"
    with path.open("rb") as stream:
        assert scored.entry.digest == "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    assert scored.entry.subject == ("1.2.3" if name != "without a UID" else scored.entry.digest)


def test_small_object_of_the_same_header_has_the_same_outcome(tmp_path):
    start = beginning() + element(0x00280010, "US", b"\4\0")
    small = sparse(tmp_path / "one", start + element(0x7FE00010, "OW", length=16), b"", size=16)
    large = sparse(tmp_path / "two", start + element(0x7FE00010, "OW", length=LARGE), b"")
    first, second = score_paths([small, large])
    assert repr(first.outcomes) == repr(second.outcomes)
    assert (first.header, first.kind, first.evidence) == (second.header, second.kind, second.evidence)


@pytest.mark.parametrize(
    ("start", "end", "status", "reason"),
    [
        (b"PK of no archive", b"", "not_dicom", "not_dicom"),
        (b"\x08\0 no data set either", b"", "unreadable", "truncated"),
        (beginning() + element(0x00191010, "OB", length=2 * LARGE), b"", "unreadable", "truncated"),
        (beginning() + element(0x00400555, "SQ", item(UNDEFINED), UNDEFINED)
         + element(0x00420011, "OB", length=LARGE), b"", "unreadable", "header"),
    ],
    ids=["no DICOM", "bytes like DICOM", "cut", "a sequence of it"],
)  # fmt: skip
def test_large_file_that_cannot_be_read_says_why(start, end, status, reason, tmp_path):
    scored = scored_in_little_memory(sparse(tmp_path / "large", start, end))
    assert (scored.entry.status, scored.outcomes[0].reason) == (status, reason)


def test_header_of_a_deflated_object_is_all_that_is_inflated(tmp_path):
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = beginning(DEFLATED)
    start = body.index(element(0x00080016, "UI", STORAGE + b"2\0"))
    content = deflater.compress(body[start:] + element(0x7FE00010, "OW", length=2 * LARGE))
    for _ in range(2 * LARGE // 2**20):
        content += deflater.compress(bytes(2**20))
    path = tmp_path / "deflated.dcm"
    path.write_bytes(body[:start] + content + deflater.flush())
    tracemalloc.start()
    assert read_header(path).acquisition.modality == "CT"
    # 32 MiB are inflated, and copied once
    assert tracemalloc.get_traced_memory()[1] < 2 * 32 * 2**20 + 10 * 2**20
    tracemalloc.stop()


def test_large_x_ray_image_is_still_measured(tmp_path):
    pixels = np.random.default_rng(3).integers(900, 1100, (600, 600)).astype(np.uint16)
    path = tmp_path / "flat.dcm"
    write_dicom(path, pixels, pixel_pitch_mm=0.15)
    with path.open("ab") as stream:  # what follows the pixel data is a private element
        stream.write(element(0x7FE10011, "OB", length=LARGE))
        stream.truncate(stream.tell() + LARGE)
    (scored,) = score_paths([path])
    assert {outcome.kind for outcome in scored.outcomes} >= {"measured"}


def test_second_run_over_large_objects_looks_at_none(tmp_path, tmp_path_factory):
    sparse(tmp_path / "large.dcm", *FILES["CT volume"])
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'qa.db'}"
    first, again = (xrayiq.run(tmp_path, url, client=ThreadPoolExecutor(1)) for _ in range(2))
    assert (first.files, first.unchanged, first.file_counts) == (2, 0, {"object": 1, "duplicate": 1})
    assert (again.files, again.unchanged, again.new_outcomes) == (2, 2, 0)


@pytest.mark.slow
def test_object_of_many_gigabytes_is_told_by_its_header(tmp_path):
    half = 5 * 2**29
    start = beginning(MPEG4, modality=b"XC") + element(0x7FE00010, "OB", item(0) + item(half), UNDEFINED)
    path = sparse(tmp_path / "large.dcm", start, b"", half)
    with path.open("r+b") as stream:
        stream.seek(0, os.SEEK_END)
        stream.write(item(half))
        stream.seek(half, os.SEEK_CUR)
        stream.write(END)
    scored = scored_in_little_memory(path)
    assert [(outcome.kind, outcome.reason) for outcome in scored.outcomes] == [("not_measurable", "not_an_xray_image")]
