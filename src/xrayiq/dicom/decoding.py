"""Single frames of pixel data, native or compressed, as arrays of unsigned stored words."""

from __future__ import annotations

import functools
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import Decoder
from pydicom.uid import UID

from xrayiq.dicom.codec_plugin import (
    JPEG_2000_FAMILY,
    PLUGIN_NAME,
    PLUGIN_PATH,
    REPORT_OPTION,
    FrameReport,
    is_available,
    undecodable,
)
from xrayiq.dicom.codestreams import has_sound_boxes
from xrayiq.dicom.expansion import is_bomb
from xrayiq.dicom.faults import PARSE_ERRORS
from xrayiq.dicom.layout import PixelLayout
from xrayiq.dicom.transfer_syntaxes import DEFLATED_FRAMES, unsupported_syntax
from xrayiq.errors import TruncatedFileError

Offsets = tuple[bytes, bytes]


def compressed_words(
    pixel_data: bytes, syntax: str, layout: PixelLayout, *, frame: int, offsets: Offsets | None, name: str
) -> tuple[NDArray[Any], int]:
    """One frame of compressed pixel data; the others are not decoded.

    Parameters
    ----------
    pixel_data : bytes
        Items as they stand in the object, basic offset table first.
    syntax : str
        Transfer syntax UID.
    layout : PixelLayout
        Size that the header declares.
    frame : int
        Number of the frame, from 1.
    offsets : tuple of (bytes, bytes) or None
        Extended offset table and its lengths, where the object has them.
    name : str
        Name used in messages.

    Returns
    -------
    words : 2-D array of unsigned integers of the allocated width
        Bit patterns as stored.
    precision : int
        Bits that the codestream holds per value.

    Raises
    ------
    TransferSyntaxError
        The syntax is known but not supported.
    DecodeError
        The frame does not decode, or to another size than declared.
    NotMeasurableError
        The frame is in colour (``colour_image``).
    """
    if syntax == DEFLATED_FRAMES:
        return _inflated_words(pixel_data, layout, frame, offsets, name), 32
    if not is_available(syntax):
        raise unsupported_syntax(syntax, name)
    report = FrameReport(name)
    options: dict[str, Any] = {
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": 1,
        "bits_allocated": layout.bits_allocated,
        "bits_stored": layout.bits_stored,
        "pixel_representation": int(layout.signed),
        "photometric_interpretation": "MONOCHROME2",
        "number_of_frames": layout.frames,
        "extended_offsets": offsets,
        REPORT_OPTION: report,
    }
    try:
        if syntax in JPEG_2000_FAMILY and not has_sound_boxes(_fragments(pixel_data, layout, frame, offsets)):
            raise undecodable("its boxes lead to no codestream", syntax, name)
        decoded, _ = _decoder(syntax).as_buffer(
            pixel_data, index=frame - 1, validate=False, decoding_plugin=PLUGIN_NAME, **options
        )
    except (*PARSE_ERRORS, RuntimeError, OSError):
        raise report.error or undecodable("its fragments make no frame", syntax, name) from None
    words = np.frombuffer(decoded, dtype=f"<u{layout.bits_allocated // 8}")
    return words.reshape(layout.shape), report.precision


def native_words(
    pixel_data: bytes | memoryview, layout: PixelLayout, *, frame: int, big_endian: bool, swapped_bytes: bool, name: str
) -> NDArray[Any]:
    """One frame of uncompressed pixel data; of several frames only its bytes are copied.

    Parameters
    ----------
    pixel_data : bytes or memoryview of bytes
        All frames.
    layout : PixelLayout
        Size that the header declares.
    frame : int
        Number of the frame, from 1.
    big_endian : bool
        Byte order of the words.
    swapped_bytes : bool
        Values of 8 bits that stand two by two in big-endian words (OW).
    name : str
        Name used in messages.

    Returns
    -------
    2-D array of unsigned integers of the allocated width
        Bit patterns as stored, in the byte order of the machine; a view of the bytes where there is but one frame.

    Raises
    ------
    TruncatedFileError
        There are fewer bytes than the frames need.
    """
    width = layout.bits_allocated // 8
    count = layout.rows * layout.columns
    needed = count * width * layout.frames
    if len(pixel_data) < needed:
        raise TruncatedFileError(
            f"pixel data of {len(pixel_data)} bytes",
            needed=f"{needed} for {layout.frames} x {layout.rows} x {layout.columns} pixels of {width} bytes",
            remedy="copy or export it again",
            source=name,
        )
    start = (frame - 1) * count
    if swapped_bytes:
        first, last = start // 2, (start + count + 1) // 2
        pairs = np.frombuffer(pixel_data, dtype=">u2", count=last - first, offset=2 * first).astype("<u2")
        return pairs.view(np.uint8)[start - 2 * first :][:count].reshape(layout.shape)
    order = ">" if big_endian else "<"
    stored = np.frombuffer(pixel_data, dtype=f"{order}u{width}", count=count, offset=start * width)
    return stored.astype(stored.dtype.newbyteorder("="), copy=layout.frames > 1).reshape(layout.shape)


@functools.cache
def _decoder(syntax: str) -> Decoder:
    """Decoder of pydicom that has our plug-in alone: pydicom's shared ones stay as their users know them."""
    decoder = Decoder(UID(syntax))
    decoder.add_plugin(PLUGIN_NAME, PLUGIN_PATH)
    return decoder


def _fragments(pixel_data: bytes, layout: PixelLayout, frame: int, offsets: Offsets | None) -> bytes:
    """Compressed bytes of one frame."""
    found: bytes = get_frame(pixel_data, frame - 1, number_of_frames=layout.frames, extended_offsets=offsets)
    return found


def _inflated_words(
    pixel_data: bytes, layout: PixelLayout, frame: int, offsets: Offsets | None, name: str
) -> NDArray[Any]:
    needed = layout.rows * layout.columns * (layout.bits_allocated // 8)
    try:
        deflated = _fragments(pixel_data, layout, frame, offsets)
        if is_bomb(needed, len(deflated)):
            raise undecodable(f"{needed} bytes declared of {len(deflated)}", DEFLATED_FRAMES, name)
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(deflated, needed)
    except (*PARSE_ERRORS, OSError):
        raise undecodable("it does not inflate", DEFLATED_FRAMES, name) from None
    if len(content) < needed:
        raise undecodable(f"{len(content)} bytes of {needed}", DEFLATED_FRAMES, name)
    return np.frombuffer(content, dtype=f"<u{layout.bits_allocated // 8}").reshape(layout.shape)
