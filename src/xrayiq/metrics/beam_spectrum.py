"""Quanta per kerma of a beam whose spectrum is known, or computed from its technique by SpekPy."""

from __future__ import annotations

import importlib
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from xrayiq.errors import InputError
from xrayiq.metrics._arguments import is_number
from xrayiq.metrics.beam_quality import BeamQuality
from xrayiq.metrics.photon_coefficients import PhotonCoefficients, photon_coefficients

Floats = NDArray[np.float64]

#: air kerma in µGy of one photon of 1 keV per mm² with a mass energy-transfer coefficient of 1 cm²/g: 1 keV is
#: 1.602176634e-16 J, 1 cm²/g is 1e5 mm²/kg
_UGY_PER_KEV_CM2_PER_G: Final = 1.602176634e-16 * 1e5 * 1e6
#: part of the photons below the tables that may be left out: at 4 keV one gives as much kerma as 150 of 50 keV
_LEFT_OUT: Final = 1e-6
#: half-value layers beyond this are none of X-ray tubes (mm of aluminium)
_THICKEST_MM_AL: Final = 100.0
_MM2_PER_CM2: Final = 100.0
_LEAST_KV: Final = 20.0
_MOST_KV: Final = 200.0


def beam_from_spectrum(
    energies_kev: ArrayLike,
    fluence: ArrayLike,
    *,
    name: str = "",
    document: str = "computed from a spectrum",
    edition: str = "",
) -> BeamQuality:
    """Beam with the quanta per air kerma of a spectrum, for `compute_dqe`.

    Parameters
    ----------
    energies_kev : 1-D array
        Photon energies in the middle of the spectrum's bins, rising, within 200 keV.
    fluence : 1-D array of the same length
        Photons in each bin, on any scale, 0 or more; on a regular axis a density will do.
    name : str
        What the beam is called in results and figures; its mean energy and half-value layer if not given.
    document, edition : str
        Where the spectrum is from.

    Returns
    -------
    BeamQuality
        Fluence per kerma, first half-value layer and mean energy.

    Raises
    ------
    InputError
        Lengths that differ, energies that do not rise or lie outside the tables, a fluence that is negative, not finite
        or nowhere above 0.

    Notes
    -----
    q = Σφ / Σ φ·E·(μtr/ρ)air: photons per area over the air kerma that they give, as an ideal photon counter sees them.
    The half-value layer is the thickness of aluminium that halves this kerma. A millionth of the photons may lie below
    4 keV, where the tables begin; they are left out. With spectra of SpekPy for the RQA beams q is 0.2 % (RQA9) to
    0.9 % (RQA3) below the table of IEC 62220-1-1:2015: coefficients of air that other programs use are up to 2.5 %
    lower.

    Source: coefficients of NIST, ``data/photon_coefficients.toml``.
    """
    air = photon_coefficients("air_mass_energy_transfer")
    energies, photons = _checked(energies_kev, fluence, air)
    kerma = photons * energies * air.at(energies) * _UGY_PER_KEV_CM2_PER_G
    layer = _half_value_layer_mm(energies, kerma)
    mean = float(photons @ energies) / float(photons.sum())
    return BeamQuality(
        name=name or f"spectrum of {mean:.1f} keV, HVL {layer:.2f} mm Al",
        fluence_per_mm2_ugy=float(photons.sum()) / float(kerma.sum()),
        half_value_layer_mm_al=layer,
        mean_energy_kev=mean,
        document=document,
        edition=edition,
        confidence="B",
        note=f"air kerma by {air.document}",
    )


def beam_from_technique(
    tube_voltage_kv: float,
    *,
    inherent_filtration_mm_al: float,
    added_filtration_mm_al: float = 0.0,
    added_filtration_mm_cu: float = 0.0,
    anode_angle_deg: float = 12.0,
) -> BeamQuality:
    """Beam with the quanta per air kerma of a tungsten anode's spectrum as SpekPy computes it.

    Needs the optional extra ``spectra``.

    Parameters
    ----------
    tube_voltage_kv : float
        20 to 200 kV, constant potential.
    inherent_filtration_mm_al : float
        Filtration of tube and housing, equivalent aluminium; some 2.5 to 3.5 mm. Half a millimetre of it changes the
        quanta per kerma of the RQA beams by 0.3 % or less.
    added_filtration_mm_al, added_filtration_mm_cu : float
        Aluminium and copper beside it, as for RQA5 21 mm of aluminium.
    anode_angle_deg : float
        Of the anode; 12 is that of most radiographic tubes.

    Returns
    -------
    BeamQuality
        Fluence per kerma, first half-value layer and mean energy, with voltage and filtration; its edition is SpekPy's
        version. Compare the half-value layer with a measured one.

    Raises
    ------
    InputError
        SpekPy is not installed, or an argument is out of range.

    Notes
    -----
    Quanta per kerma and half-value layer are SpekPy's own, with its default coefficients (of PENELOPE). They meet the
    table of IEC 62220-1-1:2015 for RQA3 to RQA9 within 0.4 %; `beam_from_spectrum`, with the coefficients of NIST,
    gives 0.4 % (RQA9) to 1.2 % (RQA3) less for the same spectra.

    Source: SpekPy (Poludniowski, Omar, Bujila and Andreo, 2021).
    """
    thicknesses = {
        "inherent_filtration_mm_al": inherent_filtration_mm_al,
        "added_filtration_mm_al": added_filtration_mm_al,
        "added_filtration_mm_cu": added_filtration_mm_cu,
    }
    for key, value in thicknesses.items():
        if not (is_number(value) and value >= 0):
            raise InputError(f"{key}={value!r}", needed="a thickness of 0 mm or more")
    if not (is_number(tube_voltage_kv) and _LEAST_KV <= tube_voltage_kv <= _MOST_KV):
        raise InputError(f"tube_voltage_kv={tube_voltage_kv!r}", needed=f"{_LEAST_KV:g} to {_MOST_KV:g} kV")
    if not (is_number(anode_angle_deg) and 1.0 <= anode_angle_deg <= 45.0):
        raise InputError(f"anode_angle_deg={anode_angle_deg!r}", needed="1 to 45 degrees")
    spekpy = _spekpy()
    spectrum = spekpy.Spek(kvp=float(tube_voltage_kv), th=float(anode_angle_deg))
    aluminium_mm = float(inherent_filtration_mm_al) + float(added_filtration_mm_al)
    spectrum.multi_filter([("Al", aluminium_mm), ("Cu", float(added_filtration_mm_cu))])
    return BeamQuality(
        name=_name(tube_voltage_kv, added_filtration_mm_al, added_filtration_mm_cu, spekpy.__version__),
        # photons per cm² and air kerma in µGy, at one distance and tube load
        fluence_per_mm2_ugy=float(spectrum.get_flu()) / _MM2_PER_CM2 / float(spectrum.get_kerma()),
        tube_voltage_kv=float(tube_voltage_kv),
        added_filtration_mm_al=float(added_filtration_mm_al),
        added_filtration_mm_cu=float(added_filtration_mm_cu),
        half_value_layer_mm_al=float(spectrum.get_hvl1()),
        mean_energy_kev=float(spectrum.get_emean()),
        document="SpekPy",
        edition=str(spekpy.__version__),
        confidence="B",
        note=f"{inherent_filtration_mm_al:g} mm Al inherent, anode of {anode_angle_deg:g}°, air kerma by SpekPy",
    )


def _name(voltage_kv: float, aluminium_mm: float, copper_mm: float, version: str) -> str:
    layers = [f"{value:g} mm {metal}" for value, metal in ((aluminium_mm, "Al"), (copper_mm, "Cu")) if value > 0]
    return " + ".join([f"{voltage_kv:g} kV", *layers]) + f" (SpekPy {version})"


def _spekpy() -> Any:
    try:
        return importlib.import_module("spekpy")
    except ImportError as error:
        raise InputError(
            "SpekPy is not installed",
            needed="the optional extra `spectra` to compute the spectrum of a technique",
            remedy='install it with pip install "xrayiq[spectra]", or give a spectrum to beam_from_spectrum',
        ) from error


def _checked(energies_kev: ArrayLike, fluence: ArrayLike, table: PhotonCoefficients) -> tuple[Floats, Floats]:
    """Energies and photons within the table, as 1-D arrays."""
    energies, photons = (np.asarray(values, dtype=np.float64) for values in (energies_kev, fluence))
    low, high = table.energies_kev[0], table.energies_kev[-1]
    if energies.ndim != 1 or energies.shape != photons.shape or energies.size == 0:
        raise InputError(
            f"energies of shape {energies.shape}, fluence of shape {photons.shape}",
            needed="two 1-D arrays of one length",
        )
    if not (np.isfinite(energies).all() and (np.diff(energies) > 0).all() and 0 < energies[0] <= energies[-1] <= high):
        raise InputError(
            f"energies from {energies[0]:g} to {energies[-1]:g} keV",
            needed=f"energies that rise from above 0 to {high:g} keV at most",
            remedy="give the middle of each bin in keV",
        )
    if not (np.isfinite(photons).all() and (photons >= 0).all() and photons.sum() > 0):
        raise InputError("a fluence below 0, not finite, or 0 at every energy", needed="photons in each bin, 0 or more")
    inside = energies >= low
    left_out = float(photons[~inside].sum() / photons.sum())
    if left_out > _LEFT_OUT:
        raise InputError(
            f"{100.0 * left_out:.3g} % of the photons below {low:g} keV",
            needed="a spectrum behind the tube's filter",
            remedy="filter the spectrum by the inherent filtration first",
        )
    return energies[inside], photons[inside]


def _half_value_layer_mm(energies: Floats, kerma: Floats) -> float:
    aluminium = photon_coefficients("aluminium_mass_attenuation")
    if aluminium.density_g_per_cm3 is None:
        raise InputError("aluminium without density", needed="density_g_per_cm3 in data/photon_coefficients.toml")
    per_mm = aluminium.at(energies) * aluminium.density_g_per_cm3 / 10.0

    def excess(thickness_mm: float) -> float:
        return float(kerma @ np.exp(-per_mm * thickness_mm)) / float(kerma.sum()) - 0.5

    return float(brentq(excess, 0.0, _THICKEST_MM_AL))
