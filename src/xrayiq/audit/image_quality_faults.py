"""Faults of images: how many of a unit's images have them, and since when."""

from __future__ import annotations

import datetime
import math
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.image_quality_rules import EXAMINATION, FAULTS, GROUP, UNIT, ImageQualityRules
from xrayiq.audit.levels_over_time import LEAST_A_PART, LEAST_A_POINT, LEAST_POINTS, MOST_POINTS
from xrayiq.audit.shares import OVER, shares_of_groups
from xrayiq.stats import best_split, find_mean_shifts, wilson_interval

#: points on either side of a change of a share in which its first exposure is looked for
_NEAR: Final = 2
SHARE_COLUMNS: Final = (
    *(*GROUP, "measure", "exposures", "events", "share", "low", "high", "needed", "permitted", "verdict"),
    "others_share",
)
CHANGE_COLUMNS: Final = (
    *(*GROUP, "measure", "changed_on", "exposures_before", "before", "before_low", "before_high", "exposures_after"),
    *("events_after", "after", "after_low", "after_high", "permitted"),
)


def with_faults(exposures: pd.DataFrame, rules: ImageQualityRules) -> pd.DataFrame:
    """Exposures with what is wrong with their image: 1 or 0, NaN where it was not measured.

    Parameters
    ----------
    exposures : DataFrame
        One row for each image, with `is_saturated`, `clipped_low_fraction`, `clipped_high_fraction`,
        `grid_line_contrast`, `grid_line_frequency`, `field_beyond_detector_fraction`, `seam_contrast` and
        `unexplained_noise`, NaN where not measured.
    rules : ImageQualityRules
        From where on an image has a fault.

    Returns
    -------
    DataFrame
        With the columns of `FAULTS` and `is_noisy`. Lines of a grid that were found in an image without linear signal,
        which has no contrast, count.
    """
    clipped = exposures[["clipped_low_fraction", "clipped_high_fraction"]].max(axis="columns")
    lines = exposures["grid_line_contrast"]
    lines = lines.mask(lines.isna() & exposures["grid_line_frequency"].notna(), math.inf)
    values = {
        "is_clipped": (clipped, rules["clipping"]["least_fraction"]),
        "has_grid_lines": (lines, rules["grid_lines"]["least_contrast"]),
        "is_beyond_detector": (exposures["field_beyond_detector_fraction"], rules["beyond_detector"]["least_fraction"]),
        "has_seam": (exposures["seam_contrast"], rules["seams"]["least_contrast"]),
        "is_noisy": (exposures["unexplained_noise"], math.log(rules["noise"]["noisy_ratio"])),
    }
    return exposures.assign(
        **{name: (value >= least).astype("float64").where(value.notna()) for name, (value, least) in values.items()}
    )


def fault_shares(exposures: pd.DataFrame, rules: ImageQualityRules) -> pd.DataFrame:
    """How many images of each unit, and of each of its examinations, have each fault.

    Parameters
    ----------
    exposures : DataFrame
        From `with_faults`.
    rules : ImageQualityRules
        Fewest exposures and permitted shares.

    Returns
    -------
    DataFrame
        `SHARE_COLUMNS` as `shares_of_groups` gives them, of `FAULTS` and ``"noisy"`` (of which nothing is permitted or
        not); body part, view and patients are empty in the rows of whole units, which hold examinations that nothing
        tells, too. `others_share` is that of the other rooms for the same examination, where they have enough
        exposures.
    """
    columns = {name: column for name, (column, _) in FAULTS.items()} | {"noisy": "is_noisy"}
    permitted = {name: rules[name]["permitted_share"] for name in FAULTS}
    least = int(rules["judging"]["least_exposures"])
    known = exposures[(exposures["body_part"] != "") & (exposures["view"] != "")]
    whole, groups = (
        shares_of_groups(frame, group=group, columns=columns, permitted=permitted, least=least)
        for frame, group in ((exposures, UNIT), (known, GROUP))
    )
    whole = whole.assign(**dict.fromkeys(EXAMINATION, ""))
    frame = pd.concat([whole, _beside_others(groups, least)], ignore_index=True)
    return frame.astype({"share": "float64"})[list(SHARE_COLUMNS)]


def fault_changes(exposures: pd.DataFrame, shares: pd.DataFrame, rules: ImageQualityRules) -> pd.DataFrame:
    """Dated changes of the share of images with a fault: of each unit, and of its examinations with too many of them.

    Parameters
    ----------
    exposures : DataFrame
        From `with_faults`, with `exposed_at`; those without are left out.
    shares : DataFrame
        From `fault_shares`.
    rules : ImageQualityRules
        Fewest exposures on either side, and permitted shares.

    Returns
    -------
    DataFrame
        `CHANGE_COLUMNS`: the last change of each share, with the shares before and after and their Wilson intervals
        (95 %); told where these do not touch.

    Notes
    -----
    Steps of the mean of parts of exposures that follow each other (`find_mean_shifts`, with the standard deviation of
    a binomial share); the day is that of the exposure at which two shares, before and after, are the likeliest.
    """
    dated = exposures[exposures["exposed_at"].notna()].sort_values("exposed_at", kind="stable")
    is_fault, is_whole = shares["measure"].isin(list(FAULTS)), shares["body_part"] == ""
    looked_at = shares[is_fault & (is_whole | (shares["verdict"] == OVER))]
    places = {names: dated.groupby(list(names), observed=True, sort=False).indices for names in (UNIT, GROUP)}
    columns = {name: dated[column].to_numpy(dtype=np.float64) for name, (column, _) in FAULTS.items()}
    moments = dated["exposed_at"].to_numpy(dtype="datetime64[D]")
    judging = rules["judging"]
    rows: list[dict[str, Any]] = []
    for row in looked_at.to_dict("records"):
        names = GROUP if row["body_part"] else UNIT
        own = np.asarray(places[names].get(tuple(row[name] for name in names), []), dtype=np.int64)
        flags = columns[row["measure"]][own]
        known = ~np.isnan(flags)
        change = _last_change(flags[known], judging["change_penalty"], int(judging["least_exposures"]))
        if change is not None:
            told = {name: row[name] for name in (*GROUP, "measure", "permitted")}
            day = moments[own[known][change.pop("place")]].astype(datetime.date)
            rows.append(told | {"changed_on": day} | change)
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))


def _beside_others(groups: pd.DataFrame, least: int) -> pd.DataFrame:
    """With the share of the other rooms for the same examination, NaN where they have too few exposures."""
    alike = groups.groupby([*EXAMINATION, "measure"], observed=True)[["exposures", "events"]].transform("sum")
    rooms = groups.groupby(["site", "room", *EXAMINATION, "measure"], observed=True)[["exposures", "events"]]
    others = alike - rooms.transform("sum")
    share = others["events"] / others["exposures"].where(others["exposures"] >= least)
    return groups.assign(others_share=share.astype("float64"))


def _last_change(flags: NDArray[np.float64], penalty: float, least: int) -> dict[str, Any] | None:
    """The last step of a share, where the shares before and after have intervals that do not touch."""
    count, events = flags.size, float(flags.sum())
    if count < max(LEAST_A_POINT * LEAST_POINTS, 2 * least) or events in (0.0, float(count)):
        return None
    size = max(LEAST_A_POINT, math.ceil(count / MOST_POINTS))
    parts = np.array_split(flags, count // size)
    starts = np.concatenate([[0], np.cumsum([part.size for part in parts])])
    means = np.array([part.mean() for part in parts])
    sigma = math.sqrt(events / count * (1.0 - events / count) / size)
    shifts = find_mean_shifts(means, penalty_factor=penalty, minimum_length=LEAST_A_PART, sigma=sigma)
    if not shifts.indices:
        return None
    index = shifts.indices[-1]
    begin = int(starts[shifts.indices[-2]]) if len(shifts.indices) > 1 else 0
    at = _first_of_new(flags, begin, starts, index)
    if min(at - begin, count - at) < least:
        return None
    before, after = flags[begin:at], flags[at:]
    old, new = (wilson_interval(int(part.sum()), part.size) for part in (before, after))
    if old.high >= new.low and new.high >= old.low:
        return None
    return {
        "place": at,
        "exposures_before": at - begin,
        "before": old.proportion,
        "before_low": old.low,
        "before_high": old.high,
        "exposures_after": count - at,
        "events_after": int(after.sum()),
        "after": new.proportion,
        "after_low": new.low,
        "after_high": new.high,
    }


def _first_of_new(flags: NDArray[np.float64], begin: int, starts: NDArray[np.int64], index: int) -> int:
    """Place at which the new share begins: that of the greatest likelihood near the change."""
    first = max(int(starts[max(index - _NEAR, 0)]), begin)
    last = int(starts[min(index + _NEAR, starts.size - 1)])
    at = int(starts[index])
    shares = [(part.sum() + 0.5) / (part.size + 1.0) for part in (flags[begin:at], flags[at:])]
    near = flags[first:last]
    costs = [-np.log(np.where(near == 1.0, share, 1.0 - share)) for share in shares]
    return first + best_split(costs[0], costs[1])
