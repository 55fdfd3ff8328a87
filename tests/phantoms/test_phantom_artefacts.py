"""Simulated artefacts follow their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Defect, Detector, SimulatedBlob, SimulatedLines, SimulatedSeam, simulate_flat
from xrayiq_phantoms.defects import interpolate

SHAPE = (60, 80)


def kerma(*artefacts, **options):
    detector = Detector(**{"quantised": False, **options})
    return simulate_flat(detector, shape=SHAPE, kerma_ugy=2.0, seed=1, noise=False, artefacts=artefacts).kerma_ugy


def test_a_seam_changes_what_is_behind_it_along_its_length():
    factor = kerma(SimulatedSeam(orientation="column", index=30, step=0.1, start=10, stop=50)) / 2.0
    expected = np.ones(SHAPE)
    expected[10:50, 30:] = 1.1
    np.testing.assert_allclose(factor, expected)
    turned = kerma(SimulatedSeam(orientation="row", index=7, step=-0.2)) / 2.0
    np.testing.assert_allclose(turned[6:8, 5], [1.0, 0.8])


def test_a_disc_has_its_area_and_contrast():
    factor = kerma(SimulatedBlob(row=30.0, column=40.3, diameter_mm=3.0, contrast=-0.5)) / 2.0
    assert factor[30, 40] == pytest.approx(0.5)
    # π·10² pixels; partly covered pixels on the edge follow the distance, not the exact area
    assert (1.0 - factor).sum() / 0.5 == pytest.approx(np.pi * 100.0, rel=0.01)


def test_a_gaussian_spot_has_its_standard_deviation():
    factor = kerma(SimulatedBlob(row=30.0, column=40.0, diameter_mm=1.2, contrast=0.3, profile="gaussian")) / 2.0
    # diameter over 2·√2 standard deviations: 1.2/2.828/0.15 = 2.828 px
    radius = np.array([0, 2, 4])
    np.testing.assert_allclose(factor[30, 40 + radius] - 1.0, 0.3 * np.exp(-0.5 * (radius / 2.8284271) ** 2), rtol=1e-6)


def test_lines_above_the_nyquist_frequency_are_those_of_their_alias():
    fine = kerma(SimulatedLines(frequency_per_mm=4.0, amplitude=0.02))
    # cos(2π·4·0.15·n) = cos(2π·(1 − 0.6)·n)
    alias = kerma(SimulatedLines(frequency_per_mm=0.4 / 0.15, amplitude=0.02))
    np.testing.assert_allclose(fine, alias, rtol=1e-9)
    down = kerma(SimulatedLines(frequency_per_mm=1.0, angle_deg=90.0, amplitude=0.02))
    np.testing.assert_allclose(down[:, 3], 2.0 + 0.04 * np.cos(2 * np.pi * 0.15 * np.arange(60)))


@pytest.mark.parametrize(
    ("neighbours", "expected"),
    [
        ("row", (4.0 + 9.0) / 2),
        ("column", (2.0 + 14.0) / 2),
        ("sides", 29.0 / 4),
        ("around", (29.0 + 1 + 5 + 11 + 21) / 8),
    ],
)
def test_an_interpolated_pixel_holds_the_mean_of_its_neighbours(neighbours, expected):
    pixels = np.array([[1.0, 2.0, 5.0], [4.0, 99.0, 9.0], [11.0, 14.0, 21.0]])
    interpolate(pixels, Defect(row=1, column=1, kind="interpolated", neighbours=neighbours))
    assert pixels[1, 1] == pytest.approx(expected)
    whole = np.array([[1, 2, 5], [4, 99, 9], [11, 14, 21]], dtype=np.uint16)
    interpolate(whole, Defect(row=1, column=1, kind="interpolated", neighbours=neighbours))
    assert whole[1, 1] == np.rint(expected)


def test_a_wide_gap_is_bridged_by_a_straight_line_and_a_border_by_its_neighbour():
    pixels = np.array([[0.0, 50.0, 50.0, 9.0, 7.0]])
    interpolate(pixels, Defect(row=0, column=1, columns=2, kind="interpolated", neighbours="row"))
    np.testing.assert_allclose(pixels, [[0.0, 3.0, 6.0, 9.0, 7.0]])
    interpolate(pixels, Defect(row=0, column=4, kind="interpolated", neighbours="row"))
    assert pixels[0, 4] == 9.0
    with pytest.raises(ValueError, match="no good neighbour"):
        interpolate(np.ones((5, 5)), Defect(row=0, column=0, rows=5, columns=5, kind="interpolated"))
