"""Row and column noise against simulated detectors whose lines are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.line_noise import LineNoise, LineProfile, measure_line_noise
from xrayiq.model import quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_flat

PITCH = 0.5
KERMA = 2.5
WHITE_UGY = 0.02


def detector(**options: Any) -> Detector:
    """White noise of 0.02 µGy but for what the options add."""
    plain = {"pixel_pitch_mm": PITCH, "quantised": False, "gain_dn_per_ugy": 1.0, "blur_sigma_mm": 0.0}
    return Detector(**{**plain, "electronic_noise_ugy": WHITE_UGY, "quanta_per_mm2_per_ugy": 1e12, **options})


def flat(shape: tuple[int, int] = (480, 520), *, seed: int = 1, **options: Any) -> NDArray[np.float64]:
    return np.asarray(simulate_flat(detector(**options), shape=shape, kerma_ugy=KERMA, seed=seed).pixels)


def measure(images: Any, **options: Any) -> LineNoise:
    return measure_line_noise(images, **{"pixel_pitch_mm": PITCH, **options})


def profiles(result: LineNoise) -> tuple[LineProfile, LineProfile]:
    return result.columns, result.rows


def test_white_noise_has_an_index_of_one_and_no_lines() -> None:
    result = measure([flat(seed=seed) for seed in range(4)])
    for profile in profiles(result):
        # a variance over 4 × 420 lines: 3.4 % (1 sigma), 1.7 % of its root
        assert profile.index == pytest.approx(1.0, abs=0.07)
        assert profile.index_expected == pytest.approx(1.0, abs=0.07)
        assert profile.noise_fraction_interval[0] == 0.0
        # its variance is known to √2/21 of white noise / N per line: a fortieth of 0.02 µGy is beyond 4 sigma
        assert profile.noise_fraction < WHITE_UGY / KERMA / 40
    assert result.local_noise_fraction == pytest.approx(WHITE_UGY / KERMA, rel=0.01)  # 4 × 10⁵ pixels: 0.1 %


@pytest.mark.parametrize(("column_ugy", "row_ugy"), [(0.004, 0.0), (0.0, 0.01), (0.003, 0.006)])
def test_known_lines_are_found_with_their_amplitude(column_ugy: float, row_ugy: float) -> None:
    result = measure([flat(seed=seed, column_noise_ugy=column_ugy, row_noise_ugy=row_ugy) for seed in range(10, 18)])
    total = np.sqrt(WHITE_UGY**2 + column_ugy**2 + row_ugy**2)
    for profile, amplitude in zip(profiles(result), (column_ugy, row_ugy), strict=True):
        pixels = profile.line_length_px
        expected = np.sqrt(amplitude**2 + WHITE_UGY**2 / pixels) / total
        # 8 × 420 lines know a standard deviation to 1.2 %; four sigma
        assert profile.relative_sd == pytest.approx(expected, rel=0.05)
        assert profile.index == pytest.approx(expected * np.sqrt(pixels), rel=0.05)
        assert profile.index_expected == pytest.approx(1.0, abs=0.06 if amplitude == 0 else 0.2)
        if amplitude > 0:
            assert profile.noise_fraction == pytest.approx(amplitude / KERMA, rel=0.05)


def test_intervals_cover_the_amplitude() -> None:
    covered = 0
    for seed in range(100):
        low, high = measure(flat((280, 300), seed=seed, column_noise_ugy=0.003)).columns.noise_fraction_interval
        covered += low <= 0.003 / KERMA <= high
    assert covered >= 88  # of 100; 95 expected, 88 is 3.2 sigma less


def test_the_expected_index_of_blurred_noise_is_that_of_its_spectrum() -> None:
    blurred = {"blur_sigma_mm": 0.4, "electronic_noise_ugy": 0.0, "quanta_per_mm2_per_ugy": 4e4}
    spectrum = detector(**blurred)
    u = np.linspace(0.0, 0.5 / PITCH, 2001)
    along = 2.0 * np.trapezoid(spectrum.nps_ugy2_mm2(u, 0.0, KERMA), u)  # Σ of the covariances down a column · pitch
    expected = float(np.sqrt(along / (PITCH * spectrum.noise_variance_ugy2(KERMA))))
    assert expected > 1.3
    images = [flat(seed=seed, **blurred, column_noise_ugy=0.001) for seed in range(4)]
    result = measure(images)
    # blur takes twice its 3 pixels of 21 from the moving mean of 21, and correlates the lines: 1680 are some 600
    assert result.rows.index == pytest.approx(expected, rel=0.12)
    assert result.columns.index_expected == pytest.approx(expected, rel=0.12)
    assert result.columns.index > 1.5 * result.columns.index_expected
    assert result.columns.noise_fraction == pytest.approx(0.001 / KERMA, rel=0.15)


def test_heel_and_gain_are_no_lines() -> None:
    options = {"heel_fraction": 0.2, "gain_nonuniformity_fraction": 0.02}
    plain, shaded = (measure(flat(seed=3, **each)) for each in ({}, options))
    for one, other in zip(profiles(shaded), profiles(plain), strict=True):
        # curvature of the gain over 10 mm of 260 mm: 2 % · π²/6 · (10/260)² · 2 = 1e-4, beside noise of 4e-4
        assert one.index == pytest.approx(other.index, abs=0.08)


@settings(deadline=None, max_examples=12)
@given(
    gain=st.floats(1e-3, 1e3),
    up_down=st.booleans(),
    left_right=st.booleans(),
    transposed=st.booleans(),
)
def test_gain_changes_nothing_and_turns_swap_the_directions(
    gain: float, up_down: bool, left_right: bool, transposed: bool
) -> None:
    image = flat((200, 200), column_noise_ugy=0.004)  # tiles and parts fill the field
    reference = measure(image)
    turned = gain * image[:: -1 if up_down else 1, :: -1 if left_right else 1]
    found = measure(turned.T if transposed else turned)
    expected = profiles(reference)[::-1] if transposed else profiles(reference)
    for one, other in zip(profiles(found), expected, strict=True):
        for name in ("relative_sd", "index", "index_expected", "noise_fraction"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_dtype_changes_nothing(dtype: str) -> None:
    image = np.rint(1000 * flat((200, 200), column_noise_ugy=0.004))
    for one, other in zip(profiles(measure(image.astype(dtype))), profiles(measure(image)), strict=True):
        assert (one.index, one.noise_fraction) == (other.index, other.noise_fraction)


def test_profile_lies_where_it_says() -> None:
    image = flat()
    image[:, 222] += 0.05
    columns = measure(image).columns
    assert columns.positions_px[int(columns.deviations.argmax())] == 222
    # the mean of 21 columns takes a 21st of it
    assert columns.deviations.max() == pytest.approx(0.05 * (1 - 1 / 21) / KERMA, abs=4 * WHITE_UGY / 21 / KERMA)


def test_few_masked_pixels_do_not_enter() -> None:
    image = flat(column_noise_ugy=0.004)
    spoilt = image.copy()
    spoilt[100:103, 100:103] = np.nan
    found, reference = measure(spoilt), measure(image)
    assert found.columns.noise_fraction == pytest.approx(reference.columns.noise_fraction, rel=5e-3)


def test_result_names_known_quantities_and_survives_storage() -> None:
    result = measure(flat((200, 200)))
    assert {item.quantity for item in result.measurements()} <= set(quantities())
    assert [item.direction for item in result.measurements()] == ["columns"] * 3 + ["rows"] * 3
    assert unpack(LineNoise, *pack(result)).to_dict() == result.to_dict()


@pytest.mark.parametrize(
    ("reason", "image"),
    [
        ("smaller_than_roi", flat((110, 520))),
        ("too_much_masked", np.where(np.arange(520) < 80, np.nan, flat())),
        ("signal_not_positive", flat() - 10.0),
        ("constant_image", np.full((300, 300), 5.0)),
    ],
)
def test_images_that_cannot_be_measured_are_named(reason: str, image: Any) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure(image)
    assert caught.value.reason == reason


@pytest.mark.parametrize("options", [{"roi_mm": 0.0}, {"roi_mm": 2.0}, {"border_mm": -1.0}])
def test_unusable_lengths_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match="mm="):
        measure(flat((200, 200)), **options)


def test_no_image_is_refused() -> None:
    with pytest.raises(InputError, match="no image"):
        measure([])
