"""Modality performed procedure steps that were kept as files: their exposures and dose totals (DICOM PS3.3, C.4.16)."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Final

from xrayiq.dicom.acquisition import CURRENTS, TIMES, filter_type, finest
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.faults import guarded
from xrayiq.dicom.header import object_header
from xrayiq.dicom.moments import parse_date, parse_time
from xrayiq.dicom.opening import Source, open_header
from xrayiq.errors import NotMeasurableError
from xrayiq.model import ObjectHeader, PerformedStep, StepExposure

#: a step has one of these
_NEEDED: Final = ("PerformedProcedureStepID", "ExposureDoseSequence", "PerformedSeriesSequence")
_STEP_CLASS: Final = "1.2.840.10008.3.1.2.3.3"


def read_performed_step(source: Source, *, key: bytes | None = None) -> PerformedStep:
    """Exposures and dose totals of a modality performed procedure step.

    Parameters
    ----------
    source : path, bytes, binary file object or pydicom Dataset
        The step as an object.
    key : bytes, optional
        Secret key for the hashes that stand for patient and operator.

    Returns
    -------
    PerformedStep
        None where the step is silent; 0 is a value. The total time of fluoroscopy is in seconds, the dose-area product
        in Gy·m² (dGy·cm² in the step).

    Raises
    ------
    ReadError
        One of its kinds: the source is no DICOM object or is damaged.
    NotMeasurableError
        The object is no performed procedure step (``not_a_performed_step``).
    """
    opened = open_header(source)
    with guarded(opened.name):
        elements = Elements((opened.content,))
        header = object_header(opened, key)
        if header.sop_class_uid != _STEP_CLASS and not any(elements.has(keyword) for keyword in _NEEDED):
            raise NotMeasurableError(
                "not_a_performed_step",
                "an object without attributes of a performed procedure step",
                needed="a modality performed procedure step",
                source=opened.name,
            )
        acquisition = header.acquisition
        station = acquisition.station_name or elements.text("PerformedStationName")
        header = dataclasses.replace(header, acquisition=dataclasses.replace(acquisition, station_name=station))
        scheduled = Elements(elements.items("ScheduledStepAttributesSequence")[:1])
        return PerformedStep(
            header=header,
            study_uid=scheduled.uid("StudyInstanceUID") or elements.uid("StudyInstanceUID"),
            started_at=_moment(elements, "PerformedProcedureStepStart"),
            ended_at=_moment(elements, "PerformedProcedureStepEnd"),
            image_uids=_image_uids(elements),
            exposures=tuple(_exposure(Elements((item,))) for item in elements.items("ExposureDoseSequence")),
            total_dap_gy_m2=header.acquisition.dap_gy_m2,
            total_fluoro_time_s=elements.number("TotalTimeOfFluoroscopy"),
            total_entrance_dose_mgy=header.acquisition.entrance_dose_mgy,
            exposure_count=elements.number("TotalNumberOfExposures"),
        )


def step_header(header: ObjectHeader, step: PerformedStep) -> ObjectHeader:
    """Header of a step with the study, the time and the station that it names in attributes of its own.

    Parameters
    ----------
    header : ObjectHeader
        As read from the object.
    step : PerformedStep
        Of the same object.
    """
    station = header.acquisition.station_name or step.header.acquisition.station_name
    moment = header.acquisition.exposed_at or step.started_at
    acquisition = dataclasses.replace(header.acquisition, station_name=station, exposed_at=moment)
    return dataclasses.replace(header, study_uid=header.study_uid or step.study_uid, acquisition=acquisition)


def _exposure(elements: Elements) -> StepExposure:
    return StepExposure(
        irradiation_event_uid=elements.uid("IrradiationEventUID"),
        radiation_mode=elements.choice("RadiationMode", ("CONTINUOUS", "PULSED")),
        tube_voltage_kv=elements.number("KVP"),
        tube_current_ma=finest(elements, CURRENTS),
        exposure_time_ms=finest(elements, TIMES),
        filter_type=filter_type(elements),
        filter_material=elements.joined("FilterMaterial"),
    )


def _image_uids(elements: Elements) -> tuple[str, ...]:
    series = [Elements((item,)) for item in elements.items("PerformedSeriesSequence")]
    images = [
        Elements((item,)).uid("ReferencedSOPInstanceUID")
        for one in series
        for item in one.items("ReferencedImageSequence")
    ]
    return tuple(uid for uid in images if uid)


def _moment(elements: Elements, name: str) -> datetime.datetime | None:
    date, time = parse_date(elements.text(f"{name}Date") or ""), parse_time(elements.text(f"{name}Time") or "")
    return None if date is None else datetime.datetime.combine(date, time or datetime.time())
