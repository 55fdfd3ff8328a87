"""Heel and distance taken out of a flat field, against simulated detectors of known gain and beam."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import Uniformity, measure_uniformity
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_flat

PITCH = 0.5
SIDE_PX, BORDER_PX = 20, 20
#: both sides solve a well-conditioned system of six equations in float64
TOLERANCE = 1e-9


def tiles_of(image: NDArray[Any]) -> NDArray[np.float64]:
    """The tiles of a border-trimmed image, as an array of (tile rows, tile columns, pixels)."""
    inner = np.asarray(image, dtype=np.float64)[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    down, across = inner.shape[0] // SIDE_PX, inner.shape[1] // SIDE_PX
    inner = inner[: down * SIDE_PX, : across * SIDE_PX]
    return inner.reshape(down, SIDE_PX, across, SIDE_PX).swapaxes(1, 2).reshape(down, across, -1)


def plain_quadratic(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Image inside the border over its least-squares quadratic, on the level of its mean; NaN is left out of both."""
    inner = image[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    y, x = (axis.astype(np.float64).ravel() for axis in np.indices(inner.shape))
    design = np.column_stack([np.ones(y.size), y, x, y * y, y * x, x * x])
    valid = np.isfinite(inner.ravel())
    surface = design @ np.linalg.lstsq(design[valid], inner.ravel()[valid], rcond=None)[0]
    divided = inner / surface.reshape(inner.shape) * surface[valid].mean()
    return np.pad(divided, BORDER_PX, constant_values=np.nan)


def beam(shape: tuple[int, int], *, focus_px: tuple[float, float], distance_px: float) -> NDArray[np.float64]:
    """Kerma of a point source on a plane: distance squared and obliquity, cos³ of the angle."""
    y, x = np.indices(shape)
    return (1.0 + ((y - focus_px[0]) ** 2 + (x - focus_px[1]) ** 2) / distance_px**2) ** -1.5


def detector(**options: Any) -> Detector:
    settings = {"pixel_pitch_mm": PITCH, "quantised": False, "gain_dn_per_ugy": 1000.0, "quanta_per_mm2_per_ugy": 1e8}
    return Detector(**{**settings, **options})


def flat(shape: tuple[int, int] = (261, 323), *, seed: int = 1, **options: Any) -> NDArray[np.float64]:
    return np.asarray(simulate_flat(detector(**options), shape=shape, kerma_ugy=5.0, seed=seed).pixels)


def measure(image: Any, **options: Any) -> Uniformity:
    return measure_uniformity(image, **{"pixel_pitch_mm": PITCH, **options})


def test_quadratic_removal_matches_its_definition() -> None:
    image = flat(heel_fraction=0.3, gain_nonuniformity_fraction=0.03)
    image[60:64, 70:75] = np.nan
    found = measure(image, geometry="quadratic")
    tiles = tiles_of(plain_quadratic(image))
    means, sds = np.nanmean(tiles, axis=-1), np.nanstd(tiles, axis=-1, ddof=1)
    np.testing.assert_allclose(found.tile_means, means, rtol=TOLERANCE)
    np.testing.assert_allclose(found.tile_sds, sds, rtol=TOLERANCE)
    assert found.signal_nonuniformity_global == pytest.approx(np.ptp(means) / means.mean(), rel=TOLERANCE)
    assert (found.geometry, dict(found.provenance.parameters)["geometry"]) == ("quadratic", "quadratic")


def test_quadratic_removal_takes_out_heel_and_distance_and_leaves_the_snr() -> None:
    shape = (260, 320)
    # 1 m from the focus, 40 mm off the middle
    shading = beam(shape, focus_px=(50.0, 180.0), distance_px=2000.0) * detector(heel_fraction=0.2).heel_map(shape)
    image = flat(shape) * shading
    raw, found = measure(image), measure(image, geometry="quadratic")
    assert raw.signal_nonuniformity_global > 0.1
    # what is left is of third degree, heel (± 10 %) times distance (1.5 · 0.08²): at most 1e-3 either way
    assert found.signal_nonuniformity_global < 2e-3
    # about the tile's plane, for the raw image's slope exceeds this low noise; the slope (± 1 %) weighs 400 pixels anew
    snrs = [result.tile_means / result.tile_detrended_sds for result in (raw, found)]
    np.testing.assert_allclose(snrs[1], snrs[0], rtol=5e-3)
    inside = shading[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    assert found.geometry_removed_fraction == pytest.approx(np.ptp(inside) / inside.mean(), rel=0.01)


@pytest.mark.parametrize("axis", ["rows", "columns"])
def test_a_pair_cancels_the_heel_and_keeps_the_gain(axis: Any) -> None:
    shape = (260, 320)
    options = {"gain_nonuniformity_fraction": 0.03, "heel_axis": axis}
    # the detector turned under the tube: in its own pixels the heel falls the other way
    pair = [flat(shape, seed=seed, heel_fraction=heel, **options) for seed, heel in ((1, 0.3), (2, -0.3))]
    found = measure(pair, geometry="pair")
    gains = tiles_of(detector(**options).gain_map(shape)).mean(axis=-1)
    # noise of a tile's mean: 0.05 % / 20 / √2
    np.testing.assert_allclose(found.tile_means / found.tile_means.mean(), gains / gains.mean(), rtol=1e-4)
    assert found.signal_nonuniformity_global == pytest.approx(np.ptp(gains) / gains.mean(), rel=3e-3)
    whole, used = (shape[0 if axis == "rows" else 1] - less for less in (1, 1 + 2 * BORDER_PX))
    assert found.geometry_removed_fraction == pytest.approx(0.3 * used / whole, rel=0.01)
    assert found.provenance.warnings == ()


def test_noise_of_a_pair_is_that_of_one_exposure() -> None:
    pair = [flat(seed=seed, heel_fraction=heel) for seed, heel in ((1, 0.1), (2, -0.1))]
    found = measure(pair, geometry="pair")
    levels = [image[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX].mean() for image in pair]
    scaled = [image * levels[0] / level for image, level in zip(pair, levels, strict=True)]
    variances = [tiles_of(image).var(axis=-1, ddof=1) for image in scaled]
    np.testing.assert_allclose(found.tile_sds, np.sqrt(np.mean(variances, axis=0)), rtol=TOLERANCE)
    means = np.mean([tiles_of(image).mean(axis=-1) for image in scaled], axis=0)
    np.testing.assert_allclose(found.tile_means, means, rtol=TOLERANCE)
    np.testing.assert_allclose(found.tile_snrs, found.tile_means / found.tile_sds, rtol=TOLERANCE)


def test_a_pair_that_was_not_turned_is_said() -> None:
    pair = [flat(seed=seed, heel_fraction=0.2) for seed in (1, 2)]
    warnings = measure(pair, geometry="pair").provenance.warnings
    assert len(warnings) == 1
    assert "not to be turned" in warnings[0]
    assert "17 %" in warnings[0]  # 0.2 of 260 lines over the 220 that are used


def test_a_pair_of_different_levels_is_said_and_still_cancels() -> None:
    first, second = (flat(seed=seed, heel_fraction=heel) for seed, heel in ((1, 0.2), (2, -0.2)))
    found = measure([first, 1.3 * second], geometry="pair")
    assert any("5000 and 6500" in warning for warning in found.provenance.warnings)
    assert found.signal_nonuniformity_global < 5e-4


@settings(deadline=None, max_examples=12)
@given(
    geometry=st.sampled_from(["quadratic", "pair"]),
    gain=st.floats(1e-3, 1e3),
    up_down=st.booleans(),
    left_right=st.booleans(),
    transposed=st.booleans(),
)
def test_gain_and_turns_change_nothing(
    geometry: Any, gain: float, up_down: bool, left_right: bool, transposed: bool
) -> None:
    # tiles fill the field and ROIs lie symmetrically, so that turns take tiles to tiles
    pair = [flat((160, 160), seed=seed, heel_fraction=heel) for seed, heel in ((1, 0.2), (2, -0.2))]
    images = pair if geometry == "pair" else pair[:1]

    def turn(image: NDArray[np.float64]) -> NDArray[np.float64]:
        image = image[::-1] if up_down else image
        image = image[:, ::-1] if left_right else image
        return gain * (image.T if transposed else image)

    reference = measure(images, geometry=geometry)
    found = measure([turn(image) for image in images], geometry=geometry)
    for one, other in zip(found.measurements(), reference.measurements(), strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-8)
    assert found.geometry_removed_fraction == pytest.approx(reference.geometry_removed_fraction, rel=1e-8)


def test_the_result_survives_storage() -> None:
    found = measure(flat(), geometry="quadratic")
    again = unpack(Uniformity, *pack(found))
    assert again.to_dict() == found.to_dict()


@pytest.mark.parametrize(
    ("count", "geometry", "said"),
    [
        (2, "none", "2 images; needed one image"),
        (2, "quadratic", "2 images; needed one image"),
        (1, "pair", "1 images; needed 2 images"),
        (3, "pair", "3 images; needed 2 images"),
        (1, "cubic", "geometry='cubic'"),
    ],
)
def test_a_wrong_number_of_images_is_refused(count: int, geometry: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure([flat()] * count, geometry=geometry)


def test_a_pair_of_different_size_is_refused() -> None:
    with pytest.raises(InputError, match="images of"):
        measure([flat(), flat((261, 322))], geometry="pair")


def test_a_surface_below_zero_is_refused() -> None:
    image = flat((260, 320)) * np.linspace(2.0, -0.5, 260)[:, None]
    with pytest.raises(NotMeasurableError, match="fitted surface that falls to") as caught:
        measure(image, geometry="quadratic")
    assert caught.value.reason == "signal_not_positive"
