"""Weekly workload of rooms."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest
from dose_frames import NAN, START, exposures

from xrayiq.audit.workload import weekly_workload, workload_by_voltage

DAY = datetime.timedelta(days=1)


def test_workload_is_charge_in_milliampere_minutes_of_each_week() -> None:
    rows = [
        {"exposure_mas": 120.0, "patient_key": "a"},
        {"exposure_mas": 60.0, "patient_key": "a", "exposed_at": START + 6 * DAY},
        {"exposure_mas": NAN, "patient_key": "b"},
        {"exposure_mas": 30.0, "patient_key": "", "study_uid": "s1", "exposed_at": START + 7 * DAY},
        {"exposure_mas": 30.0, "patient_key": "", "study_uid": "s2", "exposed_at": START + 8 * DAY},
    ]
    found = weekly_workload(exposures(rows))
    assert found["week"].tolist() == [pd.Timestamp("2026-01-05"), pd.Timestamp("2026-01-12")]
    assert found["workload_ma_min"].tolist() == [3.0, 1.0]
    assert found["patients"].tolist() == [2, 2]
    assert found["exposures"].tolist() == [3, 2]
    assert found["without_charge"].tolist() == [1, 0]


def test_workload_by_voltage_is_spread_over_all_weeks_of_the_room() -> None:
    rows = [
        {"exposure_mas": 120.0, "tube_voltage_kv": 120.0},
        {"exposure_mas": 240.0, "tube_voltage_kv": 129.9, "exposed_at": START + 14 * DAY},
        {"exposure_mas": 60.0, "tube_voltage_kv": 70.0},
        {"exposure_mas": 60.0, "tube_voltage_kv": NAN},
    ]
    found = workload_by_voltage(exposures(rows))
    assert found["voltage_low_kv"].tolist() == [70.0, 120.0]
    assert found["workload_ma_min_per_week"].tolist() == pytest.approx([1.0 / 3.0, 2.0])  # three weeks


def test_exposures_without_a_date_are_in_no_week() -> None:
    assert weekly_workload(exposures([{"exposed_at": pd.NaT}])).empty
