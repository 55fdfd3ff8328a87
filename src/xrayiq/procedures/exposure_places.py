"""Where, of what and of whom exposures are: site, room and unit, examination, and size of the patient."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from xrayiq.audit import ExaminationNames, size_bands
from xrayiq.model import Equipment
from xrayiq.procedures.site import Site
from xrayiq.procedures.whereabouts import Whereabouts, whereabouts

#: of the unit as its headers name it
HEADERS: Final = ("institution", "manufacturer", "model", "station_name")
IDENTITY: Final = tuple(name for name in Equipment.__slots__ if name != "software_versions")


def located(
    frame: pd.DataFrame,
    equipment: pd.DataFrame,
    site: Site,
    *,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Exposures of a period and site with place, examination and size band; and what nothing tells of them.

    Parameters
    ----------
    frame : DataFrame
        `equipment_id`, `exposed_at`, `body_part`, `view_position`, `protocol_name`, `patient_age_years` and
        `patient_weight_kg`.
    equipment : DataFrame
        Identity by `equipment_id`.
    site, first, last, only_site
        As for `exposures_of_store`.
    """
    found = within(placed(frame, equipment, site), first, last)
    found = found.join(equipment[list(HEADERS)], on="equipment_id")
    if only_site:
        found = found[found["site"] == only_site].reset_index(drop=True)
    told, unmapped = with_examinations(found, site.examinations)
    bands = size_bands(told["patient_age_years"], told["patient_weight_kg"]).set_axis(told.index)
    return told.join(bands), unmapped


def equipment_of(row: Mapping[Any, Any]) -> Equipment:
    """Identity out of a row of the frame of equipment, without its software."""
    told: dict[str, Any] = {name: None if pd.isna(row[name]) else str(row[name]) for name in IDENTITY}
    return Equipment(**told)


def is_registered(site: Site, row: Mapping[Any, Any]) -> bool:
    """Whether a row of the frame of equipment is of the site's register."""
    return any(entry.is_of(equipment_of(row)) for entry in site.equipment)


def placed(frame: pd.DataFrame, equipment: pd.DataFrame, site: Site) -> pd.DataFrame:
    """With site, room and unit of the day of each exposure."""
    known = {number: equipment_of(row) for number, row in equipment.to_dict("index").items()}
    day = frame["exposed_at"].dt.normalize()
    pairs = pd.DataFrame({"equipment_id": frame["equipment_id"], "day": day})
    where: dict[tuple[Any, Any], Whereabouts] = {}
    for number, moment in pairs.drop_duplicates().itertuples(index=False):
        made = Equipment() if pd.isna(number) else known[int(number)]
        on = None if pd.isna(moment) else moment.date()
        where[None if pd.isna(number) else int(number), on] = whereabouts(made, on, facts=site.facts)
    places = pd.DataFrame(
        [
            {"equipment_id": number, "day": pd.NaT if on is None else pd.Timestamp(on)}
            | {"site": place.site, "room": place.room, "unit": place.unit}
            for (number, on), place in where.items()
        ],
        columns=["equipment_id", "day", "site", "room", "unit"],
    ).astype({"equipment_id": "Int64", "day": "datetime64[us]"})
    return frame.assign(day=day.astype("datetime64[us]")).merge(places, how="left", on=["equipment_id", "day"])


def within(frame: pd.DataFrame, first: datetime.date | None, last: datetime.date | None) -> pd.DataFrame:
    """Rows of `placed` in a period."""
    kept = pd.Series(True, index=frame.index)
    if first is not None:
        kept &= frame["day"] >= pd.Timestamp(first)
    if last is not None:
        kept &= frame["day"] <= pd.Timestamp(last)
    return frame[kept].drop(columns="day").reset_index(drop=True)


def with_examinations(frame: pd.DataFrame, names: ExaminationNames) -> tuple[pd.DataFrame, pd.DataFrame]:
    """With body part and view as statistics group by, and what nothing told."""
    said = ["body_part", "view_position", "protocol_name"]
    texts = frame[said].fillna("").astype(str)
    distinct = texts.drop_duplicates()
    found = [names.examination(**row) for row in distinct.to_dict("records")]  # type: ignore[arg-type]  # texts by name
    table = distinct.assign(part=[one.body_part for one in found], told_view=[one.view for one in found])
    told = texts.merge(table, how="left", on=said).set_axis(frame.index)
    open_rows = told[(told["part"] == "") | (told["told_view"] == "")]
    unmapped = open_rows.groupby(said, sort=True).size().rename("exposures").reset_index()
    unmapped = unmapped.sort_values("exposures", ascending=False, kind="stable").reset_index(drop=True)
    with_names = frame.drop(columns=["body_part", "view_position"])
    return with_names.assign(body_part=told["part"], view=told["told_view"]), unmapped
