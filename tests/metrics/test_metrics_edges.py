"""All edges of a simulated edge device, and the refusal of two edges where one was asked."""

import numpy as np
import pytest
from scipy.special import ndtr

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import Edges, find_edges, measure_mtf, measure_mtfs
from xrayiq.model import pack, unpack
from xrayiq_phantoms import Detector, simulate_edge, simulate_plate

EXACT = Detector(quantised=False)
PITCH = 0.15
#: in the order of `find_edges`: the device lies on the dark side
SIDES = (("left", "right"), ("right", "left"), ("upper", "lower"), ("lower", "upper"))


def worst_error(mtf, truth):
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    return np.abs(mtf.values - truth.mtf(mtf.frequencies_per_mm))[below].max()


def distance_px(point, start, end):
    """Of a point from the line through two others."""
    along = (end - start) / np.hypot(*(end - start))
    return abs((point[0] - start[0]) * along[1] - (point[1] - start[1]) * along[0])


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize(("angle", "size"), [(3.0, (60.0, 60.0)), (-5.0, (60.0, 60.0)), (2.0, (45.0, 70.0))])
def test_all_four_sides_of_a_plate_are_found_where_they_are(angle, size, noise):
    plate = simulate_plate(EXACT, angle_deg=angle, size_mm=size, noise=noise, seed=3)
    found = find_edges(plate.pixels, pixel_pitch_mm=PITCH)
    assert len(found.edges) == 4
    assert found.refused == ()
    for edge, (side, dark) in zip(found.edges, SIDES, strict=True):
        start, end = plate.truth.sides_px()[side]
        assert edge.dark_side == dark
        assert edge.across == ("columns" if side in ("left", "right") else "rows")
        assert edge.edge_angle_deg == pytest.approx(abs(angle), abs=0.01)  # sampling: 4 times 0.0025 deg
        for point in np.asarray(edge.ends_px):
            assert distance_px(point, start, end) <= 0.05  # sampling: 4 times 0.01 pixel at the ends
        assert edge.reach_mm[0] >= 5.0
        assert edge.reach_mm[1] >= 5.0
    values = {(m.quantity, m.direction): m.value for m in found.measurements()}
    assert values[("edges_found", "")] == 4.0


@pytest.mark.parametrize("mode", ["constancy", "iec"])
def test_the_mtf_of_every_side_matches_the_formula(mode):
    plate = simulate_plate(EXACT, angle_deg=-4.0, noise=False)
    mtfs = measure_mtfs(plate.pixels, pixel_pitch_mm=PITCH, mode=mode)
    assert [mtf.across for mtf in mtfs] == ["columns", "columns", "rows", "rows"]
    assert all(worst_error(mtf, plate.truth) <= 0.001 for mtf in mtfs)  # the bias of single edges
    assert len({mtf.roi_px for mtf in mtfs}) == 4


def test_repeats_of_a_plate_are_averaged_side_by_side():
    plates = [simulate_plate(EXACT, centre_px=(450.0 + 0.3 * n, 500.0 - 0.2 * n), seed=n) for n in range(4)]
    single = measure_mtfs(plates[0].pixels, pixel_pitch_mm=PITCH)
    mean = measure_mtfs([plate.pixels for plate in plates], pixel_pitch_mm=PITCH)
    for one, four in zip(single, mean, strict=True):
        assert four.image_count == 4
        # sampling: the noise of each side is known to 1 %
        assert four.contrast_to_noise == pytest.approx(2.0 * one.contrast_to_noise, rel=0.04)
        assert worst_error(four, plates[0].truth) <= 0.006  # half of what one edge at a contrast of 190 scatters
    moved = simulate_plate(EXACT, centre_px=(420.0, 500.0))
    with pytest.raises(NotMeasurableError) as caught:
        measure_mtfs([plates[0].pixels, moved.pixels], pixel_pitch_mm=PITCH)
    assert caught.value.reason == "different_edges"


def test_one_edge_is_found_as_one():
    edge = simulate_edge(EXACT, angle_deg=3.0, seed=1)
    found = find_edges(edge.pixels, pixel_pitch_mm=PITCH)
    assert [found_edge.dark_side for found_edge in found.edges] == ["left"]
    (mtf,) = measure_mtfs(edge.pixels, pixel_pitch_mm=PITCH)
    np.testing.assert_array_equal(mtf.values, measure_mtf(edge.pixels, pixel_pitch_mm=PITCH).values)


def test_blades_of_the_field_are_named_and_not_counted():
    plate = simulate_plate(EXACT, noise=False)
    rows, columns = np.indices(plate.pixels.shape)
    field = ndtr((rows - 40.0) / 4.0) * ndtr((860.0 - rows) / 4.0) * ndtr((columns - 60.0) / 4.0)
    noise = np.random.default_rng(1).normal(0.0, 5.0, rows.shape)
    found = find_edges(plate.pixels * (0.02 + 0.98 * field) + noise, pixel_pitch_mm=PITCH)
    assert len(found.edges) == 4
    assert found.refused
    assert all("slanted edge at 0.0 deg; needed 1.5 to 8 deg" in text for text in found.refused)


def test_a_side_near_the_border_is_left_out_with_its_reason():
    plate = simulate_plate(EXACT, shape=(900, 560), centre_px=(450.0, 337.0), seed=2)  # the right side 1 mm off it
    found = find_edges(plate.pixels, pixel_pitch_mm=PITCH)
    assert [edge.dark_side for edge in found.edges] == ["right", "lower", "upper"]


TWO = {
    "corner": (slice(100, 500), slice(150, 500)),
    "parallel": (slice(300, 600), slice(100, 900)),
    "all": (slice(50, 850), slice(50, 950)),
}


@pytest.mark.parametrize("across", [None, "columns"])
@pytest.mark.parametrize("name", TWO)
def test_two_edges_in_the_roi_are_refused_with_their_places(name, across):
    plate = simulate_plate(EXACT, seed=5)
    rows, columns = TWO[name]
    roi = (rows.start, rows.stop, columns.start, columns.stop)
    with pytest.raises(NotMeasurableError, match=r"edges in the roi, at .* times as strong") as caught:
        measure_mtf(plate.pixels, pixel_pitch_mm=PITCH, roi=roi, across=across)
    assert caught.value.reason == "several_edges"
    left = np.mean([point[1] for point in plate.truth.sides_px()["left"]])
    if name == "parallel":
        assert any(f"column {left + shift:.0f}" in caught.value.found for shift in (-2, -1, 0, 1, 2))


def test_one_side_of_the_plate_in_the_roi_is_measured():
    plate = simulate_plate(EXACT, noise=False)
    for roi in ((300, 600, 150, 500), (300, 600, 500, 850)):
        assert worst_error(measure_mtf(plate.pixels, pixel_pitch_mm=PITCH, roi=roi), plate.truth) <= 0.001


def test_images_without_a_measurable_edge_are_refused_as_by_measure_mtf():
    flat = np.random.default_rng(0).normal(1000.0, 10.0, (400, 400))
    steep = simulate_plate(EXACT, angle_deg=14.0).pixels
    for image, reason in ((flat, "no_edge"), (steep, "edge_angle")):
        for function in (find_edges, measure_mtfs):
            with pytest.raises(NotMeasurableError) as caught:
                function(image, pixel_pitch_mm=PITCH)
            assert caught.value.reason == reason
    with pytest.raises(InputError, match='needed "constancy" or "iec" or "iso12233"'):
        measure_mtfs(flat, pixel_pitch_mm=PITCH, mode="x")


def test_found_edges_survive_storage():
    found = find_edges(simulate_plate(EXACT, seed=6).pixels, pixel_pitch_mm=PITCH)
    rebuilt = unpack(Edges, *pack(found))
    assert rebuilt.edges == found.edges
    assert rebuilt.provenance == found.provenance
