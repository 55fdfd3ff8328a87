"""Meaning, layout and encoding of the pixels: storage class, intent, display, bits, compression, annotation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xrayiq.model import HeaderProblem, ObjectHeader
from xrayiq.procedures.header_checks.storage_classes import (
    INTENTS,
    MODALITIES,
    is_digital_radiography,
    missing_severity,
)

_SYNTAX: Final = "1.2.840.10008.1.2."
#: transfer syntaxes that are always lossy (JPEG baseline, extended and progressive; JPEG-LS near-lossless)
LOSSY_SYNTAXES: Final = frozenset(_SYNTAX + end for end in ("4.50", "4.51", "4.53", "4.55", "4.81"))
_SHAPES: Final = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}


def check_pixels(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """All checks of the pixels' meaning of one header."""
    yield from class_and_modality(header)
    yield from class_and_intent(header)
    yield from shape_contradicts(header)
    yield from relation_missing(header)
    yield from bits_contradict(header)
    yield from compression_contradicts(header)
    yield from annotation(header)


def class_and_modality(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """A modality that the storage class does not hold."""
    allowed, modality = MODALITIES.get(header.sop_class_uid or ""), header.acquisition.modality
    if allowed is None or modality in allowed:
        return
    yield HeaderProblem(
        check="class_and_modality",
        attributes=("SOPClassUID", "Modality"),
        found=f"Modality {modality}" if modality else "no Modality",
        needed=f"{' or '.join(sorted(allowed))} for this SOP class",
        remedy="have the export mended: statistics sort by the modality",
        severity="problem",
    )


def class_and_intent(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """An intent other than that of the storage class, or none where the class needs it."""
    needed, stated = INTENTS.get(header.sop_class_uid or ""), header.detail.declared_intent
    if needed is None or stated == needed:
        return
    yield HeaderProblem(
        check="class_and_intent" if stated else "intent_missing",
        attributes=("SOPClassUID", "PresentationIntentType"),
        found=f"PresentationIntentType {stated}" if stated else "no PresentationIntentType",
        needed=f"{needed} for this SOP class",
        remedy="find out which of the two is true before pixels are measured",
        severity="problem",
    )


def shape_contradicts(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """PresentationLUTShape against the photometric interpretation."""
    photometric, shape = header.acquisition.photometric_interpretation, header.detail.presentation_lut_shape
    needed = _SHAPES.get(photometric or "")
    if needed is None or shape is None or shape == needed:
        return
    yield HeaderProblem(
        check="shape_contradicts",
        attributes=("PhotometricInterpretation", "PresentationLUTShape"),
        found=f"{photometric} with PresentationLUTShape {shape}",
        needed=f"{needed} with {photometric}",
        remedy="viewers may show the image inverted: have the export mended",
        severity="problem" if is_digital_radiography(header) else "note",
    )


def relation_missing(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """No relation of pixel values to exposure, or no sign of it."""
    acquisition = header.acquisition
    if acquisition.intent != "FOR PROCESSING" and not is_digital_radiography(header):
        return
    missing = [] if acquisition.pixel_intensity_relationship else ["PixelIntensityRelationship"]
    if acquisition.pixel_intensity_sign is None:
        missing.append("PixelIntensityRelationshipSign")
    if missing:
        yield HeaderProblem(
            check="relation_missing",
            attributes=tuple(missing),
            found=f"no {' and no '.join(missing)}",
            needed="LIN or LOG, and 1 or −1",
            remedy="measure the detector's response: without it pixel values mean nothing",
            severity=missing_severity(header),
        )


def bits_contradict(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """More bits stored than allocated, or a high bit that is not the highest stored."""
    stored, allocated, high = header.bits_stored, header.detail.bits_allocated, header.detail.high_bit
    if stored is None:
        return
    too_many = allocated is not None and stored > allocated
    shifted = high is not None and high != stored - 1
    if too_many or shifted:
        yield HeaderProblem(
            check="bits_contradict",
            attributes=("BitsAllocated", "BitsStored", "HighBit"),
            found=f"BitsAllocated {allocated}, BitsStored {stored}, HighBit {high}",
            needed=f"HighBit {stored - 1}, and no more bits stored than allocated",
            remedy="compare the greatest pixel value with the range before trusting either",
            severity="problem",
        )


def compression_contradicts(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """A lossy encoding that the header does not admit, or an earlier loss that it does."""
    lossy, stated = header.transfer_syntax_uid in LOSSY_SYNTAXES, header.detail.lossy_image_compression
    if lossy and stated != "01":
        yield HeaderProblem(
            check="lossy_denied",
            attributes=("LossyImageCompression", "TransferSyntaxUID"),
            found=f"lossy transfer syntax with {'LossyImageCompression 00' if stated else 'no LossyImageCompression'}",
            needed="LossyImageCompression 01",
            remedy="treat the image as lossy: noise and sharpness are not those of the detector",
            severity="problem",
        )
    elif stated == "01":
        yield HeaderProblem(
            check="lossy",
            attributes=("LossyImageCompression",),
            found="LossyImageCompression 01" + ("" if lossy else ": pixels lost detail before they came here"),
            needed="pixels without loss for tests of the detector",
            remedy="measure the original; noise and sharpness here are not those of the detector",
            severity="note",
        )


def annotation(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """Text in the pixels, or no word on it."""
    stated = (header.acquisition.burned_in_annotation or "").strip().upper()
    if stated == "NO":
        return
    present = stated == "YES"
    yield HeaderProblem(
        check="annotation_burned_in" if present else "annotation_unknown",
        attributes=("BurnedInAnnotation",),
        found="BurnedInAnnotation YES" if present else "no BurnedInAnnotation",
        needed="NO before a picture of the image is shown",
        remedy="only outlines are drawn" + ("; text is measured along with the image" if present else ""),
        severity="note" if present else missing_severity(header),
    )
