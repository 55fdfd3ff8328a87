"""What headers of each unit lack, and what contradicts itself in them: counts and shares with intervals."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit.repeat_settings import shipped_repeat_rules
from xrayiq.audit.tag_policy import TaggedAttribute, TagPolicy
from xrayiq.stats import wilson_interval

UNIT: Final = ("site", "room", "unit")
COMPLETENESS: Final = (
    *(*UNIT, "attribute", "level", "exposures", "needed", "missing", "share", "low", "high", "permitted"),
    *("verdict", "examples", "why", "source"),
)
PROBLEMS: Final = (
    *(*UNIT, "rule", "group", "title", "level", "exposures", "found", "share", "low", "high", "permitted"),
    *("first_day", "last_day", "verdict", "examples"),
)
#: how a share lies to the permitted one
WITHIN, POSSIBLE, TOO_MANY, TOO_FEW = "within", "possible", "too many", "too few"
#: rules that no single header can tell
_OF_ARCHIVE: Final = ("in_future", "study_torn", "unmapped")
#: exposures of one study lie within
_STUDY: Final = pd.Timedelta(hours=6)
_MOST_EXAMPLES: Final = 5


def count_missing(exposures: pd.DataFrame, policy: TagPolicy) -> pd.DataFrame:
    """Completeness of each unit's headers by attribute.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: `UNIT`, `modality`, `examined_part` (as the site maps it), `file_number`,
        `exposed_at` and the columns of the policy.
    policy : TagPolicy
        What is asked for.

    Returns
    -------
    DataFrame
        `COMPLETENESS`: exposures that should have it, how many more are `needed` before it is judged, those `missing`
        it, their share with its Wilson interval (95 %), the `permitted` share and the `verdict` (``"too many"`` where
        the whole interval lies over it); `examples` are numbers of files, the latest first.
    """
    rows: list[Mapping[str, Any]] = []
    for one in policy.attributes:
        if one.level == "ignored":
            continue
        asked = exposures[_is_asked(exposures, one)]
        lacking = ~_is_there(asked[one.column], one)
        for key, group in lacking.groupby([asked[name] for name in UNIT], observed=True, sort=True):
            about: dict[str, Any] = {"attribute": one.keyword, "level": one.level, "why": one.why, "source": one.source}
            about |= {"needed": max(0, policy.least_exposures - len(group)), "permitted": one.permitted_share}
            told = _share(int(group.sum()), len(group), one.permitted_share, policy.least_exposures)
            own = asked.loc[group.index[group.to_numpy(dtype=bool)]]
            rows.append(dict(zip(UNIT, key, strict=True)) | about | told | {"examples": examples_of(own)})
    frame = pd.DataFrame(rows).rename(columns={"found": "missing"}).reindex(columns=list(COMPLETENESS))
    return frame.sort_values(list(UNIT), kind="stable").reset_index(drop=True)


def count_problems(exposures: pd.DataFrame, policy: TagPolicy, *, today: datetime.date | None) -> pd.DataFrame:
    """Problems of each unit's headers by rule.

    Parameters
    ----------
    exposures : DataFrame
        As in `count_missing`, with `header_checks` (names joined by commas; missing where a header was not checked),
        `study_uid`, `is_mapped` and `exposed_at`.
    policy : TagPolicy
        Which rules count.
    today : date, optional
        Exposures after the day after it are still to come.

    Returns
    -------
    DataFrame
        `PROBLEMS`, rows with at least one exposure only. Shares of the checks of single headers are of the headers
        that were checked.
    """
    hits = _hits(exposures, today)
    checked = exposures["header_checks"].notna()
    rows: list[Mapping[str, Any]] = []
    for rule in policy.rules:
        found = exposures.loc[hits.get(rule.name, exposures.index[:0])]
        if rule.level == "ignored" or found.empty:
            continue
        pool = exposures if rule.name in _OF_ARCHIVE else exposures[checked]
        sizes = pool.groupby(list(UNIT), observed=True).size().to_dict()
        for key, group in found.groupby(list(UNIT), observed=True, sort=True):
            days = group["exposed_at"].dropna()
            about: dict[str, Any] = {"rule": rule.name, "group": rule.group, "title": rule.title, "level": rule.level}
            about |= {"permitted": rule.permitted_share, "examples": examples_of(group)}
            about |= {
                name: day.date() for name, day in (("first_day", days.min()), ("last_day", days.max())) if len(days)
            }
            least = policy.least_exposures if rule.permitted_share else 1
            told = _share(len(group), sizes[key], rule.permitted_share, least)
            rows.append(dict(zip(UNIT, key, strict=True)) | about | told)
    return pd.DataFrame(rows, columns=list(PROBLEMS))


def examples_of(exposures: pd.DataFrame) -> str:
    """Numbers of some files in the store, the latest exposure first."""
    latest = exposures.sort_values("exposed_at", kind="stable", ascending=False)["file_number"].dropna()
    return ", ".join(str(int(number)) for number in latest.head(_MOST_EXAMPLES))


def _hits(exposures: pd.DataFrame, today: datetime.date | None) -> dict[str, pd.Index]:
    """Exposures that have each problem, by rule."""
    told = exposures["header_checks"].dropna()
    single = told[told != ""].str.split(",").explode()
    hits = {str(name): pd.Index(where) for name, where in single.groupby(single).groups.items()}
    moments = exposures["exposed_at"]
    if today is not None:
        hits["in_future"] = exposures.index[moments > pd.Timestamp(today) + pd.Timedelta(days=2)]
    known = exposures[exposures["study_uid"].notna() & moments.notna()]
    seconds = known["exposed_at"].astype("datetime64[us]").astype("int64") / 1e6
    middle = seconds.groupby(known["study_uid"]).transform("median")
    size = known.groupby("study_uid")["study_uid"].transform("size")
    torn = ((seconds - middle).abs() > _STUDY.total_seconds()) & (size > 2)
    hits["study_torn"] = known.index[torn]
    texts = exposures[["body_part", "view_position", "protocol_name"]].fillna("").astype(str)
    hits["unmapped"] = exposures.index[~exposures["is_mapped"].astype(bool) & (texts != "").any(axis="columns")]
    return hits


def _is_asked(exposures: pd.DataFrame, one: TaggedAttribute) -> pd.Series:
    asked = pd.Series(True, index=exposures.index)
    if one.modalities:
        asked &= exposures["modality"].isin(one.modalities).fillna(value=False).astype(bool)
    if one.paired:
        asked &= exposures["examined_part"].isin(shipped_repeat_rules().sided)
    return asked


def _is_there(values: pd.Series, one: TaggedAttribute) -> pd.Series:
    there = values.notna()
    if values.dtype == "string" or values.dtype == object:
        texts = values.astype("string").fillna("")
        there = (texts != "") if not one.allowed else texts.str.upper().isin(one.allowed)
    return there.astype(bool)


def _share(found: int, exposures: int, permitted: float, least: int) -> dict[str, Any]:
    share = wilson_interval(found, exposures)
    if exposures < least:
        verdict = TOO_FEW
    elif share.low > permitted or (permitted == 0.0 and found):
        verdict = TOO_MANY
    else:
        verdict = POSSIBLE if share.proportion > permitted else WITHIN
    told = {"found": found, "exposures": exposures, "share": share.proportion, "verdict": verdict}
    return told | {"low": float(np.clip(share.low, 0.0, 1.0)), "high": share.high}
