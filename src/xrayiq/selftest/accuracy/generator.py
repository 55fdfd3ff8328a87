"""Tests of tube and generator on the readings of a simulated generator of known deviations."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from xrayiq.dose import assess_generator, read_meter_readings
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, one
from xrayiq_phantoms import Generator, meter_table, simulate_meter_rows

_DEVIATIONS: Final[tuple[tuple[dict[str, Any], str, float], ...]] = (
    ({"voltage_error_fraction": 0.04}, "tube_voltage_error", 0.04),
    ({"voltage_error_fraction": -0.07}, "tube_voltage_error", -0.07),
    ({"variation": 0.031}, "output_reproducibility", 0.031),
    ({"variation": 0.031}, "aec_repeatability", 0.031),
    ({"linearity_step": 0.08}, "output_linearity", 0.08),
    ({"half_value_layer_per_kv_mm_al": 0.035}, "half_value_layer", 2.8),
    ({"output_ugy_per_mas": 44.0}, "tube_output", 44.0),
    ({"time_error_fraction": 0.03}, "exposure_time_error", 0.03),
    ({"charge_error_fraction": -0.09}, "exposure_charge_error", -0.09),
    ({"aec_deviations": (0.05, 0.06, -0.11)}, "aec_tracking", 0.11),
    ({"guard_mas": 640.0}, "guard_timer_exposure", 640.0),
    ({"leakage_mgy_per_h": 0.5}, "leakage_kerma_rate", 0.5),
)

FIGURES: Final = (
    AccuracyFigure(
        key="generator",
        topic="Generator",
        label="kVp, time, mAs, reproducibility, linearity, HVL, output, AEC, guard timer, leakage",
        unit="1",
        conditions="a meter's table with nine decimals; one deviation at a time",
        must_reach=1e-8,
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Generators of the grid."""
    return [partial(_deviation, number) for number in range(len(_DEVIATIONS) if grid == "full" else 3)]


def _deviation(number: int) -> Errors:
    deviations, quantity, truth = _DEVIATIONS[number]
    table = meter_table(simulate_meter_rows(Generator(**deviations), distance_mm=1300.0))
    found = assess_generator(read_meter_readings(table.encode()))
    (value,) = (each.value for each in found.measurements() if each.quantity == quantity)
    return {"generator": one(value - truth)}
