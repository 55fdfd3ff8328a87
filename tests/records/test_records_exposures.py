from __future__ import annotations

import dataclasses
import datetime

import numpy as np
import pytest
from records_builders import add, begin, file_entry, header

from xrayiq.model import ObjectHeader
from xrayiq.records import Records

NOON = datetime.datetime(2026, 3, 2, 12, 0, 0)


def image(number: int, *, event: str | None = "1.9", intent: str = "FOR PROCESSING", **changes: object) -> ObjectHeader:
    known: dict[str, object] = {
        "exposed_at": NOON,
        "tube_voltage_kv": 80.0,
        "exposure_mas": 2.0,
        "exposure_time_ms": None,
        "dap_gy_m2": None,
        "intent": intent,
    }
    return dataclasses.replace(header(number, **(known | changes)), irradiation_event_uid=event)


def put(records: Records, run: int, number: int, image_header: ObjectHeader, **changes: object) -> None:
    add(
        records,
        run,
        number,
        header=image_header,
        kind="clinical",
        outcomes=(),
        **({"population": "clinical"} | changes),
    )


def classed(records: Records) -> dict[str, tuple[str, str]]:
    frame = records.frame("objects")
    return {row.subject: (row.exposure_key, row.population) for row in frame.itertuples()}


def test_twins_are_linked_when_the_second_comes(records: Records) -> None:
    run = begin(records)
    put(records, run, 1, image(1, intent="FOR PRESENTATION"))
    assert classed(records) == {"1.2.1": ("1.2.1", "clinical")}
    put(records, run, 2, image(2))
    assert classed(records) == {"1.2.1": ("1.2.1", "twin"), "1.2.2": ("1.2.1", "clinical")}


def test_twins_without_an_event_are_linked_by_time_and_technique(records: Records) -> None:
    run = begin(records)
    put(records, run, 1, image(1, event=None))
    put(records, run, 2, image(2, event=None, intent="FOR PRESENTATION"))
    put(records, run, 3, image(3, event=None, exposed_at=NOON + datetime.timedelta(seconds=1)))
    assert classed(records) == {
        "1.2.1": ("1.2.1", "clinical"),
        "1.2.2": ("1.2.1", "twin"),
        "1.2.3": ("1.2.3", "clinical"),
    }


def test_a_third_image_ties_two_groups_together(records: Records) -> None:
    run = begin(records)
    put(records, run, 1, image(1, event=None))
    put(records, run, 2, image(2, exposed_at=NOON + datetime.timedelta(seconds=5)))
    assert {key for key, _ in classed(records).values()} == {"1.2.1", "1.2.2"}
    put(records, run, 3, image(3))  # the event of the second, time and technique of the first
    assert {key for key, _ in classed(records).values()} == {"1.2.1"}


def test_an_image_that_changes_leaves_its_exposure(records: Records) -> None:
    run = begin(records)
    for number in (1, 2, 3):
        put(records, run, number, image(number))
    put(records, run, 1, image(1, event="1.8", exposed_at=NOON + datetime.timedelta(hours=1)))
    assert classed(records) == {
        "1.2.1": ("1.2.1", "clinical"),
        "1.2.2": ("1.2.2", "clinical"),
        "1.2.3": ("1.2.2", "copy"),
    }
    put(records, run, 2, image(2), population="test_patient")
    assert classed(records)["1.2.2"] == ("1.2.2", "test_patient")
    assert classed(records)["1.2.3"] == ("1.2.3", "clinical")


def test_the_last_image_of_an_exposure_stands_for_it(records: Records) -> None:
    run = begin(records)
    put(records, run, 1, image(1, intent="FOR PRESENTATION"))
    put(records, run, 2, image(2))
    put(records, run, 2, image(2, event="1.8", exposed_at=NOON + datetime.timedelta(hours=1)))
    assert classed(records)["1.2.1"] == ("1.2.1", "clinical")


def test_a_duplicate_file_changes_nothing(records: Records) -> None:
    run = begin(records)
    put(records, run, 1, image(1))
    put(records, run, 2, image(2, intent="FOR PRESENTATION"))
    before = classed(records)
    put(records, run, 1, image(1, event=None), file=file_entry(1, relative_path="again.dcm", status="duplicate"))
    assert classed(records) == before


def test_exposures_do_not_depend_on_the_order_of_files(records: Records) -> None:
    generator = np.random.default_rng(5)
    images = {
        number: image(
            number,
            event=("1.9", "1.8", None)[generator.integers(3)],
            intent=("FOR PROCESSING", "FOR PRESENTATION")[generator.integers(2)],
            exposed_at=NOON + datetime.timedelta(seconds=(0, 0, 40, 80, 3600)[generator.integers(5)]),
            exposure_mas=(2.0, 2.08, 2.16)[generator.integers(3)],
        )
        for number in range(1, 25)
    }
    seen = []
    for _ in range(3):
        order = list(images)
        generator.shuffle(order)
        run = begin(records)
        for number in order:
            put(records, run, number, image(number, event=None, exposed_at=None))  # as if never seen
        for number in order:
            put(records, run, number, images[number])
        seen.append(classed(records))
    assert seen[0] == seen[1] == seen[2]
    assert len({key for key, _ in seen[0].values()}) < len(images)


@pytest.mark.parametrize("order", [1, -1])
def test_an_event_that_too_many_images_name_tells_no_exposure(records: Records, order: int) -> None:
    run = begin(records)
    for number in list(range(1, 71))[::order]:
        put(records, run, number, image(number, exposure_mas=None, tube_voltage_kv=None))
    assert {population for _, population in classed(records).values()} == {"clinical"}


def test_counts_name_each_exposure_once(records: Records) -> None:
    run = begin(records)
    put(records, run, 1, image(1))
    put(records, run, 2, image(2, intent="FOR PRESENTATION"))
    put(records, run, 3, image(3, event="1.7", exposed_at=NOON + datetime.timedelta(hours=1)))
    put(records, run, 4, image(4), population="quality_control")
    status = records.archive_status(["archive"], plan_digest="plan1")
    assert status.populations == {"clinical": 2, "quality_control": 1, "twin": 1}


def test_frames_say_what_each_row_counts_as(records: Records) -> None:
    run = begin(records)
    add(records, run, 1, header=image(1), population="clinical")
    add(records, run, 2, header=image(2, intent="FOR PRESENTATION"), population="clinical")
    for name in ("outcomes", "measurements", "verdicts"):
        frame = records.frame(name)
        assert dict(zip(frame["subject"], frame["population"], strict=True)) == {"1.2.1": "clinical", "1.2.2": "twin"}
        assert set(frame["exposure_key"]) == {"1.2.1"}


def test_a_duplicate_takes_the_place_of_an_object_that_was_overwritten(records: Records) -> None:
    run = begin(records)
    put(records, run, 1, image(1), file=file_entry(1, relative_path="a.dcm"))
    put(records, run, 1, image(1), file=file_entry(1, relative_path="b.dcm", status="duplicate"))
    put(records, run, 1, image(1), file=file_entry(1, relative_path="c.dcm"))
    put(records, run, 2, image(2), file=file_entry(2, relative_path="a.dcm"))
    files = records.frame("files")
    assert dict(zip(files["relative_path"], files["status"], strict=True)) == {
        "a.dcm": "object",
        "b.dcm": "object",
        "c.dcm": "duplicate",
    }
