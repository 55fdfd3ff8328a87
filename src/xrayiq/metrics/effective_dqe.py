"""Effective detective quantum efficiency of a system with phantom, grid and magnification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._arguments import as_fraction_below_one, as_uncertainty, is_number
from xrayiq.metrics._pairing import provenance_of_pair
from xrayiq.metrics.beam_quality import Beam, BeamQuality, fluence_of
from xrayiq.metrics.dqe import FLUENCE_UNCERTAINTY, KERMA_UNCERTAINTY, checked_kerma
from xrayiq.metrics.edge_finding import Across
from xrayiq.metrics.leakage import Leakage
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.neq import compute_neq
from xrayiq.metrics.nps import Nps
from xrayiq.model import Measurement, Provenance, Result

Floats = NDArray[np.float64]

ALGORITHM_VERSION: Final = 1
#: beam-stop measurements and narrow-beam transmissions repeat to about this; assumptions of this project
_SCATTER_UNCERTAINTY: Final = 0.02
_TRANSMISSION_UNCERTAINTY: Final = 0.05
_REPORTED: Final = (("effective_dqe_at_0_5_per_mm", 0.5), ("effective_dqe_at_1_per_mm", 1.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EffectiveDqe(Result):
    """Effective detective quantum efficiency along one axis, with its uncertainty.

    Parameters
    ----------
    frequencies_per_mm : array of shape (K,)
        Frequencies in the plane of the object: magnification times those at the detector.
    detector_frequencies_per_mm : array of shape (K,)
        0.5, 1.0 … mm⁻¹ at the detector, up to its Nyquist frequency.
    values : array of shape (K,)
        Effective DQE.
    uncertainty : array of shape (K,)
        Its standard uncertainty (k = 1), absolute.
    mtf_values, nnps_mm2 : arrays of shape (K,)
        MTF and NNPS of the system that it was computed from.
    mtf_uncertainty_fraction, nnps_uncertainty_fraction : arrays of shape (K,)
        Parts of the uncertainty: relative standard uncertainties of MTF and NNPS.
    kerma_uncertainty_fraction, fluence_uncertainty_fraction, transmission_uncertainty_fraction : float
        Parts common to all frequencies: of the kerma, of the quanta per kerma, and of the transmission.
    scatter_uncertainty : float
        Standard uncertainty of the scatter fraction, absolute.
    scatter_fraction, transmission, magnification : float
        As given.
    across : {"columns", "rows"}
        Axis that the MTF's profile runs along.
    nyquist_per_mm : float
        Nyquist frequency along this axis, in the plane of the object.
    kerma_ugy : float
        Air kerma in the plane of the detector without the phantom.
    beam : str
        Name of the beam with its edition; empty where its fluence was given.
    fluence_per_mm2_ugy : float
        Quanta per mm² and µGy of the beam.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    frequencies_per_mm: Floats
    detector_frequencies_per_mm: Floats
    values: Floats
    uncertainty: Floats
    mtf_values: Floats
    nnps_mm2: Floats
    mtf_uncertainty_fraction: Floats
    nnps_uncertainty_fraction: Floats
    kerma_uncertainty_fraction: float
    fluence_uncertainty_fraction: float
    transmission_uncertainty_fraction: float
    scatter_uncertainty: float
    scatter_fraction: float
    transmission: float
    magnification: float
    across: Across
    nyquist_per_mm: float
    kerma_ugy: float
    beam: str
    fluence_per_mm2_ugy: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Effective DQE at 0.5 and 1 mm⁻¹ at the detector."""
        return tuple(
            Measurement(
                quantity=name,
                value=float(self.values[np.isclose(self.detector_frequencies_per_mm, frequency)][0]),
                direction=self.across,
            )
            for name, frequency in _REPORTED
            if frequency <= self.detector_frequencies_per_mm[-1]
        )


def compute_effective_dqe(
    mtf: Mtf,
    nps: Nps,
    *,
    kerma_ugy: float | None,
    beam: Beam,
    scatter_fraction: float,
    transmission: float,
    magnification: float,
    kerma_uncertainty_fraction: float = KERMA_UNCERTAINTY,
    fluence_uncertainty_fraction: float = FLUENCE_UNCERTAINTY,
    scatter_uncertainty: float = _SCATTER_UNCERTAINTY,
    transmission_uncertainty_fraction: float = _TRANSMISSION_UNCERTAINTY,
    mtf_uncertainty: ArrayLike | None = None,
    leakage: Leakage = "removed",
) -> EffectiveDqe:
    """Effective detective quantum efficiency of a whole system: focus, phantom, scatter, grid and detector.

    Parameters
    ----------
    mtf : Mtf
        Of the system, edge in the plane of the object, frequencies at the detector; 1 at frequency 0, so that scatter
        enters by its fraction. Its `across` chooses the cut of the noise power spectrum.
    nps : Nps
        Of flat fields behind the phantom, and behind the grid if there is one; a relative signal will do.
    kerma_ugy : float or None
        Air kerma of these exposures in the plane of the detector without the phantom; None is refused.
    beam : str, BeamQuality or float
        Quanta per kerma of the beam that the phantom lets through, as `compute_dqe` takes it.
    scatter_fraction : float
        Scattered part of the signal at the detector, from 0 to below 1, for example by beam stops.
    transmission : float
        Part of the primary kerma that passes the phantom, above 0 up to 1, measured in a narrow beam.
    magnification : float
        Size at the detector over size in the object, 1 or more.
    kerma_uncertainty_fraction, fluence_uncertainty_fraction, transmission_uncertainty_fraction : float
        Relative standard uncertainties; the default of the transmission is an assumption.
    scatter_uncertainty : float
        Standard uncertainty of the scatter fraction, absolute; its default is an assumption.
    mtf_uncertainty : float or 1-D array, optional
        Standard uncertainty of the MTF, as `compute_neq` takes it.
    leakage : {"removed", "kept"}
        As `compute_neq` takes it.

    Returns
    -------
    EffectiveDqe
        At steps of 0.5 mm⁻¹ at the detector, with the frequencies in the plane of the object.

    Raises
    ------
    InputError
        No kerma or none above 0; a beam without edition, unknown or not positive; a scatter fraction, transmission or
        magnification out of range; or as `compute_neq`.
    NotMeasurableError
        ``signal_not_positive``, or ``no_noise`` where the noise power vanishes.

    Notes
    -----
    eDQE(m·f) = MTF²(f)·(1 − SF)² / (NNPS(f)·TF·K₀·q) with magnification m, scatter fraction SF, transmission TF and
    kerma K₀. With u² the relative variances, u² = 4 u²(MTF) + u²(NNPS) + u²(K₀) + u²(q) + u²(TF) and
    4 (ΔSF / (1 − SF))².

    Source: Samei and others, Medical Physics 36 (2009), as public abstracts describe it.
    """
    kerma = checked_kerma(kerma_ugy)
    fluence, quality = fluence_of(beam)
    scatter = as_fraction_below_one("scatter_fraction", scatter_fraction)
    if not (is_number(transmission) and 0.0 < transmission <= 1.0):
        raise InputError(f"transmission={transmission!r}", needed="a part above 0, up to 1")
    if not (is_number(magnification) and magnification >= 1.0):
        raise InputError(f"magnification={magnification!r}", needed="distance focus-detector over focus-object")
    u_kerma = as_uncertainty("kerma_uncertainty_fraction", kerma_uncertainty_fraction)
    u_fluence = as_uncertainty("fluence_uncertainty_fraction", fluence_uncertainty_fraction)
    u_transmission = as_uncertainty("transmission_uncertainty_fraction", transmission_uncertainty_fraction)
    u_scatter = as_uncertainty("scatter_uncertainty", scatter_uncertainty)
    neq = compute_neq(mtf, nps, mtf_uncertainty=mtf_uncertainty, leakage=leakage)
    values = neq.values * (1.0 - scatter) ** 2 / (float(transmission) * kerma * fluence)
    common = u_kerma**2 + u_fluence**2 + u_transmission**2 + (2.0 * u_scatter / (1.0 - scatter)) ** 2
    return EffectiveDqe(
        frequencies_per_mm=neq.frequencies_per_mm * float(magnification),
        detector_frequencies_per_mm=neq.frequencies_per_mm,
        values=values,
        uncertainty=values * np.sqrt((neq.uncertainty / neq.values) ** 2 + common),
        mtf_values=neq.mtf_values,
        nnps_mm2=neq.nnps_mm2,
        mtf_uncertainty_fraction=neq.mtf_uncertainty_fraction,
        nnps_uncertainty_fraction=neq.nnps_uncertainty_fraction,
        kerma_uncertainty_fraction=u_kerma,
        fluence_uncertainty_fraction=u_fluence,
        transmission_uncertainty_fraction=u_transmission,
        scatter_uncertainty=u_scatter,
        scatter_fraction=scatter,
        transmission=float(transmission),
        magnification=float(magnification),
        across=mtf.across,
        nyquist_per_mm=neq.nyquist_per_mm * float(magnification),
        kerma_ugy=kerma,
        beam=quality.name if quality else "",
        fluence_per_mm2_ugy=fluence,
        provenance=provenance_of_pair(
            mtf,
            nps,
            algorithm="effective_dqe",
            version=ALGORITHM_VERSION,
            parameters={
                "kerma_ugy": kerma,
                "beam": quality.name if quality else "given",
                "fluence_per_mm2_ugy": fluence,
                "scatter_fraction": scatter,
                "transmission": float(transmission),
                "magnification": float(magnification),
                "kerma_uncertainty_fraction": u_kerma,
                "fluence_uncertainty_fraction": u_fluence,
                "transmission_uncertainty_fraction": u_transmission,
                "scatter_uncertainty": u_scatter,
                "leakage": leakage,
                "mtf_uncertainty": "edge noise" if mtf_uncertainty is None else "given",
            },
            warnings=_warnings(mtf, quality, values),
        ),
    )


def _warnings(mtf: Mtf, quality: BeamQuality | None, values: Floats) -> list[str]:
    found = []
    if (values > 1.0).any():
        found.append("effective DQE above 1: wrong unit, kerma, transmission or scatter fraction")
    if mtf.mode == "constancy":
        found.append("MTF of constancy mode, blind to long-range glare: the effective DQE is too high by its square")
    if quality is not None and quality.confidence == "C":
        found.append(f"quanta per kerma of {quality.name} not verified against the document: {quality.note}")
    return found
