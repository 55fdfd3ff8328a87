"""Proportions against published intervals, SciPy's own, and sums of binomial terms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from xrayiq.errors import InputError
from xrayiq.stats import funnel_limits, laney_chart, wilson_interval

#: Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (Wilson without continuity correction), 95 %
NEWCOMBE = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718)}


@pytest.mark.parametrize("counts", NEWCOMBE)
def test_wilson_interval_is_the_published_one(counts: tuple[int, int]) -> None:
    found = wilson_interval(*counts)
    # printed to four decimals
    np.testing.assert_allclose((found.low, found.high), NEWCOMBE[counts], atol=6e-5)


@pytest.mark.parametrize("counts", [(0, 5), (5, 5), (3, 40), (399, 400)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.998])
def test_wilson_interval_is_that_of_scipy(counts: tuple[int, int], confidence: float) -> None:
    found = wilson_interval(*counts, confidence=confidence)
    expected = stats.binomtest(*counts).proportion_ci(confidence, method="wilson")
    # rtol: rounding of the same formula written another way
    np.testing.assert_allclose((found.low, found.high), (expected.low, expected.high), rtol=1e-10, atol=1e-15)


def test_proportions_of_nothing_are_input_errors() -> None:
    for counts in ((0, 0), (3, 2), (-1, 5)):
        with pytest.raises(InputError):
            wilson_interval(*counts)
    with pytest.raises(InputError):
        funnel_limits([1, 2], [10])
    with pytest.raises(InputError):
        laney_chart([1], [10])


def test_funnel_limits_are_interpolated_binomial_quantiles() -> None:
    trials, target = 200, 0.08
    found = funnel_limits([16], [trials], target=target, widths=(1.96,))
    assert found.over_dispersion <= 1.0

    def quantile(probability: float) -> float:
        """Smallest count with more than that probability, moved back by the surplus over its own term."""
        below = 0.0
        for count in range(trials + 1):
            term = math.comb(trials, count) * target**count * (1.0 - target) ** (trials - count)
            if below + term >= probability:
                return (count - (below + term - probability) / term) / trials
            below += term
        raise AssertionError

    tail = 0.5 * math.erfc(1.96 / math.sqrt(2.0))
    assert found.lower[0, 0] == pytest.approx(quantile(tail), rel=1e-9)
    assert found.upper[0, 0] == pytest.approx(quantile(1.0 - tail), rel=1e-9)


def test_over_dispersion_is_the_mean_square_of_winsorised_z_and_widens_the_limits() -> None:
    trials = np.full(11, 400)
    events = np.array([10, 20, 22, 25, 28, 32, 36, 39, 42, 44, 90])
    found = funnel_limits(events, trials, target=0.08, widths=(3.0,))
    error = math.sqrt(0.08 * 0.92 / 400)
    scores = np.sort((events / 400 - 0.08) / error)
    scores[0], scores[-1] = scores[1], scores[-2]  # of eleven, the 10 % quantiles are the second from either end
    assert found.over_dispersion == pytest.approx(float(np.mean(scores**2)))
    assert found.over_dispersion > 1.0
    assert found.upper[0, 0] == pytest.approx(0.08 + 3.0 * math.sqrt(found.over_dispersion) * error)
    assert list(np.flatnonzero(found.outside[0])) == [10]


def test_units_with_few_trials_get_no_limits() -> None:
    found = funnel_limits([1, 40], [49, 500], target=0.08)
    assert np.isnan(found.lower[:, 0]).all()
    assert not np.isnan(found.upper[:, 1]).any()
    assert not found.outside[:, 0].any()


def test_binomial_counts_have_no_over_dispersion() -> None:
    trials = np.full(2000, 300)
    events = np.random.default_rng(3).binomial(300, 0.1, 2000)
    found = funnel_limits(events, trials)
    # drawing in the outer tenths leaves the mean square of a normal sample at 1 - 0.29: integral of z^2 inside
    # +-1.2816 (0.4377) plus 0.2 * 1.2816^2 (0.3285); standard error of 2000 squares 0.02
    assert found.over_dispersion == pytest.approx(0.766, abs=0.06)
    share = float(found.outside[0].mean())
    assert share == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 2000))


def test_laney_limits_follow_the_variation_between_periods() -> None:
    events, trials = np.array([30.0, 45.0, 20.0, 60.0]), np.array([500.0, 520.0, 480.0, 500.0])
    found = laney_chart(events, trials)
    center = 155.0 / 2000.0
    errors = [math.sqrt(center * (1 - center) / n) for n in trials]
    scores = [(e / n - center) / s for e, n, s in zip(events, trials, errors, strict=True)]
    sigma_z = sum(abs(b - a) for a, b in itertools.pairwise(scores)) / 3 / (2.0 / math.sqrt(math.pi))
    assert found.center == pytest.approx(center)
    assert found.sigma_z == pytest.approx(sigma_z)
    np.testing.assert_allclose(found.upper, [center + 3 * sigma_z * s for s in errors])
    np.testing.assert_allclose(found.lower, [max(center - 3 * sigma_z * s, 0.0) for s in errors])


def test_laney_chart_of_binomial_counts_is_the_p_chart() -> None:
    events = np.random.default_rng(4).binomial(400, 0.1, 3000)
    # relative standard error of a mean moving range about 0.9 / sqrt(n) = 1.6 %; three of them
    assert laney_chart(events, np.full(3000, 400)).sigma_z == pytest.approx(1.0, abs=0.05)
