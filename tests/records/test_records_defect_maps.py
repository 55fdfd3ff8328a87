"""A defect map comes back from the store as it was, and serves as the previous one of the next map."""

from __future__ import annotations

import datetime

import numpy as np
from records_builders import add, begin

from xrayiq.metrics import DefectChange, DefectMap, compare_defects, find_defects, make_defect_map
from xrayiq.model import Outcome, Result
from xrayiq.procedures.catalogue import RESULT_TYPES
from xrayiq.records import Records
from xrayiq_phantoms import Defect, Detector, simulate_flat

OLD = (Defect(row=20, column=30), Defect(row=60, column=0, columns=None))


def map_of(*defects: Defect, day: int, previous: DefectMap | None = None) -> DefectMap:
    flat = simulate_flat(Detector(defects=defects), shape=(120, 130), kerma_ugy=2.5, seed=day)
    date = datetime.date(2024, 3, day)
    return make_defect_map(find_defects(flat.pixels), detector_id="SN-1", date=date, previous=previous)


def stored(records: Records, result: Result) -> Result:
    outcome = Outcome(subject="1.2.1", procedure=result.provenance.algorithm, kind="measured", result=result)
    add(records, begin(records), 1, outcomes=[outcome])
    name = type(result).__name__
    (found,) = records.results({name: RESULT_TYPES[name]})
    return found.result


def test_a_stored_map_is_the_previous_one_of_the_next(records: Records) -> None:
    first = map_of(*OLD, day=1)
    back = stored(records, first)
    assert isinstance(back, DefectMap)
    np.testing.assert_array_equal(back.class_image(), first.class_image())
    assert (back.digest, back.version, back.date, back.lines) == (first.digest, 1, first.date, first.lines)
    second = map_of(*OLD, Defect(row=90, column=90), day=31, previous=back)
    change = compare_defects(second, back)
    assert (second.version, change.days) == (2, 30)
    np.testing.assert_array_equal(change.new_px, [[90, 90]])


def test_a_stored_change_comes_back_whole(records: Records) -> None:
    first = map_of(*OLD, day=1)
    change = compare_defects(map_of(*OLD, Defect(row=90, column=90, rows=3, columns=3), day=31, previous=first), first)
    back = stored(records, change)
    assert isinstance(back, DefectChange)
    np.testing.assert_array_equal(back.new_px, change.new_px)
    np.testing.assert_array_equal(back.new_cluster_boxes_px, [[90, 93, 90, 93]])
    assert (back.by_class, back.large_new_clusters) == (change.by_class, 1)
    assert back.new_fraction_per_month == change.new_fraction_per_month
