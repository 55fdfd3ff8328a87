"""The figure of a bar pattern draws the result's own numbers."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from xrayiq.metrics.bar_pattern import BarPattern
from xrayiq.model import Provenance
from xrayiq.plots import plot


def make_bar_pattern(f50: float | None = 1.6) -> BarPattern:
    frequencies = np.array([0.5, 1.0, 2.0])
    return BarPattern(
        frequencies_per_mm=frequencies,
        engraved_per_mm=frequencies,
        contrast_transfer=np.array([0.99, 0.9, 0.4]),
        contrast_uncertainty=np.array([0.01, 0.02, 0.03]),
        mtf_values=np.array([0.9, 0.7, 0.3]),
        terms=np.array([2, 1, 1]),
        missing=np.array([0.06, 0.1, 0.1]),
        f50_per_mm=f50,
        bar_angle_deg=3.2,
        across="rows",
        nyquist_per_mm=2.5,
        provenance=Provenance(algorithm="bar_pattern", algorithm_version=1),
    )


def test_both_curves_are_those_of_the_result() -> None:
    result = make_bar_pattern()
    ax = plot(result, ax=Figure().subplots())
    drawn = {line.get_label(): line.get_xydata() for line in ax.lines}
    np.testing.assert_array_equal(
        drawn["MTF (Coltman)"], np.column_stack((result.frequencies_per_mm, result.mtf_values))
    )
    bars = ax.containers[0]
    np.testing.assert_array_equal(bars.lines[0].get_ydata(), result.contrast_transfer)
    ends = np.array([segment[:, 1] for segment in bars.lines[2][0].get_segments()])
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 2.0 * result.contrast_uncertainty)


def test_axes_say_what_they_show_and_the_title_the_bars() -> None:
    ax = plot(make_bar_pattern(None), ax=Figure().subplots())
    assert "mm⁻¹" in ax.get_xlabel()
    assert "MTF" in ax.get_ylabel()
    assert ax.get_title(loc="left") == "Bar pattern across rows, bars at 3.20°"
    assert [text.get_text() for text in ax.texts] == ["Nyquist"]
