"""Findings of a protocol audit, each with its evidence in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit.protocol_comparison import OUTSIDE
from xrayiq.audit.protocol_groups import GROUP
from xrayiq.audit.protocol_table import AUTOMATIC, SPREAD, TEXTS, ProtocolRules
from xrayiq.audit.told_places import days_of, only_unit
from xrayiq.model import AuditFinding, quantity

AUDIT: Final = "protocol"
#: rooms from which on the odd one out is a finding: of two nobody can say which it is
LEAST_ROOMS: Final = 3
_MOST_SUBJECTS: Final = 20
_LABELS: Final = {
    "tube_voltage_kv": "tube voltage",
    "exposure_mas": "manual charge",
    "source_detector_distance_mm": "source-detector distance",
    SPREAD: "spread of the charge under exposure control",
    AUTOMATIC: "charge under exposure control",
    "grid": "grid",
    "filter": "filter",
    "exposure_control_mode": "exposure control",
}


def parameter_label(name: str) -> str:
    """How texts call a parameter."""
    return _LABELS[name]


def parameter_text(name: str, value: float, text: str, rules: ProtocolRules) -> str:
    """A value of a parameter as printed; a text as it stands."""
    if name in TEXTS:
        return text or "not told"
    return quantity(rules.tolerances["exposure_mas" if name == AUTOMATIC else name].quantity).text(value)


def protocol_name(row: Mapping[Any, Any]) -> str:
    """Body part, view and patients."""
    return f"{row['body_part']} {row['view']}, {row['patients']}"


def table_findings(compared: pd.DataFrame, exposures: pd.DataFrame, rules: ProtocolRules) -> list[AuditFinding]:
    """One for each room's view and parameter that lies outside the table, the greatest share first."""
    found = []
    outside = compared[compared["verdict"] == OUTSIDE].sort_values("share", ascending=False, kind="stable")
    for row in outside.to_dict("records"):
        name, own = row["parameter"], own_exposures(exposures, row)
        label = f"{row['room'] or 'room not told'}, {protocol_name(row)}: {parameter_label(name)}"
        table = f"table {row['version']} ({row['author']}, from {row['valid_from']})"
        if name == SPREAD:
            value, bound = row["value"], row["tolerance"]
            sentence = f"{label} {value:.2f} over {row['exposures']} exposures, at most {bound:.2f} wanted"
        else:
            value, bound = row["share"], rules.permitted_share
            wanted = parameter_text(name, row["prescribed"], row["prescribed_text"], rules)
            if name not in TEXTS:
                wanted += f" ± {_plain(row['tolerance'])}"
            sentence = (
                f"{label} outside {wanted} of {table} in {row['outside']:.0f} of {row['exposures']} exposures "
                f"({_percent(row['share'])}, 95 % interval {_percent(row['low'])} to {_percent(row['high'])}); "
                f"usual {parameter_text(name, row['value'], row['text'], rules)}"
            )
        found.append(
            AuditFinding(
                audit=AUDIT,
                kind="table",
                about=f"{protocol_name(row)}, {parameter_label(name)}, {row['version']}",
                quantity="aec_charge_spread" if name == SPREAD else "protocol_share",
                value=float(value),
                bound=float(bound),
                ratio=float(value) / float(bound) if bound else float(value),
                source=f"{table}; share that may lie outside: site practice, not verified against a document",
                sentence=sentence,
                suggestion="compare the programme at the console with the table, and ask which of the two is meant",
                exposures=int(row["exposures"]),
                **place_of(row, own),
            )
        )
    return found


def change_findings(changes: pd.DataFrame, exposures: pd.DataFrame, rules: ProtocolRules) -> list[AuditFinding]:
    """One for each change that no version of the table tells, the latest first."""
    found = []
    unknown = changes[changes["known"] != "yes"].sort_values("changed_on", ascending=False, kind="stable")
    for row in unknown.to_dict("records"):
        name, own = row["parameter"], own_exposures(exposures, row)
        before = parameter_text(name, row["before"], row["before_text"], rules)
        after = parameter_text(name, row["after"], row["after_text"], rules)
        value, bound = float(row["after"]), float(row["before"])
        table = "the table of protocols has no such change" if row["known"] == "no" else "no table says what was meant"
        found.append(
            AuditFinding(
                audit=AUDIT,
                kind="change",
                about=f"{protocol_name(row)}, {parameter_label(name)}, {row['changed_on']}",
                quantity=rules.tolerances[name].quantity,
                value=value,
                bound=bound,
                ratio=value / bound if bound else 1.0 + value,
                source="shift of the mean of daily medians, by more than the tolerance",
                sentence=(
                    f"{row['room'] or 'room not told'}, {protocol_name(row)}: {parameter_label(name)} {before} until "
                    f"{row['last_before']}, {after} from {row['changed_on']} ({row['exposures_before']} exposures "
                    f"before, {row['exposures_after']} after); {table}"
                ),
                suggestion="look in the service log of that day; if it was meant, enter it in the table of protocols",
                exposures=int(row["exposures_before"] + row["exposures_after"]),
                **(place_of(row, own) | {"first_day": row["last_before"], "last_day": row["changed_on"]}),
            )
        )
    return found


def room_findings(rooms: pd.DataFrame, exposures: pd.DataFrame, rules: ProtocolRules) -> list[AuditFinding]:
    """One for each room that differs from two or more others that do the same view."""
    found = []
    odd = rooms[(rooms["place"] == "room") & rooms["differs"] & (rooms["others"] >= LEAST_ROOMS - 1)]
    for row in odd.to_dict("records"):
        name, own = row["parameter"], own_exposures(exposures, row)
        value = parameter_text(name, row["value"], row["text"], rules)
        others = parameter_text(name, row["others_value"], row["others_text"], rules)
        number, bound = (float(row["value"]), None) if name in TEXTS else (row["value"], row["others_value"])
        found.append(
            AuditFinding(
                audit=AUDIT,
                kind="room_difference",
                about=f"{protocol_name(row)}, {parameter_label(name)}",
                quantity=rules.tolerances[name].quantity,
                value=float(number),
                bound=bound,
                ratio=float(number) / bound if bound else 1.0 + float(number),
                source="95 % interval farther from the other rooms' middle than the tolerance",
                sentence=(
                    f"{row['room'] or 'room not told'}, {protocol_name(row)}: {parameter_label(name)} {value} over "
                    f"{row['exposures']} exposures, {others} in the middle of {row['others']} other rooms"
                ),
                suggestion="ask whether the room's equipment calls for it; compare dose and image quality of the rooms",
                exposures=int(row["exposures"]),
                **place_of(row, own),
            )
        )
    return found


def own_exposures(exposures: pd.DataFrame, row: Mapping[Any, Any]) -> pd.DataFrame:
    """Exposures of the room's view that a row is of."""
    chosen = np.ones(len(exposures), dtype=bool)
    for name in GROUP:
        chosen &= (exposures[name] == row[name]).to_numpy(dtype=bool)
    return exposures[chosen]


def place_of(row: Mapping[Any, Any], own: pd.DataFrame) -> dict[str, Any]:
    """Where and when, and the last exposures, as fields of a finding."""
    told = {"site": row["site"], "room": row["room"], "unit": only_unit(own["unit"])} | days_of(own["exposed_at"])
    return told | {"subjects": tuple(map(str, own["subject"].tail(_MOST_SUBJECTS)))}


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def _plain(value: float) -> str:
    return f"{value:.3g}"
