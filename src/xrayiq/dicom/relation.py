"""What stored values mean: intensity relationship, rescale, Modality LUT and padding of a header."""

from __future__ import annotations

from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from xrayiq.dicom.acquisition import intensity_sign
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.layout import PixelLayout
from xrayiq.model import PixelRelation
from xrayiq.model.pixel_relation import Relation

_RELATIONS: Final[dict[str, Relation]] = {"LIN": "linear", "LOG": "log", "DISP": "display"}
#: X-ray angiography and fluoroscopy: their Modality LUT leads back to values linear in intensity
_LUT_TO_LINEAR: Final = frozenset({"1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2"})
_LUT_ENTRIES_MAX: Final = 65536


def pixel_relation(elements: Elements, layout: PixelLayout) -> tuple[PixelRelation, tuple[str, ...]]:
    """Meaning of the stored values, and what had to be assumed.

    PixelIntensityRelationship and its sign speak of the stored values (DICOM PS3.3, C.8.11.3.1.2); a rescale with
    negative slope turns the sign of the rescaled ones. In XA and RF objects a Modality LUT turns values of a relation
    other than linear into linear ones (C.8.7.1.1.2); in other objects it does not.

    Parameters
    ----------
    elements : Elements
        Attributes of the object.
    layout : PixelLayout
        Bit layout of its pixels.
    """
    stated = elements.text("PixelIntensityRelationship")
    relation = _RELATIONS.get((stated or "").upper(), "unknown")
    notes = []
    sign = intensity_sign(elements)
    if sign is None:
        sign = 1
        if relation in ("linear", "log"):
            notes.append("no PixelIntensityRelationshipSign: values taken to grow with the kerma")
    slope = elements.number("RescaleSlope")
    intercept = elements.number("RescaleIntercept")
    if slope == 0:
        notes.append("RescaleSlope of 0 ignored")
        slope = None
    table, first = None, 0
    items = elements.items("ModalityLUTSequence")[:1]
    if items:
        table, first = _modality_lut(items[0], layout)
        if table is None:
            notes.append("the Modality LUT is damaged: relation to kerma unknown")
            relation = "unknown"
        elif relation == "linear":
            notes.append("Modality LUT not applied: stored values are linear as they are")
            table = None
        elif relation in ("log", "display") and elements.uid("SOPClassUID") in _LUT_TO_LINEAR:
            relation = "linear"
    falling = table[-1] < table[0] if table is not None else slope is not None and slope < 0
    low, high = layout.limits
    return PixelRelation(
        relation=relation,
        sign=-sign if falling else sign,
        rescale_slope=1.0 if slope is None else slope,
        rescale_intercept=0.0 if intercept is None else intercept,
        modality_lut=table,
        modality_lut_first=first,
        stored_min=low,
        stored_max=high,
        padding=_padding(elements, layout),
    ), tuple(notes)


def _padding(elements: Elements, layout: PixelLayout) -> tuple[int, int] | None:
    """Inclusive range from PixelPaddingValue to PixelPaddingRangeLimit, in either order (DICOM PS3.3, C.7.5.1.1.2)."""
    value = elements.integer("PixelPaddingValue")
    if value is None:
        return None
    limit = elements.integer("PixelPaddingRangeLimit")
    ends = sorted(_as_stored(end, layout) for end in (value, value if limit is None else limit))
    return ends[0], ends[1]


def _as_stored(value: int, layout: PixelLayout) -> int:
    """Value of a word whose VR (US or SS) disagrees with the pixels' sign."""
    word = 1 << layout.bits_allocated
    if layout.signed and value >= word // 2:
        return value - word
    return value + word if not layout.signed and value < 0 else value


def _modality_lut(item: Dataset, layout: PixelLayout) -> tuple[tuple[float, ...] | None, int]:
    lut = Elements((item,))
    descriptor = [int(number) for number in lut.numbers("LUTDescriptor")]
    if len(descriptor) != 3:
        return None, 0
    entries = descriptor[0] % _LUT_ENTRIES_MAX or _LUT_ENTRIES_MAX
    first = descriptor[1] - 65536 if layout.signed and descriptor[1] > 32767 else descriptor[1]
    data = lut.words("LUTData")
    if data.size < entries and data.size * 2 >= entries:
        data = data.view(np.uint8)
    return (tuple(data[:entries].astype(float).tolist()), first) if data.size >= entries else (None, 0)
