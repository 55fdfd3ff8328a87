"""Flat fields and edges of one detector, beam and day are one set; others stay apart."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from xrayiq.errors import NotMeasurableError
from xrayiq.model import Acquisition, DetectorResponse, ObjectHeader, Response
from xrayiq.procedures import Kerma, ResponseBook, SetMember, find_sets, load_site, response_mode, score_set
from xrayiq.procedures.levels import nps_levels

AT = datetime.datetime(2025, 3, 3, 8, 0)
KNOWN = {
    "serial_number": "S1",
    "detector_id": "D1",
    "exposed_at": AT,
    "tube_voltage_kv": 70.0,
    "filter_material": "ALUMINUM",
    "filter_thickness_max_mm": 21.0,
    "intent": "FOR PROCESSING",
    "pixel_pitch_mm": (0.15, 0.15),
}


def member(number, kind="flat_field", kerma=None, rows=1024, **acquisition):
    header = ObjectHeader(
        subject=f"1.{number}", rows=rows, columns=1024, bits_stored=14, acquisition=Acquisition(**(KNOWN | acquisition))
    )
    given = None if kerma is None else Kerma(kerma_ugy=kerma, source="table")
    return SetMember(header=header, kind=kind, relative_path=f"{number}.dcm", kerma=given)


def sets(*members):
    return find_sets(members, beam_edition="2015")


def test_a_day_of_one_detector_is_one_set():
    members = [member(1, kerma=2.5), member(2, kerma=5.0), member(3, "edge"), member(4, "edge")]
    (found,) = sets(*reversed(members))
    assert [each.subject for each in found.flats] == ["1.1", "1.2"]
    assert [each.subject for each in found.edges] == ["1.3", "1.4"]
    assert (found.day, found.beam) == (AT.date(), "RQA5/2015")


@pytest.mark.parametrize(
    "other",
    [
        {"exposed_at": AT + datetime.timedelta(days=1)},
        {"detector_id": "D2"},
        {"serial_number": "S2"},
        {"tube_voltage_kv": 90.0},
        {"filter_thickness_max_mm": 10.0},
        {"pixel_pitch_mm": (0.3, 0.3)},
        {"software_versions": ("2",)},
        {"rows": 512},
        {"pixel_intensity_relationship": "LOG"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_other_detector_beam_day_size_or_encoding_is_another_set(other):
    found = sets(member(1), member(2), member(3, **other), member(4, **other))
    assert sorted(tuple(each.subject for each in one.flats) for one in found) == [("1.1", "1.2"), ("1.3", "1.4")]


def test_a_voltage_stated_as_measured_does_not_part_a_set():
    (found,) = sets(member(1, tube_voltage_kv=69.8), member(2, tube_voltage_kv=70.3))
    assert len(found.flats) == 2


def test_single_images_and_edges_alone_are_no_set():
    assert sets(member(1)) == ()
    assert sets(member(1, "edge"), member(2, "edge")) == ()
    assert len(sets(member(1), member(2, "edge"))) == 1


@pytest.mark.parametrize(
    "unfit",
    [
        {"exposed_at": None},
        {"intent": "FOR PRESENTATION"},
        {"serial_number": None, "detector_id": None, "station_name": None},
    ],
    ids=["undated", "presentation", "nameless"],
)
def test_images_that_cannot_be_placed_are_in_no_set(unfit):
    assert sets(member(1, **unfit), member(2, **unfit)) == ()


def test_levels_go_by_kerma_or_by_charge_where_a_kerma_is_missing():
    (found,) = sets(member(1, kerma=2.5), member(2, kerma=5.0), member(3, kerma=2.51))
    assert [[each.subject for each in level] for level in found.levels] == [["1.1", "1.3"], ["1.2"]]
    (found,) = sets(member(1, kerma=2.5, exposure_mas=4.0), member(2, exposure_mas=2.0))
    assert [[each.subject for each in level] for level in found.levels] == [["1.2"], ["1.1"]]
    assert not found.tells_response


def test_a_late_member_or_another_kerma_makes_another_set_of_the_same_group():
    (first,) = sets(member(1, kerma=2.5), member(2, kerma=5.0))
    (later,) = sets(member(1, kerma=2.5), member(2, kerma=5.0), member(3, kerma=9.0))
    (other,) = sets(member(1, kerma=2.5), member(2, kerma=5.1))
    assert first.group == later.group == other.group
    assert len({first.subject, later.subject, other.subject}) == 3


def test_noise_power_is_taken_at_the_usual_levels():
    kermas = (0.3, 0.7, 1.4, 2.4, 8.5, 20.0)
    (found,) = sets(*(member(number, kerma=kerma) for number, kerma in enumerate(kermas)))
    assert [level[0].kerma.kerma_ugy for level in nps_levels(found)] == [0.7, 2.4, 8.5]
    (far,) = sets(member(1, kerma=100.0), member(2, kerma=50.0), member(3, kerma=50.0))
    assert [level[0].kerma.kerma_ugy for level in nps_levels(far)] == [50.0]


def test_saturated_levels_are_not_chosen():
    (found,) = sets(*(member(number, kerma=kerma) for number, kerma in enumerate((1.0, 2.5, 5.0, 8.0))))
    response = Response(model="linear", a=0.0, b=100.0, kerma_min_ugy=1.0, kerma_max_ugy=5.0)
    assert [level[0].kerma.kerma_ugy for level in nps_levels(found, response)] == [1.0, 2.5]
    read = []

    def load(one):
        read.append(one.kerma.kerma_ugy)
        raise NotMeasurableError("unreadable", "not needed here")

    (few,) = sets(member(1, kerma=2.5), member(2, kerma=8.0))
    score_set(few, load, site=load_site(), response=response)
    assert set(read) == {2.5}


def test_sources_of_kerma_are_not_mixed():
    by_header = Kerma(kerma_ugy=4.0, source="header")
    four = [member(number, kerma=kerma) for number, kerma in enumerate((1.0, 2.5, 8.0))]
    other = dataclasses.replace(member(9, kerma=4.0), kerma=by_header)
    (found,) = sets(*four, other)
    assert [flat.kerma.kerma_ugy for flat in found.flats] == [1.0, 2.5, 8.0]
    assert [flat.subject for flat in found.left_out] == ["1.9"]
    (few,) = sets(*four[:2], other)
    assert (len(few.flats), few.tells_response, few.left_out) == (3, False, ())
    assert sum(flat.kerma is None for flat in few.flats) == 1


def test_flat_fields_of_unknown_kerma_and_charge_are_no_repeats():
    (found,) = sets(member(1), member(2))
    assert [len(level) for level in found.levels] == [1, 1]


OLD = Response(model="linear", a=0.0, b=100.0)
NEW = Response(model="linear", a=0.0, b=110.0)


def book(head):
    mode = response_mode(head)
    day = AT.date()
    return ResponseBook(
        entries=(
            DetectorResponse(mode=mode, valid_from=day, valid_until=day + datetime.timedelta(days=9), response=OLD),
            DetectorResponse(mode=mode, valid_from=day + datetime.timedelta(days=9), valid_until=None, response=NEW),
        )
    )


@pytest.mark.parametrize(("days", "expected"), [(-1, None), (0, OLD), (8, OLD), (9, NEW), (400, NEW)])
def test_the_response_of_the_day_holds(days, expected):
    head = member(1).header
    later = dataclasses.replace(
        head, acquisition=dataclasses.replace(head.acquisition, exposed_at=AT + datetime.timedelta(days=days))
    )
    assert book(head).valid_for(later) == expected


def test_a_response_does_not_hold_for_another_encoding():
    head = member(1).header
    assert book(head).valid_for(dataclasses.replace(head, bits_stored=12)) is None
    assert book(head).id_for(dataclasses.replace(head, bits_stored=12)) == ""
