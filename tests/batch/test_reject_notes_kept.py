"""What a worker makes of key objects: rejects of the store, and nothing of those for other purposes."""

from __future__ import annotations

from pathlib import Path

from xrayiq.batch.worker import score_paths
from xrayiq.model import RejectNote
from xrayiq_phantoms.reject_note import write_reject_note


def test_a_reject_note_is_measured_and_another_key_object_is_not(tmp_path: Path) -> None:
    reasons = [("111209", "Positioning")]
    write_reject_note(tmp_path / "note.dcm", image_uids=["1.2.3", "1.2.4"], reasons=reasons, text="Doe moved")
    write_reject_note(tmp_path / "other.dcm", image_uids=["1.2.3"], title=("113000", "Of Interest"))
    note, other = score_paths([tmp_path / "note.dcm", tmp_path / "other.dcm"])
    assert note.kind == other.kind == "reject_note"
    (outcome,) = note.outcomes
    assert (outcome.procedure, outcome.kind) == ("reject_note", "measured")
    assert isinstance(outcome.result, RejectNote) and len(outcome.result.rejects) == 2
    assert outcome.result.has_text and "moved" not in str(outcome.result.to_dict())
    assert [one.reason for one in other.outcomes] == ["no_procedure"]
