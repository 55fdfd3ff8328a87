"""Findings on slow changes of protocols, each with what to look at first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from xrayiq.audit.protocol_drift import CHARGES, is_drift, tolerance_of
from xrayiq.audit.protocol_findings import (
    AUDIT,
    own_exposures,
    parameter_label,
    parameter_text,
    place_of,
    protocol_name,
)
from xrayiq.audit.protocol_table import AUTOMATIC, ProtocolRules
from xrayiq.model import AuditFinding

_LOOK: Final = {
    AUTOMATIC: "sensitivity of the exposure control and its chambers by its constancy test; then the sizes of the "
    "patients and the tube's output",
    "exposure_mas": "the technique chart and operators' habits; then the patients' sizes, and the deviation index",
    "tube_voltage_kv": "who sets the voltage by hand, and against which technique chart",
    "source_detector_distance_mm": "operators' habit of placing the tube; then the unit's indication against a tape",
}


def drift_findings(drift: pd.DataFrame, exposures: pd.DataFrame, rules: ProtocolRules) -> list[AuditFinding]:
    """One for each slow change, the farthest beyond its tolerance first.

    Parameters
    ----------
    drift : DataFrame
        From `find_protocol_drift`.
    exposures : DataFrame
        `GROUP`, `band`, `unit`, `subject` and `exposed_at`.
    rules : ProtocolRules
        Tolerances.
    """
    rows = [row for row in drift.to_dict("records") if is_drift(row)]
    rows.sort(key=lambda row: -abs(row["last_value"] - row["first_value"]) / _tolerance(row, rules))
    return [_finding(row, exposures, rules) for row in rows]


def _finding(row: Mapping[Any, Any], exposures: pd.DataFrame, rules: ProtocolRules) -> AuditFinding:
    name = row["parameter"]
    own = own_exposures(exposures, row)
    own = own[(own["band"] == row["band"]).to_numpy(dtype=bool)]
    first, last = float(row["first_value"]), float(row["last_value"])
    label = f"{protocol_name(row)} ({row['band']}), {parameter_label(name)}"
    return AuditFinding(
        audit=AUDIT,
        kind="drift",
        about=label,
        quantity=tolerance_of(name, rules).quantity,
        value=last,
        bound=first,
        ratio=last / first if first else 1.0 + last,
        source=f"trend by Kendall's tau (false discovery rate {rules.drift_false_discovery_rate:.0%}), farther than "
        "the tolerance",
        sentence=(
            f"{row['room'] or 'room not told'}, {label} {'rises' if last > first else 'falls'} by "
            f"{rate_text(row, rules)} since {row['since']}, from about {parameter_text(name, first, '', rules)} to "
            f"{parameter_text(name, last, '', rules)} on {row['until']} ({row['exposures']} exposures); no dated "
            "change explains it"
        ),
        suggestion=_LOOK[name],
        exposures=int(row["exposures"]),
        **(place_of(row, own) | {"first_day": row["since"], "last_day": row["until"]}),
    )


def rate_text(row: Mapping[Any, Any], rules: ProtocolRules) -> str:
    """Size of a slow change per month with its 95 % interval, without sign."""
    name = row["parameter"]
    size = abs(row["change_per_month"])
    low, high = sorted(abs(row[bound]) for bound in ("low", "high"))
    if name in CHARGES:
        return f"{100 * size:.1f} % a month (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"
    texts = [parameter_text(name, value, "", rules) for value in (size, low, high)]
    return f"{texts[0]} a month (95 % interval {texts[1]} to {texts[2]})"


def _tolerance(row: Mapping[Any, Any], rules: ProtocolRules) -> float:
    return float(tolerance_of(row["parameter"], rules).of(float(row["first_value"])))
