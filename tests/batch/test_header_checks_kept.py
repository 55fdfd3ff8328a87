"""What the checks of a header found stands in the store, under the names that `inspect` gives."""

import datetime

import pandas as pd
from executor_here import Here

import xrayiq
from xrayiq.batch import inspect_paths
from xrayiq_phantoms import Detector, Technique, simulate_clinical, write_dicom

NOON = datetime.datetime(2026, 3, 2, 12, 0, 0)


def test_run_keeps_the_checks_that_inspection_names(tmp_path, monkeypatch):
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(tmp_path / "person.key"))
    archive = tmp_path / "archive"
    archive.mkdir()
    detector = Detector(pixel_pitch_mm=0.8)
    pixels = simulate_clinical(detector, anatomy="chest", shape=(300, 300), kerma_ugy=2.5, seed=1).pixels
    wrong = Technique(body_part="KNEE", view_position="AP", laterality="L", protocol_name="Knee right")
    write_dicom(archive / "one.dcm", pixels, pixel_pitch_mm=0.8, technique=wrong, acquired_at=NOON)
    store = f"sqlite:///{tmp_path / 'qa.db'}"
    xrayiq.run(archive, store, client=Here())
    (inspected,) = inspect_paths([archive / "one.dcm"])
    with xrayiq.open_records(store) as records:
        (row,) = records.frame("exposures").to_dict("records")
        assert records.verify().whole
    assert row["header_checks"].split(",") == list(dict.fromkeys(one.check for one in inspected.problems))
    assert "laterality_of_protocol" in row["header_checks"]
    assert row["study_at"] == pd.Timestamp(NOON)
