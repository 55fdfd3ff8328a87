"""A site's own settings: header rules and limits, in one file whose digest stands in each outcome."""

from __future__ import annotations

import datetime
import functools
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from xrayiq.audit import (
    ExaminationNames,
    ExposureRules,
    ImageQualityRules,
    ProtocolRow,
    ReferenceField,
    RepeatBounds,
    ScheduledTest,
    TagPolicy,
    shipped_examinations,
    shipped_exposure_rules,
    shipped_image_quality_rules,
    shipped_repeat_bounds,
    shipped_schedule,
    shipped_tag_policy,
    site_examinations,
    site_exposure_rules,
    site_image_quality_rules,
    site_protocols,
    site_reference_fields,
    site_repeat_bounds,
    site_schedule,
    site_tag_policy,
)
from xrayiq.dose import DiagnosticReferenceLevel, IndicatorCalibration, TubeOutputTable, shipped_reference_levels
from xrayiq.errors import InputError, SiteError
from xrayiq.model import Equipment, Limit, ObjectHeader, limits_at
from xrayiq.procedures.dose_settings import (
    site_indicator_calibrations,
    site_reference_levels,
    site_tube_outputs,
    tube_output_for,
)
from xrayiq.procedures.header_rules import HeaderRule, header_rule
from xrayiq.procedures.kerma import SiteKerma
from xrayiq.procedures.light_field import SHIPPED_MARKERS, light_field_markers
from xrayiq.procedures.limits import limits_of_table, overrides_of_rows
from xrayiq.procedures.populations import (
    RegisteredEquipment,
    pattern_of_test_patients,
    registered_equipment,
    words_of_test_patients,
)
from xrayiq.procedures.whereabouts import TOLD, EquipmentFact, fact_of_row, whereabouts

_SITE_KEYS = frozenset(
    {
        "name",
        "header_rules",
        "limits",
        "kerma",
        "beam_edition",
        "equipment",
        "test_patients",
        "limit_overrides",
        "schedule",
        "examinations",
        "tube_output",
        "reference_levels",
        "protocols",
        "exposure_audit",
        "image_quality_audit",
        "tag_policy",
        "reference_fields",
        "repeat_audit",
        "indicator_calibration",
        "light_field",
    }
)
#: edition of the fluence tables where neither the site nor a kerma table names one
BEAM_EDITION = "2015"
_BEAM_EDITIONS = ("2003", "2015")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Settings of one site over the shipped ones.

    Parameters
    ----------
    name : str
        How the site calls itself in reports.
    header_rules : tuple of HeaderRule
        In the order they are tried: the site's, then the shipped.
    limits : tuple of Limit
        Shipped limits, replaced or extended by the site's, then overrides for single places; see `limits_at`.
    kerma : tuple of SiteKerma
        Kerma at the detector per charge of the site's test beams.
    beam_edition : str
        Edition of the tables of quanta per kerma that the DQE of beams known from headers is computed with.
    equipment : tuple of RegisteredEquipment
        The site's own equipment; without any, all equipment counts as its own.
    facts : tuple of EquipmentFact
        What the site tells of its equipment, in place of headers.
    test_patients : str or None
        Regular expression that the name or number of a test patient matches; None where there are none.
    schedule : tuple of ScheduledTest
        Tests that units owe: shipped rows, replaced or extended by the site's.
    examinations : ExaminationNames
        What headers call body parts and views: the site's rules, then the shipped rows.
    tube_outputs : tuple of TubeOutputTable
        Outputs of the site's tubes as measured.
    indicator_calibrations : tuple of IndicatorCalibration
        What kerma at the receptor the site's exposure indicators stand for, as measured.
    reference_levels : tuple of DiagnosticReferenceLevel
        The site's own, then the shipped.
    protocols : tuple of ProtocolRow
        How the site's rooms are to expose each view, in versions.
    reference_fields : tuple of ReferenceField
        The site's own, before the shipped.
    exposure_rules : ExposureRules
        Bounds and shifts of the exposure audit: shipped, changed by the site's.
    repeat_bounds : RepeatBounds
        Bounds of rates of rejects and repeats: shipped, changed by the site's.
    image_quality_rules : ImageQualityRules
        Bounds of the audit of image quality: shipped, changed by the site's.
    tag_policy : TagPolicy
        What headers should hold: shipped rows, changed by the site's.
    light_field_markers : str or float
        How the markers of tests of the light field stand, as `measure_field_congruence` takes it.
    digest : str
        Digest of the site's file; empty without one.
    """

    name: str
    header_rules: tuple[HeaderRule, ...]
    limits: tuple[Limit, ...]
    kerma: tuple[SiteKerma, ...] = ()
    beam_edition: str = BEAM_EDITION
    equipment: tuple[RegisteredEquipment, ...] = ()
    facts: tuple[EquipmentFact, ...] = ()
    test_patients: str | None = None
    schedule: tuple[ScheduledTest, ...] = ()
    examinations: ExaminationNames = field(default_factory=shipped_examinations)
    tube_outputs: tuple[TubeOutputTable, ...] = ()
    indicator_calibrations: tuple[IndicatorCalibration, ...] = ()
    reference_levels: tuple[DiagnosticReferenceLevel, ...] = ()
    protocols: tuple[ProtocolRow, ...] = ()
    reference_fields: tuple[ReferenceField, ...] = ()
    exposure_rules: ExposureRules = field(default_factory=shipped_exposure_rules)
    repeat_bounds: RepeatBounds = field(default_factory=shipped_repeat_bounds)
    image_quality_rules: ImageQualityRules = field(default_factory=shipped_image_quality_rules)
    tag_policy: TagPolicy = field(default_factory=shipped_tag_policy)
    light_field_markers: str | float = SHIPPED_MARKERS
    digest: str = ""

    def limits_for(self, header: ObjectHeader | None) -> tuple[Limit, ...]:
        """Limits that hold for an object's unit; without a header those for no place in particular."""
        if header is None:
            return limits_at(self.limits, None)
        return self.limits_of(header.acquisition.equipment, header.acquisition.exposed_at)

    def limits_of(self, equipment: Equipment, moment: datetime.datetime | None) -> tuple[Limit, ...]:
        """Limits that held for some equipment at a moment."""
        day = None if moment is None else moment.date()
        return limits_at(self.limits, whereabouts(equipment, day, facts=self.facts).place)

    def tube_output_of(self, equipment: Equipment, moment: datetime.datetime | None) -> TubeOutputTable:
        """Output of the tube of some equipment at a moment; the computed one where the site has measured none."""
        day = None if moment is None else moment.date()
        return tube_output_for(self.tube_outputs, whereabouts(equipment, day, facts=self.facts).place.unit)


def load_site(path: str | Path | None = None) -> Site:
    """Shipped settings, with those of a site file over them.

    Parameters
    ----------
    path : str or Path, optional
        A ``site.toml`` with any of ``name``, ``[[header_rules]]`` (attribute, pattern, kind), ``[limits.ID]``
        (fields of `Limit`; an ID of the shipped file replaces that limit), ``[[limit_overrides]]`` (``limit``, place,
        bounds, ``reason``, ``author``), ``[[kerma]]`` (fields of `SiteKerma`), ``beam_edition``, ``[[equipment]]``
        (fields of `RegisteredEquipment`, with what is told of it in `EquipmentFact`), ``[test_patients]`` (``words``,
        in place of the shipped ones), ``[[schedule]]`` (rows as `site_schedule` takes them), ``[[examinations]]``
        (rows as `site_examinations` takes them), ``[[tube_output]]`` (as `tube_output_of_row`),
        ``[[indicator_calibration]]`` (as `indicator_calibration_of_row`), ``[reference_levels.NAME]`` (as
        `reference_levels_of`), ``[[protocols]]`` (as `site_protocols`),
        ``[[reference_fields]]`` (as `site_reference_fields`), ``[exposure_audit]`` (as
        `site_exposure_rules`), ``[repeat_audit]`` (as `site_repeat_bounds`), ``[image_quality_audit]`` (as
        `site_image_quality_rules`), ``[[tag_policy]]`` (as `site_tag_policy`) and ``[light_field]`` (``markers``).

    Returns
    -------
    Site
        Rules and limits in force.

    Raises
    ------
    SiteError
        The file cannot be read, or holds an unknown key, attribute, kind, quantity or pattern.
    """
    shipped = _shipped_site()
    if path is None:
        return shipped
    limits = {limit.id: limit for limit in shipped.limits}
    table, digest = _read(Path(path))
    name = Path(path).name
    unknown = set(table) - _SITE_KEYS
    if unknown:
        raise SiteError(
            f"unknown key {sorted(unknown)[0]!r}", needed="one of " + ", ".join(sorted(_SITE_KEYS)), source=name
        )
    own_rules = tuple(header_rule(row, name) for row in table.get("header_rules", []))
    documents = tuple((limits | limits_of_table(table.get("limits", {}), name)).values())
    return Site(
        name=str(table.get("name", "")),
        header_rules=own_rules + shipped.header_rules,
        limits=documents + overrides_of_rows(table.get("limit_overrides", []), documents, name),
        kerma=tuple(_kerma(row, name) for row in table.get("kerma", [])),
        beam_edition=_beam_edition(table.get("beam_edition", BEAM_EDITION), name),
        equipment=registered_equipment(_without_told(table.get("equipment", [])), name),
        facts=_facts(table.get("equipment", []), name),
        test_patients=pattern_of_test_patients(words_of_test_patients(table.get("test_patients"), name)),
        schedule=site_schedule(table.get("schedule", []), source=name),
        examinations=site_examinations(table.get("examinations", []), name),
        tube_outputs=site_tube_outputs(table.get("tube_output", []), name),
        indicator_calibrations=site_indicator_calibrations(table.get("indicator_calibration", []), name),
        reference_levels=site_reference_levels(table.get("reference_levels", {}), name) + shipped.reference_levels,
        protocols=site_protocols(table.get("protocols", []), name),
        exposure_rules=site_exposure_rules(table.get("exposure_audit", {}), name),
        repeat_bounds=site_repeat_bounds(table.get("repeat_audit", {}), name),
        image_quality_rules=site_image_quality_rules(table.get("image_quality_audit", {}), name),
        tag_policy=site_tag_policy(table.get("tag_policy", []), name),
        reference_fields=site_reference_fields(table.get("reference_fields", []), name),
        light_field_markers=light_field_markers(table.get("light_field", {}), name),
        digest=digest,
    )


@functools.cache
def _shipped_site() -> Site:
    rules = tuple(header_rule(row, "header_rules.toml") for row in _shipped("header_rules.toml")["rule"])
    return Site(
        name="",
        header_rules=rules,
        limits=tuple(limits_of_table(_shipped("limits.toml"), "limits.toml").values()),
        test_patients=pattern_of_test_patients(words_of_test_patients()),
        schedule=shipped_schedule(),
        reference_levels=shipped_reference_levels(),
    )


def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("xrayiq").joinpath("data", name).read_text(encoding="utf-8"))


def _read(path: Path) -> tuple[dict[str, Any], str]:
    try:
        content = path.read_bytes()
        return tomllib.loads(content.decode("utf-8")), hashlib.sha256(content).hexdigest()[:16]
    except OSError as error:
        raise SiteError(f"cannot be read ({error.strerror})", needed="a site file", source=path.name) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SiteError(f"no valid TOML: {error}", source=path.name) from error


def _kerma(row: Mapping[str, Any], source: str) -> SiteKerma:
    known = {field.name for field in fields(SiteKerma)}
    unknown = set(row) - known
    missing = {"kerma_per_mas_ugy", "source_detector_distance_mm"} - set(row)
    if unknown or missing:
        found = f"unknown key {sorted(unknown)[0]!r}" if unknown else f"{sorted(missing)[0]} missing"
        raise SiteError(f"kerma table: {found}", needed="fields " + ", ".join(sorted(known)), source=source)
    try:
        return SiteKerma(**row)
    except InputError as error:
        raise SiteError(f"kerma table: {error.found}", needed=error.needed, source=source) from error


def _beam_edition(edition: object, source: str) -> str:
    if edition not in _BEAM_EDITIONS:
        raise SiteError(f"beam_edition {edition!r}", needed="one of " + ", ".join(_BEAM_EDITIONS), source=source)
    return str(edition)


def _without_told(rows: Any) -> Any:
    """Rows of equipment with what they match alone; what is no list of tables stays as it is, to be refused."""
    if not isinstance(rows, list):
        return rows
    told = {*TOLD, "from"}
    return [
        {name: text for name, text in row.items() if name not in told} if isinstance(row, Mapping) else row
        for row in rows
    ]


def _facts(rows: Any, source: str) -> tuple[EquipmentFact, ...]:
    """What rows of equipment tell, once `registered_equipment` has taken them."""
    return tuple(fact_of_row(row, source) for row in rows if set(row) & set(TOLD))
