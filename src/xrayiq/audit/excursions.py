"""Single exposures whose dose lies far from that of their like, and what most likely made it so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.typical_doses import LEAST_PATIENTS

#: exposures that are like each other
LIKE: Final = ("site", "unit", "body_part", "view", "band")
#: robust standard deviations of the logarithm from which a value is told, and from which it is a finding
TOLD_SCORE: Final = 3.0
FINDING_SCORE: Final = 4.0
#: a single exposure of so many times the median of its like, and above the reference level, is a finding
TRIGGER_RATIO: Final = 3.0
#: standard deviation of a normal distribution by its median absolute deviation
_NORMAL: Final = 1.4826
#: interquartile ranges beyond the quartiles where more than half of the values are equal: Tukey's outer fence
_FENCE: Final = 3.0
#: what a dose is made of, beside the distance
_COMPONENTS: Final = {"mas_ratio": "exposure_mas", "voltage_ratio": "tube_voltage_kv", "area_ratio": "field_area_mm2"}
#: output of a tube goes with about this power of its voltage
_OUTPUT_POWER: Final = 2.0
#: a component explains an excursion where it is at least so many times that of its like
_COMPONENT: Final = 1.5
_OVEREXPOSED_DI: Final = 3.0
_ON_TARGET_DI: Final = 1.0


def find_excursions(
    exposures: pd.DataFrame, quantity: str, *, levels: pd.DataFrame | None = None, least: int = LEAST_PATIENTS
) -> pd.DataFrame:
    """Exposures far from their like on a logarithmic scale.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: the columns of `LIKE`, `quantity`, and, NaN where not told, `exposure_mas`,
        `tube_voltage_kv`, `field_area_mm2`, `deviation_index` and `patient_weight_kg`; `repeated` (bool) where known.
    quantity : str
        Column of the dose quantity; values of 0 have no logarithm and are left out.
    levels : DataFrame, optional
        As `compare_with_levels` takes them; the lowest level of an examination counts for the trigger.
    least : int
        Fewest exposures of a group in which any is told.

    Returns
    -------
    DataFrame
        The rows that are told, with `value`, `median` of the group, `ratio`, `score` (robust z of the logarithm),
        `finding` (score beyond `FINDING_SCORE`, or `TRIGGER_RATIO` times the median and above the level), `level`,
        the ratios `mas_ratio`, `voltage_ratio`, `area_ratio` to the medians of the group, and `cause`.

    Notes
    -----
    Score: (ln x − median) / (1.4826 MAD). Where the MAD is 0, the distance beyond Tukey's outer fences takes its place.
    """
    known = exposures[(exposures["body_part"] != "") & (exposures[quantity] > 0.0)]
    groups = known.groupby(list(LIKE), observed=True, sort=False)
    told = known.assign(value=known[quantity], logarithm=np.log(known[quantity]))
    told["number"] = groups[quantity].transform("size")
    told = told[told["number"] >= least]
    if told.empty:
        return _empty(told)
    like = told.groupby(list(LIKE), observed=True, sort=False)
    middle = like["logarithm"].transform("median")
    told["median"] = np.exp(middle)
    told["ratio"] = told["value"] / told["median"]
    told["score"] = _scores(told, middle)
    told = told.merge(_lowest(levels, quantity, told), how="left", on=["body_part", "view", "band"])
    triggered = (told["ratio"] > TRIGGER_RATIO) & (told["value"] > told["level"])
    told["finding"] = (told["score"] > FINDING_SCORE) | triggered
    for name, column in _COMPONENTS.items():
        told[name] = told[column] / told.groupby(list(LIKE), observed=True, sort=False)[column].transform("median")
    chosen = told[(told["score"].abs() > TOLD_SCORE) | triggered].copy()
    chosen["cause"] = [_cause(row) for row in chosen.to_dict("records")]
    return chosen.drop(columns=["logarithm", "number"]).sort_values("score", ascending=False, kind="stable")


def robust_spread(logarithms: NDArray[np.float64]) -> float:
    """Standard deviation of a group's logarithms that excursions do not raise.

    Parameters
    ----------
    logarithms : 1-D array
        Of one group.

    Returns
    -------
    float
        1.4826 MAD; where that is 0, the distance of Tukey's outer fence by `TOLD_SCORE`; 0 where this is 0, too.
    """
    spread = _NORMAL * float(np.median(np.abs(logarithms - np.median(logarithms))))
    if spread > 0.0:
        return spread
    first, third = np.quantile(logarithms, (0.25, 0.75))
    return _FENCE * float(third - first) / TOLD_SCORE


def _scores(told: pd.DataFrame, middle: pd.Series) -> NDArray[np.float64]:
    """Robust z of the logarithm in each group; infinite beside a spread of 0."""
    distance = told["logarithm"] - middle
    like = told.groupby(list(LIKE), observed=True, sort=False)
    spread = like["logarithm"].transform(lambda group: robust_spread(group.to_numpy()))
    beyond = np.where(distance == 0.0, 0.0, np.sign(distance) * np.inf)
    return np.where(spread > 0.0, distance / spread.where(spread > 0.0, 1.0), beyond)


def _lowest(levels: pd.DataFrame | None, quantity: str, told: pd.DataFrame) -> pd.DataFrame:
    """Lowest level of each examination, those for any view counted."""
    columns = ["body_part", "view", "band"]
    wanted = told[columns].drop_duplicates()
    if levels is None:
        return wanted.assign(level=np.nan)
    own = levels.loc[levels["quantity"] == quantity, [*columns, "level"]]
    beside = wanted.merge(own, on=["body_part", "band"], suffixes=("", "_of_level"))
    beside = beside[(beside["view_of_level"] == "") | (beside["view_of_level"] == beside["view"])]
    return beside.groupby(columns, observed=True)["level"].min().reset_index()


def _cause(row: Mapping[Any, Any]) -> str:
    """What most likely made a dose what it is, from the exposure's own numbers: a suggestion for a physicist."""
    number = {name: float(row.get(name, np.nan)) for name in (*_COMPONENTS, "ratio", "score", "deviation_index")}
    index = number["deviation_index"]
    if number["score"] < 0.0:
        return (
            "low: underexposed"
            if index < -_OVEREXPOSED_DI
            else "low: small patient or field, or not the view it is called"
        )
    parts = {
        "area": number["area_ratio"],
        "mas": number["mas_ratio"],
        "voltage": number["voltage_ratio"] ** _OUTPUT_POWER,
    }
    known = {name: value for name, value in parts.items() if value >= _COMPONENT}
    largest = max(known, key=lambda name: known[name], default="")
    again = "repeated exposure; " if row.get("repeated") is True else ""
    if largest == "area":
        return f"{again}no collimation: field {known['area']:.1f} times that of its like"
    if largest == "voltage":
        return f"{again}tube voltage {number['voltage_ratio']:.2f} times that of its like"
    if largest == "mas" and index >= _OVEREXPOSED_DI:
        return f"{again}overexposed (deviation index {index:+.1f}): wrong cell of the exposure control, or set by hand"
    if largest == "mas" and abs(index) <= _ON_TARGET_DI:
        times = f"{known['mas']:.1f} times the charge"
        return f"{again}thick patient: receptor on target (deviation index {index:+.1f}) at {times}"
    if largest == "mas":
        return f"{again}charge {known['mas']:.1f} times that of its like; its deviation index does not tell why"
    return f"{again}neither charge, voltage nor field explain it: check distance, dose meter and unit"


def _empty(told: pd.DataFrame) -> pd.DataFrame:
    numbers = ("value", "median", "ratio", "score", "level", *_COMPONENTS)
    empty = told.iloc[:0].drop(columns=["logarithm", "number"])
    return empty.assign(**{name: pd.Series(dtype="float64") for name in numbers}, finding=False, cause="")
