"""One self-contained HTML page that explains single files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markupsafe import Markup

from xrayiq import plots
from xrayiq.model import DoseReport, HeaderProblem, Measurement, Outcome
from xrayiq.plots.style import CURVE, OVERLAY
from xrayiq.procedures import Inspection
from xrayiq.report.html import environment, packaged, write_page
from xrayiq.report.tables import Picture, Table, picture_svg, table
from xrayiq.report.wording import (
    KIND_WORDS,
    PROCEDURE_WORDS,
    STATUS_WORDS,
    clean,
    counted,
    label_of,
    value_text,
    words,
)

_MOST_ROWS: Final = 400
_SENTENCE: Final = 400
#: text of a header's field; the shorter ones of a report's tables are cut elsewhere
_FACT: Final = 200

_HEADLINES: Final = {
    "fail": "Not all right",
    "warning": "Usable, with reservations",
    "pass": "All right",
    "none": "Nothing to measure",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One file as the page shows it.

    Parameters
    ----------
    name, kind, status, headline, summary : str
        What it is and whether it is all right.
    identity, facts : tuple of (str, str)
        What it is, and what its header says.
    picture : Picture or None
        The image with its field, or the figure of a dose report.
    no_picture : str
        Why there is none.
    problems, notes : tuple of HeaderProblem
        What contradicts itself, and what is missing.
    measured : Table
        Numbers with their verdicts.
    cautions, faults : tuple of str
        What a reader of the numbers must know, and what a dose report states wrongly.
    refused : tuple of (str, str)
        Procedures without numbers and why.
    """

    name: str
    kind: str
    status: str
    headline: str
    summary: str
    identity: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    picture: Picture | None
    no_picture: str
    problems: tuple[HeaderProblem, ...]
    notes: tuple[HeaderProblem, ...]
    measured: Table
    cautions: tuple[str, ...]
    faults: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def write_inspection(inspections: Sequence[Inspection], path: str | Path) -> Path:
    """Explanations of files as one HTML page that needs nothing from outside.

    Parameters
    ----------
    inspections : sequence of Inspection
        What `xrayiq.batch.inspect_paths` gave.
    path : str or Path
        File to write. An earlier one is replaced when the new one is complete.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The folder of `path` does not exist, or `path` is a folder.
    """
    return write_page(path, render_inspection(inspections))


def render_inspection(inspections: Sequence[Inspection]) -> str:
    """The page as text; every text of a file is escaped, persons' attributes are not among them."""
    templates = environment()
    templates.globals["status_words"] = STATUS_WORDS
    templates.filters["counted"] = counted
    return templates.get_template("inspection.html.j2").render(
        style=Markup(packaged("style.css")),  # noqa: S704 - our own file
        files=[_explained(inspection, number) for number, inspection in enumerate(inspections)],
    )


def _explained(inspection: Inspection, number: int) -> Explained:
    problems = tuple(problem for problem in inspection.problems if problem.severity == "problem")
    picture, why = _picture(inspection, number)
    return Explained(
        name=clean(inspection.name),
        kind=words(inspection.kind, KIND_WORDS),
        status=inspection.judgement,
        headline=_HEADLINES[inspection.judgement],
        summary=_summary(inspection, len(problems)),
        identity=_texts(inspection.identity()),
        facts=_texts(inspection.facts()),
        picture=picture,
        no_picture=why,
        problems=problems,
        notes=tuple(problem for problem in inspection.problems if problem.severity == "note"),
        measured=table(
            ["Quantity", "#Value", "!Verdict", "Limit"],
            [row for outcome in inspection.measured for row in _measured_rows(outcome)],
            most=_MOST_ROWS,
        ),
        cautions=tuple(clean(text, longest=_SENTENCE) for text in inspection.warnings),
        faults=tuple(clean(text, longest=_SENTENCE) for text in inspection.faults),
        refused=tuple(
            (words(outcome.procedure, PROCEDURE_WORDS), clean(outcome.message, longest=_SENTENCE))
            for outcome in inspection.refused
        ),
    )


def _texts(rows: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((clean(name).replace("_", " "), clean(text, longest=_FACT)) for name, text in rows)


def _summary(inspection: Inspection, problems: int) -> str:
    """One sentence: limits first, then the header, then what was measured."""
    statuses = [verdict.status for outcome in inspection.outcomes for verdict in outcome.verdicts]
    out, warned = statuses.count("fail"), statuses.count("warning")
    parts = [f"{counted(out, 'number')} out of limits" if out else ""]
    parts.append(f"{counted(warned, 'number')} with a warning" if warned else "")
    parts.append(f"{counted(problems, 'contradiction')} in the header" if problems else "")
    parts.append(f"{counted(len(inspection.faults), 'fault')} in the report" if inspection.faults else "")
    parts.append(f"{counted(len(inspection.measured), 'measurement')} made" if inspection.measured else "")
    parts.append(f"{len(inspection.refused)} not possible" if inspection.refused else "")
    return ", ".join(part for part in parts if part) + "."


def _measured_rows(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    return [row for measurement in outcome.measurements for row in _judged(outcome, measurement)]


def _judged(outcome: Outcome, measurement: Measurement) -> list[tuple[str, str, str, str]]:
    label, value = (
        label_of(measurement.quantity, measurement.direction),
        value_text(measurement.quantity, measurement.value),
    )
    judged = [verdict for verdict in outcome.verdicts if verdict.measurement == measurement]
    rows = [(label, value, str(verdict.status), verdict.limit.source) for verdict in judged]
    return rows or [(label, value, "none", "")]


def _picture(inspection: Inspection, number: int) -> tuple[Picture | None, str]:
    """The image with its field, or the figure of a dose report; else why there is none."""
    field, name = inspection.field, f"inspection {number}"
    if field is not None:
        svg = picture_svg(lambda ax: plots.plot_field_picture(field, ax=ax), name, "Field over the image", OVERLAY)
        return Picture(svg=svg, title="The image and its field", note=_picture_note(inspection)), ""
    for outcome in inspection.measured:
        report = outcome.result
        if isinstance(report, DoseReport) and report.events:
            svg = picture_svg(lambda ax: plots.plot(report, ax=ax), name, "Dose report", CURVE)  # noqa: B023 - drawn at once
            return Picture(svg=svg, title="The report"), ""
    if inspection.header is None:
        return None, "No DICOM object, so no picture."
    return None, "No picture: there is no X-ray image that could be drawn."


def _picture_note(inspection: Inspection) -> str:
    field = inspection.field
    if field is not None and field.preview is not None and field.preview_pitch_mm is not None:
        return f"Pixels of {field.preview_pitch_mm[0]:.2g} mm: too coarse to read text or recognise a person."
    if field is not None and field.pixel_pitch_mm is None:
        return "Outlines only: the size of the pixels is not known, so a picture could show too much."
    return "Outlines only: the header does not say that no text is burned into the pixels."
