"""The stored values of an image, in their own type, with their meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import UID

from xrayiq.dicom.decoding import Offsets, compressed_words, native_words
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.faults import guarded
from xrayiq.dicom.frame_choice import chosen_frame
from xrayiq.dicom.geometry import pitch_warnings
from xrayiq.dicom.header import dataset_header
from xrayiq.dicom.layout import PixelLayout, pixel_layout
from xrayiq.dicom.part10 import EXPLICIT_BIG, EXPLICIT_LITTLE, NATIVE, SourceDataset
from xrayiq.dicom.relation import pixel_relation
from xrayiq.dicom.transfer_syntaxes import ALWAYS_LOSSY, PERHAPS_LOSSY, syntax_name
from xrayiq.errors import HeaderError, TransferSyntaxError, TruncatedFileError
from xrayiq.model import ObjectHeader, Radiograph, Response

_ITEM = b"\xfe\xff\x00\xe0"


def dataset_radiograph(
    dataset: Dataset,
    response: Response | None = None,
    name: str = "dataset",
    *,
    header: ObjectHeader | None = None,
    frame: int | None = None,
) -> Radiograph:
    """Radiograph of an opened object.

    Parameters
    ----------
    dataset : Dataset
        As `open_object` gives it, with its pixel data.
    response : Response, optional
        Calibrated response of the detector.
    name : str
        Name used in messages.
    header : ObjectHeader, optional
        Header of the object where it has been read already (for the same frame), so that it is not read twice.
    frame : int, optional
        Number of the frame, from 1; without it RepresentativeFrameNumber (0028,6010) where stated, else the first.

    Returns
    -------
    Radiograph
        Stored values in their own type, read-only. Bits outside BitsStored (overlays) are removed. `warnings` tell
        what was assumed. Attributes are those of the frame; the subject in its header is the object, whatever the
        frame.

    Raises
    ------
    HeaderError, TruncatedFileError, TransferSyntaxError, DecodeError
        There are no pixel data, or they cannot be read.
    NotMeasurableError
        The image is in colour (``colour_image``).
    InputError
        The object has no such frame.
    """
    with guarded(name):
        number = chosen_frame(dataset, frame, name)
        elements = Elements.of(dataset, number)
        pixel_data = _pixel_data(dataset, elements, name)
        layout = pixel_layout(elements, name)
        pixels, notes = _stored_values(dataset, pixel_data, layout, number, name)
        relation, relation_notes = pixel_relation(elements, layout)
        header = header or dataset_header(dataset, None, name, frame=number)
        acquisition = header.acquisition
        warnings = [*getattr(dataset, "reading_notes", ()), *layout.notes, *notes, *relation_notes]
        if layout.frames > 1:
            warnings.append(f"frame {number} of {layout.frames} was taken")
        warnings += _loss_warnings(elements, header.transfer_syntax_uid)
        return Radiograph(
            pixels=pixels,
            pixel_pitch_mm=acquisition.pixel_pitch_mm,
            pixel_pitch_source=acquisition.pixel_pitch_source or "",
            relation=relation,
            response=response,
            header=header,
            frame_number=number,
            warnings=(*warnings, *pitch_warnings(elements)),
            source=name,
        )


def _loss_warnings(elements: Elements, syntax: str | None) -> tuple[str, ...]:
    stated = elements.text("LossyImageCompression")
    if stated == "01" or syntax in ALWAYS_LOSSY:
        return ("the image has been compressed with loss",)
    if stated is None and syntax in PERHAPS_LOSSY:
        return (f"the image may have been compressed with loss: {syntax_name(syntax)} allows it, the header is silent",)
    return ()


def _pixel_data(dataset: Dataset, elements: Elements, name: str) -> bytes | memoryview:
    element = dataset.get_item("PixelData") if "PixelData" in dataset else None
    value = None if element is None else element.value
    if isinstance(value, (bytes, bytearray, memoryview)) and len(value):
        return value if isinstance(value, memoryview) and value.readonly else bytes(value)
    if value is None and isinstance(dataset, SourceDataset) and not dataset.pixels_skipped and elements.has("Rows"):
        raise TruncatedFileError(
            "the object ends before its pixel data",
            needed="the whole file",
            remedy="copy or export it again",
            source=name,
        )
    meta = getattr(dataset, "file_meta", None)
    stored = None if meta is None else Elements((meta,)).uid("MediaStorageSOPClassUID")
    sop_class = elements.uid("SOPClassUID") or stored or ""
    kind = UID(sop_class).name if sop_class else "object of unknown kind"
    raise HeaderError(
        f"no pixel data ({kind})",
        needed="an X-ray image with pixel data (7FE0,0010)",
        remedy="dose reports are read by read_dose_report, headers by read_acquisition",
        source=name,
    )


def _stored_values(
    dataset: Dataset, pixel_data: bytes | memoryview, layout: PixelLayout, frame: int, name: str
) -> tuple[NDArray[Any], tuple[str, ...]]:
    syntax = _syntax(dataset)
    encapsulated = pixel_data[:4] == _ITEM and bool(getattr(dataset["PixelData"], "is_undefined_length", False))
    if syntax not in NATIVE:
        offsets = _extended_offsets(dataset)
        words, precision = compressed_words(bytes(pixel_data), syntax, layout, frame=frame, offsets=offsets, name=name)
    elif encapsulated:
        raise TransferSyntaxError(
            f"compressed pixel data under {syntax_name(syntax)}",
            needed="a transfer syntax that names the compression",
            remedy="export the object again",
            source=name,
        )
    else:
        big_endian, precision = syntax == EXPLICIT_BIG, 32
        swapped_bytes = big_endian and layout.bits_allocated == 8 and dataset["PixelData"].VR == "OW"
        words = native_words(
            pixel_data, layout, frame=frame, big_endian=big_endian, swapped_bytes=swapped_bytes, name=name
        )
    values, notes = _without_unused_bits(words, layout, precision)
    view = np.require(values, requirements=["C", "A"]).view()  # odd offsets in a file leave words unaligned
    view.flags.writeable = False
    return view, notes


def _extended_offsets(dataset: Dataset) -> Offsets | None:
    """Extended offset table and its lengths, where both are there and agree."""
    tables = [
        dataset.get_item(keyword).value if keyword in dataset else None
        for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")
    ]
    offsets, lengths = tables
    if isinstance(offsets, bytes) and isinstance(lengths, bytes) and offsets and len(offsets) == len(lengths):
        return offsets, lengths
    return None


def _syntax(dataset: Dataset) -> str:
    """Transfer syntax of a dataset; one made in memory without file meta counts as native."""
    meta = getattr(dataset, "file_meta", None)
    declared = None if meta is None else Elements((meta,)).text("TransferSyntaxUID")
    if declared is not None:
        return declared
    return EXPLICIT_BIG if dataset.original_encoding[1] is False else EXPLICIT_LITTLE


def _without_unused_bits(
    words: NDArray[Any], layout: PixelLayout, precision: int
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Values of the bits stored, sign extended; what other bits hold (overlays) is dropped."""
    bits = min(layout.bits_stored, precision)
    shift = layout.high_bit + 1 - layout.bits_stored if precision > layout.high_bit else 0
    if layout.signed:
        left = layout.bits_allocated - bits - shift
        values = words.view(layout.dtype)
        if shift == 0 and (left == 0 or (values.min() >= -(2 ** (bits - 1)) and values.max() < 2 ** (bits - 1))):
            return values, ()  # extended by their sign already
        moved: NDArray[Any] = np.left_shift(words, words.dtype.type(left)).view(layout.dtype)
        return np.right_shift(moved, moved.dtype.type(left + shift), out=moved), ()
    if int(words.max()) < 2**bits and shift == 0:
        return words, ()
    mask = words.dtype.type(2**bits - 1)
    return (words >> words.dtype.type(shift)) & mask, ("bits outside BitsStored were removed",)
