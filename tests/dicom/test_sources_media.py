"""Media are read by their DICOMDIR, and lists of paths as they are written."""

import io
import os
import shutil
import threading
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from xrayiq.dicom import FolderSource, ListSource, MediaSource, open_source
from xrayiq.errors import InputError

REAL = Path(__file__).parents[3] / "shared" / "data" / "real" / "media"


def write_dicomdir(folder, references, *, unused=()):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    dataset.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.FileSetID = "SET"
    dataset.DirectoryRecordSequence = []
    for reference in (None, *references):
        record = Dataset()
        record.RecordInUseFlag = 0 if reference in unused else 0xFFFF
        record.DirectoryRecordType = "PATIENT" if reference is None else "IMAGE"
        if reference is not None:
            record.ReferencedFileID = list(reference)
        dataset.DirectoryRecordSequence.append(record)
    dataset.save_as(folder / "DICOMDIR", enforce_file_format=True)
    return folder / "DICOMDIR"


def make_files(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def test_files_come_in_the_order_of_the_directory(tmp_path):
    make_files(tmp_path, "A/IM1", "A/IM2", "B/IM1", "NOTMINE", "A/OLD")
    references = [("B", "IM1"), ("A", "OLD"), ("A", "IM2"), ("A", "IM1"), ("B", "IM1")]
    source = open_source(write_dicomdir(tmp_path, references, unused=[("A", "OLD")]))
    files = list(source.files())
    assert [file.relative_path for file in files] == ["B/IM1", "A/IM2", "A/IM1"]
    assert [source.find(file.relative_path) for file in files] == files
    assert source.count() == 3
    assert source.key == FolderSource(tmp_path).key


def test_single_component_and_lower_case_names_are_found(tmp_path):
    make_files(tmp_path, "im1", "disc/im2;1")
    source = MediaSource(write_dicomdir(tmp_path, [("IM1",), ("DISC", "IM2")]))
    assert [file.relative_path for file in source.files()] == ["im1", "disc/im2;1"]


@pytest.mark.filterwarnings("ignore:invalid value for VR:UserWarning")
def test_missing_files_and_places_outside_the_medium_are_told(tmp_path):
    make_files(tmp_path, "secret", "medium/IM1")
    root = tmp_path / "medium"
    (root / "LINK").symlink_to(tmp_path / "secret")
    references = [("IM1",), ("IM2",), ("..", "secret"), ("/etc/passwd",), ("A/../../secret",), ("LINK",)]
    found = list(MediaSource(write_dicomdir(root, references)).files())
    assert [file.problem.split(":")[0] for file in found] == [
        "",
        "the DICOMDIR refers to it, but it is not on the medium",
        *["the DICOMDIR refers to a place outside the medium"] * 4,
    ]
    assert not [file for file in found[2:] if file.path.exists() and file.path.is_file() and file.path.name != "LINK"]
    assert len({file.relative_path for file in found}) == 6


@pytest.mark.parametrize("kept", [0, 100, 200, 0.7])
def test_damaged_directory_has_an_outcome(tmp_path, kept):
    make_files(tmp_path, "IM1", "IM2")
    path = write_dicomdir(tmp_path, [("IM1",), ("IM2",)])
    content = path.read_bytes()
    path.write_bytes(content[: kept if kept > 1 else int(kept * len(content))])
    found = list(MediaSource(path).files())
    assert (found[-1].relative_path, found[-1].reason) == ("DICOMDIR", "damaged_archive")


@pytest.mark.skipif(not REAL.exists(), reason="real media are not here")
def test_real_medium_gives_its_files_and_tells_the_missing(tmp_path):
    found = list(open_source(REAL / "DICOMDIR").files())
    assert len(found) == 31
    assert sum(not file.problem for file in found) == 7


def test_list_walks_folders_and_tells_what_is_missing(tmp_path):
    make_files(tmp_path, "a/IM1", "a/b/IM2", "IM3", "with space\u00e9")
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "a")
    lines = [tmp_path / "IM3", "", tmp_path / "a", tmp_path / "none", "  ", tmp_path / "packed.zip"]
    lines += [tmp_path / "a" / ".." / "with space\u00e9"]
    text = "\r\n".join(str(line) for line in lines)  # the last without an end
    source = ListSource(io.BytesIO(os.fsencode(text)))
    files = list(source.files())
    below = [Path("/", file.relative_path).relative_to(tmp_path).as_posix() for file in files]
    packed = ["packed.zip/a/IM1", "packed.zip/a/b/IM2"]
    assert sorted(below) == sorted(["IM3", "a/IM1", "a/b/IM2", "none", *packed, "with space\u00e9"])
    assert {name for name, file in zip(below, files, strict=True) if file.problem} == {"none"}
    assert [source.find(file.relative_path) for file in files if not file.problem] == [
        f for f in files if not f.problem
    ]
    assert source.count() is None


def test_paths_may_be_ended_by_nul_and_hold_line_breaks(tmp_path):
    make_files(tmp_path, "one\ntwo", "three")
    content = b"\0".join(os.fsencode(tmp_path / name) for name in ("one\ntwo", "three")) + b"\0"
    names = [file.path.name for file in ListSource(io.BytesIO(content)).files()]
    assert names == ["one\ntwo", "three"]


def test_relative_paths_of_any_folder_are_the_same_file(tmp_path, monkeypatch):
    make_files(tmp_path, "a/IM1")
    found = []
    for folder, path in ((tmp_path, b"a/IM1"), (tmp_path / "a", b"./IM1\n")):
        monkeypatch.chdir(folder)
        source = ListSource(io.BytesIO(path))
        found.append((source.key, next(source.files())))
    assert found[0] == found[1]


def test_first_file_comes_before_the_list_has_ended(tmp_path):
    make_files(tmp_path, "IM1")
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", buffering=0) as list_writer:
        list_writer.write(os.fsencode(tmp_path / "IM1") + b"\n")
        found = []
        taking = threading.Thread(target=lambda: found.append(next(ListSource(stream).files())), daemon=True)
        taking.start()
        taking.join(5.0)
        assert [file.path.name for file in found] == ["IM1"]


def test_line_without_end_is_not_kept(tmp_path):
    (file,) = ListSource(io.BytesIO(b"x" * 1_000_000)).files()
    assert file.problem == "file name too long"


def test_place_that_is_not_there_is_named_without_its_folders(tmp_path):
    with pytest.raises(InputError, match=r"^archive 'none' does not exist; needed a folder, a file, a zip or tar"):
        open_source(tmp_path / "Canary^Folder" / "none")
