"""Meter tables beside images: scored, stored under their content, and known again."""

import shutil

import pytest
from executor_here import Here

import xrayiq
from xrayiq.batch import score_paths
from xrayiq.dose import GeneratorTests
from xrayiq.procedures import RESULT_TYPES
from xrayiq.report import write_report
from xrayiq_phantoms import (
    Detector,
    Generator,
    Identifiers,
    Technique,
    meter_table,
    simulate_flat,
    simulate_meter_rows,
    write_dicom,
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Store of a run over a flat field, a meter's table twice, a kerma table and a list, and the run's summary."""
    root = tmp_path_factory.mktemp("meter")
    flat = simulate_flat(Detector(pixel_pitch_mm=0.3), shape=(400, 400), kerma_ugy=2.5, seed=1).pixels
    write_dicom(
        root / "flat.dcm",
        flat,
        pixel_pitch_mm=0.3,
        technique=Technique(protocol_name="Flat field"),
        identifiers=Identifiers(instance="flat"),
    )
    table = meter_table(simulate_meter_rows(Generator(linearity_step=0.12)), separator=";", decimal=",")
    heading, *rows = table.splitlines()
    remarks = [f"{heading};remark", *(f"{row};Canary^Name" for row in rows)]
    (root / "Room 2.csv").write_text("\n".join(remarks))
    # a row that has slipped by one column: words stand where numbers are expected
    (root / "slipped.csv").write_text("operator;set kVp;measured kVp\nx;80;81\nCanary^Name;x;Canary^Name\n")
    (root / "generator.csv").write_text(table)
    shutil.copy(root / "generator.csv", root / "copy.csv")
    (root / "list.csv").write_text("file,set kVp,kerma [µGy]\nflat.dcm,70,2.5\n")
    (root / "staff.csv").write_text("name,age\nCanary^Name,40\n")
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'qa.db'}"
    summary = xrayiq.run(root, url, client=Here())
    return root, url, summary


def test_generator_tests_are_stored_and_judged_under_the_files_content(stored):
    _, url, summary = stored
    assert summary.exit_code == 1  # linearity
    assert summary.verdict_counts["fail"] >= 1
    with xrayiq.open_records(url) as records:
        outcomes, files = records.frame("outcomes"), records.frame("files")
        results = [item.result for item in records.results(RESULT_TYPES, procedure="generator")]
    digest = files.set_index("relative_path")["digest"]
    rows = outcomes[outcomes["subject"] == digest["generator.csv"]]
    assert set(rows["procedure"]) == {"generator", "dap_meter"}
    assert set(rows["kind"]) == {"measured"}
    assert digest["copy.csv"] == digest["generator.csv"]
    assert any(isinstance(result, GeneratorTests) and len(result.measured) == 12 for result in results)


def test_other_tables_stay_no_dicom(stored):
    _, url, _ = stored
    with xrayiq.open_records(url) as records:
        outcomes, files = records.frame("outcomes"), records.frame("files")
    for name in ("list.csv", "staff.csv"):
        subject = files.set_index("relative_path")["subject"][name]
        assert outcomes.loc[outcomes["subject"] == subject, "reason"].tolist() == ["not_dicom"]


def test_free_text_of_a_table_stays_out_of_the_store(stored):
    _, url, _ = stored
    with xrayiq.open_records(url) as records:
        for name in ("runs", "objects", "outcomes", "measurements", "verdicts"):
            assert "Canary" not in records.frame(name).to_csv()
        assert all("Canary" not in str(item.result.to_dict()) for item in records.results(RESULT_TYPES))


def test_a_second_run_measures_nothing_again(stored):
    root, url, first = stored
    again = xrayiq.run(root, url, client=Here())
    assert (again.unchanged, again.new_outcomes, again.exit_code) == (first.files, 0, 1)


def test_the_report_names_what_is_out_of_limits_and_draws_each_table(stored, tmp_path):
    with xrayiq.open_records(stored[1]) as records:
        page = write_report(records, tmp_path / "report.html").read_text(encoding="utf-8")
    findings, section = page.split('<section id="generator">')
    assert "Output, linearity of neighbours" in findings
    assert "21 CFR 1020.31(c)" in findings
    section = section.split("</section>")[0]
    assert section.count("<svg ") == 5  # tests of three tables, dose-area product meters of two
    for title in ("Tube voltage", "Linearity", "Leakage", "DAP meter: mean ratio 1.000"):
        assert f">{title}</text>" in section, title
    assert "12 tests of 42 readings" in section
    assert section.count("Out of limits") == 2  # linearity of either whole table
    assert "Canary" not in section


def test_single_files_are_scored_without_a_store(stored):
    (scored,) = score_paths([stored[0] / "generator.csv"])
    assert (scored.kind, scored.header, scored.entry.status) == ("meter", None, "not_dicom")
    assert {outcome.subject for outcome in scored.outcomes} == {scored.entry.digest}
