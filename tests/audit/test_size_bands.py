"""Size bands of patients."""

from __future__ import annotations

import math

import pytest

from xrayiq.audit.size_bands import size_bands

NAN = math.nan


@pytest.mark.parametrize(
    ("age", "weight", "band", "told"),
    [
        (40.0, 70.0, "adult", True),
        (40.0, 50.0, "adult", True),
        (40.0, 90.0, "adult", True),
        (40.0, 90.1, "adult, other size", True),
        (40.0, 49.9, "adult, other size", True),
        (40.0, NAN, "adult", False),
        (NAN, 70.0, "adult", True),
        (NAN, NAN, "adult", False),
        (18.0, 70.0, "adult", True),
        (0.01, 3.5, "< 5 kg", True),
        (0.01, 5.0, "5 to < 15 kg", True),
        (8.0, 14.9, "5 to < 15 kg", True),
        (8.0, 30.0, "30 to < 50 kg", True),
        (17.9, 85.0, "50 to < 80 kg", True),
        (0.0834, NAN, "5 to < 15 kg", False),  # a month and a bit
        (0.0, NAN, "< 5 kg", False),
        (1.0, NAN, "5 to < 15 kg", False),
        (4.0, NAN, "15 to < 30 kg", False),
        (17.9, NAN, "50 to < 80 kg", False),
        (9.0, 0.0, "15 to < 30 kg", False),
    ],
)
def test_band_goes_by_weight_and_by_age_where_none_is_told(age: float, weight: float, band: str, told: bool) -> None:
    (row,) = size_bands([age], [weight]).to_dict("records")
    assert row == {"band": band, "weight_told": told}
