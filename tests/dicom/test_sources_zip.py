"""Zip files are read in place, whole and never beyond what they declare; Python's own zipfile writes the truth."""

import io
import stat
import struct
import tracemalloc
import zipfile

import pytest

from xrayiq.dicom import FolderSource, scan_folder

BIG = bytes(range(256)) * 1200  # 300 kB: more than any block that is read at a time


def write_zip(path, entries, *, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)


def changed(path, old, new, *, last=False):
    """Replace bytes of a file, keeping its length."""
    content = path.read_bytes()
    place = content.rfind(old) if last else content.find(old)
    assert place >= 0
    assert len(old) == len(new)
    path.write_bytes(content[:place] + new + content[place + len(old) :])


def problems(path):
    return {file.relative_path: file.problem for file in scan_folder(path)}


def read(file):
    with file.open() as stream:
        return stream.read()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_entries_come_as_files_with_their_content(tmp_path, method):
    entries = {"inner/IM1": BIG, "inner/IM2": b"", "IM3": b"x" * 70_000, "./deep//er/IM4": b"four"}
    write_zip(tmp_path / "study.zip", entries.items(), method=method)
    found = {file.relative_path: file for file in scan_folder(tmp_path)}
    assert list(found) == ["study.zip/inner/IM1", "study.zip/inner/IM2", "study.zip/IM3", "study.zip/deep/er/IM4"]
    assert [read(file) for file in found.values()] == list(entries.values())
    assert [file.size for file in found.values()] == [len(content) for content in entries.values()]
    assert {file.mtime_ns for file in found.values()} == {(tmp_path / "study.zip").stat().st_mtime_ns}


def test_zip_given_alone_and_inside_a_folder_has_the_same_entries(tmp_path):
    (tmp_path / "sub").mkdir()
    write_zip(tmp_path / "sub" / "study.zip", [("a/IM1", b"1"), ("b/", b""), ("b/IM2", b"2")])
    assert list(problems(tmp_path / "sub" / "study.zip")) == ["study.zip/a/IM1", "study.zip/b/IM2"]
    source = FolderSource(tmp_path)
    files = list(source.files())
    assert source.count() == len(files) == 2
    assert [source.find(file.relative_path) for file in files] == files


def test_stream_can_be_sought_in_and_inflates_no_more_than_is_read(tmp_path):
    write_zip(tmp_path / "a.zip", [("IM1", bytes(50_000_000))])
    (file,) = scan_folder(tmp_path)
    tracemalloc.start()
    with file.open() as stream:
        assert stream.seek(0, io.SEEK_END) == 50_000_000
        stream.seek(100)
        assert stream.read(4) == bytes(4)
        assert stream.tell() == 104
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_zip64_and_bytes_before_the_archive_are_understood(tmp_path):
    with zipfile.ZipFile(tmp_path / "wide.zip", "w") as archive, archive.open("IM1", "w", force_zip64=True) as stream:
        stream.write(BIG)
    content = (tmp_path / "wide.zip").read_bytes()
    (tmp_path / "wide.zip").write_bytes(b"MZ self-extracting" + content)
    (file,) = scan_folder(tmp_path)
    assert read(file) == BIG


def test_directory_in_64_bits_is_understood(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)  # the limit above which zipfile writes one
    write_zip(tmp_path / "many.zip", [(f"IM{number}", b"%d" % number) for number in range(5)])
    assert b"PK\6\6" in (tmp_path / "many.zip").read_bytes()
    assert [read(file) for file in scan_folder(tmp_path)] == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../evil", "(..)/evil [entry 2]"),
        ("a/../../evil", "a/(..)/(..)/evil [entry 2]"),
        ("/etc/passwd", "etc/passwd [entry 2]"),
        ("C:/evil", "C:/evil [entry 2]"),
        ("..\\evil", "(..)/evil [entry 2]"),
        ("a\x1b[31m", "a?[31m [entry 2]"),
        ("n" * 1025, "n" * 256 + " [entry 2]"),
    ],
)
def test_name_that_is_dangerous_is_refused_and_told(tmp_path, name, shown):
    write_zip(tmp_path / "a.zip", [("IM1", b"1"), (name, b"2")])
    found = list(scan_folder(tmp_path))
    assert [file.relative_path for file in found] == ["a.zip/IM1", f"a.zip/{shown}"]
    assert found[0].problem == ""
    assert found[1].problem.startswith("its name ")
    assert found[1].reason == "refused_entry"
    assert FolderSource(tmp_path).find(f"a.zip/{shown}") is None
    assert FolderSource(tmp_path).find(f"a.zip/{name}") is None


def test_nothing_outside_the_root_is_found(tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "root").mkdir()
    source = FolderSource(tmp_path / "root")
    assert source.find("../secret") is None
    assert source.find(str(tmp_path / "secret")) is None


def test_entries_of_one_name_are_all_kept_apart(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        write_zip(
            tmp_path / "a.zip", [("IM1", b"first"), ("./IM1", b"second"), ("IM1", b"third"), ("x [entry 1]", b"4")]
        )
    found = {file.relative_path: read(file) for file in scan_folder(tmp_path)}
    assert found == {
        "a.zip/IM1 [entry 1]": b"first",
        "a.zip/IM1 [entry 2]": b"second",
        "a.zip/IM1 [entry 3]": b"third",
        "a.zip/x [entry 1] [entry 4]": b"4",
    }
    source = FolderSource(tmp_path)
    assert [source.find(path).relative_path for path in found] == list(found)
    assert source.find("a.zip/IM1") is None


def test_links_and_devices_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, kind in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("file", stat.S_IFREG)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (kind | 0o644) << 16
            archive.writestr(info, "/etc/passwd")
    assert list(problems(tmp_path).values()) == ["it is a symbolic link", "it is no regular file", ""]


def test_archive_inside_an_archive_is_told_and_left_closed(tmp_path):
    write_zip(tmp_path / "a.zip", [("inner.zip", b"PK"), ("more.tar.gz", b"")])
    assert set(problems(tmp_path).values()) == {"it is an archive inside an archive: unpack the outer one"}


@pytest.mark.parametrize(
    ("place", "value", "found"),
    [
        (8, b"\x01\x00", "it is encrypted"),
        (10, b"\x0e\x00", "its compression method 14 is not supported"),
        (24, struct.pack("<L", 2**31), "more than the 1073741824"),
        (24, struct.pack("<L", 2**29), "as decompression bombs do"),
    ],
    ids=["encrypted", "lzma", "too_large", "ratio"],
)
def test_entry_that_cannot_be_read_is_told_before_it_is_read(tmp_path, place, value, found):
    write_zip(tmp_path / "a.zip", [("IM1", bytes(1000))])
    content = bytearray((tmp_path / "a.zip").read_bytes())
    entry = content.find(b"PK\1\2")
    content[entry + place : entry + place + len(value)] = value
    (tmp_path / "a.zip").write_bytes(content)
    (file,) = scan_folder(tmp_path)
    assert found in file.problem


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize(
    ("declared", "found"),
    [(1000, "holds more than the 1000 bytes"), (40_000_000, "it ends after 30000000 of 40000000")],
)
def test_true_size_other_than_the_declared_one_stops_the_reading(tmp_path, method, declared, found):
    write_zip(tmp_path / "a.zip", [("IM1", bytes(30_000_000))], method=method)
    changed(tmp_path / "a.zip", struct.pack("<L", 30_000_000), struct.pack("<L", declared), last=True)
    (file,) = scan_folder(tmp_path)
    tracemalloc.start()
    with pytest.raises(OSError, match=found):
        read(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * declared + 4_000_000  # what was declared, not what it expands to


def test_damaged_content_is_told_by_its_checksum(tmp_path):
    write_zip(tmp_path / "a.zip", [("IM1", b"a radiograph")], method=zipfile.ZIP_STORED)
    changed(tmp_path / "a.zip", b"a radiograph", b"a Radiograph")
    (file,) = scan_folder(tmp_path)
    with pytest.raises(OSError, match="checksum"):
        read(file)


def test_damaged_compression_is_told(tmp_path):
    write_zip(tmp_path / "a.zip", [("IM1", BIG)])
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[40:60] = b"\xff" * 20
    (tmp_path / "a.zip").write_bytes(content)
    (file,) = scan_folder(tmp_path)
    with pytest.raises(OSError, match="compressed data are damaged"):
        read(file)


def test_entries_that_share_bytes_are_refused(tmp_path):
    write_zip(tmp_path / "a.zip", [("IM1", BIG), ("IM2", BIG), ("IM3", BIG)])
    content = bytearray((tmp_path / "a.zip").read_bytes())
    second = content.find(b"PK\1\2", content.find(b"PK\1\2") + 4)
    content[second + 42 : second + 46] = bytes(4)  # where its content begins: that of the first
    (tmp_path / "a.zip").write_bytes(content)
    shared = "it shares bytes of the archive with another entry, as decompression bombs do"
    assert problems(tmp_path) == {"a.zip/IM1": shared, "a.zip/IM2": shared, "a.zip/IM3": ""}


def test_damaged_zip_files_have_one_outcome_each(tmp_path):
    write_zip(tmp_path / "good.zip", [(f"IM{number}", b"x") for number in range(9)])
    good = (tmp_path / "good.zip").read_bytes()
    directory = good.find(b"PK\1\2")
    (tmp_path / "cut.zip").write_bytes(good[: directory + 100])
    (tmp_path / "hole.zip").write_bytes(good[: directory + 46] + bytes(30) + good[directory + 76 :])
    (tmp_path / "text.zip").write_bytes(b"no archive at all")
    (tmp_path / "empty.zip").write_bytes(b"")
    count = good[-14:-10]
    assert count == struct.pack("<2H", 9, 9)
    (tmp_path / "more.zip").write_bytes(good[:-14] + struct.pack("<2H", 99, 99) + good[-10:])
    found = {file.relative_path: file for file in scan_folder(tmp_path) if not file.relative_path.startswith("good")}
    assert set(found) == {"cut.zip", "hole.zip", "text.zip", "empty.zip", "more.zip"}
    assert {file.reason for file in found.values()} == {"damaged_archive"}
    assert found["cut.zip"].problem == "its directory is missing: the end of the archive is cut off"
    assert found["more.zip"].problem == "its directory holds 9 of 99 entries"
    assert FolderSource(tmp_path).count() == 9 + 5


def test_sound_archive_without_entries_gives_none(tmp_path):
    write_zip(tmp_path / "a.zip", [])
    assert problems(tmp_path) == {}


def test_archive_rewritten_after_the_walk_is_not_read_as_if_it_were_the_same(tmp_path):
    write_zip(tmp_path / "a.zip", [("IM1", b"before")])
    (file,) = scan_folder(tmp_path)
    write_zip(tmp_path / "a.zip", [("IM1", b"behind")])
    with pytest.raises(OSError, match="changed since"):
        file.open()


def test_names_in_old_encodings_read_back(tmp_path):
    write_zip(tmp_path / "a.zip", [("Größe/Müller", b"1")])
    changed(tmp_path / "a.zip", "ü".encode(), b"\xfc\xff", last=True)
    (file,) = scan_folder(tmp_path)
    assert file.relative_path == "a.zip/Größe/M\udcfc\udcffller"
    assert FolderSource(tmp_path).find(file.relative_path) == file


def test_memory_stays_flat_over_many_entries(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(8000):
            archive.writestr(f"series/{number:06d}/an_instance_of_a_usual_name_length", b"")
    tracemalloc.start()
    count = sum(1 for _ in scan_folder(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 8000
    assert peak < 300_000 + 80 * 8000  # blocks read, and up to ten numbers of eight bytes for each entry
