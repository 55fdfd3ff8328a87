"""Section on rejects and repeats: whether the rates are all right, where not, and why."""

from __future__ import annotations

from typing import Final

import pandas as pd

from xrayiq.audit import RepeatAudit, shipped_repeat_bounds
from xrayiq.procedures import Site, audit_repeats
from xrayiq.records import Records
from xrayiq.report.audit_section import AuditSection, section
from xrayiq.report.dose_answers import Answer
from xrayiq.report.evidence import Evidence
from xrayiq.report.repeat_chapters import chapters, share_text
from xrayiq.report.wording import clean, counted, grouped

_MOST_NAMED: Final = 3
_HIGH: Final = ("reject_rate", "reject_rate_over_target")


def repeats(
    evidence: Evidence, records: Records, *, site: Site | None = None, only_site: str = ""
) -> AuditSection | None:
    """Section; None where the store tells of no reject and has too few images to judge, and nothing is audited then."""
    objects = evidence.objects
    clinical = int((objects["population"] == "clinical").sum())
    told = (objects["kind"] == "reject_note").any() or len(records.frame("rejects", columns=("outcome_id",)))
    least = (shipped_repeat_bounds() if site is None else site.repeat_bounds).least_images
    if not told and clinical < least:
        return None
    audit = audit_repeats(records, site=site, only_site=only_site)
    return None if audit.exposures.empty else repeat_section(audit)


def repeat_section(audit: RepeatAudit) -> AuditSection:
    """Section of an audit."""
    return section(
        audit,
        name="repeats",
        title="Rejects and repeats",
        answers=(_rejects(audit), _low(audit), _repeated(audit), _clusters(audit), _reasons(audit)),
        chapters=chapters(audit),
    )


def _rejects(audit: RepeatAudit) -> Answer:
    question = "Reject rate"
    row = audit.rates[audit.rates["by"] == "all"].iloc[0]
    text = (
        f"{grouped(int(row['rejects']))} of {counted(int(row['exposures']), 'exposure')} were rejected: "
        f"{share_text(row['reject_rate'])} (95 % interval {share_text(row['reject_low'])} to "
        f"{share_text(row['reject_high'])})"
    )
    if any(one.kind == "no_reject_records" for one in audit.findings):
        words = "nothing tells of a reject: no key object, dose report or log"
        return Answer(status="warning", question=question, text=words, short="no record of rejects")
    high = [one for one in audit.findings if one.kind in _HIGH]
    if high:
        named = _named([f"{clean(one.room) or 'room not told'} ({share_text(one.value)})" for one in high])
        status = "fail" if any(one.kind == "reject_rate" for one in high) else "warning"
        return Answer(status=status, question=question, text=f"{text}; too high in {named}", short="high reject rate")
    if row["exposures"] < audit.bounds.least_images:
        return Answer(status="indeterminate", question=question, text=f"{text}; too few exposures to judge")
    return Answer(status="pass", question=question, text=text)


def _low(audit: RepeatAudit) -> Answer:
    question = "Suspiciously low rates"
    low = [one for one in audit.findings if one.kind == "reject_rate_too_low"]
    if low:
        named = _named([f"{clean(one.room) or 'room not told'} ({share_text(one.value)})" for one in low])
        text = f"{named}: ask whether rejects are deleted or not recorded"
        return Answer(status="warning", question=question, text=text, short="suspiciously low reject rate")
    if not audit.rejected:
        return Answer(status="indeterminate", question=question, text="without a record of rejects no rate is low")
    return Answer(status="pass", question=question, text="no room rejects so little that its record is in doubt")


def _repeated(audit: RepeatAudit) -> Answer:
    question, found = "Apparent repeats", audit.apparent
    if found is None:
        return Answer(
            status="indeterminate", question=question, text="no accepted image tells its study, part and view"
        )
    text = (
        f"{grouped(found.named)} of {counted(found.items, 'accepted image')} look like repeats, "
        f"{share_text(found.proportion)} "
        f"({share_text(found.low)} to {share_text(found.high)}) after what the search misses and wrongly names; "
        "inferred, not coded, and no rejects"
    )
    rooms = [clean(one.room) for one in audit.findings if one.kind == "repeat_rate_of_room"]
    if rooms:
        short = "a room of many repeats" if len(rooms) == 1 else "rooms of many repeats"
        return Answer(status="warning", question=question, text=f"{text}; most in {_named(rooms)}", short=short)
    return Answer(status="pass", question=question, text=text)


def _clusters(audit: RepeatAudit) -> Answer:
    question = "Clusters in views and weeks"
    views = [one for one in audit.findings if one.kind.endswith("_cluster")]
    weeks = [one for one in audit.findings if one.kind.endswith("_week")]
    if views:
        named = _named([f"{clean(one.about)} in {clean(one.room) or 'room not told'}" for one in views])
        return Answer(
            status="warning", question=question, text=f"{named}: far more than other views", short=f"cluster in {named}"
        )
    if weeks:
        named = _named([f"{clean(one.room) or 'room not told'}, {clean(one.about)}" for one in weeks])
        return Answer(
            status="warning", question=question, text=f"{named}: above its chart", short="a week above its chart"
        )
    if audit.funnel.empty:
        return Answer(status="indeterminate", question=question, text="too few groups to compare")
    return Answer(status="pass", question=question, text="no view and no week stands out")


def _reasons(audit: RepeatAudit) -> Answer:
    question = "Reasons"
    if audit.reasons.empty:
        return Answer(status="indeterminate", question=question, text="no rejects, no reasons")
    first = audit.reasons.iloc[0]
    share = first["category_rejects"] / audit.reasons["rejects"].sum()
    text = f"most often {_category(first).lower()}: {share_text(share)} of the rejects"
    other = [one for one in audit.findings if one.kind == "other_reasons"]
    if other:
        text += f"; {share_text(other[0].value)} give none, or none of the list"
        return Answer(status="warning", question=question, text=text, short="rejects without a reason")
    return Answer(status="pass", question=question, text=text)


def _category(row: pd.Series) -> str:
    return clean(row["name"]).split(":", maxsplit=1)[0]


def _named(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return "; ".join(names[:_MOST_NAMED]) + (f"; {grouped(more)} more" if more > 0 else "")
