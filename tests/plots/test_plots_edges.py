"""The figure of edges draws the result's own numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from xrayiq.metrics.edges import Edges, FoundEdge
from xrayiq.model import Provenance
from xrayiq.plots import plot


def make_edges() -> Edges:
    upright = FoundEdge(
        across="columns",
        dark_side="right",
        edge_angle_deg=3.14,
        ends_px=((50.0, 100.0), (150.0, 105.5)),
        roi_px=(50, 151, 60, 140),
        reach_mm=(8.0, 8.0),
        contrast_to_noise=120.0,
    )
    level = dataclasses.replace(
        upright, across="rows", dark_side="upper", ends_px=((170.0, 100.0), (172.0, 140.0)), roi_px=(160, 180, 100, 141)
    )
    return Edges(
        edges=(upright, level),
        refused=(),
        image_shape_px=(200, 300),
        pixel_pitch_mm=(0.2, 0.1),
        provenance=Provenance(algorithm="edges", algorithm_version=1),
    )


def test_edges_and_their_rois_stand_at_their_places_in_mm() -> None:
    ax = plot(make_edges(), ax=Figure().subplots())
    first, second = ax.lines
    # pixel centres are whole numbers, the image begins half a pixel before the first
    np.testing.assert_allclose(first.get_xydata(), [[10.05, 10.1], [10.6, 30.1]])
    np.testing.assert_allclose(second.get_xydata(), [[10.05, 34.1], [14.05, 34.5]])
    frame, roi, _ = (patch for patch in ax.patches if isinstance(patch, Rectangle))
    assert (frame.get_width(), frame.get_height()) == (30.0, 40.0)
    assert (*roi.get_xy(), roi.get_width(), roi.get_height()) == pytest.approx((6.0, 10.0, 8.0, 20.2))
    assert "mm" in ax.get_xlabel()
    assert "mm" in ax.get_ylabel()


def test_the_dark_side_is_the_shaded_one() -> None:
    ax = plot(make_edges(), ax=Figure().subplots())
    right, upper = (patch.get_xy().mean(axis=0) for patch in ax.patches if isinstance(patch, Polygon))
    assert right[0] > 10.6
    assert upper[1] < 34.1


def test_the_title_counts_and_the_angles_are_told() -> None:
    result = make_edges()
    ax = plot(result, ax=Figure().subplots())
    assert ax.get_title(loc="left").startswith("2 edges")
    assert [text.get_text() for text in ax.texts] == ["3.14°", "3.14°"]
    one = plot(dataclasses.replace(result, edges=result.edges[:1]), ax=Figure().subplots())
    assert one.get_title(loc="left").startswith("1 edge,")
