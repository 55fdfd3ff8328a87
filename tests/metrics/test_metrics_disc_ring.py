"""Disc ring: where it lies, contrasts and scores from contrast, area and noise, and what is refused."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import DiscRing, read_disc_ring
from xrayiq.metrics.disc_ring_layout import disc_ring_layouts
from xrayiq.model import quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, DiscRingObject, DiscRingTruth, Phantom, simulate_disc_ring, simulate_flat

PITCH = 0.25
DETECTOR = Detector(pixel_pitch_mm=PITCH, gain_dn_per_ugy=1000.0)


def picture(kerma_ugy: float = 2.5, seed: int = 1, **options: Any) -> Phantom[DiscRingTruth]:
    return simulate_disc_ring(DETECTOR, shape=(800, 820), kerma_ugy=kerma_ugy, seed=seed, **options)


@functools.cache
def usual() -> Phantom[DiscRingTruth]:
    return picture(rotation_deg=12.3)


def read(image: Any, **options: Any) -> DiscRing:
    return read_disc_ring(image, **{"pixel_pitch_mm": PITCH, **options})


def expected_scores(truth: DiscRingTruth) -> NDArray[np.float64]:
    """Contrast over the noise of a mean over the disc's area, from the true NPS at low frequencies."""
    area_mm2 = np.pi * truth.design.disc_diameter_mm**2 / 4
    noise = np.sqrt(truth.detector.nps_ugy2_mm2(0.0, 0.0, truth.kerma_ugy) / area_mm2)
    return np.asarray(truth.contrasts * truth.kerma_ugy / noise)


@pytest.mark.parametrize(
    "options",
    [
        {"rotation_deg": 33.3, "shift_mm": (3.0, -4.0), "magnification": 1.05},
        {"rotation_deg": 200.0, "mirrored": True, "outside_fraction": 0.6},
        {"rotation_deg": 350.0, "outside_fraction": 4.0, "kerma_ugy": 0.5},
    ],
)
def test_circle_angle_and_discs_are_found(options: dict[str, Any]) -> None:
    phantom = picture(**options)
    truth, found = phantom.truth, read(phantom.pixels)
    # a twentieth of a pixel for the circle, and half a step of 0.1° for the discs 65 mm away
    np.testing.assert_allclose(found.centre_px, truth.centre_px, atol=0.05)
    assert found.radius_px == pytest.approx(truth.radius_px, abs=0.05)
    assert found.rotation_deg == pytest.approx(options["rotation_deg"], abs=0.1)
    np.testing.assert_allclose(found.disc_centres_px, truth.disc_centres_px, atol=0.5)
    assert found.mirrored == options.get("mirrored", False)
    assert found.magnification == pytest.approx(options.get("magnification", 1.0), rel=1e-3)


def test_contrasts_are_those_of_the_discs_within_their_uncertainty() -> None:
    deviations = []
    for seed in range(4):
        phantom = picture(seed=seed, rotation_deg=20.0 * seed + 3.0)
        found = read(phantom.pixels)
        deviations.append((found.contrasts - phantom.truth.contrasts) / found.contrast_uncertainties)
    spread = np.sqrt(np.mean(np.square(deviations)))
    # 68 deviations know their spread to 9 %: three of them; neighbours share a background
    assert abs(spread - 1.0) < 0.3
    assert np.abs(deviations).max() < 4.5


@pytest.mark.parametrize("kerma_ugy", [0.3, 2.5, 15.0])
def test_scores_and_number_seen_follow_from_contrast_area_and_noise(kerma_ugy: float) -> None:
    phantom = picture(kerma_ugy, rotation_deg=12.3)
    found, expected = read(phantom.pixels), expected_scores(phantom.truth)
    # 3 % for the measured noise, and three deviations of a score: 1.5 with the smaller part read and the background
    np.testing.assert_array_less(np.abs(found.rose_scores - expected), 0.03 * expected + 4.5)
    assert found.visible[expected > 10].all() and not found.visible[expected < 0.5].any()
    assert found.threshold_contrast == pytest.approx(5 * phantom.truth.contrasts[0] / expected[0], rel=0.06)
    np.testing.assert_array_equal(found.visible, found.rose_scores >= 5)
    assert found.visible_count == found.visible.sum()


def test_more_dose_shows_more_discs_and_an_object_without_discs_shows_none() -> None:
    counts = [read(picture(kerma_ugy).pixels).visible_count for kerma_ugy in (0.05, 0.5, 5.0)]
    assert counts[0] < counts[1] < counts[2]
    assert not read(picture(contrast_scale=0.0).pixels).visible.any()


def test_a_linear_course_is_cancelled() -> None:
    heel = Detector(pixel_pitch_mm=PITCH, gain_dn_per_ugy=1000.0, heel_fraction=0.3)
    tilted = simulate_disc_ring(heel, shape=(800, 820), kerma_ugy=2.5, seed=1, rotation_deg=12.3)
    level, found = read(usual().pixels), read(tilted.pixels)
    # the course falls by 2 % from one place of background to the next; curvature of the ring leaves a part of that
    np.testing.assert_allclose(found.contrasts, level.contrasts, atol=0.004)


@settings(deadline=None, max_examples=5)
@given(
    gain=st.sampled_from([0.25, 3.0, 70.0]),
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_gain_quarter_turns_mirrors_and_dtype_keep_the_reading(
    gain: float, turns: int, mirrored: bool, dtype: str
) -> None:
    reference = read(usual().pixels)
    image = gain * np.rot90(usual().pixels.astype(np.float64), turns)
    found = read((image[:, ::-1] if mirrored else image).astype(dtype))
    assert found.mirrored == mirrored
    # the angle is found to half a step of 0.1°, which changes the pixels at the rim
    np.testing.assert_allclose(found.contrasts, reference.contrasts, atol=3 * reference.contrast_uncertainties.max())
    assert found.noise_correlation_px == pytest.approx(reference.noise_correlation_px, rel=0.05)
    assert abs(found.visible_count - reference.visible_count) <= 1


def test_the_result_survives_packing_and_names_known_quantities() -> None:
    found = read(usual().pixels)
    assert unpack(DiscRing, *pack(found)).to_dict() == found.to_dict()
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    assert any("not verified against the maker's drawing" in warning for warning in found.provenance.warnings)


def test_the_shipped_layout_is_what_the_phantom_draws() -> None:
    layout, design = disc_ring_layouts()["tor"], DiscRingObject()
    assert layout.disc_count == len(design.contrasts) and layout.confidence == "C"
    for name in ("plate_radius_mm", "ring_radius_mm", "disc_diameter_mm", "bar_mm", "bar_length_mm", "bar_count"):
        assert getattr(layout, name) == getattr(design, name)


def test_arguments_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(InputError, match="object='tor2'; needed one of \"tor\""):
        read(usual().pixels, object="tor2")


def padded() -> NDArray[np.float64]:
    image = usual().pixels.astype(np.float64)
    row, column = np.rint(usual().truth.disc_centres_px[3]).astype(int)
    image[row : row + 4, column : column + 4] = np.nan
    return image


@pytest.mark.parametrize(
    ("make", "pitch_mm", "reason", "said"),
    [
        (
            lambda: simulate_flat(DETECTOR, shape=(800, 820), kerma_ugy=2.5, seed=1).pixels,
            PITCH,
            "object_not_found",
            r"no circle: .* edge over \d+ % of its length",
        ),
        (lambda: usual().pixels, 0.5, "object_not_found", "no circle"),
        (lambda: usual().pixels[:600], PITCH, "object_not_found", "no circle"),
        (lambda: picture(design=DiscRingObject(bar_contrast=0.0)).pixels, PITCH, "no_marker", "correlation of 0"),
        (padded, PITCH, "too_few_discs", "holds padding"),
        (lambda: np.minimum(picture(outside_fraction=0.6).pixels, 2500), PITCH, "partly_saturated", "value 2500"),
        (lambda: np.full((800, 820), 9), PITCH, "constant_image", "value 9"),
        (lambda: usual().pixels, None, "no_pixel_spacing", "no pixel spacing"),
    ],
)
def test_images_that_cannot_be_read_are_refused_with_their_figure(
    make: Any, pitch_mm: float | None, reason: str, said: str
) -> None:
    with pytest.raises(NotMeasurableError, match=said) as caught:
        read(make(), pixel_pitch_mm=pitch_mm)
    assert caught.value.reason == reason
