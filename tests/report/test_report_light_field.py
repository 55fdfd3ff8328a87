"""The section of a unit holds its last test of the light field."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
from report_builders import MONDAY, Reader, Store, provenance

from xrayiq.metrics import FieldCongruence


def congruence(upper_mm: float) -> FieldCongruence:
    return FieldCongruence(
        deviations_mm=np.array([upper_mm, 1.0, 2.0, 3.0]),
        misalignment_rows_fraction=(upper_mm + 2.0) / 1000.0,
        misalignment_columns_fraction=0.004,
        centre_offset_mm=(0.0, 0.0),
        receptor_offset_mm=None,
        angle_deg=None,
        source_detector_distance_mm=1000.0,
        corners_px=np.array([(19.5, 39.5), (19.5, 239.5), (119.5, 239.5), (119.5, 39.5)]),
        markers_px=np.array([(34.5, 139.5)]),
        marker_radii_mm=np.array([5.0]),
        marker_sides=("upper",),
        light_points_px=np.array([(23.5, 139.5)]),
        image_shape_px=(200, 300),
        pixel_pitch_mm=(0.5, 0.5),
        preview=None,
        provenance=provenance("field_congruence"),
    )


def test_the_last_test_is_drawn_and_its_numbers_stand_in_the_table(store: Store, tmp_path: Path) -> None:
    store.put("collimated_field", congruence(18.0), acquisition={"exposed_at": MONDAY + datetime.timedelta(30)})
    store.put("collimated_field", congruence(4.0))
    page = store.page(tmp_path)
    assert "<title>Light field and X-ray field, 2026-04-01" in page
    assert page.count("<title>Light field and X-ray field") == 1
    assert "+18.0 mm" in page
    rows = [
        row for rows in Reader(page).tables for row in rows if "Light field against X-ray field, across rows" in row
    ]
    assert any("2.00 % of the distance" in cell for cell in rows[0])
