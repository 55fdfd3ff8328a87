"""Frozen values that every layer speaks."""

from xrayiq.model.accuracy import AccuracyFigure, AccuracyRow
from xrayiq.model.acquisition import Acquisition, Equipment, ObjectHeader
from xrayiq.model.audit_finding import AuditCheck, AuditFinding
from xrayiq.model.combined_reports import CombinedReports, ReportPlace, ReportRelation, combine_reports
from xrayiq.model.dose_event import (
    FLUOROSCOPY,
    BeamField,
    BeamFilter,
    BeamGeometry,
    BeamPulses,
    BeamSource,
    BreastSetting,
    DoseEvent,
    ReportCode,
    TablePlacement,
    TomographyDose,
)
from xrayiq.model.dose_report import AccumulatedDose, DoseReport, DoseReportFault, DoseReportKind
from xrayiq.model.event import HEAD_DIGITS, Event, Fault, Verification
from xrayiq.model.exposures import (
    EVENT_SPAN_S,
    OF_PATIENTS,
    POPULATIONS,
    ExposureMember,
    ExposureRole,
    Population,
    exposure_roles,
    technique_key,
)
from xrayiq.model.finding import NEXT_STATES, SETTLED, Finding, FindingState, FindingStep
from xrayiq.model.header_detail import HeaderDetail
from xrayiq.model.header_problem import HeaderProblem, Severity
from xrayiq.model.limit import Limit, Verdict, judge
from xrayiq.model.matched_exposures import Disagreement, MatchedExposure, Tie, match_exposures
from xrayiq.model.outcome import Outcome
from xrayiq.model.packing import pack, to_plain, unpack
from xrayiq.model.patient_bands import PatientBands, band_text, patient_bands
from xrayiq.model.performed_step import PerformedStep, StepExposure, events_of_step
from xrayiq.model.pixel_relation import PixelRelation
from xrayiq.model.place import Place, limits_at, same_name
from xrayiq.model.provenance import Provenance
from xrayiq.model.quantity import Measurement, Quantity, quantities, quantity
from xrayiq.model.radiograph import Radiograph, pitch_pair
from xrayiq.model.reject_note import RejectNote, ToldReject
from xrayiq.model.reported_exposures import (
    ExposureSource,
    ReportedExposure,
    exposure_of_image,
    exposures_of_report,
    exposures_of_step,
)
from xrayiq.model.response import DetectorResponse, Response
from xrayiq.model.result import Result

__all__ = [
    "EVENT_SPAN_S",
    "FLUOROSCOPY",
    "HEAD_DIGITS",
    "NEXT_STATES",
    "OF_PATIENTS",
    "POPULATIONS",
    "SETTLED",
    "AccumulatedDose",
    "AccuracyFigure",
    "AccuracyRow",
    "Acquisition",
    "AuditCheck",
    "AuditFinding",
    "BeamField",
    "BeamFilter",
    "BeamGeometry",
    "BeamPulses",
    "BeamSource",
    "BreastSetting",
    "CombinedReports",
    "DetectorResponse",
    "Disagreement",
    "DoseEvent",
    "DoseReport",
    "DoseReportFault",
    "DoseReportKind",
    "Equipment",
    "Event",
    "ExposureMember",
    "ExposureRole",
    "ExposureSource",
    "Fault",
    "Finding",
    "FindingState",
    "FindingStep",
    "HeaderDetail",
    "HeaderProblem",
    "Limit",
    "MatchedExposure",
    "Measurement",
    "ObjectHeader",
    "Outcome",
    "PatientBands",
    "PerformedStep",
    "PixelRelation",
    "Place",
    "Population",
    "Provenance",
    "Quantity",
    "Radiograph",
    "RejectNote",
    "ReportCode",
    "ReportPlace",
    "ReportRelation",
    "ReportedExposure",
    "Response",
    "Result",
    "Severity",
    "StepExposure",
    "TablePlacement",
    "Tie",
    "ToldReject",
    "TomographyDose",
    "Verdict",
    "Verification",
    "band_text",
    "combine_reports",
    "events_of_step",
    "exposure_of_image",
    "exposure_roles",
    "exposures_of_report",
    "exposures_of_step",
    "judge",
    "limits_at",
    "match_exposures",
    "pack",
    "patient_bands",
    "pitch_pair",
    "quantities",
    "quantity",
    "same_name",
    "technique_key",
    "to_plain",
    "unpack",
]
