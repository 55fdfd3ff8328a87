"""Mammography flat fields against their definition in plain NumPy, and judged by the shipped limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.mammography_flat_field import MammographyFlatField, measure_mammography_flat_field
from xrayiq.model import Acquisition, Radiograph, judge, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq.procedures import score
from xrayiq.procedures.site import load_site
from xrayiq_phantoms import Detector, simulate_flat

PITCH = 0.5
SIDE_PX = BORDER_PX = 20
#: both sides add float64 numbers of one sign
TOLERANCE = 1e-9


def flat(shape: tuple[int, int] = (180, 220), *, seed: int = 7, level: float = 2000.0) -> NDArray[np.float64]:
    """Flat field with a fall of 20 % and noise of the root of its signal."""
    mean = level * (1 - 0.2 * np.indices(shape)[0] / shape[0])
    return np.asarray(mean + np.random.default_rng(seed).normal(0, 1, shape) * np.sqrt(mean))


def measure(images: Any, **options: Any) -> MammographyFlatField:
    return measure_mammography_flat_field(images, **{"pixel_pitch_mm": PITCH, **options})


def tiles_of(image: NDArray[Any], side: int = SIDE_PX) -> NDArray[np.float64]:
    inner = image[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    down, across = inner.shape[0] // side, inner.shape[1] // side
    inner = inner[: down * side, : across * side]
    return np.asarray(inner.reshape(down, side, across, side).swapaxes(1, 2).reshape(down, across, -1))


def plain_deviating(image: NDArray[np.float64], fraction: float) -> NDArray[np.bool_]:
    """|v − local mean| > fraction · local mean over 21 × 21 pixels about each, cut at the border."""
    half = SIDE_PX // 2
    marks = np.zeros(image.shape, dtype=np.bool_)
    for row, column in np.ndindex(image.shape):
        window = image[max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1]
        mean = np.nanmean(window)
        marks[row, column] = abs(image[row, column] - mean) > fraction * mean
    return marks


@pytest.mark.parametrize("roi_mm", [10.0, 20.0])
def test_tiles_of_a_series_match_the_definition(roi_mm: float) -> None:
    images = [flat(seed=seed, level=level) for seed, level in ((1, 2000.0), (2, 2200.0), (3, 1900.0))]
    found = measure(images, roi_mm=roi_mm)
    tiles = [tiles_of(image, round(roi_mm / PITCH)) for image in images]
    means = [each.mean(axis=-1) for each in tiles]
    snrs = [each.mean(axis=-1) / each.std(axis=-1, ddof=1) for each in tiles]
    for given_values, per_image in (
        (found.signal_deviations, [np.abs(each / each.mean() - 1).max() for each in means]),
        (found.snr_deviations, [np.abs(each / each.mean() - 1).max() for each in snrs]),
        (found.image_signals, [each.mean() for each in means]),
        (found.image_snrs, [each.mean() for each in snrs]),
    ):
        np.testing.assert_allclose(given_values, per_image, rtol=TOLERANCE)
    series = np.array([each.mean() for each in snrs])
    assert found.image_snr_deviation == pytest.approx(np.abs(series / series.mean() - 1).max(), rel=1e-7)
    worst = int(np.argmax([np.abs(each / each.mean() - 1).max() for each in means]))
    assert found.worst_image == worst
    np.testing.assert_allclose(found.tile_signal_deviations, means[worst] / means[worst].mean() - 1, atol=1e-12)
    np.testing.assert_allclose(found.tile_snr_deviations, snrs[worst] / snrs[worst].mean() - 1, atol=1e-12)


@pytest.mark.parametrize("fraction", [0.05, 0.2])
def test_deviating_pixels_match_the_definition(fraction: float) -> None:
    image = flat((100, 120))
    image[30, 40] *= 1.3
    image[50:52, 60] *= 0.7
    image[70, 90] *= 1.15
    image[41:44, 60:90] = np.nan
    found = measure(image, pixel_deviation_fraction=fraction)
    expected = int(tiles_of(plain_deviating(image, fraction)).sum())
    assert found.deviating_pixel_counts.tolist() == [expected]
    assert expected >= 3


def test_a_simulated_heel_gives_its_deviation() -> None:
    seen = Detector(pixel_pitch_mm=0.1, blur_sigma_mm=0.05, heel_fraction=0.2, quantised=False)
    image = simulate_flat(seen, shape=(1300, 1100), kerma_ugy=100.0, seed=2).pixels
    found = measure_mammography_flat_field(image, pixel_pitch_mm=0.1)
    heel = np.array(seen.heel_map((1300, 1100)))[100:1200, 0].reshape(11, 100).mean(axis=1)
    # noise of a tile's mean: below 0.02 %
    assert found.signal_deviations[0] == pytest.approx(np.abs(heel / heel.mean() - 1).max(), abs=1e-3)
    assert found.deviating_pixel_counts[0] == 0


def test_limits_judge_what_is_beyond_and_say_that_they_are_unverified() -> None:
    bad = flat((180, 220), seed=2)
    bad[:, :40] *= 1.3
    bad[100, 100] = 4000.0
    limits = {limit.quantity: limit for limit in load_site().limits if limit.procedure == "mammography_flat_field"}
    found = measure([flat(), bad], doses=[1.0, 1.3])
    status = {item.quantity: judge(item, limits[item.quantity]).status for item in found.measurements()}
    assert len(status) == len(limits) == 5
    assert status["mammography_signal_deviation"] == "warning"
    assert status["mammography_deviating_pixels"] == "warning"
    assert status["mammography_dose_deviation"] == "warning"  # 1.15 ± 13 %
    assert status["mammography_image_snr_deviation"] == "pass"
    assert all("not verified" in limit.source for limit in limits.values())


@pytest.mark.parametrize(("modality", "count"), [("MG", 1), ("DX", 0), (None, 0)])
def test_score_applies_the_rules_to_mammography_alone(modality: str | None, count: int) -> None:
    acquisition = Acquisition(modality=modality, protocol_name="QC flat field", intent="FOR PROCESSING")
    image = Radiograph.from_array(flat((400, 400)), pixel_pitch_mm=PITCH, acquisition=acquisition)
    outcomes = [outcome for outcome in score(image) if outcome.procedure == "mammography_flat_field"]
    assert len(outcomes) == count
    for outcome in outcomes:
        assert {verdict.limit.id for verdict in outcome.verdicts} == {
            "euref_signal_deviation",
            "euref_snr_deviation",
            "euref_deviating_pixels",
        }


def radiographs(**values: tuple[float | None, ...]) -> list[Radiograph]:
    count = len(next(iter(values.values())))
    return [
        Radiograph.from_array(
            flat(seed=number),
            pixel_pitch_mm=PITCH,
            acquisition=Acquisition(**{name: given_values[number] for name, given_values in values.items()}),
        )
        for number in range(count)
    ]


def test_doses_come_from_the_header_where_all_images_have_them() -> None:
    images = radiographs(entrance_dose_mgy=(1.0, None, 1.2), exposure_mas=(50.0, 55.0, 60.0))
    found = measure(images)
    assert (found.dose_source, found.doses is not None) == ("exposure_mas", True)
    assert found.dose_deviation == pytest.approx(5.0 / 55.0, rel=1e-12)
    given_doses = measure(images, doses=[2.0, 2.0, 3.5])
    assert (given_doses.dose_source, given_doses.dose_deviation) == ("argument", pytest.approx(0.4))
    none = measure([flat(seed=1), flat(seed=2)])
    assert (none.dose_source, none.doses, none.dose_deviation) == ("", None, None)


def test_one_image_has_no_deviation_between_images() -> None:
    found = measure(flat(), doses=[1.0])
    assert (found.image_snr_deviation, found.dose_deviation) == (None, None)
    assert len(found.measurements()) == 3
    assert {item.quantity for item in measure([flat(), flat(seed=1)], doses=[1, 2]).measurements()} <= set(quantities())


@settings(deadline=None, max_examples=12)
@given(gain=st.floats(1e-3, 1e3), up_down=st.booleans(), left_right=st.booleans(), transposed=st.booleans())
def test_gain_and_turns_change_nothing(gain: float, up_down: bool, left_right: bool, transposed: bool) -> None:
    images = [flat((140, 140), seed=seed) for seed in (1, 2)]  # tiles fill the field
    images[1][50, 60] *= 1.5

    def turn(image: NDArray[np.float64]) -> NDArray[np.float64]:
        turned = gain * image[:: -1 if up_down else 1, :: -1 if left_right else 1]
        return turned.T if transposed else turned

    reference, found = measure(images), measure([turn(image) for image in images])
    for one, other in zip(found.measurements(), reference.measurements(), strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-9)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32"])
def test_dtype_changes_nothing(dtype: str) -> None:
    image = np.rint(flat())
    assert measure(image.astype(dtype)).measurements() == measure(image).measurements()


def test_the_result_survives_storage() -> None:
    found = measure([flat(), flat(seed=1)], doses=[1.0, 1.1])
    assert unpack(MammographyFlatField, *pack(found)).to_dict() == found.to_dict()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"roi_mm": 0.0}, "roi_mm=0"),
        ({"roi_mm": 1.0}, "2 × 2 pixels"),
        ({"border_mm": -1.0}, "border_mm=-1"),
        ({"pixel_deviation_fraction": 1.5}, "pixel_deviation_fraction=1.5"),
        ({"doses": [1.0, 2.0]}, "one dose above zero"),
        ({"doses": [0.0]}, "one dose above zero"),
        ({"doses": ["high"]}, "doses that are no numbers"),
    ],
)
def test_unusable_arguments_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure(flat(), **options)


@pytest.mark.parametrize(
    ("reason", "image"),
    [
        ("smaller_than_roi", flat((50, 220))),
        ("signal_not_positive", flat() - 5000.0),
        ("constant_image", np.full((180, 220), 5.0)),
    ],
)
def test_images_that_cannot_be_measured_are_named(reason: str, image: Any) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure(image)
    assert caught.value.reason == reason


def test_no_image_is_refused() -> None:
    with pytest.raises(InputError, match="no image"):
        measure([])
