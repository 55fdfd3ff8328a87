"""Images and events of dose reports that tell of one exposure, over whole stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.model import ExposureSource, ReportedExposure, match_exposures
from xrayiq.model.matched_exposures import TIME_SPAN_S


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatchedRows:
    """Exposures, each once.

    Parameters
    ----------
    frame : DataFrame
        Images that count and events that no image tells of, one row each, with `source` and `repeated`.
    both : int
        How many an image and a report tell of.
    uncounted : int
        Events of images that do not count.
    """

    frame: pd.DataFrame
    both: int
    uncounted: int


def matched_rows(
    images: pd.DataFrame,
    events: pd.DataFrame,
    equipment: pd.DataFrame,
    *,
    numbers: tuple[str, ...],
    texts: tuple[str, ...],
    places: tuple[str, ...] = (),
) -> MatchedRows:
    """One row for each exposure.

    Parameters
    ----------
    images : DataFrame
        All images: `subject`, `exposure_key`, `counts` (bool), `event_uid`, `exposed_at`, `equipment_id`, `body_part`,
        `view_position`, `numbers` and `texts`.
    events : DataFrame
        Events, each once: the same without `exposure_key` and `counts`, and `acquired_image_uid` and `is_rejected`.
    equipment : DataFrame
        Manufacturer, model, station and serial number by `equipment_id`.
    numbers, texts : tuple of str
        Columns that both have: an image's own value counts, and the event's where it has none.
    places : tuple of str
        Columns of events alone, which an image gets of its event.

    Returns
    -------
    MatchedRows
        An event is of the image with its irradiation event, else of the one that it names, else of one of the same
        unit, time and technique by the rules of `match_exposures`. Of several events of one image the first is its own,
        the others stand for themselves.
    """
    keys = _keys_by(images, events["event_uid"], "event_uid")
    keys = keys.fillna(_keys_by(images, events["acquired_image_uid"], "subject"))
    keys = keys.fillna(_keys_by_time(images, events, keys, equipment))
    keys = keys.mask(keys.duplicated() & keys.notna())
    counted = images[images["counts"]]
    known = keys.notna()
    of_counted = _among(keys, counted["exposure_key"])
    rejected = events["is_rejected"].fillna(value=False).astype(bool)
    told_here = events.assign(exposure_key=keys, source="report", repeated=rejected)
    matched, alone = told_here[known & of_counted], told_here[~known]
    columns = ["body_part", "view_position", "exposed_at", *numbers, *texts]
    beside = counted.merge(
        matched[["exposure_key", "is_rejected", *places, *columns]],
        how="left",
        on="exposure_key",
        suffixes=("", "_told"),
    )
    for name in columns:
        beside[name] = beside[name].fillna(beside[f"{name}_told"])
    told = _among(beside["exposure_key"], matched["exposure_key"])
    beside["source"] = told.map({True: "both", False: "image"})
    beside["repeated"] = beside["is_rejected"].fillna(value=False).astype(bool)
    kept = [name for name in beside.columns if not name.endswith("_told")]
    frame = pd.concat([part for part in (beside[kept], alone) if len(part)] or [beside[kept]], ignore_index=True)
    return MatchedRows(frame=frame, both=int(told.sum()), uncounted=int((known & ~of_counted).sum()))


def _keys_by(images: pd.DataFrame, uids: pd.Series, name: str) -> pd.Series:
    """Exposure of the images with these identifiers; none where images of several exposures have one."""
    named = images.loc[images[name].notna(), [name, "exposure_key"]].drop_duplicates()
    alone = named.drop_duplicates(name, keep=False).set_index(name)["exposure_key"]
    return uids.map(alone).astype("string")


def _keys_by_time(images: pd.DataFrame, events: pd.DataFrame, keys: pd.Series, equipment: pd.DataFrame) -> pd.Series:
    """Exposure of the images of the same unit, time and technique as events that nothing else tells the image of."""
    nothing = pd.Series(pd.NA, index=events.index, dtype="string")
    found: dict[int, str] = {}
    left = events[keys.isna() & events["exposed_at"].notna()]
    if left.empty:
        return nothing
    near = images["exposed_at"].dt.normalize().isin(left["exposed_at"].dt.normalize())
    near &= images["equipment_id"].isin(_same_units(equipment, left["equipment_id"]))
    candidates = images[near & ~_among(images["exposure_key"], keys)].drop_duplicates("exposure_key")
    shared = _among(left["event_uid"], candidates["event_uid"])
    left = left[shared | _is_near(left["exposed_at"], candidates["exposed_at"])]
    shared = _among(candidates["event_uid"], left["event_uid"])
    candidates = candidates[shared | _is_near(candidates["exposed_at"], left["exposed_at"])]
    if candidates.empty:
        return nothing
    made = [name for name in equipment.columns if name not in left.columns]
    left = left.join(equipment[made], on="equipment_id")
    candidates = candidates.join(equipment, on="equipment_id")
    told = [reported(row, "image", row["exposure_key"]) for row in candidates.to_dict("records")]
    told += [reported(row, "report", str(place)) for place, row in left.to_dict("index").items()]
    for group in match_exposures(told):
        key = next((member.subject for member in group.members if member.source == "image"), None)
        if key is not None:
            for member in group.members:
                if member.source == "report":
                    found[int(member.subject)] = key
    return nothing.fillna(pd.Series(found, dtype="string"))


def _among(texts: pd.Series, others: pd.Series) -> pd.Series:
    """Whether each text is one of the others; pandas takes many times longer for text of Arrow."""
    known = set(others.dropna().tolist())
    return pd.Series([one in known for one in texts.tolist()], index=texts.index, dtype=bool)


def _is_near(moments: pd.Series, others: pd.Series) -> NDArray[np.bool_]:
    """Whether each moment is so near one of the others that `match_exposures` may take them for the same."""
    known = np.sort(others.dropna().to_numpy())
    span = np.timedelta64(round(TIME_SPAN_S * 1e6), "us")
    own = moments.to_numpy()
    return np.searchsorted(known, own - span, side="left") < np.searchsorted(known, own + span, side="right")


def _same_units(equipment: pd.DataFrame, numbers: pd.Series) -> list[int]:
    """Equipment of the same serial number or station as some."""
    own = equipment[equipment.index.isin(numbers.dropna())]
    alike = equipment["serial_number"].isin(own["serial_number"].dropna())
    return list(equipment.index[alike | equipment["station_name"].isin(own["station_name"].dropna())])


def reported(
    row: Mapping[Any, Any], source: ExposureSource, subject: str, *, place: int = 1, image_uids: tuple[str, ...] = ()
) -> ReportedExposure:
    """Row of an image, of an event or of a step's exposure, its unit beside it, as it is matched."""

    def known(name: str) -> Any:
        return None if pd.isna(row[name]) else row[name]

    moment = known("exposed_at")
    return ReportedExposure(
        source=source,
        subject=subject,
        place=place,
        image_uids=image_uids,
        unit=(known("manufacturer"), known("model"), known("station_name"), known("serial_number")),
        event_uid=known("event_uid"),
        exposed_at=None if moment is None else moment.to_pydatetime(),
        tube_voltage_kv=known("tube_voltage_kv"),
        exposure_mas=known("exposure_mas"),
        exposure_time_ms=known("exposure_time_ms"),
        dap_gy_m2=known("dose_area_product"),
        average_glandular_dose_mgy=known("average_glandular_dose"),
    )
