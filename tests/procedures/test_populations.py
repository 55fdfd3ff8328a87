from __future__ import annotations

import re
from pathlib import Path

import pytest

from xrayiq.errors import SiteError
from xrayiq.model import Acquisition, ObjectHeader
from xrayiq.procedures import RegisteredEquipment, load_site, plan_digest, population_of

OURS = RegisteredEquipment(manufacturer="Acme", serial_number="17")


def header(*, is_test_patient: bool = False, **acquisition: object) -> ObjectHeader:
    known: dict[str, object] = {"manufacturer": "ACME ", "serial_number": "17", "model": "Any"}
    return ObjectHeader(
        subject="1.1",
        is_test_patient=is_test_patient,
        acquisition=Acquisition(**(known | acquisition)),  # type: ignore[arg-type]
    )


def test_images_of_patients_on_registered_equipment_are_clinical() -> None:
    assert population_of(header(), "clinical", register=(OURS,)) == "clinical"
    assert population_of(header(serial_number="18"), "clinical", register=()) == "clinical"


@pytest.mark.parametrize("kind", ["flat_field", "edge", "collimated_field", "test_object"])
def test_test_images_are_quality_control(kind: str) -> None:
    assert population_of(header(), kind, register=()) == "quality_control"


def test_marked_test_images_are_quality_control_whatever_they_look_like() -> None:
    assert population_of(header(quality_control_image="YES"), "clinical", register=()) == "quality_control"


def test_images_of_test_patients_are_told_apart() -> None:
    assert population_of(header(is_test_patient=True), "clinical", register=()) == "test_patient"


@pytest.mark.parametrize("other", [{"serial_number": "18"}, {"serial_number": None}, {"manufacturer": "Other"}])
def test_images_of_equipment_outside_the_register_are_imported(other: dict[str, object]) -> None:
    assert population_of(header(**other), "clinical", register=(OURS,)) == "imported"


@pytest.mark.parametrize("kind", ["dose_report", "reject_note", "other"])
def test_what_is_no_image_is_none_wherever_it_comes_from(kind: str) -> None:
    assert population_of(header(serial_number="18"), kind, register=(OURS,)) == "no_image"


@pytest.mark.parametrize(
    "name", ["Test Patient", "QC 2026", "Phantom CDRAD", "room 3 phantom2", "ZZTEST ANNA", "Prüfkörper Thorax"]
)
def test_shipped_words_find_test_patients(name: str) -> None:
    pattern = load_site().test_patients
    assert pattern is not None
    assert re.search(pattern, name, re.IGNORECASE)


@pytest.mark.parametrize(
    "name", ["Testa Maria", "Contestabile", "Qayyum Ali", "Phantomas", "Flatow", "Servicius", "4711"]
)
def test_shipped_words_leave_names_of_people_alone(name: str) -> None:
    pattern = load_site().test_patients
    assert pattern is not None
    assert not re.search(pattern, name, re.IGNORECASE)


def site_file(folder: Path, text: str) -> Path:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_site_names_its_equipment_and_test_patients(tmp_path: Path) -> None:
    text = '[test_patients]\nwords = ["x-ray school"]\n[[equipment]]\nserial_number = "17"\n'
    site = load_site(site_file(tmp_path, text))
    assert site.equipment == (RegisteredEquipment(serial_number="17"),)
    assert site.test_patients is not None
    assert re.search(site.test_patients, "X-RAY SCHOOL 4", re.IGNORECASE)
    assert not re.search(site.test_patients, "test", re.IGNORECASE)
    assert plan_digest(site) != plan_digest(load_site())


def test_a_site_may_have_no_test_patients(tmp_path: Path) -> None:
    assert load_site(site_file(tmp_path, "[test_patients]\nwords = []\n")).test_patients is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('equipment = "all"\n', "equipment is no list"),
        ('[[equipment]]\nserial = "17"\n', "equipment with"),
        ("[[equipment]]\nserial_number = 17\n", "no text"),
        ('[[equipment]]\nserial_number = " "\n', "no text"),
        ("[[equipment]]\n", "equipment with"),
        ('[test_patients]\nwords = ["("]\n', "test_patients"),
        ("[test_patients]\nwords = 3\n", "words"),
        ('test_patients = "QC"\n', "words"),
    ],
)
def test_faulty_settings_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SiteError, match=re.escape(message) if message != "words" else "words"):
        load_site(site_file(tmp_path, text))
