"""A file of an archive as it goes into the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.errors import InputError

FileStatus = Literal["object", "duplicate", "not_dicom", "unreadable"]

_STATUSES: Final = ("object", "duplicate", "not_dicom", "unreadable")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file of an archive and what it turned out to be.

    Parameters
    ----------
    relative_path : str
        Path below the archive's root; it stays in the index.
    size : int
        Bytes.
    mtime_ns : int
        Time of last change, in ns since 1970.
    digest : str
        Digest of the content.
    subject : str
        SOP Instance UID, or ``sha256:…`` of content without one, or ``path:…``, a keyed hash, of what cannot be opened.
    status : {"object", "duplicate", "not_dicom", "unreadable"}
        ``duplicate`` where the same object or content stands in another file.
    response_id : str
        Identity of the detector's response that it was measured with; empty without one.
    response_mode : str
        Detector and encoding that a response must be of to hold for it; empty where none can.
    """

    relative_path: str
    size: int
    mtime_ns: int
    digest: str
    subject: str
    status: FileStatus
    response_id: str = ""
    response_mode: str = ""

    def __post_init__(self) -> None:
        if self.status not in _STATUSES:
            raise InputError(f"file status {self.status!r}", needed="one of " + ", ".join(_STATUSES))
