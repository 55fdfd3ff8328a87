"""Decoders for pydicom's plug-in interface: the fastest permissive codec of each transfer syntax, behind checks.

All codecs are imagecodecs' (libjpeg-turbo, CharLS, OpenJPEG, OpenJPH and its own RLE), called with one thread. A frame
is handed to its codec only if its codestream declares the size that the header declares, one component, no more bits
than are allocated, and has its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder
from pydicom.uid import UID

from xrayiq.dicom.codestreams import FrameSize, has_end_marker, has_sound_segments, jpeg2000_size, jpeg_size
from xrayiq.dicom.expansion import is_bomb
from xrayiq.dicom.faults import PARSE_ERRORS
from xrayiq.dicom.htj2k import htj2k_decode
from xrayiq.dicom.transfer_syntaxes import syntax_name
from xrayiq.errors import DecodeError, NotMeasurableError, XrayiqError

#: name of the plug-in in pydicom
PLUGIN_NAME: Final = "xrayiq"
#: module and function, as `Decoder.add_plugin` takes them
PLUGIN_PATH: Final = ("xrayiq.dicom.codec_plugin", "decode_frame")
#: option of a decoder that carries a `FrameReport`
REPORT_OPTION: Final = "xrayiq_report"

RLE: Final = "1.2.840.10008.1.2.5"
_JPEG: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (50, 51, 57, 70))
_JPEG_LOSSLESS: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (57, 70))
#: a Huffman code takes a bit or more: for each block of 8 x 8 pixels, without loss for each pixel
_PIXELS_PER_BIT: Final = MappingProxyType({False: 64, True: 1})
_JPEG_LS: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (80, 81))
_JPEG_2000: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (90, 91))
_HTJ2K: Final = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (201, 202, 203))
#: both kinds of JPEG 2000, bare or in the boxes of a JP2 file
JPEG_2000_FAMILY: Final = _JPEG_2000 | _HTJ2K
_CODEC_ERRORS: Final = (*PARSE_ERRORS, RuntimeError, OSError, MemoryError)
_WIDTHS: Final = (8, 16, 32)

Codec = Callable[[bytes], NDArray[Any]]
_CODECS: Final[Mapping[str, Codec]] = MappingProxyType(
    {
        **dict.fromkeys(_JPEG, imagecodecs.jpeg8_decode),
        **dict.fromkeys(_JPEG_LS, imagecodecs.jpegls_decode),
        **dict.fromkeys(_JPEG_2000, imagecodecs.jpeg2k_decode),
        **dict.fromkeys(_HTJ2K, htj2k_decode),
    }
)
#: what each transfer syntax needs; pydicom asks for it
DECODER_DEPENDENCIES: Final = MappingProxyType({UID(syntax): ("imagecodecs>=2024.6",) for syntax in (*_CODECS, RLE)})


@dataclass(slots=True)
class FrameReport:
    """What a decoder tells its caller beside the values; pydicom would log the error and give its text only.

    Parameters
    ----------
    name : str
        Name of the file or object for messages.
    precision : int
        Bits that the codestream holds per value.
    error : XrayiqError or None
        Why the frame was not decoded.
    """

    name: str
    precision: int = 0
    error: XrayiqError | None = None


def is_available(uid: str) -> bool:
    """Whether the plug-in decodes this transfer syntax."""
    return uid in DECODER_DEPENDENCIES


def register_decoders() -> None:
    """Add the plug-in ``"xrayiq"`` to pydicom's shared decoders, behind those that are there; again does nothing.

    Reading with xrayiq needs no registration: it has decoders of its own, so that importing or using xrayiq changes
    nothing for other users of pydicom. After it ``dataset.pixel_array_options(decoding_plugin="xrayiq")`` decodes with
    it; without naming it pydicom takes it only where no other plug-in decodes the frame.
    """
    for syntax in DECODER_DEPENDENCIES:
        decoder = get_decoder(syntax)
        if PLUGIN_NAME not in decoder.available_plugins:
            decoder.add_plugin(PLUGIN_NAME, PLUGIN_PATH)


def decode_frame(src: bytes, runner: DecodeRunner) -> memoryview:
    """Words of one greyscale frame, for pydicom.

    Parameters
    ----------
    src : bytes
        One compressed frame.
    runner : DecodeRunner
        Gives Rows, Columns and BitsAllocated, and takes what is to be reported.

    Returns
    -------
    memoryview of bytes
        Rows × Columns little-endian words of BitsAllocated; values that the codestream holds without sign stay so.
        Empty where a `FrameReport` took the error.

    Raises
    ------
    DecodeError
        The frame is damaged, or not what the header says.
    NotMeasurableError
        It is in colour (``colour_image``).
    """
    report = runner.get_option(REPORT_OPTION)
    try:
        words, precision = _checked_words(src, runner, "" if report is None else report.name)
    except XrayiqError as error:
        if report is None:
            raise
        report.error = error
        return memoryview(b"")
    if report is not None:
        report.precision = precision
    return words.reshape(-1).view(np.uint8).data


def undecodable(found: str, syntax: str, name: str) -> DecodeError:
    """Error of a frame that does not decode."""
    return DecodeError(
        f"{syntax_name(syntax)} frame: {found}", needed="an intact frame", remedy="copy or export it again", source=name
    )


def _checked_words(frame: bytes, runner: DecodeRunner, name: str) -> tuple[NDArray[Any], int]:
    syntax = str(runner.transfer_syntax)
    if runner.bits_allocated not in _WIDTHS:
        raise undecodable(f"BitsAllocated {runner.bits_allocated}, where 8, 16 or 32 are known", syntax, name)
    if runner.samples_per_pixel != 1:
        raise _in_colour(runner.samples_per_pixel, name)
    declared = runner.rows * runner.columns * runner.bits_allocated // 8
    if is_bomb(declared, len(frame)):
        raise undecodable(f"{declared} bytes declared of {len(frame)}, as decompression bombs do", syntax, name)
    if syntax == RLE:
        return _rle_words(frame, runner, name), runner.bits_allocated
    size = _checked_size(frame, runner, syntax, name)
    try:
        values = np.ascontiguousarray(_CODECS[syntax](frame))
    except _CODEC_ERRORS:
        raise undecodable("the codec refuses it", syntax, name) from None
    if values.shape != (runner.rows, runner.columns):
        found = f"it decodes to {values.shape}, not to {(runner.rows, runner.columns)} pixels"
        raise undecodable(found, syntax, name)
    return _of_width(values, runner.bits_allocated // 8), size.precision


def _checked_size(frame: bytes, runner: DecodeRunner, syntax: str, name: str) -> FrameSize:
    size = jpeg2000_size(frame) if syntax in JPEG_2000_FAMILY else jpeg_size(frame)
    if size is None:
        raise undecodable("it has no sound frame header", syntax, name)
    if size.components != 1:
        raise _in_colour(size.components, name)
    if (size.rows, size.columns) != (runner.rows, runner.columns):
        found = f"it holds {size.rows} x {size.columns} pixels where the header says {runner.rows} x {runner.columns}"
        raise undecodable(found, syntax, name)
    if not has_end_marker(frame):
        raise undecodable("it has no end marker, so part of it is missing", syntax, name)
    if syntax in _JPEG and 8 * len(frame) < size.rows * size.columns // _PIXELS_PER_BIT[syntax in _JPEG_LOSSLESS]:
        raise undecodable(f"{len(frame)} bytes are too few for its pixels, so part of it is missing", syntax, name)
    if size.precision > runner.bits_allocated:
        raise undecodable(f"{size.precision} bits do not fit into {runner.bits_allocated}", syntax, name)
    return size


def _in_colour(components: int, name: str) -> NotMeasurableError:
    return NotMeasurableError(
        "colour_image", f"{components} colour components", needed="a greyscale image", source=name
    )


def _rle_words(frame: bytes, runner: DecodeRunner, name: str) -> NDArray[Any]:
    width = runner.bits_allocated // 8
    count = runner.rows * runner.columns
    if not has_sound_segments(frame, width):
        raise undecodable(f"its header tells of no {width} segments within it", RLE, name)
    try:
        decoded = imagecodecs.dicomrle_decode(frame, dtype=f"<u{width}")
    except _CODEC_ERRORS:
        raise undecodable("the codec refuses it", RLE, name) from None
    if len(decoded) < count * width:
        raise undecodable(f"{len(decoded)} bytes of {count * width}", RLE, name)
    return np.frombuffer(decoded, dtype=f"<u{width}", count=count)


def _of_width(values: NDArray[Any], width: int) -> NDArray[Any]:
    """Words of the allocated width; a signed codestream is extended by its sign."""
    wanted = np.dtype(f"u{width}")
    if values.dtype.itemsize == width:
        return values.view(wanted)
    return values.astype(f"i{width}" if values.dtype.kind == "i" else wanted).view(wanted)
