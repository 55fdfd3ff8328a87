"""How two makers word the events of the simulated dose hospital.

``"plain"`` names units as DICOM does, with the sides of the field, its image and codes of SNOMED CT; ``"compact"``
writes ``Gym2`` and ``uAs``, older codes, a filter and the kerma at the reference point.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pydicom.dataset import Dataset

from xrayiq_phantoms.dicom_values import code_item
from xrayiq_phantoms.dose_hospital_truth import DoseExposure
from xrayiq_phantoms.dose_report import ReportedEvent
from xrayiq_phantoms.report_items import coded_item, content_item, number_item, other_item, text_item
from xrayiq_phantoms.stated_doses import accumulated_block, event_block, filter_block, procedure_item

OPERATOR_NAME: Final = "Simulated^Operator"
#: SNOMED-RT codes of body parts, as older reports have them
_REGIONS: Final = MappingProxyType(
    {
        "CHEST": ("T-D3000", "Chest"),
        "ABDOMEN": ("T-D4000", "Abdomen"),
        "PELVIS": ("T-D6000", "Pelvis"),
        "HAND": ("T-D8700", "Hand"),
        "LSPINE": ("T-11503", "Lumbar spine"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventValues:
    """What differs between events of a kind: numbers by name in the report's units, and identity."""

    numbers: Mapping[str, float]
    started_at: datetime.datetime
    operator: int
    event_uid: str
    image_uid: str | None


def plain_event(exposure: DoseExposure, event: EventValues, image_series_uid: str) -> ReportedEvent:
    """Event of the plain dialect.

    Parameters
    ----------
    exposure : DoseExposure
        Gives protocol and body part.
    event : EventValues
        Gives all else.
    image_series_uid : str
        Series of its image.
    """
    numbers = event.numbers
    return ReportedEvent(
        event_uid=event.event_uid,
        started_at=event.started_at,
        protocol_name=exposure.protocol_name,
        body_part=exposure.body_part,
        dap_gy_m2=numbers["dap"],
        tube_voltage_kv=numbers["voltage"],
        tube_current_ma=numbers["current"],
        exposure_mas=numbers["charge"] / 1000.0,
        exposure_time_ms=numbers["time"],
        exposure_index=numbers["index"],
        target_exposure_index=numbers["target"],
        deviation_index=numbers["deviation"],
        field_area_mm2=numbers["area"] * 1e6,
        field_height_mm=numbers["height"],
        field_width_mm=numbers["width"],
        source_detector_distance_mm=numbers["distance"],
        operator_name=f"{OPERATOR_NAME}{event.operator}",
        image_uid=event.image_uid,
        image_series_uid=image_series_uid,
    )


def compact_content(
    held: Sequence[DoseExposure], events: Sequence[EventValues], totals: Mapping[str, float]
) -> list[Dataset]:
    """Content of a report of the compact dialect.

    Parameters
    ----------
    held : sequence of DoseExposure
        Give protocol and body part.
    events : sequence of EventValues
        The same exposures: all else.
    totals : mapping
        `dap` and `kerma` of the accumulated block.
    """
    accumulated = [
        number_item(("113722", "Dose Area Product Total"), totals["dap"], "Gym2"),
        number_item(("113725", "Dose (RP) Total"), totals["kerma"], "Gy"),
        number_item(("113731", "Total Number of Radiographic Frames"), len(events), "1", "no units"),
    ]
    return [
        procedure_item(),
        coded_item("HAS OBS CONTEXT", ("121005", "Observer Type"), ("121007", "Device")),
        accumulated_block("single", accumulated),
        *(_compact_event(exposure, event) for exposure, event in zip(held, events, strict=True)),
        coded_item("CONTAINS", ("113854", "Source of Dose Information"), ("113856", "Automated Data Collection")),
    ]


def _compact_event(exposure: DoseExposure, event: EventValues) -> Dataset:
    numbers = event.numbers
    point = ("113861", "30cm in Front of Image Input Surface")
    person = content_item("CONTAINS", "PNAME", code_item("113870", "Person Name", "DCM"))
    person.PersonName = f"{OPERATOR_NAME}{event.operator}"
    items = [
        coded_item("CONTAINS", ("113721", "Irradiation Event Type"), ("113611", "Stationary Acquisition")),
        text_item(("125203", "Acquisition Protocol"), exposure.protocol_name),
        other_item(("123014", "Target Region"), _REGIONS[exposure.body_part], "SRT"),
        number_item(("122130", "Dose Area Product"), numbers["dap"], "Gym2"),
        number_item(("113738", "Dose (RP)"), numbers["kerma"], "Gy"),
        coded_item("CONTAINS", ("113780", "Reference Point Definition"), point),
        number_item(("113790", "Collimated Field Area"), numbers["area"], "m2", "m^2"),
        filter_block("Al", 1.0),
        number_item(("113733", "KVP"), numbers["voltage"], "kV"),
        number_item(("113734", "X-Ray Tube Current"), numbers["current"], "mA"),
        number_item(("113824", "Exposure Time"), numbers["time"], "ms"),
        number_item(("113736", "Exposure"), numbers["charge"], "uAs"),
        number_item(("113845", "Exposure Index"), numbers["index"], "1", "no units"),
        number_item(("113846", "Target Exposure Index"), numbers["target"], "1", "no units"),
        number_item(("113847", "Deviation Index"), numbers["deviation"], "1", "no units"),
        number_item(("113750", "Distance Source to Detector"), numbers["distance"], "mm"),
        person,
    ]
    return event_block(event.event_uid, event.started_at, "single", items)
