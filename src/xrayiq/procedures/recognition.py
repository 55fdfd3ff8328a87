"""What an image is: from header rules first, from its pixels where the header is silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.model import ObjectHeader, Radiograph
from xrayiq.procedures.header_rules import Kind
from xrayiq.procedures.site import Site

XRAY_MODALITIES: Final = frozenset({"CR", "DX", "MG", "RF", "XA", "PX", "IO"})

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
#: CR, DX, MG, IO, SC, XA, RF, their FOR PROCESSING, multi-frame and enhanced forms
_XRAY_IMAGE_CLASSES: Final = frozenset(
    _STORAGE + suffix
    for suffix in ("1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "7", "7.1", "7.2", "7.3", "12.1", "12.1.1")
) | frozenset(_STORAGE + suffix for suffix in ("12.2", "12.2.1", "12.3"))
_DOSE_REPORT_CLASSES: Final = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.88.67",  # X-Ray Radiation Dose SR
        "1.2.840.10008.5.1.4.1.1.88.76",  # Enhanced X-Ray Radiation Dose SR
    }
)
#: Enhanced SR, Comprehensive SR and its three-dimensional form, in which dose reports are stored as well
_DOCUMENT_CLASSES: Final = frozenset(f"1.2.840.10008.5.1.4.1.1.88.{suffix}" for suffix in ("22", "33", "34"))
_DOSE_REPORT_TITLE: Final = "113701"
_STEP_CLASS: Final = "1.2.840.10008.3.1.2.3.3"
_KEY_OBJECT_CLASS: Final = "1.2.840.10008.5.1.4.1.1.88.59"

#: size of the picture on which appearance is judged
_THUMBNAIL_PX: Final = 64
#: size to which large images are reduced first, in their own integers: the mean of 16 of these pixels, which makes one
#: of the picture, has a fourth of their rounding
_REDUCED_PX: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """Kind of an object and what it was told from.

    Parameters
    ----------
    kind : str
        Kind of the object.
    evidence : str
        The rule or appearance that decided.
    """

    kind: Kind
    evidence: str


def recognise_header(header: ObjectHeader, site: Site) -> Recognition | None:
    """Kind of an object as far as its header tells.

    Parameters
    ----------
    header : ObjectHeader
        Identity and acquisition.
    site : Site
        Rules in force.

    Returns
    -------
    Recognition or None
        None where the header is silent and the pixels must tell.
    """
    if header.sop_class_uid in _DOSE_REPORT_CLASSES:
        return Recognition(kind="dose_report", evidence="SOP class of a radiation dose report")
    if header.sop_class_uid in _DOCUMENT_CLASSES and header.report_title == _DOSE_REPORT_TITLE:
        return Recognition(kind="dose_report", evidence="title of a radiation dose report")
    if header.sop_class_uid == _KEY_OBJECT_CLASS:
        return Recognition(kind="reject_note", evidence="SOP class of a key object selection")
    acquisition = header.acquisition
    if header.sop_class_uid == _STEP_CLASS and acquisition.modality in (None, *XRAY_MODALITIES):
        return Recognition(kind="performed_step", evidence="SOP class of a modality performed procedure step")
    if acquisition.modality is not None and acquisition.modality not in XRAY_MODALITIES:
        return Recognition(kind="other", evidence=f"modality {acquisition.modality} is no projection X-ray")
    if acquisition.modality is None and header.sop_class_uid not in _XRAY_IMAGE_CLASSES and header.rows is None:
        return Recognition(kind="other", evidence="neither modality, SOP class nor pixels of an X-ray image")
    for rule in site.header_rules:
        if rule.matches(acquisition):
            if rule.kind == "test_object":
                return None
            return Recognition(kind=rule.kind, evidence=f"{rule.attribute} matches {rule.pattern!r}")
    if acquisition.quality_control_image == "YES":
        return None
    if acquisition.body_part or acquisition.view_position:
        return Recognition(kind="clinical", evidence="body part or view and no sign of a test image")
    return None


def recognise(image: Radiograph, site: Site) -> Recognition:
    """Kind of an image.

    Parameters
    ----------
    image : Radiograph
        Image with its header.
    site : Site
        Rules in force.

    Returns
    -------
    Recognition
        From the header where it speaks; otherwise ``flat_field``, ``edge`` or ``collimated_field`` by appearance,
        ``test_object`` for other test images and ``clinical`` for the rest.
    """
    told = recognise_header(image.header, site)
    if told is not None:
        return told
    seen = appearance(image.pixels, unexposed=_unexposed_value(image))
    if seen is not None:
        return seen
    acquisition = image.acquisition
    is_test = acquisition.quality_control_image == "YES" or any(
        rule.kind == "test_object" and rule.matches(acquisition) for rule in site.header_rules
    )
    if is_test:
        return Recognition(kind="test_object", evidence="marked as a test image, of no known appearance")
    return Recognition(kind="clinical", evidence="structured image without sign of a test")


def _unexposed_value(image: Radiograph) -> float:
    """Stored value of no exposure: the end of the stored range from which values grow with the kerma."""
    relation = image.relation
    end = relation.stored_min if relation.sign > 0 else relation.stored_max
    return 0.0 if end is None else float(end)


def appearance(pixels: NDArray[Any], *, unexposed: float = 0.0) -> Recognition | None:
    """Kind of a test image by what it looks like.

    Parameters
    ----------
    pixels : 2-D array
        Stored values.
    unexposed : float
        Value of no exposure; exposure moves values away from it.

    Returns
    -------
    Recognition or None
        None for a structured image.

    Notes
    -----
    Judged on block means. If they fall in two levels (Otsu), both uniform (deviation under 12 % of the step), the
    exposed level enclosed by the other is a *collimated field* and any other border between them an *edge*. Otherwise,
    if a quadratic surface leaves under 3 % of the mean exposure, it is a *flat field*.
    """
    exposure = np.abs(_reduced(pixels) - unexposed)
    resized = cv2.resize(exposure, (_THUMBNAIL_PX, _THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    small = np.asarray(resized, dtype=np.float64)
    levels = _two_levels(small)
    if levels is not None:
        return levels
    inner = small[3:-3, 3:-3]
    spread, level = float(np.std(inner - _quadratic_surface(inner))), float(inner.mean())
    if spread < 0.03 * level and float(np.ptp(inner)) < 0.5 * level:
        return Recognition(kind="flat_field", evidence="appearance: uniform but for a smooth surface")
    return None


def _reduced(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Pixels as floats; those of large images of 16-bit integers as means of a few pixels, rounded to whole numbers."""
    native = pixels.dtype in (np.dtype(np.uint16), np.dtype(np.int16))
    if native and min(pixels.shape) >= 2 * _REDUCED_PX:
        means = cv2.resize(np.ascontiguousarray(pixels), (_REDUCED_PX, _REDUCED_PX), interpolation=cv2.INTER_AREA)
        return np.asarray(means, dtype=np.float64)
    return pixels.astype(np.float64)


def _two_levels(small: NDArray[np.float64]) -> Recognition | None:
    scaled = cv2.normalize(small, np.empty_like(small), 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    _, exposed = cv2.threshold(scaled, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    solid = exposed.astype(bool)
    near_border = cv2.morphologyEx(exposed, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)).astype(bool)
    bright, dark = scaled[solid & ~near_border], scaled[~solid & ~near_border]
    if bright.size < 40 or dark.size < 40:
        return None
    step = float(np.median(bright)) - float(np.median(dark))
    if step <= 0 or max(float(np.std(bright)), float(np.std(dark))) > 0.12 * step:
        return None
    count, _ = cv2.connectedComponents(exposed)
    if count != 2:
        return None
    frame = np.concatenate([solid[0], solid[-1], solid[:, 0], solid[:, -1]])
    if float(frame.mean()) < 0.35 and bool(solid[solid.shape[0] // 2, solid.shape[1] // 2]):
        return Recognition(kind="collimated_field", evidence="appearance: a uniform field within an unexposed frame")
    return Recognition(kind="edge", evidence="appearance: two uniform levels with one border")


def _quadratic_surface(values: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = np.mgrid[-1 : 1 : values.shape[0] * 1j, -1 : 1 : values.shape[1] * 1j]
    terms = np.stack([np.ones_like(rows), rows, columns, rows**2, columns**2, rows * columns], axis=-1).reshape(-1, 6)
    coefficients = np.linalg.lstsq(terms, values.ravel(), rcond=None)[0]
    surface: NDArray[np.float64] = (terms @ coefficients).reshape(values.shape)
    return surface
