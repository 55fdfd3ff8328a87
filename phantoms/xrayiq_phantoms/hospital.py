"""Examinations of the simulated hospital, and the technique that its headers state."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from xrayiq_phantoms.anatomy import AnatomyKind
from xrayiq_phantoms.dicom_values import Technique
from xrayiq_phantoms.rooms import Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """One view of a body part and the usual technique for it."""

    anatomy: AnatomyKind
    body_part: str
    view_position: str
    protocol_name: str
    shape: tuple[int, int]
    tube_voltage_kv: float
    target_exposure_index: float
    source_detector_distance_mm: float
    object_thickness_mm: float
    field_size_fraction: tuple[float, float]
    grid: str | None = None
    sided: bool = False


CHEST_PA: Final = Projection(
    anatomy="chest",
    body_part="CHEST",
    view_position="PA",
    protocol_name="Chest PA",
    shape=(880, 880),
    tube_voltage_kv=120.0,
    target_exposure_index=250.0,
    source_detector_distance_mm=1800.0,
    object_thickness_mm=250.0,
    field_size_fraction=(0.9, 0.9),
    grid="FOCUSED",
)
CHEST_AP: Final = replace(
    CHEST_PA,
    view_position="AP",
    protocol_name="Chest AP bed",
    tube_voltage_kv=90.0,
    source_detector_distance_mm=1150.0,
    grid=None,
)
HAND_PA: Final = Projection(
    anatomy="hand",
    body_part="HAND",
    view_position="PA",
    protocol_name="Hand PA",
    shape=(640, 512),
    tube_voltage_kv=52.0,
    target_exposure_index=400.0,
    source_detector_distance_mm=1100.0,
    object_thickness_mm=30.0,
    field_size_fraction=(0.8, 0.75),
    sided=True,
)
HAND_OBLIQUE: Final = replace(HAND_PA, view_position="RLO", protocol_name="Hand oblique")
ABDOMEN_AP: Final = Projection(
    anatomy="abdomen",
    body_part="ABDOMEN",
    view_position="AP",
    protocol_name="Abdomen AP",
    shape=(1000, 840),
    tube_voltage_kv=78.0,
    target_exposure_index=320.0,
    source_detector_distance_mm=1150.0,
    object_thickness_mm=220.0,
    field_size_fraction=(0.92, 0.9),
    grid="FOCUSED",
)

#: views of each examination and how often it is done
EXAMINATIONS: Final = (
    ((CHEST_PA,), 0.4),
    ((CHEST_AP,), 0.15),
    ((HAND_PA, HAND_OBLIQUE), 0.25),
    ((ABDOMEN_AP,), 0.2),
)

#: technique of test exposures (a beam of type RQA5)
_TEST_TECHNIQUE: Final = MappingProxyType(
    {
        "tube_voltage_kv": 70.0,
        "exposure_control_mode": "MANUAL",
        "filter_material": "ALUMINUM",
        "filter_thickness_mm": 21.0,
        "source_detector_distance_mm": 1500.0,
    }
)
#: part of the kerma that the added filter of the test beam lets through
_TEST_FILTER_TRANSMISSION: Final = 0.08
#: part of the kerma that a grid, the table top and the dose chamber let through
_GRID_TRANSMISSION: Final = 0.35
_OUTPUT_UGY_PER_MAS: Final = 50.0  # at 1 m and 80 kV
_TUBE_CURRENT_MA: Final = 250.0


def quality_technique(
    room: Room, *, kerma_ugy: float, field_area_mm2: float, protocol_name: str | None = None
) -> Technique:
    """Technique that the header of a test exposure states.

    Parameters
    ----------
    room : Room
        The unit.
    kerma_ugy : float
        True kerma at the detector.
    field_area_mm2 : float
        Irradiated area of the detector.
    protocol_name : str, optional
        Name of the test.

    Returns
    -------
    Technique
        Exposure index 100·K times the room's factor; DAP and mAs from the kerma ahead of the filter.
    """
    technique = Technique(**_TEST_TECHNIQUE, protocol_name=protocol_name)  # type: ignore[arg-type]  # values fit their fields
    return _with_exposure(
        technique,
        room,
        detector_kerma_ugy=kerma_ugy,
        direct_kerma_ugy=kerma_ugy / _TEST_FILTER_TRANSMISSION,
        field_area_mm2=field_area_mm2,
    )


def clinical_technique(
    room: Room,
    projection: Projection,
    *,
    median_kerma_ugy: float,
    direct_kerma_ugy: float,
    field_area_mm2: float,
    corners_px: tuple[tuple[float, float], ...],
    laterality: str | None,
) -> Technique:
    """Technique that the header of a patient's exposure states.

    Parameters
    ----------
    room, projection : Room, Projection
        Unit and view.
    median_kerma_ugy : float
        True median kerma in the anatomy: 100 times it is the true exposure index.
    direct_kerma_ugy : float
        Kerma at the detector beside the body, behind the grid where there is one.
    field_area_mm2 : float
        Area of the field at the detector.
    corners_px : tuple of (row, column)
        Corners of the field.
    laterality : str or None
        L or R.

    Returns
    -------
    Technique
        Field area times the direct kerma ahead of the grid is the DAP, whatever the distance; mAs follow from the
        tube's output.
    """
    distance = projection.source_detector_distance_mm
    technique = Technique(
        tube_voltage_kv=projection.tube_voltage_kv,
        focal_spot_mm=0.6 if projection.anatomy == "hand" else 1.2,
        grid=projection.grid,
        exposure_control_mode="MANUAL" if projection.anatomy == "hand" else "AUTOMATIC",
        source_detector_distance_mm=distance,
        source_patient_distance_mm=distance - projection.object_thickness_mm,
        target_exposure_index=projection.target_exposure_index,
        body_part=projection.body_part,
        view_position=projection.view_position,
        laterality=laterality,
        protocol_name=projection.protocol_name,
        collimator_corners_px=corners_px if room.states_collimation else None,
    )
    return _with_exposure(
        technique,
        room,
        detector_kerma_ugy=median_kerma_ugy,
        direct_kerma_ugy=direct_kerma_ugy / (1.0 if projection.grid is None else _GRID_TRANSMISSION),
        field_area_mm2=field_area_mm2,
    )


def _with_exposure(
    technique: Technique, room: Room, *, detector_kerma_ugy: float, direct_kerma_ugy: float, field_area_mm2: float
) -> Technique:
    """Technique completed by charge, dose and exposure indicators, rounded as a header has them."""
    distance_mm = technique.source_detector_distance_mm or 1000.0
    voltage_kv = technique.tube_voltage_kv or 80.0
    output = _OUTPUT_UGY_PER_MAS * (voltage_kv / 80.0) ** 2 * (1000.0 / distance_mm) ** 2
    charge_mas = max(round(direct_kerma_ugy / output, 3), 0.001)
    stated_index = round(100.0 * detector_kerma_ugy * room.exposure_index_factor, 1)
    target = technique.target_exposure_index
    entrance_mgy = None
    if technique.source_patient_distance_mm is not None:
        entrance_mgy = float(
            f"{direct_kerma_ugy * 1e-3 * (distance_mm / technique.source_patient_distance_mm) ** 2:.4g}"
        )
    return replace(
        technique,
        exposure_mas=charge_mas,
        tube_current_ma=_TUBE_CURRENT_MA,
        exposure_time_ms=round(charge_mas / _TUBE_CURRENT_MA * 1000.0, 3),
        dap_gy_m2=float(f"{direct_kerma_ugy * 1e-6 * field_area_mm2 * 1e-6:.5g}") if room.reports_dap else None,
        entrance_dose_mgy=entrance_mgy if room.reports_dap else None,
        exposure_index=stated_index,
        deviation_index=None if target is None else round(10.0 * math.log10(stated_index / target), 1),
        sensitivity=round(1740.0 / detector_kerma_ugy, 1) if room.sop_class == "CR" else None,
    )
