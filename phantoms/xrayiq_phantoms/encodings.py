"""Pixel arrays as the bytes of a DICOM transfer syntax, always without loss."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final, Literal

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import RLELosslessEncoder
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

TransferSyntaxName = Literal[
    "implicit", "explicit", "big_endian", "deflated", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000"
]

#: transfer syntax UID of each name
TRANSFER_SYNTAXES: Final = MappingProxyType(
    {
        "implicit": ImplicitVRLittleEndian,
        "explicit": ExplicitVRLittleEndian,
        "big_endian": ExplicitVRBigEndian,
        "deflated": DeflatedExplicitVRLittleEndian,
        "rle": RLELossless,
        "jpeg_lossless": JPEGLosslessSV1,
        "jpeg_ls": JPEGLSLossless,
        "jpeg_2000": JPEG2000Lossless,
    }
)


def transfer_syntax_uid(name: TransferSyntaxName) -> UID:
    """UID of a transfer syntax by its short name.

    Raises
    ------
    ValueError
        The name is not one of `TRANSFER_SYNTAXES`.
    """
    if name not in TRANSFER_SYNTAXES:
        raise ValueError(f"transfer syntax {name!r}; needed one of {', '.join(TRANSFER_SYNTAXES)}")
    return TRANSFER_SYNTAXES[name]


def encode_pixels(pixels: NDArray[Any], *, transfer_syntax: TransferSyntaxName, bits_stored: int) -> bytes:
    """Value of PixelData for one frame of 16 bits allocated.

    Parameters
    ----------
    pixels : 2-D array of uint16 or int16
        Stored values within `bits_stored`.
    transfer_syntax : str
        Short name out of `TRANSFER_SYNTAXES`.
    bits_stored : int
        Significant bits, 2 to 16.

    Returns
    -------
    bytes
        Native bytes of the syntax's byte order and of even length, or one encapsulated frame.

    Raises
    ------
    ValueError
        The array is not 2-D and 16 bit, a value needs more bits than are stored, or the syntax is unknown.

    Notes
    -----
    JPEG and JPEG-LS streams carry no sign: signed values enter as two's complement in the low `bits_stored` bits, which
    a reader extends by the sign (DICOM PS3.5).
    """
    transfer_syntax_uid(transfer_syntax)
    _check(pixels, bits_stored)
    if transfer_syntax in ("implicit", "explicit", "deflated"):
        return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()
    if transfer_syntax == "big_endian":
        return pixels.astype(pixels.dtype.newbyteorder(">"), copy=False).tobytes()
    frame = _ENCODERS[transfer_syntax](np.ascontiguousarray(pixels), bits_stored)
    return bytes(encapsulate([frame], has_bot=True))


def _check(pixels: NDArray[Any], bits_stored: int) -> None:
    if pixels.ndim != 2 or pixels.dtype.kind not in "ui" or pixels.dtype.itemsize != 2:
        raise ValueError(f"array of shape {pixels.shape} and {pixels.dtype}; needed 2-D uint16 or int16")
    if not 2 <= bits_stored <= 16:
        raise ValueError(f"{bits_stored} bits stored; needed 2 to 16")
    low, high = stored_range(bits_stored, signed=pixels.dtype.kind == "i")
    if pixels.size and (pixels.min() < low or pixels.max() > high):
        raise ValueError(
            f"values {pixels.min()} to {pixels.max()}; needed {low} to {high} for {bits_stored} bits stored"
        )


def stored_range(bits_stored: int, *, signed: bool) -> tuple[int, int]:
    """Least and greatest stored value of a number of bits."""
    if signed:
        return -(1 << (bits_stored - 1)), (1 << (bits_stored - 1)) - 1
    return 0, (1 << bits_stored) - 1


def _without_sign(pixels: NDArray[Any], bits_stored: int) -> NDArray[np.uint16]:
    """Two's complement in the low bits."""
    return pixels.view(np.uint16) & np.uint16((1 << bits_stored) - 1)


def _encode_rle(pixels: NDArray[Any], bits_stored: int) -> bytes:
    rows, columns = pixels.shape
    return RLELosslessEncoder.encode(
        pixels,
        encoding_plugin="pylibjpeg",
        rows=rows,
        columns=columns,
        samples_per_pixel=1,
        bits_allocated=16,
        bits_stored=bits_stored,
        pixel_representation=int(pixels.dtype.kind == "i"),
        number_of_frames=1,
        photometric_interpretation="MONOCHROME2",
    )


def _encode_jpeg_lossless(pixels: NDArray[Any], bits_stored: int) -> bytes:
    """Process 14 with first-order prediction, precision equal to the bits stored."""
    unsigned = _without_sign(pixels, bits_stored)
    if bits_stored <= 8:
        unsigned = unsigned.astype(np.uint8)
    return bytes(imagecodecs.jpeg8_encode(unsigned, lossless=True, predictor=1, bitspersample=bits_stored))


def _encode_jpeg_ls(pixels: NDArray[Any], bits_stored: int) -> bytes:
    return bytes(imagecodecs.jpegls_encode(_without_sign(pixels, bits_stored), level=0))


def _encode_jpeg_2000(pixels: NDArray[Any], bits_stored: int) -> bytes:
    encoded = imagecodecs.jpeg2k_encode(
        pixels, level=0, codecformat="j2k", reversible=True, bitspersample=bits_stored, mct=False, numthreads=1
    )
    return bytes(encoded)


_ENCODERS: Final = MappingProxyType(
    {
        "rle": _encode_rle,
        "jpeg_lossless": _encode_jpeg_lossless,
        "jpeg_ls": _encode_jpeg_ls,
        "jpeg_2000": _encode_jpeg_2000,
    }
)
