"""The figure of the light field draws both fields, the markers and what each side deviates."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

from xrayiq.metrics import FieldCongruence
from xrayiq.model import Provenance
from xrayiq.plots import plot

RESULT = FieldCongruence(
    deviations_mm=np.array([2.0, -1.0, 3.0, 4.0]),
    misalignment_rows_fraction=0.005,
    misalignment_columns_fraction=0.005,
    centre_offset_mm=(0.5, -2.5),
    receptor_offset_mm=None,
    angle_deg=-0.5,
    source_detector_distance_mm=1000.0,
    corners_px=np.array([(19.5, 39.5), (19.5, 239.5), (119.5, 239.5), (119.5, 39.5)]),
    markers_px=np.array([(34.5, 139.5), (69.5, 139.5)]),
    marker_radii_mm=np.array([5.0, 2.0]),
    marker_sides=("upper", ""),
    light_points_px=np.array([(23.5, 139.5), (np.nan, np.nan)]),
    image_shape_px=(200, 300),
    pixel_pitch_mm=(0.5, 0.5),
    preview=None,
    provenance=Provenance(algorithm="field_congruence", algorithm_version=1),
)


def test_light_field_is_drawn_inside_by_the_deviations() -> None:
    ax = plot(RESULT, ax=Figure(layout="constrained").add_subplot())
    fields = {patch.get_label(): patch.get_xy()[:4] for patch in ax.patches if isinstance(patch, Polygon)}
    # columns and rows in mm from the image's corner: half a pixel more than from the first pixel's centre
    np.testing.assert_allclose(fields["X-ray field"], [(20, 10), (120, 10), (120, 60), (20, 60)], atol=1e-9)
    np.testing.assert_allclose(fields["light field"], [(24, 12), (121, 12), (121, 57), (24, 57)], atol=1e-9)
    assert [patch.get_radius() for patch in ax.patches if isinstance(patch, Circle)] == [5.0, 2.0]
    assert [text.get_text() for text in ax.texts] == ["+2.0 mm", "−1.0 mm", "+3.0 mm", "+4.0 mm"]
    assert ax.get_title() == "Across 0.50 %, down 0.50 % of 1.00 m\nlight field turned by −0.5°"
