"""Local variance against its definition, and artefacts that it must show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.local_variance import LocalVariance, compute_local_variance
from xrayiq.model import quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_flat

#: the image is kept in single precision
SINGLE = 2e-7


def noise(shape: tuple[int, int] = (120, 150), *, seed: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(1000.0, 10.0, shape)


def whole_windows(image: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Variance (ddof 1) of every window that lies in the image; NaN is left out."""
    return np.asarray(np.nanvar(sliding_window_view(image, (side, side)), axis=(2, 3), ddof=1))


@pytest.mark.parametrize("masked", [False, True])
def test_variances_match_the_definition(masked: bool) -> None:
    image = noise()
    if masked:
        image[30:34, 50:90] = np.nan
    found = compute_local_variance(image, size_px=9)
    expected = whole_windows(image, 9)
    expected[np.isnan(image[4:-4, 4:-4])] = np.nan
    np.testing.assert_allclose(found.variances[4:-4, 4:-4], expected, rtol=SINGLE)
    median = np.nanmedian(expected)
    # running sums of some thousand float64 numbers
    assert found.median_variance == pytest.approx(median, rel=1e-9)
    assert found.greatest_ratio == pytest.approx(np.nanmax(expected) / median, rel=1e-9)
    assert found.least_ratio == pytest.approx(np.nanmin(expected) / median, rel=1e-9)
    assert found.variances[found.greatest_px] == pytest.approx(np.nanmax(expected), rel=SINGLE)
    assert found.variances[found.least_px] == pytest.approx(np.nanmin(expected), rel=SINGLE)
    # windows are cut at the border
    assert found.variances[0, 0] == pytest.approx(image[:5, :5].var(ddof=1), rel=SINGLE)


def test_size_in_millimetres_is_rounded_and_made_odd() -> None:
    found = compute_local_variance(noise(), pixel_pitch_mm=(0.5, 0.2), size_mm=2.0)
    assert found.window_px == (5, 11)
    same = compute_local_variance(noise(), size_px=4)
    assert same.window_px == (5, 5)
    assert dict(found.provenance.parameters)["window_columns_px"] == 11


def test_white_noise_of_a_detector_has_its_variance_and_scatter() -> None:
    seen = Detector(blur_sigma_mm=0.0, quantised=False, gain_dn_per_ugy=1.0)
    image = simulate_flat(seen, shape=(500, 500), kerma_ugy=5.0, seed=3).pixels
    found = compute_local_variance(image, size_px=15)
    variance = float(seen.noise_variance_ugy2(5.0))
    apart = found.variances[7:-7:15, 7:-7:15].astype(np.float64)  # 1089 windows that share no pixel
    assert apart.mean() == pytest.approx(variance, rel=0.012)  # √(2/245000): 0.3 %; four sigma
    assert apart.std() / variance == pytest.approx(found.scatter_of_white_noise, rel=0.09)  # of 1089: 2.2 %; four sigma


def test_a_smoothed_and_a_noisy_patch_are_found_where_they_are() -> None:
    image = noise((300, 300))
    image[60:80, 200:220] = 1000.0 + 0.5 * (image[60:80, 200:220] - 1000.0)
    image[220:240, 90:110] = 1000.0 + 2.0 * (image[220:240, 90:110] - 1000.0)
    found = compute_local_variance(image, size_px=11)
    # a quarter and four times the variance; the extremes of hundreds of windows of 121 pixels lie up to 4 sigma off
    assert found.least_ratio == pytest.approx(0.25, abs=0.25 * 0.5)
    assert found.greatest_ratio == pytest.approx(4.0, abs=4.0 * 0.5)
    assert 60 <= found.least_px[0] < 80
    assert 200 <= found.least_px[1] < 220
    assert 220 <= found.greatest_px[0] < 240
    assert 90 <= found.greatest_px[1] < 110


@settings(deadline=None, max_examples=15)
@given(
    gain=st.floats(1e-3, 1e3),
    offset=st.floats(0.0, 1e4),
    up_down=st.booleans(),
    left_right=st.booleans(),
    transposed=st.booleans(),
)
def test_gain_offset_and_turns_change_no_ratio(
    gain: float, offset: float, up_down: bool, left_right: bool, transposed: bool
) -> None:
    image = noise((60, 70))
    turned = image[:: -1 if up_down else 1, :: -1 if left_right else 1]
    turned = turned.T if transposed else turned
    reference, found = (
        compute_local_variance(image, size_px=7),
        compute_local_variance(gain * turned + offset, size_px=7),
    )
    assert found.greatest_ratio == pytest.approx(reference.greatest_ratio, rel=1e-6)
    assert found.least_ratio == pytest.approx(reference.least_ratio, rel=1e-6)
    assert found.median_variance == pytest.approx(gain**2 * reference.median_variance, rel=1e-6)
    back = found.variances.T if transposed else found.variances
    back = back[:: -1 if up_down else 1, :: -1 if left_right else 1]
    np.testing.assert_allclose(back, gain**2 * reference.variances, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_dtype_changes_nothing(dtype: str) -> None:
    image = np.rint(noise())
    found = compute_local_variance(image.astype(dtype), size_px=7)
    np.testing.assert_array_equal(found.variances, compute_local_variance(image, size_px=7).variances)


def test_result_names_known_quantities_and_survives_storage() -> None:
    found = compute_local_variance(noise(), size_px=9)
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    again = unpack(LocalVariance, *pack(found))
    assert again.to_dict() == found.to_dict()
    assert again.variances.dtype == np.float32


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "needed one of them"),
        ({"size_mm": 2.0, "size_px": 9}, "needed one of them"),
        ({"size_px": 2}, "size_px=2"),
        ({"size_px": 4.5}, "size_px=4.5"),
        ({"size_mm": 0.0}, "size_mm=0"),
        ({"size_mm": 0.5, "pixel_pitch_mm": 0.5}, "1 × 1 pixels"),
    ],
)
def test_unusable_sizes_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        compute_local_variance(noise(), **options)


def flat_half() -> NDArray[np.float64]:
    image = noise()
    image[:80] = 1000.0
    return image


@pytest.mark.parametrize(
    ("reason", "image", "options"),
    [
        ("smaller_than_roi", noise((8, 50)), {"size_px": 9}),
        ("no_noise", flat_half(), {"size_px": 9}),
        ("no_pixel_spacing", noise(), {"size_mm": 2.0}),
        ("constant_image", np.full((50, 50), 4.0), {"size_px": 9}),
    ],
)
def test_images_that_cannot_be_measured_are_named(reason: str, image: Any, options: dict[str, Any]) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        compute_local_variance(image, **options)
    assert caught.value.reason == reason
