"""The stored values of an image, in their own type, with their meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import UID

from xrayiq.dicom.decoding import ALWAYS_LOSSY, first_frame, syntax_name
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.faults import guarded
from xrayiq.dicom.geometry import pitch_warnings
from xrayiq.dicom.header import dataset_header
from xrayiq.dicom.layout import PixelLayout, pixel_layout
from xrayiq.dicom.part10 import EXPLICIT_BIG, EXPLICIT_LITTLE, NATIVE, SourceDataset
from xrayiq.dicom.relation import pixel_relation
from xrayiq.errors import HeaderError, TransferSyntaxError, TruncatedFileError
from xrayiq.model import ObjectHeader, Radiograph, Response

_ITEM = b"\xfe\xff\x00\xe0"


def dataset_radiograph(
    dataset: Dataset, response: Response | None = None, name: str = "dataset", *, header: ObjectHeader | None = None
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
        Header of the object where it has been read already, so that it is not read twice.

    Returns
    -------
    Radiograph
        Stored values in their own type, read-only; of several frames the first. Bits outside BitsStored (overlays)
        are removed. `warnings` tell what was assumed.

    Raises
    ------
    HeaderError, TruncatedFileError, TransferSyntaxError, DecodeError
        There are no pixel data, or they cannot be read.
    NotMeasurableError
        The image is in colour (``colour_image``).
    """
    with guarded(name):
        elements = Elements.of(dataset)
        pixel_data = _pixel_data(dataset, elements, name)
        layout = pixel_layout(elements, name)
        pixels, notes = _stored_values(dataset, pixel_data, layout, name)
        relation, relation_notes = pixel_relation(elements, layout)
        header = header or dataset_header(dataset, None, name)
        acquisition = header.acquisition
        warnings = [*getattr(dataset, "reading_notes", ()), *layout.notes, *notes, *relation_notes]
        if layout.frames > 1:
            warnings.append(f"frame 1 of {layout.frames} was taken")
        if elements.text("LossyImageCompression") == "01" or header.transfer_syntax_uid in ALWAYS_LOSSY:
            warnings.append("the image has been compressed with loss")
        return Radiograph(
            pixels=pixels,
            pixel_pitch_mm=acquisition.pixel_pitch_mm,
            pixel_pitch_source=acquisition.pixel_pitch_source or "",
            relation=relation,
            response=response,
            header=header,
            frame_number=1,
            warnings=(*warnings, *pitch_warnings(elements)),
            source=name,
        )


def _pixel_data(dataset: Dataset, elements: Elements, name: str) -> bytes:
    element = dataset.get_item("PixelData") if "PixelData" in dataset else None
    value = None if element is None else element.value
    if isinstance(value, (bytes, bytearray)) and value:
        return bytes(value)
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
    dataset: Dataset, pixel_data: bytes, layout: PixelLayout, name: str
) -> tuple[NDArray[Any], tuple[str, ...]]:
    syntax = _syntax(dataset)
    encapsulated = pixel_data[:4] == _ITEM and bool(getattr(dataset["PixelData"], "is_undefined_length", False))
    if syntax not in NATIVE:
        words, precision = first_frame(pixel_data, syntax, layout, name)
    elif encapsulated:
        raise TransferSyntaxError(
            f"compressed pixel data under {syntax_name(syntax)}",
            needed="a transfer syntax that names the compression",
            remedy="export the object again",
            source=name,
        )
    else:
        words, precision = _native_words(pixel_data, layout, syntax == EXPLICIT_BIG, dataset["PixelData"].VR, name), 32
    values, notes = _without_unused_bits(words, layout, precision)
    values = np.ascontiguousarray(values)
    view = values.view()
    view.flags.writeable = False
    return view, notes


def _syntax(dataset: Dataset) -> str:
    """Transfer syntax of a dataset; one made in memory without file meta counts as native."""
    meta = getattr(dataset, "file_meta", None)
    declared = None if meta is None else Elements((meta,)).text("TransferSyntaxUID")
    if declared is not None:
        return declared
    return EXPLICIT_BIG if dataset.original_encoding[1] is False else EXPLICIT_LITTLE


def _native_words(pixel_data: bytes, layout: PixelLayout, big_endian: bool, vr: str, name: str) -> NDArray[Any]:
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
    if big_endian and width == 1 and vr == "OW":
        words = np.frombuffer(pixel_data, dtype=">u2", count=(count + 1) // 2).astype("<u2")
        return words.view(np.uint8)[:count].reshape(layout.shape)
    stored = np.frombuffer(pixel_data, dtype=f"{'>' if big_endian else '<'}u{width}", count=count)
    return stored.astype(stored.dtype.newbyteorder("="), copy=False).reshape(layout.shape)


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
