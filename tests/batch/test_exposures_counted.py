"""Of each exposure of a patient one image counts, whatever else of it the archive holds."""

import datetime

import pytest
from executor_here import Here

import xrayiq
from xrayiq_phantoms import Detector, Equipment, Examination, Identifiers, Technique, simulate_clinical, write_dicom

DETECTOR = Detector(pixel_pitch_mm=0.8)
CHEST = Technique(body_part="CHEST", view_position="PA", exposure_index=500.0, target_exposure_index=250.0)
NOON = datetime.datetime(2026, 3, 2, 12, 0, 0)
SITE = '[[equipment]]\nstation_name = "SIMROOM1"\n'


def write(path, instance, *, event="", technique=CHEST, **fields):
    pixels = simulate_clinical(DETECTOR, anatomy="chest", shape=(300, 300), kerma_ugy=2.5, seed=1).pixels
    identifiers = Identifiers(instance=instance, event=event)
    known = {"acquired_at": NOON, "technique": technique, "identifiers": identifiers}
    write_dicom(path / f"{instance}.dcm", pixels, pixel_pitch_mm=0.8, **(known | fields))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("exposures")
    later = NOON + datetime.timedelta(minutes=5)
    # one exposure: both images, a copy of one file, and the image again under a new identifier
    write(root, "raw", event="first")
    write(root, "shown", event="first", intent="FOR PRESENTATION", acquired_at=NOON + datetime.timedelta(seconds=3))
    (root / "again.dcm").write_bytes((root / "raw.dcm").read_bytes())
    write(root, "renumbered", event="first")
    # one exposure five minutes later on which the unit repeats the event of the first
    write(root, "later", event="first", acquired_at=later)
    # what is none of a patient
    write(root, "nobody", examination=Examination(patient_name="Phantom^Thorax"), acquired_at=later)
    write(root, "marked", quality_control=True)
    write(root, "elsewhere", equipment=Equipment(station_name="OTHER"))
    write(root, "flat", technique=Technique(protocol_name="Flat field"))
    return root


@pytest.fixture(scope="module")
def objects(folder, tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    site = store / "site.toml"
    site.write_text(SITE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(store / "person.key"))
        summary = xrayiq.run(folder, f"sqlite:///{store / 'qa.db'}", site=site, client=Here())
    with xrayiq.open_records(f"sqlite:///{store / 'qa.db'}") as records:
        frames = {name: records.frame(name) for name in ("objects", "files")}
        report = xrayiq.write_report(records, store / "report.html").read_text(encoding="utf-8")
    names = dict(
        zip(frames["files"]["subject"], frames["files"]["relative_path"].str.removesuffix(".dcm"), strict=True)
    )
    names |= {subject: "raw" for subject, name in names.items() if name == "again"}
    rows = {names[row.subject]: (names[row.exposure_key], row.population) for row in frames["objects"].itertuples()}
    return rows, summary, report


def test_images_of_one_exposure_are_linked_and_one_counts(objects):
    rows, _, _ = objects
    of_first = {name: rows[name] for name in ("raw", "shown", "renumbered")}
    assert len({exposure for exposure, _ in of_first.values()}) == 1
    counts = sorted(population for _, population in of_first.values())
    assert counts == ["clinical", "copy", "twin"]
    assert of_first["shown"][1] == "twin"


def test_another_exposure_under_the_same_event_counts_by_itself(objects):
    rows, _, _ = objects
    assert rows["later"] == ("later", "clinical")


def test_what_is_no_exposure_of_a_patient_is_classed(objects):
    rows, _, _ = objects
    assert {name: rows[name][1] for name in ("nobody", "marked", "elsewhere", "flat")} == {
        "nobody": "test_patient",
        "marked": "quality_control",
        "elsewhere": "imported",
        "flat": "quality_control",
    }


def test_summary_counts_objects_by_what_they_are(objects):
    _, summary, _ = objects
    assert summary.object_counts == {
        "clinical": 2, "copy": 1, "imported": 1, "quality_control": 2, "test_patient": 1, "twin": 1
    }  # fmt: skip
    assert summary.file_counts == {"object": 8, "duplicate": 1}
    assert summary.counts()["objects_clinical"] == 2


def test_report_counts_exposures_and_says_what_it_leaves_out(objects):
    _, _, report = objects
    assert "Not counted: 1 image of an exposure counted once already, 1 copy under another identifier, " in report
    assert "2 test images, 1 image of a test patient, 1 object of equipment outside the register." in report
