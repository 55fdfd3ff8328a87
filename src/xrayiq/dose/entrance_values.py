"""What is known of one exposure where its beam enters the patient."""

from __future__ import annotations

import math
from dataclasses import dataclass

from xrayiq.dose.backscatter import equivalent_side_mm
from xrayiq.dose.dose_estimate import required_positive
from xrayiq.errors import InputError
from xrayiq.model import Acquisition


@dataclass(frozen=True, slots=True, kw_only=True)
class EntranceGeometry:
    """Where the patient's skin is in the beam.

    Parameters
    ----------
    source_skin_distance_mm : float
        From the focus to the entrance surface.
    assumptions : tuple of str
        What was taken for granted.
    relative_uncertainty : float
        Relative standard uncertainty (k = 1) of the distance: 10 mm of 1 m where it is known.
    """

    source_skin_distance_mm: float
    assumptions: tuple[str, ...] = ()
    relative_uncertainty: float = 0.01

    def __post_init__(self) -> None:
        required_positive("source_skin_distance_mm", self.source_skin_distance_mm)
        required_positive("relative_uncertainty", self.relative_uncertainty, zero=True)

    @property
    def square_uncertainty(self) -> float:
        """Relative standard uncertainty of the distance squared."""
        return 2.0 * self.relative_uncertainty


@dataclass(frozen=True, slots=True, kw_only=True)
class EntranceValues:
    """What an image header, a dose report or both tell of one exposure; None where they are silent.

    Parameters
    ----------
    tube_voltage_kv, exposure_mas : float or None
        Technique.
    filtration_mm_al, half_value_layer_mm_al : float or None
        Total filtration, and first half-value layer of the beam.
    added_copper_mm : float or None
        Copper in the beam; NaN where its thickness is not known, None where the header names none.
    geometry : EntranceGeometry or None
        Distance of the skin.
    header_entrance_dose_mgy : float or None
        Entrance dose of the header; attributes do not say whether it holds backscatter.
    header_entrance_dose_name : str
        Attribute that it is from, for the record.
    header_holds_backscatter : bool or None
        Whether the maker says so; None where that is not known, and it is taken as without.
    dap_gy_m2 : float or None
        Dose-area product.
    field_area_mm2, field_area_distance_mm : float or None
        Area of the field, and the distance from the focus that it is told for.
    field_sides_mm : pair of float or None
        Sides of the field at the same distance; of a square of the area where not known.
    reference_point_kerma_mgy, source_reference_point_distance_mm : float or None
        Air kerma at the reference point and its distance from the focus.
    """

    tube_voltage_kv: float | None = None
    exposure_mas: float | None = None
    filtration_mm_al: float | None = None
    half_value_layer_mm_al: float | None = None
    added_copper_mm: float | None = None
    geometry: EntranceGeometry | None = None
    header_entrance_dose_mgy: float | None = None
    header_entrance_dose_name: str = "EntranceDoseInmGy"
    header_holds_backscatter: bool | None = None
    dap_gy_m2: float | None = None
    field_area_mm2: float | None = None
    field_area_distance_mm: float | None = None
    field_sides_mm: tuple[float, float] | None = None
    reference_point_kerma_mgy: float | None = None
    source_reference_point_distance_mm: float | None = None


def entrance_geometry(
    *,
    source_detector_distance_mm: float,
    patient_thickness_mm: float,
    table_gap_mm: float,
    assumptions: tuple[str, ...] = (),
) -> EntranceGeometry:
    """Distance of the skin from those of detector, gap and thickness: SID − gap − thickness.

    Parameters
    ----------
    source_detector_distance_mm : float
        From the focus to the detector.
    patient_thickness_mm : float
        Along the beam.
    table_gap_mm : float
        Between the patient and the detector, with table top and grid.
    assumptions : tuple of str
        Which of them are not known but taken for granted.

    Returns
    -------
    EntranceGeometry
        With these assumptions.

    Raises
    ------
    InputError
        Nothing is left of the distance.
    """
    distance = required_positive("source_detector_distance_mm", source_detector_distance_mm)
    thickness = required_positive("patient_thickness_mm", patient_thickness_mm)
    gap = required_positive("table_gap_mm", table_gap_mm, zero=True)
    if distance - thickness - gap <= 0:
        raise InputError(
            f"{distance:g} mm to the detector with {thickness:g} mm of patient and {gap:g} mm of gap",
            needed="a patient between focus and detector",
        )
    return EntranceGeometry(source_skin_distance_mm=distance - thickness - gap, assumptions=assumptions)


def entrance_values_of(
    acquisition: Acquisition, *, patient_thickness_mm: float | None, table_gap_mm: float | None
) -> EntranceValues:
    """What an image header tells of the entrance of the beam.

    Parameters
    ----------
    acquisition : Acquisition
        Of the header.
    patient_thickness_mm, table_gap_mm : float or None
        Taken for granted for the examination, as headers do not tell them; None where nothing is.

    Returns
    -------
    EntranceValues
        Without a geometry where the distance to the detector, the thickness or the gap is not known.
    """
    geometry = None
    distance = acquisition.source_detector_distance_mm
    if distance is not None and patient_thickness_mm is not None and table_gap_mm is not None:
        geometry = entrance_geometry(
            source_detector_distance_mm=distance,
            patient_thickness_mm=patient_thickness_mm,
            table_gap_mm=table_gap_mm,
            assumptions=(f"patient of {patient_thickness_mm:g} mm, {table_gap_mm:g} mm before the detector",),
        )
    copper = copper_of_header(acquisition.filter_material, acquisition.filter_thickness_max_mm)
    return EntranceValues(
        tube_voltage_kv=acquisition.tube_voltage_kv,
        exposure_mas=acquisition.exposure_mas,
        added_copper_mm=copper,
        geometry=geometry,
        header_entrance_dose_mgy=acquisition.entrance_dose_mgy,
        dap_gy_m2=acquisition.dap_gy_m2,
    )


def copper_of_header(filter_material: str | None, filter_thickness_max_mm: float | None) -> float | None:
    """Copper that a header tells of: None where it names none, NaN where it names several materials or no thickness.

    Parameters
    ----------
    filter_material : str or None
        Filter Material, values separated by backslashes.
    filter_thickness_max_mm : float or None
        Filter Thickness Maximum, first value.

    Returns
    -------
    float or None
        In mm.
    """
    told = (filter_material or "").upper()
    if "COPPER" not in told:
        return None
    return math.nan if "\\" in told or filter_thickness_max_mm is None else filter_thickness_max_mm


def field_side_at_skin_mm(values: EntranceValues) -> float | None:
    """Side of the square field at the skin that scatters as the field does; None where field or distance are unknown.

    Parameters
    ----------
    values : EntranceValues
        With a field, its distance and that of the skin.

    Returns
    -------
    float or None
        In mm.
    """
    if values.geometry is None or values.field_area_distance_mm is None:
        return None
    scale = values.geometry.source_skin_distance_mm / required_positive(
        "field_area_distance_mm", values.field_area_distance_mm
    )
    if values.field_sides_mm is not None:
        return equivalent_side_mm(*values.field_sides_mm) * scale
    if values.field_area_mm2 is None:
        return None
    return float(required_positive("field_area_mm2", values.field_area_mm2) ** 0.5) * scale
