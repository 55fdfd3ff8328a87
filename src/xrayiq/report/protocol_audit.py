"""Section on protocols: whether rooms expose as the table says, as the others do, and as they did."""

from __future__ import annotations

from typing import Final

import pandas as pd
from matplotlib.axes import Axes

from xrayiq import plots
from xrayiq.audit import ProtocolAudit
from xrayiq.audit.protocol_drift import is_drift
from xrayiq.audit.protocol_drift_findings import rate_text
from xrayiq.audit.protocol_findings import LEAST_ROOMS, parameter_label, parameter_text
from xrayiq.procedures import Site, audit_protocol
from xrayiq.records import Records
from xrayiq.report.audit_section import AuditSection, rows_of, section
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_answers import Answer
from xrayiq.report.evidence import Evidence
from xrayiq.report.tables import Picture, picture_svg
from xrayiq.report.wording import counted

_MOST_PICTURES: Final = 6
_NARROW_INCHES: Final = 3.9
#: slow changes that one sentence names
_MOST_TOLD: Final = 3
_PLACE: Final = {"room": "Room", "body_part": "Body part", "view": "View", "patients": "Patients", "parameter": "What"}


def protocols(
    evidence: Evidence, records: Records, *, site: Site | None = None, only_site: str = ""
) -> AuditSection | None:
    """Section; None where no exposure of a patient is of a known view, and nothing is audited then."""
    if not (evidence.objects["kind"] == "clinical").any():
        return None
    audit = audit_protocol(records, site=site, only_site=only_site)
    return None if audit.usual.empty else protocol_section(audit)


def protocol_section(audit: ProtocolAudit) -> AuditSection:
    """Section of an audit."""
    return section(
        audit,
        name="protocol",
        title="Protocols",
        answers=(_table(audit), _changes(audit), _drift(audit), _rooms(audit)),
        chapters=(
            _change_chapter(audit),
            _drift_chapter(audit),
            _compared_chapter(audit),
            _room_chapter(audit),
            _usual_chapter(audit),
        ),
    )


def _table(audit: ProtocolAudit) -> Answer:
    question = "As the table says"
    outside = audit.compared[audit.compared["verdict"] == "outside"]
    if not audit.protocols:
        text = "the site's file has no [[protocols]]: each room's usual way is learnt, and nothing says what was meant"
        return Answer(status="indeterminate", question=question, text=text)
    judged = audit.compared[audit.compared["verdict"] != "too few"]
    if outside.empty and judged.empty:
        text = f"no row of the table has {audit.rules.least_exposures} exposures of its room and view yet"
        return Answer(status="indeterminate", question=question, text=text)
    if outside.empty:
        text = f"{counted(len(judged), 'value')} of rooms lie within the tolerances of the table"
        return Answer(status="pass", question=question, text=text)
    text = f"{len(outside)} of {counted(len(judged), 'value')} of rooms lie outside the table in more than permitted"
    return Answer(status="fail", question=question, text=text, short=f"{len(outside)} outside the table of protocols")


def _changes(audit: ProtocolAudit) -> Answer:
    question = "As before"
    unknown = audit.changes[audit.changes["known"] != "yes"]
    judged = audit.usual[audit.usual["exposures"] >= 2 * audit.rules.least_each_side]
    if judged.empty:
        needed = 2 * audit.rules.least_each_side
        return Answer(
            status="indeterminate", question=question, text=f"no view of a room has the {needed} exposures it takes"
        )
    if unknown.empty:
        known = f"; {counted(len(audit.changes), 'change')} as the table tells" if len(audit.changes) else ""
        return Answer(status="pass", question=question, text=f"no room exposes a view otherwise than before{known}")
    last = unknown.sort_values("changed_on").iloc[-1]
    where = f"{last['room'] or 'a room'}, {last['body_part']} {last['view']}"
    text = f"{counted(len(unknown), 'change')} that no table tells, the last {last['changed_on']} in {where}"
    return Answer(status="warning", question=question, text=text, short=counted(len(unknown), "untold change"))


def _drift(audit: ProtocolAudit) -> Answer:
    question = "Steady"
    rules = audit.rules
    if audit.drift.empty:
        needed = f"{rules.least_drift_exposures} exposures over {rules.least_drift_days} days"
        return Answer(
            status="indeterminate", question=question, text=f"no view of a room and size of patients has {needed}"
        )
    slow = [row for row in audit.drift.to_dict("records") if is_drift(row)]
    if not slow:
        text = f"none of {len(audit.drift)} series of voltages, charges and distances changes slowly"
        return Answer(status="pass", question=question, text=text)
    told = [
        f"{row['room'] or 'a room'}, {row['body_part']} {row['view']}: {parameter_label(row['parameter'])} "
        f"{'up' if row['change_per_month'] > 0.0 else 'down'} by {rate_text(row, rules)} since {row['since']}"
        for row in slow[:_MOST_TOLD]
    ]
    more = [f"and {len(slow) - _MOST_TOLD} more"] if len(slow) > _MOST_TOLD else []
    short = counted(len(slow), "slow change")
    return Answer(status="warning", question=question, text="; ".join([*told, *more]), short=short)


def _rooms(audit: ProtocolAudit) -> Answer:
    question = "Like the other rooms"
    rooms = audit.rooms[audit.rooms["place"] == "room"]
    odd = rooms[rooms["differs"] & (rooms["others"] >= LEAST_ROOMS - 1)]
    if rooms.empty:
        return Answer(status="indeterminate", question=question, text="no view is done often enough in two rooms")
    if odd.empty:
        return Answer(status="pass", question=question, text="no room stands out among three or more")
    text = f"{counted(len(odd), 'value')} unlike those of the other rooms, of {', '.join(sorted(set(odd['room'])))}"
    return Answer(status="warning", question=question, text=text, short=f"{len(odd)} unlike the other rooms")


def _change_chapter(audit: ProtocolAudit) -> Chapter:
    rows = _labelled(audit.changes)
    columns = {
        **_PLACE,
        "changed_on": "From",
        "before": "#Before",
        "after": "#After",
        "low": "#Least step",
        "high": "#Greatest step",
        "before_text": "Before",
        "after_text": "After",
        "exposures_before": "#n before",
        "exposures_after": "#n after",
        "version": "Table",
    }
    return Chapter(
        title="Changes",
        told=counted(len(audit.changes), "change"),
        explanation=(
            "Shifts of daily medians by more than the tolerance, with at least "
            f"{audit.rules.least_each_side} exposures on either side. Steps with their 95 % interval, of the means; of "
            "texts before and after are shares of what is usual since. A change that a version of the site's table "
            "tells is none to look into."
        ),
        pictures=tuple(_picture(audit, number) for number in range(min(len(rows), _MOST_PICTURES))),
        tables=(("", rows_of(rows, columns)),),
    )


def _drift_chapter(audit: ProtocolAudit) -> Chapter:
    slow = audit.drift[audit.drift["signal"] != ""]
    rows = [
        row
        | {
            "first": parameter_text(row["parameter"], row["first_value"], "", audit.rules),
            "last": parameter_text(row["parameter"], row["last_value"], "", audit.rules),
            "rate": f"{'+' if row['change_per_month'] > 0.0 else '−'} {rate_text(row, audit.rules)}",
            "reading": "slow change" if is_drift(row) else "one sudden change explains it",
        }
        for row in slow.to_dict("records")
    ]
    columns = {**_PLACE, "band": "Size", "since": "Since", "first": "From about", "last": "To about"}
    columns |= {"rate": "Change", "exposures": "#Exposures", "reading": "Reading"}
    frame = pd.DataFrame(rows, columns=list(dict.fromkeys([*audit.drift.columns, *columns])))
    return Chapter(
        title="Slow changes",
        told=counted(sum(map(is_drift, rows)), "slow change"),
        explanation=(
            f"Of {len(audit.drift)} series of one room, view and size of patients with at least "
            f"{audit.rules.least_drift_exposures} exposures over {audit.rules.least_drift_days} days, those whose "
            f"trend (Kendall's tau, false discovery rate {audit.rules.drift_false_discovery_rate:.0%}; Theil–Sen line) "
            "goes farther than the tolerance. Dated changes of the view are taken out first."
        ),
        tables=(("", rows_of(_labelled(frame), columns)),),
    )


def _compared_chapter(audit: ProtocolAudit) -> Chapter:
    columns = {**_PLACE, "version": "Table", "prescribed": "#Wanted", "prescribed_text": "Wanted", "value": "#Usual"}
    columns |= {"text": "Usual", "outside": "#Outside", "exposures": "#Exposures", "low": "#Least share"}
    columns |= {"high": "#Greatest share", "needed": "#Needed", "verdict": "Verdict"}
    return Chapter(
        title="Beside the table",
        explanation=(
            "Exposures outside the tolerance of the version that held on their day; shares with Wilson intervals "
            f"(95 %). More than {100 * audit.rules.permitted_share:g} % with the whole interval is outside; needed: "
            "exposures that are missing before anything is said."
        ),
        tables=(("", rows_of(_labelled(audit.compared), columns)),),
    )


def _room_chapter(audit: ProtocolAudit) -> Chapter:
    columns = {"place": "Of", "site": "Site", **_PLACE, "exposures": "#Exposures", "value": "#Value", "low": "#Low"}
    columns |= {"high": "#High", "text": "Usual", "others": "#Others", "others_value": "#Theirs"}
    rows = audit.rooms.sort_values("differs", ascending=False, kind="stable")
    quality = {"room": "Room", "body_part": "Body part", "view": "View", "band": "Patients", "exposures": "#Exposures"}
    quality |= {"dose_ratio": "#Dose by the others'", "deviation_index": "#DI", "noise": "#Noise", "snr": "#SNR"}
    return Chapter(
        title="Rooms and sites beside each other",
        explanation="Medians with their 95 % intervals; dose by the median of the rooms, beside what images are worth.",
        tables=(
            ("", rows_of(_labelled(rows), columns | {"others_text": "Their usual"})),
            ("Dose beside image quality", rows_of(audit.quality, quality | {"reading": "Reading"})),
        ),
    )


def _usual_chapter(audit: ProtocolAudit) -> Chapter:
    columns = {
        **_PLACE,
        "exposures": "#Exposures",
        "needed": "#Needed",
        "value": "#Median",
        "quartile_1": "#1st quartile",
    }
    columns |= {"quartile_3": "#3rd quartile", "text": "Usual", "share": "#Share"}
    return Chapter(
        title="How rooms usually expose",
        explanation="Of charges under exposure control the spread alone: they follow the patient.",
        tables=(("", rows_of(_labelled(audit.usual), columns)),),
    )


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(parameter=[parameter_label(name) for name in frame["parameter"]])


def _picture(audit: ProtocolAudit, change: int) -> Picture:
    row = audit.changes.iloc[change]
    words = (
        f"{row['room'] or 'a room'}, {row['body_part']} {row['view']}: {parameter_label(row['parameter'])} over time"
    )

    def draw(ax: Axes) -> object:
        return plots.plot_protocol_change(audit, change=change, ax=ax)

    width, height = plots.PROTOCOL_CHANGE
    return Picture(
        svg=picture_svg(draw, f"protocol {change}", words, (width, height)),
        narrow=picture_svg(draw, f"protocol {change} narrow", words, (_NARROW_INCHES, height + 0.4)),
        title="",
    )
