"""Exposure indicators of a store's exposures, and the kerma at the receptor that they stand for."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.dose import IndicatorCalibration, identify_exposure_indicator, indicator_scale, indicator_scales
from xrayiq.dose.indicator_scales import ATTRIBUTES
from xrayiq.model import Acquisition
from xrayiq.procedures.exposure_places import IDENTITY, equipment_of
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


def with_indicators(
    records: Records, exposures: pd.DataFrame, calibrations: Sequence[IndicatorCalibration] = ()
) -> pd.DataFrame:
    """Exposures with what their indicator is and the receptor kerma that it stands for.

    Parameters
    ----------
    records : Records
        Gives the equipment.
    exposures : DataFrame
        From `exposures_of_store`.
    calibrations : sequence of IndicatorCalibration
        The site's own.

    Returns
    -------
    DataFrame
        With `indicator` (its name; empty where nothing tells one), `standing` as in `ExposureIndicator`,
        `receptor_kerma_ugy` (NaN where it is not converted), `receptor_kerma_uncertainty` (relative, as
        `ExposureIndicator` has it), `reference_beam` and `kerma_source` (empty without a kerma), and `older_scale` (the
        number in ExposureIndex is probably of an older scale). What an indicator is depends on the maker, on which
        attributes hold a number of which size, and on the site's calibrations that hold: each sort is told once, and
        its numbers are converted together.
    """
    equipment = records.frame("equipment", columns=("id", *IDENTITY, "software_versions")).set_index("id")
    made = exposures.join(equipment["software_versions"], on="equipment_id")
    texts = {name: made[name].fillna("").astype(str) for name in (*_MADE, "modality")}
    stated = {name: pd.to_numeric(made[name]).to_numpy(dtype=np.float64) for name in ATTRIBUTES}
    target = pd.to_numeric(made["target_exposure_index"]).to_numpy(dtype=np.float64)
    ends = _ends(calibrations)
    keys = pd.DataFrame(texts | {name: _size(values, ends) for name, values in stated.items()})
    keys["target"] = ~np.isnan(target)
    keys["speed"] = np.where(texts["manufacturer"].str.contains("agfa", case=False), stated["sensitivity"], np.nan)
    for number, one in enumerate(calibrations):
        keys[f"calibration {number}"] = _held(one, made, equipment)
    name, standing = np.full(len(made), "", dtype=object), np.full(len(made), "missing", dtype=object)
    kerma, uncertainty = np.full(len(made), np.nan), np.full(len(made), np.nan)
    beam, source = np.full(len(made), "", dtype=object), np.full(len(made), "", dtype=object)
    for _, places in keys.groupby(list(keys.columns), dropna=False, sort=False).indices.items():
        first = int(places[0])
        told = _acquisition({one: texts[one].iloc[first] for one in texts}, stated, target, first)
        if calibrations:
            told = _of_equipment(told, made.iloc[first], equipment)
        found = identify_exposure_indicator(told, calibrations=calibrations)
        name[places], standing[places] = found.name, found.standing
        if found.receptor_kerma_ugy is None:
            continue
        values = stated[_FIELDS[found.attribute]][places]
        if found.calibration is not None:
            kerma[places] = found.calibration.receptor_kerma_ugy(values)
        else:
            speed = float(stated["sensitivity"][first])
            local = {} if np.isnan(speed) else {"speed_class": speed}
            kerma[places] = indicator_scale(found.name).receptor_kerma_ugy(values, **local)
        uncertainty[places], beam[places], source[places] = (
            found.relative_uncertainty,
            found.reference_beam,
            found.source,
        )
    return exposures.assign(
        indicator=name,
        standing=standing,
        receptor_kerma_ugy=kerma,
        receptor_kerma_uncertainty=uncertainty,
        reference_beam=beam,
        kerma_source=source,
        older_scale=standing == "suspect",
    )


def _held(calibration: IndicatorCalibration, made: pd.DataFrame, equipment: pd.DataFrame) -> pd.Series:
    """Whether a calibration holds for each exposure."""
    rows = {number: equipment_of(row) for number, row in equipment.to_dict("index").items()}
    own = {number for number, one in rows.items() if calibration.holds_for(one, calibration.valid_from)}
    day = made["exposed_at"].dt.normalize()
    held: pd.Series = made["equipment_id"].isin(own) & (day >= pd.Timestamp(calibration.valid_from))
    if calibration.valid_to is not None:
        held &= day <= pd.Timestamp(calibration.valid_to)
    return held.astype(bool)


def _of_equipment(told: Acquisition, row: pd.Series, equipment: pd.DataFrame) -> Acquisition:
    """With the equipment and the day that calibrations are told by."""
    known = {} if pd.isna(row["equipment_id"]) else equipment.loc[int(row["equipment_id"])].to_dict()
    made = equipment_of(known) if known else None
    names = ("serial_number", "station_name", "detector_id")
    stated = {} if made is None else {name: getattr(made, name) for name in names}
    moment = None if pd.isna(row["exposed_at"]) else row["exposed_at"].to_pydatetime()
    return dataclasses.replace(told, exposed_at=moment, **stated)


def _ends(calibrations: Sequence[IndicatorCalibration]) -> NDArray[np.float64]:
    """Ends of all ranges, of shipped scales and of the site's calibrations."""
    own = [end for one in calibrations for end in (one.low, one.high)]
    return np.unique(np.concatenate([_bounds(), own])) if own else _bounds()


@functools.cache
def _bounds() -> NDArray[np.float64]:
    """Ends of all scales' ranges, which tell one indicator from another by its size."""
    ends = {0.0}
    for scale in indicator_scales():
        ends |= {scale.low, scale.high} | ({scale.suspect_above} if scale.suspect_above is not None else set())
    return np.array(sorted(ends))


def _size(values: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.int64]:
    """Between which ends of ranges each value lies, the ends themselves apart; −1 for none."""
    places = np.searchsorted(ends, values, side="left") + np.searchsorted(ends, values, side="right")
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
