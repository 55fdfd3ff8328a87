"""Which kind of archive a place is."""

from __future__ import annotations

import sys
from pathlib import Path

from xrayiq.dicom.elements import clean_text
from xrayiq.dicom.sources.folder import FolderSource
from xrayiq.dicom.sources.listed import ListSource
from xrayiq.dicom.sources.media import MediaSource, is_media_directory
from xrayiq.dicom.sources.source import Source
from xrayiq.errors import InputError


def open_source(place: str | Path) -> Source:
    """The archive at a place.

    Parameters
    ----------
    place : path
        A folder, a file, a zip or tar file, a DICOMDIR (the files that it refers to), or ``-`` for a list of paths on
        standard input.

    Returns
    -------
    Source
        Its files, as they are found.

    Raises
    ------
    InputError
        There is nothing at this place.
    """
    if str(place) == "-":
        return ListSource(sys.stdin.buffer)
    path = Path(place)
    try:
        found = path.exists()
    except OSError:
        found = False
    if not found:
        raise InputError(
            f"archive {clean_text(path.name, 255)!r} does not exist",
            needed="a folder, a file, a zip or tar archive, a DICOMDIR, or - for a list of paths",
        )
    return MediaSource(path) if path.is_file() and is_media_directory(path) else FolderSource(path)
