"""Doses that creep."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from dose_frames import START, exposures

from xrayiq.audit.dose_creep import find_dose_creep
from xrayiq.audit.optimisation import dose_and_quality

DAP = "dap_gy_m2"
WEEK = datetime.timedelta(days=7)


def _weeks(rates: list[float], *, spread: float = 0.3, seed: int = 1, a_week: int = 9) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return exposures(
        {DAP: 1.0e-5 * rate * float(np.exp(rng.normal(0.0, spread))), "exposed_at": START + number * WEEK}
        for number, rate in enumerate(rates)
        for _ in range(a_week)
    )


def test_a_dose_that_rises_by_a_third_in_a_year_is_a_finding() -> None:
    rates = [1.35 ** (number / 52.0) for number in range(52)]
    (found,) = find_dose_creep(_weeks(rates), DAP)
    assert (found.signal, found.is_finding) == ("rising", True)
    assert found.low <= 0.35 <= found.high
    assert found.change == pytest.approx(1.35 ** ((47.0 - 4.5) / 52.0) - 1.0, abs=0.12)


def test_a_dose_that_falls_is_told_and_is_no_finding() -> None:
    (found,) = find_dose_creep(_weeks([0.6 ** (number / 52.0) for number in range(52)]), DAP)
    assert (found.signal, found.is_finding) == ("falling", False)


def test_a_steady_dose_is_seldom_a_finding() -> None:
    findings = sum(
        creep.is_finding for seed in range(40) for creep in find_dose_creep(_weeks([1.0] * 52, seed=seed), DAP)
    )
    assert findings <= 1


def test_levels_and_limits_are_those_of_the_definition() -> None:
    frame = _weeks([1.0] * 20)
    (found,) = find_dose_creep(frame, DAP)
    medians = frame.groupby("exposed_at")[DAP].median().to_numpy()
    logarithms = np.log(medians)
    first = logarithms[:10]
    level, expected = first.mean(), []
    for value in logarithms:
        level = 0.2 * value + 0.8 * level
        expected.append(level)
    sigma = np.abs(np.diff(first)).mean() / 1.128
    left = 0.8 ** np.arange(1, 21)
    reach = 2.86 * sigma * np.sqrt(0.2 / 1.8 * (1 - left**2) + (1 - left) ** 2 / 10)
    np.testing.assert_allclose(found.levels, np.exp(expected))
    np.testing.assert_allclose(found.upper, np.exp(first.mean() + reach), rtol=1e-4)  # 1.128 has four digits
    assert found.weeks[1] - found.weeks[0] == np.timedelta64(7, "D")


def test_few_weeks_or_few_exposures_a_week_say_nothing() -> None:
    assert find_dose_creep(_weeks([1.0] * 15), DAP) == ()
    assert find_dose_creep(_weeks([1.0] * 30, a_week=2), DAP) == ()


def _rooms(**rooms: tuple[float, float]) -> pd.DataFrame:
    rows = [
        {"room": room, DAP: dose, "deviation_index": index, "noise": 0.02, "snr": 50.0}
        for room, (dose, index) in rooms.items()
        for _ in range(20)
    ]
    return dose_and_quality(exposures(rows), DAP).set_index("room")


def test_dose_is_read_beside_the_deviation_index() -> None:
    found = _rooms(A=(1.0, 0.0), B=(1.0, 0.1), C=(1.6, 2.0), D=(1.6, 0.0), E=(0.5, -2.0), F=(1.0, 0.9))
    assert found["dose_ratio"]["C"] == pytest.approx(1.6)
    assert found["reading"].to_dict() == {
        "A": "",
        "B": "",
        "C": "dose and receptor exposure high: lower the exposure",
        "D": "dose high with the receptor on target or below: look at filter, grid, distance and field",
        "E": "dose and receptor exposure low: look at noise",
        "F": "receptor exposure above target",
    }
    assert found["on_target_fraction"].to_dict() == {"A": 1.0, "B": 1.0, "C": 0.0, "D": 1.0, "E": 0.0, "F": 1.0}


def test_one_room_alone_has_nothing_to_be_read_against() -> None:
    assert _rooms(A=(1.0, 3.0))["reading"].tolist() == [""]
