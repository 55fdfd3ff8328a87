"""The command line, called in the process of the test."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from xrayiq.cli import main


@dataclass(frozen=True)
class Said:
    """What a command wrote, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def xrayiq(*arguments, folder=None, columns=200):
    """Give a command as a person does, in a folder; only the start of Python is left out."""
    out, err, code = io.StringIO(), io.StringIO(), None
    key_file = Path(folder or "/tmp") / "person.key"  # noqa: S108 - read only by run
    with (
        mock.patch.object(sys, "argv", ["xrayiq", *map(str, arguments)]),
        mock.patch.dict(os.environ, {"COLUMNS": str(columns), "XRAYIQ_KEY_FILE": str(key_file)}),
        contextlib.chdir(folder or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as left:
            code = left.code
    return Said(returncode=code or 0, stdout=out.getvalue(), stderr=err.getvalue())
