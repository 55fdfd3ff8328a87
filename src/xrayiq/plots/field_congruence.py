"""Congruence of light field and X-ray field: both outlines, the markers, and what each side deviates."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon
from numpy.typing import NDArray

from xrayiq.metrics.field_congruence import FieldCongruence
from xrayiq.plots.style import BLUE, INK, MUTED, ORANGE, canvas, signed

#: width and height in inches
FIELD_CONGRUENCE: Final = (3.9, 4.1)
#: room about the fields, as a part of their extent
_ROOM: Final = 0.16
#: where a deviation stands beside its side: offset in points, and its alignment
_BESIDE: Final = (
    ((0, 5), "center", "bottom"),
    ((5, 0), "left", "center"),
    ((0, -5), "center", "top"),
    ((-5, 0), "right", "center"),
)


def plot_field_congruence(result: FieldCongruence, *, ax: Axes | None = None) -> Axes:
    """X-ray field and light field over the image, with the deviation of each side.

    Parameters
    ----------
    result : FieldCongruence
        What `measure_field_congruence` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Column against row from the image's upper left corner in mm at the detector. Deviations are positive where the
        X-ray field reaches beyond the light field.
    """
    pitch = np.array(result.pixel_pitch_mm)
    height, width = np.array(result.image_shape_px) * pitch
    corners = (np.asarray(result.corners_px) + 0.5) * pitch
    light = _light_corners(corners, result.deviations_mm)
    with canvas(ax, FIELD_CONGRUENCE) as axes:
        if result.preview is not None:
            frame = (0.0, width, height, 0.0)
            axes.imshow(result.preview, cmap="gray", vmin=0, vmax=255, extent=frame, interpolation="bilinear")
        axes.add_patch(Polygon(corners[:, ::-1], fill=False, edgecolor=ORANGE, linewidth=1.8, label="X-ray field"))
        axes.add_patch(
            Polygon(light[:, ::-1], fill=False, edgecolor=BLUE, linewidth=1.6, linestyle="--", label="light field")
        )
        for number, (centre, radius) in enumerate(zip(result.markers_px, result.marker_radii_mm, strict=True)):
            colour = BLUE if result.marker_sides[number] else MUTED
            down, right = (centre + 0.5) * pitch
            axes.add_patch(Circle((right, down), radius, fill=False, edgecolor=colour, linewidth=1.2))
        points = (result.light_points_px + 0.5) * pitch
        axes.plot(points[:, 1], points[:, 0], linestyle="none", marker="x", color=BLUE, markersize=5.0, label="marked")
        middles = (corners + np.roll(corners, -1, axis=0)) / 2.0
        for (down, right), value, (shift, across, along) in zip(middles, result.deviations_mm, _BESIDE, strict=True):
            axes.annotate(
                f"{signed(round(float(value), 1) + 0.0, 1)} mm",
                (right, down),
                xytext=shift,
                textcoords="offset points",
                ha=across,
                va=along,
                fontsize=8.5,
                color=INK,
                bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
            )
        low, high = corners.min(axis=0), corners.max(axis=0)
        room = _ROOM * (high - low).max()
        axes.set_aspect("equal")
        axes.set_xlim(low[1] - 1.7 * room, high[1] + 1.7 * room)
        axes.set_ylim(high[0] + room, low[0] - room)
        axes.set_xlabel("Column / mm")
        axes.set_ylabel("Row / mm")
        axes.set_title(_title(result), loc="center", fontsize=8.5, fontweight="normal")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3, handlelength=1.6, columnspacing=1.0)
    return axes


def _light_corners(corners: NDArray[np.float64], deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners of the X-ray field with each side moved inwards by its deviation."""
    along = np.roll(corners, -1, axis=0) - corners
    inward = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.hypot(along[:, 0], along[:, 1])[:, None]
    distances = np.sum(inward * corners, axis=1) + deviations
    pairs = [(side - 1, side) for side in range(4)]
    return np.array([np.linalg.solve(inward[list(pair)], distances[list(pair)]) for pair in pairs])


def _title(result: FieldCongruence) -> str:
    columns, rows = (
        100.0 * value for value in (result.misalignment_columns_fraction, result.misalignment_rows_fraction)
    )
    distance = f"{result.source_detector_distance_mm / 1000.0:.2f} m"
    turned = "" if result.angle_deg is None else f"\nlight field turned by {signed(result.angle_deg, 1)}°"
    return f"Across {columns:.2f} %, down {rows:.2f} % of {distance}{turned}"
