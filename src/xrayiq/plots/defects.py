"""Defects: where the defective pixels, clusters and lines of a detector lie, and which of them are new."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes

from xrayiq.metrics.defect_change import DefectChange
from xrayiq.metrics.defect_clusters import clusters_in
from xrayiq.metrics.defect_map import DefectMap
from xrayiq.metrics.defects import Defects
from xrayiq.plots._pixel_map import draw_boxes, draw_lines, draw_pixels, finish_map, frame_detector, share_text
from xrayiq.plots.style import BLUE, GREEN, INK, MUTED, ORANGE, PICTURE, PURPLE, SAND, SKY, canvas

#: word, colour and marker of each class, in the order of `DEFECT_CLASSES`
_CLASSES: Final = (
    ("dead", INK, "o"),
    ("under-responding", BLUE, "v"),
    ("over-responding", ORANGE, "^"),
    ("non-uniform", GREEN, "s"),
    ("noisy", PURPLE, "x"),
    ("interpolated", SAND, "D"),
)
#: what did not change is drawn in this grey
_KEPT: Final = "#B4BCC4"


def plot_defects(result: Defects, *, ax: Axes | None = None) -> Axes:
    """Map of the defective pixels by class, with clusters outlined and lines drawn.

    Parameters
    ----------
    result : Defects
        What `find_defects` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Column against row in pixels. Of more than 2000 pixels of a class an even selection is drawn, of clusters and
        lines the 500 largest; the legend gives the full numbers. Classes that were not looked for are named.
    """
    by_class = (
        result.dead_px,
        result.under_responding_px,
        result.over_responding_px,
        result.nonuniform_px,
        result.noisy_px,
        result.interpolated_px,
    )
    shape = result.image_shape_px
    with canvas(ax, PICTURE) as axes:
        frame_detector(axes, shape)
        for pixels, (name, colour, marker) in zip(by_class, _CLASSES, strict=True):
            if pixels is not None:
                draw_pixels(axes, pixels, name=name, colour=colour, marker=marker)
        draw_lines(axes, result.lines, name="lines", colour=SKY)
        draw_boxes(axes, result.cluster_boxes_px, shape=shape, name="clusters")
        title = _title(result.defective_pixels, result.defective_fraction)
        finish_map(axes, shape, title=title, not_looked_for=result.not_looked_for)
    return axes


def plot_defect_map(result: DefectMap, *, ax: Axes | None = None) -> Axes:
    """Map of the defective pixels by class, with its version and date.

    Parameters
    ----------
    result : DefectMap
        What `make_defect_map` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        As `plot_defects`; pixels that only their line shows are drawn as the line.
    """
    shape = result.image_shape_px
    with canvas(ax, PICTURE) as axes:
        frame_detector(axes, shape)
        for number, (name, colour, marker) in enumerate(_CLASSES):
            draw_pixels(axes, result.pixels_px[result.classes == number], name=name, colour=colour, marker=marker)
        draw_lines(axes, result.lines, name="lines", colour=SKY)
        _, boxes, _ = clusters_in(result.mask(), result.lines)
        draw_boxes(axes, boxes, shape=shape, name="clusters")
        day = "" if result.date is None else f" of {result.date.isoformat()}"
        title = f"Version {result.version}{day}\n{_title(len(result.pixels_px), result.defective_fraction)}"
        finish_map(axes, shape, title=title, not_looked_for=result.not_looked_for)
    return axes


def plot_defect_change(result: DefectChange, *, ax: Axes | None = None) -> Axes:
    """Map of what is new and what is gone since the last defect map, on what has stayed.

    Parameters
    ----------
    result : DefectChange
        What `compare_defects` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Column against row in pixels: new in orange, gone in blue, unchanged in grey; new clusters outlined, grown ones
        dashed. The title gives the new pixels and the share of defective ones.
    """
    shape = result.image_shape_px
    with canvas(ax, PICTURE) as axes:
        frame_detector(axes, shape)
        draw_pixels(axes, result.kept_px, name="unchanged", colour=_KEPT, marker="o")
        draw_pixels(axes, result.gone_px, name="gone", colour=BLUE, marker="x", size=3.5)
        draw_pixels(axes, result.new_px, name="new", colour=ORANGE, marker="o")
        draw_lines(axes, result.new_lines, name="new lines", colour=ORANGE, width=1.6)
        draw_boxes(axes, result.new_cluster_boxes_px, shape=shape, name="new clusters", colour=ORANGE)
        draw_boxes(
            axes, result.grown_cluster_boxes_px, shape=shape, name="grown clusters", colour=MUTED, style=(0, (2, 1.5))
        )
        share = share_text(result.defective_pixels / result.pixel_count)
        versions = f"Version {result.previous_version} to {result.current_version}"
        if result.days is not None:
            versions += f", {result.days} days"
        finish_map(axes, shape, title=f"{versions}\n{len(result.new_px)} new, {share} defective")
    return axes


def _title(count: int, fraction: float) -> str:
    return f"{count} defective pixels, {share_text(fraction)}" if count else "No defective pixel"
