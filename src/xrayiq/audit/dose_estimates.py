"""What an audit estimates beside the doses that are stated: its tables, and what of them is to look into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from xrayiq.model import AuditFinding, Result, quantity

#: of the table of effective doses
EFFECTIVE_COLUMNS: Final = (
    *("site", "per", "body_part", "view", "band", "exposures", "mean_dose_area_product", "coefficient_msv_per_gy_cm2"),
    *("effective_dose", "relative_uncertainty_k2", "weighting", "method", "source", "text", "warning"),
)
#: totals of an examination that a level stands for, as they are told
TOTALS: Final = (
    *("peak_skin_dose", "reference_point_kerma_total", "dose_area_product_total", "fluoroscopy_time_total"),
)
#: of the table of examinations with fluoroscopy
SKIN_COLUMNS: Final = (
    *("site", "room", "unit", "exposed_at", "study_uid", "subject", "protocol_name", "events", *TOTALS),
    *("relative_uncertainty", "events_in_map", "not_estimated", "reached", "finding", "source", "assumptions"),
)
#: of the table of stated over estimated glandular doses
GLANDULAR_COLUMNS: Final = (
    *("site", "room", "unit", "exposures", "median_stated", "median_estimated", "median_ratio", "low_ratio"),
    *("high_ratio", "tolerance_fraction", "verdict", "method", "relative_uncertainty", "source"),
)
#: how stated glandular doses lie to estimated ones; a suspected power of ten is told as a wrong unit alone
OUTSIDE, WITHIN, TOO_FEW, POWER_OF_TEN = "outside", "within", "too few", "power of ten suspected"
AUDIT: Final = "dose"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoseEstimates:
    """What is estimated beside stated doses; as in `DoseAudit`.

    Parameters
    ----------
    effective_dose, skin_dose, glandular_dose : DataFrame
        Tables.
    skin_maps : mapping of str to Result
        Maps of the skin dose, by study.
    substantial_levels : mapping of str to float
        Levels of a substantial dose, by quantity.
    """

    effective_dose: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(EFFECTIVE_COLUMNS)))
    skin_dose: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SKIN_COLUMNS)))
    glandular_dose: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(GLANDULAR_COLUMNS)))
    skin_maps: Mapping[str, Result] = field(default_factory=dict)
    substantial_levels: Mapping[str, float] = field(default_factory=dict)


def substantial_findings(skin: pd.DataFrame, levels: Mapping[str, float]) -> list[AuditFinding]:
    """One for each examination that reaches a level from which on the skin is followed up, the farthest first."""
    findings = []
    for row in skin[skin["finding"].astype(bool)].to_dict("records"):
        ratios = {name: row[name] / bound for name, bound in levels.items() if row[name] >= bound}
        name = max(ratios, key=lambda one: ratios[one])
        told = "; ".join(
            f"{quantity(one).label.lower()} {quantity(one).text(row[one])} (level {quantity(one).text(levels[one])})"
            for one in ratios
        )
        findings.append(
            AuditFinding(
                audit=AUDIT,
                kind="substantial_dose",
                about=str(row["study_uid"]),
                site=row["site"],
                room=row["room"],
                unit=row["unit"],
                quantity=name,
                value=float(row[name]),
                bound=levels[name],
                ratio=ratios[name],
                source=row["source"],
                sentence=f"{row['unit'] or row['room'] or 'unit not told'}, one examination: {told}",
                suggestion="tell who treats the patient, and follow the skin up; a peak skin dose here is an estimate "
                "on a simple phantom",
                exposures=int(row["events"]),
                **_day(row["exposed_at"]),
                subjects=(str(row["subject"]),),
            )
        )
    return sorted(findings, key=lambda one: -one.ratio)


def glandular_findings(glandular: pd.DataFrame) -> list[AuditFinding]:
    """One for each unit whose stated glandular doses lie beyond the tolerance from the estimated ones."""
    return [
        AuditFinding(
            audit=AUDIT,
            kind="glandular_dose",
            about="stated over estimated",
            site=row["site"],
            room=row["room"],
            unit=row["unit"],
            quantity="stated_over_expected_dose",
            value=float(row["median_ratio"]),
            bound=1.0 + float(row["tolerance_fraction"]) * (1.0 if row["median_ratio"] > 1.0 else -1.0),
            ratio=float(row["median_ratio"]),
            source=row["source"],
            sentence=(
                f"{row['unit'] or row['room']}: stated average glandular dose is {row['median_ratio']:.2f} times that "
                f"by Dance's factors (median of {row['exposures']} exposures; allowed within "
                f"{100.0 * row['tolerance_fraction']:.0f} %)"
            ),
            suggestion="compare entrance kerma and half-value layer of a header with measured ones, and the version of "
            "the dose model that the unit uses",
            exposures=int(row["exposures"]),
        )
        for row in glandular[glandular["verdict"] == OUTSIDE].to_dict("records")
    ]


def _day(moment: Any) -> dict[str, Any]:
    return {} if pd.isna(moment) else {"first_day": moment.date(), "last_day": moment.date()}
