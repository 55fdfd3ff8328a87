"""What an image is, which metrics it gets, and what the numbers are worth."""

from xrayiq.procedures.catalogue import (
    PROCEDURES,
    RESULT_TYPES,
    Procedure,
    applicable,
    parameter_digest,
    plan_digest,
)
from xrayiq.procedures.meter import meter_outcomes, recognise_meter_table
from xrayiq.procedures.recognition import Recognition, appearance, recognise, recognise_header
from xrayiq.procedures.scoring import (
    EXPECTED,
    attempt,
    dose_report_outcome,
    is_expected,
    is_unmeasured,
    no_procedure,
    reading_outcome,
    score,
)
from xrayiq.procedures.site import HeaderRule, Kind, Site, load_site

__all__ = [
    "EXPECTED",
    "PROCEDURES",
    "RESULT_TYPES",
    "HeaderRule",
    "Kind",
    "Procedure",
    "Recognition",
    "Site",
    "appearance",
    "applicable",
    "attempt",
    "dose_report_outcome",
    "is_expected",
    "is_unmeasured",
    "load_site",
    "meter_outcomes",
    "no_procedure",
    "parameter_digest",
    "plan_digest",
    "reading_outcome",
    "recognise",
    "recognise_header",
    "recognise_meter_table",
    "score",
]
