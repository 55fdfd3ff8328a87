"""A proportion corrected for an imperfect finder: its limits of a perfect one, its formula, its coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from xrayiq.errors import InputError
from xrayiq.stats import FinderCounts, corrected_proportion


@pytest.mark.parametrize(("named", "items"), [(0, 40), (3, 50), (120, 2400), (999, 1000)])
def test_a_perfect_finder_leaves_the_agresti_coull_interval(named: int, items: int) -> None:
    perfect = FinderCounts(positives=10**15, found=10**15, negatives=10**15, wrong=0)
    found = corrected_proportion(named, items, finder=perfect)
    z = stats.norm.ppf(0.975)  # Agresti and Coull (The American Statistician 52, 1998)
    size = items + z**2
    middle = (named + z**2 / 2) / size
    half = z * np.sqrt(middle * (1 - middle) / size)
    assert found.proportion == pytest.approx(named / items, abs=1e-12)
    assert found.low == pytest.approx(max(middle - half, 0.0), abs=1e-9)
    assert found.high == pytest.approx(min(middle + half, 1.0), abs=1e-9)


def test_the_estimate_is_that_of_rogan_and_gladen() -> None:
    finder = FinderCounts(positives=1000, found=900, negatives=20000, wrong=200)
    share = 0.05 * 0.9 + 0.95 * 0.01  # what such a finder names where 5 % are sought
    found = corrected_proportion(round(share * 10**6), 10**6, finder=finder)
    assert found.proportion == pytest.approx(0.05, abs=1e-6)
    assert found.recall == 0.9
    assert found.precision == pytest.approx(900 / 1100)


def test_the_interval_covers_the_proportion_in_95_of_100_draws() -> None:
    rng = np.random.default_rng(7)
    draws, truth, recall, wrong = 4000, 0.05, 0.93, 0.003
    covered = 0
    for _ in range(draws):
        positives = int(rng.binomial(8000, truth))
        finder = FinderCounts(
            positives=positives,
            found=int(rng.binomial(positives, recall)),
            negatives=8000 - positives,
            wrong=int(rng.binomial(8000 - positives, wrong)),
        )
        named = int(rng.binomial(3000, truth * recall + (1 - truth) * wrong))
        found = corrected_proportion(named, 3000, finder=finder)
        covered += found.low <= truth <= found.high
    # 93 to 97 % asked for; the sampling of 4000 draws has a sigma of 0.34 %
    assert 0.94 < covered / draws < 0.96


def test_a_short_calibration_widens_the_interval() -> None:
    long = corrected_proportion(150, 3000, finder=FinderCounts(positives=4000, found=3700, negatives=76000, wrong=200))
    short = corrected_proportion(150, 3000, finder=FinderCounts(positives=40, found=37, negatives=760, wrong=2))
    assert short.high - short.low > 1.2 * (long.high - long.low)


@pytest.mark.parametrize(
    ("named", "items", "finder"),
    [
        (1, 0, FinderCounts(positives=10, found=9, negatives=90, wrong=1)),
        (1, 10, FinderCounts(positives=0, found=0, negatives=90, wrong=1)),
        (1, 10, FinderCounts(positives=10, found=11, negatives=90, wrong=1)),
        (1, 10, FinderCounts(positives=10, found=5, negatives=10, wrong=5)),
    ],
)
def test_counts_that_correct_nothing_are_input_errors(named: int, items: int, finder: FinderCounts) -> None:
    with pytest.raises(InputError):
        corrected_proportion(named, items, finder=finder)
