"""Detrended noise, anomalous pixels and five-ROI schemes of a flat field against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError
from xrayiq.metrics import Uniformity, measure_uniformity
from xrayiq.metrics.five_roi import five_roi_schemes
from xrayiq.model import quantities

PITCH = 0.5
SIDE_PX = BORDER_PX = 20
#: the issue's figure
TOLERANCE = 1e-9


def flat(shape: tuple[int, int] = (180, 220), *, seed: int = 7) -> NDArray[np.float64]:
    """Flat field with a fall and noise that grows to the right."""
    rows, columns = np.indices(shape)
    noise = np.random.default_rng(seed).normal(0, 1, shape) * (10 + 5 * columns / shape[1])
    return 2000 * (1 - 0.1 * rows / shape[0]) + noise


def measure(image: Any, **options: Any) -> Uniformity:
    return measure_uniformity(image, **{"pixel_pitch_mm": PITCH, **options})


def plain_anomalies(image: NDArray[np.float64], limit: float, half: int = SIDE_PX // 2) -> NDArray[np.bool_]:
    """|v − local mean| > limit · local standard deviation, over the window of 2·half + 1 about each pixel."""
    marks = np.zeros(image.shape, dtype=np.bool_)
    for row, column in np.ndindex(image.shape):
        window = image[max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1]
        kept = window[np.isfinite(window)]
        if np.isfinite(image[row, column]):
            marks[row, column] = abs(image[row, column] - kept.mean()) > limit * kept.std(ddof=1)
    return marks


def in_tiles(marks: NDArray[Any]) -> NDArray[np.int64]:
    inner = marks[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    down, across = inner.shape[0] // SIDE_PX, inner.shape[1] // SIDE_PX
    inner = inner[: down * SIDE_PX, : across * SIDE_PX].reshape(down, SIDE_PX, across, SIDE_PX)
    return np.asarray(inner.sum(axis=(1, 3)), dtype=np.int64)


def plain_plane_sds(image: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = np.indices((SIDE_PX, SIDE_PX)).reshape(2, -1)
    plane = np.column_stack([np.ones(rows.size), rows, columns])
    inner = image[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    sds = np.empty((inner.shape[0] // SIDE_PX, inner.shape[1] // SIDE_PX))
    for row, column in np.ndindex(sds.shape):
        values = inner[row * SIDE_PX : (row + 1) * SIDE_PX, column * SIDE_PX : (column + 1) * SIDE_PX].ravel()
        residuals = values - plane @ np.linalg.lstsq(plane, values, rcond=None)[0]
        sds[row, column] = np.sqrt(residuals @ residuals / (values.size - 3))
    return sds


def neighbour_means(x: NDArray[np.float64], connectivity: int) -> NDArray[np.float64]:
    found = np.empty(x.shape)
    for row, column in np.ndindex(x.shape):
        offsets = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)][:connectivity]
        near = [(row + down, column + right) for down, right in offsets]
        found[row, column] = np.mean([x[at] for at in near if 0 <= at[0] < x.shape[0] and 0 <= at[1] < x.shape[1]])
    return found


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("denominator", ["global", "neighbours"])
def test_detrended_noise_matches_the_definition(connectivity: Any, denominator: Any) -> None:
    image = flat()
    found = measure(image, connectivity=connectivity, denominator=denominator)
    sds = plain_plane_sds(image)
    np.testing.assert_allclose(found.tile_detrended_sds, sds, rtol=TOLERANCE)
    near = neighbour_means(sds, connectivity)
    local = (np.abs(sds - near) / (sds.mean() if denominator == "global" else near)).max()
    assert found.detrended_noise_nonuniformity_global == pytest.approx(np.ptp(sds) / sds.mean(), rel=TOLERANCE)
    assert found.detrended_noise_nonuniformity_local == pytest.approx(local, rel=TOLERANCE)
    assert found.detrended_noise_mean_fraction == pytest.approx(sds.mean() / found.mean_signal, rel=TOLERANCE)
    assert found.noise_mean_fraction == pytest.approx(found.tile_sds.mean() / found.mean_signal, rel=TOLERANCE)


@pytest.mark.parametrize("limit", [2.0, 5.0])
@pytest.mark.parametrize("border_mm", [10.0, 0.0])
def test_anomalous_pixels_match_the_definition(limit: float, border_mm: float) -> None:
    image = flat((100, 120))
    image[30:32, 40] += 300.0  # two in one tile
    image[75, 95] -= 150.0
    image[41:44, 60:90] = np.nan
    found = measure(image, anomaly_sd=limit, border_mm=border_mm)
    marks = plain_anomalies(image, limit)
    expected = in_tiles(marks) if border_mm else in_tiles(np.pad(marks, BORDER_PX))
    assert found.tile_anomalous_pixels is not None
    np.testing.assert_array_equal(found.tile_anomalous_pixels, expected)
    assert (found.anomalous_pixels, found.anomalous_pixels_in_a_tile) == (expected.sum(), expected.max())
    assert expected.sum() >= 3


def test_clean_noise_has_hardly_an_anomalous_pixel() -> None:
    # 5 standard deviations: 0.57 expected in 10⁶ pixels; more than 5 in one draw of 5000
    image = 2000 + np.random.default_rng(11).normal(0, 10, (1040, 1040))
    found = measure(image)
    assert found.anomalous_pixels is not None
    assert found.anomalous_pixels <= 5


def test_tiles_left_out_count_no_anomalous_pixel() -> None:
    image = flat()
    image[20:40, 20:31] = np.nan
    image[30, 35] = 9000.0
    assert measure(image).anomalous_pixels == 0


def test_all_figures_are_quantities() -> None:
    assert {item.quantity for item in measure(flat()).measurements()} <= set(quantities())


@settings(deadline=None, max_examples=15)
@given(
    gain=st.floats(1e-3, 1e3),
    dtype=st.sampled_from(["uint16", "int32", "float32", "float64"]),
    up_down=st.booleans(),
    transposed=st.booleans(),
)
def test_anomalous_pixels_follow_flips_and_ignore_gain_and_dtype(
    gain: float, dtype: str, up_down: bool, transposed: bool
) -> None:
    image = np.rint(flat((140, 140)))
    image[50, 70], image[90, 30] = 2500.0, 1400.0
    reference = measure(image).tile_anomalous_pixels
    assert reference is not None
    turned = image[::-1] if up_down else image
    turned = turned.T if transposed else turned
    stored = turned.astype(dtype)
    found = measure(stored if dtype != "float64" else gain * stored).tile_anomalous_pixels
    expected = reference[::-1] if up_down else reference
    np.testing.assert_array_equal(found, expected.T if transposed else expected)


def five_means(image: NDArray[np.float64], centres: list[tuple[float, float]], side: tuple[int, int]) -> Any:
    """Means about centres that are parts of the field; ROIs behind the middle mirror those before it."""
    inner = image[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    means = []
    for down, across in centres:
        starts = []
        for length, where, extent in zip(inner.shape, (down, across), side, strict=True):
            near = int(length * min(where, 1 - where) - extent / 2 + (0.0 if where == 0.5 else 0.5))
            starts.append(near if where <= 0.5 else length - extent - near)
        means.append(inner[starts[0] : starts[0] + side[0], starts[1] : starts[1] + side[1]].mean())
    return np.array(means)


QUADRANTS = [(0.5, 0.5), (0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75)]
CORNERS = [(0.5, 0.5), (0.1, 0.1), (0.1, 0.9), (0.9, 0.1), (0.9, 0.9)]


@pytest.mark.parametrize(
    ("scheme", "shape", "side", "centres"),
    [
        ("ipem_32", (1040, 1240), (200, 200), QUADRANTS),  # 100 mm
        ("ipem_32", (240, 340), (50, 75), QUADRANTS),  # a quarter of the sides
        ("kcare_100_px", (1040, 1240), (100, 100), QUADRANTS),
        ("kcare_10_percent", (240, 340), (63, 95), QUADRANTS),  # √0.1 of the sides
        ("din_6868_corners", (240, 340), (20, 30), CORNERS),
    ],
)
def test_five_roi_schemes_place_and_compare_as_their_table_says(
    scheme: str, shape: tuple[int, int], side: tuple[int, int], centres: Any
) -> None:
    image = flat(shape)
    found = measure(image, five_roi=scheme)
    means = five_means(image, centres, side)
    assert (found.five_roi_scheme, found.five_roi_size_px) == (scheme, side)
    np.testing.assert_allclose(found.five_roi_means, means, rtol=TOLERANCE)
    compared = means[0] if scheme == "din_6868_corners" else means.mean()
    assert found.five_roi_deviation == pytest.approx(np.abs(means / compared - 1).max(), rel=1e-7)
    assert found.five_roi_variation == pytest.approx(means.std(ddof=1) / means.mean(), rel=1e-7)
    assert dict(found.provenance.parameters)["five_roi"] == scheme


def test_a_baseline_takes_out_the_course_that_was_there_before() -> None:
    before, course = flat(seed=1), np.linspace(0.0, 0.2, 220)
    baseline = measure(before).five_roi_means
    found = measure(1.7 * before * (1.0 + course), five_roi="ipem_91", five_roi_baseline=baseline)
    # the course at the ROIs' middles: columns 65, 109 and 154
    factors = 1.0 + 0.2 / 219.0 * (np.array([109, 65, 154, 65, 154]))
    expected = np.abs(factors / factors.mean() - 1).max()
    # noise times course inside a ROI, of 0.5 % times 3 % over 45 pixels
    assert found.five_roi_deviation == pytest.approx(expected, rel=2e-3)
    assert measure(1.7 * before, five_roi="ipem_91", five_roi_baseline=baseline).five_roi_deviation < 1e-12


def test_every_scheme_names_its_document_and_starts_in_the_middle() -> None:
    for scheme in five_roi_schemes().values():
        assert scheme.document
        assert scheme.confidence in ("A", "B", "C")
        assert len(scheme.centres) == 5
        assert scheme.centres[0] == (0.5, 0.5)
        assert sum(side is not None for side in (scheme.side_mm, scheme.side_px, scheme.side_share)) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"five_roi": "ipem"}, "needed one of ipem_32"),
        ({"five_roi": None}, "five_roi=None"),
        ({"five_roi": "ipem_91"}, "without a baseline"),
        ({"five_roi": "ipem_32", "five_roi_baseline": np.ones(5)}, "with a baseline"),
        ({"five_roi": "ipem_91", "five_roi_baseline": np.ones(4)}, "five numbers above zero"),
        ({"five_roi": "ipem_91", "five_roi_baseline": np.zeros(5)}, "five numbers above zero"),
        ({"anomaly_sd": 0.0}, "anomaly_sd=0"),
        ({"anomaly_sd": "5"}, "anomaly_sd='5'"),
    ],
)
def test_unusable_choices_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure(flat(), **options)
