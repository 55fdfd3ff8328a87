"""Key objects that reject images: what they refer to and why, and nothing of what they say in words."""

from __future__ import annotations

import pytest

from xrayiq.dicom import read_reject_note
from xrayiq.errors import NotMeasurableError
from xrayiq.model import pack
from xrayiq_phantoms import ReportedEvent, write_dose_report
from xrayiq_phantoms.dicom_values import Identifiers
from xrayiq_phantoms.reject_note import write_reject_note

POSITIONING = ("111209", "Positioning")
MOTION = ("111210", "Motion blur")


def test_a_note_tells_its_images_and_its_reason(tmp_path) -> None:
    path = tmp_path / "note.dcm"
    ids = Identifiers()
    write_reject_note(path, image_uids=["1.2.3", "1.2.4"], reasons=[POSITIONING, MOTION], identifiers=ids)
    note = read_reject_note(path)
    assert (note.source, note.title) == ("key_object", "113001")
    assert [one.image_uid for one in note.rejects] == ["1.2.3", "1.2.4"]
    assert {one.study_uid for one in note.rejects} == {ids.study_uid}
    assert {one.code for one in note.rejects} == {("111209", "DCM", "Positioning")}
    assert [code[0] for code in note.codes] == ["111209", "111210"]
    assert not note.has_text
    assert note.measurements()[0].value == 2.0


def test_the_evidence_tells_the_images_where_the_content_refers_to_none() -> None:
    dataset = write_reject_note(None, image_uids=["1.2.3", "1.2.4", "1.2.3"], reasons=[MOTION], study_uid="1.9")
    dataset.ContentSequence = [item for item in dataset.ContentSequence if item.ValueType != "IMAGE"]
    found = read_reject_note(dataset)
    assert [(one.image_uid, one.study_uid) for one in found.rejects] == [("1.2.3", "1.9"), ("1.2.4", "1.9")]


def test_words_are_known_to_be_there_and_not_kept() -> None:
    words = "Doe moved, repeat by Roe"
    dataset = write_reject_note(None, image_uids=["1.2.3"], reasons=[("111209", words)], text=words)
    found = read_reject_note(dataset, key=b"k" * 32)
    assert found.has_text
    assert words not in str(pack(found))
    assert found.codes == (("111209", "DCM", "Positioning"),)


@pytest.mark.parametrize(
    "title",
    [
        ("113037", "Rejected for Patient Safety Reasons"),
        ("113038", "Incorrect Modality Worklist Entry"),
        ("113039", "Data Retention Policy Expired"),
        ("113010", "Quality Issue"),
    ],
)
def test_other_titles_that_reject_or_flag_are_told(title: tuple[str, str]) -> None:
    found = read_reject_note(write_reject_note(None, image_uids=["1.2.3"], title=title))
    assert found.title == title[0]
    assert found.rejects[0].code is None


def test_key_objects_for_other_purposes_are_no_reject_notes() -> None:
    for dataset in (
        write_reject_note(None, image_uids=["1.2.3"], title=("113000", "Of Interest")),
        write_dose_report(None, events=[ReportedEvent(event_uid="1.2")]),
    ):
        with pytest.raises(NotMeasurableError, match="title"):
            read_reject_note(dataset)


def test_a_note_of_nothing_has_no_rejects() -> None:
    dataset = write_reject_note(None, image_uids=[])
    del dataset.ContentSequence
    del dataset.CurrentRequestedProcedureEvidenceSequence
    assert read_reject_note(dataset).rejects == ()
