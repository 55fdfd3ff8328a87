"""Figures of a month: how much was done, how the schedule was kept, what was out of limits, how long units stood."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from xrayiq.model import Finding
from xrayiq.procedures.register import RegisteredUnit
from xrayiq.procedures.site import Site
from xrayiq.records import Records
from xrayiq.report.counted import of_exposures
from xrayiq.report.html import write_page
from xrayiq.report.pages.dose_kpi import with_doses
from xrayiq.report.pages.dossier import Dossier, gather_dossier
from xrayiq.report.pages.exposure_kpi import with_exposure
from xrayiq.report.pages.keeping import as_it_stood, opened_on
from xrayiq.report.pages.kpi_section import KpiSection
from xrayiq.report.pages.parts import due_table, finding_view
from xrayiq.report.pages.period import Period
from xrayiq.report.pages.recorded import Service
from xrayiq.report.pages.standing import CLINICAL
from xrayiq.report.pages.writing import frame_of_pages, rendered
from xrayiq.report.pdf import write_pdf
from xrayiq.report.tables import Marked, Table, table
from xrayiq.report.wording import grouped
from xrayiq.stats import wilson_interval

#: an exposure is on target where its deviation index is within this of 0 (AAPM TG-116: no action)
ON_TARGET: Final = 1.0
_SETTLING: Final = ("closed", "accepted")
_MOST_UNITS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of one unit, or of all, in a period.

    Parameters
    ----------
    objects, exposures, test_days : int
        Objects made, exposures of patients, and days with tests.
    overdue : int
        Tests overdue at the end.
    out_of_limits, warnings, within : int
        Checks by verdict.
    opened, closed, open_at_end : int
        Findings.
    downtime_h : float
        Hours that units could not be used.
    judged_di, on_target : int
        Exposures with a deviation index, and those on target.
    """

    objects: int = 0
    exposures: int = 0
    test_days: int = 0
    overdue: int = 0
    out_of_limits: int = 0
    warnings: int = 0
    within: int = 0
    opened: int = 0
    closed: int = 0
    open_at_end: int = 0
    downtime_h: float = 0.0
    judged_di: int = 0
    on_target: int = 0


def write_kpi(
    records: Records,
    path: str | Path,
    *,
    period: Period,
    site: Site | None = None,
    only_site: str | None = None,
    further: Sequence[KpiSection] = (),
    pdf: str | Path | None = None,
) -> tuple[Path, ...]:
    """Figures of a month, or any other period, as one page that needs nothing from outside.

    Parameters
    ----------
    records : Records
        An open store.
    path : str or Path
        HTML file to write.
    period : Period
        The days that count.
    site : Site, optional
        Settings of a site's file.
    only_site : str, optional
        Show nothing of other sites.
    further : sequence of KpiSection
        Parts from audits of their own.
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
    view = kpi(dossier, period) | {"further": tuple(further)}
    for joined in (with_exposure, with_doses):
        view = joined(view, dossier, records, site=site, period=period, before=earlier(period))
    page = rendered("kpi.html.j2", frame_of_pages(dossier), view)
    written = (write_page(path, page),)
    return written if pdf is None else (*written, write_pdf(pdf, page))


def kpi(dossier: Dossier, period: Period) -> dict[str, Any]:
    """What the page shows."""
    before = earlier(period)
    units = dossier.register.units
    now, then = (total([figures_of(dossier, unit, days) for unit in units]) for days in (period, before))
    own = [(unit, figures_of(dossier, unit, period)) for unit in units]
    worked_on = [
        one for one in dossier.recorded.findings if any(step.day in period for step in one.steps) or not one.is_settled
    ]
    return {
        "headline": _headline(now, then, has_before=_has_objects(dossier, before)),
        "name": period.name,
        "before": before.name,
        "units": _units(dossier, own),
        "overdue": due_table([one for one in dossier.due() if one.status == "overdue"], called=dossier.called),
        "findings": tuple(finding_view(one) for one in worked_on),
    }


def earlier(period: Period) -> Period:
    """The period of equal kind before: the month before a whole month, else as many days."""
    last = period.first - datetime.timedelta(days=1)
    whole = period.first.day == 1 and (period.last + datetime.timedelta(days=1)).day == 1 and period.days <= 31
    first = last.replace(day=1) if whole else last - datetime.timedelta(days=period.days - 1)
    return Period(first=first, last=last)


def figures_of(dossier: Dossier, unit: RegisteredUnit, period: Period) -> Figures:
    """Figures of a unit in a period."""
    objects, outcomes, verdicts = (
        _own(frame, unit.name, period) for frame in (dossier.objects, dossier.outcomes, dossier.verdicts)
    )
    tests = outcomes[(outcomes["kind"] == "measured") & ~outcomes["procedure"].isin(CLINICAL)]
    statuses = verdicts.loc[~verdicts["procedure"].isin(CLINICAL), "status"].value_counts()
    findings = dossier.findings_of(unit.name)
    steps = [(one, step) for one in findings for step in one.steps if step.day in period]
    indices = _deviation_indices(_own(dossier.measurements, unit.name, period))
    return Figures(
        objects=len(objects),
        exposures=len(_exposures(objects)),
        test_days=tests["day"].nunique(),
        overdue=sum(one.unit == unit.name and one.status == "overdue" for one in dossier.due(period.last)),
        out_of_limits=int(statuses.get("fail", 0)),
        warnings=int(statuses.get("warning", 0)),
        within=int(statuses.get("pass", 0)),
        opened=sum(opened_on(one) in period for one in findings),
        closed=len({one.number for one, step in steps if step.state in _SETTLING}),
        open_at_end=sum(_was_open(one, period.last) for one in findings),
        downtime_h=downtime_h(dossier.services_of(unit), period),
        judged_di=len(indices),
        on_target=int((indices.abs() <= ON_TARGET).sum()),
    )


def total(parts: Sequence[Figures]) -> Figures:
    """Sum of figures."""
    return Figures(**{name: sum(getattr(part, name) for part in parts) for name in Figures.__slots__})


def downtime_h(services: Sequence[Service], period: Period) -> float:
    """Hours of a period in which a unit could not be used; times that overlap count once."""
    begin = datetime.datetime.combine(period.first, datetime.time())
    end = datetime.datetime.combine(period.last, datetime.time()) + datetime.timedelta(days=1)
    spans = sorted((max(one.at, begin), min(one.until or end, end)) for one in services if one.kind == "downtime")
    hours, reached = 0.0, begin
    for start, stop in spans:
        start = max(start, reached)
        if stop > start:
            hours += (stop - start).total_seconds() / 3600.0
            reached = stop
    return hours


def _own(frame: pd.DataFrame, unit: str, period: Period) -> pd.DataFrame:
    rows = frame[frame["unit_name"] == unit]
    return rows[pd.Series([day in period for day in rows["day"]], index=rows.index, dtype="bool")]


def _exposures(objects: pd.DataFrame) -> set[str]:
    clinical = objects[
        objects["population"].isin(["clinical", "twin", "not_classed"]) & (objects["kind"] == "clinical")
    ]
    return set(clinical["exposure_key"].where(clinical["exposure_key"] != "", clinical["subject"]))


def _deviation_indices(measurements: pd.DataFrame) -> pd.Series:
    rows = measurements[
        (measurements["procedure"] == "exposure_index") & (measurements["quantity"] == "deviation_index")
    ]
    return of_exposures(rows)["value"].dropna()


def _was_open(finding: Finding, day: datetime.date) -> bool:
    """Whether a finding was not settled at the end of a day."""
    opened = opened_on(finding)
    return opened is not None and opened <= day and not as_it_stood(finding, day).is_settled


def _has_objects(dossier: Dossier, period: Period) -> bool:
    return any(day in period for day in dossier.objects["day"])


def _headline(now: Figures, then: Figures, *, has_before: bool) -> list[tuple[str, str, str]]:
    """Name, figure, and the figure of the period before."""

    def line(name: str, text: Callable[[Any], str], of: str) -> tuple[str, str, str]:
        value, earlier_value = text(getattr(now, of)), text(getattr(then, of))
        return name, value, earlier_value if has_before else "–"

    lines = [
        line("Objects", grouped, "objects"),
        line("Exposures of patients", grouped, "exposures"),
        line("Days of tests, by unit", grouped, "test_days"),
        line("Tests overdue at the end", grouped, "overdue"),
        line("Checks out of limits", grouped, "out_of_limits"),
        line("Checks with a warning", grouped, "warnings"),
        line("Checks within limits", grouped, "within"),
        line("Findings opened", grouped, "opened"),
        line("Findings settled", grouped, "closed"),
        line("Findings open at the end", grouped, "open_at_end"),
        line("Downtime", lambda hours: f"{hours:.1f} h", "downtime_h"),
    ]
    if now.judged_di or then.judged_di:
        lines.append(("Deviation index on target", on_target_text(now), on_target_text(then)))
    return lines


def on_target_text(figures: Figures) -> str:
    """Share of exposures on target with its 95 % interval (Wilson)."""
    if not figures.judged_di:
        return "–"
    found = wilson_interval(figures.on_target, figures.judged_di)
    low, high = 100.0 * found.low, 100.0 * found.high
    return f"{100.0 * found.proportion:.0f} % ({low:.0f} to {high:.0f} %) of {grouped(figures.judged_di)}"


def _units(dossier: Dossier, own: Sequence[tuple[RegisteredUnit, Figures]]) -> Table:
    with_di = any(figures.judged_di for _, figures in own)
    columns = ["Unit", "#Objects", "#Patients' exposures", "#Test days", "#Overdue", "#Out of limits", "#Warnings"]
    columns += ["#Opened", "#Settled", "#Open at end", "#Downtime"] + (["#DI on target"] if with_di else [])
    rows: list[tuple[str | Marked, ...]] = []
    for unit, one in sorted(own, key=lambda pair: (-pair[1].open_at_end, -pair[1].out_of_limits, -pair[1].overdue)):
        rows.append(
            (
                dossier.called(unit.name),
                grouped(one.objects),
                grouped(one.exposures),
                grouped(one.test_days),
                _marked(one.overdue, "warning"),
                _marked(one.out_of_limits, "fail"),
                _marked(one.warnings, "warning"),
                grouped(one.opened),
                grouped(one.closed),
                _marked(one.open_at_end, "fail"),
                f"{one.downtime_h:.1f} h",
                *((on_target_text(one),) if with_di else ()),
            )
        )
    return table(columns, rows, most=_MOST_UNITS)


def _marked(number: int, status: str) -> str | Marked:
    return Marked(text=grouped(number), status=status, why="") if number else "0"
