"""Events of a dose report as the estimates of entrance kerma and skin dose take them."""

from __future__ import annotations

import math
from typing import Final

from xrayiq.dose.entrance_values import EntranceValues, entrance_geometry
from xrayiq.dose.skin_exposure import SkinExposure
from xrayiq.model import BeamGeometry, BeamSource, DoseEvent, TablePlacement

_METRE_MM: Final = 1000.0


def skin_exposure_of(event: DoseEvent) -> SkinExposure:
    """What a dose report tells of one event, for `estimate_skin_dose`.

    Parameters
    ----------
    event : DoseEvent
        Of `read_dose_report`.

    Returns
    -------
    SkinExposure
        The field from the shutters at 1 m, else from height and width, else from the area at the detector; the
        distance of a reference point 15 cm before the isocentre from that of the isocentre. Angles and table are those
        at the beginning of the event.
    """
    geometry, table = event.geometry or BeamGeometry(), event.table or TablePlacement()
    width, height = _field_at_1_m(event)
    return SkinExposure(
        primary_angle_deg=geometry.primary_angle_deg,
        secondary_angle_deg=geometry.secondary_angle_deg,
        source_isocentre_distance_mm=geometry.source_isocenter_distance_mm,
        reference_point_kerma_mgy=event.reference_point_kerma_mgy,
        source_reference_point_distance_mm=event.reference_point_distance_mm,
        dap_gy_m2=event.dap_gy_m2,
        field_width_at_1_m_mm=width,
        field_height_at_1_m_mm=height,
        field_area_at_1_m_mm2=event.field_area_at_1_m_mm2,
        half_value_layer_mm_al=None if event.beam is None else event.beam.half_value_layer_mm,
        table_longitudinal_mm=table.longitudinal_mm,
        table_lateral_mm=table.lateral_mm,
        table_height_mm=table.height_mm,
    )


def entrance_values_of_event(
    event: DoseEvent, *, patient_thickness_mm: float | None, table_gap_mm: float | None
) -> EntranceValues:
    """What a dose report tells of the entrance of one event's beam.

    Parameters
    ----------
    event : DoseEvent
        Of `read_dose_report`.
    patient_thickness_mm, table_gap_mm : float or None
        Taken for granted for the examination; None where nothing is.

    Returns
    -------
    EntranceValues
        Without a geometry where the distance to the detector, the thickness or the gap is not known.
    """
    beam, place = event.beam or BeamSource(), event.geometry or BeamGeometry()
    geometry = None
    distance = place.source_detector_distance_mm
    if distance is not None and patient_thickness_mm is not None and table_gap_mm is not None:
        geometry = entrance_geometry(
            source_detector_distance_mm=distance,
            patient_thickness_mm=patient_thickness_mm,
            table_gap_mm=table_gap_mm,
            assumptions=(f"patient of {patient_thickness_mm:g} mm, {table_gap_mm:g} mm before the detector",),
        )
    width, height = _field_at_1_m(event)
    area = event.field_area_at_1_m_mm2
    return EntranceValues(
        tube_voltage_kv=event.tube_voltage_kv,
        exposure_mas=event.exposure_mas,
        half_value_layer_mm_al=beam.half_value_layer_mm,
        added_copper_mm=_copper_mm(beam),
        geometry=geometry,
        header_entrance_dose_mgy=event.entrance_dose_mgy,
        header_entrance_dose_name="Entrance Exposure at RP (111636)",
        dap_gy_m2=event.dap_gy_m2,
        field_area_mm2=area,
        field_area_distance_mm=None if area is None else _METRE_MM,
        field_sides_mm=None if width is None or height is None else (width, height),
        reference_point_kerma_mgy=event.reference_point_kerma_mgy,
        source_reference_point_distance_mm=event.reference_point_distance_mm,
    )


def _field_at_1_m(event: DoseEvent) -> tuple[float | None, float | None]:
    """Width and height of the field 1 m from the source, where both are told."""
    own = event.field
    if own is not None and own.width_at_1_m_mm and own.height_at_1_m_mm:
        return own.width_at_1_m_mm, own.height_at_1_m_mm
    distance = None if event.geometry is None else event.geometry.source_detector_distance_mm
    width, height = event.collimated_field_width_mm, event.collimated_field_height_mm
    if not distance or not width or not height:
        return None, None
    return width * _METRE_MM / distance, height * _METRE_MM / distance


def _copper_mm(beam: BeamSource) -> float | None:
    """Copper in the beam; NaN where a filter is of copper and its thickness is not told."""
    if beam.added_copper_mm is None and "COPPER" in (beam.filter_material or ""):
        return math.nan
    return beam.added_copper_mm
