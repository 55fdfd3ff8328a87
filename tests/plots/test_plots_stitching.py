"""The figure of a seam draws the result's own numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics.stitching import Stitching
from xrayiq.model import Provenance
from xrayiq.plots import plot, to_svg


def make_stitching() -> Stitching:
    return Stitching(
        offset_along_mm=0.4,
        offset_across_mm=-0.6,
        offset_along_uncertainty_mm=0.001,
        offset_across_uncertainty_mm=0.007,
        angle_deg=0.5,
        angle_uncertainty_deg=0.003,
        signal_step_fraction=0.03,
        length_mm=None,
        length_error_mm=None,
        known_length_mm=None,
        seam_axis="rows",
        seam_px=199.5,
        places_mm=np.array([[-24.0, -23.5], [18.0, 18.4]]),
        slopes=np.array([[0.25, 0.24], [0.1, 0.09]]),
        provenance=Provenance(algorithm="stitching", algorithm_version=1),
    )


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_axes_name_quantity_and_unit() -> None:
    ax = axes()
    assert plot(make_stitching(), ax=ax) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Along the seam / mm", "Across the seam / mm")
    assert ax.get_title(loc="left") == "Along +0.40 mm, across −0.60 mm, +0.50°"
    assert to_svg(lambda given: plot(make_stitching(), ax=given), name="one", title="t").startswith("<svg ")


def test_wires_and_their_enlarged_displacement_are_drawn() -> None:
    result = make_stitching()
    drawn = {str(line.get_label()): np.asarray(line.get_xydata()) for line in plot(result, ax=axes()).get_lines()}
    np.testing.assert_allclose(drawn["first part"], [[-24.0 - 0.25 * 20.0, -20.0], [-24.0, 0.0]])
    # greatest deviation 0.5 mm at the seam: ten times is 5 mm
    shown = drawn["second part, displacement × 10"]
    np.testing.assert_allclose(shown, [[-24.0 + 10 * 0.5, 0.0], [-24.0 + 0.25 * 20.0 + 10 * 0.3, 20.0]])


@pytest.mark.parametrize(("shift_mm", "factor"), [(0.0, 100), (0.02, 100), (30.0, 1)])
def test_the_factor_suits_the_displacement(shift_mm: float, factor: int) -> None:
    same = np.array([[-24.0, -24.0 + shift_mm], [18.0, 18.0]])
    result = dataclasses.replace(make_stitching(), places_mm=same, slopes=np.array([[0.25, 0.25], [0.1, 0.1]]))
    labels = [str(line.get_label()) for line in plot(result, ax=axes()).get_lines()]
    assert f"second part, displacement × {factor}" in labels
