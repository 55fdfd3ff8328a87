"""Audit of doses: typical values beside reference levels, wrong units, excursions, creep, workload, optimisation."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from xrayiq.audit.comparable import comparable_doses
from xrayiq.audit.dose_checks import dose_checks
from xrayiq.audit.dose_creep import DoseCreep, creep_frame, find_dose_creep
from xrayiq.audit.dose_estimates import (
    DoseEstimates,
    glandular_findings,
    substantial_findings,
)
from xrayiq.audit.dose_findings import creep_findings, excursion_findings, level_findings, unit_findings
from xrayiq.audit.dose_of_repeats import dose_of_repeats
from xrayiq.audit.excursions import find_excursions
from xrayiq.audit.findings_table import table_of
from xrayiq.audit.optimisation import dose_and_quality
from xrayiq.audit.procedure_doses import ProcedureDoses, assess_procedures, no_studies
from xrayiq.audit.told_places import days_of, days_text
from xrayiq.audit.typical_doses import compare_with_levels, local_levels, typical_doses
from xrayiq.audit.workload import weekly_workload, workload_by_voltage
from xrayiq.model import AuditCheck, AuditFinding, Result

#: dose quantities of single exposures that are audited, the first that is told most often first on paper
QUANTITIES: Final = (
    "dose_area_product",
    "incident_air_kerma",
    "entrance_surface_air_kerma",
    "average_glandular_dose",
)
#: of these, what files state; entrance surface air kerma is an estimate of the audit
STATED: Final = ("dose_area_product", "incident_air_kerma", "average_glandular_dose")
#: of these, excursions and creep are looked for in the first that a group has
_MAIN: Final = ("dose_area_product", "average_glandular_dose")
_OF_ROOMS: Final = ("typical", "compared", "workload", "workload_by_voltage", "optimisation")
#: of fluoroscopic procedures, and the field of `ProcedureDoses` that each is
_OF_PROCEDURES: Final = {
    "procedures": "typical",
    "procedure_levels": "compared",
    "procedure_local_levels": "local",
    "studies": "studies",
}
_OF_UNITS: Final = ("exposures", "excursions", "units", "skin_dose", "glandular_dose")
FRAMES: Final = (
    *("levels", "typical", "local_levels", "excursions", "creep", "workload", "workload_by_voltage", "optimisation"),
    *("units", "unmapped", "effective_dose", "skin_dose", "glandular_dose", "repeats", "exposures", "findings"),
    *_OF_PROCEDURES,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DoseAudit:
    """Doses of a period, and what to look into.

    Parameters
    ----------
    first_day, last_day : date or None
        Of the exposures.
    exposures : DataFrame
        What was audited, one row for each exposure.
    typical, compared, local : DataFrame
        As `typical_doses`, `compare_with_levels` and `local_levels` give them, all quantities below each other.
    excursions : DataFrame
        As `find_excursions` gives them.
    creep : tuple of DoseCreep
        Weekly levels of what is done often enough.
    workload, workload_by_voltage, optimisation : DataFrame
        As the functions of these names (`dose_and_quality` for the last) give them.
    units : DataFrame
        Units with the median of stated over expected doses: `site`, `room`, `unit`, `quantity`, `exposures`,
        `median_ratio`, `suspected_power`, `text`.
    unmapped : DataFrame
        Body parts, views and protocols that no row tells, with their number.
    effective_dose : DataFrame
        Effective dose of groups of adults at each site (`EFFECTIVE_COLUMNS` of `dose_estimates`): an indicator, never
        of a patient.
    skin_dose : DataFrame
        Examinations with fluoroscopy, the nearest to a level of a substantial dose first (`SKIN_COLUMNS`).
    skin_maps : mapping of str to Result
        Maps of the skin dose, by study.
    glandular_dose : DataFrame
        Stated over estimated glandular doses of units (`GLANDULAR_COLUMNS`).
    left_out : mapping of str to int
        Exposures that do not count, by reason.
    findings : tuple of AuditFinding
        What to look into, the gravest first.
    checks : tuple of AuditCheck
        What is all right, as evidence that earlier findings are mended; see `dose_checks`.
    procedures : ProcedureDoses
        Totals of fluoroscopic studies, and what is typical of them.
    """

    first_day: datetime.date | None
    last_day: datetime.date | None
    exposures: pd.DataFrame
    typical: pd.DataFrame
    compared: pd.DataFrame
    local: pd.DataFrame
    excursions: pd.DataFrame
    creep: tuple[DoseCreep, ...]
    workload: pd.DataFrame
    workload_by_voltage: pd.DataFrame
    optimisation: pd.DataFrame
    units: pd.DataFrame
    unmapped: pd.DataFrame
    effective_dose: pd.DataFrame
    skin_dose: pd.DataFrame
    glandular_dose: pd.DataFrame
    skin_maps: Mapping[str, Result] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    findings: tuple[AuditFinding, ...] = ()
    checks: tuple[AuditCheck, ...] = ()
    procedures: ProcedureDoses = field(default_factory=ProcedureDoses)

    def frame(self, name: str = "levels") -> pd.DataFrame:
        """One table of the audit.

        Parameters
        ----------
        name : str
            ``"levels"`` (typical values beside reference levels), ``"typical"``, ``"local_levels"``, ``"excursions"``,
            ``"creep"``, ``"workload"``, ``"workload_by_voltage"``, ``"optimisation"``, ``"units"``, ``"unmapped"``,
            ``"effective_dose"``, ``"skin_dose"``, ``"glandular_dose"``, ``"repeats"``, ``"exposures"`` or
            ``"findings"``; of
            fluoroscopic procedures ``"procedures"`` (typical totals), ``"procedure_levels"``,
            ``"procedure_local_levels"`` or ``"studies"``.

        Returns
        -------
        pandas.DataFrame
            Units of the closed list of quantities; fractions, not percent.

        Raises
        ------
        InputError
            There is no such table.
        """
        if name == "creep":
            return creep_frame(self.creep)
        if name in _OF_PROCEDURES:
            return getattr(self.procedures, _OF_PROCEDURES[name])  # type: ignore[no-any-return]  # a frame each
        if name == "repeats":
            return dose_of_repeats(self.comparable())
        return table_of(self, name, FRAMES, levels="compared", local_levels="local")

    def comparable(self) -> pd.DataFrame:
        """Exposures, the doses of units that probably state them in a wrong unit unknown."""
        return comparable_doses(self.exposures, self.units)

    def of_place(self, *, site: str, room: str, unit: str) -> DoseAudit:
        """What the audit says of one unit.

        Parameters
        ----------
        site, room, unit : str
            Names as the exposures have them.

        Returns
        -------
        DoseAudit
            Its exposures, excursions and findings, and the typical values, creep and workload of its room; local
            levels and what is left out stay those of all.
        """
        frames = {
            name: frame[(frame["site"] == site) & (frame["room"] == room)]
            for name in _OF_ROOMS
            for frame in (getattr(self, name),)
        } | {name: getattr(self, name)[getattr(self, name)["unit"] == unit] for name in _OF_UNITS}
        return dataclasses.replace(
            self,
            **frames,
            **days_of(frames["exposures"]["exposed_at"]),
            creep=tuple(one for one in self.creep if (one.site, one.room) == (site, room)),
            procedures=self.procedures.of_room(site, room),
            findings=tuple(
                one for one in self.findings if (one.site, one.room) == (site, room) and one.unit in ("", unit)
            ),
        )

    def __repr__(self) -> str:
        """Number of exposures and findings."""
        days = days_text(self.first_day, self.last_day)
        return f"DoseAudit({len(self.exposures)} exposures, {days}, {len(self.findings)} findings)"


def assess_dose(
    exposures: pd.DataFrame,
    *,
    levels: pd.DataFrame,
    units: pd.DataFrame,
    unmapped: pd.DataFrame,
    left_out: dict[str, int] | None = None,
    estimates: DoseEstimates | None = None,
    studies: pd.DataFrame | None = None,
    levels_of_totals: pd.DataFrame | None = None,
) -> DoseAudit:
    """Audit the doses of exposures.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: `site`, `room`, `unit`, `body_part`, `view`, `band`, `weight_told`, `exposed_at`,
        `subject`, `study_uid`, `patient_key`, the quantities of `QUANTITIES` (NaN where not known), `exposure_mas`,
        `tube_voltage_kv`, `field_area_mm2`, `deviation_index`, `noise`, `snr` and `patient_weight_kg`.
    levels : DataFrame
        Reference levels as `compare_with_levels` takes them.
    units : DataFrame
        Stated over expected doses by unit, as in `DoseAudit`.
    unmapped : DataFrame
        What could not be told, as in `DoseAudit`.
    left_out : mapping of str to int, optional
        Exposures that do not count, by reason.
    estimates : DoseEstimates, optional
        What is estimated beside the stated doses.
    studies, levels_of_totals : DataFrame, optional
        Fluoroscopic studies and reference levels of their totals, as `assess_procedures` takes them.

    Returns
    -------
    DoseAudit
        Doses of a unit that probably states them in a wrong unit are left out of typical values, local levels,
        excursions and creep, and said to be; nothing is corrected.
    """
    further = estimates or DoseEstimates()
    suspected = units[units["suspected_power"] != 0]
    fit = comparable_doses(exposures, units)
    typical = pd.concat([typical_doses(fit, name) for name in QUANTITIES], ignore_index=True)
    compared = compare_with_levels(typical, levels)
    excursions = pd.concat([find_excursions(fit, name, levels=levels).assign(quantity=name) for name in _MAIN])
    creep = tuple(one for name in _MAIN for one in find_dose_creep(fit, name))
    quality = pd.concat([dose_and_quality(fit, name).assign(quantity=name) for name in _MAIN], ignore_index=True)
    procedures = assess_procedures(
        no_studies() if studies is None else studies, levels.head(0) if levels_of_totals is None else levels_of_totals
    )
    return DoseAudit(
        **days_of(exposures["exposed_at"]),
        exposures=exposures,
        typical=typical,
        compared=compared,
        local=local_levels(typical),
        excursions=excursions.reset_index(drop=True),
        creep=creep,
        workload=weekly_workload(exposures),
        workload_by_voltage=workload_by_voltage(exposures),
        optimisation=quality,
        units=units,
        unmapped=unmapped,
        effective_dose=further.effective_dose,
        skin_dose=further.skin_dose,
        glandular_dose=further.glandular_dose,
        skin_maps=further.skin_maps,
        procedures=procedures,
        left_out=dict(left_out or {}),
        findings=(
            *unit_findings(suspected, exposures),
            *substantial_findings(further.skin_dose, further.substantial_levels),
            *level_findings(compared, fit),
            *glandular_findings(further.glandular_dose),
            *level_findings(procedures.compared, procedures.studies, counted="studies"),
            *excursion_findings(excursions),
            *creep_findings(creep, exposures),
        ),
        checks=dose_checks(
            typical=typical, compared=compared, units=units, excursions=excursions, exposures=fit, quantities=_MAIN
        ),
    )
