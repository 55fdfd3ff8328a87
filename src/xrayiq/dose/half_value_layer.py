"""Half-value layer from an attenuation curve, and its test against the least that is permitted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xrayiq.dose.generator_test import GeneratorTest, condition_of, grouped, not_measured, rows_for, series_of
from xrayiq.dose.meter_readings import MeterReading
from xrayiq.dose.permitted import minimum_half_value_layer, minimum_range_kv
from xrayiq.dose.tube_tests import OUTPUT_VOLTAGE_KV
from xrayiq.errors import NotMeasurableError
from xrayiq.model import Measurement


def half_value_layer_mm(filters_mm: NDArray[np.float64], kermas: NDArray[np.float64]) -> float:
    """Half-value layer by log-linear interpolation between the two filters about half the kerma.

    Parameters
    ----------
    filters_mm : 1-D array
        Thickness of the added filters in any order; one of them is 0.
    kermas : 1-D array
        Kerma behind each, in any unit.

    Returns
    -------
    float
        (t₁ ln(2K₂/K₀) − t₂ ln(2K₁/K₀)) / ln(K₂/K₁) with K₁ > K₀/2 ≥ K₂, in mm.

    Raises
    ------
    NotMeasurableError
        ``no_open_beam`` without a filter of 0 mm, ``kerma_rises`` where more filter gives more kerma,
        ``not_halved`` where no filter halves the kerma.
    """
    order = np.argsort(filters_mm)
    filters, values = filters_mm[order], kermas[order]
    if filters[0] != 0:
        raise NotMeasurableError(
            "no_open_beam", f"least filter of {filters[0]:g} mm", needed="a reading without filter"
        )
    if np.any(np.diff(values) >= 0):
        place = int(np.argmax(np.diff(values) >= 0))
        raise NotMeasurableError(
            "kerma_rises",
            f"kerma {values[place + 1]:.4g} behind {filters[place + 1]:g} mm, "
            f"{values[place]:.4g} behind {filters[place]:g} mm",
            needed="less kerma behind more filter",
        )
    below = np.flatnonzero(values <= values[0] / 2.0)
    if below.size == 0:
        raise NotMeasurableError(
            "not_halved",
            f"{100 * values[-1] / values[0]:.1f} % of the kerma left behind {filters[-1]:g} mm",
            needed="a filter that halves it",
        )
    after = int(below[0])
    t1, t2 = float(filters[after - 1]), float(filters[after])
    k0, k1, k2 = float(values[0]), float(values[after - 1]), float(values[after])
    return (t1 * math.log(2.0 * k2 / k0) - t2 * math.log(2.0 * k1 / k0)) / math.log(k2 / k1)


def half_value_layer(readings: Sequence[MeterReading]) -> GeneratorTest:
    """Half-value layer at each tube voltage, as the meter states it or from an attenuation curve, over the minimum."""
    name = "half_value_layer"
    rows = rows_for(readings, name)
    named = any(row.test == name for row in rows)
    found = [_stated(row) for row in rows if row.half_value_layer_mm_al and row.set_voltage_kv and not row.is_filtered]
    remarks: list[str] = []
    curves = [row for row in rows if row.added_filter_mm_al is not None and row.kerma_ugy and row.set_voltage_kv]
    key = grouped(curves, lambda row: (row.group, row.set_voltage_kv, row.focal_spot, row.distance_mm))
    for group in key.values():
        if not any(row.is_filtered for row in group):
            continue
        try:
            found.append(_from_curve(group))
        except NotMeasurableError as error:
            remarks.append(f"{condition_of(group[0], 'set_voltage_kv')}: {error.explanation}")
    if not found:
        message = "no row with HVL, and no attenuation curve (added filter and kerma) at one kVp, that gives one"
        return not_measured(
            name, "no_half_value_layer" if named or remarks else "no_readings", message, remarks=remarks
        )
    found.sort(key=lambda each: each[0])
    voltages, layers = np.array([each[0] for each in found]), np.array([each[1] for each in found])
    nearest = int(np.argmin(np.abs(voltages - OUTPUT_VOLTAGE_KV)))
    measurements = [Measurement(quantity="half_value_layer", value=float(layers[nearest]))]
    low, high = minimum_range_kv()
    inside = (voltages >= low) & (voltages <= high)
    remarks += [f"{voltage:g} kV is outside the table of least HVL" for voltage in voltages[~inside]]
    if inside.any():
        least = np.array([minimum_half_value_layer(float(voltage)) for voltage in voltages[inside]])
        before, since = (layers[inside][:, None] - least).min(axis=0)
        measurements += [
            Measurement(quantity="half_value_layer_margin", value=float(since)),
            Measurement(quantity="half_value_layer_margin_before_2006", value=float(before)),
        ]
    lines = [row for each in found for row in each[2]]
    return GeneratorTest(
        name=name,
        measurements=tuple(measurements),
        series=(series_of("", voltages, layers, lines),),
        remarks=tuple(remarks),
    )


def _voltage_kv(rows: Sequence[MeterReading]) -> float:
    """Measured tube voltage of the rows without filter, or the set one where none was measured."""
    measured = [row.measured_voltage_kv for row in rows if row.measured_voltage_kv is not None and not row.is_filtered]
    return float(np.mean(measured)) if measured else float(rows[0].set_voltage_kv or math.nan)


def _stated(row: MeterReading) -> tuple[float, float, list[MeterReading]]:
    return _voltage_kv([row]), float(row.half_value_layer_mm_al or math.nan), [row]


def _from_curve(group: list[MeterReading]) -> tuple[float, float, list[MeterReading]]:
    """Voltage, half-value layer and rows of one curve; kermas per mAs where every row states its exposure."""
    per_mas = all(row.exposure_mas for row in group)
    stations = grouped(group, lambda row: row.added_filter_mm_al or 0.0)
    filters = np.array(list(stations))
    kermas = np.array(
        [np.mean([(row.kerma_ugy or 0.0) / ((row.exposure_mas or 1.0) if per_mas else 1.0) for row in rows])
         for rows in stations.values()]
    )  # fmt: skip
    return _voltage_kv(group), half_value_layer_mm(filters, kermas), group
