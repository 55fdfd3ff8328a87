"""Exposures that somebody says were rejected, or accepted, with what is told of them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from xrayiq.model.acquisition import ObjectHeader
from xrayiq.model.dose_event import ReportCode
from xrayiq.model.provenance import Provenance
from xrayiq.model.quantity import Measurement
from xrayiq.model.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldReject:
    """One exposure as a key object or a maker's log tells of it; None where it is silent.

    Fields follow AAPM TG-305 and carry their unit in their name. Text is of the closed list of equipment, protocol and
    anatomy attributes; persons are keyed hashes.

    Parameters
    ----------
    image_uid, event_uid, study_uid : str or None
        Identifiers of the image, the irradiation event and the study.
    exposed_at : datetime or None
        Reading of the unit's clock.
    is_rejected : bool
        False for what a log says was accepted.
    code : ReportCode or None
        Coded reason.
    category, reason : str
        Reason in two levels, where a mapping tells it; empty otherwise.
    """

    image_uid: str | None = None
    event_uid: str | None = None
    study_uid: str | None = None
    exposed_at: datetime.datetime | None = None
    is_rejected: bool = True
    code: ReportCode | None = None
    category: str = ""
    reason: str = ""
    body_part: str | None = None
    view_position: str | None = None
    laterality: str | None = None
    protocol_name: str | None = None
    exposure_control_mode: str | None = None
    grid: str | None = None
    patient_key: str | None = None
    operator_key: str | None = None
    patient_age_years: float | None = None
    tube_voltage_kv: float | None = None
    exposure_mas: float | None = None
    exposure_time_ms: float | None = None
    dap_gy_m2: float | None = None
    exposure_index: float | None = None
    target_exposure_index: float | None = None
    deviation_index: float | None = None
    source_detector_distance_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RejectNote(Result):
    """Key object selection that rejects or flags objects, or rows of a maker's reject log of one unit.

    Parameters
    ----------
    header : ObjectHeader
        Identity and equipment.
    source : str
        ``"key_object"`` or ``"log"``.
    title : str
        Code value of the key object's title (CID 7010); empty for a log.
    codes : tuple of ReportCode
        All reasons that the note gives (CID 7011).
    has_text : bool
        Whether it describes them in words as well, which are not kept.
    rejects : tuple of ToldReject
        In the order of the note or log.
    provenance : Provenance
        The reader's version.
    """

    header: ObjectHeader
    source: str
    title: str = ""
    codes: tuple[ReportCode, ...] = ()
    has_text: bool = False
    rejects: tuple[ToldReject, ...] = ()
    provenance: Provenance = Provenance(algorithm="reject_note", algorithm_version=1)

    def measurements(self) -> tuple[Measurement, ...]:
        """Number of exposures that it tells of."""
        return (Measurement(quantity="told_rejects", value=float(len(self.rejects))),)
