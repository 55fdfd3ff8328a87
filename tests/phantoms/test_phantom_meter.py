"""The simulated meter writes what its formulas say."""

from __future__ import annotations

import csv
import statistics
from pathlib import Path

import pytest

from xrayiq_phantoms import Generator, meter_table, simulate_meter_rows

ROWS = simulate_meter_rows(Generator(variation=0.02, half_value_layer_per_kv_mm_al=0.05, linearity_step=0.1))


def kermas(test: str) -> list[float]:
    return [float(row["kerma_ugy"]) for row in ROWS if row["test"] == test]


def test_equal_exposures_have_the_stated_variation() -> None:
    values = kermas("reproducibility")
    assert len(values) == 10
    assert statistics.stdev(values) / statistics.mean(values) == pytest.approx(0.02, rel=1e-12)  # rounding


def test_output_steps_by_the_stated_linearity() -> None:
    per_mas = [kerma / charge for kerma, charge in zip(kermas("linearity"), (5, 10, 20, 40, 80), strict=True)]
    assert per_mas[:3] == pytest.approx([50.0] * 3, rel=1e-12)  # rounding
    assert (per_mas[3] - per_mas[2]) / (per_mas[3] + per_mas[2]) == pytest.approx(0.1, rel=1e-12)


def test_the_half_value_layer_halves_the_kerma() -> None:
    values = kermas("HVL")
    assert values[4] / values[0] == pytest.approx(0.5, rel=1e-12)  # 4 mm at 80 kV and 0.05 mm/kV


def test_the_table_reads_back_as_it_was_written() -> None:
    table = list(csv.DictReader(meter_table(ROWS, separator=";", decimal=",").splitlines(), delimiter=";"))
    assert len(table) == len(ROWS)
    assert table[1]["set kVp"] == "80"
    assert float(table[2]["kerma [µGy]"].replace(",", ".")) == pytest.approx(1562.5, abs=1e-8)  # 50 · 20 · (100/80)²


def test_the_documented_example_is_a_simulated_table() -> None:
    example = Path(__file__).parents[2] / "docs" / "meter_example.csv"
    assert example.read_text(encoding="utf-8") == meter_table(simulate_meter_rows(Generator()), most_decimals=3)
