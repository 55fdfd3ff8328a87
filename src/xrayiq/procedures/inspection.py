"""One file explained: what it is, what was measured, what was not and why, and what its header lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xrayiq.metrics import Collimation
from xrayiq.model import DoseReport, HeaderProblem, ObjectHeader, Outcome, pack
from xrayiq.procedures.header_checks.pixels import LOSSY_SYNTAXES
from xrayiq.procedures.header_rules import Kind
from xrayiq.procedures.scoring import is_expected

Judgement = Literal["pass", "warning", "fail", "none"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inspection:
    """A file with all that there is to say about it.

    Parameters
    ----------
    name : str
        Name of the file without its folders.
    kind : str
        Kind of the object.
    evidence : str
        What the kind was told from.
    header : ObjectHeader or None
        None where there is no DICOM object.
    sop_class, transfer_syntax : str
        Their names in words; empty where there is none.
    outcomes : tuple of Outcome
        What was measured, and what was not with its reason.
    problems : tuple of HeaderProblem
        Problems of the header, then notes.
    field : Collimation or None
        Outline of the field with a coarse picture of the image; without the picture where the image may hold text
        burned in or its pixels have no size.
    """

    name: str
    kind: Kind
    evidence: str
    header: ObjectHeader | None
    sop_class: str
    transfer_syntax: str
    outcomes: tuple[Outcome, ...]
    problems: tuple[HeaderProblem, ...] = ()
    field: Collimation | None = None

    @property
    def measured(self) -> tuple[Outcome, ...]:
        """Outcomes with numbers."""
        return tuple(outcome for outcome in self.outcomes if outcome.kind == "measured")

    @property
    def refused(self) -> tuple[Outcome, ...]:
        """Outcomes without numbers."""
        return tuple(outcome for outcome in self.outcomes if outcome.kind != "measured")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers must know, each once."""
        results = (outcome.result for outcome in self.measured)
        return tuple(dict.fromkeys(text for result in results if result for text in result.provenance.warnings))

    @property
    def faults(self) -> tuple[str, ...]:
        """What a dose report states wrongly, each with its place."""
        reports = (outcome.result for outcome in self.measured if isinstance(outcome.result, DoseReport))
        return tuple(f"{fault.path}: {fault.message}" for report in reports for fault in report.faults)

    @property
    def judgement(self) -> Judgement:
        """Whether it is all right: ``fail`` out of limits or unreadable, ``warning`` for a contradictory header."""
        statuses = {verdict.status for outcome in self.outcomes for verdict in outcome.verdicts}
        if "fail" in statuses or any(outcome.kind == "error" for outcome in self.outcomes):
            return "fail"
        doubtful = any(not is_expected(outcome.procedure, outcome.reason) for outcome in self.refused)
        contradicts = any(problem.severity == "problem" for problem in self.problems)
        if "warning" in statuses or doubtful or contradicts or self.faults:
            return "warning"
        return "pass" if self.measured else "none"

    def identity(self) -> tuple[tuple[str, str], ...]:
        """What it is, as label and text."""
        rows = [("kind", self.kind.replace("_", " ")), ("told from", self.evidence)]
        if self.header is not None:
            acquisition, header = self.header.acquisition, self.header
            equipment = (acquisition.manufacturer, acquisition.model, acquisition.station_name)
            size = f"{header.rows} rows, {header.columns} columns" if header.rows and header.columns else ""
            pitch = acquisition.pixel_pitch_mm
            rows += [
                ("object", self.sop_class),
                ("modality", acquisition.modality or ""),
                ("made by", ", ".join(dict.fromkeys(part for part in equipment if part))),
                ("encoding", f"{self.transfer_syntax}{', lossy' if _is_lossy(header) else ''}"),
                ("pixels", size + (f", {pitch[0]:g} mm" if size and pitch else "")),
                ("frames", str(header.frames) if header.frames and size else ""),
                ("exposed", str(acquisition.exposed_at) if acquisition.exposed_at else ""),
            ]
        return tuple((label, text) for label, text in rows if text)

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the header says, by field and text; fields that it leaves empty are left out."""
        packed, _ = pack(self.header)
        if not isinstance(packed, dict):
            return ()
        parts = [packed.pop("acquisition"), packed.pop("detail"), packed]
        facts = {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}
        return tuple((name, _text(value)) for name, value in facts.items() if value not in (None, [], ""))


def _is_lossy(header: ObjectHeader) -> bool:
    return header.transfer_syntax_uid in LOSSY_SYNTAXES or header.detail.lossy_image_compression == "01"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
