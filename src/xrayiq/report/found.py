"""What was found: objects by unit and kind, by modality, and what became of the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xrayiq.report.evidence import Evidence
from xrayiq.report.tables import Table, table
from xrayiq.report.wording import DAMAGED_WORDS, FILE_WORDS, KIND_WORDS, clean, grouped, period, words

MOST_UNITS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Tables of what the archive holds."""

    units: Table
    modalities: Table
    files: Table


def find(evidence: Evidence) -> Found:
    """Objects by unit and kind, objects by modality, files by what they turned out to be."""
    return Found(units=_units(evidence), modalities=_modalities(evidence), files=_files(evidence))


def _units(evidence: Evidence) -> Table:
    objects = evidence.objects
    kinds = [kind for kind in KIND_WORDS if (objects["kind"] == kind).any()]
    rows = []
    for unit in evidence.units:
        own = objects[objects["unit"] == unit.number]
        counts = [int((own["kind"] == kind).sum()) for kind in kinds]
        rows.append((unit.name, period(own["exposed_at"]), *(grouped(count) if count else "–" for count in counts)))
    columns = ["Unit", "Period", *(f"#{KIND_WORDS[kind]}" for kind in kinds)]
    return table(columns, rows, most=MOST_UNITS)


def _modalities(evidence: Evidence) -> Table:
    counts = evidence.objects["modality"].fillna("not stated").value_counts()
    return table(
        ["Modality", "#Objects"], [(clean(name), grouped(int(count))) for name, count in counts.items()], most=20
    )


def _files(evidence: Evidence) -> Table:
    damaged = evidence.files["subject"].isin(evidence.damaged)
    counts = evidence.files.loc[~damaged, "status"].value_counts()
    rows = [(words(name, FILE_WORDS), grouped(int(counts[name]))) for name in FILE_WORDS if name in counts.index]
    if damaged.any():
        rows.insert(min(len(rows), int("object" in counts.index)), (DAMAGED_WORDS, grouped(int(damaged.sum()))))
    return table(["Files", "#Number"], rows, most=len(rows))
