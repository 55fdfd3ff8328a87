"""Exposures of a store, each once: images and dose reports together, with place, examination and patient size."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from xrayiq.audit.text_places import first_places
from xrayiq.procedures.exposure_matching import matched_rows
from xrayiq.procedures.exposure_places import IDENTITY, dated, is_registered, located
from xrayiq.procedures.site import Site
from xrayiq.procedures.step_matching import images_of_steps, stepped_rows
from xrayiq.records import Records

#: what of an image's header is an audit's under another name
_RENAMED: Final = {
    "dap_gy_m2": "dose_area_product",
    "entrance_dose_mgy": "incident_air_kerma",
    "average_glandular_dose_mgy": "average_glandular_dose",
    "reference_point_kerma_mgy": "reference_point_kerma",
    "irradiation_event_uid": "event_uid",
}
#: numbers of images and of events alike; each is taken from the image where it has one
NUMBERS: Final = (
    *("dose_area_product", "incident_air_kerma", "average_glandular_dose", "reference_point_kerma"),
    *("tube_voltage_kv", "exposure_mas", "exposure_time_ms", "tube_current_ma", "exposure_index"),
    *("target_exposure_index", "deviation_index", "field_area_mm2", "source_detector_distance_mm"),
    *("patient_age_years", "patient_weight_kg", "patient_size_m"),
    *("filter_thickness_min_mm", "filter_thickness_max_mm", "added_copper_mm", "reference_point_distance_mm"),
)
TEXTS: Final = (
    *("modality", "laterality", "protocol_name", "study_uid", "patient_key", "operator_key", "patient_sex"),
    *("event_uid", "event_type", "filter_material"),
)
#: of these, numbers of events alone
_EVENT_NUMBERS: Final = ("reference_point_kerma", "reference_point_distance_mm", "added_copper_mm")
#: of images alone
IMAGE_NUMBERS: Final = ("source_patient_distance_mm", "relative_exposure", "sensitivity")
IMAGE_TEXTS: Final = ("exposure_control_mode", "grid", "not_numbers")
_IMAGE_COLUMNS: Final = (
    *("subject", "exposure_key", "population", "body_part", "view_position", "exposed_at", "equipment_id"),
    *(name for name in NUMBERS if name not in (*_RENAMED.values(), *_EVENT_NUMBERS, "field_area_mm2")),
    *(name for name in TEXTS if name not in (*_RENAMED.values(), "event_type")),
    *(name for name in _RENAMED if name != "reference_point_kerma_mgy"),
    *IMAGE_NUMBERS,
    *IMAGE_TEXTS,
)
_EVENT_COLUMNS: Final = (
    *(
        "source",
        "subject",
        "outcome_id",
        "ordinal",
        "irradiation_event_uid",
        "acquired_image_uid",
        "started_at",
        "exposed_at",
        "plane",
    ),
    *("event_type", "target_region", "laterality", "view", "protocol", "is_rejected", "operator_key", "modality"),
    *("dap_gy_m2", "reference_point_kerma_mgy", "entrance_dose_mgy", "average_glandular_dose_mgy"),
    *("tube_voltage_kv", "tube_current_ma", "exposure_mas", "exposure_time_ms", "exposure_index"),
    *("target_exposure_index", "deviation_index", "field_area_at_1_m_mm2", "source_detector_distance_mm"),
    *("filter_material", "filter_thickness_min_mm", "filter_thickness_max_mm", "added_copper_mm"),
    "reference_point_distance_mm",
    *("study_uid", "is_test_patient", "patient_key", "patient_age_years", "patient_weight_kg", "patient_size_m"),
    *("patient_sex", "equipment_id"),
)
#: measurements of images by quantity: the column they come into, and the procedure that made them
_MEASURED: Final = {
    "clinical_noise": ("noise", "clinical_noise"),
    "clinical_snr": ("snr", "clinical_noise"),
    "clipped_low_fraction": ("clipped_low_fraction", "clipping"),
    "clipped_high_fraction": ("clipped_high_fraction", "clipping"),
    "grid_line_contrast": ("grid_line_contrast", "grid_lines"),
    "grid_line_frequency": ("grid_line_frequency", "grid_lines"),
    "field_beyond_detector_fraction": ("field_beyond_detector_fraction", "detector_area"),
    "seam_contrast": ("seam_contrast", "clinical_seam"),
    "artefact_candidates": ("artefact_candidates", "artefact_candidates"),
    "field_area": ("field_area_at_detector_mm2", "collimation"),
    "estimated_exposure_index": ("estimated_exposure_index", "exposure_index"),
}
#: of these, what audits of doses and of exposure indices ask for
OF_DOSES: Final = ("clinical_noise", "clinical_snr", "field_area")
OF_PROTOCOLS: Final = ("clinical_noise", "clinical_snr")
OF_QUALITY: Final = (
    *("clinical_noise", "clinical_snr", "clipped_low_fraction", "clipped_high_fraction", "grid_line_contrast"),
    *("grid_line_frequency", "field_beyond_detector_fraction", "seam_contrast", "artefact_candidates"),
)
OF_INDICES: Final = ("estimated_exposure_index",)
_REFERENCE_DISTANCE_MM: Final = 1000.0
_UNIT: Final = ("manufacturer", "model", "station_name", "serial_number")
#: of events: the dose report, the outcome that it is stored as, and the event's place in it
EVENT_PLACES: Final = ("report", "report_outcome", "report_ordinal")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountedExposures:
    """Exposures that statistics count, and what was left out.

    Parameters
    ----------
    frame : DataFrame
        One row for each exposure: `subject` (image, or dose report or step and number of the event), `source`
        (``"image"``, ``"report"``, ``"both"`` or ``"step"``), `told_by_step`, `exposed_at`, `site`, `room`, `unit`,
        `body_part`, `view`, `band`, `weight_told`, `repeated`, `header_states_kerma` (an image's header does),
        `NUMBERS`, `TEXTS`, `IMAGE_NUMBERS`, `IMAGE_TEXTS`, `HEADERS`, `EVENT_PLACES` and what was measured (`noise`,
        `snr`, `estimated_exposure_index`). Doses go by the names of the closed list of quantities, in their units; the
        field's area is that 1 m from the source.
    left_out : dict of str to int
        Images and events that do not count, by reason.
    unmapped : DataFrame
        `body_part`, `view_position`, `protocol_name` and `exposures` of those whose part or view nothing tells.
    equipment : DataFrame
        Identity of all equipment by its number.
    only_site : str
        Name of the site that all of it is of; empty for all sites.
    """

    equipment: pd.DataFrame
    frame: pd.DataFrame
    left_out: dict[str, int]
    unmapped: pd.DataFrame
    only_site: str = ""


def exposures_of_store(
    records: Records,
    site: Site,
    *,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
    measured: Sequence[str] = OF_DOSES,
) -> CountedExposures:
    """Exposures of a store in a period.

    Parameters
    ----------
    records : Records
        The store.
    site : Site
        Settings in force: register, names of examinations.
    first, last : date, optional
        Days that the exposures lie within; those without a date count only where neither is given.
    only_site : str
        Name of the site, as the register has it, that all of it is of; what is left out cannot be told by site.
    populations : collection of str
        What counts; patients' exposures by default.
    measured : sequence of str
        Quantities measured on the images that are read as well; each costs time.

    Returns
    -------
    CountedExposures
        In the order of time. An exposure that an image, a dose report and a performed step tell of counts once, with
        the image's values and, where it has none, the report's; a step's own stand only where it alone tells of it.
    """
    equipment = records.frame("equipment", columns=("id", *IDENTITY)).set_index("id")
    images, left_out = _images(records, populations, measured)
    events, lost = _events(records, site, equipment)
    of_steps = events["source"] == "mpps"
    steps, events = (events[chosen].drop(columns="source") for chosen in (of_steps, ~of_steps))
    events = events.reset_index(drop=True)
    units = equipment[list(_UNIT)]
    matched = matched_rows(images, events, units, numbers=NUMBERS, texts=TEXTS, places=EVENT_PLACES)
    named = images_of_steps(records, steps)
    stepped = stepped_rows(matched.frame, steps, images=images, events=events, equipment=units, named_images=named)
    left_out |= lost
    for reason, number in (
        ("events of images that do not count", matched.uncounted),
        ("told by image and report, counted once", matched.both),
        ("told by performed steps too, counted once", stepped.told),
        ("exposures of performed steps that cannot be told from others", stepped.unsure),
    ):
        if number:
            left_out[reason] = number
    timed, undated = dated(stepped.frame)
    if undated:
        left_out["dates that no exposure can have, counted as undated"] = undated
    aged = timed.assign(patient_age_years=_ages(timed))
    found, unmapped = located(aged, equipment, site, first=first, last=last, only_site=only_site)
    told = _whole(found).sort_values("exposed_at", kind="stable").reset_index(drop=True)
    left_out = {} if only_site else left_out
    return CountedExposures(equipment=equipment, only_site=only_site, frame=told, left_out=left_out, unmapped=unmapped)


def procedures_of(measured: Sequence[str]) -> tuple[str, ...]:
    """Procedures that make some measurements of images, each once."""
    return tuple(dict.fromkeys(_MEASURED[name][1] for name in measured))


def _ages(frame: pd.DataFrame) -> pd.Series:
    """Ages, unknown where a mammogram says 0: some systems write 000Y where they were told none."""
    ages: pd.Series = frame["patient_age_years"].mask((frame["modality"] == "MG") & (frame["patient_age_years"] == 0.0))
    return ages


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Exposures with the columns of images, and of events, where the store holds none of these."""
    images = (*IMAGE_NUMBERS, "noise", "snr", "estimated_exposure_index")
    numbers = {name: float("nan") for name in images if name not in frame}
    texts = {name: pd.Series(pd.NA, index=frame.index, dtype="string") for name in IMAGE_TEXTS if name not in frame}
    told = {"header_states_kerma": False} if "header_states_kerma" not in frame else {}
    return frame.assign(**numbers, **texts, **told)


def _images(
    records: Records, populations: Collection[str], measured: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """All images with what else is known of their exposure, and the number of those that do not count by population."""
    chosen = records.frame("exposures", columns=_IMAGE_COLUMNS).rename(columns=_RENAMED)
    counts = chosen["population"].value_counts()
    left_out = {str(name): int(number) for name, number in counts.items() if name not in populations}
    chosen["counts"] = chosen["population"].isin(list(populations))
    for column, _ in _MEASURED.values():
        chosen[column] = np.nan
    for procedure in procedures_of(measured):
        names = [name for name in measured if _MEASURED[name][1] == procedure]
        wide = records.wide_values(names, procedure=procedure)
        places = first_places(chosen["subject"], wide["subject"])
        for name in names:
            chosen[_MEASURED[name][0]] = np.append(wide[name].to_numpy(), np.nan)[places]
    scale = (_REFERENCE_DISTANCE_MM / chosen["source_detector_distance_mm"].where(lambda value: value > 0.0)) ** 2
    chosen["field_area_mm2"] = chosen["field_area_at_detector_mm2"] * scale
    stated = chosen["incident_air_kerma"].notna()
    unknown = dict.fromkeys(_EVENT_NUMBERS, float("nan"))
    nothing = pd.Series(pd.NA, index=chosen.index, dtype="string")
    return chosen.assign(**unknown, event_type=nothing, header_states_kerma=stated), left_out


def _events(records: Records, site: Site, equipment: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Events of dose reports, each once, and the number of those that do not count by reason."""
    every = records.frame("dose_events", columns=_EVENT_COLUMNS).rename(columns=_RENAMED)
    every = every.rename(
        columns={"protocol": "protocol_name", "field_area_at_1_m_mm2": "field_area_mm2", "subject": "report"}
    ).rename(columns={"target_region": "body_part", "view": "view_position", "exposed_at": "reported_at"})
    every["report_outcome"], every["report_ordinal"] = (
        every["outcome_id"].astype("Int64"),
        every["ordinal"].astype("Int64"),
    )
    every["subject"] = every["report"] + "#" + (every["ordinal"] + 1).astype("string")
    every["exposed_at"] = every["started_at"].fillna(every["reported_at"])
    left_out = {}
    tests = every["is_test_patient"].fillna(value=False).astype(bool)
    own = pd.Series(True, index=every.index)
    if site.equipment:
        known = {number: is_registered(site, row) for number, row in equipment.to_dict("index").items()}
        own = every["equipment_id"].map(known).fillna(value=True).astype(bool)
    for name, wrong in (("events of test patients", tests), ("events of imported equipment", ~own & ~tests)):
        if wrong.any():
            left_out[name] = int(wrong.sum())
    chosen = every[~tests & own]
    named = chosen["event_uid"].notna()
    keys = ["equipment_id", "exposed_at", "plane", "tube_voltage_kv", "exposure_mas", "dose_area_product"]
    again = named & chosen.duplicated(["source", "event_uid"], keep="last")
    nameless = ~named & (chosen["source"] == "report")
    if nameless.any():
        again |= nameless & chosen.duplicated(keys, keep="last")
    if again.any():
        left_out["events told by another report again"] = int(again.sum())
    return chosen[~again].reset_index(drop=True), left_out
