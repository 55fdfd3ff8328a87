"""Tables of the section on doses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose import STATED
from xrayiq.audit.excursions import LIKE
from xrayiq.audit.relative_doses import TWICE, dose_by, relative_doses
from xrayiq.audit.typical_doses import EXAMINATION, EXCEEDS, POSSIBLE, TOO_FEW
from xrayiq.report.dose_wording import (
    dose_text,
    examination_text,
    interval_text,
    place_text,
    quantity_text,
    ratio_text,
)
from xrayiq.report.tables import Marked, Table, table
from xrayiq.report.wording import clean, day, grouped, label_of, minute, percent

MOST_ROWS: Final = 60
#: first characters of an operator's key that are shown
KEY_SHOWN: Final = 8
_CAUSE: Final = 200
_RELATIVE: Final = (
    "#Exposures",
    "#Of known dose",
    "#Median dose / its like",
    "#95 % interval",
    f"#Over {TWICE:g} times",
)


def typical_table(audit: DoseAudit) -> tuple[Table, tuple[str, ...]]:
    """Typical values beside each level that they meet, the farthest over first, and the documents by number."""
    rows: list[tuple[str | Marked, ...]] = []
    verdicts = audit.compared["verdict"].map({EXCEEDS: 0, POSSIBLE: 1}).fillna(2)
    compared = audit.compared.assign(_order=verdicts).sort_values(
        ["_order", "ratio"], ascending=[True, False], kind="stable"
    )
    documents = list(dict.fromkeys(compared["source"]))
    for row in compared.to_dict("records"):
        name = row["quantity"]
        rows.append(
            (
                *_typical(audit, row),
                dose_text(name, row["level"]),
                str(documents.index(row["source"]) + 1),
                verdict_text(row["verdict"], row["ratio"]),
            )
        )
    keys = ["site", "room", *EXAMINATION, "quantity"]
    met = set(audit.compared[keys].itertuples(index=False, name=None))
    rows += [
        (*_typical(audit, row), "none", "–", "–")
        for row in audit.typical.to_dict("records")
        if tuple(row[key] for key in keys) not in met
    ]
    columns = ("Room and examination", "Quantity", "#n", "#Median", "#95 % interval", "#Level", "#Document")
    numbered = (f"{number}: {clean(text, longest=_CAUSE)}" for number, text in enumerate(documents, start=1))
    return table((*columns, "#Median / level"), rows, most=MOST_ROWS), tuple(numbered)


def _typical(audit: DoseAudit, row: Mapping[Any, Any]) -> tuple[str, ...]:
    name = row["quantity"]
    return (
        f"{place_text(audit, row['site'], row['room'])}: {examination_text(row)}",
        quantity_text(name, row["relative_uncertainty"]),
        grouped(row["exposures"]),
        dose_text(name, row["median"]),
        interval_text(name, row["low"], row["high"]),
    )


def verdict_text(verdict: str, ratio: float) -> str | Marked:
    """Median by level, marked where it is over it."""
    if verdict == EXCEEDS:
        return Marked(text=ratio_text(ratio), status="fail", why="over the level")
    if verdict == POSSIBLE:
        return Marked(text=ratio_text(ratio), status="warning", why="over, not beyond doubt")
    return f"{ratio_text(ratio)} (too few)" if verdict == TOO_FEW else ratio_text(ratio)


def local_table(local: pd.DataFrame) -> Table:
    """Local levels, those of most rooms first; one room has no more than its typical value."""
    several = local[local["rooms"] > 1]
    rows = [
        (
            examination_text(row),
            quantity_text(row["quantity"]),
            grouped(row["rooms"]),
            dose_text(row["quantity"], row["achievable"]),
            dose_text(row["quantity"], row["level"]),
            interval_text(row["quantity"], row["low"], row["high"]),
            "local level" if row["enough"] else "too few rooms: for information",
        )
        for row in several.sort_values(["rooms"], ascending=False, kind="stable").to_dict("records")
    ]
    columns = (
        "Examination",
        "Quantity",
        "#Rooms",
        "#Median of the rooms",
        "#75th percentile",
        "#95 % interval",
        "Counts as",
    )
    return table(columns, rows, most=MOST_ROWS)


def excursion_table(audit: DoseAudit) -> Table:
    """Excursions, findings first."""
    every = audit.excursions.sort_values(["finding", "ratio"], ascending=False, kind="stable")
    rows: list[tuple[str | Marked, ...]] = []
    for row in every.head(MOST_ROWS).to_dict("records"):
        ratio = ratio_text(row["ratio"])
        rows.append(
            (
                minute(row["exposed_at"]) or "undated",
                f"{place_text(audit, row['site'], row['room'])}: {examination_text(row)}",
                dose_text(row["quantity"], row["value"]),
                dose_text(row["quantity"], row["median"]),
                Marked(text=ratio, status="fail", why="finding") if row["finding"] else ratio,
                clean(row["cause"], longest=_CAUSE),
                clean(row["subject"]),
            )
        )
    columns = ("Exposed", "Room and examination", "#Dose", "#Median of its like", "#Ratio", "Likely cause", "Subject")
    return Table(columns=columns, rows=tuple(rows), left_out=len(every) - len(rows))


def creep_table(audit: DoseAudit) -> Table:
    """Weekly series, those that creep first."""
    rows: list[tuple[str | Marked, ...]] = []
    for one in sorted(audit.creep, key=lambda one: (not one.is_finding, -one.change)):
        change = f"{100.0 * one.change:+.0f} %".replace("-", "−")
        low, high = (f"{100.0 * bound:+.0f}".replace("-", "−") for bound in (one.low, one.high))
        rows.append(
            (
                f"{place_text(audit, one.site, one.room)}: {clean(one.body_part)} {clean(one.view)}, {clean(one.band)}",
                label_of(one.quantity),
                grouped(len(one.weeks)),
                dose_text(one.quantity, float(one.levels[-1])),
                Marked(text=change, status="fail", why="finding") if one.is_finding else change,
                f"{100.0 * one.change_per_year:+.0f} % ({low} to {high} %)".replace("-", "−"),
                one.signal or "none",
            )
        )
    columns = ("Room and examination", "Quantity", "#Weeks", "#Last level", "#Since the first weeks", "#A year (95 %)")
    return table((*columns, "Signal"), rows, most=MOST_ROWS)


def workload_table(audit: DoseAudit) -> Table:
    """Weeks of each room: exposures, patients, mean and greatest workload."""
    rows = []
    for key, own in audit.workload.groupby(["site", "room"], observed=True, sort=True):
        span = (own["week"].max() - own["week"].min()).days // 7 + 1
        rows.append(
            (
                place_text(audit, *key),
                f"{day(own['week'].min())} to {day(own['week'].max())}",
                grouped(span),
                f"{own['exposures'].sum() / span:.1f}",
                f"{own['patients'].sum() / span:.1f}",
                f"{own['workload_ma_min'].sum() / span:.3g}",
                f"{own['workload_ma_min'].max():.3g}",
                grouped(int(own["without_charge"].sum())),
            )
        )
    columns = (
        "Room",
        "=Weeks from, to",
        "#Weeks",
        "#Exposures a week",
        "#Patients a week",
        "#Mean / (mA·min per week)",
    )
    return table((*columns, "#Greatest week / (mA·min)", "#Of no known charge"), rows, most=MOST_ROWS)


def quality_table(audit: DoseAudit) -> Table:
    """Dose beside image quality, those with something to say first."""
    every = audit.optimisation.assign(silent=audit.optimisation["reading"] == "")
    every = every.sort_values(["silent", "dose_ratio"], ascending=[True, False], kind="stable")
    rows = [
        (
            f"{place_text(audit, row['site'], row['room'])}: {examination_text(row)}",
            grouped(row["exposures"]),
            dose_text(row["quantity"], row["dose"]),
            ratio_text(row["dose_ratio"]),
            "–" if pd.isna(row["deviation_index"]) else _index_text(row["deviation_index"]),
            "–" if pd.isna(row["on_target_fraction"]) else percent(row["on_target_fraction"]),
            ratio_text(float(row["snr"])),
            row["reading"] or "–",
        )
        for row in every.to_dict("records")
    ]
    columns = ("Room and examination", "#n", "#Median dose", "#By the rooms' median", "#Median DI", "#DI within ±1")
    return table((*columns, "#Median SNR", "What the two suggest"), rows, most=MOST_ROWS)


def _index_text(index: float) -> str:
    rounded = round(index, 1) or 0.0
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0.0"


def breakdown_tables(audit: DoseAudit) -> tuple[tuple[str, Table], ...]:
    """By room, examination, operator and month."""
    fit = audit.comparable()
    among_rooms = relative_doses(fit, STATED, like=EXAMINATION)
    own = relative_doses(fit, STATED, like=LIKE)
    keys = fit["operator_key"].fillna("").astype(str).str[:KEY_SHOWN]
    months = fit["exposed_at"].dt.strftime("%Y-%m").fillna("undated")
    rooms = dose_by(fit, among_rooms, ["site", "room"])
    operators = dose_by(fit.assign(operator=keys), own, ["operator"])
    operators = operators.sort_values("median_ratio", ascending=False, kind="stable")
    by_month = dose_by(fit.assign(month=months), own, ["month"])
    places = [place_text(audit, *pair) for pair in zip(rooms["site"], rooms["room"], strict=True)]
    named = [clean(key) or "not told" for key in operators["operator"]]
    return (
        ("By room, against the same examination in all rooms", _relative("Room", places, rooms)),
        ("By examination", _examinations(fit)),
        (
            "By operator, against the same examination on the same unit",
            _relative("Operator (key)", named, operators),
        ),
        (
            "By month, against the same examination on the same unit",
            _relative("Month", list(by_month["month"]), by_month),
        ),
    )


def _relative(heading: str, names: list[str], groups: pd.DataFrame) -> Table:
    rows = [
        (
            name,
            grouped(row["exposures"]),
            grouped(row["compared"]),
            ratio_text(row["median_ratio"]),
            f"{ratio_text(row['low'])} to {ratio_text(row['high'])}" if row["compared"] else "–",
            percent(row["over_twice_fraction"]) if row["compared"] else "–",
        )
        for name, row in zip(names, groups.to_dict("records"), strict=True)
    ]
    return table((heading, *_RELATIVE), rows, most=MOST_ROWS)


def _examinations(fit: pd.DataFrame) -> Table:
    """Exposures, rooms and doses of each examination, in the first quantity that it has."""
    rows = []
    told = fit[(fit["body_part"] != "")]
    for key, group in told.groupby(list(EXAMINATION), observed=True, sort=True):
        name = next((one for one in STATED if group[one].notna().any()), None)
        known = group[name].dropna() if name else pd.Series(dtype="float64")
        quartiles = known.quantile([0.25, 0.5, 0.75]).tolist()
        rows.append(
            (
                examination_text(dict(zip(EXAMINATION, key, strict=True))),
                grouped(len(group)),
                grouped(group["room"].nunique()),
                grouped(len(known)),
                label_of(name) if name else "–",
                dose_text(name, quartiles[1]) if name else "–",
                interval_text(name, quartiles[0], quartiles[2]) if name else "–",
            )
        )
    rows.sort(key=lambda row: -int(row[1].replace("\u202f", "")))
    columns = ("Examination", "#Exposures", "#Rooms", "#Of known dose", "Quantity", "#Median", "#Quartiles")
    return table(columns, rows, most=MOST_ROWS)


def unmapped_table(audit: DoseAudit) -> Table:
    """What no row tells the examination of."""
    rows = [
        (
            clean(row["protocol_name"]) or "–",
            clean(row["body_part"]) or "–",
            clean(row["view_position"]) or "–",
            grouped(row["exposures"]),
        )
        for row in audit.unmapped.to_dict("records")
    ]
    return table(("Protocol", "Body part", "View", "#Exposures"), rows, most=MOST_ROWS)
