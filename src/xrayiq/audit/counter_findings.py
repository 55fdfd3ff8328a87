"""Findings on exposures that counters tell of and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from xrayiq.audit.exposure_counters import DETECTOR
from xrayiq.audit.repeat_bounds import RepeatBounds
from xrayiq.model import AuditFinding


def counter_findings(counters: pd.DataFrame, bounds: RepeatBounds) -> Iterator[AuditFinding]:
    """Units of which more exposures than permitted are counted and told by nothing, with their whole interval.

    Parameters
    ----------
    counters : DataFrame
        From `count_exposures`.
    bounds : RepeatBounds
        Greatest share, and exposures that it must rest on.
    """
    chosen = counters[(counters["counted"] >= bounds.least_images) & (counters["low"] > bounds.most_undocumented)]
    for row in chosen.sort_values("undocumented", ascending=False, kind="stable").to_dict("records"):
        by_detector = row["counted_by"] == DETECTOR
        who = "its detector" if by_detector else "its performed steps"
        beside = f"; {row['set_apart']} more in gaps too large for rejects" if row["set_apart"] else ""
        beside += f"; the counter began anew {row['resets']} times" if row["resets"] else ""
        yield AuditFinding(
            audit="repeats",
            kind="undocumented_exposures",
            about=str(row["counted_by"]),
            site=row["site"],
            room=row["room"],
            unit=row["unit"],
            quantity="undocumented_exposure_fraction",
            value=row["share"],
            bound=bounds.most_undocumented,
            ratio=row["share"] / bounds.most_undocumented,
            source=bounds.counter_source,
            sentence=(
                f"{row['unit'] or row['room'] or 'unit not told'}: {who} counted {row['counted']} exposures, of "
                f"{row['missing']} of which no image is stored and of {row['undocumented']} nothing tells "
                f"({row['share']:.1%}, 95 % interval {row['low']:.1%} to {row['high']:.1%}){beside}"
            ),
            suggestion="images deleted at the unit, tests that nobody stores, or a detector that another unit uses too",
            exposures=int(row["counted"]),
            first_day=row["first_day"],
            last_day=row["last_day"],
        )
