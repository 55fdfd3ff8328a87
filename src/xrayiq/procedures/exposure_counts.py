"""What detectors and performed steps of a store count of exposures, for the audit of repeats."""

from __future__ import annotations

import datetime
from typing import Final

import pandas as pd

from xrayiq.model import PerformedStep
from xrayiq.procedures.exposure_places import IDENTITY, is_registered, placed, within
from xrayiq.procedures.site import Site
from xrayiq.records import Records

_COLUMNS: Final = (
    *("exposure_key", "exposed_at", "equipment_id", "modality", "study_uid"),
    *("exposures_since_manufacture", "exposures_since_calibration"),
)
_RADIOGRAPHY: Final = ("CR", "DX", "MG")


def counted_images(
    records: Records,
    site: Site,
    *,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
) -> pd.DataFrame:
    """Images of a store, tests too, with what the counters of their detectors say; as `count_exposures` takes them.

    Parameters
    ----------
    records : Records
        The store.
    site, first, last, only_site
        As for `exposures_of_store`.
    """
    equipment = records.frame("equipment", columns=("id", *IDENTITY)).set_index("id")
    images = records.frame("exposures", columns=_COLUMNS)
    images = images[images["modality"].isin(_RADIOGRAPHY)].reset_index(drop=True)
    if site.equipment:
        own = [number for number, row in equipment.to_dict("index").items() if is_registered(site, row)]
        images = images[images["equipment_id"].isin(own)].reset_index(drop=True)
    found = within(placed(images, equipment, site), first, last)
    found = found.join(equipment[["manufacturer", "detector_id"]], on="equipment_id")
    return found[found["site"] == only_site].reset_index(drop=True) if only_site else found


def counted_steps(records: Records) -> pd.DataFrame:
    """Studies and numbers of exposures that performed steps tell of; as `count_exposures` takes them."""
    found = records.results({"PerformedStep": PerformedStep}, procedure="performed_step")
    rows = [
        {"study_uid": one.result.study_uid, "exposure_count": one.result.exposure_count}
        for one in found
        if isinstance(one.result, PerformedStep)
    ]
    return pd.DataFrame(rows, columns=["study_uid", "exposure_count"])
