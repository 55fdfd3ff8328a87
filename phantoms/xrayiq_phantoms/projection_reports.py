"""Content of dose reports of radiography and angiography in the ways of several makers."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

import numpy as np

from xrayiq_phantoms.report_items import coded_item, container_item, number_item, other_item, private_item, text_item
from xrayiq_phantoms.stated_doses import (
    Built,
    StatedEvent,
    accumulated_block,
    dose_items,
    event_block,
    filter_block,
    procedure_item,
    stated_doses,
    summed_doses,
    total_items,
)

SHUTTER_SCHEME: Final = "99PHI-IXR-XPER"


def radiography_content(
    generator: np.random.Generator, uids: Sequence[str], moments: Sequence[datetime.datetime]
) -> Built:
    """One plane, exposure indices, grid and filter."""
    doses = [(int(generator.integers(500, 40000)), int(generator.integers(20, 3000))) for _ in uids]
    content, stated = [], []
    for uid, at, (dap, kerma) in zip(uids, moments, doses, strict=True):
        voltage, charge = int(generator.integers(50, 125)), int(generator.integers(400, 40000))
        items = [
            text_item(("125203", "Acquisition Protocol"), "CHEST PA"),
            *dose_items(dap, kerma, "Gy.m2"),
            coded_item("CONTAINS", ("113780", "Reference Point Definition"), ("113862", "1cm above Tabletop")),
            filter_block("Cu", 0.1),
            coded_item("CONTAINS", ("111635", "X-Ray Grid"), ("111642", "Focused grid")),
            number_item(("113733", "KVP"), voltage, "kV"),
            number_item(("113734", "X-Ray Tube Current"), 250, "mA"),
            number_item(("113824", "Exposure Time"), 12.5, "ms"),
            number_item(("113736", "Exposure"), charge, "uA.s"),
            number_item(("113845", "Exposure Index"), 312, "1", "no units"),
            number_item(("113846", "Target Exposure Index"), 250, "1", "no units"),
            number_item(("113847", "Deviation Index"), -0.9, "1", "no units"),
            number_item(("113790", "Collimated Field Area"), 0.1225, "m2"),
            number_item(("113750", "Distance Source to Detector"), 1800, "mm"),
        ]
        content.append(event_block(uid, at, "single", items))
        numbers = stated_doses(dap, kerma) | {"tube_voltage_kv": float(voltage), "exposure_mas": charge / 1000}
        stated.append(StatedEvent(event_uid=uid, started_at=at, numbers=numbers))
    totals = summed_doses(doses)
    frames = number_item(("113731", "Total Number of Radiographic Frames"), len(uids), "1", "no units")
    block = accumulated_block("single", [*total_items(totals, "Gy.m2"), frames])
    return [procedure_item(), block, *content], stated, {"single": totals | {"frames": float(len(uids))}}


def two_planes_content(
    generator: np.random.Generator, uids: Sequence[str], moments: Sequence[datetime.datetime]
) -> Built:
    """Planes A and B in turn, pulses, and a nominal field size in a comment."""
    planes = ["AB"[index % 2] for index in range(len(uids))]
    doses = [(int(generator.integers(100, 9000)), int(generator.integers(10, 900))) for _ in uids]
    content, stated = [], []
    for uid, at, plane, (dap, kerma) in zip(uids, moments, planes, doses, strict=True):
        angle = round(float(generator.uniform(-90, 90)), 1)
        pulses = int(generator.integers(2, 60))
        items = [
            other_item(("113721", "Irradiation Event Type"), ("P5-06000", "Fluoroscopy"), "SRT"),
            text_item(("125203", "Acquisition Protocol"), "FL - Simulated"),
            *dose_items(dap, kerma, "Gym2"),
            number_item(("112011", "Positioner Primary Angle"), angle, "deg"),
            number_item(("112012", "Positioner Secondary Angle"), -1.1, "deg"),
            number_item(("113790", "Collimated Field Area"), 0.04, "m2", "m^2"),
            filter_block("Cu", 0.6),
            coded_item("CONTAINS", ("113732", "Fluoro Mode"), ("113631", "Pulsed")),
            number_item(("113791", "Pulse Rate"), 7.5, "{pulse}/s", "pulse/s"),
            number_item(("113768", "Number of Pulses"), pulses, "1", "no units"),
            number_item(("113733", "KVP"), 77, "kV"),
            number_item(("113736", "Exposure"), 1488, "uAs"),
            number_item(("113750", "Distance Source to Detector"), 1198, "mm"),
            number_item(("113748", "Distance Source to Isocenter"), 785, "mm"),
            number_item(("113753", "Table Height Position"), -12.5, "mm"),
            text_item(("121106", "Comment"), '<FluoroData><iiDiameter SRData="420"/></FluoroData>'),
        ]
        content.append(event_block(uid, at, plane, items))
        numbers = stated_doses(dap, kerma) | {
            "primary_angle_deg": angle,
            "pulses": float(pulses),
            "field_diameter_mm": 420.0,
        }
        stated.append(StatedEvent(event_uid=uid, started_at=at, plane=plane, numbers=numbers))
    blocks, by_plane = [], {}
    for plane in "AB":
        own = [dose for dose, of in zip(doses, planes, strict=True) if of == plane]
        totals = summed_doses(own) | {"fluoro_time_s": float(9 * len(own))}
        by_plane[plane] = totals
        calibration = container_item(("122505", "Calibration"), "10002")
        calibration.ContentSequence = [
            number_item(("122322", "Calibration Factor"), 1, "1", "no units"),
            number_item(("113763", "Calibration Uncertainty"), 5, "%", "Percent"),
        ]
        time = number_item(("113730", "Total Fluoro Time"), totals["fluoro_time_s"], "s")
        blocks.append(accumulated_block(plane, [calibration, *total_items(totals, "Gym2"), time]))
    return [procedure_item(), *blocks, *content], stated, by_plane


def shutters_content(
    generator: np.random.Generator, uids: Sequence[str], moments: Sequence[datetime.datetime]
) -> Built:
    """Field as openings of shutters in items of the maker."""
    doses = [(int(generator.integers(100, 9000)), int(generator.integers(10, 900))) for _ in uids]
    point = text_item(("113780", "Reference Point Definition"), "15cm below BeamIsocenter")
    content, stated = [], []
    for uid, at, (dap, kerma) in zip(uids, moments, doses, strict=True):
        half_height, half_width = (round(float(generator.uniform(5, 160)) * 2) / 2 for _ in range(2))
        shutters = container_item(("005", "Wedges and Shutters"), "10003")
        shutters.ContentSequence = [
            private_item(SHUTTER_SCHEME, name, half, "mm")
            for name, half in (
                (("006", "Bottom Shutter"), half_height),
                (("007", "Left Shutter"), half_width),
                (("008", "Right Shutter"), half_width),
                (("009", "Top Shutter"), half_height),
            )
        ]
        items = [
            point,
            *dose_items(dap, kerma, "Gy.m2"),
            number_item(("113748", "Distance Source to Isocenter"), 810, "mm"),
            number_item(("113742", "Irradiation Duration"), 0.8, "s"),
            shutters,
            private_item(SHUTTER_SCHEME, ("018", "Final Distance Source to Detector"), 1195, "mm"),
            private_item(SHUTTER_SCHEME, ("021", "Table Height Position"), 791, "mm"),
        ]
        content.append(event_block(uid, at, "single", items))
        numbers = stated_doses(dap, kerma) | {"height_at_1_m_mm": 2 * half_height, "width_at_1_m_mm": 2 * half_width}
        stated.append(StatedEvent(event_uid=uid, started_at=at, numbers=numbers))
    totals = summed_doses(doses)
    block = accumulated_block("single", [point, *total_items(totals, "Gy.m2")])
    return [procedure_item(), block, *content], stated, {"single": totals}
