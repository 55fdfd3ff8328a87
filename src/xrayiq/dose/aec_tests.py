"""Tests of the automatic exposure control, its guard timer, and the leakage of the tube housing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.dose.generator_test import (
    LEAST_REPEATS,
    GeneratorTest,
    MeterSeries,
    condition_of,
    grouped,
    not_measured,
    numbered,
    series_of,
    variation,
)
from xrayiq.dose.meter_readings import MeterReading
from xrayiq.dose.permitted import guard_timer_voltage_kv
from xrayiq.model import Measurement

#: what an automatic exposure control keeps constant, in the order in which it is looked for
_AEC_VALUES: Final = ("detector_kerma_ugy", "exposure_index", "kerma_ugy", "measured_exposure_mas")
_AEC_COLUMNS: Final = "detector kerma, EI, kerma or measured mAs in each"

Readings = Sequence[MeterReading]


def aec_repeatability(readings: Readings) -> GeneratorTest:
    """Coefficient of variation of equal exposures under automatic exposure control, four or more."""
    name = "aec_repeatability"
    groups = grouped(
        _named(readings, name),
        lambda row: (row.group, row.set_voltage_kv, row.thickness_mm, row.chamber, row.focal_spot, row.distance_mm),
    )
    series: list[MeterSeries] = []
    variations, remarks = [], []
    for group in groups.values():
        values = _aec_values(group)
        condition = condition_of(group[0], "set_voltage_kv", "thickness_mm")
        if values is None or len(group) < LEAST_REPEATS:
            remarks.append(f"{len(group)} exposures of {condition}, needed {LEAST_REPEATS} with {_AEC_COLUMNS}")
            continue
        series.append(series_of(condition, numbered(group), values / values.mean() - 1.0, group))
        variations.append(variation(values))
    if not series:
        return _refused(name, remarks, f"no {LEAST_REPEATS} equal exposures")
    measurement = Measurement(quantity="aec_repeatability", value=max(variations))
    return GeneratorTest(name=name, measurements=(measurement,), series=tuple(series), remarks=tuple(remarks))


def aec_tracking(readings: Readings) -> GeneratorTest:
    """Largest deviation from the mean over tube voltages and thicknesses under automatic exposure control."""
    rows = _named(readings, "aec_tracking")
    return _balance("aec_tracking", rows, lambda row: (row.set_voltage_kv, row.thickness_mm), "kVp or thicknesses")


def aec_chamber_balance(readings: Readings) -> GeneratorTest:
    """Largest deviation from the mean over the chambers of the automatic exposure control."""
    rows = [row for row in _named(readings, "aec_chamber_balance") if row.chamber]
    return _balance("aec_chamber_balance", rows, lambda row: (row.chamber,), "chambers")


def guard_timer(readings: Readings) -> GeneratorTest:
    """Exposure at which the guard timer ended it, by the two ranges of tube voltage of its limit."""
    name = "guard_timer"
    rows = [
        (row, row.set_voltage_kv, row.measured_exposure_mas)
        for row in _named(readings, name)
        if row.set_voltage_kv is not None and row.measured_exposure_mas is not None
    ]
    if not rows:
        return _refused(name, [], "no exposure with kVp and measured mAs")
    threshold = guard_timer_voltage_kv()
    high = [charge for _, voltage, charge in rows if voltage >= threshold]
    low = [charge for _, voltage, charge in rows if voltage < threshold]
    ranges = (("guard_timer_exposure", high), ("guard_timer_exposure_low_voltage", low))
    series = series_of(
        "", (voltage for _, voltage, _ in rows), (charge for *_, charge in rows), (row for row, *_ in rows)
    )
    return GeneratorTest(
        name=name,
        measurements=tuple(Measurement(quantity=quantity, value=max(found)) for quantity, found in ranges if found),
        series=(series,),
    )


def leakage(readings: Readings) -> GeneratorTest:
    """Largest leakage of the tube housing at 1 m, by the inverse square of the distance."""
    rows = [
        (row, row.leakage_mgy_per_h * (row.distance_mm / 1000.0) ** 2)
        for row in readings
        if row.leakage_mgy_per_h is not None and row.distance_mm is not None
    ]
    if not rows:
        return _refused("leakage", [], "no row with leakage and distance")
    rates = [rate for _, rate in rows]
    return GeneratorTest(
        name="leakage",
        measurements=(Measurement(quantity="leakage_kerma_rate", value=max(rates)),),
        series=(series_of("", numbered(rates), rates, (row for row, _ in rows)),),
    )


def _named(readings: Readings, name: str) -> list[MeterReading]:
    """Rows that name a test: an exposure under automatic control does not tell by its settings what it is for."""
    return [row for row in readings if row.test == name]


def _aec_values(rows: Sequence[MeterReading]) -> NDArray[np.float64] | None:
    """The first of the values under control that every row states; None where there is none."""
    for field in _AEC_VALUES:
        values = [getattr(row, field) for row in rows]
        if values and all(values):
            return np.array(values, dtype=np.float64)
    return None


def _balance(
    name: str, rows: list[MeterReading], key: Callable[[MeterReading], tuple[float | str | None, ...]], what: str
) -> GeneratorTest:
    series: list[MeterSeries] = []
    deviations, remarks = [], []
    for group in grouped(rows, lambda row: row.group).values():
        values = _aec_values(group)
        stations = grouped(group, key)
        if values is None or len(stations) < 2:
            remarks.append(f"{len(stations)} {what} in {len(group)} exposures, needed two with {_AEC_COLUMNS}")
            continue
        of_line = dict(zip((row.line for row in group), values, strict=True))
        means = np.array([np.mean([of_line[row.line] for row in station]) for station in stations.values()])
        relative = means / means.mean() - 1.0
        first = [station[0] for station in stations.values()]
        series.append(series_of("", _positions(name, first), relative, group))
        deviations.append(float(np.max(np.abs(relative))))
    if not series:
        return _refused(name, remarks, f"no two {what}")
    measurement = Measurement(quantity=name, value=max(deviations))
    return GeneratorTest(name=name, measurements=(measurement,), series=tuple(series), remarks=tuple(remarks))


def _positions(name: str, rows: list[MeterReading]) -> Sequence[float]:
    """What was varied: thickness, else tube voltage; the number of the reading for chambers and without either."""
    for field in ("thickness_mm", "set_voltage_kv") if name == "aec_tracking" else ():
        values = [getattr(row, field) for row in rows]
        if len(set(values)) > 1 and None not in values:
            return values
    return numbered(rows)


def _refused(name: str, remarks: list[str], message: str) -> GeneratorTest:
    reason = "too_few_readings" if remarks else "no_readings"
    return not_measured(name, reason, f"{message} in rows named for this test", remarks=remarks)
