"""What cannot be written is named, as whoever runs a command chose its place; what cannot be read is not."""

import io
import os
import sys
from pathlib import Path

import pytest

import xrayiq.batch
from xrayiq.cli import main


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Exit code and message of a command that is refused."""
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(tmp_path / "person.key"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "text.txt").write_text("no image")
    (tmp_path / "taken").write_text("a file")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["xrayiq", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "archive", "--log", "archive"], "archive: cannot be written (is a directory)"),
        (["run", "archive", "--log", "taken/log"], "log: cannot be written (not a directory)"),
        (["simulate", "taken/sub", "--bulk", "1"], "sub: cannot be written (not a directory)"),
        (["demo", "taken"], "taken: cannot be written (file exists)"),
        (["inspect", "archive", "--html", "x" * 250 + ".html"], "cannot be written (file name too long)"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="other systems say it otherwise")
def test_place_that_cannot_be_written_is_named(arguments, message, refused):
    code, said = refused(*arguments)
    assert f"{message}; needed a place to write" in said
    assert code == 2


def test_list_that_cannot_be_read_is_no_place_to_write(refused, monkeypatch):
    end, start = os.pipe()
    with os.fdopen(end), io.TextIOWrapper(io.BufferedReader(io.FileIO(start))) as paths:  # it can be written to only
        monkeypatch.setattr(sys, "stdin", paths)
        code, said = refused("run", "-", "--workers", "1")
    assert (
        said == "xrayiq: the system refuses to read or write (bad file descriptor); set XRAYIQ_DEBUG=1 to see where\n"
    )
    assert code == 4


def test_file_of_an_archive_is_not_named_where_reading_fails(refused, monkeypatch):
    def fail(*_, **__):
        Path("archive/Doe^Jane.dcm").read_bytes()  # as a file that is gone between two looks

    monkeypatch.setattr(xrayiq.batch, "score_paths", fail)
    code, said = refused("score", "archive")
    assert "no such file or directory" in said
    assert "Doe" not in said
    assert code == 4
