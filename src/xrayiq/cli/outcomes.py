"""Rows of outcomes for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from xrayiq.batch import RunSummary, ScoredFile
from xrayiq.cli.printing import Cell, Format, Row, show
from xrayiq.model import Outcome, pack, quantity


def show_scores(scored: Sequence[ScoredFile], *, output: Format) -> None:
    """Every measurement with its verdicts, and what could not be measured with its reason."""
    rows = [row for file in scored for outcome in file.outcomes for row in _score_rows(file, outcome)]
    show(rows, output=output)


def _score_rows(file: ScoredFile, outcome: Outcome) -> list[Row]:
    base: Row = {"file": file.name, "kind": file.kind, "procedure": outcome.procedure}
    if outcome.kind != "measured":
        return [_row(base, outcome.kind.replace("_", " "), None, "", outcome.reason, outcome.message)]
    rows = []
    for measurement in outcome.measurements:
        known = quantity(measurement.quantity)
        judged = [verdict for verdict in outcome.verdicts if verdict.measurement == measurement]
        label = f"{known.label}, {measurement.direction}" if measurement.direction else known.label
        status = ", ".join(verdict.status for verdict in judged)
        source = "; ".join(verdict.limit.source for verdict in judged)
        rows.append(_row(base, label, measurement.value, known.unit, status, source))
    return rows


def _row(base: Row, label: str, value: Cell, unit: str, status: str, source: str) -> Row:
    return {**base, "quantity": label, "value": value, "unit": unit, "status": status, "source_or_reason": source}


def show_inspection(scored: Sequence[ScoredFile], *, output: Format) -> None:
    """What each file is, and what can and cannot be measured on it."""
    rows = [row for file in scored for row in _inspection_rows(file)]
    show(rows, output=output)


def _inspection_rows(file: ScoredFile) -> list[Row]:
    name = file.name
    rows: list[Row] = [{"file": name, "what": "kind", "value": file.kind.replace("_", " ")}]
    if file.header is not None:
        rows += [{"file": name, "what": what, "value": value} for what, value in _header_facts(file)]
    for outcome in file.outcomes:
        text = "measurable" if outcome.kind == "measured" else f"{outcome.kind.replace('_', ' ')}: {outcome.message}"
        rows.append({"file": name, "what": outcome.procedure.replace("_", " "), "value": text})
        warnings = () if outcome.result is None else outcome.result.provenance.warnings
        rows += [{"file": name, "what": "warning", "value": warning} for warning in warnings]
    return rows


def _header_facts(file: ScoredFile) -> list[tuple[str, Cell]]:
    packed, _ = pack(file.header)
    if not isinstance(packed, dict):
        return []
    acquisition = packed.pop("acquisition")
    facts = {**packed, **(acquisition if isinstance(acquisition, dict) else {})}
    return [
        (name, "\\".join(map(str, value)) if isinstance(value, list) else str(value))
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
