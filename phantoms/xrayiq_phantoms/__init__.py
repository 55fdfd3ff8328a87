"""Simulated radiographs with their truth: detector, objects, files and whole archives.

Nothing here imports the measuring code: the truth shares no code with what it judges.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xrayiq_phantoms.aluminium import AluminiumTruth, simulate_aluminium
from xrayiq_phantoms.anatomy import AnatomyKind
from xrayiq_phantoms.artefacts import SimulatedBlob, SimulatedLines, SimulatedSeam
from xrayiq_phantoms.bars import BarTruth, simulate_bars
from xrayiq_phantoms.clinical import ClinicalTruth, simulate_clinical
from xrayiq_phantoms.clinical_fields import ClinicalField, simulate_clinical_field
from xrayiq_phantoms.contrast import ContrastTruth, Detail, detail_grid, simulate_contrast_details
from xrayiq_phantoms.contrast_detail import (
    CDMAM_LIKE,
    CDRAD_LIKE,
    ContrastDetailObject,
    ContrastDetailTruth,
    simulate_contrast_detail,
)
from xrayiq_phantoms.dark import DarkTruth, simulate_dark
from xrayiq_phantoms.defects import Defect
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.disc_ring import DiscRingObject, DiscRingTruth, simulate_disc_ring
from xrayiq_phantoms.edge import EdgeTruth, simulate_edge
from xrayiq_phantoms.field import FieldTruth, simulate_field
from xrayiq_phantoms.flat import FlatTruth, simulate_flat, simulate_lag
from xrayiq_phantoms.grid import GridTruth, simulate_grid
from xrayiq_phantoms.lag import GhostTruth, LagComponent, LagTruth, lag_at, simulate_decay, simulate_ghost
from xrayiq_phantoms.light_field import LightFieldTruth, simulate_light_field
from xrayiq_phantoms.meter import Generator, meter_table, simulate_meter_rows
from xrayiq_phantoms.phantom import Phantom
from xrayiq_phantoms.plate import PlateTruth, simulate_plate
from xrayiq_phantoms.star import StarTruth, simulate_star
from xrayiq_phantoms.stitched import StitchTruth, Wire, simulate_stitched

if TYPE_CHECKING:
    from xrayiq_phantoms.archive import simulate_archive
    from xrayiq_phantoms.bulk import BulkFile, BulkSummary, plan_bulk, simulate_bulk
    from xrayiq_phantoms.detector_tests import simulate_detector_tests
    from xrayiq_phantoms.dicom_values import Equipment, Examination, Identifiers, Technique, simulated_uid
    from xrayiq_phantoms.dicom_writer import write_dicom
    from xrayiq_phantoms.dose_dialects import simulate_dose_report
    from xrayiq_phantoms.dose_faults import plant_dose_fault
    from xrayiq_phantoms.dose_hospital import DoseHospital, simulate_dose_hospital
    from xrayiq_phantoms.dose_hospital_truth import DoseExposure, read_dose_exposures
    from xrayiq_phantoms.dose_report import ReportedEvent, write_dose_report
    from xrayiq_phantoms.hospital_quarter import simulate_hospital_quarter
    from xrayiq_phantoms.manifest import Manifest, ManifestEntry, Plant, read_manifest

__all__ = [
    "CDMAM_LIKE",
    "CDRAD_LIKE",
    "AluminiumTruth",
    "AnatomyKind",
    "BarTruth",
    "BulkFile",
    "BulkSummary",
    "ClinicalField",
    "ClinicalTruth",
    "ContrastDetailObject",
    "ContrastDetailTruth",
    "ContrastTruth",
    "DarkTruth",
    "Defect",
    "Detail",
    "Detector",
    "DiscRingObject",
    "DiscRingTruth",
    "DoseExposure",
    "DoseHospital",
    "EdgeTruth",
    "Equipment",
    "Examination",
    "FieldTruth",
    "FlatTruth",
    "Generator",
    "GhostTruth",
    "GridTruth",
    "Identifiers",
    "LagComponent",
    "LagTruth",
    "LightFieldTruth",
    "Manifest",
    "ManifestEntry",
    "Phantom",
    "Plant",
    "PlateTruth",
    "ReportedEvent",
    "SimulatedBlob",
    "SimulatedLines",
    "SimulatedSeam",
    "StarTruth",
    "StitchTruth",
    "Technique",
    "Wire",
    "detail_grid",
    "lag_at",
    "meter_table",
    "plan_bulk",
    "plant_dose_fault",
    "read_dose_exposures",
    "read_manifest",
    "simulate_aluminium",
    "simulate_archive",
    "simulate_bars",
    "simulate_bulk",
    "simulate_clinical",
    "simulate_clinical_field",
    "simulate_contrast_detail",
    "simulate_contrast_details",
    "simulate_dark",
    "simulate_decay",
    "simulate_detector_tests",
    "simulate_disc_ring",
    "simulate_dose_hospital",
    "simulate_dose_report",
    "simulate_edge",
    "simulate_field",
    "simulate_flat",
    "simulate_ghost",
    "simulate_grid",
    "simulate_hospital_quarter",
    "simulate_lag",
    "simulate_light_field",
    "simulate_meter_rows",
    "simulate_plate",
    "simulate_star",
    "simulate_stitched",
    "simulated_uid",
    "write_dicom",
    "write_dose_report",
]

#: names whose modules need the DICOM library: imported on first use
_LAZY = {
    "simulate_archive": "archive",
    "BulkFile": "bulk",
    "BulkSummary": "bulk",
    "plan_bulk": "bulk",
    "simulate_bulk": "bulk",
    "simulate_detector_tests": "detector_tests",
    "Equipment": "dicom_values",
    "Examination": "dicom_values",
    "Identifiers": "dicom_values",
    "Technique": "dicom_values",
    "simulated_uid": "dicom_values",
    "write_dicom": "dicom_writer",
    "DoseHospital": "dose_hospital",
    "simulate_dose_hospital": "dose_hospital",
    "simulate_hospital_quarter": "hospital_quarter",
    "Plant": "manifest",
    "DoseExposure": "dose_hospital_truth",
    "read_dose_exposures": "dose_hospital_truth",
    "simulate_dose_report": "dose_dialects",
    "plant_dose_fault": "dose_faults",
    "ReportedEvent": "dose_report",
    "write_dose_report": "dose_report",
    "Manifest": "manifest",
    "ManifestEntry": "manifest",
    "read_manifest": "manifest",
}


def __getattr__(name: str) -> Any:
    """Name of a module that is imported on first use."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
