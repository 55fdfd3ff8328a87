"""What follows from a run: changes of equipment, verdicts relative to baselines, and findings."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xrayiq.model import Equipment, Event, Limit
from xrayiq.procedures.acceptances import excess_of
from xrayiq.procedures.constancy import build_series, relative_verdicts
from xrayiq.procedures.finding_events import RUN, NewEvent, OutOfLimits, append, events_of_run
from xrayiq.procedures.findings import FINDING_KINDS, fold_findings
from xrayiq.procedures.learnt_events import learnt_events
from xrayiq.procedures.present_names import present_names
from xrayiq.procedures.register import Register, build_register, equipment_days
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import events_of_series, settings_in_force
from xrayiq.procedures.unknown_places import unknown_places
from xrayiq.procedures.whereabouts import EquipmentFact, Whereabouts, whereabouts
from xrayiq.records import JUDGED, DatedValue, FailedVerdict, Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What judging added to a store.

    Parameters
    ----------
    verdicts : int
        Verdicts relative to baselines.
    opened, reopened : int
        Findings opened, and opened again.
    learnt : int
        Changes of detectors and software that headers told.
    warnings : tuple of str
        Limits of the site's file that hold nowhere.
    """

    verdicts: int = 0
    opened: int = 0
    reopened: int = 0
    learnt: int = 0
    warnings: tuple[str, ...] = ()


def without_relative_limits(site: Site) -> Site:
    """Settings that single measurements are judged by while baselines are not known: limits relative to one wait."""
    absolute = tuple(limit for limit in site.limits if limit.basis != "relative_to_baseline")
    return dataclasses.replace(site, limits=absolute)


def register_of(records: Records, site: Site) -> Register:
    """Equipment register of a store, corrected by what the site and the store's events say."""
    return build_register(equipment_days(records), facts=settings_in_force(records, site).facts)


def judge_runs(records: Records, site: Site, *, run_id: int) -> Judgement:
    """Judge by baselines what runs have measured that nobody has judged so, and open findings.

    Parameters
    ----------
    records : Records
        The store; everything is kept whole or not at all.
    site : Site
        Settings of its file.
    run_id : int
        The run that judges; what runs before it left unjudged is judged too.

    Returns
    -------
    Judgement
        What was added. Verdicts that are there stay as they are, under whatever limits.
    """
    with records.transaction():
        pending = records.unjudged(run_id)
        if not pending:
            return Judgement()
        events = list(records.events())
        settings = settings_in_force(records, site)
        register = build_register(equipment_days(records), facts=settings.facts)
        learnt = learnt_events(register, events)
        events += [append(records, event, actor=RUN) for event in learnt]
        verdicts = _relative(records, settings, events, pending, run_id)
        failed = _groups(records.failed_verdicts(pending), settings.facts)
        present = present_names(lambda: register, settings.facts)
        findings = fold_findings((event for event in events if event.kind in FINDING_KINDS), present=present)
        found = events_of_run(findings, failed)
        for event in found:
            append(records, event, actor=RUN)
        opened = sum(event.kind == FINDING_KINDS[0] for event in found)
        reopened = sum(event.details.get("state") == "open" for event in found)
        told = NewEvent(
            kind=JUDGED,
            subject=f"run:{run_id}",
            reason="limits relative to baselines, findings",
            details={
                "runs": {str(run): last for run, (_, last) in pending.items()},
                "verdicts": verdicts,
                "opened": opened,
                "reopened": reopened,
            },
        )
        append(records, told, actor=RUN)
    warnings = unknown_places(site.limits, register)
    return Judgement(verdicts=verdicts, opened=opened, reopened=reopened, learnt=len(learnt), warnings=warnings)


def _relative(
    records: Records, site: Site, events: Sequence[Event], pending: Mapping[int, tuple[int, int]], run_id: int
) -> int:
    """Store verdicts of pending outcomes under limits relative to baselines, and give their number."""
    quantities = sorted({limit.quantity for limit in site.limits if limit.basis == "relative_to_baseline"})
    values = list(records.dated_values(quantities))
    nothing = (0, 0)
    new = set()
    for value in values:
        after, last = pending.get(value.run_id, nothing)
        if after < value.outcome_id <= last:
            new.add(value.outcome_id)
    if not new:
        return 0

    def limits_for(value: DatedValue) -> tuple[Limit, ...]:
        return site.limits_of(value.equipment, value.exposed_at) if value.outcome_id in new else ()

    series = build_series(values, facts=site.facts, events_of=events_of_series(events))
    found = relative_verdicts(series, limits_for=limits_for)
    return records.add_verdicts(run_id, found)


def _groups(failed: Iterable[FailedVerdict], facts: Sequence[EquipmentFact]) -> list[OutOfLimits]:
    """Failed verdicts by unit, detector, procedure, quantity, direction and limit."""
    placed = [(verdict, whereabouts(verdict.equipment, _day(verdict), facts=facts)) for verdict in failed]
    placed.sort(key=_identity)
    groups = []
    for _, group in itertools.groupby(placed, key=_identity):
        rows = list(group)
        first, where = min(rows, key=lambda pair: _day(pair[0]) or datetime.date.max)
        groups.append(
            OutOfLimits(
                unit=where.unit,
                detector=where.detector,
                procedure=first.procedure,
                quantity=first.quantity,
                direction=first.direction,
                limit_id=first.limit.id,
                source=first.limit.source,
                basis=first.limit.basis,
                fail_low=first.limit.fail_low,
                fail_high=first.limit.fail_high,
                unit_name=_called(first.equipment),
                site=where.site,
                room=where.room,
                equipment=first.equipment,
                days=tuple(_day(verdict) for verdict, _ in rows),
                values=tuple(verdict.value for verdict, _ in rows),
                excess=tuple(
                    excess_of(verdict.compared, verdict.limit.fail_low, verdict.limit.fail_high) for verdict, _ in rows
                ),
                compared=tuple(verdict.compared for verdict, _ in rows),
                baselines=tuple(verdict.baseline for verdict, _ in rows),
                subjects=tuple(verdict.subject for verdict, _ in rows),
            )
        )
    return groups


def _identity(pair: tuple[FailedVerdict, Whereabouts]) -> tuple[str, ...]:
    verdict, where = pair
    return (
        *(where.unit, where.detector),
        *(verdict.procedure, verdict.quantity, verdict.direction, verdict.limit.id),
    )


def _called(equipment: Equipment) -> str:
    return equipment.station_name or equipment.model or ""


def _day(verdict: FailedVerdict) -> datetime.date | None:
    return None if verdict.exposed_at is None else verdict.exposed_at.date()
