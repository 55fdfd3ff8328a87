"""Flat-field metrics beside plain NumPy and SciPy on the same pixels."""

import numpy as np
import pytest
import scipy.fft

import xrayiq

PITCH_MM = 0.15
ROI_PX = 256


@pytest.fixture(scope="module")
def flat():
    """White noise on 1000: its mean, tile means and power are known."""
    return np.random.default_rng(1).normal(1000.0, 10.0, (2048, 2048))


def numpy_tile_means(values, tile, border):
    inner = values[border:-border, border:-border]
    rows, columns = inner.shape[0] // tile, inner.shape[1] // tile
    return inner[: rows * tile, : columns * tile].reshape(rows, tile, columns, tile).mean(axis=(1, 3))


@pytest.mark.benchmark(group="uniformity, 4 megapixels")
def test_uniformity(benchmark, flat):
    result = benchmark(xrayiq.measure_uniformity, flat, pixel_pitch_mm=PITCH_MM)
    twin = numpy_tile_means(flat, result.tile_size_px[0], int(result.tile_rows_px[0]))
    np.testing.assert_allclose(result.tile_means, twin, rtol=1e-12)


@pytest.mark.benchmark(group="uniformity, 4 megapixels")
def test_uniformity_numpy_means_only(benchmark, flat):
    assert benchmark(numpy_tile_means, flat, 67, 67).mean() == pytest.approx(1000.0, abs=0.1)


@pytest.mark.benchmark(group="NPS, 4 megapixels, 225 regions")
def test_nps(benchmark, flat):
    nps = benchmark(xrayiq.measure_nps, flat, pixel_pitch_mm=PITCH_MM)
    # white noise: variance times pixel area; 1 % is three standard errors of a cut's mean
    assert nps.u_values.mean() == pytest.approx(100.0 * PITCH_MM**2, rel=0.01)


@pytest.mark.benchmark(group="NPS, 4 megapixels, 225 regions")
def test_nps_bare_transforms(benchmark, flat):
    starts = range(0, 2048 - ROI_PX + 1, ROI_PX // 2)
    regions = np.stack([flat[r : r + ROI_PX, c : c + ROI_PX] - 1000.0 for r in starts for c in starts])
    spectra = benchmark(scipy.fft.rfft2, regions, workers=1)
    assert spectra.shape == (225, ROI_PX, ROI_PX // 2 + 1)
