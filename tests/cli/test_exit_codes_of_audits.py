"""Exit codes of `xrayiq audit`, by the real path: 3 where nothing is found because an image could not be measured."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pydicom
import pytest
from bad_input_archive import Archive
from command_line import xrayiq

from xrayiq import run
from xrayiq.procedures.unmeasured_images import READ_BY_AUDITS

START = datetime.datetime(2026, 3, 2, 9, 0, 10)
AUDITS = [name.replace("image_quality", "quality") for name in READ_BY_AUDITS]
#: no reject is told at all, which is a finding
FOUND = ("repeats",)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store of a sound image, and of one of the next day whose pixels are cut off."""
    folder = tmp_path_factory.mktemp("exit codes")
    archive = Archive(folder / "archive")
    archive.image("ROOM", START)
    archive.image("ROOM", START + datetime.timedelta(days=1))
    last = max((folder / "archive").iterdir())
    broken = pydicom.dcmread(last)
    broken.PixelData = broken.PixelData[: len(broken.PixelData) // 2]
    broken.save_as(last)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with ThreadPoolExecutor(1) as here:  # no time is lost on starting other processes
            summary = run(folder / "archive", f"sqlite:///{folder / 'xrayiq.db'}", client=here)
    assert summary.exit_code == 3
    return folder


@pytest.mark.parametrize("audit", AUDITS)
def test_an_image_that_should_have_been_measured_gives_3_unless_something_is_found(folder: Path, audit: str) -> None:
    said = xrayiq("audit", audit, "--dry-run", "--format", "json", folder=folder)
    assert said.returncode == (1 if audit in FOUND else 3), said
    told = "nothing found, but 1 image of patients should have been measured and could not be"
    assert (told in said.stderr) == (said.returncode == 3)


def test_days_whose_images_were_all_measured_give_0(folder: Path) -> None:
    assert xrayiq("audit", "exposure", "--dry-run", "--to", "2026-03-02", folder=folder).returncode == 0
