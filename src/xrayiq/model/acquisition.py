"""How an image was made, as its header says it: None where the header is silent."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import cast

from xrayiq.model.header_detail import HeaderDetail
from xrayiq.model.packing import Json, to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Identity of the X-ray unit and its detector, as far as the header gives it.

    Parameters
    ----------
    manufacturer, model, station_name, serial_number : str or None
        Of the X-ray unit or reader.
    software_versions : tuple of str
        As listed in the header.
    detector_id : str or None
        Detector or plate identifier.
    institution, department : str or None
        Where it stands.
    """

    manufacturer: str | None = None
    model: str | None = None
    station_name: str | None = None
    serial_number: str | None = None
    software_versions: tuple[str, ...] = ()
    detector_id: str | None = None
    institution: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """Technique, exposure indicators, geometry and identity of one exposure.

    Fields carry their unit in their name and are None where the header is silent; 0 is a value. Kinds of text are the
    closed list of equipment, protocol and anatomy attributes; nothing here names a person. `exposed_area_mm` has the
    sides of a field or the diameter of a round one.
    """

    # technique
    tube_voltage_kv: float | None = None
    exposure_mas: float | None = None
    exposure_time_ms: float | None = None
    tube_current_ma: float | None = None
    exposure_control_mode: str | None = None
    focal_spot_mm: float | None = None
    grid: str | None = None
    anode_material: str | None = None
    half_value_layer_mm: float | None = None
    filter_type: str | None = None
    filter_material: str | None = None
    filter_thickness_min_mm: float | None = None
    filter_thickness_max_mm: float | None = None
    source_detector_distance_mm: float | None = None
    source_patient_distance_mm: float | None = None
    source_entrance_distance_mm: float | None = None
    source_isocenter_distance_mm: float | None = None
    primary_angle_deg: float | None = None
    secondary_angle_deg: float | None = None
    compression_force_n: float | None = None
    body_part_thickness_mm: float | None = None
    breast_implant_present: bool | None = None
    # dose
    dap_gy_m2: float | None = None
    entrance_dose_mgy: float | None = None
    average_glandular_dose_mgy: float | None = None
    tube_output_mgy_per_mas: float | None = None
    exposed_area_mm: tuple[float, ...] = ()
    # exposure indicators
    exposure_index: float | None = None
    target_exposure_index: float | None = None
    deviation_index: float | None = None
    relative_exposure: float | None = None
    sensitivity: float | None = None
    # equipment
    manufacturer: str | None = None
    model: str | None = None
    station_name: str | None = None
    serial_number: str | None = None
    software_versions: tuple[str, ...] = ()
    detector_id: str | None = None
    detector_type: str | None = None
    exposures_since_calibration: float | None = None
    exposures_since_manufacture: float | None = None
    institution: str | None = None
    department: str | None = None
    # examination
    modality: str | None = None
    body_part: str | None = None
    view_position: str | None = None
    laterality: str | None = None
    protocol_name: str | None = None
    exposed_at: datetime.datetime | None = None
    patient_age_years: float | None = None
    patient_size_m: float | None = None
    patient_weight_kg: float | None = None
    patient_sex: str | None = None
    # pixels and geometry
    intent: str | None = None
    photometric_interpretation: str | None = None
    pixel_intensity_relationship: str | None = None
    pixel_intensity_sign: int | None = None
    image_type: tuple[str, ...] = ()
    quality_control_image: str | None = None
    burned_in_annotation: str | None = None
    pixel_pitch_mm: tuple[float, float] | None = None
    pixel_pitch_source: str | None = None
    collimator_shape: str | None = None
    collimator_corners_px: tuple[tuple[float, float], ...] | None = None

    def to_dict(self) -> dict[str, Json]:
        """All fields as plain JSON-ready values."""
        return cast(dict[str, Json], to_plain(self))

    @property
    def equipment(self) -> Equipment:
        """Identity of the unit and its detector."""
        return Equipment(
            manufacturer=self.manufacturer,
            model=self.model,
            station_name=self.station_name,
            serial_number=self.serial_number,
            software_versions=self.software_versions,
            detector_id=self.detector_id,
            institution=self.institution,
            department=self.department,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectHeader:
    """One row of the archive's index: what an object is, without its pixels.

    Parameters
    ----------
    subject : str
        SOP Instance UID, or ``sha256:…`` of the content where the object has none.
    sop_class_uid, study_uid, series_uid, irradiation_event_uid, transfer_syntax_uid : str or None
        Identifiers.
    patient_key, operator_key : str or None
        Keyed hashes that stand for the person; never the person.
    is_test_patient : bool
        Whether the patient's name or number is one that the site keeps for tests.
    report_title : str or None
        Code value of the title of a structured report, by the DICOM scheme.
    rows, columns, frames, bits_stored : int or None
        Size of the pixel data; `frames` is 1 for a single image.
    acquisition : Acquisition
        Technique, indicators, geometry and equipment.
    detail : HeaderDetail
        Attributes beside each other, for the checks of the header.
    checks : tuple of str or None
        Names of the checks that found a problem; None where nobody has checked it yet.
    """

    subject: str
    sop_class_uid: str | None = None
    study_uid: str | None = None
    series_uid: str | None = None
    irradiation_event_uid: str | None = None
    transfer_syntax_uid: str | None = None
    patient_key: str | None = None
    operator_key: str | None = None
    is_test_patient: bool = False
    report_title: str | None = None
    rows: int | None = None
    columns: int | None = None
    frames: int | None = None
    bits_stored: int | None = None
    acquisition: Acquisition = Acquisition()
    detail: HeaderDetail = HeaderDetail()
    checks: tuple[str, ...] | None = None
