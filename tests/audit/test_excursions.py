"""Single exposures far from their like."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from dose_frames import NAN, exposures

from xrayiq.audit.excursions import find_excursions

DAP = "dap_gy_m2"


def _like(number: int = 101, sigma: float = 0.3) -> list[dict[str, object]]:
    """Doses whose logarithms are the quantiles of a normal distribution."""
    from scipy.stats import norm

    places = (np.arange(number) + 0.5) / number
    return [{DAP: 1.0e-5 * math.exp(sigma * z)} for z in norm.ppf(places)]


def _with(**changes: object) -> pd.DataFrame:
    return find_excursions(exposures([*_like(), changes]), DAP)


def test_score_is_the_distance_in_robust_deviations_of_the_logarithm() -> None:
    rows = [{DAP: math.exp(value)} for value in (*range(-10, 11), 40)]
    (row,) = find_excursions(exposures(rows), DAP, least=5).to_dict("records")
    logarithms = np.array([*range(-10, 11), 40.0])
    apart = np.abs(logarithms - np.median(logarithms))
    assert row["score"] == pytest.approx((40.0 - np.median(logarithms)) / (1.4826 * np.median(apart)))
    assert row["finding"]
    assert row["ratio"] == pytest.approx(math.exp(40.0 - np.median(logarithms)))


def test_usual_spread_of_patients_is_no_excursion() -> None:
    assert find_excursions(exposures(_like()), DAP).empty


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exposure_mas": 12.0, "deviation_index": 0.2}, "thick patient"),
        ({"exposure_mas": 12.0, "deviation_index": 6.0}, "wrong cell"),
        ({"exposure_mas": 12.0, "deviation_index": NAN}, "does not tell why"),
        ({"exposure_mas": 2.2, "field_area_mm2": 6.0e5}, "no collimation"),
        ({"tube_voltage_kv": 300.0}, "tube voltage"),
        ({}, "check distance, dose meter and unit"),
        ({"exposure_mas": 12.0, "repeated": True}, "repeated exposure; thick patient"),
    ],
)
def test_cause_is_told_from_what_the_dose_is_made_of(changes: dict[str, object], words: str) -> None:
    (row,) = _with(**{DAP: 6.0e-5}, **changes).to_dict("records")
    assert words in row["cause"]
    assert row["finding"]


def test_low_dose_is_told_but_is_no_finding() -> None:
    (row,) = _with(**{DAP: 1.0e-6}, deviation_index=-7.0).to_dict("records")
    assert (row["finding"], row["cause"]) == (False, "low: underexposed")


def test_trigger_needs_three_times_the_median_and_the_level() -> None:
    wide = _like(sigma=0.6)  # 3.1 times the median is 1.9 deviations: no outlier
    level = pd.DataFrame(
        [{"body_part": "CHEST", "view": "PA", "band": "adult", "quantity": DAP, "level": 3.0e-5, "level_id": "x"}]
    )
    rows = exposures([*wide, {DAP: 3.1e-5}])
    others = {row["subject"] for row in find_excursions(exposures(wide), DAP, levels=level).to_dict("records")}
    found = find_excursions(rows, DAP, levels=level)
    assert "1.2.101" in set(found[found["finding"]]["subject"]) - others
    assert "1.2.101" not in set(find_excursions(rows, DAP, levels=level.assign(level=3.2e-5))["subject"])


def test_group_of_equal_values_is_judged_by_fences_and_not_by_a_spread_of_zero() -> None:
    found = find_excursions(exposures([*[{DAP: 1.0e-5}] * 30, {DAP: 1.0e-4}]), DAP)
    assert found["subject"].tolist() == ["1.2.30"]


def test_too_few_of_a_kind_tell_nothing() -> None:
    assert find_excursions(exposures([*_like(18), {DAP: 1.0}]), DAP).empty


def test_zero_has_no_logarithm_and_is_left_out() -> None:
    assert find_excursions(exposures([*_like(), {DAP: 0.0}]), DAP).empty


def test_columns_are_the_same_however_few_rows_are_told() -> None:
    full = find_excursions(exposures([*_like(), {DAP: 1.0}]), DAP)
    assert set(find_excursions(exposures(_like(5)), DAP).columns) == set(full.columns)


def test_a_level_of_any_view_counts_for_the_trigger() -> None:
    rows = exposures([*_like(sigma=0.6), {DAP: 3.5e-5}])
    level = {"body_part": "CHEST", "band": "adult", "quantity": DAP, "level": 3.0e-5}
    for view, found in (("", 3.0e-5), ("PA", 3.0e-5), ("LAT", math.nan)):
        told = find_excursions(rows, DAP, levels=pd.DataFrame([level | {"view": view}]))
        triggered = told[told["subject"] == "1.2.101"]
        assert list(triggered["level"]) == ([found] if not math.isnan(found) else [])
