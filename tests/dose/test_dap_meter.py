"""Displayed over measured dose-area product, by formula and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq.dose import assess_dap_meter, assess_dap_readings, read_meter_readings
from xrayiq.dose.dap_meter import DapMeterCheck
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import pack, quantities, unpack
from xrayiq_phantoms import Generator, meter_table, simulate_meter_rows


def test_ratio_of_a_worked_example() -> None:
    # 2 mGy over 10 cm × 10 cm are 0.2 Gy·cm² = 2e-5 Gy·m²; twice the distance makes four times the area
    one_plane = assess_dap_meter(2.2e-5, kerma_mgy=2.0, field_area_mm2=1e4)
    two_planes = assess_dap_meter(
        [2.2e-5, 1.8e-5], kerma_mgy=0.5, field_area_mm2=1e4, kerma_distance_mm=2000.0, field_distance_mm=1000.0
    )
    assert one_plane.mean_ratio == pytest.approx(1.1, rel=1e-12)  # rounding, here and below
    assert one_plane.ratio_sd is None
    np.testing.assert_allclose(two_planes.ratios, [1.1, 0.9], rtol=1e-12)
    assert two_planes.mean_ratio == pytest.approx(1.0, rel=1e-12)
    assert two_planes.ratio_sd == pytest.approx(0.1 * np.sqrt(2), rel=1e-12)
    assert abs(two_planes.worst_ratio - 1.0) == pytest.approx(0.1, rel=1e-9)


@pytest.mark.parametrize("ratio", [0.7, 1.0, 1.28])
@pytest.mark.parametrize("distance_mm", [800.0, 1000.0])
def test_a_known_ratio_is_found_from_a_table(ratio: float, distance_mm: float) -> None:
    table = meter_table(simulate_meter_rows(Generator(dap_ratio=ratio), distance_mm=distance_mm))
    found = assess_dap_readings(read_meter_readings(table.encode()))
    np.testing.assert_allclose(found.ratios, [ratio] * 3, rtol=1e-9)  # printed digits
    assert found.provenance.warnings == ()


def test_rows_that_lack_something_are_told_and_left_out() -> None:
    head = (
        "test,displayed DAP [Gy·cm2],kerma [mGy],field width [cm],field height [cm],distance [cm],field distance [cm]\n"
    )
    rows = "DAP,0.2,2,10,10,,\nDAP,0.2,2,10,,,\nDAP,0.2,2,10,10,,100\nDAP,,2,10,10,,\n"
    found = assess_dap_readings(read_meter_readings((head + rows).encode()))
    np.testing.assert_allclose(found.ratios, [1.0], rtol=1e-12)
    assert [warning[:6] for warning in found.provenance.warnings] == ["line 3", "line 4", "line 5"]


def test_a_table_without_whole_rows_is_not_measurable() -> None:
    with pytest.raises(NotMeasurableError, match="no row with a displayed dose-area product") as caught:
        assess_dap_readings(read_meter_readings(b"set kVp,measured kVp\n80,80\n"))
    assert caught.value.reason == "no_dap_readings"


@pytest.mark.parametrize(
    ("displayed", "changed", "said"),
    [
        ([], {}, "displayed_gy_m2 of shape"),
        ([[1e-5]], {}, "displayed_gy_m2 of shape"),
        ([1e-5, np.nan], {}, "displayed_gy_m2 of nan; needed finite values above 0"),
        ([1e-5, 0.0], {}, "displayed_gy_m2 of 0"),
        ("dose", {}, "displayed_gy_m2 that is no array of numbers"),
        ([1e-5], {"kerma_mgy": -2.0}, "kerma_mgy of -2"),
        ([1e-5], {"kerma_mgy": [1.0, 2.0]}, r"kerma_mgy of shape \(2,\); needed 1"),
        ([1e-5], {"field_area_mm2": np.inf}, "field_area_mm2 of inf"),
        ([1e-5], {"kerma_distance_mm": 1000.0}, "one distance; needed the distances of both"),
    ],
)
def test_unusable_numbers_are_refused_with_their_figure(displayed, changed, said) -> None:
    with pytest.raises(InputError, match=said):
        assess_dap_meter(displayed, **({"kerma_mgy": 2.0, "field_area_mm2": 1e4} | changed))


def test_measurements_are_on_the_list_and_the_result_survives_packing() -> None:
    found = assess_dap_meter([2.2e-5, 1.8e-5], kerma_mgy=2.0, field_area_mm2=1e4)
    assert {each.quantity for each in found.measurements()} <= set(quantities())
    assert unpack(DapMeterCheck, *pack(found)).to_dict() == found.to_dict()
