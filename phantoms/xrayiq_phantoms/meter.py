"""Readings of a dose and voltage meter on a simulated generator whose deviations are known, as a table of values."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

#: heading, and decimals of its cells
_COLUMNS = {
    "test": ("test", 0),
    "group": ("group", 0),
    "focal_spot": ("focal spot", 0),
    "chamber": ("chamber", 0),
    "set_voltage_kv": ("set kVp", 1),
    "set_current_ma": ("set mA", 1),
    "set_time_ms": ("set ms", 2),
    "set_exposure_mas": ("set mAs", 3),
    "distance_cm": ("distance [cm]", 1),
    "added_filter_mm_al": ("added filter [mm Al]", 2),
    "thickness_mm": ("thickness [mm]", 1),
    "measured_voltage_kv": ("measured kVp", 9),
    "kerma_ugy": ("kerma [µGy]", 9),
    "measured_time_ms": ("measured ms", 9),
    "measured_exposure_mas": ("measured mAs", 9),
    "exposure_index": ("EI", 9),
    "leakage_mgy_per_h": ("leakage [mGy/h]", 9),
    "displayed_dap_gy_cm2": ("displayed DAP [Gy·cm²]", 12),
    "field_width_cm": ("field width [cm]", 3),
    "field_height_cm": ("field height [cm]", 3),
    "field_distance_cm": ("field distance [cm]", 1),
}

Row = Mapping[str, str | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """Generator and tube with known deviations; the defaults are without fault.

    Parameters
    ----------
    output_ugy_per_mas : float
        Air kerma per mAs at 1 m and 80 kV; it grows with the square of the tube voltage and falls with the inverse
        square of the distance.
    voltage_error_fraction, time_error_fraction, charge_error_fraction : float
        Relative error of tube voltage, exposure time and exposure in mAs.
    time_error_ms : float
        Error of each exposure time beside it.
    variation : float
        Coefficient of variation (n − 1) of any even number of equal exposures: every second is high, the others low.
    linearity_step : float
        |X₁ − X₂| / (X₁ + X₂) of the outputs per mAs at and below `linearity_step_mas`, and above it.
    linearity_step_mas : float
        Where the output per mAs steps up.
    half_value_layer_per_kv_mm_al : float
        Half-value layer over tube voltage; the beam is attenuated as a single exponential.
    aec_deviations : sequence of float
        Relative deviation of the detector's exposure index for each thickness, or each chamber; they sum to 0.
    guard_mas : float
        Exposure at which the guard timer ends it.
    leakage_mgy_per_h : float
        Leakage at 1 m.
    dap_ratio : float
        Displayed over true dose-area product.
    """

    output_ugy_per_mas: float = 50.0
    voltage_error_fraction: float = 0.0
    time_error_fraction: float = 0.0
    time_error_ms: float = 0.0
    charge_error_fraction: float = 0.0
    variation: float = 0.01
    linearity_step: float = 0.0
    linearity_step_mas: float = 20.0
    half_value_layer_per_kv_mm_al: float = 0.04
    aec_deviations: Sequence[float] = (0.04, -0.02, -0.02)
    guard_mas: float = 560.0
    leakage_mgy_per_h: float = 0.3
    dap_ratio: float = 1.0

    def half_value_layer_mm_al(self, voltage_kv: float) -> float:
        """Half-value layer of the beam at a true tube voltage."""
        return self.half_value_layer_per_kv_mm_al * voltage_kv

    def kerma_ugy(
        self, *, voltage_kv: float, exposure_mas: float, distance_mm: float, filter_mm_al: float = 0.0
    ) -> float:
        """Mean air kerma behind a filter: Y·(U/80 kV)²·Q·(1 m/d)²·2^(−t/HVL)."""
        up = exposure_mas > self.linearity_step_mas
        step = (1.0 + self.linearity_step) / (1.0 - self.linearity_step) if up else 1.0
        open_beam = self.output_ugy_per_mas * step * (voltage_kv / 80.0) ** 2 * exposure_mas
        layers = filter_mm_al / self.half_value_layer_mm_al(voltage_kv * (1.0 + self.voltage_error_fraction))
        return float(open_beam * (1000.0 / distance_mm) ** 2 * 2.0**-layers)


def simulate_meter_rows(generator: Generator, *, distance_mm: float = 1000.0) -> list[Row]:
    """Rows of a whole constancy test of a generator: the expected result of each test is in its parameters.

    Parameters
    ----------
    generator : Generator
        What is tested.
    distance_mm : float
        Of the meter from the focus.

    Returns
    -------
    list of dict
        Voltages of 60, 80, 100 and 120 kV, ten equal exposures, five settings of mAs, an attenuation curve at 80 kV,
        times of 5 to 500 ms, exposure control over three thicknesses and three chambers, guard timer, leakage and
        three dose-area products.
    """
    return [
        *_voltages(generator, distance_mm),
        *_repeats(generator, distance_mm),
        *_settings(generator, distance_mm),
        *_attenuation(generator, distance_mm),
        *_times(generator),
        *_exposure_control(generator),
        *_areas(generator, distance_mm),
    ]


def meter_table(
    rows: Sequence[Row],
    *,
    separator: Literal[",", ";", "\t"] = ",",
    decimal: Literal[".", ","] = ".",
    headings: Mapping[str, str] | None = None,
    most_decimals: int = 12,
) -> str:
    """Table of comma-separated values of rows.

    Parameters
    ----------
    rows : sequence of dict
        As `simulate_meter_rows` gives them.
    separator, decimal : str
        As a spreadsheet of the country writes them.
    headings : dict, optional
        Other headings for some columns, by their key; the numbers stay as they are.
    most_decimals : int
        Decimals of a cell, where its column has not less.

    Returns
    -------
    str
        A line of headings and one for each row; columns without any value are left out.
    """
    used = [key for key in _COLUMNS if any(key in row for row in rows)]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow([(headings or {}).get(key, _COLUMNS[key][0]) for key in used])
    writer.writerows(
        [_cell(row.get(key, ""), min(_COLUMNS[key][1], most_decimals), decimal) for key in used] for row in rows
    )
    return text.getvalue()


def _cell(value: str | float, decimals: int, decimal: str) -> str:
    if isinstance(value, str):
        return value
    text = f"{value:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", decimal)


def _exposure(
    generator: Generator,
    *,
    test: str,
    voltage_kv: float,
    exposure_mas: float,
    distance_mm: float,
    filter_mm: float = 0.0,
) -> dict[str, str | float]:
    kerma = generator.kerma_ugy(
        voltage_kv=voltage_kv, exposure_mas=exposure_mas, distance_mm=distance_mm, filter_mm_al=filter_mm
    )
    return {
        "test": test,
        "set_voltage_kv": voltage_kv,
        "set_exposure_mas": exposure_mas,
        "distance_cm": distance_mm / 10.0,
        "added_filter_mm_al": filter_mm,
        "measured_voltage_kv": voltage_kv * (1.0 + generator.voltage_error_fraction),
        "kerma_ugy": kerma,
    }


def _voltages(generator: Generator, distance_mm: float) -> list[Row]:
    return [
        _exposure(generator, test="output", voltage_kv=voltage, exposure_mas=20.0, distance_mm=distance_mm)
        for voltage in (60.0, 80.0, 100.0, 120.0)
    ]


def _repeats(generator: Generator, distance_mm: float) -> list[Row]:
    count = 10
    swing = generator.variation * math.sqrt((count - 1) / count)
    row = _exposure(generator, test="reproducibility", voltage_kv=80.0, exposure_mas=20.0, distance_mm=distance_mm)
    kerma = float(row["kerma_ugy"])
    return [row | {"kerma_ugy": kerma * (1.0 + (swing if number % 2 else -swing))} for number in range(count)]


def _settings(generator: Generator, distance_mm: float) -> list[Row]:
    return [
        _exposure(generator, test="linearity", voltage_kv=80.0, exposure_mas=charge, distance_mm=distance_mm)
        | {"measured_exposure_mas": charge * (1.0 + generator.charge_error_fraction)}
        for charge in (5.0, 10.0, 20.0, 40.0, 80.0)
    ]


def _attenuation(generator: Generator, distance_mm: float) -> list[Row]:
    return [
        _exposure(
            generator, test="HVL", voltage_kv=80.0, exposure_mas=20.0, distance_mm=distance_mm, filter_mm=thickness
        )
        for thickness in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    ]


def _times(generator: Generator) -> list[Row]:
    return [
        {
            "test": "timer",
            "set_voltage_kv": 80.0,
            "set_time_ms": time,
            "measured_time_ms": time * (1.0 + generator.time_error_fraction) + generator.time_error_ms,
        }
        for time in (5.0, 20.0, 100.0, 200.0, 500.0)
    ]


def _exposure_control(generator: Generator) -> list[Row]:
    repeats = 4
    swing = generator.variation * math.sqrt((repeats - 1) / repeats)
    index = 400.0
    rows: list[Row] = [
        {
            "test": "AEC repeatability",
            "set_voltage_kv": 80.0,
            "thickness_mm": 200.0,
            "exposure_index": index * (1.0 + (swing if number % 2 else -swing)),
        }
        for number in range(repeats)
    ]
    for place, deviation in enumerate(generator.aec_deviations):
        value = index * (1.0 + deviation)
        rows.append({"test": "AEC tracking", "thickness_mm": 100.0 + 50.0 * place, "exposure_index": value})
        rows.append({"test": "AEC chambers", "chamber": str(place + 1), "exposure_index": value})
    rows.append({"test": "guard timer", "set_voltage_kv": 80.0, "measured_exposure_mas": generator.guard_mas})
    rows.append({"test": "leakage", "distance_cm": 50.0, "leakage_mgy_per_h": 4.0 * generator.leakage_mgy_per_h})
    return rows


def _areas(generator: Generator, distance_mm: float) -> list[Row]:
    """Fields measured in a plane at 1.5 times the distance of the kerma; 1 µGy·cm² is 1e-6 Gy·cm²."""
    rows: list[Row] = []
    for side_cm in (10.0, 15.0, 20.0):
        row = _exposure(generator, test="DAP", voltage_kv=80.0, exposure_mas=20.0, distance_mm=distance_mm)
        product = float(row["kerma_ugy"]) * 1e-6 * (side_cm / 1.5) ** 2
        rows.append(
            row
            | {
                "field_width_cm": side_cm,
                "field_height_cm": side_cm,
                "field_distance_cm": 1.5 * distance_mm / 10.0,
                "displayed_dap_gy_cm2": generator.dap_ratio * product,
            }
        )
    return rows
