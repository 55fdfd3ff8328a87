"""Findings of an audit of rejects and repeats, each with its evidence in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from xrayiq.audit.reject_reasons import OTHER
from xrayiq.audit.repeat_bounds import RateBounds, RepeatBounds
from xrayiq.audit.repeat_rates import HIDDEN, is_child
from xrayiq.audit.told_places import days_of, only_unit
from xrayiq.model import AuditFinding

AUDIT: Final = "repeats"
_MOST_SUBJECTS: Final = 20
#: events that a cluster in one view has at least
_LEAST_EVENTS: Final = 5
#: rejects of which the reasons are judged
_LEAST_REASONS: Final = 20
_FUNNEL: Final = "funnel with over-dispersion (Spiegelhalter 2005), 99.8 % limits"
_CHART: Final = "Laney p′-chart, three standard errors"
_QUANTITIES: Final = {"reject": "reject_rate", "repeat": "apparent_repeat_rate"}
_NOUNS: Final = {"reject": "rejects", "repeat": "apparent repeats"}


def repeat_findings(
    exposures: pd.DataFrame,
    *,
    rates: pd.DataFrame,
    funnel: pd.DataFrame,
    weeks: pd.DataFrame,
    reasons: pd.DataFrame,
    bounds: RepeatBounds,
) -> list[AuditFinding]:
    """All findings, the gravest kinds first.

    Parameters
    ----------
    exposures : DataFrame
        As for `repeat_rates`.
    rates, funnel, weeks, reasons : DataFrame
        Tables of the audit.
    bounds : RepeatBounds
        What rates are held against.
    """
    if exposures.empty:
        return []
    found: list[AuditFinding] = []
    if not exposures["is_rejected"].any():
        found.append(_no_records(exposures))
    else:
        found += _rates(exposures, rates, bounds)
    found += _clusters(exposures, funnel)
    found += _rooms(exposures, funnel)
    found += _last_weeks(exposures, weeks)
    found += _reasons(exposures, reasons, bounds)
    return found


def _no_records(exposures: pd.DataFrame) -> AuditFinding:
    return AuditFinding(
        audit=AUDIT,
        kind="no_reject_records",
        about="all rooms",
        quantity="reject_rate",
        value=0.0,
        ratio=1.0,
        source="AAPM TG-305: rejected exposures are kept and counted",
        sentence=f"no key object, dose report or log tells of a reject among {len(exposures)} exposures",
        suggestion="import the units' reject logs, or let the modalities send reject notes",
        exposures=len(exposures),
        **days_of(exposures["exposed_at"]),
    )


def _rates(exposures: pd.DataFrame, rates: pd.DataFrame, bounds: RepeatBounds) -> Iterator[AuditFinding]:
    """Rooms whose rate lies above the bounds, or suspiciously low, with its whole interval; children apart."""
    child = is_child(exposures)
    for row in rates[(rates["by"] == "room_patients") & (rates["exposures"] >= bounds.least_images)].to_dict("records"):
        own_child = row["name"] == "children"
        held = bounds.children if own_child else bounds.general
        place = (exposures["site"] == row["site"]) & (exposures["room"] == row["room"]) & (child == own_child)
        if row["reject_low"] > held.target:
            yield _high(exposures[place], row, held)
        elif row["reject_high"] < held.suspiciously_low:
            yield _low(exposures[place], row, held)


def _high(own: pd.DataFrame, row: Mapping[Any, Any], held: RateBounds) -> AuditFinding:
    grave = row["reject_low"] > held.investigate
    bound = held.investigate if grave else held.target
    rejected = own[own["is_rejected"]]
    main = rejected["category"].value_counts()
    why = f", most often for {str(main.index[0]).replace('_', ' ')} ({main.iloc[0]} of {len(rejected)})"
    return AuditFinding(
        audit=AUDIT,
        kind="reject_rate" if grave else "reject_rate_over_target",
        about=str(row["name"]),
        site=row["site"],
        room=row["room"],
        unit=only_unit(own["unit"]),
        quantity="reject_rate",
        value=row["reject_rate"],
        bound=bound,
        ratio=row["reject_rate"] / bound,
        source=held.investigate_source if grave else held.target_source,
        sentence=(
            f"{row['room'] or 'room not told'}, {row['name']}: {_rate_text(row)}, "
            f"{'to investigate' if grave else 'target'} {bound:.0%}{why}"
        ),
        suggestion="look at the most frequent reason first, and at the views that it is given for",
        exposures=len(own),
        subjects=tuple(rejected["subject"].head(_MOST_SUBJECTS)),
        **days_of(own["exposed_at"]),
    )


def _low(own: pd.DataFrame, row: Mapping[Any, Any], held: RateBounds) -> AuditFinding:
    hidden = int((own["reject_source"] == HIDDEN).sum())
    repeats = int(own["is_repeat"].sum())
    beside = f"; {hidden} exposures left no image and no reason" if hidden else ""
    beside += f"; {repeats} of its images look like repeats" if repeats else ""
    return AuditFinding(
        audit=AUDIT,
        kind="reject_rate_too_low",
        about=str(row["name"]),
        site=row["site"],
        room=row["room"],
        unit=only_unit(own["unit"]),
        quantity="reject_rate",
        value=row["reject_rate"],
        bound=held.suspiciously_low,
        ratio=min(held.suspiciously_low / max(row["reject_rate"], 1e-3), 10.0),
        source=held.low_source,
        sentence=(
            f"{row['room'] or 'room not told'}, {row['name']}: {_rate_text(row)}, below {held.suspiciously_low:.0%}: "
            f"fewer than a room that records its rejects has{beside}"
        ),
        suggestion="ask whether rejects are deleted, sent as repeats or not recorded; compare exposure counters",
        exposures=len(own),
        **days_of(own["exposed_at"]),
    )


def _clusters(exposures: pd.DataFrame, funnel: pd.DataFrame) -> Iterator[AuditFinding]:
    """Views of a room with far more rejects or apparent repeats than views have."""
    chosen = funnel[(funnel["by"] == "view") & (funnel["outside"] == "above") & (funnel["events"] >= _LEAST_EVENTS)]
    views = (exposures["body_part"].astype(str) + " " + exposures["view"].astype(str)).str.strip()
    for row in chosen.sort_values("z_score", ascending=False).to_dict("records"):
        place = (exposures["site"] == row["site"]) & (exposures["room"] == row["room"]) & (views == row["name"])
        yield _outside(exposures[place], row, kind=f"{row['rate']}_cluster", about=str(row["name"]))


def _rooms(exposures: pd.DataFrame, funnel: pd.DataFrame) -> Iterator[AuditFinding]:
    """Rooms above the funnel."""
    chosen = funnel[(funnel["by"] == "room") & (funnel["outside"] == "above") & (funnel["events"] >= _LEAST_EVENTS)]
    for row in chosen.sort_values("z_score", ascending=False).to_dict("records"):
        place = (exposures["site"] == row["site"]) & (exposures["room"] == row["room"])
        yield _outside(exposures[place], row, kind=f"{row['rate']}_rate_of_room", about="all rooms")


def _outside(own: pd.DataFrame, row: Mapping[Any, Any], *, kind: str, about: str) -> AuditFinding:
    events = own[own["is_rejected" if row["rate"] == "reject" else "is_repeat"]]
    return AuditFinding(
        audit=AUDIT,
        kind=kind,
        about=about,
        site=row["site"],
        room=row["room"],
        unit=only_unit(own["unit"]),
        quantity=_QUANTITIES[row["rate"]],
        value=row["proportion"],
        bound=row["upper_998"],
        ratio=row["proportion"] / row["upper_998"],
        source=_FUNNEL,
        sentence=(
            f"{row['room'] or 'room not told'}, {about}: {row['events']} {_NOUNS[row['rate']]} of {row['trials']} "
            f"({row['proportion']:.1%}), all together {row['target']:.1%}, funnel limit {row['upper_998']:.1%}"
        ),
        suggestion="look at these images together: positioning aid, protocol, marker, detector or training",
        exposures=int(row["trials"]),
        subjects=tuple(events["subject"].head(_MOST_SUBJECTS)),
        **days_of(own["exposed_at"]),
    )


def _last_weeks(exposures: pd.DataFrame, weeks: pd.DataFrame) -> Iterator[AuditFinding]:
    """The last week of each room and rate that lies above its p′-chart."""
    chosen = weeks[(weeks["outside"] == "above") & (weeks["events"] >= _LEAST_EVENTS)]
    for row in chosen.drop_duplicates(["rate", "site", "room"], keep="last").to_dict("records"):
        moment = exposures["exposed_at"]
        place = (exposures["site"] == row["site"]) & (exposures["room"] == row["room"])
        own = exposures[place & (moment >= row["week"]) & (moment < row["week"] + pd.Timedelta(days=7))]
        yield AuditFinding(
            audit=AUDIT,
            kind=f"{row['rate']}_week",
            about=f"week of {row['week'].date()}",
            site=row["site"],
            room=row["room"],
            unit=only_unit(own["unit"]),
            quantity=_QUANTITIES[row["rate"]],
            value=row["proportion"],
            bound=row["upper"],
            ratio=row["proportion"] / row["upper"],
            source=_CHART,
            sentence=(
                f"{row['room'] or 'room not told'}, week of {row['week'].date()}: {row['events']} "
                f"{_NOUNS[row['rate']]} of {row['trials']} ({row['proportion']:.1%}), usually {row['center']:.1%}, "
                f"limit {row['upper']:.1%}"
            ),
            suggestion="ask what was different in this week: new staff, equipment, software or protocol",
            exposures=int(row["trials"]),
            **days_of(own["exposed_at"]),
        )


def _reasons(exposures: pd.DataFrame, reasons: pd.DataFrame, bounds: RepeatBounds) -> Iterator[AuditFinding]:
    """Too many rejects whose reason is other or not told; those that only a dose report tells of have none to give."""
    coded = exposures[exposures["is_rejected"] & (exposures["reject_source"] != HIDDEN)]
    if len(coded) < _LEAST_REASONS or reasons.empty:
        return
    open_ones = coded[coded["category"] == OTHER]
    share = len(open_ones) / len(coded)
    if share > bounds.most_other:
        yield AuditFinding(
            audit=AUDIT,
            kind="other_reasons",
            about="reasons of rejects",
            quantity="reject_rate",
            value=share,
            bound=bounds.most_other,
            ratio=share / bounds.most_other,
            source=bounds.other_source,
            sentence=f"{len(open_ones)} of {len(coded)} rejects ({share:.0%}) give no reason, or none of the list",
            suggestion="shorten and explain the list of reasons at the modalities; map the units' own reasons",
            exposures=len(coded),
            **days_of(coded["exposed_at"]),
        )


def _rate_text(row: Mapping[Any, Any]) -> str:
    noun = "reject" if row["rejects"] == 1 else "rejects"
    return (
        f"{row['rejects']} {noun} of {row['exposures']} exposures ({row['reject_rate']:.1%}, 95 % interval "
        f"{row['reject_low']:.1%} to {row['reject_high']:.1%})"
    )
