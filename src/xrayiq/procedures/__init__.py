"""What an image is, which metrics it gets, and what the numbers are worth."""

from typing import TYPE_CHECKING

import lazy_loader

from xrayiq.procedures.acquisition_sets import (
    SET_KINDS,
    AcquisitionSet,
    SetMember,
    find_sets,
    response_mode,
    subject_of,
)
from xrayiq.procedures.audit_findings import RecordedFindings, record_findings
from xrayiq.procedures.baselines import BaselineInForce, baselines_in_force
from xrayiq.procedures.catalogue import PROCEDURES, RESULT_TYPES, Procedure, applicable, parameter_digest
from xrayiq.procedures.defect_history import MAP_PREFIX, DatedDefects, MapOfDay, defect_history
from xrayiq.procedures.due_tests import TestHistory, test_history
from xrayiq.procedures.finding_steps import find_finding, list_findings, take_step
from xrayiq.procedures.header_checks import check_header
from xrayiq.procedures.header_rules import HeaderRule, Kind
from xrayiq.procedures.inspection import Inspection
from xrayiq.procedures.judging import Judgement, judge_runs, register_of, without_relative_limits
from xrayiq.procedures.kerma import TABLE_NAME, Kerma, KermaRow, SiteKerma, kerma_of, read_kerma_table
from xrayiq.procedures.limits_in_force import LimitInForce, limits_in_force
from xrayiq.procedures.meter import meter_outcomes, recognise_meter_table
from xrayiq.procedures.names import find_place, find_unit
from xrayiq.procedures.out_of_use import (
    TimeOutOfUse,
    change_use,
    times_of_units,
    used_while_out,
)
from xrayiq.procedures.plan import plan_digest
from xrayiq.procedures.populations import RegisteredEquipment, population_of
from xrayiq.procedures.recognition import Recognition, appearance, recognise, recognise_header
from xrayiq.procedures.record_keeping import (
    change_schedule,
    override_limit,
    set_baseline,
    tell_equipment,
    withdraw,
)
from xrayiq.procedures.register import Register
from xrayiq.procedures.responses import ResponseBook
from xrayiq.procedures.scoring import (
    EXPECTED,
    attempt,
    document_outcome,
    is_expected,
    is_unmeasured,
    no_procedure,
    reading_outcome,
    score,
)
from xrayiq.procedures.service_events import ServiceEvent, add_service_event, end_downtime, service_events
from xrayiq.procedures.set_scoring import SET_PROCEDURES, ScoredSet, score_set
from xrayiq.procedures.signing import require_whole, sign_period
from xrayiq.procedures.site import Site, load_site
from xrayiq.procedures.site_events import settings_in_force, site_with_events
from xrayiq.procedures.told_equipment import ToldEquipment, told_equipment

if TYPE_CHECKING:
    from xrayiq.procedures.audits import audit_exposure, audit_image_quality, audit_metadata, audit_protocol
    from xrayiq.procedures.collimation_audit import audit_collimation
    from xrayiq.procedures.dose_audits import audit_dose
    from xrayiq.procedures.recorded_audits import record_audit_findings
    from xrayiq.procedures.repeat_audit import audit_repeats
    from xrayiq.procedures.unmeasured_images import unmeasured_images

#: these load pandas, which a run does without
_FRAMES = {
    "audits": ["audit_exposure", "audit_image_quality", "audit_metadata", "audit_protocol"],
    "dose_audits": ["audit_dose"],
    "recorded_audits": ["record_audit_findings"],
    "collimation_audit": ["audit_collimation"],
    "repeat_audit": ["audit_repeats"],
    "unmeasured_images": ["unmeasured_images"],
}

__getattr__, _, _ = lazy_loader.attach(__name__, submod_attrs=_FRAMES)

__all__ = [
    "EXPECTED",
    "MAP_PREFIX",
    "PROCEDURES",
    "RESULT_TYPES",
    "SET_KINDS",
    "SET_PROCEDURES",
    "TABLE_NAME",
    "AcquisitionSet",
    "BaselineInForce",
    "DatedDefects",
    "HeaderRule",
    "Inspection",
    "Judgement",
    "Kerma",
    "KermaRow",
    "Kind",
    "LimitInForce",
    "MapOfDay",
    "Procedure",
    "Recognition",
    "RecordedFindings",
    "Register",
    "RegisteredEquipment",
    "ResponseBook",
    "ScoredSet",
    "ServiceEvent",
    "SetMember",
    "Site",
    "SiteKerma",
    "TestHistory",
    "TimeOutOfUse",
    "ToldEquipment",
    "add_service_event",
    "appearance",
    "applicable",
    "attempt",
    "audit_collimation",
    "audit_dose",
    "audit_exposure",
    "audit_image_quality",
    "audit_metadata",
    "audit_protocol",
    "audit_repeats",
    "baselines_in_force",
    "change_schedule",
    "change_use",
    "check_header",
    "defect_history",
    "document_outcome",
    "end_downtime",
    "find_finding",
    "find_place",
    "find_sets",
    "find_unit",
    "is_expected",
    "is_unmeasured",
    "judge_runs",
    "kerma_of",
    "limits_in_force",
    "list_findings",
    "load_site",
    "meter_outcomes",
    "no_procedure",
    "override_limit",
    "parameter_digest",
    "plan_digest",
    "population_of",
    "read_kerma_table",
    "reading_outcome",
    "recognise",
    "recognise_header",
    "recognise_meter_table",
    "record_audit_findings",
    "record_findings",
    "register_of",
    "require_whole",
    "response_mode",
    "score",
    "score_set",
    "service_events",
    "set_baseline",
    "settings_in_force",
    "sign_period",
    "site_with_events",
    "subject_of",
    "take_step",
    "tell_equipment",
    "test_history",
    "times_of_units",
    "told_equipment",
    "unmeasured_images",
    "used_while_out",
    "withdraw",
    "without_relative_limits",
]
