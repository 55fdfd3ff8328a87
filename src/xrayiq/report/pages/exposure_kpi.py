"""Exposure against targets in the figures of a month."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from xrayiq.audit import ExposureAudit
from xrayiq.audit.exposure_groups import ON_TARGET, TOO_FEW
from xrayiq.procedures import audit_exposure
from xrayiq.procedures.site import Site
from xrayiq.records import Records
from xrayiq.report.pages.dossier import Dossier
from xrayiq.report.pages.kpi_section import KpiSection
from xrayiq.report.pages.period import Period
from xrayiq.report.tables import Marked, Table, table
from xrayiq.report.wording import clean, grouped
from xrayiq.stats import wilson_interval

#: deviation indices within these ends are on target or acceptable (AAPM TG-116: no action)
_ACCEPTABLE: Final = ("acceptable_low", "target", "acceptable_high")
_MOST_UNITS: Final = 200
_FIGURES: Final = ("off", "changes", "faults")
_NAMES: Final = ("Groups off target", "Steps and drifts of exposure", "Faults of exposure indices")


def with_exposure(
    view: dict[str, Any], dossier: Dossier, records: Records, *, site: Site | None, period: Period, before: Period
) -> dict[str, Any]:
    """The page with its figures of exposure; as it is where no object of the period states an index."""
    now, then = (_figures(dossier, records, site, days) for days in (period, before))
    if now is None:
        return view
    lines = [
        (name, grouped(int(now[figure].sum())), "–" if then is None else grouped(int(then[figure].sum())))
        for name, figure in zip(_NAMES, _FIGURES, strict=True)
    ]
    section = KpiSection(
        title="Exposure against targets",
        explanation=(
            "Exposures of the period. On target: deviation index within ±1, with Wilson's 95 % interval. A group is "
            "the like exposures of a unit (examination, exposure control, adult or child) and is judged from 30 on."
        ),
        numbers=_table(now),
    )
    return {**view, "headline": [*view["headline"], *lines], "further": (*view["further"], section)}


def figures_of_units(audit: ExposureAudit) -> pd.DataFrame:
    """Figures of each unit with a deviation index.

    Parameters
    ----------
    audit : ExposureAudit
        Of the period.

    Returns
    -------
    DataFrame
        `site`, `room`, `unit`, `indexed` (exposures with a deviation index), `acceptable` (of these), `judged` groups,
        `off` (of these off target), `changes` (steps and drifts) and `faults` (findings of indices).
    """
    keys = ["site", "room", "unit"]
    known = audit.exposures[audit.exposures["deviation_index"].notna()]
    places = audit.rules.band_places(known["deviation_index"])
    chosen = [place for place, band in enumerate(audit.rules.bands) if band.name in _ACCEPTABLE]
    own = known[keys].astype("string").assign(indexed=1, acceptable=pd.Series(places, known.index).isin(chosen))
    found = own.groupby(keys, sort=True)[["indexed", "acceptable"]].sum().reset_index()
    judged = audit.groups[audit.groups["standing"] != TOO_FEW]
    parts = {
        "judged": judged,
        "off": judged[judged["standing"] != ON_TARGET],
        "changes": pd.DataFrame([place_of(one) for one in audit.drifts if one.signal], columns=keys),
        "faults": pd.DataFrame([place_of(one) for one in audit.findings if _is_fault(one.kind)], columns=keys),
    }
    for name, rows in parts.items():
        counts = rows.groupby(keys).size().to_dict() if len(rows) else {}
        found[name] = [counts.get(key, 0) for key in found[keys].itertuples(index=False, name=None)]
    return found


def place_of(one: Any) -> dict[str, str]:
    """Place of a finding or series."""
    return {name: getattr(one, name) for name in ("site", "room", "unit")}


def _is_fault(kind: str) -> bool:
    return kind == "di_disagrees" or (kind.startswith("index_") and kind != "index_calibration")


def _figures(dossier: Dossier, records: Records, site: Site | None, period: Period) -> pd.DataFrame | None:
    objects = dossier.objects
    own = pd.Series([day in period for day in objects["day"]], index=objects.index, dtype="bool")
    if not (own & objects["exposure_index"].notna()).any():
        return None
    audit = audit_exposure(records, site=site, first=period.first, last=period.last, only_site=dossier.only_site or "")
    found = figures_of_units(audit)
    return None if found.empty else found


def _table(units: pd.DataFrame) -> Table:
    rows: list[tuple[str | Marked, ...]] = []
    for row in units.to_dict("records"):
        share = wilson_interval(int(row["acceptable"]), int(row["indexed"]))
        low, high = 100.0 * share.low, 100.0 * share.high
        rows.append(
            (
                clean(row["unit"]) or clean(row["room"]) or "unit not told",
                grouped(row["indexed"]),
                f"{100.0 * share.proportion:.0f} % ({low:.0f} to {high:.0f} %)",
                grouped(row["judged"]),
                *(_marked(int(row[name])) for name in _FIGURES),
            )
        )
    columns = ("Unit", "#Exposures with DI", "#On target", "#Groups judged", "#Off target", "#Changes", "#Faults")
    return table(columns, rows, most=_MOST_UNITS)


def _marked(number: int) -> str | Marked:
    return Marked(text=grouped(number), status="warning", why="") if number else "0"
