"""The sections of the page: units, findings, detectors, fields, and what is cut."""

from __future__ import annotations

import dataclasses
import datetime
import re
import sqlite3
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from pages_builders import CANARY
from report_builders import (
    HOSTILE,
    MONDAY,
    ROOM,
    Reader,
    Store,
    collimation,
    exposure_index,
    measured,
    mtf,
    uniformity,
)

from xrayiq.errors import InputError, RecordsError
from xrayiq.metrics.collimation import Collimation
from xrayiq.model import (
    Acquisition,
    DoseReport,
    DoseReportFault,
    ObjectHeader,
    quantity,
)
from xrayiq.procedures import tell_equipment
from xrayiq.records import FileEntry, open_records
from xrayiq.report import write_report
from xrayiq.report.curves import coincide_text, coinciding


def test_units_of_one_name_are_told_apart(store: Store, tmp_path: Path) -> None:
    store.put("flat_field", uniformity())
    store.put("flat_field", uniformity(), acquisition={"detector_id": "DET-B"})
    text = Reader(store.page(tmp_path)).text
    assert "ROOM1, DET-A" in text
    assert "ROOM1, DET-B" in text


def test_units_of_one_name_and_serial_number_are_told_apart(store: Store, tmp_path: Path) -> None:
    plain = {"serial_number": "S1", "detector_id": None}
    store.put("flat_field", uniformity(), acquisition={**plain, "manufacturer": "One", "model": "M"})
    store.put("flat_field", uniformity(), acquisition={**plain, "manufacturer": "Two", "model": "M"})
    store.put("flat_field", uniformity(), acquisition={"serial_number": None, "detector_id": None, "model": None})
    names = {row[0] for row in Reader(store.page(tmp_path)).tables[0][1:]}
    assert {re.match(r"ROOM1, (One|Two|Simulated)", name) is not None for name in names} == {True}
    assert len(names) == 3


def test_units_without_x_ray_images_are_found_but_have_no_status(store: Store, tmp_path: Path) -> None:
    store.put("flat_field", uniformity())
    store.put(
        "other",
        failed=(("read", "not_an_xray_image", "an MR image"),),
        acquisition={"station_name": "MR1", "modality": "MR", "model": "Coil"},
    )
    reader = Reader(store.page(tmp_path))
    assert [row[0] for row in reader.tables[0][1:]] == ["ROOM1Simulated DX-1000 · detector DET-A"]
    assert "1 further unit sent nothing that is measured" in reader.text
    assert reader.row("Flat field", "MR1")["Other"] == "1"


def test_a_dose_report_belongs_to_the_unit_whose_detector_it_does_not_name(store: Store, tmp_path: Path) -> None:
    store.put("flat_field", uniformity())
    store.put("dose_report", DoseReport(header=ObjectHeader(subject="x")), acquisition={"detector_id": None})
    store.put("clinical", acquisition={"station_name": None, "detector_id": None})
    reader = Reader(store.page(tmp_path))
    assert reader.row("Unit and detector", "ROOM1")["Objects"] == "2"
    assert reader.row("Unit and detector", "Simulated DX-1000")["Objects"] == "1"


def test_only_the_latest_outcome_of_a_subject_counts(store: Store, tmp_path: Path) -> None:
    subject = store.put("flat_field", uniformity(nonuniformity=0.5))
    newer = dataclasses.replace(measured(subject, uniformity(nonuniformity=0.01)), parameter_digest="later")
    entry = FileEntry(relative_path="a", size=1, mtime_ns=1, digest="d", subject=subject, status="object")
    header = ObjectHeader(subject=subject, acquisition=Acquisition(**ROOM))  # type: ignore[arg-type]
    store.records.add(
        store.run, archive_key="k", plan_digest="p", file=entry, header=header, kind="flat_field", outcomes=[newer]
    )
    text = Reader(store.page(tmp_path)).text
    assert "Everything that was judged is within limits" in text
    assert "50.00 %" not in text


def test_long_lists_are_cut_and_say_by_how_much(store: Store, tmp_path: Path) -> None:
    with store.records.transaction():
        for number in range(40):
            store.put("clinical", collimation(confidence=0.5 + number / 100), failed=(("mtf", "odd", "odd"),))
    text = Reader(store.page(tmp_path)).text
    assert "28 further images with a field but no picture here" in text  # 40 - 12
    assert "15 more are in the record store" in text  # 40 - 25


def test_the_least_confident_and_the_smallest_fields_are_drawn(store: Store, tmp_path: Path) -> None:
    with store.records.transaction():
        plain = [store.put("clinical", collimation()) for _ in range(14)]
        doubtful = store.put("clinical", collimation(confidence=0.1))
        small = store.put("clinical", collimation(fraction=0.05))
    captions = re.findall(r'<p class="note">2026-03-02 <span class="uid" title="([\d.]+)">', store.page(tmp_path))
    assert len(captions) == 12
    assert {doubtful, small} <= set(captions)
    assert plain[-1] not in captions


def whole_image(confidence: float) -> Collimation:
    """A field without any blade: all of the image."""
    return dataclasses.replace(
        collimation(confidence, fraction=1.0),
        corners_px=np.array([[-0.5, -0.5], [-0.5, 99.5], [99.5, 99.5], [99.5, -0.5]]),
        sides=("at_border",) * 4,
    )


def test_a_field_without_a_blade_is_not_doubtful(store: Store, tmp_path: Path) -> None:
    with store.records.transaction():
        for confidence in (0.2, 0.4):
            store.put("clinical", whole_image(confidence))
        store.put("clinical", collimation(confidence=0.1))
        store.put("clinical", collimation(confidence=0.9))
    reader = Reader(store.page(tmp_path))
    rows = [row for found in reader.tables if "Doubtful fields" in found[0] for row in found]
    numbers = dict(zip(rows[0], rows[1], strict=True))
    # 2 of 4 images without a blade, 1 of 4 with a blade and a confidence below 0.5
    assert numbers["No blade visible"].startswith("50")
    assert numbers["Doubtful fields"].startswith("25")


def test_the_same_store_gives_the_same_page(store: Store, tmp_path: Path) -> None:
    store.put("flat_field", uniformity())
    store.put("clinical", exposure_index(0.5), collimation())
    assert store.page(tmp_path) == store.page(tmp_path)


def test_a_damaged_result_is_a_records_error(store: Store, tmp_path: Path) -> None:
    store.put("flat_field", uniformity())
    store.records.close()
    with sqlite3.connect(tmp_path / "qa.db") as connection:
        connection.execute("UPDATE outcomes SET result_json = '{}'")
    connection.close()
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as records, pytest.raises(RecordsError, match="Uniformity"):
        write_report(records, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("name", ["missing/report.html", "."])
def test_a_target_that_cannot_be_written_is_an_input_error(store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="existing folder"):
        write_report(store.records, tmp_path / name)


def test_an_earlier_report_is_replaced_and_nothing_else_is_left(store: Store, tmp_path: Path) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    (tmp_path / "report.html").write_text("old")
    page = store.page(tmp_path)
    assert page.startswith("<!DOCTYPE html>")
    assert {path.name for path in tmp_path.iterdir()} - before == {"report.html"}


def test_a_unit_and_quantity_have_one_finding_and_detector_tests_come_first(store: Store, tmp_path: Path) -> None:
    other = {"station_name": "ROOM2", "detector_id": "DET-B"}
    with store.records.transaction():
        for deviation_index in (2.0, 2.9, 1.5):
            store.put("clinical", exposure_index(deviation_index))
        for deviation_index in (-3.5, 2.5):
            store.put("clinical", exposure_index(deviation_index), acquisition=other)
        store.put("flat_field", uniformity(nonuniformity=0.26))
        store.put("flat_field", uniformity(nonuniformity=0.5), acquisition=other)
    page = store.page(tmp_path)
    cards = re.findall(r'<article class="finding (\w+)">\s*<div class="what">\s*<h3>(.*?)</h3>\s*<p[^>]*>(\w+)', page)
    # excess as a share of what is allowed: 0.25/0.25 in ROOM2, 0.01/0.25 in ROOM1
    assert cards == [
        ("fail", quantity("deviation_index").label, "ROOM2"),
        ("warning", quantity("signal_nonuniformity_global").label, "ROOM2"),
        ("warning", quantity("signal_nonuniformity_global").label, "ROOM1"),
        ("warning", quantity("deviation_index").label, "ROOM1"),
    ]
    text = Reader(page).text
    assert "worst of 2 outside (1 out of limits, 1 with a warning), 2 checked" in text
    assert "2.90 allowed: −1.00 to 1.00 worst of 3 outside, 3 checked" in text


def test_a_flat_field_finding_shows_the_map_of_its_worst_flat(store: Store, tmp_path: Path) -> None:
    later = {"exposed_at": MONDAY + datetime.timedelta(7)}
    worst = store.put("flat_field", uniformity(nonuniformity=0.5))
    store.put("flat_field", uniformity(nonuniformity=0.3), acquisition=later)
    store.put("clinical", exposure_index(2.0))
    page = store.page(tmp_path)
    cards = re.findall(r"<article .*?</article>", page, flags=re.DOTALL)
    assert [card.count("<svg") for card in cards] == [1, 0]
    assert "The worst flat field, 2026-03-02 07:30" in cards[0]
    assert f'title="{worst}"' in cards[0]
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


def test_a_range_with_a_value_outside_its_limits_is_marked(store: Store, tmp_path: Path) -> None:
    for number, nonuniformity in enumerate((0.03, 0.4, 0.05)):
        day = {"exposed_at": MONDAY + datetime.timedelta(number)}
        store.put("flat_field", uniformity(nonuniformity=nonuniformity), acquisition=day)
    reader = Reader(store.page(tmp_path))
    row = reader.row("Latest is", quantity("signal_nonuniformity_global").label)
    assert row["Latest is"] == "Within limits"
    assert row["Range"] == "3.00 to 40.00 %1 of 3 outside limits"
    assert "outside" not in reader.row("Latest is", "Minimum SNR")["Range"]


def test_damaged_objects_are_counted_where_objects_and_files_are(store: Store, tmp_path: Path) -> None:
    store.put("flat_field", uniformity())
    store.put("other", failed=(("read", "truncated", "file ends early"),), status="unreadable")
    store.put("other", failed=(("read", "truncated", "file ends early"),), status="unreadable", header=False)
    reader = Reader(store.page(tmp_path))
    assert "2 objects (1 of them damaged)" in reader.text
    assert reader.row("Files", "DICOM objects")["Number"] == "1"
    assert reader.row("Files", "Damaged DICOM objects")["Number"] == "1"
    assert reader.row("Files", "Unreadable")["Number"] == "1"


def test_what_was_not_measured_sums_to_the_total(store: Store, tmp_path: Path) -> None:
    store.put("flat_field", uniformity(), failed=(("nps", "too_small", "too small"),))
    store.put("other", failed=(("read", "truncated", "file ends early"),), status="unreadable", header=False)
    reader = Reader(store.page(tmp_path))
    assert "2 measurements that should have been possible were not" in reader.text
    column = reader.tables[0][0].index("Not measured")
    assert [(row[0], row[column]) for row in reader.tables[0][1:]] == [
        ("ROOM1Simulated DX-1000 · detector DET-A", "1"),
        ("No unitfiles that do not name one", "1"),
    ]


def test_faults_of_dose_reports_are_listed_and_the_list_is_cut(store: Store, tmp_path: Path) -> None:
    faults = tuple(DoseReportFault(path=f"113701/{number}", message=f"unit {HOSTILE}") for number in range(30))
    faulty = store.put("dose_report", DoseReport(header=ObjectHeader(subject="x"), faults=faults))
    store.put("dose_report", DoseReport(header=ObjectHeader(subject="y")))
    page = store.page(tmp_path)
    reader = Reader(page)
    assert "30 faults in 1 report" in reader.text
    row = reader.row("Fault", "unit")
    assert (row["Fault"], row["Item"], row["SOP Instance UID"]) == (f"unit {HOSTILE}", "113701/0", faulty)
    assert "5 further rows" in reader.text  # 30 - 25
    assert "<script" not in page


def test_a_field_without_a_preview_says_why(store: Store, tmp_path: Path) -> None:
    store.put("clinical", collimation())
    assert "outline only" not in Reader(store.page(tmp_path)).text
    store.put("clinical", dataclasses.replace(collimation(), preview=None, preview_pitch_mm=None))
    text = Reader(store.page(tmp_path)).text
    assert text.count("the image may carry burnt-in text") == 1
    assert "2026-03-02, outline only" in text


def test_a_long_subject_is_cut_in_a_caption_and_whole_in_its_title(store: Store, tmp_path: Path) -> None:
    subject = "1.2.826.0.1." + "9" * 30 + "123456789012"
    header = ObjectHeader(subject=subject, acquisition=Acquisition(**ROOM))  # type: ignore[arg-type]
    entry = FileEntry(relative_path="a", size=1, mtime_ns=1, digest="d", subject=subject, status="object")
    outcomes = [measured(subject, collimation())]
    store.records.add(
        store.run, archive_key="k", plan_digest="p", file=entry, header=header, kind="clinical", outcomes=outcomes
    )
    assert f'title="{subject}">…123456789012</span>' in store.page(tmp_path)


def test_curves_that_a_reader_sees_as_one_are_grouped() -> None:
    fine, coarse = np.linspace(0.0, 5.0, 101), np.linspace(0.0, 4.0, 33)
    # 0.005 apart is half the greatest distance of two equal curves on an axis of height 1, 0.05 is five times it
    curves = [(fine, 1.0 - fine / 10), (fine, 0.95 - fine / 10), (coarse, 1.005 - coarse / 10), (fine, fine * np.nan)]
    groups = coinciding(curves, extent=1.0)
    assert groups == [[0, 2]]
    assert coincide_text(["a", "b", "c", "d"], groups) == "Coinciding curves are drawn thin on wide: a = c."
    assert coincide_text(["a"], []) == ""


def test_coinciding_curves_are_named_under_their_figure(store: Store, tmp_path: Path) -> None:
    store.put("edge", mtf("columns"))
    store.put("edge", mtf("rows"))
    text = Reader(store.page(tmp_path)).text
    assert "Coinciding curves are drawn thin on wide: 2026-03-02, u = 2026-03-02, v." in text


def test_overview_of_one_site_holds_nothing_of_another(two_sites: Store, tmp_path: Path) -> None:
    page = two_sites.page(tmp_path, only_site="north")
    assert CANARY not in page
    assert Reader(page).tables[0][1][0].startswith("N1")
    assert CANARY in two_sites.page(tmp_path)
    with pytest.raises(InputError, match="knows no site 'nowhere'"):
        two_sites.page(tmp_path, only_site="nowhere")


def test_overview_names_a_unit_as_the_register_does(two_sites: Store, tmp_path: Path) -> None:
    who = {"actor": "mp7", "reason": "as we say"}
    tell_equipment(two_sites.records, {"station_name": "N1", "unit": "Chest stand"}, **who)
    tell_equipment(two_sites.records, {"station_name": f"{CANARY}station", "room": "Theatre"}, **who)
    names = {row[0] for row in Reader(two_sites.page(tmp_path)).tables[0][1:]}
    assert {name.partition(CANARY)[0].partition("Simulated")[0] for name in names} == {"Chest stand", "Theatre"}
