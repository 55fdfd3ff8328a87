"""Archives are walked as they are found, and nothing in them is lost."""

import hashlib
import os
import tracemalloc

import pytest

from xrayiq.dicom import FolderSource, scan_folder, stream_digest
from xrayiq.errors import InputError


def make_files(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_files_are_sorted_within_folders_with_their_size(tmp_path):
    make_files(tmp_path, "b.dcm", "a.dcm", "z/c.dcm", "m/x/d.dcm", "m/y.dcm")
    found = list(scan_folder(tmp_path))
    assert [file.relative_path for file in found] == ["a.dcm", "b.dcm", "m/y.dcm", "m/x/d.dcm", "z/c.dcm"]
    for file in found:
        assert file.size == len(file.relative_path)
        assert file.mtime_ns == file.path.stat().st_mtime_ns
        assert file.problem == ""


def test_first_file_comes_before_the_walk_ends(tmp_path):
    make_files(tmp_path, "a.dcm", "z/late.dcm")
    walk = scan_folder(tmp_path)
    assert next(walk).relative_path == "a.dcm"
    make_files(tmp_path, "z/later.dcm")
    assert [file.relative_path for file in walk] == ["z/late.dcm", "z/later.dcm"]


def test_folder_of_many_files_is_held_as_their_names_alone(tmp_path):
    count = 5000
    for number in range(count):
        (tmp_path / f"1.2.840.113619.2.203.4.2147483647.{number:010d}.dcm").touch()
    tracemalloc.start()
    next(scan_folder(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # each: 48 characters, 49 bytes of their string, 8 of its place in a list that grows by an eighth, 8 to sort it;
    # an entry of the system's listing is 300 bytes more
    assert peak < 130 * count + 50_000


def test_single_file_and_empty_folder(tmp_path):
    make_files(tmp_path, "one/only.dcm")
    (file,) = scan_folder(str(tmp_path / "one" / "only.dcm"))
    assert (file.relative_path, file.size) == ("only.dcm", len("one/only.dcm"))
    (tmp_path / "empty").mkdir()
    assert list(scan_folder(tmp_path / "empty")) == []


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match="no such folder or file"):
        scan_folder(tmp_path / "none")


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights on Windows")
def test_links_are_followed_once_and_loops_end(tmp_path):
    make_files(tmp_path, "real/a.dcm")
    (tmp_path / "real" / "loop").symlink_to(tmp_path)
    (tmp_path / "link.dcm").symlink_to(tmp_path / "real" / "a.dcm")
    (tmp_path / "broken.dcm").symlink_to(tmp_path / "gone.dcm")
    found = {file.relative_path: file for file in scan_folder(tmp_path)}
    assert set(found) == {"link.dcm", "broken.dcm", "real/a.dcm"}
    assert found["broken.dcm"].problem == "broken symbolic link"
    assert found["link.dcm"].problem == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_regular_file_is_told_and_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (file,) = scan_folder(tmp_path)
    assert file.problem == "not a regular file"


def test_folder_without_permission_is_told(tmp_path, monkeypatch):
    make_files(tmp_path, "open/a.dcm", "shut/b.dcm")
    listed = os.scandir

    def scandir(folder):
        if os.fspath(folder).endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr("os.scandir", scandir)
    found = {file.relative_path: file.problem for file in scan_folder(tmp_path)}
    assert found == {"open/a.dcm": "", "shut": "permission denied"}


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_name_that_is_no_text_can_be_stored(tmp_path):
    name = os.fsdecode(b"caf\xe9.dcm")
    (tmp_path / name).write_bytes(b"x")
    (file,) = scan_folder(tmp_path)
    assert FolderSource(tmp_path).find(file.relative_path) == file
    with file.open() as stream:
        assert stream.read() == b"x"


def test_digest_of_the_content(tmp_path):
    make_files(tmp_path, "a.dcm")
    (file,) = scan_folder(tmp_path)
    with file.open() as stream:
        assert stream_digest(stream) == "sha256:" + hashlib.sha256(b"a.dcm").hexdigest()
