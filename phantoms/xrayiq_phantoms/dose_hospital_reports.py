"""Dose reports of the hospital whose doses are simulated, in the ways of two makers.

Reports of a kind differ in identity and numbers only: one of each kind is built with a placeholder for each of these,
and its bytes are filled anew for every study, which takes a small part of the time of building them all.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from xrayiq_phantoms.dicom_values import Identifiers, decimal_string, simulated_uid
from xrayiq_phantoms.dicom_writer import file_meta
from xrayiq_phantoms.dose_hospital_dialects import OPERATOR_NAME, EventValues, compact_content, plain_event
from xrayiq_phantoms.dose_hospital_plan import DoseStudy, PlannedReport
from xrayiq_phantoms.dose_hospital_truth import DoseExposure
from xrayiq_phantoms.dose_report import report_document, write_dose_report

_NAME: Final = "Z9999"
_REPORTED_AT: Final = datetime.datetime(1902, 3, 4, 5, 6, 7, 80901)
_BORN: Final = datetime.date(1901, 2, 3)
_AGE_YEARS: Final = 901
_SEX: Final = "ZZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """Encoded report and, for each placeholder, where it stands and how long it is."""

    content: bytes
    slots: Mapping[str, tuple[tuple[int, ...], int]]

    def fill(self, values: Mapping[str, str]) -> bytes:
        filled = bytearray(self.content)
        for name, (offsets, width) in self.slots.items():
            text = values[name].ljust(width).encode("ascii")
            if len(text) != width:
                raise ValueError(f"value {values[name]!r} for {name}; needed at most {width} characters")
            for offset in offsets:
                filled[offset : offset + width] = text
        return bytes(filled)


def stated_total_dap_gy_m2(exposures: Sequence[DoseExposure]) -> float:
    """Total dose-area product of some exposures as a report states it."""
    return float(decimal_string(float(sum(Decimal(repr(one.stated_dap_gy_m2)) for one in exposures))))


class DoseReports:
    """Reports of a simulated dose hospital; the first of each kind is kept for the next."""

    def __init__(self) -> None:
        self._templates: dict[tuple[object, ...], _Template] = {}

    def encode(self, study: DoseStudy, planned: PlannedReport) -> bytes:
        """Bytes of a report in the way of its room.

        Parameters
        ----------
        study : DoseStudy
            Its room gives the dialect.
        planned : PlannedReport
            Identity, moment, and which events it holds.
        """
        held = study.exposures[planned.first : planned.last]
        kind = tuple((one.view, one.image_uid is None) for one in held)
        key = (study.room.letter, study.views[0].name, planned.identifiers.instance_number, kind)
        if key not in self._templates:
            self._templates[key] = _template(study, planned)
        report = planned.identifiers
        values = _texts(
            tuple(_values(exposure) for exposure in held),
            totals=_totals(held),
            uids={
                "study": report.study_uid,
                "series": report.series_uid,
                "instance": report.instance_uid,
                "image_series": study.images[0].series_uid,
            },
            name=study.examination.study_id,
            reported_at=planned.reported_at,
            born=study.examination.birth_date or _BORN,
            age_years=study.examination.age_years or 0,
            sex=study.examination.sex,
            weight_kg=study.examination.weight_kg or 0.0,
            size_m=study.examination.size_m or 0.0,
        )
        return self._templates[key].fill(values)


def _values(exposure: DoseExposure) -> EventValues:
    return EventValues(
        numbers={
            "dap": exposure.stated_dap_gy_m2,
            "kerma": _scaled(exposure.stated_reference_kerma_mgy or 0.0, "1e-3"),
            "voltage": exposure.tube_voltage_kv,
            "current": exposure.tube_current_ma,
            "charge": _scaled(exposure.exposure_mas, "1e3"),
            "time": exposure.exposure_time_ms,
            "index": exposure.exposure_index,
            "target": exposure.target_exposure_index,
            "deviation": exposure.deviation_index,
            "area": _scaled(exposure.field_area_mm2, "1e-6"),
            "height": float(exposure.field_height_mm),
            "width": float(exposure.field_width_mm),
            "distance": float(exposure.source_detector_distance_mm),
        },
        started_at=exposure.exposed_at,
        operator=exposure.operator,
        event_uid=exposure.event_uid,
        image_uid=exposure.image_uid,
    )


def _scaled(value: float, factor: str) -> float:
    return float(Decimal(repr(value)) * Decimal(factor))


def _totals(exposures: Sequence[DoseExposure]) -> dict[str, float]:
    kermas = (Decimal(repr(one.stated_reference_kerma_mgy or 0.0)) for one in exposures)
    return {"dap": stated_total_dap_gy_m2(exposures), "kerma": float(sum(kermas) * Decimal("1e-3"))}


def _texts(
    events: Sequence[EventValues],
    *,
    totals: Mapping[str, float],
    uids: Mapping[str, str],
    name: str,
    reported_at: datetime.datetime,
    born: datetime.date,
    age_years: int,
    sex: str,
    weight_kg: float,
    size_m: float,
) -> dict[str, str]:
    """Text of every slot; that of the placeholders is where they stand in a template."""
    texts = {f"{key} uid": str(uid) for key, uid in uids.items()}
    texts |= {f"total {key}": decimal_string(value) for key, value in totals.items()}
    texts |= {
        "name": name,
        "date": f"{reported_at:%Y%m%d}",
        "time": f"{reported_at:%H%M%S.%f}",
        "born": f"{born:%Y%m%d}",
        "age": f"{age_years:03d}Y",
        "sex": sex,
        "weight": decimal_string(weight_kg),
        "size": decimal_string(size_m),
        "operator": f"{OPERATOR_NAME}{events[0].operator}",
    }
    for place, event in enumerate(events):
        texts |= {f"{key} {place}": decimal_string(value) for key, value in event.numbers.items()}
        texts[f"started {place}"] = f"{event.started_at:%Y%m%d%H%M%S.%f}"
        texts[f"event uid {place}"] = event.event_uid
        if event.image_uid is not None:
            texts[f"image uid {place}"] = event.image_uid
    return texts


def _placeholder(number: int) -> float:
    """Number of sixteen characters that no other one holds."""
    return float(f"0.7{number:03d}6181718191")


def _template(study: DoseStudy, planned: PlannedReport) -> _Template:
    """Report of the same kind with placeholders."""
    held = study.exposures[planned.first : planned.last]
    first = _values(held[0]).numbers
    events = tuple(
        EventValues(
            numbers={name: _placeholder(100 * place + 10 + number) for number, name in enumerate(first)},
            started_at=datetime.datetime(1903, 1, 1 + place, 2, 3, 4, 50607),
            operator=0,
            event_uid=simulated_uid("placeholder", "event", place),
            image_uid=None if exposure.image_uid is None else simulated_uid("placeholder", "image", place),
        )
        for place, exposure in enumerate(held)
    )
    identifiers = replace(planned.identifiers, seed="placeholder")
    image_series = Identifiers(seed="placeholder", series="images").series_uid
    totals = {"dap": _placeholder(1), "kerma": _placeholder(2)}
    examination = replace(
        study.examination,
        patient_name=f"Simulated^Patient{_NAME}",
        patient_id=f"SIM{_NAME}",
        accession_number=f"SIMD{_NAME}",
        study_id=_NAME,
        birth_date=_BORN,
        age_years=_AGE_YEARS,
        sex=_SEX,
        weight_kg=_placeholder(3),
        size_m=_placeholder(4),
        operator_name=f"{OPERATOR_NAME}0",
    )
    if study.room.reports == "plain":
        dataset = write_dose_report(
            None,
            events=[plain_event(exposure, event, image_series) for exposure, event in zip(held, events, strict=True)],
            equipment=study.room.equipment,
            examination=examination,
            identifiers=identifiers,
            reported_at=_REPORTED_AT,
            total_dap_gy_m2=totals["dap"],
        )
    else:
        dataset = report_document(study.room.equipment, examination, identifiers, _REPORTED_AT)
        dataset.ContentSequence = compact_content(held, events, totals)
        dataset.file_meta = file_meta(dataset, "explicit")
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    uids = {
        "study": identifiers.study_uid,
        "series": identifiers.series_uid,
        "instance": identifiers.instance_uid,
        "image_series": image_series,
    }
    texts = _texts(
        events,
        totals=totals,
        uids=uids,
        name=_NAME,
        reported_at=_REPORTED_AT,
        born=_BORN,
        age_years=_AGE_YEARS,
        sex=_SEX,
        weight_kg=_placeholder(3),
        size_m=_placeholder(4),
    )
    content = stream.getvalue()
    found = {name: (_offsets(content, text.encode("ascii")), len(text)) for name, text in texts.items()}
    return _Template(content=content, slots={name: slot for name, slot in found.items() if slot[0]})


def _offsets(content: bytes, pattern: bytes) -> tuple[int, ...]:
    offsets = []
    offset = content.find(pattern)
    while offset >= 0:
        offsets.append(offset)
        offset = content.find(pattern, offset + len(pattern))
    return tuple(offsets)
