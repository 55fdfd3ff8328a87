"""Detective quantum efficiency (after IEC 62220-1-1:2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._arguments import as_uncertainty
from xrayiq.metrics._pairing import provenance_of_pair
from xrayiq.metrics.beam_quality import Beam, BeamQuality, fluence_of
from xrayiq.metrics.edge_finding import Across
from xrayiq.metrics.leakage import Leakage
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.neq import Neq, compute_neq
from xrayiq.metrics.nps import Nps
from xrayiq.model import Measurement, Provenance, Result

Floats = NDArray[np.float64]

ALGORITHM_VERSION: Final = 1
#: standard uncertainty of a chamber reading carried to the detector, as assumed for the signal transfer property
KERMA_UNCERTAINTY: Final = 0.05
#: spread of the quanta per kerma over beams that pass for one standard beam; an assumption of this project
FLUENCE_UNCERTAINTY: Final = 0.02
#: outside of these at 0.5 mm⁻¹ something is wrong with unit, kerma or processing (standards reference, §5.1)
_CREDIBLE_DQE: Final = (0.1, 0.95)
_CREDIBLE_MTF: Final = (0.6, 1.0)
#: relative difference of signal and kerma, both in µGy, above which one of them is in doubt
_SIGNAL_DIFFERENCE: Final = 0.2
_REPORTED: Final = (("dqe_at_0_5_per_mm", 0.5), ("dqe_at_1_per_mm", 1.0), ("dqe_at_2_per_mm", 2.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Dqe(Result):
    """Detective quantum efficiency along one axis, with its uncertainty.

    Parameters
    ----------
    frequencies_per_mm : array of shape (K,)
        0.5, 1.0 … mm⁻¹ up to the Nyquist frequency.
    values : array of shape (K,)
        DQE.
    uncertainty : array of shape (K,)
        Its standard uncertainty (k = 1), absolute.
    neq_per_mm2 : array of shape (K,)
        Noise-equivalent quanta MTF²/NNPS.
    mtf_values, nnps_mm2 : arrays of shape (K,)
        MTF and NNPS that it was computed from.
    mtf_uncertainty_fraction, nnps_uncertainty_fraction : arrays of shape (K,)
        Parts of the uncertainty: relative standard uncertainties of MTF and NNPS.
    kerma_uncertainty_fraction, fluence_uncertainty_fraction : float
        Parts of the uncertainty common to all frequencies: of the kerma, and of the quanta per kerma.
    across : {"columns", "rows"}
        Axis that the MTF's profile runs along: ``"columns"`` is DQE along u, ``"rows"`` along v.
    nyquist_per_mm : float
        1 / (2 · pixel pitch) along this axis.
    kerma_ugy : float
        Air kerma at the detector of the flat fields.
    beam : str
        Name of the beam with its edition; empty where its fluence was given.
    fluence_per_mm2_ugy : float
        Quanta per mm² and µGy of the beam.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    frequencies_per_mm: Floats
    values: Floats
    uncertainty: Floats
    neq_per_mm2: Floats
    mtf_values: Floats
    nnps_mm2: Floats
    mtf_uncertainty_fraction: Floats
    nnps_uncertainty_fraction: Floats
    kerma_uncertainty_fraction: float
    fluence_uncertainty_fraction: float
    across: Across
    nyquist_per_mm: float
    kerma_ugy: float
    beam: str
    fluence_per_mm2_ugy: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """DQE at 0.5, 1 and 2 mm⁻¹, its uncertainty and the noise-equivalent quanta at 0.5 mm⁻¹."""
        found = [
            (name, float(self.values[np.isclose(self.frequencies_per_mm, frequency)][0]))
            for name, frequency in _REPORTED
            if frequency <= self.frequencies_per_mm[-1]
        ]
        found.append(("dqe_uncertainty_at_0_5_per_mm", float(self.uncertainty[0])))
        found.append(("neq_at_0_5_per_mm", float(self.neq_per_mm2[0])))
        return tuple(Measurement(quantity=name, value=value, direction=self.across) for name, value in found)


def compute_dqe(
    mtf: Mtf,
    nps: Nps,
    *,
    kerma_ugy: float | None,
    beam: Beam,
    kerma_uncertainty_fraction: float = KERMA_UNCERTAINTY,
    fluence_uncertainty_fraction: float = FLUENCE_UNCERTAINTY,
    mtf_uncertainty: ArrayLike | None = None,
    leakage: Leakage = "removed",
) -> Dqe:
    """Detective quantum efficiency from an MTF and a noise power spectrum (after IEC 62220-1-1:2015).

    Parameters
    ----------
    mtf : Mtf
        Presampled MTF. Its `across` chooses the cut of the noise power spectrum: ``"columns"`` u, ``"rows"`` v.
    nps : Nps
        Noise power spectrum of flat fields of the same detector. A relative signal will do, without an offset: only
        noise over signal enters.
    kerma_ugy : float or None
        Air kerma at the detector of these flat fields; None, as a silent header gives it, is refused.
    beam : str, BeamQuality or float
        Standard beam with the edition of its table, for example ``"RQA5/2015"`` or ``"RQA5/2003"``; a beam of
        `beam_from_spectrum` or `beam_from_technique`; or quanta per mm² and µGy.
    kerma_uncertainty_fraction : float
        Relative standard uncertainty of the kerma.
    fluence_uncertainty_fraction : float
        Relative standard uncertainty of the quanta per kerma.
    mtf_uncertainty : float or 1-D array, optional
        Standard uncertainty of the MTF at the frequencies of the result, absolute, for example the standard error of
        repeats. If not given it comes from the noise beside the edge.
    leakage : {"removed", "kept"}
        Whether the noise power that a ROI's border carries from low to high frequencies is taken out. It matters where
        the noise power is a few percent of its maximum (2 % too much at 6 %, 5 % at 2 %, with ROIs of 256 pixels). IEC
        62220-1-1 has no such step; ``"kept"`` is its NNPS.

    Returns
    -------
    Dqe
        At steps of 0.5 mm⁻¹ up to the Nyquist frequency. Its provenance warns of values above 1, of MTF(0.5 mm⁻¹)
        outside 0.6 to 1 and DQE(0.5 mm⁻¹) outside 0.1 to 0.95, and of an MTF of constancy mode.

    Raises
    ------
    InputError
        No kerma or none above 0; a beam without edition, unknown or not positive; different pixel pitches; frequencies
        that the MTF or the NPS does not cover; an MTF of 0, or one of mode "iso12233"; an uncertainty below 0 or of
        another length.
    NotMeasurableError
        ``signal_not_positive``, or ``no_noise`` where the noise power vanishes.

    Notes
    -----
    DQE(f) = MTF²(f) / (NNPS(f) · K · q), NEQ(f) = MTF²(f) / NNPS(f). MTF and NNPS are taken from the samples within
    ±0.01 / pitch of f that are not beyond the Nyquist frequency: the value at f of a straight line through them, which
    is their mean where they lie evenly around f. The frequency of the MTF is along the edge's normal and is taken as
    that along the axis (0.14 % at 3°).

    With u² the relative variances, u²(DQE) = 4 u²(MTF) + u²(NNPS) + u²(K) + u²(q). u(NNPS) counts independent samples;
    u(MTF) follows the pixel noise beside the edge through differencing, window and normalisation.

    Source: IEC 62220-1-1:2015.
    """
    kerma = checked_kerma(kerma_ugy)
    fluence, quality = fluence_of(beam)
    as_uncertainty("kerma_uncertainty_fraction", kerma_uncertainty_fraction)
    as_uncertainty("fluence_uncertainty_fraction", fluence_uncertainty_fraction)
    neq = compute_neq(mtf, nps, mtf_uncertainty=mtf_uncertainty, leakage=leakage)
    dqe = neq.values / (kerma * fluence)
    common = kerma_uncertainty_fraction**2 + fluence_uncertainty_fraction**2
    parameters: dict[str, str | float] = {
        "kerma_ugy": kerma,
        "beam": quality.name if quality else "given",
        "fluence_per_mm2_ugy": fluence,
        "kerma_uncertainty_fraction": float(kerma_uncertainty_fraction),
        "fluence_uncertainty_fraction": float(fluence_uncertainty_fraction),
        "leakage": leakage,
        "mtf_uncertainty": "edge noise" if mtf_uncertainty is None else "given",
    }
    return Dqe(
        frequencies_per_mm=neq.frequencies_per_mm,
        values=dqe,
        uncertainty=dqe * np.sqrt((neq.uncertainty / neq.values) ** 2 + common),
        neq_per_mm2=neq.values,
        mtf_values=neq.mtf_values,
        nnps_mm2=neq.nnps_mm2,
        mtf_uncertainty_fraction=neq.mtf_uncertainty_fraction,
        nnps_uncertainty_fraction=neq.nnps_uncertainty_fraction,
        kerma_uncertainty_fraction=float(kerma_uncertainty_fraction),
        fluence_uncertainty_fraction=float(fluence_uncertainty_fraction),
        across=mtf.across,
        nyquist_per_mm=neq.nyquist_per_mm,
        kerma_ugy=kerma,
        beam=quality.name if quality else "",
        fluence_per_mm2_ugy=fluence,
        provenance=provenance_of_pair(
            mtf,
            nps,
            algorithm="dqe",
            version=ALGORITHM_VERSION,
            parameters=parameters,
            warnings=_warnings(mtf, nps, kerma, quality, neq, dqe),
        ),
    )


def checked_kerma(kerma_ugy: float | None) -> float:
    """Kerma at the detector, above 0; InputError otherwise."""
    if kerma_ugy is None or not (np.isfinite(kerma_ugy) and kerma_ugy > 0):
        raise InputError(
            "no kerma" if kerma_ugy is None else f"kerma_ugy={kerma_ugy}",
            needed="the air kerma at the detector in µGy, above 0",
            remedy="take it from a dosemeter or from the detector's response",
        )
    return float(kerma_ugy)


def _warnings(mtf: Mtf, nps: Nps, kerma: float, quality: BeamQuality | None, neq: Neq, dqe: Floats) -> list[str]:
    found = []
    above = neq.frequencies_per_mm[dqe > 1.0]
    if above.size:
        found.append(f"DQE above 1 at {_listed(above)} mm⁻¹: wrong unit or kerma, or processed images")
    for name, value, (low, high) in (("DQE", dqe[0], _CREDIBLE_DQE), ("MTF", neq.mtf_values[0], _CREDIBLE_MTF)):
        if not low < value < high:
            found.append(
                f"{name} of {value:.3f} at 0.5 mm⁻¹, outside {low:g} to {high:g}: check unit, kerma, processing"
            )
    if mtf.mode == "constancy":
        found.append("MTF of constancy mode, blind to long-range glare: the DQE is too high by its square")
    if nps.signal_unit == "uGy" and abs(nps.mean_signal / kerma - 1.0) > _SIGNAL_DIFFERENCE:
        found.append(f"flat fields of {nps.mean_signal:.3g} µGy by the detector's response, {kerma:.3g} µGy as given")
    if quality is not None and quality.confidence == "C":
        found.append(f"quanta per kerma of {quality.name} not verified against the document: {quality.note}")
    return found


def _listed(frequencies: Floats) -> str:
    return ", ".join(f"{frequency:g}" for frequency in frequencies)
