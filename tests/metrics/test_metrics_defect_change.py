"""Defect maps keep what was found, and their comparison names exactly what was injected since."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq.errors import InputError
from xrayiq.metrics import (
    DEFECT_CLASSES,
    DefectChange,
    DefectMap,
    Defects,
    compare_defects,
    find_defects,
    make_defect_map,
)
from xrayiq.model import judge, pack, quantities, unpack
from xrayiq.procedures import load_site
from xrayiq_phantoms import Defect, Detector, simulate_flat
from xrayiq_phantoms.defects import defect_mask

SHAPE = (300, 340)
MARCH = datetime.date(2024, 3, 1)
MAY = datetime.date(2024, 5, 1)
#: defects of March: pixels, a pair, a square of nine, a row
OLD = (
    Defect(row=20, column=30),
    Defect(row=40, column=200, kind="hot"),
    Defect(row=80, column=60, rows=1, columns=2),
    Defect(row=150, column=150, rows=3, columns=3),
    Defect(row=250, column=0, columns=None, kind="gain", amplitude=-0.3),
)


def defects_of(*defects: Defect, seed: int = 1) -> Defects:
    return find_defects(simulate_flat(Detector(defects=defects), shape=SHAPE, kerma_ugy=2.5, seed=seed).pixels)


def map_of(*defects: Defect, date: datetime.date | None = MARCH, previous: DefectMap | None = None) -> DefectMap:
    found = defects_of(*defects, seed=1 if previous is None else 2)
    return make_defect_map(found, detector_id="SN-1", date=date, previous=previous)


def places(*defects: Defect) -> NDArray[Any]:
    return np.argwhere(defect_mask(defects, SHAPE))


@pytest.fixture(scope="module")
def march() -> DefectMap:
    return map_of(*OLD)


# ---------------------------------------------------------------------- one map


def test_a_map_holds_pixels_and_classes_as_they_were_injected(march: DefectMap) -> None:
    np.testing.assert_array_equal(march.pixels_px, places(*OLD))
    assert (march.count("dead"), march.count("over_responding"), march.count("nonuniform")) == (1 + 2 + 9, 1, 340)
    assert march.count("line") == march.count("interpolated") == 0
    np.testing.assert_array_equal(march.mask(), defect_mask(OLD, SHAPE))
    assert march.class_image()[40, 200] == 1 + DEFECT_CLASSES.index("over_responding")
    assert (march.detector_id, march.date, march.version) == ("SN-1", MARCH, 1)
    values = {item.quantity: item.value for item in march.measurements()}
    assert values == {
        "defective_pixels": 353.0,
        "defective_fraction": 353.0 / (300 * 340),
        "defect_clusters": 2.0,
        "largest_cluster": 9.0,
        "defect_lines": 1.0,
    }


def test_the_version_counts_changes_not_measurements(march: DefectMap) -> None:
    again = map_of(*OLD, date=MAY, previous=march)
    assert (again.version, again.digest) == (1, march.digest)
    more = map_of(*OLD, Defect(row=200, column=200), date=MAY, previous=again)
    assert more.version == 2
    assert more.digest != march.digest
    other_class = map_of(Defect(row=20, column=30, kind="hot"), *OLD[1:], date=MAY, previous=march)
    assert other_class.version == 2


def test_pixels_that_only_their_line_shows_have_a_class_of_their_own() -> None:
    faint = Defect(row=100, column=50, columns=200, kind="offset", amplitude=3.5 * 0.0333)
    found = map_of(faint)
    assert found.count("line") > 150
    assert np.count_nonzero(found.mask()[100, 40:260]) == len(found.pixels_px)


def test_map_and_change_survive_storage(march: DefectMap) -> None:
    plain, arrays = pack(march)
    again = unpack(DefectMap, json.loads(json.dumps(plain)), arrays)
    np.testing.assert_array_equal(again.class_image(), march.class_image())
    for name in ("date", "digest", "version", "lines", "not_looked_for", "provenance"):
        assert getattr(again, name) == getattr(march, name)
    # a map that comes from the store serves as the previous one
    change = compare_defects(map_of(*OLD, Defect(row=9, column=9), date=MAY, previous=again), again)
    plain, arrays = pack(change)
    back = unpack(DefectChange, json.loads(json.dumps(plain)), arrays)
    np.testing.assert_array_equal(back.new_px, [[9, 9]])
    assert back.by_class == change.by_class
    assert back.provenance == change.provenance


# ---------------------------------------------------------------------- changes


def test_new_gone_and_grown_are_what_was_injected_and_taken_away(march: DefectMap) -> None:
    grown = Defect(row=150, column=150, rows=5, columns=3)
    pair = Defect(row=40, column=200, rows=2, columns=1, kind="hot")
    large, column = Defect(row=200, column=100, rows=4, columns=4), Defect(row=0, column=320, rows=120)
    may = map_of(OLD[2], grown, OLD[4], pair, large, column, date=MAY, previous=march)
    change = compare_defects(may, march)
    before, now = defect_mask(OLD, SHAPE), defect_mask((OLD[2], grown, OLD[4], pair, large, column), SHAPE)
    np.testing.assert_array_equal(change.new_px, np.argwhere(now & ~before))
    np.testing.assert_array_equal(change.gone_px, [[20, 30]])
    np.testing.assert_array_equal(change.kept_px, np.argwhere(now & before))
    # a single pixel of March that became a pair is a new cluster
    np.testing.assert_array_equal(change.new_cluster_boxes_px, [[200, 204, 100, 104], [40, 42, 200, 201]])
    np.testing.assert_array_equal(change.grown_cluster_boxes_px, [[150, 155, 150, 153]])
    assert [(line.orientation, line.index_px) for line in change.new_lines] == [("column", 320)]
    assert change.days == 61
    values = {item.quantity: item.value for item in change.measurements()}
    assert set(values) <= set(quantities())
    new = 6 + 1 + 16 + 120
    assert values == {
        "new_defective_pixels": new,
        "gone_defective_pixels": 1.0,
        "new_defect_clusters": 2.0,
        "grown_defect_clusters": 1.0,
        "large_new_defect_clusters": 2.0,
        "new_defect_lines": 1.0,
        "defective_fraction": pytest.approx(now.sum() / now.size),
        # 61 days are 61/30.4375 months
        "new_defective_fraction_per_month": pytest.approx(new / now.size / (61 / 30.4375)),
    }
    by_class = {item.name: (item.previous_px, item.current_px) for item in change.by_class}
    assert by_class["over_responding"] == (1, 2)
    assert by_class["noisy"] == (None, None)


def test_equal_maps_have_no_change(march: DefectMap) -> None:
    change = compare_defects(map_of(*OLD, date=MAY, previous=march), march)
    assert len(change.new_px) == len(change.gone_px) == len(change.new_lines) == change.large_new_clusters == 0
    assert change.new_fraction_per_month == 0.0
    np.testing.assert_array_equal(change.kept_px, places(*OLD))


def test_a_pixel_of_another_class_is_neither_new_nor_gone(march: DefectMap) -> None:
    change = compare_defects(map_of(Defect(row=20, column=30, kind="hot"), *OLD[1:], previous=march), march)
    assert len(change.new_px) == len(change.gone_px) == 0
    assert change.new_fraction_per_month is None
    assert change.days == 0


def test_the_end_of_a_faint_line_may_scatter_without_making_it_new() -> None:
    line = Defect(row=0, column=77, rows=200, kind="gain", amplitude=-0.2)
    first = map_of(line)
    longer = map_of(dataclasses.replace(line, rows=290), date=MAY, previous=first)
    assert compare_defects(longer, first).new_lines == ()
    much_longer = map_of(dataclasses.replace(line, rows=70), date=MARCH)
    assert len(compare_defects(longer, much_longer).new_lines) == 1


def test_a_class_that_one_map_was_not_made_for_is_not_compared() -> None:
    interpolated = [Defect(row=20, column=20 + 9 * step, kind="interpolated") for step in range(30)]
    dead = Defect(row=200, column=200)
    sensor = Detector(defects=(*interpolated, dead))
    images = [simulate_flat(sensor, shape=SHAPE, kerma_ugy=2.5, seed=50 + seed).pixels for seed in range(16)]
    first = make_defect_map(find_defects(images), detector_id="SN-1", date=MARCH)
    assert first.count("interpolated") >= 30
    change = compare_defects(map_of(dead, Defect(row=7, column=7), date=MAY, previous=first), first)
    np.testing.assert_array_equal(change.new_px, [[7, 7]])
    assert len(change.gone_px) == 0
    assert any("interpolated pixels were looked for in one map only" in text for text in change.provenance.warnings)
    by_class = {item.name: (item.previous_px, item.current_px) for item in change.by_class}
    assert by_class["interpolated"] == (first.count("interpolated"), None)


@pytest.mark.parametrize(
    ("added", "alarms"),
    [
        ([Defect(row=100, column=100)], set()),
        ([Defect(row=100, column=100, rows=2, columns=2)], set()),
        ([Defect(row=100, column=100, rows=3, columns=1)], {"large_new_defect_clusters"}),
        ([Defect(row=151, column=60, rows=3, columns=2)], {"large_new_defect_clusters"}),
        ([Defect(row=100, column=100, rows=1, columns=30)], {"new_defect_lines"}),
        ([Defect(row=9 * step, column=9 * step) for step in range(1, 33)], set()),
    ],
)
def test_alarms_follow_new_clusters_lines_and_the_total(added: list[Defect], alarms: set[str]) -> None:
    few = OLD[:3]
    first = map_of(*few)
    change = compare_defects(map_of(*few, *added, date=MAY, previous=first), first)
    # 4 + 32 pixels of 102 thousand are below 0.1 %
    site_limits = [limit for limit in load_site().limits if limit.procedure == "defect_change"]
    assert {limit.confidence for limit in site_limits} == {"C"}
    assert all("not verified" in limit.source for limit in site_limits)
    verdicts = [
        judge(item, limit) for limit in site_limits for item in change.measurements() if item.quantity == limit.quantity
    ]
    assert len(verdicts) == 3
    assert {verdict.measurement.quantity for verdict in verdicts if verdict.status != "pass"} == alarms


def test_more_than_a_thousandth_of_defective_pixels_is_an_alarm(march: DefectMap) -> None:
    (limit,) = [limit for limit in load_site().limits if limit.id == "defect_map_total"]
    change = compare_defects(march, march)
    (share,) = [item for item in change.measurements() if item.quantity == "defective_fraction"]
    assert judge(share, limit).status == "warning"


# ---------------------------------------------------------------------- refusals


def test_maps_that_do_not_belong_together_are_errors(march: DefectMap) -> None:
    with pytest.raises(InputError, match="SN-2"):
        compare_defects(dataclasses.replace(march, detector_id="SN-2"), march)
    with pytest.raises(InputError, match="200 × 340"):
        compare_defects(dataclasses.replace(march, image_shape_px=(200, 340)), march)
    with pytest.raises(InputError, match="after one of 2024-05-01"):
        compare_defects(march, dataclasses.replace(march, date=MAY))
    with pytest.raises(InputError, match="detector_id"):
        make_defect_map(defects_of(), detector_id=" ")
    with pytest.raises(InputError, match="SN-1"):
        make_defect_map(defects_of(), detector_id="SN-3", previous=march)
