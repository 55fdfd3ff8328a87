"""Dark noise against simulated dark frames of known offset and noise, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics.dark_noise import DarkNoise, measure_dark_noise
from xrayiq.model import Acquisition, Measurement, PixelRelation, Radiograph, judge, quantities
from xrayiq.model.packing import pack, unpack
from xrayiq.procedures.site import load_site
from xrayiq_phantoms import DarkTruth, Defect, Detector, Phantom, simulate_dark

DETECTOR = Detector(gain_dn_per_ugy=500.0, electronic_noise_ugy=0.008, offset_dn=120.0)
SHAPE = (400, 500)


def dark(frames: int = 1, **changes: Any) -> tuple[Phantom[DarkTruth], ...]:
    arguments: dict[str, Any] = {"row_noise_dn": 0.6, "column_noise_dn": 1.1, "seed": 3}
    return simulate_dark(DETECTOR, shape=SHAPE, frames=frames, **{**arguments, **changes})


@pytest.fixture(scope="module")
def example() -> DarkNoise:
    return measure_dark_noise([frame.pixels for frame in dark(6)])


def test_level_and_noise_are_those_of_the_simulated_frames(example: DarkNoise) -> None:
    truth = dark()[0].truth
    # 500 columns of 1.1 know their own spread to 3 %, which is a twentieth of the variance; 400 rows their mean to 0.03
    assert example.level_dn == pytest.approx(120.0, abs=3 * np.hypot(1.1 / np.sqrt(500), 0.6 / np.sqrt(2400)))
    assert example.noise_dn == pytest.approx(truth.noise_dn, rel=0.01)
    # 5 · 200 000 degrees of freedom
    assert example.temporal_noise_dn == pytest.approx(truth.temporal_noise_dn, rel=0.005)
    assert (example.image_count, example.pixel_count) == (6, 200_000)


def test_noise_of_rows_columns_and_pattern_are_parted(example: DarkNoise) -> None:
    # differences of 3 lines leave a third fewer: 6 · 400 rows know σ to 2 %, 500 columns, the same each time, to 4.2 %
    assert example.row_noise_dn == pytest.approx(0.6, rel=0.06)
    assert example.column_noise_dn == pytest.approx(1.1, rel=0.13)
    # 500 columns know their spread to 3.2 %
    assert example.pattern_noise_dn == pytest.approx(1.1, rel=0.1)


def test_white_noise_has_no_lines_and_no_pattern() -> None:
    found = measure_dark_noise([frame.pixels for frame in dark(4, row_noise_dn=0.0, column_noise_dn=0.0)])
    # a line's mean scatters by 4 / 20; what is left of it is known to a tenth of that variance
    assert found.row_noise_dn < 0.35 * 4.0 / np.sqrt(500)
    assert found.column_noise_dn < 0.35 * 4.0 / np.sqrt(400)
    assert found.pattern_noise_dn is not None
    assert found.pattern_noise_dn < 0.06 * 4.0
    truth = dark(row_noise_dn=0.0, column_noise_dn=0.0)[0].truth
    # 800 000 values know a standard deviation to 0.08 %: three of that
    assert found.noise_dn == pytest.approx(truth.noise_dn, rel=0.0025)
    assert found.noise_dn == pytest.approx(np.sqrt(16 + 1 / 12), rel=0.0025)


def test_figures_of_one_frame_match_the_definition() -> None:
    pixels = dark()[0].pixels
    found = measure_dark_noise(pixels)
    values = pixels.astype(np.float64)
    assert found.level_dn == pytest.approx(values.mean(), rel=1e-12)
    assert found.noise_dn == pytest.approx(values.std(ddof=1), rel=1e-12)
    assert found.hottest_dn == pytest.approx(values.max() - values.mean(), rel=1e-12)
    assert pixels[found.hottest_px] == pixels.max()
    np.testing.assert_allclose(found.row_levels_dn, values.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.column_levels_dn, values.mean(axis=0), rtol=1e-12)
    assert (found.temporal_noise_dn, found.pattern_noise_dn, found.drift_dn) == (None, None, None)


def test_hottest_pixel_is_found_with_its_strength() -> None:
    hot = Detector(
        gain_dn_per_ugy=500.0,
        electronic_noise_ugy=0.008,
        offset_dn=120.0,
        defects=(Defect(row=70, column=311, kind="offset", amplitude=0.2),),
    )
    frames = simulate_dark(hot, shape=SHAPE, frames=9, seed=2)
    found = measure_dark_noise([frame.pixels for frame in frames])
    assert found.hottest_px == (70, 311)
    assert found.hottest_dn == pytest.approx(0.2 * 500.0, abs=3 * 4.0 / 3.0)  # noise of the mean of nine


def test_drift_between_repeats_is_found_and_does_not_count_as_noise() -> None:
    still, drifting = (measure_dark_noise([frame.pixels for frame in dark(5, drift_dn=drift)]) for drift in (0.0, 2.5))
    # the rows' own noise moves a frame by 0.03
    assert drifting.drift_dn == pytest.approx(4 * 2.5, abs=0.15)
    assert still.drift_dn == pytest.approx(0.0, abs=0.15)
    np.testing.assert_allclose(np.diff(drifting.frame_levels_dn), 2.5, atol=0.15)
    assert drifting.temporal_noise_dn == pytest.approx(still.temporal_noise_dn, rel=1e-3)  # rounding


def test_a_slow_course_of_the_level_is_no_noise_of_lines() -> None:
    course = 60.0 * np.sin(np.linspace(0.0, 3.0, SHAPE[0]))[:, None]
    level, curved = (measure_dark_noise(dark()[0].pixels + extra) for extra in (0.0, course))
    assert curved.noise_dn > 3 * level.noise_dn
    assert curved.row_noise_dn == pytest.approx(level.row_noise_dn, rel=0.01)


@settings(deadline=None, max_examples=10)
@given(
    gain=st.floats(0.1, 100.0),
    offset=st.floats(-1e4, 1e4),
    flips=st.tuples(st.booleans(), st.booleans()),
    transposed=st.booleans(),
    dtype=st.sampled_from(["uint16", "int32", "float32", "float64"]),
)
def test_gain_scales_and_offset_flips_and_dtype_keep_the_noise(
    gain: float, offset: float, flips: tuple[bool, bool], transposed: bool, dtype: str
) -> None:
    frames = [frame.pixels for frame in dark(2)]
    reference = measure_dark_noise(frames)
    whole = dtype in ("uint16", "int32")
    scale, shift = (1.0, 0.0) if whole else (gain, offset)
    turned = [(scale * frame + shift).astype(dtype) for frame in frames]
    turned = [frame[:: -1 if flips[0] else 1, :: -1 if flips[1] else 1] for frame in turned]
    found = measure_dark_noise([frame.T if transposed else frame for frame in turned])
    # float32 rounds values of up to 3e4 by 1e-3, against noise of 0.4 or more
    assert found.noise_dn == pytest.approx(scale * reference.noise_dn, rel=1e-3)
    rows, columns = found.row_noise_dn, found.column_noise_dn
    assert (columns if transposed else rows) == pytest.approx(scale * reference.row_noise_dn, rel=1e-2)
    assert (rows if transposed else columns) == pytest.approx(scale * reference.column_noise_dn, rel=1e-2)


def test_padding_is_left_out() -> None:
    pixels = dark()[0].pixels.astype(np.float64)
    padded = pixels.copy()
    padded[:30] = np.nan
    padded[:, 450:] = np.nan
    found, cut = measure_dark_noise(padded), measure_dark_noise(pixels[30:, :450])
    for name in ("level_dn", "noise_dn", "row_noise_dn", "column_noise_dn", "hottest_dn"):
        assert getattr(found, name) == pytest.approx(getattr(cut, name), rel=1e-9)  # rounding
    assert np.isnan(found.row_levels_dn[:30]).all()
    assert found.pixel_count == 370 * 450


def test_stored_values_of_any_response_are_measured() -> None:
    pixels = dark()[0].pixels
    logarithmic = Radiograph(pixels=pixels, relation=PixelRelation(relation="log"))
    assert measure_dark_noise(logarithmic).noise_dn == measure_dark_noise(pixels).noise_dn


def test_measurements_are_on_the_list_and_are_judged_by_the_baseline(example: DarkNoise) -> None:
    assert {item.quantity for item in example.measurements()} <= set(quantities())
    assert unpack(DarkNoise, *pack(example)).to_dict() == example.to_dict()
    limits = {limit.quantity: limit for limit in load_site().limits if limit.procedure == "dark_noise"}
    measured = Measurement(quantity="dark_noise", value=example.noise_dn)
    assert judge(measured, limits["dark_noise"], baseline=example.noise_dn / 1.4).status == "pass"
    assert judge(measured, limits["dark_noise"], baseline=example.noise_dn / 1.6).status == "fail"


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        (lambda: dark()[0].pixels[:20], "too_small"),
        (lambda: np.full(SHAPE, 7, dtype=np.uint16), "constant_image"),
        (lambda: np.maximum(dark()[0].pixels.astype(np.int32) - 118, 0).astype(np.uint16), "partly_saturated"),
        (
            lambda: Radiograph.from_array(dark()[0].pixels, acquisition=Acquisition(intent="FOR PRESENTATION")),
            "presentation_image",
        ),
    ],
)
def test_what_holds_no_dark_noise_is_not_measurable(images: Any, reason: str) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        measure_dark_noise(images())
    assert caught.value.reason == reason


def test_no_frame_and_unequal_frames_are_refused() -> None:
    with pytest.raises(InputError, match="no image"):
        measure_dark_noise([])
    pixels = dark()[0].pixels
    with pytest.raises(InputError, match="images of 400 × 500 and 399 × 500 pixels"):
        measure_dark_noise([pixels, pixels[:-1]])
