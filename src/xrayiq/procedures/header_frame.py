"""Headers of a store's exposures as they stand, with place and examination: what audits of headers count."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Final

from xrayiq.model import Equipment
from xrayiq.procedures.exposure_frame import CountedExposures
from xrayiq.procedures.exposure_places import placed, with_examinations, within
from xrayiq.procedures.site import Site
from xrayiq.records import Records

_TOLD: Final = ("body_part", "view_position", "protocol_name")
_COLUMNS: Final = (
    *("subject", "population", "equipment_id", "modality", "laterality", "exposed_at", "study_at", "study_uid"),
    *(*_TOLD, "header_checks", "tube_voltage_kv", "exposure_mas", "source_detector_distance_mm", "dap_gy_m2"),
    *("average_glandular_dose_mgy", "exposure_index", "target_exposure_index", "deviation_index", "grid"),
    *("exposure_control_mode", "burned_in_annotation", "detector_id", "station_name"),
)
_IDENTITY: Final = tuple(name for name in Equipment.__slots__ if name != "software_versions")


def headers_of_store(
    records: Records,
    site: Site,
    *,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
) -> CountedExposures:
    """Headers of the images of a store in a period, nothing filled in from elsewhere.

    Parameters
    ----------
    records, site, first, last, only_site, populations
        As in `exposures_of_store`.

    Returns
    -------
    CountedExposures
        One row for each image that counts, by the names of the store's columns, with `site`, `room`, `unit`,
        `file_number` (of its file in the store), `examined_part`, `examined_view` and `is_mapped`.
    """
    equipment = records.frame("equipment", columns=("id", *_IDENTITY)).set_index("id")
    every = records.frame("exposures", columns=_COLUMNS)
    counts = every["population"].value_counts()
    left_out = {str(name): int(number) for name, number in counts.items() if name not in populations}
    chosen = every[every["population"].isin(list(populations))]
    frame = within(placed(chosen, equipment, site), first, last)
    if only_site:
        frame, left_out = frame[frame["site"] == only_site].reset_index(drop=True), {}
    told, unmapped = with_examinations(frame, site.examinations)
    files = records.frame("files", columns=("id", "subject")).drop_duplicates("subject").set_index("subject")["id"]
    frame = frame.assign(
        examined_part=told["body_part"],
        examined_view=told["view"],
        is_mapped=(told["body_part"] != "") & (told["view"] != ""),
        file_number=frame["subject"].map(files),
    )
    return CountedExposures(equipment=equipment, only_site=only_site, frame=frame, left_out=left_out, unmapped=unmapped)
