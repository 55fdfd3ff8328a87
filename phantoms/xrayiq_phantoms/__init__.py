"""Simulated radiographs with their truth: detector, objects, files and whole archives.

Nothing here imports the measuring code: the truth shares no code with what it judges.
"""

from __future__ import annotations

from xrayiq_phantoms.defects import Defect
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import EdgeTruth, simulate_edge
from xrayiq_phantoms.flat import FlatTruth, simulate_flat, simulate_lag
from xrayiq_phantoms.phantom import Phantom

__all__ = [
    "Defect",
    "Detector",
    "EdgeTruth",
    "FlatTruth",
    "Phantom",
    "simulate_edge",
    "simulate_flat",
    "simulate_lag",
]
