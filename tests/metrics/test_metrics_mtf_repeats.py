"""Edge spread functions averaged over repeats of one edge."""

import numpy as np
import pytest

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import Mtf, measure_mtf
from xrayiq.metrics.dqe_uncertainty import edge_noise_uncertainty
from xrayiq.model import pack, unpack
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import simulate_edge

EXACT = Detector(quantised=False)
SHAPE = (300, 300)
DRIFTS_PX = np.random.default_rng(7).uniform(-0.6, 0.6, 16)


def repeats(count, *, detector=EXACT, noise=True, first_seed=0, angle=3.0, **options):
    """Images of one edge that moves by a part of a pixel between them, and their common truth."""
    edges = [
        simulate_edge(
            detector, shape=SHAPE, angle_deg=angle, offset_px=drift, seed=first_seed + n, noise=noise, **options
        )
        for n, drift in enumerate(np.resize(DRIFTS_PX, count))
    ]
    return [edge.pixels for edge in edges], edges[0].truth


def white(images, share, seed):
    """The images with white noise of a part of their step."""
    generator = np.random.default_rng(seed)
    return [image + generator.normal(0.0, share * np.ptp(image), image.shape) for image in images]


def worst_error(mtf, truth):
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    return np.abs(mtf.values - truth.mtf(mtf.frequencies_per_mm))[below].max()


@pytest.mark.parametrize("across", ["columns", "rows"])
@pytest.mark.parametrize("mode", ["constancy", "iec"])
def test_drifting_repeats_match_the_formula(mode, across):
    images, truth = repeats(4, noise=False, across=across)
    mtf = measure_mtf(images, pixel_pitch_mm=0.15, mode=mode)
    assert mtf.image_count == 4
    assert mtf.across == across
    assert (
        worst_error(mtf, truth) <= 0.001
    )  # method bias of a single edge (measured 4e-6); 0.06 if the pixels were averaged
    assert mtf.edge_angle_deg == pytest.approx(3.0, abs=1e-4)  # truncated blur
    assert mtf.provenance.warnings == ()


def test_contrast_to_noise_grows_with_the_root_of_the_repeats():
    images, _ = repeats(16, noise=False)
    found = measure_mtf(white(images, 0.01, seed=1), pixel_pitch_mm=0.15)
    # sampling: 4 standard deviations of a noise estimated from 2 × 17000 pixels
    assert found.contrast_to_noise == pytest.approx(400.0, rel=4.0 / np.sqrt(2.0 * 34000.0) + 0.001)


def test_a_fixed_pattern_is_not_averaged_away():
    detector = Detector(quantised=False, structured_noise_fraction=0.01, electronic_noise_ugy=0.0)
    images, _ = repeats(12, detector=detector, kerma_ugy=20.0, transmission=0.1)
    found = measure_mtf(images, pixel_pitch_mm=0.15)
    signal = np.array([20.0, 2.0])
    quantum = detector.noise_variance_ugy2(signal) - (0.01 * signal) ** 2
    single = np.sqrt(np.mean(quantum / 12 + (0.01 * signal) ** 2))
    # the pattern's correlation over 0.2 mm leaves some 2500 independent parts of 34000 pixels: 4 standard deviations
    assert found.contrast_to_noise == pytest.approx(18.0 / single, rel=0.06)


@pytest.mark.parametrize("mode", ["constancy", "iec"])
def test_averaging_edge_spread_functions_brings_the_noise_down(mode):
    images, truth = repeats(16, noise=False)
    noisy = white(images, 0.02, seed=3)
    single = [worst_error(measure_mtf(image, pixel_pitch_mm=0.15, mode=mode), truth) for image in noisy]
    assert worst_error(measure_mtf(noisy, pixel_pitch_mm=0.15, mode=mode), truth) <= np.median(single) / 2.5  # √16 = 4


@pytest.mark.slow  # 20 s
def test_the_uncertainty_for_a_dqe_holds_for_repeats():
    images, truth = repeats(4, noise=False)
    reported = np.arange(0.5, 3.01, 0.5)
    values, stated = [], []
    for seed in range(40):
        mtf = measure_mtf(white(images, 0.02, seed), pixel_pitch_mm=0.15, mode="iec")
        weights = (np.abs(mtf.frequencies_per_mm - reported[:, None]) < 0.005).astype(float)
        values.append(weights @ mtf.values)
        stated.append(edge_noise_uncertainty(mtf, weights, pitch_mm=(0.15, 0.15), noise_shape=np.ones(reported.size)))
    scatter = np.sqrt(np.mean((np.array(values) - truth.mtf(reported)) ** 2, axis=0))
    # sampling: a deviation from 40 values is known to 11 %; 3.5 of that at six frequencies
    np.testing.assert_allclose(np.mean(stated, axis=0) / scatter, 1.0, rtol=0, atol=0.4)
    assert np.mean(np.mean(stated, axis=0) / scatter) == pytest.approx(1.0, abs=0.15)


def test_one_image_in_a_list_and_a_generator_are_measured_as_they_are():
    images, _ = repeats(2)
    alone = measure_mtf(images[0], pixel_pitch_mm=0.15)
    listed = measure_mtf(images[:1], pixel_pitch_mm=0.15)
    np.testing.assert_array_equal(listed.values, alone.values)
    assert listed.provenance == alone.provenance
    streamed = measure_mtf((image for image in images), pixel_pitch_mm=0.15)
    stacked = measure_mtf(np.array(images), pixel_pitch_mm=0.15)
    np.testing.assert_array_equal(streamed.values, stacked.values)
    assert dict(streamed.provenance.parameters)["image_count"] == 2


OTHER = {
    "turned": {"angle": 4.0},
    "turned the other way": {"angle": -3.0},
    "falling": {"dark_side": "right"},
    "across the rows": {"across": "rows"},
    "moved": {"offset_px": 30.0},
    "moved a little": {"offset_px": 9.0},
}


@pytest.mark.parametrize("roi", [None, (10, 290, 20, 280)])
@pytest.mark.parametrize("name", OTHER)
def test_images_of_different_edges_are_refused(name, roi):
    options = {"angle_deg": 3.0, **OTHER[name]}
    options["angle_deg"] = options.pop("angle", options["angle_deg"])
    other = simulate_edge(EXACT, shape=SHAPE, noise=False, **options)
    with pytest.raises(NotMeasurableError, match=r"image 3 with an edge .* image 1 with an edge") as caught:
        measure_mtf([*repeats(2, noise=False)[0], other.pixels], pixel_pitch_mm=0.15, roi=roi)
    assert caught.value.reason == "different_edges"


def test_a_repeat_without_an_edge_is_refused_for_that():
    flat = np.random.default_rng(0).normal(1000.0, 5.0, SHAPE)
    with pytest.raises(NotMeasurableError) as caught:
        measure_mtf([*repeats(2)[0], flat], pixel_pitch_mm=0.15)
    assert caught.value.reason == "no_edge"


def test_repeats_of_different_size_or_none_at_all_are_refused():
    image = repeats(1)[0][0]
    with pytest.raises(InputError, match="images of one size"):
        measure_mtf([image, image[:-1]], pixel_pitch_mm=0.15)
    with pytest.raises(InputError, match="no image"):
        measure_mtf([], pixel_pitch_mm=0.15)


def test_defective_pixels_of_all_repeats_are_told():
    images, truth = repeats(3, noise=False)
    row, column = np.round(np.asarray(truth.point_px)).astype(int)
    for image in images:
        image[row, column] = 60.0 * image.max()
    mtf = measure_mtf(images, pixel_pitch_mm=0.15)
    assert any("3 pixels in 3 images" in warning for warning in mtf.provenance.warnings)
    assert worst_error(mtf, truth) <= 0.001


def test_a_result_stored_before_there_were_repeats_is_of_one_image():
    packed, arrays = pack(measure_mtf(repeats(1)[0][0], pixel_pitch_mm=0.15))
    del packed["image_count"]
    assert unpack(Mtf, packed, arrays).image_count == 1
