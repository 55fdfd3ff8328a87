"""Dose that repeats gave."""

from __future__ import annotations

import pytest
from dose_frames import NAN, exposures

from xrayiq.audit.dose_of_repeats import dose_of_repeats


def test_share_of_repeats_is_of_a_rooms_known_dose_and_rooms_without_any_have_no_row() -> None:
    rows = [
        {"room": "A", "dose_area_product": 3.0, "repeated": False},
        {"room": "A", "dose_area_product": 1.0, "repeated": True},
        {"room": "A", "dose_area_product": NAN, "repeated": True},
        {"room": "B", "dose_area_product": 1.0, "repeated": False},
    ]
    (row,) = dose_of_repeats(exposures(rows)).to_dict("records")
    assert (row["room"], row["exposures"], row["repeated"]) == ("A", 2, 1)
    assert (row["dose"], row["repeated_dose"]) == (4.0, 1.0)
    assert row["repeated_dose_fraction"] == pytest.approx(0.25, rel=1e-12)
    assert row["repeated_fraction"] == pytest.approx(0.5, rel=1e-12)


def test_exposures_of_which_nothing_tells_repeats_give_an_empty_table() -> None:
    assert dose_of_repeats(exposures([{"dose_area_product": 1.0}])).empty
