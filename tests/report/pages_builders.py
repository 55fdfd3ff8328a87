"""A store of two sites with weekly tests, and what people have entered about them."""

from __future__ import annotations

import datetime

from report_builders import MONDAY, Store, uniformity

from xrayiq.model import Finding, FindingStep
from xrayiq.report.pages.dossier import gather_dossier

NORTH = {"institution": "North", "station_name": "N1", "serial_number": "SN-N", "detector_id": "DET-N"}
CANARY = "CANARY"
SOUTH = {
    "manufacturer": f"{CANARY}maker",
    "model": f"{CANARY}model",
    "institution": f"{CANARY}site",
    "station_name": f"{CANARY}station",
    "serial_number": f"{CANARY}serial",
    "detector_id": f"{CANARY}detector",
    "software_versions": (f"{CANARY}software",),
    "protocol_name": f"{CANARY}protocol",
}
LAST = MONDAY.date() + datetime.timedelta(weeks=7)


def weekly(store: Store, room: dict[str, object], *, bad_week: int | None = None, weeks: int = 8) -> None:
    for week in range(weeks):
        bad = week == bad_week
        moment = MONDAY + datetime.timedelta(weeks=week)
        result = uniformity(nonuniformity=0.3 if bad else 0.03 + 0.001 * (week % 3))
        store.put("flat_field", result, acquisition={**room, "exposed_at": moment})


def unit_of(store: Store, serial: str) -> str:
    register = gather_dossier(store.records, today=LAST).register
    return next(unit.name for unit in register.units if unit.serial_number == serial)


def step(day: str, state: str, **told: str) -> FindingStep:
    date = datetime.date.fromisoformat(day)
    return FindingStep(
        at=datetime.datetime(date.year, date.month, date.day, 9), day=date, **{"actor": "mp7", "state": state, **told}
    )  # type: ignore[arg-type]


def finding(unit: str, *steps: FindingStep, site: str = "North", number: int = 5) -> Finding:
    return Finding(
        number=number,
        unit=unit,
        procedure="uniformity",
        quantity="signal_nonuniformity_global",
        limit_id="snu",
        source="local practice",
        fail_high=0.25,
        site=site,
        first_day=MONDAY.date(),
        last_day=LAST,
        values=3,
        worst=0.31,
        steps=steps,
    )
