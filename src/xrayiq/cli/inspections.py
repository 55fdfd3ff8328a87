"""Explanations of single files for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from xrayiq.cli.outcomes import measurement_document, measurement_label, verdicts_of
from xrayiq.cli.printing import Format, Row, printable, show, write_json, write_lines
from xrayiq.model import HeaderProblem, Measurement, Outcome, quantity, to_plain
from xrayiq.model.packing import Json
from xrayiq.procedures import Inspection

#: first numbers of a measurement in one line, beside those with a verdict; all stand in JSON and CSV
_HEADLINE: Final = 4
_MARKS: Final = {"problem": "✕", "note": "·"}


def show_inspections(inspections: Sequence[Inspection], *, output: Format) -> None:
    """What each file is, what can and cannot be measured on it, and what its header says and lacks."""
    if output is Format.json:
        write_json([_document(inspection) for inspection in inspections])
    elif output is Format.csv:
        show([row for inspection in inspections for row in _csv_rows(inspection)], output=output)
    else:
        for inspection in inspections:
            _show_one(inspection)


def _show_one(inspection: Inspection) -> None:
    identity: list[Row] = [{"what": label, "value": text} for label, text in inspection.identity()]
    show(identity, output=Format.table, title=inspection.name)
    _lines("Measured", [f"{_procedure(outcome)}: {_headline(outcome)}" for outcome in inspection.measured])
    _lines("Bear in mind", [f"! {text}" for text in inspection.warnings])
    _lines("Wrong in the report", [f"! {text}" for text in inspection.faults])
    _lines("Not measured", [f"{_procedure(outcome)}: {outcome.message}" for outcome in inspection.refused])
    _lines("Header: what is wrong (✕) or missing (·)", [_sentence(problem) for problem in inspection.problems])
    write_lines([""])
    facts: list[Row] = [{"what": name, "value": text} for name, text in inspection.facts()]
    if facts:
        show(facts, output=Format.table, title="Header")
        write_lines([""])


def _lines(title: str, lines: Sequence[str]) -> None:
    if lines:
        write_lines(["", title, *(f"  {line}" for line in lines)])


def _procedure(outcome: Outcome) -> str:
    return outcome.procedure.replace("_", " ")


def _headline(outcome: Outcome) -> str:
    """The first numbers and all that have a verdict, each with its own."""
    return ", ".join(
        _number(outcome, measurement)
        for position, measurement in enumerate(outcome.measurements)
        if position < _HEADLINE or verdicts_of(outcome, measurement)
    )


def _number(outcome: Outcome, measurement: Measurement) -> str:
    text = f"{measurement_label(measurement)} {quantity(measurement.quantity).text(measurement.value)}"
    statuses = sorted({str(verdict.status) for verdict in verdicts_of(outcome, measurement)})
    return f"{text} ({', '.join(statuses)})" if statuses else text


def _sentence(problem: HeaderProblem) -> str:
    return f"{_MARKS[problem.severity]} {problem.found}; needed {problem.needed}: {problem.remedy}"


def _document(inspection: Inspection) -> dict[str, Json]:
    """All of it for programs, in full precision."""
    outcomes: list[Json] = []
    for outcome in inspection.outcomes:
        plain = outcome.to_dict()
        plain.pop("result")
        plain["measurements"] = [measurement_document(measurement) for measurement in outcome.measurements]
        plain["warnings"] = [] if outcome.result is None else list(outcome.result.provenance.warnings)
        outcomes.append(plain)
    return {
        "file": printable(inspection.name),
        "kind": inspection.kind,
        "evidence": inspection.evidence,
        "judgement": inspection.judgement,
        "sop_class": inspection.sop_class,
        "transfer_syntax": inspection.transfer_syntax,
        "outcomes": outcomes,
        "faults": list(inspection.faults),
        "problems": [to_plain(problem) for problem in inspection.problems],
        "header": to_plain(inspection.header),
    }


def _csv_rows(inspection: Inspection) -> list[Row]:
    """One row for each thing that there is to say."""
    said: list[tuple[str, str, str, str]] = [("identity", label, text, "") for label, text in inspection.identity()]
    for outcome in inspection.outcomes:
        said += [
            (
                "measured",
                f"{outcome.procedure} {measurement_label(measurement)}",
                repr(measurement.value),
                measurement.unit,
            )
            for measurement in outcome.measurements
        ]
        if outcome.kind != "measured":
            said.append((outcome.kind, outcome.procedure, outcome.message, outcome.reason))
    said += [("warning", "", text, "") for text in inspection.warnings]
    said += [("fault", "", text, "") for text in inspection.faults]
    said += [
        (
            problem.severity,
            problem.check,
            f"{problem.found}; needed {problem.needed}: {problem.remedy}",
            "\\".join(problem.attributes),
        )
        for problem in inspection.problems
    ]
    said += [("header", name, text, "") for name, text in inspection.facts()]
    return [
        {"file": inspection.name, "about": about, "what": what, "value": value, "detail": detail}
        for about, what, value, detail in said
    ]
