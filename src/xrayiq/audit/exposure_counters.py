"""Exposures that detectors and performed steps count and of which no image is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit.apparent_repeats import STORED
from xrayiq.audit.repeat_bounds import RepeatBounds
from xrayiq.stats import wilson_interval

#: what counts exposures
DETECTOR: Final = "detector"
STEPS: Final = "performed steps"
_UNIT: Final = ["site", "room", "unit"]
_COUNTERS: Final = ("exposures_since_manufacture", "exposures_since_calibration")
_SUMS: Final = ("stored", "missing", "set_apart", "resets")
COUNTER_COLUMNS: Final = (
    *("counted_by", *_UNIT, "first_day", "last_day", "stored", "counted", "missing", "told", "undocumented"),
    *("share", "low", "high", "set_apart", "resets"),
)


def count_exposures(
    images: pd.DataFrame, steps: pd.DataFrame, exposures: pd.DataFrame, bounds: RepeatBounds
) -> pd.DataFrame:
    """Exposures that were made, by counters, beside those of which an image is stored.

    Parameters
    ----------
    images : DataFrame
        All images of a period, tests too: `exposure_key`, `exposed_at`, `site`, `room`, `unit`, `manufacturer`,
        `detector_id`, `study_uid`, `exposures_since_manufacture` and `exposures_since_calibration` (counters of the
        detector, (0018,7011) and (0018,7010); NaN where not told).
    steps : DataFrame
        Performed steps of radiography: `study_uid` and `exposure_count` (0040,0301).
    exposures : DataFrame
        Of the audit; those without stored image are told by a dose report, a note or a log.
    bounds : RepeatBounds
        Greatest gap that counts as exposures without image.

    Returns
    -------
    DataFrame
        `COUNTER_COLUMNS`, for each unit and what counts: `stored` exposures with an image, `counted` ones, `missing` of
        these, `told` (other sources tell of them), `undocumented` (missing and not told: a lower bound, as what was
        exposed before the first and after the last stored image is not seen) with its `share` of all counted and
        Wilson's 95 % interval, exposures `set_apart` (gaps too large for rejects, or with a calibration in them) and
        `resets` of the counter (a new detector or board; what lies between is not known).
    """
    rows = [*_by_detector(images, exposures, bounds), *_by_steps(images, steps, exposures)]
    return pd.DataFrame(rows, columns=list(COUNTER_COLUMNS))


def _by_detector(images: pd.DataFrame, exposures: pd.DataFrame, bounds: RepeatBounds) -> Iterator[dict[str, Any]]:
    known = images[images[list(_COUNTERS)].notna().any(axis=1) & images["exposed_at"].notna()]
    if known.empty:
        return
    known = known.sort_values("exposed_at", kind="stable").drop_duplicates("exposure_key")
    named = known["detector_id"].fillna("").astype(str)
    owner = known["manufacturer"].fillna("").astype(str).where(named != "", known["unit"].astype(str))
    parts = []
    for _, own in known.groupby([owner, named], sort=True):
        whole = _gaps(own, bounds.most_per_gap)
        if own["unit"].nunique() > 1 and whole["resets"].any():  # one name of two detectors
            parts += [_gaps(one, bounds.most_per_gap) for _, one in own.groupby(_UNIT, sort=True)]
        else:
            parts.append(whole)
    for place, own in pd.concat(parts).groupby(_UNIT, sort=True):
        yield _row(DETECTOR, own, exposures, dict(zip(_UNIT, place, strict=True)), {name: own[name] for name in _SUMS})


def _gaps(own: pd.DataFrame, most: int) -> pd.DataFrame:
    """Exposures of one detector with the exposures that its counter tells between each and the one before."""
    values, calibrated = (own[name].to_numpy(dtype=np.float64) for name in _COUNTERS)
    if np.isnan(values).sum() > np.isnan(calibrated).sum():  # one counter throughout: its steps are exposures
        values = calibrated
    kept = ~np.isnan(values)
    own, values, calibrated = own[kept], values[kept], calibrated[kept]
    falls = np.flatnonzero(np.diff(values) < -most) + 1  # less is two exposures in the wrong order
    missing, apart, resets = (np.zeros(len(own), dtype=np.int64) for _ in range(3))
    resets[falls] = 1
    for part in np.split(np.arange(len(own)), falls):
        order = part[np.argsort(values[part], kind="stable")]
        gaps = np.maximum(np.diff(values[order]) - 1.0, 0.0).astype(np.int64)
        is_apart = (gaps > most) | (np.diff(calibrated[order]) < 0.0)
        missing[order[1:]] = np.where(is_apart, 0, gaps)
        apart[order[1:]] = np.where(is_apart, gaps, 0)
    return own.assign(stored=1, missing=missing, set_apart=apart, resets=resets)


def _by_steps(images: pd.DataFrame, steps: pd.DataFrame, exposures: pd.DataFrame) -> Iterator[dict[str, Any]]:
    counts = steps.dropna(subset=["study_uid", "exposure_count"]).groupby("study_uid")["exposure_count"].sum()
    own = images[images["study_uid"].isin(counts.index)].drop_duplicates("exposure_key")
    if own.empty:
        return
    studies = own.groupby("study_uid").agg(
        **{name: (name, "first") for name in _UNIT},
        exposed_at=("exposed_at", "min"),
        last=("exposed_at", "max"),
        stored=("exposure_key", "size"),
    )
    studies["missing"] = np.maximum(counts.reindex(studies.index).to_numpy() - studies["stored"].to_numpy(), 0.0)
    unseen = exposures[~exposures["source"].isin(list(STORED))].groupby("study_uid").size()
    studies["told"] = np.minimum(unseen.reindex(studies.index).fillna(0).to_numpy(), studies["missing"].to_numpy())
    for place, part in studies.groupby(_UNIT, sort=True):
        sums = {"stored": part["stored"], "missing": part["missing"]}
        yield _row(STEPS, part, exposures, dict(zip(_UNIT, place, strict=True)), sums, told=int(part["told"].sum()))


def _row(
    counted_by: str,
    own: pd.DataFrame,
    exposures: pd.DataFrame,
    place: dict[str, Any],
    sums: dict[str, pd.Series],
    *,
    told: int | None = None,
) -> dict[str, Any]:
    first, last = own["exposed_at"].min(), own["exposed_at"].max()
    numbers = dict.fromkeys(_SUMS, 0) | {name: int(values.sum()) for name, values in sums.items()}
    if told is None:
        here = exposures["exposed_at"].between(first, last) & ~exposures["source"].isin(list(STORED))
        for name in _UNIT:
            here &= exposures[name] == place[name]
        told = min(int(here.sum()), numbers["missing"])
    counted, undocumented = numbers["stored"] + numbers["missing"], numbers["missing"] - told
    share = wilson_interval(undocumented, counted)
    return (
        {"counted_by": counted_by, "counted": counted, "told": told, "undocumented": undocumented}
        | {"first_day": first.date(), "last_day": last.date()}
        | {"share": share.proportion, "low": share.low, "high": share.high}
        | place
        | numbers
    )
