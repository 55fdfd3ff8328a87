"""Before and after: two periods, detectors or versions of software side by side, for acceptance and after repair."""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from xrayiq.errors import InputError
from xrayiq.model import quantity
from xrayiq.procedures.constancy import mode_of
from xrayiq.procedures.site import Site
from xrayiq.procedures.whereabouts import Whereabouts, whereabouts
from xrayiq.records import DatedValue, Records
from xrayiq.report.html import write_page
from xrayiq.report.pages.dossier import Dossier, gather_dossier
from xrayiq.report.pages.figures import DRAWN_PROCEDURES, Labelled, pictures_of
from xrayiq.report.pages.selection import Selection
from xrayiq.report.pages.trend_choice import trend_rows
from xrayiq.report.pages.writing import frame_of_pages, rendered
from xrayiq.report.pdf import write_pdf
from xrayiq.report.tables import Picture, Table, table
from xrayiq.report.wording import clean, counted, label_of, procedure_words, value_text
from xrayiq.stats import MeanDifference, mean_difference

CONFIDENCE: Final = 0.95
_MOST_ROWS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One quantity in one mode on both sides.

    Parameters
    ----------
    procedure, quantity, direction, mode, unit : str
        What it is; `unit` is empty where the sides name equipment themselves.
    before, after : tuple of float
        Median of each day.
    difference : MeanDifference or None
        None with fewer than two days on a side.
    """

    procedure: str
    quantity: str
    direction: str
    mode: str
    unit: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    difference: MeanDifference | None


def write_comparison(
    records: Records,
    path: str | Path,
    *,
    before: Selection,
    after: Selection,
    site: Site | None = None,
    only_site: str | None = None,
    pdf: str | Path | None = None,
) -> tuple[Path, ...]:
    """Comparison of two selections as one page that needs nothing from outside.

    Parameters
    ----------
    records : Records
        An open store.
    path : str or Path
        HTML file to write.
    before, after : Selection
        The sides.
    site : Site, optional
        Settings of a site's file.
    only_site : str, optional
        Show nothing of other sites.
    pdf : str or Path, optional
        Also write it as PDF.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    InputError
        A side holds no result, a file cannot be written, or the extra ``pdf`` is missing.
    RecordsError
        The store cannot be read.
    """
    dossier = gather_dossier(records, site=site, only_site=only_site)
    page = rendered("comparison.html.j2", frame_of_pages(dossier), comparison(dossier, records, before, after))
    written = (write_page(path, page),)
    return written if pdf is None else (*written, write_pdf(pdf, page))


def comparison(dossier: Dossier, records: Records, before: Selection, after: Selection) -> Mapping[str, Any]:
    """What the page shows."""
    found = compare(dossier, before, after)
    both = [one for one in found if one.difference is not None]
    differing = [one for one in both if one.difference is not None and one.difference.differs]
    return {
        "before": before.text,
        "after": after.text,
        "status": "none" if not both else "warning" if differing else "pass",
        "headline": f"{len(differing)} of {counted(len(both), 'series', 'series')} differ",
        "by_chance": f"{(1.0 - CONFIDENCE) * len(both):.1f}",
        "mode": clean(both[0].mode) if len({one.mode for one in both}) == 1 else "",
        "numbers": _table(dossier, both),
        "few": _few(dossier, [one for one in found if one.difference is None]),
        "pictures": _pictures(dossier, records, before, after),
    }


def compare(dossier: Dossier, before: Selection, after: Selection) -> tuple[Compared, ...]:
    """Curated quantities on both sides, in the order of the list.

    Parameters
    ----------
    dossier : Dossier
        Everything.
    before, after : Selection
        The sides.

    Returns
    -------
    tuple of Compared
        One for each quantity, direction and mode, and for each unit where no side names equipment.

    Raises
    ------
    InputError
        A side holds no result.
    """
    named = [bool(side.unit or side.detector) for side in (before, after)]
    sides = [_grouped(dossier, side, by_unit=not all(named)) for side in (before, after)]
    for side, groups in zip((before, after), sides, strict=True):
        if not groups:
            raise InputError(
                f"no result of {side.text}",
                needed="results on both sides",
                remedy="compare names and days with the pages",
            )
    order = [(row.procedure, row.quantity) for row in trend_rows()]
    keys = sorted({*sides[0], *sides[1]}, key=lambda key: (order.index(key[:2]), *key[2:]))
    return tuple(_compared(key, sides[0].get(key, ()), sides[1].get(key, ())) for key in keys)


Key = tuple[str, str, str, str, str]


def _grouped(dossier: Dossier, side: Selection, *, by_unit: bool) -> dict[Key, tuple[float, ...]]:
    """Median of each day of each series of a side."""
    known = {(row.procedure, row.quantity) for row in trend_rows()}
    found: dict[Key, dict[datetime.date, list[float]]] = {}
    for value in dossier.values:
        if (value.procedure, value.quantity) not in known or not math.isfinite(value.value):
            continue
        where = _held(dossier, side, value)
        if where is not None and value.exposed_at is not None:
            unit = where.unit if by_unit else ""
            key = (value.procedure, value.quantity, value.direction, mode_of(value), unit)
            found.setdefault(key, {}).setdefault(value.exposed_at.date(), []).append(value.value)
    return {key: tuple(statistics.median(one) for one in days.values()) for key, days in found.items()}


def _held(dossier: Dossier, side: Selection, value: DatedValue) -> Whereabouts | None:
    """Where a value was measured, None where it belongs to another side."""
    if value.exposed_at is None:
        return None
    day = value.exposed_at.date()
    where = whereabouts(value.equipment, day, facts=dossier.site.facts)
    return where if where.unit and side.holds(where, value.equipment.software_versions, day) else None


def _compared(key: Key, before: tuple[float, ...], after: tuple[float, ...]) -> Compared:
    enough = len(before) > 1 and len(after) > 1
    return Compared(
        **dict(zip(("procedure", "quantity", "direction", "mode", "unit"), key, strict=True)),
        before=before,
        after=after,
        difference=mean_difference(before, after, confidence=CONFIDENCE) if enough else None,
    )


def _table(dossier: Dossier, found: Sequence[Compared]) -> Table:
    """Those that differ first, in the order of the list; the mode where there are several."""
    units, modes = any(one.unit for one in found), len({one.mode for one in found}) > 1
    rows = []
    for one in sorted(found, key=lambda each: not (each.difference and each.difference.differs)):
        told = one.difference
        if told is None:
            continue
        relative = f"{100.0 * told.difference / told.before:+.1f} %".replace("-", "−") if told.before else "–"
        interval = f"({_number(one.quantity, told.low, '+')} to {_number(one.quantity, told.high, '+')})"
        parts = (_label(one), dossier.called(one.unit) if units else "", clean(one.mode) if modes else "")
        rows.append(
            (
                " · ".join(part for part in parts if part),
                "Differs" if told.differs else "No difference seen",
                f"{_number(one.quantity, told.before)} ± {_number(one.quantity, told.sd_before)}",
                f"{_number(one.quantity, told.after)} ± {_number(one.quantity, told.sd_after)}",
                f"{told.count_before} / {told.count_after}",
                f"{_number(one.quantity, told.difference, '+')} {interval}",
                relative,
            )
        )
    columns = ("Quantity", "=Answer", "#Before", "#After", "#Days", "#Difference (95 %)", "#Relative")
    return table(columns, rows, most=_MOST_ROWS)


def _label(one: Compared) -> str:
    """Quantity with its unit, and the procedure."""
    unit = quantity(one.quantity).display_unit
    label = label_of(one.quantity, clean(one.direction)) + (f" / {unit}" if unit else "")
    return f"{label} · {procedure_words(one.procedure)}"


def _number(name: str, value: float, sign: str = "") -> str:
    """Number as it stands on paper without its unit, with a place more where it is a difference."""
    known = quantity(name)
    return format(known.display_factor * value, f"{sign}.{known.decimals + bool(sign)}f").replace("-", "−")


def _few(dossier: Dossier, found: Sequence[Compared]) -> Table:
    """What has results of fewer than two days on a side."""
    rows = [
        (
            _label(one),
            clean(one.mode),
            ", ".join(value_text(one.quantity, value) for value in one.before[:2]) if len(one.before) < 2 else "",
            str(len(one.before)),
            ", ".join(value_text(one.quantity, value) for value in one.after[:2]) if len(one.after) < 2 else "",
            str(len(one.after)),
        )
        for one in found
    ]
    columns = ("Quantity", "Mode", "#Before", "#Days before", "#After", "#Days after")
    return table(columns, rows, most=_MOST_ROWS)


def _pictures(dossier: Dossier, records: Records, before: Selection, after: Selection) -> list[Picture]:
    """Maps and curves of the last day of each side."""
    outcomes = dossier.outcomes[(dossier.outcomes["kind"] == "measured") & dossier.outcomes["day"].notna()]
    outcomes = outcomes[outcomes["procedure"].isin(DRAWN_PROCEDURES)].sort_values(["exposed_at", "id"])
    ids = {
        name: {value.outcome_id for value in dossier.values if _held(dossier, side, value)}
        for name, side in (("before", before), ("after", after))
    }
    pairs: dict[str, list[Labelled]] = {procedure: [] for procedure in DRAWN_PROCEDURES}
    for name, kept in ids.items():
        own = outcomes[outcomes["id"].isin(kept)]
        for procedure, rows in own.groupby("procedure", sort=False):
            last = rows[(rows["day"] == rows["day"].iloc[-1]) & (rows["unit_name"] == rows["unit_name"].iloc[-1])]
            label = f"{name}, {last['day'].iloc[0].isoformat()}"
            pairs[str(procedure)].append((label, last.to_dict("records")))
    return pictures_of(records, pairs, name="comparison")
