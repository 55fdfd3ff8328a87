"""Groups of defective pixels that touch."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.defect_lines import DefectLine

Marks = NDArray[np.bool_]


def clusters_in(
    marks: Marks, lines: Sequence[DefectLine]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Defective pixels in groups of two or more, pixels of lines left out.

    Parameters
    ----------
    marks : 2-D array of bool
        Defective pixels.
    lines : sequence of DefectLine
        Lines among them.

    Returns
    -------
    labels : 2-D array of int32
        Number of the cluster from 1 on, 0 elsewhere; the largest cluster is number 1.
    boxes : (n, 4) array of int64
        First row, row after the last, first column and column after the last of each cluster.
    sizes : 1-D array of int64
        Its pixels.
    """
    apart = marks.astype(np.uint8)
    for line in lines:
        apart[line.area] = 0
    _, groups, stats, _ = cv2.connectedComponentsWithStats(apart, connectivity=8)
    numbers = 1 + np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= 2)
    left, top, width, height, size = stats[numbers].astype(np.int64).T
    order = np.lexsort((left, top, -size))
    renumbered = np.zeros(len(stats), dtype=np.int32)
    renumbered[numbers[order]] = np.arange(1, order.size + 1)
    boxes = np.column_stack([top, top + height, left, left + width])
    return renumbered[groups], boxes[order], size[order]
