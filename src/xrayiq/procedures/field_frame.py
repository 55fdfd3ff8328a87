"""Fields of a store's exposures: as found in images, told by headers, and told by dose reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.text_places import first_places
from xrayiq.procedures.stored_images import of_stored_images
from xrayiq.records import Records, told_geometry

#: measured quantities and the audit's columns
_MEASURED: Final = {
    "field_area": "found_area_mm2",
    "field_height": "found_height_mm",
    "field_width": "found_width_mm",
    "field_offset_down": "found_offset_rows_mm",
    "field_offset_right": "found_offset_columns_mm",
    "field_rotation": "rotation_deg",
    "collimation_confidence": "confidence",
    "field_sides_collimated": "visible_borders",
    "field_sides_at_border": "sides_at_border",
}
#: those that another procedure measures
_OF_ANATOMY: Final = {"field_beside_anatomy_fraction": "beside_anatomy_fraction"}
_TOLD: Final = (
    *("image_height_mm", "image_width_mm", "detector_height_mm", "detector_width_mm"),
    *("header_top_mm", "header_bottom_mm", "header_left_mm", "header_right_mm", "header_area_mm2"),
)
_REFERENCE_DISTANCE_MM: Final = 1000.0


def with_fields(records: Records, exposures: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Exposures with an image, with what an audit of collimation goes by.

    Parameters
    ----------
    records : Records
        The store.
    exposures : DataFrame
        From `exposures_of_store`.

    Returns
    -------
    exposures : DataFrame
        With the columns `FOUND` and `TOLD` of `xrayiq.audit.collimation_measures`. Where the header tells no pixel
        pitch, nothing is known of the image's size and of the header's field.
    left_out : dict of str to int
        Those without an image.
    """
    own, left_out = of_stored_images(exposures)
    measured: dict[str, NDArray[np.float64]] = {}
    for procedure, names in (("collimation", _MEASURED), ("clinical_noise", _OF_ANATOMY)):
        wide = records.wide_values(tuple(names), procedure=procedure)
        places = first_places(own["subject"], wide["subject"])
        measured |= {column: np.append(wide[name].to_numpy(), np.nan)[places] for name, column in names.items()}
    found = own.assign(**measured, **_told(told_geometry(records), own["subject"]))
    return found.assign(report_area_mm2=_reported(records, found)), left_out


def _told(geometry: pd.DataFrame, subjects: pd.Series) -> dict[str, NDArray[np.float64]]:
    """`_TOLD` of some images; many headers of a unit tell the same, which is read once."""
    codes = np.zeros(len(geometry), dtype=np.int64)
    for name in ("rows", "columns", "told"):
        numbers, known = pd.factorize(geometry[name])
        codes = pd.factorize(codes * (len(known) + 1) + numbers)[0].astype(np.int64)
    sorts = geometry[~pd.Series(codes, index=geometry.index).duplicated()]  # in the order of their codes
    cells = (sorts[name].tolist() for name in ("rows", "columns", "told"))
    table = np.array([_geometry(*row) for row in zip(*cells, strict=True)] + [(np.nan,) * len(_TOLD)])
    chosen = table[np.append(codes, -1)[first_places(subjects, geometry["subject"])]]
    return {name: chosen[:, place].copy() for place, name in enumerate(_TOLD)}


def _geometry(rows: Any, columns: Any, text: Any) -> tuple[float, ...]:
    """`_TOLD` of one header, positions from the centre of the image."""
    nothing = float("nan")
    corners, pitch, active = json.loads(text) if isinstance(text, str) else (None, None, None)
    height, width = (float(active[0]), float(active[-1])) if active else (nothing, nothing)
    if not pitch or pd.isna(rows) or pd.isna(columns):
        return (nothing, nothing, height, width, *([nothing] * 5))
    image = (float(rows) * pitch[0], float(columns) * pitch[1])
    if not corners:
        return (*image, height, width, *([nothing] * 5))
    down = [(row - (float(rows) - 1.0) / 2.0) * pitch[0] for row, _ in corners]
    right = [(column - (float(columns) - 1.0) / 2.0) * pitch[1] for _, column in corners]
    return (*image, height, width, min(down), max(down), min(right), max(right), _area(down, right))


def _area(down: Sequence[float], right: Sequence[float]) -> float:
    """Area of a polygon (shoelace)."""
    turned = range(-1, len(down) - 1)
    return abs(sum(down[place] * right[place + 1] - down[place + 1] * right[place] for place in turned)) / 2.0


def _reported(records: Records, found: pd.DataFrame) -> pd.Series:
    """Area of the field at the detector that the dose report tells of each exposure."""
    names = ("outcome_id", "ordinal", "field_area_at_1_m_mm2", "source_detector_distance_mm")
    events = records.frame("dose_events", columns=names)
    events = events[events["field_area_at_1_m_mm2"] > 0.0].set_index(["outcome_id", "ordinal"])
    if events.empty or "report_outcome" not in found:
        return pd.Series(np.nan, index=found.index)
    places = pd.MultiIndex.from_arrays([found["report_outcome"].fillna(-1), found["report_ordinal"].fillna(-1)])
    chosen = events.reindex(places).set_axis(found.index)
    distance = chosen["source_detector_distance_mm"].fillna(found["source_detector_distance_mm"].astype("float64"))
    area = chosen["field_area_at_1_m_mm2"] * (distance.where(distance > 0.0) / _REFERENCE_DISTANCE_MM) ** 2
    return area.astype("float64")
