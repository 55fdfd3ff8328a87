"""Groups of defective pixels that touch."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.defect_lines import DefectLine

Marks = NDArray[np.bool_]


def clusters_in(marks: Marks, lines: tuple[DefectLine, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Boxes and sizes of what touches, at a corner too, the largest first."""
    apart = marks.astype(np.uint8)
    for line in lines:
        apart[line.area] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(apart, connectivity=8)
    found = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= 2].astype(np.int64)
    left, top, width, height, size = found.T
    boxes = np.column_stack([top, top + height, left, left + width])
    order = np.lexsort((left, top, -size))
    return boxes[order], size[order]
