"""Real radiographs of several makers: an outcome for every file, no person in the store."""

import os
from collections import Counter
from pathlib import Path

import pydicom
import pytest
from executor_here import Here

import xrayiq

REAL = Path(os.environ.get("XRAYIQ_REAL_DATA", Path(__file__).parents[3] / "shared" / "data" / "real"))
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="no folder of real files beside the checkout")

#: elements of a person that must not reach the store
PERSONAL = ("PatientName", "PatientID", "OperatorsName", "PatientBirthDate", "PatientAddress", "PhysiciansOfRecord")

#: (status of the file, kind of object): how many, from the description of the files and their headers
OBJECTS = {
    ("object", "dose_report"): 5,  # 2 Philips, 2 Siemens, 1 of a made-up maker
    ("object", "clinical"): 16,  # 10 CR, DX and MG images, RF, 2 XA, and the 3 tiny CR of the medium
    ("object", "other"): 10,  # 4 CT, their DICOMDIR, 1 MR, 1 RT dose, and 3 bare data sets without class and modality
    ("not_dicom", ""): 2,  # the description itself, and a data set without preamble and the letters DICM
}
#: (procedure, kind of outcome, reason): how many
OUTCOMES = {
    ("dose_report", "measured", ""): 5,  # all of them, the made-up maker's as well
    ("read", "not_measurable", "not_an_xray_image"): 10,  # what is of another kind
    ("read", "not_measurable", "not_dicom"): 2,
    ("collimation", "measured", ""): 13,  # every image of images/: each of their encodings is decoded
    ("collimation", "not_measurable", "image_too_small"): 3,  # the CR images of the medium have 16 × 16 pixels
    ("exposure_index", "measured", ""): 2,  # the two Fuji images whose headers state ExposureIndex
    ("exposure_index", "not_measurable", "no_exposure_index"): 14,  # the others state none, and no response is known
    ("clinical_noise", "measured", ""): 2,  # PixelIntensityRelationship LIN: the RF image and the XA cine
    ("clinical_noise", "not_measurable", "presentation_image"): 3,  # stated (Fuji DX, GE MG) or by class (GE DX)
    ("clinical_noise", "not_measurable", "no_linear_signal"): 11,  # 7 CR and 1 XA of images/, 3 CR of the medium
    ("clipping", "measured", ""): 16,  # counted on stored values, which every image has
    ("detector_area", "measured", ""): 13,  # as the field, which it is told from
    ("detector_area", "not_measurable", "image_too_small"): 3,
    ("grid_lines", "measured", ""): 12,
    ("grid_lines", "not_measurable", "pixels_too_large"): 1,  # Fuji thumbnail of 1.2 mm
    ("grid_lines", "not_measurable", "image_too_small"): 3,
    ("clinical_seam", "measured", ""): 12,
    ("clinical_seam", "not_measurable", "pixels_too_large"): 1,  # Fuji thumbnail of 1.2 mm
    ("clinical_seam", "not_measurable", "image_too_small"): 3,
    ("artefact_candidates", "measured", ""): 6,
    ("artefact_candidates", "not_measurable", "pixels_too_large"): 1,
    ("artefact_candidates", "not_measurable", "no_pixel_spacing"): 6,  # Philips, Fuji RG3, GE DX and RF, 2 XA
    ("artefact_candidates", "not_measurable", "image_too_small"): 3,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    url = f"sqlite:///{folder / 'qa.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        yield folder / "qa.db", url, xrayiq.run(REAL, url, client=Here())


def test_every_real_file_has_an_outcome_and_none_is_a_defect_of_ours(store):
    _, url, summary = store
    with xrayiq.open_records(url) as records:
        files, outcomes = records.frame("files"), records.frame("outcomes")
    assert summary.files == len(files) == sum(path.is_file() for path in REAL.rglob("*"))
    assert set(files["subject"]) <= set(outcomes["subject"])
    assert "internal_error" not in set(outcomes["reason"])


def test_real_files_have_the_outcomes_that_their_nature_asks_for(store):
    with xrayiq.open_records(store[1]) as records:
        files, objects, outcomes = (records.frame(name) for name in ("files", "objects", "outcomes"))
    kinds = dict(zip(objects["subject"], objects["kind"], strict=True))
    found = zip(files["status"], files["subject"], strict=True)
    assert Counter((status, kinds.get(subject, "")) for status, subject in found) == OBJECTS
    columns = (outcomes[name].fillna("") for name in ("procedure", "kind", "reason"))
    assert Counter(zip(*columns, strict=True)) == OUTCOMES


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
