"""Threshold contrast against white noise and against the integral of the true NPS, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import ThresholdContrast, measure_threshold_contrast
from xrayiq.model import PixelRelation, Radiograph, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_flat

PITCH = 0.15


def white(seed: int = 1, *, shape: tuple[int, int] = (400, 500), sd: float = 5.0) -> NDArray[np.float64]:
    return 100.0 + sd * np.random.default_rng(seed).standard_normal(shape)


def coverage(diameter_px: float, *, finer: int = 40) -> NDArray[np.float64]:
    """Shares of the pixels of the smallest square about a disc, by counting points."""
    size = int(np.ceil(diameter_px))
    points = (np.arange(size * finer) + 0.5) / finer - size / 2
    inside = np.hypot(points[:, None], points[None, :]) <= diameter_px / 2
    return inside.reshape(size, finer, size, finer).mean(axis=(1, 3))


def true_sd(detector: Detector, kerma_ugy: float, diameter_mm: float) -> float:
    """Relative standard deviation of disc means: the true NPS integrated with the disc's squared spectrum."""
    weights = coverage(diameter_mm / detector.pixel_pitch_mm)
    size = 512  # far above the disc and the reach of the blur: the sum over the grid is the integral
    transfer = np.abs(np.fft.fft2(weights / weights.sum(), (size, size))) ** 2
    frequencies = np.fft.fftfreq(size, detector.pixel_pitch_mm)
    spectrum = detector.nps_ugy2_mm2(frequencies[None, :], frequencies[:, None], kerma_ugy)
    return float(np.sqrt(np.sum(spectrum * transfer)) / (size * detector.pixel_pitch_mm) / kerma_ugy)


def measure(images: Any, **options: Any) -> ThresholdContrast:
    return measure_threshold_contrast(images, **{"pixel_pitch_mm": PITCH, "border_mm": 0.0, **options})


def test_factor_is_two_one_sided_quantiles() -> None:
    # 1.644854 and 2.326348: one-sided quantiles of the normal distribution from a table
    assert measure(white()).factor == pytest.approx(2 * 1.644854, abs=2e-6)
    assert measure(white(), confidence=0.99).factor == pytest.approx(2 * 2.326348, abs=2e-6)


def test_figures_match_the_definition_on_a_small_grid() -> None:
    image = white(shape=(60, 60))
    found = measure(image, diameters_mm=[1.8])  # 12 pixels: 5 × 5 tiles
    weights = coverage(12.0)
    tiles = image.reshape(5, 12, 5, 12)
    means = np.einsum("aibj,ij->ab", tiles, weights / weights.sum()).ravel()
    rows, columns = (axis.ravel() for axis in np.indices((5, 5), dtype=float))
    terms = np.column_stack([np.ones(25), rows, columns, rows**2, rows * columns, columns**2])
    fit = terms @ np.linalg.lstsq(terms, means, rcond=None)[0]
    sd = np.sqrt(np.sum((means - fit) ** 2) / 19) / means.mean()
    # coverage by 16 × 16 against 40 × 40 points: 1e-3 of a rim pixel
    assert found.disc_sds[0] == pytest.approx(sd, rel=2e-3)
    assert found.values[0] == pytest.approx(found.factor * found.disc_sds[0], rel=1e-12)
    assert found.disc_counts.tolist() == [25]


@pytest.mark.parametrize("diameter_mm", [0.3, 1.0, 3.2])
def test_white_noise_gives_its_standard_deviation_over_the_root_of_the_pixels(diameter_mm: float) -> None:
    found = measure([white(seed) for seed in range(6)], diameters_mm=[diameter_mm])
    weights = coverage(diameter_mm / PITCH)
    pixels = weights.sum() ** 2 / np.sum(weights**2)
    assert found.effective_pixels[0] == pytest.approx(pixels, rel=5e-3)  # counting points on two grids
    # three standard uncertainties, themselves from the number of discs
    assert abs(found.disc_sds[0] - 0.05 / np.sqrt(pixels)) <= 3 * found.disc_sd_uncertainties[0]
    freedom = found.disc_counts[0] - 6 * 6
    assert found.disc_sd_uncertainties[0] == pytest.approx(found.disc_sds[0] / np.sqrt(2 * freedom), rel=0.02)


def test_nine_discs_are_free_of_bias() -> None:
    # 3 × 3 discs of 20 pixels: three degrees of freedom each, 200 images
    found = measure([white(seed, shape=(60, 60)) for seed in range(200)], diameters_mm=[3.0])
    expected = 0.05 / np.sqrt(found.effective_pixels[0])
    # 600 degrees of freedom know the variance to 6 %: three of them
    assert found.disc_sds[0] ** 2 == pytest.approx(expected**2, rel=0.18)


@pytest.mark.parametrize("kerma_ugy", [0.5, 10.0])
def test_a_blurred_detector_gives_the_integral_of_its_spectrum(kerma_ugy: float) -> None:
    detector = Detector(gain_dn_per_ugy=1000.0, heel_fraction=0.1, electronic_noise_ugy=0.01)
    flats = [simulate_flat(detector, shape=(600, 600), kerma_ugy=kerma_ugy, seed=seed).pixels for seed in range(2)]
    found = measure(flats)
    assert found.diameters_mm.tolist() == [0.3, 0.5, 0.8, 1.3, 2.0, 3.2, 5.0, 8.0]
    expected = [true_sd(detector, kerma_ugy, diameter) for diameter in found.diameters_mm]
    # three and a half stated standard uncertainties (eight values at once), and 1 % for the kerma that varies by heel
    excess = np.abs(found.disc_sds - expected) - 0.01 * np.array(expected)
    assert (excess <= 3.5 * found.disc_sd_uncertainties).all()
    assert (found.disc_sd_uncertainties < 0.06 * found.disc_sds).all()


def test_stated_uncertainty_is_the_scatter_of_repeated_draws() -> None:
    detector = Detector(blur_sigma_mm=0.3)  # neighbouring small discs are correlated
    found = [
        measure(simulate_flat(detector, shape=(120, 120), kerma_ugy=5.0, seed=seed).pixels, diameters_mm=[0.3, 2.0])
        for seed in range(120)
    ]
    scatter = np.std([each.values for each in found], axis=0, ddof=1)
    stated = np.sqrt(np.mean([each.uncertainties**2 for each in found], axis=0))
    # 120 draws know a standard deviation to 6.5 %: three of them
    np.testing.assert_allclose(stated, scatter, rtol=0.2)


def test_a_quadratic_course_does_not_count_as_noise() -> None:
    image = white()
    rows, columns = np.meshgrid(np.linspace(-1, 1, 400), np.linspace(-1, 1, 500), indexing="ij")
    course = 10.0 * rows - 6.0 * columns**2 + 4.0 * rows * columns
    level, found = (measure(picture, diameters_mm=[1.0, 5.0]) for picture in (image, image + course - course.mean()))
    # the course takes the discs' own area into account but for a constant, which is in the mean: 2e-3
    np.testing.assert_allclose(found.disc_sds, level.disc_sds, rtol=2e-3)


def test_discs_with_padding_are_left_out() -> None:
    image = white(shape=(60, 60))
    image[0:12, 0:12] = np.nan
    found = measure(image, diameters_mm=[1.8])
    assert found.disc_counts.tolist() == [24]
    corner_only = white(shape=(60, 60))
    corner_only[0, 0] = np.nan  # a corner pixel lies outside the disc of its tile
    assert measure(corner_only, diameters_mm=[1.8]).disc_counts.tolist() == [25]


@settings(deadline=None, max_examples=15)
@given(gain=st.floats(1e-3, 1e3), up_down=st.booleans(), transposed=st.booleans(), single=st.booleans())
def test_gain_flip_transposition_and_dtype_keep_the_curve(
    gain: float, up_down: bool, transposed: bool, single: bool
) -> None:
    image = white(shape=(120, 90))
    reference = measure(image, diameters_mm=[0.9, 1.5])
    turned = gain * image
    turned = turned[::-1] if up_down else turned
    turned = turned.T if transposed else turned
    found = measure(turned.astype(np.float32) if single else turned, diameters_mm=[0.9, 1.5])
    # float32 rounds to 6e-8 of the signal, 1e-5 of the disc means' scatter
    np.testing.assert_allclose(found.values, reference.values, rtol=1e-4 if single else 1e-8)
    np.testing.assert_allclose(found.uncertainties, reference.uncertainties, rtol=1e-4 if single else 1e-8)


def test_pixels_need_not_be_square() -> None:
    image = white(shape=(300, 300))
    found = measure(image, diameters_mm=[2.4], pixel_pitch_mm=(0.3, 0.1))
    assert found.disc_counts.tolist() == [(300 // 8) * (300 // 24)]
    assert found.effective_pixels[0] == pytest.approx(np.pi / 4 * 8 * 24, rel=0.08)  # the rim counts by its share


def test_measurements_are_for_95_percent_whatever_was_asked() -> None:
    usual, strict = measure(white()), measure(white(), confidence=0.99)
    assert strict.values[0] > 1.4 * usual.values[0]
    assert [item.quantity for item in usual.measurements()] == [
        "threshold_contrast_at_1_mm",
        "threshold_contrast_at_5_mm",
    ]
    assert {item.quantity for item in usual.measurements()} <= set(quantities())
    for one, other in zip(usual.measurements(), strict.measurements(), strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-12)  # rounding
    below, above = usual.values[2], usual.values[3]
    assert below > usual.measurements()[0].value > above
    assert usual.at(0.2) is None and usual.at(0.3) == pytest.approx(usual.values[0], rel=1e-12)
    assert measure(white(), diameters_mm=[2.0]).measurements() == ()


def test_the_result_survives_packing() -> None:
    found = measure(white())
    assert unpack(ThresholdContrast, *pack(found)).to_dict() == found.to_dict()
    assert dict(found.provenance.parameters)["diameters_mm"] == "0.3, 0.5, 0.8, 1.3, 2, 3.2, 5, 8"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"diameters_mm": []}, "one length or more"),
        ({"diameters_mm": [1.0, -2.0]}, r"diameters_mm=-2.0"),
        ({"diameters_mm": [0.2]}, r"disc of 0.2 mm, 1.3 pixels wide; needed 1.5 pixels"),
        ({"confidence": 0.5}, "share between 0.5 and 1"),
        ({"confidence": 95}, "give 0.95"),
        ({"border_mm": -1.0}, "border_mm=-1.0"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure(white(), **options)


def test_no_image_is_refused() -> None:
    with pytest.raises(InputError, match="no image"):
        measure([])


@pytest.mark.parametrize(
    ("image", "options", "reason", "said"),
    [
        (white(shape=(60, 60)), {"diameters_mm": [5.0]}, "too_few_regions", "1 × 1 discs of 5 mm"),
        (white(shape=(60, 60)), {"border_mm": 10.0}, "too_few_regions", "0 × 0 discs"),
        (np.full((60, 60), 7.0), {}, "constant_image", "every pixel has the value 7"),
        (white() - 100.0, {}, "signal_not_positive", "mean signal of"),
        (np.minimum(white(), 105.0), {}, "partly_saturated", "value 105"),
        (np.add.outer(np.arange(60.0), 100 + np.arange(60.0)), {}, "no_noise", "differ by"),
    ],
)
def test_images_that_do_not_allow_it_are_refused_with_their_figure(
    image: NDArray[np.float64], options: dict[str, Any], reason: str, said: str
) -> None:
    with pytest.raises(NotMeasurableError, match=said) as caught:
        measure(image, **options)
    assert caught.value.reason == reason


def test_an_area_that_is_mostly_padding_is_refused() -> None:
    image = white(shape=(60, 60))
    image[20:] = np.nan
    with pytest.raises(NotMeasurableError, match=r"5 discs of 1\.8 mm free of padding"):
        measure(image, diameters_mm=[1.8])


def test_linear_signal_and_pitch_are_needed() -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure_threshold_contrast(Radiograph(pixels=white(), relation=PixelRelation(relation="log")))
    assert caught.value.reason == "no_linear_signal"
    with pytest.raises(NotMeasurableError) as caught:
        measure_threshold_contrast(white())
    assert caught.value.reason == "no_pixel_spacing"
