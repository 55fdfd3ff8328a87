"""Statistics over many results and exposures: series in, frozen results out. Sees no store."""

from typing import TYPE_CHECKING

import lazy_loader

from xrayiq.audit.collimation_rules import (
    CollimationRules,
    ReferenceField,
    shipped_collimation_rules,
    site_reference_fields,
)
from xrayiq.audit.control_limits import TrendSettings
from xrayiq.audit.examinations import Examination, ExaminationNames, shipped_examinations, site_examinations
from xrayiq.audit.exposure_rules import ExposureRules, shipped_exposure_rules, site_exposure_rules
from xrayiq.audit.false_warnings import FalseWarningRate, false_warning_rate
from xrayiq.audit.image_quality_rules import (
    ImageQualityRules,
    shipped_image_quality_rules,
    site_image_quality_rules,
)
from xrayiq.audit.protocol_table import ProtocolRow, ProtocolRules, shipped_protocol_rules, site_protocols
from xrayiq.audit.reject_reasons import RejectReason, RejectScheme, RejectTitle, shipped_reject_reasons
from xrayiq.audit.repeat_bounds import RateBounds, RepeatBounds, shipped_repeat_bounds, site_repeat_bounds
from xrayiq.audit.repeat_settings import RepeatRules, shipped_repeat_rules
from xrayiq.audit.schedule import DueTest, KeptTest, UnitEvent, owed_tests, schedule_kept, tests_due
from xrayiq.audit.schedule_rows import ScheduledTest, changed_schedule, shipped_schedule, site_schedule
from xrayiq.audit.tag_policy import TagPolicy, shipped_tag_policy, site_tag_policy
from xrayiq.audit.tested_unit import TestedUnit
from xrayiq.audit.trend_events import YEAR_S, Baseline, TrendEvent
from xrayiq.audit.trend_results import Trend, TrendSegment, TrendSignal
from xrayiq.audit.trends import assess_trend, baseline_at

if TYPE_CHECKING:
    from xrayiq.audit.apparent_repeats import apparent_rate, find_apparent_repeats, in_runs, is_assessable
    from xrayiq.audit.collimation import CollimationAudit, assess_collimation
    from xrayiq.audit.comparable import comparable_doses
    from xrayiq.audit.dose import DoseAudit, assess_dose
    from xrayiq.audit.dose_creep import DoseCreep
    from xrayiq.audit.dose_estimates import DoseEstimates
    from xrayiq.audit.dose_log import dose_log_digest, tabulate_exposures
    from xrayiq.audit.exposure import ExposureAudit, assess_exposure
    from xrayiq.audit.exposure_drift import ExposureDrift
    from xrayiq.audit.image_quality import ImageQualityAudit, assess_image_quality
    from xrayiq.audit.image_quality_noise import NoiseLevel
    from xrayiq.audit.metadata import MetadataAudit, assess_metadata
    from xrayiq.audit.protocol import ProtocolAudit, assess_protocols
    from xrayiq.audit.repeats import RepeatAudit, assess_repeats
    from xrayiq.audit.size_bands import size_bands

#: these load pandas, which a run does without
_FRAMES = {
    "apparent_repeats": ["apparent_rate", "find_apparent_repeats", "in_runs", "is_assessable"],
    "collimation": ["CollimationAudit", "assess_collimation"],
    "repeats": ["RepeatAudit", "assess_repeats"],
    "comparable": ["comparable_doses"],
    "dose": ["DoseAudit", "assess_dose"],
    "dose_estimates": ["DoseEstimates"],
    "dose_creep": ["DoseCreep"],
    "dose_log": ["dose_log_digest", "tabulate_exposures"],
    "exposure": ["ExposureAudit", "assess_exposure"],
    "exposure_drift": ["ExposureDrift"],
    "image_quality": ["ImageQualityAudit", "assess_image_quality"],
    "image_quality_noise": ["NoiseLevel"],
    "metadata": ["MetadataAudit", "assess_metadata"],
    "protocol": ["ProtocolAudit", "assess_protocols"],
    "size_bands": ["size_bands"],
}

__getattr__, _, _ = lazy_loader.attach(__name__, submod_attrs=_FRAMES)

__all__ = [
    "YEAR_S",
    "Baseline",
    "CollimationAudit",
    "CollimationRules",
    "DoseAudit",
    "DoseCreep",
    "DoseEstimates",
    "DueTest",
    "Examination",
    "ExaminationNames",
    "ExposureAudit",
    "ExposureDrift",
    "ExposureRules",
    "FalseWarningRate",
    "ImageQualityAudit",
    "ImageQualityRules",
    "KeptTest",
    "MetadataAudit",
    "NoiseLevel",
    "ProtocolAudit",
    "ProtocolRow",
    "ProtocolRules",
    "RateBounds",
    "ReferenceField",
    "RejectReason",
    "RejectScheme",
    "RejectTitle",
    "RepeatAudit",
    "RepeatBounds",
    "RepeatRules",
    "ScheduledTest",
    "TagPolicy",
    "TestedUnit",
    "Trend",
    "TrendEvent",
    "TrendSegment",
    "TrendSettings",
    "TrendSignal",
    "UnitEvent",
    "apparent_rate",
    "assess_collimation",
    "assess_dose",
    "assess_exposure",
    "assess_image_quality",
    "assess_metadata",
    "assess_protocols",
    "assess_repeats",
    "assess_trend",
    "baseline_at",
    "changed_schedule",
    "comparable_doses",
    "dose_log_digest",
    "false_warning_rate",
    "find_apparent_repeats",
    "in_runs",
    "is_assessable",
    "owed_tests",
    "schedule_kept",
    "shipped_collimation_rules",
    "shipped_examinations",
    "shipped_exposure_rules",
    "shipped_image_quality_rules",
    "shipped_protocol_rules",
    "shipped_reject_reasons",
    "shipped_repeat_bounds",
    "shipped_repeat_rules",
    "shipped_schedule",
    "shipped_tag_policy",
    "site_examinations",
    "site_exposure_rules",
    "site_image_quality_rules",
    "site_protocols",
    "site_reference_fields",
    "site_repeat_bounds",
    "site_schedule",
    "site_tag_policy",
    "size_bands",
    "tabulate_exposures",
    "tests_due",
]
