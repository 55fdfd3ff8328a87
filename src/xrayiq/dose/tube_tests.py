"""Tests of voltage, time, exposure and output of tube and generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from xrayiq.dose.generator_test import (
    LEAST_REPEATS,
    GeneratorTest,
    condition_of,
    grouped,
    not_measured,
    numbered,
    rows_for,
    series_of,
    variation,
    worst_of,
)
from xrayiq.dose.meter_readings import MeterReading
from xrayiq.dose.permitted import long_time_ms, permitted_charge_error_mas, permitted_time_error_ms
from xrayiq.model import Measurement

#: tube voltage at which the output of tubes is compared (IPEM)
OUTPUT_VOLTAGE_KV: Final = 80.0
_SAME_KV: Final = 0.5
#: tests whose exposures, with set mAs and an open beam, tell the output as well
_OPEN_BEAM_TESTS: Final = frozenset(
    {"", "output_reproducibility", "output_linearity", "voltage_accuracy", "charge_accuracy"}
)

Readings = Sequence[MeterReading]


def voltage_accuracy(readings: Readings) -> GeneratorTest:
    """Relative error of the tube voltage over all rows without added filter that state set and measured value."""
    rows = [row for row in readings if not row.is_filtered and row.test != "leakage"]
    pairs = [
        (row, row.set_voltage_kv, row.measured_voltage_kv)
        for row in rows
        if row.set_voltage_kv is not None and row.measured_voltage_kv is not None
    ]
    name = "voltage_accuracy"
    if not pairs:
        return not_measured(name, "no_readings", "no row with set and measured kVp and no added filter")
    errors = np.array([measured / wanted - 1.0 for _, wanted, measured in pairs])
    return GeneratorTest(
        name=name,
        measurements=(Measurement(quantity="tube_voltage_error", value=worst_of(errors)),),
        series=(series_of("", (wanted for _, wanted, _ in pairs), errors, (row for row, _, _ in pairs)),),
    )


def timer_accuracy(readings: Readings) -> GeneratorTest:
    """Relative error of the exposure time, and its share of the permitted error."""
    pairs = [
        (row, row.set_time_ms, row.measured_time_ms)
        for row in readings
        if row.set_time_ms is not None and row.measured_time_ms is not None
    ]
    if not pairs:
        return not_measured("timer_accuracy", "no_readings", "no row with set and measured time")
    found = _shares(pairs, permitted_time_error_ms)
    long = np.array([measured / wanted - 1.0 for _, wanted, measured in pairs if wanted > long_time_ms()])
    measurements = [Measurement(quantity="exposure_time_error_share", value=found)]
    if long.size:
        measurements.append(Measurement(quantity="exposure_time_error", value=worst_of(long)))
    return _accuracy("timer_accuracy", pairs, tuple(measurements))


def charge_accuracy(readings: Readings) -> GeneratorTest:
    """Relative error of the exposure in mAs, and its share of the permitted error; AEC exposures have no set value."""
    pairs = [
        (row, row.exposure_mas, row.measured_exposure_mas)
        for row in readings
        if row.exposure_mas is not None
        and row.measured_exposure_mas is not None
        and not row.test.startswith(("aec", "guard"))
    ]
    if not pairs:
        return not_measured("charge_accuracy", "no_readings", "no row with set and measured mAs")
    errors = np.array([measured / wanted - 1.0 for _, wanted, measured in pairs])
    measurements = (
        Measurement(quantity="exposure_charge_error_share", value=_shares(pairs, permitted_charge_error_mas)),
        Measurement(quantity="exposure_charge_error", value=worst_of(errors)),
    )
    return _accuracy("charge_accuracy", pairs, measurements)


def output_reproducibility(readings: Readings) -> GeneratorTest:
    """Coefficient of variation of the output of equal exposures, four or more, the largest of all conditions."""
    name = "output_reproducibility"
    rows = [row for row in rows_for(readings, name) if row.kerma_ugy is not None]
    named = any(row.test == name for row in rows)
    groups = grouped(
        rows, lambda row: (row.group, row.set_voltage_kv, row.set_current_ma, row.set_time_ms, *_place(row))
    )
    series, variations, remarks = [], [], []
    for group in groups.values():
        kermas = np.array([row.kerma_ugy for row in group], dtype=np.float64)
        condition = condition_of(group[0], "set_voltage_kv", "set_exposure_mas", "added_filter_mm_al")
        if len(group) < LEAST_REPEATS or not kermas.mean() > 0:
            remarks.append(f"{len(group)} equal exposures of {condition}, needed {LEAST_REPEATS} with kerma")
            continue
        series.append(series_of(condition, numbered(group), kermas / kermas.mean() - 1.0, group))
        variations.append(variation(kermas))
    if not series:
        return not_measured(
            name,
            "too_few_readings",
            f"no {LEAST_REPEATS} exposures of equal settings",
            remarks=remarks if named else (),
        )
    return GeneratorTest(
        name=name,
        measurements=(Measurement(quantity="output_reproducibility", value=max(variations)),),
        series=tuple(series),
        remarks=tuple(remarks) if named else (),
    )


def output_linearity(readings: Readings) -> GeneratorTest:
    """|X₁ − X₂| / (X₁ + X₂) of the outputs X = K/mAs of neighbouring settings, and of the extremes."""
    name = "output_linearity"
    rows = [row for row in rows_for(readings, name) if row.kerma_ugy and row.exposure_mas]
    series, neighbours, extremes, remarks = [], [], [], []
    conditions = grouped(
        rows,
        lambda row: (row.group, row.set_voltage_kv, row.focal_spot, row.added_filter_mm_al or 0.0, row.distance_mm),
    )
    for group in conditions.values():
        stations = grouped(group, lambda row: (row.set_current_ma or 0.0, row.exposure_mas or 0.0))
        condition = condition_of(group[0], "set_voltage_kv", "added_filter_mm_al")
        if len(stations) < 2:
            if group[0].test == name:
                remarks.append(f"one setting of mA and mAs at {condition}, needed two")
            continue
        ordered = sorted(stations)
        outputs = np.array([np.mean([_output(row) for row in stations[key]]) for key in ordered])
        by_current = len({charge for _, charge in ordered}) == 1
        series.append(series_of(condition, (key[0 if by_current else 1] for key in ordered), outputs, group))
        neighbours.append(float(np.max(np.abs(np.diff(outputs)) / (outputs[1:] + outputs[:-1]))))
        extremes.append(float((outputs.max() - outputs.min()) / (outputs.max() + outputs.min())))
    if not series:
        return not_measured(
            name, "too_few_readings", "no two settings of mA or mAs with kerma at one kVp and distance", remarks=remarks
        )
    return GeneratorTest(
        name=name,
        measurements=(
            Measurement(quantity="output_linearity", value=max(neighbours)),
            Measurement(quantity="output_linearity_overall", value=max(extremes)),
        ),
        series=tuple(series),
        remarks=tuple(remarks),
    )


def tube_output(readings: Readings) -> GeneratorTest:
    """Output per mAs at 1 m and 80 kV, by the inverse square of the distance; between voltages by a power law."""
    name = "tube_output"
    named = [row for row in readings if row.test == name]
    rows = [
        row
        for row in named or [row for row in readings if row.test in _OPEN_BEAM_TESTS]
        if row.kerma_ugy and row.exposure_mas and row.distance_mm and row.set_voltage_kv and not row.is_filtered
    ]
    if not rows:
        return not_measured(name, "no_readings", "no row with kVp, mAs, distance and kerma and no added filter")
    stations = grouped(rows, lambda row: row.set_voltage_kv or 0.0)
    voltages = np.array(sorted(stations))
    outputs = np.array(
        [np.mean([_output(row) * ((row.distance_mm or 0.0) / 1000.0) ** 2 for row in stations[kv]]) for kv in voltages]
    )
    series = (series_of("", voltages, outputs, rows),)
    near = np.abs(voltages - OUTPUT_VOLTAGE_KV) <= _SAME_KV
    if near.any():
        value = float(outputs[near].mean())
    elif voltages[0] < OUTPUT_VOLTAGE_KV < voltages[-1]:
        value = float(np.exp(np.interp(np.log(OUTPUT_VOLTAGE_KV), np.log(voltages), np.log(outputs))))
    else:
        found = f"{voltages[0]:g} to {voltages[-1]:g} kV"
        message = f"readings at {found}; needed one at {OUTPUT_VOLTAGE_KV:g} kV, or one on either side"
        return not_measured(name, "voltage_range", message)
    return GeneratorTest(name=name, measurements=(Measurement(quantity="tube_output", value=value),), series=series)


def _output(row: MeterReading) -> float:
    """Kerma per mAs (µGy/mAs) at the meter."""
    return (row.kerma_ugy or 0.0) / (row.exposure_mas or np.inf)


def _place(row: MeterReading) -> tuple[float | None, str, float, float | None]:
    """What two equal exposures share beside voltage, current and time."""
    return row.set_exposure_mas, row.focal_spot, row.added_filter_mm_al or 0.0, row.distance_mm


def _shares(pairs: list[tuple[MeterReading, float, float]], permitted: Callable[[float], float]) -> float:
    """Largest error over what is permitted at its set value."""
    return max(abs(measured - wanted) / permitted(wanted) for _, wanted, measured in pairs)


def _accuracy(
    name: str, pairs: list[tuple[MeterReading, float, float]], measurements: tuple[Measurement, ...]
) -> GeneratorTest:
    errors = [measured / wanted - 1.0 for _, wanted, measured in pairs]
    series = series_of("", (wanted for _, wanted, _ in pairs), errors, (row for row, _, _ in pairs))
    return GeneratorTest(name=name, measurements=measurements, series=(series,))
