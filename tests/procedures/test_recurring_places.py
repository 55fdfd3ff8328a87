"""A spot on one detector of two is found by the audit of image quality, at its place, and nothing on the other."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from xrayiq import audit_image_quality
from xrayiq.metrics import find_artefact_candidates
from xrayiq.model import Acquisition, ObjectHeader, Outcome
from xrayiq.records import FileEntry, open_records
from xrayiq_phantoms import Detector, simulate_clinical

PITCH_MM = 0.4
SIDE_PX = 400
PATIENTS = 32
DETECTOR = Detector(pixel_pitch_mm=PITCH_MM, quantised=False)
#: middle of the spot in mm, of 1.5 mm diameter and 6 % less signal
ROW_MM, COLUMN_MM, DIAMETER_MM, CONTRAST = 62.0, 90.0, 1.5, -0.06
#: patient, of those that are exposed twice
AGAIN = 5


def gain() -> np.ndarray:
    places = (np.arange(4 * SIDE_PX) + 0.5) * PITCH_MM / 4
    inside = np.hypot(places[:, None] - ROW_MM, places[None] - COLUMN_MM) <= DIAMETER_MM / 2
    return 1.0 + CONTRAST * inside.reshape(SIDE_PX, 4, SIDE_PX, 4).mean(axis=(1, 3))


def patients():
    generator = np.random.default_rng(5)
    for number in range(PATIENTS):
        yield simulate_clinical(
            DETECTOR,
            anatomy=("knee", "hand", "chest")[number % 3],
            shape=(SIDE_PX, SIDE_PX),
            kerma_ugy=3.0,
            seed=300 + number,
            noise=False,
            field_size_fraction=tuple(0.9 * np.exp(generator.normal(0.0, 0.08, 2))),
            field_centre_px=tuple(SIDE_PX / 2 + generator.normal(0.0, 8.0 / PITCH_MM, 2)),
            rotation_deg=float(generator.normal(0.0, 2.0)),
        ).kerma_ugy


def _add(store, run_id, room, number, patient, candidates):
    name = f"2.25.{room[1:]}{number:04d}"
    acquisition = Acquisition(
        manufacturer="Acme",
        station_name=room,
        serial_number=f"S{room}",
        detector_id=f"D{room}",
        institution="North",
        modality="DX",
        body_part="CHEST",
        view_position="PA",
        exposed_at=datetime.datetime(2026, 1, 5) + datetime.timedelta(days=number),
        patient_age_years=50.0,
    )
    entry = FileEntry(relative_path=name, size=1, mtime_ns=1, digest=name, subject=name, status="object")
    header = ObjectHeader(subject=name, study_uid=f"9.{name}", acquisition=acquisition, patient_key=f"p{patient}")
    outcome = Outcome(
        subject=name,
        procedure="artefact_candidates",
        kind="measured",
        measurements=candidates.measurements(),
        result=candidates,
    )
    told = {"header": header, "kind": "clinical", "outcomes": [outcome], "population": "clinical"}
    store.add(run_id, archive_key="a", plan_digest="p", file=entry, **told)


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recurring")
    generator = np.random.default_rng(6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with open_records(f"sqlite:///{folder / 'qa.db'}") as store:
            with store.transaction():
                told = {"archive_key": "a", "plan_digest": "p", "site_digest": "", "kernel_digest": "k", "version": "0"}
                run_id = store.begin_run(**told)
                for number, kerma in enumerate(patients()):
                    for room, factor in (("R1", gain()), ("R2", 1.0)):
                        signal = kerma * factor
                        noise = np.sqrt(DETECTOR.noise_variance_ugy2(signal)) * generator.standard_normal(signal.shape)
                        found = find_artefact_candidates(signal + noise, pixel_pitch_mm=PITCH_MM)
                        _add(store, run_id, room, number, number, found)
                        if number < AGAIN:
                            _add(store, run_id, room, PATIENTS + number, number, found)
                        if number < 29:
                            _add(store, run_id, "R3", number, number, found) if room == "R1" else None
            return audit_image_quality(store)


def test_the_spot_is_named_at_its_place_and_nothing_else(audit):
    (found,) = audit.findings
    assert (found.kind, found.room, found.about) == ("recurring_artefact", "R1", "all examinations")
    (place,) = audit.frame("recurring").to_dict("records")
    assert (place["kind"], place["detector"]) == ("spot", "DR1")
    # half a cell of 0.4 mm either way, and the radius
    assert np.hypot(place["row_mm"] - ROW_MM, place["column_mm"] - COLUMN_MM) < 0.8
    assert place["contrast"] < 0
    told = f"row {place['row_mm']:.1f} mm, column {place['column_mm']:.1f} mm"
    assert told in found.sentence
    assert f"{place['image_count']} of {place['of_images']} images" in found.sentence
    assert "flat field" in found.suggestion
    assert found.value == pytest.approx(place["image_count"] / place["of_images"])


def test_each_patient_counts_once_and_few_are_not_judged(audit):
    detectors = audit.frame("detectors").set_index("room")
    assert detectors["images"].to_dict() == {"R1": PATIENTS + AGAIN, "R2": PATIENTS + AGAIN, "R3": 29}
    assert detectors["compared"].to_dict() == {"R1": PATIENTS, "R2": PATIENTS, "R3": 29}
    assert detectors["needed"].to_dict() == {"R1": 0, "R2": 0, "R3": 1}
    assert detectors["places"].to_dict() == {"R1": 1, "R2": 0, "R3": 0}
    assert {key[1] for key in audit.detector_maps} == {"R1", "R2"}
