"""Doses in the figures of a month."""

from __future__ import annotations

import datetime
from typing import Any, Final

import pandas as pd

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose import STATED
from xrayiq.audit.typical_doses import EXCEEDS
from xrayiq.procedures import audit_dose
from xrayiq.procedures.site import Site
from xrayiq.records import Records
from xrayiq.report.dose_wording import place_text
from xrayiq.report.pages.dossier import Dossier
from xrayiq.report.pages.kpi_section import KpiSection
from xrayiq.report.pages.period import Period
from xrayiq.report.tables import Marked, Table, table
from xrayiq.report.wording import grouped

#: days up to the end of a period whose exposures give typical values and like ones: a month alone has too few
DAYS_COMPARED: Final = 365
_MOST_ROOMS: Final = 200
_FIGURES: Final = ("exposures", "over", "excursions", "substantial", "suspected")
_NAMES: Final = (
    *("Exposures of known dose", "Rooms over a reference level", "Excursions of dose"),
    *("Examinations of a substantial dose", "Units in a wrong unit of dose"),
)


def with_doses(
    view: dict[str, Any], dossier: Dossier, records: Records, *, site: Site | None, period: Period, before: Period
) -> dict[str, Any]:
    """The page with its figures of doses; as it is where no exposure of the period or the one before has a dose."""
    now, then = (
        rooms_of(_audit(dossier, records, site, days), days) if _is_dosed(dossier, days) else None
        for days in (period, before)
    )
    if now is None or now.empty:
        return view
    lines = [
        (name, _total(now, figure), "–" if then is None or then.empty else _total(then, figure))
        for name, figure in zip(_NAMES, _FIGURES, strict=True)
    ]
    section = KpiSection(
        title="Dose",
        explanation=(
            f"Exposures and excursions of the period; typical values and like exposures are of {DAYS_COMPARED} days up "
            "to its end. Over a level: the whole 95 % interval of a median is."
        ),
        numbers=_table(now),
    )
    return {**view, "headline": [*view["headline"], *lines], "further": (*view["further"], section)}


def rooms_of(audit: DoseAudit, period: Period) -> pd.DataFrame:
    """Figures of each room with an exposure of known dose in the period.

    Parameters
    ----------
    audit : DoseAudit
        Of the days up to the end of the period.
    period : Period
        The days that count.

    Returns
    -------
    DataFrame
        `site`, `room`, `place` (as pages call it), `exposures` of known dose, `over` (1 where a typical value exceeds
        a level), `excursions` and examinations of a `substantial` dose in the period, `suspected` units.
    """
    days = audit.exposures
    dosed = days[days[list(STATED)].notna().any(axis="columns") & _within(days["exposed_at"], period)]
    found = audit.excursions[audit.excursions["finding"].astype(bool)]
    skin = audit.skin_dose[audit.skin_dose["finding"].astype(bool)]
    parts = {
        "exposures": dosed,
        "over": audit.compared[audit.compared["verdict"] == EXCEEDS].drop_duplicates(["site", "room"]),
        "excursions": found[_within(found["exposed_at"], period)],
        "substantial": skin[_within(pd.to_datetime(skin["exposed_at"]), period)],
        "suspected": audit.units[audit.units["suspected_power"] != 0].drop_duplicates(["site", "unit"]),
    }
    rooms = dosed[["site", "room"]].drop_duplicates().sort_values(["site", "room"])
    rows = [
        {"site": site, "room": room, "place": place_text(audit, site, room)}
        | {name: int(((rows["site"] == site) & (rows["room"] == room)).sum()) for name, rows in parts.items()}
        for site, room in rooms.itertuples(index=False, name=None)
    ]
    return pd.DataFrame(rows, columns=["site", "room", "place", *_FIGURES])


def _audit(dossier: Dossier, records: Records, site: Site | None, period: Period) -> DoseAudit:
    first = period.last - datetime.timedelta(days=DAYS_COMPARED - 1)
    return audit_dose(records, site=site, first=first, last=period.last, only_site=dossier.only_site)


def _is_dosed(dossier: Dossier, period: Period) -> bool:
    """Whether objects of the period state doses: nothing is audited otherwise."""
    objects = dossier.objects
    stated = objects[["dap_gy_m2", "entrance_dose_mgy", "average_glandular_dose_mgy"]].notna().any(axis="columns")
    return bool((_within(objects["exposed_at"], period) & (stated | (objects["kind"] == "dose_report"))).any())


def _within(moments: pd.Series, period: Period) -> pd.Series:
    end = pd.Timestamp(period.last) + pd.Timedelta(days=1)
    inside: pd.Series = (moments >= pd.Timestamp(period.first)) & (moments < end)
    return inside.fillna(value=False).astype(bool)


def _total(rooms: pd.DataFrame, figure: str) -> str:
    return grouped(int(rooms[figure].sum()))


def _table(rooms: pd.DataFrame) -> Table:
    rows: list[tuple[str | Marked, ...]] = [
        (
            row["place"],
            grouped(row["exposures"]),
            Marked(text="yes", status="fail", why="") if row["over"] else "no",
            _marked(row["excursions"], "warning"),
            _marked(row["substantial"], "warning"),
            _marked(row["suspected"], "fail"),
        )
        for row in rooms.to_dict("records")
    ]
    columns = ("Room", "#Exposures of known dose", "#Over a reference level", "#Excursions", "#Substantial doses")
    return table((*columns, "#Units in a wrong unit"), rows, most=_MOST_ROOMS)


def _marked(number: int, status: str) -> str | Marked:
    return Marked(text=grouped(number), status=status, why="") if number else "0"
