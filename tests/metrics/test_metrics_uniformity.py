"""Uniformity against its definition in plain NumPy, its invariants, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import Uniformity, measure_uniformity
from xrayiq.model import Acquisition, PixelRelation, Radiograph, Response, quantities
from xrayiq.model.packing import pack, unpack

PITCH = 0.5
#: the issue's figure; both sides add float64 numbers of one sign
TOLERANCE = 1e-9


def flat(shape: tuple[int, int] = (260, 320), *, seed: int = 7) -> NDArray[np.float64]:
    """Flat field with a heel, a vignette and noise that grows to the right."""
    rows, columns = np.indices(shape)
    shading = 1 - 0.1 * rows / shape[0] - 0.05 * ((columns - shape[1] / 2) / shape[1]) ** 2
    noise = np.random.default_rng(seed).normal(0, 1, shape) * (10 + 5 * columns / shape[1])
    return 2000 * shading + noise


def plain_tiles(image: NDArray[Any], side: int, border: int) -> NDArray[np.float64]:
    """The tiles of a border-trimmed image, as an array of (tile rows, tile columns, pixels)."""
    inner = np.asarray(image, dtype=np.float64)[border : image.shape[0] - border, border : image.shape[1] - border]
    down, across = inner.shape[0] // side, inner.shape[1] // side
    inner = inner[: down * side, : across * side]
    return inner.reshape(down, side, across, side).swapaxes(1, 2).reshape(down, across, side * side)


def plain_nonuniformities(
    x: NDArray[np.float64], connectivity: int = 4, denominator: str = "global"
) -> tuple[float, float]:
    """(max − min) / mean, and the greatest |x − mean of neighbours| over the mean of all or of the neighbours."""
    worst = 0.0
    for row in range(x.shape[0]):
        for column in range(x.shape[1]):
            near = []
            for other_row in range(max(row - 1, 0), min(row + 2, x.shape[0])):
                for other_column in range(max(column - 1, 0), min(column + 2, x.shape[1])):
                    steps = abs(other_row - row) + abs(other_column - column)
                    if steps == 1 or (steps == 2 and connectivity == 8):
                        near.append(x[other_row, other_column])
            scale = x.mean() if denominator == "global" else np.mean(near)
            worst = max(worst, abs(x[row, column] - np.mean(near)) / scale)
    return (x.max() - x.min()) / x.mean(), worst


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize(("connectivity", "denominator"), [(4, "global"), (8, "global"), (4, "neighbours")])
def test_tiles_match_the_definition(dtype: str, connectivity: Any, denominator: Any) -> None:
    image = flat().astype(dtype)
    found = measure_uniformity(image, pixel_pitch_mm=PITCH, connectivity=connectivity, denominator=denominator)
    tiles = plain_tiles(image, 20, 20)
    means, sds = tiles.mean(axis=-1), tiles.std(axis=-1, ddof=1)
    np.testing.assert_allclose(found.tile_means, means, rtol=TOLERANCE)
    np.testing.assert_allclose(found.tile_sds, sds, rtol=TOLERANCE)
    np.testing.assert_allclose(found.tile_snrs, means / sds, rtol=TOLERANCE)
    for name, tile_values in (("signal", means), ("noise", sds), ("snr", means / sds)):
        both = (getattr(found, f"{name}_nonuniformity_global"), getattr(found, f"{name}_nonuniformity_local"))
        assert both == pytest.approx(plain_nonuniformities(tile_values, connectivity, denominator), rel=TOLERANCE)
    assert found.mean_signal == pytest.approx(means.mean(), rel=TOLERANCE)
    assert found.snr_mean == pytest.approx((means / sds).mean(), rel=TOLERANCE)
    assert found.snr_minimum == pytest.approx((means / sds).min(), rel=TOLERANCE)


def test_tiles_lie_where_the_result_says() -> None:
    image = flat((251, 333))
    found = measure_uniformity(image, pixel_pitch_mm=PITCH, roi_mm=12.0, border_mm=7.0)
    assert found.tile_size_px == (24, 24)
    assert found.tile_rows_px.tolist() == [14 + 24 * k for k in range(9)]
    assert found.tile_columns_px.tolist() == [14 + 24 * k for k in range(12)]
    top, left = found.tile_rows_px[3], found.tile_columns_px[7]
    assert found.tile_means[3, 7] == pytest.approx(image[top : top + 24, left : left + 24].mean(), rel=TOLERANCE)


def test_detrended_noise_ignores_a_slope() -> None:
    noise = np.random.default_rng(3).normal(0, 5, (200, 200))
    slope = np.add.outer(np.arange(200) * 2.0, np.arange(200) * -1.0) + 3000
    found = measure_uniformity(slope + noise, pixel_pitch_mm=PITCH)
    level = measure_uniformity(3000 + noise, pixel_pitch_mm=PITCH)
    # a least-squares plane takes up exactly what is linear
    np.testing.assert_allclose(found.tile_detrended_sds, level.tile_detrended_sds, rtol=TOLERANCE)
    assert (found.tile_sds > level.tile_sds).all()


def test_rectangular_pixels_make_square_tiles() -> None:
    found = measure_uniformity(flat(), pixel_pitch_mm=(0.5, 0.25), roi_mm=8.0, border_mm=5.0)
    assert found.tile_size_px == (16, 32)
    assert (found.tile_rows_px[0], found.tile_columns_px[0]) == (10, 20)


@pytest.mark.parametrize(("pitch", "sides"), [(0.5, (55, 70)), (2.0, (50, 50))])
def test_five_rois_match_the_definition(pitch: float, sides: tuple[int, int]) -> None:
    image = flat()
    border = round(10 / pitch)
    found = measure_uniformity(image, pixel_pitch_mm=pitch)
    inner = image[border:-border, border:-border]
    height, width = inner.shape
    centres = [(0.5, 0.5), (0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75)]
    means = []
    for down, across in centres:
        # ROIs above the middle are rounded downwards, those below mirror them
        top = int(height * down - sides[0] / 2 + (0.5 if down < 0.5 else 0.0))
        left = int(width * across - sides[1] / 2 + (0.5 if across < 0.5 else 0.0))
        means.append(inner[top : top + sides[0], left : left + sides[1]].mean())
    assert found.five_roi_size_px == sides
    np.testing.assert_allclose(found.five_roi_means, means, rtol=TOLERANCE)
    mean = np.mean(means)
    assert found.five_roi_deviation == pytest.approx(np.abs(np.array(means) - mean).max() / mean, rel=TOLERANCE)
    assert found.five_roi_variation == pytest.approx(np.std(means, ddof=1) / mean, rel=TOLERANCE)


def values_of(result: Uniformity) -> NDArray[np.float64]:
    return np.array([measurement.value for measurement in result.measurements()])


@settings(deadline=None, max_examples=25)
@given(gain=st.floats(1e-3, 1e3))
def test_gain_changes_nothing_relative(gain: float) -> None:
    image = flat((120, 120))
    reference = values_of(measure_uniformity(image, pixel_pitch_mm=PITCH))
    np.testing.assert_allclose(values_of(measure_uniformity(image * gain, pixel_pitch_mm=PITCH)), reference, rtol=1e-9)


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.transpose])
def test_flips_change_nothing_where_tiles_fill_the_field(turn: Any) -> None:
    image = flat((280, 280))
    reference = values_of(measure_uniformity(image, pixel_pitch_mm=PITCH))
    np.testing.assert_allclose(values_of(measure_uniformity(turn(image), pixel_pitch_mm=PITCH)), reference, rtol=1e-9)


def test_offset_leaves_noise_alone() -> None:
    image = flat((120, 120))
    found, shifted = (measure_uniformity(image + offset, pixel_pitch_mm=PITCH) for offset in (0.0, 5000.0))
    np.testing.assert_allclose(shifted.tile_sds, found.tile_sds, rtol=TOLERANCE)
    np.testing.assert_allclose(shifted.tile_means, found.tile_means + 5000, rtol=TOLERANCE)


def test_masked_pixels_do_not_enter() -> None:
    image = flat()
    image[25:29, 25:29] = np.nan
    found = measure_uniformity(image, pixel_pitch_mm=PITCH)
    assert found.tile_means[0, 0] == pytest.approx(np.nanmean(image[20:40, 20:40]), rel=TOLERANCE)
    assert found.tile_sds[0, 0] == pytest.approx(np.nanstd(image[20:40, 20:40], ddof=1), rel=TOLERANCE)


def test_tile_of_padding_is_left_out() -> None:
    image = flat().astype(np.uint16)
    image[:, :70] = 0
    radiograph = Radiograph(pixels=image, pixel_pitch_mm=(PITCH, PITCH), relation=PixelRelation(padding=(0, 0)))
    found = measure_uniformity(radiograph)
    # half of the third column of tiles is padding
    assert np.isnan(found.tile_means).sum(axis=1).tolist() == [3] * 11
    tiles = plain_tiles(image, 20, 20)[:, 3:]
    assert found.signal_nonuniformity_global == pytest.approx(
        plain_nonuniformities(tiles.mean(axis=-1))[0], rel=TOLERANCE
    )
    assert found.signal_nonuniformity_local == pytest.approx(
        plain_nonuniformities(tiles.mean(axis=-1))[1], rel=TOLERANCE
    )


def test_logarithmic_pixels_are_linearised() -> None:
    kerma = flat() / 1000
    response = Response(model="log", a=500.0, b=800.0)
    image = Radiograph.from_array(response.to_pixel_values(kerma), pixel_pitch_mm=PITCH, response=response)
    found = measure_uniformity(image)
    assert (found.signal_unit, found.provenance.response_id) == ("uGy", response.id)
    np.testing.assert_allclose(found.tile_means, plain_tiles(kerma, 20, 20).mean(axis=-1), rtol=TOLERANCE)


def test_result_names_known_quantities_and_survives_storage() -> None:
    found = measure_uniformity(flat(), pixel_pitch_mm=PITCH)
    assert {measurement.quantity for measurement in found.measurements()} <= set(quantities())
    again = unpack(Uniformity, *pack(found))
    np.testing.assert_array_equal(again.tile_means, found.tile_means)
    assert again.provenance == found.provenance
    assert found.provenance.pixel_pitch_source == "argument"
    assert dict(found.provenance.parameters)["roi_mm"] == 10.0


def refused(image: Any, **arguments: Any) -> NotMeasurableError:
    with pytest.raises(NotMeasurableError) as caught:
        measure_uniformity(image, **{"pixel_pitch_mm": PITCH, **arguments})
    return caught.value


def test_small_image_is_refused_with_its_figures() -> None:
    error = refused(flat((50, 300)))
    assert error.reason == "smaller_than_roi"
    assert "50 × 300" in str(error)
    assert "60 × 60" in str(error)


def test_images_without_content_are_refused() -> None:
    assert refused(np.full((200, 200), 700.0)).reason == "constant_image"
    assert refused(np.full((200, 200), 65535, dtype=np.uint16)).reason == "all_saturated"
    assert refused(np.full((200, 200), np.nan)).reason == "only_padding"


def test_nearly_all_saturated_is_refused() -> None:
    image = np.full((200, 200), 4095, dtype=np.uint16)
    image[:10, :10] = 100
    assert refused(image).reason == "all_saturated"


def saturated(share: float, *, limit: int = 4095, shape: tuple[int, int] = (400, 400)) -> NDArray[np.uint16]:
    """Noise of SNR 100 of which the given share reaches the limit."""
    noise = np.random.default_rng(9).standard_normal(shape)
    level = limit / (1 + 0.01 * np.quantile(noise, 1 - share))
    return np.minimum(np.rint(level * (1 + 0.01 * noise)), limit).astype(np.uint16)


@pytest.mark.parametrize("limit", [3000, 4095, 65535])
@pytest.mark.parametrize("share", [0.012, 0.21, 0.6])
def test_partly_saturated_field_is_refused_with_its_share(share: float, limit: int) -> None:
    image = saturated(share, limit=limit)
    inside = image[40:360, 40:360]
    error = refused(image, pixel_pitch_mm=0.25)
    assert error.reason == "partly_saturated"
    assert f"{100 * np.mean(inside == limit):.3g} % of the pixels" in str(error)
    assert str(limit) in str(error)
    assert "at most 1 %" in str(error)


def test_saturation_at_the_header_limit_needs_no_plateau() -> None:
    # noise of less than a step: the end of the range does not stand out from the values below
    image = np.minimum(np.rint(1000 + np.random.default_rng(2).normal(0.4, 0.4, (400, 400))), 1001).astype(np.uint16)
    for limit, refusal in ((1001, True), (1023, False)):
        radiograph = Radiograph(
            pixels=image, pixel_pitch_mm=(0.25, 0.25), relation=PixelRelation(stored_min=0, stored_max=limit)
        )
        if refusal:
            assert refused(radiograph, pixel_pitch_mm=None).reason == "partly_saturated"
        else:
            assert measure_uniformity(radiograph).provenance.warnings == ()


def test_little_saturation_is_noted_and_none_is_not() -> None:
    found = measure_uniformity(saturated(0.005), pixel_pitch_mm=0.25)
    assert len(found.provenance.warnings) == 1
    assert "0.5" in found.provenance.warnings[0]
    assert measure_uniformity(saturated(1e-5), pixel_pitch_mm=0.25).provenance.warnings == ()


def test_saturation_outside_the_field_that_is_used_does_not_matter() -> None:
    image = saturated(1e-6)
    framed = image.copy()
    framed[:30], framed[:, -30:] = 4095, 0
    reference, found = (measure_uniformity(x, pixel_pitch_mm=0.25) for x in (image, framed))
    np.testing.assert_array_equal(found.tile_means, reference.tile_means)
    # declared padding is no saturation either
    framed[60:140, 60:100] = 0
    padding = PixelRelation(stored_min=0, stored_max=4096, padding=(0, 0))
    padded = Radiograph(pixels=framed, pixel_pitch_mm=(0.25, 0.25), relation=padding)
    assert measure_uniformity(padded).provenance.warnings == ()
    assert refused(framed, pixel_pitch_mm=0.25).reason == "partly_saturated"


def test_tile_without_noise_is_refused() -> None:
    image = flat((200, 200))
    image[20:40, 20:40] = 2000.0
    error = refused(image)
    assert error.reason == "no_noise"
    assert "1 of 64 tiles" in str(error)


def test_signal_around_zero_is_refused() -> None:
    assert refused(np.random.default_rng(1).normal(-5, 1, (200, 200))).reason == "signal_not_positive"


def test_pitch_is_needed() -> None:
    assert refused(flat(), pixel_pitch_mm=None).reason == "no_pixel_spacing"


def test_presentation_and_unknown_relation_are_refused() -> None:
    shown = Radiograph.from_array(flat(), pixel_pitch_mm=PITCH, acquisition=Acquisition(intent="FOR PRESENTATION"))
    assert refused(shown).reason == "presentation_image"
    unknown = Radiograph(pixels=flat(), pixel_pitch_mm=(PITCH, PITCH), relation=PixelRelation(relation="unknown"))
    assert refused(unknown).reason == "no_linear_signal"


@pytest.mark.parametrize(
    "arguments",
    [
        {"roi_mm": 0.0},
        {"roi_mm": "10"},
        {"roi_mm": float("nan")},
        {"border_mm": None},
        {"pixel_pitch_mm": "0.1"},
        {"pixel_pitch_mm": (0.1, 0.1, 0.1)},
        {"roi_mm": 0.6},
        {"border_mm": -1.0},
        {"connectivity": 6},
        {"denominator": "mean"},
        {"pixel_pitch_mm": 0.0},
    ],
)
def test_unusable_arguments_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        measure_uniformity(flat(), **{"pixel_pitch_mm": PITCH, **arguments})
    assert caught.value.needed
    assert caught.value.remedy


def test_stack_is_not_one_image() -> None:
    with pytest.raises(InputError):
        measure_uniformity(np.zeros((3, 50, 50)), pixel_pitch_mm=PITCH)
