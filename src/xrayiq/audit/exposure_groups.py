"""Deviation indices of groups of like exposures: centre, spread, classes, site limits and suggested targets."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from xrayiq.audit.centres import centre_and_spread
from xrayiq.audit.exposure_indices import GROUP
from xrayiq.audit.exposure_rules import ExposureRules
from xrayiq.stats import adjust_p_values, wilson_interval

_NUMBERS: Final = ("deviation_index", "usable_index", "target_exposure_index", "exposure_mas")
#: how a group stands
ON_TARGET, HIGH, LOW, TOO_FEW = "on target", "high", "low", "too few"


def group_statistics(indexed: pd.DataFrame, rules: ExposureRules) -> pd.DataFrame:
    """Centre and spread of the deviation index of each group, and how it stands.

    Parameters
    ----------
    indexed : DataFrame
        From `with_indices`; exposures of no known body part or view are left out.
    rules : ExposureRules
        Bounds.

    Returns
    -------
    DataFrame
        By `GROUP`: `exposures`, `indexed`, `median` with `low` and `high`, `robust_sd` with `robust_sd_low` and
        `robust_sd_high` (all 95 %), `mean` with `mean_low`, `mean_high` and
        `p_value` (of a mean of 0, adjusted after Benjamini and Hochberg), `sd`, the site limits `review_low`,
        `review_high`, `action_low`, `action_high`, `outside_action_fraction`, `standing` (``"on target"``, ``"high"``,
        ``"low"`` or ``"too few"``), `charge_mas` (median) and `target` (median EIT) with `targets` (how many differ).

    Notes
    -----
    Medians have exact bootstrap intervals; the robust deviation is 1.4826 times the median distance from the median,
    with the interval of that median. Site limits: mean ± 1 and ± 2 standard deviations (AAPM TG-232:2018).
    """
    rows = [
        dict(zip(GROUP, key, strict=True)) | _statistics(group, rules)
        for key, group in _known(indexed).groupby(list(GROUP), observed=True, sort=True)
    ]
    numbers = ("exposures", "indexed", *_statistics(_known(indexed).iloc[:0], rules))
    found = pd.DataFrame(rows, columns=list(dict.fromkeys((*GROUP, *numbers))))
    judged = found["indexed"] >= rules["least"]
    found.loc[judged, "p_value"] = adjust_p_values(found.loc[judged, "p_value"].to_numpy(dtype=np.float64))
    return found


def band_shares(indexed: pd.DataFrame, rules: ExposureRules) -> pd.DataFrame:
    """Share of each class of the deviation index in each group of enough exposures, with Wilson's interval.

    Returns
    -------
    DataFrame
        By `GROUP` and `band`: `label`, `exposures` of the group with an index, `number`, `fraction`, `low`, `high`.
    """
    known = _known(indexed).dropna(subset="deviation_index")
    known = known.assign(place=rules.band_places(known["deviation_index"]))
    counts = known.groupby([*GROUP, "place"], observed=True, sort=True).size().unstack("place", fill_value=0)
    counts = counts.reindex(columns=range(len(rules.bands)), fill_value=0)
    rows: list[dict[str, Any]] = []
    for key, numbers in zip(counts.index, counts.to_numpy(), strict=True):
        total = int(numbers.sum())
        if total < rules["least"]:
            continue
        for band, number in zip(rules.bands, numbers, strict=True):
            share = wilson_interval(int(number), total)
            rows.append(
                dict(zip(GROUP, key, strict=True))
                | {"band": band.name, "label": band.label, "exposures": total, "number": int(number)}
                | {"fraction": share.proportion, "low": share.low, "high": share.high}
            )
    return pd.DataFrame(rows, columns=[*GROUP, "band", "label", "exposures", "number", "fraction", "low", "high"])


def suggested_targets(indexed: pd.DataFrame, rules: ExposureRules) -> pd.DataFrame:
    """Target that each group's own indices suggest, where their distribution allows it.

    Parameters
    ----------
    indexed : DataFrame
        From `with_indices`.
    rules : ExposureRules
        The rule's conditions.

    Returns
    -------
    DataFrame
        By `GROUP` for groups of enough usable indices: `exposures`, `left_out` (|z| beyond the rule's), `target`
        (median of the present ones, NaN for none), `median_index`, `sd`, `skewness` and `excess_kurtosis` of
        10·log10(EI), `meets_sd`, `meets_skewness`, `meets_kurtosis`, `suggested` (the median index; NaN where a
        condition is not met) and `change` (10·log10(suggested / target)).

    Notes
    -----
    Skewness and kurtosis are the moments' (g1, g2), standard deviation with n − 1.
    """
    rows = []
    known = _known(indexed).dropna(subset="usable_index")
    for key, group in known.groupby(list(GROUP), observed=True, sort=True):
        if len(group) >= rules["least"]:
            rows.append(dict(zip(GROUP, key, strict=True)) | _target(group, rules))
    numbers = ("exposures", "left_out", "target", "median_index", "sd", "skewness", "excess_kurtosis", "meets_sd")
    columns = [*GROUP, *numbers, "meets_skewness", "meets_kurtosis", "suggested", "change"]
    return pd.DataFrame(rows, columns=columns)


def _known(indexed: pd.DataFrame) -> pd.DataFrame:
    named = (indexed["body_part"] != "") & (indexed["view"] != "")
    return indexed.loc[named, [*GROUP, *_NUMBERS]]


def _statistics(group: pd.DataFrame, rules: ExposureRules) -> dict[str, Any]:
    values = group["deviation_index"].to_numpy(dtype=np.float64)
    values = values[~np.isnan(values)]
    count = len(values)
    targets = group["target_exposure_index"]
    targets = targets[targets > 0.0]
    about = {
        "exposures": len(group),
        "indexed": count,
        "target": float(targets.median()) if len(targets) else math.nan,
        "targets": int(targets.nunique()),
        "charge_mas": float(group["exposure_mas"].median()) if len(group) else math.nan,
    }
    if count < 2:
        return about | _nothing() | {"standing": TOO_FEW}
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    half = float(stdtrit(count - 1, 0.975)) * sd / math.sqrt(count)
    review, action = rules["review_sd"] * sd, rules["action_sd"] * sd
    return (
        about
        | centre_and_spread(values)
        | {
            "mean": mean,
            "mean_low": mean - half,
            "mean_high": mean + half,
            "p_value": _p_value(mean, sd, count),
            "sd": sd,
            "review_low": mean - review,
            "review_high": mean + review,
            "action_low": mean - action,
            "action_high": mean + action,
            "outside_action_fraction": float(np.mean(np.abs(values - mean) > action)),
            "standing": _standing(count, mean, half, rules),
        }
    )


def _nothing() -> dict[str, float]:
    names = ("median", "low", "high", "robust_sd", "robust_sd_low", "robust_sd_high", "mean", "mean_low", "mean_high")
    limits = ("p_value", "sd", "review_low", "review_high", "action_low", "action_high", "outside_action_fraction")
    return dict.fromkeys((*names, *limits), math.nan)


def _p_value(mean: float, sd: float, count: int) -> float:
    """Two-sided, of Student's test of a mean of 0."""
    if sd == 0.0:
        return float(mean == 0.0)
    return float(2.0 * stdtr(count - 1, -abs(mean) * math.sqrt(count) / sd))


def _standing(count: int, mean: float, half: float, rules: ExposureRules) -> str:
    if count < rules["least"]:
        return TOO_FEW
    if abs(mean) > rules["most_mean"] and abs(mean) > half:
        return HIGH if mean > 0.0 else LOW
    return ON_TARGET


def _target(group: pd.DataFrame, rules: ExposureRules) -> dict[str, Any]:
    decibels = 10.0 * np.log10(group["usable_index"].to_numpy(dtype=np.float64))
    sd = float(decibels.std(ddof=1))
    kept = decibels[np.abs(decibels - decibels.mean()) <= rules["outlier_sd"] * sd]
    sd, skewness, kurtosis = _moments(kept)
    meets = {
        "meets_sd": sd < rules["most_sd"],
        "meets_skewness": abs(skewness) <= rules["most_skewness"],
        "meets_kurtosis": kurtosis > rules["least_excess_kurtosis"],
    }
    middle = float(10.0 ** (np.median(kept) / 10.0))
    targets = group["target_exposure_index"]
    target = float(targets[targets > 0.0].median()) if (targets > 0.0).any() else math.nan
    suggested = middle if all(meets.values()) else math.nan
    return {
        "exposures": len(group),
        "left_out": len(decibels) - len(kept),
        "target": target,
        "median_index": middle,
        "sd": sd,
        "skewness": skewness,
        "excess_kurtosis": kurtosis,
        **meets,
        "suggested": suggested,
        "change": 10.0 * math.log10(suggested / target) if target > 0.0 and suggested > 0.0 else math.nan,
    }


def _moments(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Standard deviation (n − 1), skewness g1 and excess kurtosis g2; the last two NaN where nothing varies."""
    apart = values - values.mean()
    second = float(np.mean(apart**2))
    sd = float(values.std(ddof=1))
    if second <= 0.0:
        return sd, math.nan, math.nan
    return sd, float(np.mean(apart**3)) / second**1.5, float(np.mean(apart**4)) / second**2 - 3.0
