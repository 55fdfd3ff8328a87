"""Noise in the anatomy beside the exposure: what is left that the exposure does not explain, and between rooms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.centres import centre_and_spread
from xrayiq.audit.image_quality_rules import EXAMINATION, GROUP, ImageQualityRules
from xrayiq.audit.levels_over_time import LevelOverTime, levels_of_groups
from xrayiq.audit.median_comparisons import beside_other_rooms
from xrayiq.stats import fit_drift, median_interval

#: of the noise of quanta: it goes by the inverse root of their number
QUANTUM_SLOPE: Final = -0.5
#: electronic noise alone falls with the signal, structure alone stays
_STEEPEST, _FLATTEST = -1.0, 0.0
#: what the exposure is told by, the surest first, and how it is called
KERMA, INDEX, NOT_TOLD = "receptor kerma", "deviation index", "exposure not told"
#: of a deviation index, in a natural logarithm
_PER_INDEX: Final = math.log(10.0) / 10.0
#: differences of which all pairs are looked at for the slope
_MOST_PAIRS: Final = 120
#: fewest differences that a slope is fitted to
_FEWEST: Final = 8
NOISE_COLUMNS: Final = (
    *(*GROUP, "exposures", "needed", "against", "noise", "noise_low", "noise_high", "snr", "snr_low", "snr_high"),
    *("slope", "slope_low", "slope_high", "slope_used", "unexplained_sd", "noise_at_1_ugy"),
)
ROOM_COLUMNS: Final = (
    *(*GROUP, "exposures", "others", "noise_at_1_ugy", "others_noise_at_1_ugy", "ratio", "low", "high"),
    *("p_value", "adjusted_p_value"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseLevel(LevelOverTime):
    """Unexplained noise of one group over time, as natural logarithms; all as in `LevelOverTime`."""


def with_expected_noise(exposures: pd.DataFrame, rules: ImageQualityRules) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Exposures with the part of their noise that the exposure does not explain, and the noise of each group.

    Parameters
    ----------
    exposures : DataFrame
        One row for each image: `GROUP`, `exposed_at`, `noise` (relative, in the anatomy), `snr`, `receptor_kerma_ugy`
        and `deviation_index`, NaN where not known.
    rules : ImageQualityRules
        Fewest exposures of a group.

    Returns
    -------
    exposures : DataFrame
        With `unexplained_noise`: the natural logarithm of the noise over what the group's exposures have at this
        exposure, and `log_noise_at_1_ugy`, that of the noise that the law of quanta gives at 1 µGy; NaN where it cannot
        be said, as in groups of too few.
    groups : DataFrame
        `NOISE_COLUMNS` of each group whose body part and view are known: medians with their intervals (95 %), what the
        exposure is told by (`against`), the `slope` of the logarithm of noise over that of the exposure with its
        interval, the one that was used, and the robust standard deviation of what is left.

    Notes
    -----
    The slope is Theil and Sen's of the differences between exposures that follow each other, so that a change of level
    of either does not count. Of quanta alone it is −0.5; that is used where the interval of the fitted one is wide. A
    fitted one counts up to −1 (electronic noise alone) and to 0 (structure alone). Where neither receptor kerma nor
    deviation index is told of enough exposures, noise alone is held against its own median.
    """
    noise = exposures["noise"].where(exposures["noise"] > 0.0)
    kerma = exposures["receptor_kerma_ugy"].where(exposures["receptor_kerma_ugy"] > 0.0)
    logs = exposures[[*GROUP, "exposed_at", "snr"]].assign(
        _noise=np.log(noise), _kerma=np.log(kerma), _index=exposures["deviation_index"] * _PER_INDEX
    )
    logs = logs[logs["_noise"].notna() & (logs["body_part"] != "") & (logs["view"] != "")]
    logs = logs.sort_values("exposed_at", kind="stable")
    left = np.full(len(logs), np.nan)
    columns = {name: logs[name].to_numpy(dtype=np.float64) for name in ("_noise", "_kerma", "_index", "snr")}
    rows: list[dict[str, Any]] = []
    for key, places in logs.groupby(list(GROUP), observed=True, sort=True).indices.items():
        row, known, residuals = _group({name: values[places] for name, values in columns.items()}, rules)
        rows.append(dict(zip(GROUP, map(str, cast(tuple[str, ...], key)), strict=True)) | row)
        left[places[known]] = residuals
    unexplained = pd.Series(left, index=logs.index)
    at_1_ugy = logs["_noise"] - QUANTUM_SLOPE * logs["_kerma"]
    found = exposures.assign(
        unexplained_noise=unexplained.reindex(exposures.index), log_noise_at_1_ugy=at_1_ugy.reindex(exposures.index)
    )
    return found, pd.DataFrame(rows, columns=list(NOISE_COLUMNS))


def noise_over_time(exposures: pd.DataFrame, rules: ImageQualityRules) -> tuple[NoiseLevel, ...]:
    """Level over time of the unexplained noise of each group, as natural logarithms; see `levels_of_groups`.

    Parameters
    ----------
    exposures : DataFrame
        From `with_expected_noise`.
    rules : ImageQualityRules
        The least change that is told.
    """
    return levels_of_groups(
        exposures,
        "unexplained_noise",
        group=GROUP,
        kind=NoiseLevel,
        change_penalty=rules["judging"]["change_penalty"],
        least_change=math.log(rules["noise"]["least_rise"]),
    )


def noise_of_rooms(exposures: pd.DataFrame, rules: ImageQualityRules) -> pd.DataFrame:
    """Noise of each group at equal receptor kerma beside that of the other rooms for the same examination.

    Parameters
    ----------
    exposures : DataFrame
        From `with_expected_noise`.
    rules : ImageQualityRules
        Fewest exposures of a side.

    Returns
    -------
    DataFrame
        `ROOM_COLUMNS`: medians of the noise as it would be at 1 µGy, their `ratio` with its interval (95 %), and
        p-values adjusted for their number (Benjamini and Hochberg).

    Notes
    -----
    Taken to 1 µGy by the law of quanta, whatever the rooms' own slopes, at kermas that rooms have in common.
    """
    least = rules["judging"]["least_exposures"]
    known = exposures.loc[exposures["log_noise_at_1_ugy"].notna(), [*GROUP, "log_noise_at_1_ugy"]]
    table = beside_other_rooms(known, "log_noise_at_1_ugy", group=GROUP, examination=EXAMINATION, least=least)
    ratios = {"noise_at_1_ugy": "median", "others_noise_at_1_ugy": "others_median", "ratio": "difference"}
    return table.assign(
        **{name: np.exp(table[column].astype("float64")) for name, column in ratios.items()},
        low=np.exp(table["low"].astype("float64")),
        high=np.exp(table["high"].astype("float64")),
    )[list(ROOM_COLUMNS)]


def _group(
    own: Mapping[str, NDArray[np.float64]], rules: ImageQualityRules
) -> tuple[dict[str, Any], NDArray[np.bool_], NDArray[np.float64]]:
    """Row of a group, which of its exposures are known, and the unexplained noise of these."""
    least = int(rules["judging"]["least_exposures"])
    against = next((name for name in ("_kerma", "_index") if np.isfinite(own[name]).sum() >= least), "")
    chosen = np.isfinite(own[against or "_noise"])
    known = {name: values[chosen] for name, values in own.items()}
    noise, snr = median_interval(known["_noise"]), known["snr"][np.isfinite(known["snr"])]
    at_1_ugy = known["_noise"] - QUANTUM_SLOPE * known["_kerma"]
    at_1_ugy = at_1_ugy[np.isfinite(at_1_ugy)]
    row: dict[str, Any] = {
        "exposures": int(chosen.sum()),
        "needed": max(0, least - int(chosen.sum())),
        "against": {"_kerma": KERMA, "_index": INDEX}.get(against, NOT_TOLD),
        "noise": math.exp(noise.median),
        "noise_low": math.exp(noise.low),
        "noise_high": math.exp(noise.high),
        "noise_at_1_ugy": math.exp(float(np.median(at_1_ugy))) if at_1_ugy.size else math.nan,
    }
    if snr.size:
        middle = median_interval(snr)
        row |= {"snr": middle.median, "snr_low": middle.low, "snr_high": middle.high}
    if row["needed"]:
        return row, np.zeros_like(chosen), np.empty(0)
    told: dict[str, float] = {"slope_used": math.nan}
    residuals = known["_noise"]
    if against:
        told = _slope(known[against], known["_noise"], rules["noise"]["most_slope_width"])
        residuals = residuals - told["slope_used"] * known[against]
    residuals = residuals - np.median(residuals)
    return row | told | {"unexplained_sd": centre_and_spread(residuals)["robust_sd"]}, chosen, residuals


def _slope(exposure: NDArray[np.float64], noise: NDArray[np.float64], most_width: float) -> dict[str, float]:
    """Slope with its interval, and the one that counts."""
    steps, changes = np.diff(exposure), np.diff(noise)
    if steps.size < _FEWEST or np.ptp(steps) == 0.0:
        return {"slope_used": QUANTUM_SLOPE}
    found = fit_drift(steps, changes, most_values=_MOST_PAIRS)
    is_sure = found.high - found.low <= most_width
    used = min(max(found.slope, _STEEPEST), _FLATTEST) if is_sure else QUANTUM_SLOPE
    return {"slope": found.slope, "slope_low": found.low, "slope_high": found.high, "slope_used": used}
