"""Where the fields of images lie that may be repeats of each other, as their headers tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit import in_runs
from xrayiq.records import Records

_NAMES: Final = ("collimator_corners_px", "pixel_pitch_mm", "source_detector_distance_mm")
_COLUMNS: Final = ("field_center_row_mm", "field_center_column_mm", "field_area_told_mm2")
_REFERENCE_DISTANCE_MM: Final = 1000.0


def with_field_centres(records: Records, exposures: pd.DataFrame) -> pd.DataFrame:
    """Exposures with the centre of their field where another image of their examination lies near in time.

    Parameters
    ----------
    records : Records
        Store that holds their headers.
    exposures : DataFrame
        As `find_apparent_repeats` takes them.

    Returns
    -------
    DataFrame
        With `field_center_row_mm` and `field_center_column_mm`, NaN where not told, and `field_area_mm2` of the
        collimator's corners where these are told: all in a plane 1 m from the source, or at the detector where its
        distance is not told.
    """
    chosen = exposures[in_runs(exposures)]
    told = records.told_by_headers(chosen["subject"].tolist(), _NAMES)
    fields = {subject: _field(row) for subject, row in told.items()}
    nothing = (np.nan,) * len(_COLUMNS)
    rows = [fields.get(subject, nothing) for subject in chosen["subject"]]
    found = pd.DataFrame(rows, index=chosen.index, columns=list(_COLUMNS), dtype="float64").reindex(exposures.index)
    area = found.pop("field_area_told_mm2")
    return exposures.assign(**found, field_area_mm2=area.fillna(exposures["field_area_mm2"]))


def _field(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Row and column of the centre and the area of a field; NaN where its corners or the pitch are not told."""
    corners, pitch, distance = (row[name] for name in _NAMES)
    if not corners or not pitch or len(corners) < 3:
        return (np.nan, np.nan, np.nan)
    scale = _REFERENCE_DISTANCE_MM / distance if distance else 1.0
    places = np.asarray(corners, dtype=np.float64) * np.asarray(pitch, dtype=np.float64) * scale
    rows, columns = places.T
    area = 0.5 * abs(float(np.dot(rows, np.roll(columns, 1)) - np.dot(columns, np.roll(rows, 1))))
    return (float(rows.mean()), float(columns.mean()), area if area > 0.0 else np.nan)
