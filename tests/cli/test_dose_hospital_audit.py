"""The audit of a simulated hospital's doses finds what was planted in it, and nothing else."""

from __future__ import annotations

import csv
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from command_line import Said, xrayiq

from xrayiq import run
from xrayiq_phantoms.dose_hospital import simulate_dose_hospital
from xrayiq_phantoms.dose_hospital_truth import DoseExposure

A, B, C, D = (f"SIMDOSE{letter}" for letter in "ABCD")
#: columns of the log that files state, and what of an exposure they must give again
STATED = {
    "dap_gy_m2": "stated_dap_gy_m2",
    "incident_air_kerma_mgy": "stated_entrance_dose_mgy",
    "tube_voltage_kv": "tube_voltage_kv",
    "exposure_mas": "exposure_mas",
    "exposure_time_ms": "exposure_time_ms",
    "tube_current_ma": "tube_current_ma",
    "source_detector_distance_mm": "source_detector_distance_mm",
    "exposure_index": "exposure_index",
    "target_exposure_index": "target_exposure_index",
    "deviation_index": "deviation_index",
    "patient_age_years": "patient_age_years",
    "patient_weight_kg": "patient_weight_kg",
    "patient_size_m": "patient_size_m",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audited hospital")


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, DoseExposure]:
    """Exposures by their irradiation event; the archive is measured, and the dose log of its store written."""
    hospital = simulate_dose_hospital(folder / "archive", seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with ThreadPoolExecutor(1) as here:  # no time is lost on starting other processes
            run(folder / "archive" / "DICOM", f"sqlite:///{folder / 'xrayiq.db'}", client=here)
    return {exposure.event_uid: exposure for exposure in hospital.exposures}


@pytest.fixture(scope="module")
def audit(folder: Path, truth: dict[str, DoseExposure]) -> Said:
    """The first audit."""
    return xrayiq("audit", "dose", "--log", "log.csv", "--wide", "wide.csv", "--format", "json", folder=folder)


@pytest.fixture(scope="module")
def findings(audit: Said) -> list[dict[str, str]]:
    return json.loads(audit.stdout)  # type: ignore[no-any-return]  # rows


@pytest.fixture(scope="module")
def log(folder: Path, audit: Said) -> list[dict[str, str]]:
    """The dose log as text."""
    return rows(folder / "log.csv")


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def told(findings: list[dict[str, str]], kind: str) -> list[dict[str, str]]:
    return [one for one in findings if one["kind"] == kind]


def test_audit_names_what_was_planted_and_nothing_else(audit, findings):
    assert Counter((one["kind"], one["room"]) for one in findings) == {
        ("reference_level", A): 1,
        ("excursion", B): 3,
        ("unit_suspicion", C): 1,
        ("creep", D): 1,
    }
    assert audit.returncode == 1


def test_room_over_its_level_is_named_with_the_level_and_what_it_exceeds_it_by(findings, truth):
    (one,) = told(findings, "reference_level")
    doses = sorted(
        exposure.dap_gy_m2
        for exposure in truth.values()
        if (exposure.room, exposure.view) == (A, "CHEST PA") and 50.0 <= exposure.patient_weight_kg <= 90.0
    )
    middle = len(doses) // 2
    median = doses[middle] if len(doses) % 2 else (doses[middle - 1] + doses[middle]) / 2.0
    assert (one["about"], one["exposures"]) == ("CHEST PA, adult, UK, dose-area product", len(doses))
    assert one["value"] == pytest.approx(median, rel=1e-12)
    assert one["ratio"] == pytest.approx(median / 1.0e-5, rel=1e-12)  # 0.1 Gy·cm²


def test_unit_with_the_wrong_dose_unit_is_named_with_what_it_probably_writes(findings):
    (one,) = told(findings, "unit_suspicion")
    assert "serial SIM-D00C" in one["unit"]
    assert "about 10 times" in one["evidence"]
    assert "cGy·cm² and read as dGy·cm²" in one["evidence"]


def test_excursions_are_the_planted_exposures_each_with_its_cause(findings, truth, log):
    planted = {uid: exposure.planted for uid, exposure in truth.items() if exposure.planted}
    by_subject = {row["subject"]: row["event_uid"] for row in log}
    causes = {by_subject[one["about"]]: one["look_first"] for one in told(findings, "excursion")}
    assert causes.keys() == planted.keys()
    words = {"thick_patient": "thick patient", "no_collimation": "no collimation", "wrong_cell": "wrong cell"}
    for uid, kind in planted.items():
        assert words[str(kind)] in causes[uid]


def test_creep_is_that_of_the_abdomens(findings, truth):
    (one,) = told(findings, "creep")
    like = [each for each in truth.values() if (each.room, each.view) == (D, "ABDOMEN AP")]
    assert one["exposures"] == sum(50.0 <= each.patient_weight_kg <= 90.0 for each in like)
    assert one["about"] == "ABDOMEN AP, adult"
    assert one["ratio"] > 1.15


def test_findings_are_in_the_store_and_a_second_audit_opens_none(audit, folder):
    assert "findings: 6 opened, 0 told again, 0 known" in audit.stderr
    again = xrayiq("audit", "dose", folder=folder)
    assert "findings: 0 opened, 0 told again, 6 known" in again.stderr
    listed = json.loads(xrayiq("records", "finding", "list", "--format", "json", folder=folder).stdout)
    assert Counter(one["room"] for one in listed) == {A: 1, B: 3, C: 1, D: 1}


def test_audit_of_days_without_findings_leaves_with_0(audit, folder):
    said = xrayiq("audit", "dose", "--to", "2025-03-04", "--dry-run", folder=folder)
    assert said.returncode == 0


def test_log_holds_each_exposure_once_whatever_the_number_of_its_files(log, truth):
    assert Counter(row["event_uid"] for row in log) == dict.fromkeys(truth, 1)
    sources = {
        uid: "both" if one.image_path and one.report_paths else "image" if one.image_path else "report"
        for uid, one in truth.items()
    }
    assert {row["event_uid"]: row["source"] for row in log} == sources


def test_log_tells_which_exposures_performed_steps_tell_of_too(audit, log, truth):
    told = {row["event_uid"]: row["told_by_step"] for row in log}
    assert told == {uid: str(one.step_path is not None) for uid, one in truth.items()}
    assert "left out: 17 told by performed steps too, counted once" in audit.stderr


@pytest.mark.parametrize(("column", "name"), STATED.items())
def test_log_agrees_with_the_truth_to_the_last_digit(column, name, log, truth):
    stated = {uid: getattr(exposure, name) for uid, exposure in truth.items()}
    assert {row["event_uid"]: float(row[column]) if row[column] else None for row in log} == stated


def test_log_tells_kerma_and_field_where_files_state_them(log, truth):
    told_by_reports = [row for row in log if row["source"] == "report"]
    assert told_by_reports
    for row in told_by_reports:
        exposure = truth[row["event_uid"]]
        kerma = exposure.stated_reference_kerma_mgy
        assert row["reference_point_kerma_mgy"] == ("" if kerma is None else repr(kerma))
        assert float(row["field_area_at_1_m_mm2"]) == pytest.approx(exposure.field_area_at_1_m_mm2, rel=1e-12)


def test_entrance_kerma_of_the_log_is_the_truth_with_backscatter_within_its_uncertainty(log, truth):
    """Backscatter of water lies from 1.1 (a hand's field) to 1.62; the skin's distance is assumed, not told."""
    methods = {(row["room"], row["entrance_surface_air_kerma_method"]) for row in log}
    assert methods == {(A, "dose_area_product"), (B, "dose_area_product"), (C, "header"), (D, "dose_area_product")}
    for row in log:
        spread = 1.0 + 2.0 * float(row["entrance_surface_air_kerma_uncertainty"])
        ratio = float(row["entrance_surface_air_kerma_mgy"]) / truth[row["event_uid"]].incident_kerma_mgy
        assert 1.1 / spread < ratio < 1.62 * spread


def test_expected_dose_of_the_log_is_the_true_one_by_the_outputs_of_tubes(log, truth):
    """Tubes of the hospital give 0.6 to 0.95 of the computed output, as real ones do."""
    for row in log:
        exposure = truth[row["event_uid"]]
        if row["source"] == "report":  # of images the field is found, not told
            assert 0.6 < exposure.dap_gy_m2 / float(row["expected_dap_gy_m2"]) < 0.95


def test_log_marks_excursions_and_doses_in_a_probably_wrong_unit(log, truth):
    marked = {row["event_uid"] for row in log if row["excursion"] == "True"}
    assert marked == {uid for uid, exposure in truth.items() if exposure.planted}
    powers = {(row["room"], row["suspected_power_of_ten"]) for row in log}
    assert powers == {(A, "0"), (B, "0"), (C, "1"), (D, "0")}


def test_wide_table_has_a_row_for_each_study_with_its_exposures_in_order(folder, audit, truth):
    studies: dict[str, list[DoseExposure]] = {}
    for exposure in sorted(truth.values(), key=lambda one: one.exposed_at):
        studies.setdefault(exposure.study_uid, []).append(exposure)
    wide = rows(folder / "wide.csv")
    assert len(wide) == len(studies)
    expected = Counter(
        (str(len(held)), *(shifted(one.stated_dap_gy_m2) for one in held), held[0].exposed_at.time().isoformat())
        for held in studies.values()
    )
    assert expected == Counter(
        (
            row["No. events"],
            *(row[f"E{number + 1} DAP (cGy.cm^2)"] for number in range(int(row["No. events"]))),
            row["Study time"],
        )
        for row in wide
    )


def test_total_of_a_study_is_the_decimal_sum_of_its_exposures(folder, audit):
    for row in rows(folder / "wide.csv"):
        parts = [row[f"E{number + 1} DAP (cGy.cm^2)"] for number in range(int(row["No. events"]))]
        assert row["DAP total (cGy.cm^2)"] == repr(float(sum(map(Decimal, parts))))


def test_nothing_of_a_patient_is_in_the_exports(folder, audit, truth):
    text = (folder / "log.csv").read_text(encoding="utf-8") + (folder / "wide.csv").read_text(encoding="utf-8")
    for secret in {one.patient_id for one in truth.values()} | {"Simulated^"}:
        assert secret not in text


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "json"])
def test_other_formats_hold_the_same_numbers(ending, folder, log):
    file = folder / f"log.{ending}"
    assert "722 rows" in xrayiq("audit", "dose", "--log", file, "--dry-run", folder=folder).stderr
    if ending == "xlsx":
        frame = pd.read_excel(file, sheet_name="dose_log").rename(
            columns={"Event UID": "event_uid", "DAP [Gy·m²]": "dap_gy_m2"}
        )
    else:
        frame = pd.read_parquet(file) if ending == "parquet" else pd.DataFrame(json.loads(file.read_text()))
    assert frame["event_uid"].tolist() == [row["event_uid"] for row in log]
    assert [repr(float(value)) for value in frame["dap_gy_m2"]] == [row["dap_gy_m2"] for row in log]


def shifted(dap_gy_m2: float) -> str:
    """Dose-area product in cGy·cm² as it is printed: the digits of that in Gy·m²."""
    return repr(float(Decimal(repr(dap_gy_m2)).scaleb(6)))
