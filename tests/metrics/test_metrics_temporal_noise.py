"""Temporal and structured noise against simulated detectors with a known fixed pattern."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.temporal_noise import TemporalNoise, measure_temporal_noise
from xrayiq.model import Radiograph, Response, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_flat

PITCH = 0.625
TILE_PX = 16
KERMA = 5.0
#: random noise of 0.02 µGy and a fixed pattern of 0.2 % of 5 µGy, both white: 80 and 20 % of the variance
RANDOM = 0.02**2
STRUCTURED = (0.002 * KERMA) ** 2
FRACTION = STRUCTURED / (RANDOM + STRUCTURED)


def detector(**options: Any) -> Detector:
    plain = {"pixel_pitch_mm": PITCH, "blur_sigma_mm": 0.0, "structured_length_mm": 0.0, "gain_dn_per_ugy": 1.0}
    noise = {"electronic_noise_ugy": 0.02, "quanta_per_mm2_per_ugy": 1e12, "structured_noise_fraction": 0.002}
    return Detector(**{**plain, **noise, "quantised": False, **options})


def flats(count: int, *, seed: int = 0, side: int = 10 * TILE_PX, **options: Any) -> list[NDArray[np.float64]]:
    seen = detector(pattern_seed=seed, **options)
    return [
        np.array(simulate_flat(seen, shape=(side, side), kerma_ugy=KERMA, seed=100 * seed + number).pixels)
        for number in range(count)
    ]


def measure(images: Any, **options: Any) -> TemporalNoise:
    return measure_temporal_noise(images, **{"pixel_pitch_mm": PITCH, "border_mm": 0.0, **options})


def plane_variances(image: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = np.indices((TILE_PX, TILE_PX)).reshape(2, -1)
    plane = np.column_stack([np.ones(rows.size), rows, columns])
    count = image.shape[0] // TILE_PX
    found = np.empty((count, count))
    for row, column in np.ndindex(found.shape):
        values = image[row * TILE_PX : (row + 1) * TILE_PX, column * TILE_PX : (column + 1) * TILE_PX].ravel()
        residuals = values - plane @ np.linalg.lstsq(plane, values, rcond=None)[0]
        found[row, column] = residuals @ residuals / (values.size - 3)
    return found


@pytest.mark.parametrize("count", [2, 5])
def test_tiles_match_the_definition_over_all_pairs(count: int) -> None:
    images = flats(count, side=4 * TILE_PX)
    found = measure(images)
    scaled = [image * images[0].mean() / image.mean() for image in images]
    pairs = [(one, other) for one in range(count) for other in range(one)]
    # half the variance of a difference, over all pairs, is the same as the analysis of variance
    random = np.mean([plane_variances(scaled[one] - scaled[other]) / 2 for one, other in pairs], axis=0)
    total = np.mean([plane_variances(image) for image in scaled], axis=0)
    np.testing.assert_allclose(found.tile_random_variances, random, rtol=1e-9)  # rounding
    np.testing.assert_allclose(found.tile_structured_variances, total - random, rtol=1e-9, atol=1e-9 * total.max())
    assert found.random_variance == pytest.approx(random.mean(), rel=1e-9)


@pytest.mark.parametrize("count", [2, 4])
def test_known_parts_are_found_and_the_intervals_cover(count: int) -> None:
    truths = np.array([RANDOM, STRUCTURED, FRACTION])
    values, covered = [], np.zeros(3)
    for seed in range(100):
        result = measure(flats(count, seed=seed))
        values.append([result.random_variance, result.structured_variance, result.structured_fraction])
        intervals = np.array(
            [
                result.random_variance_interval,
                result.structured_variance_interval,
                result.structured_fraction_interval,
            ]
        )
        covered += (intervals[:, 0] <= truths) & (truths <= intervals[:, 1])
    # 100 draws of 25600 pixels: √(2/25600) of the variances, a few times that of the small part
    np.testing.assert_allclose(np.mean(values, axis=0), truths, rtol=0.02)
    assert (covered >= 89).all()  # of 100; 95 expected, 89 is 2.8 sigma less


def test_a_blurred_detector_has_the_variances_of_its_formulas() -> None:
    # 66 pixels a tile: of blur 0.1 mm and a pattern of 0.2 mm the plane takes 0.4 and 1.6 %
    seen = Detector(structured_noise_fraction=0.004, quantised=False, gain_dn_per_ugy=1.0, heel_fraction=0.1)
    images = [simulate_flat(seen, shape=(800, 800), kerma_ugy=KERMA, seed=seed).pixels for seed in range(4)]
    found = measure_temporal_noise(images, pixel_pitch_mm=0.15)
    random = float(seen.noise_variance_ugy2(KERMA)) - (0.004 * KERMA) ** 2
    assert found.random_variance == pytest.approx(random, rel=0.02)
    # 81 mm² of a pattern whose correlation area is 0.25 mm²: 1.6 % (1 sigma) beside the plane's share
    assert found.structured_variance == pytest.approx((0.004 * KERMA) ** 2, rel=0.07)
    low, high = found.structured_fraction_interval
    assert low < found.structured_fraction < high
    assert found.random_fraction + found.structured_fraction == 1.0
    assert found.structured_noise_fraction == pytest.approx(0.004, rel=0.035)


def test_no_fixed_pattern_leaves_nothing_structured() -> None:
    found = measure(flats(4, structured_noise_fraction=0.0))
    # √(2/25600) of the variance of 4 images, over 3 pairs: 0.3 %; four sigma
    assert abs(found.structured_variance) < 0.015 * RANDOM
    assert found.structured_fraction_interval[0] == 0.0


def test_levels_within_tolerance_are_brought_to_one() -> None:
    images = flats(3)
    found, reference = measure([images[0], 1.05 * images[1], 0.97 * images[2]]), measure(images)
    assert found.structured_variance == pytest.approx(reference.structured_variance, rel=1e-9)
    assert found.mean_signal == pytest.approx(images[0].mean(), rel=1e-12)


@settings(deadline=None, max_examples=15)
@given(
    gain=st.floats(1e-3, 1e3),
    up_down=st.booleans(),
    left_right=st.booleans(),
    transposed=st.booleans(),
    order=st.permutations(range(3)),
)
def test_gain_turns_and_order_change_no_share(
    gain: float, up_down: bool, left_right: bool, transposed: bool, order: list[int]
) -> None:
    images = flats(3, side=4 * TILE_PX)
    reference = measure(images)
    turned = [gain * image[:: -1 if up_down else 1, :: -1 if left_right else 1] for image in images]
    found = measure([turned[index].T if transposed else turned[index] for index in order])
    assert found.structured_fraction == pytest.approx(reference.structured_fraction, rel=1e-8)
    assert found.structured_fraction_interval == pytest.approx(reference.structured_fraction_interval, rel=1e-6)
    scale = (found.mean_signal / reference.mean_signal) ** 2
    assert found.random_variance == pytest.approx(scale * reference.random_variance, rel=1e-8)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_dtype_changes_nothing(dtype: str) -> None:
    images = [np.rint(10_000 * image) for image in flats(2, side=4 * TILE_PX)]
    found, reference = measure([image.astype(dtype) for image in images]), measure(images)
    assert found.structured_variance == reference.structured_variance


def test_masked_pixels_do_not_enter() -> None:
    images = flats(2, side=4 * TILE_PX)
    images[0][:TILE_PX, : TILE_PX // 2] = np.nan
    images[1][40, 40] = np.nan
    found = measure(images)
    assert np.isnan(found.tile_random_variances).sum() == 1
    assert found.structured_fraction == pytest.approx(FRACTION, abs=0.1)


def test_response_gives_the_unit_and_the_result_survives_storage() -> None:
    response = Response(model="linear", a=0.0, b=1.0)
    images = [Radiograph.from_array(image, pixel_pitch_mm=PITCH, response=response) for image in flats(2)]
    found = measure_temporal_noise(images, border_mm=0.0)
    assert (found.signal_unit, found.image_count, found.provenance.response_id) == ("uGy", 2, response.id)
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    assert unpack(TemporalNoise, *pack(found)).to_dict() == found.to_dict()


@pytest.mark.parametrize("images", [[], flats(1), flats(1)[0]])
def test_one_image_has_no_repeat(images: Any) -> None:
    with pytest.raises(InputError, match=r"two or more repeats|at least one image"):
        measure(images)


@pytest.mark.parametrize("options", [{"roi_mm": 0.0}, {"roi_mm": 2.0}, {"border_mm": -1.0}])
def test_unusable_lengths_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match="mm="):
        measure(flats(2, side=64), **options)


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        ("levels_differ", lambda images: [images[0], 1.2 * images[1]]),
        ("no_noise", lambda images: [images[0], images[0]]),
        ("too_few_tiles", lambda images: [image[:32] for image in images]),
        ("smaller_than_roi", lambda images: [image[:15] for image in images]),
        ("signal_not_positive", lambda images: [image - 6.0 for image in images]),
    ],
)
def test_images_that_cannot_be_measured_are_named(reason: str, spoil: Any) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure(spoil(flats(2, side=64)))
    assert caught.value.reason == reason
