"""What the storage classes of X-ray images require (DICOM PS3.3 and PS3.4)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from xrayiq.model import ObjectHeader, Severity

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."

#: modalities of a storage class
MODALITIES: Final = MappingProxyType(
    {
        _STORAGE + "1": frozenset({"CR"}),
        _STORAGE + "1.1": frozenset({"DX", "PX"}),
        _STORAGE + "1.1.1": frozenset({"DX", "PX"}),
        _STORAGE + "1.2": frozenset({"MG"}),
        _STORAGE + "1.2.1": frozenset({"MG"}),
        _STORAGE + "1.3": frozenset({"IO"}),
        _STORAGE + "1.3.1": frozenset({"IO"}),
        _STORAGE + "12.1": frozenset({"XA"}),
        _STORAGE + "12.1.1": frozenset({"XA"}),
        _STORAGE + "12.2": frozenset({"RF"}),
        _STORAGE + "12.2.1": frozenset({"XA", "RF"}),
    }
)
#: intent of a storage class that has one
INTENTS: Final = MappingProxyType(
    {
        _STORAGE + "1.1": "FOR PRESENTATION",
        _STORAGE + "1.1.1": "FOR PROCESSING",
        _STORAGE + "1.2": "FOR PRESENTATION",
        _STORAGE + "1.2.1": "FOR PROCESSING",
        _STORAGE + "1.3": "FOR PRESENTATION",
        _STORAGE + "1.3.1": "FOR PROCESSING",
    }
)


def is_digital_radiography(header: ObjectHeader) -> bool:
    """Whether the object is of a DX, MG or IO class, which share the strict attributes of the DX modules."""
    return header.sop_class_uid in INTENTS


def missing_severity(header: ObjectHeader) -> Severity:
    """What the lack of an attribute weighs that the DX modules require and other classes leave free."""
    return "problem" if is_digital_radiography(header) else "note"
