"""Skin dose of fluoroscopy, glandular doses and effective doses of an audit."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pytest
from test_step_matching import Store

from xrayiq.audit import DoseAudit, tabulate_exposures
from xrayiq.dose import estimate_glandular_dose
from xrayiq.model import (
    Acquisition,
    BeamFilter,
    BeamGeometry,
    BeamSource,
    BreastSetting,
    DoseEvent,
    DoseReport,
    ObjectHeader,
    Outcome,
    PerformedStep,
    StepExposure,
)
from xrayiq.procedures import audit_dose, record_audit_findings
from xrayiq.procedures.effective_doses import effective_doses
from xrayiq.procedures.glandular_doses import beam_of_image
from xrayiq.records import FileEntry, Records, open_records

START = datetime.datetime(2026, 3, 2, 9, 0)
FLUOROSCOPY = ("44491008", "SCT", "Fluoroscopy")
#: from the focus to the reference point and to the skin of the phantom, whose back lies 100 mm behind the isocentre
REFERENCE_MM, SKIN_MM = 785.0 - 150.0, 785.0 - 100.0
#: backscatter of an unknown beam, transmission of the table, dose over kerma: the documented assumptions
FACTORS = 1.35 * 0.80 * 1.06


def report(
    records: Records, number: int, study: str, events: Sequence[DoseEvent], *, minutes: float = 10.0, **told: object
) -> None:
    """Put a dose report into a store."""
    run = records.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
    known: dict[str, object] = {"manufacturer": "Acme", "station_name": "ANGIO", "serial_number": "A1"}
    known |= {"institution": "North", "exposed_at": START, "patient_age_years": 60.0}
    acquisition = Acquisition(**(known | told))  # type: ignore[arg-type]  # fields by name
    name = f"2.{number}"
    header = ObjectHeader(subject=name, study_uid=study, acquisition=acquisition)
    result = DoseReport(header=header, events=tuple(events), total_fluoro_time_s=60.0 * minutes)
    outcome = Outcome(
        subject=name,
        procedure="dose_report",
        kind="measured",
        result=result,
        measurements=result.measurements(),
        algorithm_version=result.provenance.algorithm_version,
    )
    records.add(
        run,
        archive_key="a",
        plan_digest="p",
        file=FileEntry(relative_path=name, size=1, mtime_ns=1, digest=name, subject=name, status="object"),
        header=header,
        kind="dose_report",
        outcomes=[outcome],
        population="no_image",
    )


def beam(number: int, kerma_mgy: float, *, angle: float | None = 0.0) -> DoseEvent:
    """Fluoroscopy from behind a lying patient."""
    return DoseEvent(
        irradiation_event_uid=f"7.{number}",
        started_at=START + datetime.timedelta(seconds=30 * number),
        event_type=FLUOROSCOPY,
        reference_point_kerma_mgy=kerma_mgy,
        dap_gy_m2=1e-6 * kerma_mgy,
        collimated_field_area_mm2=4.0e4,
        geometry=BeamGeometry(
            source_detector_distance_mm=1000.0,
            source_isocenter_distance_mm=785.0,
            source_reference_point_distance_mm=REFERENCE_MM,
            primary_angle_deg=angle,
            secondary_angle_deg=0.0,
        ),
    )


def breast(number: int, stated_mgy: float | None, *, kerma_mgy: float | None = 5.0) -> DoseEvent:
    """A view of a breast of 45 mm by tungsten and rhodium."""
    material = ("1", "X", "Tungsten or Tungsten compound")
    return DoseEvent(
        irradiation_event_uid=f"8.{number}",
        started_at=START + datetime.timedelta(minutes=number),
        event_type=("113611", "DCM", "Stationary Acquisition"),
        target_region=("76752008", "SCT", "Breast"),
        entrance_dose_mgy=kerma_mgy,
        average_glandular_dose_mgy=stated_mgy,
        beam=BeamSource(
            filters=(BeamFilter(material=("2", "X", "Rhodium or Rhodium compound")),),
            anode=material,
            half_value_layer_mm=0.50,
        ),
        breast=BreastSetting(compression_thickness_mm=45.0),
    )


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path_factory.mktemp('estimates') / 'qa.db'}") as opened:
        long = [beam(number, 1000.0) for number in range(4)]
        report(opened, 1, "1.1", long[:2])
        report(opened, 2, "1.1", long)  # all events so far
        report(opened, 3, "1.2", [beam(10, 50.0)], minutes=75.0)
        report(opened, 4, "1.3", [beam(20, 20.0, angle=None)])
        told: dict[str, object] = {"station_name": "MAMMO", "serial_number": "M1"}
        report(opened, 5, "1.4", [breast(number, 2.0 * ESTIMATE.value) for number in range(12)], **told)
        tenfold: dict[str, object] = {"station_name": "TENFOLD", "serial_number": "M2"}
        report(opened, 7, "1.6", [breast(number, 10.0 * ESTIMATE.value) for number in range(30, 42)], **tenfold)
        report(opened, 6, "1.5", [breast(20, None), breast(21, None, kerma_mgy=None)], **told)
        yield opened


ESTIMATE = estimate_glandular_dose(
    5.0,
    half_value_layer_mm_al=0.50,
    breast_thickness_mm=45.0,
    target_filter="W/Rh",
    age_years=60.0,
    kerma_relative_uncertainty=0.125,
)


@pytest.fixture(scope="module")
def audit(records: Records) -> DoseAudit:
    return audit_dose(records)


def _study(audit: DoseAudit, uid: str) -> dict[str, object]:
    (row,) = audit.skin_dose[audit.skin_dose["study_uid"] == uid].to_dict("records")
    return row  # type: ignore[return-value]  # names are texts


def test_peak_skin_dose_is_the_kerma_at_the_skin_each_event_once(audit: DoseAudit) -> None:
    row = _study(audit, "1.1")
    assert (row["events"], row["events_in_map"], row["reference_point_kerma_total"]) == (4, 4, 4000.0)
    expected = 4000.0 * (REFERENCE_MM / SKIN_MM) ** 2 * FACTORS
    assert row["peak_skin_dose"] == pytest.approx(expected, rel=1e-9)
    assert audit.skin_maps["1.1"].measurements()[0].value == row["peak_skin_dose"]
    assert "patient on the back" in str(row["assumptions"])


def test_level_of_any_quantity_opens_a_finding_with_its_document(audit: DoseAudit, records: Records) -> None:
    found = {one.about: one for one in audit.findings if one.kind == "substantial_dose"}
    assert {uid: one.quantity for uid, one in found.items()} == {
        "1.1": "peak_skin_dose",
        "1.2": "fluoroscopy_time_total",
    }
    assert (found["1.1"].bound, found["1.2"].value, found["1.2"].bound) == (3000.0, 4500.0, 3600.0)
    assert "NCRP Report 168" in found["1.1"].source
    assert "peak skin dose" in found["1.1"].sentence
    assert record_audit_findings(records, audit).opened == len(audit.findings)
    assert record_audit_findings(records, audit_dose(records)).opened == 0


def test_examination_without_the_geometry_says_what_is_missing(audit: DoseAudit) -> None:
    row = _study(audit, "1.3")
    assert (pd.isna(row["peak_skin_dose"]), row["finding"]) == (True, False)
    assert "primary and secondary angle" in str(row["not_estimated"])


def test_glandular_dose_is_estimated_where_none_is_stated(audit: DoseAudit) -> None:
    log = tabulate_exposures(audit).set_index("event_uid")
    assert log.loc["8.20", "average_glandular_dose_mgy"] == pytest.approx(ESTIMATE.value, rel=1e-12)
    assert log.loc["8.20", "average_glandular_dose_method"] == "dance"
    spread = log.loc["8.20", "average_glandular_dose_uncertainty"]
    assert spread == pytest.approx(ESTIMATE.relative_uncertainty, rel=1e-12)
    assert log.loc["8.0", "average_glandular_dose_method"] == "reported"
    assert log.loc["8.0", "average_glandular_dose_uncertainty"] == 0.125
    assert pd.isna(log.loc["8.21", "average_glandular_dose_mgy"])


def test_unit_whose_stated_glandular_doses_lie_apart_from_the_estimates_is_told(audit: DoseAudit) -> None:
    (row,) = [one for one in audit.frame("glandular_dose").to_dict("records") if one["room"] == "MAMMO"]
    assert (row["exposures"], row["verdict"]) == (12, "outside")
    assert row["median_ratio"] == pytest.approx(2.0, rel=1e-12)
    (finding,) = [one for one in audit.findings if one.kind == "glandular_dose"]
    assert (finding.bound, finding.room) == (1.25, "MAMMO")
    assert "not verified" in finding.source


def test_glandular_doses_in_a_wrong_unit_are_a_suspected_power_of_ten_and_compared_with_nothing(
    audit: DoseAudit,
) -> None:
    (row,) = [one for one in audit.frame("glandular_dose").to_dict("records") if one["room"] == "TENFOLD"]
    assert row["verdict"] == "power of ten suspected"
    (finding,) = [one for one in audit.findings if one.room == "TENFOLD"]
    assert (finding.kind, finding.about) == ("unit_suspicion", "average_glandular_dose")
    assert finding.value == pytest.approx(10.0, rel=1e-9)
    assert "about 10 times what its technique gives" in finding.sentence
    log = tabulate_exposures(audit).set_index("event_uid")
    assert log.loc["8.30", "average_glandular_dose_mgy"] == 10.0 * ESTIMATE.value  # nothing is corrected
    powers = log["average_glandular_dose_suspected_power_of_ten"]
    assert (powers["8.30"], powers["8.0"]) == (1, 0)
    assert "TENFOLD" not in set(audit.typical["room"])


def test_stated_doses_have_the_uncertainty_of_a_display(audit: DoseAudit) -> None:
    log = tabulate_exposures(audit).set_index("event_uid")
    # IEC 60601-2-43 permits 35 %, which is k = 2
    for name in ("dap", "reference_point_kerma"):
        assert (log.loc["7.0", f"{name}_uncertainty"], log.loc["7.0", f"{name}_method"]) == (0.175, "stated")
        assert (pd.isna(log.loc["8.0", f"{name}_uncertainty"]), log.loc["8.0", f"{name}_method"]) == (True, "")
    assert log.loc["8.0", "incident_air_kerma_uncertainty"] == 0.25


def _adults(count: int, **told: object) -> list[dict[str, object]]:
    known = {"site": "North", "body_part": "CHEST", "view": "PA", "band": "adult", "dose_area_product": 2.0e-5}
    known |= {"patient_age_years": 50.0, "study_uid": None, "subject": ""}  # type: ignore[dict-item]  # mixed
    return [known | {"subject": f"{told.get('view', 'PA')}{number}"} | told for number in range(count)]


def test_effective_dose_is_mean_dose_times_coefficient_by_view_and_by_examination() -> None:
    both = [one | {"study_uid": f"9.{place % 20}"} for place, one in enumerate(_adults(20) + _adults(20, view="LAT"))]
    found = effective_doses(pd.DataFrame(both)).set_index("per")
    assert set(found.index) == {"radiograph", "examination"}
    # 0.2 Gy·cm² · 0.158 mSv/(Gy·cm²), and both views of a study together · 0.18
    assert found.loc["radiograph", "effective_dose"] == pytest.approx(0.2 * 0.158, rel=1e-12)
    assert found.loc["examination", "effective_dose"] == pytest.approx(0.4 * 0.18, rel=1e-12)
    assert found["exposures"].tolist() == [20, 20]
    assert all("says nothing of the risk of a patient" in warning for warning in found["warning"])


@pytest.mark.parametrize(
    ("rows", "left"),
    [(_adults(19), 0), (_adults(20, band="< 5 kg"), 0), (_adults(20, patient_age_years=17.0), 0), (_adults(20), 2)],
)
def test_no_effective_dose_of_few_patients_or_children(rows: list[dict[str, object]], left: int) -> None:
    assert len(effective_doses(pd.DataFrame(rows))) == left


def test_audit_of_radiography_alone_has_empty_tables_of_estimates(records: Records) -> None:
    before = audit_dose(records, last=datetime.date(2026, 1, 1))
    assert [len(before.frame(name)) for name in ("skin_dose", "glandular_dose", "effective_dose")] == [0, 0, 0]


def test_kerma_at_a_breast_is_stated_or_output_times_charge() -> None:
    header = Acquisition(tube_output_mgy_per_mas=0.05, exposure_mas=100.0, anode_material="TUNGSTEN")
    assert beam_of_image(header).incident_kerma_mgy == pytest.approx(5.0, rel=1e-12)
    assert beam_of_image(dataclasses.replace(header, entrance_dose_mgy=4.0)).incident_kerma_mgy == 4.0
    assert beam_of_image(Acquisition(exposure_mas=100.0)).incident_kerma_mgy is None


def test_step_of_mammography_tells_of_no_beam(tmp_path: Path) -> None:
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as opened:
        store = Store(opened)
        header = store._header("3.1", "9.1", modality="MG")
        step = PerformedStep(header=header, study_uid="9.1", exposures=(StepExposure(tube_voltage_kv=29.0),))
        store._add(header, "performed_step", "performed_step", step)
        (row,) = audit_dose(opened).exposures.to_dict("records")
    assert (row["source"], row["average_glandular_dose_method"]) == ("step", "")
