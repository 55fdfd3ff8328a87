"""``xrayiq records equipment``: the register of units and detectors."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from xrayiq.cli.events import show_event, take_back
from xrayiq.cli.options import (
    DAY_FORMATS,
    DEFAULT_STORE,
    By,
    EventNumber,
    OnlySite,
    Output,
    Reason,
    Room,
    SiteName,
    SiteSettings,
    Store,
)
from xrayiq.cli.printing import Format, Row, say, show, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xrayiq.procedures import Register, TimeOutOfUse, ToldEquipment
    from xrayiq.procedures.register import RegisteredDetector, RegisteredUnit, Span

equipment_application = typer.Typer(help="The register of units and detectors.", no_args_is_help=True)


@equipment_application.command("list")
def equipment_list(
    only_site: OnlySite = "", site: SiteSettings = None, records: Store = DEFAULT_STORE, output: Output = Format.table
) -> None:
    """List units and detectors, where they stood and were used, their software, and what contradicts itself."""
    from xrayiq.procedures import load_site, times_of_units, told_equipment, used_while_out
    from xrayiq.procedures.places import places_of
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        places = places_of(store, site=settings, only_site=only_site)
        register = places.register(store)
        told = told_equipment(store, site=settings, places=places)
        out = times_of_units(store.events(), register)
    problems = [*register.problems, *(text for one in register.units for text in used_while_out(one, out[one.name]))]
    if output is Format.json:
        write_json(_document(register, told, out, problems))
        return
    units = [_row(one, out[one.name]) for one in register.units]
    detectors = [_row(one) for one in register.own_detectors]
    if output is Format.csv:
        show([*units, *detectors], output=output)
        for problem in problems:
            say(problem)
        return
    show([_without(row, "what", "units") for row in units], output=output, title="Units")
    if detectors:
        show([_for_people(row) for row in detectors], output=output, title="Detectors")
    if told:
        show([_told(one) for one in told], output=output, title="Told by the site")
    write_lines([f"problem: {problem}" for problem in problems])


@equipment_application.command("set")
def equipment_set(
    by: By,
    reason: Reason,
    station: Annotated[
        str, typer.Option("--station", metavar="NAME", help="Equipment whose header has this station.")
    ] = "",
    serial: Annotated[str, typer.Option("--serial", metavar="NUMBER", help="… and this serial number.")] = "",
    detector_id: Annotated[str, typer.Option("--detector-id", metavar="ID", help="… and this detector ID.")] = "",
    manufacturer: Annotated[str, typer.Option("--manufacturer", metavar="NAME", help="… and this manufacturer.")] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="… and this model.")] = "",
    institution: Annotated[str, typer.Option("--institution", metavar="NAME", help="… and this institution.")] = "",
    department: Annotated[str, typer.Option("--department", metavar="NAME", help="… and this department.")] = "",
    site_name: SiteName = "",
    room: Room = "",
    unit: Annotated[str, typer.Option("--unit", metavar="NAME", help="Name to give to the unit.")] = "",
    detector: Annotated[str, typer.Option("--detector", metavar="NAME", help="Name to give to the detector.")] = "",
    tube: Annotated[str, typer.Option("--tube", metavar="NAME", help="Name of the tube.")] = "",
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DAY_FORMATS, metavar="DAY", help="First day; ever without.")
    ] = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Say which site, room, unit, detector or tube equipment is, in place of its header, from a day on."""
    from xrayiq.procedures import tell_equipment
    from xrayiq.records import open_records

    matched = {"station_name": station, "serial_number": serial, "detector_id": detector_id}
    matched |= {"manufacturer": manufacturer, "model": model, "institution": institution, "department": department}
    told = {"site": site_name, "room": room, "unit": unit, "detector": detector, "tube": tube}
    if not any(matched.values()) or not any(told.values()):
        raise typer.BadParameter(
            "say which equipment (--station, --serial, --detector-id …) and what it is (--site-name, --room, --unit, "
            "--detector, --tube)"
        )
    row: dict[str, object] = {name: text for name, text in (matched | told).items() if text}
    if since is not None:
        row["from"] = since.date()
    with open_records(records, create=False) as store:
        event = tell_equipment(store, row, actor=by, reason=reason)
    show_event(event, output=output)


class Use(StrEnum):
    """Whether a unit is used."""

    out = "out"
    back = "back"


@equipment_application.command("use")
def equipment_use(
    state: Annotated[Use, typer.Argument(metavar="STATE", help="out of use, or back into it.")],
    unit: Annotated[
        str, typer.Option("--unit", metavar="NAME", help="Unit: its name in the register, serial number or station.")
    ],
    day: Annotated[
        datetime,
        typer.Option("--day", formats=DAY_FORMATS, metavar="DAY", help="Last day in use, or first day in use again."),
    ],
    by: By,
    reason: Reason,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Take a unit out of use, so that it owes no tests after a day, or back into use from a day on."""
    from xrayiq.procedures import change_use, load_site
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        event = change_use(
            store,
            unit=unit,
            in_use=state is Use.back,
            day=day.date(),
            actor=by,
            reason=reason,
            site=load_site(site),
        )
    show_event(event, output=output)


@equipment_application.command("withdraw")
def equipment_withdraw(
    event: EventNumber, by: By, reason: Reason, records: Store = DEFAULT_STORE, output: Output = Format.table
) -> None:
    """Take back what was said of equipment or its use from now on; the event itself stays in the record."""
    take_back(["equipment", "out_of_use", "back_in_use"], event, by=by, reason=reason, records=records, output=output)


def _row(one: RegisteredUnit | RegisteredDetector, out: Sequence[TimeOutOfUse] = ()) -> Row:
    from xrayiq.procedures.register import RegisteredUnit

    if isinstance(one, RegisteredUnit):
        row: Row = {"what": "unit", "name": one.name, "number": one.serial_number, "site": one.site, "room": one.room}
        return row | {
            "tube": one.tube,
            "rooms": _spans(one.rooms),
            "units": "",
            "detectors": _spans(one.detectors),
            "software": _spans(one.software),
            "out_of_use": "; ".join(time.text for time in out),
            "objects": one.objects,
        }
    row = {"what": "detector", "name": one.name, "number": one.detector_id, "site": "", "room": one.rooms[-1].value}
    row |= {"tube": "", "rooms": _spans(one.rooms), "units": _spans(one.units)}
    return row | {"detectors": "", "software": "", "out_of_use": "", "objects": None}


def _for_people(row: Row) -> Row:
    return {name: row[name] for name in ("name", "number", "room", "rooms", "units")}


def _without(row: Row, *names: str) -> Row:
    return {name: cell for name, cell in row.items() if name not in names}


def _spans(spans: Sequence[Span]) -> str:
    return "; ".join(f"{_plain(one.value)} ({one.first_day} to {one.last_day})" for one in spans)


def _plain(value: str) -> str:
    return value.replace("\\", ", ")


def _told(one: ToldEquipment) -> Row:
    since = one.fact.valid_from
    row: Row = {"event": one.event, "which": one.which, "what": one.what}
    row["from"] = None if since is None else since.isoformat()
    return row | {"reason": one.reason, "by": one.author}


def _time(time: TimeOutOfUse) -> dict[str, object]:
    last = None if time.last_day is None else time.last_day.isoformat()
    told = {"first_day": time.first_day.isoformat(), "last_day": last, "reason": time.reason}
    return told | {"by": time.actor, "event": time.number}


def _document(
    register: Register,
    told: Sequence[ToldEquipment],
    out: Mapping[str, Sequence[TimeOutOfUse]],
    problems: Sequence[str],
) -> dict[str, object]:
    def spans(found: Sequence[Span]) -> list[dict[str, str]]:
        return [
            {"value": one.value, "first_day": one.first_day.isoformat(), "last_day": one.last_day.isoformat()}
            for one in found
        ]

    units = [
        {name: getattr(unit, name) for name in ("name", "site", "room", "tube", "manufacturer", "model")}
        | {"serial_number": unit.serial_number, "names": [*unit.names], "objects": unit.objects}
        | {name: spans(getattr(unit, name)) for name in ("rooms", "detectors", "software")}
        | {"out_of_use": [_time(time) for time in out[unit.name]]}
        for unit in register.units
    ]
    detectors = [
        {"name": one.name, "detector_id": one.detector_id, "rooms": spans(one.rooms), "units": spans(one.units)}
        for one in register.own_detectors
    ]
    return {
        "units": units,
        "detectors": detectors,
        "told": [_told(one) for one in told],
        "problems": [*problems],
    }
