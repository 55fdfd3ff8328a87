"""Findings of a collimation audit, each with its evidence in one sentence, what concerns most exposures first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd

from xrayiq.audit.collimation_excess import VALUE
from xrayiq.audit.collimation_groups import GROUP, UNIT
from xrayiq.audit.collimation_rules import CollimationRules
from xrayiq.audit.shares import OVER
from xrayiq.audit.told_places import days_of
from xrayiq.model import AuditFinding, quantity

AUDIT: Final = "collimation"
OPEN, CROPPED, DISAGREES, OFF_CENTRE = "open_collimation", "cropped_afterwards", "field_disagrees", "off_centre"
BESIDE: Final = "beside_anatomy"
_MOST_SUBJECTS: Final = 20
#: of exposures, what findings tell
_NEEDED: Final = (
    *(*GROUP, "subject", "exposed_at", "confidence", "is_open", "is_cropped", "header_disagrees", "report_disagrees"),
    *("detector_fraction", "reference_ratio", "crop_fraction", "irradiated_source", "header_deviation_mm"),
    *("report_deviation_mm", "tolerance_mm", "offset_rows_fraction", "offset_columns_fraction"),
    VALUE,
)
_Grouped = Callable[[Mapping[Any, Any]], pd.DataFrame]
_PLACE: Final = {"rows": ("down", "up"), "columns": ("to the right", "to the left")}
_COLUMN: Final = {
    "image and header": ("header_disagrees", "header_deviation_mm", "the header's collimator edges"),
    "image and dose report": ("report_disagrees", "report_deviation_mm", "the dose report's field"),
}


def collimation_findings(
    fields: pd.DataFrame,
    *,
    shares: pd.DataFrame,
    excess: pd.DataFrame,
    agreement: pd.DataFrame,
    centring: pd.DataFrame,
    rules: CollimationRules,
) -> list[AuditFinding]:
    """What to look into; open fields that are cropped afterwards are told once, as cropped, and open ones as open.

    Parameters
    ----------
    fields : DataFrame
        From `with_measures`.
    shares, excess, agreement, centring : DataFrame
        From `group_shares`, `group_excess`, `unit_agreement` and `unit_centring`.
    rules : CollimationRules
        What is told as their source.

    Returns
    -------
    list of AuditFinding
        The more exposures are concerned, the earlier.
    """
    found: list[tuple[float, AuditFinding]] = []
    of_groups, of_units = (_grouped(fields[list(_NEEDED)], names) for names in (GROUP, UNIT))
    over = shares[shares["verdict"] == OVER]
    cropped = {tuple(row[name] for name in GROUP) for row in over[over["measure"] == "cropped"].to_dict("records")}
    for row in over.to_dict("records"):
        if row["measure"] == "cropped":
            found.append((row["events"], _cropping(row, of_groups, rules)))
        elif row["measure"] == "open" and tuple(row[name] for name in GROUP) not in cropped:
            found.append((row["events"], _opening(row, of_groups, rules)))
    told = {tuple(row[name] for name in GROUP) for row in over[over["measure"] == "open"].to_dict("records")}
    for row in excess[excess["verdict"] == OVER].to_dict("records"):
        if tuple(row[name] for name in GROUP) not in told:
            found.append((row["exposures"], _beside(row, of_groups, rules)))
    for row in agreement[agreement["verdict"] == OVER].to_dict("records"):
        if row["measure"] in _COLUMN:
            found.append((row["events"], _disagreeing(row, of_units, rules)))
    off = centring[centring["verdict"] == OVER]
    for _, rows in off.groupby(list(UNIT), sort=False):
        worst = max(rows.to_dict("records"), key=lambda row: abs(row["median_fraction"]))
        found.append((worst["exposures"], _off_centre(worst, of_units, rules)))
    return [one for _, one in sorted(found, key=lambda pair: -pair[0])]


def _opening(row: Mapping[Any, Any], exposures: _Grouped, rules: CollimationRules) -> AuditFinding:
    own = exposures(row)
    concerned = own[own["is_open"] == 1.0]
    fraction, ratio = concerned["detector_fraction"].median(), concerned["reference_ratio"].median()
    size = f"{_percent(fraction)} of the detector"
    size += f", {ratio:.2g} times the reference field" if pd.notna(ratio) else ""
    return AuditFinding(
        audit=AUDIT,
        kind=OPEN,
        about=_examination(row),
        quantity="open_field_share",
        value=row["share"],
        bound=row["permitted"],
        ratio=row["share"] / row["permitted"],
        source=rules.sources["open"],
        sentence=f"{_where(row)}: {_share(row)} exposed with an open field, in the middle {size}",
        suggestion="watch how the field is set for this view: the anatomy needs less; collimate before the exposure",
        **_facts(row, own, concerned),
    )


def _cropping(row: Mapping[Any, Any], exposures: _Grouped, rules: CollimationRules) -> AuditFinding:
    own = exposures(row)
    concerned = own[own["is_cropped"] == 1.0]
    source = concerned["irradiated_source"].mode().iloc[0]
    crop, fraction = concerned["crop_fraction"].median(), concerned["detector_fraction"].median()
    how = (
        "open collimation cropped afterwards"
        if fraction >= rules["open"]["detector_fraction"]
        else "cropped afterwards"
    )
    return AuditFinding(
        audit=AUDIT,
        kind=CROPPED,
        about=_examination(row),
        quantity="cropped_field_share",
        value=row["share"],
        bound=row["permitted"],
        ratio=row["share"] / row["permitted"],
        source=rules.sources["cropping"],
        sentence=(
            f"{_where(row)}: {_share(row)} {how}, in the middle {_percent(crop)} of the irradiated area not stored and "
            f"{_percent(fraction)} of the detector irradiated (told by the {source})"
        ),
        suggestion="collimate before the exposure: what is cropped was irradiated all the same, and nobody sees it",
        **_facts(row, own, concerned),
    )


def _beside(row: Mapping[Any, Any], exposures: _Grouped, rules: CollimationRules) -> AuditFinding:
    own = exposures(row)
    concerned = own[own[VALUE] > row["others_median"] + row["bound"]]
    bound = row["others_median"] + row["bound"]
    return AuditFinding(
        audit=AUDIT,
        kind=BESIDE,
        about=_examination(row),
        quantity="field_beside_anatomy_fraction",
        value=row["median"],
        bound=bound,
        ratio=row["median"] / bound,
        source=rules.sources["excess"],
        sentence=(
            f"{_where(row)}: in the middle {_percent(row['median'])} of the field beside the anatomy "
            f"({row['exposures']} exposures), {_percent(row['others_median'])} in other rooms "
            f"({int(row['others'])} exposures): a difference of {100 * row['difference_low']:.0f} to "
            f"{100 * row['difference_high']:.0f} points"
        ),
        suggestion="watch how the field is set for this view: other rooms cover the same anatomy with less around it",
        **_facts(row, own, concerned),
    )


def _disagreeing(row: Mapping[Any, Any], exposures: _Grouped, rules: CollimationRules) -> AuditFinding:
    column, deviation, who = _COLUMN[row["measure"]]
    own = exposures(row)
    concerned = own[own[column] == 1.0]
    known = quantity("field_disagreement")
    value, bound = concerned[deviation].median(), concerned["tolerance_mm"].median()
    return AuditFinding(
        audit=AUDIT,
        kind=DISAGREES,
        about=row["measure"],
        quantity="field_disagreement",
        value=value,
        bound=bound,
        ratio=value / bound,
        source=rules.sources["agreement"],
        sentence=(
            f"{_unit(row)}: {who} and the field in the image differ in {_share(row)}, in the middle "
            f" by {known.text(value)} where {known.text(bound)} are allowed; area "
            f"{row['median_area_ratio']:.2f} times that in the image"
        ),
        suggestion="compare an image with the collimator's display and a field test; tell the maker which is wrong",
        **_facts(row, own, concerned),
    )


def _off_centre(row: Mapping[Any, Any], exposures: _Grouped, rules: CollimationRules) -> AuditFinding:
    own = exposures(row)
    concerned = own[own[f"offset_{row['axis']}_fraction"].notna()]
    word = _PLACE[row["axis"]][0 if row["median_fraction"] > 0 else 1]
    low, high = sorted((abs(row["low"]), abs(row["high"])))
    return AuditFinding(
        audit=AUDIT,
        kind=OFF_CENTRE,
        about=row["axis"],
        quantity="field_centre_offset_fraction",
        value=abs(row["median_fraction"]),
        bound=row["bound"],
        ratio=abs(row["median_fraction"]) / row["bound"],
        source=rules.sources["centring"],
        sentence=(
            f"{_unit(row)}: centre of the field {abs(row['median_mm']):.0f} mm {word} "
            f"of the middle of the image, {100 * abs(row['median_fraction']):.1f} % of the distance, a median of "
            f"{row['exposures']} exposures (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"
        ),
        suggestion="test the alignment of tube, collimator and detector with a centring tool",
        **_facts(row, own, concerned),
    )


def _facts(row: Mapping[Any, Any], own: pd.DataFrame, concerned: pd.DataFrame) -> dict[str, Any]:
    """Place, days and some of the exposures that it concerns, the surest fields first."""
    first = concerned.sort_values("confidence", ascending=False, kind="stable")["subject"].head(_MOST_SUBJECTS)
    told = {"site": row["site"], "room": row["room"], "unit": row["unit"], "exposures": int(row["exposures"])}
    told |= {"subjects": tuple(map(str, first))}
    return told | days_of(own["exposed_at"])


def _grouped(fields: pd.DataFrame, names: tuple[str, ...]) -> _Grouped:
    """Exposures of a row's group, looked up."""
    places = fields.groupby(list(names), observed=True).indices
    return lambda row: fields.iloc[places[tuple(row[name] for name in names)]]


def _where(row: Mapping[Any, Any]) -> str:
    return f"{_unit(row)}, {_examination(row)}"


def _unit(row: Mapping[Any, Any]) -> str:
    return str(row["unit"] or row["room"] or "unit not told")


def _examination(row: Mapping[Any, Any]) -> str:
    return f"{row['body_part']} {row['view']}"


def _share(row: Mapping[Any, Any]) -> str:
    interval = f"{_percent(row['low'])} to {_percent(row['high'])}"
    return f"{row['events']} of {row['exposures']} exposures ({_percent(row['share'])}, 95 % interval {interval})"


def _percent(fraction: float) -> str:
    return f"{100.0 * fraction:.0f} %"
