"""One test of tube or generator: what was compared, its numbers, or why there are none."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from xrayiq.dose.meter_readings import MeterReading
from xrayiq.model import Measurement

#: equal exposures that a coefficient of variation needs
LEAST_REPEATS: Final = 4

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeterSeries:
    """Readings of one test under one condition, as they were compared.

    Parameters
    ----------
    condition : str
        Settings that the readings share, for example ``"80 kV"``; empty where they share none.
    positions, values : 1-D arrays
        What was varied, and what came out; quantities and units by test, see `GeneratorTest`.
    lines : tuple of int
        Lines of the table that they come from, counted from 1.
    """

    condition: str
    positions: NDArray[np.float64]
    values: NDArray[np.float64]
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GeneratorTest:
    """One test of tube or generator.

    Parameters
    ----------
    name : str
        Its name, with positions and values of its series:

        - ``voltage_accuracy``: set tube voltage (kV), relative error
        - ``output_reproducibility``: number of the exposure, output over its mean less 1
        - ``output_linearity``: mAs (mA where the current was varied at one exposure), µGy/mAs
        - ``half_value_layer``: tube voltage (kV), half-value layer (mm Al)
        - ``timer_accuracy``: set time (ms), relative error
        - ``charge_accuracy``: set exposure (mAs), relative error
        - ``tube_output``: set tube voltage (kV), µGy/mAs at 1 m
        - ``aec_repeatability``, ``aec_chamber_balance``: number of the reading, value over the mean less 1
        - ``aec_tracking``: thickness (mm) or, where that was not varied, tube voltage (kV); value over the mean less 1
        - ``guard_timer``: set tube voltage (kV), mAs at which the exposure ended
        - ``leakage``: number of the reading, mGy/h at 1 m
    measurements : tuple of Measurement
        Its numbers: the worst of all conditions.
    series : tuple of MeterSeries
        What was compared, by condition.
    is_wanted : bool
        Whether the table has rows that name this test.
    reason, message : str
        Why there are no numbers: a stable word, and the sentence for a person; empty where measured.
    remarks : tuple of str
        Conditions that could not be used.
    """

    name: str
    measurements: tuple[Measurement, ...] = ()
    series: tuple[MeterSeries, ...] = ()
    is_wanted: bool = False
    reason: str = ""
    message: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def is_measured(self) -> bool:
        """Whether it has numbers."""
        return not self.reason


def not_measured(name: str, reason: str, message: str, *, remarks: Iterable[str] = ()) -> GeneratorTest:
    """Test that its readings do not allow."""
    return GeneratorTest(name=name, reason=reason, message="; ".join((message, *remarks)), remarks=tuple(remarks))


def rows_for(readings: Sequence[MeterReading], name: str) -> list[MeterReading]:
    """Rows that name this test; where none does, those that name no test."""
    return [row for row in readings if row.test == name] or [row for row in readings if not row.test]


def grouped(rows: Iterable[MeterReading], key: Callable[[MeterReading], Key]) -> dict[Key, list[MeterReading]]:
    """Rows by a key, in the order in which the keys appear."""
    groups: dict[Key, list[MeterReading]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def condition_of(row: MeterReading, *fields: str) -> str:
    """Settings of a row in words, those that it states."""
    words = {
        "set_voltage_kv": "{:g} kV",
        "set_current_ma": "{:g} mA",
        "set_exposure_mas": "{:g} mAs",
        "set_time_ms": "{:g} ms",
        "added_filter_mm_al": "{:g} mm Al",
        "thickness_mm": "{:g} mm thick",
    }
    return ", ".join(words[field].format(value) for field in fields if (value := getattr(row, field)) is not None)


def series_of(
    condition: str, positions: Iterable[float], values: Iterable[float], rows: Iterable[MeterReading]
) -> MeterSeries:
    """Series of positions and values with the lines of its rows."""
    return MeterSeries(
        condition=condition,
        positions=np.array(list(positions), dtype=np.float64),
        values=np.array(list(values), dtype=np.float64),
        lines=tuple(row.line for row in rows),
    )


def variation(values: NDArray[np.float64]) -> float:
    """Coefficient of variation: standard deviation (n − 1) over mean."""
    return float(np.std(values, ddof=1) / np.mean(values))


def worst_of(values: NDArray[np.float64]) -> float:
    """Value that is largest without regard to its sign, with its sign."""
    return float(values[np.argmax(np.abs(values))])


def numbered(values: Sequence[object]) -> range:
    """Numbers of readings from 1."""
    return range(1, len(values) + 1)
