"""Audits over a store: frames are read, audited, and what was found is handed back as findings."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from typing import Protocol

import pandas as pd

from xrayiq.audit import (
    DoseAudit,
    DoseEstimates,
    ExposureAudit,
    MetadataAudit,
    ProtocolAudit,
    assess_dose,
    assess_exposure,
    assess_metadata,
    assess_protocols,
    comparable_doses,
)
from xrayiq.dose import LEVEL_COLUMNS, find_unit_suspicions, level_rows, shipped_substantial_dose
from xrayiq.errors import InputError
from xrayiq.model import AuditFinding
from xrayiq.procedures.audit_findings import AUDITOR, RecordedFindings, record_findings
from xrayiq.procedures.audit_runs import record_audit_made
from xrayiq.procedures.effective_doses import effective_doses
from xrayiq.procedures.expected_doses import (
    with_entrance_kerma,
    with_expected_dap,
    with_expected_kerma,
    with_stated_uncertainty,
)
from xrayiq.procedures.exposure_frame import (
    OF_DOSES,
    OF_INDICES,
    OF_PROTOCOLS,
    CountedExposures,
    equipment_of,
    exposures_of_store,
)
from xrayiq.procedures.glandular_doses import with_glandular_dose
from xrayiq.procedures.header_frame import headers_of_store
from xrayiq.procedures.indicated_kerma import of_radiography, with_indicators
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.names import find_place
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import settings_in_force
from xrayiq.procedures.skin_doses import skin_doses
from xrayiq.procedures.study_totals import fluoroscopic_studies
from xrayiq.records import Records

#: stated doses that technique and geometry give an expectation of
_EXPECTED = ("dose_area_product", "incident_air_kerma", "average_glandular_dose")
#: what each audit is called in the trail
_NAMES = {
    "DoseAudit": "dose",
    "ExposureAudit": "exposure",
    "ProtocolAudit": "protocol",
    "RepeatAudit": "repeats",
    "MetadataAudit": "metadata",
    "CollimationAudit": "collimation",
}
_UNITS: tuple[str, ...] = (
    *("site", "room", "unit", "quantity", "exposures", "median_ratio", "suspected_power", "text"),
)


class Audit(Protocol):
    """What any audit gives."""

    @property
    def exposures(self) -> pd.DataFrame:
        """What was audited, with `unit` and `equipment_id`."""

    @property
    def findings(self) -> tuple[AuditFinding, ...]:
        """What to look into."""


def audit_dose(
    records: Records,
    *,
    site: Site | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
) -> DoseAudit:
    """Audit the doses of a store's exposures.

    Parameters
    ----------
    records : Records
        Store.
    site : Site, optional
        Settings of a site's file: register, names of examinations, outputs of tubes, reference levels of its own.
    first, last : date, optional
        Days that the exposures lie within.
    only_site : str
        Only exposures at this site.
    populations : collection of str
        Which images count; patients' exposures by default.

    Returns
    -------
    DoseAudit
        Typical values beside reference levels, units that probably state doses wrongly, excursions, creep, workload,
        dose beside image quality, effective doses of groups, and skin doses of fluoroscopy, with findings. Nothing is
        written.
    """
    settings, counted = _counted(records, site, first, last, only_site, populations)
    exposures = with_expected_kerma(with_expected_dap(counted.frame, settings), settings)
    exposures, glandular = with_glandular_dose(records, exposures)
    units = unit_frame(exposures)
    exposures = with_entrance_kerma(exposures, comparable_doses(exposures, units), settings)
    exposures = with_stated_uncertainty(exposures)
    return assess_dose(
        exposures,
        levels=pd.DataFrame(level_rows(settings.reference_levels), columns=LEVEL_COLUMNS),
        units=units,
        unmapped=counted.unmapped,
        left_out=counted.left_out,
        estimates=_estimates(records, comparable_doses(exposures, units), glandular),
        studies=fluoroscopic_studies(
            records, settings, counted.equipment, first=first, last=last, only_site=counted.only_site
        ),
        levels_of_totals=pd.DataFrame(level_rows(settings.reference_levels, per="examination"), columns=LEVEL_COLUMNS),
    )


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
        Settings of a site's file: register, names of examinations, bounds and shifts.
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
    settings, counted = _counted(records, site, first, last, only_site, populations, OF_INDICES)
    exposures, others = of_radiography(counted.frame)
    left_out = counted.left_out | ({"exposures of other modalities": others} if others else {})
    return assess_exposure(
        with_indicators(records, exposures),
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
    settings, counted = _counted(records, site, first, last, only_site, populations, OF_PROTOCOLS)
    return assess_protocols(
        counted.frame, protocols=settings.protocols, unmapped=counted.unmapped, left_out=counted.left_out
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
    settings = settings_in_force(records, site)
    known = find_place(register_of(records, settings), site=only_site).site if only_site else ""
    counted = headers_of_store(records, settings, first=first, last=last, only_site=known, populations=populations)
    return assess_metadata(
        counted.frame,
        policy=settings.tag_policy,
        unmapped=counted.unmapped,
        left_out=counted.left_out,
        today=today or datetime.datetime.now().astimezone().date(),
    )


def record_audit_findings(records: Records, audit: Audit, *, site: Site | None = None) -> RecordedFindings:
    """Open the findings of an audit in its store, or add to those that are there, and record that it was made.

    See `record_findings` and `record_audit_made`.
    """
    equipment = records.frame("equipment").set_index("id")
    named = audit.exposures[audit.exposures["unit"] != ""].dropna(subset="equipment_id").drop_duplicates("unit")
    headers = {
        str(unit): equipment_of(equipment.loc[int(number)].to_dict())
        for unit, number in zip(named["unit"], named["equipment_id"], strict=True)
    }
    checks = audit.checks if isinstance(audit, DoseAudit) else ()
    told = record_findings(records, audit.findings, checks=checks, site=site, equipment=headers)
    kind = type(audit).__name__
    record_audit_made(records, _NAMES.get(kind, kind), audit.exposures, audit.findings, actor=AUDITOR)
    return told


def _counted(
    records: Records,
    site: Site | None,
    first: datetime.date | None,
    last: datetime.date | None,
    only_site: str,
    populations: Collection[str],
    measured: Sequence[str] = OF_DOSES,
) -> tuple[Site, CountedExposures]:
    """Settings in force, and the exposures that an audit counts."""
    settings = settings_in_force(records, site)
    known = find_place(register_of(records, settings), site=only_site).site if only_site else ""
    counted = exposures_of_store(
        records, settings, first=first, last=last, only_site=known, populations=populations, measured=measured
    )
    return settings, counted


def _estimates(records: Records, fit: pd.DataFrame, glandular: pd.DataFrame) -> DoseEstimates:
    """What is estimated of exposures, doses in a probably wrong unit unknown."""
    skin = skin_doses(records, fit)
    return DoseEstimates(
        effective_dose=effective_doses(fit),
        skin_dose=skin.frame,
        skin_maps=skin.maps,
        glandular_dose=glandular,
        substantial_levels=shipped_substantial_dose().levels,
    )


def unit_frame(exposures: pd.DataFrame) -> pd.DataFrame:
    """Stated over expected doses of each unit, for each quantity that is expected; see `find_unit_suspicions`."""
    rows = []
    for quantity in _EXPECTED:
        if f"expected_{quantity}" not in exposures:
            continue
        for (name, room), group in exposures.groupby(["site", "room"], observed=True, sort=True):
            try:
                found = find_unit_suspicions(
                    group["unit"].to_list(),
                    group[quantity].to_numpy(),
                    group[f"expected_{quantity}"].to_numpy(),
                    quantity=quantity,
                )
            except InputError:  # no exposure with both doses: nothing can be said
                continue
            rows += [
                {"site": name, "room": room, "unit": one.unit, "quantity": found.quantity, "exposures": one.exposures}
                | {"median_ratio": one.median_ratio, "suspected_power": one.suspected_power, "text": one.text}
                for one in found.units
            ]
    return pd.DataFrame(rows, columns=list(_UNITS))
