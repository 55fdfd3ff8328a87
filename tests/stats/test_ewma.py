"""EWMA charts: the definition, and published average run lengths by Brook and Evans' Markov chain."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from xrayiq.audit import TrendSettings
from xrayiq.errors import InputError
from xrayiq.stats import ewma, ewma_deviation

#: Lucas and Saccucci, Technometrics 32 (1990), table 3: average run length by shift in standard deviations
LUCAS_SACCUCCI = {
    (0.5, 3.071): {0.0: 500.0, 0.25: 255.0, 0.5: 88.8, 0.75: 35.9, 1.0: 17.5, 1.5: 6.53, 2.0: 3.63, 3.0: 1.93},
    (0.03, 2.437): {0.0: 500.0, 0.25: 76.7, 0.5: 29.3, 0.75: 17.6, 1.0: 12.6, 1.5: 8.07, 2.0: 5.99, 3.0: 4.03},
}


def run_length(weight: float, width: float, *, shift: float = 0.0, states: int = 301) -> float:
    """Average run length with constant limits: the average moves between cells, transitions by the chart's own code."""
    deviation = math.sqrt(weight / (2.0 - weight))
    edges = np.linspace(-width * deviation, width * deviation, states + 1)
    middles = 0.5 * (edges[:-1] + edges[1:])
    # one step of the chart from each cell: its average is linear in the new value, so two values tell where it goes
    steps = np.array([ewma(np.array([v]), center=float(m), weight=weight)[0] for m in middles for v in (0.0, 1.0)])
    at_zero, slope = steps[0::2], steps[1::2] - steps[0::2]
    bounds = (edges[None, :] - at_zero[:, None]) / slope[:, None]
    moves = np.diff(norm.cdf(bounds - shift), axis=1)
    lengths = np.linalg.solve(np.eye(states) - moves, np.ones(states))
    return float(lengths[states // 2])


@pytest.mark.parametrize(("scheme", "shift"), [(s, d) for s, row in LUCAS_SACCUCCI.items() for d in row])
def test_average_run_lengths_are_those_of_lucas_and_saccucci(scheme: tuple[float, float], shift: float) -> None:
    # three printed digits, and L printed to three decimals moves a run length of 500 by 0.3 %
    assert run_length(*scheme, shift=shift) == pytest.approx(LUCAS_SACCUCCI[scheme][shift], rel=6e-3)


def test_run_length_of_the_sas_manual() -> None:
    # SAS/QC manual 1999: 11.154267016 for weight 0.25, width 3, shift 1; atol: 301 cells
    assert run_length(0.25, 3.0, shift=1.0) == pytest.approx(11.154267016, abs=2e-3)


def test_default_scheme_warns_falsely_once_in_about_370_results() -> None:
    settings = TrendSettings()
    assert settings.ewma_width is not None
    assert run_length(settings.ewma_weight, settings.ewma_width) == pytest.approx(370.0, rel=0.02)


def test_average_and_its_deviation_are_the_definition() -> None:
    values, center, weight = np.array([1.0, 3.0, 2.0, 9.0]), 2.0, 0.3
    averages, deviations = ewma(values, center=center, weight=weight), ewma_deviation(values.size, weight=weight)
    # z_i = sum of weight (1 - weight)^j x_(i-j), plus what is left of the start
    for index in range(values.size):
        parts = [weight * (1 - weight) ** back * values[index - back] for back in range(index + 1)]
        assert averages[index] == pytest.approx(sum(parts) + (1 - weight) ** (index + 1) * center)
        # variance of that sum of independent values
        variance = sum((weight * (1 - weight) ** back) ** 2 for back in range(index + 1))
        assert deviations[index] == pytest.approx(math.sqrt(variance))


def test_deviation_from_an_estimated_centre_is_that_of_simulated_baselines() -> None:
    count, weight, baseline = 12, 0.2, 5
    noise = np.random.default_rng(3).normal(size=(40_000, baseline + count))
    center = noise[:, :baseline].mean(axis=1)
    average = center.copy()
    for index in range(count):
        average = weight * noise[:, baseline + index] + (1 - weight) * average
    # relative standard error of a standard deviation 1 / sqrt(2 n) = 0.35 %; four of them
    expected = float((average - center).std())
    assert ewma_deviation(count, weight=weight, baseline_count=baseline)[-1] == pytest.approx(expected, rel=0.014)


@pytest.mark.parametrize("weight", [0.0, 1.1])
def test_a_weight_out_of_range_is_an_input_error(weight: float) -> None:
    with pytest.raises(InputError):
        ewma(np.array([1.0]), center=0.0, weight=weight)
    with pytest.raises(InputError):
        ewma_deviation(1, weight=weight)
