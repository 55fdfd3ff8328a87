"""Counts of outliers against NumPy on the same maps."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.local_outliers import count_outliers


@pytest.mark.parametrize("masked", [False, True])
def test_outliers_of_each_tile_are_counted(masked: bool) -> None:
    generator = np.random.default_rng(4)
    values, means = generator.normal(0, 1, (2, 19, 23))
    variances = generator.uniform(0.1, 2.0, values.shape)
    means[5, 6] = variances[7, 8] = np.nan
    excluded = generator.random(values.shape) < 0.3 if masked else np.zeros((0, 0), dtype=np.bool_)
    marks = (values - means) ** 2 > 1.5**2 * variances
    if masked:
        marks &= ~excluded
    wanted = [[marks[r : r + 5, c : c + 6].sum() for c in (4, 10, 16)] for r in (2, 7, 12)]
    counts = np.full((3, 3), -1, dtype=np.int64)
    count_outliers(values, excluded, means, variances, (2, 4), (5, 6), 1.5, counts)
    assert counts.tolist() == wanted
    assert 0 < counts.sum() < marks.size
