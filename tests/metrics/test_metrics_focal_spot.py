"""Focal spots of known size seen through a star pattern, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.focal_spot import FocalSpot, measure_focal_spot
from xrayiq.model import PixelRelation, Radiograph, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_edge, simulate_flat, simulate_star
from xrayiq_phantoms.phantom import Phantom
from xrayiq_phantoms.star import StarTruth

DETECTOR = Detector(gain_dn_per_ugy=1000.0, bits_stored=16)


def star(**changes: Any) -> Phantom[StarTruth]:
    settings_ = {
        "shape": (330, 340),
        "focal_spot_mm": (0.8, 0.6),
        "magnification": 2.0,
        "star_diameter_mm": 21.0,
        "spoke_angle_deg": 3.0,
        "centre_px": (162.3, 175.8),
        "seed": 4,
    }
    return simulate_star(DETECTOR, **{**settings_, **changes})


def spot(pixels: Any, **changes: Any) -> FocalSpot:
    arguments = {"pixel_pitch_mm": 0.15, "spoke_angle_deg": 3.0, "tube_axis": "rows", "star_diameter_mm": 21.0}
    return measure_focal_spot(pixels, **{**arguments, **changes})


@pytest.fixture(scope="module")
def example() -> NDArray[Any]:
    return star().pixels


@pytest.mark.parametrize(
    ("rows_mm", "columns_mm", "magnification", "angle_deg", "diameter_mm", "size_px"),
    [
        (0.30, 0.45, 3.0, 2.0, 20.0, 480),
        (0.6, 0.6, 2.5, 1.5, 30.0, 560),
        (1.2, 0.8, 2.0, 2.0, 42.0, 620),
        (1.0, 2.0, 1.6, 2.0, 50.0, 600),
    ],
)
@pytest.mark.parametrize("kerma_ugy", [None, 3.0])
def test_sizes_of_a_uniform_spot_are_found_within_one_percent_and_two_with_noise(
    rows_mm: float,
    columns_mm: float,
    magnification: float,
    angle_deg: float,
    diameter_mm: float,
    size_px: int,
    kerma_ugy: float | None,
) -> None:
    phantom = star(
        shape=(size_px, size_px + 20),
        focal_spot_mm=(rows_mm, columns_mm),
        magnification=magnification,
        star_diameter_mm=diameter_mm,
        spoke_angle_deg=angle_deg,
        centre_px=(size_px / 2 - 8.7, size_px / 2 + 12.8),
        rotation_deg=31.0 * rows_mm,
        kerma_ugy=kerma_ugy or 10.0,
        noise=kerma_ugy is not None,
    )
    found = spot(phantom.pixels, spoke_angle_deg=angle_deg, star_diameter_mm=diameter_mm)
    # method: 0.7 % from the width of the sectors and the curvature of the spokes; noise at 3 µGy: up to 0.5 %
    tolerance = 0.01 if kerma_ugy is None else 0.02
    assert found.length_mm == pytest.approx(rows_mm, rel=tolerance)
    assert found.width_mm == pytest.approx(columns_mm, rel=tolerance)
    # a tenth of a pixel in the diameter
    assert found.magnification == pytest.approx(magnification, rel=1e-3)
    assert found.image_diameter_mm == pytest.approx(magnification * diameter_mm, rel=1e-3)
    np.testing.assert_allclose(found.centre_px, phantom.truth.centre_px, atol=0.02)
    expected = phantom.truth.blur_diameters_mm
    assert (found.length_blur_diameter_mm, found.width_blur_diameter_mm) == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize("rotation_deg", [0.0, 1.5, 3.0, 4.4])
@pytest.mark.parametrize("centre_px", [(165.0, 170.0), (158.5, 171.25)])
def test_place_and_angle_of_the_star_do_not_matter(rotation_deg: float, centre_px: tuple[float, float]) -> None:
    found = spot(star(rotation_deg=rotation_deg, centre_px=centre_px, noise=False).pixels)
    # sectors of 10 degrees hold 3 periods of these wide spokes
    assert found.length_mm == pytest.approx(0.8, rel=0.015)
    assert found.width_mm == pytest.approx(0.6, rel=0.015)
    np.testing.assert_allclose(found.centre_px, centre_px, atol=0.02)


def test_a_star_with_an_odd_number_of_spokes_is_measured() -> None:
    phantom = star(spoke_angle_deg=4.0, star_diameter_mm=18.0, noise=False)  # 45, a gap opposite each spoke
    found = spot(phantom.pixels, spoke_angle_deg=4.0, star_diameter_mm=18.0)
    # wide spokes: sectors of 16 degrees
    assert found.length_mm == pytest.approx(0.8, rel=0.02)
    assert found.width_mm == pytest.approx(0.6, rel=0.02)


def test_stated_uncertainty_is_the_scatter_of_repeated_exposures() -> None:
    clean = star(noise=False, kerma_ugy=0.5).kerma_ugy
    generator = np.random.default_rng(5)
    found = [spot(clean + 0.012 * generator.standard_normal(clean.shape)) for _ in range(24)]
    for name in ("width", "length"):
        sizes = [getattr(one, f"{name}_mm") for one in found]
        stated = np.mean([getattr(one, f"{name}_uncertainty_mm") for one in found])
        # 24 draws know a standard deviation to 15 %: three of that
        assert stated == pytest.approx(np.std(sizes, ddof=1), rel=0.45)


def test_a_given_magnification_takes_the_place_of_the_diameter(example: NDArray[Any]) -> None:
    measured, given_ = spot(example), spot(example, star_diameter_mm=None, magnification=2.0)
    assert given_.magnification == 2.0
    assert given_.width_blur_diameter_mm == measured.width_blur_diameter_mm
    assert given_.width_mm == pytest.approx(np.deg2rad(3.0) * given_.width_blur_diameter_mm / (2.0 - 1.0), rel=1e-12)


def test_the_tube_axis_names_the_two_sizes(example: NDArray[Any]) -> None:
    rows, columns = spot(example), spot(example, tube_axis="columns")
    assert (rows.width_mm, rows.length_mm) == (columns.length_mm, columns.width_mm)
    assert rows.length_mm > rows.width_mm  # the spot is longer along rows, the tube's axis


def test_contrast_turns_its_sign_inside_the_ring_and_is_positive_outside(example: NDArray[Any]) -> None:
    found = spot(example)
    diameter = 2.0 * found.length_radii_mm
    ring = found.length_blur_diameter_mm
    assert found.length_contrasts[(diameter > 1.1 * ring)].min() > 0
    assert found.length_contrasts[(diameter < 0.9 * ring) & (diameter > 0.6 * ring)].max() < 0
    # a sharp star's contrast under spot, blur and aperture, at the middle of the ring of the star's edge
    frequency = 60 / (np.pi * diameter)
    expected = np.sinc(frequency * 0.8) * DETECTOR.presampled_mtf(frequency)
    outer = diameter > 1.2 * ring
    np.testing.assert_allclose(found.length_contrasts[outer], expected[outer], atol=0.05)


def test_a_collimated_star_on_a_padded_image_is_measured(example: NDArray[Any]) -> None:
    image = np.full((430, 450), 150.0)
    image[40:370, 60:400] = example
    image[:20] = np.nan
    found = spot(image)
    assert found.length_mm == pytest.approx(0.8, rel=0.015)
    np.testing.assert_allclose(found.centre_px, (202.3, 235.8), atol=0.02)


@settings(deadline=None, max_examples=8)
@given(
    gain=st.floats(1e-3, 1e3),
    offset=st.floats(0.0, 1e4),
    flips=st.tuples(st.booleans(), st.booleans()),
    transposed=st.booleans(),
    dtype=st.sampled_from(["uint16", "float32", "float64"]),
)
def test_gain_offset_flips_transposition_and_dtype_keep_the_sizes(
    gain: float, offset: float, flips: tuple[bool, bool], transposed: bool, dtype: str
) -> None:
    image = star().pixels
    reference = spot(image)
    turned = image.astype(dtype) if dtype == "uint16" else (gain * (image + offset)).astype(dtype)
    turned = turned[:: -1 if flips[0] else 1, :: -1 if flips[1] else 1]
    turned = turned.T if transposed else turned
    found = spot(turned, tube_axis="columns" if transposed else "rows")
    # other pairs of edges vote for the centre, which differs by 0.001 pixels
    assert found.width_mm == pytest.approx(reference.width_mm, rel=1e-3)
    assert found.length_mm == pytest.approx(reference.length_mm, rel=1e-3)


def test_measurements_are_on_the_list_and_the_result_survives_packing(example: NDArray[Any]) -> None:
    found = spot(example)
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    assert unpack(FocalSpot, *pack(found)).to_dict() == found.to_dict()


@pytest.mark.parametrize(
    ("pixels", "changes", "reason"),
    [
        (lambda: simulate_flat(DETECTOR, shape=(300, 300), kerma_ugy=5.0, seed=1).pixels, {}, "no_star"),
        (lambda: simulate_edge(DETECTOR, shape=(300, 300), kerma_ugy=5.0, seed=1).pixels, {}, "star_not_whole"),
        (lambda: star().pixels, {"spoke_angle_deg": 2.0}, "no_star"),
        (lambda: star().pixels[200:], {}, "no_star"),
        (lambda: star().pixels[60:280, 60:290], {}, "star_not_whole"),
        (lambda: star().pixels, {"star_diameter_mm": 50.0}, "magnification_too_low"),
        (lambda: star(magnification=1.2, star_diameter_mm=35.0).pixels, {"star_diameter_mm": 35.0}, "no_blur_zone"),
        (
            lambda: gaussian_filter(star(focal_spot_mm=(0.0, 0.0), noise=False).kerma_ugy, 2.5),
            {},
            "no_blur_zone",
        ),
        (lambda: star(focal_spot_mm=(2.6, 0.6)).pixels, {}, "blur_beyond_star"),
        (lambda: star(focal_spot_mm=(0.6, 3.2)).pixels, {}, "blur_beyond_star"),
    ],
)
def test_what_shows_no_ring_is_not_measurable(pixels: Any, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        spot(pixels(), **changes)
    assert caught.value.reason == reason
    assert caught.value.needed
    assert caught.value.remedy


def test_too_low_a_magnification_says_what_size_would_show() -> None:
    with pytest.raises(NotMeasurableError, match=r"at magnification 1\.20 spots clearly above 1\.8\d mm"):
        spot(star(magnification=1.2, star_diameter_mm=35.0).pixels, star_diameter_mm=35.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"spoke_angle_deg": 7.0}, "at most 5"),
        ({"spoke_angle_deg": 0.0}, "180 over a whole number"),
        ({"spoke_angle_deg": 1.7}, "180 over a whole number"),
        ({"spoke_angle_deg": "2"}, "180 over a whole number"),
        ({"tube_axis": "up"}, "tube_axis='up'"),
        ({"star_diameter_mm": None}, "neither star_diameter_mm nor magnification"),
        ({"magnification": 2.0}, "both"),
        ({"star_diameter_mm": -1.0}, "star_diameter_mm=-1.0"),
        ({"star_diameter_mm": None, "magnification": 1.0}, "magnification=1.0"),
    ],
)
def test_unusable_arguments_are_refused(example: NDArray[Any], changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        spot(example, **changes)


def test_an_image_without_linear_signal_or_pitch_is_not_measurable(example: NDArray[Any]) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        spot(Radiograph(pixels=example, relation=PixelRelation(relation="log")))
    assert caught.value.reason == "no_linear_signal"
    with pytest.raises(NotMeasurableError) as caught:
        spot(example, pixel_pitch_mm=None)
    assert caught.value.reason == "no_pixel_spacing"
