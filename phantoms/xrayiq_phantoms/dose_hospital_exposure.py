"""One exposure of the hospital whose doses are simulated: technique, field, dose and receptor out of a patient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.dicom_values import SIMULATED_START
from xrayiq_phantoms.dose_hospital_patients import DosePatient
from xrayiq_phantoms.dose_hospital_rooms import DoseRoom
from xrayiq_phantoms.dose_hospital_truth import DoseExposure
from xrayiq_phantoms.dose_hospital_views import DoseView

TUBE_CURRENT_MA: Final = 250.0
#: from the reference point to the detector
REFERENCE_POINT_MM: Final = 300
#: greatest error of the exposure control, in units of the deviation index
_CONTROL_ERROR: Final = 0.9
_M2_PER_CM2: Final = Decimal("1e-4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """Something that goes wrong in one exposure: the middle study of its room's view.

    Parameters
    ----------
    name : str
        As the truth names it.
    demand : float
        Charge that the patient's thickness asks for, by the usual one; the receptor stays on target.
    excess : float
        Charge by what the patient asks for: the deviation index tells it.
    control : float
        Usual error of the exposure control beside it, in units of the deviation index.
    field_cm : (int, int) or None
        Field in place of the usual one.
    """

    name: str
    demand: float = 1.0
    excess: float = 1.0
    control: float = 0.0
    field_cm: tuple[int, int] | None = None


#: by room and view: 8 times the usual charge for a thick patient, 6 times the area, 8 times the charge of a wrong cell
PLANTS: Final = {
    ("B", "ABDOMEN AP"): Plant(name="thick_patient", demand=8.0),
    ("B", "CHEST AP 5 to < 15 kg"): Plant(name="no_collimation", field_cm=(40, 36)),
    ("B", "CHEST PA"): Plant(name="wrong_cell", demand=10.0**0.1, excess=8.0, control=-1.0),
}


def plan_exposure(
    room: DoseRoom,
    view: DoseView,
    patient: DosePatient,
    ranks: NDArray[np.float64],
    *,
    dose_fraction: float,
    rise: float = 1.0,
    plant: Plant | None = None,
) -> DoseExposure:
    """Exposure without its identity: charge and field are rounded first, all else follows from them.

    Parameters
    ----------
    room, view, patient : DoseRoom, DoseView, DosePatient
        Where, what and who.
    ranks : array of 3
        Exposure control, height and width of the field among all, each from 0 to 1.
    dose_fraction : float
        Dose aimed at, by the usual one.
    rise : float
        Dose by that of the first week; the receptor gets it too.
    plant : Plant, optional
        What goes wrong.
    """
    control = _CONTROL_ERROR * (2.0 * float(ranks[0]) - 1.0)
    height, width = (
        side + round((2.0 * float(rank) - 1.0) * view.field_range_cm)
        for side, rank in zip(view.field_cm, ranks[1:], strict=True)
    )
    thickness = view.thickness_mm * patient.thickness_factor
    if plant is not None:
        control = plant.control
        height, width = plant.field_cm or view.field_cm
        thickness = view.thickness_mm + math.log(plant.demand) / view.attenuation_per_mm
    receptor = 10.0 ** (control / 10.0) * rise * (1.0 if plant is None else plant.excess)
    through_mm = round(thickness)
    output = room.output_ugy_per_mas(view.tube_voltage_kv)
    usual_area_m2 = float(_area_at_1_m_cm2(*view.field_cm, view.distance_mm)) * 1e-4
    usual_charge = dose_fraction * view.usual_dose_gy_cm2 * 1e-4 / (output * 1e-6 * usual_area_m2)
    demand = math.exp(view.attenuation_per_mm * (through_mm - view.thickness_mm))
    charge = Decimal(f"{usual_charge * demand * receptor:.3g}")
    area_cm2 = _area_at_1_m_cm2(height, width, view.distance_mm)
    dap = output * Decimal("1e-6") * charge * area_cm2 * _M2_PER_CM2
    index = round(view.target_exposure_index * receptor)
    to_patient = view.distance_mm - view.gap_mm - through_mm
    return DoseExposure(
        event_uid="",
        study_uid="",
        patient_id="",
        room=room.name,
        view=view.name,
        body_part=view.body_part,
        view_position=view.view_position,
        protocol_name=view.protocol_name,
        exposed_at=SIMULATED_START,
        operator=0,
        patient_age_years=patient.age_years,
        patient_weight_kg=patient.weight_kg,
        patient_size_m=patient.size_m,
        patient_sex=patient.sex,
        thickness_mm=through_mm,
        tube_voltage_kv=float(view.tube_voltage_kv),
        exposure_mas=float(charge),
        exposure_time_ms=float(charge * 1000 / Decimal(TUBE_CURRENT_MA)),
        tube_current_ma=TUBE_CURRENT_MA,
        output_ugy_per_mas=float(output),
        source_detector_distance_mm=view.distance_mm,
        source_patient_distance_mm=to_patient,
        field_height_mm=10 * height,
        field_width_mm=10 * width,
        field_area_mm2=100.0 * height * width,
        field_area_at_1_m_mm2=float(100 * area_cm2),
        dap_gy_m2=float(dap),
        stated_dap_gy_m2=float(dap * room.stated_dap_factor),
        incident_kerma_mgy=_kerma_mgy(output, charge, to_patient),
        stated_entrance_dose_mgy=_kerma_mgy(output, charge, to_patient) if room.states_entrance_dose else None,
        stated_reference_kerma_mgy=_kerma_mgy(output, charge, view.distance_mm - REFERENCE_POINT_MM)
        if room.states_reference_kerma
        else None,
        exposure_index=float(index),
        target_exposure_index=float(view.target_exposure_index),
        deviation_index=round(10.0 * math.log10(index / view.target_exposure_index), 1),
        planted=None if plant is None else plant.name,
    )


def _area_at_1_m_cm2(height_cm: int, width_cm: int, distance_mm: int) -> Decimal:
    """Finite for the distances in use."""
    return Decimal(height_cm * width_cm) * 1_000_000 / Decimal(distance_mm) ** 2


def _kerma_mgy(output_ugy_per_mas: int, charge: Decimal, distance_mm: int) -> float:
    """Of four digits, as consoles show it."""
    return float(f"{output_ugy_per_mas * float(charge) * 1e-3 * (1000.0 / distance_mm) ** 2:.4g}")
