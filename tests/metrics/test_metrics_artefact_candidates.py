"""Candidates for artefacts, against spots and lines of known place and contrast."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import find_artefact_candidates
from xrayiq.metrics._detector_frame import DetectorFrame
from xrayiq.metrics.artefact_candidates import differences_of, places_of
from xrayiq.model import Acquisition, HeaderDetail, ObjectHeader, PixelRelation, Radiograph

PITCH_MM = 0.15
SHAPE = (1000, 1200)
NOISE = 0.02


def flat(seed=1):
    """An evenly exposed field over the whole image, with white noise of 2 %."""
    return 1000.0 * (1.0 + NOISE * np.random.default_rng(seed).standard_normal(SHAPE))


def disc(image, row_mm, column_mm, diameter_mm, contrast):
    rows, columns = (np.arange(count) * PITCH_MM for count in SHAPE)
    inside = np.hypot(rows[:, None] - row_mm, columns[None, :] - column_mm) <= diameter_mm / 2
    image[inside] *= 1.0 + contrast


def hits(found, row_mm, column_mm, reach_mm=0.8):
    """Differences of the spots near a place."""
    places = (places_of(found.spot_gaps, found.shape_cells[1]) + 0.5) * np.array(found.cell_mm) - PITCH_MM / 2
    near = np.hypot(*(places - (row_mm, column_mm)).T) < reach_mm
    return differences_of(found.spot_codes)[near]


@pytest.mark.parametrize("contrast", [0.1, -0.1])
@pytest.mark.parametrize("diameter_mm", [1.0, 2.0])
def test_spots_are_found_with_their_place_and_contrast(diameter_mm, contrast):
    image = flat()
    # in the middle of a cell, which then lies wholly in the disc
    cell = find_artefact_candidates(image, pixel_pitch_mm=PITCH_MM).cell_mm[0]
    row_mm, column_mm = 100.5 * cell - PITCH_MM / 2, 60.5 * cell - PITCH_MM / 2
    disc(image, row_mm, column_mm, diameter_mm, contrast)
    found = find_artefact_candidates(image, pixel_pitch_mm=PITCH_MM)
    near = hits(found, row_mm, column_mm)
    greatest = near[np.abs(near).argmax()]
    # logarithm of the contrast, four standard deviations of a cell and its ring, and 3 % of the code
    noise = NOISE / found.cell_px * math.sqrt(9 / 8)
    assert greatest == pytest.approx(math.log1p(contrast), abs=4 * noise + 0.003)


def test_white_noise_gives_as_many_spots_as_a_normal_distribution():
    found = find_artefact_candidates(flat(), pixel_pitch_mm=PITCH_MM)
    cells = (found.shape_cells[0] - 4) * (found.shape_cells[1] - 4)
    share = found.spot_gaps.size / cells
    # two tails beyond 2.5, less up to a tenth that one of the four directions does not bear out
    tails = math.erfc(2.5 / math.sqrt(2.0))
    assert 0.85 * tails < share < tails * (1 + 4 / math.sqrt(tails * cells))
    # a cell and the mean of eight
    assert found.noise == pytest.approx(NOISE / found.cell_px * math.sqrt(9 / 8), rel=0.03)


def test_edges_give_no_spots_of_their_own():
    image = flat()
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    behind = columns + 0.35 * rows > 700.0
    image[behind] *= 0.7
    found = find_artefact_candidates(image, pixel_pitch_mm=PITCH_MM)
    # the logarithm steps by 0.36; what remains are five standard deviations of noise, and corners of cells
    assert np.abs(differences_of(found.spot_codes)).max() < 0.07


@pytest.mark.parametrize("kind", ["column", "row"])
def test_pieces_of_lines_are_found_along_their_length(kind):
    image = flat()
    line = image[:, 501] if kind == "column" else image[501]
    line[300:700] *= 0.8
    found = find_artefact_candidates(image, pixel_pitch_mm=PITCH_MM)
    gaps, codes = (found.column_gaps, found.column_codes) if kind == "column" else (found.row_gaps, found.row_codes)
    parts = found.shape_cells[0 if kind == "column" else 1] // 16
    places, differences = places_of(gaps, parts), differences_of(codes)
    own = places[:, 0] == 501 // found.cell_px
    long = 16 * found.cell_px
    whole = [part for part in range(parts) if part * long >= 300 and (part + 1) * long <= 700]
    assert set(whole) <= set(places[own, 1])
    # one of the pixels of a cell
    expected = math.log1p(-0.2 / found.cell_px)
    inside = own & np.isin(places[:, 1], whole)
    noise = NOISE / found.cell_px / 4 * math.sqrt(1.5)
    np.testing.assert_allclose(differences[inside], expected, atol=4 * noise + 0.03 * abs(expected))


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
@pytest.mark.parametrize("flipped", [False, True])
def test_places_go_back_to_the_detector(rotation_deg, flipped):
    detector = np.arange(30 * 40).reshape(30, 40)
    # field of view, turned clockwise, then flipped from left to right
    image = np.rot90(detector[5:25, 8:33], -rotation_deg // 90)
    image = image[:, ::-1] if flipped else image
    frame = DetectorFrame(
        size_mm=(float(image.shape[0]), float(image.shape[1])),
        origin_mm=(5.0, 8.0),
        rotation_deg=rotation_deg,
        flipped=flipped,
        is_known=True,
    )
    rows, columns = np.indices(image.shape)
    places = np.stack([rows.ravel() + 0.5, columns.ravel() + 0.5], axis=1)
    back = np.floor(frame.on_detector(places)).astype(int)
    np.testing.assert_array_equal(detector[back[:, 0], back[:, 1]], image.ravel())


def test_the_header_tells_the_frame():
    detail = HeaderDetail(
        field_of_view_origin_px=(10.0, 20.0),
        field_of_view_rotation_deg=90.0,
        field_of_view_flipped=True,
        detector_element_spacing_mm=(0.1, 0.1),
    )
    image = Radiograph(
        pixels=flat(),
        pixel_pitch_mm=(PITCH_MM, PITCH_MM),
        relation=PixelRelation(),
        header=ObjectHeader(subject="a", detail=detail),
    )
    found = find_artefact_candidates(image)
    assert (found.origin_mm, found.rotation_deg, found.flipped, found.frame_is_known) == ((1.0, 2.0), 90, True, True)
    assert found.provenance.warnings == ()
    unknown = find_artefact_candidates(flat(), pixel_pitch_mm=PITCH_MM)
    assert not unknown.frame_is_known
    assert "whole detector" in unknown.provenance.warnings[0]


def test_codes_hold_differences_within_three_percent():
    codes = np.array([1, -1, 60, -127], dtype=np.int8)
    np.testing.assert_allclose(
        differences_of(codes), [1e-3, -1e-3, 1e-3 * 2 ** (59 / 12), -1e-3 * 2 ** (126 / 12)], rtol=1e-12
    )


def test_images_with_burnt_in_text_are_refused():
    image = Radiograph(
        pixels=flat(),
        pixel_pitch_mm=(PITCH_MM, PITCH_MM),
        relation=PixelRelation(),
        header=ObjectHeader(subject="a", acquisition=Acquisition(burned_in_annotation="YES")),
    )
    with pytest.raises(NotMeasurableError) as refusal:
        find_artefact_candidates(image)
    assert refusal.value.reason == "burnt_in_text"


def test_a_smooth_image_has_no_noise():
    smooth = np.ones(SHAPE) * 100.0
    smooth[:, 600:] = 101.0
    with pytest.raises(NotMeasurableError) as refusal:
        find_artefact_candidates(smooth, pixel_pitch_mm=PITCH_MM)
    assert refusal.value.reason == "no_noise"


def test_pixels_above_half_a_millimetre_are_refused():
    with pytest.raises(NotMeasurableError, match=r"pixels of 0\.51 mm") as refusal:
        find_artefact_candidates(flat(), pixel_pitch_mm=0.51)
    assert refusal.value.reason == "pixels_too_large"
