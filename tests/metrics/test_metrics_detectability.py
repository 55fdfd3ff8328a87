"""Detectability of a disc against closed forms and direct integration."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import j0, j1

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import Detectability, Mtf, Nps, compute_detectability
from xrayiq.model import Provenance, quantities
from xrayiq.model.packing import pack, unpack

PROVENANCE = Provenance(algorithm="test", algorithm_version=1)
NNPS = 1.349e-5
OBSERVERS = ["ideal", "npw", "npwe"]


def make_mtf(*, pitch: float = 0.1, sigma: float = 0.0) -> Mtf:
    frequencies = np.arange(round(1 / pitch / 0.01) + 1) * 0.01
    empty = np.zeros(2)
    return Mtf(
        frequencies_per_mm=frequencies,
        values=np.exp(-2 * (np.pi * sigma * frequencies) ** 2),
        nyquist_per_mm=0.5 / pitch,
        f50_per_mm=None,
        f10_per_mm=None,
        edge_angle_deg=3.0,
        across="columns",
        mode="iec",
        esf_positions_mm=empty,
        esf_values=empty,
        lsf_positions_mm=empty,
        lsf_values=empty,
        roi_px=(0, 1, 0, 1),
        edge_ends_px=np.zeros((2, 2)),
        contrast_to_noise=np.inf,
        provenance=PROVENANCE,
    )


def make_nps(nnps: Any = lambda f: 0.0 * f + NNPS, *, pitch: float = 0.1, mean: float = 100.0) -> Nps:
    frequencies = np.arange(1, 2001) / (4000 * pitch)
    values = nnps(frequencies) * mean**2
    return Nps(
        frequencies_per_mm=frequencies,
        u_values=values,
        v_frequencies_per_mm=frequencies,
        v_values=values,
        radial_frequencies_per_mm=frequencies,
        radial_values=values,
        spectrum=np.ones((2, 2)),
        mean_signal=mean,
        signal_unit="1",
        variance=1.0,
        image_count=1,
        roi_count=1,
        pixel_count=1,
        roi_px=4000,
        pixel_pitch_mm=(pitch, pitch),
        provenance=PROVENANCE,
    )


def coloured(f: Any) -> NDArray[np.float64]:
    return np.asarray(1e-5 * np.exp(-2 * np.asarray(f) / 3) + 2e-6, dtype=np.float64)


def dprime(observer: Any = "npwe", *, mtf: Mtf | None = None, nps: Nps | None = None, **changes: Any) -> Detectability:
    arguments: dict[str, Any] = {"diameter_mm": 1.0, "contrast": 0.01, "observer": observer}
    return compute_detectability(mtf or make_mtf(), nps or make_nps(), **arguments | changes)


@pytest.mark.parametrize("observer", ["ideal", "npw"])
@pytest.mark.parametrize(("diameter", "pitch"), [(1.0, 0.1), (0.3, 0.15), (10.0, 0.15), (1.0, 0.0125)])
def test_disc_in_white_noise_has_its_closed_form(observer: Any, diameter: float, pitch: float) -> None:
    found = dprime(observer, mtf=make_mtf(pitch=pitch), nps=make_nps(pitch=pitch), diameter_mm=diameter)
    # C² π d²/4 / NNPS, of which ∫ J₁²(x)/x dx = (1 − J₀² − J₁²)/2 leaves this much below the Nyquist frequency
    x = np.pi * diameter * 0.5 / pitch
    expected = 0.01 * np.sqrt(np.pi * diameter**2 / 4 / NNPS * (1 - j0(x) ** 2 - j1(x) ** 2))
    # Simpson's rule with 64 points per oscillation
    assert found.detectability == pytest.approx(expected, rel=1e-6)


def test_example_of_the_reference_is_met() -> None:
    # standards reference, §5.3: 2.407 up to 40 mm⁻¹, given to four digits
    found = dprime("ideal", mtf=make_mtf(pitch=0.0125), nps=make_nps(pitch=0.0125))
    assert found.detectability == pytest.approx(2.407, abs=5e-4)


@pytest.mark.parametrize("observer", OBSERVERS)
def test_blurred_disc_in_coloured_noise_is_the_integral(observer: Any) -> None:
    found = dprime(observer, mtf=make_mtf(sigma=0.1), nps=make_nps(coloured), contrast=0.02, viewing_distance_mm=500.0)

    def seen(f: float) -> float:
        return (0.5 / f * j1(np.pi * f)) ** 2 * np.exp(-4 * (np.pi * 0.1 * f) ** 2) * f if f > 0 else 0.0

    def eye(f: float) -> float:
        cycles = f * np.pi / 180 * 500
        return cycles**1.3 * np.exp(-0.0406 * cycles**2) if observer == "npwe" else 1.0

    def integral(integrand: Any) -> float:
        return float(quad(integrand, 0.0, 5.0, limit=500)[0])

    if observer == "ideal":
        expected = np.sqrt(2 * np.pi * 0.02**2 * integral(lambda f: seen(f) / float(coloured(f))))
    else:
        signal = integral(lambda f: seen(f) * eye(f) ** 2)
        noise = integral(lambda f: seen(f) * eye(f) ** 4 * float(coloured(f)))
        expected = np.sqrt(2 * np.pi * 0.02**2 * signal**2 / noise)
    # the curves are given at steps of 0.01 and 0.0025 mm⁻¹ and read by straight lines: curvature 39 · 0.01²/8
    assert found.detectability == pytest.approx(float(expected), rel=5e-4)


@pytest.mark.parametrize("observer", OBSERVERS)
def test_contrast_signal_unit_and_noise_scale_as_they_must(observer: Any) -> None:
    nps = make_nps(coloured)
    one = dprime(observer, nps=nps).detectability
    # rounding
    assert dprime(observer, nps=nps, contrast=0.02).detectability == pytest.approx(2 * one, rel=1e-12)
    assert dprime(observer, nps=nps, contrast=-0.01).detectability == pytest.approx(one, rel=1e-12)
    assert dprime(observer, nps=make_nps(coloured, mean=3e4)).detectability == pytest.approx(one, rel=1e-12)
    fourfold = make_nps(lambda f: 4 * coloured(f))
    assert dprime(observer, nps=fourfold).detectability == pytest.approx(one / 2, rel=1e-12)
    assert dprime(observer, contrast=0.0).detectability == 0.0


def test_no_observer_beats_the_ideal_one() -> None:
    mtf, nps = make_mtf(sigma=0.1), make_nps(coloured)
    ideal, npw, npwe = (dprime(observer, mtf=mtf, nps=nps).detectability for observer in OBSERVERS)
    assert ideal > npw
    assert ideal > npwe


def test_only_the_angle_at_the_eye_counts() -> None:
    near = dprime(viewing_distance_mm=400.0, zoom=1.0).detectability
    # rounding
    assert dprime(viewing_distance_mm=800.0, zoom=2.0).detectability == pytest.approx(near, rel=1e-12)
    assert dprime(viewing_distance_mm=800.0).detectability != pytest.approx(near, rel=1e-3)
    # other observers have no eye
    assert dprime("npw", zoom=3.0).detectability == dprime("npw").detectability


def test_default_eye_filter_is_most_sensitive_at_four_cycles_per_degree() -> None:
    # a disc far smaller than a pixel has a flat spectrum, so that signal is seen as f·E²
    found = dprime(diameter_mm=0.001)
    eye = np.sqrt(found.signal_density_mm[1:] / found.frequencies_per_mm[1:])
    best = found.frequencies_per_mm[1:][eye.argmax()] * np.pi / 180 * 400
    # 0.0406 has three digits, the axis steps of 0.034 cycles per degree
    assert best == pytest.approx(4.0, abs=0.03)


def test_shares_of_the_frequencies_have_unit_area() -> None:
    found = dprime(mtf=make_mtf(sigma=0.1), nps=make_nps(coloured))
    for share in (found.signal_density_mm, found.noise_density_mm):
        # trapezoids beside Simpson's rule
        assert np.trapezoid(share, found.frequencies_per_mm) == pytest.approx(1.0, abs=1e-4)
    ideal = dprime("ideal")
    np.testing.assert_array_equal(ideal.signal_density_mm, ideal.noise_density_mm)


def test_annuli_that_the_trend_has_emptied_are_left_out() -> None:
    nps = make_nps()
    values = np.array(nps.radial_values)
    values[:2] = 0.0
    emptied = dataclasses.replace(nps, radial_values=values)
    assert dprime(nps=emptied).detectability == dprime(nps=nps).detectability


@pytest.mark.parametrize(
    "change",
    [
        {"diameter_mm": 0.0},
        {"diameter_mm": np.nan},
        {"viewing_distance_mm": -1.0},
        {"zoom": 0.0},
        {"eye_decay": np.inf},
        {"eye_exponent": 0.0},
        {"contrast": np.nan},
        {"observer": "human"},
    ],
)
def test_arguments_without_meaning_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(change))):
        dprime(**change)


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="pixel pitch"):
        dprime(mtf=make_mtf(pitch=0.14))
    mtf = make_mtf()
    short = dataclasses.replace(mtf, frequencies_per_mm=mtf.frequencies_per_mm[:300], values=mtf.values[:300])
    with pytest.raises(InputError, match="up to the Nyquist frequency 5"):
        dprime(mtf=short)
    with pytest.raises(NotMeasurableError) as caught:
        dprime(nps=make_nps(lambda f: 0.0 * f))
    assert caught.value.reason == "no_noise"
    with pytest.raises(NotMeasurableError) as caught:
        dprime(nps=dataclasses.replace(make_nps(), mean_signal=0.0))
    assert caught.value.reason == "signal_not_positive"


def test_a_disc_too_small_for_the_pixels_is_doubted() -> None:
    assert any("beyond the Nyquist" in text for text in dprime(diameter_mm=0.1).provenance.warnings)
    assert dprime(diameter_mm=1.0).provenance.warnings == ()


def test_result_goes_into_a_record_and_back() -> None:
    found = dprime()
    (measurement,) = found.measurements()
    assert measurement.quantity in quantities()
    assert measurement.value == found.detectability
    back = unpack(Detectability, *pack(found))
    assert back.detectability == found.detectability
    parameters = dict(found.provenance.parameters)
    assert (parameters["observer"], parameters["viewing_distance_mm"]) == ("npwe", 400.0)
    assert dict(dprime("npw").provenance.parameters)["viewing_distance_mm"] is None
