"""Simulated images as DX and CR objects (DICOM PS3.3)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from xrayiq_phantoms.dicom_modules import (
    write_anatomy,
    write_collimator,
    write_equipment,
    write_identity,
    write_spacing,
    write_technique,
)
from xrayiq_phantoms.dicom_values import (
    SIMULATED_START,
    Equipment,
    Examination,
    Identifiers,
    Technique,
    code_item,
    decimal_string,
    simulated_uid,
)
from xrayiq_phantoms.encodings import TransferSyntaxName, encode_pixels, stored_range, transfer_syntax_uid

CR_CLASS: Final = UID("1.2.840.10008.5.1.4.1.1.1")
DX_PRESENTATION_CLASS: Final = UID("1.2.840.10008.5.1.4.1.1.1.1")
DX_PROCESSING_CLASS: Final = UID("1.2.840.10008.5.1.4.1.1.1.1.1")
IMPLEMENTATION_UID: Final = simulated_uid("xrayiq phantoms", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PixelMeaning:
    """What stored values mean and how they are kept; fields as the parameters of `write_dicom`."""

    intent: str | None
    photometric: str
    relationship: str | None
    sign: int
    bits_stored: int
    signed: bool
    rescale_slope: float
    rescale_intercept: float
    padding_value: int | None
    window: tuple[float, float] | None


def write_dicom(
    path: str | Path | None,
    pixels: NDArray[Any],
    *,
    pixel_pitch_mm: float | tuple[float, float] | None,
    sop_class: str = "DX",
    intent: str | None = "FOR PROCESSING",
    photometric: str = "MONOCHROME2",
    relationship: str | None = "LIN",
    sign: int = 1,
    bits_stored: int = 14,
    signed: bool = False,
    rescale_slope: float = 1.0,
    rescale_intercept: float = 0.0,
    padding_value: int | None = None,
    window: tuple[float, float] | None = None,
    transfer_syntax: TransferSyntaxName = "explicit",
    technique: Technique | None = None,
    equipment: Equipment | None = None,
    examination: Examination | None = None,
    identifiers: Identifiers | None = None,
    acquired_at: datetime.datetime = SIMULATED_START,
    quality_control: bool | None = None,
    burned_in_annotation: bool | None = False,
    source_image_uid: str | None = None,
    extra: Dataset | None = None,
) -> Dataset:
    """Valid DX or CR object of an image, written as a DICOM file.

    Parameters
    ----------
    path : path or None
        File to write; None only builds the dataset.
    pixels : 2-D array of integers
        Stored values; they must fit the stored bits.
    pixel_pitch_mm : float, (rows, columns) pair or None
        ImagerPixelSpacing. PixelSpacing is written too where the technique gives a magnification. None leaves both
        out, which a DX object does not allow.
    sop_class : {"DX", "CR"}
        Kind of object; the intent chooses the DX storage class.
    intent : {"FOR PROCESSING", "FOR PRESENTATION"} or None
        PresentationIntentType; a DX object must have one.
    photometric : {"MONOCHROME1", "MONOCHROME2"}
        PhotometricInterpretation.
    relationship : {"LIN", "LOG"} or None
        PixelIntensityRelationship; a DX object must have one, the CR object carries it as standard extended.
    sign : {1, -1}
        PixelIntensityRelationshipSign.
    bits_stored : int
        10 to 16.
    signed : bool
        Two's complement; the DX object allows unsigned values only.
    rescale_slope, rescale_intercept : float
        Modality LUT; the DX object allows 1 and 0 only.
    padding_value : int or None
        PixelPaddingValue.
    window : tuple of (centre, width) or None
        Value of interest; a presentation image without one gets the range of its bits.
    transfer_syntax : str
        Short name out of `encodings.TRANSFER_SYNTAXES`.
    technique, equipment, examination, identifiers : optional
        What the header says; the defaults are simulated values.
    acquired_at : datetime
        Moment of the exposure.
    quality_control : bool or None
        QualityControlImage; None leaves it out.
    burned_in_annotation : bool or None
        BurnedInAnnotation; None leaves it out, which a DX object does not allow.
    source_image_uid : str, optional
        SOP Instance UID of the FOR PROCESSING image that a presentation image was made from.
    extra : Dataset, optional
        Elements that replace or join those written here, for faults and vendor habits.

    Returns
    -------
    Dataset
        The object with its file meta information, as written.

    Raises
    ------
    ValueError
        The values do not fit the bits, the transfer syntax is unknown, or the choices make no valid object.
    """
    meaning = _PixelMeaning(
        intent=intent,
        photometric=photometric,
        relationship=relationship,
        sign=sign,
        bits_stored=bits_stored,
        signed=signed,
        rescale_slope=rescale_slope,
        rescale_intercept=rescale_intercept,
        padding_value=padding_value,
        window=window,
    )
    technique = technique or Technique()
    identifiers = identifiers or Identifiers()
    _check(sop_class, meaning, pixel_pitch_mm, burned_in_annotation)
    stored = _stored(pixels, meaning)
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    write_identity(dataset, examination or Examination(), identifiers, acquired_at)
    write_equipment(dataset, equipment or Equipment(), sop_class)
    _write_object(dataset, sop_class, meaning, source_image_uid)
    write_technique(dataset, technique)
    write_anatomy(dataset, technique, sop_class)
    write_spacing(dataset, pixel_pitch_mm, technique)
    write_collimator(dataset, technique)
    if quality_control is not None:
        dataset.QualityControlImage = "YES" if quality_control else "NO"
    if burned_in_annotation is not None:
        dataset.BurnedInAnnotation = "YES" if burned_in_annotation else "NO"
    _write_pixels(dataset, stored, meaning, transfer_syntax)
    if extra is not None:
        dataset.update(extra)
    dataset.file_meta = file_meta(dataset, transfer_syntax)
    if path is not None:
        dataset.save_as(path, enforce_file_format=True)
    return dataset


def file_meta(dataset: Dataset, transfer_syntax: TransferSyntaxName) -> FileMetaDataset:
    """File meta information of an object, the same on every machine."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = transfer_syntax_uid(transfer_syntax)
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    meta.ImplementationVersionName = "XRAYIQ_PHANTOMS"
    return meta


def _check(
    sop_class: str, meaning: _PixelMeaning, pitch_mm: float | tuple[float, float] | None, burned_in: bool | None
) -> None:
    if sop_class not in ("DX", "CR"):
        raise ValueError(f"SOP class {sop_class!r}; needed DX or CR")
    if meaning.intent not in ("FOR PROCESSING", "FOR PRESENTATION", None):
        raise ValueError(f"intent {meaning.intent!r}; needed FOR PROCESSING, FOR PRESENTATION or None")
    if meaning.photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise ValueError(f"photometric interpretation {meaning.photometric!r}; needed MONOCHROME1 or MONOCHROME2")
    if meaning.relationship not in ("LIN", "LOG", None) or meaning.sign not in (1, -1):
        raise ValueError(f"relationship {meaning.relationship!r} with sign {meaning.sign}; needed LIN or LOG, 1 or -1")
    if not 10 <= meaning.bits_stored <= 16:
        raise ValueError(f"{meaning.bits_stored} bits stored; needed 10 to 16")
    rescaled = (meaning.rescale_slope, meaning.rescale_intercept) != (1.0, 0.0)
    incomplete = None in (meaning.intent, meaning.relationship, pitch_mm, burned_in)
    if sop_class == "DX" and (meaning.signed or rescaled or incomplete):
        raise ValueError(
            "a DX object with signed or rescaled values, or without intent, relationship, pixel pitch or burned-in "
            "annotation; needed unsigned values of slope 1 and all four: write a CR object, or set it through extra"
        )


def _stored(pixels: NDArray[Any], meaning: _PixelMeaning) -> NDArray[np.uint16] | NDArray[np.int16]:
    array = np.asarray(pixels)
    if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "ui":
        raise ValueError(f"array of shape {array.shape} and {array.dtype}; needed a 2-D array of integers")
    low, high = stored_range(meaning.bits_stored, signed=meaning.signed)
    if array.min() < low or array.max() > high:
        raise ValueError(f"values {array.min()} to {array.max()}; needed {low} to {high}")
    return array.astype(np.int16) if meaning.signed else array.astype(np.uint16)


def _write_object(dataset: Dataset, sop_class: str, meaning: _PixelMeaning, source_uid: str | None) -> None:
    presentation = meaning.intent == "FOR PRESENTATION"
    if sop_class == "CR":
        dataset.SOPClassUID = CR_CLASS
    else:
        dataset.SOPClassUID = DX_PRESENTATION_CLASS if presentation else DX_PROCESSING_CLASS
        dataset.AcquisitionContextSequence = Sequence()
        dataset.PositionerType = "COLUMN"
    dataset.Modality = sop_class
    dataset.ImageType = ["DERIVED" if presentation else "ORIGINAL", "PRIMARY"]
    if meaning.intent is not None:
        dataset.PresentationIntentType = meaning.intent
    dataset.PatientOrientation = ["L", "F"]
    dataset.LossyImageCompression = "00"
    if source_uid is not None:
        source = Dataset()
        source.ReferencedSOPClassUID = CR_CLASS if sop_class == "CR" else DX_PROCESSING_CLASS
        source.ReferencedSOPInstanceUID = source_uid
        source.PurposeOfReferenceCodeSequence = [
            code_item("121322", "Source image for image processing operation", "DCM")
        ]
        dataset.SourceImageSequence = [source]


def _write_pixels(
    dataset: Dataset,
    stored: NDArray[np.uint16] | NDArray[np.int16],
    meaning: _PixelMeaning,
    transfer_syntax: TransferSyntaxName,
) -> None:
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = meaning.photometric
    dataset.BitsAllocated = 16
    dataset.BitsStored = meaning.bits_stored
    dataset.HighBit = meaning.bits_stored - 1
    dataset.PixelRepresentation = int(meaning.signed)
    if meaning.relationship is not None:
        dataset.PixelIntensityRelationship = meaning.relationship
        dataset.PixelIntensityRelationshipSign = meaning.sign
    dataset.RescaleSlope = decimal_string(meaning.rescale_slope)
    dataset.RescaleIntercept = decimal_string(meaning.rescale_intercept)
    dataset.RescaleType = "US"
    dataset.PresentationLUTShape = "INVERSE" if meaning.photometric == "MONOCHROME1" else "IDENTITY"
    if meaning.padding_value is not None:
        dataset.add_new("PixelPaddingValue", "SS" if meaning.signed else "US", meaning.padding_value)
    window = meaning.window
    if window is None and meaning.intent == "FOR PRESENTATION":
        low, high = (
            value * meaning.rescale_slope + meaning.rescale_intercept
            for value in stored_range(meaning.bits_stored, signed=meaning.signed)
        )
        window = ((low + high + 1) / 2, high - low + 1)
    if window is not None:
        dataset.WindowCenter, dataset.WindowWidth = (decimal_string(value) for value in window)
    value = encode_pixels(stored, transfer_syntax=transfer_syntax, bits_stored=meaning.bits_stored)
    encapsulated = transfer_syntax_uid(transfer_syntax).is_encapsulated
    dataset.add_new("PixelData", "OB" if encapsulated else "OW", value)
