"""Tests of tube and generator from a meter's readings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from xrayiq.dose import aec_tests, tube_tests
from xrayiq.dose.generator_test import GeneratorTest
from xrayiq.dose.half_value_layer import half_value_layer
from xrayiq.dose.meter_readings import MeterFault, MeterReading, MeterReadings
from xrayiq.errors import NotMeasurableError
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1

_TESTS: Final[tuple[tuple[str, Callable[[Sequence[MeterReading]], GeneratorTest]], ...]] = (
    ("voltage_accuracy", tube_tests.voltage_accuracy),
    ("output_reproducibility", tube_tests.output_reproducibility),
    ("output_linearity", tube_tests.output_linearity),
    ("half_value_layer", half_value_layer),
    ("tube_output", tube_tests.tube_output),
    ("timer_accuracy", tube_tests.timer_accuracy),
    ("charge_accuracy", tube_tests.charge_accuracy),
    ("aec_repeatability", aec_tests.aec_repeatability),
    ("aec_tracking", aec_tests.aec_tracking),
    ("aec_chamber_balance", aec_tests.aec_chamber_balance),
    ("guard_timer", aec_tests.guard_timer),
    ("leakage", aec_tests.leakage),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class GeneratorTests(Result):
    """Tests of tube and generator.

    Parameters
    ----------
    tests : tuple of GeneratorTest
        Every test in a fixed order, also those that the readings do not allow, with their reason.
    reading_count : int
        Rows of the table that were used.
    faults : tuple of MeterFault
        What could not be taken from the table.
    provenance : Provenance
        Where the numbers come from; the faults and what was left out stand in its warnings.
    """

    tests: tuple[GeneratorTest, ...]
    reading_count: int
    faults: tuple[MeterFault, ...]
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Numbers of all tests that were measured, in the order of the tests."""
        return tuple(measurement for test in self.tests for measurement in test.measurements)

    @property
    def measured(self) -> tuple[GeneratorTest, ...]:
        """Tests with numbers."""
        return tuple(test for test in self.tests if test.is_measured)

    @property
    def refused(self) -> tuple[GeneratorTest, ...]:
        """Tests without numbers that the table has rows for: they were meant to be made."""
        return tuple(test for test in self.tests if test.is_wanted and not test.is_measured)

    def test(self, name: str) -> GeneratorTest:
        """One test by its name.

        Parameters
        ----------
        name : str
            Its stable name, for example ``"half_value_layer"``.

        Returns
        -------
        GeneratorTest
            The test, measured or not.

        Raises
        ------
        KeyError
            There is no such test.
        """
        return {test.name: test for test in self.tests}[name]

    @property
    def rows(self) -> tuple[dict[str, str | float], ...]:
        """One row for each number, and for each test without one its reason: for a table or a data frame."""
        rows: list[dict[str, str | float]] = []
        for test in self.tests:
            rows += [
                {"test": test.name, "quantity": each.quantity, "value": each.value, "unit": each.unit, "reason": ""}
                for each in test.measurements
            ]
            if not test.is_measured:
                rows.append(
                    {"test": test.name, "quantity": "", "value": float("nan"), "unit": "", "reason": test.message}
                )
        return tuple(rows)


def assess_generator(readings: MeterReadings) -> GeneratorTests:
    """Tests of tube and generator: voltage, output, half-value layer, time, exposure, exposure control, leakage.

    Parameters
    ----------
    readings : MeterReadings
        What `read_meter_readings` gave.

    Returns
    -------
    GeneratorTests
        Every test with its numbers, the worst of all conditions, or with the reason why its readings do not allow it.

    Raises
    ------
    NotMeasurableError
        ``no_test_measurable``: the readings allow no test at all.

    Notes
    -----
    The accuracy of voltage, time and exposure is taken from every row that states set and measured value (the voltage
    without added filter). Reproducibility, linearity, half-value layer and output use the rows that name the test in
    the column ``test``, or where none does, those that name no test; the output then also those of reproducibility,
    linearity, voltage and exposure. Tests of the automatic exposure control and of its guard timer use rows that name
    them only.

    - reproducibility: standard deviation (n − 1) over mean of the kerma of four or more equal exposures
    - linearity: |X₁ − X₂| / (X₁ + X₂) of X = K/mAs at neighbouring settings of mA or mAs, other settings equal
    - half-value layer: (t₁ ln(2K₂/K₀) − t₂ ln(2K₁/K₀)) / ln(K₂/K₁) with K₁ > K₀/2 ≥ K₂, less the minimum at that
      (measured) voltage, both for systems certified before and from 10 June 2006 on
    - output: µGy/mAs at 1 m and 80 kV; between voltages by a power law
    - exposure control: coefficient of variation; largest deviation from the mean over voltages and thicknesses, and
      over chambers, of detector kerma, EI, kerma or mAs, the first that all rows state

    Sources: 21 CFR 1020.30 and 1020.31; IPEM Report 91; IEC 60601-2-54. Nobody here has read the clauses.
    """
    rows = tuple(reading for reading in readings.readings if reading.test != "dap")
    wanted = {reading.test for reading in rows}
    tests = tuple(replace(test(rows), is_wanted=name in wanted) for name, test in _TESTS)
    if not any(test.is_measured for test in tests):
        raise NotMeasurableError(
            "no_test_measurable",
            f"{len(rows)} readings that allow no test of tube or generator",
            needed="rows with set and measured kVp, time or mAs, or with kerma of repeated exposures",
            remedy="; ".join(fault.text for fault in readings.faults[:3]) or "fill in what the meter showed",
            source=readings.source,
        )
    remarks = [f"{test.name}: {remark}" for test in tests if test.is_measured for remark in test.remarks]
    return GeneratorTests(
        tests=tests,
        reading_count=len(rows),
        faults=readings.faults,
        provenance=Provenance(
            algorithm="generator",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(("readings", len(rows)),),
            warnings=(*(fault.text for fault in readings.faults), *remarks),
        ),
    )
