"""Quanta per kerma of spectra against closed formulas, the table of the reference, and SpekPy's own figures."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
import pytest

from xrayiq.errors import InputError
from xrayiq.metrics import BeamQuality, beam_from_spectrum, beam_from_technique, beam_qualities
from xrayiq.metrics.beam_quality import fluence_of
from xrayiq.metrics.photon_coefficients import photon_coefficients

needs_spekpy = pytest.mark.skipif(
    importlib.util.find_spec("spekpy") is None, reason="SpekPy (extra `spectra`) is not installed"
)
#: voltage, added and inherent aluminium (for the half-value layer of the RQR beam), quanta per mm² and µGy of
#: IEC 62220-1-1:2015 and by SpekPy, half-value layer (standards reference, §5.1)
RQA = {
    "RQA3": (50, 10, 2.578, 20673, 20748, 3.8),
    "RQA5": (70, 21, 2.848, 29653, 29652, 6.8),
    "RQA7": (90, 30, 3.097, 32490, 32522, 9.2),
    "RQA9": (120, 40, 3.531, 31007, 31063, 11.6),
}
#: NIST, table 4: mass energy-absorption coefficient of air (cm²/g)
AIR = {20.0: 0.5389, 30.0: 0.1537, 50.0: 0.04098, 60.0: 0.03041, 100.0: 0.02325}
#: 1 keV in J, times 1e5 mm²/kg in a cm²/g, times 1e6 µGy in a Gy
UGY = 1.602176634e-16 * 1e11


@pytest.mark.parametrize("energy", sorted(AIR))
def test_photons_of_one_energy_give_their_energy_times_the_coefficient(energy: float) -> None:
    found = beam_from_spectrum([energy], [7.0])
    # the energy stands in the table: rounding
    assert found.fluence_per_mm2_ugy == pytest.approx(1.0 / (energy * AIR[energy] * UGY), rel=1e-9)
    assert found.mean_energy_kev == energy


def test_half_value_layer_of_photons_of_one_energy_is_that_of_their_attenuation() -> None:
    # NIST, table 3: aluminium at 60 keV 0.2778 cm²/g; 2.699 g/cm³
    found = beam_from_spectrum([60.0], [1.0])
    assert found.half_value_layer_mm_al == pytest.approx(np.log(2) / (0.2778 * 0.2699), rel=1e-9)
    assert found.name == "spectrum of 60.0 keV, HVL 9.24 mm Al"


def test_photons_of_two_energies_add_their_kermas() -> None:
    found = beam_from_spectrum([30.0, 60.0], [1.0, 3.0], name="two lines", document="made up", edition="1")
    kerma = (30.0 * AIR[30.0] + 3.0 * 60.0 * AIR[60.0]) * UGY
    assert found.fluence_per_mm2_ugy == pytest.approx(4.0 / kerma, rel=1e-9)
    assert found.mean_energy_kev == pytest.approx(52.5)
    assert (found.name, found.document, found.edition) == ("two lines", "made up", "1")


def test_scale_of_the_spectrum_and_empty_bins_do_not_matter() -> None:
    energies = np.arange(1.0, 71.0)
    photons = np.clip(70.0 - energies, 0.0, None) * (energies > 20)
    whole = beam_from_spectrum(energies, photons)
    assert beam_from_spectrum(energies[20:], 1e12 * photons[20:]).fluence_per_mm2_ugy == pytest.approx(
        whole.fluence_per_mm2_ugy, rel=1e-12
    )


def test_coefficients_between_the_rows_lie_where_theory_has_them() -> None:
    air = photon_coefficients("air_mass_energy_transfer")
    # the photoelectric part falls with about E⁻³·² and the Compton part hardly changes: a·E⁻³·² + b through two rows
    for energy, (low, high) in {25.0: (20.0, 30.0), 55.0: (50.0, 60.0)}.items():
        powers = np.array([low, high]) ** -3.2
        slope, constant = np.linalg.solve(np.column_stack([powers, np.ones(2)]), [AIR[low], AIR[high]])
        assert air.at(np.array([energy]))[0] == pytest.approx(slope * energy**-3.2 + constant, rel=0.01)


@pytest.mark.parametrize(
    ("energies", "photons", "word"),
    [
        ([50.0, 60.0], [1.0], "shape"),
        ([], [], "shape"),
        ([[50.0]], [[1.0]], "shape"),
        ([60.0, 50.0], [1.0, 1.0], "rise"),
        ([50.0, np.nan], [1.0, 1.0], "rise"),
        ([50.0, 250.0], [1.0, 1.0], "200 keV"),
        ([50.0, 60.0], [1.0, -1.0], "below 0"),
        ([50.0, 60.0], [0.0, 0.0], "0 at every energy"),
        ([50.0, 60.0], [1.0, np.inf], "not finite"),
        ([2.0, 60.0], [0.01, 1.0], "0.99 % of the photons below 4 keV"),
    ],
)
def test_what_is_no_spectrum_is_refused(energies: Any, photons: Any, word: str) -> None:
    with pytest.raises(InputError, match=word):
        beam_from_spectrum(energies, photons)


def test_a_beam_is_its_own_fluence() -> None:
    beam = beam_from_spectrum([60.0], [1.0], name="line")
    assert fluence_of(beam) == (beam.fluence_per_mm2_ugy, beam)
    standard = beam_qualities()["RQA5/2015"]
    assert fluence_of(standard) == fluence_of("RQA5/2015")
    assert (standard.mean_energy_kev, standard.added_filtration_mm_cu) == (None, 0.0)


def test_tables_say_where_they_are_from() -> None:
    for name in ("air_mass_energy_transfer", "aluminium_mass_attenuation"):
        table = photon_coefficients(name)
        assert table.document.startswith("NIST")
        assert table.confidence in ("A", "B")
        assert len(table.energies_kev) == len(table.values_cm2_per_g)


# ---------------------------------------------------------------- SpekPy


def technique(name: str) -> BeamQuality:
    voltage, added, inherent = RQA[name][:3]
    return beam_from_technique(voltage, inherent_filtration_mm_al=inherent, added_filtration_mm_al=added)


@needs_spekpy
@pytest.mark.parametrize("name", sorted(RQA))
def test_standard_beams_have_the_quanta_of_the_table(name: str) -> None:
    found = technique(name)
    table, spekpy_figure, layer = RQA[name][3:]
    assert found.fluence_per_mm2_ugy == pytest.approx(table, rel=0.005)
    # inherent filtration rounded to 0.001 mm, other minor versions of SpekPy
    assert found.fluence_per_mm2_ugy == pytest.approx(spekpy_figure, rel=0.001)
    # IEC 61267 gives one decimal, and the added filtration is nominal
    assert found.half_value_layer_mm_al == pytest.approx(layer, abs=0.1)
    assert found.document == "SpekPy"
    assert found.name == f"{RQA[name][0]} kV + {RQA[name][1]} mm Al (SpekPy {found.edition})"


@needs_spekpy
@pytest.mark.parametrize("name", sorted(RQA))
def test_spectra_of_the_standard_beams_agree_within_the_coefficients(name: str) -> None:
    import spekpy

    voltage, added, inherent, table = RQA[name][:4]
    spectrum = spekpy.Spek(kvp=voltage, th=12).filter("Al", added + inherent)
    found = beam_from_spectrum(*spectrum.get_spectrum(edges=False))
    # coefficients of NIST are up to 2.5 % above those of PENELOPE, most at the lowest energies
    assert found.fluence_per_mm2_ugy == pytest.approx(table, rel=0.009 if name == "RQA3" else 0.005)
    assert found.half_value_layer_mm_al == pytest.approx(spectrum.get_hvl1(), rel=0.01)
    assert found.mean_energy_kev == pytest.approx(spectrum.get_emean(), rel=1e-3)


@needs_spekpy
def test_copper_filtration_enters() -> None:
    # standards reference, §5.1: 1 mm Cu + 2.5 mm Al at 70 kV has 31 696 quanta per mm² µGy
    found = beam_from_technique(70, inherent_filtration_mm_al=2.5, added_filtration_mm_cu=1.0)
    assert found.fluence_per_mm2_ugy == pytest.approx(31696, rel=0.001)
    assert found.added_filtration_mm_cu == 1.0
    assert found.name.startswith("70 kV + 1 mm Cu (SpekPy ")


def test_without_spekpy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spekpy", None)
    with pytest.raises(InputError, match=r"SpekPy is not installed.*`spectra`.*xrayiq\[spectra\]"):
        beam_from_technique(70, inherent_filtration_mm_al=2.5)


@pytest.mark.parametrize(
    "change",
    [
        {"tube_voltage_kv": 10},
        {"tube_voltage_kv": np.nan},
        {"inherent_filtration_mm_al": -1.0},
        {"added_filtration_mm_cu": np.inf},
        {"anode_angle_deg": 0.0},
    ],
)
def test_techniques_without_meaning_are_refused(change: dict[str, float]) -> None:
    arguments = {"tube_voltage_kv": 70.0, "inherent_filtration_mm_al": 2.5} | change
    with pytest.raises(InputError, match=next(iter(change))):
        beam_from_technique(arguments.pop("tube_voltage_kv"), **arguments)
