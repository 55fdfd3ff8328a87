"""Findings of a store, and the steps that people take with them."""

from __future__ import annotations

import datetime

from xrayiq.errors import InputError
from xrayiq.model import Finding, FindingState, same_name
from xrayiq.procedures.finding_events import append, step_event
from xrayiq.procedures.findings import FINDING_KINDS, fold_findings, unsettled
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.names import find_place, find_unit
from xrayiq.procedures.present_names import present_names
from xrayiq.procedures.retests import find_retest
from xrayiq.procedures.site import Site, load_site
from xrayiq.procedures.site_events import settings_in_force
from xrayiq.records import Records


def list_findings(
    records: Records, *, site: Site | None = None, unit: str = "", only_site: str = "", only_open: bool = False
) -> tuple[Finding, ...]:
    """Findings of a store as they stand, in the order of their opening.

    Parameters
    ----------
    records : Records
        The store.
    site : Site, optional
        Settings that name its equipment, as it is called now.
    unit : str
        Only of the unit of this name, serial number or station.
    only_site : str
        Only of equipment that stood at this site.
    only_open : bool
        Without those that nothing remains to be done about.

    Raises
    ------
    InputError
        There is no such unit or site.
    """
    settings = site or load_site()
    facts = settings_in_force(records, settings).facts
    found = fold_findings(
        (event for event in records.events() if event.kind in FINDING_KINDS),
        present=present_names(lambda: register_of(records, settings), facts),
    )
    if unit:
        named = find_unit(register_of(records, settings), unit)
        found = tuple(one for one in found if same_name(one.unit, named.name))
    if only_site:
        known = find_place(register_of(records, settings), site=only_site).site
        found = tuple(one for one in found if same_name(one.site, known))
    return unsettled(found) if only_open else found


def find_finding(records: Records, number: int, *, site: Site | None = None) -> Finding:
    """Finding of a number; `site` as for `list_findings`.

    Raises
    ------
    InputError
        There is none.
    """
    finding = next((one for one in list_findings(records, site=site) if one.number == number), None)
    if finding is None:
        raise InputError(f"finding {number}", needed="the number of a finding, as `xrayiq records finding list` gives")
    return finding


def take_step(
    records: Records,
    number: int,
    state: FindingState,
    *,
    site: Site | None = None,
    actor: str,
    reason: str,
    role: str = "",
    cause: str = "",
    action: str = "",
    retest: str = "",
    day: datetime.date | None = None,
    until: datetime.date | None = None,
    worst: float | None = None,
) -> Finding:
    """Take a finding to another state.

    Parameters
    ----------
    records : Records
        The store.
    number : int
        The finding.
    state : {"open", "investigating", "corrected", "verified", "closed", "accepted"}
        Where to.
    site : Site, optional
        Settings that name its equipment.
    actor, reason, role : str
        Who does it, why, and in which role; a correction and a verification need a role.
    cause, action : str
        Cause that was found, what was done.
    retest : str
        Subject of the measurement that shows that it is mended, or ``"latest"``: of the finding's unit, and within its
        limit on the day of the correction and of the last value out of limits or later, but not after `day`; of a
        finding of an audit a later audit; see `find_retest`.
    day : date, optional
        When it was done; today without.
    until, worst : date and float, optional
        Last day of an acceptance, and the worst value that it is for, see `step_event`.

    Returns
    -------
    Finding
        As it stands then.

    Raises
    ------
    InputError
        There is no such finding, the state does not follow, what it needs is missing, or the re-test does not show it.
    """
    if day is not None and day > datetime.date.today():
        raise InputError(f"a day to come ({day.isoformat()})", needed="when it was done")
    with records.transaction():
        finding = find_finding(records, number, site=site)
        if state == "corrected" and day is not None and finding.first_day is not None and day < finding.first_day:
            raise InputError(
                f"a correction on {day.isoformat()}, before the fault",
                needed=f"a day from {finding.first_day.isoformat()}, the first out of limits, on",
            )
        facts = settings_in_force(records, site).facts
        shown = retest and find_retest(records, finding, retest, facts=facts, until=day)
        event = step_event(
            finding,
            state,
            reason=reason,
            role=role,
            cause=cause,
            action=action,
            retest=shown,
            day=day,
            until=until,
            worst=worst,
        )
        append(records, event, actor=actor)
        return find_finding(records, number, site=site)
