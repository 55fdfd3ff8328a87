"""The figure of the fixed pattern draws the result's own numbers."""

from __future__ import annotations

import dataclasses

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.figure import Figure

from xrayiq.metrics import FixedPatternNps
from xrayiq.model import Provenance
from xrayiq.plots import plot

F = np.array([0.5, 1.0, 1.5])
ALL = np.array([4.0, 3.0, 2.0])
FIXED = np.array([1.0, 1.0, -0.5])
RESULT = FixedPatternNps(
    frequencies_per_mm=F,
    u_values=ALL,
    u_fixed_values=FIXED,
    v_frequencies_per_mm=F,
    v_values=ALL,
    v_fixed_values=FIXED,
    radial_frequencies_per_mm=F,
    radial_values=ALL,
    radial_fixed_values=FIXED,
    variance=2.0,
    fixed_variance=0.5,
    mean_signal=100.0,
    signal_unit="uGy",
    image_count=8,
    provenance=Provenance(algorithm="test", algorithm_version=1),
)


def test_fixed_and_random_part_are_drawn_normalised() -> None:
    ax = plot(RESULT, ax=Figure().add_subplot())
    drawn = {str(line.get_label()): np.asarray(line.get_ydata()) for line in ax.get_lines()}
    factor = 1e5 / 100.0**2  # 10⁻⁵ mm² over the squared signal
    np.testing.assert_allclose(drawn["all noise"], ALL * factor)
    np.testing.assert_allclose(drawn["random"], (ALL - FIXED) * factor)
    # a logarithm has no place for what is below zero
    np.testing.assert_allclose(drawn["fixed pattern"], [factor, factor, np.nan])
    assert ax.get_ylabel() == "NNPS / 10⁻⁵ mm²"
    assert ax.get_title(loc="left") == "Fixed pattern: 25.0 % of the variance"


def test_without_a_signal_the_spectrum_keeps_its_unit() -> None:
    ax = plot(dataclasses.replace(RESULT, mean_signal=0.0), ax=Figure().add_subplot())
    assert ax.get_ylabel() == "NPS / µGy² mm²"
