"""Exposures by room, view and patients, and how each group is usually exposed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.protocol_table import NUMBERS, SPREAD, TEXTS, ProtocolRules
from xrayiq.audit.size_bands import patients_of
from xrayiq.stats import WilsonInterval, wilson_interval

GROUP: Final = ("site", "room", "body_part", "view", "patients")
PROTOCOL: Final = ("body_part", "view", "patients")
#: defined terms of Exposure Control Mode (DICOM PS3.3, C.8.7.5) and what some units write
MANUAL: Final = frozenset({"MANUAL", "MAN", "NONE", "OFF"})
AUTOMATIC: Final = frozenset({"AUTOMATIC", "AUTO", "AEC", "ON"})
#: median absolute deviation of a normal sample in its standard deviations
_MAD: Final = 0.6744897501960817


def with_protocols(exposures: pd.DataFrame) -> pd.DataFrame:
    """Exposures with what protocols go by: `patients`, `filter`, and mAs apart by exposure control.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure, with `GROUP` but `patients`, `band`, `NUMBERS`, `grid`, `exposure_control_mode`,
        `filter_material`, `filter_thickness_min_mm` and `filter_thickness_max_mm`.

    Returns
    -------
    DataFrame
        Those of a known body part and view. `exposure_mas` is NaN where an exposure control, or nothing that is told,
        set it; `automatic_mas` is NaN elsewhere. Texts are upper case and empty where nothing is told.
    """
    known = exposures[(exposures["body_part"] != "") & (exposures["view"] != "")]
    mode = _upper(known["exposure_control_mode"])
    mode = mode.mask(mode.isin(MANUAL), "MANUAL").mask(mode.isin(AUTOMATIC), "AUTOMATIC")
    charge = known["exposure_mas"].astype("float64").where(lambda mas: mas > 0.0)
    return known.assign(
        patients=patients_of(known["band"]),
        exposure_control_mode=mode,
        grid=_upper(known["grid"]),
        filter=_filters(known),
        exposure_mas=charge.where(mode == "MANUAL"),
        automatic_mas=charge.where(mode != "MANUAL"),
    )


def of_protocols(exposures: pd.DataFrame) -> pd.DataFrame:
    """The columns that protocols go by alone: groups of narrow frames are made in a fraction of the time."""
    narrow = exposures[[*GROUP, *NUMBERS, *TEXTS, "automatic_mas", "exposed_at"]]
    return narrow.astype(dict.fromkeys(GROUP, "category"))


def groups_of(exposures: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Each room's view and patients with its exposures, in order."""
    for key, group in exposures.groupby(list(GROUP), observed=True, sort=True):
        yield dict(zip(GROUP, map(str, key), strict=True)), group


def usual_protocols(exposures: pd.DataFrame, rules: ProtocolRules) -> pd.DataFrame:
    """How each room usually exposes a view.

    Parameters
    ----------
    exposures : DataFrame
        From `with_protocols`.
    rules : ProtocolRules
        Fewest exposures.

    Returns
    -------
    DataFrame
        `GROUP`, `parameter`, `exposures` (of which it is known), `needed` (more of them before anything is said of
        it), of numbers `value` (median), `quartile_1` and `quartile_3`, of texts `text` (the most frequent), its
        `share`, `low` and `high` (95 %). The charge under exposure control is told by its `SPREAD` alone.
    """
    rows: list[Mapping[str, Any]] = []
    for where, group in groups_of(exposures):
        for name in (*NUMBERS, SPREAD, *TEXTS):
            values = known_values(group, name)
            if len(values) == 0:
                continue
            told: dict[str, Any] = {"parameter": name, "exposures": len(values)}
            told["needed"] = max(0, rules.least_exposures - len(values))
            if name in NUMBERS:
                first, middle, third = np.quantile(values, (0.25, 0.5, 0.75))
                told |= {"value": float(middle), "quartile_1": float(first), "quartile_3": float(third)}
            elif name == SPREAD:
                told["value"] = spread(values)
            else:
                text, share = usual_text(values)
                told |= {"text": text, "share": share.proportion, "low": share.low, "high": share.high}
            rows.append(where | told)
    numbers = ("value", "quartile_1", "quartile_3", "share", "low", "high")
    return frame_of_rows(rows, [*GROUP, "parameter", "exposures", "needed", "text", *numbers], numbers, ("text",))


def frame_of_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], numbers: Sequence[str], texts: Sequence[str]
) -> pd.DataFrame:
    """Rows as a frame whose columns have the same dtypes whatever the rows tell; texts are empty where not told."""
    frame = pd.DataFrame(list(rows), columns=list(columns))
    filled = {name: frame[name].astype(object).where(frame[name].notna(), "") for name in texts}
    return frame.assign(**filled).astype(dict.fromkeys(numbers, "float64"))


def known_values(group: pd.DataFrame, name: str) -> NDArray[Any]:
    """Values of a parameter as far as they are told; of `SPREAD` the charges under exposure control."""
    if name in TEXTS:
        told: NDArray[Any] = group[name].to_numpy()
        texts: NDArray[Any] = told[told != ""]
        return texts
    values = group["automatic_mas" if name == SPREAD else name].to_numpy(dtype=np.float64)
    known: NDArray[np.float64] = values[np.isfinite(values)]
    return known


def usual_text(values: NDArray[Any]) -> tuple[str, WilsonInterval]:
    """The most frequent text, of equals the first in order, and its share."""
    texts, counts = np.unique(values.astype(str), return_counts=True)
    most = int(np.argmax(counts))
    return str(texts[most]), wilson_interval(int(counts[most]), len(values))


def spread(charges: NDArray[np.float64]) -> float:
    """Standard deviation of the logarithm, from the median absolute deviation."""
    logarithms = np.log(charges)
    return float(np.median(np.abs(logarithms - np.median(logarithms)))) / _MAD


def _upper(texts: pd.Series) -> pd.Series:
    plain: pd.Series = texts.astype("string").fillna("").str.strip().str.upper().astype(object)
    return plain


def _filters(frame: pd.DataFrame) -> pd.Series:
    """Material and thickness as one text, such as ``"COPPER 0.1 mm"``."""
    columns = ["filter_material", "filter_thickness_min_mm", "filter_thickness_max_mm"]
    distinct = frame[columns].drop_duplicates()
    texts = [_filter(*row) for row in distinct.itertuples(index=False)]
    told = frame[columns].merge(distinct.assign(text=texts), how="left", on=columns)["text"]
    return pd.Series(told.to_numpy(), index=frame.index, dtype=object)


def _filter(material: Any, least: float, most: float) -> str:
    name = "" if pd.isna(material) else str(material).strip().upper().replace("\\", " + ")
    known = [float(one) for one in (least, most) if not pd.isna(one)]
    if not name or not known or max(known) <= 0.0:
        return name
    return f"{name} {sum(known) / len(known):.3g} mm"
