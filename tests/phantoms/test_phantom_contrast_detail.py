"""Contrast-detail objects: each disc is its formula, lies where the truth says, and lines stand where cells meet."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.special import j1

from xrayiq_phantoms import CDMAM_LIKE, CDRAD_LIKE, Detector, simulate_contrast_detail
from xrayiq_phantoms.blurred_disc import pixel_patch, radial_profile

DETECTOR = Detector(quantised=False, gain_dn_per_ugy=1.0)
#: four cells, so that an image is small
SMALL = dataclasses.replace(CDRAD_LIKE, diameters_mm=(4.0, 1.0), steps_mm=(1.0, 8.0), single_rows=1, line_contrast=0.0)


def image(design=SMALL, shape=(320, 320), **options):
    options = {"kerma_ugy": 4.0, "seed": 0, "noise": False, **options}
    return simulate_contrast_detail(DETECTOR, shape=shape, design=design, **options)


def test_middle_of_a_blurred_disc_has_its_closed_form():
    # at r = 0 the integral is 1 − exp(−R²/2σ²)
    for radius in (0.05, 0.15, 4.0):
        found = radial_profile(np.array([0.0]), radius_mm=radius, sigma_mm=0.1)
        assert found[0] == pytest.approx(1 - np.exp(-0.5 * (radius / 0.1) ** 2), rel=1e-9)


@pytest.mark.parametrize("radius_mm", [0.15, 0.5])
def test_pixels_are_the_disc_through_blur_and_aperture(radius_mm):
    pitch, sigma, size, finer = 0.15, 0.10, 64, 4
    patch, reach = pixel_patch(offset_px=(0.25, -0.5), radius_mm=radius_mm, sigma_mm=sigma, pitch_mm=pitch)
    # transform of the disc times blur times aperture, on a grid four times finer: aliases are below 1e-10
    f = np.fft.fftfreq(size * finer, pitch / finer)
    radial = np.hypot(f[None, :], f[:, None])
    with np.errstate(invalid="ignore"):
        disc = np.where(radial > 0, radius_mm * j1(2 * np.pi * radius_mm * radial) / radial, np.pi * radius_mm**2)
    seen = disc * np.exp(-2 * (np.pi * sigma * radial) ** 2) * np.sinc(f * pitch)[None, :] * np.sinc(f * pitch)[:, None]
    seen = seen * np.exp(-2j * np.pi * pitch * (0.25 * f[:, None] - 0.5 * f[None, :]))
    expected = np.fft.fftshift(np.real(np.fft.ifft2(seen)))[::finer, ::finer] * (finer / pitch) ** 2
    middle = size // 2
    part = expected[middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
    np.testing.assert_allclose(patch, part, atol=1e-5)  # quadrature


@pytest.mark.parametrize(("rotation_deg", "magnification"), [(0.0, 1.0), (3.0, 1.2)])
def test_holes_add_their_contrast_times_their_area_where_the_truth_says(rotation_deg, magnification):
    options = {"rotation_deg": rotation_deg, "magnification": magnification, "shift_mm": (0.4, -0.7)}
    phantom = image(shape=(400, 400), corners=np.array([[-1, -1], [1, 2]]), **options)
    added = phantom.kerma_ugy / 4.0 - 1.0
    truth = phantom.truth
    rows, columns = np.indices(added.shape)
    for row in (0, 1):
        for column in (0, 1):
            area = np.pi * (magnification * SMALL.diameters_mm[row]) ** 2 / 4
            contrast = np.exp(0.022 * SMALL.steps_mm[column]) - 1
            for centre in (truth.centres_px[row, column], truth.corner_discs_px[row, column]):
                if np.isnan(centre).any():
                    continue
                near = np.hypot(rows - centre[0], columns - centre[1]) < 20
                assert added[near].sum() * 0.15**2 == pytest.approx(contrast * area, rel=1e-4)
                found = [np.sum((added * axis)[near]) / added[near].sum() for axis in (rows, columns)]
                np.testing.assert_allclose(found, centre, atol=1e-3)
    first, second = truth.centres_px[1, 0], truth.corner_discs_px[1, 0]
    turned = np.hypot(*(second - first)) * 0.15
    assert turned == pytest.approx(np.sqrt(2) * 4.75 * magnification, rel=1e-9)
    # corner 1 is up and to the right
    assert second[0] < first[0] and second[1] > first[1]


def test_lines_stand_where_cells_meet():
    design = dataclasses.replace(SMALL, line_contrast=0.1, line_mm=0.5)
    phantom = image(design, contrast_scale=0.0)
    profile = 1.0 - phantom.kerma_ugy[80] / 4.0  # through the middle of the first row of cells
    lines = np.flatnonzero((profile > 0.05) & (profile >= np.roll(profile, 1)) & (profile > np.roll(profile, -1)))
    middle, cell = 159.5, 16 / 0.15
    np.testing.assert_allclose(lines, middle + cell * np.array([-1, 0, 1]), atol=0.51)
    assert profile[lines[1] - 10 : lines[1] + 11].sum() * 0.15 == pytest.approx(0.1 * 0.5, rel=1e-3)
    np.testing.assert_allclose(phantom.truth.outline_px[0], [middle - cell, middle - cell])


def test_kerma_beside_the_plate_is_as_asked():
    phantom = image(contrast_scale=0.0, outside_fraction=2.0, shape=(420, 420))
    assert phantom.kerma_ugy[5, 5] == pytest.approx(8.0)
    assert phantom.kerma_ugy[210, 210] == pytest.approx(4.0)


def test_gold_discs_take_kerma_away_in_a_grid_turned_by_45_degrees():
    phantom = image(CDMAM_LIKE, shape=(1200, 1200))
    assert phantom.truth.contrasts[-1] == pytest.approx(1 - np.exp(-0.24))
    across = phantom.truth.centres_px[0, 1] - phantom.truth.centres_px[0, 0]
    np.testing.assert_allclose(across * 0.15, 7.0 / np.sqrt(2), rtol=1e-9)
    row, column = np.rint(phantom.truth.centres_px[0, 15]).astype(int)
    assert 1 - phantom.kerma_ugy[row, column] / 4.0 == pytest.approx(1 - np.exp(-0.24), rel=1e-3)
