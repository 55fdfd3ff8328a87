"""Attributes of a header as they stand, beside each other, so that contradictions can be seen."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderDetail:
    """What several attributes of one header say of the same thing; nothing is chosen or repaired.

    Texts are out of closed lists of codes, so nothing here can name a person. Fields are None or empty where the
    header is silent; 0 is a value.

    Parameters
    ----------
    exposures_mas, exposure_times_ms, tube_currents_ma : tuple of (str, float)
        Attribute and value in the unit of the field, the finest attribute first.
    not_numbers : tuple of str
        Attributes of technique and indicators whose text is no number.
    zeros : tuple of str
        Attributes that hold 0 or less where only more is possible.
    imager_pixel_spacing_mm, pixel_spacing_mm, scanned_spacing_mm, detector_element_spacing_mm : tuple of float
        Distance of rows and of columns.
    pixel_spacing_calibration : str or None
        GEOMETRY or FIDUCIAL.
    magnification : float or None
        EstimatedRadiographicMagnificationFactor.
    detector_active_dimensions_mm, field_of_view_dimensions_mm : tuple of float
        One value for a round area.
    field_of_view_origin_px, detector_active_origin_px : tuple of float
        Row and column offset from the physical detector's upper left corner, in its elements, before rotation and flip.
    field_of_view_rotation_deg : float or None
        Clockwise rotation of the image against the detector.
    field_of_view_flipped : bool or None
        Whether the image was flipped from left to right after that rotation.
    grid_pitch_mm : float or None
        Distance of the grid's strips.
    collimator_edges_px : tuple of float
        Left, right, upper, lower edge as the header counts them, from 1.
    presentation_lut_shape, lossy_image_compression, declared_intent : str or None
        IDENTITY or INVERSE; 00 or 01; PresentationIntentType as it stands.
    bits_allocated, high_bit, samples_per_pixel : int or None
        Layout of the pixel data.
    sop_instance_uid, file_sop_instance_uid, file_sop_class_uid : str or None
        Of the object, and what the file meta information says of it.
    acquired_on, content_on, study_on : date or None
        Days of the acquisition, of the pixel data and of the study.
    acquired_at, content_at, study_at : datetime or None
        Days and times of the acquisition, of the pixel data and of the study, where both are told.
    lateralities : tuple of (str, str)
        Attribute and side, of those that give L, R, U or B.
    irradiation_events : int
        Number of irradiation events that the object names.
    """

    exposures_mas: tuple[tuple[str, float], ...] = ()
    exposure_times_ms: tuple[tuple[str, float], ...] = ()
    tube_currents_ma: tuple[tuple[str, float], ...] = ()
    not_numbers: tuple[str, ...] = ()
    zeros: tuple[str, ...] = ()
    imager_pixel_spacing_mm: tuple[float, ...] = ()
    pixel_spacing_mm: tuple[float, ...] = ()
    scanned_spacing_mm: tuple[float, ...] = ()
    detector_element_spacing_mm: tuple[float, ...] = ()
    pixel_spacing_calibration: str | None = None
    magnification: float | None = None
    detector_active_dimensions_mm: tuple[float, ...] = ()
    field_of_view_dimensions_mm: tuple[float, ...] = ()
    field_of_view_origin_px: tuple[float, ...] = ()
    detector_active_origin_px: tuple[float, ...] = ()
    field_of_view_rotation_deg: float | None = None
    field_of_view_flipped: bool | None = None
    grid_pitch_mm: float | None = None
    collimator_edges_px: tuple[float, ...] = ()
    presentation_lut_shape: str | None = None
    lossy_image_compression: str | None = None
    declared_intent: str | None = None
    bits_allocated: int | None = None
    high_bit: int | None = None
    samples_per_pixel: int | None = None
    sop_instance_uid: str | None = None
    file_sop_instance_uid: str | None = None
    file_sop_class_uid: str | None = None
    acquired_on: datetime.date | None = None
    content_on: datetime.date | None = None
    study_on: datetime.date | None = None
    acquired_at: datetime.datetime | None = None
    content_at: datetime.datetime | None = None
    study_at: datetime.datetime | None = None
    lateralities: tuple[tuple[str, str], ...] = ()
    irradiation_events: int = 0
