"""Media with a DICOMDIR: the files that it refers to (DICOM PS3.3, F.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from pydicom.dataset import Dataset
from pydicom.filebase import DicomFileLike
from pydicom.filereader import read_dataset, read_preamble, read_sequence_item
from pydicom.tag import BaseTag

from xrayiq.dicom.elements import Elements
from xrayiq.dicom.faults import PARSE_ERRORS
from xrayiq.dicom.sources.entry_names import SeenNames, name_problem, numbered_name
from xrayiq.dicom.sources.entry_streams import damaged
from xrayiq.dicom.sources.folder import find_below, source_file
from xrayiq.dicom.sources.source import SourceFile, place_key

_RECORDS: Final = BaseTag(0x00041220)
_OUT_OF_USE: Final = 0
_MISSING: Final = "the DICOMDIR refers to it, but it is not on the medium"
_ELSEWHERE: Final = "the DICOMDIR refers to a place outside the medium"


@dataclass(frozen=True, slots=True)
class MediaSource:
    """The files that a DICOMDIR refers to, in its order.

    Parameters
    ----------
    directory : Path
        The DICOMDIR; its folder is the root of the medium.
    """

    directory: Path

    @property
    def key(self) -> str:
        """Digest of the medium's place, the same as that of its folder."""
        return place_key(self.directory.parent)

    def files(self) -> Iterator[SourceFile]:
        """Every file referred to, once.

        Yields
        ------
        SourceFile
            A file that is missing and a reference that leads out of the medium come with their `problem`; so does
            the DICOMDIR itself, after what could be read, where it is damaged. Records out of use are left out.
        """
        seen = SeenNames()
        try:
            with self.directory.open("rb") as stream:
                for number, record in enumerate(_records(stream), 1):
                    parts = _file_id(record)
                    if parts and not seen.add("/".join(parts)):
                        yield self._file(parts, number)
        except OSError as error:
            found = source_file(self.directory, self.directory.parent)
            problem = (error.strerror or "it cannot be read").lower()
            yield SourceFile(
                path=self.directory, relative_path=found.relative_path, problem=problem, reason="damaged_archive"
            )

    def find(self, relative_path: str) -> SourceFile | None:
        """The file at a path of the medium, None where there is no regular file."""
        return find_below(self.directory.parent, relative_path)

    def count(self) -> int:
        """Number of files referred to."""
        return sum(1 for _ in self.files())

    def _file(self, parts: list[str], number: int) -> SourceFile:
        root = self.directory.parent
        name = "/".join(parts)
        problem = name_problem(name) or ("its name holds a slash" if any("/" in part for part in parts) else "")
        path = root if problem else _as_written(root, parts)
        if problem or not path.resolve().is_relative_to(root.resolve()):
            return SourceFile(
                path=path,
                relative_path=numbered_name(name, number),
                problem=f"{_ELSEWHERE}: {problem}" if problem else _ELSEWHERE,
                reason="refused_entry",
            )
        found = source_file(path, root)
        if not found.problem:
            return found
        return SourceFile(path=path, relative_path=found.relative_path, problem=_MISSING)


def is_media_directory(path: Path) -> bool:
    """Whether a file is the directory of a medium, by its name."""
    return path.name.upper() == "DICOMDIR"


def _records(stream: BinaryIO) -> Iterator[Dataset]:
    """Directory records one by one, as they stand in the file.

    Raises
    ------
    OSError
        It is no DICOMDIR, or damaged.
    """
    reader = cast(BinaryIO, DicomFileLike(stream))
    try:
        read_preamble(stream, force=False)
        read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag == _RECORDS)
        head = stream.read(12)
        if head[:4] != b"\x04\x00\x20\x12":
            raise damaged("the DICOMDIR has no directory records")
        length = int.from_bytes(head[8:], "little")
        end = None if length == 0xFFFFFFFF else stream.tell() + length
        while (end is None or stream.tell() < end) and (
            record := read_sequence_item(reader, False, True, "iso8859")
        ) is not None:
            yield record
    except PARSE_ERRORS:
        raise damaged("the DICOMDIR is damaged") from None


def _file_id(record: Dataset) -> list[str]:
    """Parts of the path that a record refers to; none where it refers to no file or is out of use."""
    elements = Elements((record,))
    if elements.integer("RecordInUseFlag") == _OUT_OF_USE:
        return []
    element = record.get("ReferencedFileID")
    value = element if element is not None else ""
    parts = [value] if isinstance(value, str) else list(value)
    return [str(part) for part in parts] if any(parts) else []


def _as_written(root: Path, parts: list[str]) -> Path:
    """The path as the file system writes it: media show names in lower case, or with a version behind them."""
    path = root
    for part in parts:
        exact = path / part
        path = exact if exact.exists() else _alike(path, part) or exact
    return path


def _alike(folder: Path, name: str) -> Path | None:
    try:
        return next((path for path in folder.iterdir() if path.name.split(";")[0].upper() == name.upper()), None)
    except OSError:
        return None
