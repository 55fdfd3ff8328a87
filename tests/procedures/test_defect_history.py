"""Defect maps of a detector from day to day."""

import datetime

import numpy as np
import pytest

import xrayiq
from xrayiq.model import Equipment
from xrayiq.procedures import DatedDefects, defect_history, load_site

DAYS = [datetime.date(2025, 1, 6) + datetime.timedelta(weeks=week) for week in range(12)] + [
    datetime.date(2025, 10, 6),
    datetime.date(2025, 11, 3),
    datetime.date(2026, 1, 5),
]


@pytest.fixture(scope="module")
def defects():
    """Defects of two flat fields with one dead pixel."""
    rng = np.random.default_rng(2)
    flats = [rng.normal(1000.0, 10.0, size=(200, 200)) for _ in range(2)]
    for flat in flats:
        flat[100, 80] = 0.0
    return xrayiq.find_defects(flats)


def dated(defects, day, **equipment):
    return DatedDefects(subject=f"set {day}", anchor="1.2", equipment=Equipment(**equipment), day=day, defects=defects)


def test_every_day_has_its_map_in_the_order_of_days_not_of_their_spelling(defects):
    maps = list(defect_history([dated(defects, day, detector_id="D") for day in reversed(DAYS)], load_site()))
    assert [made.found.day for made in maps] == DAYS
    procedures = [[outcome.procedure for outcome in made.outcomes] for made in maps]
    assert procedures == [["defect_map"]] + [["defect_map", "defect_change"]] * (len(DAYS) - 1)


def test_detectors_without_a_name_have_no_history(defects):
    assert list(defect_history([dated(defects, DAYS[0], detector_id="  ")], load_site())) == []
