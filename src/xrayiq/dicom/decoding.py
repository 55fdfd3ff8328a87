"""Frames of every supported transfer syntax as arrays of unsigned stored values."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import get_frame
from pydicom.uid import UID

from xrayiq.dicom.codestreams import FrameSize, has_end_marker, jpeg2000_size, jpeg_size
from xrayiq.dicom.faults import PARSE_ERRORS
from xrayiq.dicom.layout import PixelLayout
from xrayiq.errors import DecodeError, NotMeasurableError, TransferSyntaxError

_RLE: Final = "1.2.840.10008.1.2.5"
_JPEG: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (50, 51, 57, 70))
_JPEG_LS: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (80, 81))
_JPEG_2000: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (90, 91))
_HTJ2K: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (201, 202, 203))
#: transfer syntaxes that lose information whenever they are used
ALWAYS_LOSSY: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (50, 51, 81))

Codec = Callable[[bytes], NDArray[Any]]
_CODECS: Final = MappingProxyType(
    {
        **dict.fromkeys(_JPEG, imagecodecs.jpeg8_decode),
        **dict.fromkeys(_JPEG_LS, imagecodecs.jpegls_decode),
        **dict.fromkeys(_JPEG_2000, imagecodecs.jpeg2k_decode),
        **dict.fromkeys(_HTJ2K, imagecodecs.htj2k_decode),
    }
)


def first_frame(pixel_data: bytes, syntax: str, layout: PixelLayout, name: str) -> tuple[NDArray[Any], int]:
    """First frame of compressed pixel data.

    Parameters
    ----------
    pixel_data : bytes
        Items as they stand in the object.
    syntax : str
        Transfer syntax UID.
    layout : PixelLayout
        Size that the header declares.
    name : str
        Name used in messages.

    Returns
    -------
    values : 2-D array of unsigned integers of the allocated width
        Bit patterns as stored.
    precision : int
        Bits that the codestream holds per value.

    Raises
    ------
    TransferSyntaxError
        The syntax is known but not supported.
    DecodeError
        The frame does not decode, or to another size than declared.
    """
    if syntax != _RLE and syntax not in _CODECS:
        raise TransferSyntaxError(
            f"transfer syntax {syntax_name(syntax)} is not supported",
            needed="uncompressed, RLE, JPEG, JPEG-LS, JPEG 2000 or HTJ2K pixel data",
            remedy="export it in one of these",
            source=name,
        )
    try:
        frame = get_frame(pixel_data, 0, number_of_frames=layout.frames)
    except (*PARSE_ERRORS, OSError):
        raise _undecodable("its fragments make no frame", syntax, name) from None
    if syntax == _RLE:
        return _rle_frame(frame, layout, syntax, name), layout.bits_allocated
    size = _checked_size(frame, syntax, layout, name)
    try:
        values = np.asarray(_CODECS[syntax](frame))
    except (*PARSE_ERRORS, RuntimeError, OSError):
        raise _undecodable("the codec refuses it", syntax, name) from None
    if values.shape != layout.shape:
        raise _undecodable(f"it decodes to {values.shape}, not to {layout.shape} pixels", syntax, name)
    return _unsigned(values, layout), size.precision


def syntax_name(syntax: str) -> str:
    """Name of a transfer syntax in the standard, else its UID."""
    return UID(syntax).name


def _undecodable(found: str, syntax: str, name: str) -> DecodeError:
    return DecodeError(
        f"{syntax_name(syntax)} frame: {found}", needed="an intact frame", remedy="copy or export it again", source=name
    )


def _checked_size(frame: bytes, syntax: str, layout: PixelLayout, name: str) -> FrameSize:
    jpeg_2000 = syntax in _JPEG_2000 or syntax in _HTJ2K
    size = jpeg2000_size(frame) if jpeg_2000 else jpeg_size(frame)
    if size is None:
        raise _undecodable("it has no frame header", syntax, name)
    if size.components != 1:
        raise NotMeasurableError(
            "colour_image", f"{size.components} colour components", needed="a greyscale image", source=name
        )
    if (size.rows, size.columns) != layout.shape:
        found = f"it holds {size.rows} x {size.columns} pixels where the header says {layout.rows} x {layout.columns}"
        raise _undecodable(found, syntax, name)
    if not has_end_marker(frame):
        raise _undecodable("it has no end marker, so part of it is missing", syntax, name)
    if size.precision > layout.bits_allocated:
        raise _undecodable(f"{size.precision} bits do not fit into {layout.bits_allocated}", syntax, name)
    return size


def _rle_frame(frame: bytes, layout: PixelLayout, syntax: str, name: str) -> NDArray[Any]:
    width = layout.bits_allocated // 8
    try:
        decoded = imagecodecs.dicomrle_decode(frame, dtype=f"<u{width}")
    except (*PARSE_ERRORS, RuntimeError, OSError):
        raise _undecodable("the codec refuses it", syntax, name) from None
    needed = layout.rows * layout.columns * width
    if len(decoded) < needed:
        raise _undecodable(f"{len(decoded)} bytes of {needed}", syntax, name)
    return np.frombuffer(decoded, dtype=f"<u{width}", count=layout.rows * layout.columns).reshape(layout.shape)


def _unsigned(values: NDArray[Any], layout: PixelLayout) -> NDArray[Any]:
    wanted = np.dtype(f"u{layout.bits_allocated // 8}")
    if values.dtype.itemsize == wanted.itemsize:
        return values.view(wanted)
    return values.astype(f"i{wanted.itemsize}" if values.dtype.kind == "i" else wanted).view(wanted)
