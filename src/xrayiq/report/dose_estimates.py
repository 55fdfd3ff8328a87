"""Chapters on units of dose, doses that are estimated (skin, glandular and effective doses), and those of repeats."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose_estimates import OUTSIDE, POWER_OF_TEN, TOO_FEW, TOTALS
from xrayiq.model import quantity
from xrayiq.report import dose_pictures as pictures
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_wording import dose_text, place_text, ratio_text
from xrayiq.report.tables import Marked, Table, table
from xrayiq.report.wording import clean, counted, grouped, label_of, minute, percent

#: what is assumed of some exposures of one examination: its own figure tells that
_SOME_EXPOSURES: Final = re.compile(r"; \d+ exposures [^;]*")
_MOST_ROWS: Final = 60
_LONG: Final = 400


def units_chapter(audit: DoseAudit) -> Chapter:
    """Stated against expected doses of units; drawn where one is suspected."""
    suspected = audit.units[audit.units["suspected_power"] != 0]
    ordered = audit.units.sort_values("median_ratio", key=lambda ratios: -(ratios.map(_apart)), kind="stable")
    rows: list[tuple[str | Marked, ...]] = [
        (
            place_text(audit, row["site"], row["room"]),
            clean(row["unit"]),
            label_of(row["quantity"]),
            grouped(row["exposures"]),
            Marked(text=ratio_text(row["median_ratio"]), status="fail", why="near a power of ten")
            if row["suspected_power"]
            else ratio_text(row["median_ratio"]),
            clean(row["text"], longest=_LONG) if row["suspected_power"] else "–",
        )
        for row in ordered.to_dict("records")
    ]
    columns = ("Room", "Unit", "Quantity", "#n", "#Stated / expected, median", "What it probably is")
    return Chapter(
        title="Units of dose",
        told=counted(len(suspected), "suspicion"),
        explanation=(
            "Expected: output of the unit's tube (its own table in site.toml, else a computed one, good to 30 %) times "
            "charge times field. A median near a power of ten other than 1 (within a factor of 2) is a suspicion of a "
            "wrong unit; nothing is corrected."
        ),
        pictures=pictures.unit_pictures(audit) if len(suspected) else (),
        tables=(("", table(columns, rows, most=_MOST_ROWS)),),
    )


def skin_chapter(audit: DoseAudit) -> Chapter:
    """Examinations with fluoroscopy beside the levels of a substantial dose, and maps of the skin."""
    drawn, more = pictures.skin_pictures(audit)
    skin = audit.skin_dose
    estimated = skin[skin["peak_skin_dose"].notna()]
    assumptions = [_SOME_EXPOSURES.sub("", text) for text in estimated["assumptions"]]
    explanation = (
        "Totals of each examination with fluoroscopy, the nearest to a level of a substantial dose first: the greater "
        "of the sum of its events and of what its report states. The peak skin dose is an estimate on a simple "
        "phantom, for those that gave most; it tells whose skin to follow up, not what the skin got. "
    )
    if assumptions:
        explanation += f"Assumed: {clean(assumptions[0], longest=900)}."
    return Chapter(
        title="Skin dose of fluoroscopy",
        told=f"{counted(len(skin), 'examination')}, {grouped(int(skin['finding'].sum()))} to follow up",
        explanation=explanation,
        pictures=drawn,
        not_drawn=f"{counted(more, 'further map')} not drawn." if more else "",
        tables=(("", _skin_table(audit)),),
        documents=tuple(f"of the levels: {text}" for text in dict.fromkeys(skin["source"])),
    )


def _skin_table(audit: DoseAudit) -> Table:
    rows: list[tuple[str | Marked, ...]] = []
    for row in audit.skin_dose.head(_MOST_ROWS).to_dict("records"):
        reached = str(row["reached"]).split("; ") if row["reached"] else []
        doses: list[str | Marked] = []
        for name in TOTALS:
            text = "–" if pd.isna(row[name]) else quantity(name).text(row[name])
            if name == "peak_skin_dose" and not pd.isna(row[name]):
                text += f" ± {200.0 * row['relative_uncertainty']:.0f} %"
            doses.append(Marked(text=text, status="warning", why="level reached") if name in reached else text)
        rows.append(
            (
                minute(row["exposed_at"]) or "undated",
                f"{place_text(audit, row['site'], row['room'])}: {clean(row['protocol_name']) or 'protocol not told'}",
                grouped(row["events"]),
                *doses,
                clean(row["not_estimated"], longest=_LONG) or "–",
            )
        )
    columns = ("Begun", "Room and protocol", "#Events", *(f"#{label_of(name)}" for name in TOTALS), "Not in the map")
    return Table(columns=columns, rows=tuple(rows), left_out=max(0, len(audit.skin_dose) - _MOST_ROWS))


def glandular_chapter(audit: DoseAudit) -> Chapter:
    """Stated over estimated glandular doses of units."""
    rows: list[tuple[str | Marked, ...]] = []
    for row in audit.glandular_dose.to_dict("records"):
        ratio = ratio_text(row["median_ratio"])
        cell: str | Marked = f"{ratio} (too few)" if row["verdict"] == TOO_FEW else ratio
        if row["verdict"] == OUTSIDE:
            cell = Marked(text=ratio, status="warning", why="beyond the tolerance")
        if row["verdict"] == POWER_OF_TEN:
            cell = Marked(text=ratio, status="warning", why=POWER_OF_TEN)
        rows.append(
            (
                f"{place_text(audit, row['site'], row['room'])}: {clean(row['unit'])}",
                grouped(row["exposures"]),
                dose_text("average_glandular_dose", row["median_stated"]),
                dose_text("average_glandular_dose", row["median_estimated"]),
                cell,
                f"{row['low_ratio']:.2f} to {row['high_ratio']:.2f}",
                f"{1.0 - row['tolerance_fraction']:.2f} to {1.0 + row['tolerance_fraction']:.2f}",
            )
        )
    columns = ("Unit", "#n", "#Stated, median", "#Estimated, median", "#Stated / estimated", "#Quartiles", "#Allowed")
    return Chapter(
        title="Glandular doses: stated and estimated",
        told=counted(len(rows), "unit"),
        explanation=(
            "Estimated by Dance's factors g, c and s from the entrance kerma, half-value layer, anode, filter and "
            "compressed thickness that the same header or report states: it checks how the unit goes from kerma to "
            "glandular dose, not its kerma. Where no glandular dose is stated, the estimate stands in typical values "
            "and in the dose log, marked as such."
        ),
        tables=(("", table(columns, rows, most=_MOST_ROWS)),),
        documents=tuple(f"of the tolerance: {text}" for text in dict.fromkeys(audit.glandular_dose["source"])),
    )


def effective_chapter(audit: DoseAudit) -> Chapter:
    """Effective doses of groups, with their warning."""
    several = audit.exposures["site"].nunique() > 1
    every = audit.effective_dose.sort_values("effective_dose", ascending=False, kind="stable")
    rows = [
        (
            (f"{clean(row['site'])} · " if several else "")
            + " ".join(part for part in (clean(row["body_part"]), clean(row["view"])) if part)
            + f", {clean(row['band'])}",
            row["per"],
            grouped(row["exposures"]),
            dose_text("dose_area_product", row["mean_dose_area_product"]),
            f"{row['coefficient_msv_per_gy_cm2']:g} mSv/(Gy·cm²)",
            str(row["text"]).partition(",")[0],
            row["weighting"],
        )
        for row in every.to_dict("records")
    ]
    columns = ("Examination", "=Per", "#n", "#Mean dose-area product", "#Coefficient", "#Effective dose", "=Weights")
    warning = next(iter(every["warning"]), "")
    return Chapter(
        title="Effective dose of the population",
        told=counted(len(rows), "group"),
        explanation=(
            f"Warning: an {clean(warning, longest=_LONG)}. Mean dose-area product of 20 adults or more times a "
            "coefficient for the examination, to one digit; never of a patient, and not of children, whose "
            "coefficients are others. Per examination: all exposures of a study and body part together."
        ),
        tables=(("", table(columns, rows, most=_MOST_ROWS)),),
        documents=tuple(f"of the coefficients: {text}" for text in dict.fromkeys(every["source"])),
    )


def repeats_chapter(audit: DoseAudit) -> Chapter:
    """Dose of repeats, where any is told."""
    rows = _repeat_table(audit)
    return Chapter(
        title="Dose of repeats",
        told=counted(len(rows.rows), "room"),
        explanation=(
            "Dose-area product of exposures that a report or header tells as rejected, by that of all of the room. "
            "Rooms of which nothing is told are not listed: that does not mean that they repeat nothing."
        ),
        tables=(("", rows),),
    )


def _repeat_table(audit: DoseAudit) -> Table:
    """Dose of repeats by room, where any is told."""
    rows = [
        (
            place_text(audit, row["site"], row["room"]),
            grouped(row["exposures"]),
            f"{grouped(row['repeated'])} ({percent(row['repeated_fraction'])})",
            dose_text(row["quantity"], row["repeated_dose"]),
            percent(row["repeated_dose_fraction"]),
        )
        for row in audit.frame("repeats").to_dict("records")
    ]
    columns = ("Room", "#Exposures of known dose", "#Of these repeated", "#Their dose", "#Share of the room's dose")
    return table(columns, rows, most=_MOST_ROWS)


def _apart(ratio: float) -> float:
    """How far a ratio lies from 1, either way."""
    return max(ratio, 1.0 / ratio) if ratio > 0.0 else float("inf")
