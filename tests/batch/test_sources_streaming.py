"""Trees with links, folders that cannot be read, files that change meanwhile: nothing is lost, read twice or kept."""

import io
import os
import subprocess
import sys
import tempfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import xrayiq
from xrayiq.batch import score_paths
from xrayiq.dicom import FolderSource, SourceFile, open_source, scan_folder
from xrayiq_phantoms import Detector, simulate_flat, write_dicom

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs symbolic links and permissions of POSIX")


@pytest.fixture(scope="module")
def flat():
    target = io.BytesIO()
    pixels = simulate_flat(Detector(pixel_pitch_mm=0.3), shape=(300, 300), kerma_ugy=2.5, seed=1).pixels
    write_dicom(None, pixels, pixel_pitch_mm=0.3).save_as(target, enforce_file_format=True)
    return target.getvalue()


def run(source, url):
    with ThreadPoolExecutor(1) as client:
        return xrayiq.run(source, url, client=client)


@POSIX
def test_links_out_of_the_root_are_followed_to_files_and_folders_once(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    root.mkdir()
    (outside / "one").write_bytes(b"1")
    (outside / "deep" / "two").write_bytes(b"2")
    (outside / "deep" / "back").symlink_to(root)
    (root / "a").symlink_to(outside)
    (root / "b").symlink_to(outside)
    (root / "c").symlink_to(outside / "one")
    (root / "self").symlink_to("self")
    found = {file.relative_path: file for file in scan_folder(root)}
    assert set(found) == {"c", "self", "a/one", "a/deep/two"}
    assert found["c"].problem == ""
    assert found["self"].problem == "too many levels of symbolic links"
    assert FolderSource(root).count() == 4


@POSIX
def test_folder_without_permission_is_told_and_the_others_are_read(tmp_path):
    for name in ("open", "shut"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one").write_bytes(b"1")
    (tmp_path / "shut").chmod(0)
    tmp_path.chmod(0o755)
    listing = "import sys; from xrayiq.dicom import scan_folder\n"
    listing += "for file in scan_folder(sys.argv[1]): print(file.relative_path, file.problem, sep='|')"
    # root may read everything, so the listing is made by nobody else than 'nobody'
    start = "import os, sys; os.setgid(65534); os.setuid(65534)\n" if os.geteuid() == 0 else ""
    preload = "import sys, xrayiq.dicom.sources\n"
    for folder in tmp_path.parents:
        if os.geteuid() == 0 and Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run(
        [sys.executable, "-c", preload + start + listing, str(tmp_path)], capture_output=True, text=True, check=False
    )
    (tmp_path / "shut").chmod(0o700)
    assert done.stdout.splitlines() == ["open/one|", "shut|permission denied"], done.stderr


class Walk:
    """A folder in which something happens behind the walk's back, as soon as a file has been found."""

    def __init__(self, folder, happens):
        self._source = FolderSource(folder)
        self._happens = happens
        self.key = self._source.key
        self.find, self.count = self._source.find, self._source.count

    def files(self):
        for file in self._source.files():
            self._happens(file.path)
            yield file


def test_file_that_is_still_being_written_is_an_error_until_it_is_whole(flat, tmp_path):
    folder, url = tmp_path / "archive", f"sqlite:///{tmp_path / 'qa.db'}"
    folder.mkdir()
    path = folder / "flat.dcm"
    path.write_bytes(flat[: len(flat) // 2])
    first = run(folder, url)
    assert first.outcome_counts == {"error": 1}
    path.write_bytes(flat)
    second = run(folder, url)
    assert second.unchanged == 0
    assert second.outcome_counts.get("error", 0) == 0
    assert second.outcome_counts["measured"] >= 1
    assert run(folder, url).unchanged == 1


@pytest.mark.parametrize("same_size", [False, True], ids=["grown", "filled in"])
def test_file_that_changes_between_walk_and_reading_is_looked_at_again(same_size, flat, tmp_path):
    folder, url = tmp_path / "archive", f"sqlite:///{tmp_path / 'qa.db'}"
    folder.mkdir()
    path = folder / "flat.dcm"
    half = flat[: len(flat) // 2]

    def written_on(found):
        found.write_bytes(half + bytes(len(flat) - len(half)) if same_size else flat[:-100])

    path.write_bytes(half + bytes(len(flat) - len(half) - 1) + b"\1" if same_size else half)
    os.utime(path, ns=(1, 1))
    run(Walk(folder, written_on), url)
    path.write_bytes(flat)
    last = run(folder, url)
    assert last.unchanged == 0
    assert last.outcome_counts == run_once(flat, tmp_path)


def run_once(flat, folder):
    (folder / "alone").mkdir()
    (folder / "alone" / "flat.dcm").write_bytes(flat)
    return run(folder / "alone", f"sqlite:///{folder / 'alone.db'}").outcome_counts


def test_file_that_is_gone_after_the_walk_has_an_outcome(flat, tmp_path):
    folder, url = tmp_path / "archive", f"sqlite:///{tmp_path / 'qa.db'}"
    folder.mkdir()
    (folder / "a.dcm").write_bytes(flat)
    summary = run(Walk(folder, lambda found: found.unlink()), url)
    assert (summary.files, summary.file_counts, summary.outcome_counts) == (1, {"unreadable": 1}, {"error": 1})


def test_first_result_comes_before_the_walk_has_ended(flat, tmp_path):
    for number in range(3):
        (tmp_path / f"folder{number}").mkdir()
        (tmp_path / f"folder{number}" / "flat.dcm").write_bytes(flat)
    scored = score_paths([tmp_path])
    assert next(scored).name == "flat.dcm"
    (tmp_path / "folder2" / "late.dcm").write_bytes(flat)
    assert [file.entry.relative_path for file in scored][-1] == "folder2/late.dcm"


def test_run_has_its_first_result_before_the_walk_has_ended(flat, tmp_path):
    order = []

    class Endless:
        key = "endless"
        find = count = staticmethod(lambda *_: None)

        def files(self):
            path = tmp_path / "flat.dcm"
            path.write_bytes(flat)
            for number in range(400):
                order.append("found")
                yield SourceFile(path=path, relative_path=f"{number}.dcm", problem="gone")

    with ThreadPoolExecutor(1) as client:
        url = f"sqlite:///{tmp_path / 'qa.db'}"
        xrayiq.run(Endless(), url, client=client, progress=lambda _: order.append("done"))
    assert order.count("done") == 400
    # files are looked up a hundred at a time, and 64 tasks are handed out ahead
    assert order.index("done") <= 200


@pytest.mark.parametrize("count", [2000, 8000])
def test_memory_of_a_walk_does_not_grow_with_the_files(count, tmp_path):
    for number in range(count):
        folder = tmp_path / f"{number // 100:04d}"
        if number % 100 == 0:
            folder.mkdir()
        (folder / f"{number:06d}").touch()
    held = [sys.intern(f"{number:06d}") for number in range(count)]  # paths intern their parts in a table that grows
    tracemalloc.start()
    found = sum(1 for _ in scan_folder(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == len(held)
    # the entries of one folder, and the place and identity of every folder, of which there is one in a hundred files
    assert peak < 300_000 + 1000 * count // 100


def test_paths_on_standard_input_are_a_list(flat, tmp_path):
    (tmp_path / "flat.dcm").write_bytes(flat)
    script = "import sys; from xrayiq.dicom import open_source\n"
    script += "for file in open_source('-').files(): print(file.path.name, file.problem, sep='|')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=f"{tmp_path / 'flat.dcm'}\n{tmp_path / 'none'}\n".encode(),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().split("\n")[:2] == ["flat.dcm|", "none|no such file or directory"]
    assert open_source("-").count() is None
