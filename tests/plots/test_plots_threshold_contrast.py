"""The figure of the threshold contrast draws the result's own numbers."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib.figure import Figure

from xrayiq.metrics import ThresholdContrast
from xrayiq.model import Provenance
from xrayiq.plots import plot, to_svg

RESULT = ThresholdContrast(
    diameters_mm=np.array([0.5, 1.0, 2.0, 4.0]),
    values=np.array([0.04, 0.022, 0.01, 0.005]),
    uncertainties=np.array([0.001, 0.001, 0.001, 0.0005]),
    disc_sds=np.array([0.04, 0.022, 0.01, 0.005]) / 3.29,
    disc_sd_uncertainties=np.array([0.001, 0.001, 0.001, 0.0005]) / 3.29,
    disc_counts=np.array([800, 200, 50, 12]),
    effective_pixels=np.array([9.0, 35.0, 140.0, 560.0]),
    factor=3.29,
    confidence=0.95,
    mean_signal=1250.0,
    signal_unit="1",
    image_count=2,
    provenance=Provenance(algorithm="threshold_contrast", algorithm_version=1),
)


def test_threshold_contrast_is_drawn_in_percent_over_diameter_on_logarithmic_axes() -> None:
    ax = plot(RESULT, ax=Figure().add_subplot())
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Diameter of the disc / mm", "Threshold contrast (95 %) / %")
    assert ax.get_title(loc="left") == "Threshold contrast of discs, 2 images"
    drawn = {str(line.get_label()): np.asarray(line.get_xydata()) for line in ax.get_lines()}
    curve = np.asarray(ax.containers[0][0].get_xydata())  # type: ignore[attr-defined]
    np.testing.assert_allclose(curve, np.column_stack([RESULT.diameters_mm, 100 * RESULT.values]))
    white = drawn["as in white noise"]
    assert white[2].tolist() == pytest.approx([2.0, 1.0])
    np.testing.assert_allclose(white[:, 0] * white[:, 1], 2.0)


def test_threshold_contrast_stands_in_a_page() -> None:
    assert to_svg(lambda ax: plot(RESULT, ax=ax), name="n", title="t").endswith("</svg>")
