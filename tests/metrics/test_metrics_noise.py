"""Noise components against images of known coefficients, their intervals, invariants, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.noise import Noise, measure_noise
from xrayiq.model import PixelRelation, Radiograph, Response, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_flat

#: the issue's coefficients: µGy², µGy, no unit
TRUTH = np.array([2e-3, 1.5e-3, 1e-4])
KERMA = np.geomspace(0.3, 20.0, 7)
#: three taps along both axes: noise of unit variance that is correlated over a few pixels
TAPS = np.array([1.0, 2.0, 1.0]) / np.sqrt(6.0)
COMPONENTS = ("electronic", "quantum", "structured")


def white(generator: np.random.Generator, side: int) -> NDArray[np.float64]:
    return generator.standard_normal((side, side))


def correlated(generator: np.random.Generator, side: int) -> NDArray[np.float64]:
    wide = generator.standard_normal((side + 2, side + 2))
    along = sum(tap * wide[:, shift : shift + side] for shift, tap in enumerate(TAPS))
    return np.asarray(sum(tap * along[shift : shift + side] for shift, tap in enumerate(TAPS)))


def flats(
    seed: int,
    *,
    tile_px: int = 16,
    tiles: int = 10,
    kerma: NDArray[np.float64] = KERMA,
    repeats: int = 1,
    truth: NDArray[np.float64] = TRUTH,
    noise: Any = white,
) -> list[NDArray[np.float64]]:
    """Flat fields in µGy with independent electronic and quantum noise and one fixed pattern."""
    generator = np.random.default_rng(seed)
    side = tile_px * tiles
    pattern = noise(generator, side)
    return [
        level + np.sqrt(truth[0] + truth[1] * level) * noise(generator, side) + np.sqrt(truth[2]) * level * pattern
        for level in kerma
        for _ in range(repeats)
    ]


def measure(images: Any, *, tile_px: int = 16, kerma: Any = KERMA, **options: Any) -> Noise:
    return measure_noise(images, kerma_ugy=kerma, pixel_pitch_mm=10.0 / tile_px, border_mm=0.0, **options)


def coefficients(result: Noise) -> NDArray[np.float64]:
    return np.array([getattr(result, name) for name in COMPONENTS])


def covers(result: Noise, truth: NDArray[np.float64]) -> NDArray[np.bool_]:
    intervals = np.array([getattr(result, f"{name}_interval") for name in COMPONENTS])
    return (intervals[:, 0] <= truth) & (truth <= intervals[:, 1])


def plain_plane_variances(image: NDArray[np.float64], tile_px: int) -> NDArray[np.float64]:
    """Variance about the least-squares plane (ddof 3) of each tile, pixels that are NaN left out."""
    rows, columns = np.indices((tile_px, tile_px)).reshape(2, -1)
    found = []
    for top in range(0, image.shape[0] - tile_px + 1, tile_px):
        for left in range(0, image.shape[1] - tile_px + 1, tile_px):
            values = image[top : top + tile_px, left : left + tile_px].ravel()
            valid = np.isfinite(values)
            if 2 * valid.sum() <= valid.size:
                continue
            plane = np.column_stack([np.ones(valid.sum()), rows[valid], columns[valid]])
            residuals = values[valid] - plane @ np.linalg.lstsq(plane, values[valid], rcond=None)[0]
            found.append(residuals @ residuals / (valid.sum() - 3))
    return np.array(found)


def test_components_from_a_hundred_tiles_of_a_typical_pitch() -> None:
    errors = np.array([coefficients(measure(flats(seed, tile_px=66), tile_px=66)) for seed in range(12)]) / TRUTH - 1
    # the figures asked for: electronic 3 %, quantum 1 %, structured 3 %; none of the draws is beyond
    assert (np.abs(errors).max(axis=0) <= (0.03, 0.01, 0.03)).all()
    # sampling alone gives standard deviations of 0.3, 0.4 and 0.5 %; that of 12 draws is known to a fifth (3 sigma)
    assert (np.sqrt(np.mean(errors**2, axis=0)) <= np.array([0.003, 0.004, 0.005]) * 1.6).all()


def test_components_of_a_simulated_detector_without_blur() -> None:
    pitch_mm = 0.15
    detector = Detector(
        pixel_pitch_mm=pitch_mm,
        blur_sigma_mm=0.0,
        structured_length_mm=0.0,
        quantised=False,
        gain_dn_per_ugy=1.0,
        electronic_noise_ugy=float(np.sqrt(TRUTH[0])),
        quanta_per_mm2_per_ugy=1.0 / (TRUTH[1] * pitch_mm**2),
        structured_noise_fraction=float(np.sqrt(TRUTH[2])),
    )
    # the detector's own formula has the coefficients
    np.testing.assert_allclose(detector.noise_variance_ugy2(KERMA), KERMA[:, None] ** np.arange(3) @ TRUTH, rtol=1e-12)
    images = [
        simulate_flat(detector, shape=(806, 806), kerma_ugy=level, seed=seed).pixels for seed, level in enumerate(KERMA)
    ]
    result = measure_noise(images, kerma_ugy=KERMA, pixel_pitch_mm=pitch_mm)
    assert result.tile_count == 100
    errors = np.abs(coefficients(result) / TRUTH - 1)
    assert (errors <= (0.03, 0.01, 0.03)).all()  # the figures asked for; sampling gives 0.3, 0.4 and 0.5 %


@pytest.mark.slow
def test_components_and_their_intervals_hold_over_a_hundred_series_of_a_typical_pitch() -> None:
    results = [measure(flats(seed, tile_px=66), tile_px=66) for seed in range(100)]
    errors = np.abs([coefficients(result) for result in results] / TRUTH - 1)
    # the quantum part scatters by 0.4 %: one series in 80 lies beyond 1 %
    assert (np.quantile(errors, 0.95, axis=0) <= (0.03, 0.01, 0.03)).all()
    assert (np.sum([covers(result, TRUTH) for result in results], axis=0) >= 90).all()  # of 100; 95 expected


@pytest.mark.parametrize("repeats", [1, 2])
def test_intervals_cover_the_truth(repeats: int) -> None:
    kerma = np.repeat(KERMA, repeats)
    covered = [covers(measure(flats(seed, repeats=repeats), kerma=kerma), TRUTH) for seed in range(100)]
    assert (np.sum(covered, axis=0) >= 90).all()  # of 100; 95 expected, 90 is 2.3 sigma less


def test_intervals_cover_the_truth_of_correlated_noise() -> None:
    # what a plane leaves of correlated noise, exactly: its quadratic forms with the covariance of 16 × 16 pixels
    one = np.convolve(TAPS, TAPS[::-1])
    offsets = np.abs(np.subtract.outer(np.arange(16), np.arange(16)))
    line = np.where(offsets <= 2, one[np.minimum(2 + offsets, 4)], 0.0)
    flat_term = np.ones(16) / 4.0
    slope_term = np.arange(16) - 7.5
    slope_term /= np.linalg.norm(slope_term)
    level, slope = flat_term @ line @ flat_term, slope_term @ line @ slope_term
    left = (256 * one[2] ** 2 - level**2 - 2 * level * slope) / 253
    truth = TRUTH * left
    results = [measure(flats(seed, noise=correlated)) for seed in range(100)]
    assert (np.sum([covers(result, truth) for result in results], axis=0) >= 90).all()
    # and the stated standard errors are the real ones; 100 draws know a standard deviation to 7 % (4 sigma)
    spread = np.std([result.variances for result in results], axis=0, ddof=1)
    stated = np.sqrt(np.mean([result.variance_errors**2 for result in results], axis=0))
    np.testing.assert_allclose(stated, spread, rtol=0.28)


def test_intervals_cover_when_the_kerma_is_known_to_3_percent() -> None:
    covered, said = [], 0
    for seed in range(100):
        real = KERMA * (1.0 + 0.03 * np.random.default_rng(1000 + seed).standard_normal(KERMA.size))
        result = measure(flats(seed, tile_px=32, kerma=real), tile_px=32)
        covered.append(covers(result, TRUTH))
        said += any("scatter" in warning for warning in result.provenance.warnings)
    # four degrees of freedom, and the scatter is laid on the kerma by a model: a few percent short of 95 are allowed
    assert (np.sum(covered, axis=0) >= 88).all()
    assert said >= 90


def test_variances_match_their_definition() -> None:
    kerma = np.repeat(KERMA, [2, 1, 3, 1, 1, 1, 1])
    generator = np.random.default_rng(5)
    slope = np.add.outer(np.arange(50) * 0.01, np.arange(70) * -0.02)
    images = [level + slope * level + 0.1 * generator.standard_normal((50, 70)) for level in kerma]
    for image in images:
        image[:12, :16] = np.nan  # more than half of the first tile
        image[30, 40] = np.nan
    result = measure(images, kerma=kerma)
    per_image = np.array([plain_plane_variances(image, 16).mean() for image in images])
    expected = [per_image[:2].mean(), per_image[2], per_image[3:6].mean(), *per_image[6:]]
    assert result.tile_count == 11
    np.testing.assert_allclose(result.variances, expected, rtol=1e-9)  # rounding
    pairs = [[(0, 1)], [], [(3, 4), (4, 5)], [], [], [], []]
    random = [
        np.mean([plain_plane_variances(images[b] - images[a], 16).mean() / 2 for a, b in pair]) if pair else np.nan
        for pair in pairs
    ]
    np.testing.assert_allclose(result.random_variances, random, rtol=1e-9)
    np.testing.assert_allclose(result.structured_variances, np.array(expected) - random, rtol=1e-6, atol=1e-12)
    assert result.image_counts.tolist() == [2, 1, 3, 1, 1, 1, 1]


def exact_flats(truth: NDArray[np.float64], kerma: NDArray[np.float64] = KERMA) -> list[NDArray[np.float64]]:
    """Images whose mean tile variance is α + βK + γK² but for rounding: one pattern of unit variance, scaled."""
    pattern = white(np.random.default_rng(3), 160)
    pattern /= np.sqrt(plain_plane_variances(pattern, 16).mean())
    return [level + np.sqrt(truth @ level ** np.arange(3)) * pattern for level in kerma]


@pytest.mark.parametrize("count", [4, 7])
def test_exact_variances_give_exact_components(count: int) -> None:
    kerma = np.geomspace(0.3, 20.0, count)
    result = measure(exact_flats(TRUTH, kerma), kerma=kerma)
    # rounding of pixels of 20 µGy, over variances of 1e-3 µGy²
    np.testing.assert_allclose(coefficients(result), TRUTH, rtol=1e-8)
    parts = TRUTH[:, None] * kerma ** np.arange(3)[:, None]
    shares = parts / parts.sum(axis=0)
    found = [result.electronic_fractions, result.quantum_fractions, result.structured_fractions]
    np.testing.assert_allclose(found, shares, rtol=1e-8)
    assert result.quantum_limited_from_ugy == pytest.approx(2e-3 / 1.5e-3, rel=1e-8)
    assert result.quantum_limited_to_ugy == pytest.approx(1.5e-3 / 1e-4, rel=1e-8)
    slope = np.polyfit(np.log(kerma), np.log(np.sqrt(parts.sum(axis=0)) / kerma), 1)[0]
    assert result.relative_noise_slope == pytest.approx(slope, rel=1e-8)
    recommended = [warning for warning in result.provenance.warnings if "recommended" in warning]
    assert bool(recommended) is (count == 4)


def test_pure_quantum_noise_has_a_slope_of_one_half_and_no_upper_end() -> None:
    result = measure(exact_flats(np.array([0.0, 1.5e-3, 0.0])))
    assert result.relative_noise_slope == pytest.approx(-0.5, abs=1e-9)
    assert result.structured == pytest.approx(0.0, abs=1e-12)
    assert result.quantum == pytest.approx(1.5e-3, rel=1e-8)


def test_no_kerma_is_quantum_limited_where_the_other_parts_are_stronger() -> None:
    result = measure(exact_flats(np.array([4e-3, 1e-3, 1e-3])))  # αγ > β²
    assert result.quantum_limited_from_ugy is None
    assert result.quantum_limited_to_ugy is None
    assert [item.quantity for item in result.measurements()] == ["relative_noise_slope"]


def test_a_component_that_is_absent_has_an_interval_from_zero() -> None:
    truth = np.array([2e-3, 1.5e-3, 0.0])
    results = [measure(flats(seed, truth=truth)) for seed in range(40)]
    assert all(result.structured >= 0 for result in results)
    assert sum(result.structured_interval[0] <= 0.0 for result in results) >= 36  # one tail of 2.5 %; 3 sigma
    assert all(result.structured_interval[1] > 0 for result in results)


def test_a_curve_that_bends_down_is_named() -> None:
    result = measure(exact_flats(np.array([2e-3, 1.5e-3, -2e-5])))
    assert result.structured == 0.0
    assert any("structured noise would fit with less than zero" in warning for warning in result.provenance.warnings)


def test_repeats_tell_temporal_from_structured_noise() -> None:
    kerma = np.repeat(KERMA, 2)
    results = [measure(flats(seed, tile_px=32, repeats=2), tile_px=32, kerma=kerma) for seed in range(20)]
    random = np.mean([result.random_variances for result in results], axis=0)
    # 20 draws of 102400 pixels: a variance is known to √(2/2048000) = 0.1 % (4 sigma)
    np.testing.assert_allclose(random, TRUTH[0] + TRUTH[1] * KERMA, rtol=0.004)
    structured = np.mean([result.structured_variances for result in results], axis=0)
    # the same, of the whole variance, which the structured part is a share of
    np.testing.assert_allclose(structured, TRUTH[2] * KERMA**2, atol=0.004 * float(TRUTH @ 20.0 ** np.arange(3)))
    intervals = np.array([result.structured_from_repeats_interval for result in results])
    assert np.sum((intervals[:, 0] <= TRUTH[2]) & (TRUTH[2] <= intervals[:, 1])) >= 16  # 19 of 20; 3 sigma
    assert np.mean([result.structured_from_repeats or 0.0 for result in results]) == pytest.approx(TRUTH[2], rel=0.01)
    assert measure(flats(0)).structured_from_repeats is None


def test_heel_is_no_scatter() -> None:
    fall = 1.0 + 0.2 * (0.5 - np.linspace(0.0, 1.0, 160))[:, None]

    def width(heel: NDArray[np.float64] | float) -> float:
        generator = np.random.default_rng(9)
        images = [level * heel + np.sqrt(TRUTH[0] + TRUTH[1] * level * heel) * white(generator, 160) for level in KERMA]
        low, high = measure(images).quantum_interval
        return high - low

    # ± 10 % over the field would alone give ± 0.6 % to a mean of 100 tiles; sampling gives about ± 1.5 %
    assert width(fall) == pytest.approx(width(1.0), rel=0.05)


@settings(deadline=None, max_examples=15)
@given(gain=st.floats(1e-3, 1e3), offset=st.floats(0.0, 1e3))
def test_relative_coefficients_scale_with_the_square_of_the_gain(gain: float, offset: float) -> None:
    images = flats(2, tiles=4)
    reference = measure(images)
    found = measure([gain * (image + offset) for image in images])
    # an offset of 1000 costs ten digits of a variance of 1e-3
    np.testing.assert_allclose(coefficients(found), gain**2 * coefficients(reference), rtol=1e-6)
    for name in COMPONENTS:
        interval = np.array(getattr(reference, f"{name}_interval"))
        np.testing.assert_allclose(getattr(found, f"{name}_interval"), gain**2 * interval, rtol=1e-5)
    assert found.relative_noise_slope == pytest.approx(reference.relative_noise_slope, rel=1e-6)


@settings(deadline=None, max_examples=15)
@given(order=st.permutations(range(7)), up_down=st.booleans(), transposed=st.booleans())
def test_order_and_orientation_change_nothing(order: list[int], up_down: bool, transposed: bool) -> None:
    images = flats(4, tiles=4)
    reference = measure(images)
    turned = [image[::-1] if up_down else image for image in images]
    turned = [image.T if transposed else image for image in turned]
    found = measure([turned[index] for index in order], kerma=KERMA[list(order)])
    np.testing.assert_allclose(coefficients(found), coefficients(reference), rtol=1e-9)  # sums in another order
    np.testing.assert_allclose(found.quantum_interval, reference.quantum_interval, rtol=1e-6)


def test_a_calibrated_response_gives_coefficients_in_ugy() -> None:
    response = Response(model="linear", a=100.0, b=2000.0)
    images = [
        Radiograph.from_array(
            np.rint(100.0 + 2000.0 * image).astype(np.uint16), pixel_pitch_mm=0.625, response=response
        )
        for image in flats(6)
    ]
    result = measure_noise(images, kerma_ugy=KERMA, border_mm=0.0)
    assert result.signal_unit == "uGy"
    assert covers(result, TRUTH).all()
    names = [item.quantity for item in result.measurements()]
    assert names[:3] == ["electronic_noise", "quantum_noise", "structured_noise"]
    assert set(names) <= set(quantities())
    assert not result.provenance.warnings
    assert result.provenance.response_id == response.id


def test_relative_coefficients_say_so_and_stay_out_of_the_record() -> None:
    result = measure(flats(6))
    assert result.signal_unit == "1"
    assert any("relative" in warning for warning in result.provenance.warnings)
    assert "electronic_noise" not in [item.quantity for item in result.measurements()]


def test_kerma_far_from_the_calibrated_signal_is_said() -> None:
    response = Response(model="linear", a=0.0, b=1.0)
    images = [Radiograph.from_array(image, pixel_pitch_mm=0.625, response=response) for image in flats(6)]
    result = measure_noise(images, kerma_ugy=1.5 * KERMA, border_mm=0.0)
    assert any("check response and kerma" in warning for warning in result.provenance.warnings)


def test_result_survives_packing() -> None:
    for result in (measure(flats(1)), measure(flats(1, repeats=2), kerma=np.repeat(KERMA, 2))):
        back = unpack(Noise, *pack(result))
        assert str(back.to_dict()) == str(result.to_dict())  # as text, for NaN is not equal to itself
        assert back.provenance == result.provenance


@pytest.mark.parametrize(
    ("kerma", "said"),
    [
        (None, "no kerma"),
        ([1.0, 2.0, 3.0], "7 images and 3 values of kerma"),
        ([*KERMA[:-1], None], "no kerma for image 7 of 7"),
        ([0.0, *KERMA[1:]], "kerma of 0 µGy for image 1 of 7"),
        ([*KERMA[:-1], -2.0], "kerma of -2 µGy for image 7 of 7"),
        (["high"] * 7, "kerma that is no number"),
        (5.0, "kerma of shape"),
    ],
)
def test_unusable_kerma_is_refused_with_its_figure(kerma: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure(flats(0, tiles=4), kerma=kerma)


def test_images_of_different_size_are_refused() -> None:
    images = flats(0, tiles=4)
    images[3] = images[3][:-1]
    with pytest.raises(InputError, match=r"64 × 64 and 63 × 64"):
        measure(images)


@pytest.mark.parametrize("options", [{"roi_mm": 0.0}, {"roi_mm": float("nan")}, {"roi_mm": 1.0}, {"border_mm": -1.0}])
def test_lengths_that_cannot_be_used_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match="mm="):
        measure_noise(flats(0, tiles=4), kerma_ugy=KERMA, pixel_pitch_mm=0.625, **options)


@pytest.mark.parametrize("images", [3, None])
def test_what_is_no_sequence_of_images_is_refused(images: Any) -> None:
    with pytest.raises(InputError, match="images as"):
        measure(images)


def test_fewer_than_four_levels_are_not_measurable() -> None:
    kerma = np.array([1.0, 1.005, 2.0, 4.0])  # the first two are repeats
    with pytest.raises(NotMeasurableError, match=r"3 different levels of kerma \(1, 2, 4 µGy\)") as caught:
        measure(flats(0, tiles=4, kerma=kerma), kerma=kerma)
    assert caught.value.reason == "too_few_levels"


def saturated(images: list[NDArray[np.float64]]) -> list[Any]:
    top = float(np.quantile(images[-1], 0.9))
    relation = PixelRelation(stored_max=round(1000 * top))
    stored = [np.minimum(np.rint(1000 * image), relation.stored_max or 0).astype(np.uint16) for image in images]
    return [Radiograph(pixels=pixels, pixel_pitch_mm=(0.625, 0.625), relation=relation) for pixels in stored]


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        ("signal_not_following_kerma", lambda images: [images[1], images[0], *images[2:]]),
        ("clipped", saturated),
        ("too_few_tiles", lambda images: [image[:32] for image in images]),
        ("smaller_than_roi", lambda images: [image[:15] for image in images]),
        ("no_noise", lambda images: [np.add.outer(image.mean() + np.arange(64.0), np.zeros(64)) for image in images]),
        ("constant_image", lambda images: [np.full((64, 64), 5.0), *images[1:]]),
    ],
)
def test_images_that_cannot_be_measured_are_named(reason: str, spoil: Any) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure(spoil(flats(0, tiles=4)))
    assert caught.value.reason == reason
