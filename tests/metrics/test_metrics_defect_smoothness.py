"""Pixels that were interpolated from their neighbours are found from 16 flat fields on, and no others."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq.metrics import Defects, find_defects
from xrayiq.model import Response, pack, quantities, unpack
from xrayiq.model.radiograph import Radiograph
from xrayiq_phantoms import Defect, Detector, simulate_flat
from xrayiq_phantoms.defects import defect_mask
from xrayiq_phantoms.spectra import aperture_covariance

SHAPE = (420, 440)
KINDS: tuple[Any, ...] = ("row", "column", "sides", "around")
#: single pixels of each kind, on borders too, pairs, squares of four, a double column and a row
PIXELS = tuple(
    Defect(row=row, column=column, kind="interpolated", neighbours=kind)
    for kind, (row, column) in zip(
        itertools.cycle(KINDS), itertools.product(range(30, 400, 37), range(25, 420, 41)), strict=False
    )
)
AREAS = (
    Defect(row=0, column=203, rows=None, columns=2, kind="interpolated", neighbours="row"),
    Defect(row=107, column=0, rows=1, columns=None, kind="interpolated", neighbours="column"),
    Defect(row=50, column=80, rows=2, columns=2, kind="interpolated", neighbours="row"),
    Defect(row=0, column=90, kind="interpolated", neighbours="row"),
    Defect(row=260, column=439, kind="interpolated", neighbours="column"),
)


def flats(*defects: Defect, count: int, shape: tuple[int, int] = SHAPE, seed: int = 100, **detector: Any) -> Any:
    settings: dict[str, Any] = {"heel_fraction": 0.3, "structured_noise_fraction": 0.002, **detector}
    sensor = Detector(**settings, defects=defects)
    return (simulate_flat(sensor, shape=shape, kerma_ugy=2.5, seed=seed + number).pixels for number in range(count))


def marks_of(pixels: NDArray[np.int64] | None, shape: tuple[int, int] = SHAPE) -> NDArray[np.bool_]:
    assert pixels is not None
    marks = np.zeros(shape, dtype=np.bool_)
    marks[pixels[:, 0], pixels[:, 1]] = True
    return marks


@pytest.mark.parametrize("blur_mm", [0.02, 0.10])
def test_every_interpolated_pixel_and_line_is_found_from_16_flats(blur_mm: float) -> None:
    found = find_defects(flats(*PIXELS, *AREAS, count=16, blur_sigma_mm=blur_mm))
    truth = defect_mask((*PIXELS, *AREAS), SHAPE)
    # 2 false ones in 1e6 pixels are allowed by the limit: none or one of 185 thousand
    assert not np.count_nonzero(truth & ~marks_of(found.interpolated_px))
    assert np.count_nonzero(found.mask() & ~truth) <= 1
    assert found.not_looked_for == ()
    assert {(line.orientation, line.index_px, line.length_px) for line in found.lines} == {
        ("column", 203, SHAPE[0]),
        ("column", 204, SHAPE[0]),
        ("row", 107, SHAPE[1]),
    }
    assert [50, 52, 80, 82] in found.cluster_boxes_px.tolist()


@pytest.mark.parametrize(("blur_mm", "count"), [(0.10, 16), (0.20, 16), (0.10, 24)])
def test_clean_correlated_noise_has_no_more_than_one_false_pixel_in_1e5(blur_mm: float, count: int) -> None:
    shape = (700, 800)
    found = find_defects(flats(count=count, shape=shape, blur_sigma_mm=blur_mm, lag_fraction=0.01))
    assert found.interpolated_px is not None
    assert found.defective_pixels <= shape[0] * shape[1] * 1e-5


def test_variance_ratios_are_those_of_the_noise_covariance() -> None:
    # variance of a pixel less the mean of n neighbours, from the covariance c(rows, columns) of the quantum noise
    detector = Detector(electronic_noise_ugy=0.0)
    line = aperture_covariance(pitch_mm=detector.pixel_pitch_mm, sigma_mm=detector.blur_sigma_mm)
    line = np.concatenate([line / line[0], np.zeros(3)])
    sides = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    steps = ([(0, -1), (0, 1)], [(-1, 0), (1, 0)], sides, [*sides, (-1, -1), (-1, 1), (1, -1), (1, 1)])
    expected = []
    for near in steps:
        weights = {(0, 0): 1.0, **dict.fromkeys(near, -1.0 / len(near))}
        expected.append(
            sum(
                first * second * line[abs(a[0] - b[0])] * line[abs(a[1] - b[1])]
                for (a, first), (b, second) in itertools.product(weights.items(), repeat=2)
            )
        )
    found = find_defects(flats(count=16, electronic_noise_ugy=0.0, structured_noise_fraction=0.0))
    # medians of 7392 variances with 15 degrees of freedom: 0.37·1.25/√7392 = 0.5 % each, and rounding below 0.1 %;
    # medians of χ² and of its root are the same. Four standard errors
    assert found.neighbour_variance_ratios == pytest.approx(expected, rel=0.03)
    assert expected[0] < 1.0


def test_fewer_than_16_flats_say_that_this_was_not_looked_for() -> None:
    images = list(flats(*PIXELS, count=16))
    found = find_defects(images[:15])
    assert found.interpolated_px is None
    assert found.neighbour_variance_ratios is None
    assert found.not_looked_for == ("interpolated",)
    assert "interpolated_pixels" not in {item.quantity for item in found.measurements()}
    assert find_defects(images[0]).not_looked_for == ("noisy", "interpolated")


def test_noise_below_the_steps_of_the_stored_values_is_not_judged() -> None:
    # 0.35 stored values of noise: many good pixels do not change at all
    found = find_defects(flats(*PIXELS, count=16, gain_dn_per_ugy=11.0, heel_fraction=0.0))
    assert found.interpolated_px is None
    assert found.not_looked_for == ("interpolated",)
    assert any("stored values" in warning for warning in found.provenance.warnings)


def test_the_same_image_again_and_again_is_not_judged() -> None:
    image = next(flats(count=1))
    found = find_defects([image] * 16)
    assert found.interpolated_px is None
    assert any("do not change" in warning for warning in found.provenance.warnings)


def test_interpolated_pixels_of_logarithmic_values_are_found() -> None:
    detector = {"response": "log", "gain_dn_per_ugy": 1000.0, "offset_dn": 4000.0}
    response = Response(model="log", a=4000.0, b=1000.0)
    images = (Radiograph.from_array(pixels, response=response) for pixels in flats(*PIXELS, count=16, **detector))
    truth = defect_mask(PIXELS, SHAPE)
    assert not np.count_nonzero(truth & ~marks_of(find_defects(images).interpolated_px))


def test_dead_and_noisy_pixels_stay_in_their_class() -> None:
    dead = (Defect(row=200, column=300, rows=3, columns=3), Defect(row=20, column=0, columns=None))
    generator = np.random.default_rng(3)
    images = []
    for pixels in flats(*dead, *PIXELS, count=16):
        image = pixels.astype(np.float64)
        image[333, 222] += generator.normal(0.0, 400.0)
        images.append(image)
    found = find_defects(images)
    np.testing.assert_array_equal(marks_of(found.dead_px), defect_mask(dead, SHAPE))
    assert not np.count_nonzero(marks_of(found.interpolated_px) & defect_mask(dead, SHAPE))
    assert [333, 222] not in (found.interpolated_px.tolist() if found.interpolated_px is not None else [])


def test_masked_pixels_are_not_taken_for_interpolated() -> None:
    images = [pixels.astype(np.float64) for pixels in flats(count=16)]
    for image in images:
        image[100:140, 200:260] = np.nan
    found = find_defects(images)
    assert found.pixel_count == SHAPE[0] * SHAPE[1] - 40 * 60
    assert found.defective_pixels <= 1


def test_interpolated_pixels_are_counted_and_survive_storage() -> None:
    found = find_defects(flats(*PIXELS, count=16))
    values = {item.quantity: item.value for item in found.measurements()}
    assert set(values) <= set(quantities())
    assert values["interpolated_pixels"] == pytest.approx(len(PIXELS), abs=1)
    assert values["defective_pixels"] == found.defective_pixels == np.count_nonzero(found.mask())
    plain, arrays = pack(found)
    again = unpack(Defects, json.loads(json.dumps(plain)), arrays)
    np.testing.assert_array_equal(marks_of(again.interpolated_px), marks_of(found.interpolated_px))
    assert again.neighbour_variance_ratios == found.neighbour_variance_ratios


def test_results_stored_before_this_class_existed_can_be_read() -> None:
    plain, arrays = pack(find_defects(next(flats(count=1))))
    assert isinstance(plain, dict)
    older = {key: value for key, value in plain.items() if key not in ("interpolated_px", "neighbour_variance_ratios")}
    again = unpack(Defects, older, arrays)
    assert again.interpolated_px is None
