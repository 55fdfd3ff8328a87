"""One beam of fluoroscopy as the estimate of skin dose needs it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.dose.backscatter import equivalent_side_mm
from xrayiq.dose.dose_estimate import required_positive
from xrayiq.errors import InputError, NotMeasurableError

Floats = NDArray[np.float64]

_METRE_MM: Final = 1000.0
_MGY_MM2_PER_GY_M2: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinExposure:
    """Kerma, field and direction of one irradiation event; None where the report is silent.

    Parameters
    ----------
    primary_angle_deg, secondary_angle_deg : float or None
        Of the positioner: 0, 0 has the detector in front of a patient lying on the back; primary + to the patient's
        left (LAO), secondary + to the head (CRA).
    source_isocentre_distance_mm : float or None
        From focus to isocentre.
    reference_point_kerma_mgy, source_reference_point_distance_mm : float or None
        Air kerma at the reference point and its distance from the focus.
    dap_gy_m2 : float or None
        Dose-area product; gives the field's area with the kerma, or the kerma with the area.
    field_width_at_1_m_mm, field_height_at_1_m_mm, field_area_at_1_m_mm2 : float or None
        Field 1 m from the focus: across the body, along it, or its area, of which a square is taken.
    half_value_layer_mm_al : float or None
        For the backscatter.
    table_longitudinal_mm, table_lateral_mm, table_height_mm : float or None
        Position of the table: + towards the head, the patient's left, and down (DICOM PS3.16).
    """

    primary_angle_deg: float | None = None
    secondary_angle_deg: float | None = None
    source_isocentre_distance_mm: float | None = None
    reference_point_kerma_mgy: float | None = None
    source_reference_point_distance_mm: float | None = None
    dap_gy_m2: float | None = None
    field_width_at_1_m_mm: float | None = None
    field_height_at_1_m_mm: float | None = None
    field_area_at_1_m_mm2: float | None = None
    half_value_layer_mm_al: float | None = None
    table_longitudinal_mm: float | None = None
    table_lateral_mm: float | None = None
    table_height_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinBeam:
    """A beam in space; x to the patient's left, y to the head, z to the front, the isocentre at 0.

    Parameters
    ----------
    source_mm, axis, across, along : array of 3
        Focus, and unit vectors of the central ray, the field's width and its height.
    kerma_at_1_m_mgy : float
        On the central ray, without backscatter.
    half_width_at_1_m_mm, half_height_at_1_m_mm : float
        Of the field.
    side_at_1_m_mm : float
        Of the square field that scatters alike.
    """

    source_mm: Floats
    axis: Floats
    across: Floats
    along: Floats
    kerma_at_1_m_mgy: float
    half_width_at_1_m_mm: float
    half_height_at_1_m_mm: float
    side_at_1_m_mm: float


def skin_beam(exposure: SkinExposure) -> SkinBeam:
    """The beam of an exposure.

    Parameters
    ----------
    exposure : SkinExposure
        As reported.

    Returns
    -------
    SkinBeam
        Kerma 1 m from the focus and the field there, however the report tells them.

    Raises
    ------
    NotMeasurableError
        ``no_angle``, ``no_distance``, ``no_kerma`` or ``no_field``: what is not known and follows from nothing else.
    InputError
        A value that is not finite or negative.
    """
    primary, secondary = exposure.primary_angle_deg, exposure.secondary_angle_deg
    if primary is None or secondary is None:
        raise NotMeasurableError("no_angle", "no angle of the beam", needed="primary and secondary angle")
    if not (math.isfinite(primary) and math.isfinite(secondary)):
        raise InputError(f"angles of {primary:g} and {secondary:g} degrees", needed="finite angles")
    if exposure.source_isocentre_distance_mm is None:
        raise NotMeasurableError("no_distance", "no place of the focus", needed="distance from source to isocentre")
    distance = required_positive("source_isocentre_distance_mm", exposure.source_isocentre_distance_mm)
    kerma, area = _kerma_and_area(exposure)
    width, height = _sides(exposure, area)
    p, s = math.radians(primary), math.radians(secondary)
    axis = np.array([math.sin(p) * math.cos(s), math.sin(s), math.cos(p) * math.cos(s)])
    return SkinBeam(
        source_mm=-distance * axis,
        axis=axis,
        across=np.array([math.cos(p), 0.0, -math.sin(p)]),
        along=np.array([-math.sin(p) * math.sin(s), math.cos(s), -math.cos(p) * math.sin(s)]),
        kerma_at_1_m_mgy=kerma,
        half_width_at_1_m_mm=width / 2.0,
        half_height_at_1_m_mm=height / 2.0,
        side_at_1_m_mm=equivalent_side_mm(width, height),
    )


def _kerma_and_area(exposure: SkinExposure) -> tuple[float, float | None]:
    """Kerma at 1 m, and the area there where it is told or follows."""
    area = exposure.field_area_at_1_m_mm2
    if area is None and exposure.field_width_at_1_m_mm is not None and exposure.field_height_at_1_m_mm is not None:
        area = exposure.field_width_at_1_m_mm * exposure.field_height_at_1_m_mm
    product = None
    if exposure.dap_gy_m2 is not None:
        product = required_positive("dap_gy_m2", exposure.dap_gy_m2, zero=True) * _MGY_MM2_PER_GY_M2
    place = exposure.source_reference_point_distance_mm
    if exposure.reference_point_kerma_mgy is not None and place is not None:
        stated = required_positive("reference_point_kerma_mgy", exposure.reference_point_kerma_mgy, zero=True)
        kerma = stated * (required_positive("source_reference_point_distance_mm", place) / _METRE_MM) ** 2
        if area is None and product and kerma:
            area = product / kerma
        return kerma, area
    if product is not None and area is not None:
        return product / required_positive("field_area_at_1_m_mm2", area), area
    raise NotMeasurableError(
        "no_kerma", "no kerma", needed="reference-point kerma and its distance, or dose-area product and field"
    )


def _sides(exposure: SkinExposure, area: float | None) -> tuple[float, float]:
    width, height = exposure.field_width_at_1_m_mm, exposure.field_height_at_1_m_mm
    if width is not None and height is not None:
        return required_positive("field_width_at_1_m_mm", width), required_positive("field_height_at_1_m_mm", height)
    if area is None:
        raise NotMeasurableError(
            "no_field", "no size of the field", needed="field at 1 m, or dose-area product beside the kerma"
        )
    side = math.sqrt(required_positive("field_area_at_1_m_mm2", area))
    return side, side
