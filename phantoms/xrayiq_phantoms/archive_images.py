"""Pixels, technique and truth of the planned objects of an archive."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.clinical import ClinicalTruth, simulate_clinical
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.dicom_values import Technique
from xrayiq_phantoms.dose_report import ReportedEvent
from xrayiq_phantoms.edge import EdgeTruth, simulate_edge
from xrayiq_phantoms.field import FieldTruth, simulate_field
from xrayiq_phantoms.flat import FlatTruth, simulate_flat
from xrayiq_phantoms.hospital import clinical_technique, quality_technique
from xrayiq_phantoms.phantom import Phantom
from xrayiq_phantoms.planned import ClinicalExposure, PlannedObject, TestExposure
from xrayiq_phantoms.rooms import Room

#: protocol names of tests in rooms that name them
TEST_NAMES: Final = {"flat_field": "QC Flat field", "edge": "QC MTF edge", "collimated_field": "QC Collimation"}
_TRUTH_FREQUENCIES_PER_MM: Final = (0.5, 1.0, 1.5, 2.0)
_PRESENTATION_BITS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedImage:
    """Pixels of one exposure with the technique its header states and its truth as plain values."""

    pixels: NDArray[Any]
    detector: Detector
    technique: Technique
    truth: dict[str, Any]


def simulate_image(planned: PlannedObject) -> SimulatedImage:
    """Image of a planned exposure.

    Parameters
    ----------
    planned : PlannedObject
        With an exposure.

    Returns
    -------
    SimulatedImage
        As the detector stores it, before any processing.

    Raises
    ------
    ValueError
        The object has no exposure.
    """
    if isinstance(planned.exposure, TestExposure):
        return _simulate_test(planned, planned.exposure)
    if isinstance(planned.exposure, ClinicalExposure):
        return _simulate_patient(planned, planned.exposure)
    raise ValueError(f"{planned.path} has no exposure; needed a test or a clinical exposure")


def presentation_pixels(image: SimulatedImage) -> NDArray[np.uint16]:
    """Image processed for display: logarithm of the kerma, more exposure darker, over the range of 12 bits."""
    model, a, b, c = image.detector.response_coefficients
    reduced = (image.pixels.astype(np.float32) - a) / b
    if model == "log":
        logarithm = reduced
    else:
        logarithm = np.log(np.maximum(reduced, 1e-3)) / c
    low, high = np.percentile(logarithm[::8, ::8], [1.0, 99.0])
    top = (1 << _PRESENTATION_BITS) - 1
    scaled = (high - logarithm) * (top / max(float(high - low), 1e-6))
    return np.asarray(np.clip(np.rint(scaled), 0, top), dtype=np.uint16)


def presentation_header() -> dict[str, Any]:
    """Keyword arguments of `write_dicom` for such an image."""
    return {
        "intent": "FOR PRESENTATION",
        "photometric": "MONOCHROME2",
        "relationship": "LOG",
        "sign": -1,
        "bits_stored": _PRESENTATION_BITS,
        "signed": False,
        "rescale_intercept": 0.0,
    }


def stated(technique: Technique) -> dict[str, Any]:
    """Fields of a technique that the header states, as plain values."""
    values = {item.name: getattr(technique, item.name) for item in fields(technique)}
    if technique.collimator_corners_px is not None:
        values["collimator_corners_px"] = [list(corner) for corner in technique.collimator_corners_px]
    return {name: value for name, value in values.items() if value is not None}


def reported_event(planned: PlannedObject, image: SimulatedImage, image_class_uid: str) -> ReportedEvent:
    """Irradiation event of an exposure as its unit reports it."""
    technique = image.technique
    return ReportedEvent(
        event_uid=planned.identifiers.event_uid,
        started_at=planned.acquired_at,
        protocol_name=technique.protocol_name,
        body_part=technique.body_part,
        dap_gy_m2=technique.dap_gy_m2,
        reference_point_dose_gy=None if technique.entrance_dose_mgy is None else technique.entrance_dose_mgy / 1000.0,
        tube_voltage_kv=technique.tube_voltage_kv,
        tube_current_ma=technique.tube_current_ma,
        exposure_mas=technique.exposure_mas,
        exposure_time_ms=technique.exposure_time_ms,
        exposure_index=technique.exposure_index,
        target_exposure_index=technique.target_exposure_index,
        deviation_index=technique.deviation_index,
        field_area_mm2=image.truth.get("irradiated_area_mm2", image.truth["area_mm2"]),
        source_detector_distance_mm=technique.source_detector_distance_mm,
        operator_name=planned.examination.operator_name,
        image_uid=planned.identifiers.instance_uid,
        image_class_uid=image_class_uid,
        image_series_uid=planned.identifiers.series_uid,
    )


def _simulate_test(planned: PlannedObject, exposure: TestExposure) -> SimulatedImage:
    room = planned.room
    detector = replace(room.test.detector, gain_nonuniformity_fraction=exposure.gain_nonuniformity_fraction)
    area_mm2 = exposure.shape[0] * exposure.shape[1] * detector.pixel_pitch_mm**2
    kerma, seed = exposure.kerma_ugy, planned.noise_seed
    phantom: Phantom[FlatTruth] | Phantom[EdgeTruth] | Phantom[FieldTruth]
    if exposure.kind == "flat_field":
        phantom = simulate_flat(detector, shape=exposure.shape, kerma_ugy=kerma, seed=seed)
        truth = _flat_truth(phantom)
    elif exposure.kind == "edge":
        phantom = simulate_edge(
            detector,
            shape=exposure.shape,
            angle_deg=exposure.angle_deg,
            across=exposure.across,
            kerma_ugy=kerma,
            seed=seed,
        )
        truth = _edge_truth(phantom)
    else:
        phantom = simulate_field(
            detector,
            shape=exposure.shape,
            kerma_ugy=kerma,
            seed=seed,
            size_mm=exposure.size_mm,
            rotation_deg=exposure.angle_deg,
        )
        truth = _field_truth(phantom.truth)
        area_mm2 = phantom.truth.area_mm2
    technique = quality_technique(
        room,
        kerma_ugy=kerma,
        field_area_mm2=area_mm2,
        protocol_name=TEST_NAMES[exposure.kind] if room.names_tests else None,
    )
    truth["kerma_ugy"] = kerma
    return SimulatedImage(pixels=phantom.pixels, detector=detector, technique=technique, truth=truth)


def _simulate_patient(planned: PlannedObject, exposure: ClinicalExposure) -> SimulatedImage:
    projection, detector = exposure.projection, planned.room.clinical.detector
    rows, columns = projection.shape
    down, right = exposure.centre_shift_fraction
    phantom = simulate_clinical(
        detector,
        anatomy=projection.anatomy,
        shape=projection.shape,
        kerma_ugy=exposure.kerma_ugy,
        seed=planned.noise_seed,
        field_size_fraction=projection.field_size_fraction,
        field_centre_px=((rows - 1) / 2 + down * rows, (columns - 1) / 2 + right * columns),
        rotation_deg=exposure.rotation_deg,
        thickness_factor=exposure.thickness_factor,
    )
    return patient_image(planned.room, exposure, phantom)


def patient_image(room: Room, exposure: ClinicalExposure, phantom: Phantom[ClinicalTruth]) -> SimulatedImage:
    """Image of a patient's exposure with the technique that its header states.

    Parameters
    ----------
    room : Room
        Unit.
    exposure : ClinicalExposure
        What was exposed, and how.
    phantom : Phantom
        Its image.
    """
    known = phantom.truth
    irradiated = exposure.irradiated_mm
    technique = clinical_technique(
        room,
        exposure.projection,
        median_kerma_ugy=known.median_kerma_ugy,
        direct_kerma_ugy=known.direct_kerma_ugy,
        field_area_mm2=known.field.area_mm2 if irradiated is None else irradiated[0] * irradiated[1],
        corners_px=tuple((float(row), float(column)) for row, column in known.field.corners_px),
        laterality=exposure.laterality,
    )
    if exposure.deviation_index_error and technique.deviation_index is not None:
        wrong = round(technique.deviation_index + exposure.deviation_index_error, 1)
        technique = replace(technique, deviation_index=wrong)
    truth = _clinical_truth(known)
    if irradiated is not None:
        truth["irradiated_area_mm2"] = irradiated[0] * irradiated[1]
    return SimulatedImage(pixels=phantom.pixels, detector=phantom.detector, technique=technique, truth=truth)


def _flat_truth(phantom: Phantom[FlatTruth]) -> dict[str, Any]:
    known = phantom.truth
    frequencies = np.array(_TRUTH_FREQUENCIES_PER_MM)
    nps = known.nps_ugy2_mm2(frequencies, 0.0)
    return {
        "frequencies_per_mm": list(_TRUTH_FREQUENCIES_PER_MM),
        "nps_u_ugy2_mm2": [float(value) for value in nps],
        "nnps_u_mm2": [float(value) for value in nps / known.kerma_ugy**2],
        "variance_ugy2": known.variance_ugy2,
        "gain_nonuniformity_fraction": known.detector.gain_nonuniformity_fraction,
        "heel_fraction": known.detector.heel_fraction,
    }


def _edge_truth(phantom: Phantom[EdgeTruth]) -> dict[str, Any]:
    known = phantom.truth
    return {
        "across": known.across,
        "dark_side": known.dark_side,
        "edge_angle_deg": known.edge_angle_deg,
        "f50_per_mm": known.f50_per_mm,
        "f10_per_mm": known.f10_per_mm,
        "bright_ugy": known.bright_ugy,
        "dark_ugy": known.dark_ugy,
    }


def _field_truth(known: FieldTruth) -> dict[str, Any]:
    return {
        "corners_px": [[float(row), float(column)] for row, column in known.corners_px],
        "sides": list(known.sides),
        "area_mm2": float(known.area_mm2),
        "field_fraction": float(known.field_fraction),
    }


def _clinical_truth(known: ClinicalTruth) -> dict[str, Any]:
    return {
        **_field_truth(known.field),
        "anatomy": known.anatomy,
        "exposure_index": 100.0 * known.median_kerma_ugy,
        "median_kerma_ugy": known.median_kerma_ugy,
        "direct_kerma_ugy": known.direct_kerma_ugy,
        "median_snr": known.median_snr,
        "clipped_low_fraction": known.clipped_low_fraction,
        "clipped_high_fraction": known.clipped_high_fraction,
    }
