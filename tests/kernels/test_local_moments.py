"""Local mean and variance against their definition in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq_kernels.local_moments import local_moments

NONE_EXCLUDED = np.zeros((0, 0), dtype=np.bool_)
#: running sums over some thousand float64 numbers
TOLERANCE = 1e-10


def plain_moments(values: NDArray, excluded: NDArray[np.bool_], half: tuple[int, int]) -> tuple[NDArray, NDArray]:
    """Mean and variance (ddof 1) of what counts in each window, cut at the border."""
    means, variances = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for row, column in np.ndindex(values.shape):
        window = np.s_[max(row - half[0], 0) : row + half[0] + 1, max(column - half[1], 0) : column + half[1] + 1]
        kept = values[window][~excluded[window]]
        if kept.size:
            means[row, column] = kept.mean()
        if kept.size > 1:
            variances[row, column] = kept.var(ddof=1)
    return means, variances


@pytest.mark.parametrize("half", [(0, 0), (1, 1), (3, 2), (2, 40), (60, 60)])
@pytest.mark.parametrize("masked", [False, True])
def test_moments_match_the_definition(half: tuple[int, int], masked: bool) -> None:
    generator = np.random.default_rng(3)
    values = generator.normal(1000.0, 10.0, (30, 37)) + np.arange(37)
    excluded = generator.random((30, 37)) < 0.3 if masked else np.zeros((30, 37), dtype=np.bool_)
    excluded[:9, :9] = masked  # windows without any pixel
    values[excluded] = np.nan
    found = local_moments(values, excluded if masked else NONE_EXCLUDED, 1000.0, *half)
    expected = plain_moments(values, excluded, half)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=TOLERANCE)


def test_an_outlier_leaves_no_trace_outside_its_windows() -> None:
    values = np.random.default_rng(5).normal(0.0, 1.0, (200, 60))
    spoilt = values.copy()
    spoilt[50, 20] = 1e5
    clean, found = (local_moments(image, NONE_EXCLUDED, 0.0, 4, 4)[1] for image in (values, spoilt))
    far = np.ones(values.shape, dtype=np.bool_)
    far[46:55, 16:25] = False
    # 1e10 enters the sums of squares and leaves them again: 1e-6 of rounding over 81 pixels
    np.testing.assert_allclose(found[far], clean[far], atol=1e-6)
    assert (found[~far] > 1e7).all()


def test_a_constant_image_has_no_variance() -> None:
    means, variances = local_moments(np.full((20, 20), 7.5), NONE_EXCLUDED, 7.0, 2, 3)
    assert (means == 7.5).all()
    assert (variances == 0.0).all()
