"""Irradiation events of dose reports (DICOM PS3.16, TID 10003 and below, TID 10013), also with makers' own items."""

from __future__ import annotations

import re
from typing import Any, Final

from xrayiq.dicom.content import Code, ContentItem
from xrayiq.dicom.dose_items import Combine, ContainerItems, stated
from xrayiq.dicom.privacy import person_key
from xrayiq.model import (
    BeamField,
    BeamFilter,
    BeamGeometry,
    BeamPulses,
    BeamSource,
    BreastSetting,
    DoseEvent,
    DoseReportFault,
    TablePlacement,
    TomographyDose,
)

#: field: (code values in order of preference, dimension, what several values of one event give)
_NUMBERS: Final[dict[str, tuple[tuple[str, ...], str, Combine]]] = {
    "dap_gy_m2": (("122130",), "dose_area_product", "first"),
    "reference_point_kerma_mgy": (("113738",), "kerma", "first"),
    "entrance_dose_mgy": (("111636",), "kerma", "first"),
    "average_glandular_dose_mgy": (("111631",), "kerma", "first"),
    "tube_voltage_kv": (("113733",), "voltage", "mean"),
    "tube_current_ma": (("113734",), "current", "mean"),
    "exposure_mas": (("113736",), "exposure", "sum"),
    "exposure_time_ms": (("113824", "113735"), "time", "sum"),
    "exposure_index": (("113845",), "number", "first"),
    "target_exposure_index": (("113846",), "number", "first"),
    "deviation_index": (("113847",), "deviation", "first"),
    "collimated_field_area_mm2": (("113790",), "area", "first"),
    "collimated_field_height_mm": (("113788",), "length", "first"),
    "collimated_field_width_mm": (("113789",), "length", "first"),
}
_PULSES: Final[dict[str, tuple[str, str, Combine]]] = {
    "rate_per_s": ("113791", "rate", "first"),
    "width_ms": ("113793", "time", "mean"),
    "count": ("113768", "count", "sum"),
    "average_tube_current_ma": ("113767", "current", "first"),
    "irradiation_duration_s": ("113742", "duration", "first"),
}
_GEOMETRY: Final = {
    "source_detector_distance_mm": ("113750", "length"),
    "source_isocenter_distance_mm": ("113748", "length"),
    "source_reference_point_distance_mm": ("113737", "length"),
    "source_table_distance_mm": ("113792", "length"),
    "primary_angle_deg": ("112011", "angle"),
    "secondary_angle_deg": ("112012", "angle"),
    "primary_end_angle_deg": ("113739", "angle"),
    "secondary_end_angle_deg": ("113740", "angle"),
    "column_angulation_deg": ("113770", "angle"),
}
_TABLE: Final = {
    "longitudinal_mm": ("113751", "position"),
    "lateral_mm": ("113752", "position"),
    "height_mm": ("113753", "position"),
    "longitudinal_end_mm": ("113759", "position"),
    "lateral_end_mm": ("113760", "position"),
    "height_end_mm": ("113761", "position"),
    "head_tilt_deg": ("113754", "angle"),
    "horizontal_rotation_deg": ("113755", "angle"),
    "cradle_tilt_deg": ("113756", "angle"),
}
_BREAST: Final = {
    "compression_force_n": ("111647", "force"),
    "compression_thickness_mm": ("111633", "length"),
    "compression_pressure_kpa": ("111648", "pressure"),
    "compression_contact_area_mm2": ("111649", "area"),
    "fibroglandular_fraction": ("111046", "fraction"),
}
#: scheme of the items that Philips angiography adds. Its shutters are half sides of the field in a plane 1 m from the
#: source: their product there, scaled to the reference point, is the dose-area product over the kerma of real reports
_PHILIPS: Final = "99PHI-IXR-XPER"
#: comment in which Siemens angiography gives the nominal field size
_COMMENT: Final = "121106"
_FIELD_SIZE: Final = re.compile(r'<iiDiameter SRData="([0-9]{1,4}(?:\.[0-9]{1,3})?)"/>')
#: laterality as a concept name (SRT, SCT)
LATERALITY: Final = (("G-C171", "SRT"), ("272741003", "SCT"))
_YES: Final = frozenset({"R-0038D", "373066001"})
_NO: Final = frozenset({"R-00339", "373067005"})
_PERSON: Final = "113870"
_ROLE: Final = "113875"
_ADMINISTERING: Final = "113851"


def read_event(item: ContentItem, faults: list[DoseReportFault], key: bytes | None) -> DoseEvent:
    """One irradiation event of a projection report; what cannot be taken is added to the faults."""
    items = ContainerItems(item, faults, "event")
    numbers: dict[str, Any] = {
        field: items.number(*codes, dimension=dimension, combine=combine)
        for field, (codes, dimension, combine) in _NUMBERS.items()
    }
    images = tuple(one.text for one in items.all_items("113795") if one.kind == "IMAGE" and one.text)
    return DoseEvent(
        irradiation_event_uid=_event_uid(items),
        started_at=items.moment("111526", "113809", needed=True),
        plane=items.code("113764"),
        event_type=items.code("113721"),
        target_region=items.code("123014"),
        laterality=laterality_of(items),
        view=items.code("111031"),
        protocol=_protocol(items),
        reference_point=items.code_where_coded("113780"),
        acquired_image_uid=images[0] if images else None,
        acquired_image_uids=images,
        is_rejected=_rejected(items),
        rejection_reason=items.code("130504"),
        operator_key=_operator_key(items, key),
        beam=_beam(items),
        pulses=_pulses(items),
        field=_field(items),
        geometry=_geometry(items),
        table=_table(items),
        breast=stated(BreastSetting, **_plain(items, _BREAST)),
        **numbers,
    )


def read_tomography_event(item: ContentItem, faults: list[DoseReportFault], key: bytes | None) -> DoseEvent:
    """One CT acquisition; what cannot be taken is added to the faults."""
    items = ContainerItems(item, faults, "event")
    return DoseEvent(
        irradiation_event_uid=_event_uid(items),
        started_at=items.moment("111526"),
        event_type=items.code("113820"),
        target_region=items.code("123014"),
        protocol=_protocol(items),
        tube_voltage_kv=items.number("113733", dimension="voltage", combine="mean"),
        tube_current_ma=items.number("113734", dimension="current", combine="mean"),
        exposure_time_ms=items.number("113824", dimension="time"),
        operator_key=_operator_key(items, key),
        tomography=stated(
            TomographyDose,
            mean_ctdi_vol_mgy=items.number("113830", dimension="kerma"),
            dose_length_product_mgy_cm=items.number("113838", dimension="dose_length_product"),
            phantom=items.code("113835"),
        ),
    )


def laterality_of(items: ContainerItems) -> Code | None:
    """Laterality, wherever in the container it stands."""
    for code, scheme in LATERALITY:
        for item in items.items(code, scheme=scheme):
            if item.coded and any(item.coded):
                return item.coded
    return None


def _event_uid(items: ContainerItems) -> str | None:
    if not items.items("113769"):
        items.fault_of(f"{items.container.path}/113769", "missing; needed the irradiation event's UID")
        return None
    return items.text("113769", "UIDREF")


def _protocol(items: ContainerItems) -> str | None:
    return next((item.text for item in items.items("125203") if item.kind == "TEXT" and item.text), None)


def _plain(items: ContainerItems, fields: dict[str, tuple[str, str]]) -> dict[str, float | None]:
    return {field: items.number(code, dimension=dimension) for field, (code, dimension) in fields.items()}


def _beam(items: ContainerItems) -> BeamSource | None:
    filters = []
    for container in items.all_items("113771"):
        own = items.inside(container)
        made = stated(
            BeamFilter,
            kind=own.code("113772"),
            material=own.code("113757"),
            thickness_min_mm=own.number("113758", dimension="length"),
            thickness_max_mm=own.number("113773", dimension="length"),
        )
        filters += [] if made is None else [made]
    return stated(
        BeamSource,
        filters=tuple(filters),
        grids=items.codes("111635"),
        anode=items.code("111632"),
        focal_spot_mm=items.number("113766", dimension="length"),
        half_value_layer_mm=items.number("111634", dimension="length"),
    )


def _pulses(items: ContainerItems) -> BeamPulses | None:
    numbers = {
        field: items.number(code, dimension=dimension, combine=combine)
        for field, (code, dimension, combine) in _PULSES.items()
    }
    frames = items.number("003", dimension="count", scheme=_PHILIPS)
    return stated(BeamPulses, mode=items.code("113732"), frames=frames, **numbers)


def _field(items: ContainerItems) -> BeamField | None:
    comment = next((item.text for item in items.items(_COMMENT) if item.text), None) or ""
    size = _FIELD_SIZE.search(comment)
    return stated(
        BeamField,
        height_at_1_m_mm=_opening(items, "006", "009"),
        width_at_1_m_mm=_opening(items, "007", "008"),
        detector_height_mm=items.number("025", dimension="length", scheme=_PHILIPS),
        detector_width_mm=items.number("024", dimension="length", scheme=_PHILIPS),
        detector_diameter_mm=None if size is None else float(size[1]),
    )


def _opening(items: ContainerItems, *shutters: str) -> float | None:
    halves = [items.number(code, dimension="position", scheme=_PHILIPS) for code in shutters]
    known = [half for half in halves if half is not None]
    return sum(known) if len(known) == len(halves) else None


def _geometry(items: ContainerItems) -> BeamGeometry | None:
    fields = _plain(items, _GEOMETRY)
    if fields["source_detector_distance_mm"] is None:
        fields["source_detector_distance_mm"] = items.number("018", dimension="length", scheme=_PHILIPS)
    return stated(BeamGeometry, **fields)


def _table(items: ContainerItems) -> TablePlacement | None:
    fields = _plain(items, _TABLE)
    if fields["height_mm"] is None:
        fields["height_mm"] = items.number("021", dimension="position", scheme=_PHILIPS)
    return stated(
        TablePlacement,
        relationship=items.code("113745"),
        orientation=items.code("113743"),
        orientation_modifier=items.code("113744"),
        **fields,
    )


def _rejected(items: ContainerItems) -> bool | None:
    answer = items.code("130503")
    if answer is None:
        return None
    if answer[0] not in _YES | _NO:
        items.fault(items.items("130503")[0], f"code {answer[0]!r}; needed yes or no")
        return None
    return answer[0] in _YES


def _operator_key(items: ContainerItems, key: bytes | None) -> str | None:
    """Hash of who administered the irradiation, or of the only person without a role."""
    people = [item for item in items.all_items(_PERSON) if item.kind == "PNAME" and item.text]
    roles = [{child.coded[0] for child in person.named(_ROLE) if child.coded} for person in people]
    told = [person for person, role in zip(people, roles, strict=True) if _ADMINISTERING in role]
    silent = [person for person, role in zip(people, roles, strict=True) if not role]
    chosen = told or silent
    return person_key(key, "operator", chosen[0].text) if chosen else None
