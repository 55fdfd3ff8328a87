"""Noise power spectrum against closed formulas, its definition in plain NumPy, and its invariants."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import Nps, measure_nps
from xrayiq.model import PixelRelation, Radiograph, Response, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_flat

PITCH = 0.15


def test_simulated_detector_has_its_spectrum_in_kerma() -> None:
    detector = Detector(pixel_pitch_mm=PITCH, blur_sigma_mm=0.10)
    phantom = simulate_flat(detector, shape=(1024, 1024), kerma_ugy=2.5, seed=11)
    model, a, b, c = detector.response_coefficients
    image = Radiograph.from_array(phantom.pixels, pixel_pitch_mm=PITCH, response=Response(model=model, a=a, b=b, c=c))
    found = measure_nps(image)
    assert found.signal_unit == "uGy"
    # a megapixel whose noise spreads over some 2 pixels: 0.2 % of sampling noise
    assert found.mean_signal == pytest.approx(2.5, rel=1e-4)
    assert found.variance == pytest.approx(phantom.truth.variance_ugy2, rel=0.01)


def small(shape: tuple[int, int] = (96, 112), *, seed: int = 5) -> NDArray[np.float64]:
    """Noise on a curved background, with some correlation."""
    noise = np.random.default_rng(seed).normal(0, 10, (shape[0] + 1, shape[1]))
    rows, columns = np.indices(shape)
    return 1000 + 0.5 * rows - 0.01 * columns**2 + noise[1:] + 0.5 * noise[:-1]


def plain_spectrum(image: NDArray[np.float64], side: int, step: int, degree: int, pixel_mm2: float) -> Any:
    """Two-dimensional NPS of IEC 62220-1-1 with a least-squares trend; also its ROIs."""
    rows, columns = np.indices(image.shape) / 50.0
    terms = [rows**a * columns**b for a in range(degree + 1) for b in range(degree + 1 - a)]
    design = np.column_stack([term.ravel() for term in terms])
    trend = design @ np.linalg.lstsq(design, image.ravel(), rcond=None)[0]
    residual = image - trend.reshape(image.shape)
    rois = [
        residual[row : row + side, column : column + side]
        for row in range(0, image.shape[0] - side + 1, step)
        for column in range(0, image.shape[1] - side + 1, step)
    ]
    power = np.mean([np.abs(np.fft.fft2(roi)) ** 2 for roi in rois], axis=0)
    return np.fft.fftshift(power) * pixel_mm2 / side**2, rois, residual


@pytest.mark.parametrize(("detrend", "degree"), [("quadratic", 2), ("mean", 0)])
@pytest.mark.parametrize(("side", "overlap", "step"), [(32, 0.5, 16), (31, 0.0, 31), (40, 0.75, 10)])
def test_spectrum_matches_the_definition(detrend: Any, degree: int, side: int, overlap: float, step: int) -> None:
    image = small()
    found = measure_nps(image, pixel_pitch_mm=(0.2, 0.1), roi_px=side, overlap=overlap, detrend=detrend)
    expected, rois, residual = plain_spectrum(image, side, step, degree, 0.2 * 0.1)
    # bins far below the largest only hold its rounding
    np.testing.assert_allclose(found.spectrum, expected, rtol=1e-9, atol=1e-12 * expected.max())
    covered = tuple(np.s_[: (size - side) // step * step + side] for size in image.shape)
    assert found.roi_count == len(rois)
    assert found.pixel_count == residual[covered].size
    assert found.variance == pytest.approx((residual[covered] ** 2).mean(), rel=1e-9)
    assert found.mean_signal == pytest.approx(image[covered].mean(), rel=1e-12)


def test_integral_is_the_mean_square_over_the_rois() -> None:
    image = small()
    _, rois, _ = plain_spectrum(image, 32, 16, 2, 1.0)
    found = measure_nps(image, pixel_pitch_mm=PITCH, roi_px=32)
    # Parseval's theorem
    assert found.integral == pytest.approx(np.mean(np.square(rois)), rel=1e-9)


def test_axes_are_in_inverse_millimetres() -> None:
    found = measure_nps(small(), pixel_pitch_mm=(0.2, 0.1), roi_px=32)
    np.testing.assert_allclose(found.frequencies_per_mm, np.arange(1, 17) / 3.2, rtol=1e-12)
    # across wide rows a line lies two bins away, so the cut along v starts later
    np.testing.assert_allclose(found.v_frequencies_per_mm, np.arange(2, 17) / 6.4, rtol=1e-12)
    assert found.radial_frequencies_per_mm[-1] <= 1 / 0.4 + 0.5 / 3.2
    square = measure_nps(small(), pixel_pitch_mm=0.2, roi_px=32)
    np.testing.assert_allclose(square.v_frequencies_per_mm, np.arange(1, 17) / 6.4, rtol=1e-12)
    assert (np.diff(square.radial_frequencies_per_mm) > 0).all()


def test_noise_along_one_direction_shows_in_its_cut() -> None:
    noise = np.random.default_rng(8).normal(0, 10, (512, 513))
    smooth_along_columns = 1000 + noise[:, 1:] + noise[:, :-1]
    found = measure_nps(smooth_along_columns, pixel_pitch_mm=0.1, roi_px=64)
    # 4 cos²(πk/N) vanishes at the Nyquist frequency of u; the cut along v lies on its lines k = 1 to 7
    assert found.u_values[-1] < 0.02 * found.v_values[-1]
    expected = 4 * 100 * 0.1**2 * np.mean(np.cos(np.pi * np.arange(1, 8) / 64) ** 2)
    # sampling noise 0.6 %: 14 lines × 32 bins × 64 independent ROIs
    assert found.v_values.mean() == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("side", [256, 255])
@pytest.mark.parametrize("direction", ["u", "v"])
def test_sine_along_an_axis_peaks_at_its_frequency_on_that_axis(direction: str, side: int) -> None:
    sine = np.sin(2 * np.pi * 1.0 * np.arange(512) * PITCH)
    image = 1000 + np.random.default_rng(4).normal(0, 1, (512, 512)) + 5 * (sine if direction == "u" else sine[:, None])
    found = measure_nps(image, pixel_pitch_mm=PITCH, roi_px=side)
    axis, values, cut, other = (
        (found.frequencies_per_mm, found.u_axis_values, found.u_values, found.v_axis_values)
        if direction == "u"
        else (found.v_frequencies_per_mm, found.v_axis_values, found.v_values, found.u_axis_values)
    )
    bin_width = 1 / (side * PITCH)
    assert abs(axis[np.argmax(values)] - 1.0) <= bin_width / 2
    # amplitude²/2 of power in both halves of one line of frequencies; 4 bins around hold 97 % of a rectangular window's
    near = np.abs(axis - 1.0) <= 4 * bin_width
    assert 2 * values[near].sum() * bin_width**2 == pytest.approx(5**2 / 2, rel=0.05)
    # the cut beside the axis and the other axis hold white noise alone, p²: a line of four independent ROIs stays below
    # eight times that but for 1 in 10⁸
    assert max(cut.max(), other.max()) < 8 * PITCH**2 < 1e-3 * values.max()


@pytest.mark.parametrize("side", [32, 31])
def test_axis_values_are_lines_of_the_spectrum(side: int) -> None:
    found = measure_nps(small(), pixel_pitch_mm=(0.2, 0.1), roi_px=side)
    rows, columns = np.fft.fftshift(np.fft.fftfreq(side, 0.2)), np.fft.fftshift(np.fft.fftfreq(side, 0.1))
    assert (found.u_axis_values.shape, found.v_axis_values.shape) == (found.u_values.shape, found.v_values.shape)
    for frequency, value in zip(found.frequencies_per_mm, found.u_axis_values, strict=True):
        column = np.argmin(np.abs(np.abs(columns) - frequency))
        assert value == pytest.approx(found.spectrum[rows == 0, column].item(), rel=1e-12)
    for frequency, value in zip(found.v_frequencies_per_mm, found.v_axis_values, strict=True):
        row = np.argmin(np.abs(np.abs(rows) - frequency))
        assert value == pytest.approx(found.spectrum[row, columns == 0].item(), rel=1e-12)


@settings(deadline=None, max_examples=20)
@given(gain=st.floats(1e-3, 1e3), offset=st.floats(-500, 5000))
def test_gain_squares_and_offset_leaves(gain: float, offset: float) -> None:
    image = small()
    reference = measure_nps(image, pixel_pitch_mm=PITCH, roi_px=32)
    found = measure_nps(image * gain + offset, pixel_pitch_mm=PITCH, roi_px=32)
    # an offset of 5000 over a noise of 0.01 leaves 10 digits of the noise
    tolerance = 1e-8
    np.testing.assert_allclose(found.u_values, reference.u_values * gain**2, rtol=tolerance)
    np.testing.assert_allclose(found.radial_values, reference.radial_values * gain**2, rtol=tolerance)


def test_flips_change_no_curve_and_a_turn_swaps_them() -> None:
    image = small((96, 96))
    reference = measure_nps(image, pixel_pitch_mm=PITCH, roi_px=32)
    for flipped in (image[::-1], image[:, ::-1]):
        found = measure_nps(flipped, pixel_pitch_mm=PITCH, roi_px=32)
        np.testing.assert_allclose(found.u_values, reference.u_values, rtol=1e-9)
        np.testing.assert_allclose(found.v_values, reference.v_values, rtol=1e-9)
    turned = measure_nps(image.T, pixel_pitch_mm=PITCH, roi_px=32)
    np.testing.assert_allclose(turned.u_values, reference.v_values, rtol=1e-9)
    np.testing.assert_allclose(turned.spectrum, reference.spectrum.T, rtol=1e-6, atol=1e-10)


def test_smooth_background_leaves_the_spectrum() -> None:
    image = small()
    rows, columns = np.indices(image.shape)
    shaded = image + 3.0 * rows - 0.02 * rows * columns + 0.05 * columns**2
    reference, found = (measure_nps(x, pixel_pitch_mm=PITCH, roi_px=32) for x in (image, shaded))
    np.testing.assert_allclose(found.spectrum, reference.spectrum, rtol=1e-6)


def test_several_images_average() -> None:
    images = [small(seed=seed) for seed in (1, 2, 3)]
    found = measure_nps(images, pixel_pitch_mm=PITCH, roi_px=32)
    single = [measure_nps(image, pixel_pitch_mm=PITCH, roi_px=32) for image in images]
    np.testing.assert_allclose(found.spectrum, np.mean([one.spectrum for one in single], axis=0), rtol=1e-9)
    assert (found.image_count, found.roi_count) == (3, 3 * single[0].roi_count)
    assert found.pixel_count == 3 * single[0].pixel_count
    stacked = measure_nps(np.stack(images), pixel_pitch_mm=PITCH, roi_px=32)
    np.testing.assert_array_equal(stacked.spectrum, found.spectrum)


def test_rois_with_masked_pixels_are_left_out() -> None:
    image = small((64, 96))
    image[5, 5] = np.nan
    found = measure_nps(image, pixel_pitch_mm=PITCH, roi_px=32, detrend="mean")
    residual = image - np.nanmean(image)
    rois = [
        residual[row : row + 32, column : column + 32]
        for row in (0, 16, 32)
        for column in (0, 16, 32, 48, 64)
        if (row, column) != (0, 0)
    ]
    expected = np.fft.fftshift(np.mean([np.abs(np.fft.fft2(roi)) ** 2 for roi in rois], axis=0)) * PITCH**2 / 32**2
    np.testing.assert_allclose(found.spectrum, expected, rtol=1e-9, atol=1e-12 * expected.max())
    # only the corner that no other ROI covers is lost
    assert found.pixel_count == image.size - 16 * 16


def test_central_area_is_cut_out() -> None:
    image = small((120, 130))
    found = measure_nps(image, pixel_pitch_mm=0.5, roi_px=32, area_mm=32.0)
    reference = measure_nps(image[28:92, 33:97], pixel_pitch_mm=0.5, roi_px=32)
    np.testing.assert_array_equal(found.spectrum, reference.spectrum)
    smaller = measure_nps(image, pixel_pitch_mm=0.5, roi_px=32, area_mm=125.0)
    assert any("smaller than the 125 mm" in warning for warning in smaller.provenance.warnings)


def test_image_without_mean_has_a_spectrum_but_no_normalised_one() -> None:
    found = measure_nps(small() - 5000, pixel_pitch_mm=PITCH, roi_px=32)
    assert (found.u_values > 0).all()
    assert found.measurements() == ()
    with pytest.raises(NotMeasurableError, match="mean signal"):
        _ = found.nnps_radial
    assert repr(found) == (
        f"Nps(Standard deviation {np.sqrt(found.variance):.4g}, "
        f"Mean signal {found.mean_signal:.3g}, too low for an NNPS)"
    )
    assert "Standard deviation" in found._repr_html_()


def test_images_may_come_in_any_wrapping() -> None:
    images = [small(seed=seed) for seed in (1, 2)]
    reference = measure_nps(images, pixel_pitch_mm=PITCH, roi_px=32)
    radiographs = [Radiograph.from_array(image, pixel_pitch_mm=PITCH) for image in images]
    for wrapped in (
        tuple(images),
        (image for image in images),
        iter(radiographs),
        map(np.asarray, images),
        [image.tolist() for image in images],
        np.stack(images).tolist(),
    ):
        found = measure_nps(wrapped, pixel_pitch_mm=PITCH, roi_px=32)
        assert found.image_count == 2
        np.testing.assert_array_equal(found.spectrum, reference.spectrum)
    single = measure_nps(images[0], pixel_pitch_mm=PITCH, roi_px=32)
    for rows in (images[0].tolist(), list(images[0]), tuple(map(tuple, images[0].tolist()))):
        found = measure_nps(rows, pixel_pitch_mm=PITCH, roi_px=32)
        assert found.image_count == 1
        np.testing.assert_array_equal(found.spectrum, single.spectrum)


def test_images_of_a_generator_are_not_kept() -> None:
    alive: list[weakref.ref[Radiograph]] = []
    most = []

    def images() -> Iterator[NDArray[np.float64]]:
        for seed in range(5):
            gc.collect()
            most.append(sum(reference() is not None for reference in alive))
            image = small(seed=seed)
            alive.append(weakref.ref(image))  # type: ignore[arg-type]  # any object will do
            yield image
            del image

    measure_nps(images(), pixel_pitch_mm=PITCH, roi_px=32)
    # the first is kept for its pitch and name, the last one until the next is there
    assert max(most) <= 2


def saturated(share: float, *, limit: int = 4095) -> NDArray[np.uint16]:
    """Noise of SNR 100 of which the given share reaches the limit."""
    noise = np.random.default_rng(9).standard_normal((200, 200))
    level = limit / (1 + 0.01 * np.quantile(noise, 1 - share))
    return np.minimum(np.rint(level * (1 + 0.01 * noise)), limit).astype(np.uint16)


def test_partly_saturated_image_is_refused_wherever_it_stands() -> None:
    clean = saturated(1e-6)
    for limit in (4095, 65535):
        image = saturated(0.21, limit=limit)
        share = f"{100 * np.mean(image == limit):.3g} % of the pixels"
        for images in (image, [clean, image]):
            with pytest.raises(NotMeasurableError, match=rf"{share}.*at most 1 %") as caught:
                measure_nps(images, pixel_pitch_mm=PITCH, roi_px=32)
            assert caught.value.reason == "partly_saturated"


def test_little_saturation_is_noted_once() -> None:
    images = [saturated(0.005), saturated(0.002)]
    found = measure_nps(images, pixel_pitch_mm=PITCH, roi_px=32)
    share = f"{100 * np.mean(images[0] == 4095):.3g}"
    assert [warning for warning in found.provenance.warnings if "saturated" in warning] == [
        f"{share} % of the pixels stand at the end of the range, value 4095, as saturated or cut off"
    ]
    clean = measure_nps(saturated(1e-6), pixel_pitch_mm=PITCH, roi_px=32)
    assert not any("saturated" in warning for warning in clean.provenance.warnings)


def test_saturation_outside_the_area_does_not_matter() -> None:
    image = saturated(1e-6)
    image[:10] = 4095
    found = measure_nps(image, pixel_pitch_mm=0.1, roi_px=32, area_mm=15.0)
    assert not any("saturated" in warning for warning in found.provenance.warnings)


def test_measurements_are_means_around_their_frequency() -> None:
    found = measure_nps(100 + small((300, 300)), pixel_pitch_mm=0.1)
    values = {(m.quantity, m.direction): m.value for m in found.measurements()}
    assert {name for name, _ in values} <= set(quantities())
    near = np.abs(found.frequencies_per_mm - 2.0) <= 0.1
    assert values["nnps_at_2_per_mm", "columns"] == pytest.approx(found.nnps_u[near].mean(), rel=1e-12)
    assert values["relative_noise", ""] == pytest.approx(np.sqrt(found.variance) / found.mean_signal, rel=1e-12)


def test_result_survives_storage() -> None:
    found = measure_nps(small(), pixel_pitch_mm=PITCH, roi_px=32)
    again = unpack(Nps, *pack(found))
    np.testing.assert_array_equal(again.nnps_v, found.nnps_v)
    assert again.pixel_pitch_mm == (PITCH, PITCH)
    assert again.provenance == found.provenance
    assert any("4 million" in warning for warning in found.provenance.warnings)


def test_images_of_other_exposure_are_noted() -> None:
    found = measure_nps([small(), small() * 1.5], pixel_pitch_mm=PITCH, roi_px=32)
    assert any("not of one exposure" in warning for warning in found.provenance.warnings)


def test_small_image_is_refused_with_its_figures() -> None:
    with pytest.raises(NotMeasurableError, match=r"200 × 300.*256 × 256") as caught:
        measure_nps(small((200, 300)), pixel_pitch_mm=PITCH)
    assert caught.value.reason == "smaller_than_roi"


def test_image_without_clean_roi_is_refused() -> None:
    image = small().astype(np.uint16)
    image[::8, ::8] = 0
    padded = Radiograph(pixels=image, pixel_pitch_mm=(PITCH, PITCH), relation=PixelRelation(padding=(0, 0)))
    with pytest.raises(NotMeasurableError) as caught:
        measure_nps(padded, roi_px=32)
    assert caught.value.reason == "no_clean_roi"


@pytest.mark.parametrize(
    ("images", "arguments"),
    [
        ([], {}),
        ([small(), small((96, 96))], {}),
        (small(), {"roi_px": 8}),
        (small(), {"roi_px": 32.5}),
        (small(), {"roi_px": "32"}),
        (small(), {"roi_px": (32, 32)}),
        (small(), {"overlap": "half"}),
        (small(), {"pixel_pitch_mm": (0.1, 0.1, 0.1)}),
        (small(), {"pixel_pitch_mm": "0.1"}),
        ("flat.dcm", {}),
        (["flat.dcm"], {}),
        ([[1.0, 2.0], [3.0]], {}),
        (7, {}),
        (small(), {"overlap": 1.0}),
        (small(), {"detrend": "cubic"}),
        (small(), {"area_mm": 0.0}),
        (np.zeros((2, 2, 2, 2)), {}),
    ],
)
def test_unusable_arguments_are_refused(images: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        measure_nps(images, **{"pixel_pitch_mm": PITCH, "roi_px": 32, **arguments})
    assert caught.value.needed
    assert caught.value.remedy


def test_images_of_different_pitch_or_response_are_refused() -> None:
    one, other = (Radiograph.from_array(small(), pixel_pitch_mm=pitch) for pitch in (0.1, 0.2))
    with pytest.raises(InputError, match="pixel pitch"):
        measure_nps([one, other], roi_px=32)
    calibrated = Radiograph.from_array(small(), pixel_pitch_mm=0.1, response=Response(model="linear", a=0.0, b=500.0))
    with pytest.raises(InputError, match="response"):
        measure_nps([one, calibrated], roi_px=32)
