"""Exposures as images, dose reports and performed procedure steps tell of them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.model.acquisition import Acquisition, ObjectHeader
from xrayiq.model.dose_event import DoseEvent
from xrayiq.model.dose_report import DoseReport
from xrayiq.model.exposures import ExposureMember, technique_key
from xrayiq.model.performed_step import PerformedStep

ExposureSource = Literal["image", "report", "step"]

_EPOCH: Final = datetime.datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedExposure:
    """One exposure as one object tells of it; None where that is silent.

    Parameters
    ----------
    source : str
        ``"image"``, ``"report"`` or ``"step"``.
    subject : str
        The object.
    place : int
        Number of the event or exposure in it, from 1.
    unit : tuple of (str or None)
        Manufacturer, model, station name and serial number.
    event_uid : str or None
        Irradiation event.
    image_uids : tuple of str
        The image itself, or those that the object says the exposure gave; of a step those of all its exposures.
    exposed_at : datetime or None
        Reading of the unit's clock.
    tube_voltage_kv, exposure_mas, exposure_time_ms : float or None
        Technique.
    dap_gy_m2, average_glandular_dose_mgy : float or None
        Dose.
    technique_key, intent : str or None
        Of an image.
    """

    source: ExposureSource
    subject: str
    place: int = 1
    unit: tuple[str | None, str | None, str | None, str | None] = (None, None, None, None)
    event_uid: str | None = None
    image_uids: tuple[str, ...] = ()
    exposed_at: datetime.datetime | None = None
    tube_voltage_kv: float | None = None
    exposure_mas: float | None = None
    exposure_time_ms: float | None = None
    dap_gy_m2: float | None = None
    average_glandular_dose_mgy: float | None = None
    technique_key: str | None = None
    intent: str | None = None

    @property
    def exposed_at_s(self) -> float | None:
        """Seconds from 1970 by the unit's clock."""
        return None if self.exposed_at is None else (self.exposed_at.replace(tzinfo=None) - _EPOCH).total_seconds()

    @property
    def member(self) -> ExposureMember:
        """The exposure as images are linked with each other."""
        return ExposureMember(
            subject=self.subject,
            intent=self.intent,
            event_uid=self.event_uid,
            technique_key=self.technique_key,
            exposed_at_s=self.exposed_at_s,
            tube_voltage_kv=self.tube_voltage_kv,
            exposure_mas=self.exposure_mas,
        )


def exposure_of_image(header: ObjectHeader) -> ReportedExposure:
    """Exposure that an image tells of."""
    acquisition = header.acquisition
    return ReportedExposure(
        source="image",
        subject=header.subject,
        unit=_unit(acquisition),
        event_uid=header.irradiation_event_uid,
        image_uids=(header.subject,),
        exposed_at=acquisition.exposed_at,
        tube_voltage_kv=acquisition.tube_voltage_kv,
        exposure_mas=acquisition.exposure_mas,
        exposure_time_ms=acquisition.exposure_time_ms,
        dap_gy_m2=acquisition.dap_gy_m2,
        average_glandular_dose_mgy=acquisition.average_glandular_dose_mgy,
        technique_key=technique_key(header),
        intent=acquisition.intent,
    )


def exposures_of_report(report: DoseReport) -> tuple[ReportedExposure, ...]:
    """Exposures that a dose report tells of, in its order."""
    unit = _unit(report.header.acquisition)
    return tuple(
        _exposure_of_event(event, report.header.subject, place, unit)
        for place, event in enumerate(report.events, start=1)
    )


def exposures_of_step(step: PerformedStep) -> tuple[ReportedExposure, ...]:
    """Exposures that a performed procedure step tells of, in its order."""
    unit = _unit(step.header.acquisition)
    return tuple(
        ReportedExposure(
            source="step",
            subject=step.header.subject,
            place=place,
            unit=unit,
            event_uid=exposure.irradiation_event_uid,
            image_uids=step.image_uids,
            tube_voltage_kv=exposure.tube_voltage_kv,
            exposure_mas=exposure.exposure_mas,
            exposure_time_ms=exposure.exposure_time_ms,
            dap_gy_m2=step.total_dap_gy_m2 if len(step.exposures) == 1 else None,
        )
        for place, exposure in enumerate(step.exposures, start=1)
    )


def _exposure_of_event(
    event: DoseEvent, subject: str, place: int, unit: tuple[str | None, str | None, str | None, str | None]
) -> ReportedExposure:
    return ReportedExposure(
        source="report",
        subject=subject,
        place=place,
        unit=unit,
        event_uid=event.irradiation_event_uid,
        image_uids=event.acquired_image_uids,
        exposed_at=event.started_at,
        tube_voltage_kv=event.tube_voltage_kv,
        exposure_mas=event.exposure_mas,
        exposure_time_ms=event.exposure_time_ms,
        dap_gy_m2=event.dap_gy_m2,
        average_glandular_dose_mgy=event.average_glandular_dose_mgy,
    )


def _unit(acquisition: Acquisition) -> tuple[str | None, str | None, str | None, str | None]:
    return acquisition.manufacturer, acquisition.model, acquisition.station_name, acquisition.serial_number
