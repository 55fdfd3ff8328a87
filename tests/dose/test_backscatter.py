"""Backscatter factors: the table, between its points, and against a fit that others published."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq.dose import backscatter_factor, backscatter_factors, equivalent_side_mm
from xrayiq.errors import InputError

#: Benmakhlouf et al., Phys. Med. Biol. 58 (2013) 247, eq. 8: coefficients of 1, U, U² times 1, H, H² for fields of
#: 50, 100, 200, 250 and 350 mm; U in kV, H in mm Al
FIT = np.array(
    [
        [1.00870e0, 9.29969e-1, 8.65442e-1, 8.58665e-1, 8.57065e-1],
        [2.35816e-3, 4.08549e-3, 5.36739e-3, 5.51579e-3, 5.55933e-3],
        [-9.48937e-6, -1.66271e-5, -2.21494e-5, -2.27532e-5, -2.28004e-5],
        [1.03143e-1, 1.53605e-1, 1.72418e-1, 1.70826e-1, 1.66418e-1],
        [-1.04881e-3, -1.45187e-3, -1.46088e-3, -1.38540e-3, -1.28180e-3],
        [3.59731e-6, 5.05312e-6, 5.17430e-6, 4.91192e-6, 4.53036e-6],
        [-7.31303e-3, -9.32427e-3, -8.30138e-3, -7.64330e-3, -6.81574e-3],
        [7.93272e-5, 9.40568e-5, 7.13576e-5, 6.13126e-5, 4.94197e-5],
        [-2.74296e-7, -3.28449e-7, -2.54885e-7, -2.21399e-7, -1.79074e-7],
    ]
)
SIDES = np.array([50.0, 100.0, 200.0, 250.0, 350.0])
BEAMS = [
    (50, 1.75), (60, 2.08), (70, 2.40), (80, 2.73), (80, 4.58), (90, 3.42),
    (100, 3.82), (110, 4.23), (120, 4.62), (120, 6.63), (125, 8.09),
]  # fmt: skip


@pytest.mark.parametrize(("voltage", "layer"), BEAMS)
def test_factors_agree_with_an_independent_fit(voltage: float, layer: float) -> None:
    terms = np.array([a * b for b in (1.0, layer, layer**2) for a in (1.0, voltage, voltage**2)])
    # 2 %: rounding to 0.01 (0.8 %), what the voltage changes at one layer (0.7 %), and that the table's Monte Carlo
    # leaves coherent scatter out
    np.testing.assert_allclose(backscatter_factors(layer, SIDES), terms @ FIT, rtol=0.02)


def test_points_of_the_table_are_exact() -> None:
    assert backscatter_factor(half_value_layer_mm_al=2.73, field_side_mm=200.0).factor == pytest.approx(1.36, abs=1e-12)
    assert backscatter_factor(half_value_layer_mm_al=8.09, field_side_mm=350.0).factor == pytest.approx(1.62, abs=1e-12)
    assert backscatter_factors(3.0, 0.0) == 1.0


def test_between_points_it_is_bilinear() -> None:
    # half way from 2.40 to 2.73 and from 100 to 200: the mean of 1.28, 1.33, 1.30 and 1.36
    found = backscatter_factor(half_value_layer_mm_al=2.565, field_side_mm=150.0)
    assert found.factor == pytest.approx(1.3175, abs=1e-12)
    assert found.relative_uncertainty == 0.03


@pytest.mark.parametrize("known", [{}, {"field_side_mm": 200.0}, {"half_value_layer_mm_al": 3.0}])
def test_an_unknown_beam_has_the_common_factor_with_a_larger_uncertainty(known: dict[str, float]) -> None:
    found = backscatter_factor(**known)
    assert (found.factor, found.relative_uncertainty) == (1.35, 0.09)
    assert "not known" in found.assumptions[0]
    assert "not verified" in found.source.text


def test_beams_and_fields_beyond_the_table_are_told() -> None:
    assert "outside the table" in backscatter_factor(half_value_layer_mm_al=0.4, field_side_mm=100.0).assumptions[0]
    large = backscatter_factor(half_value_layer_mm_al=4.23, field_side_mm=400.0)
    assert large.factor == pytest.approx(1.48, abs=1e-12)
    assert "350 mm" in large.assumptions[0]


def test_a_square_scatters_as_itself_and_a_rectangle_as_four_times_area_over_perimeter() -> None:
    assert equivalent_side_mm(200.0, 200.0) == 200.0
    assert equivalent_side_mm(350.0, 430.0) == pytest.approx(4 * 350 * 430 / (2 * (350 + 430)), rel=1e-12)


@pytest.mark.parametrize("given", [{"field_side_mm": 0.0}, {"half_value_layer_mm_al": float("nan")}])
def test_values_that_are_none_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(InputError, match="above 0"):
        backscatter_factor(**given)
    with pytest.raises(InputError, match="above 0"):
        equivalent_side_mm(100.0, -1.0)
