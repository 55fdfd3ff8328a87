"""Real radiographs of several makers: an outcome for every file, no person in the store."""

import os
from pathlib import Path

import pydicom
import pytest

import xrayiq

REAL = Path(os.environ.get("XRAYIQ_REAL_DATA", Path(__file__).parents[3] / "shared" / "data" / "real"))
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="no folder of real files beside the checkout")

#: elements of a person that must not reach the store
PERSONAL = ("PatientName", "PatientID", "OperatorsName", "PatientBirthDate", "PatientAddress", "PhysiciansOfRecord")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    os.environ["XRAYIQ_KEY_FILE"] = str(folder / "person.key")
    url = f"sqlite:///{folder / 'qa.db'}"
    return folder / "qa.db", url, xrayiq.run(REAL, url, workers=2)


def test_every_real_file_has_an_outcome_and_none_is_a_defect_of_ours(store):
    _, url, summary = store
    with xrayiq.open_records(url) as records:
        files, outcomes = records.frame("files"), records.frame("outcomes")
    assert summary.files == len(files) == sum(path.is_file() for path in REAL.rglob("*"))
    assert set(files["subject"]) <= set(outcomes["subject"])
    assert "internal_error" not in set(outcomes["reason"])


def test_dose_reports_that_share_a_uid_by_mistake_are_both_kept(store):
    with xrayiq.open_records(store[1]) as records:
        reports = records.frame("objects").query("kind == 'dose_report'")
        outcomes = records.frame("outcomes").query("procedure == 'dose_report'")
    assert len(reports) == len(outcomes) == len(list((REAL / "dose_reports").iterdir()))


def test_deviation_index_is_recomputed_beside_the_makers(store):
    with xrayiq.open_records(store[1]) as records:
        numbers = records.frame("measurements")
    found = numbers[numbers["quantity"].isin(["deviation_index", "reported_deviation_index"])]
    values = sorted(round(value, 2) for value in found["value"])
    # header: EI 319 and 176 with target 876, DI -4.4 and -7.0; 10 log10(319/876) = -4.39, 10 log10(176/876) = -6.97
    assert values == [-7.0, -6.97, -4.4, -4.39]


def test_report_of_real_files_is_written(store, tmp_path):
    with xrayiq.open_records(store[1]) as records:
        page = xrayiq.write_report(records, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "What could not be measured" in page


def personal_values():
    """Names and numbers of persons in the headers, but for what an anonymiser also wrote into the institution."""
    values = set()
    for path in REAL.rglob("*"):
        if not path.is_file():
            continue
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
        except (pydicom.errors.InvalidDicomError, ValueError, KeyError, AttributeError, OSError):
            continue
        institution = str(dataset.get("InstitutionName", ""))
        found = {str(dataset.get(name, "")).strip() for name in PERSONAL}
        values |= {value for value in found if value not in institution}
    return {value for value in values if len(value) > 5 and any(character.isalpha() for character in value)}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_no_person_of_a_real_header_is_in_the_store(store):
    files = [path for path in store[0].parent.iterdir() if path.name.startswith(store[0].name)]
    content = b"".join(path.read_bytes() for path in files)
    names = personal_values()
    assert names
    assert [value for value in names if value.encode() in content] == []
