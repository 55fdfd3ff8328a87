"""Rows of outcomes for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from xrayiq.batch import RunPlan, RunSummary, ScoredFile
from xrayiq.cli.printing import Format, Row, printable, say, show, write_json, write_lines
from xrayiq.model import Measurement, Outcome, Verdict, quantity
from xrayiq.model.packing import Json


def show_scores(scored: Sequence[ScoredFile], *, output: Format) -> None:
    """Every measurement with its verdicts, and what could not be measured with its reason."""
    if output is Format.json:
        write_json([_document(file) for file in scored])
        return
    if output is Format.csv:
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
        judged = verdicts_of(outcome, measurement)
        rows.append(
            {
                "quantity": measurement_label(measurement),
                "value": known.text(measurement.value),
                "status": ", ".join(verdict.status for verdict in judged),
                "limit": "; ".join(verdict.limit.source for verdict in judged),
            }
        )
    return rows


def verdicts_of(outcome: Outcome, measurement: Measurement) -> list[Verdict]:
    """Verdicts on one of the numbers of an outcome."""
    return [verdict for verdict in outcome.verdicts if verdict.measurement == measurement]


def measurement_label(measurement: Measurement) -> str:
    """Label of a measured quantity, with the axis that its profile runs along."""
    label = quantity(measurement.quantity).label
    return f"{label}, across {measurement.direction}" if measurement.direction else label


def _document(file: ScoredFile) -> dict[str, Json]:
    """A file's outcomes for programs: full precision, names of the closed list, limits with their bounds."""
    outcomes: list[Json] = []
    for outcome in file.outcomes:
        plain = outcome.to_dict()
        plain.pop("result")
        plain["measurements"] = [measurement_document(measurement) for measurement in outcome.measurements]
        plain["warnings"] = [] if outcome.result is None else list(outcome.result.provenance.warnings)
        outcomes.append(plain)
    return {"file": printable(file.name), "kind": file.kind, "evidence": file.evidence, "outcomes": outcomes}


def measurement_document(measurement: Measurement) -> Json:
    """A measured number for programs."""
    return {
        "quantity": measurement.quantity,
        "direction": measurement.direction,
        "value": measurement.value,
        "unit": measurement.unit,
    }


def _score_rows(file: ScoredFile, outcome: Outcome) -> list[Row]:
    """Flat rows for programs, one for each verdict, measurement or refusal."""
    base: Row = {
        "file": file.name,
        "kind": file.kind,
        "subject": outcome.subject,
        "procedure": outcome.procedure,
        "outcome": outcome.kind,
        "reason": outcome.reason,
        "message": outcome.message,
    }
    rows = []
    for measurement in outcome.measurements:
        judged = verdicts_of(outcome, measurement)
        rows += [_row(base, measurement, verdict) for verdict in judged] or [_row(base, measurement, None)]
    return rows or [_row(base, None, None)]


def _row(base: Row, measurement: Measurement | None, verdict: Verdict | None) -> Row:
    return {
        **base,
        "quantity": measurement.quantity if measurement else None,
        "direction": measurement.direction if measurement else None,
        "value": measurement.value if measurement else None,
        "unit": measurement.unit if measurement else None,
        "status": verdict.status if verdict else None,
        "limit": verdict.limit.id if verdict else None,
        "limit_source": verdict.limit.source if verdict else None,
    }


def show_summary(summary: RunSummary, *, output: Format) -> None:
    """Counts of a run; what of the site's settings takes no effect goes to stderr."""
    for warning in summary.warnings:
        say(f"warning: {warning}")
    if output is not Format.table:
        show([{**summary.counts(), "seconds": summary.seconds, "exit_code": summary.exit_code}], output=output)
        return
    rows: list[Row] = [{"what": name.replace("_", " "), "count": count} for name, count in summary.counts().items()]
    ended = ", interrupted" if summary.interrupted else ""
    show(rows, output=output, title=f"Run {summary.run_id}{ended}: {summary.files} files in {summary.seconds:.1f} s")


def show_plan(plan: RunPlan, *, output: Format) -> None:
    """What a run would do, for each archive in the order given; archives are told apart by number, not by name."""
    rows: list[Row] = []
    for source in plan.sources:
        # the key is for programs: with it the table would not fit into 80 columns
        key: Row = {} if output is Format.table else {"key": source.archive_key}
        rows.append({"archive": source.number, **key, **source.counts, "files": source.files})
    if output is Format.table and len(rows) > 1:
        rows.append({"archive": "all", **plan.counts, "files": plan.files})
    show(rows, output=output, title="What a run would do; nothing was written")
