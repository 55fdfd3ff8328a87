"""Low-frequency drop of the MTF against the exactly known glare of the simulated edge."""

import numpy as np
import pytest

from xrayiq.metrics import Mtf, measure_mtf
from xrayiq.metrics.edge_glare import low_frequency_drop
from xrayiq.model import pack, unpack
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import simulate_edge

EXACT = Detector(quantised=False)


def glared(length=4.0, fraction=0.05, **options):
    options = {"angle_deg": 3.0, "noise": False} | options
    return simulate_edge(EXACT, glare_fraction=fraction, glare_length_mm=length, **options)


@pytest.mark.parametrize(("length", "bias"), [(1.5, 1e-5), (3.0, 1e-4), (4.0, 3e-4)])
def test_the_full_edge_spread_function_keeps_the_glare(length, bias):
    edge = glared(length)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15, mode="iec")
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    # bias: the part exp(−25 mm / λ) of the glare lies beyond the function's ends
    assert np.abs(mtf.values - edge.truth.mtf(mtf.frequencies_per_mm))[below].max() <= bias


@pytest.mark.parametrize("fraction", [0.01, 0.05, 0.12])
@pytest.mark.parametrize("length", [2.5, 4.0, 6.0, 8.0])
@pytest.mark.parametrize("across", ["columns", "rows"])
def test_the_low_frequency_drop_is_the_glare(length, fraction, across):
    mtf = measure_mtf(glared(length, fraction, across=across).pixels, pixel_pitch_mm=0.15, mode="iec")
    assert 0.9 * fraction <= mtf.low_frequency_drop <= fraction  # bias: what the docstring states


@pytest.mark.parametrize("blur", [0.0, 0.1, 0.2])
def test_an_edge_without_glare_drops_nothing(blur):
    edge = simulate_edge(Detector(blur_sigma_mm=blur, quantised=False), angle_deg=2.0, noise=False)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15, mode="iec")
    assert mtf.low_frequency_drop == pytest.approx(0.0, abs=1e-4)  # blur and aperture start as the fit has it


def test_the_drop_of_repeats_at_clinical_dose_is_found_in_the_noise():
    edges = [glared(5.0, 0.05, seed=seed, noise=True) for seed in range(8)]
    mtf = measure_mtf([edge.pixels for edge in edges], pixel_pitch_mm=0.15, mode="iec")
    # bias of a tenth at most, and 3.5 standard deviations of the two ends of the function: √2 of a bin each, that holds
    # 60 pixels of a noise of 1/200 of the step, averaged over 8 images
    ends = 3.5 * np.sqrt(2.0 / (60.0 * 8.0)) / 200.0
    assert 0.045 - ends <= mtf.low_frequency_drop <= 0.05 + ends


def test_constancy_mode_and_narrow_surroundings_know_no_drop():
    edge = glared()
    assert measure_mtf(edge.pixels, pixel_pitch_mm=0.15).low_frequency_drop is None
    narrow = measure_mtf(glared(shape=(400, 140)).pixels, pixel_pitch_mm=0.15, mode="iec")
    assert narrow.low_frequency_drop is None
    frequencies = np.arange(100) * 0.01
    assert low_frequency_drop(frequencies, np.zeros(100), reach_mm=25.0) is None


def test_the_drop_is_a_measurement_where_there_is_one_and_is_stored():
    mtf = measure_mtf(glared().pixels, pixel_pitch_mm=0.15, mode="iec")
    values = {measurement.quantity: measurement.value for measurement in mtf.measurements()}
    assert values["mtf_low_frequency_drop"] == mtf.low_frequency_drop
    packed, arrays = pack(mtf)
    assert unpack(Mtf, packed, arrays).low_frequency_drop == mtf.low_frequency_drop
    del packed["low_frequency_drop"]  # as results were stored before
    assert unpack(Mtf, packed, arrays).low_frequency_drop is None
