"""Findings of a metadata audit, each with its evidence in one sentence."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from xrayiq.audit.metadata_clock import BEHIND, SHIFTED
from xrayiq.audit.metadata_counts import TOO_MANY, UNIT
from xrayiq.audit.tag_policy import TagPolicy
from xrayiq.model import AuditFinding

Days = tuple[datetime.date | None, datetime.date | None]
AUDIT: Final = "metadata"
#: rules in the order of what they may do; a clock that is off tells this rule already
_ORDER: Final = ("laterality", "clock", "examination", "exposure index", "technique")
_OF_CLOCK: Final = "exposure_before_study"
_SUGGESTIONS: Final = {
    "laterality": "look at the markers of these images; tell who read them if a side is wrong",
    "clock": "have the unit's clock set by the network, and look for images in wrong studies",
    "examination": "mend the programmes at the console, or map them in [[examinations]] of the site's file",
    "exposure index": "ask the maker's service what the unit writes",
    "technique": "compare a header with the console; tell the maker",
}


def problem_findings(problems: pd.DataFrame, clocks: pd.DataFrame, policy: TagPolicy) -> list[AuditFinding]:
    """One for each unit and rule with more problems than permitted, mistaken sides first."""
    chosen = problems[(problems["verdict"] == TOO_MANY) & (problems["level"] == "required")]
    off = set(clocks.loc[clocks["verdict"].isin([SHIFTED, BEHIND]), list(UNIT)].itertuples(index=False, name=None))
    found = []
    for row in sorted(chosen.to_dict("records"), key=lambda row: (_ORDER.index(row["group"]), -row["share"])):
        if row["rule"] == _OF_CLOCK and tuple(row[name] for name in UNIT) in off:
            continue
        found.append(
            _finding(
                row,
                kind=row["rule"],
                about=row["title"],
                value=row["share"],
                bound=row["permitted"],
                source=f"header checks of xrayiq; permitted share: {policy.source}",
                sentence=(
                    f"{_unit(row)}: {row['title']} in {row['found']} of {row['exposures']} exposures "
                    f"({_interval(row)}); files {row['examples'] or 'not told'}"
                ),
                suggestion=_SUGGESTIONS[row["group"]],
                days=(row["first_day"], row["last_day"]),
                exposures=int(row["found"]),
            )
        )
    return found


def missing_findings(completeness: pd.DataFrame, days: Mapping[tuple[str, ...], Days]) -> list[AuditFinding]:
    """One for each unit and required attribute that too many headers lack, the greatest share first."""
    chosen = completeness[(completeness["verdict"] == TOO_MANY) & (completeness["level"] == "required")]
    return [
        _finding(
            row,
            kind="missing",
            about=row["attribute"],
            value=row["share"],
            bound=row["permitted"],
            source=row["source"],
            sentence=(
                f"{_unit(row)}: no {row['attribute']} in {row['missing']} of {row['exposures']} exposures "
                f"({_interval(row)}): {row['why']}; files {row['examples'] or 'not told'}"
            ),
            suggestion="have its export switched on, by the maker's service or at the console",
            days=days[tuple(row[name] for name in UNIT)],
            exposures=int(row["missing"]),
        )
        for row in chosen.sort_values("share", ascending=False, kind="stable").to_dict("records")
    ]


def clock_findings(clocks: pd.DataFrame, days: Mapping[tuple[str, ...], Days], policy: TagPolicy) -> list[AuditFinding]:
    """One for each unit whose clock shifted, or is behind."""
    found = []
    for row in clocks[clocks["verdict"].isin([SHIFTED, BEHIND])].to_dict("records"):
        shifted = row["verdict"] == SHIFTED
        value = float(row["shift_s"] if shifted else row["lag_s"])
        sentence = (
            f"{_unit(row)}: exposures {row['before_s'] / 60:+.0f} minutes from the start of their studies until "
            f"{row['changed_on']}, {row['after_s'] / 60:+.0f} minutes since ({row['exposures_after']} exposures)"
            if shifted
            else f"{_unit(row)}: exposures {row['lag_s'] / 60:+.0f} minutes from the start of their studies (95 % "
            f"interval {row['low_s'] / 60:+.0f} to {row['high_s'] / 60:+.0f}), {row['exposures']} exposures"
        )
        first, last = days[tuple(row[name] for name in UNIT)]
        found.append(
            _finding(
                row,
                kind="clock_shifted" if shifted else "clock_behind",
                about=str(row["changed_on"]) if shifted else "clock",
                quantity="clock_shift",
                value=value,
                bound=policy.clock_s if value > 0 else -policy.clock_s,
                source=f"shift of daily medians; {policy.source}",
                sentence=sentence,
                suggestion=_SUGGESTIONS["clock"],
                days=(row["changed_on"] if shifted else first, row["changed_on"] if shifted else last),
                exposures=int(row["exposures_after"] if shifted else row["exposures"]),
            )
        )
    return found


def _finding(
    row: Mapping[Any, Any],
    *,
    kind: str,
    about: str,
    value: float,
    bound: float,
    source: str,
    sentence: str,
    suggestion: str,
    days: Days,
    exposures: int,
    quantity: str = "header_problem_share",
) -> AuditFinding:
    return AuditFinding(
        audit=AUDIT,
        kind=kind,
        about=about,
        site=row["site"],
        room=row["room"],
        unit=row["unit"],
        quantity=quantity,
        value=float(value),
        bound=float(bound),
        ratio=float(value) / float(bound) if bound else 1.0 + float(value),
        source=source,
        sentence=sentence,
        suggestion=suggestion,
        exposures=exposures,
        first_day=days[0],
        last_day=days[1],
    )


def _unit(row: Mapping[Any, Any]) -> str:
    return str(row["unit"] or row["room"] or "unit not told")


def _interval(row: Mapping[Any, Any]) -> str:
    return f"{100 * row['share']:.1f} %, 95 % interval {100 * row['low']:.1f} to {100 * row['high']:.1f} %"
