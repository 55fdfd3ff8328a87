"""Entrance kerma of many exposures against the estimate of each, and the thickness that is taken for granted."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xrayiq.dose import (
    EntranceColumns,
    EntranceGeometry,
    EntranceValues,
    assumed_gap_mm,
    assumed_thickness,
    computed_tube_output,
    entrance_kerma_estimates,
    entrance_surface_kerma,
    tube_output_of_row,
)
from xrayiq.dose.entrance_kerma_columns import METHODS

OWN = tube_output_of_row(
    {
        "filtration_mm_al": 3.1,
        "voltages_kv": [60.0, 80.0, 120.0],
        "outputs_ugy_per_mas": [30.0, 50.0, 100.0],
        "uncertainty_fraction": 0.05,
    }
)
#: of each column, with what is not known and what is outside the tables
CHOICES = {
    "tube_voltage_kv": (math.nan, 45.0, 60.0, 71.3, 120.0),
    "exposure_mas": (math.nan, 0.0, 4.0),
    "source_skin_distance_mm": (math.nan, 700.0, 1200.0),
    "distance_relative_uncertainty": (0.01, 0.08),
    "added_copper_mm": (0.0, 0.0, 0.0, 0.15, 1.2, math.nan),
    "dap_gy_m2": (math.nan, 0.0, 2.0e-5),
    "field_area_at_1_m_mm2": (math.nan, 4.0e4, 3.0e5),
    "stated_entrance_dose_mgy": (math.nan, math.nan, 1.5),
    "reference_point_kerma_mgy": (math.nan, math.nan, math.nan, 2.5),
    "source_reference_point_distance_mm": (math.nan, 620.0, 620.0),
}


def _columns(count: int) -> EntranceColumns:
    rng = np.random.default_rng(6)
    return EntranceColumns(**{name: np.array(values)[rng.integers(len(values), size=count)]
                              for name, values in CHOICES.items()})  # fmt: skip


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


@pytest.mark.parametrize("outputs", [computed_tube_output(), OWN], ids=["computed", "measured"])
def test_each_exposure_has_the_best_founded_of_its_own_estimates(outputs) -> None:
    columns = _columns(300)
    found = entrance_surface_kerma(columns, outputs=outputs)
    seen = set()
    for place in range(300):
        area, distance = _known(columns.field_area_at_1_m_mm2[place]), _known(columns.source_skin_distance_mm[place])
        geometry = None
        if distance is not None:
            spread = float(columns.distance_relative_uncertainty[place])
            geometry = EntranceGeometry(source_skin_distance_mm=distance, relative_uncertainty=spread)
        values = EntranceValues(
            tube_voltage_kv=_known(columns.tube_voltage_kv[place]),
            exposure_mas=_known(columns.exposure_mas[place]),
            added_copper_mm=float(columns.added_copper_mm[place]),
            reference_point_kerma_mgy=_known(columns.reference_point_kerma_mgy[place]),
            source_reference_point_distance_mm=_known(columns.source_reference_point_distance_mm[place]),
            geometry=geometry,
            header_entrance_dose_mgy=_known(columns.stated_entrance_dose_mgy[place]),
            dap_gy_m2=_known(columns.dap_gy_m2[place]),
            field_area_mm2=area,
            field_area_distance_mm=None if area is None else 1000.0,
        )
        alone = entrance_kerma_estimates(values, quantity="entrance_surface_air_kerma", outputs=outputs)
        if not alone:
            assert (found.method[place], math.isnan(found.kerma_mgy[place])) == ("", True)
            continue
        assert found.kerma_mgy[place] == pytest.approx(alone[0].value, rel=1e-12)
        assert found.relative_uncertainty[place] == pytest.approx(alone[0].relative_uncertainty, rel=1e-12)
        assert found.method[place] == {"header": "stated"}.get(alone[0].method, alone[0].method)
        seen.add(str(found.method[place]))
    assert seen == set(METHODS)


def _thickness(part: str, view: str, *, weight: float = math.nan, size: float = math.nan, band: str = "adult") -> float:
    return float(assumed_thickness([part], [view], weight_kg=[weight], size_m=[size], bands=[band]).thickness_mm[0])


def test_thickness_goes_with_the_root_of_weight_over_size_or_the_cube_root_of_weight() -> None:
    standard = _thickness("CHEST", "PA")
    assert _thickness("CHEST", "PA", weight=70.0, size=1.70) == pytest.approx(standard, rel=1e-12)
    assert _thickness("CHEST", "PA", weight=70.0 * 1.21, size=1.70) == pytest.approx(1.1 * standard, rel=1e-12)
    assert _thickness("CHEST", "PA", weight=70.0 / 8.0) == pytest.approx(standard / 2.0, rel=1e-12)
    assert _thickness("CHEST", "PA", band="< 5 kg") == pytest.approx(standard * (3.5 / 70.0) ** (1 / 3), rel=1e-12)
    assert _thickness("CHEST", "LAT") > standard
    assert math.isnan(_thickness("", "PA"))


def test_gap_is_as_stated_unless_the_distance_is_probably_that_of_the_skin() -> None:
    gaps = assumed_gap_mm([1150.0, 1150.0, 1150.0, 1150.0], [1080.0, 880.0, math.nan, 0.0])
    assert gaps.tolist() == [70.0, 50.0, 50.0, 50.0]
