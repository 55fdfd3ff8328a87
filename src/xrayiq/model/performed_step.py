"""What a performed procedure step (MPPS) tells of the exposures of an examination."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from xrayiq.model.acquisition import ObjectHeader
from xrayiq.model.dose_event import DoseEvent
from xrayiq.model.provenance import Provenance
from xrayiq.model.quantity import Measurement
from xrayiq.model.result import Result


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PerformedStep(Result):
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
    provenance : Provenance
        The reader's version.
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
    provenance: Provenance = Provenance(algorithm="performed_step", algorithm_version=1)

    def measurements(self) -> tuple[Measurement, ...]:
        """Totals that the step states, and the number of its exposures."""
        stated = (
            ("dose_area_product_total", self.total_dap_gy_m2),
            ("fluoroscopy_time_total", self.total_fluoro_time_s),
            ("irradiation_events", float(len(self.exposures))),
        )
        return tuple(Measurement(quantity=name, value=value) for name, value in stated if value is not None)


def events_of_step(
    exposures: Sequence[StepExposure], *, image_uids: Sequence[str] = (), total_dap_gy_m2: float | None = None
) -> tuple[DoseEvent, ...]:
    """Exposures of a step as irradiation events.

    Parameters
    ----------
    exposures : sequence of StepExposure
        In the order of the step.
    image_uids : sequence of str
        Images of the step; which is of which exposure is known only where there is one of each.
    total_dap_gy_m2 : float or None
        Of the step; that of an exposure where it is the only one.
    """
    is_only = len(exposures) == 1
    return tuple(
        DoseEvent(
            irradiation_event_uid=one.irradiation_event_uid,
            tube_voltage_kv=one.tube_voltage_kv,
            tube_current_ma=one.tube_current_ma,
            exposure_time_ms=one.exposure_time_ms,
            exposure_mas=one.exposure_mas,
            dap_gy_m2=total_dap_gy_m2 if is_only else None,
            acquired_image_uid=image_uids[0] if is_only and len(image_uids) == 1 else None,
        )
        for one in exposures
    )
