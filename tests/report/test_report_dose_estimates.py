"""Estimated doses and wrong units in the report, and the doses of the inspection packet."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator

import pandas as pd
import pytest
from matplotlib.figure import Figure
from report_builders import Reader, Store
from report_dose_builders import AROUND, LEVEL, expose

from xrayiq.audit import DoseAudit, DoseEstimates, assess_dose, dose_log_digest, tabulate_exposures
from xrayiq.dose import LEVEL_COLUMNS, SkinExposure, estimate_skin_dose
from xrayiq.model import Finding, FindingStep
from xrayiq.plots import plot_stated_and_expected
from xrayiq.procedures import audit_dose
from xrayiq.report import Period, write_packet
from xrayiq.report.dose_audit import of_audit
from xrayiq.report.dose_estimates import effective_chapter, glandular_chapter, skin_chapter, units_chapter
from xrayiq.report.pages.dose_kpi import rooms_of
from xrayiq.report.pages.packet_doses import findings_table

START = datetime.datetime(2026, 3, 2, 9, 0)
MARCH = Period(first=datetime.date(2026, 3, 1), last=datetime.date(2026, 3, 31))
NOTHING = ("incident_air_kerma", "entrance_surface_air_kerma", "average_glandular_dose", "noise", "snr")


def _exposures(factor: float, unit: str) -> list[dict[str, object]]:
    known: dict[str, object] = dict.fromkeys(NOTHING, float("nan"))
    known |= {"site": "North", "room": unit, "unit": unit, "body_part": "HAND", "view": "PA", "band": "adult"}
    known |= {"weight_told": True, "study_uid": "", "patient_key": "", "operator_key": "", "exposure_mas": 2.0}
    known |= {"tube_voltage_kv": 60.0, "field_area_mm2": 1e4, "deviation_index": 0.0, "patient_weight_kg": 70.0}
    return [
        known
        | {"subject": f"{unit}{number}", "exposed_at": START + datetime.timedelta(days=number)}
        | {"expected_dose_area_product": 1e-6 * step, "dose_area_product": factor * 1e-6 * step}
        for number, step in enumerate(AROUND)
    ]


@pytest.fixture(scope="module")
def audit() -> DoseAudit:
    """A unit ten times over what its technique gives, an examination of a substantial dose, a unit of mammography."""
    beam = SkinExposure(
        primary_angle_deg=0.0,
        secondary_angle_deg=0.0,
        source_isocentre_distance_mm=785.0,
        reference_point_kerma_mgy=4000.0,
        source_reference_point_distance_mm=635.0,
        field_area_at_1_m_mm2=4e4,
    )
    skin = estimate_skin_dose([beam])
    place = {"site": "North", "room": "ANGIO", "unit": "U", "exposed_at": START, "protocol_name": "Run"}
    totals = {"reference_point_kerma_total": 4000.0, "dose_area_product_total": 1e-2, "fluoroscopy_time_total": 600.0}
    row = (
        place | totals | {"study_uid": "1.1", "subject": "2.1", "events": 1, "peak_skin_dose": skin.peak_skin_dose_mgy}
    )
    row |= {"relative_uncertainty": skin.relative_uncertainty, "events_in_map": 1, "not_estimated": ""}
    row |= {"reached": "peak_skin_dose", "finding": True, "source": "a document", "assumptions": "on the back"}
    breast = {"site": "North", "room": "MAMMO", "unit": "M", "exposures": 12, "median_stated": 2.0, "low_ratio": 1.3}
    breast |= {"median_estimated": 1.4, "median_ratio": 1.43, "high_ratio": 1.5, "tolerance_fraction": 0.25}
    breast |= {"verdict": "outside", "method": "", "relative_uncertainty": 0.2, "source": "a manual"}
    effective = {"site": "North", "per": "radiograph", "body_part": "CHEST", "view": "PA", "band": "adult"}
    effective |= {"exposures": 30, "mean_dose_area_product": 1e-5, "coefficient_msv_per_gy_cm2": 0.158}
    effective |= {"effective_dose": 0.0158, "relative_uncertainty_k2": 0.4, "weighting": "ICRP 103", "method": ""}
    effective |= {
        "source": "a table",
        "text": "0.02 mSv ± 40 %, 30 exposures (W)",
        "warning": "indicator, no patient's",
    }
    units = [
        {"site": "North", "room": unit, "unit": unit, "quantity": "dose_area_product", "exposures": len(AROUND)}
        | {"median_ratio": ratio, "suspected_power": power, "text": f"{unit} is told wrongly"}
        for unit, ratio, power in (("TEN", 10.0, 1), ("ONE", 1.0, 0))
    ]
    return assess_dose(
        pd.DataFrame(_exposures(10.0, "TEN") + _exposures(1.0, "ONE")),
        levels=pd.DataFrame(columns=list(LEVEL_COLUMNS)).astype({"level": "float64"}),
        units=pd.DataFrame(units),
        unmapped=pd.DataFrame(columns=["body_part", "view_position", "protocol_name", "exposures"]),
        estimates=DoseEstimates(
            skin_dose=pd.DataFrame([row]),
            glandular_dose=pd.DataFrame([breast]),
            effective_dose=pd.DataFrame([effective]),
            skin_maps={"1.1": skin},
            substantial_levels={"peak_skin_dose": 3000.0},
        ),
    )


def test_wrong_unit_is_drawn_at_its_power_of_ten(audit: DoseAudit) -> None:
    drawn = plot_stated_and_expected(audit, ax=Figure(figsize=(5.6, 5.4)).add_subplot())
    assert drawn.get_title(loc="left") == "1 of 2 units probably states doses in a wrong unit"
    assert {text.get_text() for text in drawn.texts} == {"stated = expected", "10 times"}
    dots = [line for line in drawn.get_lines() if line.get_marker() == "o" and len(line.get_xdata()) == len(AROUND)]
    ratios = sorted(float(line.get_ydata()[0] / line.get_xdata()[0]) for line in dots)
    assert ratios == pytest.approx([1.0, 10.0], rel=1e-12)
    assert "Gy·cm²" in drawn.get_xlabel()
    assert "Gy·cm²" in drawn.get_ylabel()
    assert "TEN: median 10 times the expected of 21, near 10" in [one.get_label() for one in drawn.get_lines()]


def test_figure_stands_in_the_report_only_where_a_unit_is_suspected(audit: DoseAudit) -> None:
    assert len(units_chapter(audit).pictures) == 1
    right = audit.of_place(site="North", room="ONE", unit="ONE")
    assert units_chapter(right).pictures == ()


def test_first_lines_and_findings_tell_of_skin_and_glandular_doses(audit: DoseAudit) -> None:
    told = of_audit(audit)
    texts = {one.question: one.text for one in told.answers}
    assert texts["Skin in fluoroscopy"].startswith("1 of 1 examination reaches a level")
    assert texts["Glandular doses"] == "1 of 1 unit beyond the tolerance: MAMMO (1.43 times the estimate)"
    found = {one.title: one for one in told.findings}
    assert found["Substantial dose of an examination"].subject == "1.1"
    assert found["Substantial dose of an examination"].source == "Level: a document"
    assert found["Glandular dose"].worst == "1.43 times the estimate"


def test_chapters_print_assumptions_documents_and_the_warning(audit: DoseAudit) -> None:
    skin, breast, population = skin_chapter(audit), glandular_chapter(audit), effective_chapter(audit)
    assert "Assumed: on the back." in skin.explanation
    assert len(skin.pictures) == 1
    assert skin.documents == ("of the levels: a document",)
    assert breast.tables[0][1].rows[0][-1] == "0.75 to 1.25"
    assert population.explanation.startswith("Warning: an indicator, no patient's.")
    assert population.tables[0][1].rows[0][5] == "0.02 mSv ± 40 %"


def test_figures_of_a_month_count_examinations_of_a_substantial_dose_in_it(audit: DoseAudit) -> None:
    dosed = audit.exposures.assign(room="ANGIO", unit="U")
    found = [
        rooms_of(dataclasses.replace(audit, exposures=dosed), Period(first=first, last=MARCH.last))
        for first in (MARCH.first, MARCH.first + datetime.timedelta(days=2))
    ]
    assert [one["substantial"].tolist() for one in found] == [[1], [0]]


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("packet of doses"))
    expose(store, "OVER", [2.0 * LEVEL * factor for factor in AROUND])
    yield store
    store.records.close()


def test_packet_tells_levels_with_confidence_and_what_the_dose_log_is_known_by(exposed: Store, tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's
    write_packet(exposed.records, tmp_path / "packet.html", period=MARCH)
    found = Reader((tmp_path / "packet.html").read_text(encoding="utf-8"))
    row = found.row("Confidence", "CHEST PA, adult")
    assert (row["Level"], row["Confidence"], row["Rooms"]) == ("0.100 Gy·cm²", "C: not verified", "1 over it")
    log = tabulate_exposures(audit_dose(exposed.records, first=MARCH.first, last=MARCH.last))
    assert f"21 exposures, SHA-256 of the table {dose_log_digest(log)}" in found.text
    assert "xrayiq audit dose --from 2026-03-01 --to 2026-03-31 --dry-run --log dose-log.csv" in found.text
    assert dose_log_digest(log.iloc[1:]) != dose_log_digest(log)
    write_packet(exposed.records, tmp_path / "april.html", period=Period(first=MARCH.last, last=MARCH.last))
    assert "Doses to patients" not in (tmp_path / "april.html").read_text(encoding="utf-8")


def test_packet_tells_what_was_done_about_a_finding_of_an_audit() -> None:
    at = datetime.datetime(2026, 3, 9, 9)
    steps = (
        FindingStep(at=at, day=at.date(), state="open", actor="xrayiq audit"),
        FindingStep(at=at, day=at.date(), state="corrected", actor="mp1", cause="AEC", action="cell mended"),
    )
    one = Finding(
        number=3,
        unit="U",
        procedure="audit_dose",
        quantity="dose_area_product",
        limit_id="reference_level: CHEST PA, adult, UK",
        steps=steps,
    )
    (row,) = findings_table([one]).rows
    assert (row[0], row[1], row[4], row[5], row[6]) == (
        *("3", "reference level: CHEST PA, adult, UK", "Corrected, to be verified"),
        *("AEC", "cell mended"),
    )
