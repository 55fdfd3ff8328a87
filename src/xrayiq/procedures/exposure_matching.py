"""Images and events of dose reports that tell of one exposure, over whole stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.text_places import first_places, is_among
from xrayiq.model import ExposureSource, ReportedExposure, match_exposures
from xrayiq.model.matched_exposures import TIME_SPAN_S

#: what images and events both tell beside numbers and texts
_SHARED: Final = ("body_part", "view_position", "exposed_at")


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
    codes, names = pd.factorize(images["exposure_key"])
    keys = _keys_by(images["event_uid"], codes, events["event_uid"])
    keys = np.where(keys < 0, _keys_by(images["subject"], codes, events["acquired_image_uid"]), keys)
    keys = np.where(keys < 0, _keys_by_time(images, codes, events, keys, equipment), keys)
    keys = np.where(pd.Series(keys).duplicated(), -1, keys)
    counts = images["counts"].to_numpy(dtype=bool)
    known = keys >= 0
    of_counted = _marked(len(names), codes[counts])[keys] & known
    own_events = np.full(len(names) + 1, -1)  # the last place is for what has no key
    own_events[keys[of_counted]] = np.flatnonzero(of_counted)
    rejected = events["is_rejected"].fillna(value=False).astype(bool)
    counted = images if counts.all() else images[counts]
    beside = _beside(counted, events, own_events[codes[counts]], (*_SHARED, *numbers, *texts), places)
    alone = events[~known].assign(source="report", repeated=rejected[~known])
    alone["exposure_key"] = pd.Series(pd.NA, index=alone.index, dtype="string")
    frame = pd.concat([part for part in (beside, alone) if len(part)] or [beside], ignore_index=True)
    return MatchedRows(frame=frame, both=int(of_counted.sum()), uncounted=int((known & ~of_counted).sum()))


def _beside(
    counted: pd.DataFrame,
    events: pd.DataFrame,
    own_events: NDArray[np.int64],
    columns: Sequence[str],
    places: Sequence[str],
) -> pd.DataFrame:
    """Images that count with what their event (-1 for none) tells and they do not."""
    told = own_events >= 0
    filled = {}
    for name in columns:
        silent = np.flatnonzero(counted[name].isna().to_numpy() & told)
        answers = events[name].array.take(own_events[silent])
        answered = np.flatnonzero(~pd.isna(answers))
        if answered.size:
            values = counted[name].array.copy()
            values[silent[answered]] = answers.take(answered)
            filled[name] = values
    of_events = {name: events[name].array.take(own_events, allow_fill=True) for name in ("is_rejected", *places)}
    repeated = pd.Series(of_events["is_rejected"]).fillna(value=False).astype(bool).to_numpy()
    source = pd.array(["image", "both"], dtype="str").take(told.astype(np.int64))
    return counted.assign(**of_events, **filled, source=source, repeated=repeated)


def _marked(size: int, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Flags, one more than the size for what has no place, set at some places."""
    found = np.zeros(size + 1, dtype=np.bool_)
    found[places] = True
    found[-1] = False
    return found


def _keys_by(named: pd.Series, codes: NDArray[np.int64], uids: pd.Series) -> NDArray[np.int64]:
    """Number of the exposure of the images with these identifiers; -1 where images of several exposures have one."""
    numbers, known = pd.factorize(named)
    told = np.flatnonzero(numbers >= 0)
    least = np.full(len(known), len(codes))
    most = np.full(len(known), -1)
    np.minimum.at(least, numbers[told], codes[told])
    np.maximum.at(most, numbers[told], codes[told])
    single = np.append(np.where(least == most, most, -1), -1)
    return single[first_places(uids, pd.Series(known))]


def _keys_by_time(
    images: pd.DataFrame,
    codes: NDArray[np.int64],
    events: pd.DataFrame,
    keys: NDArray[np.int64],
    equipment: pd.DataFrame,
) -> NDArray[np.int64]:
    """Exposure of the images of the same unit, time and technique as events that nothing else tells the image of."""
    found = np.full(len(events), -1)
    left = events.assign(place=np.arange(len(events)))[(keys < 0) & events["exposed_at"].notna().to_numpy()]
    if left.empty:
        return found
    same_day = images["exposed_at"].dt.normalize().isin(left["exposed_at"].dt.normalize()).to_numpy()
    same_unit = images["equipment_id"].isin(_same_units(equipment, left["equipment_id"])).to_numpy(dtype=bool)
    near = same_day & same_unit & ~_marked(int(codes.max(initial=-1)) + 1, keys[keys >= 0])[codes]
    candidates = images[near].assign(place=codes[near]).drop_duplicates("place")
    shared = is_among(left["event_uid"], candidates["event_uid"])
    left = left[shared | _is_near(left["exposed_at"], candidates["exposed_at"])]
    shared = is_among(candidates["event_uid"], left["event_uid"])
    candidates = candidates[shared | _is_near(candidates["exposed_at"], left["exposed_at"])]
    if candidates.empty:
        return found
    made = [name for name in equipment.columns if name not in left.columns]
    left = left.join(equipment[made], on="equipment_id")
    candidates = candidates.join(equipment, on="equipment_id")
    by_key = dict(zip(candidates["exposure_key"], candidates["place"].tolist(), strict=True))
    told = [reported(row, "image", row["exposure_key"]) for row in candidates.to_dict("records")]
    told += [reported(row, "report", str(row["place"])) for row in left.to_dict("records")]
    for group in match_exposures(told):
        key = next((member.subject for member in group.members if member.source == "image"), None)
        if key is not None:
            for member in group.members:
                if member.source == "report":
                    found[int(member.subject)] = by_key[key]
    return found


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
