"""Tables of kerma beside the images of an archive."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from xrayiq.dicom import Source, SourceFile
from xrayiq.errors import InputError
from xrayiq.procedures import TABLE_NAME, KermaRow, read_kerma_table


@dataclass(slots=True, kw_only=True)
class KermaTables:
    """Tables of kerma beside the images of an archive, each read once.

    Parameters
    ----------
    source : Source
        The archive.
    """

    source: Source
    _known: dict[PurePosixPath, tuple[tuple[KermaRow, ...], str]] = field(default_factory=dict)

    def beside(self, relative_path: str) -> tuple[tuple[KermaRow, ...], str]:
        """Rows of the table in the folder of a file, or in the nearest folder above that has one; and what is wrong."""
        for folder in PurePosixPath(relative_path).parents:
            rows, problem = self._read(folder)
            if rows or problem:
                return rows, problem
        return (), ""

    def _read(self, folder: PurePosixPath) -> tuple[tuple[KermaRow, ...], str]:
        if folder not in self._known:
            rows: tuple[KermaRow, ...] = ()
            problem = ""
            try:
                rows = read_table(self.source.find(str(folder / TABLE_NAME)))
            except InputError as error:
                problem = error.explanation
            self._known[folder] = rows, problem
        return self._known[folder]


def read_table(file: SourceFile | None) -> tuple[KermaRow, ...]:
    """Rows of a kerma table; none where there is no file.

    Raises
    ------
    InputError
        The table cannot be used.
    """
    if file is None:
        return ()
    try:
        with file.open() as stream:
            content = stream.read()
    except OSError as error:
        raise InputError(f"{TABLE_NAME} cannot be read ({error.strerror})", needed="a table of kerma") from error
    with contextlib.suppress(UnicodeDecodeError):
        return read_kerma_table(content.decode("utf-8-sig"))
    return read_kerma_table(content.decode("latin-1"))
