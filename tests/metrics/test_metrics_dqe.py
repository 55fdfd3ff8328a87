"""DQE against closed formulas, the parts of its uncertainty, and its refusals."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from dqe_builders import KERMA, PROVENANCE, line, make_mtf, make_nps, white
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import Dqe, Mtf, Nps, beam_from_spectrum, beam_qualities, compute_dqe, measure_mtf, measure_nps
from xrayiq.metrics.leakage import without_leakage
from xrayiq.model import quantities
from xrayiq.model.packing import pack, unpack
from xrayiq_phantoms import Detector, simulate_edge, simulate_flat

Floats = NDArray[np.float64]
Q = 30000.0


def correlated_periodogram(sigma_u: float, sigma_v: float, density: float, pitch: float, side: int = 256) -> Floats:
    """Expected periodogram of noise of NPS density·exp(−4π²(σu²u² + σv²v²)) in ROIs without a window.

    It is the transform of the covariance, a product of Gaussians of variance 2σ², times 1 − |τ|/N along both axes.
    """
    lags = np.fft.fftfreq(side, 1 / side)
    parts = []
    for sigma in (sigma_v, sigma_u):
        covariance = np.exp(-((lags * pitch) ** 2) / (4 * sigma**2)) / np.sqrt(4 * np.pi * sigma**2)
        parts.append(np.fft.fft(covariance * (1 - np.abs(lags) / side)).real * pitch)
    return np.fft.fftshift(density * np.outer(*parts))


# ---------------------------------------------------------------- formulas


def test_white_noise_and_a_straight_mtf_give_the_formula_exactly() -> None:
    found = compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam=Q)
    f = np.arange(1, 11) * 0.5  # up to the Nyquist frequency of 5 mm⁻¹
    np.testing.assert_allclose(found.frequencies_per_mm, f, rtol=1e-12)
    # rounding of sums and of two Fourier transforms
    np.testing.assert_allclose(found.values, line(f) ** 2 / (2e-5 * KERMA * Q), rtol=1e-9)
    np.testing.assert_allclose(found.neq_per_mm2, line(f) ** 2 / 2e-5, rtol=1e-9)
    np.testing.assert_allclose(found.mtf_values, line(f), rtol=1e-9)
    np.testing.assert_allclose(found.nnps_mm2, 2e-5, rtol=1e-9)
    assert (found.beam, found.fluence_per_mm2_ugy, found.kerma_ugy, found.across) == ("", Q, KERMA, "columns")


@pytest.mark.parametrize("across", ["columns", "rows"])
def test_poisson_noise_blurred_as_the_image_gives_the_absorbed_share_along_each_axis(across: Any) -> None:
    pitch, absorbed, sigmas = 0.15, 0.63, {"columns": 0.15, "rows": 0.12}
    spectrum = correlated_periodogram(sigmas["columns"], sigmas["rows"], KERMA / (absorbed * Q), pitch)
    mtf = make_mtf(lambda f: np.exp(-2 * (np.pi * sigmas[across] * f) ** 2), pitch=pitch, across=across)
    found = compute_dqe(mtf, make_nps(spectrum, pitch=pitch), kerma_ugy=KERMA, beam=Q)
    clear = found.mtf_values >= 0.1
    assert clear.sum() >= 4
    # curvature within the window of ±0.067 mm⁻¹, (NPS″ − 2 MTF″) · 0.067²/6: up to 0.7 % at 2 mm⁻¹
    np.testing.assert_allclose(found.values[clear], absorbed, rtol=0.01)


def test_leakage_is_the_difference_between_a_periodogram_and_the_spectrum() -> None:
    lags = np.fft.fftfreq(128, 1 / 128)
    covariance = np.clip(1 - np.abs(lags) / 7, 0, None) ** 2  # ends at 7 of the 8 pixels that are corrected in full
    factor = 1 - np.abs(lags) / 128
    periodogram, spectrum = (np.fft.fft(row).real for row in (covariance * factor, covariance))
    found = without_leakage(np.fft.fftshift(np.outer(periodogram, periodogram)))
    # rounding
    np.testing.assert_allclose(found, np.fft.fftshift(np.outer(spectrum, spectrum)), rtol=1e-9, atol=1e-9)


def test_kept_leakage_uses_the_cut_as_the_nps_has_it() -> None:
    nps = dataclasses.replace(white(), u_values=KERMA**2 * 1e-5 * line(white().frequencies_per_mm))
    found = compute_dqe(make_mtf(line), nps, kerma_ugy=KERMA, beam=Q, leakage="kept")
    np.testing.assert_allclose(found.nnps_mm2, 1e-5 * line(found.frequencies_per_mm), rtol=1e-9)  # rounding
    with pytest.raises(InputError, match="leakage"):
        compute_dqe(make_mtf(line), nps, kerma_ugy=KERMA, beam=Q, leakage="half")  # type: ignore[arg-type]


# ---------------------------------------------------------------- beams


def test_table_of_beams_is_that_of_the_reference() -> None:
    # standards reference, §5.1
    expected = {
        "RQA3": (21759, 20673, 50, 10, 3.8),
        "RQA5": (30174, 29653, 70, 21, 6.8),
        "RQA7": (32362, 32490, 90, 30, 9.2),
        "RQA9": (31077, 31007, 120, 40, 11.6),
    }
    found = beam_qualities()
    assert set(found) == {f"{name}/{edition}" for name in expected for edition in (2003, 2015)}
    for name, (old, new, kv, filtration, hvl) in expected.items():
        for edition, fluence in (("2003", old), ("2015", new)):
            beam = found[f"{name}/{edition}"]
            assert (beam.fluence_per_mm2_ugy, beam.tube_voltage_kv, beam.added_filtration_mm_al) == (
                fluence,
                kv,
                filtration,
            )
            assert beam.edition == edition
            assert beam.document.startswith("IEC 62220-1")
        assert found[f"{name}/2015"].half_value_layer_mm_al == hvl


def test_editions_differ_as_their_tables_do() -> None:
    old, new = (
        compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam=f"RQA5/{edition}") for edition in (2003, 2015)
    )
    np.testing.assert_allclose(old.values / new.values, 29653 / 30174, rtol=1e-12)
    assert (old.beam, new.beam) == ("RQA5/2003", "RQA5/2015")
    np.testing.assert_array_equal(old.neq_per_mm2, new.neq_per_mm2)


def test_a_beam_without_its_edition_is_refused_with_the_choices() -> None:
    with pytest.raises(InputError) as caught:
        compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam="RQA5")
    message = str(caught.value)
    for part in ("without its edition", "RQA5/2003", "30174", "RQA5/2015", "29653"):
        assert part in message
    assert "RQA7" not in message


@pytest.mark.parametrize("beam", ["RQA6", "RQA5/1999", "", 0.0, -1.0, np.nan, np.inf, True])
def test_what_is_no_beam_is_refused(beam: Any) -> None:
    with pytest.raises(InputError, match="beam"):
        compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam=beam)


def test_a_beam_of_a_known_spectrum_will_do() -> None:
    beam = beam_from_spectrum([50.0, 60.0], [1.0, 1.0], name="two lines")
    found = compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam=beam)
    np.testing.assert_allclose(found.values, line(found.frequencies_per_mm) ** 2 / (2e-5 * KERMA * 32225.9), rtol=1e-4)
    assert (found.beam, dict(found.provenance.parameters)["beam"]) == ("two lines", "two lines")


def test_a_doubted_table_entry_says_so() -> None:
    doubted = compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam="RQA9/2015")
    assert any("31077" in text and "not verified against the document" in text for text in doubted.provenance.warnings)
    assert compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam="RQA5/2015").provenance.warnings == ()


# ---------------------------------------------------------------- uncertainty


def test_parts_of_the_uncertainty_add_in_quadrature() -> None:
    found = compute_dqe(
        make_mtf(line, contrast_to_noise=50.0),
        white(),
        kerma_ugy=KERMA,
        beam=Q,
        kerma_uncertainty_fraction=0.03,
        fluence_uncertainty_fraction=0.01,
    )
    assert (found.mtf_uncertainty_fraction > 0).all()
    squares = 4 * found.mtf_uncertainty_fraction**2 + found.nnps_uncertainty_fraction**2 + 0.03**2 + 0.01**2
    np.testing.assert_allclose(found.uncertainty, found.values * np.sqrt(squares), rtol=1e-12)
    given = compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam=Q, mtf_uncertainty=0.004)
    np.testing.assert_allclose(given.mtf_uncertainty_fraction, 0.004 / given.mtf_values, rtol=1e-12)
    noiseless = compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam=Q)
    assert (noiseless.mtf_uncertainty_fraction == 0).all()


@pytest.mark.parametrize("part", ["kerma", "fluence"])
def test_part_of_kerma_or_fluence_alone_covers_errors_up_to_its_size(part: str) -> None:
    # no noise beside the edge, and so many pixels of flat fields that nothing else is left
    mtf, nps = make_mtf(line), make_nps(np.full((200, 200), 2e-5 * KERMA**2), pixel_count=10**16)
    parts = {
        "kerma_uncertainty_fraction": 0.0,
        "fluence_uncertainty_fraction": 0.0,
        f"{part}_uncertainty_fraction": 0.03,
    }
    truth = compute_dqe(mtf, nps, kerma_ugy=KERMA, beam=Q, **parts)
    np.testing.assert_allclose(truth.uncertainty / truth.values, 0.03, rtol=1e-3)
    # a DQE divided by 1 + e is off by e times itself: covered where |e| is at most its part, 68 % of normal errors
    for error, covered in ((-0.0305, False), (-0.0295, True), (0.0295, True), (0.0305, False)):
        kerma, fluence = (KERMA * (1 + error), Q) if part == "kerma" else (KERMA, Q * (1 + error))
        found = compute_dqe(mtf, nps, kerma_ugy=kerma, beam=fluence, **parts)
        assert ((np.abs(found.values - truth.values) <= found.uncertainty) == covered).all()


def test_nnps_part_counts_independent_samples() -> None:
    # 200 pixels of 0.1 mm: bins every 0.05 mm⁻¹, five within ±0.1 mm⁻¹; 14 lines; 64 ROIs
    found = compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam=Q)
    np.testing.assert_allclose(found.nnps_uncertainty_fraction[:-1], 1 / np.sqrt(5 * 14 * 64), rtol=1e-9)
    # only three bins reach the Nyquist frequency: offsets 0, 1, 2, whose line at 0 has the weights 5/6, 2/6, −1/6
    assert found.nnps_uncertainty_fraction[-1] == pytest.approx(np.sqrt(30 / 36 / (14 * 64)), rel=1e-9)


@pytest.mark.parametrize("mode", ["iec", "constancy"])
def test_mtf_part_is_the_scatter_of_edges_with_noise(mode: Any) -> None:
    pitch, lines, noise, draws = 0.1, 500, 0.02, 400
    mtf = make_mtf(lambda f: np.exp(-2 * (np.pi * 0.1 * f) ** 2), mode=mode, contrast_to_noise=1 / noise)
    found = compute_dqe(mtf, white(), kerma_ugy=KERMA, beam=Q)
    # an edge spread function of step 1: each bin of 0.01 mm holds lines / 10 pixels of white noise
    positions = mtf.lsf_positions_mm
    clean = np.exp(-((positions / 0.1) ** 2) / 2) / np.sqrt(2 * np.pi * 0.1**2) * 0.01
    window = np.ones(2000) if mode == "iec" else np.cos(np.pi * positions / 20) ** 2
    errors = np.random.default_rng(4).normal(0, noise / np.sqrt(lines / 10), (draws, positions.size + 1))
    spreads = (clean + np.diff(errors)) * window
    transfers = spreads @ np.exp(-2j * np.pi * np.outer(positions, mtf.frequencies_per_mm))
    curves = np.abs(transfers) / np.abs(transfers[:, :1])
    clear = found.mtf_values >= 0.1  # below, |T + noise| is no longer linear in the noise
    assert clear.sum() == 6
    near = np.abs(mtf.frequencies_per_mm - found.frequencies_per_mm[clear, None]) <= 0.01 / pitch + 1e-9
    scatter = np.array([curves[:, part].mean(axis=1).std(ddof=1) for part in near])
    predicted = (found.mtf_values * found.mtf_uncertainty_fraction)[clear]
    # 400 draws: 3.5 % each, so 4 sigma; the window of the constancy mode passes 5 % more noise than the one drawn here
    np.testing.assert_allclose(predicted / scatter, 1.0 if mode == "iec" else 1.05, rtol=0.14)


@pytest.mark.parametrize("given", [-0.01, np.nan, [0.01, 0.02]])
def test_an_uncertainty_that_is_none_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="mtf_uncertainty"):
        compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam=Q, mtf_uncertainty=given)
    with pytest.raises(InputError, match="kerma_uncertainty"):
        compute_dqe(make_mtf(line), white(), kerma_ugy=KERMA, beam=Q, kerma_uncertainty_fraction=-0.1)


# ---------------------------------------------------------------- a simulated detector

DETECTOR = Detector(pixel_pitch_mm=0.15, blur_sigma_mm=0.10, gain_dn_per_ugy=1000.0)


def flat(side: int, seed: int) -> Floats:
    return simulate_flat(DETECTOR, shape=(side, side), kerma_ugy=KERMA, seed=seed).pixels / 1000.0


def edge(side: int, seed: int) -> Floats:
    return simulate_edge(DETECTOR, shape=(side, side), across="columns", kerma_ugy=8.0, seed=seed).pixels / 1000.0


@pytest.mark.parametrize("gain", [1e-3, 7.3, 1e6])
def test_dqe_does_not_depend_on_the_gain(gain: float) -> None:
    uniform, slanted = flat(256, 7), edge(300, 8)

    def dqe(factor: float) -> Dqe:
        nps = measure_nps(uniform * factor, pixel_pitch_mm=0.15, roi_px=128)
        return compute_dqe(measure_mtf(slanted * factor, pixel_pitch_mm=0.15), nps, kerma_ugy=KERMA, beam=Q)

    # rounding
    np.testing.assert_allclose(dqe(gain).values, dqe(1.0).values, rtol=1e-6)
    np.testing.assert_allclose(dqe(gain).uncertainty, dqe(1.0).uncertainty, rtol=1e-5)


# ---------------------------------------------------------------- refusals and warnings


@pytest.mark.parametrize("kerma", [None, 0.0, -2.5, np.nan, np.inf])
def test_without_a_kerma_there_is_no_dqe(kerma: Any) -> None:
    with pytest.raises(InputError, match="kerma"):
        compute_dqe(make_mtf(line), white(), kerma_ugy=kerma, beam=Q)


def test_parts_of_different_detectors_are_refused() -> None:
    with pytest.raises(InputError, match=r"0\.14 mm.*0\.1 mm"):
        compute_dqe(make_mtf(line, pitch=0.14), white(), kerma_ugy=KERMA, beam=Q)


def test_pitch_is_compared_along_the_profile_only() -> None:
    oblong = make_nps(white().spectrum, pixel_pitch_mm=(0.2, 0.1))
    assert compute_dqe(make_mtf(line), oblong, kerma_ugy=KERMA, beam=Q).nyquist_per_mm == pytest.approx(5.0)
    with pytest.raises(InputError, match="pixel pitch"):
        compute_dqe(make_mtf(line, across="rows"), oblong, kerma_ugy=KERMA, beam=Q)


def test_frequencies_that_a_part_does_not_cover_are_named() -> None:
    short = make_mtf(line)
    short = dataclasses.replace(short, frequencies_per_mm=short.frequencies_per_mm[:350], values=short.values[:350])
    with pytest.raises(InputError, match=r"MTF .* of 4, 4\.5, 5 mm⁻¹"):
        compute_dqe(short, white(), kerma_ugy=KERMA, beam=Q)
    with pytest.raises(InputError, match="NPS without a sample"):
        compute_dqe(make_mtf(line), white(side=16), kerma_ugy=KERMA, beam=Q)
    with pytest.raises(InputError, match="MTF of 0"):
        compute_dqe(make_mtf(lambda f: (f < 2.0) * 1.0), white(), kerma_ugy=KERMA, beam=Q)
    with pytest.raises(InputError, match="pixel pitch of 2 mm"):
        compute_dqe(make_mtf(line, pitch=2.0), make_nps(white().spectrum, pitch=2.0), kerma_ugy=KERMA, beam=Q)


def test_a_spectrum_without_signal_or_noise_is_not_measurable() -> None:
    with pytest.raises(NotMeasurableError) as caught:
        compute_dqe(make_mtf(line), make_nps(white().spectrum, mean=0.0), kerma_ugy=KERMA, beam=Q)
    assert caught.value.reason == "signal_not_positive"
    with pytest.raises(NotMeasurableError) as caught:
        compute_dqe(make_mtf(line), make_nps(np.zeros((200, 200)), variance=1.0), kerma_ugy=KERMA, beam=Q)
    assert caught.value.reason == "no_noise"


@pytest.mark.parametrize(
    ("mtf", "nps", "kerma", "word"),
    [
        (make_mtf(line), white(1e-5), KERMA, "DQE above 1 at 0.5"),
        (make_mtf(line), white(4e-4), KERMA, "DQE of 0.031 at 0.5"),
        (make_mtf(lambda f: np.exp(-1.5 * f)), white(), KERMA, "MTF of 0.47"),
        (make_mtf(line, mode="constancy"), white(), KERMA, "constancy"),
        (make_mtf(line), white(3e-5), 1.8, "2.5 µGy by the detector's response, 1.8 µGy as given"),
        (
            make_mtf(line, provenance=dataclasses.replace(PROVENANCE, response_id="s")),
            white(),
            KERMA,
            "different detector responses",
        ),
        (
            make_mtf(line),
            make_nps(white().spectrum, provenance=dataclasses.replace(PROVENANCE, warnings=("few pixels",))),
            KERMA,
            "NPS: few pixels",
        ),
    ],
)
def test_what_a_reader_must_know_stands_in_the_provenance(mtf: Mtf, nps: Nps, kerma: float, word: str) -> None:
    warnings = compute_dqe(mtf, nps, kerma_ugy=kerma, beam=Q).provenance.warnings
    assert any(word in text for text in warnings), warnings


def test_a_relative_signal_is_as_good() -> None:
    relative = make_nps(white().spectrum * 1e4, mean=KERMA * 100, signal_unit="1")
    found = compute_dqe(make_mtf(line), relative, kerma_ugy=KERMA, beam=Q)
    np.testing.assert_allclose(found.nnps_mm2, 2e-5, rtol=1e-9)  # rounding
    assert found.provenance.warnings == ()
    assert found.provenance.signal_unit == "1"


def test_result_goes_into_a_record_and_back() -> None:
    found = compute_dqe(make_mtf(line, across="rows"), white(), kerma_ugy=KERMA, beam="RQA5/2015")
    names = [measurement.quantity for measurement in found.measurements()]
    assert names == [
        "dqe_at_0_5_per_mm",
        "dqe_at_1_per_mm",
        "dqe_at_2_per_mm",
        "dqe_uncertainty_at_0_5_per_mm",
        "neq_at_0_5_per_mm",
    ]
    assert set(names) <= set(quantities())
    assert {measurement.direction for measurement in found.measurements()} == {"rows"}
    assert found.measurements()[1].value == found.values[1]
    back = unpack(Dqe, *pack(found))
    np.testing.assert_array_equal(back.values, found.values)
    assert back.provenance == found.provenance
    assert dict(found.provenance.parameters)["beam"] == "RQA5/2015"
    assert "DQE at 1 mm⁻¹" in repr(found)
