"""What people enter into the record: limits, baselines, equipment and schedule, each as one event."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from xrayiq.audit import ScheduledTest, changed_schedule
from xrayiq.errors import InputError
from xrayiq.model import Event, Limit
from xrayiq.model import quantity as find_quantity
from xrayiq.procedures.baselines import procedure_of, series_of_unit
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.limits import PLACES, override_of_row
from xrayiq.procedures.names import find_place, find_unit, known_name, lasting_name, subject_of_unit
from xrayiq.procedures.present_names import present_name
from xrayiq.procedures.register import Register
from xrayiq.procedures.site import Site, load_site
from xrayiq.procedures.site_events import (
    BASELINE,
    DOWNTIME_END,
    EQUIPMENT,
    LIMIT,
    SCHEDULE,
    SERVICE_KINDS,
    USE_KINDS,
    WITHDRAWN,
    baseline_details,
    settings_in_force,
)
from xrayiq.procedures.whereabouts import MATCHED, EquipmentFact, fact_of_row
from xrayiq.records import Records

#: kinds of events that can be taken back
REVOCABLE: Final = (LIMIT, BASELINE, EQUIPMENT, SCHEDULE, *SERVICE_KINDS, DOWNTIME_END, *USE_KINDS)


def override_limit(records: Records, row: Mapping[str, Any], *, site: Site, actor: str, reason: str) -> Event:
    """Give a site, room or unit its own bounds from now on; what is judged already stays so.

    Parameters
    ----------
    records : Records
        The store.
    row : mapping
        As for `limits.override_of_row`, without reason and author.
    site : Site
        Whose limits can be overridden.
    actor, reason : str
        Who decides it, and why.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    SiteError
        The row cannot be used.
    InputError
        The store knows no such site, room or unit.
    """
    limit = override_of_row({**row, "reason": reason, "author": actor}, site.limits, "records limit")
    told = {**row, **_known_place(register_of(records, site), limit)}
    place = ", ".join(f"{name} {told[name]}" for name in PLACES if told.get(name)) or "everywhere"
    return records.append_event(
        kind=LIMIT, subject=f"limit:{limit.id}, {place}", actor=actor, reason=reason, details=told
    )


def set_baseline(
    records: Records,
    *,
    unit: str,
    procedure: str,
    quantity: str,
    mean: float,
    day: datetime.date,
    actor: str,
    reason: str,
    sigma: float | None = None,
    direction: str = "",
    mode: str = "",
    site: Site | None = None,
) -> Event:
    """Set the baseline of a unit's quantity by hand, from a day on.

    Parameters
    ----------
    records : Records
        The store.
    unit : str
        Name, serial number or station of the unit.
    procedure, quantity, direction, mode : str
        Series that it holds for; an empty procedure is the only one that gave the quantity on this unit, an empty mode
        is any.
    mean, sigma : float
        Baseline, and standard deviation of single results where it is known, in the quantity's unit.
    day : date
        First day.
    actor, reason : str
        Who sets it, and why.
    site : Site, optional
        Settings that name its equipment.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    InputError
        The unit or the quantity is unknown, the procedure cannot be told, or a number cannot be used.
    """
    settings = site or load_site()
    register = register_of(records, settings)
    subject = _subject(register, unit)
    if not procedure:
        find_quantity(quantity)
        keys = series_of_unit(records, site=settings, unit=find_unit(register, unit).name, quantity=quantity)
        procedure = procedure_of(keys, quantity)
    details = baseline_details(
        procedure=procedure, quantity_name=quantity, direction=direction, mode=mode, mean=mean, sigma=sigma, day=day
    )
    return records.append_event(kind=BASELINE, subject=subject, actor=actor, reason=reason, details=details)


def tell_equipment(records: Records, row: Mapping[str, Any], *, actor: str, reason: str) -> Event:
    """Tell site, room, unit, detector or tube of equipment where its headers do not.

    Parameters
    ----------
    records : Records
        The store.
    row : mapping
        As for `whereabouts.fact_of_row`.
    actor, reason : str
        Who says so, and why.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    SiteError
        The row cannot be used.
    InputError
        No header in the store agrees with what is matched.
    """
    fact = fact_of_row(row, "records equipment")
    _require_equipment(records, fact)
    told = {name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in row.items()}
    matched = ", ".join(f"{name} {value}" for name, value in told.items() if name != "from")
    return records.append_event(
        kind=EQUIPMENT, subject=f"equipment:{matched}", actor=actor, reason=reason, details=told
    )


def change_schedule(records: Records, row: Mapping[str, Any], *, site: Site, actor: str, reason: str) -> Event:
    """Change how often a test is owed, by all units or by one, from now on.

    Parameters
    ----------
    records : Records
        The store.
    row : mapping
        As a site file's ``[[schedule]]`` tables, without reason and author.
    site : Site
        Whose schedule is changed.
    actor, reason : str
        Who decides it, and why.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    SiteError
        The row cannot be used.
    InputError
        The store knows no such unit.
    """
    told = dict(row)
    register = register_of(records, site)
    schedule = settings_in_force(records, site).schedule
    if row.get("unit") and register.units:
        told["unit"] = _key_of_rows(schedule, register, str(row["unit"]))
    changed_schedule(
        schedule,
        {**told, "reason": reason, "author": actor},
        source="records schedule",
    )
    where = f", unit {told['unit']}" if told.get("unit") else ""
    return records.append_event(
        kind=SCHEDULE, subject=f"schedule:{told['test']}{where}", actor=actor, reason=reason, details=told
    )


def withdraw(records: Records, number: int, *, actor: str, reason: str, kinds: Collection[str] = REVOCABLE) -> Event:
    """Take back what people entered, but findings and sign-offs, from now on; the event itself stays in the record.

    Parameters
    ----------
    records : Records
        The store.
    number : int
        Number of the event.
    actor, reason : str
        Who takes it back, and why.
    kinds : collection of str
        Kinds that it may be of.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    InputError
        There is no such event, it is of another kind, or it has been taken back.
    """
    with records.transaction():
        events = {event.number: event for event in records.events()}
        known = events.get(number)
        gone = any(event.kind == WITHDRAWN and event.subject == f"event:{number}" for event in events.values())
        if known is None or known.kind not in kinds or gone:
            is_of = "is not there" if known is None else f"({known.kind}) is none that can be taken back here"
            found = f"event {number} " + ("is taken back already" if gone else is_of)
            raise InputError(found, needed=f"the number of an event in force of kind {' or '.join(kinds)}")
        return records.append_event(kind=WITHDRAWN, subject=f"event:{number}", actor=actor, reason=reason)


def _subject(register: Register, unit: str) -> str:
    """Subject of events about a unit; by the name as it is while no unit is known, before the first run."""
    return subject_of_unit(register, find_unit(register, unit)) if register.units else f"unit:{unit}"


def _key_of_rows(schedule: Iterable[ScheduledTest], register: Register, name: str) -> str:
    """Name that rows of a schedule have for a unit; where it has none there, the one that outlasts a new name."""
    unit = find_unit(register, name)
    known = [test.unit for test in schedule if test.unit and present_name(test.unit, register) == unit.name]
    return known[-1] if known else lasting_name(register, unit)


def _known_place(register: Register, limit: Limit) -> dict[str, str]:
    """Site, room and unit of an override as the register spells them; as they are while no unit is known."""
    if not register.units:
        return {}
    place = find_place(register, site=limit.site, room=limit.room, unit=limit.unit)
    told = {"site": place.site if limit.site else "", "room": place.room if limit.room else ""}
    if limit.unit:
        told["unit"] = _subject(register, limit.unit).removeprefix("unit:")
    return {name: text for name, text in told.items() if text}


def _require_equipment(records: Records, fact: EquipmentFact) -> None:
    known = {equipment for equipment, _, _ in records.equipment_days()}
    if not known or any(fact.match.is_of(equipment) for equipment in known):
        return
    for name in MATCHED:
        wanted = getattr(fact.match, name)
        texts = sorted({text for equipment in known if (text := getattr(equipment, name))})
        if wanted is not None:
            known_name(texts, wanted, name.replace("_", " "))
    raise InputError("no header agrees with all of that", needed="equipment that images in the store name")
