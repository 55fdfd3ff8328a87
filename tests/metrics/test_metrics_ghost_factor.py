"""Ghost factors against simulated ghosts of known strength, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.ghost_factor import GhostFactor, measure_ghost_factor
from xrayiq.model import PixelRelation, Radiograph, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import AluminiumTruth, Detector, Phantom, simulate_aluminium, simulate_edge, simulate_flat

DETECTOR = Detector(
    pixel_pitch_mm=0.1, blur_sigma_mm=0.07, gain_dn_per_ugy=200.0, bits_stored=16, quanta_per_mm2_per_ugy=5000.0
)
SHAPE = (400, 440)
ALUMINIUM, REFERENCE, GHOST = (165, 215, 115, 165), (290, 340, 115, 165), (290, 340, 275, 325)


def second(ghost_fraction: float, *, seed: int = 1, **changes: Any) -> Phantom[AluminiumTruth]:
    arguments = {
        "shape": SHAPE,
        "kerma_ugy": 60.0,
        "contrast": 0.1,
        "centre_px": (190.0, 140.0),
        "ghost_fraction": ghost_fraction,
        "ghost_from_px": 220.0,
    }
    return simulate_aluminium(DETECTOR, seed=seed, **{**arguments, **changes})


@pytest.fixture(scope="module")
def first() -> NDArray[Any]:
    """Block over the left half, with its border at column 220."""
    phantom = simulate_edge(
        DETECTOR, shape=SHAPE, angle_deg=0.0, kerma_ugy=200.0, transmission=0.2, offset_px=0.5, seed=9
    )
    return np.asarray(phantom.pixels)


@pytest.mark.parametrize("ghost_fraction", [-0.03, -0.01, 0.0, 0.02])
@pytest.mark.parametrize("found", [True, False])
def test_ghost_factor_is_that_of_the_simulated_ghost(first: NDArray[Any], ghost_fraction: float, found: bool) -> None:
    phantom = second(ghost_fraction)
    regions: dict[str, Any] = {"aluminium": ALUMINIUM, "reference": REFERENCE, "ghost": GHOST}
    result = measure_ghost_factor(phantom.pixels, pixel_pitch_mm=0.1, **({"first_image": first} if found else regions))
    assert abs(result.ghost_factor - phantom.truth.ghost_factor) <= 3 * result.ghost_factor_uncertainty
    assert result.ghost_factor_uncertainty < 0.02
    assert abs(result.ghost_fraction - ghost_fraction) <= 3 * result.ghost_fraction_uncertainty
    # means over 2500 correlated pixels of 1 % noise
    assert result.contrast == pytest.approx(0.1, abs=0.002)
    assert (result.border_px is not None) == found


def test_stated_uncertainty_is_the_scatter_of_repeated_images() -> None:
    found = [
        measure_ghost_factor(
            second(-0.02, seed=seed).pixels,
            aluminium=ALUMINIUM,
            reference=REFERENCE,
            ghost=GHOST,
            pixel_pitch_mm=0.1,
        )
        for seed in range(40)
    ]
    for name in ("ghost_factor", "ghost_fraction"):
        stated = np.mean([getattr(one, f"{name}_uncertainty") for one in found])
        # 40 draws know a standard deviation to 11 %: three of that
        assert stated == pytest.approx(np.std([getattr(one, name) for one in found], ddof=1), rel=0.35)


@pytest.mark.parametrize("axis", ["rows", "columns"])
@pytest.mark.parametrize("centre_px", [(120.0, 120.0), (300.0, 320.0)])
def test_regions_lie_on_either_side_of_the_border_away_from_the_square(
    axis: str, centre_px: tuple[float, float]
) -> None:
    border = 200.0 if axis == "rows" else 220.0
    block = simulate_edge(
        DETECTOR, shape=SHAPE, angle_deg=0.0, across=axis, kerma_ugy=200.0, transmission=0.2, offset_px=0.5, seed=9
    )
    # whether the ghost lies across the border from the square
    beyond = centre_px[0 if axis == "rows" else 1] < border
    phantom = second(-0.02, centre_px=centre_px, ghost_from_px=border, ghost_axis=axis)
    result = measure_ghost_factor(phantom.pixels, first_image=block.pixels, pixel_pitch_mm=0.1)
    assert result.border_axis == axis
    assert result.border_px == pytest.approx(border, abs=0.3)
    places = result.boxes_px[:, :2] if axis == "rows" else result.boxes_px[:, 2:]
    middle = places.mean(axis=1) - 0.5
    np.testing.assert_allclose(np.abs(middle[1:] - border), 75.0, atol=1.5)  # 0.75 sides of 100 pixels
    assert (middle[1] < border) == (middle[0] < border) == beyond
    assert (middle[2] < border) != beyond
    # seen from within the ghost, the other half is brighter by 0.02 / 0.98
    expected = 0.02 / 0.1 if beyond else -0.02 / (0.1 * 0.98)
    assert result.ghost_factor == pytest.approx(expected, abs=3 * result.ghost_factor_uncertainty)


@settings(deadline=None, max_examples=10)
@given(
    gain=st.floats(1e-3, 1e3),
    flips=st.tuples(st.booleans(), st.booleans()),
    transposed=st.booleans(),
    dtype=st.sampled_from(["uint16", "float32", "float64"]),
)
def test_gain_flips_transposition_and_dtype_keep_the_factor(
    gain: float, flips: tuple[bool, bool], transposed: bool, dtype: str
) -> None:
    image = second(-0.02).pixels
    masks = []
    for region in (ALUMINIUM, REFERENCE, GHOST):
        mask = np.zeros(SHAPE, dtype=np.bool_)
        mask[region[0] : region[1], region[2] : region[3]] = True
        masks.append(mask)

    def turn(array: NDArray[Any]) -> NDArray[Any]:
        array = array[:: -1 if flips[0] else 1, :: -1 if flips[1] else 1]
        return array.T if transposed else array

    scaled = image if dtype == "uint16" else (gain * image).astype(dtype)
    aluminium, reference, ghost = (turn(mask) for mask in masks)
    found = measure_ghost_factor(turn(scaled), aluminium=aluminium, reference=reference, ghost=ghost)
    straight = measure_ghost_factor(image, aluminium=ALUMINIUM, reference=REFERENCE, ghost=GHOST)
    # float32 keeps seven digits of a signal whose difference is a fiftieth of it
    assert found.ghost_factor == pytest.approx(straight.ghost_factor, rel=1e-4)
    assert found.ghost_factor_uncertainty == pytest.approx(straight.ghost_factor_uncertainty, rel=1e-3)


def test_measurements_are_on_the_list_and_the_result_survives_packing() -> None:
    found = measure_ghost_factor(second(-0.02).pixels, aluminium=ALUMINIUM, reference=REFERENCE, ghost=GHOST)
    assert {item.quantity for item in found.measurements()} <= set(quantities())
    assert unpack(GhostFactor, *pack(found)).to_dict() == found.to_dict()


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (lambda: simulate_flat(DETECTOR, shape=SHAPE, kerma_ugy=60.0, seed=1).pixels, "no_square"),
        (lambda: second(-0.02, centre_px=(190.0, 240.0)).pixels, "square_on_border"),
    ],
)
def test_images_without_a_square_in_one_half_are_not_measurable(first: NDArray[Any], image: Any, reason: str) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure_ghost_factor(image(), first_image=first, pixel_pitch_mm=0.1)
    assert caught.value.reason == reason


def test_no_room_beside_the_square_is_not_measurable(first: NDArray[Any]) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure_ghost_factor(
            second(-0.02, centre_px=(145.0, 140.0)).pixels[:290], first_image=first[:290], pixel_pitch_mm=0.1
        )
    assert caught.value.reason == "square_at_border"


def test_a_first_image_without_one_border_is_not_measurable(first: NDArray[Any]) -> None:
    flat = simulate_flat(DETECTOR, shape=SHAPE, kerma_ugy=60.0, seed=1).pixels
    for image in (flat, np.concatenate([first[:, :220], first[:, 219::-1]], axis=1)):
        with pytest.raises(NotMeasurableError, match="border") as caught:
            measure_ghost_factor(second(-0.02).pixels, first_image=image, pixel_pitch_mm=0.1)
        assert caught.value.reason == "no_border"


def test_aluminium_without_contrast_is_not_measurable() -> None:
    with pytest.raises(NotMeasurableError, match="differs from its reference") as caught:
        measure_ghost_factor(second(0.0).pixels, aluminium=GHOST, reference=REFERENCE, ghost=(50, 100, 275, 325))
    assert caught.value.reason == "no_aluminium"


def test_padding_in_the_first_image_is_passed_over(first: NDArray[Any]) -> None:
    padded = first.astype(np.float64)
    padded[:, :25] = np.nan
    padded[-30:] = np.nan
    found = measure_ghost_factor(second(-0.02).pixels, first_image=padded, pixel_pitch_mm=0.1)
    assert found.border_px == pytest.approx(220.0, abs=0.3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "0 of three regions, no first image"),
        ({"aluminium": ALUMINIUM, "reference": REFERENCE}, "2 of three regions, no first image"),
        ({"first_image": np.ones(SHAPE), "ghost": GHOST}, "1 of three regions, a first image"),
        ({"aluminium": ALUMINIUM, "reference": REFERENCE, "ghost": (390, 420, 0, 50)}, "signal region of rows 390"),
        ({"aluminium": ALUMINIUM, "reference": REFERENCE, "ghost": REFERENCE}, "share 2500 pixels"),
    ],
)
def test_unusable_regions_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure_ghost_factor(second(-0.02).pixels, pixel_pitch_mm=0.1, **changes)


def test_images_of_different_size_or_without_linear_signal_are_refused(first: NDArray[Any]) -> None:
    with pytest.raises(InputError, match="first image of 399 × 440 pixels, image of 400 × 440"):
        measure_ghost_factor(second(-0.02).pixels, first_image=first[:-1], pixel_pitch_mm=0.1)
    image = Radiograph(pixels=second(-0.02).pixels, relation=PixelRelation(relation="log"))
    with pytest.raises(NotMeasurableError) as caught:
        measure_ghost_factor(image, aluminium=ALUMINIUM, reference=REFERENCE, ghost=GHOST)
    assert caught.value.reason == "no_linear_signal"
