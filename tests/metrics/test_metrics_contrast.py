"""Contrast against its definition in plain NumPy, its uncertainty against repeated draws, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.contrast import Contrast, measure_contrast
from xrayiq.model import PixelRelation, Radiograph, Response, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detail, Detector, simulate_contrast_details

OBJECT = (40, 60, 50, 70)
LEFT = (40, 60, 10, 30)
RIGHT = (40, 60, 90, 110)


def picture(seed: int = 1, *, step: float = -30.0, sd: float = 10.0) -> NDArray[np.float64]:
    """Object of 30 × 30 pixels in the middle of a uniform field with white noise."""
    image = 100.0 + sd * np.random.default_rng(seed).standard_normal((100, 120))
    image[35:65, 45:75] += step
    return image


def cut(image: NDArray[Any], region: tuple[int, int, int, int]) -> NDArray[np.float64]:
    return np.asarray(image[region[0] : region[1], region[2] : region[3]], dtype=np.float64)


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_figures_match_the_definition(dtype: str) -> None:
    image = picture().astype(dtype)
    found = measure_contrast(image, signal=OBJECT, background=[LEFT, RIGHT])
    inside, left, right = cut(image, OBJECT), cut(image, LEFT), cut(image, RIGHT)
    mean = (left.mean() + right.mean()) / 2
    sd = np.sqrt((left.var(ddof=1) + right.var(ddof=1)) / 2)  # regions of one size
    # rounding on both sides
    assert found.contrast_to_noise == pytest.approx(abs(inside.mean() - mean) / sd, rel=1e-9)
    pooled = np.sqrt((inside.var(ddof=1) + sd**2) / 2)
    assert found.contrast_to_noise_pooled == pytest.approx(abs(inside.mean() - mean) / pooled, rel=1e-9)
    assert found.contrast == pytest.approx((mean - inside.mean()) / mean, rel=1e-9)
    assert found.background_sd == pytest.approx(sd, rel=1e-9)
    np.testing.assert_allclose(found.background_means, [left.mean(), right.mean()], rtol=1e-9)
    assert (found.signal_pixel_count, found.background_pixel_counts.tolist()) == (400, [400, 400])
    assert (found.signal_box_px, found.background_boxes_px.tolist()) == (OBJECT, [list(LEFT), list(RIGHT)])


def test_noise_of_unequal_regions_is_pooled_by_their_degrees_of_freedom() -> None:
    image = picture()
    small = (40, 50, 90, 100)
    found = measure_contrast(image, signal=OBJECT, background=[LEFT, small])
    squares = 399 * cut(image, LEFT).var(ddof=1) + 99 * cut(image, small).var(ddof=1)
    assert found.background_sd == pytest.approx(np.sqrt(squares / 498), rel=1e-9)  # rounding


def test_masks_measure_what_their_rectangles_do() -> None:
    image = picture()
    masks = []
    for region in (OBJECT, LEFT, RIGHT):
        mask = np.zeros(image.shape, dtype=np.bool_)
        mask[region[0] : region[1], region[2] : region[3]] = True
        masks.append(mask)
    by_mask = measure_contrast(image, signal=masks[0], background=masks[1:])
    assert by_mask.to_dict() == measure_contrast(image, signal=OBJECT, background=[LEFT, RIGHT]).to_dict()
    stacked = measure_contrast(image, signal=masks[0], background=np.array(masks[1:]))  # type: ignore[arg-type]
    assert stacked.contrast_to_noise == by_mask.contrast_to_noise
    one = measure_contrast(image, signal=OBJECT, background=masks[1])
    assert one.contrast_to_noise == measure_contrast(image, signal=OBJECT, background=LEFT).contrast_to_noise


def test_symmetric_backgrounds_cancel_a_course_from_one_to_the_other() -> None:
    image = picture()
    course = np.zeros(120)
    course[:45], course[75:] = -20.0, 20.0  # level within each region, its mean in the object
    level = measure_contrast(image, signal=OBJECT, background=[LEFT, RIGHT])
    found = measure_contrast(image + course, signal=OBJECT, background=[LEFT, RIGHT])
    # rounding; pooling all background pixels at once would double the noise
    assert found.contrast_to_noise == pytest.approx(level.contrast_to_noise, rel=1e-9)
    assert found.contrast_to_noise_uncertainty == pytest.approx(level.contrast_to_noise_uncertainty, rel=1e-6)


@pytest.mark.parametrize("width_px", [1, 3])
@pytest.mark.parametrize("step", [0.0, -30.0])
def test_stated_uncertainty_is_the_scatter_of_repeated_draws(width_px: int, step: float) -> None:
    generator = np.random.default_rng(11)
    ratios, stated = [], []
    for _ in range(300):
        noise = generator.standard_normal((102, 122))
        # mean of width² pixels, scaled to unit variance: the sum of its autocorrelation is width²
        noise = sum(
            noise[row : row + 100, column : column + 120] for row in range(width_px) for column in range(width_px)
        )
        image = 100.0 + 10.0 * noise / width_px
        image[35:65, 45:75] += step
        found = measure_contrast(image, signal=OBJECT, background=[LEFT, RIGHT], pixel_pitch_mm=0.15)
        side = np.sign(found.background_mean - found.signal_mean)
        ratios.append(side * found.contrast_to_noise)
        stated.append(found.contrast_to_noise_uncertainty)
    # 300 draws know a standard deviation to 4 %; lags that hold no correlation add up to a tenth: 3 sigma and that
    assert np.sqrt(np.mean(np.square(stated))) == pytest.approx(np.std(ratios, ddof=1), rel=0.22)
    within = np.abs(np.array(ratios) + step / 10.0) <= 1.96 * np.array(stated)
    assert within.mean() >= 0.91  # 95 % expected, 3 sigma are 4 %


def test_disc_of_a_simulated_test_object() -> None:
    detector = Detector(gain_dn_per_ugy=2000.0)
    disc = Detail(centre_px=(150.0, 150.0), diameter_mm=20.0, contrast=0.05)
    phantom = simulate_contrast_details(detector, shape=(300, 300), kerma_ugy=2.5, details=[disc], seed=4)
    image = Radiograph.from_array(
        phantom.pixels, pixel_pitch_mm=0.15, response=Response(model="linear", a=0.0, b=2000.0)
    )
    # regions 3 mm and more from the edge of the disc, which is 67 pixels from its centre
    rows, columns = np.indices((300, 300))
    distance = np.hypot(rows - 150, columns - 150)
    rectangles = [(135, 165, 10, 40), (135, 165, 260, 290), (10, 40, 135, 165), (260, 290, 135, 165)]
    found = measure_contrast(image, signal=distance < 46, background=rectangles)
    noise = float(phantom.truth.noise_ugy)
    expected = 0.05 * 2.5 / noise
    # three stated standard uncertainties
    assert abs(found.contrast_to_noise - expected) <= 3 * found.contrast_to_noise_uncertainty
    assert found.contrast_to_noise_uncertainty < 0.1 * expected
    spread = found.contrast_to_noise_uncertainty / found.contrast_to_noise
    assert found.contrast == pytest.approx(0.05, rel=3 * spread)
    assert found.contrast_to_noise_per_root_kerma == pytest.approx(
        found.contrast_to_noise / np.sqrt(found.background_mean), rel=1e-12
    )
    assert found.noise_correlation_px > 2.0  # the blur


@settings(deadline=None, max_examples=20)
@given(gain=st.floats(1e-3, 1e3), offset=st.floats(0.0, 1e4), up_down=st.booleans(), transposed=st.booleans())
def test_gain_offset_flip_and_transposition_keep_the_ratio(
    gain: float, offset: float, up_down: bool, transposed: bool
) -> None:
    image = picture()
    masks = [np.zeros(image.shape, dtype=np.bool_) for _ in range(3)]
    for mask, region in zip(masks, (OBJECT, LEFT, RIGHT), strict=True):
        mask[region[0] : region[1], region[2] : region[3]] = True
    reference = measure_contrast(image, signal=masks[0], background=masks[1:])
    turned = [gain * (image + offset), *masks]
    turned = [array[::-1] if up_down else array for array in turned]
    turned = [array.T if transposed else array for array in turned]
    found = measure_contrast(turned[0], signal=turned[1], background=turned[2:])
    # the offset costs three digits
    assert found.contrast_to_noise == pytest.approx(reference.contrast_to_noise, rel=1e-9)
    assert found.contrast_to_noise_uncertainty == pytest.approx(reference.contrast_to_noise_uncertainty, rel=1e-6)


def test_relative_signal_has_no_dose_normalised_ratio_and_no_contrast_below_zero() -> None:
    found = measure_contrast(picture() - 200.0, signal=OBJECT, background=LEFT)
    assert found.contrast is None
    assert found.contrast_to_noise_per_root_kerma is None
    assert [item.quantity for item in found.measurements()] == ["contrast_to_noise", "contrast_to_noise_pooled"]


def test_padding_is_left_out() -> None:
    image = picture()
    image[40:45, 50:70] = np.nan
    found = measure_contrast(image, signal=OBJECT, background=LEFT)
    assert found.signal_mean == pytest.approx(image[45:60, 50:70].mean(), rel=1e-12)  # rounding
    assert found.signal_pixel_count == 300


def test_measurements_are_on_the_list_and_the_result_survives_packing() -> None:
    found = measure_contrast(picture(), signal=OBJECT, background=[LEFT, RIGHT])
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    back = unpack(Contrast, *pack(found))
    assert back.to_dict() == found.to_dict()
    assert back.signal_box_px == OBJECT


@pytest.mark.parametrize(
    ("signal", "background", "said"),
    [
        ((40, 60, 110, 130), LEFT, r"signal region of rows 40 to 60, columns 110 to 130; needed .* 100 × 120"),
        ((-5, 15, 50, 70), LEFT, "rows -5 to 15"),
        ((60, 40, 50, 70), LEFT, "empty"),
        (np.zeros((100, 120), dtype=np.bool_), LEFT, "without any pixel"),
        (np.ones((10, 10), dtype=np.bool_), LEFT, "mask of 10 × 10 pixels"),
        ((40, 60, 50), LEFT, "needed .*row_start, row_stop"),
        ((40.0, 60.0, 50.0, 70.0), LEFT, "needed .*row_start, row_stop"),
        (OBJECT, [], "no region"),
        (OBJECT, 7, "regions given as int"),
        (OBJECT, (50, 70, 60, 80), "signal and background 1 regions that share 100 pixels"),
        (OBJECT, [LEFT, LEFT], "background 1 and background 2 regions that share 400 pixels"),
        ((40, 49, 50, 61), LEFT, "signal region of 99 pixels"),
        (OBJECT, [LEFT, (40, 45, 90, 100)], "background 2 region of 50 pixels"),
    ],
)
def test_unusable_regions_are_refused_with_their_figure(signal: Any, background: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure_contrast(picture(), signal=signal, background=background)


def test_a_region_without_noise_is_not_measurable() -> None:
    image = picture()
    image[38:62, 8:32] = 100.0
    with pytest.raises(NotMeasurableError, match="background 1 region holds the single value 100") as caught:
        measure_contrast(image, signal=OBJECT, background=LEFT)
    assert caught.value.reason == "no_noise"


def test_an_image_without_linear_signal_is_not_measurable() -> None:
    image = Radiograph(pixels=picture(), relation=PixelRelation(relation="log"))
    with pytest.raises(NotMeasurableError) as caught:
        measure_contrast(image, signal=OBJECT, background=LEFT)
    assert caught.value.reason == "no_linear_signal"
