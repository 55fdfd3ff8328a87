"""Exposures of performed procedure steps beside those that images and dose reports tell of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from xrayiq.audit.text_places import is_among
from xrayiq.model import PerformedStep, ReportedExposure, match_exposures
from xrayiq.procedures.exposure_matching import reported
from xrayiq.records import Records


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SteppedRows:
    """Exposures, each once, with what performed steps tell of them.

    Parameters
    ----------
    frame : DataFrame
        Those of images and reports with `told_by_step`, and those that a step alone tells of (`source` ``"step"``).
    told : int
        How many exposures of steps are those of an image or a report.
    unsure : int
        Exposures of steps that are not counted: their study has images or reports, none of which they can be told to
        be of, or not to be of.
    """

    frame: pd.DataFrame
    told: int = 0
    unsure: int = 0


def stepped_rows(
    frame: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    images: pd.DataFrame,
    events: pd.DataFrame,
    equipment: pd.DataFrame,
    named_images: Mapping[str, tuple[str, ...]],
) -> SteppedRows:
    """Match exposures of steps by the rules of `match_exposures`.

    Parameters
    ----------
    frame : DataFrame
        Exposures of images and reports, each once, as `matched_rows` gives them.
    steps : DataFrame
        Exposures of steps, with the columns of events.
    images, events : DataFrame
        All images and all events of reports, also those that do not count.
    equipment : DataFrame
        Manufacturer, model, station and serial number by `equipment_id`.
    named_images : mapping of str to tuple of str
        Images that each step names.

    Returns
    -------
    SteppedRows
        A step tells of no value that an image or a report does not: its exposures add none to theirs. One without match
        stands for itself where its study has neither image nor report, or where it alone has its irradiation event.
    """
    frame = frame.assign(told_by_step=False)
    if steps.empty:
        return SteppedRows(frame=frame)
    studies = set(steps["study_uid"].dropna())
    beside = images[images["study_uid"].isin(studies)].join(equipment, on="equipment_id")
    copies = beside.groupby("exposure_key")["subject"].agg(tuple).to_dict()
    keys = beside["exposure_key"].tolist()
    made = [name for name in equipment.columns if name not in events.columns]
    reports = events[events["study_uid"].isin(studies)].join(equipment[made], on="equipment_id")
    given = [
        reported(row, "image", row["exposure_key"], image_uids=copies[row["exposure_key"]])
        for row in beside.drop_duplicates("exposure_key").to_dict("records")
    ]
    given += [reported(row, "report", row["subject"], image_uids=_named(row)) for row in reports.to_dict("records")]
    given += _of_steps(steps, equipment, named_images)
    known = {one.event_uid for one in given if one.source != "step"} - {None}
    study_of = dict(zip(steps["subject"], steps["study_uid"], strict=True))
    told_of = set(beside["study_uid"]) | set(reports["study_uid"])
    matched: set[str] = set()
    alone, told, unsure = [], 0, 0
    for group in match_exposures(given):
        own = [member for member in group.members if member.source == "step"]
        others = [member.subject for member in group.members if member.source != "step"]
        if own and others:
            told += len(own)
            matched.update(others)
        elif own:
            has_own_event = own[0].event_uid is not None and own[0].event_uid not in known
            name = f"{own[0].subject}#{own[0].place}"
            if has_own_event or study_of.get(name) not in told_of:
                alone.append(name)
            else:
                unsure += len(own)
    of_images = pd.Series(sorted(matched & set(keys)), dtype="string")
    by_key = is_among(frame["exposure_key"], of_images) & frame["source"].isin(["image", "both"])
    of_any = is_among(frame["subject"], pd.Series(sorted(matched), dtype="string"))
    frame = frame.assign(told_by_step=by_key | of_any)
    if alone:
        extra = steps[steps["subject"].isin(alone)].assign(source="step", repeated=False, told_by_step=True)
        frame = pd.concat([part for part in (frame, extra) if len(part)], ignore_index=True)
    return SteppedRows(frame=frame, told=told, unsure=unsure)


def images_of_steps(records: Records, steps: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Images that each performed step of a store names; nothing is read where there is none."""
    if steps.empty:
        return {}
    found = records.results({"PerformedStep": PerformedStep}, procedure="performed_step")
    return {one.subject: one.result.image_uids for one in found if isinstance(one.result, PerformedStep)}


def _of_steps(
    steps: pd.DataFrame, equipment: pd.DataFrame, named_images: Mapping[str, tuple[str, ...]]
) -> Iterator[ReportedExposure]:
    made = [name for name in equipment.columns if name not in steps.columns]
    for row in steps.join(equipment[made], on="equipment_id").to_dict("records"):
        step = row["report"]
        # steps have a time of their own, not one for each exposure
        one = {**row, "exposed_at": pd.NaT}
        yield reported(one, "step", step, place=int(row["ordinal"]) + 1, image_uids=named_images.get(step, ()))


def _named(row: Mapping[Any, Any]) -> tuple[str, ...]:
    uid = row["acquired_image_uid"]
    return (uid,) if isinstance(uid, str) else ()
