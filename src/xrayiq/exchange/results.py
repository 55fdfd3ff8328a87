"""The long table of results: one row per number and limit, with what it is, where, when and what it is worth."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from xrayiq.model import quantity
from xrayiq.procedures.places import Places

#: an outcome may hold a quantity more than once; a verdict repeats the number that it is on
_KEYS: Final = ["outcome_id", "quantity", "direction", "value"]
_JUDGED: Final = [
    *("status", "compared", "baseline", "limit_id", "basis", "warning_low", "warning_high", "fail_low", "fail_high"),
    *("document", "edition", "confidence", "note"),
    *("limit_site", "limit_room", "limit_unit", "limit_reason", "limit_author"),
]
#: names of the register on the day of the exposure
_PLACE: Final = ("site_name", "room_name", "unit_name", "detector_name")
_COLUMNS: Final = [
    *("exposed_at", *_PLACE, "institution", "department", "manufacturer", "model", "station_name", "serial_number"),
    *("detector_id", "software_versions", "modality", "object_kind", "population", "procedure", "quantity", "label"),
    *("direction", "value", "unit", "value_on_paper", "unit_on_paper", "status", "limit", *_JUDGED[1:]),
    *("algorithm_version", "parameter_digest", "subject", "outcome_id", "run_id"),
]


def results_of(measurements: pd.DataFrame, verdicts: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Measurements with their labels, the register's names and their verdicts.

    Parameters
    ----------
    measurements, verdicts : DataFrame
        Frames of the same outcomes.
    places : Places
        What equipment was called and where it stood.

    Returns
    -------
    DataFrame
        A row per measurement, or per limit that it met; `status` is missing where there was no limit, `limit_reason`
        and `limit_author` are empty where it was a document's own.
    """
    placed = places.place(measurements)
    placed = placed.astype(dict.fromkeys(_PLACE, "string"))
    table = placed.merge(verdicts[[*_KEYS, *_JUDGED]], on=_KEYS, how="left", sort=False)
    known = {name: quantity(name) for name in table["quantity"].unique()}
    factors = table["quantity"].map({name: each.display_factor for name, each in known.items()})
    table["label"] = table["quantity"].map({name: each.label for name, each in known.items()}).astype("string")
    table["value_on_paper"] = table["value"] * factors.astype("float64")
    paper = {name: each.display_unit or each.unit for name, each in known.items()}
    table["unit_on_paper"] = table["quantity"].map(paper).astype("string")
    table["limit"] = pd.Series([limit_text(row) for row in _rows(table)], index=table.index, dtype="string")
    return table[_COLUMNS]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    needed = ["quantity", "status", "basis", "warning_low", "warning_high", "fail_low", "fail_high"]
    return table[needed].to_dict("records")  # type: ignore[return-value]  # keys are names of columns


def limit_text(row: dict[str, Any]) -> str | None:
    """Bounds of a verdict in words, for example ``warning above 5 %, fail above 10 %``; None where there is none."""
    if pd.isna(row["status"]):
        return None
    relative = row["basis"] == "relative_to_baseline"
    known = quantity(row["quantity"])
    factor, unit = (100.0, "%") if relative else (known.display_factor, known.display_unit)
    said = []
    for level in ("warning", "fail"):
        for side, word in (("low", "below"), ("high", "above")):
            bound = row[f"{level}_{side}"]
            if not pd.isna(bound):
                said.append(f"{level} {word} {bound * factor:{'+' if relative else ''}.6g} {unit}".rstrip())
    return ", ".join(said) + (" from the baseline" if relative else "")
