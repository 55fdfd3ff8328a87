"""How much of the fields of each unit's examination lies beside the anatomy, and how that compares with other rooms."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit.centres import centre_and_spread
from xrayiq.audit.collimation_groups import GROUP
from xrayiq.audit.collimation_rules import CollimationRules
from xrayiq.audit.median_comparisons import beside_other_rooms
from xrayiq.audit.shares import OVER, POSSIBLE, TOO_FEW, WITHIN

_EXAMINATION: Final = ("body_part", "view")
_OF_GROUP: Final = ("exposures", "needed", "median", "low", "high", "robust_sd", "robust_sd_low", "robust_sd_high")
_OF_OTHERS: Final = ("others", "others_median", "difference")
_INTERVAL: Final = {"low": "difference_low", "high": "difference_high"}
#: what an exposure has of it
VALUE: Final = "beside_anatomy_fraction"


def group_excess(fields: pd.DataFrame, rules: CollimationRules) -> pd.DataFrame:
    """Part of the field beside the anatomy in each unit's examination, beside that of other rooms.

    Parameters
    ----------
    fields : DataFrame
        From `with_measures`, of which body part and view are known.
    rules : CollimationRules
        Fewest exposures, and the difference that counts.

    Returns
    -------
    DataFrame
        `GROUP`, `exposures` (with a sure field of which it is known), `needed` (more of them before anything is said),
        `median`, `low`, `high`, `robust_sd` with its interval; `others` (exposures of other rooms in the same
        examination), `others_median`, `difference` of the medians with `difference_low` and `difference_high` (all
        95 %, NaN where no other room has enough); `bound` and `verdict`: ``"over"`` where the whole interval of the
        difference lies above the bound, ``"possible"`` where the difference does, ``"within"``, ``"too few"``, or empty
        where there is nothing to compare with.
    """
    least, bound = int(rules["judging"]["least_exposures"]), rules["excess"]["over_others"]
    known = fields.loc[fields["counts"] & fields[VALUE].notna(), [*GROUP, VALUE]]
    rows: list[dict[str, Any]] = []
    for key, own in known.groupby(list(GROUP), observed=True, sort=True)[VALUE]:
        told = {"exposures": len(own), "needed": max(0, least - len(own))}
        names = dict(zip(GROUP, map(str, key), strict=True))
        rows.append(names | told | centre_and_spread(own.to_numpy(dtype=np.float64)))
    found = pd.DataFrame(rows, columns=[*GROUP, *_OF_GROUP])
    others = beside_other_rooms(known, VALUE, group=GROUP, examination=_EXAMINATION, least=least)
    others = others.rename(columns=_INTERVAL)[[*GROUP, *_OF_OTHERS, *_INTERVAL.values()]]
    found = found.merge(others.astype(dict.fromkeys(GROUP, "object")), how="left", on=list(GROUP))
    verdict = np.select(
        [
            found["needed"] > 0,
            found["difference"].isna(),
            found["difference_low"] > bound,
            found["difference"] > bound,
        ],
        [TOO_FEW, "", OVER, POSSIBLE],
        default=WITHIN,
    )
    return found.assign(bound=bound, verdict=verdict)
