"""What a dose audit found to be all right, as evidence that an earlier finding is mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pandas as pd

from xrayiq.audit.dose_findings import AUDIT, examination_text
from xrayiq.audit.told_places import days_of, only_unit
from xrayiq.audit.typical_doses import BELOW, GROUP, LEAST_PATIENTS
from xrayiq.model import AuditCheck, quantity

_TOLD: Final = {"reference_level": "below the level", "creep": "held against the level of the finding"}


def dose_checks(
    *,
    typical: pd.DataFrame,
    compared: pd.DataFrame,
    units: pd.DataFrame,
    excursions: pd.DataFrame,
    exposures: pd.DataFrame,
    quantities: Sequence[str],
) -> tuple[AuditCheck, ...]:
    """Groups of enough exposures that are within their bounds.

    Parameters
    ----------
    typical, compared, units, excursions, exposures : DataFrame
        As in `DoseAudit`; `excursions` with `quantity`.
    quantities : sequence of str
        Those that excursions are looked for in.

    Returns
    -------
    tuple of AuditCheck
        Typical values below a level; typical values as they are, for creep; units whose doses agree with the technique;
        units without an excursion. Each rests on 20 dated exposures or more.
    """
    asked = (*(one for rows in (typical, compared, units) for one in rows["quantity"].unique()), *quantities)
    read = list(dict.fromkeys(("exposed_at", "unit", *GROUP, *asked)))
    dated = exposures.loc[exposures["exposed_at"].notna(), read]  # each group of it is a copy: only what is asked for
    groups = dated.groupby(list(GROUP), observed=True).indices
    return (
        *_of_groups(compared[compared["verdict"] == BELOW], "reference_level", dated, groups),
        *_of_groups(typical, "creep", dated, groups),
        *_of_units(units[units["suspected_power"] == 0], dated),
        *_without_excursions(excursions, dated, quantities),
    )


def _of_groups(rows: pd.DataFrame, kind: str, dated: pd.DataFrame, groups: Any) -> Iterator[AuditCheck]:
    for row in rows.to_dict("records"):
        places = groups.get(tuple(row[name] for name in GROUP))
        if places is None or row["exposures"] < LEAST_PATIENTS:
            continue
        own = dated.iloc[places]
        own = own[own[row["quantity"]].notna()]
        name, known = examination_text(row), quantity(row["quantity"])
        yield AuditCheck(
            audit=AUDIT,
            kind=kind,
            about=f"{name}, {row['level_id']}" if kind == "reference_level" else name,
            site=row["site"],
            room=row["room"],
            unit=only_unit(own["unit"]),
            quantity=row["quantity"],
            value=row["median"],
            is_within=True if kind == "reference_level" else None,
            exposures=len(own),
            **days_of(own["exposed_at"]),
            sentence=f"{name}: median of {len(own)} exposures {known.text(row['median'])}, {_TOLD[kind]}",
        )


def _of_units(units: pd.DataFrame, dated: pd.DataFrame) -> Iterator[AuditCheck]:
    for row in units.to_dict("records"):
        own = dated[(dated["site"] == row["site"]) & (dated["unit"] == row["unit"]) & dated[row["quantity"]].notna()]
        if row["exposures"] >= LEAST_PATIENTS and len(own):
            yield AuditCheck(
                audit=AUDIT,
                kind="unit_suspicion",
                about=row["quantity"],
                site=row["site"],
                room=row["room"],
                unit=row["unit"],
                quantity="stated_over_expected_dose",
                value=row["median_ratio"],
                is_within=True,
                exposures=int(row["exposures"]),
                **days_of(own["exposed_at"]),
                sentence=f"doses of {row['exposures']} exposures agree with their technique",
            )


def _without_excursions(
    excursions: pd.DataFrame, dated: pd.DataFrame, quantities: Sequence[str]
) -> Iterator[AuditCheck]:
    found = excursions[excursions["finding"].astype(bool)]
    for name in quantities:
        beyond = set(found.loc[found["quantity"] == name, "unit"])
        for unit, own in dated[dated[name].notna()].groupby("unit", observed=True):
            if unit and unit not in beyond and len(own) >= LEAST_PATIENTS:
                yield AuditCheck(
                    audit=AUDIT,
                    kind="excursion",
                    about="",
                    unit=str(unit),
                    quantity=name,
                    value=0.0,
                    is_within=True,
                    exposures=len(own),
                    **days_of(own["exposed_at"]),
                    sentence=f"no excursion among {len(own)} exposures",
                )
