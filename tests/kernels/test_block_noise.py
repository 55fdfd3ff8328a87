"""Noise of blocks against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.block_noise import block_noise

NO_TABLE = np.zeros(0)
IN_STEPS, IN_FLOATS = np.zeros(0, dtype=np.int32), np.zeros(0)


def noise_by_definition(values, row, column, size, lag, clip):
    around = values[row - lag : row + size + lag, column - lag : column + size + lag].astype(float)
    once = around[:, : -2 * lag] - 2.0 * around[:, lag:-lag] + around[:, 2 * lag :]
    twice = np.abs(once[: -2 * lag] - 2.0 * once[lag:-lag] + once[2 * lag :])
    scale = 1.4826 * np.median(twice)
    kept = twice[twice <= clip * scale] if scale > 0 else twice
    block = values[row : row + size, column : column + size].astype(float)
    return block.mean(), scale, np.sqrt(np.mean(kept**2)), kept.size / twice.size, block.min(), block.max()


@pytest.mark.parametrize(("size", "lag"), [(16, 3), (8, 1), (8, 5)])
@pytest.mark.parametrize("kind", ["steps", "signed steps", "floats", "table", "constant"])
def test_blocks_have_the_noise_of_its_definition(size, lag, kind):
    generator = np.random.default_rng(size + lag)
    pixels = np.rint(generator.normal(300.0, 20.0, (60, 70))).astype(np.uint16)
    pixels[30:34, 20:50] += 400
    if kind == "constant":
        pixels[:] = 7
    rows, columns = np.array([5, 5, 5, 22, 38]), np.array([6, 25, 45, 5, 40])
    table, nothing, values = NO_TABLE, IN_STEPS, pixels
    if kind == "signed steps":
        pixels = values = pixels.astype(np.int16) - 320
    if kind == "floats":
        pixels = values = pixels + generator.random(pixels.shape)
        nothing = IN_FLOATS
    if kind == "table":
        table, nothing = np.sqrt(np.arange(50.0, 1200.0)), IN_FLOATS
        values = table[pixels - 50]
    found = block_noise(pixels, table, 50, rows, columns, size, lag, 3.0, nothing)
    expected = [
        noise_by_definition(values, row, column, size, lag, 3.0) for row, column in zip(rows, columns, strict=True)
    ]
    # order of additions only
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
