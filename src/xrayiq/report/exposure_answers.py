"""Is exposure all right? One line for each of four questions."""

from __future__ import annotations

from typing import Final

from xrayiq.audit import ExposureAudit
from xrayiq.audit.exposure_groups import ON_TARGET, TOO_FEW
from xrayiq.audit.exposure_indices import FAULTS
from xrayiq.audit.levels_over_time import LEAST_A_POINT, LEAST_POINTS
from xrayiq.model import AuditFinding
from xrayiq.report.dose_answers import Answer
from xrayiq.report.wording import clean, counted, grouped, percent

_MOST_NAMED: Final = 3
_OF_UNITS: Final = ("index_calibration", "unit_off_target")
_OF_INDICES: Final = (*(f"index_{name}" for name in FAULTS), "di_disagrees", "index_against_pixels")


def answers(audit: ExposureAudit) -> tuple[Answer, ...]:
    """Indices, targets, changes and shifts."""
    return (_indices(audit), _targets(audit), _changes(audit), _shifts(audit))


def _indices(audit: ExposureAudit) -> Answer:
    question, faults = "Exposure indices", audit.faults
    exposures, indexed = int(faults["exposures"].sum()), int(faults["indexed"].sum())
    share = percent(indexed / exposures) if exposures else "–"
    text = f"{grouped(indexed)} of {counted(exposures, 'exposure')} ({share}) have a deviation index"
    bad = [one for one in audit.findings if one.kind in _OF_INDICES]
    if not bad:
        return Answer(status="pass" if indexed else "indeterminate", question=question, text=text)
    units = len({(one.site, one.unit) for one in bad})
    short = f"{counted(units, 'unit')} with indices that cannot be used or disagree"
    named = [f"{_where(one)} ({clean(one.about)}, {grouped(one.exposures)})" for one in bad]
    return Answer(status="warning", question=question, text=f"{text}; {_named(named)}", short=short)


def _targets(audit: ExposureAudit) -> Answer:
    question, groups = "On target", audit.groups
    judged = groups[groups["standing"] != TOO_FEW]
    few = len(groups) - len(judged)
    tail = f"; {counted(few, 'further one')} of fewer than {audit.rules['least']:.0f} exposures" if few else ""
    if judged.empty:
        text = "no unit's examination has enough exposures with a deviation index" + tail
        return Answer(status="indeterminate", question=question, text=text)
    on = int((judged["standing"] == ON_TARGET).sum())
    told = f"{grouped(on)} of {counted(len(judged), 'group')} of like exposures on target{tail}"
    units = [one for one in audit.findings if one.kind in _OF_UNITS]
    off = [one for one in audit.findings if one.kind in ("off_target", "spread")]
    if not units and not off:
        return Answer(status="pass", question=question, text=told)
    named = [f"{_where(one)} (all it does, DI {one.value:+.1f})" for one in units]
    named += [f"{_where(one)}, {clean(one.about)}" for one in off]
    parts = [counted(len(units), "unit") + " off as a whole"] if units else []
    parts += [counted(len(off), "group") + " off target or spread wide"] if off else []
    short = ", ".join(parts)
    text = f"{_named(named)}; {told}".replace("DI -", "DI −")
    return Answer(status="fail" if units else "warning", question=question, text=text, short=short)


def _changes(audit: ExposureAudit) -> Answer:
    question = "Over time"
    if not audit.drifts:
        text = f"no unit's examination has {LEAST_A_POINT * LEAST_POINTS} exposures with a time"
        return Answer(status="indeterminate", question=question, text=text)
    series = counted(len(audit.drifts), "series", "series")
    found = [one for one in audit.findings if one.kind in ("drift", "step")]
    if not found:
        return Answer(status="pass", question=question, text=f"no step or drift in {series}")
    named = [f"{_where(one)}, {clean(one.about) or 'most it does'} ({one.kind} of {one.value:+.1f})" for one in found]
    short = counted(len(found), "change over time", "changes over time")
    text = f"{_named(named)}, in {series}".replace(" -", " −")
    return Answer(status="warning", question=question, text=text, short=short)


def _shifts(audit: ExposureAudit) -> Answer:
    question = "Shifts"
    if audit.shifts.empty:
        return Answer(status="indeterminate", question=question, text="no unit has enough exposures of two shifts")
    found = [one for one in audit.findings if one.kind == "shift_apart"]
    if not found:
        text = f"{counted(len(audit.shifts), 'shift')} of units compared, none apart from the others"
        return Answer(status="pass", question=question, text=text)
    named = [f"{_where(one)}, {clean(one.about)} (DI {one.value:+.1f})".replace("DI -", "DI −") for one in found]
    short = f"{counted(len(found), 'shift')} apart"
    return Answer(status="warning", question=question, text=_named(named), short=short)


def _where(one: AuditFinding) -> str:
    return clean(one.unit) or clean(one.room) or "unit not told"


def _named(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return "; ".join(names[:_MOST_NAMED]) + (f"; {grouped(more)} more" if more > 0 else "")
