"""Rows of outcomes for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from xrayiq.batch import RunSummary, ScoredFile
from xrayiq.cli.printing import Cell, Format, Row, show, write_lines
from xrayiq.model import Measurement, Outcome, pack, quantity


def show_scores(scored: Sequence[ScoredFile], *, output: Format) -> None:
    """Every measurement with its verdicts, and what could not be measured with its reason."""
    if output is not Format.table:
        show([row for file in scored for outcome in file.outcomes for row in _score_rows(file, outcome)], output=output)
        return
    for file in scored:
        rows = [row for outcome in file.outcomes for row in _score_lines(outcome)]
        if rows:
            show(rows, output=output, title=_title(file))
        else:
            write_lines([_title(file)])
        write_lines(_refusals(file))


def _title(file: ScoredFile) -> str:
    return f"{file.name}: {file.kind.replace('_', ' ')}"


def _refusals(file: ScoredFile) -> list[str]:
    lines = [
        f"{outcome.procedure.replace('_', ' ')}: {outcome.kind.replace('_', ' ')}: {outcome.message}"
        for outcome in file.outcomes
        if outcome.kind != "measured"
    ]
    return [*lines, ""]


def _score_lines(outcome: Outcome) -> list[Row]:
    """Rows for people: values in the units of paper, each with what it is worth."""
    rows: list[Row] = []
    for measurement in outcome.measurements:
        known = quantity(measurement.quantity)
        judged = [verdict for verdict in outcome.verdicts if verdict.measurement == measurement]
        rows.append(
            {
                "quantity": _label(measurement),
                "value": known.text(measurement.value),
                "status": ", ".join(verdict.status for verdict in judged),
                "limit": "; ".join(verdict.limit.source for verdict in judged),
            }
        )
    return rows


def _label(measurement: Measurement) -> str:
    label = quantity(measurement.quantity).label
    return f"{label}, across {measurement.direction}" if measurement.direction else label


def _score_rows(file: ScoredFile, outcome: Outcome) -> list[Row]:
    """Rows for programs: full precision in the stored unit."""
    base: Row = {"file": file.name, "kind": file.kind, "procedure": outcome.procedure}
    if outcome.kind != "measured":
        return [_row(base, outcome.kind.replace("_", " "), None, "", outcome.reason, outcome.message)]
    rows = []
    for measurement in outcome.measurements:
        judged = [verdict for verdict in outcome.verdicts if verdict.measurement == measurement]
        status = ", ".join(verdict.status for verdict in judged)
        source = "; ".join(verdict.limit.source for verdict in judged)
        rows.append(_row(base, _label(measurement), measurement.value, measurement.unit, status, source))
    return rows


def _row(base: Row, label: str, value: Cell, unit: str, status: str, source: str) -> Row:
    return {**base, "quantity": label, "value": value, "unit": unit, "status": status, "source_or_reason": source}


def show_inspection(scored: Sequence[ScoredFile], *, output: Format) -> None:
    """What each file is, what can and cannot be measured on it, and what its header says."""
    if output is not Format.table:
        facts = [(file, row) for file in scored for row in (*_findings(file), *_header_rows(file))]
        rows: list[Row] = [{"file": file.name, **row} for file, row in facts]
        show(rows, output=output)
        return
    for file in scored:
        show([*_findings(file), *_header_rows(file)], output=output, title=file.name)
        write_lines([""])


def _findings(file: ScoredFile) -> list[Row]:
    rows: list[Row] = [{"what": "kind", "value": f"{file.kind.replace('_', ' ')} ({file.evidence})"}]
    for outcome in file.outcomes:
        text = "measurable" if outcome.kind == "measured" else f"{outcome.kind.replace('_', ' ')}: {outcome.message}"
        rows.append({"what": outcome.procedure.replace("_", " "), "value": text})
    warnings = [
        warning for outcome in file.outcomes if outcome.result for warning in outcome.result.provenance.warnings
    ]
    rows += [{"what": "warning", "value": warning} for warning in dict.fromkeys(warnings)]
    return rows


def _header_rows(file: ScoredFile) -> list[Row]:
    packed, _ = pack(file.header)
    if not isinstance(packed, dict):
        return []
    acquisition = packed.pop("acquisition")
    facts = {**(acquisition if isinstance(acquisition, dict) else {}), **packed}
    return [
        {"what": name, "value": "\\".join(map(str, value)) if isinstance(value, list) else str(value)}
        for name, value in facts.items()
        if value not in (None, [], "")
    ]


def show_summary(summary: RunSummary, *, output: Format) -> None:
    """Counts of a run."""
    if output is not Format.table:
        show([{**summary.counts(), "seconds": summary.seconds, "exit_code": summary.exit_code}], output=output)
        return
    rows: list[Row] = [{"what": name.replace("_", " "), "count": count} for name, count in summary.counts().items()]
    show(rows, output=output, title=f"Run {summary.run_id}: {summary.files} files in {summary.seconds:.1f} s")
