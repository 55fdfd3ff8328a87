"""Audits of indices, protocols and headers over a store: frames are read and audited."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from xrayiq.audit import (
    ExposureAudit,
    ImageQualityAudit,
    MetadataAudit,
    ProtocolAudit,
    assess_exposure,
    assess_image_quality,
    assess_metadata,
    assess_protocols,
)
from xrayiq.procedures.audited import audited_place, counted_exposures
from xrayiq.procedures.exposure_frame import (
    OF_INDICES,
    OF_PROTOCOLS,
    OF_QUALITY,
)
from xrayiq.procedures.header_frame import headers_of_store
from xrayiq.procedures.indicated_kerma import of_radiography, with_indicators
from xrayiq.procedures.quality_frame import with_image_quality
from xrayiq.procedures.recurring_places import compared_detectors
from xrayiq.procedures.site import Site
from xrayiq.records import Records


def audit_exposure(
    records: Records,
    *,
    site: Site | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
) -> ExposureAudit:
    """Audit the exposure indices of a store's exposures.

    Parameters
    ----------
    records : Records
        Store.
    site : Site, optional
        Settings of a site's file: register, names of examinations, bounds and shifts, calibrations of indicators.
    first, last : date, optional
        Days that the exposures lie within.
    only_site : str
        Only exposures at this site.
    populations : collection of str
        Which images count; patients' exposures by default.

    Returns
    -------
    ExposureAudit
        Deviation indices of like exposures with centre, spread, classes and site limits, targets that they suggest,
        changes over time, rooms and shifts beside each other, faults of indices, indicators of every maker with the
        receptor kerma that they stand for, and what to look into first. Nothing is written.
    """
    settings, counted = counted_exposures(records, site, first, last, only_site, populations, OF_INDICES)
    exposures, others = of_radiography(counted.frame)
    left_out = counted.left_out | ({"exposures of other modalities": others} if others else {})
    return assess_exposure(
        with_indicators(records, exposures, settings.indicator_calibrations),
        unmapped=counted.unmapped,
        left_out=left_out,
        rules=settings.exposure_rules,
    )


def audit_protocol(
    records: Records,
    *,
    site: Site | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
) -> ProtocolAudit:
    """Audit how rooms expose: against the site's table of protocols, against each other, and since when.

    Parameters
    ----------
    records : Records
        Store.
    site : Site, optional
        Settings of a site's file: register, names of examinations, table of protocols.
    first, last : date, optional
        Days that the exposures lie within.
    only_site : str
        Only exposures at this site.
    populations : collection of str
        Which images count; patients' exposures by default.

    Returns
    -------
    ProtocolAudit
        Each room's usual protocol, exposures beside the table, dated changes, rooms and sites beside each other, and
        dose beside image quality, with findings. Nothing is written.
    """
    settings, counted = counted_exposures(records, site, first, last, only_site, populations, OF_PROTOCOLS)
    return assess_protocols(
        counted.frame, protocols=settings.protocols, unmapped=counted.unmapped, left_out=counted.left_out
    )


def audit_image_quality(
    records: Records,
    *,
    site: Site | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
) -> ImageQualityAudit:
    """Audit the quality of a store's clinical images.

    Parameters
    ----------
    records : Records
        Store.
    site : Site, optional
        Settings of a site's file: register, names of examinations, bounds.
    first, last : date, optional
        Days that the exposures lie within.
    only_site : str
        Only exposures at this site.
    populations : collection of str
        Which images count; patients' exposures by default.

    Returns
    -------
    ImageQualityAudit
        Noise in the anatomy beside the exposure, over time and between rooms, shares of images that are saturated,
        clipped, show lines of the grid, a field beside the detector or seams, since when, places of detectors that
        recur over their newest images, and what to look into first. Nothing is written.
    """
    settings, counted = counted_exposures(records, site, first, last, only_site, populations, OF_QUALITY)
    exposures, lost = with_image_quality(records, counted.frame, settings.indicator_calibrations)
    rules = settings.image_quality_rules
    compared = compared_detectors(records, exposures, counted.equipment, rules)
    return assess_image_quality(
        exposures,
        rules=rules,
        unmapped=counted.unmapped,
        left_out=counted.left_out | lost,
        detectors=compared.detectors,
        recurring=compared.recurring,
        detector_maps=compared.maps,
    )


def audit_metadata(
    records: Records,
    *,
    site: Site | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
    today: datetime.date | None = None,
) -> MetadataAudit:
    """Audit headers of a store's exposures: what they lack, what contradicts itself, and whose clock is off.

    Parameters
    ----------
    records : Records
        Store.
    site : Site, optional
        Settings of a site's file: register, names of examinations, tag policy.
    first, last : date, optional
        Days that the exposures lie within.
    only_site : str
        Only exposures at this site.
    populations : collection of str
        Which images count; patients' exposures by default.
    today : date, optional
        Exposures after it are still to come; the day of the audit without.

    Returns
    -------
    MetadataAudit
        Completeness of each unit's headers, problems by rule, clocks, and what no row of the examinations knows, with
        findings. Nothing is written. The checks of single headers are those of `check_header`, as the run stored them.
    """
    settings, known = audited_place(records, site, only_site)
    counted = headers_of_store(records, settings, first=first, last=last, only_site=known, populations=populations)
    return assess_metadata(
        counted.frame,
        policy=settings.tag_policy,
        unmapped=counted.unmapped,
        left_out=counted.left_out,
        today=today or datetime.datetime.now().astimezone().date(),
    )
