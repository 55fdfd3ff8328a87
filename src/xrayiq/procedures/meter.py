"""What a table of meter readings gives: tests of tube and generator, and the check of the dose-area product meter."""

from __future__ import annotations

from typing import Final

from xrayiq.dose import GeneratorTests, MeterReadings, is_meter_table, read_meter_readings
from xrayiq.errors import NotMeasurableError
from xrayiq.model import Outcome
from xrayiq.procedures.catalogue import Procedure, applicable
from xrayiq.procedures.recognition import Recognition
from xrayiq.procedures.scoring import measured_outcome, reading_outcome
from xrayiq.procedures.site import Site

#: faults of a table that its outcome names one by one
_MOST_FAULTS: Final = 10


def recognise_meter_table(content: bytes) -> Recognition | None:
    """Kind of a file that is no DICOM object: ``meter`` by the headings of its table, otherwise None."""
    if not is_meter_table(content):
        return None
    return Recognition(kind="meter", evidence="headings of a meter's table")


def meter_outcomes(content: bytes, subject: str, site: Site) -> tuple[Outcome, ...]:
    """Outcomes of a table of meter readings, judged by the limits in force without baselines.

    Parameters
    ----------
    content : bytes
        The file.
    subject : str
        Its digest.
    site : Site
        Limits in force.

    Returns
    -------
    tuple of Outcome
        ``generator`` and ``dap_meter``, each where the table has rows for it; one for each test that rows are named
        for but that these do not allow; and ``read`` where something in the table could not be taken.

    Raises
    ------
    ReadError
        The table is too long.
    """
    readings = read_meter_readings(content)
    outcomes: list[Outcome] = []
    for procedure in applicable("meter"):
        if _concerns(procedure, readings):
            outcomes += _attempt(procedure, readings, subject, site)
    if readings.faults:
        named = "; ".join(fault.text for fault in readings.faults[:_MOST_FAULTS])
        more = len(readings.faults) - _MOST_FAULTS
        message = f"not taken: {named}" + (f"; and {more} more" if more > 0 else "") + ": correct the table"
        outcomes.append(reading_outcome(subject, "not_measurable", site=site, reason="meter_faults", message=message))
    return tuple(outcomes)


def _concerns(procedure: Procedure, readings: MeterReadings) -> bool:
    """Whether a table has rows for a procedure; one without any is the generator's to refuse."""
    of_dap = [row for row in readings.readings if row.test == "dap" or row.displayed_dap_gy_m2 is not None]
    if procedure.name == "dap_meter":
        return bool(of_dap)
    return any(row.test != "dap" for row in readings.readings) or not of_dap


def _attempt(procedure: Procedure, readings: MeterReadings, subject: str, site: Site) -> list[Outcome]:
    version, digest = procedure.algorithm_version, procedure.digest(site)
    try:
        result = procedure.measure(readings, **procedure.parameters)
    except NotMeasurableError as reason:
        return [_refused(procedure.name, version, digest, subject, reason.reason, reason.explanation)]
    measured = measured_outcome(subject, procedure.name, result, version=version, digest=digest, site=site)
    refused = result.refused if isinstance(result, GeneratorTests) else ()
    return [measured, *(_refused(test.name, version, digest, subject, test.reason, test.message) for test in refused)]


def _refused(procedure: str, version: int, digest: str, subject: str, reason: str, message: str) -> Outcome:
    return Outcome(
        subject=subject,
        procedure=procedure,
        kind="not_measurable",
        algorithm_version=version,
        parameter_digest=digest,
        reason=reason,
        message=message,
    )
