"""What changed from one defect map of a detector to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.defect_clusters import clusters_in
from xrayiq.metrics.defect_lines import DefectLine
from xrayiq.metrics.defect_map import DEFECT_CLASSES, DefectClass, DefectMap, check_successive
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: days of a month
_DAYS_PER_MONTH: Final = 30.4375
#: a new cluster that fits into a square of this side is small
SMALL_CLUSTER_PX: Final = 2
#: part of a line that a line of the other map has to cover for it to be the same
_SAME_LINE: Final = 0.5

Marks = NDArray[np.bool_]
Boxes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassChange:
    """Pixels of one class in two maps.

    Parameters
    ----------
    name : str
        Class.
    previous_px, current_px : int or None
        Pixels in the previous and in the current map; None where the class was not looked for.
    """

    name: DefectClass
    previous_px: int | None
    current_px: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DefectChange(Result):
    """New and gone defects of a detector since the last map.

    Parameters
    ----------
    detector_id : str
        Which detector.
    previous_version, current_version : int
        Versions of the maps.
    days : int or None
        From one map to the other; None where a date is not known.
    new_px, gone_px : (n, 2) arrays of int32
        Row and column of pixels that are defective only in the current, or only in the previous map.
    kept_px : (n, 2) array of int32
        Those that are defective in both, in whatever class.
    by_class : tuple of ClassChange
        Pixels of each class in both maps.
    new_cluster_boxes_px : (n, 4) array of int64
        First row, row after the last, first column and column after the last of clusters without any pixel of a cluster
        or line of the previous map, the largest first.
    grown_cluster_boxes_px : (n, 4) array of int64
        Of clusters that have pixels of clusters of the previous map and more pixels than all these had.
    new_lines : tuple of DefectLine
        Lines that were covered less than half by lines of the previous map in the same row or column.
    defective_pixels : int
        Defective pixels of the current map, those of all classes.
    pixel_count : int
        Pixels judged in the current map.
    image_shape_px : tuple of (int, int)
        Rows and columns.
    provenance : Provenance
        Warns where a class was looked for in one map only.
    """

    detector_id: str
    previous_version: int
    current_version: int
    days: int | None
    new_px: NDArray[np.int32]
    gone_px: NDArray[np.int32]
    kept_px: NDArray[np.int32]
    by_class: tuple[ClassChange, ...]
    new_cluster_boxes_px: Boxes
    grown_cluster_boxes_px: Boxes
    new_lines: tuple[DefectLine, ...]
    defective_pixels: int
    pixel_count: int
    image_shape_px: tuple[int, int]
    provenance: Provenance

    @property
    def large_new_clusters(self) -> int:
        """New and grown clusters that do not fit into 2 × 2 pixels."""
        boxes = np.concatenate([self.new_cluster_boxes_px, self.grown_cluster_boxes_px])
        sides = np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2])
        return int(np.count_nonzero(sides > SMALL_CLUSTER_PX))

    @property
    def new_fraction_per_month(self) -> float | None:
        """New defective pixels over pixels judged and months; None without two dates that differ."""
        if not self.days:
            return None
        return len(self.new_px) / self.pixel_count / (self.days / _DAYS_PER_MONTH)

    def measurements(self) -> tuple[Measurement, ...]:
        """New and gone pixels, new and grown clusters, new lines, share of defective pixels and of new ones a month."""
        values = (
            Measurement(quantity="new_defective_pixels", value=float(len(self.new_px))),
            Measurement(quantity="gone_defective_pixels", value=float(len(self.gone_px))),
            Measurement(quantity="new_defect_clusters", value=float(len(self.new_cluster_boxes_px))),
            Measurement(quantity="large_new_defect_clusters", value=float(self.large_new_clusters)),
            Measurement(quantity="new_defect_lines", value=float(len(self.new_lines))),
            Measurement(quantity="defective_fraction", value=self.defective_pixels / self.pixel_count),
            Measurement(quantity="grown_defect_clusters", value=float(len(self.grown_cluster_boxes_px))),
        )
        rate = self.new_fraction_per_month
        if rate is None:
            return values
        return (*values, Measurement(quantity="new_defective_fraction_per_month", value=rate))


def compare_defects(current: DefectMap, previous: DefectMap) -> DefectChange:
    """New and gone pixels, new and grown clusters and new lines of a detector since its last defect map.

    Parameters
    ----------
    current, previous : DefectMap
        Maps of one detector.

    Returns
    -------
    DefectChange
        A pixel that only changed its class is neither new nor gone. Classes that one of the maps was not made for, as
        of too few flat fields, are left out of the comparison, and the provenance says so; they stand in `by_class`
        and count in the share of defective pixels.

    Raises
    ------
    InputError
        The maps are of different detectors or sizes, or the current one is of an earlier day.

    Notes
    -----
    Limits of new clusters, new lines and of the share of defective pixels: ``limits.toml``, procedure
    ``defect_change``; limits not verified against the document.
    """
    check_successive(current, previous)
    left_out = sorted(set(current.not_looked_for) ^ set(previous.not_looked_for))
    now, before = _comparable(current, left_out), _comparable(previous, left_out)
    lines, earlier = _lines_on(current.lines, now), _lines_on(previous.lines, before)
    new_clusters, grown_clusters = _cluster_changes(now, lines, before, earlier)
    days = None if current.date is None or previous.date is None else (current.date - previous.date).days
    return DefectChange(
        detector_id=current.detector_id,
        previous_version=previous.version,
        current_version=current.version,
        days=days,
        new_px=_places(now & ~before),
        gone_px=_places(before & ~now),
        kept_px=_places(now & before),
        by_class=tuple(
            ClassChange(name=name, previous_px=_count(previous, name), current_px=_count(current, name))
            for name in DEFECT_CLASSES
        ),
        new_cluster_boxes_px=new_clusters,
        grown_cluster_boxes_px=grown_clusters,
        new_lines=tuple(line for line in lines if _covered(line, earlier) < _SAME_LINE),
        defective_pixels=len(current.pixels_px),
        pixel_count=current.pixel_count,
        image_shape_px=current.image_shape_px,
        provenance=Provenance(
            algorithm="defect_change",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(
                ("previous_digest", previous.digest),
                ("current_digest", current.digest),
                ("previous_date", None if previous.date is None else previous.date.isoformat()),
                ("current_date", None if current.date is None else current.date.isoformat()),
                ("small_cluster_px", SMALL_CLUSTER_PX),
            ),
            signal_unit=current.provenance.signal_unit,
            intent=current.provenance.intent,
            warnings=tuple(f"{name} pixels were looked for in one map only and are not compared" for name in left_out),
        ),
    )


def _comparable(given: DefectMap, left_out: Sequence[str]) -> Marks:
    kept = ~np.isin(given.classes, [number for number, name in enumerate(DEFECT_CLASSES) if name in left_out])
    marks = np.zeros(given.image_shape_px, dtype=np.bool_)
    marks[tuple(given.pixels_px[kept].T)] = True
    return marks


def _lines_on(lines: Sequence[DefectLine], marks: Marks) -> list[DefectLine]:
    """Lines whose pixels are compared."""
    return [line for line in lines if marks[line.area].mean() >= _SAME_LINE]


def _covered(line: DefectLine, others: Sequence[DefectLine]) -> float:
    """Part of a line that lies on others in the same row or column."""
    stop = line.start_px + line.length_px
    shared = sum(
        max(0, min(stop, other.start_px + other.length_px) - max(line.start_px, other.start_px))
        for other in others
        if (other.orientation, other.index_px) == (line.orientation, line.index_px)
    )
    return shared / line.length_px


def _cluster_changes(
    now: Marks, lines: Sequence[DefectLine], before: Marks, earlier: Sequence[DefectLine]
) -> tuple[Boxes, Boxes]:
    """Boxes of new and of grown clusters."""
    labels, boxes, sizes = clusters_in(now, lines)
    old_labels, _, old_sizes = clusters_in(before, earlier)
    taken = old_labels > 0
    for line in earlier:
        taken[line.area] = True
    new, grown = [], []
    for number, (box, size) in enumerate(zip(boxes, sizes, strict=True), start=1):
        area = (slice(box[0], box[1]), slice(box[2], box[3]))
        inside = labels[area] == number
        if not (inside & taken[area]).any():
            new.append(number - 1)
            continue
        old = np.unique(old_labels[area][inside])
        old = old[old > 0]
        if old.size and size > old_sizes[old - 1].sum():
            grown.append(number - 1)
    return boxes[np.array(new, dtype=np.intp)], boxes[np.array(grown, dtype=np.intp)]


def _places(marks: Marks) -> NDArray[np.int32]:
    return np.argwhere(marks).astype(np.int32)


def _count(given: DefectMap, name: DefectClass) -> int | None:
    return None if name in given.not_looked_for else given.count(name)
