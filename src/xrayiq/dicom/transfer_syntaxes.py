"""Transfer syntaxes: their names, which of them lose information, and why some are refused."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from pydicom.uid import UID

from xrayiq.errors import TransferSyntaxError

_JPEG_FAMILY: Final = "1.2.840.10008.1.2.4."
#: each frame deflated by itself
DEFLATED_FRAMES: Final = "1.2.840.10008.1.2.8.1"
#: names of transfer syntaxes newer than pydicom's table of UIDs
_NEWER: Final = MappingProxyType(
    {
        DEFLATED_FRAMES: "Deflated Image Frame Compression",
        _JPEG_FAMILY + "110": "JPEG XL Lossless",
        _JPEG_FAMILY + "111": "JPEG XL JPEG Recompression",
        _JPEG_FAMILY + "112": "JPEG XL",
    }
)
#: those that lose information whenever they are used
ALWAYS_LOSSY: Final = frozenset(_JPEG_FAMILY + suffix for suffix in ("50", "51", "81"))
#: those that may have lost information: the header says whether
PERHAPS_LOSSY: Final = frozenset(_JPEG_FAMILY + suffix for suffix in ("91", "203"))
#: beginnings of the UIDs of MPEG, HEVC and SMPTE ST 2110
_VIDEO: Final = (_JPEG_FAMILY + "10", "1.2.840.10008.1.2.7.")
_REFERENCED: Final = frozenset(_JPEG_FAMILY + suffix for suffix in ("94", "95", "204", "205"))


def is_transfer_syntax(uid: str) -> bool:
    """Whether a UID is a transfer syntax of the standard."""
    return uid in _NEWER or UID(uid).type == "Transfer Syntax"


def syntax_name(uid: str) -> str:
    """Name of a transfer syntax in the standard, else its UID."""
    return _NEWER.get(uid) or UID(uid).name


def unsupported_syntax(uid: str, name: str) -> TransferSyntaxError:
    """Error of a transfer syntax that is known but not read, with its reason.

    Parameters
    ----------
    uid : str
        The transfer syntax.
    name : str
        Name used in messages.
    """
    reason, remedy = "no decoder for it", "export it in one of these"
    if uid.startswith(_VIDEO):
        reason, remedy = "video, whose frames are no measurements of their own", "use the original frames"
    elif uid in _REFERENCED:
        reason, remedy = "the pixels are on a server, not in the object", "fetch the object with its pixels"
    return TransferSyntaxError(
        f"transfer syntax {syntax_name(uid)} is not supported: {reason}",
        needed="uncompressed, RLE, JPEG, JPEG-LS, JPEG 2000 or HTJ2K pixel data",
        remedy=remedy,
        source=name,
    )
