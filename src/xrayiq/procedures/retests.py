"""Measurements that show whether a finding is mended."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Final

from xrayiq.errors import InputError
from xrayiq.model import Finding
from xrayiq.procedures.audit_retests import AUDITED, LATEST, mended_since, retest_of_audit
from xrayiq.procedures.whereabouts import EquipmentFact, whereabouts
from xrayiq.records import JudgedValue, Records, judged_values

_WITHIN: Final = ("pass", "warning")


def find_retest(
    records: Records,
    finding: Finding,
    retest: str,
    *,
    facts: Sequence[EquipmentFact] = (),
    until: datetime.date | None = None,
) -> str:
    """Subject of the measurement that shows that a finding is mended.

    Parameters
    ----------
    records : Records
        The store.
    finding : Finding
        As it stands, with the present name of its unit.
    retest : str
        Subject, or ``"latest"`` for the newest measurement of the finding's unit, procedure, quantity and limit; of a
        finding of an audit ``"event:N"`` or ``"latest"``.
    facts : sequence of EquipmentFact
        What the site says of its equipment.
    until : date, optional
        Last day that it may be of: that of the verification.

    Returns
    -------
    str
        Of a finding of an audit the event by which a later audit found its group within the limit (`retest_of_audit`).
        Of others the subject: its values are within the finding's limit, on the day of the correction and of the last
        value out of limits or later.

    Raises
    ------
    InputError
        There is no such measurement, it is of another unit, or it does not show that.
    """
    if finding.procedure.startswith(AUDITED):
        return retest_of_audit(records.events(), finding, retest, until=until)
    since = mended_since(finding)
    if retest == LATEST:
        newest = next((value for value in _of_unit(records, finding, None, facts) if _is_by(value, until)), None)
        if newest is None or not _is_since(newest, since):
            raise _refused("no measurement has a verdict under the finding's limit since then", finding, since)
        retest = newest.subject
    found = list(_of_unit(records, finding, retest, facts))
    if found and not any(_is_by(value, until) for value in found):
        raise InputError(
            f"measurement {retest} was exposed after the verification ({until})", needed="one of its day or before"
        )
    statuses = {value.status for value in found if _is_since(value, since)}
    if "fail" in statuses:
        raise _refused(f"measurement {retest} is out of limits", finding, since)
    if not statuses & set(_WITHIN):
        raise _refused(
            f"measurement {retest} has no verdict under the finding's limit on its unit since then", finding, since
        )
    return retest


def _of_unit(
    records: Records, finding: Finding, subject: str | None, facts: Sequence[EquipmentFact]
) -> Iterator[JudgedValue]:
    """Values of the finding's unit under its limit, the latest first."""
    values = judged_values(
        records,
        procedure=finding.procedure,
        quantity=finding.quantity,
        limit_id=finding.limit_id,
        subject=subject,
    )
    for value in values:
        day = None if value.exposed_at is None else value.exposed_at.date()
        unit = whereabouts(value.equipment, day, facts=facts).unit
        if value.direction == finding.direction and unit == finding.unit:
            yield value


def _is_since(value: JudgedValue, day: datetime.date | None) -> bool:
    return day is None or (value.exposed_at is not None and value.exposed_at.date() >= day)


def _is_by(value: JudgedValue, day: datetime.date | None) -> bool:
    return day is None or value.exposed_at is None or value.exposed_at.date() <= day


def _refused(found: str, finding: Finding, since: datetime.date | None) -> InputError:
    day = f" exposed on {since.isoformat()} or later" if since else ""
    return InputError(
        found,
        needed=f"one of {finding.quantity} on {finding.unit_name or finding.unit} within {finding.limit_id}{day}",
        remedy="measure again and run the archive first",
    )
