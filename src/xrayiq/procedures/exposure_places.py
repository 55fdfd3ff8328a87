"""Where, of what and of whom exposures are: site, room and unit, examination, and size of the patient."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit import ExaminationNames, size_bands
from xrayiq.model import Equipment
from xrayiq.procedures.header_checks.identity import FIRST_YEAR
from xrayiq.procedures.site import Site
from xrayiq.procedures.whereabouts import days_of_change, whereabouts

#: of the unit as its headers name it
HEADERS: Final = ("institution", "manufacturer", "model", "station_name")
_PLACE: Final = ("site", "room", "unit")
#: a date farther ahead is no clock that is off
_FARTHEST_AHEAD: Final = datetime.timedelta(days=366)
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
    if only_site:
        found = found[found["site"] == only_site].reset_index(drop=True)
    found = with_headers(found, equipment, HEADERS)
    told, unmapped = with_examinations(found, site.examinations)
    bands = size_bands(told["patient_age_years"], told["patient_weight_kg"])
    return told.assign(band=bands["band"].array, weight_told=bands["weight_told"].array), unmapped


def dated(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Exposures without the dates that none can have, and how many these are.

    Parameters
    ----------
    frame : DataFrame
        `exposed_at`: missing where it is of a year before there was digital radiography, or more than a year ahead. A
        clock that is off by less keeps its order and is told by the audit of headers.
    """
    moments = frame["exposed_at"]
    latest = pd.Timestamp(datetime.datetime.now() + _FARTHEST_AHEAD)
    wrong = (moments < pd.Timestamp(FIRST_YEAR, 1, 1)) | (moments > latest)
    return (frame.assign(exposed_at=moments.mask(wrong)), int(wrong.sum())) if wrong.any() else (frame, 0)


def with_headers(frame: pd.DataFrame, equipment: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """With what the headers of each row's equipment say; missing where that is not known."""
    places = equipment.index.get_indexer(pd.Index(frame["equipment_id"].fillna(-1).to_numpy(dtype=np.int64)))
    return frame.assign(**{name: equipment[name].array.take(places, allow_fill=True) for name in names})


def equipment_of(row: Mapping[Any, Any]) -> Equipment:
    """Identity out of a row of the frame of equipment, without its software."""
    told: dict[str, Any] = {name: None if pd.isna(row[name]) else str(row[name]) for name in IDENTITY}
    return Equipment(**told)


def is_registered(site: Site, row: Mapping[Any, Any]) -> bool:
    """Whether a row of the frame of equipment is of the site's register."""
    return any(entry.is_of(equipment_of(row)) for entry in site.equipment)


def placed(frame: pd.DataFrame, equipment: pd.DataFrame, site: Site) -> pd.DataFrame:
    """With site, room and unit of the day of each exposure."""
    day = frame["exposed_at"].dt.normalize().astype("datetime64[us]")
    days = day.to_numpy().astype("datetime64[D]")
    changes = np.array(days_of_change(site.facts), dtype="datetime64[D]")
    since = np.where(np.isnat(days), -1, np.searchsorted(changes, days, side="right"))
    numbers = frame["equipment_id"].fillna(-1).to_numpy(dtype=np.int64)
    sorts = pd.factorize(numbers)[0] * (len(changes) + 2) + since + 1
    _, first, codes = np.unique(sorts, return_index=True, return_inverse=True)
    found = []
    for number, on in zip(numbers[first].tolist(), days[first].tolist(), strict=True):
        made = Equipment() if number < 0 else equipment_of(equipment.loc[number].to_dict())
        found.append(whereabouts(made, on, facts=site.facts))
    told = {name: pd.array([getattr(place, name) for place in found], dtype="str") for name in _PLACE}
    return frame.reset_index(drop=True).assign(
        day=day.to_numpy(), **{name: names.take(codes) for name, names in told.items()}
    )


def within(frame: pd.DataFrame, first: datetime.date | None, last: datetime.date | None) -> pd.DataFrame:
    """Rows of `placed` in a period."""
    if first is None and last is None:
        return frame.drop(columns="day")
    kept = pd.Series(True, index=frame.index)
    if first is not None:
        kept &= frame["day"] >= pd.Timestamp(first)
    if last is not None:
        kept &= frame["day"] <= pd.Timestamp(last)
    return frame[kept].drop(columns="day").reset_index(drop=True)


def with_examinations(frame: pd.DataFrame, names: ExaminationNames) -> tuple[pd.DataFrame, pd.DataFrame]:
    """With body part and view as statistics group by, and what nothing told."""
    said = ["body_part", "view_position", "protocol_name"]
    codes = np.zeros(len(frame), dtype=np.int64)
    texts = {name: frame[name].fillna("").astype(str) for name in said}
    for text in texts.values():
        numbers, names_of = pd.factorize(text)
        codes = pd.factorize(codes * (len(names_of) + 1) + numbers)[0].astype(np.int64)
    sorts = pd.DataFrame(texts)[~pd.Series(codes, index=frame.index).duplicated()]  # in the order of their codes
    found = [names.examination(**row) for row in sorts.to_dict("records")]  # type: ignore[arg-type]  # texts by name
    parts, views = (pd.array([getattr(one, name) for one in found], dtype="str") for name in ("body_part", "view"))
    is_open = np.array([not one.body_part or not one.view for one in found], dtype=np.bool_)
    unmapped = sorts.assign(exposures=np.bincount(codes, minlength=len(sorts)))[is_open].sort_values(by=said)
    unmapped = unmapped.sort_values(by="exposures", ascending=False, kind="stable").reset_index(drop=True)
    with_names = frame.drop(columns=["body_part", "view_position"])
    return with_names.assign(body_part=parts.take(codes), view=views.take(codes)), unmapped
