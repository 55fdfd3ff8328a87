"""What simulated dose reports state, and the items that all of them are made of.

Doses are whole numbers of a small unit, so that totals are sums of integers and their decimal strings are exact.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from pydicom.dataset import Dataset

from xrayiq_phantoms.report_items import coded_item, container_item, number_item, other_item, started_item, uid_item

DoseDialect = Literal[
    "radiography", "angiography_two_planes", "angiography_shutters", "mammography", "computed_tomography"
]

PLANES: Final = {"A": ("113620", "Plane A"), "B": ("113621", "Plane B"), "single": ("113622", "Single Plane")}
_FILTER_MATERIALS: Final = {
    "Al": ("C-120F9", "Aluminum or Aluminum compound"),
    "Cu": ("C-127F9", "Copper or Copper compound"),
    "Rh": ("C-167F9", "Rhodium"),
}
#: 1 nGy·m² in Gy·m², 1 µGy in Gy
_DAP_STEP: Final = Decimal("1e-9")
_KERMA_STEP: Final = Decimal("1e-6")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedEvent:
    """What one event states: identity, plane or breast, and numbers by a name that ends in the unit."""

    event_uid: str
    started_at: datetime.datetime
    plane: str = "single"
    side: str | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedReport:
    """A dose report and its truth.

    Parameters
    ----------
    dataset : Dataset
        With file meta information; written with ``save_as``.
    dialect : str
        Whose way of writing it follows.
    events : tuple of StatedEvent
        In the order of the report.
    totals : mapping of str to float
        Totals by a name that ends in the unit.
    plane_totals : mapping of str to mapping
        The same for each accumulated block.
    faults : mapping of str to str
        Path of each planted fault and what it is.
    """

    dataset: Dataset
    dialect: DoseDialect
    events: tuple[StatedEvent, ...]
    totals: Mapping[str, float]
    plane_totals: Mapping[str, Mapping[str, float]]
    faults: Mapping[str, str] = field(default_factory=dict)


Built = tuple[list[Dataset], list[StatedEvent], dict[str, dict[str, float]]]


def dose_items(dap: int, kerma: int, area_unit: str) -> list[Dataset]:
    """Dose-area product and reference-point dose of an event."""
    return [
        number_item(("122130", "Dose Area Product"), float(dap * _DAP_STEP), area_unit),
        number_item(("113738", "Dose (RP)"), float(kerma * _KERMA_STEP), "Gy"),
    ]


def stated_doses(dap: int, kerma: int) -> dict[str, float]:
    """The same two as truth."""
    return {"dap_gy_m2": float(dap * _DAP_STEP), "kerma_gy": float(kerma * _KERMA_STEP)}


def procedure_item(title: tuple[str, str] = ("113704", "Projection X-Ray")) -> Dataset:
    """Procedure reported."""
    return coded_item("HAS CONCEPT MOD", ("121058", "Procedure reported"), title)


def event_block(uid: str, at: datetime.datetime, plane: str, items: Sequence[Dataset]) -> Dataset:
    """Irradiation event."""
    block = container_item(("113706", "Irradiation Event X-Ray Data"), "10003")
    block.ContentSequence = [
        coded_item("HAS CONCEPT MOD", ("113764", "Acquisition Plane"), PLANES[plane]),
        uid_item("CONTAINS", ("113769", "Irradiation Event UID"), uid),
        started_item(at),
        *items,
    ]
    return block


def accumulated_block(plane: str, items: Sequence[Dataset]) -> Dataset:
    """Accumulated block of a plane."""
    block = container_item(("113702", "Accumulated X-Ray Dose Data"), "10002")
    block.ContentSequence = [coded_item("HAS CONCEPT MOD", ("113764", "Acquisition Plane"), PLANES[plane]), *items]
    return block


def filter_block(material: str, thickness_mm: float) -> Dataset:
    """Flat filter."""
    block = container_item(("113771", "X-Ray Filters"), "10003B")
    block.ContentSequence = [
        coded_item("CONTAINS", ("113772", "X-Ray Filter Type"), ("113653", "Flat filter")),
        other_item(("113757", "X-Ray Filter Material"), _FILTER_MATERIALS[material], "SRT"),
        number_item(("113758", "X-Ray Filter Thickness Minimum"), thickness_mm, "mm"),
        number_item(("113773", "X-Ray Filter Thickness Maximum"), thickness_mm, "mm"),
    ]
    return block


def summed_doses(values: Sequence[tuple[int, int]]) -> dict[str, float]:
    """Truth of the sum over events."""
    return stated_doses(sum(dap for dap, _ in values), sum(kerma for _, kerma in values))


def total_items(totals: Mapping[str, float], area_unit: str) -> list[Dataset]:
    """Totals of dose-area product and reference-point dose."""
    return [
        number_item(("113722", "Dose Area Product Total"), totals["dap_gy_m2"], area_unit),
        number_item(("113725", "Dose (RP) Total"), totals["kerma_gy"], "Gy"),
    ]
