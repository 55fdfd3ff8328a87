"""Block statistics against their definition in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq_kernels.block_statistics import block_statistics

NONE_EXCLUDED = np.zeros((0, 0), dtype=np.bool_)
#: both sides add up at most a few hundred float64 numbers whose sums are well conditioned
TOLERANCE = 1e-10


def plain_block(values: NDArray, excluded: NDArray[np.bool_]) -> tuple[int, float, float, float]:
    """Count, mean, variance (ddof 1), and residual variance of a least-squares plane (ddof 3)."""
    rows, columns = np.nonzero(~excluded)
    pixels = values[rows, columns].astype(np.float64)
    design = np.column_stack([np.ones(pixels.size), rows, columns])
    coefficients = np.linalg.lstsq(design, pixels, rcond=None)[0]
    residual = pixels - design @ coefficients
    return pixels.size, pixels.mean(), pixels.var(ddof=1), (residual**2).sum() / (pixels.size - 3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("masked", [False, True])
def test_blocks_match_the_definition(dtype: str, masked: bool) -> None:
    generator = np.random.default_rng(21)
    slope = np.add.outer(np.arange(40) * 0.3, np.arange(50) * -0.2)
    values = (100 + slope + generator.normal(0, 8, (40, 50))).astype(dtype)
    excluded = generator.random((40, 50)) < 0.2 if masked else np.zeros((40, 50), dtype=np.bool_)
    row_starts, column_starts = np.array([1, 12, 29]), np.array([0, 9, 30, 37])
    found = block_statistics(values, excluded if masked else NONE_EXCLUDED, row_starts, column_starts, 11, 13)
    for index, top in enumerate(row_starts):
        for other, left in enumerate(column_starts):
            part = np.s_[top : top + 11, left : left + 13]
            expected = plain_block(values[part], excluded[part])
            assert [kind[index, other] for kind in found] == pytest.approx(expected, rel=TOLERANCE)


def test_variance_survives_a_large_offset_and_an_outlier_in_front() -> None:
    values = np.random.default_rng(4).normal(1e6, 1.0, (30, 30))
    values[0, 0] = 0.0
    _, means, variances, _ = block_statistics(values, NONE_EXCLUDED, np.array([0, 15]), np.array([0, 15]), 15, 15)
    blocks = values.reshape(2, 15, 2, 15).swapaxes(1, 2).reshape(2, 2, -1)
    np.testing.assert_allclose(means, blocks.mean(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(variances, blocks.var(axis=-1, ddof=1), rtol=TOLERANCE)


def test_largest_integers_do_not_wrap() -> None:
    values = np.full((8, 8), 65535, dtype=np.uint16)
    values[::2] = 65534
    _, means, variances, _ = block_statistics(values, NONE_EXCLUDED, np.array([0]), np.array([0]), 8, 8)
    assert means[0, 0] == 65534.5
    assert variances[0, 0] == pytest.approx(0.25 * 64 / 63, rel=1e-14)


def test_exact_plane_leaves_nothing() -> None:
    values = np.add.outer(3.0 * np.arange(12), -2.0 * np.arange(12)) + 100.0
    _, _, variances, plane = block_statistics(values, NONE_EXCLUDED, np.array([0]), np.array([0]), 12, 12)
    assert plane[0, 0] < 1e-12 * variances[0, 0]


def test_too_few_pixels_leave_nan() -> None:
    excluded = np.ones((4, 16), dtype=np.bool_)
    excluded[0, 4] = False
    excluded[0, 8:10] = False
    excluded[1, 12:16] = False  # four pixels on one line determine no plane
    values = np.arange(64, dtype=np.float64).reshape(4, 16)
    counts, means, variances, plane = block_statistics(values, excluded, np.array([0]), np.array([0, 4, 8, 12]), 4, 4)
    assert counts[0].tolist() == [0, 1, 2, 4]
    assert np.isnan(means[0]).tolist() == [True, False, False, False]
    assert np.isnan(variances[0]).tolist() == [True, True, False, False]
    assert np.isnan(plane[0]).all()


def test_excluded_nan_does_not_enter() -> None:
    values = np.ones((4, 4))
    values[1, 1] = np.nan
    counts, means, variances, _ = block_statistics(values, np.isnan(values), np.array([0]), np.array([0]), 4, 4)
    assert (counts[0, 0], means[0, 0], variances[0, 0]) == (15, 1.0, 0.0)
