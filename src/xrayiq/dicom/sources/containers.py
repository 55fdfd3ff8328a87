"""Zip and tar files looked into as if they were folders."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from xrayiq.dicom.sources.archive_names import is_archive_name, is_zip_name, tar_compression
from xrayiq.dicom.sources.source import SourceFile
from xrayiq.dicom.sources.tarred import find_in_tar, scan_tar
from xrayiq.dicom.sources.zipped import count_in_zip, find_in_zip, scan_zip


def looked_into(file: SourceFile) -> Iterator[SourceFile]:
    """The file itself, or what lies in it where it is a zip or tar file.

    Parameters
    ----------
    file : SourceFile
        A file of a folder.

    Yields
    ------
    SourceFile
        Where the zip or tar file is damaged, it comes itself, after what could be read, with its `problem`.
    """
    name = file.path.name
    if file.problem or not is_archive_name(name):
        yield file
        return
    try:
        yield from scan_zip(file) if is_zip_name(name) else scan_tar(file)
    except OSError as error:
        problem = (error.strerror or "it cannot be read").lower()
        yield dataclasses.replace(file, problem=problem, reason="damaged_archive")


def find_inside(file: SourceFile, name: str) -> SourceFile | None:
    """The file at a path inside a zip or tar file that `looked_into` gave, None where there is none to read."""
    try:
        found = find_in_zip(file, name) if is_zip_name(file.path.name) else find_in_tar(file, name)
    except OSError:
        return None
    return None if found is None or found.problem else found


def count_inside(file: SourceFile) -> int | None:
    """Number of files that `looked_into` gives; None where it cannot be told without decompressing all."""
    if tar_compression(file.path.name):
        return None
    if is_zip_name(file.path.name) and not file.problem:
        try:
            return count_in_zip(file)
        except OSError:
            return 1
    return sum(1 for _ in looked_into(file))
