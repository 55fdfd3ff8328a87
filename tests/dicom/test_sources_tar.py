"""Tar files are read in place, compressed ones forwards; Python's own tarfile writes the truth."""

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc

import pytest

from xrayiq.dicom import FolderSource, scan_folder
from xrayiq.dicom.sources import entry_names

BIG = bytes(range(256)) * 1200  # 300 kB: more than any block that is read at a time
SPREAD = bytes(value * value % 251 for value in range(100_000))
KINDS = ("tar", "tar.gz", "tar.bz2", "tar.xz")


def write_tar(path, entries, *, kind="tar", form=tarfile.GNU_FORMAT):
    with tarfile.open(path, f"w:{kind[4:]}", format=form) as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def write_special(path, *types):
    """One member without content of each type, then a sound one."""
    with tarfile.open(path, "w") as archive:
        for kind in types:
            info = tarfile.TarInfo(f"special{kind.decode()}")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("sound"))


def read(file):
    with file.open() as stream:
        return stream.read()


@pytest.mark.parametrize("kind", KINDS)
def test_members_come_as_files_with_their_content(tmp_path, kind):
    entries = {"study/IM1": BIG, "study/IM2": b"", "IM3": SPREAD, "./deep//er/IM4": b"four"}
    write_tar(tmp_path / f"a.{kind}", entries.items(), kind=kind)
    found = list(scan_folder(tmp_path))
    names = ("study/IM1", "study/IM2", "IM3", "deep/er/IM4")
    assert [file.relative_path for file in found] == [f"a.{kind}/{name}" for name in names]
    assert [read(file) for file in found] == list(entries.values())
    assert [read(file) for file in reversed(found)] == list(entries.values())[::-1]


@pytest.mark.parametrize("kind", KINDS)
def test_members_are_found_by_their_path(tmp_path, kind):
    write_tar(tmp_path / f"a.{kind}", [("IM1", b"1"), ("x/IM2", SPREAD), ("../IM3", b"3")], kind=kind)
    source = FolderSource(tmp_path)
    first, second, refused = source.files()
    assert [source.find(file.relative_path) for file in (second, first)] == [second, first]
    assert source.find(refused.relative_path) is None
    assert source.find(f"a.{kind}/none") is None
    assert source.count() == (3 if kind == "tar" else None)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_are_whole_in_every_format(tmp_path, form):
    name = "/".join(["a_long_folder_name_of_a_patient"] * 5 + ["IM1"])
    write_tar(tmp_path / "a.tar", [(name, b"1"), ("IM2", b"2")], form=form)
    assert [file.relative_path for file in scan_folder(tmp_path)] == [f"a.tar/{name}", "a.tar/IM2"]
    assert [read(file) for file in scan_folder(tmp_path)] == [b"1", b"2"]


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../evil", "C:/evil", "..\\evil", "a\x07"])
def test_name_that_is_dangerous_is_refused_and_told(tmp_path, name):
    write_tar(tmp_path / "a.tar", [("IM1", b"1"), (name, b"2"), ("IM3", b"3")])
    found = list(scan_folder(tmp_path))
    assert [bool(file.problem) for file in found] == [False, True, False]
    assert found[1].relative_path.endswith(" [entry 2]")
    assert ".." not in found[1].relative_path.split("/")
    assert found[1].reason == "refused_entry"


def test_members_of_one_name_are_all_kept_apart(tmp_path):
    write_tar(tmp_path / "a.tar", [("IM1", b"first"), ("./IM1", b"second"), ("IM1", b"third")])
    found = {file.relative_path: read(file) for file in scan_folder(tmp_path)}
    assert found == {"a.tar/IM1": b"first", "a.tar/IM1 [entry 2]": b"second", "a.tar/IM1 [entry 3]": b"third"}


def test_links_devices_and_archives_are_refused(tmp_path):
    write_special(tmp_path / "a.tar", tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE)
    write_tar(tmp_path / "b.tar", [("inner.zip", b"PK")])
    assert [file.problem for file in scan_folder(tmp_path)] == [
        "it is a link",
        "it is a link",
        "it is no regular file",
        "it is no regular file",
        "",
        "it is an archive inside an archive: unpack the outer one",
    ]


def test_sparse_member_is_refused_and_the_next_is_read(tmp_path):
    info = tarfile.TarInfo("sparse")
    info.size = 512
    info.pax_headers = {"GNU.sparse.map": "0,512", "GNU.sparse.size": "1000000"}
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(bytes(512)))
        info = tarfile.TarInfo("next")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"next"))
    sparse, following = scan_folder(tmp_path)
    assert sparse.problem == "it is a sparse file: pack it without holes"
    assert read(following) == b"next"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.999])
def test_cut_archive_gives_what_it_holds_and_is_told(tmp_path, kind, kept):
    plain = tmp_path / "plain"
    write_tar(plain, [(f"IM{number}", SPREAD) for number in range(3)])
    content = plain.read_bytes()
    plain.unlink()
    content = content[: int(len(content) * kept) if kept < 0.9 else 3 * (512 + 100_352)]
    pack = {"tar": bytes, "tar.gz": gzip.compress, "tar.bz2": bz2.compress, "tar.xz": lzma.compress}[kind]
    (tmp_path / f"a.{kind}").write_bytes(pack(content))
    found = list(scan_folder(tmp_path))
    assert (found[-1].relative_path, found[-1].reason) == (f"a.{kind}", "damaged_archive")
    assert "cut" in found[-1].problem
    whole = int(len(content) / (512 + 100_352))
    assert [read(file) for file in found[:whole]] == [SPREAD] * whole
    for file in found[whole:-1]:
        with pytest.raises(OSError, match="ends before"):
            read(file)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_compressed_file_that_is_cut_or_damaged_is_told(tmp_path, kind):
    write_tar(tmp_path / f"a.{kind}", [(f"IM{number}", SPREAD[number:]) for number in range(9)], kind=kind)
    content = (tmp_path / f"a.{kind}").read_bytes()
    (tmp_path / f"a.{kind}").write_bytes(content[: len(content) // 2])
    assert list(scan_folder(tmp_path))[-1].reason == "damaged_archive"
    (tmp_path / f"a.{kind}").write_bytes(content[:100] + b"\xff" * 99 + content[199:])
    assert list(scan_folder(tmp_path))[-1].reason == "damaged_archive"


def test_archive_in_several_compressed_parts_is_read_to_its_end(tmp_path):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for number in range(3):
            info = tarfile.TarInfo(f"IM{number}")
            info.size = len(SPREAD)
            archive.addfile(info, io.BytesIO(SPREAD))
    content = plain.getvalue()
    for kind, pack in (("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)):
        (tmp_path / f"a.tar.{kind}").write_bytes(pack(content[:150_000]) + pack(content[150_000:]))
    assert [read(file) for file in scan_folder(tmp_path)] == [SPREAD] * 9


def test_header_mangled_in_the_middle_is_told(tmp_path):
    write_tar(tmp_path / "a.tar", [("IM1", b"1"), ("IM2", b"2"), ("IM3", b"3")])
    content = bytearray((tmp_path / "a.tar").read_bytes())
    content[1024 + 100 : 1024 + 200] = b"\xff" * 100
    (tmp_path / "a.tar").write_bytes(content)
    found = list(scan_folder(tmp_path))
    assert [file.relative_path for file in found] == ["a.tar/IM1", "a.tar"]
    assert "damaged or cut after" in found[-1].problem


def test_text_and_empty_files_are_no_archives(tmp_path):
    (tmp_path / "text.tar").write_bytes(b"no archive at all " * 100)
    (tmp_path / "empty.tgz").write_bytes(b"")
    assert {file.reason for file in scan_folder(tmp_path)} == {"damaged_archive"}


def bomb(kind, header, zeros):
    """Compressed bytes of a tar that holds one member of zeros, made without holding it."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="w") if kind == "gz" else bz2.BZ2File(packed, "w") as stream:
        stream.write(header)
        for _ in range(zeros // 2**20):
            stream.write(bytes(2**20))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("kind", "type_"), [("gz", tarfile.REGTYPE), ("bz2", tarfile.REGTYPE), ("gz", tarfile.XHDTYPE)]
)
def test_compressed_bomb_is_stopped_with_little_memory(tmp_path, kind, type_):
    info = tarfile.TarInfo("bomb")
    info.size, info.type = 2**31, type_
    (tmp_path / f"a.tar.{kind}").write_bytes(bomb(kind, info.tobuf(), 2**28))
    tracemalloc.start()
    found = list(scan_folder(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found[-1].relative_path, found[-1].reason) == (f"a.tar.{kind}", "damaged_archive")
    assert "bomb" in found[-1].problem or "header of 2147483648 bytes" in found[-1].problem
    assert peak < 8_000_000


def test_endless_chain_of_name_headers_ends(tmp_path):
    info = tarfile.TarInfo("././@LongLink")
    info.size, info.type = 5, tarfile.GNUTYPE_LONGNAME
    header = info.tobuf() + b"name\0".ljust(512, b"\0")
    (tmp_path / "a.tar").write_bytes(header * 3000)
    (file,) = scan_folder(tmp_path)
    assert file.reason == "damaged_archive"


def test_header_that_leads_backwards_ends(tmp_path):
    write_tar(tmp_path / "a.tar", [("IM1", b"1"), ("IM2", b"2")])
    content = bytearray((tmp_path / "a.tar").read_bytes())
    header = bytearray(content[1024:1536])
    header[124:136] = b"\xff" * 10 + b"\xf4\x00"  # a size of -3072 in base 256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    content[1024:1536] = header
    (tmp_path / "a.tar").write_bytes(content)
    assert next(reversed(list(scan_folder(tmp_path)))).reason == "damaged_archive"


def test_first_member_comes_before_the_archive_has_been_read(tmp_path):
    write_tar(tmp_path / "a.tar.gz", [(f"IM{number}", SPREAD[number:]) for number in range(20)], kind="tar.gz")
    content = (tmp_path / "a.tar.gz").read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(content[: len(content) // 4])  # the rest is not there yet
    assert next(scan_folder(tmp_path)).relative_path == "a.tar.gz/IM0"


@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_memory_stays_flat_over_many_members(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(entry_names, "_RECENT_MAX", 256)  # names not yet packed, so that packing is seen
    write_tar(
        tmp_path / f"a.{kind}",
        ((f"series/{number:06d}/an_instance_of_a_usual_name", b"") for number in range(6000)),
        kind=kind,
    )
    list(scan_folder(tmp_path / f"a.{kind}"))  # what is loaded once
    tracemalloc.start()
    count = sum(1 for _ in scan_folder(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 6000
    assert peak < 900_000 + 24 * 6000  # blocks read; a number for each name, twice and sorted while they are packed
