"""Views of the hospital whose doses are simulated, and their usual technique.

Lengths are such that output · charge · area at 1 m has at most eleven digits: a decimal string holds it exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from xrayiq_phantoms.anatomy import AnatomyKind

#: usual dose of each view in Gy·cm²: the United Kingdom's national reference levels where there is one, for children
#: those of EC Radiation Protection 185 (2018), otherwise a plausible dose
USUAL_DOSES_GY_CM2: Final = MappingProxyType(
    {
        "CHEST PA": 0.1,
        "CHEST LAT": 0.25,
        "ABDOMEN AP": 2.5,
        "PELVIS AP": 2.2,
        "LSPINE AP": 1.5,
        "LSPINE LAT": 2.5,
        "HAND PA": 0.02,
        "CHEST AP < 5 kg": 0.015,
        "CHEST AP 5 to < 15 kg": 0.022,
        "CHEST AP 15 to < 30 kg": 0.050,
        "CHEST AP 30 to < 50 kg": 0.070,
        "CHEST AP 50 to < 80 kg": 0.087,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseView:
    """One view and its usual technique.

    Parameters
    ----------
    name : str
        Key of `USUAL_DOSES_GY_CM2`.
    body_part, view_position, protocol_name : str
        What headers and reports call it.
    anatomy : {"chest", "hand", "abdomen"}
        Of its image.
    tube_voltage_kv : int
        Tube voltage.
    distance_mm : int
        From source to detector.
    gap_mm, thickness_mm : int
        From detector to patient, and through a patient of usual size.
    attenuation_per_mm : float
        With it the exposure control answers to more thickness.
    field_cm : (int, int)
        Height and width of the usual field at the detector.
    field_range_cm : int
        Height and width are larger or smaller by up to it.
    target_exposure_index : int
        Target.
    child_kg : (float, float) or None
        Weights of a band of children.
    grid : str or None
        As the header names it.
    """

    name: str
    body_part: str
    view_position: str
    protocol_name: str
    anatomy: AnatomyKind
    tube_voltage_kv: int
    distance_mm: int
    thickness_mm: int
    attenuation_per_mm: float
    field_cm: tuple[int, int]
    target_exposure_index: int
    gap_mm: int = 60
    field_range_cm: int = 2
    child_kg: tuple[float, float] | None = None
    grid: str | None = "FOCUSED"

    @property
    def sided(self) -> bool:
        """Whether the body part has a left and a right."""
        return self.anatomy == "hand"

    @property
    def usual_dose_gy_cm2(self) -> float:
        """Usual dose."""
        return USUAL_DOSES_GY_CM2[self.name]


CHEST_PA: Final = DoseView(
    name="CHEST PA",
    body_part="CHEST",
    view_position="PA",
    protocol_name="Chest PA",
    anatomy="chest",
    tube_voltage_kv=120,
    distance_mm=2000,
    thickness_mm=230,
    attenuation_per_mm=0.011,
    field_cm=(37, 33),
    target_exposure_index=250,
    gap_mm=40,
)
CHEST_LAT: Final = replace(
    CHEST_PA,
    name="CHEST LAT",
    view_position="LL",
    protocol_name="Chest LAT",
    thickness_mm=320,
    attenuation_per_mm=0.010,
    field_cm=(37, 29),
)
ABDOMEN_AP: Final = DoseView(
    name="ABDOMEN AP",
    body_part="ABDOMEN",
    view_position="AP",
    protocol_name="Abdomen AP",
    anatomy="abdomen",
    tube_voltage_kv=80,
    distance_mm=1250,
    thickness_mm=210,
    attenuation_per_mm=0.018,
    field_cm=(37, 35),
    target_exposure_index=320,
)
PELVIS_AP: Final = replace(
    ABDOMEN_AP, name="PELVIS AP", body_part="PELVIS", protocol_name="Pelvis AP", tube_voltage_kv=76, field_cm=(33, 37)
)
LSPINE_AP: Final = replace(
    ABDOMEN_AP, name="LSPINE AP", body_part="LSPINE", protocol_name="L-Spine AP", tube_voltage_kv=78, field_cm=(39, 19)
)
LSPINE_LAT: Final = replace(
    LSPINE_AP,
    name="LSPINE LAT",
    view_position="LL",
    protocol_name="L-Spine LAT",
    tube_voltage_kv=90,
    thickness_mm=320,
    attenuation_per_mm=0.012,
)
HAND_PA: Final = DoseView(
    name="HAND PA",
    body_part="HAND",
    view_position="PA",
    protocol_name="Hand PA",
    anatomy="hand",
    tube_voltage_kv=52,
    distance_mm=1000,
    thickness_mm=30,
    attenuation_per_mm=0.025,
    field_cm=(25, 19),
    target_exposure_index=400,
    gap_mm=0,
    grid=None,
)


def _child(band: str, weights_kg: tuple[float, float], voltage_kv: int, side_cm: int, thickness_mm: int) -> DoseView:
    return DoseView(
        name=f"CHEST AP {band}",
        body_part="CHEST",
        view_position="AP",
        protocol_name="Chest AP child",
        anatomy="chest",
        tube_voltage_kv=voltage_kv,
        distance_mm=1250,
        thickness_mm=thickness_mm,
        attenuation_per_mm=0.010,
        field_cm=(side_cm + 1, side_cm),
        target_exposure_index=250,
        gap_mm=20,
        field_range_cm=1,
        child_kg=weights_kg,
        grid=None,
    )


CHILD_CHESTS: Final = (
    _child("< 5 kg", (2.4, 4.9), 60, 13, 85),
    _child("5 to < 15 kg", (5.5, 14.5), 64, 15, 115),
    _child("15 to < 30 kg", (15.5, 29.5), 70, 24, 145),
    _child("30 to < 50 kg", (30.5, 49.5), 76, 29, 175),
    _child("50 to < 80 kg", (50.5, 74.0), 80, 33, 200),
)
