"""Simulated radiographs with their truth: detector, objects, files and whole archives.

Nothing here imports the measuring code: the truth shares no code with what it judges.
"""

from __future__ import annotations

from xrayiq_phantoms.anatomy import AnatomyKind
from xrayiq_phantoms.clinical import ClinicalTruth, simulate_clinical
from xrayiq_phantoms.contrast import ContrastTruth, Detail, detail_grid, simulate_contrast_details
from xrayiq_phantoms.defects import Defect
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import EdgeTruth, simulate_edge
from xrayiq_phantoms.field import FieldTruth, simulate_field
from xrayiq_phantoms.flat import FlatTruth, simulate_flat, simulate_lag
from xrayiq_phantoms.phantom import Phantom

__all__ = [
    "AnatomyKind",
    "ClinicalTruth",
    "ContrastTruth",
    "Defect",
    "Detail",
    "Detector",
    "EdgeTruth",
    "FieldTruth",
    "FlatTruth",
    "Phantom",
    "detail_grid",
    "simulate_clinical",
    "simulate_contrast_details",
    "simulate_edge",
    "simulate_field",
    "simulate_flat",
    "simulate_lag",
]
