"""Typical doses and reference levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from dose_frames import NAN, exposures

from xrayiq.audit.typical_doses import compare_with_levels, local_levels, typical_doses

DAP = "dap_gy_m2"


def _level(level: float, **changes: object) -> pd.DataFrame:
    row = {"level_id": "one", "body_part": "CHEST", "view": "PA", "band": "adult", "quantity": DAP}
    row |= {"level": level, "achievable": NAN, "source": "a document"}
    return pd.DataFrame([row | changes])


def _typical(*medians: float, number: int = 20) -> pd.DataFrame:
    """Rooms whose values are 0.9, 1 and 1.1 times their median in turn, none between them."""
    rows = [
        {"room": f"R{room}", DAP: median * (0.9, 1.0, 1.1)[place % 3]}
        for room, median in enumerate(medians)
        for place in range(number)
    ]
    return typical_doses(exposures(rows), DAP)


def test_typical_value_is_the_median_of_standard_adults_with_a_known_view() -> None:
    rows = [{DAP: value} for value in (1.0, 2.0, 3.0, 4.0, 10.0)]
    rows += [{DAP: 99.0, "band": "adult, other size"}, {DAP: 98.0, "view": ""}, {DAP: NAN}]
    (row,) = typical_doses(exposures(rows), DAP).to_dict("records")
    assert (row["exposures"], row["median"], row["quartile_1"], row["quartile_3"]) == (5, 3.0, 2.0, 4.0)
    assert row["low"] <= row["median"] <= row["high"]


def test_a_dose_of_zero_is_a_value() -> None:
    (row,) = typical_doses(exposures([{DAP: 0.0}, {DAP: 1.0}, {DAP: 0.0}]), DAP).to_dict("records")
    assert (row["exposures"], row["median"]) == (3, 0.0)


def test_share_of_told_weights_stands_beside_each_group() -> None:
    rows = [{"weight_told": True}] * 3 + [{"weight_told": False}]
    assert typical_doses(exposures(rows), DAP)["weight_told_fraction"].tolist() == [0.75]


@pytest.mark.parametrize(("level", "verdict"), [(0.85, "exceeds"), (0.95, "possible"), (1.0, "below"), (1.2, "below")])
def test_level_is_exceeded_where_the_whole_interval_lies_above_it(level: float, verdict: str) -> None:
    typical = pd.DataFrame(
        [{"site": "", "room": "R", "body_part": "CHEST", "view": "PA", "band": "adult", "quantity": DAP}
         | {"exposures": 20, "median": 1.0, "low": 0.9, "high": 1.1, "relative_uncertainty": 0.0}]
    )  # fmt: skip
    (row,) = compare_with_levels(typical, _level(level)).to_dict("records")
    assert (row["verdict"], row["ratio"]) == (verdict, pytest.approx(1.0 / level))


@pytest.mark.parametrize(
    ("stated", "spread", "verdict"), [(False, 0.1, "exceeds"), (False, 0.3, "possible"), (True, 0.1, "possible")]
)
def test_an_estimate_exceeds_beyond_its_uncertainty_and_where_nothing_stated_decides(
    stated: bool, spread: float, verdict: str
) -> None:
    doses = [{"estimate": 1.3, "estimate_uncertainty": spread, DAP: 0.9 if stated else NAN}] * 20
    frame = exposures(doses)
    typical = pd.concat([typical_doses(frame, name) for name in (DAP, "estimate")], ignore_index=True)
    levels = pd.concat([_level(1.0), _level(1.0, quantity="estimate")])
    compared = compare_with_levels(typical, levels).set_index("quantity")
    assert compared.loc["estimate", "verdict"] == verdict
    assert compared.loc["estimate", "relative_uncertainty"] == spread


def test_too_few_exposures_are_not_judged() -> None:
    (row,) = compare_with_levels(_typical(1.0, number=19), _level(0.1)).to_dict("records")
    assert row["verdict"] == "too few"


@pytest.mark.parametrize("changes", [{"view": "AP"}, {"band": "< 5 kg"}, {"quantity": "other"}, {"body_part": "HAND"}])
def test_level_of_another_view_patient_quantity_or_part_is_none_of_this(changes: dict[str, str]) -> None:
    assert compare_with_levels(_typical(1.0), _level(0.1, **changes)).empty


def test_level_without_a_view_is_of_all() -> None:
    assert len(compare_with_levels(_typical(1.0), _level(0.1, view=""))) == 1


def test_local_level_is_the_third_quartile_of_the_rooms_medians() -> None:
    medians = [float(value) for value in range(1, 13)]
    (row,) = local_levels(_typical(*medians)).to_dict("records")
    assert row["rooms"] == 12
    assert row["level"] == pytest.approx(np.percentile(medians, 75))
    assert row["achievable"] == pytest.approx(6.5)
    assert row["low"] < row["level"] < row["high"]
    assert row["enough"]


def test_few_rooms_give_a_level_that_is_said_to_be_too_little() -> None:
    (row,) = local_levels(_typical(1.0, 2.0)).to_dict("records")
    assert (row["rooms"], row["enough"]) == (2, False)
    assert np.isnan(row["low"])


def test_rooms_with_few_patients_do_not_count() -> None:
    assert local_levels(_typical(1.0, 2.0, number=19)).empty
