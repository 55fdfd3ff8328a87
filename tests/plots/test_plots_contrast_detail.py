"""The figure of a contrast-detail object draws the result's own cells, discs and thresholds."""

from __future__ import annotations

import dataclasses

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib.figure import Figure

from xrayiq.metrics import ContrastDetail
from xrayiq.model import Provenance
from xrayiq.plots import plot, to_svg

DETECTED = np.array([[[1, 1, 1], [0, 1, 1], [0, 0, 1]], [[1, 1, 1], [1, 1, 1], [0, 0, 0]]], dtype=np.bool_)
RESULT = ContrastDetail(
    object_name="three by three",
    diameters_mm=np.array([4.0, 2.0, 1.0]),
    steps_mm=np.array([0.5, 1.0, 2.0]),
    detected=DETECTED,
    p_values=np.full((2, 3, 3), 0.5),
    corners_right=DETECTED,
    corners=np.array([[-1, -1, -1], [0, 1, 2], [3, 0, 1]]),
    corners_given=True,
    contrasts=None,
    threshold_diameters_mm=np.array([3.0, 2.0, 1.5]),
    next_diameter_mm=8.0,
    image_iqf_inverses_per_mm2=np.array([10.0, 12.0]),
    iqf_inverse_uncertainty_per_mm2=1.0,
    threshold_steps_mm=None,
    threshold_step_uncertainties=None,
    outlines_px=np.zeros((2, 4, 2)),
    rotation_deg=0.0,
    magnification=1.0,
    grid_rms_mm=0.01,
    provenance=Provenance(algorithm="contrast_detail", algorithm_version=1),
)
FITTED = dataclasses.replace(
    RESULT,
    steps_mm=np.array([1e-4, 3e-4, 1e-3]),
    threshold_steps_mm=np.array([np.nan, 3e-4, 1e-3]),
    threshold_step_uncertainties=np.array([np.nan, 0.1, 0.1]),
)


def test_cells_are_shaded_by_the_share_of_images_and_axes_are_the_objects() -> None:
    ax = plot(RESULT, ax=Figure().add_subplot())
    np.testing.assert_allclose(np.asarray(ax.images[0].get_array()), DETECTED.mean(axis=0))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Depth / mm", "Diameter / mm")
    assert [text.get_text() for text in ax.get_yticklabels()] == ["4", "2", "1"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0.5", "1", "2"]
    assert ax.get_title(loc="left") == "IQF_inv 11.00 mm⁻², 67 % seen, 2 images"
    discs = sum(len(collection.get_paths()) for collection in ax.collections[1:])
    assert discs == 3 + 2 * 6  # one in cells of a single disc, two in the others


def test_least_diameters_are_drawn_where_the_rows_have_them() -> None:
    ax = plot(RESULT, ax=Figure().add_subplot())
    (curve,) = [line for line in ax.get_lines() if line.get_label() == "least diameter seen"]
    np.testing.assert_allclose(curve.get_ydata(), [np.log(4 / 3) / np.log(2), 1.0, 1 + np.log(2 / 1.5) / np.log(2)])


def test_fitted_thicknesses_are_drawn_in_micrometres() -> None:
    ax = plot(FITTED, ax=Figure().add_subplot())
    assert ax.get_xlabel() == "Thickness / µm"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0.1", "0.3", "1"]
    (curve,) = [line for line in ax.get_lines() if line.get_label() == "threshold thickness"]
    np.testing.assert_allclose(np.asarray(curve.get_xydata()), [[1.0, 1.0], [2.0, 2.0]])


@pytest.mark.parametrize("result", [RESULT, FITTED])
def test_the_figure_stands_in_a_page(result: ContrastDetail) -> None:
    assert to_svg(lambda ax: plot(result, ax=ax), name="n", title="t").endswith("</svg>")
