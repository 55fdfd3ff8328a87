"""Rejects that key objects, dose reports and makers' logs tell of, each exposure once among those of a store."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from xrayiq.audit import RejectReason, shipped_reject_reasons
from xrayiq.audit.apparent_repeats import STORED
from xrayiq.audit.repeat_rates import HIDDEN
from xrayiq.procedures.exposure_frame import CountedExposures, exposures_of_store
from xrayiq.procedures.exposure_places import located
from xrayiq.procedures.log_matching import LOG, keys_of_told
from xrayiq.procedures.site import Site
from xrayiq.records import Records

#: what tells of a reject; the first that names a reason is believed
KEY_OBJECT: Final = "key_object"
FLAG: Final = "report_flag"
#: stationary acquisition (DCM), and where no type of event is told
_RADIOGRAPHS: Final = ("113611", "")
_TOLD: Final = ("is_rejected", "reject_source", "category", "reason")
_IMAGE_COLUMNS: Final = (
    *("subject", "exposure_key", "population", "irradiation_event_uid", "exposed_at", "tube_voltage_kv"),
    *("exposure_mas", "equipment_id"),
)
#: what a note or log calls otherwise
_RENAMED: Final = {"dap_gy_m2": "dose_area_product"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExposuresWithRejects:
    """Exposures with what is told of rejects.

    Parameters
    ----------
    frame : DataFrame
        As `CountedExposures.frame`, radiographs only, with `is_rejected`, `reject_source` (what tells it, several
        joined by a comma; ``"no_image"`` where a dose report tells of an exposure whose image is not stored although
        others of its study are; empty where accepted), `category` and `reason`. Exposures that only a note or a log
        tells of have the `source` ``"report"``.
    left_out : dict of str to int
        What does not count, by reason.
    unmapped : DataFrame
        As in `CountedExposures`.
    """

    frame: pd.DataFrame
    left_out: dict[str, int]
    unmapped: pd.DataFrame


def exposures_with_rejects(
    records: Records,
    site: Site,
    *,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
) -> ExposuresWithRejects:
    """Radiographs of a store, each once, with the rejects that it holds.

    Parameters
    ----------
    records : Records
        The store.
    site, first, last, only_site, populations
        As for `exposures_of_store`.

    Returns
    -------
    ExposuresWithRejects
        An exposure that image, dose report, key object and log tell of counts once. A reject is of the image or event
        that it names, else of the exposure of the same unit, time and technique; else it stands for itself. Notes that
        only flag, and rejects of tests, test patients and images that do not count, are left out.
    """
    counted = exposures_of_store(
        records,
        site,
        first=first,
        last=last,
        only_site=only_site,
        populations=populations,
        measured=("field_area",),
    )
    left_out = dict(counted.left_out)
    frame = _radiographs(counted, left_out)
    frame = _with_flags(records, frame)
    told = _told(records, left_out)
    if len(told):
        told["exposure_key"] = keys_of_told(told, frame, counted.equipment)
        if told["exposure_key"].isna().any():
            told = _with_uncounted(records, told, frame, counted.equipment, populations, left_out)
        frame = _marked(frame, told[told["exposure_key"].notna()], left_out)
    alone = _alone(told[told["exposure_key"].isna()]) if len(told) else told
    if len(alone):  # what these do not tell is missing
        placed, _ = located(alone, counted.equipment, site, first=first, last=last)
        placed = _in_studies(placed, frame)
        placed = placed[placed["site"] == only_site] if only_site else placed
        frame = pd.concat([frame, placed.reindex(columns=frame.columns)], ignore_index=True)
    frame[["is_rejected"]] = frame[["is_rejected"]].astype(bool)
    return ExposuresWithRejects(
        frame=frame.sort_values("exposed_at", kind="stable", ignore_index=True),
        left_out={} if only_site else left_out,
        unmapped=counted.unmapped,
    )


def _radiographs(counted: CountedExposures, left_out: dict[str, int]) -> pd.DataFrame:
    """Exposures without fluoroscopy and other sweeps that dose reports tell of."""
    kinds = counted.frame["event_type"].fillna("").astype(str)
    kept = counted.frame["source"].isin(list(STORED)) | kinds.isin(_RADIOGRAPHS)
    if not kept.all():
        left_out["events that are no radiographs"] = int((~kept).sum())
    chosen = counted.frame[kept].reset_index(drop=True)
    return chosen.assign(key=chosen["exposure_key"].fillna(chosen["subject"]).astype("string"))


def _with_flags(records: Records, frame: pd.DataFrame) -> pd.DataFrame:
    """With the flags of dose reports, and events whose image is not stored although others of the study are."""
    scheme = shipped_reject_reasons()
    flagged = frame["repeated"].fillna(value=False).astype(bool)
    has_image = frame["source"].isin(list(STORED))
    stored = frame.loc[has_image, ["study_uid", "unit"]].dropna().drop_duplicates()
    known = pd.MultiIndex.from_frame(stored)
    beside = pd.MultiIndex.from_frame(frame[["study_uid", "unit"]]).isin(known)
    hidden = ~has_image & ~flagged & beside
    marked = frame.assign(
        is_rejected=flagged | hidden,
        reject_source=np.where(flagged, FLAG, np.where(hidden, HIDDEN, "")),
        category=np.where(flagged | hidden, RejectReason().category, ""),
        reason="",
    )
    if not flagged.any():
        return marked
    events = records.frame("dose_events", columns=("outcome_id", "ordinal", "rejection_reason"))
    codes = events[events["rejection_reason"].notna()].set_index(["outcome_id", "ordinal"])["rejection_reason"]
    for place, row in marked[flagged].iterrows():
        code = codes.get((row["report_outcome"], row["report_ordinal"]))
        reason = scheme.of_code(None if code is None else str(code)) or RejectReason()
        marked.loc[place, ["category", "reason"]] = [reason.category, reason.reason]
    return marked


def _told(records: Records, left_out: dict[str, int]) -> pd.DataFrame:
    """Rows of notes and logs that count, with their reason in two levels."""
    scheme = shipped_reject_reasons()
    every = records.frame("rejects").rename(columns=_RENAMED)
    tests = every["is_test_patient"].fillna(value=False).astype(bool)
    rejecting = {code for code, title in scheme.notes.items() if title.counts}
    flags = (every["source"] == KEY_OBJECT) & ~every["title"].isin(list(rejecting))
    for reason, wrong in (("rejects of test patients", tests), ("objects that notes only flag", flags & ~tests)):
        if wrong.any():
            left_out[reason] = int(wrong.sum())
    chosen = every[~tests & ~flags].reset_index(drop=True)
    reasons = [
        _reason(category, reason, code, title)
        for category, reason, code, title in zip(
            *(chosen[name].fillna("") for name in ("category", "reason", "code", "title")), strict=True
        )
    ]
    moments = chosen["exposed_at"].fillna(chosen["noted_at"].where(chosen["source"] == KEY_OBJECT))
    return chosen.assign(
        category=[one.category for one in reasons], reason=[one.reason for one in reasons], exposed_at=moments
    )


def _reason(category: str, reason: str, code: str, title: str) -> RejectReason:
    scheme = shipped_reject_reasons()
    if category:
        return RejectReason(category=category, reason=reason)
    told = scheme.notes.get(title)
    return scheme.of_code(code) or (told.reason if told else RejectReason())


def _with_uncounted(
    records: Records,
    told: pd.DataFrame,
    frame: pd.DataFrame,
    equipment: pd.DataFrame,
    populations: Collection[str],
    left_out: dict[str, int],
) -> pd.DataFrame:
    """Told rows without those of images that do not count, or are of other days; twins of images have their key."""
    images = records.frame("exposures", columns=_IMAGE_COLUMNS)
    images = images.rename(columns={"exposure_key": "key", "irradiation_event_uid": "event_uid"})
    keys = keys_of_told(told[told["exposure_key"].isna()], images, equipment)
    found = told.assign(exposure_key=told["exposure_key"].fillna(keys))
    sought = set(keys.dropna())
    here = set(frame["key"][frame["key"].map(sought.__contains__).astype(bool)])
    of_told = images[images["key"].map(sought.__contains__).astype(bool)]
    counted = set(of_told.loc[of_told["population"].isin(list(populations)), "key"])
    if strange := sought - here - counted:
        left_out["rejects of images that do not count"] = len(strange)
    return found[~found["exposure_key"].isin(list(sought - here))]


def _marked(frame: pd.DataFrame, told: pd.DataFrame, left_out: dict[str, int]) -> pd.DataFrame:
    """Exposures with what notes and logs tell of them."""
    uncounted = shipped_reject_reasons().uncounted
    sought = set(told["exposure_key"])
    here = frame["key"].map(sought.__contains__).to_numpy(dtype=bool)
    tests = set(told.loc[told["category"].isin(list(uncounted)), "exposure_key"])
    dropped = frame["key"].map(tests.__contains__).astype(bool)
    if dropped.any():
        left_out["exposures that logs call tests"] = int(dropped.sum())
    kept = frame[~dropped].reset_index(drop=True)
    present = set(kept["key"][here[~dropped.to_numpy()]])
    rejecting = told[told["is_rejected"].astype(bool) & told["exposure_key"].isin(list(present))]
    if rejecting.empty:
        return kept
    ranked = rejecting.assign(
        silent=rejecting["category"] == RejectReason().category, log=rejecting["source"] == LOG
    ).sort_values(["silent", "log"], kind="stable")
    best = ranked.drop_duplicates("exposure_key").set_index("exposure_key")
    sources = ranked.groupby("exposure_key")["source"].agg(lambda names: ", ".join(sorted(set(names))))
    place = kept["key"].map(set(best.index).__contains__).astype(bool)
    keys = kept.loc[place, "key"]
    flags = (kept.loc[place, "reject_source"] == FLAG).map({True: f", {FLAG}", False: ""})
    silent = best["silent"].reindex(keys).to_numpy() & (kept.loc[place, "reject_source"] == FLAG).to_numpy()
    marked = kept.copy()
    marked.loc[place, "reject_source"] = keys.map(sources).astype(object) + flags
    marked.loc[place, "is_rejected"] = True
    for name in ("category", "reason"):
        own = marked.loc[place, name].to_numpy(dtype=object)
        marked.loc[place, name] = np.where(silent, own, best[name].reindex(keys).to_numpy(dtype=object))
    return marked


def _alone(told: pd.DataFrame) -> pd.DataFrame:
    """Exposures of which only notes or logs tell, each once."""
    chosen = told[~told["category"].isin(list(shipped_reject_reasons().uncounted))]
    chosen = chosen.sort_values("is_rejected", ascending=False, kind="stable")
    for name in ("image_uid", "event_uid"):
        chosen = chosen[chosen[name].isna() | ~chosen.duplicated(name)]
    nameless = chosen["image_uid"].isna() & chosen["event_uid"].isna()
    same = [
        "equipment_id",
        "exposed_at",
        "tube_voltage_kv",
        "exposure_mas",
        "body_part",
        "view_position",
        "is_rejected",
    ]
    chosen = chosen[~nameless | ~chosen.duplicated(same)]
    rejected = chosen["is_rejected"].astype(bool)
    subject = chosen["image_uid"].fillna(chosen["event_uid"])
    subject = subject.fillna(chosen["subject"] + "#" + (chosen["ordinal"] + 1).astype("string"))
    return chosen.assign(
        subject=subject,
        key=subject,
        reject_source=chosen["source"].where(rejected, ""),
        category=chosen["category"].where(rejected, ""),
        reason=chosen["reason"].where(rejected, ""),
        source="report",
        patient_weight_kg=np.nan,
    ).drop(columns=["manufacturer", "model", "station_name", "institution"])


def _in_studies(alone: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Exposures that key objects tell of in the place of their study, and as its examination where it has only one."""
    images = frame[frame["study_uid"].notna()]
    told = alone.copy()
    of_notes = told["reject_source"] == KEY_OBJECT
    for names in (["site", "room", "unit"], ["body_part"], ["band"]):
        known = images.drop_duplicates(["study_uid", *names])
        single = known.drop_duplicates("study_uid", keep=False).set_index("study_uid")
        for name in names:
            found = told["study_uid"].map(single[name].astype(object)).astype(object)
            told[name] = told[name].astype(object).where(~of_notes | found.isna(), found)
    return told
