"""Rooms of the hospital whose doses are simulated: what they examine, at which dose, and how they state it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from xrayiq_phantoms.dicom_values import Equipment
from xrayiq_phantoms.dose_hospital_views import (
    ABDOMEN_AP,
    CHEST_LAT,
    CHEST_PA,
    CHILD_CHESTS,
    HAND_PA,
    LSPINE_AP,
    LSPINE_LAT,
    PELVIS_AP,
    DoseView,
)

#: how often a study is reported: once, twice alike, in reports that each hold all events so far, or the new ones only
Reporting = Literal["once", "duplicate", "cumulative", "continued"]
#: how a room's reports are written
ReportDialect = Literal["plain", "compact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseProgram:
    """Studies of one kind in a room.

    Parameters
    ----------
    views : tuple of DoseView
        Of each study, in order.
    studies : int
        How many, evenly over the weeks.
    dose_fractions : tuple of float
        Dose aimed at for each view, by the usual one.
    rise : float
        By which part the dose of the last view rises from the first week to the last.
    uniform : bool
        Patients of 62 to 78 kg only; otherwise 50 to 90 kg and every ninth adult outside.
    reportings : tuple of str
        How the first studies are reported; the others once.
    without_image : int
        How many of the last studies leave no image.
    steps : int
        How many of the first studies leave a performed procedure step.
    """

    views: tuple[DoseView, ...]
    studies: int
    dose_fractions: tuple[float, ...]
    rise: float = 0.0
    uniform: bool = False
    reportings: tuple[Reporting, ...] = ()
    without_image: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRoom:
    """One room.

    Parameters
    ----------
    letter : str
        A to D.
    equipment : Equipment
        Identity.
    output_at_80_kv_ugy_per_mas : float
        Kerma by charge at 1 m; it goes with the square of the voltage, in whole µGy/mAs.
    programs : tuple of DoseProgram
        What it does.
    stores_images : bool
        Whether images are in the archive.
    reports : str or None
        Dialect of its dose reports; None writes none.
    stated_dap_factor : int
        Dose-area product as a reader must take it by the true one; 1 in a right unit.
    states_entrance_dose, states_reference_kerma : bool
        Whether images state the kerma at the patient, and reports that at the reference point.
    """

    letter: str
    equipment: Equipment
    output_at_80_kv_ugy_per_mas: float
    programs: tuple[DoseProgram, ...]
    stores_images: bool = False
    reports: ReportDialect | None = "plain"
    stated_dap_factor: int = 1
    states_entrance_dose: bool = False
    states_reference_kerma: bool = False

    @property
    def name(self) -> str:
        """Station name."""
        return self.equipment.station_name

    def output_ugy_per_mas(self, voltage_kv: int) -> int:
        """Kerma by charge at 1 m."""
        return round(self.output_at_80_kv_ugy_per_mas * (voltage_kv / 80.0) ** 2)


def _equipment(letter: str, manufacturer: str, model: str) -> Equipment:
    return Equipment(
        manufacturer=manufacturer,
        model=model,
        station_name=f"SIMDOSE{letter}",
        serial_number=f"SIM-D00{letter}",
        detector_id=f"SIMDET-D00{letter}",
    )


DOSE_ROOMS: Final = (
    DoseRoom(
        letter="A",
        equipment=_equipment("A", "Simulated Rays", "Compacta 1"),
        output_at_80_kv_ugy_per_mas=52.0,
        programs=(
            DoseProgram(
                views=(CHEST_PA, CHEST_LAT),
                studies=36,
                dose_fractions=(1.6, 0.55),
                reportings=("duplicate", "continued", "cumulative"),
                steps=4,
            ),
            DoseProgram(views=(CHEST_PA,), studies=12, dose_fractions=(1.6,)),
            DoseProgram(views=(ABDOMEN_AP,), studies=36, dose_fractions=(0.5,), reportings=("duplicate",)),
            DoseProgram(views=(PELVIS_AP,), studies=36, dose_fractions=(0.5,)),
            DoseProgram(views=(HAND_PA,), studies=36, dose_fractions=(1.0,)),
        ),
        reports="compact",
        states_reference_kerma=True,
    ),
    DoseRoom(
        letter="B",
        equipment=_equipment("B", "Imaginary Imaging", "Plana 2"),
        output_at_80_kv_ugy_per_mas=56.0,
        programs=(
            DoseProgram(views=(CHEST_PA,), studies=40, dose_fractions=(0.6,)),
            DoseProgram(views=(ABDOMEN_AP,), studies=40, dose_fractions=(0.55,)),
            DoseProgram(views=(PELVIS_AP,), studies=36, dose_fractions=(0.6,)),
            DoseProgram(
                views=(LSPINE_AP, LSPINE_LAT),
                studies=36,
                dose_fractions=(0.6, 0.65),
                reportings=("cumulative", "continued"),
            ),
            *(
                DoseProgram(views=(view,), studies=studies, dose_fractions=(0.4,))
                for view, studies in zip(CHILD_CHESTS, (6, 30, 30, 8, 8), strict=True)
            ),
        ),
    ),
    DoseRoom(
        letter="C",
        equipment=_equipment("C", "Nowhere Detectors", "Centi 3"),
        output_at_80_kv_ugy_per_mas=50.0,
        programs=(
            DoseProgram(views=(CHEST_PA,), studies=44, dose_fractions=(0.6,), steps=3),
            DoseProgram(views=(HAND_PA,), studies=36, dose_fractions=(1.0,)),
            DoseProgram(views=(ABDOMEN_AP,), studies=36, dose_fractions=(0.5,)),
        ),
        stores_images=True,
        reports=None,
        stated_dap_factor=10,
        states_entrance_dose=True,
    ),
    DoseRoom(
        letter="D",
        equipment=_equipment("D", "Simulated Rays", "Duplex 4"),
        output_at_80_kv_ugy_per_mas=54.0,
        programs=(
            DoseProgram(views=(CHEST_PA,), studies=34, dose_fractions=(0.6,), without_image=5),
            DoseProgram(
                views=(CHEST_PA, ABDOMEN_AP),
                studies=3,
                dose_fractions=(0.6, 0.4),
                rise=0.6,
                uniform=True,
                reportings=("cumulative", "continued", "duplicate"),
                steps=3,
            ),
            DoseProgram(views=(ABDOMEN_AP,), studies=104, dose_fractions=(0.4,), rise=0.6, uniform=True),
        ),
        stores_images=True,
    ),
)
