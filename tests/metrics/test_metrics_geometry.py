"""Scale, angles and jitter against simulated grids of wires whose read-out is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.geometry import Geometry, measure_geometry
from xrayiq.model import Acquisition, ObjectHeader, Radiograph, pack, quantities, unpack
from xrayiq_phantoms import Detector, simulate_flat, simulate_grid

SHAPE = (700, 800)


def grid(**truth: Any) -> NDArray[Any]:
    detector = Detector(pixel_pitch_mm=truth.pop("pixel_pitch_mm", 0.15))
    return simulate_grid(detector, shape=SHAPE, kerma_ugy=truth.pop("kerma_ugy", 10.0), seed=1, **truth).pixels


def measured(image: NDArray[Any], *, spacing_mm: float = 10.0, pitch: Any = 0.15) -> Geometry:
    return measure_geometry(image, spacing_mm=spacing_mm, pixel_pitch_mm=pitch)


@pytest.mark.parametrize("rotation_deg", [0.0, 0.7, -2.5, 4.0])
@pytest.mark.parametrize("scales", [(1.0, 1.0), (1.03, 0.98)])
def test_scale_and_rotation_are_those_of_the_grid(rotation_deg: float, scales: tuple[float, float]) -> None:
    found = measured(grid(rotation_deg=rotation_deg, scale_columns=scales[0], scale_rows=scales[1]))
    # a stretched grid that is rotated is no regular grid: cos and sin of the angle mix the scales, by 2 · 0.05 · sin²
    mixed = 0.1 * np.sin(np.deg2rad(rotation_deg)) ** 2
    assert found.scale_error_columns == pytest.approx(scales[0] - 1.0, abs=2e-4 + mixed)
    assert found.scale_error_rows == pytest.approx(scales[1] - 1.0, abs=2e-4 + mixed)
    assert found.aspect_ratio_error == pytest.approx(scales[0] / scales[1] - 1.0, abs=4e-4 + 2 * mixed)
    stretch = abs(scales[0] / scales[1] - 1.0)
    # stretching turns the two sets of wires in opposite senses: of second order in their mean
    assert found.rotation_deg == pytest.approx(rotation_deg, abs=0.005 + stretch**2 * abs(rotation_deg))
    assert max(found.row_jitter_px, found.column_jitter_px) < 0.05  # noise, and the parabola through three pixels
    assert found.distortion_px < 0.15  # a wire of its own keeps the parabola's error


def test_skew_is_that_of_a_stretched_rotated_grid() -> None:
    found = measured(grid(rotation_deg=2.0, scale_columns=1.05))
    # tan of the leans: tan 2° · 1.05 of the wires that run down, tan 2° / 1.05 of the others, in opposite senses
    lean = np.tan(np.deg2rad(2.0))
    expected = np.degrees(np.arctan(lean / 1.05) - np.arctan(lean * 1.05))
    assert found.skew_deg == pytest.approx(expected, abs=0.02)  # two slopes of 0.01° each
    assert abs(measured(grid(rotation_deg=2.0)).skew_deg) < 0.02


@pytest.mark.parametrize("rotation_deg", [0.0, 1.5])
def test_displaced_rows_are_found_with_their_sign(rotation_deg: float) -> None:
    offsets = np.zeros(SHAPE[0])
    offsets[310], offsets[450:454] = 1.5, -0.8
    found = measured(grid(rotation_deg=rotation_deg, row_offsets_px=offsets))
    assert found.row_jitter_px == pytest.approx(1.5, abs=0.1)  # noise, and the parabola through three pixels
    assert found.column_jitter_px < 0.15
    np.testing.assert_allclose(found.row_offsets_px[[310, 451]], [1.5, -0.8], atol=0.1)
    assert np.nanmax(np.abs(np.delete(found.row_offsets_px, [310, *range(449, 455)]))) < 0.15
    assert 0 < found.jitter_uncertainty_px < 0.05


def test_slow_wobble_of_the_rows_is_jitter_too() -> None:
    offsets = 0.6 * np.sin(2 * np.pi * np.arange(SHAPE[0]) / 90.0)
    found = measured(grid(row_offsets_px=offsets))
    known = np.isfinite(found.row_offsets_px)
    # a sine takes part in the fitted slope by less than 0.6 · 3 · 90 / (π² · 700)
    np.testing.assert_allclose(found.row_offsets_px[known], offsets[known], atol=0.1)


def test_a_transposed_image_changes_rows_and_columns() -> None:
    offsets = np.zeros(SHAPE[0])
    offsets[310] = 1.5
    image = grid(scale_columns=1.02, row_offsets_px=offsets)
    plain, turned = measured(image), measured(image.T)
    assert turned.scale_error_rows == pytest.approx(plain.scale_error_columns, abs=1e-9)  # rounding
    assert turned.column_jitter_px == pytest.approx(plain.row_jitter_px, abs=1e-9)
    assert turned.rotation_deg == pytest.approx(-plain.rotation_deg, abs=1e-9)


def test_gain_and_offset_change_nothing_and_magnification_is_taken_off() -> None:
    image = grid(scale_columns=1.1, scale_rows=1.1)
    plain = measured(image)
    scaled = measured(7.0 * image.astype(np.float64) - 3000.0)
    assert scaled.scale_error_columns == pytest.approx(plain.scale_error_columns, abs=1e-9)  # rounding
    magnified = measure_geometry(image, spacing_mm=10.0, pixel_pitch_mm=0.15, magnification=1.1)
    assert magnified.scale_error_columns == pytest.approx(0.0, abs=1e-3)


def test_a_pitch_that_differs_between_rows_and_columns_is_a_scale_error_of_one() -> None:
    found = measured(grid(), pitch=(0.15, 0.147))
    assert found.scale_error_columns == pytest.approx(0.147 / 0.15 - 1.0, abs=1e-3)
    assert found.scale_error_rows == pytest.approx(0.0, abs=1e-3)


def test_images_for_presentation_and_a_few_padded_pixels_will_do() -> None:
    image = grid()
    header = ObjectHeader(subject="1.2", acquisition=Acquisition(intent="FOR PRESENTATION"))
    found = measure_geometry(Radiograph(pixels=image, header=header), spacing_mm=10.0, pixel_pitch_mm=0.15)
    assert found.scale_error_rows == pytest.approx(0.0, abs=1e-3)
    holed = image.astype(np.float64)
    holed[300:310, 300:310] = np.nan
    assert measured(holed).scale_error_rows == pytest.approx(0.0, abs=1e-3)


def test_ends_of_the_wires_lie_on_the_grid() -> None:
    ends = measured(grid()).lines_px
    down = ends[ends[:, 0] == 0.0]
    # the grid has a wire in the middle of the image, the others lie 10 mm apart
    middle = (SHAPE[1] - 1) / 2
    np.testing.assert_allclose(np.sort(down[:, 1] - middle) % (10 / 0.15) % 66, 0.0, atol=0.7)


def test_measurements_are_on_the_list_and_the_result_survives_packing() -> None:
    found = measured(grid())
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    assert str(unpack(Geometry, *pack(found)).to_dict()) == str(found.to_dict())  # NaN is not equal to itself


@pytest.mark.parametrize(
    ("image", "spacing_mm", "reason", "said"),
    [
        (simulate_flat(Detector(), shape=SHAPE, kerma_ugy=10.0, seed=1).pixels, 10.0, "no_grid", "0 of 10 bands"),
        (grid(), 12.5, "spacing_differs", "wires 66.7 pixels apart; needed 83.3 pixels"),
        (grid(), 40.0, "too_few_lines", "1 of 2 bands with 4 wires or more that stand out; needed 4"),
        (grid(), 2.0, "spacing_too_fine", "wires 13.3 pixels apart; needed 16"),
        (grid(rotation_deg=6.5), 10.0, "grid_rotated", r"wires at 6\.\d° to the sides"),
    ],
)
def test_an_image_without_such_a_grid_says_what_it_has(
    image: NDArray[Any], spacing_mm: float, reason: str, said: str
) -> None:
    with pytest.raises(NotMeasurableError, match=said) as caught:
        measured(image, spacing_mm=spacing_mm)
    assert caught.value.reason == reason


def test_unusable_arguments_are_refused() -> None:
    image = grid()
    with pytest.raises(InputError, match="spacing_mm=0"):
        measured(image, spacing_mm=0)
    with pytest.raises(InputError, match=r"magnification=0\.5"):
        measure_geometry(image, spacing_mm=10.0, pixel_pitch_mm=0.15, magnification=0.5)
    with pytest.raises(NotMeasurableError) as caught:
        measure_geometry(image, spacing_mm=10.0)
    assert caught.value.reason == "no_pixel_spacing"
    holed = image.astype(np.float64)
    holed[:100] = np.nan
    with pytest.raises(NotMeasurableError, match=r"14\.3 % of the pixels are padding") as caught:
        measured(holed)
    assert caught.value.reason == "padding"


def test_a_bent_wire_is_distortion() -> None:
    image = grid().astype(np.float64)
    # 200 rows of the right half one pixel further to the right: three spacings high, half of the wires
    image[300:500, 401:] = image[300:500, 400:-1]
    found = measured(image)
    # the fit takes a part of it
    assert 0.4 < found.distortion_px < 1.1
