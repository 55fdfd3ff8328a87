"""Fluoroscopic and angiographic procedures: typical totals of whole studies, beside reference levels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.typical_doses import GROUP, compare_with_levels, local_levels, typical_doses
from xrayiq.stats import bootstrap_interval

#: totals of a study that are audited
TOTALS: Final = ("dose_area_product_total", "reference_point_kerma_total", "fluoroscopy_time_total")
#: what stands for the view of a procedure
FLUOROSCOPY_VIEW: Final = "fluoroscopy"
#: columns of studies
STUDY_COLUMNS: Final = (
    *("study_uid", "site", "room", "unit", "equipment_id", "exposed_at", "body_part", "view", "band", "weight_told"),
    *("planes", "source", "reports", "events", "subject", *TOTALS),
)
#: quantiles of a group: name, function
_QUARTILES: Final[dict[str, float]] = {"quartile_1": 0.25, "quartile_3": 0.75}
_FEWEST: Final = 3
_TYPICAL_COLUMNS: Final = (
    *(*GROUP, "quantity", "exposures", "median", "low", "high", "quartile_1", "quartile_3", "weight_told_fraction"),
    *(f"{name}_{end}" for name in _QUARTILES for end in ("low", "high")),
)
_COMPARED_COLUMNS: Final = (*_TYPICAL_COLUMNS, "level_id", "level", "achievable", "source", "ratio", "verdict")


def _nothing(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


def no_studies() -> pd.DataFrame:
    """Studies of a store without any."""
    return _nothing(STUDY_COLUMNS).astype(dict.fromkeys(TOTALS, "float64"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProcedureDoses:
    """Totals of fluoroscopic studies and what is typical of them.

    Parameters
    ----------
    studies : DataFrame
        One row for each study on a unit, all planes together: `STUDY_COLUMNS`. `subject` is the study; `planes` are
        those that were used; `source` says where the total dose-area product is from: ``"report"``, ``"step"`` or
        ``"events"``.
    typical : DataFrame
        As `typical_doses` gives them for `TOTALS`, the studies counted in `exposures`, with 95 % bootstrap intervals of
        the quartiles (`quartile_1_low` … `quartile_3_high`, NaN for fewer than three studies).
    compared, local : DataFrame
        As `compare_with_levels` and `local_levels` give them.
    """

    studies: pd.DataFrame = field(default_factory=no_studies)
    typical: pd.DataFrame = field(default_factory=lambda: _nothing(_TYPICAL_COLUMNS))
    compared: pd.DataFrame = field(default_factory=lambda: _nothing(_COMPARED_COLUMNS))
    local: pd.DataFrame = field(default_factory=lambda: local_levels(_nothing(_TYPICAL_COLUMNS)))

    def of_room(self, site: str, room: str) -> ProcedureDoses:
        """Those of one room; local levels stay those of all."""
        kept = {
            name: frame[(frame["site"] == site) & (frame["room"] == room)]
            for name in ("studies", "typical", "compared")
            for frame in (getattr(self, name),)
        }
        return dataclasses.replace(self, **kept)


def assess_procedures(studies: pd.DataFrame, levels: pd.DataFrame) -> ProcedureDoses:
    """Typical totals of fluoroscopic procedures.

    Parameters
    ----------
    studies : DataFrame
        As in `ProcedureDoses`; the procedure is the body part that was examined.
    levels : DataFrame
        Reference levels of totals, as `compare_with_levels` takes them.

    Returns
    -------
    ProcedureDoses
        Median, quartiles and local levels by room, body part and size band.

    Notes
    -----
    ICRP Publication 135 (2017), 4: for interventional procedures dose-area product, kerma at the reference point and
    time of fluoroscopy of whole procedures are compared.
    """
    parts = [part for name in TOTALS if len(part := _typical(studies, name))]
    if not parts:
        return ProcedureDoses(studies=studies)
    typical = pd.concat(parts, ignore_index=True)
    return ProcedureDoses(
        studies=studies, typical=typical, compared=compare_with_levels(typical, levels), local=local_levels(typical)
    )


def _typical(studies: pd.DataFrame, name: str) -> pd.DataFrame:
    """Typical values of one total with intervals of their quartiles."""
    typical = typical_doses(studies, name)
    if typical.empty:
        return typical
    known = studies[studies[name].notna()]
    groups = known.groupby(list(GROUP), observed=True)[name]
    values: dict[Any, NDArray[np.float64]] = {key: group.to_numpy() for key, group in groups}
    bounds: dict[str, list[float]] = {f"{part}_{end}": [] for part in _QUARTILES for end in ("low", "high")}
    for key in typical[list(GROUP)].itertuples(index=False, name=None):
        for part, fraction in _QUARTILES.items():
            low = high = np.nan
            if len(values[key]) >= _FEWEST:
                interval = bootstrap_interval(values[key], _quantile(fraction), method="percentile")
                low, high = interval.low, interval.high
            bounds[f"{part}_low"].append(low)
            bounds[f"{part}_high"].append(high)
    return typical.assign(**bounds)


def _quantile(fraction: float) -> Callable[..., Any]:
    def of(values: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        return np.quantile(values, fraction, axis=axis)

    return of
