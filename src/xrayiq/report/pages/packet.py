"""Inspection packet: what was tested in a period, by what, with what result, and what was done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from xrayiq.model import Finding, limits_at
from xrayiq.procedures.site import Site
from xrayiq.records import Records
from xrayiq.report.html import write_page
from xrayiq.report.pages.audit_states import audit_table
from xrayiq.report.pages.dossier import Dossier, gather_dossier
from xrayiq.report.pages.figures import Gallery, TrendPicture
from xrayiq.report.pages.packet_doses import of_doses, packet_doses
from xrayiq.report.pages.packet_tables import (
    equipment_table,
    limits_table,
    outside_table,
    refused_table,
    result_tables,
    seen_text,
    sign_offs_table,
    tested_table,
    versions_table,
    warning_only_text,
)
from xrayiq.report.pages.parts import finding_view, service_table
from xrayiq.report.pages.period import Period
from xrayiq.report.pages.recorded import SignOff
from xrayiq.report.pages.standing import CLINICAL
from xrayiq.report.pages.trend_choice import in_page_order
from xrayiq.report.pages.writing import frame_of_pages, rendered
from xrayiq.report.pdf import write_pdf
from xrayiq.report.wording import (
    STATUS_WORDS,
    counted,
    grouped,
)

#: trends drawn of quantities with a finding
_MOST_TRENDS: Final = 8
_STATUSES: Final = ("fail", "warning", "pass", "indeterminate")


def write_packet(
    records: Records,
    path: str | Path,
    *,
    period: Period,
    site: Site | None = None,
    only_site: str | None = None,
    pdf: str | Path | None = None,
) -> tuple[Path, ...]:
    """Inspection packet of a period as one page that needs nothing from outside.

    Parameters
    ----------
    records : Records
        An open store.
    path : str or Path
        HTML file to write.
    period : Period
        The days that it is about.
    site : Site, optional
        Settings of a site's file.
    only_site : str, optional
        Show nothing of other sites.
    pdf : str or Path, optional
        Also write it as PDF.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    InputError
        A file cannot be written, the extra ``pdf`` is missing, or the store has no equipment of that site.
    RecordsError
        The store cannot be read.
    """
    dossier = gather_dossier(records, site=site, only_site=only_site, period=period)
    view = packet(dossier, period, Gallery(records))
    own = of_doses([one for one in dossier.recorded.findings if _touches(one, period)])
    view = {**view, "doses": packet_doses(dossier, records, site, period, own)}
    page = rendered("packet.html.j2", frame_of_pages(dossier), view)
    written = (write_page(path, page),)
    return written if pdf is None else (*written, write_pdf(pdf, page))


def packet(dossier: Dossier, period: Period, gallery: Gallery) -> Mapping[str, Any]:
    """What the packet shows beside doses, which are read from the store."""
    outcomes = _within(dossier.outcomes, period)
    tests = outcomes[(outcomes["kind"] == "measured") & ~outcomes["procedure"].isin(CLINICAL)]
    verdicts = _within(dossier.verdicts, period)
    verdicts = verdicts[~verdicts["procedure"].isin(CLINICAL)]
    findings = [one for one in dossier.recorded.findings if _touches(one, period)]
    services = [one for one in dossier.recorded.services if one.day in period]
    sign_offs = [one for one in dossier.recorded.sign_offs if _is_about(one, period)]
    return {
        "summary": _summary(dossier, period, tests, verdicts, findings),
        "equipment": equipment_table(dossier),
        "tested": tested_table(dossier, period, tests),
        "results": result_tables(dossier, verdicts),
        "outside": outside_table(dossier, verdicts),
        "limits": limits_table(verdicts),
        "warning_only": warning_only_text(verdicts),
        "findings": tuple(finding_view(one) for one in findings),
        "audits": audit_table(dossier),
        "trends": _trends(dossier, findings, gallery),
        "services": service_table(services),
        "sign_offs": sign_offs_table(sign_offs),
        "versions": versions_table(dossier, outcomes),
        "seen": seen_text(dossier, outcomes),
        "refused": refused_table(dossier, outcomes),
        "doses": None,
    }


def _within(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    return frame[pd.Series([day in period for day in frame["day"]], index=frame.index, dtype="bool")]


def _touches(finding: Finding, period: Period) -> bool:
    """Whether a finding was opened, seen or worked on in a period, or stood open in it."""
    days = [step.day for step in finding.steps[1:]]
    days += [day for day in (finding.first_day, finding.last_day) if day is not None]
    return any(day in period for day in days) or (
        not finding.is_settled and min(days, default=period.last) <= period.last
    )


def _is_about(sign_off: SignOff, period: Period) -> bool:
    if sign_off.first is None or sign_off.last is None:
        return sign_off.at.date() in period
    return sign_off.first <= period.last and period.first <= sign_off.last


def _summary(
    dossier: Dossier, period: Period, tests: pd.DataFrame, verdicts: pd.DataFrame, findings: Sequence[Finding]
) -> list[tuple[str, str]]:
    counts = verdicts["status"].value_counts()
    kept = dossier.kept(period)
    late = sum(one.days_overdue > 0 for one in kept)
    open_ones = sum(not one.is_settled for one in findings)
    days = tests[["unit_name", "day"]].drop_duplicates()
    return [
        ("Units", grouped(len(dossier.register.units))),
        ("Days of tests", f"{grouped(len(days))}, counted by unit"),
        ("Measurements", grouped(len(tests))),
        *((STATUS_WORDS[status], counted(int(counts.get(status, 0)), "check")) for status in _STATUSES),
        ("Tests at some time overdue", f"{late} of {len(kept)}"),
        ("Findings", f"{len(findings)}, of which {open_ones} not settled"),
    ]


def _trends(dossier: Dossier, findings: Sequence[Finding], gallery: Gallery) -> list[TrendPicture]:
    """Trends of what there is a finding about."""
    keys = {(one.unit, one.quantity) for one in findings}
    chosen = [
        pair
        for pair in in_page_order(dossier.series)
        if (pair[1].key.unit, pair[1].key.quantity) in keys and len(pair[1].trend.values) > 1
    ]
    return [
        gallery.trend(row, one, limits_at(dossier.site.limits, dossier.where[one.key.unit].place))
        for row, one in chosen[:_MOST_TRENDS]
    ]
