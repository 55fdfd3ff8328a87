"""Pages of a unit and of a detector."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from xrayiq.audit import TrendSettings, false_warning_rate
from xrayiq.model import Equipment, Limit, limits_at
from xrayiq.procedures.constancy import Series, build_series
from xrayiq.procedures.register import RegisteredDetector, RegisteredUnit, Span
from xrayiq.procedures.subjects import is_about_detector
from xrayiq.procedures.whereabouts import whereabouts
from xrayiq.report.pages.audit_states import audit_states, unplaced_findings
from xrayiq.report.pages.dossier import Dossier, trend_events_of
from xrayiq.report.pages.figures import Gallery, TrendPicture
from xrayiq.report.pages.overview import NO_SITE, detector_page_name, site_page_name, unit_page_name
from xrayiq.report.pages.parts import RESULT_COLUMNS, due_table, finding_view, result_rows, service_table
from xrayiq.report.pages.recorded import Service
from xrayiq.report.pages.standing import Standing, test_outcomes
from xrayiq.report.pages.trend_choice import drawable, in_page_order
from xrayiq.report.tables import Picture, Table, table
from xrayiq.report.wording import clean, counted, label_of, value_text

#: trends in full on a page, and results that a trend has at least
MOST_TRENDS: Final = 12
_LEAST: Final = 3
_MOST_ROWS: Final = 400
_STANDS: Final = {
    "fail": "Not all right",
    "warning": "Usable, with points to see to",
    "pass": "All right",
    "indeterminate": "Nothing is judged yet",
    "none": "Nothing is judged yet",
}


def unit_page(dossier: Dossier, standing: Standing, gallery: Gallery) -> Mapping[str, Any]:
    """What the page of a unit shows; figures are drawn from stored results."""
    unit = standing.unit
    services = dossier.services_of(unit)
    every = dossier.findings_of(unit.name)
    trends, further = _trends(
        gallery, [one for one in dossier.series if one.key.unit == unit.name], _limits(dossier, unit.name)
    )
    outcomes = test_outcomes(dossier, unit.name)
    return {
        "status": standing.status,
        "headline": f"{dossier.called(unit.name)}: {_STANDS[standing.status]}",
        "reasons": standing.reasons,
        "name": dossier.called(unit.name),
        "facts": _facts(dossier, standing),
        "site": clean(unit.site) or NO_SITE,
        "site_href": site_page_name(unit.site),
        "detectors": _detector_links(unit),
        "findings": tuple(finding_view(one) for one in reversed(every) if not one.is_settled),
        "settled": tuple(finding_view(one) for one in reversed(every) if one.is_settled),
        "trends": trends,
        "by_chance": false_warning_rate(TrendSettings()).text,
        "further": further,
        "pictures": _pictures(dossier, gallery, outcomes, unit),
        "audits": audit_states(
            dossier, (unit,), also=unplaced_findings(dossier, unit.site), also_on=site_page_name(unit.site)
        ),
        "due": due_table(standing.due),
        "services": service_table(services),
        "results": _last_results(dossier, outcomes),
        "history": _history(unit),
    }


def detector_page(dossier: Dossier, detector: RegisteredDetector, gallery: Gallery) -> Mapping[str, Any]:
    """What the page of a detector shows: its results wherever it was used."""
    own = dossier.outcomes[dossier.outcomes["detector_name"] == detector.name]
    last = detector.units[-1].value
    measured = own[(own["kind"] == "measured") & own["day"].notna()].sort_values(["exposed_at", "id"])
    trends, further = _trends(gallery, _series_of_detector(dossier, detector), _limits(dossier, last))
    findings = [one for one in dossier.recorded.findings if one.detector == detector.name]
    services = _services(dossier, detector)
    unit = next((one for one in dossier.register.units if one.name == last), None)
    return {
        "name": clean(detector.detector_id) or clean(detector.name),
        "facts": [
            ("Detector", clean(detector.name)),
            ("Days", f"{detector.units[0].first_day.isoformat()} to {detector.units[-1].last_day.isoformat()}"),
            ("Last room", clean(detector.rooms[-1].value) or "not named"),
        ],
        "unit": clean(last),
        "unit_href": unit_page_name(last) if unit else "",
        "findings": tuple(finding_view(one) for one in reversed(findings) if not one.is_settled),
        "settled": tuple(finding_view(one) for one in reversed(findings) if one.is_settled),
        "trends": trends,
        "by_chance": false_warning_rate(TrendSettings()).text,
        "further": further,
        "pictures": _pictures(dossier, gallery, measured, unit),
        "services": service_table(services),
        "results": _last_results(dossier, measured),
        "history": _spans((("Room", detector.rooms), ("Unit", detector.units))),
    }


def _trends(gallery: Gallery, series: Iterable[Series], limits: Sequence[Limit]) -> tuple[list[TrendPicture], Table]:
    """The first trends drawn, and the last results of all others."""
    chosen = in_page_order(series)
    shown = drawable(chosen, least=_LEAST)[:MOST_TRENDS]
    drawn = [gallery.trend(row, one, limits) for row, one in shown]
    rest = [pair[1] for pair in chosen if pair not in shown]
    rows = [
        (
            label_of(one.key.quantity, clean(one.key.direction)),
            clean(one.key.mode),
            value_text(one.key.quantity, float(one.trend.values[-1])) if len(one.trend.values) else "–",
            one.trend.dates[-1].date().isoformat() if len(one.trend.dates) else "–",
            str(len(one.trend.values)),
        )
        for one in rest
    ]
    return drawn, table(("Quantity", "Mode", "#Last", "=Day", "#Days"), rows, most=_MOST_ROWS)


def _limits(dossier: Dossier, unit: str) -> tuple[Limit, ...]:
    """Limits that hold where a unit stands."""
    where = dossier.where.get(unit)
    return limits_at(dossier.site.limits, None if where is None else where.place)


def _series_of_detector(dossier: Dossier, detector: RegisteredDetector) -> tuple[Series, ...]:
    """Series of a detector across all units that it was in: as if it were a unit of its own."""
    alone = Equipment(station_name=detector.name)
    values, places = [], set()
    for value in dossier.values:
        if value.exposed_at is not None:
            where = whereabouts(value.equipment, value.exposed_at.date(), facts=dossier.site.facts)
            if where.detector == detector.name:
                values.append(dataclasses.replace(value, equipment=alone))
                places.add(where)
    told = trend_events_of(dossier.recorded)
    return build_series(values, events_of=lambda key, _: told(key, places))


def _services(dossier: Dossier, detector: RegisteredDetector) -> list[Service]:
    """What was done to a detector, or to a unit while it was in it."""
    return [
        one
        for one in dossier.recorded.services
        if is_about_detector(dossier.register, detector.name, one.subject)
        or any(
            span.first_day <= one.day <= span.last_day and one.is_of(dossier.where[span.value])
            for span in detector.units
            if span.value in dossier.where
        )
    ]


def _pictures(dossier: Dossier, gallery: Gallery, outcomes: pd.DataFrame, unit: RegisteredUnit | None) -> list[Picture]:
    if outcomes.empty:
        return []
    detector = outcomes["detector_name"].iloc[-1]
    own = outcomes[outcomes["detector_name"] == detector]
    objects = dossier.objects.drop_duplicates("subject").set_index("subject")
    modes = objects[["protocol_name", "tube_voltage_kv", "rows", "columns"]].astype("string").fillna("")
    mode = modes.agg(" ".join, axis=1)
    own = own.assign(mode=own["subject"].map(mode).fillna(""))
    renewed: list[datetime.date] = []
    if unit is not None:
        renewed = [service.day for service in dossier.services_of(unit) if service.renews]
    return gallery.comparison(own, renewed)


def _last_results(dossier: Dossier, outcomes: pd.DataFrame) -> Table:
    """Every number of the last day of each procedure, with the limits that it met."""
    if outcomes.empty:
        return table(RESULT_COLUMNS, [], most=1)
    last = outcomes[outcomes["day"] == outcomes.groupby("procedure")["day"].transform("max")]
    kept = set(last["id"])
    measurements = dossier.measurements[dossier.measurements["outcome_id"].isin(kept)]
    verdicts = dossier.verdicts[dossier.verdicts["outcome_id"].isin(kept)]
    rows = result_rows(measurements, verdicts)
    order = ("fail", "warning", "indeterminate", "pass", "none")
    return table(RESULT_COLUMNS, sorted(rows, key=lambda row: order.index(row[1])), most=_MOST_ROWS)


def _facts(dossier: Dossier, standing: Standing) -> list[tuple[str, str]]:
    unit = standing.unit
    maker = " ".join(part for part in (clean(unit.manufacturer), clean(unit.model)) if part)
    software = clean(unit.software[-1].value.replace("\\", ", ")) if unit.software else ""
    detector = clean(unit.detectors[-1].value) if unit.detectors else ""
    found = [
        ("Unit", clean(unit.name)),
        ("Maker and model", maker),
        ("Serial number", clean(unit.serial_number)),
        ("Tube", clean(unit.tube)),
        ("Detector", detector),
        ("Software", software),
        ("In the records", f"{min(span.first_day for span in unit.rooms).isoformat()} to {unit.last_day.isoformat()}"),
        ("Use", dossier.out_of_use(unit)),
        ("Last test", standing.last_test.isoformat() if standing.last_test else "never"),
        ("Objects", counted(unit.objects, "object")),
    ]
    return [(name, text) for name, text in found if text]


def _detector_links(unit: RegisteredUnit) -> tuple[tuple[str, str], ...]:
    names = dict.fromkeys(span.value for span in reversed(unit.detectors))
    return tuple((clean(name), detector_page_name(name)) for name in names)


def _history(unit: RegisteredUnit) -> Table:
    return _spans((("Room", unit.rooms), ("Detector", unit.detectors), ("Software", unit.software)))


def _spans(named: Sequence[tuple[str, Sequence[Span]]]) -> Table:
    rows = [
        (
            what,
            clean(span.value.replace("\\", ", ")) or "not named",
            span.first_day.isoformat(),
            span.last_day.isoformat(),
        )
        for what, spans in named
        for span in spans
    ]
    return table(("What", "Was", "=From", "=To"), rows, most=_MOST_ROWS)
