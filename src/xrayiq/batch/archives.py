"""The archives that a run is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xrayiq.dicom import Source, open_source
from xrayiq.errors import InputError

Archive = str | Path | Source


def sources_of(archive: Archive | Sequence[Archive]) -> list[Source]:
    """Open one archive or several.

    Parameters
    ----------
    archive : path, Source, or sequence of them
        Folders, files, zip or tar archives, a DICOMDIR, or ``-`` for a list of paths on standard input.

    Returns
    -------
    list of Source
        At least one.

    Raises
    ------
    InputError
        A path does not exist, or there is none.
    """
    given = [archive] if isinstance(archive, (str, Path)) or not isinstance(archive, Sequence) else archive
    sources = [open_source(each) if isinstance(each, (str, Path)) else each for each in given]
    if not sources:
        raise InputError("no archive", needed="a folder or file")
    return sources
