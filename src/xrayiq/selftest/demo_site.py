"""Settings of the simulated hospital, as a site's own file has them."""

from __future__ import annotations

import datetime

from xrayiq_phantoms.hospital import ABDOMEN_AP, CHEST_AP, CHEST_PA, HAND_PA, Projection
from xrayiq_phantoms.hospital_quarter_rooms import MEANT_KV, MEANT_ON, QUARTER_ROOMS

_SITE = "Simulated Hospital"
_FIRST_VERSION = datetime.date(2025, 1, 1)
#: fields that the views need, mm² at the detector
_REFERENCE_MM2 = {CHEST_PA: 105_000, ABDOMEN_AP: 115_000, HAND_PA: 43_200}
_HEAD = """# Settings of the simulated hospital: what a site tells xrayiq of itself.
# Give this file to every command with --site, and change it: the README says what else may stand here.
name = "{name}"

# The site's own units, by what their headers state. Objects of any other unit are imported media and do not count.
"""
_UNIT = """
[[equipment]]
serial_number = "{serial}"
site = "{site}"
room = "{room}"
unit = "{room} {model}"
"""
_PROTOCOLS = """
# How each view is to be exposed, in versions that hold from their day on for the rows that they have. What a room does
# otherwise, and since when, is a finding; a change that stands here is none.
"""
_VERSION = """
[[protocols]]
version = "{version}"
valid_from = {day}
author = "Simulated Physicist"
"""
_ROW = """
[[protocols.rows]]
body_part = "{part}"
view = "{view}"
tube_voltage_kv = {voltage:g}
source_detector_distance_mm = {distance:g}
exposure_control_mode = "{control}"
"""
_FIELDS = """
# Fields that the views need, at the detector.
"""
_FIELD = """
[[reference_fields]]
body_part = "{part}"
view = "{view}"
area_mm2 = {area}
document = "simulated: fields of the hospital's own technique chart"
"""


def demo_site_text() -> str:
    """Text of the ``site.toml`` of a simulated quarter: register of units, protocols in two versions, fields.

    Returns
    -------
    str
        TOML that `load_site` takes.
    """
    parts = [_HEAD.format(name=_SITE)]
    for own in QUARTER_ROOMS:
        unit = own.room.equipment
        parts.append(_UNIT.format(serial=unit.serial_number, site=_SITE, room=unit.station_name, model=unit.model))
    parts.append(_PROTOCOLS)
    parts.append(_VERSION.format(version="2025-1", day=_FIRST_VERSION.isoformat()))
    parts += [_row(view, view.tube_voltage_kv) for view in (CHEST_PA, CHEST_AP, ABDOMEN_AP, HAND_PA)]
    parts.append(_VERSION.format(version="2025-2", day=MEANT_ON.isoformat()))
    parts += [_row(CHEST_AP, MEANT_KV), _FIELDS]
    for view, area in _REFERENCE_MM2.items():
        parts.append(_FIELD.format(part=view.body_part, view=view.view_position, area=area))
    return "".join(parts)


def _row(view: Projection, voltage_kv: float) -> str:
    return _ROW.format(
        part=view.body_part,
        view=view.view_position,
        voltage=voltage_kv,
        distance=view.source_detector_distance_mm,
        control="MANUAL" if view.anatomy == "hand" else "AUTOMATIC",
    )
