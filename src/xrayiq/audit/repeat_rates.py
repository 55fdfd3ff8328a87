"""Rates of rejects and repeats by what exposures are grouped by, reasons, and the dose that they cost."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from xrayiq.audit.reject_reasons import RejectScheme
from xrayiq.audit.repeat_settings import RepeatRules
from xrayiq.errors import InputError
from xrayiq.stats import corrected_proportion, wilson_interval

#: what rates are told by, and the columns that name a group; site and room stand beside where they are known
GROUPED_BY: Final = ("all", "room", "patients", "body_part", "view", "hour", "operator")
#: what is summed up of each group, and what it is called then
_COUNTED: Final = {
    "one": "exposures",
    "is_rejected": "rejects",
    "hidden": "hidden",
    "is_assessable": "images",
    "is_repeat": "repeats",
}
_NOT_TOLD: Final = "not told"
#: bands of adults; all others are children
_ADULT: Final = "adult"
RATE_COLUMNS: Final = (
    *("by", "site", "room", "name", "exposures", "rejects", "reject_rate", "reject_low", "reject_high", "hidden"),
    *("images", "repeats", "repeat_rate", "repeat_low", "repeat_high"),
)
#: what tells of an exposure that left no image and was not flagged
HIDDEN: Final = "no_image"


def is_child(exposures: pd.DataFrame) -> pd.Series:
    """Whether each exposure is of a child, by its size band."""
    child: pd.Series = ~exposures["band"].astype(str).str.startswith(_ADULT)
    return child


def with_groups(exposures: pd.DataFrame) -> pd.DataFrame:
    """What rates are grouped by, and what they count, of exposures with `is_repeat` and `is_assessable`."""
    part, view = exposures["body_part"].astype("category"), exposures["view"].astype("category")
    pairs = pd.MultiIndex.from_arrays([part, view])
    numbers, known = pd.factorize(pairs)
    names = np.array([" ".join(one for one in pair if one) or _NOT_TOLD for pair in known], dtype=object)
    views = names[numbers] if len(exposures) else np.array([], dtype=object)
    columns = {name: exposures[name].astype("category") for name in ("site", "room")}
    return pd.DataFrame(
        columns
        | {
            "patients": is_child(exposures).map({True: "children", False: "adults"}).astype("category"),
            "view": pd.Categorical(views),
            "body_part": part.cat.rename_categories({"": _NOT_TOLD}) if "" in part.cat.categories else part,
            "hour": exposures["exposed_at"].dt.hour.map("{:02.0f}".format, na_action="ignore").astype("category"),
            "operator": exposures["operator_key"].astype("category"),
            "hidden": exposures["reject_source"] == HIDDEN,
            "one": 1,
        }
        | {name: exposures[name] for name in ("is_rejected", "is_assessable", "is_repeat")},
        index=exposures.index,
    )


def repeat_rates(rows: pd.DataFrame, rules: RepeatRules) -> pd.DataFrame:
    """Rates of rejects and of apparent repeats with their intervals.

    Parameters
    ----------
    rows : DataFrame
        From `with_groups`.
    rules : RepeatRules
        Whose calibration corrects the rate of repeats.

    Returns
    -------
    DataFrame
        `RATE_COLUMNS`, for all and by room, patients (adults, children), room and patients, body part, body part and
        view (of all and of each room), hour of the day and operator's key. Rejects over exposures with Wilson's 95 %
        interval; `hidden` are the rejects that only a dose report without image tells of. Repeats over assessable
        accepted images, corrected for what the finder misses and names wrongly, with the interval of
        `corrected_proportion`.
    """
    groups: tuple[tuple[str, list[str], str], ...] = (
        ("all", [], ""),
        ("room", ["site", "room"], ""),
        ("patients", ["patients"], "patients"),
        ("room_patients", ["site", "room", "patients"], "patients"),
        ("body_part", ["body_part"], "body_part"),
        ("view", ["view"], "view"),
        ("room_view", ["site", "room", "view"], "view"),
        ("hour", ["hour"], "hour"),
        ("operator", ["operator"], "operator"),
    )
    parts = [_counts(rows, by, columns, name) for by, columns, name in groups]
    counts = pd.concat(parts, ignore_index=True)
    counts = counts[counts["exposures"] > 0].reset_index(drop=True)
    return _with_intervals(counts, rules)[list(RATE_COLUMNS)]


def _counts(rows: pd.DataFrame, by: str, columns: list[str], name: str) -> pd.DataFrame:
    sums = [*_COUNTED.values()]
    if columns:
        found = rows.groupby(columns, observed=True, sort=True)[list(_COUNTED)].sum().reset_index()
        found[columns] = found[columns].astype("string")
    else:
        found = rows[list(_COUNTED)].sum().to_frame().T
    found = found.rename(columns=_COUNTED)
    texts = {"site": found.get("site", ""), "room": found.get("room", "")}
    texts["name"] = found[name] if name else texts["room"] if by == "room" else by
    return found[sums].astype("int64").assign(by=by, **texts)


def _with_intervals(counts: pd.DataFrame, rules: RepeatRules) -> pd.DataFrame:
    rejects, repeats = [], []
    for row in counts.to_dict("records"):
        one = wilson_interval(int(row["rejects"]), int(row["exposures"]))
        rejects.append((one.proportion, one.low, one.high))
        try:
            two = corrected_proportion(int(row["repeats"]), int(row["images"]), finder=rules.calibration)
        except InputError:  # no image that could be assessed
            repeats.append((float("nan"),) * 3)
        else:
            repeats.append((two.proportion, two.low, two.high))
    told = counts.copy()
    told[["reject_rate", "reject_low", "reject_high"]] = pd.DataFrame(rejects, index=counts.index, columns=range(3))
    told[["repeat_rate", "repeat_low", "repeat_high"]] = pd.DataFrame(repeats, index=counts.index, columns=range(3))
    return told


def reason_counts(rejects: pd.DataFrame, scheme: RejectScheme) -> pd.DataFrame:
    """Pareto of the reasons of rejects.

    Parameters
    ----------
    rejects : DataFrame
        `category`, `reason` and `dose_area_product` of each.
    scheme : RejectScheme
        Names of both levels.

    Returns
    -------
    DataFrame
        `category`, `reason`, `name`, `rejects`, `share`, `cumulative_share` (of whole categories, the most frequent
        first; within each its reasons) and `category_rejects`.
    """
    columns = ["category", "reason", "name", "rejects", "share", "category_rejects", "cumulative_share"]
    if rejects.empty:
        return pd.DataFrame(columns=columns)
    found = rejects.groupby(["category", "reason"], observed=True).size().rename("rejects").reset_index()
    found["category_rejects"] = found.groupby("category")["rejects"].transform("sum")
    found = found.sort_values(
        ["category_rejects", "category", "rejects", "reason"], ascending=[False, True, False, True], ignore_index=True
    )
    total = int(found["rejects"].sum())
    whole = found.drop_duplicates("category").set_index("category")["category_rejects"].cumsum() / total
    names = [scheme.name_of(str(a), str(b)) for a, b in zip(found["category"], found["reason"], strict=True)]
    return found.assign(share=found["rejects"] / total, cumulative_share=found["category"].map(whole), name=names)[
        columns
    ]


def wasted_dose(exposures: pd.DataFrame) -> pd.DataFrame:
    """Dose-area product that rejects and apparent repeats cost, by room.

    Parameters
    ----------
    exposures : DataFrame
        `site`, `room`, `dose_area_product` (NaN where not known), `is_rejected` and `is_repeat`.

    Returns
    -------
    DataFrame
        `site`, `room`, `exposures_with_dose`, `dap_gy_m2` (all), `rejects`, `rejects_with_dose`, `rejected_dap_gy_m2`,
        `rejected_share`, `repeats`, `repeats_with_dose`, `repeated_dap_gy_m2` and `repeated_share`; sums of what is
        known, nothing is filled in.
    """
    dose = exposures["dose_area_product"]
    known = exposures[["site", "room"]].assign(dap_gy_m2=dose, exposures_with_dose=dose.notna())
    for name, what, chosen in (("rejects", "rejected", "is_rejected"), ("repeats", "repeated", "is_repeat")):
        own = exposures[chosen].astype(bool)
        known[name] = own
        known[f"{name}_with_dose"] = own & dose.notna()
        known[f"{what}_dap_gy_m2"] = dose.where(own)
    found = known.groupby(["site", "room"], observed=True, sort=True).sum().reset_index()
    total = found["dap_gy_m2"].where(found["dap_gy_m2"] > 0.0)
    found = found.assign(
        rejected_share=found["rejected_dap_gy_m2"] / total, repeated_share=found["repeated_dap_gy_m2"] / total
    )
    order = ["site", "room", "exposures_with_dose", "dap_gy_m2"]
    order += ["rejects", "rejects_with_dose", "rejected_dap_gy_m2", "rejected_share"]
    order += ["repeats", "repeats_with_dose", "repeated_dap_gy_m2", "repeated_share"]
    return found[order]
