"""Grid lines of clinical images against lines of known frequency and amplitude."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import find_grid_lines
from xrayiq.metrics._periodic_lines import exceeding_probability, periodic_lines
from xrayiq.metrics.clinical_grid_lines import stated_grid
from xrayiq.model import Acquisition, HeaderDetail, ObjectHeader, PixelRelation, Radiograph
from xrayiq_phantoms import Detector, simulate_clinical

PITCH_MM = 0.2
SIDE_PX = 1200


@pytest.fixture(scope="module")
def chest():
    """Kerma of a chest in a field turned by a degree, without noise, and one noise for it."""
    detector = Detector(pixel_pitch_mm=PITCH_MM, quantised=False)
    phantom = simulate_clinical(
        detector, anatomy="chest", shape=(SIDE_PX, SIDE_PX), kerma_ugy=2.5, seed=5, rotation_deg=1.0, noise=False
    )
    noise = np.sqrt(detector.noise_variance_ugy2(phantom.kerma_ugy))
    return phantom.kerma_ugy, noise * np.random.default_rng(2).standard_normal(noise.shape)


def with_lines(chest, *, density_per_mm, amplitude, axis=1, tilt_deg=0.0):
    kerma, noise = chest
    places = np.arange(SIDE_PX) * PITCH_MM
    across, along = (places[None, :], places[:, None]) if axis == 1 else (places[:, None], places[None, :])
    tilt = np.deg2rad(tilt_deg)
    wave = np.cos(2 * np.pi * density_per_mm * (across * np.cos(tilt) + along * np.sin(tilt)) + 0.7)
    return kerma * (1 + amplitude * wave) + noise


@pytest.mark.parametrize(
    ("density_per_mm", "imaged_per_mm", "amplitude"),
    # below the Nyquist frequency of 2.5/mm; aliased once, nearly to it, and to a moiré of 4 mm amid anatomy; twice
    [(2.1, 2.1, 0.01), (4.0, 1.0, 0.01), (2.6, 2.4, 0.01), (4.75, 0.25, 0.03), (7.0, 2.0, 0.01)],
)
@pytest.mark.parametrize("axis", [0, 1])
def test_lines_have_their_aliased_frequency_and_amplitude(chest, density_per_mm, imaged_per_mm, amplitude, axis):
    found = find_grid_lines(
        with_lines(chest, density_per_mm=density_per_mm, amplitude=amplitude, axis=axis), pixel_pitch_mm=PITCH_MM
    )
    strongest = found.lines[0]
    assert strongest.across == ("rows", "columns")[axis]
    # a tenth of a bin of 1/(512 × 0.2 mm), a twentieth without anatomy
    assert strongest.frequency_per_mm == pytest.approx(imaged_per_mm, abs=0.1 / (512 * PITCH_MM))
    # noise of 32 profiles; anatomy stands beside the moiré and in its background
    assert strongest.contrast == pytest.approx(amplitude, rel=0.1 if imaged_per_mm < 0.5 else 0.04)
    assert {m.quantity: m.value for m in found.measurements()} == {
        "grid_line_contrast": strongest.contrast,
        "grid_line_frequency": strongest.frequency_per_mm,
    }


def test_an_image_without_lines_has_a_contrast_of_zero(chest):
    found = find_grid_lines(sum(chest), pixel_pitch_mm=PITCH_MM)
    assert found.lines == ()
    assert [(m.quantity, m.value) for m in found.measurements()] == [("grid_line_contrast", 0.0)]


def test_lines_of_a_fifth_of_a_percent_are_told_from_noise(chest):
    found = find_grid_lines(with_lines(chest, density_per_mm=4.0, amplitude=0.002), pixel_pitch_mm=PITCH_MM)
    assert found.lines[0].frequency_per_mm == pytest.approx(1.0, abs=0.005)
    # the amplitude of a wave of about twice its noise in a profile
    assert found.lines[0].contrast == pytest.approx(0.002, rel=0.25)


def test_lines_tilted_by_two_degrees_are_found(chest):
    found = find_grid_lines(
        with_lines(chest, density_per_mm=4.0, amplitude=0.01, tilt_deg=2.0), pixel_pitch_mm=PITCH_MM
    )
    # sinc(f_v · 16 pixels) with f_v = |4·sin 2°| per mm
    faded = 0.01 * np.sinc(4.0 * np.sin(np.deg2rad(2.0)) * 16 * PITCH_MM)
    assert found.lines[0].frequency_per_mm == pytest.approx(5.0 - 4.0 * np.cos(np.deg2rad(2.0)), abs=0.001)
    assert found.lines[0].contrast == pytest.approx(faded, rel=0.05)


def test_a_few_bright_combs_are_outvoted(chest):
    image = sum(chest)
    image[500:560, 300:700] *= 1 + 0.1 * np.cos(2 * np.pi * np.arange(400) / 5)
    assert find_grid_lines(image, pixel_pitch_mm=PITCH_MM).lines == ()


def test_white_noise_exceeds_its_background_as_often_as_the_formula_says():
    noise = np.random.default_rng(4).standard_normal((4000, 256))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    power = np.abs(np.fft.rfft((noise - noise.mean(axis=1, keepdims=True)) * window, axis=1)) ** 2
    around = [*range(40 - 8, 40 - 2), *range(40 + 3, 40 + 9)]
    share = np.mean(power[:, 40] > 2.5 * power[:, around].mean(axis=1))
    expected = exceeding_probability(256)[40 - 11]
    # 4 standard deviations of a binomial share
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 4000))


def test_noise_alone_makes_as_few_alarms_as_stated():
    generator = np.random.default_rng(6)
    places = np.stack(np.divmod(np.arange(64), 8), axis=1)
    alarms = 0
    for _ in range(200):
        noise = generator.standard_normal((64, 256)) + 0.2 * np.cumsum(generator.standard_normal((64, 256)), axis=1)
        alarms += periodic_lines(noise, places, false_alarm_rate=0.05, most=8).amplitudes.size > 0
    # at most 0.05 of 200, and three standard deviations; the trend of a random walk makes no more
    assert alarms <= 10 + 3 * np.sqrt(9.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "not_stated"),
        ("NONE", "none"),
        ("RECIPROCATING\\FOCUSED", "moving"),
        ("FIXED\\PARALLEL", "stationary"),
        ("FOCUSED", "unspecified"),
    ],
)
def test_the_stated_grid_is_read_from_its_terms(text, expected):
    assert stated_grid(text) == expected


@pytest.mark.parametrize(("grid", "told"), [("NONE", "no grid"), ("RECIPROCATING", "moved"), ("FIXED", None)])
def test_a_header_that_disagrees_is_told(chest, grid, told):
    header = ObjectHeader(subject="a", acquisition=Acquisition(grid=grid), detail=HeaderDetail(grid_pitch_mm=0.25))
    image = Radiograph(
        pixels=with_lines(chest, density_per_mm=4.0, amplitude=0.01),
        pixel_pitch_mm=(PITCH_MM, PITCH_MM),
        relation=PixelRelation(),
        header=header,
    )
    found = find_grid_lines(image)
    assert found.lines[0].of_stated_grid
    np.testing.assert_allclose(found.expected_per_mm, [1.0, 1.0], atol=1e-12)
    assert [told in text for text in found.provenance.warnings] == ([] if told is None else [True])


def test_without_pitch_the_frequency_is_told_in_pixels(chest):
    found = find_grid_lines(with_lines(chest, density_per_mm=4.0, amplitude=0.01))
    assert found.lines[0].frequency_per_px == pytest.approx(0.2, abs=1e-4)
    assert [m.quantity for m in found.measurements()] == ["grid_line_contrast"]


def test_values_of_unknown_relation_have_lines_without_contrast(chest):
    image = Radiograph(
        pixels=with_lines(chest, density_per_mm=4.0, amplitude=0.01),
        pixel_pitch_mm=(PITCH_MM, PITCH_MM),
        relation=PixelRelation(relation="unknown"),
    )
    found = find_grid_lines(image)
    assert found.lines[0].contrast is None
    assert [m.quantity for m in found.measurements()] == ["grid_line_frequency"]


def test_a_small_field_is_refused():
    small = np.random.default_rng(1).normal(100, 3, (200, 140))
    small[:, :100] *= 0.02
    with pytest.raises(NotMeasurableError) as refusal:
        find_grid_lines(small, pixel_pitch_mm=PITCH_MM)
    assert refusal.value.reason == "field_too_small"


@pytest.mark.parametrize(("pitch_mm", "told"), [(0.5, True), (0.51, False), ((0.4, 0.7), False), (None, True)])
def test_pixels_above_half_a_millimetre_are_refused(pitch_mm, told):
    image = np.random.default_rng(1).normal(100, 3, (400, 400))
    if told:
        assert find_grid_lines(image, pixel_pitch_mm=pitch_mm).measurements()
        return
    with pytest.raises(NotMeasurableError, match=r"pixels of 0\.5.* mm") as refusal:
        find_grid_lines(image, pixel_pitch_mm=pitch_mm)
    assert refusal.value.reason == "pixels_too_large"
