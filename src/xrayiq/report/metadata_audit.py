"""Section on headers: what they lack, what contradicts itself in them, and whose clock is off."""

from __future__ import annotations

import datetime
from typing import Final

from matplotlib.axes import Axes

from xrayiq import plots
from xrayiq.audit import MetadataAudit
from xrayiq.audit.metadata_counts import TOO_MANY
from xrayiq.procedures import Site, audit_metadata
from xrayiq.records import Records
from xrayiq.report.audit_section import AuditSection, rows_of, section
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_answers import Answer
from xrayiq.report.evidence import Evidence
from xrayiq.report.tables import Picture, picture_svg
from xrayiq.report.wording import clean, counted

_UNIT: Final = {"room": "Room", "unit": "Unit"}
_COUNTS: Final = {"exposures": "#Exposures", "share": "#Share", "low": "#Low", "high": "#High"}


def headers(
    evidence: Evidence, records: Records, *, site: Site | None = None, only_site: str = ""
) -> AuditSection | None:
    """Section; None where there is no exposure of a patient, and nothing is audited then.

    The same store gives the same text: exposures still to come are those after the day of its last run.
    """
    if not (evidence.objects["kind"] == "clinical").any() or evidence.runs.empty:
        return None
    last: datetime.date = evidence.runs.iloc[-1]["started_at"].date()
    audit = audit_metadata(records, site=site, only_site=only_site, today=last)
    return None if audit.exposures.empty else header_section(audit)


def header_section(audit: MetadataAudit) -> AuditSection:
    """Section of an audit."""
    return section(
        audit,
        name="metadata",
        title="Headers",
        answers=(_sides(audit), _complete(audit), _clocks(audit), _others(audit)),
        chapters=(_completeness(audit), _problems(audit), _clock_chapter(audit), _unmapped(audit)),
    )


def _sides(audit: MetadataAudit) -> Answer:
    return _of_group(audit, "laterality", "Sides", "no side contradicts another one or its protocol", "fail")


def _others(audit: MetadataAudit) -> Answer:
    groups = "examination|exposure index|technique"
    return _of_group(audit, groups, "Examinations, indices, technique", "no more problems than permitted", "warning")


def _of_group(audit: MetadataAudit, groups: str, question: str, well: str, status: str) -> Answer:
    if not audit.exposures["header_checks"].notna().any():
        text = "headers were stored by an earlier version, which did not check them"
        return Answer(status="indeterminate", question=question, text=text)
    own = audit.problems[audit.problems["group"].isin(groups.split("|")) & (audit.problems["level"] == "required")]
    wrong = own[own["verdict"] == TOO_MANY]
    if wrong.empty:
        return Answer(status="pass", question=question, text=well)
    row = wrong.sort_values("found", ascending=False).iloc[0]
    text = f"{row['title']} in {counted(int(row['found']), 'exposure')} of {clean(row['unit'])}"
    more = f", and {counted(len(wrong) - 1, 'further finding')}" if len(wrong) > 1 else ""
    return Answer(status=status, question=question, text=text + more, short=str(row["title"]))


def _complete(audit: MetadataAudit) -> Answer:
    question, asked = "Complete", audit.completeness[audit.completeness["level"] == "required"]
    judged, missing = asked[asked["verdict"] != "too few"], asked[asked["verdict"] == TOO_MANY]
    if judged.empty:
        text = f"no unit has the {audit.policy.least_exposures} exposures it takes"
        return Answer(status="indeterminate", question=question, text=text)
    if missing.empty:
        return Answer(status="pass", question=question, text="units write what the policy asks for")
    names = sorted(set(missing["attribute"]))
    units = counted(missing["unit"].nunique(), "unit")
    text = f"{units} without {', '.join(names[:4])}" + (" and others" if len(names) > 4 else "")
    return Answer(status="warning", question=question, text=text, short=f"attributes missing on {units}")


def _clocks(audit: MetadataAudit) -> Answer:
    question, clocks = "Clocks", audit.clocks
    off = clocks[clocks["verdict"].isin(["shifted", "behind"])]
    wrong = audit.problems[(audit.problems["group"] == "clock") & (audit.problems["verdict"] == TOO_MANY)]
    if len(off):
        row = off.iloc[0]
        when = f" on {row['changed_on']}" if row["verdict"] == "shifted" else ""
        text = f"the clock of {clean(row['unit'])} is off{when}"
        return Answer(status="warning", question=question, text=text, short="a clock that is off")
    if len(wrong):
        row = wrong.iloc[0]
        text = f"{row['title']} in {counted(int(row['found']), 'exposure')} of {clean(row['unit'])}"
        return Answer(status="warning", question=question, text=text, short=str(row["title"]))
    if not (clocks["verdict"] == "right").any():
        return Answer(status="indeterminate", question=question, text="too few exposures tell when their study began")
    return Answer(status="pass", question=question, text="no clock shifted against the start of studies")


def _completeness(audit: MetadataAudit) -> Chapter:
    columns = {**_UNIT, "attribute": "Attribute", "level": "Level", "missing": "#Missing", **_COUNTS}
    rows = audit.completeness[audit.completeness["missing"] > 0].sort_values("share", ascending=False, kind="stable")
    return Chapter(
        title="What is missing",
        told=counted(len(rows), "unit and attribute", "units and attributes"),
        explanation=(
            "Shares of the headers that should have an attribute, with Wilson intervals (95 %). Required ones are "
            "findings where the whole interval lies over the permitted share. Files: their numbers in the store."
        ),
        pictures=(_picture(audit),),
        tables=(("", rows_of(rows, columns | {"needed": "#Needed", "examples": "Files", "source": "Source"})),),
    )


def _problems(audit: MetadataAudit) -> Chapter:
    columns = {**_UNIT, "title": "Problem", "found": "#Found", **_COUNTS, "examples": "Files", "verdict": "Verdict"}
    return Chapter(
        title="What contradicts itself",
        told=counted(len(audit.problems), "unit and problem", "units and problems"),
        explanation="The checks of single headers, as xrayiq inspect makes them, counted by unit.",
        tables=(("", rows_of(audit.problems, columns)),),
    )


def _clock_chapter(audit: MetadataAudit) -> Chapter:
    columns = {**_UNIT, "exposures": "#Exposures", "lag_s": "#Lag / s", "low_s": "#Low / s", "high_s": "#High / s"}
    columns |= {"changed_on": "Shift on", "shift_s": "#Shift / s", "verdict": "Verdict"}
    return Chapter(
        title="Clocks",
        explanation=(
            "Median time from the start of studies, by the information system's clock, to their exposures, by the "
            "unit's. A lag that is always the same says nothing: studies are opened when the site opens them. A "
            "shift does."
        ),
        tables=(("", rows_of(audit.clocks, columns)),),
    )


def _unmapped(audit: MetadataAudit) -> Chapter:
    columns = {
        "body_part": "Body part",
        "view_position": "View",
        "protocol_name": "Protocol",
        "exposures": "#Exposures",
    }
    return Chapter(
        title="Names that nothing knows",
        told=counted(int(audit.unmapped["exposures"].sum()), "exposure"),
        explanation="Rows of [[examinations]] in the site's file (site.toml) say what they are.",
        tables=(("", rows_of(audit.unmapped, columns)),),
    )


def _picture(audit: MetadataAudit) -> Picture:
    def draw(ax: Axes) -> object:
        return plots.plot_completeness(audit, ax=ax)

    words = "Share of headers without each attribute, by unit"
    return Picture(
        svg=picture_svg(draw, "metadata", words, plots.completeness_size(audit)),
        narrow=picture_svg(draw, "metadata narrow", words, plots.completeness_size(audit, narrow=True)),
        title="",
    )
