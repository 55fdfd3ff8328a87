"""Tables of fluoroscopic and angiographic procedures."""

from __future__ import annotations

from xrayiq.audit import DoseAudit
from xrayiq.audit.typical_doses import EXAMINATION
from xrayiq.report.dose_tables import MOST_ROWS, verdict_text
from xrayiq.report.dose_wording import dose_text, examination_text, interval_text, place_text
from xrayiq.report.tables import Marked, Table, table
from xrayiq.report.wording import clean, grouped, label_of

_SOURCE: dict[str, str] = {
    "report": "totals of dose reports",
    "events": "sums of reported events",
    "step": "performed procedure steps",
}
_DOCUMENT = 200


def procedure_table(audit: DoseAudit) -> tuple[Table, tuple[str, ...]]:
    """Typical totals, beside each level that they meet, and the documents by number."""
    found = audit.procedures
    keys = ["site", "room", *EXAMINATION, "quantity"]
    documents = list(dict.fromkeys(found.compared["source"]))
    levels: dict[tuple[object, ...], list[tuple[str | Marked, ...]]] = {}
    for row in found.compared.to_dict("records"):
        told = (dose_text(row["quantity"], row["level"]), str(documents.index(row["source"]) + 1))
        verdict = verdict_text(row["verdict"], row["ratio"])
        levels.setdefault(tuple(row[key] for key in keys), []).append((*told, verdict))
    rows: list[tuple[str | Marked, ...]] = []
    for row in found.typical.to_dict("records"):
        name = row["quantity"]
        own = (
            f"{place_text(audit, row['site'], row['room'])}: {examination_text(row)}",
            label_of(name),
            grouped(row["exposures"]),
            dose_text(name, row["median"]),
            interval_text(name, row["low"], row["high"]),
            dose_text(name, row["quartile_3"]),
            interval_text(name, row["quartile_3_low"], row["quartile_3_high"]),
        )
        rows += [(*own, *level) for level in levels.get(tuple(row[key] for key in keys), [("none", "–", "–")])]
    columns = (
        *("Room and procedure", "Quantity", "#Studies", "#Median", "#95 % interval"),
        *("#75th percentile", "#Its 95 % interval", "#Level", "#Document", "#Median / level"),
    )
    numbered = (f"{number}: {clean(text, longest=_DOCUMENT)}" for number, text in enumerate(documents, start=1))
    return table(columns, rows, most=MOST_ROWS), tuple(numbered)


def source_text(audit: DoseAudit) -> str:
    """Where the dose-area products of the studies are from, with numbers."""
    counts = audit.procedures.studies["source"].value_counts()
    return ", ".join(f"{_SOURCE[name]} {grouped(counts[name])}" for name in _SOURCE if name in counts)
