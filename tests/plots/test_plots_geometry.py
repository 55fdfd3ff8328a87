"""The figure of geometry draws the displacements and their limit."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics.geometry import Geometry
from xrayiq.model import Limit, Provenance
from xrayiq.plots import plot, plot_geometry, to_svg

RESULT = Geometry(
    scale_error_columns=0.012,
    scale_error_rows=-0.004,
    aspect_ratio_error=0.016,
    rotation_deg=0.5,
    skew_deg=0.0,
    row_jitter_px=0.4,
    column_jitter_px=0.1,
    jitter_uncertainty_px=0.01,
    distortion_px=0.1,
    row_offsets_px=np.array([0.0, 0.4, np.nan, -0.1]),
    column_offsets_px=np.array([0.1, 0.0]),
    lines_px=np.array([[0.0, 1.0, 3.0, 1.0]]),
    pixel_pitch_mm=(0.15, 0.15),
    provenance=Provenance(algorithm="geometry", algorithm_version=1),
)
LIMIT = Limit(id="j", quantity="jitter", document="a document", edition="", confidence="C", fail_high=1.0)


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_displacements_are_drawn_with_units_and_the_limit() -> None:
    ax = plot_geometry(RESULT, ax=axes(), limit=LIMIT)
    lines = {str(line.get_label()): np.asarray(line.get_ydata()) for line in ax.get_lines()}
    np.testing.assert_array_equal(lines["rows, to the right"], RESULT.row_offsets_px)
    np.testing.assert_array_equal(lines["columns, downwards"], RESULT.column_offsets_px)
    assert {-1.0, 1.0} <= {float(np.asarray(line.get_ydata())[0]) for line in ax.get_lines()}
    assert ax.get_ylabel() == "Displacement / px"
    assert "not verified against the document" in " ".join(ax.get_xlabel().split())
    assert ax.get_title(loc="left") == "Scale +1.20 % across, −0.40 % down"


def test_a_result_is_drawn_without_a_limit() -> None:
    assert plot(RESULT, ax=axes()).get_xlabel() == "Row or column / px"
    assert to_svg(lambda given: plot_geometry(RESULT, ax=given), name="g", title="t").startswith("<svg ")
