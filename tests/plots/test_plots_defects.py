"""The figure of defects draws the result's own numbers."""

from __future__ import annotations

import dataclasses
import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xrayiq.metrics.defect_change import DefectChange
from xrayiq.metrics.defect_lines import DefectLine
from xrayiq.metrics.defect_map import DefectMap, make_defect_map
from xrayiq.metrics.defects import Defects
from xrayiq.model import Provenance
from xrayiq.plots import plot, plot_defects, to_svg

NONE = np.empty((0, 2), dtype=np.int64)


def make_defects() -> Defects:
    lines = tuple(
        DefectLine(
            orientation=orientation,  # type: ignore[arg-type]  # one of the two literals
            index_px=index,
            start_px=start,
            length_px=length,
            amplitude_sd=4.0,
            amplitude_fraction=0.05,
        )
        for orientation, index, start, length in (("column", 30, 0, 200), ("row", 40, 10, 100))
    )
    return Defects(
        dead_px=np.array([[5, 7], [150, 250]]),
        under_responding_px=NONE,
        over_responding_px=np.array([[100 + row, 120 + column] for row in range(20) for column in range(30)]),
        nonuniform_px=NONE,
        noisy_px=np.array([[60, 61]]),
        interpolated_px=np.array([[90, 91]]),
        lines=lines,
        cluster_boxes_px=np.array([[100, 120, 120, 150], [0, 1, 0, 2]]),
        cluster_sizes_px=np.array([600, 2]),
        defective_pixels=903,
        pixel_count=60_000,
        noise_fraction=0.013,
        image_count=8,
        image_shape_px=(200, 300),
        provenance=Provenance(algorithm="defects", algorithm_version=1),
    )


def clean() -> Defects:
    return dataclasses.replace(
        make_defects(),
        dead_px=NONE,
        over_responding_px=NONE,
        noisy_px=None,
        interpolated_px=None,
        lines=(),
        cluster_boxes_px=np.empty((0, 4), dtype=np.int64),
        cluster_sizes_px=np.empty(0, dtype=np.int64),
        defective_pixels=0,
    )


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def drawn(ax: Axes) -> dict[str, np.ndarray]:
    return {str(line.get_label()): np.asarray(line.get_xydata()) for line in ax.get_lines()}


def test_axes_name_quantity_and_unit() -> None:
    ax = axes()
    assert plot(make_defects(), ax=ax) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Column / px", "Row / px")
    assert ax.yaxis_inverted()
    assert to_svg(lambda given: plot(make_defects(), ax=given), name="one", title="t").startswith("<svg ")


def test_classes_are_drawn_at_their_pixels_with_their_number() -> None:
    ax = plot_defects(make_defects(), ax=axes())
    assert ax.get_title(loc="left") == "903 defective pixels, 1.505 %"
    points = drawn(ax)
    np.testing.assert_array_equal(points["dead: 2"], [[7, 5], [250, 150]])
    np.testing.assert_array_equal(points["noisy: 1"], [[61, 60]])
    np.testing.assert_array_equal(points["interpolated: 1"], [[91, 90]])
    assert not ax.texts
    assert len(points["over-responding: 600"]) == 600
    assert not [name for name in points if name.startswith(("under", "non"))]


def test_lines_and_clusters_are_outlined_where_they_are() -> None:
    ax = plot_defects(make_defects(), ax=axes())
    paths = [np.asarray(line.get_xydata()).tolist() for line in ax.get_lines()]
    assert [[30, 0], [30, 199]] in paths
    assert [[10, 40], [109, 40]] in paths
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle)][1:]
    assert boxes[0].get_bbox().bounds == (119.5, 99.5, 30.0, 20.0)
    # a cluster too small to be seen is outlined with 1.5 % of the image's sides about its middle
    assert boxes[1].get_bbox().bounds == (0.5 - 2.25, -1.5, 4.5, 3.0)
    legend = ax.get_legend()
    assert legend is not None
    assert {"lines: 2", "clusters: 2"} <= {text.get_text() for text in legend.get_texts()}


def test_many_pixels_are_thinned_but_counted() -> None:
    many = np.argwhere(np.ones((100, 50), dtype=np.bool_))
    ax = plot_defects(dataclasses.replace(make_defects(), nonuniform_px=many), ax=axes())
    assert 1000 < len(drawn(ax)["non-uniform: 5000"]) <= 2000


def test_a_clean_detector_has_an_empty_map() -> None:
    ax = plot_defects(clean(), ax=axes())
    assert ax.get_title(loc="left") == "No defective pixel"
    assert ax.get_legend() is None
    assert [text.get_text() for text in ax.texts] == ["not looked for: noisy, interpolated"]
    assert ax.get_lines() == [] or len(ax.get_lines()) == 0


def make_map(version: int = 1) -> DefectMap:
    return make_defect_map(make_defects(), detector_id="SN-1", date=datetime.date(2024, 3, version))


def make_change() -> DefectChange:
    return DefectChange(
        detector_id="SN-1",
        previous_version=3,
        current_version=4,
        days=31,
        new_px=np.array([[10, 20], [11, 20]], dtype=np.int32),
        gone_px=np.array([[50, 60]], dtype=np.int32),
        kept_px=np.array([[70, 80], [90, 100]], dtype=np.int32),
        by_class=(),
        new_cluster_boxes_px=np.array([[10, 12, 20, 21]]),
        grown_cluster_boxes_px=np.empty((0, 4), dtype=np.int64),
        new_lines=make_defects().lines[:1],
        defective_pixels=60,
        pixel_count=60_000,
        image_shape_px=(200, 300),
        provenance=Provenance(algorithm="defect_change", algorithm_version=1),
    )


def test_a_map_is_drawn_by_class_with_its_version_and_day() -> None:
    ax = plot(make_map(), ax=axes())
    # two lines that cross make 200 + 100 − 1 pixels, with 2 dead, 600 over-responding, a noisy and an interpolated one
    assert ax.get_title(loc="left") == "Version 1 of 2024-03-01\n903 defective pixels, 1.505 %"
    points = drawn(ax)
    np.testing.assert_array_equal(points["dead: 2"], [[7, 5], [250, 150]])
    np.testing.assert_array_equal(points["interpolated: 1"], [[91, 90]])
    assert "lines: 2" in points


def test_what_is_new_has_another_colour_than_what_is_gone_or_has_stayed() -> None:
    ax = plot(make_change(), ax=axes())
    assert ax.get_title(loc="left") == "Version 3 to 4, 31 days\n2 new, 0.1 % defective"
    points = drawn(ax)
    np.testing.assert_array_equal(points["new: 2"], [[20, 10], [20, 11]])
    np.testing.assert_array_equal(points["gone: 1"], [[60, 50]])
    assert len(points["unchanged: 2"]) == 2
    colours = {str(line.get_label()).partition(":")[0]: str(line.get_color()) for line in ax.get_lines()}
    assert len({colours["new"], colours["gone"], colours["unchanged"]}) == 3
    assert colours["new lines"] == colours["new"]
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle)][1:]
    assert [box.get_label() for box in boxes] == ["new clusters: 1"]
