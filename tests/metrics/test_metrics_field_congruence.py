"""Deviation of the X-ray field from the light field against simulated tests with markers at its edges."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import FieldCongruence, measure_field_congruence
from xrayiq.model import Acquisition, ObjectHeader, Radiograph, pack, quantities, unpack
from xrayiq_phantoms import Detector, Phantom, simulate_clinical, simulate_field, simulate_light_field

PITCH_MM = 0.5
DETECTOR = Detector(pixel_pitch_mm=PITCH_MM, blur_sigma_mm=0.15, heel_fraction=0.2)
SHAPE = (384, 420)
DISTANCE_MM = 1100.0


def simulated(**options: Any) -> Phantom[Any]:
    given = {"light_size_mm": (110.0, 130.0), "kerma_ugy": 2.5, "seed": 1, "shape": SHAPE} | options
    return simulate_light_field(given.pop("detector", DETECTOR), **given)


def measured(phantom: Phantom[Any], markers: Any = "touching", **options: Any) -> FieldCongruence:
    given = {"pixel_pitch_mm": PITCH_MM, "source_detector_distance_mm": DISTANCE_MM} | options
    return measure_field_congruence(phantom.pixels, markers=markers, **given)


#: edges and outlines to a tenth of a pixel of 0.5 mm, the noise of 2.5 µGy included
CLOSE_MM = 0.05


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"deviations_mm": (4.0, -3.0, 6.5, 0.5), "offset_mm": (6.0, -9.0)},
        {"deviations_mm": (-5.0, -6.0, -4.0, -7.0), "marker_mm": 24.0},  # every marker is cut by the field
        {"deviations_mm": (8.0, 9.0, 12.0, 10.0), "pairs": True},  # the outer ones are seen as well
        {"deviations_mm": (2.0, 3.0, 4.0, 5.0), "rotation_deg": 4.0, "markers_per_side": 2, "marker_mm": 12.0},
        {"deviations_mm": (1.0, 2.0, 3.0, 4.0), "centre_marker_mm": 4.0, "further_mm": ((18.0, 30.0, 20.0),)},
        {"deviations_mm": (3.0, 2.0, 1.0, 0.0), "marker_transmission": 0.7, "penumbra_sigma_mm": 0.7},
    ],
)
def test_deviations_are_those_of_the_simulated_fields(options: dict[str, Any]) -> None:
    phantom = simulated(**options)
    found = measured(phantom)
    np.testing.assert_allclose(found.deviations_mm, phantom.truth.deviations_mm, atol=CLOSE_MM)
    upper, right, lower, left = np.abs(phantom.truth.deviations_mm)
    close = 2.0 * CLOSE_MM / DISTANCE_MM
    assert found.misalignment_rows_fraction == pytest.approx((upper + lower) / DISTANCE_MM, abs=close)
    assert found.misalignment_columns_fraction == pytest.approx((left + right) / DISTANCE_MM, abs=close)
    assert found.centre_offset_mm == pytest.approx(phantom.truth.centre_offset_mm, abs=CLOSE_MM)


@pytest.mark.parametrize("angle_deg", [-2.0, 0.7])
def test_light_field_turned_against_the_x_ray_field_has_its_angle(angle_deg: float) -> None:
    phantom = simulated(angle_deg=angle_deg, markers_per_side=2, deviations_mm=(4.0, 4.0, 4.0, 4.0), marker_mm=14.0)
    found = measured(phantom)
    assert found.angle_deg == pytest.approx(angle_deg, abs=0.05)  # 0.05 mm over two times 66 mm, four sides
    np.testing.assert_allclose(found.deviations_mm, phantom.truth.deviations_mm, atol=CLOSE_MM)


def test_single_markers_show_no_angle() -> None:
    assert measured(simulated()).angle_deg is None


@pytest.mark.parametrize(("marker_mm", "transmission"), [(12.0, 0.3), (5.0, 0.02)])
def test_markers_on_the_edge_show_it_by_their_centres(marker_mm: float, transmission: float) -> None:
    options = {"deviations_mm": (3.0, 4.0, 2.0, 5.0), "marker_mm": marker_mm, "marker_transmission": transmission}
    phantom = simulated(placement="centred", **options)
    found = measured(phantom, "centred")
    np.testing.assert_allclose(found.deviations_mm, phantom.truth.deviations_mm, atol=CLOSE_MM)


def test_markers_of_a_template_lie_a_told_distance_inside() -> None:
    # centred on the edges of a field that is 15 mm smaller on every side than the frame that the light was set to
    phantom = simulated(placement="centred", marker_mm=4.0, marker_transmission=0.0, deviations_mm=(16.0,) * 4)
    np.testing.assert_allclose(measured(phantom, 15.0).deviations_mm, np.ones(4), atol=CLOSE_MM)


def test_a_turned_image_turns_its_sides() -> None:
    phantom = simulated(deviations_mm=(1.0, 2.0, 3.0, 4.0))
    plain = measured(phantom)
    turned = measure_field_congruence(
        np.rot90(phantom.pixels), markers="touching", pixel_pitch_mm=PITCH_MM, source_detector_distance_mm=DISTANCE_MM
    )
    # counter-clockwise: what was right is up; the surface's cells and the rays begin elsewhere
    np.testing.assert_allclose(turned.deviations_mm, np.roll(plain.deviations_mm, -1), atol=0.02)


def test_centre_of_the_field_lies_off_the_receptors_unless_the_image_is_a_part_of_it() -> None:
    phantom = simulated(offset_mm=(6.0, -9.0), deviations_mm=(2.0, 4.0, 4.0, 2.0))
    found = measured(phantom)
    assert found.receptor_offset_mm == pytest.approx((7.0, -8.0), abs=CLOSE_MM)
    header = ObjectHeader(subject="1", acquisition=Acquisition())
    cut = dataclasses.replace(header.detail, detector_active_dimensions_mm=(300.0, 300.0))
    image = Radiograph.from_array(phantom.pixels, pixel_pitch_mm=PITCH_MM)
    part = dataclasses.replace(image, header=dataclasses.replace(image.header, detail=cut))
    told = measure_field_congruence(part, markers="touching", source_detector_distance_mm=DISTANCE_MM)
    assert told.receptor_offset_mm is None
    assert "receptor_centre_offset" not in [one.quantity for one in told.measurements()]


def test_distance_of_the_header_is_taken_where_none_is_given() -> None:
    phantom = simulated(deviations_mm=(5.5, 0.0, 5.5, 0.0))
    acquisition = Acquisition(source_detector_distance_mm=550.0)
    image = Radiograph.from_array(phantom.pixels, pixel_pitch_mm=PITCH_MM, acquisition=acquisition)
    found = measure_field_congruence(image, markers="touching")
    assert found.misalignment_rows_fraction == pytest.approx(0.02, abs=2.0 * CLOSE_MM / 550.0)
    assert dict(found.provenance.parameters)["distance_source"] == "header"


@pytest.mark.parametrize("response", ["log", "sqrt"])
def test_values_of_unknown_response_will_do_with_a_warning(response: Any) -> None:
    gain, offset = {"log": (1500.0, 6000.0), "sqrt": (3000.0, 0.0)}[response]
    detector = dataclasses.replace(DETECTOR, response=response, gain_dn_per_ugy=gain, offset_dn=offset)
    phantom = simulated(detector=detector, deviations_mm=(4.0, -3.0, 6.5, 0.5))
    acquisition = Acquisition(
        source_detector_distance_mm=DISTANCE_MM, intent="FOR PRESENTATION", photometric_interpretation="MONOCHROME1"
    )
    image = Radiograph.from_array(phantom.pixels, pixel_pitch_mm=PITCH_MM, acquisition=acquisition)
    found = measure_field_congruence(image, markers="touching")
    # edges of a marker and of the field move by a part of their penumbra of about 1 mm, 10 to 90 %
    np.testing.assert_allclose(found.deviations_mm, phantom.truth.deviations_mm, atol=0.5)
    assert any("not linear" in warning for warning in found.provenance.warnings)


@pytest.mark.parametrize(
    ("options", "reason", "message"),
    [
        ({"marker_transmission": 1.0}, "no_markers", "nothing darker"),
        ({"marker_mm": 14.0, "deviations_mm": (3.0, 3.0, -13.0, 3.0)}, "too_few_markers", "lower edge"),
        ({"light_size_mm": (250.0, 130.0)}, "field_edge_not_visible", "upper, lower"),
        ({"markers_per_side": 2, "further_mm": ((-34.0, 0.0, 20.0),)}, "markers_disagree", "upper edge"),
    ],
)
def test_what_cannot_be_measured_says_why(options: dict[str, Any], reason: str, message: str) -> None:
    with pytest.raises(NotMeasurableError, match=message) as refused:
        measured(simulated(**options))
    assert refused.value.reason == reason


def test_a_field_without_markers_and_a_patient_hold_none() -> None:
    empty = simulate_field(DETECTOR, shape=SHAPE, kerma_ugy=2.5, seed=1, size_mm=(110.0, 130.0))
    with pytest.raises(NotMeasurableError) as refused:
        measured(empty)
    assert refused.value.reason == "no_markers"
    hand = simulate_clinical(DETECTOR, anatomy="hand", shape=SHAPE, kerma_ugy=2.5, seed=1)
    with pytest.raises(NotMeasurableError) as refused:
        measured(hand)
    assert refused.value.reason in ("no_markers", "too_few_markers")


def test_without_a_distance_nothing_is_a_part_of_it() -> None:
    with pytest.raises(NotMeasurableError, match="give source_detector_distance_mm") as refused:
        measured(simulated(), source_detector_distance_mm=None)
    assert refused.value.reason == "no_distance"


@pytest.mark.parametrize(
    "options",
    [{"markers": "beside"}, {"markers": -1.0}, {"markers": True}, {"source_detector_distance_mm": 0.0}],
)
def test_arguments_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        measure_field_congruence(np.ones((8, 8)), **{"markers": "touching", "pixel_pitch_mm": 0.2} | options)


def test_result_is_frozen_named_and_comes_back_from_the_store() -> None:
    found = measured(simulated(markers_per_side=2, marker_mm=12.0))
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.angle_deg = 0.0  # type: ignore[misc]
    assert {one.quantity for one in found.measurements()} <= set(quantities())
    again = unpack(FieldCongruence, *pack(found))
    np.testing.assert_array_equal(again.deviations_mm, found.deviations_mm)
    assert again.marker_sides == found.marker_sides
    assert again.provenance == found.provenance
