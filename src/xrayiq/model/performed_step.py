"""What a performed procedure step (MPPS) tells of the exposures of an examination."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from xrayiq.model.acquisition import ObjectHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class StepExposure:
    """One exposure of a step (Exposure Dose Sequence); None where it is silent."""

    irradiation_event_uid: str | None = None
    radiation_mode: str | None = None
    tube_voltage_kv: float | None = None
    tube_current_ma: float | None = None
    exposure_time_ms: float | None = None
    filter_type: str | None = None
    filter_material: str | None = None

    @property
    def exposure_mas(self) -> float | None:
        """Tube current times exposure time."""
        if self.tube_current_ma is None or self.exposure_time_ms is None:
            return None
        return self.tube_current_ma * self.exposure_time_ms / 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformedStep:
    """Exposures and totals of one performed procedure step.

    Parameters
    ----------
    header : ObjectHeader
        Identity and equipment; its acquisition holds the totals that share an attribute with images.
    study_uid : str or None
        Study that was performed.
    started_at, ended_at : datetime or None
        Reading of the unit's clock.
    image_uids : tuple of str
        Images that the step gave.
    exposures : tuple of StepExposure
        In the order of the step.
    total_dap_gy_m2, total_fluoro_time_s, total_entrance_dose_mgy : float or None
        Of the whole step.
    exposure_count : float or None
        Number of exposures, fluoroscopy and rejected ones included as the unit counts them.
    """

    header: ObjectHeader
    study_uid: str | None = None
    started_at: datetime.datetime | None = None
    ended_at: datetime.datetime | None = None
    image_uids: tuple[str, ...] = ()
    exposures: tuple[StepExposure, ...] = ()
    total_dap_gy_m2: float | None = None
    total_fluoro_time_s: float | None = None
    total_entrance_dose_mgy: float | None = None
    exposure_count: float | None = None
