"""Findings of a dose audit, each with its evidence in one sentence."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

from xrayiq.audit.dose_creep import FINDING_CHANGE, DoseCreep
from xrayiq.audit.excursions import FINDING_SCORE, TRIGGER_RATIO
from xrayiq.audit.told_places import days_of, only_unit
from xrayiq.audit.typical_doses import EXCEEDS, GROUP
from xrayiq.model import AuditFinding, quantity

AUDIT: Final = "dose"
#: exposures that a finding of a group names
_MOST_SUBJECTS: Final = 20


def unit_findings(suspected: pd.DataFrame, exposures: pd.DataFrame) -> list[AuditFinding]:
    """One for each unit that probably states doses in a wrong unit."""
    return [
        AuditFinding(
            audit=AUDIT,
            kind="unit_suspicion",
            about=row["quantity"],
            site=row["site"],
            room=row["room"],
            unit=row["unit"],
            quantity="stated_over_expected_dose",
            value=row["median_ratio"],
            bound=1.0,
            ratio=row["median_ratio"],
            source="stated dose within a factor of 2 of a power of ten of that expected from output, charge and field",
            sentence=row["text"],
            suggestion="compare a header with the console and the dose meter; tell the maker",
            exposures=int(row["exposures"]),
            **days_of(exposures.loc[exposures["unit"] == row["unit"], "exposed_at"]),
        )
        for row in suspected.to_dict("records")
    ]


def level_findings(
    compared: pd.DataFrame, exposures: pd.DataFrame, *, counted: str = "exposures"
) -> list[AuditFinding]:
    """One for each room, examination and level that its typical value exceeds, the farthest first."""
    findings = []
    groups = exposures.groupby(list(GROUP), observed=True).indices
    for row in compared[compared["verdict"] == EXCEEDS].sort_values("ratio", ascending=False).to_dict("records"):
        known = quantity(row["quantity"])
        own = exposures.iloc[groups[tuple(row[name] for name in GROUP)]]
        own = own[own[row["quantity"]].notna()]
        value, level = known.text(row["median"]), known.text(row["level"])
        interval = f"{known.text(row['low'])} to {known.text(row['high'])}"
        findings.append(
            AuditFinding(
                audit=AUDIT,
                kind="reference_level",
                about=f"{examination_text(row)}, {row['level_id']}",
                site=row["site"],
                room=row["room"],
                unit=only_unit(own["unit"]),
                quantity=row["quantity"],
                value=row["median"],
                bound=row["level"],
                ratio=row["ratio"],
                source=row["source"],
                sentence=(
                    f"{row['room'] or 'room not told'}, {examination_text(row)}: {known.label.lower()}, median of "
                    f"{row['exposures']} {counted} {value} (95 % interval {interval}), reference level {level}"
                ),
                suggestion="compare charge, voltage, filter, grid, distance and field with a room below the level",
                exposures=int(row["exposures"]),
                **days_of(own["exposed_at"]),
                subjects=tuple(own.nlargest(_MOST_SUBJECTS, row["quantity"])["subject"]),
            )
        )
    return findings


def excursion_findings(excursions: pd.DataFrame) -> list[AuditFinding]:
    """One for each exposure that is a finding, the farthest first."""
    chosen = excursions[excursions["finding"].astype(bool)].sort_values("ratio", ascending=False)
    findings = []
    for row in chosen.to_dict("records"):
        known = quantity(row["quantity"])
        value, middle = known.text(row["value"]), known.text(row["median"])
        findings.append(
            AuditFinding(
                audit=AUDIT,
                kind="excursion",
                about=row["subject"],
                site=row["site"],
                room=row["room"],
                unit=row["unit"],
                quantity=row["quantity"],
                value=row["value"],
                bound=row["median"],
                ratio=row["ratio"],
                source=(
                    f"more than {FINDING_SCORE:g} robust standard deviations of the logarithm above its like, or more "
                    f"than {TRIGGER_RATIO:g} times their median and above the reference level"
                ),
                sentence=(
                    f"{row['unit'] or row['room'] or 'unit not told'}, {examination_text(row)}: "
                    f"{known.label.lower()} {value}, {row['ratio']:.1f} times the median of its like ({middle})"
                ),
                suggestion=row["cause"],
                **days_of(pd.Series([row["exposed_at"]])),
                subjects=(row["subject"],),
            )
        )
    return findings


def creep_findings(creep: Iterable[DoseCreep], exposures: pd.DataFrame) -> list[AuditFinding]:
    """One for each level that rises by enough."""
    findings = []
    for one in creep:
        if not one.is_finding:
            continue
        known = quantity(one.quantity)
        first, last = (week.astype(datetime.date) for week in (one.weeks[0], one.weeks[-1]))
        of_room = (exposures["site"] == one.site) & (exposures["room"] == one.room)
        alike = of_room & (exposures["body_part"] == one.body_part) & (exposures["view"] == one.view)
        told = exposures.loc[alike & (exposures["band"] == one.band), one.quantity].notna()
        where = f"{one.room or 'room not told'}, {one.body_part} {one.view}, {one.band}"
        findings.append(
            AuditFinding(
                audit=AUDIT,
                kind="creep",
                about=f"{one.body_part} {one.view}, {one.band}",
                site=one.site,
                room=one.room,
                unit=only_unit(exposures.loc[of_room, "unit"]),
                quantity=one.quantity,
                value=float(one.levels[-1]),
                bound=float(one.upper[-1]),
                ratio=1.0 + one.change,
                source=f"EWMA of weekly medians out of limits and {100 * FINDING_CHANGE:g} % above the first weeks",
                sentence=(
                    f"{where}: {known.label.lower()} rose by {100 * one.change:.0f} % over the first weeks "
                    f"({100 * one.change_per_year:+.0f} % a year, 95 % interval {100 * one.low:+.0f} to "
                    f"{100 * one.high:+.0f} %)"
                ),
                suggestion="compare target exposure index, exposure control and protocol of the first and last weeks",
                exposures=int(told.sum()),
                first_day=first,
                last_day=last,
            )
        )
    return findings


def examination_text(row: Mapping[Any, Any]) -> str:
    """Examination and patients as findings name them."""
    return f"{row['body_part']} {row['view']}, {row['band']}"
