"""Audit of protocols: how rooms expose, against the site's table and each other, and since when."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from xrayiq.audit.findings_table import table_of
from xrayiq.audit.optimisation import dose_and_quality
from xrayiq.audit.protocol_changes import find_protocol_changes
from xrayiq.audit.protocol_comparison import compare_rooms, compare_with_protocols
from xrayiq.audit.protocol_drift import find_protocol_drift
from xrayiq.audit.protocol_drift_findings import drift_findings
from xrayiq.audit.protocol_findings import change_findings, room_findings, table_findings
from xrayiq.audit.protocol_groups import GROUP, of_protocols, usual_protocols, with_protocols
from xrayiq.audit.protocol_table import ProtocolRow, ProtocolRules, shipped_protocol_rules
from xrayiq.audit.told_places import days_of, days_text
from xrayiq.model import FLUOROSCOPY, AuditFinding

#: doses that stand beside image quality, each with the exposures that have it
_DOSES: Final = ("dose_area_product", "average_glandular_dose")
FRAMES: Final = ("usual", "compared", "changes", "drift", "rooms", "quality", "unmapped", "exposures", "findings")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ProtocolAudit:
    """How rooms expose, and what to look into.

    Parameters
    ----------
    first_day, last_day : date or None
        Of the exposures.
    exposures : DataFrame
        What was audited, from `with_protocols`.
    usual : DataFrame
        How each room usually exposes a view, from `usual_protocols`.
    compared : DataFrame
        Beside the site's table, from `compare_with_protocols`; empty without one.
    changes : DataFrame
        From `find_protocol_changes`.
    drift : DataFrame
        Slow changes, from `find_protocol_drift`.
    rooms : DataFrame
        Rooms and sites beside each other, from `compare_rooms`.
    quality : DataFrame
        Dose beside image quality, from `dose_and_quality`, with its `quantity`.
    unmapped : DataFrame
        Body parts, views and protocols that no row tells, with their number.
    protocols : tuple of ProtocolRow
        The site's table.
    rules : ProtocolRules
        When something was said.
    left_out : mapping of str to int
        Exposures that do not count, by reason.
    findings : tuple of AuditFinding
        What to look into: outside the table, changed, changing slowly, unlike the other rooms.
    """

    first_day: datetime.date | None
    last_day: datetime.date | None
    exposures: pd.DataFrame
    usual: pd.DataFrame
    compared: pd.DataFrame
    changes: pd.DataFrame
    drift: pd.DataFrame
    rooms: pd.DataFrame
    quality: pd.DataFrame
    unmapped: pd.DataFrame
    protocols: tuple[ProtocolRow, ...]
    rules: ProtocolRules
    left_out: dict[str, int] = field(default_factory=dict)
    findings: tuple[AuditFinding, ...] = ()

    def frame(self, name: str = "usual") -> pd.DataFrame:
        """One table of the audit.

        Parameters
        ----------
        name : str
            ``"usual"``, ``"compared"``, ``"changes"``, ``"drift"``, ``"rooms"``, ``"quality"``,
            ``"unmapped"``, ``"exposures"`` or ``"findings"``.

        Returns
        -------
        pandas.DataFrame
            Units in the names of parameters; fractions, not percent.

        Raises
        ------
        InputError
            There is no such table.
        """
        return table_of(self, name, FRAMES)

    def __repr__(self) -> str:
        """Number of exposures, changes and findings."""
        days = days_text(self.first_day, self.last_day)
        return (
            f"ProtocolAudit({len(self.exposures)} exposures, {days}, {len(self.changes)} changes, "
            f"{len(self.findings)} findings)"
        )


def assess_protocols(
    exposures: pd.DataFrame,
    *,
    protocols: Sequence[ProtocolRow] = (),
    rules: ProtocolRules | None = None,
    unmapped: pd.DataFrame | None = None,
    left_out: dict[str, int] | None = None,
) -> ProtocolAudit:
    """Audit how rooms expose.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: `site`, `room`, `unit`, `body_part`, `view`, `band`, `exposed_at`, `subject`,
        `event_type`, `tube_voltage_kv`, `exposure_mas`, `source_detector_distance_mm`, `grid`, `filter_material`,
        `filter_thickness_min_mm`, `filter_thickness_max_mm`, `exposure_control_mode`, `dose_area_product`,
        `average_glandular_dose`, `deviation_index`, `noise` and `snr`.
    protocols : sequence of ProtocolRow
        The site's table; without one each room's usual way is learnt, and changes and differences alone are told.
    rules : ProtocolRules, optional
        When something is said; the shipped ones without.
    unmapped : DataFrame, optional
        What could not be told, as in `ProtocolAudit`.
    left_out : mapping of str to int, optional
        Exposures that do not count, by reason.

    Returns
    -------
    ProtocolAudit
        Fluoroscopy, whose technique follows the patient, is left out, and said to be.
    """
    judged = rules or shipped_protocol_rules()
    lost = dict(left_out or {})
    fluoroscopy = exposures["event_type"].isin(FLUOROSCOPY).fillna(value=False).astype(bool)
    if fluoroscopy.any():
        lost["fluoroscopy"] = int(fluoroscopy.sum())
    known = with_protocols(exposures[~fluoroscopy])
    narrow = of_protocols(known)
    named = known[[*GROUP, "band", "unit", "subject", "exposed_at"]]
    compared = compare_with_protocols(narrow, protocols=protocols, rules=judged)
    changes = find_protocol_changes(narrow, protocols=protocols, rules=judged)
    drift = find_protocol_drift(known, changes, rules=judged)
    rooms = compare_rooms(narrow, rules=judged)
    quality = [dose_and_quality(known, name).assign(quantity=name) for name in _DOSES]
    return ProtocolAudit(
        **days_of(known["exposed_at"]),
        exposures=known,
        usual=usual_protocols(narrow, judged),
        compared=compared,
        changes=changes,
        drift=drift,
        rooms=rooms,
        quality=pd.concat(quality, ignore_index=True),
        unmapped=pd.DataFrame() if unmapped is None else unmapped,
        protocols=tuple(protocols),
        rules=judged,
        left_out=lost,
        findings=(
            *table_findings(compared, named, judged),
            *change_findings(changes, named, judged),
            *drift_findings(drift, named, judged),
            *room_findings(rooms, named, judged),
        ),
    )
