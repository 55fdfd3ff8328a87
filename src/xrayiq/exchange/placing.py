"""Files that come into their place when they are whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from xrayiq.errors import InputError, writing_to

_FILE_MODE = 0o644


@contextlib.contextmanager
def placed_file(target: Path) -> Iterator[Path]:
    """Temporary file beside a target, which takes its place when the block ends well.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    InputError
        The folder does not exist, the target is a folder, or the system refuses to write.
    """
    if target.is_dir() or not target.parent.is_dir():
        found = "is a folder" if target.is_dir() else f"lies in {target.parent.name!r}, which does not exist"
        raise InputError(f"{target.name!r} {found}", needed="the name of a file in an existing folder")
    with writing_to(target):
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        os.close(descriptor)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(_FILE_MODE)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def placed_folder(target: Path) -> Iterator[Path]:
    """Temporary folder beside a target, whose files are moved into the target when the block ends well.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    InputError
        The folder above does not exist, the target is a file, or the system refuses to write.
    """
    if target.exists() and not target.is_dir():
        raise InputError(f"{target.name!r} is a file", needed="a folder")
    if not target.parent.is_dir():
        raise InputError(f"{target.name!r} lies in {target.parent.name!r}, which does not exist")
    with writing_to(target):
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part"))
        try:
            yield temporary
            target.mkdir(exist_ok=True)
            for file in sorted(temporary.iterdir()):
                file.chmod(_FILE_MODE)
                file.replace(target / file.name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
