"""Codes of radiation dose reports that are read, and meanings that contradict them (DICOM PS3.16, annex D)."""

from __future__ import annotations

import functools
from typing import Final

from xrayiq.dicom.content import Code
from xrayiq.units import UnknownUnitError, to_inside_unit

#: code values of the DICOM scheme and their meanings
MEANINGS: Final = {
    "111031": "Image View",
    "111526": "DateTime Started",
    "111631": "Average Glandular Dose",
    "111632": "Anode Target Material",
    "111633": "Compression Thickness",
    "111634": "Half Value Layer",
    "111635": "X-Ray Grid",
    "111636": "Entrance Exposure at RP",
    "111637": "Accumulated Average Glandular Dose",
    "111647": "Compression Force",
    "111648": "Compression Pressure",
    "111649": "Compression Contact Area",
    "112011": "Positioner Primary Angle",
    "112012": "Positioner Secondary Angle",
    "113701": "X-Ray Radiation Dose Report",
    "113702": "Accumulated X-Ray Dose Data",
    "113705": "Scope of Accumulation",
    "113706": "Irradiation Event X-Ray Data",
    "113721": "Irradiation Event Type",
    "113722": "Dose Area Product Total",
    "113723": "Calibration DateTime",
    "113725": "Dose (RP) Total",
    "113726": "Fluoro Dose Area Product Total",
    "113727": "Acquisition Dose Area Product Total",
    "113728": "Fluoro Dose (RP) Total",
    "113729": "Acquisition Dose (RP) Total",
    "113730": "Total Fluoro Time",
    "113731": "Total Number of Radiographic Frames",
    "113732": "Fluoro Mode",
    "113733": "KVP",
    "113734": "X-Ray Tube Current",
    "113735": "Exposure Time",
    "113736": "Exposure",
    "113737": "Distance Source to Reference Point",
    "113738": "Dose (RP)",
    "113739": "Positioner Primary End Angle",
    "113740": "Positioner Secondary End Angle",
    "113742": "Irradiation Duration",
    "113743": "Patient Orientation",
    "113744": "Patient Orientation Modifier",
    "113745": "Patient Table Relationship",
    "113748": "Distance Source to Isocenter",
    "113750": "Distance Source to Detector",
    "113751": "Table Longitudinal Position",
    "113752": "Table Lateral Position",
    "113753": "Table Height Position",
    "113754": "Table Head Tilt Angle",
    "113755": "Table Horizontal Rotation Angle",
    "113756": "Table Cradle Tilt Angle",
    "113757": "X-Ray Filter Material",
    "113758": "X-Ray Filter Thickness Minimum",
    "113759": "Table Longitudinal End Position",
    "113760": "Table Lateral End Position",
    "113761": "Table Height End Position",
    "113763": "Calibration Uncertainty",
    "113764": "Acquisition Plane",
    "113766": "Focal Spot Size",
    "113767": "Average X-Ray Tube Current",
    "113768": "Number of Pulses",
    "113769": "Irradiation Event UID",
    "113770": "Column Angulation",
    "113771": "X-Ray Filters",
    "113772": "X-Ray Filter Type",
    "113773": "X-Ray Filter Thickness Maximum",
    "113780": "Reference Point Definition",
    "113788": "Collimated Field Height",
    "113789": "Collimated Field Width",
    "113790": "Collimated Field Area",
    "113791": "Pulse Rate",
    "113792": "Distance Source to Table Plane",
    "113793": "Pulse Width",
    "113795": "Acquired Image",
    "113811": "CT Accumulated Dose Data",
    "113812": "Total Number of Irradiation Events",
    "113813": "CT Dose Length Product Total",
    "113819": "CT Acquisition",
    "113820": "CT Acquisition Type",
    "113824": "Exposure Time",
    "113830": "Mean CTDIvol",
    "113835": "CTDIw Phantom Type",
    "113838": "DLP",
    "113845": "Exposure Index",
    "113846": "Target Exposure Index",
    "113847": "Deviation Index",
    "113854": "Source of Dose Information",
    "113855": "Total Acquisition Time",
    "121058": "Procedure reported",
    "122130": "Dose Area Product",
    "122322": "Calibration Factor",
    "123014": "Target Region",
    "125203": "Acquisition Protocol",
    "130503": "Is Rejected Acquisition",
    "130504": "Reason for Rejecting Acquisition",
}


def _plain(text: str) -> str:
    return "".join(text.casefold().split())


_CODES_OF: Final[dict[str, frozenset[str]]] = {
    _plain(meaning): frozenset(code for code, other in MEANINGS.items() if _plain(other) == _plain(meaning))
    for meaning in MEANINGS.values()
}


@functools.lru_cache(maxsize=1024)
def contradicting_meaning(name: Code) -> str | None:
    """What the meaning of a name says where it is that of another code; None where it contradicts nothing.

    Translations, abbreviations and synonyms are no contradiction.
    """
    code, _, meaning = name
    codes = _CODES_OF.get(_plain(meaning))
    if codes is None or code in codes or code not in MEANINGS:
        return None
    return f"the meaning {meaning!r} is that of {min(codes)}; {code} is {MEANINGS[code]!r} and was read as such"


@functools.lru_cache(maxsize=1024)
def contradicting_unit(unit: Code, dimension: str) -> str | None:
    """What the meaning of a unit says where it is another unit of the dimension than its code."""
    code, _, meaning = unit
    if not meaning or meaning == code:
        return None
    try:
        if to_inside_unit(1.0, meaning, dimension) == to_inside_unit(1.0, code, dimension):
            return None
    except UnknownUnitError:
        return None
    return f"the meaning {meaning!r} of the unit is not its code {code!r}, which was taken"
