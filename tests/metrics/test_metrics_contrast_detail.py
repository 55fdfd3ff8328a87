"""Contrast-detail reading: grid, detection as computed from contrast and noise, scores, and what is refused."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kstest, norm

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import ContrastDetail, read_contrast_detail
from xrayiq.metrics._cell_scoring import neighbour_correction, psychometric_thresholds
from xrayiq.metrics.contrast_detail_layout import contrast_detail_layouts
from xrayiq.model import Acquisition, ObjectHeader, PixelRelation, Radiograph, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import (
    CDMAM_LIKE,
    CDRAD_LIKE,
    ContrastDetailTruth,
    Detector,
    Phantom,
    simulate_contrast_detail,
    simulate_flat,
)
from xrayiq_phantoms.blurred_disc import pixel_patch

PITCH = 0.2
DETECTOR = Detector(pixel_pitch_mm=PITCH, gain_dn_per_ugy=1000.0)
COARSE = Detector(pixel_pitch_mm=0.4, gain_dn_per_ugy=1000.0, blur_sigma_mm=0.2)
LARGE = Detector(pixel_pitch_mm=0.6, gain_dn_per_ugy=1000.0, blur_sigma_mm=0.3)
MAMMO = Detector(pixel_pitch_mm=0.14, gain_dn_per_ugy=100.0, blur_sigma_mm=0.07)


@functools.cache
def cdrad(seed: int = 1, kerma_ugy: float = 2.5, **options: Any) -> Phantom[ContrastDetailTruth]:
    return simulate_contrast_detail(DETECTOR, shape=(1300, 1300), kerma_ugy=kerma_ugy, seed=seed, **options)


@functools.cache
def coarse(seed: int = 2, kerma_ugy: float = 2.5, rotation_deg: float = 1.0) -> Phantom[ContrastDetailTruth]:
    return simulate_contrast_detail(COARSE, shape=(660, 650), kerma_ugy=kerma_ugy, seed=seed, rotation_deg=rotation_deg)


@functools.cache
def reading() -> ContrastDetail:
    return read_contrast_detail(cdrad().pixels, pixel_pitch_mm=PITCH, corners=cdrad().truth.corners)


@functools.cache
def coarse_reading(seed: int = 2, kerma_ugy: float = 2.5) -> ContrastDetail:
    phantom = coarse(seed, kerma_ugy)
    return read_contrast_detail(phantom.pixels, pixel_pitch_mm=0.4, corners=phantom.truth.corners)


def location_error_px(found: ContrastDetail, truth: ContrastDetailTruth) -> float:
    return float(np.hypot(*(found.outlines_px[0] - truth.outline_px).T).max())


def expected_scores(truth: ContrastDetailTruth) -> NDArray[np.float64]:
    """Signal of the discs of each cell over the noise of their mean, with a background free of noise.

    From the true NPS, the share of the pixels that a disc covers, and what these pixels see of it through blur and
    aperture; the root mean square over four places of the disc on the pixels.
    """
    pitch, size = truth.detector.pixel_pitch_mm, 256
    frequencies = np.fft.fftfreq(size, pitch)
    spectrum = truth.detector.nps_ugy2_mm2(frequencies[None, :], frequencies[:, None], truth.kerma_ugy)
    rows = []
    for row, diameter in enumerate(truth.disc_diameters_mm):
        squares = []
        for place in ((0.0, 0.0), (0.25, 0.0), (0.25, 0.25), (0.5, 0.5)):
            seen, reach = pixel_patch(
                offset_px=place, radius_mm=diameter / 2, sigma_mm=truth.detector.blur_sigma_mm, pitch_mm=pitch
            )
            axes = [(np.arange((2 * reach + 1) * 8) + 0.5) / 8 - reach - 0.5 - offset for offset in place]
            disc = (np.hypot(axes[0][:, None], axes[1][None, :]) <= diameter / 2 / pitch).astype(float)
            disc = disc.reshape(2 * reach + 1, 8, 2 * reach + 1, 8).mean(axis=(1, 3))
            disc /= disc.sum()
            power = np.sum(spectrum * np.abs(np.fft.fft2(disc, (size, size))) ** 2) / (size * pitch) ** 2
            squares.append(np.sum(disc * seen) ** 2 / power)
        discs = 1 if row < truth.design.single_rows else 2
        rows.append(np.abs(truth.contrasts) * truth.kerma_ugy * np.sqrt(np.mean(squares) * discs))
    return np.array(rows)


@pytest.mark.parametrize(("rotation_deg", "shift_mm", "outside"), [(-3.0, (4.0, -3.0), 1.0), (3.0, (-5.0, 6.0), 3.0)])
def test_the_grid_is_found_within_a_third_of_a_pixel_under_rotation_shift_and_a_bright_surround(
    rotation_deg: float, shift_mm: tuple[float, float], outside: float
) -> None:
    options = {"rotation_deg": rotation_deg, "shift_mm": shift_mm, "outside_fraction": outside}
    phantom = simulate_contrast_detail(COARSE, shape=(725, 700), kerma_ugy=1.0, seed=3, **options)
    found = read_contrast_detail(phantom.pixels, pixel_pitch_mm=0.4, corners=phantom.truth.corners)
    assert location_error_px(found, phantom.truth) < 0.3
    assert found.rotation_deg == pytest.approx(rotation_deg, abs=0.01)
    assert found.magnification == pytest.approx(1.0, abs=1e-3)


def test_magnification_is_found_and_diameters_scale_with_it() -> None:
    phantom = simulate_contrast_detail(COARSE, shape=(720, 720), kerma_ugy=5.0, seed=3, magnification=1.15)
    found = read_contrast_detail(phantom.pixels, pixel_pitch_mm=0.4, corners=phantom.truth.corners)
    assert found.magnification == pytest.approx(1.15, rel=1e-3)
    assert location_error_px(found, phantom.truth) < 0.3


def test_cells_are_detected_as_contrast_area_and_noise_say() -> None:
    phantom, found = cdrad(), reading()
    scores = expected_scores(phantom.truth)
    limit = norm.isf(1e-8)
    # the background's own noise takes up to a quarter off the largest discs' scores and 5 % off the small ones';
    # four standard deviations of a score on either side
    visible, hidden = scores * 0.75 > limit + 4, scores < limit - 4
    seen = found.p_values[0] < 1e-8
    assert visible.sum() > 100 and hidden.sum() > 10
    assert seen[visible].all()
    assert found.corners_right[0, 3:][visible[3:]].all()
    assert not seen[hidden].any()
    assert found.detected[0][visible].mean() > 0.99
    chance = found.corners_right[0, 3:][scores[3:] < 0.7]  # fairly invisible: right by chance or a little more
    assert 0.1 < chance.mean() < 0.75


def test_scores_of_cells_follow_their_formula() -> None:
    phantom, found = cdrad(), reading()
    scores = expected_scores(phantom.truth)[6:]  # below 2.5 mm the background's noise counts for less than 3 %
    measured = norm.isf(np.clip(found.p_values[0, 6:], 1e-300, 1.0))
    used = (scores > 3) & (scores < 30)
    ratio = measured[used] / scores[used]
    # each score has the standard deviation 1; t-quantiles of few background pixels and pixels at the rim: 5 %
    error = np.sqrt(np.mean(1 / scores[used] ** 2) / used.sum())
    assert abs(ratio.mean() - 1.0) < 3 * error + 0.05


def test_contrasts_of_large_discs_are_those_of_the_object() -> None:
    found = reading()
    assert found.contrasts is not None
    contrast = -np.asarray(cdrad().truth.contrasts)
    # noise of an 8 mm disc: 0.15 % of the background with the background's; three of them
    np.testing.assert_allclose(found.contrasts[0], contrast, atol=0.005, rtol=0.02)


def test_an_object_without_discs_has_no_cell_seen_and_p_values_of_chance() -> None:
    phantom = cdrad(contrast_scale=0.0)
    found = read_contrast_detail(phantom.pixels, pixel_pitch_mm=PITCH, corners=phantom.truth.corners)
    assert not found.detected.any()
    assert kstest(found.p_values[0, 3:].ravel(), "uniform").pvalue > 0.01
    # corners told right by chance: 180 cells, three standard deviations are 10 %
    assert abs(found.corners_right[0, 3:].mean() - 0.25) < 0.1
    assert found.threshold_diameters_mm.tolist() == [10.0] * 15
    assert any("which way round" in warning for warning in found.provenance.warnings)
    assert location_error_px(found, phantom.truth) < 0.3


def test_noise_of_background_and_of_its_plane_enters_the_scores_of_large_discs() -> None:
    images = [
        simulate_contrast_detail(LARGE, shape=(430, 430), kerma_ugy=2.5, seed=seed, contrast_scale=0.0).pixels
        for seed in range(8)
    ]
    corners = cdrad().truth.corners
    found = read_contrast_detail(images, pixel_pitch_mm=0.6, corners=corners)
    variance = np.var(norm.isf(found.p_values[:, :6]))
    # 720 values know their variance to 5.3 %: three of them; without the background's noise it would be about 1.25
    assert abs(variance - 1.0) < 0.16


def test_inverse_iqf_is_its_formula_and_grows_with_dose() -> None:
    doses = [coarse_reading(), coarse_reading(5, 0.4), coarse_reading(6, 10.0)]
    usual, low, high = (each.iqf_inverse_per_mm2 for each in doses)
    assert low < 0.7 * usual and usual < 0.7 * high
    found = doses[0]
    least = [
        min([diameter for diameter, seen in zip(found.diameters_mm, column, strict=True) if seen], default=10.0)
        for column in found.detected[0].T
    ]
    assert usual == pytest.approx(100 / np.dot(found.steps_mm, least), rel=1e-12)
    assert found.threshold_diameters_mm.tolist() == least


def test_images_are_averaged_and_may_lie_differently() -> None:
    images = [coarse(), coarse(9, 2.5, 2.5)]
    corners = images[0].truth.corners
    found = read_contrast_detail([image.pixels for image in images], pixel_pitch_mm=0.4, corners=corners)
    single = coarse_reading()
    assert found.detected.shape == (2, 15, 15)
    np.testing.assert_array_equal(found.detected[0], single.detected[0])
    first, second = found.image_iqf_inverses_per_mm2
    assert found.iqf_inverse_per_mm2 == pytest.approx((first + second) / 2, rel=1e-12)
    assert found.iqf_inverse_uncertainty_per_mm2 == pytest.approx(abs(first - second) / 2, rel=1e-12)
    assert single.iqf_inverse_uncertainty_per_mm2 is None
    assert len(found.outlines_px) == 2 and np.ptp(found.outlines_px[:, 0, 0]) > 2


def test_corners_that_are_not_given_are_those_that_stand_out() -> None:
    phantom = coarse()
    found = read_contrast_detail(phantom.pixels, pixel_pitch_mm=0.4)
    visible = expected_scores(phantom.truth) > 12
    assert not found.corners_given
    np.testing.assert_array_equal(found.corners[visible], phantom.truth.corners[visible])
    assert any("corners taken from the images" in warning for warning in found.provenance.warnings)


def test_a_wrong_corner_table_hides_the_cells() -> None:
    phantom = coarse()
    wrong = np.where(phantom.truth.corners >= 0, (phantom.truth.corners + 1) % 4, -1)
    found = read_contrast_detail(phantom.pixels, pixel_pitch_mm=0.4, corners=wrong)
    assert not found.detected[0, 4:].any()


@settings(deadline=None, max_examples=3)
@given(
    gain=st.sampled_from([0.25, 3.0, 70.0]),
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
    dtype=st.sampled_from(["float32", "float64", "int32"]),
)
def test_gain_quarter_turns_mirrors_and_dtype_keep_the_reading(
    gain: float, turns: int, mirrored: bool, dtype: str
) -> None:
    phantom = coarse()
    reference = coarse_reading()
    image = np.rot90(phantom.pixels.astype(np.float64), turns)
    image = (gain if dtype != "int32" else 3) * (image[:, ::-1] if mirrored else image)
    found = read_contrast_detail(image.astype(dtype), pixel_pitch_mm=0.4, corners=phantom.truth.corners)
    assert found.contrasts is not None and reference.contrasts is not None
    # the grid comes out 0.02 pixel apart from another start of the search, which small discs feel
    np.testing.assert_allclose(found.contrasts[:8], reference.contrasts[:8], atol=2e-3)
    assert np.mean(found.detected == reference.detected) > 0.97
    assert found.grid_rms_mm == pytest.approx(reference.grid_rms_mm, rel=0.1)


def test_inverted_and_logarithmic_presentation_images_are_read_as_they_are() -> None:
    phantom = coarse()
    stored = 16383 - 1800 * np.log(np.maximum(phantom.pixels, 1.0))
    image = Radiograph(
        pixels=stored.astype(np.uint16),
        pixel_pitch_mm=(0.4, 0.4),
        relation=PixelRelation(relation="display", sign=-1),
        header=ObjectHeader(subject="array", acquisition=Acquisition(intent="FOR PRESENTATION")),
    )
    found = read_contrast_detail(image, corners=phantom.truth.corners)
    linear = coarse_reading()
    assert found.contrasts is None and not found.provenance.quantitative
    # rounding to one stored value, a twentieth of the noise
    assert np.mean(found.detected == linear.detected) > 0.97
    wrong_way = Radiograph(pixels=stored.astype(np.uint16), pixel_pitch_mm=(0.4, 0.4))
    assert not read_contrast_detail(wrong_way, corners=phantom.truth.corners).detected.any()


def test_rule_of_neighbours() -> None:
    seen = np.zeros((4, 4), dtype=np.bool_)
    seen[0, 0:3] = seen[1, 0] = seen[1, 2] = seen[3, 3] = True
    expected = seen.copy()
    expected[1, 1] = False  # neighbours (0, 1), (1, 0), (1, 2) seen: becomes seen
    expected[1, 1] = True
    expected[3, 3] = False  # alone
    expected[1, 0] = False  # of (0, 0), (2, 0), (1, 1) one seen
    expected[1, 2] = False  # of (0, 2), (2, 2), (1, 1), (1, 3) one seen
    np.testing.assert_array_equal(neighbour_correction(seen), expected)
    assert neighbour_correction(np.ones((5, 5), dtype=np.bool_)).all()


def test_psychometric_thresholds_are_those_that_made_the_answers() -> None:
    steps = np.geomspace(0.03, 2.0, 16) * 1e-3
    true = np.array([0.08, 0.2, 0.6]) * 1e-3
    generator = np.random.default_rng(4)
    share = 0.25 + 0.75 / (1 + np.exp(-4.0 * (np.log(steps) - np.log(true)[:, None])))
    errors, stated = [], []
    for _ in range(80):
        right = generator.binomial(8, share)
        found, relative, _ = psychometric_thresholds(right, np.full(right.shape, 8), steps)
        errors.append(np.log(found / true))
        stated.append(relative)
    # 80 draws: the mean is known to a ninth of the scatter, the scatter to 8 %
    assert (np.abs(np.mean(errors, axis=0)) < 0.05).all()
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(stated), axis=0)), np.std(errors, axis=0), rtol=0.25)
    outside, _, _ = psychometric_thresholds(np.full((1, 16), 8), np.full((1, 16), 8), steps)
    assert np.isnan(outside).all()


def test_mammographic_thresholds_follow_from_contrast_and_noise() -> None:
    images = [
        simulate_contrast_detail(MAMMO, shape=(1180, 1180), kerma_ugy=20.0, seed=seed, design=CDMAM_LIKE)
        for seed in range(2)
    ]
    truth = images[0].truth
    found = read_contrast_detail(
        [image.pixels for image in images], pixel_pitch_mm=0.14, object="cdmam", corners=truth.corners
    )
    assert location_error_px(found, truth) < 0.3
    assert found.rotation_deg == pytest.approx(45.0, abs=0.01)
    assert found.threshold_steps_mm is not None
    # a corner of score s is told from three empty ones with ∫ φ(x − s)·Φ(x)³ dx
    scores = expected_scores(truth) / np.sqrt(2)
    scores = np.minimum(scores, 20.0)  # always told
    x = np.linspace(-8, 30, 2001)
    told = np.array([[np.trapezoid(norm.pdf(x - s) * norm.cdf(x) ** 3, x) for s in row] for row in scores])
    counts = found.corners_right.sum(axis=0)
    # cells of a row and all together: three binomial standard deviations, and 2 % for the background's noise
    for part in (slice(None), slice(0, 5), slice(5, 11), slice(11, 16)):
        spread = np.sqrt(np.sum(2 * told[part] * (1 - told[part])))
        assert abs(counts[part].sum() - 2 * told[part].sum()) < 3 * spread + 0.02 * counts[part].size
    thresholds = [np.interp(0.625, row, np.log(found.steps_mm)) for row in told]
    inside = np.isfinite(found.threshold_steps_mm) & (told[:, 0] < 0.5)
    assert inside.sum() >= 6
    assert found.threshold_step_uncertainties is not None
    deviation = np.log(found.threshold_steps_mm[inside]) - np.array(thresholds)[inside]
    # four stated uncertainties: one slope for all diameters is an approximation
    assert (np.abs(deviation) < 4 * found.threshold_step_uncertainties[inside]).all()
    names = [item.quantity for item in found.measurements()]
    assert "threshold_thickness_at_0_1_mm" in names and "iqf_inverse" not in names


def test_the_result_survives_packing_and_names_known_quantities() -> None:
    found = reading()
    assert unpack(ContrastDetail, *pack(found)).to_dict() == found.to_dict()
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    assert [item.quantity for item in found.measurements()] == ["iqf_inverse", "contrast_details_detected"]
    assert any("not verified against the maker's drawing" in warning for warning in found.provenance.warnings)


@pytest.mark.parametrize(("name", "design"), [("cdrad", CDRAD_LIKE), ("cdmam", CDMAM_LIKE)])
def test_shipped_layouts_are_those_that_the_phantoms_draw(name: str, design: Any) -> None:
    layout = contrast_detail_layouts()[name]
    assert layout.diameters_mm == design.diameters_mm and len(layout.steps_mm) == layout.side
    assert layout.steps_mm == pytest.approx(design.steps_mm, rel=1e-12)
    assert (layout.cell_mm, layout.corner_mm, layout.single_rows) == (
        design.cell_mm,
        design.corner_mm,
        design.single_rows,
    )
    assert layout.confidence == "C" and layout.warnings


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"object": "cdrad3"}, r"object='cdrad3'; needed one of \"cdrad\", \"cdmam\""),
        ({"corners": np.zeros((3, 3), dtype=int)}, r"corners of shape \(3, 3\)"),
        ({"corners": np.full((15, 15), 4)}, "whole numbers from 0 to 3"),
        ({"corners": np.zeros((15, 15))}, "float64"),
        ({"alpha": 0.0}, "alpha=0.0"),
        ({"least_contrast": -0.1}, "least_contrast=-0.1"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_contrast_detail(np.ones((9, 9)), **{"pixel_pitch_mm": 0.4, **options})


def test_no_image_is_refused() -> None:
    with pytest.raises(InputError, match="no image"):
        read_contrast_detail([], pixel_pitch_mm=0.4)


def flat() -> NDArray[Any]:
    return simulate_flat(COARSE, shape=(660, 650), kerma_ugy=2.5, seed=3).pixels


def with_padding() -> NDArray[np.float64]:
    image = coarse().pixels.astype(np.float64)
    for row in range(50, 600, 80):
        for column in range(50, 600, 80):
            image[row : row + 4, column : column + 4] = np.nan
    return image


@pytest.mark.parametrize(
    ("make", "pitch_mm", "reason", "said"),
    [
        (flat, 0.4, "object_not_found", "no grid of lines: the best one stands 0.* times above the noise"),
        (lambda: coarse().pixels, 0.8, "wrong_pitch", r"lines 3\d.* mm apart; needed 13.6 to 25.6 mm"),
        (lambda: coarse().pixels[:, :500], 0.4, "too_few_cells", r"grid of 16 and 1[0-3] lines"),
        (with_padding, 0.4, "too_few_cells", "of 225 cells free of padding"),
        (lambda: np.minimum(coarse().pixels, 2500), 0.4, "partly_saturated", "value 2500"),
        (lambda: np.full((660, 650), 9), 0.4, "constant_image", "value 9"),
        (lambda: coarse().pixels, None, "no_pixel_spacing", "no pixel spacing"),
    ],
)
def test_images_that_cannot_be_read_are_refused_with_their_figure(
    make: Any, pitch_mm: float | None, reason: str, said: str
) -> None:
    with pytest.raises(NotMeasurableError, match=said) as caught:
        read_contrast_detail(make(), pixel_pitch_mm=pitch_mm)
    assert caught.value.reason == reason
