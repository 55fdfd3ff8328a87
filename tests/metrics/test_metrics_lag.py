"""Lag and ghosting against simulated detectors of known decay and sensitivity, and against hand calculation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.ghosting import Ghosting, measure_ghosting
from xrayiq.metrics.lag import Lag, measure_lag
from xrayiq.metrics.lag_decay import fit_decay
from xrayiq.model import Acquisition, ObjectHeader, PixelRelation, Radiograph, Response, pack, quantities, unpack
from xrayiq_phantoms import (
    Detector,
    LagComponent,
    simulate_decay,
    simulate_field,
    simulate_flat,
    simulate_ghost,
    simulate_lag,
)

#: not clipped at zero, and so fine that rounding is no structure
DETECTOR = Detector(bits_stored=16, gain_dn_per_ugy=1000.0, offset_dn=500.0)
TWO = (LagComponent(amplitude=0.02, time_constant_frames=1.2), LagComponent(amplitude=0.004, time_constant_frames=9.0))
SHAPE = (300, 300)
EXPOSED = (110, 190, 40, 260)
SHADOWED = [(10, 60, 40, 260), (240, 290, 40, 260)]


def sequence(
    kermas: list[float], *, seed: int = 1, noise: bool = True, detector: Detector = DETECTOR
) -> tuple[list[NDArray[Any]], list[float]]:
    """Exposed frame with a shadowed part and what follows it, with the true lag of each following frame."""
    first = simulate_field(
        detector, shape=SHAPE, kerma_ugy=25.0, seed=seed, size_mm=(20, 60), scatter_fraction=0.0, noise=noise
    )
    frames = simulate_decay(detector, first=first, kermas_ugy=kermas, components=TWO, seed=seed + 100, noise=noise)
    return [first.pixels, *(frame.pixels for frame in frames)], [frame.truth.lag_fraction for frame in frames]


def flat(value: float, *, seed: int, sd: float = 1.0) -> NDArray[np.float64]:
    return value + sd * np.random.default_rng(seed).standard_normal((120, 120))


def steps(exposed: float, shadowed: float, *, seed: int, sd: float = 1.0) -> NDArray[np.float64]:
    """Upper half of one value, lower half of another."""
    image = flat(0.0, seed=seed, sd=sd)
    image[:60] += exposed
    image[60:] += shadowed
    return image


UPPER, LOWER = (5, 55, 5, 115), (65, 115, 5, 115)


@pytest.mark.parametrize("kermas", [[0.0] * 12, [1.0] * 12])
def test_lag_without_noise_is_the_formula_of_the_detector(kermas: list[float]) -> None:
    detector = Detector(quantised=False, offset_dn=500.0, gain_dn_per_ugy=1000.0)
    images, truth = sequence(kermas, noise=False, detector=detector)
    found = measure_lag([image + 0.0 for image in images], region=EXPOSED, background=SHADOWED)
    # float32 of the phantom's own field map
    np.testing.assert_allclose(found.values, truth, rtol=1e-6)
    assert found.exposed_signal == pytest.approx(25_000.0, rel=1e-6)
    assert found.signal_unit == "1"


def test_lag_of_noisy_frames_is_right_within_its_uncertainty() -> None:
    pulls: list[float] = []
    for seed in range(12):
        images, truth = sequence([0.0] * 6, seed=1000 * seed)
        found = measure_lag(images, region=EXPOSED, background=SHADOWED)
        pulls += list((found.values - truth) / found.uncertainties)
    # 72 pulls: their standard deviation is known to 8 %; about 64 tiles and blur of neighbours cost as much: 3 sigma
    assert np.std(pulls) == pytest.approx(1.0, abs=0.3)
    assert abs(np.mean(pulls)) < 3 / math.sqrt(72)


def test_two_components_come_back_from_noisy_dark_frames() -> None:
    images, _ = sequence([0.0] * 15)
    decay = measure_lag(images, region=EXPOSED, background=SHADOWED).decay
    assert decay is not None
    assert decay.time_unit == "frame"
    for found, sd, true in zip(
        [*decay.amplitudes, *decay.time_constants],
        [*decay.amplitude_uncertainties, *decay.time_constant_uncertainties],
        [0.02, 0.004, 1.2, 9.0],
        strict=True,
    ):
        assert abs(found - true) < 4 * sd  # four parameters: 4 sigma
        assert sd < 0.02 * true  # and it says something
    assert decay.chi_square_reduced < 2.5  # 11 degrees of freedom: 99.9 %


def test_first_order_lag_of_the_detector_is_one_exponential() -> None:
    detector = Detector(bits_stored=16, gain_dn_per_ugy=1000.0, offset_dn=500.0, lag_fraction=0.1)
    first = simulate_flat(detector, shape=SHAPE, kerma_ugy=25.0, seed=3)
    frames = simulate_lag(detector, first=first, kermas_ugy=[0.0] * 6, seed=30)
    dark = simulate_flat(detector, shape=SHAPE, kerma_ugy=0.0, seed=2)
    times = [0.5 * number for number in range(1, 7)]
    found = measure_lag([first.pixels, *(frame.pixels for frame in frames)], reference=dark.pixels, times_s=times)
    assert abs(found.values[0] - 0.1) < 4 * found.uncertainties[0]
    assert found.decay is not None
    assert found.decay.time_constants.size == 1
    assert found.decay.time_unit == "s"
    # a factor of 0.1 in 0.5 s
    assert found.decay.time_constants[0] == pytest.approx(0.5 / math.log(10.0), rel=0.01)  # 3 stated sigma
    np.testing.assert_allclose(found.decay.values(times[:2]), [0.1, 0.01], rtol=0.02)


def test_figures_match_a_worked_example_with_background_and_reference() -> None:
    # before 12 and 10; exposed 212 and 20; after 15 and 11: [(15 − 12) − (11 − 10)] / [(212 − 12) − (20 − 10)]
    sd = 1e-6
    before, exposed, after = (
        steps(*values, seed=seed, sd=sd) for seed, values in enumerate([(12, 10), (212, 20), (15, 11)])
    )
    found = measure_lag([exposed, after], region=UPPER, background=LOWER, reference=before)
    assert found.values[0] == pytest.approx(2 / 190, rel=1e-6)  # noise of 1e-6
    without = measure_lag([exposed, after], region=UPPER, background=LOWER)
    assert without.values[0] == pytest.approx((15 - 11) / (212 - 20), rel=1e-6)
    whole = measure_lag([exposed, after], region=UPPER, reference=before)
    assert whole.values[0] == pytest.approx((15 - 12) / (212 - 12), rel=1e-6)
    assert found.region_boxes_px.tolist() == [list(UPPER)]
    assert (found.background_boxes_px.tolist(), whole.background_boxes_px.shape) == ([list(LOWER)], (0, 4))


def test_over_correction_is_negative_lag() -> None:
    found = measure_lag([steps(200, 0, seed=1), steps(-3, 0, seed=2)], region=UPPER, background=LOWER)
    assert abs(found.values[0] + 3 / 200) < 4 * found.uncertainties[0]
    assert found.values[0] < 0


def test_a_pattern_that_the_reference_shares_does_not_count_as_noise() -> None:
    pattern = 20.0 * np.random.default_rng(5).standard_normal((120, 120))
    frames = [pattern + steps(*values, seed=seed) for seed, values in enumerate([(0, 0), (200, 0), (2, 0)])]
    plain = measure_lag(frames[1:], region=UPPER, background=LOWER)
    shared = measure_lag(frames[1:], region=UPPER, background=LOWER, reference=frames[0])
    # noise of 20 against that of two frames of 1
    assert shared.uncertainties[0] == pytest.approx(plain.uncertainties[0] * math.sqrt(2) / 20, rel=0.3)  # 64 tiles
    assert abs(shared.values[0] - 0.01) < 4 * shared.uncertainties[0]


def test_calibrated_frames_give_the_signal_in_kerma_and_padding_is_left_out() -> None:
    response = Response(model="linear", a=500.0, b=1000.0)
    images, truth = sequence([0.0, 0.0])
    radiographs = [Radiograph.from_array(image, pixel_pitch_mm=0.15, response=response) for image in images]
    found = measure_lag(radiographs, region=EXPOSED, background=SHADOWED)
    assert found.signal_unit == "uGy"
    assert found.exposed_signal == pytest.approx(25.0, rel=1e-3)  # noise
    holed = [image.astype(np.float64) for image in images]
    holed[1][120:140, 60:200] = np.nan
    again = measure_lag(holed, region=EXPOSED, background=SHADOWED)
    assert abs(again.values[0] - truth[0]) < 4 * again.uncertainties[0]


@settings(deadline=None, max_examples=15)
@given(gain=st.floats(1e-2, 1e2), offset=st.floats(-1e3, 1e3), flipped=st.booleans())
def test_gain_offset_and_flip_keep_the_lag(gain: float, offset: float, flipped: bool) -> None:
    frames = [steps(200, 0, seed=1), steps(2, 0, seed=2)]
    upper, lower = (3, 57, 6, 114), (63, 117, 6, 114)  # whole tiles, so that a flip keeps them
    reference = measure_lag(frames, region=upper, background=lower)
    turned = [gain * frame[::-1] + offset if flipped else gain * frame + offset for frame in frames]
    regions = (lower, upper) if flipped else (upper, lower)
    found = measure_lag(turned, region=regions[0], background=regions[1])
    assert found.values[0] == pytest.approx(reference.values[0], rel=1e-6)  # the offset costs digits
    assert found.uncertainties[0] == pytest.approx(reference.uncertainties[0], rel=1e-4)


def test_noise_alone_has_no_decay_and_few_frames_are_not_fitted() -> None:
    frames = [steps(200, 0, seed=1), *(steps(0, 0, seed=seed) for seed in range(2, 10))]
    assert measure_lag(frames, region=UPPER, background=LOWER).decay is None
    times = np.arange(1.0, 6.0)
    assert fit_decay(times, np.exp(-times), np.full(5, 1e-3), time_unit="frame") is None


def test_measurements_are_on_the_list_and_the_result_survives_packing() -> None:
    images, _ = sequence([0.0] * 7)
    found = measure_lag(images, region=EXPOSED, background=SHADOWED)
    assert [item.quantity for item in found.measurements()] == ["lag_first_frame", "lag_last_frame"]
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    assert unpack(Lag, *pack(found)).to_dict() == found.to_dict()
    assert len(measure_lag(images[:2], region=EXPOSED, background=SHADOWED).measurements()) == 1


GOOD = [steps(200, 0, seed=1), steps(2, 0, seed=2)]


@pytest.mark.parametrize(
    ("images", "changed", "said"),
    [
        ([], {}, "no image"),
        (GOOD[:1], {}, "one image; needed the exposed frame and at least one that follows"),
        ([GOOD[0], flat(0.0, seed=1)[:100]], {}, "120 × 120 and 100 × 120"),
        (GOOD, {"background": None}, "neither background nor reference"),
        (GOOD, {"background": UPPER}, "exposed and background regions that share 5500 pixels"),
        (GOOD, {"region": (0, 19, 0, 21)}, "exposed region of 399 pixels; needed 400 or more"),
        (GOOD, {"region": (0, 130, 0, 21)}, "rows 0 to 130"),
        (GOOD, {"reference": flat(0.0, seed=1)[:100]}, "reference of 100 × 120 pixels"),
        (GOOD, {"times_s": [1.0, 2.0]}, "times_s of shape"),
        (GOOD, {"times_s": [0.0]}, "one time above 0 for each, rising"),
        (GOOD, {"times_s": ["soon"]}, "one time above 0 for each, rising"),
        ([GOOD[0], np.where(np.indices((120, 120))[0] < 52, np.nan, GOOD[1])], {}, "exposed region of 330 pixels that"),
    ],
)
def test_unusable_arguments_of_lag_are_refused_with_their_figure(images: Any, changed: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure_lag(images, **({"region": UPPER, "background": LOWER} | changed))


def test_a_first_frame_without_exposure_or_saturated_is_not_measurable() -> None:
    with pytest.raises(NotMeasurableError, match="stands out by 10 times its uncertainty") as caught:
        measure_lag([flat(10.0, seed=1), flat(10.0, seed=2)], region=UPPER, background=LOWER)
    assert caught.value.reason == "no_exposure"
    saturated = np.clip(steps(200, 0, seed=1), None, 199.0)
    with pytest.raises(NotMeasurableError) as caught:
        measure_lag([saturated, steps(2, 0, seed=2)], region=UPPER, background=LOWER)
    assert caught.value.reason == "partly_saturated"
    logarithmic = Radiograph(pixels=GOOD[0], relation=PixelRelation(relation="log"))
    with pytest.raises(NotMeasurableError) as caught:
        measure_lag([logarithmic, GOOD[1]], region=UPPER, background=LOWER)
    assert caught.value.reason == "no_linear_signal"


# ------------------------------------------------------------------ ghosting


@pytest.mark.parametrize("fraction", [-0.02, 0.0, 0.01])
@pytest.mark.parametrize("with_before", [False, True])
def test_a_known_change_of_sensitivity_is_found(fraction: float, with_before: bool) -> None:
    detector = Detector(bits_stored=16, gain_dn_per_ugy=1000.0, structured_noise_fraction=0.005, pattern_seed=3)
    first = simulate_field(detector, shape=SHAPE, kerma_ugy=25.0, seed=1, size_mm=(20, 60), scatter_fraction=0.0)
    ghost = simulate_ghost(detector, first=first, kerma_ugy=4.0, ghost_fraction=fraction, seed=2)
    before = simulate_flat(detector, shape=SHAPE, kerma_ugy=4.0, seed=3).pixels if with_before else None
    found = measure_ghosting(ghost.pixels, shadow=SHADOWED, around=EXPOSED, before=before)
    assert abs(found.ghosting - ghost.truth.ghosting()) < 4 * found.uncertainty
    assert found.uncertainty < 1e-3
    assert found.around_signal == pytest.approx(4000.0 * (1.0 + fraction), rel=2e-3)  # pattern and noise


def test_a_flat_field_from_before_cancels_heel_and_pattern() -> None:
    detector = Detector(bits_stored=16, gain_dn_per_ugy=1000.0, heel_fraction=0.3, structured_noise_fraction=0.02)
    first = simulate_field(detector, shape=SHAPE, kerma_ugy=25.0, seed=1, size_mm=(20, 60), scatter_fraction=0.0)
    upper = (10, 60, 40, 260)
    change = 1.0 - 0.02 * first.kerma_ugy / first.kerma_ugy.max()
    after = simulate_flat(detector, shape=SHAPE, kerma_ugy=4.0, seed=2)
    before = simulate_flat(detector, shape=SHAPE, kerma_ugy=4.0, seed=3)
    seen = after.pixels * change  # a change of gain, signal and noise alike
    expected = 1.0 / change[EXPOSED[0] : EXPOSED[1], EXPOSED[2] : EXPOSED[3]].mean() - 1.0
    with_before = measure_ghosting(seen, shadow=upper, around=EXPOSED, before=before.pixels)
    assert abs(with_before.ghosting - expected) < 4 * with_before.uncertainty + 1e-4  # mean of a ratio, ratio of means
    assert abs(measure_ghosting(seen, shadow=upper, around=EXPOSED).ghosting - expected) > 0.05  # the heel


def test_ghosting_of_a_worked_example() -> None:
    sd = 1e-6
    image, before = steps(98, 100, seed=1, sd=sd), steps(99, 90, seed=2, sd=sd)
    plain = measure_ghosting(image, shadow=UPPER, around=LOWER)
    assert plain.ghosting == pytest.approx(-0.02, rel=1e-6)  # noise of 1e-6
    by_before = measure_ghosting(image, shadow=UPPER, around=LOWER, before=before)
    assert by_before.ghosting == pytest.approx((98 / 99) / (100 / 90) - 1, rel=1e-6)
    assert plain.measurements()[1].value == pytest.approx(0.02 / plain.uncertainty, rel=1e-6)


def test_stated_uncertainty_of_ghosting_is_the_scatter_of_repeated_draws() -> None:
    found = [measure_ghosting(flat(100.0, seed=seed, sd=5.0), shadow=UPPER, around=LOWER) for seed in range(120)]
    scatter = np.std([each.ghosting for each in found], ddof=1)
    # 120 draws know it to 6.5 %: 3 sigma
    assert np.sqrt(np.mean([each.uncertainty**2 for each in found])) == pytest.approx(scatter, rel=0.2)


def test_ghosting_measurements_are_on_the_list_and_the_result_survives_packing() -> None:
    found = measure_ghosting(steps(98, 100, seed=1), shadow=UPPER, around=LOWER)
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    assert unpack(Ghosting, *pack(found)).to_dict() == found.to_dict()


def test_unusable_arguments_of_ghosting_are_refused() -> None:
    image = steps(98, 100, seed=1)
    with pytest.raises(InputError, match="shadow and around regions that share"):
        measure_ghosting(image, shadow=UPPER, around=UPPER)
    with pytest.raises(InputError, match="120 × 120 and 100 × 120"):
        measure_ghosting(image, shadow=UPPER, around=LOWER, before=image[:100])
    with pytest.raises(NotMeasurableError, match=r"mean signal of -2") as caught:
        measure_ghosting(image - 100.0, shadow=UPPER, around=LOWER)
    assert caught.value.reason == "signal_not_positive"
    level = np.full((120, 120), 7.0)
    level[:60] = 8.0
    with pytest.raises(NotMeasurableError) as caught:
        measure_ghosting(level, shadow=UPPER, around=LOWER)
    assert caught.value.reason == "no_noise"
    header = ObjectHeader(subject="1.2", acquisition=Acquisition(intent="FOR PRESENTATION"))
    with pytest.raises(NotMeasurableError) as caught:
        measure_ghosting(Radiograph(pixels=image, header=header), shadow=UPPER, around=LOWER)
    assert caught.value.reason == "presentation_image"
