"""SDNR over thickness against the contrast and noise of simulated plates, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.sdnr import SdnrOverThickness, measure_sdnr_over_thickness
from xrayiq.model import quantities
from xrayiq.model.packing import pack, unpack
from xrayiq.procedures.site import load_site
from xrayiq_phantoms import AluminiumTruth, Detector, Phantom, simulate_aluminium, simulate_edge, simulate_flat

DETECTOR = Detector(
    pixel_pitch_mm=0.1,
    blur_sigma_mm=0.07,
    gain_dn_per_ugy=200.0,
    bits_stored=16,
    quanta_per_mm2_per_ugy=5000.0,
    heel_fraction=0.1,
)
THICKNESS = (20.0, 30.0, 45.0, 50.0, 60.0, 70.0)


def plate(thickness_mm: float, *, seed: int = 1, kerma_ugy: float = 60.0, **changes: Any) -> Phantom[AluminiumTruth]:
    arguments = {
        "shape": (420, 400),
        "contrast": 0.14 * np.exp(-0.006 * thickness_mm),
        "centre_px": (200.3 + thickness_mm / 5, 180.7),
        "seed": seed + round(thickness_mm),
    }
    return simulate_aluminium(DETECTOR, kerma_ugy=kerma_ugy, **{**arguments, **changes})


@pytest.fixture(scope="module")
def plates() -> list[Phantom[AluminiumTruth]]:
    return [plate(thickness) for thickness in THICKNESS]


@pytest.fixture(scope="module")
def example(plates: list[Phantom[AluminiumTruth]]) -> SdnrOverThickness:
    return measure_sdnr_over_thickness([one.pixels for one in plates], thickness_mm=THICKNESS, pixel_pitch_mm=0.1)


def test_sdnr_and_contrast_are_those_of_the_simulated_plates(
    plates: list[Phantom[AluminiumTruth]], example: SdnrOverThickness
) -> None:
    expected = np.array([one.truth.sdnr for one in plates])
    # the noise of a 5 mm region misses what is longer than it: 1 %
    deviation = np.abs(example.sdnr - expected) - 0.01 * expected
    assert np.all(deviation <= 3 * example.sdnr_uncertainties)
    assert np.all(example.sdnr_uncertainties < 0.03 * expected)
    contrasts = np.array([one.truth.contrast for one in plates])
    # means over 2500 correlated pixels: three times the noise over the background
    np.testing.assert_allclose(example.contrasts, contrasts, atol=0.002)
    assert example.thickness_mm.tolist() == list(THICKNESS)


def test_squares_are_found_on_each_image(plates: list[Phantom[AluminiumTruth]], example: SdnrOverThickness) -> None:
    assert example.square_centres_px is not None
    centres = [one.truth.centre_px for one in plates]
    np.testing.assert_allclose(example.square_centres_px, centres, atol=1.5)  # a pixel, and rounding to one


def test_relative_sdnr_and_fit_follow_the_contrast(example: SdnrOverThickness) -> None:
    # equal kerma behind every thickness: SDNR falls as the contrast, 0.006 per mm
    expected = np.exp(-0.006 * (np.array(THICKNESS) - 50.0))
    assert example.relative_sdnr is not None
    assert example.relative_sdnr_uncertainties is not None
    assert np.all(np.abs(example.relative_sdnr - expected) <= 3 * example.relative_sdnr_uncertainties + 1e-12)
    assert example.sdnr_fall_per_mm is not None
    assert example.sdnr_fall_uncertainty_per_mm is not None
    assert abs(example.sdnr_fall_per_mm - 0.006) <= 3 * example.sdnr_fall_uncertainty_per_mm
    assert example.noise_power is None  # the background does not vary


def test_uncertainty_is_the_scatter_of_repeated_images() -> None:
    repeats = [plate(50.0, seed=seed) for seed in range(24)]
    found = [measure_sdnr_over_thickness([one.pixels], thickness_mm=[50.0], pixel_pitch_mm=0.1) for one in repeats]
    stated = np.mean([one.sdnr_uncertainties[0] for one in found])
    # 24 draws know a standard deviation to 15 %: three of that
    assert stated == pytest.approx(np.std([one.sdnr[0] for one in found], ddof=1), rel=0.45)


def test_quantum_noise_has_the_power_one_half() -> None:
    kermas = (15.0, 30.0, 60.0, 120.0)
    images = [plate(t, kerma_ugy=k, contrast=0.12).pixels for t, k in zip((20, 30, 40, 50), kermas, strict=True)]
    found = measure_sdnr_over_thickness(images, thickness_mm=(20, 30, 40, 50), pixel_pitch_mm=0.1)
    # SDNR known to 2 % over a factor of 8: 0.02 / ln 8 and a half for the points between
    assert found.noise_power == pytest.approx(0.5, abs=0.05)
    # kermas over their mean of 56.25
    assert found.background_deviation == pytest.approx(120.0 / 56.25 - 1.0, rel=0.01)


def test_repeats_are_averaged_and_their_constancy_is_stated() -> None:
    images = [plate(50.0, seed=seed, kerma_ugy=kerma).pixels for seed, kerma in enumerate((58.0, 60.0, 62.0))]
    found = measure_sdnr_over_thickness(images, thickness_mm=[50.0] * 3, pixel_pitch_mm=0.1)
    assert found.image_counts.tolist() == [3]
    # noise of a background: 0.1 %
    assert found.background_repeatability == pytest.approx(2.0 / 60.0, abs=0.003)
    single = measure_sdnr_over_thickness(images[:1], thickness_mm=[50.0], pixel_pitch_mm=0.1)
    assert single.background_repeatability is None
    # three independent images
    assert found.sdnr_uncertainties[0] == pytest.approx(single.sdnr_uncertainties[0] / np.sqrt(3), rel=0.1)


def test_given_regions_take_the_place_of_the_search(plates: list[Phantom[AluminiumTruth]]) -> None:
    image = plates[3].pixels
    row, column = (round(value) for value in plates[3].truth.centre_px)
    inside = (row - 25, row + 25, column - 25, column + 25)
    beside = (row - 25, row + 25, column - 150, column - 100)
    found = measure_sdnr_over_thickness([image], thickness_mm=[50.0], signal=inside, background=beside)
    pixels = image.astype(np.float64)
    background = pixels[beside[0] : beside[1], beside[2] : beside[3]]
    expected = (background.mean() - pixels[inside[0] : inside[1], inside[2] : inside[3]].mean()) / background.std(
        ddof=1
    )
    assert found.sdnr[0] == pytest.approx(expected, rel=1e-9)  # rounding
    assert found.square_centres_px is None


@settings(deadline=None, max_examples=10)
@given(
    gain=st.floats(1e-3, 1e3),
    flips=st.tuples(st.booleans(), st.booleans()),
    transposed=st.booleans(),
    dtype=st.sampled_from(["uint16", "float32", "float64"]),
)
def test_gain_flips_transposition_and_dtype_keep_the_sdnr(
    gain: float, flips: tuple[bool, bool], transposed: bool, dtype: str
) -> None:
    image = plate(50.0).pixels
    reference = measure_sdnr_over_thickness([image], thickness_mm=[50.0], pixel_pitch_mm=0.1)
    turned = image.astype(dtype) if dtype == "uint16" else (gain * image).astype(dtype)
    turned = turned[:: -1 if flips[0] else 1, :: -1 if flips[1] else 1]
    turned = turned.T if transposed else turned
    found = measure_sdnr_over_thickness([turned], thickness_mm=[50.0], pixel_pitch_mm=0.1)
    # regions may round to a neighbouring pixel
    assert found.sdnr[0] == pytest.approx(reference.sdnr[0], rel=0.01)
    assert found.contrasts[0] == pytest.approx(reference.contrasts[0], rel=0.01)


def test_measurements_are_on_the_list_and_are_judged(example: SdnrOverThickness) -> None:
    names = [item.quantity for item in example.measurements()]
    assert names == [
        "sdnr_at_50_mm",
        "relative_sdnr_at_20_mm",
        "relative_sdnr_at_30_mm",
        "relative_sdnr_at_45_mm",
        "relative_sdnr_at_60_mm",
        "relative_sdnr_at_70_mm",
        "aec_signal_deviation",
    ]
    assert set(names) <= set(quantities())
    limited = {limit.quantity for limit in load_site().limits if limit.procedure == "sdnr_over_thickness"}
    assert set(names[1:6]) <= limited
    assert unpack(SdnrOverThickness, *pack(example)).to_dict() == example.to_dict()


def test_without_the_reference_thickness_nothing_is_relative(plates: list[Phantom[AluminiumTruth]]) -> None:
    found = measure_sdnr_over_thickness(
        [one.pixels for one in plates[:2]], thickness_mm=THICKNESS[:2], pixel_pitch_mm=0.1
    )
    assert found.relative_sdnr is None
    assert found.sdnr_fall_per_mm is None
    assert [item.quantity for item in found.measurements()] == ["aec_signal_deviation"]


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (lambda: simulate_flat(DETECTOR, shape=(420, 400), kerma_ugy=60.0, seed=1).pixels, "no_square"),
        (lambda: simulate_edge(DETECTOR, shape=(420, 400), kerma_ugy=60.0, seed=1).pixels, "no_square"),
        (lambda: plate(50.0, contrast=-0.1).pixels, "no_square"),
        (lambda: plate(50.0).pixels[:200], "too_small"),
    ],
)
def test_an_image_without_a_square_is_not_measurable(pixels: Any, reason: str) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure_sdnr_over_thickness([pixels()], thickness_mm=[50.0], pixel_pitch_mm=0.1)
    assert caught.value.reason == reason


def test_a_background_that_is_not_above_zero_is_not_measurable(plates: list[Phantom[AluminiumTruth]]) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure_sdnr_over_thickness([plates[0].pixels - 20000.0], thickness_mm=[20.0], pixel_pitch_mm=0.1)
    assert caught.value.reason == "signal_not_positive"


def test_padding_is_passed_over(plates: list[Phantom[AluminiumTruth]]) -> None:
    image: NDArray[Any] = plates[3].pixels.astype(np.float64)
    image[:, :30] = np.nan
    found = measure_sdnr_over_thickness([image], thickness_mm=[50.0], pixel_pitch_mm=0.1)
    assert found.sdnr[0] == pytest.approx(plates[3].truth.sdnr, rel=0.06)  # three uncertainties


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"thickness_mm": [50.0, 60.0]}, "2 thicknesses for 1 images"),
        ({"thickness_mm": [-1.0]}, "thickness_mm=-1.0"),
        ({"thickness_mm": ["50"]}, "thickness_mm='50'"),
        ({"signal": (0, 50, 0, 50)}, "one of signal and background"),
        ({"square_mm": 0.0}, "square_mm=0.0"),
        ({"reference_mm": None}, "reference_mm=None"),
    ],
)
def test_unusable_arguments_are_refused(changes: dict[str, Any], said: str) -> None:
    arguments: dict[str, Any] = {"thickness_mm": [50.0], "pixel_pitch_mm": 0.1, **changes}
    with pytest.raises(InputError, match=said):
        measure_sdnr_over_thickness([plate(50.0).pixels], **arguments)


def test_no_image_and_unequal_images_are_refused() -> None:
    with pytest.raises(InputError, match="no image"):
        measure_sdnr_over_thickness([], thickness_mm=[], pixel_pitch_mm=0.1)
    images = [plate(50.0).pixels, plate(60.0).pixels[:-1]]
    with pytest.raises(InputError, match="images of 420 × 400 and 419 × 400 pixels"):
        measure_sdnr_over_thickness(images, thickness_mm=[50.0, 60.0], pixel_pitch_mm=0.1)
