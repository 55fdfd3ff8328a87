"""Chapters of the section on doses: figures and tables that say why."""

from __future__ import annotations

import json
import re
from typing import Final

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose_creep import FINDING_CHANGE
from xrayiq.audit.excursions import FINDING_SCORE, TRIGGER_RATIO
from xrayiq.audit.typical_doses import LEAST_PATIENTS, LEAST_ROOMS
from xrayiq.report import dose_pictures as pictures
from xrayiq.report import dose_tables as tables
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_estimates import (
    effective_chapter,
    glandular_chapter,
    repeats_chapter,
    skin_chapter,
    units_chapter,
)
from xrayiq.report.procedure_tables import procedure_table, source_text
from xrayiq.report.wording import clean, counted

_SPECIAL: Final = re.compile(r"[\\.^$*+?{}\[\]|()]")
_MAPPED: Final = (
    'counts_as = "CHEST"   # body part as DICOM terms it\nview = "PA"           # AP, PA, LAT, OBL, AXIAL, CC, MLO'
)


def chapters(audit: DoseAudit) -> tuple[Chapter, ...]:
    """All that have something in them."""
    every = (
        units_chapter(audit),
        _typical(audit),
        _local(audit),
        _procedures(audit),
        _excursions(audit),
        _creep(audit),
        skin_chapter(audit),
        glandular_chapter(audit),
        effective_chapter(audit),
        _workload(audit),
        _quality(audit),
        repeats_chapter(audit),
        _breakdown(audit),
        _unmapped(audit),
    )
    return tuple(one for one in every if any(rows.rows for _, rows in one.tables))


def _typical(audit: DoseAudit) -> Chapter:
    rows, documents = tables.typical_table(audit)
    return Chapter(
        title="Typical doses and reference levels",
        told=counted(len(audit.typical), "typical value"),
        explanation=(
            "Typical value: median of a room's exposures of patients of standard size (ICRP 135), with its 95 % "
            f"bootstrap interval; from {LEAST_PATIENTS} exposures on it is held against the levels. Over a level: the "
            "whole interval is, of an estimate by more than its own uncertainty and where no stated dose decides. "
            "Entrance surface air kerma (with backscatter) is estimated from the dose-area product and field, the "
            "technique or a stated entrance dose, whichever is surest, and a thickness taken for granted (± is k = 2). "
            "A level is a reason to look at the technique, not a limit for a patient. Levels that "
            "are marked as not verified come from a document that nobody has compared with the number."
        ),
        pictures=pictures.typical_pictures(audit),
        tables=(("", rows),),
        documents=documents,
    )


def _local(audit: DoseAudit) -> Chapter:
    return Chapter(
        title="Local levels",
        told=counted(int(audit.local["enough"].sum()), "level") + f" of {LEAST_ROOMS} rooms or more",
        explanation=(
            f"75th percentile of the rooms' typical values (ICRP 135), a level from {LEAST_ROOMS} rooms on; the median "
            "of the rooms is what can be achieved. The interval is a bootstrap over rooms."
        ),
        pictures=pictures.local_pictures(audit),
        tables=(("", tables.local_table(audit.local)),),
    )


def _procedures(audit: DoseAudit) -> Chapter:
    rows, documents = procedure_table(audit)
    local = tables.local_table(audit.procedures.local)
    return Chapter(
        title="Fluoroscopy and angiography",
        told=counted(len(audit.procedures.studies), "study", "studies"),
        explanation=(
            "Totals of whole studies, all planes together: dose-area product, kerma at the reference point and time of "
            "fluoroscopy. Median and 75th percentile of a room's studies of one body part, patients of standard size, "
            "each with its 95 % bootstrap interval. A dose report's total goes before that of a performed procedure "
            f"step. Dose-area products here: {source_text(audit) or 'none'}."
        ),
        tables=(("", rows), *((("Local levels", local),) if local.rows else ())),
        documents=documents,
    )


def _excursions(audit: DoseAudit) -> Chapter:
    drawn, more = pictures.excursion_pictures(audit)
    return Chapter(
        title="Excursions",
        told=counted(int(audit.excursions["finding"].sum()), "finding"),
        explanation=(
            "Each exposure is compared with those of the same unit, examination and size band on a logarithmic scale. "
            f"A finding lies more than {FINDING_SCORE:g} robust standard deviations above their median, or more than "
            f"{TRIGGER_RATIO:g} times it and above the reference level. The cause is a suggestion from the exposure's "
            "own charge, voltage, field and deviation index."
        ),
        pictures=drawn,
        not_drawn=f"{counted(more, 'further group')} with excursions not drawn." if more else "",
        tables=(("", tables.excursion_table(audit)),),
    )


def _creep(audit: DoseAudit) -> Chapter:
    drawn, more = pictures.creep_pictures(audit)
    rising = sum(one.is_finding for one in audit.creep)
    return Chapter(
        title="Doses over time",
        told=f"{counted(len(audit.creep), 'weekly series', 'weekly series')}, {counted(rising, 'finding')}",
        explanation=(
            "Weekly medians of a room's examination with their exponentially weighted average. A finding has left the "
            f"limits of the first weeks and lies {100 * FINDING_CHANGE:g} % or more above them."
        ),
        pictures=drawn,
        not_drawn=f"{counted(more, 'further series', 'further series')} not drawn." if more else "",
        tables=(("", tables.creep_table(audit)),),
    )


def _workload(audit: DoseAudit) -> Chapter:
    rooms = len(audit.workload[["site", "room"]].drop_duplicates())
    return Chapter(
        title="Workload for shielding",
        told=counted(rooms, "room"),
        explanation=(
            "Charge of each room and week, all exposures of patients, also those whose dose is left out; means are "
            "over all weeks from a room's first to its last. NCRP Report 147 asks for it by tube voltage."
        ),
        pictures=pictures.workload_pictures(audit),
        tables=(("", tables.workload_table(audit)),),
    )


def _quality(audit: DoseAudit) -> Chapter:
    telling = int((audit.optimisation["reading"] != "").sum())
    return Chapter(
        title="Dose beside image quality",
        told=f"{counted(telling, 'room and examination', 'rooms and examinations')} to optimise",
        explanation=(
            "Median dose of a room by the median of the rooms that do the same examination, beside what its images are "
            "worth: deviation index (DI) and signal-to-noise ratio (SNR) in the anatomy."
        ),
        pictures=pictures.quality_pictures(audit),
        tables=(("", tables.quality_table(audit)),),
    )


def _breakdown(audit: DoseAudit) -> Chapter:
    return Chapter(
        title="By room, examination, operator and month",
        explanation=(
            "Dose of each exposure by the median of its like, then the median of these: 1 is usual. Operators are "
            "known by a key that no name can be told from; like exposures of the same unit are compared, so that "
            "neither room nor examination counts against anyone. Patients do differ: a ratio is a reason to ask."
        ),
        tables=tables.breakdown_tables(audit),
    )


def _unmapped(audit: DoseAudit) -> Chapter:
    number = int(audit.unmapped["exposures"].sum())
    return Chapter(
        title="Examinations that nothing tells",
        told=counted(number, "exposure"),
        explanation=(
            "Body part or view of these is not known under a name that levels and comparisons go by, so they count in "
            "the workload only. Rows of the site's file (site.toml) say what they are; texts are expressions:"
        ),
        example=_example(audit) if number else "",
        tables=(("", tables.unmapped_table(audit)),),
    )


def _example(audit: DoseAudit) -> str:
    """Row for the site's file that maps the most frequent one; empty where its headers are silent."""
    row = audit.unmapped.iloc[0]
    said = ((name, clean(row[name]).removesuffix("…")) for name in ("protocol_name", "body_part", "view_position"))
    told = next(((name, text) for name, text in said if text), None)
    if told is None:
        return ""
    expression = "^" + _SPECIAL.sub(r"\\\g<0>", told[1])
    return "\n".join(["[[examinations]]", f"{told[0]} = {json.dumps(expression, ensure_ascii=False)}", _MAPPED])
