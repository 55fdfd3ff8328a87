"""NPS of half-overlapping ROIs of 256 pixels against its definition in double precision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq.metrics import measure_nps
from xrayiq.model import Radiograph, Response

SIDE, STEP = 256, 128
PITCH = 0.15


@pytest.fixture
def threads() -> Iterator[None]:
    """Number of threads as it was before."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


def flat(shape: tuple[int, int] = (530, 655), *, seed: int = 5) -> NDArray[np.uint16]:
    """Noise of standard deviation 20, correlated along rows, on a background that falls."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 20, (shape[0], shape[1] + 4))
    smooth = (noise[:, :-4] + noise[:, 4:]) / 2
    rows, columns = np.indices(shape)
    return np.round(2000 - 0.3 * rows - 2e-4 * columns**2 + smooth).astype(np.uint16)


def definition(image: NDArray[Any], masked: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Two-dimensional NPS of IEC 62220-1-1 over the ROIs without masked pixel."""
    rows, columns = np.indices(image.shape) / 300.0 - 1
    kept = np.ones(image.shape, dtype=np.bool_) if masked is None else ~masked
    design = np.stack([rows**0, rows, columns, rows * columns, rows**2, columns**2], axis=-1)
    fit = np.linalg.lstsq(design[kept], image[kept].astype(np.float64), rcond=None)[0]
    residual = image - design @ fit
    powers = [
        np.abs(np.fft.fft2(residual[row : row + SIDE, column : column + SIDE])) ** 2
        for row in range(0, image.shape[0] - SIDE + 1, STEP)
        for column in range(0, image.shape[1] - SIDE + 1, STEP)
        if kept[row : row + SIDE, column : column + SIDE].all()
    ]
    return np.fft.fftshift(np.mean(powers, axis=0)) * PITCH**2 / SIDE**2


def assert_within_single_precision(found: NDArray[np.float64], expected: NDArray[np.float64]) -> None:
    """Rounding of amplitudes to 10⁻⁷ of the greatest, a few times, changes their power by twice that."""
    assert (np.abs(found - expected) <= 1e-6 * np.sqrt(expected * expected.max()) + 1e-12 * expected.max()).all()


@pytest.mark.parametrize("dtype", ["uint16", "float64"])
def test_spectrum_is_that_of_double_precision(dtype: str) -> None:
    image = flat().astype(dtype)
    found = measure_nps(image, pixel_pitch_mm=PITCH)
    expected = definition(image)
    assert_within_single_precision(found.spectrum, expected)
    # twelve ROIs of noise whose power falls to 10⁻⁴ of its maximum in places
    np.testing.assert_allclose(found.spectrum, expected, rtol=1e-4)
    assert found.roi_count == 3 * 4


def test_strong_lines_leave_the_noise_beside_them() -> None:
    lines = flat() + (500 * np.cos(0.7 * np.arange(655))).round().astype(np.int64) + 500
    found = measure_nps(lines.astype(np.uint16), pixel_pitch_mm=PITCH, leakage="kept")
    expected = definition(lines)
    assert expected.max() > 1e6 * np.median(expected)
    assert_within_single_precision(found.spectrum, expected)
    assert np.median(np.abs(found.spectrum / expected - 1)) < 1e-5


@pytest.mark.parametrize("gain", [1e-30, 1e25])
def test_floats_of_any_size_keep_their_digits(gain: float) -> None:
    image = flat((256, 384)).astype(np.float64)
    found = measure_nps(image * gain, pixel_pitch_mm=PITCH)
    assert_within_single_precision(found.spectrum / gain**2, definition(image))


def test_masked_rois_are_left_out() -> None:
    image = flat().astype(np.float64)
    image[300, 500] = np.nan
    found = measure_nps(image, pixel_pitch_mm=PITCH)
    expected = definition(image, np.isnan(image))
    # ROIs of the two rows and two columns hold the pixel
    assert found.roi_count == 3 * 4 - 2 * 2
    assert_within_single_precision(found.spectrum, expected)


@pytest.mark.parametrize("gain", [1.0, 0.25])
def test_signal_of_stored_values_gives_the_same_as_stored_values(gain: float) -> None:
    image = flat()
    response = Response(model="linear", a=100.0, b=1 / gain)
    given = Radiograph.from_array(image, pixel_pitch_mm=PITCH, response=response)
    found, plain = measure_nps(given), measure_nps(given.signal(), pixel_pitch_mm=PITCH)
    np.testing.assert_allclose(found.spectrum, plain.spectrum, rtol=1e-4)
    assert found.mean_signal == pytest.approx(plain.mean_signal, rel=1e-12)
    assert found.variance == pytest.approx(plain.variance, rel=1e-9)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("dtype", ["uint16", "float64"])
def test_values_do_not_depend_on_the_number_of_threads(dtype: str) -> None:
    image = flat((1200, 520)).astype(dtype)
    spectra = []
    for count in (1, 2):
        cv2.setNumThreads(count)
        spectra.append(measure_nps(image, pixel_pitch_mm=PITCH))
    assert (spectra[0].spectrum == spectra[1].spectrum).all()
    assert spectra[0].variance == spectra[1].variance
    assert spectra[0].mean_signal == spectra[1].mean_signal
