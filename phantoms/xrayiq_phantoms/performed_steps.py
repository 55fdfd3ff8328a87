"""Modality performed procedure steps as archives keep them: one file each (DICOM PS3.4, F.7; PS3.3, C.4.14)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pydicom.dataset import Dataset

from xrayiq_phantoms.dicom_values import Equipment, Examination, Identifiers, decimal_string
from xrayiq_phantoms.dicom_writer import file_meta

STEP_CLASS: Final = "1.2.840.10008.3.1.2.3.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformedExposure:
    """One exposure of a step: technique, and its irradiation event where the unit tells it."""

    tube_voltage_kv: float
    tube_current_ma: float
    exposure_time_ms: float
    event_uid: str | None = None


def performed_step(
    exposures: Sequence[PerformedExposure],
    *,
    equipment: Equipment,
    examination: Examination,
    identifiers: Identifiers,
    started_at: datetime.datetime,
    ended_at: datetime.datetime,
    total_dap_gy_m2: float | None = None,
    image_uids: Sequence[str] = (),
    image_class_uid: str = "",
    names_equipment: bool = True,
) -> Dataset:
    """A completed step.

    Parameters
    ----------
    exposures : sequence of PerformedExposure
        In the order of their moments.
    equipment, examination, identifiers : Equipment, Examination, Identifiers
        Identity.
    started_at, ended_at : datetime
        Of the step.
    total_dap_gy_m2 : float, optional
        Of the whole step; the attribute has dGy·cm².
    image_uids : sequence of str
        Images that it gave, of `image_class_uid`.
    names_equipment : bool
        Whether maker, model and serial number stand beside the station, which is all that the standard asks for.

    Returns
    -------
    Dataset
        With the meta information of a file.
    """
    step = Dataset()
    step.SpecificCharacterSet = "ISO_IR 192"
    step.SOPClassUID, step.SOPInstanceUID = STEP_CLASS, identifiers.instance_uid
    step.Modality = "DX"
    step.PatientName, step.PatientID = examination.patient_name, examination.patient_id
    step.PatientSex = examination.sex
    step.PatientBirthDate = f"{examination.birth_date:%Y%m%d}" if examination.birth_date else ""
    step.PerformedStationName = equipment.station_name
    step.PerformedStationAETitle = equipment.station_name
    if names_equipment:
        step.Manufacturer, step.ManufacturerModelName = equipment.manufacturer, equipment.model
        step.DeviceSerialNumber, step.StationName = equipment.serial_number, equipment.station_name
        step.InstitutionName = equipment.institution
    step.PerformedProcedureStepID = examination.study_id
    step.PerformedProcedureStepStatus = "COMPLETED"
    for name, moment in (("Start", started_at), ("End", ended_at)):
        setattr(step, f"PerformedProcedureStep{name}Date", f"{moment:%Y%m%d}")
        setattr(step, f"PerformedProcedureStep{name}Time", f"{moment:%H%M%S}")
    scheduled = Dataset()
    scheduled.StudyInstanceUID, scheduled.AccessionNumber = identifiers.study_uid, examination.accession_number
    step.ScheduledStepAttributesSequence = [scheduled]
    series = Dataset()
    series.SeriesInstanceUID = identifiers.series_uid
    if examination.operator_name is not None:
        series.OperatorsName = examination.operator_name
    series.ReferencedImageSequence = [_reference(uid, image_class_uid) for uid in image_uids]
    step.PerformedSeriesSequence = [series]
    step.TotalNumberOfExposures = len(exposures)
    if total_dap_gy_m2 is not None:
        product = Decimal(repr(total_dap_gy_m2)) * 100_000
        step.ImageAndFluoroscopyAreaDoseProduct = decimal_string(float(product))
    step.ExposureDoseSequence = [_exposure(one) for one in exposures]
    step.file_meta = file_meta(step, "explicit")
    return step


def _reference(uid: str, class_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = class_uid, uid
    return item


def _exposure(one: PerformedExposure) -> Dataset:
    item = Dataset()
    item.RadiationMode = "CONTINUOUS"
    item.KVP = decimal_string(one.tube_voltage_kv)
    item.XRayTubeCurrentInuA = decimal_string(one.tube_current_ma * 1000.0)
    item.ExposureTimeInuS = decimal_string(one.exposure_time_ms * 1000.0)
    item.ExposureTime = round(one.exposure_time_ms)
    if one.event_uid is not None:
        item.IrradiationEventUID = one.event_uid
    return item
