"""Tables that each audit can print."""

from __future__ import annotations

from enum import StrEnum


class DoseTable(StrEnum):
    """What an audit of doses prints."""

    findings = "findings"
    levels = "levels"
    typical = "typical"
    local_levels = "local_levels"
    excursions = "excursions"
    creep = "creep"
    workload = "workload"
    workload_by_voltage = "workload_by_voltage"
    optimisation = "optimisation"
    units = "units"
    unmapped = "unmapped"
    effective_dose = "effective_dose"
    skin_dose = "skin_dose"
    glandular_dose = "glandular_dose"
    procedures = "procedures"
    procedure_levels = "procedure_levels"
    procedure_local_levels = "procedure_local_levels"
    repeats = "repeats"


class MetadataTable(StrEnum):
    """What an audit of headers prints."""

    findings = "findings"
    completeness = "completeness"
    problems = "problems"
    clocks = "clocks"
    unmapped = "unmapped"


class CollimationTable(StrEnum):
    """What an audit of collimation prints."""

    findings = "findings"
    groups = "groups"
    shares = "shares"
    excess = "excess"
    agreement = "agreement"
    centring = "centring"
    fields = "fields"
    unmapped = "unmapped"


class QualityTable(StrEnum):
    """What an audit of image quality prints."""

    findings = "findings"
    investigate = "investigate"
    noise = "noise"
    rooms = "rooms"
    drift = "drift"
    shares = "shares"
    changes = "changes"
    measured = "measured"
    recurring = "recurring"
    detectors = "detectors"
    unmapped = "unmapped"
    images = "images"


class ProtocolTable(StrEnum):
    """What an audit of protocols prints."""

    findings = "findings"
    usual = "usual"
    compared = "compared"
    changes = "changes"
    drift = "drift"
    rooms = "rooms"
    quality = "quality"
    unmapped = "unmapped"


class RepeatTable(StrEnum):
    """What an audit of rejects and repeats prints."""

    findings = "findings"
    rates = "rates"
    reasons = "reasons"
    funnel = "funnel"
    weeks = "weeks"
    candidates = "candidates"
    dose = "dose"
    sources = "sources"
    rejects = "rejects"
    counters = "counters"
    unmapped = "unmapped"


class ExposureTable(StrEnum):
    """What an audit of exposure prints."""

    findings = "findings"
    investigate = "investigate"
    groups = "groups"
    bands = "bands"
    targets = "targets"
    rooms = "rooms"
    shifts = "shifts"
    units = "units"
    faults = "faults"
    indicators = "indicators"
    drift = "drift"
    unmapped = "unmapped"
    exposures = "exposures"
