"""The page answers from the store, reaches nothing outside, and trusts no text."""

from __future__ import annotations

import dataclasses
import datetime
import re
import sqlite3
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest

from xrayiq.errors import InputError, RecordsError
from xrayiq.metrics.clinical_noise import ClinicalNoise
from xrayiq.metrics.collimation import Collimation
from xrayiq.metrics.exposure_index import ExposureIndex
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.nps import Nps
from xrayiq.metrics.uniformity import Uniformity
from xrayiq.model import (
    Acquisition,
    DoseEvent,
    DoseReport,
    DoseReportFault,
    Limit,
    ObjectHeader,
    Outcome,
    Provenance,
    Result,
    judge,
    quantity,
)
from xrayiq.records import FileEntry, Records, open_records
from xrayiq.report import write_report
from xrayiq.report.curves import coincide_text, coinciding

MONDAY = datetime.datetime(2026, 3, 2, 7, 30)
ROOM = {"manufacturer": "Simulated", "model": "DX-1000", "station_name": "ROOM1", "detector_id": "DET-A"}
HOSTILE = "<script>alert(1)</script>"
ATTRIBUTE = '"><img src=http://evil.example/x onerror=alert(2)>'
FOLDER = "Ward7/Simulated^Patient"

DI_LIMIT = Limit(
    id="di",
    quantity="deviation_index",
    document="AAPM TG-116",
    edition="2009",
    confidence="B",
    warning_low=-1.0,
    warning_high=1.0,
    fail_low=-3.0,
    fail_high=3.0,
    note="look, do not repeat",
)
UNIFORMITY_LIMIT = Limit(
    id="snu",
    quantity="signal_nonuniformity_global",
    document="local practice",
    edition="",
    confidence="C",
    warning_high=0.25,
)
MTF_LIMIT = Limit(
    id="mtf",
    quantity="mtf_f50",
    document="local practice",
    edition="",
    confidence="C",
    basis="relative_to_baseline",
    warning_low=-0.1,
    warning_high=0.1,
)
LIMITS = (DI_LIMIT, UNIFORMITY_LIMIT, MTF_LIMIT)


def provenance(algorithm: str) -> Provenance:
    return Provenance(algorithm=algorithm, algorithm_version=1)


def uniformity(*, nonuniformity: float = 0.0312) -> Uniformity:
    means = 100.0 + np.arange(12.0).reshape(3, 4)
    return Uniformity(
        tile_means=means,
        tile_sds=np.ones((3, 4)),
        tile_snrs=means,
        tile_detrended_sds=np.ones((3, 4)),
        tile_rows_px=np.array([50, 100, 150]),
        tile_columns_px=np.array([50, 100, 150, 200]),
        tile_size_px=(50, 50),
        roi_mm=10.0,
        border_mm=10.0,
        signal_nonuniformity_global=nonuniformity,
        signal_nonuniformity_local=0.0123,
        noise_nonuniformity_global=0.2,
        noise_nonuniformity_local=0.1,
        snr_nonuniformity_global=0.15,
        snr_nonuniformity_local=0.05,
        snr_mean=105.5,
        snr_minimum=100.0,
        mean_signal=105.5,
        signal_unit="1",
        five_roi_means=np.full(5, 105.5),
        five_roi_size_px=(20, 20),
        five_roi_deviation=0.04,
        five_roi_variation=0.03,
        provenance=provenance("uniformity"),
    )


def mtf(across: str) -> Mtf:
    frequencies = np.linspace(0.0, 5.0, 65)
    return Mtf(
        frequencies_per_mm=frequencies,
        values=np.exp(-frequencies),
        nyquist_per_mm=2.5,
        f50_per_mm=1.234,
        f10_per_mm=None,
        edge_angle_deg=3.0,
        across=across,  # type: ignore[arg-type]  # one of the two literals
        mode="constancy",
        esf_positions_mm=frequencies,
        esf_values=frequencies,
        lsf_positions_mm=frequencies,
        lsf_values=frequencies,
        roi_px=(0, 10, 0, 10),
        edge_ends_px=np.zeros((2, 2)),
        contrast_to_noise=float("inf"),
        provenance=provenance("mtf"),
    )


def nps(mean_signal: float = 50.0) -> Nps:
    frequencies = np.arange(1.0, 9.0) / 3.2
    return Nps(
        frequencies_per_mm=frequencies,
        u_values=1.0 / frequencies,
        v_frequencies_per_mm=frequencies,
        v_values=1.0 / frequencies,
        radial_frequencies_per_mm=frequencies,
        radial_values=1.0 / frequencies,
        spectrum=np.ones((16, 16)),
        mean_signal=mean_signal,
        signal_unit="1",
        variance=25.0,
        image_count=1,
        roi_count=9,
        pixel_count=1000,
        roi_px=16,
        pixel_pitch_mm=(0.2, 0.2),
        provenance=provenance("nps"),
    )


def collimation(confidence: float = 0.9, fraction: float = 0.5) -> Collimation:
    return Collimation(
        corners_px=np.array([[9.5, 19.5], [9.5, 79.5], [49.5, 79.5], [49.5, 19.5]]),
        sides=("collimated", "at_border", "not_found", "collimated"),
        area_mm2=4800.0,
        field_fraction=fraction,
        confidence=confidence,
        rotation_deg=0.0,
        image_shape_px=(100, 100),
        pixel_pitch_mm=(1.0, 1.0),
        preview=np.zeros((50, 50), dtype=np.uint8),
        preview_pitch_mm=(2.0, 2.0),
        provenance=provenance("collimation"),
    )


def exposure_index(deviation_index: float) -> ExposureIndex:
    return ExposureIndex(
        exposure_index=250.0 * 10 ** (deviation_index / 10),
        target_exposure_index=250.0,
        deviation_index=deviation_index,
        reported_deviation_index=None,
        deviation_index_difference=None,
        estimated_exposure_index=None,
        provenance=provenance("exposure_index"),
    )


def clinical_noise(snr: float) -> ClinicalNoise:
    return ClinicalNoise(
        snr=snr,
        relative_noise=1.0 / snr,
        mean_signal=4.0,
        noise=4.0 / snr,
        signal_unit="1",
        block_size_px=16,
        block_count=12,
        anatomy_fraction=0.5,
        provenance=provenance("clinical_noise"),
    )


def measured(subject: str, result: Result) -> Outcome:
    measurements = result.measurements()
    return Outcome(
        subject=subject,
        procedure=result.provenance.algorithm,
        kind="measured",
        parameter_digest="p",
        result=result,
        measurements=measurements,
        verdicts=tuple(judge(m, limit) for m in measurements for limit in LIMITS if limit.quantity == m.quantity),
    )


def not_measurable(subject: str, procedure: str, reason: str, message: str, *, kind: str = "not_measurable") -> Outcome:
    return Outcome(
        subject=subject,
        procedure=procedure,
        kind=kind,  # type: ignore[arg-type]  # one of the literals
        parameter_digest="p",
        reason=reason,
        message=message,
    )


class Store:
    """A record store with one run, filled object by object."""

    def __init__(self, folder: Path) -> None:
        self.records: Records = open_records(f"sqlite:///{folder / 'qa.db'}")
        self.run = self.records.begin_run(archive_key="k", plan_digest="plan", kernel_digest="abc123", version="9.8.7")
        self.count = 0

    def put(
        self,
        kind: str,
        *results: Result,
        failed: tuple[tuple[str, str, str], ...] = (),
        acquisition: dict[str, object] | None = None,
        status: str = "object",
        header: bool = True,
    ) -> str:
        self.count += 1
        subject = f"1.2.3.{self.count}"
        known = {**ROOM, "modality": "DX", "exposed_at": MONDAY, **(acquisition or {})}
        outcomes = [measured(subject, result) for result in results]
        outcomes += [not_measurable(subject, *row) for row in failed]
        self.records.add(
            self.run,
            archive_key="k",
            plan_digest="plan",
            file=FileEntry(
                relative_path=f"{FOLDER}/{self.count}.dcm",
                size=1,
                mtime_ns=1,
                digest=f"sha256:{self.count}",
                subject=subject,
                status=status,  # type: ignore[arg-type]  # one of the literals
            ),
            header=ObjectHeader(subject=subject, acquisition=Acquisition(**known)) if header else None,  # type: ignore[arg-type]
            kind=kind,
            outcomes=outcomes,
        )
        return subject

    def page(self, folder: Path, **options: str) -> str:
        return write_report(self.records, folder / "report.html", **options).read_text(encoding="utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.records.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    """Store with something for every section, and its page; only to be read."""
    folder = tmp_path_factory.mktemp("filled")
    store = Store(folder)
    fill(store)
    yield store, store.page(folder)
    store.records.close()


class Reader(HTMLParser):
    """Tags with their attributes, visible text, and tables as rows of cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._hidden = 0
        self.words: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        self._hidden += tag in ("style", "svg")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        self._hidden -= tag in ("style", "svg")

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        if not self._hidden:
            self.words.append(data)

    def row(self, table_heading: str, first: str) -> dict[str, str]:
        """Row that starts with a text, in the table whose headings hold another."""
        for table in self.tables:
            if table and table_heading in table[0]:
                for row in table[1:]:
                    if row and row[0].startswith(first):
                        return dict(zip(table[0], row, strict=True))
        raise AssertionError(f"no row {first!r} under {table_heading!r}")


def fill(store: Store) -> None:
    """Something for every section."""
    store.put("flat_field", uniformity(), nps(), acquisition={"exposure_mas": 5.0})
    store.put("edge", mtf("columns"))
    store.put("edge", mtf("rows"))
    for number, deviation_index in enumerate((-3.5, -1.5, 0.2, 1.7, 0.4)):
        store.put(
            "clinical",
            exposure_index(deviation_index),
            collimation(),
            clinical_noise(40.0 + number),
            acquisition={"body_part": "CHEST", "view_position": "PA"},
        )
    events = (DoseEvent(dap_gy_m2=2e-5), DoseEvent(dap_gy_m2=3e-5))
    store.put("dose_report", DoseReport(header=ObjectHeader(subject="x"), events=events, total_dap_gy_m2=5e-5))


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
    assert row["Images"] == "5"
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
