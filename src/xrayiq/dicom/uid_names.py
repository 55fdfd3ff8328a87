"""Names of the UIDs that DICOM registers."""

from __future__ import annotations

from pydicom.uid import UID


def uid_name(uid: str | None) -> str:
    """Name of a registered UID (DICOM PS3.6, annex A), the UID itself where it is not registered, else empty text."""
    return "" if uid is None else UID(uid).name
