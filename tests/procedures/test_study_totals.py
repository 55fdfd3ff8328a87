"""Totals of fluoroscopic studies out of the dose reports of a store, and the typical values of rooms."""

from __future__ import annotations

import dataclasses
import datetime
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from xrayiq.audit import DoseAudit
from xrayiq.model import Acquisition, DoseEvent, DoseReport, ObjectHeader, Outcome
from xrayiq.procedures import audit_dose, load_site
from xrayiq.records import FileEntry, Records, open_records
from xrayiq.report.dose_chapters import chapters
from xrayiq.report.tables import Marked

START = datetime.datetime(2026, 3, 2, 9, 0)
FLUOROSCOPY = ("44491008", "SCT", "Fluoroscopy")
ABDOMEN = ("818981001", "SCT", "Abdomen")
#: numbers whose quantiles are known: room A has 21 studies of 1, 2 … 21 Gy·cm², room B three times that
STUDIES = 21
GY_CM2 = 1e-4
SITE = """
[reference_levels."Local 2026"]
quantity = "dose_area_product"
unit = "Gy.cm2"
per = "examination"
document = "levels of the test"
confidence = "A"
levels = [{ body_part = "ABDOMEN", value = 12.0 }]

[reference_levels."Local 2026, time"]
quantity = "fluoroscopy_time_total"
unit = "min"
per = "examination"
document = "levels of the test"
confidence = "A"
levels = [{ body_part = "ABDOMEN", value = 2.0 }]
"""


class Store:
    """Puts dose reports into a store."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.count = 0
        self.run_id = records.begin_run(
            archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0"
        )

    def report(
        self, study: str, events: list[DoseEvent], *, room: str = "A", after_min: int = 0, **told: object
    ) -> None:
        self.count += 1
        acquisition = Acquisition(
            manufacturer="Acme",
            station_name=room,
            serial_number=f"S{room}",
            modality="SR",
            exposed_at=START + datetime.timedelta(minutes=after_min),
            patient_age_years=50.0,
            patient_weight_kg=70.0,
        )
        header = ObjectHeader(subject=f"1.{self.count}", study_uid=study, acquisition=acquisition)
        report = DoseReport(header=header, events=tuple(events), **told)  # type: ignore[arg-type]  # totals
        outcome = Outcome(
            subject=header.subject,
            procedure="dose_report",
            kind="measured",
            result=report,
            measurements=report.measurements(),
            algorithm_version=report.provenance.algorithm_version,
        )
        name = header.subject
        entry = FileEntry(relative_path=name, size=1, mtime_ns=1, digest=name, subject=name, status="object")
        self.records.add(
            self.run_id,
            archive_key="a",
            plan_digest="p",
            file=entry,
            header=header,
            kind="dose_report",
            outcomes=[outcome],
            population="no_image",
        )


def _event(name: str, dap_gy_cm2: float, **told: object) -> DoseEvent:
    known: dict[str, object] = {
        "irradiation_event_uid": name,
        "event_type": FLUOROSCOPY,
        "target_region": ABDOMEN,
        "plane": ("113622", "DCM", "Single Plane"),
        "dap_gy_m2": dap_gy_cm2 * GY_CM2,
        "started_at": START,
    }
    return DoseEvent(**(known | told))  # type: ignore[arg-type]  # fields of one test each


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as opened:
        yield opened


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> DoseAudit:
    folder = tmp_path_factory.mktemp("procedures")
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    assert tomllib.loads(SITE)
    with open_records(f"sqlite:///{folder / 'qa.db'}") as opened:
        store = Store(opened)
        for room, factor in (("A", 1.0), ("B", 3.0)):
            for number in range(1, STUDIES + 1):
                events = [_event(f"{room}{number}.{part}", 0.4 * factor * number) for part in range(2)]
                store.report(
                    f"9.{room}{number}",
                    events,
                    room=room,
                    after_min=number,
                    total_dap_gy_m2=factor * number * GY_CM2,  # more than its two events: the report accumulates all
                    total_reference_point_kerma_mgy=10.0 * factor * number,
                    total_fluoro_time_s=60.0 * number,
                )
        return audit_dose(opened, site=load_site(folder / "site.toml"))


def test_typical_totals_are_medians_of_whole_studies(audit: DoseAudit) -> None:
    typical = audit.frame("procedures")
    got = {
        (row["room"], row["quantity"]): (row["exposures"], row["median"], row["quartile_1"], row["quartile_3"])
        for row in typical.to_dict("records")
    }
    for room, factor in (("A", 1.0), ("B", 3.0)):  # of 1 … 21 the quartiles are 6, 11 and 16
        units = {"dose_area_product_total": factor * GY_CM2, "reference_point_kerma_total": 10.0 * factor}
        for name, unit in units.items():
            assert got[room, name] == (STUDIES, *(pytest.approx(one * unit, rel=1e-12) for one in (11, 6, 16)))
        assert got[room, "fluoroscopy_time_total"] == (STUDIES, 660.0, 360.0, 960.0)
    assert set(typical["body_part"]) == {"ABDOMEN"}
    assert set(typical["view"]) == {"fluoroscopy"}


def test_percentiles_have_intervals_that_hold_them(audit: DoseAudit) -> None:
    for row in audit.frame("procedures").to_dict("records"):
        assert row["low"] < row["median"] < row["high"]
        for name in ("quartile_1", "quartile_3"):
            assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]


def test_local_levels_are_of_the_rooms_medians(audit: DoseAudit) -> None:
    local = audit.frame("procedure_local_levels").set_index("quantity")
    row = local.loc["dose_area_product_total"]
    assert (row["rooms"], row["enough"]) == (2, False)
    assert row["level"] == pytest.approx(np.quantile([11.0, 33.0], 0.75) * GY_CM2, rel=1e-12)


def test_levels_for_an_examination_meet_totals_and_a_room_over_one_is_found(audit: DoseAudit) -> None:
    levels = audit.frame("procedure_levels")
    told = {(row["room"], row["quantity"]): (row["verdict"], row["level"]) for row in levels.to_dict("records")}
    assert told["A", "dose_area_product_total"] == ("below", pytest.approx(12.0 * GY_CM2, rel=1e-12))
    assert told["B", "dose_area_product_total"][0] == "exceeds"
    assert told["A", "fluoroscopy_time_total"] == ("exceeds", 120.0)
    found = {(one.room, one.quantity): one for one in audit.findings if one.kind == "reference_level"}
    assert set(found) == {
        ("B", "dose_area_product_total"),
        ("A", "fluoroscopy_time_total"),
        ("B", "fluoroscopy_time_total"),
    }
    one = found["B", "dose_area_product_total"]
    assert one.about == "ABDOMEN fluoroscopy, adult, Local 2026"
    assert "median of 21 studies" in one.sentence


def test_totals_of_single_exposures_are_not_mixed_with_those_of_studies(audit: DoseAudit) -> None:
    assert not set(audit.typical["quantity"]) & set(audit.frame("procedures")["quantity"])
    assert not set(audit.compared["level_id"]) & {"Local 2026", "Local 2026, time"}


def _studies(records: Records) -> list[dict[str, object]]:
    frame = audit_dose(records, site=load_site()).frame("studies")
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def test_cumulative_and_duplicate_reports_count_once_and_continued_ones_add_up(records: Records) -> None:
    store = Store(records)
    first, second, third = (_event(f"e{number}", float(number)) for number in (1, 2, 3))
    store.report("9.1", [first], after_min=1, total_dap_gy_m2=1.0 * GY_CM2, total_fluoro_time_s=10.0)
    store.report("9.1", [first, second], after_min=2, total_dap_gy_m2=3.0 * GY_CM2, total_fluoro_time_s=30.0)
    store.report("9.1", [first, second], after_min=3, total_dap_gy_m2=3.0 * GY_CM2, total_fluoro_time_s=30.0)
    store.report("9.1", [third], after_min=4, total_dap_gy_m2=3.5 * GY_CM2, total_fluoro_time_s=5.0)
    (study,) = _studies(records)
    assert study["dose_area_product_total"] == pytest.approx(6.5 * GY_CM2, rel=1e-12)
    assert (study["fluoroscopy_time_total"], study["reports"], study["events"]) == (35.0, 2, 3)
    assert study["source"] == "report"


def test_reports_that_share_events_count_by_their_events(records: Records) -> None:
    store = Store(records)
    first, second, third = (_event(f"e{number}", float(number)) for number in (1, 2, 3))
    store.report("9.1", [first, second], after_min=1, total_dap_gy_m2=3.5 * GY_CM2)
    store.report("9.1", [second, third], after_min=2, total_dap_gy_m2=5.5 * GY_CM2)
    (study,) = _studies(records)
    assert study["dose_area_product_total"] == pytest.approx(6.0 * GY_CM2, rel=1e-12)
    assert study["source"] == "events"
    assert math.isnan(study["fluoroscopy_time_total"])  # type: ignore[arg-type]  # a number


def test_reports_of_the_same_events_count_once_whatever_unit_they_name(records: Records) -> None:
    store = Store(records)
    store.report("9.1", [_event("e1", 1.0)], room="A", total_dap_gy_m2=1.0 * GY_CM2)
    store.report("9.1", [_event("e1", 1.0)], room="copied", after_min=1, total_dap_gy_m2=1.0 * GY_CM2)
    (study,) = _studies(records)
    assert study["dose_area_product_total"] == pytest.approx(1.0 * GY_CM2, rel=1e-12)


def test_planes_are_together_and_radiography_is_no_procedure(records: Records) -> None:
    store = Store(records)
    a, b = (_event(f"e{code}", 1.0, plane=(code, "DCM", "")) for code in ("113620", "113621"))
    store.report("9.1", [a, b], total_dap_gy_m2=2.0 * GY_CM2)
    still = dataclasses.replace(_event("e9", 1.0), event_type=("113611", "DCM", "Stationary Acquisition"))
    store.report("9.2", [still], total_dap_gy_m2=1.0 * GY_CM2)
    (study,) = _studies(records)
    assert (study["subject"], study["planes"]) == ("9.1", "A and B")


def test_report_has_a_chapter_with_median_percentile_level_and_document(audit: DoseAudit) -> None:
    (chapter,) = [one for one in chapters(audit) if one.title == "Fluoroscopy and angiography"]
    rows = chapter.tables[0][1].rows
    (row,) = [one for one in rows if one[0] == "B: ABDOMEN fluoroscopy, adult" and "area" in str(one[1])]
    assert (row[2], row[3], row[5], row[7], row[8]) == ("21", "33.000 Gy·cm²", "48.000 Gy·cm²", "12.000 Gy·cm²", "1")
    assert isinstance(row[9], Marked)
    assert (row[9].text, row[9].why) == ("2.75", "over the level")
    assert chapter.documents[0] == "1: levels of the test"
    assert "totals of dose reports 42" in chapter.explanation
