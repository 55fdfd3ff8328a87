"""Doses by the median of their like, and the groups that these are told by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from dose_frames import NAN, exposures

from xrayiq.audit.relative_doses import dose_by, relative_doses

DAP, AGD = "dose_area_product", "average_glandular_dose"
VALUES = [1.0, 2.0, 4.0]


def _frame(*groups: dict[str, object]) -> pd.DataFrame:
    return exposures([{**group, DAP: value, AGD: NAN} for group in groups for value in VALUES])


def test_doses_are_divided_by_the_median_of_the_same_examination_on_the_same_unit() -> None:
    frame = _frame({"unit": "A"}, {"unit": "B"})
    frame.loc[frame["unit"] == "B", DAP] *= 1000.0
    ratios = relative_doses(frame, [DAP], least=3)
    assert ratios.to_list() == [0.5, 1.0, 2.0] * 2
    assert relative_doses(frame, [DAP], like=["body_part"], least=3).max() == pytest.approx(4000.0 / 502.0)


def test_too_few_alike_no_body_part_and_a_median_of_zero_give_no_ratio() -> None:
    few = _frame({"unit": "A"})
    assert relative_doses(few, [DAP], least=4).isna().all()
    assert relative_doses(few.assign(body_part=""), [DAP], least=3).isna().all()
    assert relative_doses(few.assign(**{DAP: 0.0}), [DAP], least=3).isna().all()


def test_a_later_quantity_counts_where_the_first_is_not_known() -> None:
    frame = _frame({"unit": "A"}, {"unit": "B"})
    frame.loc[frame["unit"] == "B", [DAP, AGD]] = [[NAN, value] for value in VALUES]
    assert relative_doses(frame, [DAP, AGD], least=3).to_list() == [0.5, 1.0, 2.0] * 2


def test_groups_tell_their_median_ratio_and_how_many_are_over_twice() -> None:
    frame = _frame({"unit": "A"}).assign(operator_key=["x", "x", "y"])
    found = dose_by(frame, pd.Series([1.0, 2.5, np.nan]), ["operator_key"]).set_index("operator_key")
    assert found.loc["x", ["exposures", "compared", "median_ratio", "over_twice_fraction"]].to_list() == [
        2,
        2,
        1.75,
        0.5,
    ]
    assert found.loc["y", "compared"] == 0
    assert np.isnan(found.loc["y", "median_ratio"])
