"""Where the field lies on the detector, against fields of known place."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import assess_detector_area
from xrayiq.model import Acquisition, HeaderDetail, ObjectHeader, PixelRelation, Radiograph
from xrayiq_phantoms import Detector, simulate_clinical

PITCH_MM = 0.4
SIDE_PX = 900
FIELD = 0.6
#: height and width of the simulated field
FIELD_MM = FIELD * SIDE_PX * PITCH_MM
DETECTOR = Detector(pixel_pitch_mm=PITCH_MM)


def pixels(centre_px, anatomy="hand", **settings):
    phantom = simulate_clinical(
        DETECTOR,
        anatomy=anatomy,
        shape=(SIDE_PX, SIDE_PX),
        kerma_ugy=2.5,
        seed=3,
        field_size_fraction=(FIELD, FIELD),
        field_centre_px=centre_px,
        **settings,
    )
    return phantom.pixels


def radiograph(values, *, detail=None, **acquisition):
    return Radiograph(
        pixels=values,
        pixel_pitch_mm=(PITCH_MM, PITCH_MM),
        relation=PixelRelation(stored_min=0, stored_max=16383),
        header=ObjectHeader(subject="a", acquisition=Acquisition(**acquisition), detail=detail or HeaderDetail()),
    )


@pytest.fixture(scope="module")
def centred():
    return pixels((449.5, 449.5))


@pytest.fixture(scope="module")
def cut():
    """A field whose lower end lies 120 pixels beyond the detector."""
    return pixels((750.0, 449.5))


def test_a_field_whose_four_sides_are_seen_lies_on_the_detector(centred):
    found = assess_detector_area(radiograph(centred))
    assert found.borders_reached == ()
    assert (found.field_beyond_detector_fraction, found.beyond_source) == (0.0, "seen")
    assert found.room_mm == 0.0
    assert found.anatomy_cut_fraction == 0.0


def test_a_field_that_runs_off_has_the_room_opposite(cut):
    found = assess_detector_area(radiograph(cut))
    assert found.borders_reached == ("lower",)
    # its upper side: 750 − 270 pixels from the first one's centre, half a pixel inside the border
    assert found.room_mm == pytest.approx((750.0 - 270.0 + 0.5) * PITCH_MM, abs=PITCH_MM)
    assert found.field_beyond_detector_fraction is None
    assert found.beyond_source == ""


def test_the_exposed_area_tells_what_lies_beyond(cut):
    found = assess_detector_area(radiograph(cut, exposed_area_mm=(FIELD_MM, FIELD_MM)))
    on_detector = (SIDE_PX - 0.5 - 480.0) * PITCH_MM
    assert found.beyond_source == "exposed_area"
    assert found.field_beyond_detector_fraction == pytest.approx(1 - on_detector / FIELD_MM, abs=0.003)


def test_collimator_edges_tell_what_lies_beyond_where_the_image_bears_them_out(cut):
    top, bottom, left, right = 480.0, 1020.0, 179.5, 719.5
    corners = ((top, left), (top, right), (bottom, right), (bottom, left))
    found = assess_detector_area(radiograph(cut, collimator_corners_px=corners))
    assert found.beyond_source == "collimator"
    assert found.field_beyond_detector_fraction == pytest.approx(1 - (899.5 - 480.0) / 540.0, abs=1e-12)
    elsewhere = tuple((row + 60.0, column) for row, column in corners)
    assert assess_detector_area(radiograph(cut, collimator_corners_px=elsewhere)).beyond_source == ""


def test_anatomy_is_cut_where_it_lies_on_that_border(cut):
    # the forearm of the simulated hand leaves through the lower side: nearly half of it, 5 % of the cells
    truth = simulate_clinical(
        DETECTOR,
        anatomy="hand",
        shape=(SIDE_PX, SIDE_PX),
        kerma_ugy=2.5,
        seed=3,
        field_size_fraction=(FIELD, FIELD),
        field_centre_px=(750.0, 449.5),
    ).truth.anatomy_mask
    expected = truth[-8:, 180:720].any(axis=0).mean()
    assert 0.1 < expected < 0.9
    found = assess_detector_area(radiograph(cut))
    assert found.anatomy_cut_fraction == pytest.approx(expected, abs=0.04)


def test_a_cropped_image_does_not_tell_where_the_detector_ends(cut):
    larger = HeaderDetail(detector_active_dimensions_mm=(430.0, 430.0))
    found = assess_detector_area(radiograph(cut, detail=larger, exposed_area_mm=(FIELD_MM, FIELD_MM)))
    assert found.is_whole_area is False
    assert found.field_beyond_detector_fraction is None
    assert found.room_mm == 0.0
    same = HeaderDetail(detector_active_dimensions_mm=(360.0, 360.0))
    assert assess_detector_area(radiograph(cut, detail=same)).is_whole_area is True


def test_an_open_field_has_no_room_anywhere():
    phantom = simulate_clinical(
        DETECTOR,
        anatomy="abdomen",
        shape=(SIDE_PX, SIDE_PX),
        kerma_ugy=2.5,
        seed=4,
        field_size_fraction=(1.3, 1.3),
    )
    found = assess_detector_area(radiograph(phantom.pixels))
    assert len(found.borders_reached) == 4
    assert found.room_mm == 0.0
    assert found.anatomy_cut_fraction == 0.0


@pytest.mark.parametrize(("level", "noise"), [(100.0, 3.0), (2.0, 1.0), (0.0, 0.05), (50.0, 0.0)])
def test_noise_alone_where_the_header_tells_of_an_exposure_is_no_signal(level, noise):
    dark = np.random.default_rng(1).normal(level, noise, (SIDE_PX, SIDE_PX))
    image = np.clip(np.rint(dark), 0, None).astype(np.uint16)
    with pytest.raises(NotMeasurableError, match="12 mAs") as refusal:
        assess_detector_area(radiograph(image, exposure_mas=12.0))
    assert refusal.value.reason == "no_signal"


def test_the_same_without_an_exposure_is_measured_or_refused_as_any_image():
    dark = np.rint(np.random.default_rng(1).normal(100.0, 3.0, (SIDE_PX, SIDE_PX))).astype(np.uint16)
    assert assess_detector_area(radiograph(dark)).room_mm is not None
    with pytest.raises(NotMeasurableError) as refusal:
        assess_detector_area(radiograph(np.full((SIDE_PX, SIDE_PX), 50, dtype=np.uint16)))
    assert refusal.value.reason == "constant_image"


def test_a_twentieth_of_the_usual_exposure_is_still_a_signal(centred):
    faint = simulate_clinical(DETECTOR, anatomy="chest", shape=(SIDE_PX, SIDE_PX), kerma_ugy=0.1, seed=3)
    found = assess_detector_area(radiograph(faint.pixels, exposure_mas=1.0))
    assert found.image_shape_px == (SIDE_PX, SIDE_PX)


def test_without_pixel_pitch_the_room_stays_open(cut):
    found = assess_detector_area(cut)
    assert found.borders_reached == ("lower",)
    assert found.room_mm is None
    assert "detector_room" not in [m.quantity for m in found.measurements()]
