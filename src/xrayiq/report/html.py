"""Templates to one self-contained page, and the page to its file."""

from __future__ import annotations

import os
import tempfile
from importlib import resources
from pathlib import Path

import jinja2

from xrayiq.errors import InputError, writing_to


def environment() -> jinja2.Environment:
    """Templates that escape every text and refuse a name that they are not given."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(packaged),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def packaged(name: str) -> str:
    """Text of a template or style of the package."""
    return resources.files("xrayiq.report").joinpath("templates", name).read_text(encoding="utf-8")


def write_page(path: str | Path, text: str) -> Path:
    """Write beside the target and put it in its place, so that nobody sees half a page.

    Raises
    ------
    InputError
        The folder of `path` does not exist or cannot be written to, or `path` is a folder.
    """
    return write_content(path, text.encode("utf-8"))


def write_content(path: str | Path, content: bytes) -> Path:
    """Write a file's content; see `write_page`."""
    target = Path(path)
    if target.is_dir() or not target.parent.is_dir():
        found = "is a folder" if target.is_dir() else f"lies in {target.parent.name!r}, which does not exist"
        raise InputError(f"report {target.name!r} {found}", needed="the name of a file in an existing folder")
    with writing_to(target):
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    return target
