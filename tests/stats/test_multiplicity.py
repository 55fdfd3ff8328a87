"""Adjusted p-values against SciPy and the example of the paper."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from xrayiq.errors import InputError
from xrayiq.stats import adjust_p_values

#: Benjamini and Hochberg (1995), section 4: fifteen comparisons of two treatments of myocardial infarction
PAPER = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.3240,
    0.4262,
    0.5719,
    0.6528,
    0.759,
    1,
]


def test_four_of_the_papers_fifteen_comparisons_hold_at_five_percent():
    assert np.flatnonzero(adjust_p_values(PAPER) <= 0.05).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("count", [1, 2, 37, 500])
def test_adjusted_values_are_scipys(count):
    p_values = np.random.default_rng(count).random(count) ** 3
    np.testing.assert_allclose(adjust_p_values(p_values), false_discovery_control(p_values), rtol=1e-12)


def test_no_tests_have_no_values():
    assert adjust_p_values([]).size == 0


def test_what_is_no_probability_is_refused():
    with pytest.raises(InputError, match="0 to 1"):
        adjust_p_values([0.1, 1.2])
