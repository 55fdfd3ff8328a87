"""Defective pixels take the median of the good pixels around them, and the noise is that of the good detector."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import xrayiq
from xrayiq.errors import InputError
from xrayiq_phantoms import Defect, Detector, simulate_flat

DEFECTS = (
    Defect(row=60, column=80),
    Defect(row=0, column=0, kind="hot"),
    Defect(row=150, column=100, rows=3, columns=3),
    Defect(row=0, column=200, rows=None, columns=1),
)
GOOD = Detector(electronic_noise_ugy=0.01)
FAULTY = dataclasses.replace(GOOD, defects=DEFECTS)


def flat(detector, seed=1):
    return simulate_flat(detector, shape=(400, 400), kerma_ugy=2.5, seed=seed).pixels


def test_only_defective_pixels_change_and_take_the_median_of_their_good_neighbours():
    image = flat(FAULTY)
    defects = xrayiq.find_defects([flat(FAULTY, seed) for seed in range(4)])
    mask = defects.mask()
    corrected = xrayiq.correct_defects(image, defects)
    assert np.array_equal(corrected.pixels[~mask], image[~mask])
    neighbours = [image[row, column] for row in (59, 60, 61) for column in (79, 80, 81) if (row, column) != (60, 80)]
    assert corrected.pixels[60, 80] == int(np.median(neighbours))
    assert corrected.pixels[0, 0] == int(np.median([image[0, 1], image[1, 0], image[1, 1]]))
    window = image[149 - 0 : 154, 99 - 0 : 104]  # the 3 × 3 cluster's centre sees 16 good pixels in 5 × 5
    ring = [value for (row, column), value in np.ndenumerate(window) if row in (0, 4) or column in (0, 4)]
    assert corrected.pixels[151, 101] == int(np.median(ring))
    assert corrected.pixels.dtype == image.dtype
    assert f"{mask.sum()} defective pixels" in corrected.warnings[-1]


def test_noise_after_correction_is_that_of_the_good_detector():
    images = [flat(FAULTY, seed) for seed in range(4)]
    defects = xrayiq.find_defects(images)
    corrected = [xrayiq.correct_defects(image, defects) for image in images]
    found = xrayiq.measure_nps(corrected, pixel_pitch_mm=0.15)
    truth = xrayiq.measure_nps([flat(GOOD, seed) for seed in range(4)], pixel_pitch_mm=0.15)
    # 0.3 % of the pixels are replaced, by medians of less noise than theirs
    np.testing.assert_allclose(found.radial_values / truth.radial_values, 1.0, atol=0.03)


def test_an_image_without_defects_is_itself():
    image = xrayiq.Radiograph.from_array(flat(GOOD), pixel_pitch_mm=0.15)
    assert xrayiq.correct_defects(image, xrayiq.find_defects([flat(GOOD, seed) for seed in range(4)])) is image


def test_defects_of_another_size_are_refused():
    defects = xrayiq.find_defects([flat(GOOD, seed) for seed in range(2)])
    with pytest.raises(InputError, match="300 × 300 and defects of 400 × 400"):
        xrayiq.correct_defects(np.ones((300, 300)), defects)
