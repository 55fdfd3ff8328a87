"""The ISO 12233 mode against its plain definition, and its known bias against the simulated edge's formula."""

import numpy as np
import pytest

from xrayiq.errors import InputError
from xrayiq.metrics import compute_dqe, measure_mtf, measure_nps
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import simulate_edge

EXACT = Detector(quantised=False)
PITCH = 0.15


def defined(image, mtf):
    """e-SFR as ISO 12233 describes it, line by line, about the edge that was found; profile across columns."""
    (row, column), (last_row, last_column) = mtf.edge_ends_px
    slope = (last_column - column) / (last_row - row)
    row_start, row_stop, column_start, column_stop = mtf.roi_px
    first = round((mtf.esf_positions_mm[0]) / (mtf.esf_positions_mm[1] - mtf.esf_positions_mm[0]) - 0.5)
    bins = mtf.esf_positions_mm.size
    sums, counts = np.zeros(bins), np.zeros(bins)
    for y in range(row_start, row_stop):
        for x in range(column_start, column_stop):
            # shift along the line, in quarters of a pixel; bins meet at the edge
            index = int(np.floor(4.0 * (x - column - slope * (y - row)))) - first
            if 0 <= index < bins:
                sums[index] += image[y, x]
                counts[index] += 1
    esf = sums / counts
    derivative = np.array([-0.5 * esf[n - 1] + 0.5 * esf[n + 1] for n in range(1, bins - 1)])
    peak = np.argmax(np.abs(derivative))
    farthest = max(peak, derivative.size - 1 - peak)
    windowed = derivative * [0.54 + 0.46 * np.cos(np.pi * (n - peak) / farthest) for n in range(derivative.size)]
    spacing = PITCH / np.hypot(1.0, slope) / 4.0  # along the edge's normal
    values = []
    for frequency in mtf.frequencies_per_mm:
        turns = frequency * spacing * np.arange(derivative.size)
        transform = abs(np.sum(windowed * np.exp(-2j * np.pi * turns)))
        x = 2.0 * np.pi * frequency * spacing  # [−½, 0, ½] passes sin x where a derivative passes x
        values.append(transform / abs(windowed.sum()) * (min(x / np.sin(x), 10.0) if x > 0 else 1.0))
    return esf, np.array(values)


@pytest.mark.parametrize(("angle", "side"), [(3.3, "left"), (-6.1, "right"), (9.6, "left")])
def test_the_iso_mode_is_its_definition(angle, side):
    edge = simulate_edge(EXACT, shape=(150, 120), angle_deg=angle, dark_side=side, seed=2)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=PITCH, mode="iso12233")
    esf, values = defined(edge.pixels, mtf)
    np.testing.assert_allclose(mtf.esf_values, esf, rtol=1e-12)  # rounding
    np.testing.assert_allclose(mtf.values, values, rtol=0, atol=1e-9)  # rounding
    assert mtf.mode == "iso12233"
    assert dict(mtf.provenance.parameters)["oversampling"] == 4


@pytest.mark.parametrize("across", ["columns", "rows"])
@pytest.mark.parametrize("angle", [1.5, 3.0, 5.0, *np.degrees(np.arctan([1 / 8, 1 / 10, 1 / 12])), 8.0])
def test_the_iso_mode_errs_by_its_bins_alone(angle, across):
    edge = simulate_edge(EXACT, angle_deg=angle, across=across, offset_px=0.3, noise=False)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=PITCH, mode="iso12233")
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    truth = edge.truth.mtf(mtf.frequencies_per_mm)
    error = (mtf.values - truth)[below]
    assert error.max() <= 1e-4
    assert error.min() >= -0.004  # as the docstring states: sinc of a quarter pixel
    bins = np.sinc(mtf.frequencies_per_mm * PITCH * np.cos(np.radians(angle)) / 4.0)
    # the samples of a bin are not spread evenly over it where the edge moves by 1 pixel in a few whole lines
    assert np.abs(mtf.values - truth * bins)[below].max() <= 0.001


def test_repeats_are_averaged_in_iso_mode_too():
    edges = [simulate_edge(EXACT, angle_deg=3.0, offset_px=0.2 * n, noise=False, shape=(300, 300)) for n in range(3)]
    mtf = measure_mtf([edge.pixels for edge in edges], pixel_pitch_mm=PITCH, mode="iso12233")
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    error = (mtf.values - edges[0].truth.mtf(mtf.frequencies_per_mm))[below]
    assert -0.004 <= error.min() <= error.max() <= 1e-4
    assert mtf.image_count == 3


def test_a_dqe_of_the_iso_mode_is_refused():
    detector = Detector()
    mtf = measure_mtf(simulate_edge(detector, shape=(300, 300)).pixels, pixel_pitch_mm=PITCH, mode="iso12233")
    flat = np.random.default_rng(0).normal(1000.0, 10.0, (300, 300))
    nps = measure_nps(flat, pixel_pitch_mm=PITCH, roi_px=128)
    with pytest.raises(InputError, match=r'mode "iso12233".*mode "iec"'):
        compute_dqe(mtf, nps, kerma_ugy=2.5, beam="RQA5/2015")
