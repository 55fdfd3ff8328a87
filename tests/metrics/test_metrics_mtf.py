"""MTF of slanted edges against the closed formula of the simulated edge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import Mtf, measure_mtf
from xrayiq.metrics.edge_spread import first_crossing
from xrayiq.model import PixelRelation, Radiograph, Response, pack, unpack
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import simulate_edge

EXACT = Detector(quantised=False)
ANGLES = [1.5, 2.0, 3.0, 5.0, 8.0, *np.degrees(np.arctan([1 / 8, 1 / 10, 1 / 20]))]
#: method bias: the spline through tenths of a pixel (measured 0.0002)
NOISELESS = 0.001


def errors(mtf, truth):
    """Measured minus true, up to the Nyquist frequency."""
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    return (mtf.values - truth.mtf(mtf.frequencies_per_mm))[below]


def plate(shape, *, pitch=0.15, centre=(0.5, 0.5), half=(0.2, 0.25), angle=3.0, sigma=0.11):
    """Blurred rectangle of height 1; centre and half sides as parts of the image's sides."""
    rows = (np.arange(shape[0])[:, None] - centre[0] * shape[0]) * pitch
    columns = (np.arange(shape[1])[None, :] - centre[1] * shape[1]) * pitch
    alpha = np.radians(angle)
    down = rows * np.cos(alpha) + columns * np.sin(alpha)
    right = columns * np.cos(alpha) - rows * np.sin(alpha)
    height, width = half[0] * shape[0] * pitch, half[1] * shape[1] * pitch
    along = ndtr((down + height) / sigma) - ndtr((down - height) / sigma)
    return along * (ndtr((right + width) / sigma) - ndtr((right - width) / sigma))


def noise(shape, sd, seed=0):
    return np.random.default_rng(seed).normal(0.0, sd, shape)


def long_edge(shape=(400, 400), **options):
    """1 to the left of one edge that crosses the whole image near its middle, 0 to the right."""
    return plate(shape, centre=(0.5, -1.0), half=(5.0, 1.5), **options)


@pytest.mark.parametrize("mode", ["constancy", "iec"])
@pytest.mark.parametrize("angle", ANGLES)
def test_mtf_of_an_exact_edge_matches_its_formula(angle, mode):
    sides = (("columns", "left"), ("columns", "right"), ("rows", "upper"), ("rows", "lower"))
    for place, (across, side) in enumerate(sides):
        for sign in (1, -1) if angle == 3.0 else ((-1) ** (place // 2 + place),):  # both signs either way
            edge = simulate_edge(EXACT, angle_deg=sign * angle, across=across, dark_side=side, noise=False)
            mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15, mode=mode)
            assert mtf.across == across
            assert np.abs(errors(mtf, edge.truth)).max() <= NOISELESS
            assert mtf.f50_per_mm == pytest.approx(edge.truth.f50_per_mm, rel=NOISELESS)
            assert mtf.f10_per_mm == pytest.approx(edge.truth.f10_per_mm, rel=NOISELESS)
            assert mtf.edge_angle_deg == pytest.approx(angle, abs=1e-4)  # truncated blur


@pytest.mark.parametrize("mode", ["constancy", "iec"])
@pytest.mark.parametrize(
    ("pitch", "blur"), [(0.1, 0.1), (0.2, 0.1), (0.2, 0.05), (0.1, 0.2), (0.15, 0.0), (0.05, 0.05)]
)
def test_mtf_matches_its_formula_at_other_pitches_and_blurs(pitch, blur, mode):
    detector = Detector(pixel_pitch_mm=pitch, blur_sigma_mm=blur, quantised=False)
    for angle in (2.0, -float(np.degrees(np.arctan(1 / 8)))):
        edge = simulate_edge(detector, angle_deg=angle, offset_px=0.37, noise=False)
        mtf = measure_mtf(edge.pixels, pixel_pitch_mm=pitch, mode=mode)
        assert np.abs(errors(mtf, edge.truth)).max() <= NOISELESS
        assert mtf.nyquist_per_mm == pytest.approx(0.5 / pitch)
        assert mtf.frequencies_per_mm[-1] == pytest.approx(1.0 / pitch, abs=0.01)  # one step of the axis


@pytest.mark.parametrize(("response", "model", "power"), [("log", "log", 1.0), ("sqrt", "power", 0.5)])
def test_encoded_edges_are_measured_in_kerma(response, model, power):
    detector = Detector(response=response, gain_dn_per_ugy=1500.0, offset_dn=6000.0, quantised=False)
    given_response = Response(model=model, a=6000.0, b=1500.0, c=power)
    for side in ("left", "right"):
        edge = simulate_edge(detector, angle_deg=3.0, dark_side=side, transmission=0.03, noise=False)
        image = Radiograph.from_array(edge.pixels, pixel_pitch_mm=0.15, response=given_response)
        mtf = measure_mtf(image)
        assert np.abs(errors(mtf, edge.truth)).max() <= NOISELESS
        assert mtf.provenance.response_id == given_response.id
        assert mtf.provenance.signal_unit == "uGy"
        # taken as linear it would be far off
        assert np.abs(errors(measure_mtf(edge.pixels, pixel_pitch_mm=0.15), edge.truth)).max() > 0.01


def test_a_log_edge_without_response_is_refused():
    edge = simulate_edge(Detector(response="log", gain_dn_per_ugy=1500.0, offset_dn=6000.0), angle_deg=3.0)
    image = Radiograph(pixels=edge.pixels, pixel_pitch_mm=(0.15, 0.15), relation=PixelRelation(relation="log"))
    with pytest.raises(NotMeasurableError) as caught:
        measure_mtf(image)
    assert caught.value.reason == "no_linear_signal"


@pytest.mark.parametrize("mode", ["constancy", "iec"])
def test_rounded_pixel_values_cost_little(mode):
    edge = simulate_edge(Detector(), angle_deg=2.3, noise=False)
    assert edge.pixels.dtype == np.uint16
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15, mode=mode)
    assert np.abs(errors(mtf, edge.truth)).max() <= 0.002  # a step of 3900 rounded to 1


def test_contrast_to_noise_is_the_step_over_the_noise_of_a_pixel():
    for seed, angle in enumerate((1.7, -3.0, 7.125)):
        edge = simulate_edge(EXACT, angle_deg=angle, noise=False)
        image = edge.pixels + noise(edge.pixels.shape, np.ptp(edge.pixels) / 100.0, seed)
        mtf = measure_mtf(image, pixel_pitch_mm=0.15)
        # sampling: 4 standard deviations of a noise estimated from 2 × 34000 pixels
        assert mtf.contrast_to_noise == pytest.approx(100.0, rel=4.0 / np.sqrt(2.0 * 68000.0) + 0.001)


def test_the_heel_effect_leaves_constancy_mode_alone():
    for axis in ("rows", "columns"):
        detector = Detector(quantised=False, heel_fraction=0.2, heel_axis=axis)
        edge = simulate_edge(detector, angle_deg=3.0, noise=False)
        mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15)
        assert np.abs(errors(mtf, edge.truth)).max() <= NOISELESS


@pytest.mark.parametrize("across", ["columns", "rows"])
def test_unequal_pitches_count_along_the_edges_normal(across):
    pitch = (0.2, 0.1)
    rows, columns = np.arange(400)[:, None] * pitch[0], np.arange(500) * pitch[1]
    alpha, sigma = np.radians(4.0), 0.15
    along, beside = (columns - 25.0, rows - 40.0) if across == "columns" else (rows - 40.0, columns - 25.0)
    image = 50.0 + 900.0 * ndtr((along * np.cos(alpha) - beside * np.sin(alpha)) / sigma)
    mtf = measure_mtf(image, pixel_pitch_mm=pitch)
    assert mtf.edge_angle_deg == pytest.approx(4.0, abs=0.001)
    assert mtf.nyquist_per_mm == pytest.approx(5.0 if across == "columns" else 2.5)
    truth = np.exp(-2.0 * np.pi**2 * sigma**2 * mtf.frequencies_per_mm**2)
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    np.testing.assert_allclose(mtf.values[below], truth[below], rtol=0, atol=NOISELESS)


def test_the_fitted_edge_passes_through_the_true_point():
    for across, side in (("columns", "right"), ("rows", "upper")):
        edge = simulate_edge(EXACT, angle_deg=-4.0, across=across, dark_side=side, offset_px=20.3, noise=False)
        (row, column), (last_row, last_column) = measure_mtf(edge.pixels, pixel_pitch_mm=0.15).edge_ends_px
        true_row, true_column = edge.truth.point_px
        off = (true_row - row) * (last_column - column) - (true_column - column) * (last_row - row)
        assert abs(off) / np.hypot(last_row - row, last_column - column) < 1e-3


@pytest.mark.parametrize("across", [None, "columns", "rows"])
@pytest.mark.parametrize("angle", [2.0, -6.0])
def test_an_edge_of_a_plate_in_a_collimated_field_is_found(angle, across):
    shape, sigma = (1024, 1200), 0.11
    field = plate(shape, half=(0.45, 0.45), angle=1.6, sigma=0.8)  # with penumbra, at an angle that would be allowed
    image = 20.0 + 1000.0 * field * (1.0 - 0.97 * plate(shape, angle=angle, sigma=sigma)) + noise(shape, 5.0)
    mtf = measure_mtf(image.astype(np.uint16), pixel_pitch_mm=0.15, across=across)
    assert mtf.edge_angle_deg == pytest.approx(abs(angle), abs=0.01)
    assert across in (None, mtf.across)
    truth = np.exp(-2.0 * np.pi**2 * sigma**2 * mtf.frequencies_per_mm**2)
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    assert np.abs(mtf.values - truth)[below].max() < 0.02  # sampling noise of a step of 190 times the noise, 390 lines


def test_a_given_roi_is_used_whole():
    shape = (1024, 1024)
    image = 1000.0 * (1.0 - 0.97 * plate(shape)) + noise(shape, 5.0)
    found = measure_mtf(image, pixel_pitch_mm=0.15, roi=(350, 660, 150, 400))
    assert found.across == "columns"
    assert found.roi_px[:2] == (350, 660)
    assert found.edge_angle_deg == pytest.approx(3.0, abs=0.01)


def test_padding_is_left_out():
    edge = simulate_edge(EXACT, angle_deg=3.0, noise=False)
    image = edge.pixels.copy()
    image[:, 420:] = np.nan
    mtf = measure_mtf(image, pixel_pitch_mm=0.15)
    assert mtf.roi_px[3] <= 430
    assert np.abs(errors(mtf, edge.truth)).max() <= NOISELESS


WIDE_BLURS = [0.35, 0.4, 0.5, 0.6, 0.8, 1.0]


@pytest.mark.parametrize("blur", WIDE_BLURS)
def test_constancy_mode_widens_with_the_blur(blur):
    edge = simulate_edge(Detector(blur_sigma_mm=blur, quantised=False), angle_deg=3.0, noise=False)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15)
    assert np.abs(errors(mtf, edge.truth)).max() <= NOISELESS  # measured 0.00015; 0.0015 to 0.075 if fixed at 1.5 mm
    assert mtf.f50_per_mm == pytest.approx(edge.truth.f50_per_mm, rel=NOISELESS)
    assert mtf.provenance.warnings == ()


def test_the_heel_effect_leaves_a_wide_blur_alone():
    detector = Detector(blur_sigma_mm=0.5, quantised=False, heel_fraction=0.2, heel_axis="columns")
    edge = simulate_edge(detector, angle_deg=3.0, noise=False)
    assert np.abs(errors(measure_mtf(edge.pixels, pixel_pitch_mm=0.15), edge.truth)).max() <= NOISELESS


@pytest.mark.parametrize(("columns", "wrong"), [(60, 3), (600, 1)])  # 3.5 and 44 mm on either side
def test_a_blur_too_wide_for_the_window_is_told(columns, wrong):
    count = 0
    for blur in (0.3, 0.5, 0.8, 1.0, 1.2, 1.42):
        detector = Detector(blur_sigma_mm=blur, quantised=False)
        edge = simulate_edge(detector, shape=(400, columns), angle_deg=2.0, noise=False)
        mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15)
        told = any("blur of" in warning for warning in mtf.provenance.warnings)
        if np.abs(errors(mtf, edge.truth)).max() > 0.002:
            count += 1
            assert told
    assert count >= wrong


@pytest.mark.parametrize("noise_share", [0.0, 0.01])
@pytest.mark.parametrize("value", [0.0, 2.0, 4.0, 65.0])
@pytest.mark.parametrize("mode", ["constancy", "iec"])
def test_a_defective_pixel_on_the_edge_changes_nothing(noise_share, value, mode):
    edge = simulate_edge(EXACT, angle_deg=3.0, noise=False)
    step = np.ptp(edge.pixels)
    image = edge.pixels + noise(edge.pixels.shape, noise_share * step)
    sound = measure_mtf(image, pixel_pitch_mm=0.15, mode=mode)
    assert not any("left out" in warning for warning in sound.provenance.warnings)
    row, column = np.round(np.asarray(edge.truth.point_px)).astype(int)
    # up to four rows high, and on the first row, where the median lies to one side
    for rows, columns in ((1, 1), (4, 4)):
        image[row : row + rows, column : column + columns] = edge.pixels.min() + value * step
        image[0, 10] = 65.0 * step
    mtf = measure_mtf(image, pixel_pitch_mm=0.15, mode=mode)
    # the rest of the edge is sampled as before: 16 of 2400 pixels within a pixel of the edge carry 1 % noise
    assert np.abs(mtf.values - sound.values)[: len(errors(mtf, edge.truth))].max() <= 0.002
    assert any("left out" in warning for warning in mtf.provenance.warnings)


def test_a_bright_row_or_column_is_left_out():
    edge = simulate_edge(EXACT, angle_deg=3.0, noise=False)
    step = np.ptp(edge.pixels)
    column = round(edge.truth.point_px[1]) + 5
    for place in ((slice(200, 201), slice(None)), (slice(None), slice(column, column + 1))):
        for value in (0.0, 5.0):
            image = edge.pixels + noise(edge.pixels.shape, step / 100.0)
            image[place] = value * step
            mtf = measure_mtf(image, pixel_pitch_mm=0.15)
            assert mtf.contrast_to_noise == pytest.approx(100.0, rel=0.03)  # sampling and heel-free sides
            assert np.abs(errors(mtf, edge.truth)).max() <= 0.02  # as asked of an edge without defects
            assert any("left out" in warning for warning in mtf.provenance.warnings)


def test_an_overshoot_is_no_defect():
    angle = np.radians(8.0)  # the overshoot passes a column in the fewest rows
    rows, columns = np.indices((500, 500))
    distance = 0.15 * ((columns - 250.2) * np.cos(angle) + (rows - 250.0) * np.sin(angle))
    image = 20.0 + 1000.0 * (1.8 * ndtr(distance / 0.08) - 0.8 * ndtr(distance / 0.25))
    mtf = measure_mtf(image, pixel_pitch_mm=0.15)
    assert mtf.provenance.warnings == ()
    gaussian = [np.exp(-2.0 * (np.pi * sigma * mtf.frequencies_per_mm) ** 2) for sigma in (0.08, 0.25)]
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    np.testing.assert_allclose(
        mtf.values[below], (1.8 * gaussian[0] - 0.8 * gaussian[1])[below], rtol=0, atol=NOISELESS
    )


@pytest.mark.parametrize("field_angle", [0.0, 0.3])
@pytest.mark.parametrize("rounded", [False, True])
def test_a_plate_in_a_straight_field_is_found_without_noise(field_angle, rounded):
    shape, sigma = (1024, 1024), 0.11
    field = plate(shape, half=(0.455, 0.455), centre=(0.51, 0.505), angle=field_angle, sigma=0.3)
    image = (1000.0 - 950.0 * plate(shape, half=(0.23, 0.16), sigma=sigma)) * (0.02 + 0.98 * field)
    mtf = measure_mtf(np.rint(image).astype(np.uint16) if rounded else image, pixel_pitch_mm=0.15)
    assert mtf.edge_angle_deg == pytest.approx(3.0, abs=0.001)
    truth = np.exp(-2.0 * np.pi**2 * sigma**2 * mtf.frequencies_per_mm**2)
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    assert np.abs(mtf.values - truth)[below].max() <= NOISELESS


def test_an_edge_in_the_recommended_range_goes_before_a_longer_one_out_of_it():
    shape = (1024, 1024)
    field = plate(shape, half=(0.45, 0.45), angle=1.1)
    mtf = measure_mtf(1000.0 * field * (1.0 - 0.95 * plate(shape)), pixel_pitch_mm=0.15)
    assert mtf.edge_angle_deg == pytest.approx(3.0, abs=0.001)


@pytest.mark.parametrize("container", [list, np.array, lambda roi: [np.int64(number) for number in roi]])
def test_any_four_whole_numbers_are_a_roi(container):
    roi = (20, 380, 40, 360)
    image = 1000.0 * long_edge()
    expected = measure_mtf(image, pixel_pitch_mm=0.15, roi=roi)
    found = measure_mtf(image, pixel_pitch_mm=0.15, roi=container(roi))
    np.testing.assert_array_equal(found.values, expected.values)
    assert found.provenance == expected.provenance


@pytest.mark.parametrize("roi", [(1, 2, 3), (slice(0, 300), slice(0, 300)), (0.0, 300.0, 0.0, 300.0), 300, "0123x"])
def test_what_is_no_roi_is_refused_with_what_is_needed(roi):
    with pytest.raises(InputError, match=r"four whole numbers \(row_start, row_stop, column_start, column_stop\)"):
        measure_mtf(1000.0 * long_edge(), pixel_pitch_mm=0.15, roi=roi)


def test_the_provenance_holds_what_the_numbers_depend_on():
    image = 1000.0 * long_edge()
    free = dict(measure_mtf(image, pixel_pitch_mm=(0.15, 0.15)).provenance.parameters)
    assert (free["row_pitch_mm"], free["column_pitch_mm"]) == (0.15, 0.15)
    assert (free["across"], free["roi"], free["mode"]) == ("automatic", "automatic", "constancy")
    given_all = measure_mtf(image, pixel_pitch_mm=0.15, across="columns", roi=(20, 380, 40, 360), mode="iec")
    parameters = dict(given_all.provenance.parameters)
    assert (parameters["across"], parameters["roi"]) == ("columns", "20:380,40:360")
    assert (parameters["mode"], parameters["half_width_mm"]) == ("iec", None)


def test_a_narrow_image_is_measured_with_a_warning():
    edge = simulate_edge(EXACT, shape=(400, 70), angle_deg=2.0, noise=False)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15)
    assert np.abs(errors(mtf, edge.truth)).max() <= NOISELESS
    assert any("instead of ±5 mm" in warning for warning in mtf.provenance.warnings)


BENT = np.arange(600)[None, :] - 300.0 - 0.05 * (np.arange(600)[:, None] - 300.0)
REFUSED = {
    "flat": (1000.0 + noise((400, 400), 10.0), "no_edge"),
    "ramp": (np.add.outer(0.05 * np.arange(400), np.arange(400.0)), "no_edge"),
    "noise": (noise((400, 400), 1.0), "no_edge"),
    "disc": (ndtr((np.hypot(*(np.indices((900, 900)) - 450.0)) - 250.0) / 0.8), "no_edge"),
    "aligned": (1000.0 * long_edge(angle=0.4) + noise((400, 400), 5.0), "edge_angle"),
    "steep": (1000.0 * long_edge(angle=12.0) + noise((400, 400), 5.0), "edge_angle"),
    "oblique": (1000.0 * long_edge(angle=30.0) + noise((400, 400), 5.0), "edge_angle"),
    "faint": (1000.0 + 100.0 * long_edge() + noise((400, 400), 10.0), "low_contrast"),
    "bent": (1000.0 * ndtr((BENT - 3.0 * (np.linspace(-1, 1, 600) ** 2)[:, None]) / 0.8), "curved_edge"),
    "clipped": (np.minimum(1000.0 * long_edge() + noise((400, 400), 10.0), 900.0), "saturated"),
    "full scale": (np.clip(2000 * long_edge() + noise((400, 400), 9), 0, 255).astype(np.uint8), "saturated"),
    "defects": (
        np.where(noise((400, 400), 1.0, seed=5) > 1.8, 2e3, 1000.0 * long_edge() + noise((400, 400), 5.0)),
        "defective_pixels",
    ),
    "constant": (np.full((400, 400), 7.0), "constant_image"),
    "tiny": (1000.0 * long_edge((30, 30)), "smaller_than_roi"),
    "near the border": (1000.0 * long_edge()[:, 190:400], "smaller_than_roi"),
    "short": (1000.0 * long_edge(angle=1.2)[180:222], "smaller_than_roi"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_measured_is_refused_with_its_reason(name):
    image, reason = REFUSED[name]
    with pytest.raises(NotMeasurableError) as caught:
        measure_mtf(image, pixel_pitch_mm=0.15)
    assert caught.value.reason == reason
    assert caught.value.needed
    assert caught.value.remedy


def test_every_message_names_the_same_range_of_angles():
    with pytest.raises(NotMeasurableError, match=r"one straight edge at 1\.5 to 8 deg \(1 to 10 deg accepted\)"):
        measure_mtf(REFUSED["flat"][0], pixel_pitch_mm=0.15)


@pytest.mark.parametrize(("angle", "told"), [(1.2, True), (1.5, False), (8.0, False), (9.0, True)])
def test_an_accepted_angle_out_of_the_recommended_range_is_told(angle, told):
    edge = simulate_edge(EXACT, angle_deg=angle, noise=False)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15)
    assert any("recommended 1.5 to 8 deg" in warning for warning in mtf.provenance.warnings) is told
    assert np.abs(errors(mtf, edge.truth)).max() <= NOISELESS


def test_the_message_tells_the_angle():
    with pytest.raises(
        NotMeasurableError, match=r"slanted edge at 0\.4 deg; needed 1\.5 to 8 deg \(1 to 10 deg accepted\): re-align"
    ):
        measure_mtf(REFUSED["aligned"][0], pixel_pitch_mm=0.15)


def test_an_array_needs_a_pixel_pitch():
    with pytest.raises(NotMeasurableError) as caught:
        measure_mtf(1000.0 * long_edge())
    assert caught.value.reason == "no_pixel_spacing"


@pytest.mark.parametrize(
    "arguments", [{"roi": (0, 401, 0, 400)}, {"roi": (9, 9, 0, 400)}, {"mode": "x"}, {"across": "u"}]
)
def test_impossible_arguments_are_refused(arguments):
    with pytest.raises(InputError):
        measure_mtf(1000.0 * long_edge(), pixel_pitch_mm=0.15, **arguments)


def test_a_level_that_is_never_reached_is_none():
    frequencies = np.arange(4.0)
    assert first_crossing(frequencies, np.array([1.0, 0.9, 0.8, 0.7]), 0.5) is None
    assert first_crossing(frequencies, np.array([1.0, 0.8, 0.4, 0.6]), 0.5) == pytest.approx(1.75)


def test_the_result_names_its_measurements_and_survives_storage():
    mtf = measure_mtf(simulate_edge(EXACT, angle_deg=3.0, seed=1).pixels, pixel_pitch_mm=0.15)
    values = {measurement.quantity: measurement.value for measurement in mtf.measurements()}
    assert set(values) == {"mtf_f50", "mtf_f10", "mtf_at_1_per_mm", "mtf_at_2_per_mm", "edge_angle"}
    assert values["mtf_at_1_per_mm"] == pytest.approx(mtf.values[100])
    assert {measurement.direction for measurement in mtf.measurements()} == {"columns"}
    rebuilt = unpack(Mtf, *pack(mtf))
    np.testing.assert_array_equal(rebuilt.values, mtf.values)
    assert rebuilt.provenance == mtf.provenance


NOISY = 1000.0 * long_edge((240, 240), angle=3.3) + noise((240, 240), 5.0)


@settings(deadline=None, max_examples=12, derandomize=True)
@given(gain=st.floats(1e-3, 1e3), offset=st.floats(-1e3, 1e3), negative=st.booleans())
def test_gain_and_offset_do_not_change_the_mtf(gain, offset, negative):
    before = measure_mtf(NOISY, pixel_pitch_mm=0.15)
    after = measure_mtf((-gain if negative else gain) * (NOISY + offset), pixel_pitch_mm=0.15)
    np.testing.assert_allclose(after.values, before.values, rtol=0, atol=1e-7)  # rounding of a large offset
    assert after.edge_angle_deg == pytest.approx(before.edge_angle_deg, abs=1e-9)


@settings(deadline=None, max_examples=8, derandomize=True)
@given(flips=st.tuples(st.booleans(), st.booleans()), transposed=st.booleans())
def test_flips_and_transposition_do_not_change_the_mtf(flips, transposed):
    before = measure_mtf(NOISY, pixel_pitch_mm=0.15)
    turned = NOISY[:: -1 if flips[0] else 1, :: -1 if flips[1] else 1]
    after = measure_mtf(turned.T if transposed else turned, pixel_pitch_mm=0.15)
    assert after.across == ("rows" if transposed else "columns")
    assert after.edge_angle_deg == pytest.approx(before.edge_angle_deg, abs=1e-9)
    np.testing.assert_allclose(after.values, before.values, rtol=0, atol=1e-9)  # rounding
