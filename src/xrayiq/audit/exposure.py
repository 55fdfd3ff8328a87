"""Audit of exposure: how rooms expose against their targets, what changes, and what to look into first."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from xrayiq.audit.exposure_comparisons import compare_rooms, compare_shifts, compare_units
from xrayiq.audit.exposure_drift import ExposureDrift, find_exposure_drift
from xrayiq.audit.exposure_findings import ranked_findings
from xrayiq.audit.exposure_groups import band_shares, group_statistics, suggested_targets
from xrayiq.audit.exposure_indices import GROUP, faults_by_unit, with_indices
from xrayiq.audit.exposure_rules import ExposureRules, shipped_exposure_rules
from xrayiq.audit.findings_table import table_of
from xrayiq.audit.levels_over_time import levels_frame
from xrayiq.audit.ranking import investigate_table
from xrayiq.audit.told_places import days_of, days_text
from xrayiq.model import AuditFinding

FRAMES: Final = (
    *("groups", "bands", "targets", "rooms", "shifts", "units", "faults", "indicators", "drift", "investigate"),
    *("unmapped", "exposures", "findings"),
)
_OF_UNITS: Final = ("exposures", "groups", "bands", "targets", "rooms", "shifts", "units", "faults", "investigate")
_INDICATORS: Final = ("site", "room", "unit", "indicator", "standing", "reference_beam", "kerma_source")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ExposureAudit:
    """Exposure of a period against targets, and what to look into.

    Parameters
    ----------
    first_day, last_day : date or None
        Of the exposures.
    exposures : DataFrame
        What was audited, one row for each exposure, as `with_indices` gives it.
    groups, bands, targets : DataFrame
        As `group_statistics`, `band_shares` and `suggested_targets` give them.
    rooms, shifts, units : DataFrame
        As `compare_rooms`, `compare_shifts` and `compare_units` give them.
    faults : DataFrame
        As `faults_by_unit` gives them.
    indicators : DataFrame
        By unit: `indicator` that its headers state, its `standing`, `reference_beam` and `kerma_source` of the kerma at
        the receptor that it stands for (empty where it is not converted), `exposures`, and the medians of
        `receptor_kerma_ugy` and of its relative uncertainty, `receptor_kerma_uncertainty` (NaN where it is not).
    drifts : tuple of ExposureDrift
        Level over time of each group with enough exposures.
    investigate : DataFrame
        What to look into first and why: `rank`, `kind`, `site`, `room`, `unit`, `about`, `exposures`, `weight`
        (exposures times the deviation in units of DI), `why`, `look_first`.
    unmapped : DataFrame
        Body parts, views and protocols that no row tells, with their number.
    rules : ExposureRules
        What was judged by.
    left_out : mapping of str to int
        Exposures that do not count, by reason.
    findings : tuple of AuditFinding
        What to look into, the weightiest first.
    """

    first_day: datetime.date | None
    last_day: datetime.date | None
    exposures: pd.DataFrame
    groups: pd.DataFrame
    bands: pd.DataFrame
    targets: pd.DataFrame
    rooms: pd.DataFrame
    shifts: pd.DataFrame
    units: pd.DataFrame
    faults: pd.DataFrame
    indicators: pd.DataFrame
    drifts: tuple[ExposureDrift, ...]
    investigate: pd.DataFrame
    unmapped: pd.DataFrame
    rules: ExposureRules
    left_out: dict[str, int] = field(default_factory=dict)
    findings: tuple[AuditFinding, ...] = ()

    def frame(self, name: str = "groups") -> pd.DataFrame:
        """One table of the audit.

        Parameters
        ----------
        name : str
            ``"groups"`` (centre, spread, site limits and standing of each), ``"bands"``, ``"targets"``, ``"rooms"``,
            ``"shifts"``, ``"units"``, ``"faults"``, ``"indicators"``, ``"drift"``, ``"investigate"``, ``"unmapped"``,
            ``"exposures"`` or ``"findings"``.

        Returns
        -------
        pandas.DataFrame
            Deviation indices in their own unit (10·log10); fractions, not percent.

        Raises
        ------
        InputError
            There is no such table.
        """
        if name == "drift":
            return levels_frame(self.drifts, GROUP)
        frame = table_of(self, name, FRAMES)
        return frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, "string"))

    def of_place(self, *, site: str, room: str, unit: str) -> ExposureAudit:
        """What the audit says of one unit.

        Parameters
        ----------
        site, room, unit : str
            Names as the exposures have them.

        Returns
        -------
        ExposureAudit
            Its exposures, groups and findings; what is left out stays that of all.
        """

        def own(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[(frame["site"] == site) & (frame["room"] == room) & (frame["unit"] == unit)]

        frames: dict[str, Any] = {name: own(getattr(self, name)) for name in (*_OF_UNITS, "indicators")}
        return dataclasses.replace(
            self,
            **frames,
            **days_of(frames["exposures"]["exposed_at"]),
            drifts=tuple(one for one in self.drifts if (one.site, one.room, one.unit) == (site, room, unit)),
            findings=tuple(one for one in self.findings if (one.site, one.room, one.unit) == (site, room, unit)),
        )

    def __repr__(self) -> str:
        """Number of exposures and findings."""
        days = days_text(self.first_day, self.last_day)
        return f"ExposureAudit({len(self.exposures)} exposures, {days}, {len(self.findings)} findings)"


def assess_exposure(
    exposures: pd.DataFrame,
    *,
    unmapped: pd.DataFrame,
    left_out: dict[str, int] | None = None,
    rules: ExposureRules | None = None,
) -> ExposureAudit:
    """Audit the exposure indices of exposures.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: `site`, `room`, `unit`, `body_part`, `view`, `subject`, `exposed_at`, `exposure_mas`,
        what `with_indices` asks for, `estimated_exposure_index` (from pixels; NaN where not measured), and `indicator`,
        `standing`, `receptor_kerma_ugy`, `receptor_kerma_uncertainty`, `reference_beam` and `kerma_source` of the
        header's indicator.
    unmapped : DataFrame
        What could not be told, as in `ExposureAudit`.
    left_out : mapping of str to int, optional
        Exposures that do not count, by reason.
    rules : ExposureRules, optional
        Bounds; the shipped ones without.

    Returns
    -------
    ExposureAudit
        Groups of fewer exposures than the rules ask for are listed and not judged.
    """
    known = rules or shipped_exposure_rules()
    indexed = with_indices(exposures, known)
    groups = group_statistics(indexed, known)
    parts: dict[str, Any] = {
        "groups": groups,
        "targets": suggested_targets(indexed, known),
        "rooms": compare_rooms(indexed, known),
        "shifts": compare_shifts(indexed, known),
        "units": compare_units(indexed, groups, known),
        "faults": faults_by_unit(indexed, known),
    }
    drifts = find_exposure_drift(indexed, known)
    ranked = ranked_findings(
        indexed=indexed, drifts=drifts, rules=known, **{name: part for name, part in parts.items() if name != "rooms"}
    )
    return ExposureAudit(
        **days_of(indexed["exposed_at"]),
        exposures=indexed,
        bands=band_shares(indexed, known),
        indicators=_indicators(indexed),
        drifts=drifts,
        investigate=investigate_table(ranked),
        unmapped=unmapped,
        rules=known,
        left_out=dict(left_out or {}),
        findings=tuple(one.finding for one in ranked),
        **parts,
    )


def _indicators(indexed: pd.DataFrame) -> pd.DataFrame:
    groups = indexed.groupby(list(_INDICATORS), observed=True, sort=True)
    return groups.agg(
        exposures=("receptor_kerma_ugy", "size"),
        receptor_kerma_ugy=("receptor_kerma_ugy", "median"),
        receptor_kerma_uncertainty=("receptor_kerma_uncertainty", "median"),
    ).reset_index()
