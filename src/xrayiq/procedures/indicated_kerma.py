"""Exposure indicators of a store's exposures, and the kerma at the receptor that they stand for."""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.dose import identify_exposure_indicator, indicator_scale, indicator_scales
from xrayiq.dose.indicator_scales import ATTRIBUTES
from xrayiq.model import Acquisition
from xrayiq.records import Records

#: modalities of radiographs
_RADIOGRAPHY: Final = ("CR", "DX")
#: fields by the keyword of their attribute
_FIELDS: Final = {keyword: name for name, keyword in ATTRIBUTES.items()}
_MADE: Final = ("manufacturer", "model", "software_versions")


def of_radiography(exposures: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Exposures that have an exposure index or could have one, and the number of the others."""
    stated = exposures["exposure_index"].notna() | exposures["deviation_index"].notna()
    kept = exposures["modality"].isin(_RADIOGRAPHY).astype(bool) | stated
    return exposures[kept].reset_index(drop=True), int((~kept).sum())


def with_indicators(records: Records, exposures: pd.DataFrame) -> pd.DataFrame:
    """Exposures with what their indicator is and the receptor kerma that it stands for.

    Parameters
    ----------
    records : Records
        Gives the software of the equipment.
    exposures : DataFrame
        From `exposures_of_store`.

    Returns
    -------
    DataFrame
        With `indicator` (its name; empty where nothing tells one), `standing` as in `ExposureIndicator`,
        `receptor_kerma_ugy` (NaN where it is not converted) and `older_scale` (the number in ExposureIndex is probably
        of an older scale). What an indicator is depends on the maker and on which attributes hold a number of which
        size: each sort is told once, and its numbers are converted together.
    """
    software = records.frame("equipment", columns=("id", "software_versions")).set_index("id")
    made = exposures.join(software, on="equipment_id")
    texts = {name: made[name].fillna("").astype(str) for name in (*_MADE, "modality")}
    stated = {name: pd.to_numeric(made[name]).to_numpy(dtype=np.float64) for name in ATTRIBUTES}
    target = pd.to_numeric(made["target_exposure_index"]).to_numpy(dtype=np.float64)
    keys = pd.DataFrame(texts | {name: _size(values) for name, values in stated.items()})
    keys["target"] = ~np.isnan(target)
    keys["speed"] = np.where(texts["manufacturer"].str.contains("agfa", case=False), stated["sensitivity"], np.nan)
    name, standing = np.full(len(made), "", dtype=object), np.full(len(made), "missing", dtype=object)
    kerma = np.full(len(made), np.nan)
    for _, places in keys.groupby(list(keys.columns), dropna=False, sort=False).indices.items():
        first = int(places[0])
        told = _acquisition({one: texts[one].iloc[first] for one in texts}, stated, target, first)
        found = identify_exposure_indicator(told)
        name[places], standing[places] = found.name, found.standing
        if found.receptor_kerma_ugy is not None:
            values = stated[_FIELDS[found.attribute]][places]
            speed = float(stated["sensitivity"][first])
            local = {} if np.isnan(speed) else {"speed_class": speed}
            kerma[places] = indicator_scale(found.name).receptor_kerma_ugy(values, **local)
    return exposures.assign(
        indicator=name, standing=standing, receptor_kerma_ugy=kerma, older_scale=standing == "suspect"
    )


@functools.cache
def _bounds() -> NDArray[np.float64]:
    """Ends of all scales' ranges, which tell one indicator from another by its size."""
    ends = {0.0}
    for scale in indicator_scales():
        ends |= {scale.low, scale.high} | ({scale.suspect_above} if scale.suspect_above is not None else set())
    return np.array(sorted(ends))


def _size(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Between which ends of scales each value lies, the ends themselves apart; −1 for none."""
    places = np.searchsorted(_bounds(), values, side="left") + np.searchsorted(_bounds(), values, side="right")
    return np.where(np.isnan(values), -1, places)


def _acquisition(
    texts: dict[str, str], stated: dict[str, NDArray[np.float64]], target: NDArray[np.float64], place: int
) -> Acquisition:
    """Header of one exposure, as far as its indicator is told by it."""
    numbers = {name: float(values[place]) for name, values in (stated | {"target_exposure_index": target}).items()}
    known: dict[str, Any] = {name: None if np.isnan(value) else value for name, value in numbers.items()}
    return Acquisition(
        manufacturer=texts["manufacturer"],
        model=texts["model"],
        software_versions=tuple(texts["software_versions"].split("\\")),
        modality=texts["modality"],
        **known,
    )
