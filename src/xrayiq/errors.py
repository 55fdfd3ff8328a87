"""What can go wrong, as one tree.

::

    XrayiqError
    ├── InputError            an argument that cannot be used (also a ValueError)
    ├── ReadError             a file that cannot be read
    │   ├── NotDicomError         it is no DICOM object
    │   ├── TruncatedFileError    it ends before its content does
    │   ├── TransferSyntaxError   its encoding is unknown or not supported
    │   ├── HeaderError           an attribute is missing or absurd
    │   ├── DecodeError           the pixel data does not decode
    │   └── OutOfMemoryError      it takes more memory than there is
    ├── NotMeasurableError    the image is readable but this measurement has no meaning on it
    ├── SiteError             a site file, limits file or mapping that contradicts itself
    ├── ExchangeError         another system refuses, does not answer, or answers what makes no sense
    ├── RecordsError          the record store refuses or is of another version
    └── WorkersError          processes that measure do not start, or a Dask cluster is lost or unfit

Every message says what was found, what was needed and what to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


class XrayiqError(Exception):
    """Base of every error that xrayiq raises on purpose.

    Parameters
    ----------
    found : str
        What was found, in one clause.
    needed : str
        What was needed instead.
    remedy : str
        What the reader can do about it.
    source : str
        Name of the file or object, never of a person.
    """

    def __init__(self, found: str, *, needed: str = "", remedy: str = "", source: str = "") -> None:
        self.found = found
        self.needed = needed
        self.remedy = remedy
        self.source = source
        super().__init__(self._sentence())

    @property
    def explanation(self) -> str:
        """The message without the name of the file, fit for a record."""
        text = self.found
        if self.needed:
            text += f"; needed {self.needed}"
        if self.remedy:
            text += f": {self.remedy}"
        return text

    def _sentence(self) -> str:
        return f"{self.source}: {self.explanation}" if self.source else self.explanation

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), dict(self.__dict__)))


@contextlib.contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """Name the place where somebody wants something written, if that cannot be; nothing else is done in the block.

    Parameters
    ----------
    place : Path
        File or folder, of which the last name is told.

    Raises
    ------
    InputError
        The system refuses.
    """
    try:
        yield
    except OSError as error:
        said = (error.strerror or type(error).__name__).lower()
        raise InputError(f"cannot be written ({said})", needed="a place to write", source=place.name) from error


def note_later(first: BaseException, later: Exception, *, doing: str) -> None:
    """Keep an error that comes in the wake of another as a note of the first, which is the one to be told.

    Parameters
    ----------
    first, later : exception
        The errors in their order.
    doing : str
        What failed the second time, as in ``"storing what was measured last"``.
    """
    told = str(later) if isinstance(later, XrayiqError) else type(later).__name__
    first.add_note(f"then {doing} failed too: {told}")


def _rebuild(kind: type[XrayiqError], state: dict[str, str]) -> XrayiqError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    Exception.__init__(error, error._sentence())
    return error


class InputError(XrayiqError, ValueError):
    """An argument that cannot be used."""


class ReadError(XrayiqError):
    """A file that cannot be read."""

    reason = "unreadable"


class NotDicomError(ReadError):
    """The file is no DICOM object."""

    reason = "not_dicom"


class TruncatedFileError(ReadError):
    """The file ends before its content does."""

    reason = "truncated"


class TransferSyntaxError(ReadError):
    """The encoding of the object is unknown or not supported."""

    reason = "transfer_syntax"


class HeaderError(ReadError):
    """An attribute that the reading needs is missing or absurd."""

    reason = "header"


class DecodeError(ReadError):
    """The pixel data does not decode."""

    reason = "decode"


class OutOfMemoryError(ReadError):
    """Reading the object takes more memory than there is."""

    reason = "out_of_memory"


class NotMeasurableError(XrayiqError):
    """The image is readable, but the measurement has no meaning on it.

    Parameters
    ----------
    reason : str
        Short stable word for the record, for example ``"no_pixel_spacing"``.
    found, needed, remedy, source : str
        As in `XrayiqError`.
    """

    def __init__(self, reason: str, found: str, *, needed: str = "", remedy: str = "", source: str = "") -> None:
        self.reason = reason
        super().__init__(found, needed=needed, remedy=remedy, source=source)


class SiteError(XrayiqError):
    """A site file, limits file or mapping that cannot be used."""


class ExchangeError(XrayiqError):
    """Another system refuses what is sent to it, does not answer, or answers what makes no sense."""


class RecordsError(XrayiqError):
    """The record store refuses, or is of another version."""


class WorkersError(XrayiqError):
    """The processes that measure do not start or end before they have done anything, or a cluster is lost or unfit."""
