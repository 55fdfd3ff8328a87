"""Skin dose: geometry against closed forms, sums over exposures, what is left out, and speed."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any

import numpy as np
import pytest

from xrayiq.dose import (
    SkinDose,
    SkinExposure,
    SkinModel,
    SkinPhantom,
    estimate_skin_dose,
    skin_cells,
    usual_skin_model,
    usual_skin_phantom,
)
from xrayiq.dose.skin_exposure import skin_beam
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import pack, unpack

#: geometry alone
BARE = SkinModel(table_transmission=1.0, table_width_mm=450.0, tissue_dose_over_kerma=1.0, backscatter=False)
SLAB = SkinPhantom(shape="slab", width_mm=400.0, thickness_mm=200.0, length_mm=600.0, cell_mm=5.0)
ELLIPSE = SkinPhantom(shape="elliptical_cylinder", width_mm=340.0, thickness_mm=200.0, length_mm=600.0, cell_mm=10.0)
#: 2 mGy at the reference point, 600 mm from the focus; 150 × 100 mm at 1 m
FROM_BEHIND = SkinExposure(
    primary_angle_deg=0.0,
    secondary_angle_deg=0.0,
    source_isocentre_distance_mm=750.0,
    reference_point_kerma_mgy=2.0,
    source_reference_point_distance_mm=600.0,
    field_width_at_1_m_mm=150.0,
    field_height_at_1_m_mm=100.0,
    half_value_layer_mm_al=4.23,
)


def bare(*exposures: SkinExposure, phantom: SkinPhantom = SLAB, **given: Any) -> SkinDose:
    return estimate_skin_dose(exposures, phantom=phantom, model=BARE, **given)


@pytest.mark.parametrize("phantom", [SLAB, ELLIPSE])
def test_a_beam_from_behind_has_its_peak_on_the_middle_of_the_back(phantom: SkinPhantom) -> None:
    # the back is 650 mm from the focus
    found = bare(FROM_BEHIND, phantom=phantom)
    assert found.peak_skin_dose_mgy == pytest.approx(2.0 * (600.0 / 650.0) ** 2, rel=1e-12)
    assert (found.peak_along_mm, found.peak_around_mm) == (0.0, 0.0)


def test_backscatter_table_and_tissue_multiply_the_kerma() -> None:
    # a field of 153.8 × 153.8 mm at 1 m is one of 100 mm on the back: 1.35 for 4.23 mm Al
    square = dataclasses.replace(
        FROM_BEHIND, field_width_at_1_m_mm=1e5 / 650.0, field_height_at_1_m_mm=1e5 / 650.0, half_value_layer_mm_al=4.23
    )
    found = estimate_skin_dose([square], phantom=SLAB)
    model = usual_skin_model()
    expected = 2.0 * (600.0 / 650.0) ** 2 * 1.35 * model.table_transmission * model.tissue_dose_over_kerma
    assert found.peak_skin_dose_mgy == pytest.approx(expected, rel=1e-12)
    assert unpack(SkinDose, *pack(found)).to_dict() == found.to_dict()
    assert any("80 % through" in each for each in found.assumptions)


def test_a_beam_from_the_front_meets_no_table() -> None:
    front = dataclasses.replace(FROM_BEHIND, primary_angle_deg=180.0)
    found = estimate_skin_dose([front], phantom=ELLIPSE, model=dataclasses.replace(BARE, table_transmission=0.5))
    # the odd number of cells has none quite in the middle of the front: within half a cell of it
    assert found.peak_skin_dose_mgy == pytest.approx(2.0 * (600.0 / 650.0) ** 2, rel=1e-3)
    assert abs(found.peak_around_mm) > 350.0


@pytest.mark.parametrize(("primary", "side"), [(90.0, -1.0), (-90.0, 1.0)])
def test_a_detector_at_the_patients_left_has_the_beam_enter_at_the_right(primary: float, side: float) -> None:
    lateral = dataclasses.replace(FROM_BEHIND, primary_angle_deg=primary)
    found = bare(lateral, phantom=ELLIPSE)
    # the flank is 580 mm from the focus; cells lie within 5 mm of it
    assert found.peak_skin_dose_mgy == pytest.approx(2.0 * (600.0 / 580.0) ** 2, rel=1e-3)
    assert math.copysign(1.0, found.peak_around_mm) == side


def test_a_detector_towards_the_head_has_the_beam_enter_towards_the_feet() -> None:
    # the central ray meets the back 100 mm · tan 30° below the isocentre, 100 mm / cos 30° before it
    cranial = dataclasses.replace(
        FROM_BEHIND, secondary_angle_deg=30.0, field_width_at_1_m_mm=8.0, field_height_at_1_m_mm=8.0
    )
    found = bare(cranial, phantom=dataclasses.replace(SLAB, cell_mm=1.0, width_mm=40.0, length_mm=300.0))
    assert found.dose_mgy.sum(axis=1) @ found.along_mm / found.dose_mgy.sum() == pytest.approx(
        -100.0 * math.tan(math.radians(30.0)), abs=1.0
    )
    at_centre = 2.0 * (600.0 / (750.0 - 100.0 / math.cos(math.radians(30.0)))) ** 2
    assert found.peak_skin_dose_mgy == pytest.approx(at_centre, rel=0.02)  # 5 mm of field are 1 % of the distance


def test_opposed_beams_do_not_add_and_equal_ones_do() -> None:
    back, front = FROM_BEHIND, dataclasses.replace(FROM_BEHIND, primary_angle_deg=180.0)
    once, opposed, twice = bare(back), bare(back, front), bare(back, back)
    assert opposed.peak_skin_dose_mgy == pytest.approx(once.peak_skin_dose_mgy, rel=1e-12)
    assert np.count_nonzero(opposed.dose_mgy) == 2 * np.count_nonzero(once.dose_mgy)
    assert twice.peak_skin_dose_mgy == pytest.approx(2.0 * once.peak_skin_dose_mgy, rel=1e-12)


def test_beams_side_by_side_do_not_add() -> None:
    # 65 mm high on the back: a table 200 mm further to the head leaves them apart
    placed = [
        dataclasses.replace(FROM_BEHIND, table_longitudinal_mm=y, table_lateral_mm=0.0, table_height_mm=0.0)
        for y in (1000.0, 1200.0)
    ]
    apart, once = bare(*placed), bare(FROM_BEHIND)
    assert apart.peak_skin_dose_mgy == pytest.approx(once.peak_skin_dose_mgy, rel=1e-12)
    assert apart.dose_mgy.sum() == pytest.approx(2.0 * once.dose_mgy.sum(), rel=1e-4)  # 200 mm are no whole cells
    hit = apart.along_mm[apart.dose_mgy.any(axis=1)]
    assert hit.min() == pytest.approx(-232.5, abs=5.0)  # the patient went to the head, the beam to his feet


def test_a_table_that_goes_down_brings_the_back_to_the_focus() -> None:
    placed = [
        dataclasses.replace(FROM_BEHIND, table_longitudinal_mm=0.0, table_lateral_mm=0.0, table_height_mm=z)
        for z in (100.0, 150.0)
    ]
    near = 2.0 * (600.0 / 600.0) ** 2
    assert bare(*placed).peak_skin_dose_mgy == pytest.approx(2.0 * (600.0 / 650.0) ** 2 + near, rel=1e-12)


@pytest.mark.parametrize(("phantom", "angle"), [(SLAB, 0.0), (ELLIPSE, 0.0), (ELLIPSE, 35.0)])
def test_the_integral_over_the_skin_is_the_dose_area_product(phantom: SkinPhantom, angle: float) -> None:
    # kerma times area across the rays is K·d² times the solid angle of the field, on whatever surface
    fine = dataclasses.replace(phantom, cell_mm=2.5)
    exposure = dataclasses.replace(FROM_BEHIND, primary_angle_deg=angle)
    found, cells = bare(exposure, phantom=fine), skin_cells(fine)
    p = math.radians(angle)
    rays = cells.centres_mm - np.array([-750.0 * math.sin(p), 0.0, -750.0 * math.cos(p)])
    across = -np.einsum("ijk,ijk->ij", rays, cells.normals) / np.linalg.norm(rays, axis=2)
    product = (found.dose_mgy * np.maximum(across, 0.0)).sum() * cells.cell_area_mm2
    solid_angle = 4.0 * math.atan(0.075 * 0.05 / math.sqrt(1.0 + 0.075**2 + 0.05**2))
    # cells at the edge: 4 sides of 65 to 98 mm to half a cell, of which the sum is left
    assert product == pytest.approx(2.0 * 600.0**2 * solid_angle, rel=0.03)


def test_fields_follow_from_dose_area_product_and_kerma() -> None:
    # 2 mGy at 600 mm are 0.72 at 1 m; over 15 000 mm² 1.08e-5 Gy·m²
    area = dataclasses.replace(
        FROM_BEHIND, field_width_at_1_m_mm=None, field_height_at_1_m_mm=None, dap_gy_m2=0.72 * 15000.0 * 1e-9
    )
    side = math.sqrt(15000.0)
    square = dataclasses.replace(FROM_BEHIND, field_width_at_1_m_mm=side, field_height_at_1_m_mm=side)
    assert skin_beam(area).half_width_at_1_m_mm == pytest.approx(side / 2.0, rel=1e-12)
    np.testing.assert_allclose(bare(area).dose_mgy, bare(square).dose_mgy, rtol=1e-12)
    kerma = dataclasses.replace(square, reference_point_kerma_mgy=None, dap_gy_m2=0.72 * 15000.0 * 1e-9)
    np.testing.assert_allclose(bare(kerma).dose_mgy, bare(square).dose_mgy, rtol=1e-12)


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({"primary_angle_deg": None}, "no angle of the beam"),
        ({"source_isocentre_distance_mm": None}, "no place of the focus"),
        ({"reference_point_kerma_mgy": None}, "no kerma"),
        ({"field_width_at_1_m_mm": None}, "no size of the field"),
        ({"reference_point_kerma_mgy": -1.0}, "reference_point_kerma_mgy of -1"),
        ({"secondary_angle_deg": math.nan}, "angles of 0 and nan"),
    ],
)
def test_exposures_that_cannot_be_placed_are_left_out_and_named(missing: dict[str, Any], reason: str) -> None:
    lame = dataclasses.replace(FROM_BEHIND, **missing)
    found = bare(FROM_BEHIND, lame)
    assert (found.exposures, found.missed) == (1, 0)
    assert found.left_out[0].startswith("exposure 2: ")
    assert reason in found.left_out[0]
    with pytest.raises(NotMeasurableError, match=reason):
        bare(lame)


def test_no_exposure_has_no_skin_dose() -> None:
    with pytest.raises(NotMeasurableError, match="no exposure"):
        bare()


def test_a_beam_beside_the_patient_is_counted() -> None:
    found = bare(FROM_BEHIND, phantom_centre_mm=(0.0, 900.0, 0.0))
    assert (found.peak_skin_dose_mgy, found.missed) == (0.0, 1)


def test_cells_cover_the_skin() -> None:
    slab, ellipse = skin_cells(SLAB), skin_cells(dataclasses.replace(ELLIPSE, width_mm=200.0))
    assert slab.cell_area_mm2 * slab.centres_mm[..., 0].size == pytest.approx(2 * 400.0 * 600.0, rel=1e-12)
    # a circle of 100 mm: its arc to the steps that it is measured by
    assert ellipse.cell_area_mm2 * ellipse.centres_mm[..., 0].size == pytest.approx(
        2 * math.pi * 100.0 * 600.0, rel=1e-6
    )
    np.testing.assert_allclose(np.linalg.norm(ellipse.normals, axis=2), 1.0, rtol=1e-12)
    np.testing.assert_allclose(ellipse.centres_mm[..., [0, 2]], 100.0 * ellipse.normals[..., [0, 2]], atol=1e-9)


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"shape": "cube"}, "needed elliptical"), ({"width_mm": 0.0}, "width"), ({"cell_mm": 0.1}, "cells")],
)
def test_a_phantom_that_is_none_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        dataclasses.replace(ELLIPSE, **changed)


def test_300_exposures_take_less_than_a_second() -> None:
    angles = np.linspace(-60.0, 60.0, 300)
    exposures = [dataclasses.replace(FROM_BEHIND, primary_angle_deg=float(angle)) for angle in angles]
    started = time.perf_counter()
    found = estimate_skin_dose(exposures, phantom=usual_skin_phantom())
    assert time.perf_counter() - started < 1.0
    assert found.exposures == 300
