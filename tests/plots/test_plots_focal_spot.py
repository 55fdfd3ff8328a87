"""The figure of the focal spot draws the result's own numbers."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics.focal_spot import FocalSpot
from xrayiq.model import Provenance
from xrayiq.plots import plot, to_svg


def make_focal_spot() -> FocalSpot:
    radii = np.linspace(5.0, 28.0, 50)
    return FocalSpot(
        width_mm=0.6,
        length_mm=0.8,
        width_uncertainty_mm=0.001,
        length_uncertainty_mm=0.001,
        width_blur_diameter_mm=17.2,
        length_blur_diameter_mm=22.9,
        magnification=2.0,
        spoke_angle_deg=2.0,
        tube_axis="rows",
        centre_px=(200.0, 210.0),
        image_diameter_mm=60.0,
        width_radii_mm=radii,
        width_contrasts=np.sinc(8.6 / radii),
        length_radii_mm=radii,
        length_contrasts=np.sinc(11.45 / radii),
        provenance=Provenance(algorithm="focal_spot", algorithm_version=1),
    )


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_axes_name_quantity_and_unit() -> None:
    ax = axes()
    assert plot(make_focal_spot(), ax=ax) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Diameter on the star's image / mm", "Contrast of the spokes / %")
    assert to_svg(lambda given: plot(make_focal_spot(), ax=given), name="one", title="t").startswith("<svg ")


def test_contrasts_and_rings_are_those_of_the_result() -> None:
    result = make_focal_spot()
    drawn = {str(line.get_label()): np.asarray(line.get_xydata()) for line in plot(result, ax=axes()).get_lines()}
    np.testing.assert_array_equal(
        drawn["width 0.60 mm"], np.column_stack([2.0 * result.width_radii_mm, result.width_contrasts])
    )
    np.testing.assert_array_equal(
        drawn["length 0.80 mm"], np.column_stack([2.0 * result.length_radii_mm, result.length_contrasts])
    )
    assert drawn["ring of 17.2 mm"].tolist() == [[17.2, 0.0]]
    assert drawn["ring of 22.9 mm"].tolist() == [[22.9, 0.0]]
