"""Audit of collimation over a store."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from xrayiq.audit import CollimationAudit, assess_collimation
from xrayiq.procedures.audited import counted_exposures
from xrayiq.procedures.field_frame import with_fields
from xrayiq.procedures.site import Site
from xrayiq.records import Records


def audit_collimation(
    records: Records,
    *,
    site: Site | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
) -> CollimationAudit:
    """Audit how a store's units collimate.

    Parameters
    ----------
    records : Records
        Store.
    site : Site, optional
        Settings of a site's file: register, names of examinations, reference fields.
    first, last : date, optional
        Days that the exposures lie within.
    only_site : str
        Only exposures at this site.
    populations : collection of str
        Which images count; patients' exposures by default.

    Returns
    -------
    CollimationAudit
        Fields as found in images, told by headers and told by dose reports beside each other, open and cropped fields,
        visible borders, centring and rotation, with findings. Nothing is written.
    """
    settings, counted = counted_exposures(records, site, first, last, only_site, populations, measured=())
    exposures, lost = with_fields(records, counted.frame)
    return assess_collimation(
        exposures,
        references=settings.reference_fields,
        unmapped=counted.unmapped,
        left_out=counted.left_out | lost,
    )
