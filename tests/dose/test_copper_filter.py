"""What copper leaves of the output, against spectra computed anew, and by formula in the entrance kerma."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from xrayiq.dose import (
    EntranceGeometry,
    EntranceValues,
    copper_of_header,
    copper_transmissions,
    copper_uncertainty,
    estimate_entrance_kerma,
    tube_output_of_row,
)
from xrayiq.errors import InputError, NotMeasurableError

OUTPUTS = tube_output_of_row(
    {"filtration_mm_al": 3.0, "voltages_kv": [60.0, 80.0], "outputs_ugy_per_mas": [30.0, 50.0]}
    | {"uncertainty_fraction": 0.05}
)
BEHIND = EntranceValues(
    tube_voltage_kv=80.0,
    exposure_mas=20.0,
    added_copper_mm=0.2,
    geometry=EntranceGeometry(source_skin_distance_mm=1000.0),
)


def computed(voltage_kv: float, copper_mm: float) -> tuple[float, float]:
    spekpy = pytest.importorskip("spekpy")
    beam = spekpy.Spek(kvp=voltage_kv, th=12, z=100, mas=1, dk=1)
    beam.multi_filter((("Al", 3.0), ("Air", 1000)))
    bare = beam.get_kerma()
    beam.filter("Cu", copper_mm)
    return beam.get_kerma() / bare, beam.get_hvl1()


@pytest.mark.parametrize(
    # at points four digits are printed, and spectra in bins of 1 keV differ by 0.2 %; between them as documented
    ("voltage", "copper", "tolerance"),
    [(80.0, 0.2, 0.005), (120.0, 0.1, 0.005), (85.0, 0.45, 0.03), (55.0, 0.05, 0.06)],
)
def test_transmission_and_layer_are_those_of_spekpy(voltage: float, copper: float, tolerance: float) -> None:
    passed, layer = copper_transmissions(voltage, copper)
    expected, expected_layer = computed(voltage, copper)
    assert float(passed) == pytest.approx(expected, rel=tolerance)
    assert float(layer) == pytest.approx(expected_layer, rel=max(tolerance, 0.01))


def test_no_copper_passes_all_and_nothing_is_told_outside_the_table() -> None:
    passed, layer = copper_transmissions([80.0, math.nan, 40.0, 80.0, 80.0, 150.0], [0.0, 0.0, 0.1, 1.0, math.nan, 0.1])
    assert passed[:2].tolist() == [1.0, 1.0]
    assert np.isnan(passed[2:]).all()
    assert np.isnan(layer).all()


def test_technique_behind_copper_is_output_times_its_transmission() -> None:
    # 50 µGy/mAs · 20 mAs = 1 mGy at 1 m, of which 0.3328 passes 0.2 mm of copper at 80 kV
    found = estimate_entrance_kerma(BEHIND, quantity="incident_air_kerma", outputs=OUTPUTS)
    assert (found.method, found.value) == ("technique", pytest.approx(0.3328, rel=1e-12))
    expected = math.sqrt(0.05**2 + 0.02**2 + copper_uncertainty() ** 2)
    assert found.relative_uncertainty == pytest.approx(expected, rel=1e-12)
    assert any("copper" in source.document for source in found.sources)


@pytest.mark.parametrize("copper", [math.nan, 1.0])
def test_copper_of_unknown_thickness_or_beyond_the_table_closes_the_technique(copper: float) -> None:
    with pytest.raises(NotMeasurableError, match="neither an entrance dose"):
        estimate_entrance_kerma(
            dataclasses.replace(BEHIND, added_copper_mm=copper), quantity="incident_air_kerma", outputs=OUTPUTS
        )


@pytest.mark.parametrize("copper", [-0.1, math.inf])
def test_a_thickness_that_is_none_is_refused(copper: float) -> None:
    with pytest.raises(InputError, match="added_copper_mm"):
        estimate_entrance_kerma(
            dataclasses.replace(BEHIND, added_copper_mm=copper), quantity="incident_air_kerma", outputs=OUTPUTS
        )


@pytest.mark.parametrize(
    ("material", "thickness", "copper"),
    [
        (None, 0.1, None),
        ("ALUMINUM", 1.0, None),
        ("COPPER", 0.1, 0.1),
        ("Copper", None, math.nan),
        ("ALUMINUM\\COPPER", 1.0, math.nan),
    ],
)
def test_a_header_tells_copper_by_its_only_material(
    material: str | None, thickness: float | None, copper: float | None
) -> None:
    found = copper_of_header(material, thickness)
    assert found == copper or (found is not None and copper is not None and math.isnan(found) and math.isnan(copper))
