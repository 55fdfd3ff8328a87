"""Block means against slices."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.reduction import block_means

NONE = np.zeros((0, 0), dtype=np.bool_)


def means_by_definition(values, excluded, factor):
    rows, columns = (-(-size // factor) for size in values.shape)
    means, counts = np.full((rows, columns), np.nan), np.zeros((rows, columns), dtype=int)
    for row in range(rows):
        for column in range(columns):
            part = np.s_[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
            kept = values[part][~excluded[part]]
            counts[row, column] = kept.size
            if kept.size:
                means[row, column] = kept.mean()
    return means, counts


@pytest.mark.parametrize("factor", [1, 2, 5, 40])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_block_means_leave_excluded_pixels_out(factor, share):
    generator = np.random.default_rng(4)
    values = generator.standard_normal((23, 31))
    excluded = generator.random(values.shape) < share
    excluded[:10, :10] = share > 0
    values[excluded] = np.nan
    found = block_means(values, excluded if share else NONE, factor)
    expected = means_by_definition(values, excluded, factor)
    # order of additions only
    np.testing.assert_allclose(found[0], expected[0], atol=1e-12)
    np.testing.assert_array_equal(found[1], expected[1])
