"""Totals of fluoroscopic studies, one row each, out of what dose reports and performed steps state of them."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from xrayiq.audit import ExaminationNames, size_bands
from xrayiq.audit.procedure_doses import FLUOROSCOPY_VIEW, STUDY_COLUMNS, TOTALS, no_studies
from xrayiq.model import FLUOROSCOPY
from xrayiq.procedures.exposure_places import is_registered, placed, within
from xrayiq.procedures.site import Site
from xrayiq.records import Records

_OBJECTS: Final = (
    *("subject", "kind", "study_uid", "equipment_id", "exposed_at", "is_test_patient", "body_part", "protocol_name"),
    *("patient_age_years", "patient_weight_kg"),
)
_EVENTS: Final = (
    *("subject", "irradiation_event_uid", "event_type", "target_region", "protocol", "plane", "started_at"),
    *("tube_voltage_kv", "exposure_mas", "dap_gy_m2", "reference_point_kerma_mgy"),
)
#: columns of events that their sums stand for, where no total is stated
_SUMMED: Final = {
    "dose_area_product_total": "dap_gy_m2",
    "reference_point_kerma_total": "reference_point_kerma_mgy",
}
#: planes by code value (DICOM PS3.16, CID 10003)
_PLANES: Final = {"113622": "single", "113620": "A", "113621": "B"}
#: what tells one unit from another
_NAMED: Final = ("station_name", "serial_number")
#: kinds of objects that state totals of a study
KINDS: Final = ("dose_report", "performed_step")
_Row = dict[str, Any]


def fluoroscopic_studies(
    records: Records,
    site: Site,
    equipment: pd.DataFrame,
    *,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
) -> pd.DataFrame:
    """Totals of each study in which fluoroscopy was used.

    Parameters
    ----------
    records : Records
        The store.
    site : Site
        Register and names of examinations.
    equipment : DataFrame
        Identity of equipment by its number.
    first, last : date, optional
        Days that the studies lie within.
    only_site : str
        Only those at this site.

    Returns
    -------
    DataFrame
        `STUDY_COLUMNS` of `xrayiq.audit.procedure_doses`, all planes of a study on one unit together. A total is what
        the dose reports accumulate; where one of them states none, or two that do not hold each other share events, the
        sum of their events, each once; where there is no report, what the performed steps state.

    Notes
    -----
    A report accumulates all irradiation, rejected and unstored exposures included, with the unit of each number; a step
    does so without units of its own and without kerma at the reference point; images leave out fluoroscopy.
    """
    objects = records.frame("objects", columns=_OBJECTS)
    tests = objects["is_test_patient"].fillna(value=False).astype(bool)
    told = objects[objects["kind"].isin(list(KINDS)) & ~tests]
    if site.equipment and len(told):
        known = {number: is_registered(site, row) for number, row in equipment.to_dict("index").items()}
        told = told[told["equipment_id"].map(known).fillna(value=True).astype(bool)]
    if told.empty:
        return no_studies()
    told = told.assign(key=told["study_uid"].fillna(told["subject"]))
    events = records.frame("dose_events", columns=_EVENTS)
    values = records.values(TOTALS, procedures=KINDS)
    shown = set(events.loc[events["event_type"].isin(FLUOROSCOPY), "subject"])
    timed = (values["quantity"] == "fluoroscopy_time_total") & (values["value"] > 0.0)
    shown |= set(values.loc[timed, "subject"])
    told = told[told["key"].isin(set(told.loc[told["subject"].isin(shown), "key"]))]
    if told.empty:
        return no_studies()
    told = told.sort_values(["exposed_at", "subject"], kind="stable")
    by_report: dict[str, list[_Row]] = {}
    for event in events[events["subject"].isin(told["subject"])].to_dict("records"):
        by_report.setdefault(str(event["subject"]), []).append({str(name): value for name, value in event.items()})
    stated: dict[str, dict[str, float]] = {}
    for value in values[values["subject"].isin(told["subject"])].to_dict("records"):
        stated.setdefault(value["subject"], {})[value["quantity"]] = value["value"]
    told["of_unit"] = _units_of_reports(told, equipment, by_report)
    rows = [
        row
        for _, group in told.groupby(["key", "of_unit"], sort=False, dropna=False)
        if (row := _study(group.to_dict("records"), by_report, stated, site.examinations)) is not None
    ]
    if not rows:
        return no_studies()
    frame = pd.DataFrame(rows).astype({"exposed_at": "datetime64[us]", "equipment_id": "Int64"})
    frame = within(placed(frame, equipment, site), first, last)
    bands = size_bands(frame["patient_age_years"], frame["patient_weight_kg"]).set_axis(frame.index)
    frame = frame.join(bands).reindex(columns=list(STUDY_COLUMNS))
    if only_site:
        frame = frame[frame["site"] == only_site]
    return frame.sort_values("exposed_at", kind="stable").reset_index(drop=True)


def _study(
    objects: Sequence[Mapping[Any, Any]],
    by_report: Mapping[str, list[_Row]],
    stated: Mapping[str, dict[str, float]],
    names: ExaminationNames,
) -> _Row | None:
    """One study; None where no fluoroscopy is told of."""
    reports, steps = ([one["subject"] for one in objects if one["kind"] == kind] for kind in KINDS)
    held = {subject: {_identity(event): event for event in by_report.get(subject, ())} for subject in reports}
    counted = counted_reports(held)
    events = {identity: event for subject in counted for identity, event in held[subject].items()}
    is_shared = sum(len(held[subject]) for subject in counted) > len(events)
    source = "report" if counted else "step"
    subjects = counted or steps
    totals = {}
    for name in TOTALS:
        values = [stated.get(subject, {}).get(name) for subject in subjects]
        known = [value for value in values if value is not None]
        totals[name] = sum(known) if len(known) == len(values) and not is_shared else _sum(events.values(), name)
        if counted and name == "dose_area_product_total" and (is_shared or len(known) < len(values)):
            source = "events"
    is_fluoroscopic = any(event["event_type"] in FLUOROSCOPY for event in events.values())
    times = [stated.get(subject, {}).get("fluoroscopy_time_total") or 0.0 for subject in subjects]
    if not is_fluoroscopic and not any(time > 0.0 for time in times):
        return None
    started = [event["started_at"] for event in events.values() if not pd.isna(event["started_at"])]
    patient = next((one for one in reversed(objects) if one["subject"] in subjects), objects[-1])
    return {
        "subject": patient["study_uid"] if not pd.isna(patient["study_uid"]) else patient["subject"],
        "study_uid": patient["study_uid"],
        "equipment_id": patient["equipment_id"],
        "exposed_at": min(started, default=patient["exposed_at"]),
        "body_part": _body_part(objects, list(events.values()), names),
        "view": FLUOROSCOPY_VIEW,
        "planes": " and ".join(sorted({_PLANES.get(str(one["plane"]), "") for one in events.values()} - {""})),
        "source": source,
        "reports": len(subjects),
        "events": len(events),
        "patient_age_years": patient["patient_age_years"],
        "patient_weight_kg": patient["patient_weight_kg"],
        **totals,
    }


def _units_of_reports(
    told: pd.DataFrame, equipment: pd.DataFrame, by_report: Mapping[str, Sequence[_Row]]
) -> list[Any]:
    """Equipment of each object: of a report that of an earlier one of its study with the same events, if there is one.

    Of a step that of a report of its study, unless the two name different units: a step need not name more than its
    station, so that its equipment is not that of the reports of the same unit.
    """
    is_report = told["kind"] == "dose_report"
    of_events: dict[Any, Any] = {}
    of_study: dict[str, list[Any]] = {}
    units: dict[str, Any] = {}
    for row in told[is_report].to_dict("records"):
        own = [(row["key"], _identity(event)) for event in by_report.get(row["subject"], ())]
        unit = next((of_events[one] for one in own if one in of_events), row["equipment_id"])
        of_events |= dict.fromkeys(own, unit)
        of_study.setdefault(row["key"], []).append(unit)
        units[row["subject"]] = unit

    names = {number: [row[name] for name in _NAMED] for number, row in equipment.to_dict("index").items()}

    def may_be(first: Any, second: Any) -> bool:
        pairs = zip(names[first], names[second], strict=True)
        return all(ours == theirs for ours, theirs in pairs if isinstance(ours, str) and isinstance(theirs, str))

    return [
        units.get(subject, next((other for other in of_study.get(key, ()) if may_be(number, other)), number))
        for subject, number, key in zip(told["subject"], told["equipment_id"], told["key"], strict=True)
    ]


def counted_reports(held: Mapping[str, Mapping[Any, Any]]) -> list[str]:
    """Reports of a study in the order of time, without those whose events another holds; of equal ones the last."""
    kept = []
    subjects = list(held)
    for place, subject in enumerate(subjects):
        own = set(held[subject])
        others = ((number, set(held[other])) for number, other in enumerate(subjects) if number != place)
        if not any(own and (own < theirs or (own == theirs and number > place)) for number, theirs in others):
            kept.append(subject)
    return kept


def _identity(event: _Row) -> tuple[Any, ...]:
    if isinstance(event["irradiation_event_uid"], str):
        return (event["irradiation_event_uid"],)
    return tuple(
        str(event[name]) for name in ("started_at", "plane", "tube_voltage_kv", "exposure_mas", "dap_gy_m2", "protocol")
    )


def _sum(events: Iterable[_Row], name: str) -> float:
    values = [event[_SUMMED[name]] for event in events] if name in _SUMMED else []
    return float(sum(values)) if values and not any(pd.isna(value) for value in values) else float("nan")


def _body_part(objects: Sequence[Mapping[Any, Any]], events: Sequence[_Row], names: ExaminationNames) -> str:
    """What the headers say was examined; else what most events do."""

    def text(value: Any) -> str:
        return "" if pd.isna(value) else str(value)

    for one in objects:
        told = names.examination(body_part=text(one["body_part"]), protocol_name=text(one["protocol_name"]))
        if told.body_part:
            return told.body_part
    parts = Counter(
        names.examination(body_part=text(one["target_region"]), protocol_name=text(one["protocol"])).body_part
        for one in events
    )
    parts.pop("", None)
    return parts.most_common(1)[0][0] if parts else ""
