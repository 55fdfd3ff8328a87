"""Displacements at a seam against simulated parts of known offset, rotation and signal, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.stitching import Stitching, measure_stitching
from xrayiq.model import Acquisition, Radiograph, judge, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq.procedures.site import load_site
from xrayiq_phantoms import Detector, Phantom, StitchTruth, Wire, simulate_flat, simulate_stitched

DETECTOR = Detector(bits_stored=16, gain_dn_per_ugy=2000.0)
SLANTED = (
    Wire(place_mm=-24.0, slope=0.25),
    Wire(place_mm=-3.0, slope=-0.2),
    Wire(place_mm=18.0, slope=0.1),
)
CROSS = (Wire(place_mm=-22.0, slope=math.inf), Wire(place_mm=20.0, slope=math.inf))
SHAPE = (380, 460)


def stitched(**changes: Any) -> Phantom[StitchTruth]:
    arguments: dict[str, Any] = {
        "shape": SHAPE,
        "wires": SLANTED + CROSS,
        "seam_row": 200,
        "offset_along_mm": 0.4,
        "offset_across_mm": -0.6,
        "angle_deg": 0.5,
        "signal_step_fraction": 0.03,
        "seed": 2,
    }
    return simulate_stitched(DETECTOR, **{**arguments, **changes})


def seam(pixels: Any, **changes: Any) -> Stitching:
    return measure_stitching(pixels, **{"pixel_pitch_mm": 0.15, **changes})


def length_error_mm(truth: StitchTruth) -> float:
    """Lower cross wire, turned and moved, where it meets the middle column, less where it was."""
    turn, place = math.radians(truth.angle_deg), 20.0
    return place / math.cos(turn) + truth.offset_across_mm - truth.offset_along_mm * math.tan(turn) - place


@pytest.mark.parametrize(
    ("along_mm", "across_mm", "angle_deg", "step"),
    [(0.0, 0.0, 0.0, 0.02), (0.4, -0.6, 0.5, 0.03), (-1.2, 2.1, -1.5, -0.06), (0.05, 0.03, 0.05, 0.01)],
)
@pytest.mark.parametrize("noise", [False, True])
def test_offsets_angle_step_and_length_are_those_of_the_simulated_seam(
    along_mm: float, across_mm: float, angle_deg: float, step: float, noise: bool
) -> None:
    phantom = stitched(
        offset_along_mm=along_mm,
        offset_across_mm=across_mm,
        angle_deg=angle_deg,
        signal_step_fraction=step,
        noise=noise,
    )
    found = seam(phantom.pixels, known_length_mm=42.0)
    # without noise the windows' rest; at 5 µGy four standard uncertainties of 150 rows: 2, 8 µm and 0.005 degrees
    assert found.offset_along_mm == pytest.approx(along_mm, abs=0.01 if noise else 0.002)
    assert found.offset_across_mm == pytest.approx(across_mm, abs=0.03 if noise else 0.005)
    assert found.angle_deg == pytest.approx(angle_deg, abs=0.02 if noise else 0.002)
    assert found.signal_step_fraction == pytest.approx(step, abs=0.002)  # noise of the medians of 50 rows: 0.05 %
    assert found.length_error_mm == pytest.approx(length_error_mm(phantom.truth), abs=0.03)  # a fifth of a pixel
    assert found.seam_px == phantom.truth.seam_px
    for name in ("offset_along", "offset_across"):
        error = abs(getattr(found, f"{name}_mm") - getattr(phantom.truth, f"{name}_mm"))
        assert not noise or error <= 4 * getattr(found, f"{name}_uncertainty_mm")


def test_stated_uncertainties_are_the_scatter_of_repeated_images() -> None:
    clean = stitched(noise=False).pixels.astype(np.float64)
    flats = (simulate_flat(DETECTOR, shape=SHAPE, kerma_ugy=5.0, seed=seed).pixels for seed in range(24))
    found = [seam(clean + (flat - 5.0 * DETECTOR.gain_dn_per_ugy)) for flat in flats]
    for name, unit in (("offset_along", "mm"), ("offset_across", "mm"), ("angle", "deg")):
        stated = np.mean([getattr(one, f"{name}_uncertainty_{unit}") for one in found])
        # 24 draws know a standard deviation to 15 %: three of that
        assert stated == pytest.approx(np.std([getattr(one, f"{name}_{unit}") for one in found], ddof=1), rel=0.45)


def test_places_and_slopes_are_those_of_the_wires() -> None:
    found = seam(stitched(noise=False).pixels)
    np.testing.assert_allclose(found.places_mm[:, 0], [wire.place_mm for wire in SLANTED], atol=0.002)
    np.testing.assert_allclose(found.slopes[:, 0], [wire.slope for wire in SLANTED], atol=2e-4)


def test_a_seam_that_does_not_show_is_measured_where_it_is_given() -> None:
    phantom = stitched(signal_step_fraction=0.0)
    found = seam(phantom.pixels, seam_px=199.5)
    assert found.offset_across_mm == pytest.approx(-0.6, abs=0.03)
    assert found.signal_step_fraction == pytest.approx(0.0, abs=0.002)
    assert (found.length_mm, found.length_error_mm, found.known_length_mm) == (None, None, None)
    # a place a few rows off: the offset along changes by what the wires and the rotation run in these rows
    assert seam(phantom.pixels, seam_px=203.5).offset_across_mm == pytest.approx(-0.6, abs=0.03)


@settings(deadline=None, max_examples=6)
@given(
    gain=st.floats(1e-3, 1e3),
    mirrored=st.booleans(),
    transposed=st.booleans(),
    dtype=st.sampled_from(["uint16", "float32", "float64"]),
)
def test_gain_mirroring_transposition_and_dtype_keep_the_displacement(
    gain: float, mirrored: bool, transposed: bool, dtype: str
) -> None:
    pixels = stitched().pixels
    reference = seam(pixels)
    turned = pixels if dtype == "uint16" else (gain * pixels).astype(dtype)
    turned = turned[:, ::-1] if mirrored else turned
    turned = turned.T if transposed else turned
    found = seam(turned, seam_axis="columns" if transposed else "rows")
    side = -1.0 if mirrored else 1.0
    # starts of the windows differ by parts of a pixel: 0.5 µm
    assert found.offset_along_mm == pytest.approx(side * reference.offset_along_mm, abs=5e-4)
    assert found.offset_across_mm == pytest.approx(reference.offset_across_mm, abs=2e-3)
    turn = side * (-1.0 if transposed else 1.0)
    assert found.angle_deg == pytest.approx(turn * reference.angle_deg, abs=2e-3)
    assert found.signal_step_fraction == pytest.approx(reference.signal_step_fraction, abs=1e-4)


def test_parts_that_change_places_are_displaced_the_other_way() -> None:
    # without rotation: seen upside down, the first part lies off the second by the same across and the opposite along
    pixels = stitched(angle_deg=0.0).pixels
    upright, turned = seam(pixels), seam(pixels[::-1])
    assert turned.offset_across_mm == pytest.approx(upright.offset_across_mm, abs=2e-3)
    assert turned.offset_along_mm == pytest.approx(-upright.offset_along_mm, abs=2e-3)
    step = upright.signal_step_fraction
    assert step is not None
    assert turned.signal_step_fraction == pytest.approx(1.0 / (1.0 + step) - 1.0, abs=1e-4)


def test_a_presentation_image_gives_geometry_without_a_signal_step() -> None:
    image = Radiograph.from_array(
        stitched().pixels, pixel_pitch_mm=0.15, acquisition=Acquisition(intent="FOR PRESENTATION")
    )
    found = measure_stitching(image)
    assert found.offset_along_mm == pytest.approx(0.4, abs=0.01)
    assert found.signal_step_fraction is None
    assert not found.provenance.quantitative
    assert "stitch_signal_step" not in [item.quantity for item in found.measurements()]


def test_padding_beside_the_field_does_no_harm() -> None:
    pixels = np.full((400, 520), np.nan)
    pixels[10:390, 20:480] = stitched().pixels
    found = seam(pixels)
    assert found.seam_px == 209.5
    assert found.angle_deg == pytest.approx(0.5, abs=0.02)
    # the middle of the image lies 9.5 pixels more to the right than that of the parts, which turn about it
    shift = 9.5 * 0.15
    turn = math.radians(0.5)
    assert found.offset_across_mm == pytest.approx(-0.6 + shift * math.sin(turn), abs=0.03)


def test_measurements_are_on_the_list_and_are_judged() -> None:
    found = seam(stitched(offset_across_mm=1.4).pixels, known_length_mm=42.0)
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    assert unpack(Stitching, *pack(found)).to_dict() == found.to_dict()
    limits = {limit.quantity: limit for limit in load_site().limits if limit.procedure == "stitching"}
    verdicts = {item.quantity: judge(item, limits[item.quantity]).status for item in found.measurements()}
    assert verdicts["stitch_offset_across"] == "fail"
    assert verdicts["stitch_offset_along"] == verdicts["stitch_angle"] == verdicts["stitch_signal_step"] == "pass"
    assert verdicts["stitch_length_error"] == "pass"
    assert verdicts["stitch_length_error_fraction"] == "warning"  # 1.4 of 42 mm


@pytest.mark.parametrize(
    ("pixels", "changes", "reason"),
    [
        (lambda: stitched(signal_step_fraction=0.0).pixels, {}, "no_seam"),
        (lambda: simulate_flat(DETECTOR, shape=SHAPE, kerma_ugy=5.0, seed=1).pixels, {"seam_px": 199.5}, "no_wires"),
        (lambda: stitched(wires=SLANTED[:1]).pixels, {}, "no_wires"),
        (lambda: stitched(offset_along_mm=8.0, wires=SLANTED[:2]).pixels, {}, "no_wires"),
        (
            lambda: stitched(wires=(SLANTED[0], Wire(place_mm=0.0, slope=0.24))).pixels,
            {},
            "wires_parallel",
        ),
        (lambda: stitched().pixels, {"seam_px": 100.0}, "part_too_small"),
        (lambda: stitched(wires=SLANTED).pixels, {"known_length_mm": 42.0}, "no_cross_wires"),
    ],
)
def test_what_shows_no_displacement_is_not_measurable(pixels: Any, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        seam(pixels(), **changes)
    assert caught.value.reason == reason
    assert caught.value.needed
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seam_axis": "up"}, "seam_axis='up'"),
        ({"seam_px": 380.0}, "seam_px=380.0"),
        ({"seam_px": "middle"}, "seam_px='middle'"),
        ({"known_length_mm": 0.0}, "known_length_mm=0.0"),
    ],
)
def test_unusable_arguments_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        seam(stitched().pixels, **changes)


def test_an_image_without_pitch_is_not_measurable() -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure_stitching(stitched().pixels)
    assert caught.value.reason == "no_pixel_spacing"
