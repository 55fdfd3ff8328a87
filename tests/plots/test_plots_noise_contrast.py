"""Figures of noise components and of contrast draw the result's own numbers."""

from __future__ import annotations

import dataclasses

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics.contrast import Contrast
from xrayiq.metrics.noise import Noise
from xrayiq.model import Provenance
from xrayiq.plots import plot, to_svg

PROVENANCE = Provenance(algorithm="test", algorithm_version=1)
KERMA = np.array([0.3, 1.0, 3.0, 10.0, 20.0])


def make_noise() -> Noise:
    parts = np.array([2e-3 * np.ones(5), 1.5e-3 * KERMA, 1e-4 * KERMA**2])
    total = parts.sum(axis=0)
    return Noise(
        kerma_ugy=KERMA,
        mean_signals=KERMA,
        image_counts=np.ones(5, dtype=np.int64),
        variances=1.01 * total,
        variance_errors=0.01 * total,
        random_variances=np.full(5, np.nan),
        structured_variances=np.full(5, np.nan),
        fitted_variances=total,
        electronic=2e-3,
        quantum=1.5e-3,
        structured=1e-4,
        electronic_interval=(1.8e-3, 2.2e-3),
        quantum_interval=(1.4e-3, 1.6e-3),
        structured_interval=(0.0, 2e-4),
        electronic_fractions=parts[0] / total,
        quantum_fractions=parts[1] / total,
        structured_fractions=parts[2] / total,
        structured_from_repeats=None,
        structured_from_repeats_interval=None,
        quantum_limited_from_ugy=4.0 / 3.0,
        quantum_limited_to_ugy=15.0,
        relative_noise_slope=-0.6,
        signal_unit="uGy",
        tile_count=100,
        tile_size_px=(66, 66),
        roi_mm=10.0,
        border_mm=10.0,
        provenance=PROVENANCE,
    )


def make_contrast(backgrounds: int = 2) -> Contrast:
    boxes = np.array([[0, 10, 20 * number, 20 * number + 10] for number in range(backgrounds)])
    return Contrast(
        contrast_to_noise=6.0,
        contrast_to_noise_uncertainty=0.25,
        contrast_to_noise_pooled=5.9,
        contrast=0.3,
        contrast_to_noise_per_root_kerma=None,
        signal_mean=70.0,
        signal_sd=5.2,
        background_mean=100.0,
        background_sd=5.0,
        background_means=100.0 + np.linspace(-2.0, 2.0, backgrounds),
        background_sds=np.full(backgrounds, 5.0),
        signal_unit="1",
        signal_pixel_count=100,
        background_pixel_counts=np.full(backgrounds, 100),
        signal_box_px=(0, 10, 60, 70),
        background_boxes_px=boxes,
        noise_correlation_px=1.0,
        provenance=PROVENANCE,
    )


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def lines(ax: Axes) -> dict[str, np.ndarray]:
    return {str(line.get_label()): np.asarray(line.get_xydata()) for line in ax.get_lines()}


def legend_texts(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize(
    ("result", "x", "y"),
    [
        (make_noise(), "Air kerma at the detector / µGy", "Variance / µGy²"),
        (dataclasses.replace(make_noise(), signal_unit="1"), "Air kerma at the detector / µGy", "Variance / relative²"),
        (make_contrast(), "", "Mean signal ± noise / relative unit"),
    ],
)
def test_axes_name_quantity_and_unit(result: Noise | Contrast, x: str, y: str) -> None:
    ax = axes()
    assert plot(result, ax=ax) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == (x, y)
    assert to_svg(lambda given: plot(result, ax=given), name="one", title="t").startswith("<svg ")


def test_noise_is_drawn_on_logarithmic_axes_with_its_parts() -> None:
    ax = plot(make_noise(), ax=axes())
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    drawn = lines(ax)
    for name, coefficient, power in (("electronic", 2e-3, 0), ("quantum", 1.5e-3, 1), ("structured", 1e-4, 2)):
        kerma, variance = drawn[name].T
        np.testing.assert_allclose(variance, coefficient * kerma**power, rtol=1e-12)  # rounding
        assert kerma[0] < KERMA[0] < KERMA[-1] < kerma[-1]
    kerma, variance = drawn["fit"].T
    np.testing.assert_allclose(variance, 2e-3 + 1.5e-3 * kerma + 1e-4 * kerma**2, rtol=1e-12)


def test_noise_intervals_are_bands_about_the_parts() -> None:
    ax = plot(make_noise(), ax=axes())
    electronic = np.concatenate([path.vertices for path in ax.collections[0].get_paths()])
    assert set(np.round(electronic[:, 1], 12)) == {1.8e-3, 2.2e-3}
    structured = np.concatenate([path.vertices for path in ax.collections[2].get_paths()])
    # the upper end at the greatest kerma drawn; the lower one of zero lies below the axis
    assert structured[:, 1].max() == pytest.approx(2e-4 * structured[:, 0].max() ** 2, rel=1e-12)
    assert structured[:, 1].min() < ax.get_ylim()[0]


def test_noise_shades_the_quantum_limited_range_that_was_measured() -> None:
    ax = plot(make_noise(), ax=axes())
    (band,) = [patch for patch in ax.patches if patch.get_label() == "quantum-limited"]
    extent = band.get_path().get_extents(band.get_patch_transform())
    assert (extent.x0, extent.x1) == pytest.approx((4.0 / 3.0, 15.0))
    none = dataclasses.replace(make_noise(), quantum_limited_from_ugy=None, quantum_limited_to_ugy=None)
    assert "quantum-limited" not in legend_texts(plot(none, ax=axes()))


def test_an_absent_component_has_no_line() -> None:
    ax = plot(dataclasses.replace(make_noise(), structured=0.0, quantum_limited_to_ugy=None), ax=axes())
    assert "structured" not in legend_texts(ax)
    assert {"electronic", "quantum", "fit", "measured", "quantum-limited"} <= set(legend_texts(ax))


@pytest.mark.parametrize(
    ("backgrounds", "names"),
    [(1, ["object", "background"]), (3, ["object", "background 1", "background 2", "background 3"])],
)
def test_contrast_shows_every_region_and_the_ratio(backgrounds: int, names: list[str]) -> None:
    result = make_contrast(backgrounds)
    ax = plot(result, ax=axes())
    assert [text.get_text() for text in ax.get_xticklabels()] == names
    assert ax.get_title(loc="left") == "CNR 6.00 ± 0.25"
    points = [container[0].get_xydata() for container in ax.containers]  # type: ignore[attr-defined]
    np.testing.assert_array_equal(points[0], [[0.0, 70.0]])
    np.testing.assert_array_equal(points[1][:, 1], result.background_means)
