"""Exposure indices of single exposures as an audit takes them: usable or why not, and what they are grouped by."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from xrayiq.audit.exposure_rules import ExposureRules
from xrayiq.model import patient_bands

#: what exposures are grouped by
GROUP: Final = ("site", "room", "unit", "body_part", "view", "control", "patients")
#: of one examination, whatever the room
EXAMINATION: Final = ("body_part", "view", "control", "patients")
#: of one unit
UNIT: Final = ("site", "room", "unit")
AEC, MANUAL, NOT_TOLD = "AEC", "manual", "control not told"
_CONTROLS: Final = {"AUTOMATIC": AEC, "AEC": AEC, "MANUAL": MANUAL}
#: faults of indices in the order in which one counts, and how they are called
FAULTS: Final = {
    "text": "exposure index that is no number",
    "not_positive": "exposure index of 0 or less",
    "older_scale": "exposure index that is probably of a maker's older scale",
    "target_not_positive": "target of 0 or less",
    "missing": "no exposure index",
    "target_missing": "no target exposure index",
}


def with_indices(exposures: pd.DataFrame, rules: ExposureRules) -> pd.DataFrame:
    """Exposures with their deviation index recomputed, the fault of their indices, and their groups.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: `exposure_index`, `target_exposure_index`, `deviation_index` (as stated; NaN where
        not), `not_numbers` (keywords joined by commas, or missing), `older_scale` (bool), `exposure_control_mode`,
        `patient_age_years` and `exposed_at`.
    rules : ExposureRules
        Shifts.

    Returns
    -------
    DataFrame
        The same rows with `reported_deviation_index` (as stated), `deviation_index` (10·log10(EI / EIT); the stated one
        where EI or EIT is not told; NaN where either is unusable), `di_source` (``"computed"``, ``"reported"`` or
        empty), `di_difference` (stated less computed), `usable_index` (EI, NaN where unusable), `fault` (one of
        `FAULTS` or empty), `control` (``"AEC"``, ``"manual"`` or ``"control not told"``), `patients` (``"adult"`` or
        ``"child"``; an adult where no age is known) and `shift` (empty without a time). What
        groups are told by are categories.
    """
    index, target = exposures["exposure_index"], exposures["target_exposure_index"]
    stated = exposures["deviation_index"]
    listed = exposures["not_numbers"].fillna("").astype(str)
    text = index.isna() & _names(listed, "ExposureIndex")
    older = exposures["older_scale"].fillna(value=False).astype(bool)
    faults = {
        "text": text,
        "not_positive": index <= 0.0,
        "older_scale": older,
        "target_not_positive": target <= 0.0,
        "missing": index.isna(),
        "target_missing": target.isna(),
    }
    fault = np.select([faults[name] for name in FAULTS], list(FAULTS), default="")
    usable = index.where((index > 0.0) & ~older)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (usable / target.where(target > 0.0)).to_numpy(dtype=np.float64)
        computed = pd.Series(10.0 * np.log10(ratio), index=exposures.index)
    alone = stated.where(np.isin(fault, ["missing", "target_missing"]) & ~text)
    child = (exposures["patient_age_years"] < patient_bands().adult_age_years).to_numpy(dtype=bool)
    hours = exposures["exposed_at"].dt.hour
    known = hours.notna()
    shift = np.where(known, rules.shift_of(hours.fillna(0).astype("int64")), "")
    control = exposures["exposure_control_mode"].fillna("").astype(str).str.strip().str.upper().map(_CONTROLS)
    texts = {name: exposures[name].fillna("").astype("category") for name in GROUP if name in exposures}
    return exposures.assign(
        **texts,
        reported_deviation_index=stated,
        deviation_index=computed.fillna(alone),
        di_source=np.where(computed.notna(), "computed", np.where(alone.notna(), "reported", "")),
        di_difference=stated - computed,
        usable_index=usable,
        fault=fault,
        control=control.fillna(NOT_TOLD).astype("category"),
        patients=pd.Categorical(np.where(child, "child", "adult")),
        shift=shift,
    )


def faults_by_unit(indexed: pd.DataFrame, rules: ExposureRules) -> pd.DataFrame:
    """Exposures of each unit by the fault of their indices, and stated deviation indices that disagree.

    Parameters
    ----------
    indexed : DataFrame
        From `with_indices`.
    rules : ExposureRules
        The greatest difference that rounding explains.

    Returns
    -------
    DataFrame
        `site`, `room`, `unit`, `exposures`, `indexed` (with a deviation index), a column for each of `FAULTS`,
        `compared` (stated beside computed), `di_disagrees`, and `median_difference` of the two (NaN for none).
    """
    apart = indexed["di_difference"].abs() > rules["most_di_difference"]
    columns = {name: indexed["fault"] == name for name in FAULTS}
    counted = indexed[list(UNIT)].assign(
        exposures=1,
        indexed=indexed["deviation_index"].notna().astype("int64"),
        **{name: flags.astype("int64") for name, flags in columns.items()},
        compared=indexed["di_difference"].notna().astype("int64"),
        di_disagrees=apart.astype("int64"),
    )
    found = counted.groupby(list(UNIT), observed=True, sort=True).sum().reset_index()
    middle = indexed.groupby(list(UNIT), observed=True, sort=True)["di_difference"].median()
    return found.assign(median_difference=middle.to_numpy(dtype=np.float64))


def _names(listed: pd.Series, keyword: str) -> pd.Series:
    """Whether a keyword is one of those joined by commas; a longer one that ends alike is not."""
    return ("," + listed + ",").str.contains(f",{keyword},", regex=False)
