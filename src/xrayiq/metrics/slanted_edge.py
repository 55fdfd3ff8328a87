"""One slanted edge, located and projected, ready for its MTF."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.edge_defects import OUTLYING_NOISE
from xrayiq.metrics.edge_finding import Across, EdgeCandidate
from xrayiq.metrics.edge_line import EdgeLine, EdgeSides
from xrayiq.metrics.edge_refusals import ANGLES, GREATEST_GOOD_ANGLE_DEG, LEAST_GOOD_ANGLE_DEG
from xrayiq.metrics.edge_spread import EdgeSpread

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlantedEdge:
    """An edge ready for its MTF.

    Parameters
    ----------
    across : {"columns", "rows"}
        Axis that the profile runs along.
    roi_px : tuple of int
        (row_start, row_stop, column_start, column_stop) in the image.
    line : EdgeLine
        The edge in the ROI, transposed for ``"rows"``.
    sides : EdgeSides
        Signal and noise beside it.
    spread : EdgeSpread
        Edge spread function.
    quarter_spread : EdgeSpread
        Its bins of a quarter of a pixel, as ISO 12233 has them.
    reach_mm : (float, float)
        Distances before and behind the edge that it covers.
    angle_deg : float
        To the nearer axis, above 0.
    rise_mm : float
        Distance from a quarter to three quarters of the step.
    pitch_mm : tuple of (float, float)
        Distance of lines and of columns.
    outlying_px : int
        Pixels left out because they stand out of their neighbours.
    candidate : EdgeCandidate
        What it was examined as.
    image_count : int
        Images that it is the mean of.
    """

    across: Across
    roi_px: tuple[int, int, int, int]
    line: EdgeLine
    sides: EdgeSides
    spread: EdgeSpread
    quarter_spread: EdgeSpread
    reach_mm: tuple[float, float]
    angle_deg: float
    rise_mm: float
    pitch_mm: tuple[float, float]
    outlying_px: int
    candidate: EdgeCandidate
    image_count: int = 1

    @property
    def well_tilted(self) -> bool:
        """Whether the angle is one at which the method keeps its accuracy."""
        return LEAST_GOOD_ANGLE_DEG <= round(self.angle_deg, 1) <= GREATEST_GOOD_ANGLE_DEG

    def ends_px(self) -> Floats:
        """Row and column of the edge on the first and on the last line of the ROI."""
        lines = self.roi_px[1] - self.roi_px[0] if self.across == "columns" else self.roi_px[3] - self.roi_px[2]
        ends = np.array([[0.0, 0.0], [lines - 1.0, 0.0]])
        ends[:, 1] = self.line.intercept_px + self.line.slope * ends[:, 0]
        corner = np.array([self.roi_px[0], self.roi_px[2]], dtype=np.float64)
        turned: Floats = ends if self.across == "columns" else ends[:, ::-1]
        return np.add(corner, turned, dtype=np.float64)


def doubts_about(edge: SlantedEdge) -> list[str]:
    """Warnings that belong to the numbers of an edge, whatever is made of it."""
    doubts = []
    if not edge.well_tilted:
        doubts.append(f"edge at {edge.angle_deg:.2f} deg, recommended {ANGLES}")
    if edge.outlying_px:
        images = f" in {edge.image_count} images" if edge.image_count > 1 else ""
        what = f"{edge.outlying_px} {'pixel' if edge.outlying_px == 1 else 'pixels'}{images}"
        doubts.append(f"{what} around the edge left out: off the neighbours by over {OUTLYING_NOISE:g} times the noise")
    return doubts
