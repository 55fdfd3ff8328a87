"""Foreign exceptions turned into ours, in one place, without the values that they quote."""

from __future__ import annotations

import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydicom.errors import BytesLengthException, InvalidDicomError

from xrayiq.errors import HeaderError, OutOfMemoryError, ReadError, XrayiqError

#: what pydicom, struct, zlib and Python's own conversions raise on a damaged or odd object
PARSE_ERRORS: Final = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    EOFError,
    InvalidDicomError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

_quiet_lock: Final = threading.Lock()
_quiet: Final[list[warnings.catch_warnings[None]]] = []


@contextmanager
def without_warnings() -> Iterator[None]:
    """No warning of any thread while one or more are inside; the filters of before come back with the last.

    Filters are the whole process's. Did each thread put back those that it found, one would give the others theirs
    in the middle of their work, or leave its own for ever.
    """
    with _quiet_lock:
        if not _quiet:
            _quiet.append(warnings.catch_warnings())
            _quiet[0].__enter__()
            warnings.simplefilter("ignore")
        else:
            _quiet.append(_quiet[0])
    try:
        yield
    finally:
        with _quiet_lock:
            last = _quiet.pop()
            if not _quiet:
                last.__exit__(None, None, None)


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Turn what a damaged object makes other libraries raise into errors of this package.

    Their messages and warnings may quote patient attributes, so only the kind of the exception is kept.

    Parameters
    ----------
    name : str
        Name of the file or object.

    Raises
    ------
    ReadError
        The object cannot be read or parsed.
    """
    try:
        with without_warnings():
            yield
    except XrayiqError:
        raise
    except RecursionError:
        raise HeaderError(
            "sequences nested too deeply", needed="an object of sane structure", remedy="export it again", source=name
        ) from None
    except MemoryError:
        raise OutOfMemoryError(
            "the object holds or declares more content than fits into memory",
            needed="memory for it, and lengths that the file can hold",
            remedy="allow more memory, or export it again",
            source=name,
        ) from None
    except OSError as error:
        raise ReadError(
            f"cannot be read ({error.strerror or 'end of data inside a sequence'})",
            needed="a complete, readable file",
            remedy="check the path, its permissions and the medium",
            source=name,
        ) from None
    except PARSE_ERRORS as error:
        raise ReadError(
            f"cannot be parsed ({type(error).__name__})",
            needed="a well-formed DICOM object",
            remedy="export it again, or look at it with a DICOM dump",
            source=name,
        ) from None
