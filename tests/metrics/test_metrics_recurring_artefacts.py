"""What recurs on a detector, against spots and lines planted in images of different anatomy."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import find_artefact_candidates, find_recurring_artefacts
from xrayiq_phantoms import Detector, simulate_clinical

PITCH_MM = 0.4
SIDE_PX = 480
SIZE_MM = SIDE_PX * PITCH_MM
IMAGES = 30
DETECTOR = Detector(pixel_pitch_mm=PITCH_MM, quantised=False)
#: row and column in mm, diameter in mm, contrast
SPOTS = ((70.0, 75.0, 2.0, 0.05), (104.0, 118.0, 2.0, -0.05))
#: rows and column in pixels of a dark line
LINE_ROWS, LINE_COLUMN = slice(180, 310), 240


def gain_of(spots=SPOTS, line=0.05):
    """Gain of each pixel, from parts of a quarter of its side."""
    places = (np.arange(4 * SIDE_PX) + 0.5) * PITCH_MM / 4
    gain = np.ones((4 * SIDE_PX, 4 * SIDE_PX), dtype=np.float32)
    for row, column, diameter, contrast in spots:
        gain[np.hypot(places[:, None] - row, places[None] - column) <= diameter / 2] *= 1 + contrast
    gain = gain.reshape(SIDE_PX, 4, SIDE_PX, 4).mean(axis=(1, 3))
    gain[LINE_ROWS, LINE_COLUMN] *= 1 - line
    return gain


@pytest.fixture(scope="module")
def patients():
    """Noise-free kerma of patients of different anatomy, who lie a centimetre apart and differ in size by a tenth."""
    generator = np.random.default_rng(1)
    return [
        simulate_clinical(
            DETECTOR,
            anatomy=("chest", "abdomen", "hand")[number % 3],
            shape=(SIDE_PX, SIDE_PX),
            kerma_ugy=2.5,
            seed=100 + number,
            noise=False,
            field_size_fraction=tuple(0.95 * np.exp(generator.normal(0.0, 0.08, 2))),
            field_centre_px=tuple(SIDE_PX / 2 + generator.normal(0.0, 10.0 / PITCH_MM, 2)),
            rotation_deg=float(generator.normal(0.0, 2.0)),
        ).kerma_ugy
        for number in range(IMAGES)
    ]


def candidates(patients, change=lambda kerma, _: kerma):
    generator = np.random.default_rng(2)
    found = []
    for kerma in patients:
        kerma = change(kerma, generator)
        noise = np.sqrt(DETECTOR.noise_variance_ugy2(kerma)) * generator.standard_normal(kerma.shape)
        found.append(find_artefact_candidates(kerma + noise, pixel_pitch_mm=PITCH_MM))
    return found


@pytest.fixture(scope="module")
def defective(patients):
    gain = gain_of()
    return candidates(patients, lambda kerma, _: kerma * gain)


def test_planted_spots_and_lines_are_found_at_their_places_and_nothing_else(defective):
    found = find_recurring_artefacts(defective)
    column_mm = (LINE_COLUMN + 0.5) * PITCH_MM
    # ends of the line are spots, too
    ends_mm = np.array([LINE_ROWS.start, LINE_ROWS.stop]) * PITCH_MM
    spots = [
        one
        for one in found.places
        if one.kind == "spot"
        and not (abs(one.column_mm - column_mm) < 1.0 and np.min(np.abs(ends_mm - one.row_mm)) < 2.0)
    ]
    assert len(spots) == len(SPOTS)
    for row, column, diameter, contrast in SPOTS:
        (own,) = (one for one in spots if np.hypot(one.row_mm - row, one.column_mm - column) < diameter / 2)
        assert np.sign(own.contrast) == np.sign(contrast)
        # part of the ring lies in it, too: a third to the whole of its contrast is left
        assert abs(contrast) / 3 < abs(own.contrast) < 1.1 * abs(contrast)
    lines = [place for place in found.places if place.kind != "spot"]
    assert lines
    assert all(one.kind == "column" and one.contrast < 0 for one in lines)
    for one in lines:
        assert one.column_mm == pytest.approx(column_mm, abs=found.cell_mm)
    ends = [(one.row_mm - one.height_mm / 2, one.row_mm + one.height_mm / 2) for one in lines]
    # pieces of 16 cells of one pixel; those that the line fills in part, or that hold its end, are not told
    assert min(ends)[0] == pytest.approx(LINE_ROWS.start * PITCH_MM, abs=32 * PITCH_MM)
    assert max(ends)[1] == pytest.approx(LINE_ROWS.stop * PITCH_MM, abs=32 * PITCH_MM)
    assert next(one.value for one in found.measurements()) == len(found.places)


def test_different_anatomies_do_not_recur(patients):
    assert find_recurring_artefacts(candidates(patients)).places == ()


def test_an_edge_and_a_marker_that_vary_by_few_millimetres_do_not_recur(patients):
    places = np.arange(SIDE_PX) * PITCH_MM

    def with_edge(kerma, generator):
        edge = places[None] > 96.0 + 2.5 * generator.standard_normal()
        row, column = (70.0, 80.0) + 2.5 * generator.standard_normal(2)
        marker = np.hypot(places[:, None] - row, places[None] - column) < 1.0
        return kerma * (1 - 0.3 * edge) * (1 - 0.5 * marker)

    assert find_recurring_artefacts(candidates(patients, with_edge)).places == ()


@pytest.mark.parametrize(("rotation_deg", "flipped"), [(90, False), (180, True)])
def test_turned_images_are_taken_back_to_the_detector(defective, rotation_deg, flipped):
    def on_detector(places):
        row, column = places[..., 0], places[..., 1]
        back = {(90, False): (SIZE_MM - column, row), (180, True): (SIZE_MM - row, column)}
        return np.stack(back[rotation_deg, flipped], axis=-1)

    turned = [
        dataclasses.replace(
            image, rotation_deg=rotation_deg, flipped=flipped, field_mm=on_detector(np.asarray(image.field_mm))
        )
        for image in defective
    ]
    places = find_recurring_artefacts(turned).places
    for wanted in on_detector(np.array(SPOTS)[:, :2]):
        assert any(np.hypot(one.row_mm - wanted[0], one.column_mm - wanted[1]) < 1.0 for one in places)
    lines = {one.kind for one in places if one.kind != "spot"}
    assert lines == {"row" if rotation_deg == 90 else "column"}


def test_places_in_few_images_do_not_recur(defective, patients):
    """A fixed spot in a tenth of the images is one patient's or one view's."""
    few = IMAGES // 10 + 1
    places = find_recurring_artefacts(defective[:few] + candidates(patients[few:])).places
    assert [one for one in places if one.kind == "spot"] == []


def test_few_images_and_other_values_are_refused(defective):
    with pytest.raises(NotMeasurableError) as refusal:
        find_recurring_artefacts(defective[:9])
    assert refusal.value.reason == "too_few_images"
    with pytest.raises(InputError):
        find_recurring_artefacts([1, 2])
