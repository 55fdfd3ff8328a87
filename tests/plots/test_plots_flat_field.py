"""Figures of flat fields draw the results' own numbers."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics import (
    compute_local_variance,
    measure_line_noise,
    measure_mammography_flat_field,
    measure_temporal_noise,
    measure_uniformity,
)
from xrayiq.model import Limit
from xrayiq.plots import plot, plot_mammography_flat_field


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def noise(seed: int = 1, shape: tuple[int, int] = (120, 160)) -> np.ndarray:
    return np.random.default_rng(seed).normal(1000.0, 10.0, shape)


@pytest.mark.parametrize(("geometry", "word"), [("none", ""), ("quadratic", "Quadratic fit"), ("pair", "0°/180° pair")])
def test_uniformity_says_how_the_geometry_was_removed(geometry: str, word: str) -> None:
    images = [noise(1), noise(2)] if geometry == "pair" else noise(1)
    result = measure_uniformity(images, pixel_pitch_mm=0.5, geometry=geometry)  # type: ignore[arg-type]  # a literal
    title = plot(result, ax=axes()).get_title(loc="left")
    assert title == (f"{word}: {100 * result.geometry_removed_fraction:.1f} % removed" if word else "")


def test_a_masked_tile_stays_empty_on_the_map() -> None:
    image = noise()
    image[20:40, 20:40] = np.nan
    ax = plot(measure_uniformity(image, pixel_pitch_mm=0.5), ax=axes())
    picture = np.ma.filled(ax.get_images()[0].get_array(), np.nan)
    assert np.isnan(picture).sum() == 1
    assert np.isfinite([line.get_xdata() for line in ax.get_lines()]).all()


def test_line_noise_draws_both_profiles_and_their_indices() -> None:
    result = measure_line_noise(noise(), pixel_pitch_mm=(0.5, 1.0), border_mm=0.0)
    ax = plot(result, ax=axes())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Position / mm", "Line mean against its surroundings / %")
    columns, rows = (np.asarray(line.get_xydata()) for line in ax.get_lines())
    np.testing.assert_allclose(columns[:, 0], result.columns.positions_px * 1.0)
    np.testing.assert_allclose(columns[:, 1], 100 * result.columns.deviations)
    np.testing.assert_allclose(np.diff(rows[:, 1]), np.diff(100 * result.rows.deviations), atol=1e-12)  # shifted down
    assert f"columns: CNI {result.columns.index:.2f}" in str(ax.get_lines()[0].get_label())


def test_temporal_noise_is_a_map_of_shares_with_the_share_as_title() -> None:
    result = measure_temporal_noise([noise(1), noise(2)], pixel_pitch_mm=0.5, border_mm=0.0)
    ax = plot(result, ax=axes())
    total = result.tile_random_variances + result.tile_structured_variances
    np.testing.assert_allclose(ax.get_images()[0].get_array(), 100 * result.tile_structured_variances / total)
    assert ax.get_title(loc="left").startswith(f"Structured {100 * result.structured_fraction:.1f} % (")
    assert "%" in ax.figure.axes[1].get_ylabel()


def test_local_variance_is_drawn_over_its_median_with_its_extremes() -> None:
    result = compute_local_variance(noise(), size_px=9)
    ax = plot(result, ax=axes())
    ratios = np.asarray(ax.get_images()[0].get_array())
    np.testing.assert_allclose(ratios[20:-20, 20:-20], (result.variances / result.median_variance)[20:-20, 20:-20])
    least, greatest = ax.get_lines()
    assert (least.get_ydata()[0], least.get_xdata()[0]) == result.least_px  # type: ignore[index]  # arrays
    assert (greatest.get_ydata()[0], greatest.get_xdata()[0]) == result.greatest_px  # type: ignore[index]  # arrays
    assert "9 × 9 px" in ax.figure.axes[1].get_ylabel()


def test_a_large_local_variance_is_drawn_as_means_over_blocks() -> None:
    result = compute_local_variance(noise(shape=(500, 961)), size_px=9)
    picture = np.asarray(plot(result, ax=axes()).get_images()[0].get_array())
    assert picture.shape == (166, 320)
    ratios = result.variances / result.median_variance
    assert picture[10, 20] == pytest.approx(ratios[30:33, 60:63].mean(), rel=1e-6)


def test_mammography_draws_each_deviation_with_its_limit() -> None:
    result = measure_mammography_flat_field([noise(1), noise(2), noise(3)], pixel_pitch_mm=0.5, doses=[1.0, 1.1, 1.2])
    limit = Limit(
        id="tile",
        quantity="mammography_signal_deviation",
        document="a protocol",
        edition="",
        confidence="C",
        warning_high=0.15,
    )
    ax = plot_mammography_flat_field(result, ax=axes(), limits=(limit,))
    drawn = {str(line.get_label()): np.asarray(line.get_ydata()) for line in ax.get_lines()}
    np.testing.assert_allclose(drawn["tile signal"], 100 * result.signal_deviations)
    np.testing.assert_allclose(drawn["tile SNR"], 100 * result.snr_deviations)
    np.testing.assert_allclose(drawn["image dose"], 100 * np.array([-1, 0, 1]) / 11, atol=1e-9)
    assert [15.0, 15.0] in [np.asarray(line.get_ydata()).tolist() for line in ax.get_lines()]
    assert "not verified" in ax.texts[0].get_text().replace("\n", " ")
    assert ax.get_title(loc="left") == "0 pixels off by more than 20 %"
    single = plot(measure_mammography_flat_field(noise(1), pixel_pitch_mm=0.5), ax=axes())
    assert len(single.get_lines()) == 2
