"""Images that an audit counts and that nobody could measure for it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from xrayiq.errors import InputError
from xrayiq.procedures.audited import audited_place
from xrayiq.procedures.exposure_frame import OF_DOSES, OF_INDICES, OF_PROTOCOLS, OF_QUALITY, procedures_of
from xrayiq.procedures.exposure_places import IDENTITY, placed, within
from xrayiq.procedures.scoring import EXPECTED
from xrayiq.procedures.site import Site
from xrayiq.records import Records

#: quantities measured on images that each audit reads; headers and dose reports need no measurement
READ_BY_AUDITS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "exposure": OF_INDICES,
        "dose": OF_DOSES,
        "protocol": OF_PROTOCOLS,
        "image_quality": OF_QUALITY,
        "repeats": ("field_area",),
        "collimation": ("field_area", "clinical_noise"),
        "metadata": (),
    }
)


def unmeasured_images(
    records: Records,
    *,
    audit: str,
    site: Site | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
) -> int:
    """Number of patients' images that should have been measured for an audit and were not.

    Parameters
    ----------
    records : Records
        Store.
    audit : str
        One of `READ_BY_AUDITS`.
    site, first, last, only_site
        As for the audit.

    Returns
    -------
    int
        Images that lack a measurement which the audit reads, and images that no audit counts because their pixels
        cannot be read. Reasons that say nothing against an image (`EXPECTED`) do not count.

    Raises
    ------
    InputError
        There is no such audit, or no such site.
    """
    if audit not in READ_BY_AUDITS:
        raise InputError(f"audit {audit!r}", needed="one of " + ", ".join(READ_BY_AUDITS))
    procedures = procedures_of(READ_BY_AUDITS[audit])
    failed = records.unmeasured_subjects(expected=EXPECTED)
    if not failed:
        return 0
    lacking = records.unmeasured_subjects(procedures, expected=EXPECTED) if procedures else set()
    images = records.frame("exposures", columns=("subject", "population", "exposed_at", "equipment_id"))
    unread = (images["population"] == "not_classed") & images["subject"].isin(failed)
    chosen = images[unread | ((images["population"] == "clinical") & images["subject"].isin(lacking))]
    if chosen.empty:
        return 0
    settings, known = audited_place(records, site, only_site)
    equipment = records.frame("equipment", columns=("id", *IDENTITY)).set_index("id")
    found = within(placed(chosen.reset_index(drop=True), equipment, settings), first, last)
    return int((found["site"] == known).sum()) if known else len(found)
