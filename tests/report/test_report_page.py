"""The page as a whole: safe, self-contained, and its first screens agree with the store."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import pytest
from report_builders import (
    ATTRIBUTE,
    HOSTILE,
    MONDAY,
    MTF_LIMIT,
    ROOM,
    Reader,
    Store,
    clinical_noise,
    collimation,
    exposure_index,
    fill,
    mtf,
    nps,
    uniformity,
)

from xrayiq.model import (
    Acquisition,
    ObjectHeader,
    Outcome,
    judge,
    quantity,
)
from xrayiq.records import FileEntry, open_records
from xrayiq.report import write_report


def test_page_reaches_nothing_outside_itself(filled: tuple[Store, str]) -> None:
    _, page = filled
    assert "://" not in page
    assert not re.search(r"@import|url\((?!#)", page)
    reader = Reader(page)
    assert not {tag for tag, _ in reader.tags} & {"script", "iframe", "object", "embed", "base", "form", "link"}
    for _, attributes in reader.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "srcset", "href", "xlink:href", "action", "data"):
                assert value is not None
                assert value.startswith(("#", "data:image/png;base64,"))


def test_every_link_and_reference_inside_the_page_has_one_target(filled: tuple[Store, str]) -> None:
    _, page = filled
    reader = Reader(page)
    targets = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(targets) == len(set(targets))
    links = [value for _, attributes in reader.tags for name, value in attributes.items() if name.endswith("href")]
    inner = {str(link)[1:] for link in links if str(link).startswith("#")} | set(re.findall(r"url\(#([^)]+)\)", page))
    assert inner <= set(targets)


@pytest.mark.parametrize("text", [HOSTILE, ATTRIBUTE, "{{ 7 * 7 }}", "$\\frac{$", "&lt;b&gt;", "a\x1b[31m\u202eb"])
def test_hostile_text_is_shown_and_does_nothing(store: Store, tmp_path: Path, text: str) -> None:
    hostile = dict.fromkeys(("station_name", "model", "detector_id", "body_part", "view_position", "modality"), text)
    store.put("flat_field", uniformity(nonuniformity=0.5), nps(), acquisition=hostile)
    store.put(
        "clinical",
        exposure_index(5.0),
        collimation(),
        clinical_noise(40.0),
        failed=(("clipping", text, text),),
        acquisition=hostile,
    )
    page = store.page(tmp_path, title=text)
    reader = Reader(page)
    assert not [tag for tag, _ in reader.tags if tag in ("script", "img")]
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert "49" not in [cell for table in reader.tables for row in table for cell in row if cell == "49"]
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page)
    shown = " ".join(re.sub("[\x1b\u202e]", " ", text).split())
    assert shown in reader.text


def test_counts_on_the_first_screen_are_the_stores(filled: tuple[Store, str]) -> None:
    store, page = filled
    reader = Reader(page)
    row = reader.row("Unit and detector", "ROOM1")
    counts = store.records.frame("verdicts")["status"].value_counts()
    assert int(row["Out of limits"]) == counts["fail"] == 1
    assert int(row["Warnings"]) == counts["warning"] == 2
    assert int(row["Within limits"]) == counts["pass"] == 3
    assert int(row["Not judged"]) == counts["indeterminate"] == 2
    assert int(row["Objects"]) == len(store.records.frame("objects")) == 9
    assert "1 unit out of limits" in reader.text
    assert "9.8.7" in reader.text
    assert "abc123" in reader.text
    assert "2026-03-02" in reader.text


def test_a_finding_states_value_limit_source_and_images(store: Store, tmp_path: Path) -> None:
    fill(store)
    store.put("flat_field", uniformity(nonuniformity=0.3456))
    text = Reader(store.page(tmp_path)).text
    assert (
        "−3.50 allowed: −3.00 to 3.00 worst of 3 outside (1 out of limits, 2 with a warning), 5 checked, "
        "last on 2026-03-02 Limit: AAPM TG-116, 2009"
    ) in text
    assert "34.56 % allowed: at most 25.00 % 1 of 2 checked" in text
    assert "local practice (limit not verified against the document)" in text
    assert "Look, do not repeat." in text
    assert "CHEST PA 1.2.3.4" in text


def test_a_finding_against_a_baseline_states_the_deviation(store: Store, tmp_path: Path) -> None:
    result = mtf("columns")
    first = result.measurements()[0]
    outcome = Outcome(
        subject="1.2.3.1",
        procedure="mtf",
        kind="measured",
        result=result,
        measurements=result.measurements(),
        verdicts=(judge(first, MTF_LIMIT, baseline=1.6),),
    )
    entry = FileEntry(relative_path="a", size=1, mtime_ns=1, digest="d", subject="1.2.3.1", status="object")
    header = ObjectHeader(subject="1.2.3.1", acquisition=Acquisition(station_name="ROOM1"))
    store.records.add(
        store.run, archive_key="k", plan_digest="p", file=entry, header=header, kind="edge", outcomes=[outcome]
    )
    reader = Reader(store.page(tmp_path))
    # 1.234 / 1.6 - 1 = -22.9 %
    assert "1.234 mm⁻¹ (−22.9 % from the baseline) allowed: −10 % to +10 % of the baseline" in reader.text
    assert reader.row("Baseline", "undated")["Baseline"] == "1.600 mm⁻¹"


def test_detector_numbers_are_the_stores(store: Store, tmp_path: Path) -> None:
    fill(store)
    store.put("flat_field", uniformity(nonuniformity=0.05), acquisition={"exposed_at": MONDAY + datetime.timedelta(7)})
    reader = Reader(store.page(tmp_path))
    row = reader.row("Latest is", quantity("signal_nonuniformity_global").label)
    assert row["Latest"] == "5.00 %"
    assert row["Date"] == "2026-03-09"
    assert row["Median"] == "4.06 %"  # of 3.12 and 5.00
    assert row["Range"] == "3.12 to 5.00 %"
    assert row["n"] == "2"
    assert row["Latest is"] == "Within limits"
    assert reader.row("Latest is", "MTF 50 %, across rows")["Latest"] == "1.234 mm⁻¹"
    assert reader.row("Latest is", "Minimum SNR")["Latest is"] == "No limit"


def test_exposure_shares_follow_the_verdicts(filled: tuple[Store, str]) -> None:
    _, page = filled
    row = Reader(page).row("Far too low", "ROOM1")
    assert row["Exposures"] == "5"
    assert row["Median"] == "0.20"
    shares = [row[name] for name in ("Far too low", "Low", "On target", "High", "Far too high")]
    assert shares == ["20 %", "20 %", "40 %", "20 %", "0 %"]


def test_dose_totals_are_as_stated(filled: tuple[Store, str]) -> None:
    _, page = filled
    row = Reader(page).row("Reports", "ROOM1")
    assert (row["Reports"], row["Events"]) == ("1", "2")
    assert row["Median: Dose-area product, total"] == "0.500 Gy·cm²"


def test_what_was_found_counts_objects_and_files(store: Store, tmp_path: Path) -> None:
    fill(store)
    store.put("other", failed=(("read", "not_dicom", "no DICOM object"),), status="not_dicom", header=False)
    reader = Reader(store.page(tmp_path))
    row = reader.row("Flat field", "ROOM1")
    assert (row["Flat field"], row["Edge"], row["Clinical image"], row["Dose report"]) == ("1", "2", "5", "1")
    assert reader.row("Files", "Not DICOM")["Number"] == "1"
    assert reader.row("Modality", "DX")["Objects"] == "9"


def test_reasons_are_listed_with_count_sentence_and_subjects(store: Store, tmp_path: Path) -> None:
    sentence = "slanted edge at 0.4 deg; needed 1.5 to 8 deg: re-align the edge device"
    subjects = [store.put("edge", failed=(("mtf", "edge_angle", sentence),)) for _ in range(3)]
    text = Reader(store.page(tmp_path)).text
    assert f"3 MTF: edge angle {sentence}" in text
    assert all(subject in text for subject in subjects)
    assert "3 measurements that should have been possible were not" in text


def test_what_was_never_meant_to_be_measured_is_kept_apart(store: Store, tmp_path: Path) -> None:
    store.put("clinical", failed=(("clinical_noise", "presentation_image", "image for presentation"),))
    text = Reader(store.page(tmp_path)).text
    assert "Everything that should be measurable was measured" in text
    assert "Not meant to be measured: 1" in text
    assert "image for presentation" in text


def test_no_path_and_no_person_stands_in_the_page(store: Store, tmp_path: Path) -> None:
    fill(store)
    store.put("other", failed=(("read", "truncated", "file ends early"),), status="unreadable", header=False)
    page = store.page(tmp_path)
    assert "Ward7" not in page
    assert "Patient" not in page
    assert ".dcm" not in page
    assert str(tmp_path) not in page


def test_an_empty_store_gives_a_page_that_says_so(tmp_path: Path) -> None:
    with open_records(f"sqlite:///{tmp_path / 'empty.db'}") as records:
        page = write_report(records, tmp_path / "report.html").read_text(encoding="utf-8")
    text = Reader(page).text
    assert "Nothing has been recorded yet" in text
    assert "dates not known" in text


def test_an_archive_without_objects_is_not_called_empty(store: Store, tmp_path: Path) -> None:
    store.put("other", failed=(("read", "not_dicom", "no DICOM object"),), status="not_dicom", header=False)
    text = Reader(store.page(tmp_path)).text
    assert "No DICOM object was found" in text
    assert "1 Reading: not dicom no DICOM object" in text


def test_unknown_equipment_and_dates_are_named_so(store: Store, tmp_path: Path) -> None:
    unknown = dict.fromkeys((*ROOM, "exposed_at", "modality"))
    store.put("flat_field", uniformity(nonuniformity=0.5), nps(0.0), acquisition=unknown)
    store.put("edge", mtf("columns"), acquisition=unknown)
    store.put("clinical", exposure_index(4.0), collimation(), acquisition=unknown)
    reader = Reader(store.page(tmp_path))
    row = reader.row("Unit and detector", "Equipment not stated in the header")
    assert row["Last exposure"] == "–"
    assert reader.row("Modality", "not stated")["Objects"] == "3"
    assert "undated" in reader.text
