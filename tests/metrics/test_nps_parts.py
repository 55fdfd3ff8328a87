"""Parts of the noise power: fixed pattern, lines on the axes, and what lag has averaged away."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import FixedPatternNps, correct_nps_for_lag, measure_fixed_pattern_nps, measure_nps
from xrayiq.model import quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_flat

PITCH = 0.15
Floats = NDArray[np.float64]


def flats(count: int, *, structured: float, side: int = 512) -> tuple[list[Floats], Detector]:
    detector = Detector(
        pixel_pitch_mm=PITCH, structured_noise_fraction=structured, structured_length_mm=0.12, gain_dn_per_ugy=5000.0
    )
    images = [
        simulate_flat(detector, shape=(side, side), kerma_ugy=2.5, seed=40 + number).pixels / 5000.0
        for number in range(count)
    ]
    return images, detector


# ---------------------------------------------------------------- fixed pattern


def test_fixed_pattern_and_random_noise_are_told_apart() -> None:
    images, detector = flats(8, structured=0.01)
    found = measure_fixed_pattern_nps(images, pixel_pitch_mm=PITCH, roi_px=128)
    random = dataclasses.replace(detector, structured_noise_fraction=0.0)
    for frequencies, total, fixed, u, v in (
        (found.frequencies_per_mm, found.u_values, found.u_fixed_values, 1.0, 0.0),
        (found.v_frequencies_per_mm, found.v_values, found.v_fixed_values, 0.0, 1.0),
    ):
        clear = (frequencies >= 0.5) & (frequencies <= 2.5)
        true_total, true_random = (
            part.nps_ugy2_mm2(u * frequencies, v * frequencies, 2.5)[clear] for part in (detector, random)
        )
        # one pattern of 16 ROIs, 14 lines and 39 bins: 1.1 % for the fixed part; random noise is 8 times that many
        assert np.mean(fixed[clear] / (true_total - true_random)) == pytest.approx(1.0, abs=0.05)
        assert np.mean((total - fixed)[clear] / true_random) == pytest.approx(1.0, abs=0.02)
    share = 1.0 - float(random.noise_variance_ugy2(2.5)) / float(detector.noise_variance_ugy2(2.5))
    # a pattern that is correlated over some 3 × 3 pixels: 2 % of sampling noise
    assert found.fixed_fraction == pytest.approx(share, rel=0.06)
    assert found.image_count == 8


def test_fixed_part_is_that_of_the_formula() -> None:
    images, _ = flats(3, structured=0.01, side=256)
    found = measure_fixed_pattern_nps(images, pixel_pitch_mm=PITCH, roi_px=64, leakage="kept")
    single = measure_nps(images, pixel_pitch_mm=PITCH, roi_px=64, leakage="kept")
    average = measure_nps(np.mean(images, axis=0), pixel_pitch_mm=PITCH, roi_px=64, leakage="kept")
    # rounding
    np.testing.assert_array_equal(found.radial_values, single.radial_values)
    np.testing.assert_allclose(
        found.radial_fixed_values, (3 * average.radial_values - single.radial_values) / 2, rtol=1e-9
    )
    assert found.fixed_variance == pytest.approx((3 * average.variance - single.variance) / 2, rel=1e-9)


def test_images_without_fixed_pattern_have_none_of_it() -> None:
    images, _ = flats(8, structured=0.0)
    found = measure_fixed_pattern_nps((image for image in images), pixel_pitch_mm=PITCH, roi_px=128)
    # the variances of 8 images of 512² scatter by 0.3 % of which a seventh is left
    assert found.fixed_fraction == pytest.approx(0.0, abs=0.004)


def test_a_repeated_image_is_all_fixed_pattern() -> None:
    (image,), _ = flats(1, structured=0.0, side=256)
    found = measure_fixed_pattern_nps([image] * 3, pixel_pitch_mm=PITCH, roi_px=64)
    # rounding
    assert found.fixed_fraction == pytest.approx(1.0, rel=1e-9)
    np.testing.assert_allclose(found.u_fixed_values, found.u_values, rtol=1e-9)


def test_pixels_missing_in_one_image_are_left_out_of_the_average() -> None:
    images, _ = flats(3, structured=0.01, side=256)
    images[1][:64, :64] = np.nan
    found = measure_fixed_pattern_nps(images, pixel_pitch_mm=PITCH, roi_px=64, overlap=0.0)
    assert np.isfinite(found.u_fixed_values).all()
    assert found.fixed_fraction > 0.3


@pytest.mark.parametrize("images", [[np.ones((128, 128))], np.ones((128, 128))])
def test_one_image_does_not_tell_what_repeats(images: object) -> None:
    noise = np.random.default_rng(1).normal(100.0, 1.0, (128, 128))
    given = [noise] if isinstance(images, list) else noise
    with pytest.raises(InputError, match=r"1 image.*two or more"):
        measure_fixed_pattern_nps(given, pixel_pitch_mm=PITCH, roi_px=64)


def test_images_that_do_not_vary_are_refused() -> None:
    ramp = np.broadcast_to(np.arange(128.0), (128, 128))
    with pytest.raises(NotMeasurableError):
        measure_fixed_pattern_nps([0.0 * ramp, 0.0 * ramp], pixel_pitch_mm=PITCH, roi_px=64)


def test_fixed_pattern_goes_into_a_record_and_back() -> None:
    images, _ = flats(2, structured=0.01, side=128)
    found = measure_fixed_pattern_nps(images, pixel_pitch_mm=PITCH, roi_px=64)
    (measurement,) = found.measurements()
    assert measurement.quantity in quantities()
    assert measurement.value == found.fixed_fraction
    back = unpack(FixedPatternNps, *pack(found))
    np.testing.assert_array_equal(back.v_fixed_values, found.v_fixed_values)
    assert (back.provenance.algorithm, dict(back.provenance.parameters)["nps_version"]) == ("fixed_pattern_nps", 3)


# ---------------------------------------------------------------- lines on the axes


@pytest.mark.parametrize("direction", ["columns", "rows"])
def test_line_noise_stands_out_of_its_axis_by_its_power(direction: str) -> None:
    generator = np.random.default_rng(15)
    offsets = generator.normal(0.0, 1.0, 1024)
    pixels = 1000.0 + generator.normal(0.0, 10.0, (1024, 1024))
    pixels += offsets if direction == "columns" else offsets[:, None]
    found = measure_nps(pixels, pixel_pitch_mm=PITCH)
    ratios = {m.direction: m.value for m in found.measurements() if m.quantity == "line_noise_ratio"}
    # offsets of variance 1 that all 256 lines of a ROI share, beside a variance of 100
    other = "rows" if direction == "columns" else "columns"
    # 4 independent ROIs along the lines × 117 bins: 5 %; 16 ROIs × 117 bins: 2.3 %
    assert ratios[direction] == pytest.approx(1.0 + 256.0 / 100.0, rel=0.2)
    assert ratios[other] == pytest.approx(1.0, abs=0.1)
    assert {"columns": found.u_line_ratio, "rows": found.v_line_ratio} == ratios


# ---------------------------------------------------------------- lag


@pytest.mark.parametrize("lag", [0.0, 0.05, 0.3])
def test_lag_takes_noise_away_by_its_formula(lag: float) -> None:
    generator = np.random.default_rng(16)
    frames, frame = [], 1000.0 + generator.normal(0.0, 10.0, (256, 256))
    for _ in range(60):
        frame = lag * frame + (1.0 - lag) * (1000.0 + generator.normal(0.0, 10.0, (256, 256)))
        frames.append(frame)
    measured = measure_nps(frames[20:], pixel_pitch_mm=PITCH, roi_px=128)
    found = correct_nps_for_lag(measured, lag_fraction=lag)
    # 40 frames of 64 kilopixels, of which lag makes (1 − a²)/(1 + a²) independent: 0.1 %
    assert found.variance == pytest.approx(100.0, rel=0.01)
    for values in (found.u_values, found.v_values, found.radial_values):
        assert values[4:].mean() == pytest.approx(100.0 * PITCH**2, rel=0.01)
    assert found.mean_signal == measured.mean_signal
    assert found.integral == pytest.approx(found.variance, rel=0.01)
    assert dict(found.provenance.parameters)["lag_fraction"] == lag
    np.testing.assert_allclose(found.nnps_u, measured.nnps_u * (1 + lag) / (1 - lag), rtol=1e-12)


@pytest.mark.parametrize("lag", [-0.01, 1.0, np.nan, "some"])
def test_what_is_no_lag_is_refused(lag: object) -> None:
    measured = measure_nps(np.random.default_rng(2).normal(100, 1, (64, 64)), pixel_pitch_mm=PITCH, roi_px=32)
    with pytest.raises(InputError, match="lag_fraction"):
        correct_nps_for_lag(measured, lag_fraction=lag)  # type: ignore[arg-type]  # what a caller might give
