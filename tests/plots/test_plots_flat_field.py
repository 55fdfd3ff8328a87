"""Figures of flat fields draw the results' own numbers."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics import measure_line_noise, measure_temporal_noise, measure_uniformity
from xrayiq.plots import plot


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
