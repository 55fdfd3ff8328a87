"""Defects are found where the simulated detector has them, and nowhere else."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.defects import Defects, find_defects
from xrayiq.model import Acquisition, Radiograph, pack, quantities, unpack
from xrayiq_phantoms import Defect, Detector, simulate_flat

SHAPE = (900, 1000)
#: correlated noise, heel, gain map and fixed pattern
DETECTOR: dict[str, Any] = {
    "heel_fraction": 0.3,
    "gain_nonuniformity_fraction": 0.03,
    "structured_noise_fraction": 0.002,
}
KERMA_UGY = 2.5


def flat(*defects: Defect, seed: int = 1, shape: tuple[int, int] = SHAPE, kerma: float = KERMA_UGY) -> NDArray[Any]:
    detector = Detector(**DETECTOR, defects=tuple(defects))
    return simulate_flat(detector, shape=shape, kerma_ugy=kerma, seed=seed).pixels


def truth(*defects: Defect, shape: tuple[int, int] = SHAPE) -> NDArray[np.bool_]:
    marks = np.zeros(shape, dtype=np.bool_)
    for defect in defects:
        marks[defect.area] = True
    return marks


def marks_of(pixels: NDArray[np.int64], shape: tuple[int, int] = SHAPE) -> NDArray[np.bool_]:
    marks = np.zeros(shape, dtype=np.bool_)
    marks[pixels[:, 0], pixels[:, 1]] = True
    return marks


def single_pixels(kind: Any, amplitude: float = 0.0, *, seed: int) -> list[Defect]:
    """Pixels of one class that do not touch, corners and borders of the image among them."""
    rows, columns = SHAPE
    corners = [(0, 0), (0, columns - 1), (rows - 1, 0), (rows - 1, columns - 1), (0, 500), (450, 0)]
    grid = list(itertools.product(range(7, rows - 7, 14), range(7, columns - 7, 14)))
    chosen = np.random.default_rng(seed).choice(len(grid), size=60, replace=False)
    places = corners + [grid[number] for number in chosen]
    return [Defect(row=row, column=column, kind=kind, amplitude=amplitude) for row, column in places]


# ---------------------------------------------------------------------- pixels


@pytest.mark.parametrize(
    ("kind", "amplitude", "name"),
    [
        ("dead", 0.0, "dead_px"),
        ("hot", 0.0, "over_responding_px"),
        ("gain", 0.5, "over_responding_px"),
        ("gain", -0.6, "under_responding_px"),
        ("gain", 0.15, "nonuniform_px"),
        ("gain", -0.15, "nonuniform_px"),
    ],
)
def test_every_injected_pixel_is_found_in_its_class(kind: str, amplitude: float, name: str) -> None:
    # noise of 1.3 %: the limits 0.1, 0.6, 1.3 and six standard deviations lie five of them or more from the defects
    defects = single_pixels(kind, amplitude, seed=5)
    found = find_defects(flat(*defects))
    np.testing.assert_array_equal(marks_of(getattr(found, name)), truth(*defects))
    np.testing.assert_array_equal(found.mask(), truth(*defects))
    assert found.defective_pixels == len(defects)
    assert found.defective_fraction == len(defects) / (SHAPE[0] * SHAPE[1])
    assert (found.cluster_sizes_px.size, found.largest_cluster_px, found.lines) == (0, 0, ())
    assert found.noisy_px is None


@pytest.mark.parametrize("kerma", [1.0, 10.0])
def test_dead_and_hot_pixels_are_found_at_low_and_high_dose(kerma: float) -> None:
    defects = single_pixels("dead", seed=6)[:33] + single_pixels("hot", seed=6)[33:]
    np.testing.assert_array_equal(find_defects(flat(*defects, kerma=kerma)).mask(), truth(*defects))


@pytest.mark.parametrize("blur_mm", [0.02, 0.10, 0.20])
def test_clean_correlated_noise_has_no_more_than_one_false_pixel_in_1e5(blur_mm: float) -> None:
    false = pixels = 0
    for seed, kerma in ((11, 0.5), (12, 5.0)):
        detector = Detector(**{**DETECTOR, "blur_sigma_mm": blur_mm, "structured_noise_fraction": 0.005})
        found = find_defects(simulate_flat(detector, shape=(1400, 1500), kerma_ugy=kerma, seed=seed).pixels)
        false, pixels = false + found.defective_pixels, pixels + found.pixel_count
    assert pixels == 2 * 1400 * 1500
    assert false <= pixels * 1e-5


def test_rows_that_are_noisy_as_a_whole_and_a_seam_are_no_lines() -> None:
    noise = np.random.default_rng(3)
    values = 1000.0 + noise.normal(0.0, 10.0, (800, 800)) + noise.normal(0.0, 8.0, (800, 1))
    values[:, 403:] *= 1.02
    assert find_defects(values).defective_pixels == 0


def test_limits_grow_with_the_noise_and_the_provenance_says_so() -> None:
    # 10 % of noise: six standard deviations are 60 %, beyond the limits of under- and of over-response
    values = np.random.default_rng(4).normal(1000.0, 100.0, (400, 400))
    values[100, 100] = 0.0
    found = find_defects(values)
    np.testing.assert_array_equal(found.dead_px, [[100, 100]])
    # 1.3 % is four standard errors of the standard deviation of a cell of 1225 pixels; the median over 121 has less
    assert found.noise_fraction == pytest.approx(0.1, rel=0.013 * 4)
    assert found.defective_pixels == 1
    warnings = " ".join(found.provenance.warnings)
    assert "under-response" in warnings
    assert "over-response" in warnings
    assert "no response" not in warnings


def test_given_limits_count() -> None:
    defects = single_pixels("gain", 0.2, seed=7)
    image = flat(*defects)
    assert len(find_defects(image, over_above=1.1).over_responding_px) == len(defects)
    assert find_defects(image, nonuniform_beyond=0.25).defective_pixels == 0
    assert find_defects(image, noise_limit_sd=30.0).defective_pixels == 0


# ---------------------------------------------------------------------- clusters


def test_every_injected_cluster_is_found_with_its_box_and_size() -> None:
    sizes = (2, 3, 5, 8, 15, 40, 90)
    defects = [
        Defect(row=20 + 110 * number, column=40 + 120 * number, rows=size, columns=size, kind=kind)
        for number, (size, kind) in enumerate(zip(sizes, itertools.cycle(("dead", "hot")), strict=False))
    ]
    found = find_defects(flat(*defects))
    np.testing.assert_array_equal(found.mask(), truth(*defects))
    expected = [(d.row, d.row + size, d.column, d.column + size) for d, size in zip(defects, sizes, strict=True)]
    np.testing.assert_array_equal(found.cluster_boxes_px, expected[::-1])
    np.testing.assert_array_equal(found.cluster_sizes_px, np.square(sizes)[::-1])
    assert found.largest_cluster_px == 90**2
    assert found.lines == ()


def test_pixels_that_touch_at_a_corner_are_one_cluster() -> None:
    steps = [Defect(row=100 + step, column=200 + step) for step in range(12)]
    apart = [Defect(row=300, column=300), Defect(row=300, column=302)]
    found = find_defects(flat(*steps, *apart))
    np.testing.assert_array_equal(found.cluster_boxes_px, [[100, 112, 200, 212]])
    np.testing.assert_array_equal(found.cluster_sizes_px, [12])
    assert found.lines == ()


def test_a_failed_read_out_is_one_cluster_not_a_field_of_its_own() -> None:
    band = Defect(row=0, column=256, rows=None, columns=64)
    found = find_defects(flat(band))
    np.testing.assert_array_equal(found.cluster_boxes_px, [[0, SHAPE[0], 256, 320]])
    np.testing.assert_array_equal(found.mask(), truth(band))


def test_under_responding_columns_at_the_border_are_found() -> None:
    band = Defect(row=0, column=0, rows=None, columns=3, kind="gain", amplitude=-0.5)
    found = find_defects(flat(band))
    np.testing.assert_array_equal(found.mask(), truth(band))
    assert {(line.orientation, line.index_px, line.length_px) for line in found.lines} == {
        ("column", column, SHAPE[0]) for column in range(3)
    }


# ---------------------------------------------------------------------- lines


def faint(seed: int, sign: int) -> list[Defect]:
    """Partial lines of 100 to 160 pixels, 1 to 3 wide, on the borders too, of 3 standard deviations of a pixel."""
    detector = Detector(**DETECTOR)
    # the heel makes up to 15 % more kerma than in the middle of the beam; 3 SD everywhere takes the noise of the most
    amplitude = sign * 3.0 * float(np.sqrt(detector.noise_variance_ugy2(1.15 * KERMA_UGY)))
    generator = np.random.default_rng(seed)
    lines = []
    for number in range(14):
        length, width = int(generator.integers(100, 161)), 1 + number % 3
        across = (0, 899 - width, *range(60, 860, 65))[number]
        along = int(generator.integers(0, SHAPE[0] // 2 - length)) + (number % 2) * SHAPE[0] // 2
        kinds: dict[str, Any] = {"kind": "offset", "amplitude": amplitude}
        if seed % 2:
            lines.append(Defect(row=across, column=along, rows=width, columns=length, **kinds))
        else:
            lines.append(Defect(row=along, column=across, rows=length, columns=width, **kinds))
    return lines


@pytest.mark.parametrize(("seed", "sign"), [(20, 1), (21, 1), (22, -1), (23, -1), (24, 1), (25, -1)])
def test_every_line_of_three_standard_deviations_over_100_pixels_is_found(seed: int, sign: int) -> None:
    injected = faint(seed, sign)
    found = find_defects(flat(*injected, seed=seed))
    wanted = {}
    for defect in injected:
        across, along = defect.area if seed % 2 else defect.area[::-1]
        for index in range(across.start, across.stop):
            wanted["row" if seed % 2 else "column", index] = (along.start, along.stop - along.start)
    got = {(line.orientation, line.index_px): line for line in found.lines}
    assert len(found.lines) == len(got)
    assert set(got) == set(wanted)
    for key, (start, length) in wanted.items():
        # the likeliest change point of 3 SD in correlated noise lies within a few pixels of the true one
        assert got[key].start_px == pytest.approx(start, abs=10)
        assert got[key].length_px == pytest.approx(length, abs=15)
        # median of 100 pixels: 1.25·√(2/100) = 0.18 SD with twice the variance of white noise, four of which; and 3 SD
        # are 3 to 3.5 local ones, as the heel takes up to 15 % of the kerma away
        assert 3.0 - 0.72 < sign * got[key].amplitude_sd < 3.5 + 0.72
    # no line or pixel elsewhere
    false = found.mask() & ~truth(*injected)
    assert np.count_nonzero(false) < 0.02 * np.count_nonzero(truth(*injected))


def test_lines_have_their_place_length_and_amplitude() -> None:
    lines = (
        Defect(row=0, column=300, rows=None, columns=1),
        Defect(row=450, column=0, rows=1, columns=None, kind="gain", amplitude=0.5),
        Defect(row=700, column=600, rows=1, columns=10),
        Defect(row=100, column=700, rows=9, columns=1),
    )
    found = find_defects(flat(*lines))
    np.testing.assert_array_equal(found.mask(), truth(*lines))
    places = [(line.orientation, line.index_px, line.start_px, line.length_px) for line in found.lines]
    assert places == [("row", 450, 0, 1000), ("column", 300, 0, 900), ("row", 700, 600, 10)]
    # median over 10 to 1000 pixels with 1.3 % of noise and the local median's own
    assert [line.amplitude_fraction for line in found.lines] == pytest.approx([0.5, -1.0, -1.0], abs=0.01)
    assert found.lines[1].amplitude_sd == pytest.approx(-1.0 / found.noise_fraction, rel=0.1)
    np.testing.assert_array_equal(found.cluster_boxes_px, [[100, 109, 700, 701]])
    for line, defect in zip(found.lines, (lines[1], lines[0], lines[2]), strict=True):
        np.testing.assert_array_equal(truth(*lines)[line.area], True)
        assert truth(*lines)[line.area].size == truth(defect).sum()


# ---------------------------------------------------------------------- several images


def test_noisy_pixels_are_told_from_eight_images_on() -> None:
    shape = (300, 320)
    noisy = np.zeros(shape, dtype=np.bool_)
    noisy[::37, 5::41] = True
    generator = np.random.default_rng(8)
    dead = Defect(row=50, column=50)
    images = []
    for seed in range(8):
        image = flat(dead, seed=40 + seed, shape=shape).astype(np.float64) * (1.0 + 0.02 * seed)
        # 20 times the noise of the others; 8 images leave the standard deviation below 6 times with chance 1e-3 each
        image[noisy] += generator.normal(0.0, 20.0 * 0.013 * image.mean(), noisy.sum())
        images.append(image)
    found = find_defects(np.stack(images))
    assert found.image_count == 8
    assert found.noisy_px is not None
    # a noisy pixel may also be far off in the mean: it is then in the class of its mean
    np.testing.assert_array_equal(found.mask(), noisy | truth(dead, shape=shape))
    assert np.count_nonzero(marks_of(found.noisy_px, shape) & ~noisy) == 0
    assert len(found.noisy_px) > 0
    np.testing.assert_array_equal(found.dead_px, [[50, 50]])
    assert find_defects(images[:7]).noisy_px is None


def test_more_images_show_fainter_defects() -> None:
    # 6 % is 4.6 standard deviations of one image and 9 of the mean of four, each with a scatter of one
    defects = single_pixels("gain", 0.06, seed=9)
    images = [flat(*defects, seed=60 + number) for number in range(4)]
    assert find_defects(images[0]).defective_pixels < len(defects) // 2
    found = find_defects(images)
    assert np.count_nonzero(found.mask() & truth(*defects)) > 0.9 * len(defects)
    assert np.count_nonzero(found.mask() & ~truth(*defects)) == 0


# ---------------------------------------------------------------------- invariance, padding, storage


def test_gain_dtype_flips_and_transposition_leave_the_defects() -> None:
    defects = (*single_pixels("dead", seed=10), Defect(row=300, column=400, rows=200, columns=1, kind="hot"))
    image = flat(*defects)
    wanted = find_defects(image).mask()
    np.testing.assert_array_equal(wanted, truth(*defects))
    for changed in (image.astype(np.float32) * 3.7, image.astype(np.float64)):
        np.testing.assert_array_equal(find_defects(changed).mask(), wanted)
    np.testing.assert_array_equal(find_defects(image[::-1]).mask(), wanted[::-1])
    np.testing.assert_array_equal(find_defects(image[:, ::-1]).mask(), wanted[:, ::-1])
    np.testing.assert_array_equal(find_defects(image.T).mask(), wanted.T)


def test_masked_pixels_are_not_judged() -> None:
    dead = Defect(row=401, column=350)
    values = flat(dead).astype(np.float64)
    values[:100] = np.nan
    values[360:401, 300:400] = np.nan
    found = find_defects(values)
    np.testing.assert_array_equal(found.mask(), truth(dead))
    assert found.pixel_count == SHAPE[0] * SHAPE[1] - 100 * SHAPE[1] - 41 * 100


def test_result_names_known_quantities_and_survives_storage() -> None:
    defects = (Defect(row=0, column=300, rows=None, columns=1), Defect(row=50, column=60, rows=2, columns=2))
    found = find_defects(flat(*defects))
    values = {item.quantity: item.value for item in found.measurements()}
    assert values == {
        "defective_pixels": 904.0,
        "defective_fraction": 904.0 / 900_000.0,
        "defect_clusters": 1.0,
        "largest_cluster": 4.0,
        "defect_lines": 1.0,
    }
    assert set(values) <= set(quantities())
    plain, arrays = pack(found)
    again = unpack(Defects, json.loads(json.dumps(plain)), arrays)
    assert again.lines == found.lines
    np.testing.assert_array_equal(again.mask(), found.mask())
    assert again.provenance == found.provenance
    assert dict(found.provenance.parameters)["over_above"] == 1.3
    with pytest.raises(ValueError, match="read-only"):
        found.dead_px[0] = 1


def test_nine_megapixels_take_less_than_three_seconds() -> None:
    generator = np.random.default_rng(2)
    image = generator.normal(2000.0, 30.0, (3000, 3000)).astype(np.float32)
    find_defects(image[:100, :100])
    # processor time, as the machine may have other things to do; 0.5 s when idle
    start = time.process_time()
    found = find_defects(image)
    assert time.process_time() - start < 3.0
    assert found.defective_pixels == 0


# ---------------------------------------------------------------------- refusals


def refusal(images: Any, **limits: float) -> str:
    with pytest.raises(NotMeasurableError) as caught:
        find_defects(images, **limits)
    return caught.value.reason


def test_images_without_a_flat_field_are_refused_by_name() -> None:
    generator = np.random.default_rng(1)
    noise = generator.normal(1000.0, 10.0, (200, 200))
    assert refusal(np.full((200, 200), 7.0)) == "constant_image"
    assert refusal(noise[:69]) == "too_small"
    assert refusal(noise[:, :69]) == "too_small"
    assert refusal(-noise) == "signal_not_positive"
    half = noise.copy()
    half[:60] *= 0.01
    assert refusal(half) == "not_a_flat_field"
    ramp = np.linspace(1000.0, 1001.0, 200)[:, None] * np.ones(200)
    assert refusal(ramp) == "no_noise"


def test_presentation_and_saturation_are_refused() -> None:
    pixels = np.random.default_rng(1).normal(2000.0, 20.0, (200, 200)).astype(np.uint16)
    shown = Radiograph.from_array(pixels, acquisition=Acquisition(intent="FOR PRESENTATION"))
    assert refusal(shown) == "presentation_image"
    assert refusal(np.minimum(pixels, 2030)) == "partly_saturated"


def test_images_that_do_not_belong_together_and_bad_limits_are_errors() -> None:
    noise = np.random.default_rng(1).normal(1000.0, 10.0, (200, 200))
    with pytest.raises(InputError, match="images of one size"):
        find_defects([noise, noise[:150]])
    with pytest.raises(InputError, match="not stated"):
        find_defects([Radiograph.from_array(noise, pixel_pitch_mm=0.15), noise])
    with pytest.raises(InputError, match="no image"):
        find_defects(iter(()))
    limits: list[dict[str, Any]] = [
        {"dead_below": 0.7},
        {"under_below": 1.1},
        {"over_above": 0.9},
        {"noise_limit_sd": 0.0},
        {"noisy_above": 1.0},
        {"nonuniform_beyond": float("nan")},
        {"over_above": "1.3"},
    ]
    for limit in limits:
        with pytest.raises(InputError, match=next(iter(limit))):
            find_defects(noise, **limit)
