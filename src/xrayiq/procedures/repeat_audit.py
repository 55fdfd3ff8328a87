"""Audit of rejects and repeats over a store."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from xrayiq.audit import RepeatAudit, assess_repeats
from xrayiq.procedures.audited import audited_place
from xrayiq.procedures.exposure_counts import counted_images, counted_steps
from xrayiq.procedures.field_centres import with_field_centres
from xrayiq.procedures.site import Site
from xrayiq.procedures.told_rejects import exposures_with_rejects
from xrayiq.records import Records


def audit_repeats(
    records: Records,
    *,
    site: Site | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
) -> RepeatAudit:
    """Audit the rejects and repeats of a store.

    Parameters
    ----------
    records : Records
        Store.
    site : Site, optional
        Settings of a site's file: register, names of examinations, bounds of rates.
    first, last : date, optional
        Days that the exposures lie within.
    only_site : str
        Only exposures at this site.
    populations : collection of str
        Which images count; patients' exposures by default.

    Returns
    -------
    RepeatAudit
        Rates of rejects (key objects, flags of dose reports, exposures without stored image, makers' logs) and of
        apparent repeats, and exposures that counters tell of alone, kept apart, with findings. Nothing is written.
    """
    settings, known = audited_place(records, site, only_site)
    told = exposures_with_rejects(records, settings, first=first, last=last, only_site=known, populations=populations)
    return assess_repeats(
        with_field_centres(records, told.frame),
        unmapped=told.unmapped,
        left_out=told.left_out,
        counted_images=counted_images(records, settings, first=first, last=last, only_site=known),
        counted_steps=counted_steps(records),
        bounds=settings.repeat_bounds,
    )
