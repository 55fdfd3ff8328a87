"""Audit of collimation: fields in images, headers and dose reports, and what to look into first."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from xrayiq.audit.collimation_excess import group_excess
from xrayiq.audit.collimation_findings import collimation_findings
from xrayiq.audit.collimation_groups import group_medians, group_shares, unit_agreement, unit_centring
from xrayiq.audit.collimation_measures import with_measures
from xrayiq.audit.collimation_rules import CollimationRules, ReferenceField, shipped_collimation_rules
from xrayiq.audit.findings_table import table_of
from xrayiq.audit.told_places import days_of, days_text
from xrayiq.model import AuditFinding

FRAMES: Final = ("groups", "shares", "excess", "agreement", "centring", "fields", "unmapped", "findings")
_OF_UNITS: Final = ("exposures", "groups", "shares", "excess", "agreement", "centring")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CollimationAudit:
    """How units collimate, and what to look into.

    Parameters
    ----------
    first_day, last_day : date or None
        Of the exposures.
    exposures : DataFrame
        What was audited, with its field, from `with_measures`.
    groups : DataFrame
        Medians of each unit's examination, from `group_medians`.
    shares : DataFrame
        Open and cropped fields and visible borders, from `group_shares`.
    excess : DataFrame
        Part of the field beside the anatomy, from `group_excess`.
    agreement : DataFrame
        Image, header and dose report beside each other, from `unit_agreement`.
    centring : DataFrame
        Offsets of units, from `unit_centring`.
    unmapped : DataFrame
        Body parts, views and protocols that no row tells, with their number.
    rules : CollimationRules
        When something is said.
    left_out : mapping of str to int
        Exposures that do not count, by reason.
    findings : tuple of AuditFinding
        What to look into, what concerns most exposures first.
    """

    first_day: datetime.date | None
    last_day: datetime.date | None
    exposures: pd.DataFrame
    groups: pd.DataFrame
    shares: pd.DataFrame
    excess: pd.DataFrame
    agreement: pd.DataFrame
    centring: pd.DataFrame
    unmapped: pd.DataFrame
    rules: CollimationRules
    left_out: dict[str, int] = field(default_factory=dict)
    findings: tuple[AuditFinding, ...] = ()

    def frame(self, name: str = "shares") -> pd.DataFrame:
        """One table of the audit.

        Parameters
        ----------
        name : str
            ``"groups"`` (medians), ``"shares"``, ``"excess"`` (beside the anatomy), ``"agreement"``, ``"centring"``,
            ``"fields"`` (a row for each exposure), ``"unmapped"`` or ``"findings"``.

        Returns
        -------
        pandas.DataFrame
            Units in the names; fractions, not percent.

        Raises
        ------
        InputError
            There is no such table.
        """
        return table_of(self, name, FRAMES, fields="exposures")

    def of_place(self, *, site: str, room: str, unit: str) -> CollimationAudit:
        """What the audit says of one unit.

        Parameters
        ----------
        site, room, unit : str
            Names as the exposures have them.

        Returns
        -------
        CollimationAudit
            Tables and findings of the unit; what is left out stays that of all.
        """
        place = (site, room, unit)
        frames = {
            name: frame[(frame["site"] == site) & (frame["room"] == room) & (frame["unit"] == unit)]
            for name in _OF_UNITS
            for frame in (getattr(self, name),)
        }
        own = tuple(one for one in self.findings if (one.site, one.room, one.unit) == place)
        return dataclasses.replace(self, **frames, findings=own)

    def __repr__(self) -> str:
        """Number of exposures and findings."""
        days = days_text(self.first_day, self.last_day)
        counted = int(self.exposures["counts"].sum())
        return (
            f"CollimationAudit({len(self.exposures)} exposures, {counted} with a sure field, {days}, "
            f"{len(self.findings)} findings)"
        )


def assess_collimation(
    exposures: pd.DataFrame,
    *,
    references: Sequence[ReferenceField] = (),
    rules: CollimationRules | None = None,
    unmapped: pd.DataFrame | None = None,
    left_out: dict[str, int] | None = None,
) -> CollimationAudit:
    """Audit how units collimate.

    Parameters
    ----------
    exposures : DataFrame
        One row for each image: `site`, `room`, `unit`, `body_part`, `view`, `band`, `exposed_at`, `subject`, and as far
        as they are known the columns `FOUND` and `TOLD` of `xrayiq.audit.collimation_measures`.
    references : sequence of ReferenceField
        The site's own reference fields, which win over the shipped ones.
    rules : CollimationRules, optional
        When something is said; the shipped ones without.
    unmapped : DataFrame, optional
        What could not be told, as in `CollimationAudit`.
    left_out : mapping of str to int, optional
        Exposures that do not count, by reason.

    Returns
    -------
    CollimationAudit
        Groups of fewer than the rules' exposures have tables and no findings, nor do exposures whose body part and view
        nothing tells. Fields that are not sure enough count nowhere, and their number is told.
    """
    judged = rules or shipped_collimation_rules()
    fields = with_measures(exposures, judged, references)
    lost = dict(left_out or {})
    for reason, chosen in (
        ("images without a measured field", fields["found_area_mm2"].isna()),
        ("fields that are not sure enough", fields["found_area_mm2"].notna() & ~fields["counts"]),
    ):
        if number := int(chosen.sum()):
            lost[reason] = number
    known = fields[(fields["body_part"] != "") & (fields["view"] != "")]
    shares, excess = group_shares(known, judged), group_excess(known, judged)
    agreement, centring = unit_agreement(fields, judged), unit_centring(fields, judged)
    return CollimationAudit(
        **days_of(fields["exposed_at"]),
        exposures=fields,
        groups=group_medians(known, judged),
        shares=shares,
        excess=excess,
        agreement=agreement,
        centring=centring,
        unmapped=pd.DataFrame() if unmapped is None else unmapped,
        rules=judged,
        left_out=lost,
        findings=tuple(
            collimation_findings(
                fields, shares=shares, excess=excess, agreement=agreement, centring=centring, rules=judged
            )
        ),
    )
