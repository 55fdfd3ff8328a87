"""Files that are looked into as if they were folders, told by their names."""

from __future__ import annotations

from typing import Final

_TAR_ENDINGS: Final = {
    ".tar": "",
    ".tar.gz": "gz",
    ".tgz": "gz",
    ".tar.bz2": "bz2",
    ".tbz2": "bz2",
    ".tbz": "bz2",
    ".tar.xz": "xz",
    ".txz": "xz",
}


def is_zip_name(name: str) -> bool:
    """Whether a file of this name is looked into as a zip file."""
    return name.lower().endswith(".zip")


def tar_compression(name: str) -> str | None:
    """Compression of the tar file of this name, empty for none; None for a name of no tar file."""
    lower = name.lower()
    return next((kind for ending, kind in _TAR_ENDINGS.items() if lower.endswith(ending)), None)


def is_archive_name(name: str) -> bool:
    """Whether a file of this name is an archive of either kind."""
    return is_zip_name(name) or tar_compression(name) is not None
