"""Detectability of a disc by a model observer, from MTF and noise power spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import simpson
from scipy.special import j0, j1

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._pairing import pitch_across, provenance_of_pair
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.nps import Nps
from xrayiq.model import Measurement, Provenance, Result

Floats = NDArray[np.float64]
Observer = Literal["ideal", "npw", "npwe"]

ALGORITHM_VERSION: Final = 1
#: annuli next to the origin that lose power to the large-area trend
_SKIPPED_ANNULI: Final = 2
#: points of the integral per oscillation of the disc's spectrum, and at least over the whole axis
_POINTS_PER_PERIOD: Final = 64
_LEAST_POINTS: Final = 1024
#: part of the disc's spectrum beyond the Nyquist frequency above which the size of the disc is in doubt
_LOST: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Detectability(Result):
    """Detectability index d′ of a disc.

    Parameters
    ----------
    detectability : float
        d′.
    diameter_mm : float
        Of the disc, in the plane of the detector.
    contrast : float
        Relative difference of kerma between disc and background, as given.
    observer : {"ideal", "npw", "npwe"}
        Model observer.
    frequencies_per_mm : 1-D array
        From 0 to the Nyquist frequency.
    signal_density_mm, noise_density_mm : 1-D arrays
        Shares of the frequencies in what the observer sees of signal and of noise: integrands over frequency, each of
        area 1. Equal for the ideal observer.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    detectability: float
    diameter_mm: float
    contrast: float
    observer: Observer
    frequencies_per_mm: Floats
    signal_density_mm: Floats
    noise_density_mm: Floats
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Detectability index d′."""
        return (Measurement(quantity="detectability", value=self.detectability),)


def compute_detectability(
    mtf: Mtf,
    nps: Nps,
    *,
    diameter_mm: float,
    contrast: float,
    observer: Observer = "npwe",
    viewing_distance_mm: float = 400.0,
    zoom: float = 1.0,
    eye_exponent: float = 1.3,
    eye_decay: float = 0.0406,
) -> Detectability:
    """Detectability index d′ of a disc by a model observer.

    Parameters
    ----------
    mtf : Mtf
        Presampled MTF, taken as that of every direction.
    nps : Nps
        Noise power spectrum of flat fields of the same detector; its radial NNPS is used. A relative signal will do,
        without an offset.
    diameter_mm : float
        Of the disc, in the plane of the detector.
    contrast : float
        Relative difference of kerma between disc and background; its sign does not matter.
    observer : {"ideal", "npw", "npwe"}
        Ideal (prewhitening), non-prewhitening, or non-prewhitening with eye filter.
    viewing_distance_mm : float
        From eye to display.
    zoom : float
        Size on the display over size at the detector.
    eye_exponent, eye_decay : float
        n and b of the eye filter E(ν) = νⁿ·exp(−bν²), ν in cycles per degree; the defaults put its peak at 4 cycles per
        degree.

    Returns
    -------
    Detectability
        d′ and the frequencies that make it.

    Raises
    ------
    InputError
        A diameter, distance, zoom or filter parameter that is not positive, a contrast that is not finite, an unknown
        observer, different pixel pitches, or an MTF that ends before the Nyquist frequency.
    NotMeasurableError
        ``signal_not_positive``, or ``no_noise`` where the noise power vanishes.

    Notes
    -----
    With the spectrum of the disc S(f) = (d / 2f)·J₁(πdf), T the MTF, N the radial NNPS and C the contrast:

    - ideal: d′² = 2πC² ∫ S²T²/N f df
    - non-prewhitening with eye filter: d′² = 2πC² (∫ S²T²E² f df)² / ∫ S²T²E⁴N f df, without one E = 1

    up to the (lower) Nyquist frequency. There is no internal noise. The two annuli next to the origin, which lose power
    to the large-area trend, and what lies below the first of the others have its value. The form of the eye filter goes
    back to Burgess (1994); its constants and the viewing distance are common choices, not verified against a document,
    and other programs' d′ need not be comparable.
    """
    positive = {
        "diameter_mm": diameter_mm,
        "viewing_distance_mm": viewing_distance_mm,
        "zoom": zoom,
        "eye_exponent": eye_exponent,
        "eye_decay": eye_decay,
    }
    for name, value in positive.items():
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"{name}={value}", needed="a number above 0")
    if not np.isfinite(contrast):
        raise InputError(f"contrast={contrast}", needed="a finite relative difference of kerma")
    if observer not in ("ideal", "npw", "npwe"):
        raise InputError(f"observer={observer!r}", needed='"ideal", "npw" or "npwe"')
    pitch_across(mtf, nps)
    nyquist = 0.5 / max(nps.pixel_pitch_mm)
    frequencies = _axis(nyquist, diameter_mm)
    if mtf.frequencies_per_mm[-1] < nyquist * (1.0 - 1e-3):
        raise InputError(
            f"MTF up to {mtf.frequencies_per_mm[-1]:g} mm⁻¹", needed=f"up to the Nyquist frequency {nyquist:g} mm⁻¹"
        )
    # what the image holds of the disc of contrast 1, squared, times the circumference of its frequency
    seen = _disc(frequencies, diameter_mm) * np.interp(frequencies, mtf.frequencies_per_mm, mtf.values)
    energy = 2.0 * np.pi * frequencies * seen**2
    noise = _radial_nnps(nps, frequencies)
    if observer == "ideal":
        signal_part = noise_part = energy / noise
    else:
        eye = (
            _eye(frequencies * np.radians(1.0) * viewing_distance_mm / zoom, eye_exponent, eye_decay)
            if observer == "npwe"
            else np.ones_like(frequencies)
        )
        signal_part, noise_part = energy * eye**2, energy * eye**4 * noise
    signal_area, noise_area = (float(simpson(part, x=frequencies)) for part in (signal_part, noise_part))
    warnings = []
    lost = float(j0(np.pi * diameter_mm * nyquist) ** 2 + j1(np.pi * diameter_mm * nyquist) ** 2)
    if lost > _LOST:
        warnings.append(f"{100.0 * lost:.0f} % of the disc's spectrum lies beyond the Nyquist frequency")
    return Detectability(
        detectability=abs(contrast) * signal_area / np.sqrt(noise_area),
        diameter_mm=float(diameter_mm),
        contrast=float(contrast),
        observer=observer,
        frequencies_per_mm=frequencies,
        signal_density_mm=signal_part / signal_area,
        noise_density_mm=noise_part / noise_area,
        provenance=provenance_of_pair(
            mtf,
            nps,
            algorithm="detectability",
            version=ALGORITHM_VERSION,
            parameters={
                "diameter_mm": float(diameter_mm),
                "contrast": float(contrast),
                "observer": observer,
                "viewing_distance_mm": viewing_distance_mm if observer == "npwe" else None,
                "zoom": zoom if observer == "npwe" else None,
                "eye_exponent": eye_exponent if observer == "npwe" else None,
                "eye_decay": eye_decay if observer == "npwe" else None,
                "mtf_across": mtf.across,
            },
            warnings=warnings,
        ),
    )


def _axis(nyquist_per_mm: float, diameter_mm: float) -> Floats:
    """Frequencies from 0 to Nyquist, fine enough for the disc's spectrum; an odd number, as Simpson's rule likes it."""
    count = max(_LEAST_POINTS, int(np.ceil(_POINTS_PER_PERIOD * nyquist_per_mm * diameter_mm)))
    return np.linspace(0.0, nyquist_per_mm, 2 * (count // 2) + 1)


def _disc(frequencies: Floats, diameter_mm: float) -> Floats:
    """Spectrum of a disc of height 1 (mm²)."""
    spectrum = np.full(frequencies.shape, np.pi * diameter_mm**2 / 4.0)
    above = frequencies > 0
    spectrum[above] = diameter_mm / (2.0 * frequencies[above]) * j1(np.pi * diameter_mm * frequencies[above])
    return spectrum


def _eye(cycles_per_degree: Floats, exponent: float, decay: float) -> Floats:
    return np.asarray(cycles_per_degree**exponent * np.exp(-decay * cycles_per_degree**2), dtype=np.float64)


def _radial_nnps(nps: Nps, frequencies: Floats) -> Floats:
    known, values = (part[_SKIPPED_ANNULI:] for part in (nps.radial_frequencies_per_mm, nps.nnps_radial))
    if known.size == 0 or not (values > 0).all():
        raise NotMeasurableError(
            "no_noise",
            "noise power that vanishes",
            needed="noise above 0 at every frequency",
            remedy="use unprocessed flat fields",
        )
    return np.asarray(np.interp(frequencies, known, values), dtype=np.float64)
