"""Exposures that counters tell of: missing and told otherwise, calibrations, new detectors and shared ones."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from xrayiq.audit import shipped_repeat_bounds
from xrayiq.audit.counter_findings import counter_findings
from xrayiq.audit.exposure_counters import count_exposures

START = datetime.datetime(2026, 1, 5, 8)
BOUNDS = shipped_repeat_bounds()
NO_STEPS = pd.DataFrame(columns=["study_uid", "exposure_count"])


def images(counters: list[float], **told: object) -> pd.DataFrame:
    """Images whose detector counts so, a minute apart."""
    usual = {"site": "North", "room": "R1", "unit": "U1", "manufacturer": "Acme", "detector_id": "D1"}
    rows = [
        usual
        | {"exposure_key": f"{told.get('unit', 'U1')}.{number}", "study_uid": f"s{number // 2}"}
        | {"exposed_at": START + datetime.timedelta(minutes=number)}
        | {"exposures_since_manufacture": counter, "exposures_since_calibration": np.nan}
        for number, counter in enumerate(counters)
    ]
    return pd.DataFrame(rows).assign(**told)


def unseen(*minutes: float, study: str = "s0") -> pd.DataFrame:
    """Exposures that a report tells of and no image."""
    moments = pd.to_datetime([START + datetime.timedelta(minutes=one) for one in minutes]).as_unit("us")
    place = {"site": "North", "room": "R1", "unit": "U1", "study_uid": study, "source": "report"}
    return pd.DataFrame({"exposed_at": moments}).assign(**place)


def of(frame: pd.DataFrame, steps: pd.DataFrame = NO_STEPS, told: pd.DataFrame | None = None) -> list[dict]:
    return count_exposures(frame, steps, unseen() if told is None else told, BOUNDS).to_dict("records")


def test_every_exposure_without_an_image_is_missing_and_the_untold_ones_are_undocumented() -> None:
    made = np.arange(5001.0, 5401.0)
    kept = np.delete(made, np.arange(1, 399, 20))  # 20 left out, one by one
    (row,) = of(images(list(kept)), told=unseen(10.0, 50.0))
    assert (row["counted_by"], row["stored"], row["counted"], row["missing"]) == ("detector", 380, 400, 20)
    assert (row["told"], row["undocumented"], row["set_apart"], row["resets"]) == (2, 18, 0, 0)
    interval = stats.binomtest(18, 400).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), abs=1e-9)
    (finding,) = counter_findings(pd.DataFrame([row]), BOUNDS)
    assert (finding.kind, finding.value, finding.unit) == ("undocumented_exposures", 18 / 400, "U1")
    assert "20 of which no image is stored and of 18 nothing tells" in finding.sentence


def test_complete_counter_and_small_number_give_no_finding() -> None:
    (row,) = of(images(list(np.arange(300.0))))
    assert (row["missing"], row["undocumented"]) == (0, 0)
    few = of(images(list(np.arange(0.0, 200.0, 2.0))))
    assert list(counter_findings(pd.DataFrame([row, *few]), BOUNDS)) == []


def test_large_gaps_and_gaps_with_a_calibration_are_set_apart() -> None:
    frame = images([1, 2, 100, 101, 105, 106])
    frame["exposures_since_calibration"] = [50, 51, 149, 150, 0, 1]
    (row,) = of(frame)
    assert (row["missing"], row["set_apart"], row["resets"]) == (0, 97 + 3, 0)


def test_new_detector_and_images_in_the_wrong_order_lose_nothing() -> None:
    (row,) = of(images([9001, 9003, 9002, 9004, 1, 2, 4]))
    assert (row["missing"], row["resets"], row["counted"]) == (1, 1, 8)


def test_counter_since_calibration_serves_where_the_other_is_silent() -> None:
    frame = images([np.nan] * 4)
    frame["exposures_since_calibration"] = [10, 12, 13, 1]
    (row,) = of(frame)
    assert (row["missing"], row["stored"]) == (1, 4)


def test_copies_of_an_exposure_count_once() -> None:
    frame = images([1, 1, 2, 3])
    frame.loc[1, "exposure_key"] = frame.loc[0, "exposure_key"]
    (row,) = of(frame)
    assert (row["stored"], row["counted"], row["missing"]) == (3, 3, 0)


def test_detector_that_two_units_share_misses_nothing_and_two_of_one_name_are_told_apart() -> None:
    one, two = images([1, 3, 5, 7]), images([2, 4, 6, 8], unit="U2", room="R2")
    two["exposed_at"] += datetime.timedelta(seconds=30)
    assert [row["missing"] for row in of(pd.concat([one, two]))] == [0, 0]
    apart = pd.concat([images([1, 2, 3, 5]), two.assign(exposures_since_manufacture=[901, 902, 905, 906])])
    assert [(row["unit"], row["missing"], row["resets"]) for row in of(apart)] == [("U1", 1, 0), ("U2", 2, 0)]


def test_steps_count_exposures_of_studies_that_have_images() -> None:
    frame = images([np.nan] * 4)
    steps = pd.DataFrame({"study_uid": ["s0", "s1", "s1", "s9"], "exposure_count": [5.0, 1.0, 1.0, 7.0]})
    (row,) = of(frame, steps, unseen(0.5, study="s0"))
    assert (row["counted_by"], row["stored"], row["counted"]) == ("performed steps", 4, 7)
    assert (row["missing"], row["told"], row["undocumented"]) == (3, 1, 2)


def test_no_counters_give_an_empty_table() -> None:
    assert of(images([np.nan] * 3)) == []
