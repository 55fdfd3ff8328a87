"""Layouts of round objects with a ring of discs, from a data file."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from xrayiq.model.limit import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscRingLayout:
    """Where a round object has its discs; lengths in its own plane.

    Parameters
    ----------
    name : str
        What it stands for.
    plate_radius_mm, ring_radius_mm : float
        Radius of the plate, and distance of the discs from its centre.
    disc_diameter_mm : float
        Diameter of the discs.
    disc_count : int
        Discs; one more place on the ring holds the bars.
    bar_mm, bar_length_mm : float
        Width of the bars, which are as far apart, and their length along the radius.
    bar_count : int
        Bars.
    document : str
        Where it stands.
    confidence : {"A", "B", "C"}
        C: not verified against the maker's drawing.
    """

    name: str
    plate_radius_mm: float
    ring_radius_mm: float
    disc_diameter_mm: float
    disc_count: int
    bar_mm: float
    bar_length_mm: float
    bar_count: int
    document: str
    confidence: Confidence


@functools.cache
def disc_ring_layouts() -> Mapping[str, DiscRingLayout]:
    """All layouts by short name, from ``data/disc_ring.toml``."""
    text = resources.files("xrayiq").joinpath("data/disc_ring.toml").read_text(encoding="utf-8")
    return MappingProxyType({key: DiscRingLayout(**row) for key, row in tomllib.loads(text).items()})
