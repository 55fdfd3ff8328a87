"""Collimation by unit and examination: medians and shares with their intervals."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from xrayiq.audit.collimation_measures import PAIRS
from xrayiq.audit.collimation_rules import CollimationRules
from xrayiq.audit.shares import OVER, POSSIBLE, TOO_FEW, WITHIN, shares_of_groups
from xrayiq.stats import median_interval

UNIT: Final = ("site", "room", "unit")
GROUP: Final = (*UNIT, "body_part", "view")
#: what medians are told of
MEDIANS: Final = (
    *("irradiated_area_mm2", "detector_fraction", "reference_ratio", "unexposed_fraction", "crop_fraction"),
    *("visible_borders", "offset_rows_fraction", "offset_columns_fraction", "rotation_deg"),
)
#: what shares are told of, by the column that says it of an exposure
SHARES: Final = {"open": "is_open", "cropped": "is_cropped", "evident": "is_evident"}
_DISAGREEING: Final = {"image and header": "header_disagrees", "image and dose report": "report_disagrees"}
_AXES: Final = ("rows", "columns")


def group_medians(fields: pd.DataFrame, rules: CollimationRules) -> pd.DataFrame:
    """Medians of each unit's examination.

    Parameters
    ----------
    fields : DataFrame
        From `with_measures`.
    rules : CollimationRules
        Fewest exposures.

    Returns
    -------
    DataFrame
        `GROUP`, `measure` (one of `MEDIANS`), `exposures` (of which it is known), `needed` (more of them before
        anything is said), `median`, `low` and `high` (95 %).
    """
    least = int(rules["judging"]["least_exposures"])
    rows = []
    for where, group in _groups(fields[[*GROUP, *MEDIANS]], GROUP):
        for name in MEDIANS:
            values = group[name].dropna().to_numpy()
            if len(values):
                found = median_interval(values)
                told = {"exposures": len(values), "needed": max(0, least - len(values)), "median": found.median}
                rows.append(where | {"measure": name} | told | {"low": found.low, "high": found.high})
    return pd.DataFrame(rows, columns=[*GROUP, "measure", "exposures", "needed", "median", "low", "high"])


def group_shares(fields: pd.DataFrame, rules: CollimationRules) -> pd.DataFrame:
    """How many of each unit's examination are open, cropped, and show enough borders.

    Parameters
    ----------
    fields : DataFrame
        From `with_measures`.
    rules : CollimationRules
        Fewest exposures and permitted shares.

    Returns
    -------
    DataFrame
        `GROUP`, `measure` (of `SHARES`), `exposures`, `events`, `share` with its Wilson interval `low` to `high`
        (95 %), `needed`, `permitted` (NaN where nothing is) and `verdict`: ``"over"`` where the whole interval lies
        above, ``"possible"`` where the share does, ``"within"`` or ``"too few"``.
    """
    permitted = {"open": rules["open"]["permitted_share"], "cropped": rules["cropping"]["permitted_share"]}
    least = int(rules["judging"]["least_exposures"])
    return shares_of_groups(fields, group=GROUP, columns=SHARES, permitted=permitted, least=least)


def unit_agreement(fields: pd.DataFrame, rules: CollimationRules) -> pd.DataFrame:
    """What image, header and dose report of each unit say of its fields, beside each other.

    Parameters
    ----------
    fields : DataFrame
        From `with_measures`.
    rules : CollimationRules
        Fewest exposures, tolerance and permitted share.

    Returns
    -------
    DataFrame
        `UNIT`, `measure` (of `PAIRS`), `median_deviation_mm` and `median_area_ratio` (what is told over what the image
        shows), and as `group_shares` gives it the share whose deviation is over the tolerance.
    """
    told = fields.assign(
        told_disagrees=(fields["told_deviation_mm"] > fields["tolerance_mm"])
        .where(fields["told_deviation_mm"].notna())
        .astype("float64")
    )
    columns = _DISAGREEING | {"header and dose report": "told_disagrees"}
    permitted = dict.fromkeys(columns, rules["agreement"]["permitted_share"])
    least = int(rules["judging"]["least_exposures"])
    shares = shares_of_groups(told, group=UNIT, columns=columns, permitted=permitted, least=least)
    found = told["found_area_mm2"].where(told["counts"])
    ratios = pd.DataFrame(
        {
            "image and header": told["header_on_image_mm2"] / found,
            "image and dose report": told["report_area_mm2"] / found,
            "header and dose report": told["report_area_mm2"] / told["header_area_mm2"],
        }
    )
    rows = []
    for where, group in _groups(told[[*UNIT, *PAIRS.values()]], UNIT):
        for name, column in PAIRS.items():
            ratio = ratios.loc[group.index, name].where(group[column].notna())
            rows.append(where | {"measure": name, "median_deviation_mm": group[column].median()})
            rows[-1]["median_area_ratio"] = ratio.median()
    medians = pd.DataFrame(rows, columns=[*UNIT, "measure", "median_deviation_mm", "median_area_ratio"])
    return medians.merge(shares, on=[*UNIT, "measure"])


def unit_centring(fields: pd.DataFrame, rules: CollimationRules) -> pd.DataFrame:
    """How far the fields of each unit lie from the centre of the receptor, and how they are turned.

    Parameters
    ----------
    fields : DataFrame
        From `with_measures`.
    rules : CollimationRules
        Fewest exposures and greatest offset.

    Returns
    -------
    DataFrame
        `UNIT`, `axis` (``"rows"``: positive down, ``"columns"``: positive to the right), `exposures` (with all four
        borders, of known distance), `median_mm`, `median_fraction` (of the distance) with its interval `low` to `high`,
        `median_rotation_deg`, `needed`, `bound` and `verdict` as of `group_shares`.
    """
    least, bound = int(rules["judging"]["least_exposures"]), rules["centring"]["offset_sid_fraction"]
    rows = []
    offsets = [
        f"{part}_{axis}_{kind}" for part, kind in (("offset", "fraction"), ("found_offset", "mm")) for axis in _AXES
    ]
    for where, group in _groups(fields[[*UNIT, *offsets, "rotation_deg"]], UNIT):
        for axis in _AXES:
            known = group[group[f"offset_{axis}_fraction"].notna()]
            if known.empty:
                continue
            found = median_interval(known[f"offset_{axis}_fraction"].to_numpy())
            nearest = 0.0 if found.low <= 0.0 <= found.high else min(abs(found.low), abs(found.high))
            verdict = OVER if nearest > bound else POSSIBLE if abs(found.median) > bound else WITHIN
            rows.append(
                where
                | {"axis": axis, "exposures": len(known), "median_mm": known[f"found_offset_{axis}_mm"].median()}
                | {"median_fraction": found.median, "low": found.low, "high": found.high, "bound": bound}
                | {"median_rotation_deg": known["rotation_deg"].median(), "needed": max(0, least - len(known))}
                | {"verdict": verdict if len(known) >= least else TOO_FEW}
            )
    columns = (*UNIT, "axis", "exposures", "median_mm", "median_fraction", "low", "high", "median_rotation_deg")
    return pd.DataFrame(rows, columns=[*columns, "needed", "bound", "verdict"])


def _groups(fields: pd.DataFrame, names: tuple[str, ...]) -> Any:
    for key, group in fields.groupby(list(names), observed=True, sort=True):
        yield dict(zip(names, map(str, key), strict=True)), group
