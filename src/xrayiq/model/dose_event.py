"""One irradiation event of a radiation dose report, and the beam, pulses, field, geometry and breast it tells of."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

#: event types of fluoroscopy by code value, in SNOMED-RT and SNOMED CT (DICOM PS3.16, CID 10002)
FLUOROSCOPY: Final = frozenset({"P5-06000", "44491008"})

#: materials of filters by code value, in SNOMED CT and SNOMED-RT (DICOM PS3.16, CID 10006), as headers name them
_MATERIALS: Final = {
    **dict.fromkeys(("12503006", "105830007", "C-120F9", "C-12000"), "ALUMINUM"),
    **dict.fromkeys(("66925006", "C-127F9", "C-12700"), "COPPER"),
}
#: reference point 15 cm from the isocentre towards the source (DICOM PS3.16, CID 10025)
_FROM_ISOCENTRE: Final = ("113860", "DCM")
_FROM_ISOCENTRE_MM: Final = 150.0

#: code value, coding scheme, the standard's own meaning (empty where that has none)
ReportCode = tuple[str, str, str]

#: distance from the source to which fields of any distance are scaled
_REFERENCE_DISTANCE_MM = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamFilter:
    """One filter of the beam; thickness least and greatest where it is not even."""

    kind: ReportCode | None = None
    material: ReportCode | None = None
    thickness_min_mm: float | None = None
    thickness_max_mm: float | None = None

    @property
    def material_name(self) -> str | None:
        """What the filter is of, by its code as headers name it, else the first word of its meaning; None where untold.

        Meanings are of the kind "Rhodium or Rhodium compound".
        """
        if self.material is None:
            return None
        return _MATERIALS.get(self.material[0]) or self.material[2].upper().partition(" ")[0] or None

    @property
    def thickness_mm(self) -> float | None:
        """The greatest thickness, else the least."""
        return self.thickness_min_mm if self.thickness_max_mm is None else self.thickness_max_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamSource:
    """What made the beam: filters, grids, anode, focal spot and half-value layer (of aluminium)."""

    filters: tuple[BeamFilter, ...] = ()
    grids: tuple[ReportCode, ...] = ()
    anode: ReportCode | None = None
    focal_spot_mm: float | None = None
    half_value_layer_mm: float | None = None

    @property
    def filter_material(self) -> str | None:
        r"""Materials of all filters, separated by ``\\`` as headers have them; None where none is told."""
        return "\\".join(name for one in self.filters if (name := one.material_name)) or None

    @property
    def filter_thickness_min_mm(self) -> float | None:
        """Least thickness of the filter; None where there are several, or none."""
        return self.filters[0].thickness_min_mm if len(self.filters) == 1 else None

    @property
    def filter_thickness_max_mm(self) -> float | None:
        """Greatest thickness of the filter; None where there are several, or none."""
        return self.filters[0].thickness_max_mm if len(self.filters) == 1 else None

    @property
    def added_copper_mm(self) -> float | None:
        """Copper in the beam, that of each filter summed; 0 where no filter is of copper.

        None where no filter is told, or one of copper without its thickness.
        """
        found = [one.thickness_mm for one in self.filters if one.material_name == "COPPER"]
        if not self.filters or None in found:
            return None
        return float(sum(each for each in found if each is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamPulses:
    """How the beam was switched: mode, pulses and their mean current, and how long the event lasted."""

    mode: ReportCode | None = None
    rate_per_s: float | None = None
    width_ms: float | None = None
    count: float | None = None
    frames: float | None = None
    average_tube_current_ma: float | None = None
    irradiation_duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamField:
    """Field sizes that makers give in items of their own.

    Parameters
    ----------
    height_at_1_m_mm, width_at_1_m_mm : float or None
        Opening of the shutters in a plane 1 m from the source.
    detector_height_mm, detector_width_mm, detector_diameter_mm : float or None
        Part of the detector in use; the diameter is that of an image intensifier or the field's nominal size.
    """

    height_at_1_m_mm: float | None = None
    width_at_1_m_mm: float | None = None
    detector_height_mm: float | None = None
    detector_width_mm: float | None = None
    detector_diameter_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamGeometry:
    """Distances, and angles of the positioner, at the beginning of the event and at its end where it moved."""

    source_detector_distance_mm: float | None = None
    source_isocenter_distance_mm: float | None = None
    source_reference_point_distance_mm: float | None = None
    source_table_distance_mm: float | None = None
    primary_angle_deg: float | None = None
    secondary_angle_deg: float | None = None
    primary_end_angle_deg: float | None = None
    secondary_end_angle_deg: float | None = None
    column_angulation_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlacement:
    """Where the table stood and how the patient lay on it; positions in the maker's own coordinates."""

    longitudinal_mm: float | None = None
    lateral_mm: float | None = None
    height_mm: float | None = None
    longitudinal_end_mm: float | None = None
    lateral_end_mm: float | None = None
    height_end_mm: float | None = None
    head_tilt_deg: float | None = None
    horizontal_rotation_deg: float | None = None
    cradle_tilt_deg: float | None = None
    relationship: ReportCode | None = None
    orientation: ReportCode | None = None
    orientation_modifier: ReportCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreastSetting:
    """Compression and composition of the breast in mammography."""

    compression_force_n: float | None = None
    compression_thickness_mm: float | None = None
    compression_pressure_kpa: float | None = None
    compression_contact_area_mm2: float | None = None
    fibroglandular_fraction: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TomographyDose:
    """Dose of one event of computed tomography, with the phantom its dose index refers to."""

    mean_ctdi_vol_mgy: float | None = None
    dose_length_product_mgy_cm: float | None = None
    phantom: ReportCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseEvent:
    """One irradiation event of an X-ray dose report (TID 10003, TID 10013); None where it is silent.

    Fields carry their unit in their name; codes are (code value, scheme, meaning), of which the meaning is whatever the
    report says. A group of fields of which nothing is stated is None.

    Parameters
    ----------
    irradiation_event_uid, acquired_image_uid : str or None
        Identifiers of the event, and of the first image that it gave.
    acquired_image_uids : tuple of str
        All images that it gave.
    started_at : datetime or None
        Reading of the unit's clock.
    plane, event_type, target_region, laterality, view : ReportCode or None
        Codes as they stand.
    reference_point : ReportCode or None
        Definition of the reference point; code value and scheme are empty where the report has a text.
    is_rejected : bool or None
        Whether the acquisition was rejected, and why (`rejection_reason`).
    operator_key : str or None
        Keyed hash that stands for who administered the irradiation; never the person.
    beam, pulses, field, geometry, table, breast, tomography : optional
        Groups of further fields.
    """

    irradiation_event_uid: str | None = None
    started_at: datetime.datetime | None = None
    plane: ReportCode | None = None
    event_type: ReportCode | None = None
    target_region: ReportCode | None = None
    laterality: ReportCode | None = None
    view: ReportCode | None = None
    protocol: str | None = None
    dap_gy_m2: float | None = None
    reference_point_kerma_mgy: float | None = None
    reference_point: ReportCode | None = None
    entrance_dose_mgy: float | None = None
    average_glandular_dose_mgy: float | None = None
    tube_voltage_kv: float | None = None
    tube_current_ma: float | None = None
    exposure_mas: float | None = None
    exposure_time_ms: float | None = None
    exposure_index: float | None = None
    target_exposure_index: float | None = None
    deviation_index: float | None = None
    collimated_field_area_mm2: float | None = None
    collimated_field_height_mm: float | None = None
    collimated_field_width_mm: float | None = None
    acquired_image_uid: str | None = None
    acquired_image_uids: tuple[str, ...] = ()
    is_rejected: bool | None = None
    rejection_reason: ReportCode | None = None
    operator_key: str | None = None
    beam: BeamSource | None = None
    pulses: BeamPulses | None = None
    field: BeamField | None = None
    geometry: BeamGeometry | None = None
    table: TablePlacement | None = None
    breast: BreastSetting | None = None
    tomography: TomographyDose | None = None

    @property
    def reference_point_distance_mm(self) -> float | None:
        """Distance of the reference point from the source: as told, else by its definition from the isocentre."""
        if self.geometry is None:
            return None
        if self.geometry.source_reference_point_distance_mm is not None:
            return self.geometry.source_reference_point_distance_mm
        isocentre = self.geometry.source_isocenter_distance_mm
        if isocentre is None or self.reference_point is None or self.reference_point[:2] != _FROM_ISOCENTRE:
            return None
        return isocentre - _FROM_ISOCENTRE_MM

    @property
    def field_area_at_1_m_mm2(self) -> float | None:
        """Area of the field in a plane 1 m from the source.

        From the shutters where the maker gives them; else the area (or height and width) at the detector, scaled by the
        distance from source to detector. None where neither is known.
        """
        own = self.field
        if own is not None and own.height_at_1_m_mm is not None and own.width_at_1_m_mm is not None:
            return own.height_at_1_m_mm * own.width_at_1_m_mm
        distance = None if self.geometry is None else self.geometry.source_detector_distance_mm
        area = self.collimated_field_area_mm2
        sides = (self.collimated_field_height_mm, self.collimated_field_width_mm)
        if area is None and sides[0] is not None and sides[1] is not None:
            area = sides[0] * sides[1]
        if area is None or not distance:
            return None
        return area * (_REFERENCE_DISTANCE_MM / distance) ** 2
