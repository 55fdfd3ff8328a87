"""Figures of lag and ghosting draw the result's own numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics.ghosting import Ghosting
from xrayiq.metrics.lag import Lag
from xrayiq.metrics.lag_decay import LagDecay
from xrayiq.model import Limit, Provenance
from xrayiq.plots import plot, plot_ghosting, plot_lag, to_svg

BOX = np.array([[0, 50, 0, 50]])
PROVENANCE = Provenance(algorithm="test", algorithm_version=1)
DECAY = LagDecay(
    amplitudes=np.array([0.02]),
    amplitude_uncertainties=np.array([1e-4]),
    time_constants=np.array([1.0]),
    time_constant_uncertainties=np.array([0.01]),
    time_unit="frame",
    chi_square_reduced=1.0,
)
LAG = Lag(
    values=0.02 * np.exp(-np.arange(1.0, 7.0)),
    uncertainties=np.full(6, 1e-6),
    times_s=None,
    exposed_signal=25.0,
    signal_unit="uGy",
    decay=DECAY,
    region_boxes_px=BOX,
    background_boxes_px=BOX + 50,
    provenance=PROVENANCE,
)
LIMIT = Limit(
    id="lag",
    quantity="lag_first_frame",
    document="a document",
    edition="",
    confidence="C",
    warning_low=-0.005,
    warning_high=0.005,
)


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_lag_is_drawn_in_percent_with_its_decay_and_limits() -> None:
    ax = plot_lag(LAG, ax=axes(), limits=(LIMIT,))
    lines = [np.asarray(line.get_xydata()) for line in ax.get_lines()]
    np.testing.assert_allclose(lines[0], np.column_stack([np.arange(1.0, 7.0), 100.0 * LAG.values]), rtol=1e-12)
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "Lag / %"
    assert ax.get_xlabel().startswith("Frame after the exposure")
    assert "limit not verified against the document" in " ".join(ax.get_xlabel().split())
    curve = next(np.asarray(line.get_xydata()) for line in ax.get_lines() if "τ = 1 frames" in str(line.get_label()))
    np.testing.assert_allclose(np.interp(2.0, *curve.T), 2.0 * np.exp(-2.0), rtol=1e-3)  # 201 points of the curve
    assert any(len(line) == 2 and np.allclose(line[:, 1], 0.5) for line in lines)
    assert to_svg(lambda given: plot_lag(LAG, ax=given), name="l", title="t").startswith("<svg ")


def test_negative_lag_is_drawn_on_a_linear_axis_over_time() -> None:
    negative = dataclasses.replace(LAG, values=-LAG.values, times_s=np.arange(1.0, 7.0) / 2, decay=None)
    ax = plot(negative, ax=axes())
    assert (ax.get_yscale(), ax.get_xlabel()) == ("linear", "Time after the exposure / s")
    assert ax.get_title(loc="left") == "Lag −0.736 % in the first frame"
    assert ax.get_legend() is None


def test_ghosting_is_drawn_with_twice_its_uncertainty() -> None:
    found = Ghosting(
        ghosting=-0.012,
        uncertainty=0.001,
        shadow_signal=98.8,
        around_signal=100.0,
        signal_unit="1",
        shadow_boxes_px=BOX,
        around_boxes_px=BOX + 50,
        provenance=PROVENANCE,
    )
    ax = plot_ghosting(found, ax=axes())
    assert ax.get_title(loc="left") == "Ghosting −1.200 %"
    points = [np.asarray(line.get_xdata()).tolist() for line in ax.get_lines()]
    assert [-1.2] in points
    assert any(np.allclose(each, [-1.4]) for each in points if len(each) == 1)
    assert "%" in plot(found, ax=axes()).get_xlabel()
