"""Stitched wires: places of the wires in both parts by their formula."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xrayiq_phantoms import Detector, Wire, simulate_stitched

DETECTOR = Detector(quantised=False, gain_dn_per_ugy=1.0)
SHAPE = (300, 400)


def centroids(kerma, rows):
    """Place of the one wire in given rows, from the middle of the image, in mm."""
    depth = 1.0 - kerma[rows] / np.median(kerma[rows], axis=1, keepdims=True)
    columns = (np.arange(kerma.shape[1]) - 199.5) * 0.15
    return depth @ columns / depth.sum(axis=1)


def test_a_wire_runs_straight_over_a_perfect_seam():
    phantom = simulate_stitched(
        DETECTOR, shape=SHAPE, wires=(Wire(place_mm=3.0, slope=0.2),), seam_row=150, noise=False
    )
    rows = np.array([10, 140, 160, 290])
    assert phantom.truth.seam_px == 149.5
    expected = 3.0 + 0.2 * (rows - 149.5) * 0.15
    np.testing.assert_allclose(centroids(phantom.kerma_ugy, rows), expected, atol=1e-6)


def test_the_lower_part_is_turned_and_displaced():
    along, across, angle = 0.7, -1.2, 2.0
    phantom = simulate_stitched(
        DETECTOR,
        shape=SHAPE,
        wires=(Wire(place_mm=3.0, slope=0.2),),
        seam_row=150,
        offset_along_mm=along,
        offset_across_mm=across,
        angle_deg=angle,
        signal_step_fraction=0.1,
        noise=False,
    )
    rows = np.array([160, 220, 290])
    # points (column, row) of the wire, turned from columns towards rows about the middle of the seam, then moved
    turn = math.radians(angle)
    down = np.array([-50.0, 50.0])
    right = 3.0 + 0.2 * down
    x = right * math.cos(turn) - down * math.sin(turn) + along
    y = right * math.sin(turn) + down * math.cos(turn) + across
    expected = x[0] + (x[1] - x[0]) / (y[1] - y[0]) * ((rows - 149.5) * 0.15 - y[0])
    np.testing.assert_allclose(centroids(phantom.kerma_ugy, rows), expected, atol=1e-6)
    level = np.median(phantom.kerma_ugy, axis=1)
    assert level[200] / level[100] == pytest.approx(1.1, rel=1e-9)


def test_a_cross_wire_lies_at_its_distance_from_the_seam():
    wires = (Wire(place_mm=-10.0, slope=math.inf), Wire(place_mm=12.0, slope=math.inf))
    kerma = simulate_stitched(
        DETECTOR, shape=SHAPE, wires=wires, seam_row=150, offset_across_mm=0.5, noise=False
    ).kerma_ugy
    depth = 1.0 - kerma[:, 200] / np.median(kerma[:, 200])
    rows = (np.arange(300) - 149.5) * 0.15
    upper, lower = (float(depth[part] @ rows[part] / depth[part].sum()) for part in (slice(0, 150), slice(150, None)))
    assert (upper, lower) == pytest.approx((-10.0, 12.5), abs=1e-6)
    # 0.8 mm of half transmission
    assert depth[:150].sum() * 0.15 == pytest.approx(0.5 * 0.8, rel=1e-6)
