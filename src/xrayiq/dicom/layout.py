"""How a header lays out its pixels, checked before anything is allocated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from xrayiq.dicom.elements import Elements
from xrayiq.errors import HeaderError, NotMeasurableError

#: greatest number of pixels of one frame; the largest stitched radiographs have a quarter of it
PIXELS_MAX: Final = 2**28
_WIDTHS: Final = (8, 16, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelLayout:
    """Size and bit layout of greyscale pixel data.

    Parameters
    ----------
    rows, columns, frames : int
        Size.
    bits_allocated, bits_stored, high_bit : int
        Where a value's bits stand in its word.
    signed : bool
        Two's complement or not.
    notes : tuple of str
        What had to be assumed.
    """

    rows: int
    columns: int
    frames: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the stored values."""
        return np.dtype(f"{'i' if self.signed else 'u'}{self.bits_allocated // 8}")

    @property
    def limits(self) -> tuple[int, int]:
        """Least and greatest value that the stored bits allow."""
        if self.signed:
            return -(2 ** (self.bits_stored - 1)), 2 ** (self.bits_stored - 1) - 1
        return 0, 2**self.bits_stored - 1


def pixel_layout(elements: Elements, name: str) -> PixelLayout:
    """Layout that the header declares.

    Parameters
    ----------
    elements : Elements
        Attributes of the object.
    name : str
        Name used in messages.

    Raises
    ------
    HeaderError
        Rows, Columns or the bit layout are missing or absurd.
    NotMeasurableError
        The image is no greyscale image (``colour_image``).
    """
    rows = _required(elements, "Rows", "(0028,0010)", name)
    columns = _required(elements, "Columns", "(0028,0011)", name)
    if rows * columns > PIXELS_MAX:
        raise HeaderError(
            f"Rows x Columns of {rows} x {columns}",
            needed=f"at most {PIXELS_MAX} pixels",
            remedy="the header is damaged: export the object again",
            source=name,
        )
    _require_greyscale(elements, name)
    allocated = _required(elements, "BitsAllocated", "(0028,0100)", name)
    stored = elements.integer("BitsStored")
    high = elements.integer("HighBit")
    notes = [] if stored is not None else ["no BitsStored: taken as BitsAllocated"]
    stored = allocated if stored is None else stored
    high = stored - 1 if high is None else high
    if allocated not in _WIDTHS or not stored - 1 <= high < allocated or stored < 1:
        raise HeaderError(
            f"BitsAllocated {allocated}, BitsStored {stored}, HighBit {high}",
            needed="8, 16 or 32 bits allocated that hold the bits stored",
            remedy="export the object again",
            source=name,
        )
    if not elements.has("PixelRepresentation"):
        notes.append("no PixelRepresentation: values taken as unsigned")
    return PixelLayout(
        rows=rows,
        columns=columns,
        frames=frame_count(elements),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        signed=elements.integer("PixelRepresentation") == 1,
        notes=tuple(notes),
    )


def frame_count(elements: Elements) -> int:
    """Number of frames; 1 where the header is silent or says what no number of frames can be."""
    frames = elements.integer("NumberOfFrames")
    return frames if frames is not None and frames > 0 else 1


def _required(elements: Elements, keyword: str, tag: str, name: str) -> int:
    value = elements.integer(keyword)
    if value is None or value < 1:
        found = f"no {keyword} {tag}" if value is None else f"{keyword} {tag} of {value}"
        raise HeaderError(found, needed="a positive number", remedy="export the object again", source=name)
    return value


def _require_greyscale(elements: Elements, name: str) -> None:
    photometric = elements.text("PhotometricInterpretation")
    samples = elements.integer("SamplesPerPixel")
    if photometric in ("MONOCHROME1", "MONOCHROME2", None) and samples in (1, None):
        return
    raise NotMeasurableError(
        "colour_image",
        f"{photometric or 'an image'} with {samples or 1} samples per pixel",
        needed="a greyscale image (MONOCHROME1 or MONOCHROME2)",
        remedy="use the original radiograph",
        source=name,
    )
