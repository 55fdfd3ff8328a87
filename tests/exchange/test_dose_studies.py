"""Doses of studies side by side: digits are kept, what is not known stays empty."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from xrayiq.audit.dose_log import _COLUMNS
from xrayiq.exchange.dose_studies import cgy_cm2, dose_studies, total_cgy_cm2
from xrayiq.units import decimal_product


def log_of(*exposures: dict[str, object]) -> pd.DataFrame:
    """A dose log of the exposures' columns, all else unknown."""
    rows = pd.DataFrame([{"subject": f"1.{number}"} | one for number, one in enumerate(exposures)])
    return rows.reindex(columns=list(_COLUMNS)).astype({name: kind for name, (kind, _) in _COLUMNS.items()})  # type: ignore[arg-type]  # dtypes by name


@pytest.mark.parametrize(
    ("gy_m2", "text"),
    [(1.6400475e-05, "16.400475"), (3.35978496e-06, "3.35978496"), (7.3e-7, "0.73"), (0.0, "0.0"), (1e-9, "0.001")],
)
def test_dose_in_cgy_cm2_has_the_digits_of_that_in_gy_m2(gy_m2, text):
    assert repr(cgy_cm2(gy_m2)) == text


def test_product_of_decimals_has_no_binary_rest():
    assert 35300.0 * 1e-3 != 35.3
    assert decimal_product(35300.0, 1e-3) == 35.3
    assert math.isnan(decimal_product(math.nan, 1e6))
    assert decimal_product(-math.inf, 1e-3) == -math.inf


def test_total_is_the_sum_of_what_is_written_and_empty_where_a_part_is_unknown():
    assert total_cgy_cm2([1e-7, 2e-7]) == 0.3  # 1e-7 + 2e-7 is 3.0000000000000004e-07 in binary numbers
    assert math.isnan(total_cgy_cm2([1e-7, math.nan]))


def test_studies_are_as_wide_as_the_largest_and_exposures_without_study_stand_alone():
    study = {"study_uid": "9", "unit": "U", "dap_gy_m2": 1e-6, "body_part": "CHEST"}
    alone = {"unit": "U", "dap_gy_m2": 2e-6, "body_part": "HAND"}
    wide, left_out = dose_studies(log_of(study | {"view": "PA"}, study | {"view": "LAT"}, alone, alone))
    assert wide["No. events"].tolist() == [2, 1, 1]
    assert wide["E1 Standard acquisition name"].tolist() == ["CHEST PA", "HAND", "HAND"]
    assert wide["E2 Image view"].fillna("").tolist() == ["LAT", "", ""]
    assert "E3 kVp" not in wide
    assert left_out == 0


def test_one_study_in_two_rooms_has_a_row_for_each():
    wide, _ = dose_studies(log_of({"study_uid": "9", "unit": "U1"}, {"study_uid": "9", "unit": "U2"}))
    assert wide["Display name"].tolist() == ["U1", "U2"]


@pytest.mark.parametrize(
    "other", [{"modality": "MG"}, {"event_type": "44491008"}, {"average_glandular_dose_mgy": 1.2}, {"modality": "XA"}]
)
def test_studies_with_other_than_radiography_are_left_out_and_counted(other):
    wide, left_out = dose_studies(
        log_of({"study_uid": "8", "event_type": "113611"}, {"study_uid": "9"}, {"study_uid": "9"} | other)
    )
    assert (len(wide), left_out) == (1, 2)


def test_filter_thickness_is_one_number_or_a_range():
    wide, _ = dose_studies(
        log_of(
            {"filter_thickness_min_mm": 1.0, "filter_thickness_max_mm": 1.0},
            {"filter_thickness_min_mm": 0.1, "filter_thickness_max_mm": 0.3},
            {},
        )
    )
    assert wide["E1 Filter thicknesses (mm)"].fillna("").tolist() == ["1.0", "0.1 to 0.3", ""]


def test_a_log_without_exposures_gives_a_table_without_rows():
    wide, left_out = dose_studies(log_of({}).iloc[:0])
    assert (len(wide), left_out, "Study date" in wide) == (0, 0, True)
