"""Deviation indices over time: where the level of a room's examination drifts or steps."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from xrayiq.audit.exposure_indices import GROUP
from xrayiq.audit.exposure_rules import ExposureRules
from xrayiq.audit.levels_over_time import LevelOverTime, levels_of_groups


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExposureDrift(LevelOverTime):
    """Level of the deviation index of one group over time.

    Parameters
    ----------
    control : str
        How it is exposed; all else as in `LevelOverTime`.
    """

    control: str


def find_exposure_drift(indexed: pd.DataFrame, rules: ExposureRules) -> tuple[ExposureDrift, ...]:
    """Level over time of each group that has enough exposures with a time; see `levels_of_groups`.

    Parameters
    ----------
    indexed : DataFrame
        From `with_indices`.
    rules : ExposureRules
        The least change that is told.

    Returns
    -------
    tuple of ExposureDrift
        In the order of the groups.
    """
    named = (indexed["body_part"] != "") & (indexed["view"] != "")
    return levels_of_groups(
        indexed[named],
        "deviation_index",
        group=GROUP,
        kind=ExposureDrift,
        change_penalty=rules["change_penalty"],
        least_change=rules["least_change"],
    )
