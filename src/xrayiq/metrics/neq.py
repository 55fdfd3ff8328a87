"""Noise-equivalent quanta from an MTF and a noise power spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._frequency_windows import line_weights, reported_frequencies
from xrayiq.metrics._pairing import pitch_across, provenance_of_pair
from xrayiq.metrics._spectrum_lines import cut
from xrayiq.metrics.dqe_uncertainty import edge_noise_uncertainty, given_uncertainty, nnps_uncertainty_fraction
from xrayiq.metrics.edge_finding import Across
from xrayiq.metrics.leakage import Leakage, check_leakage, without_leakage
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.nps import Nps
from xrayiq.model import Measurement, Provenance, Result

Floats = NDArray[np.float64]

ALGORITHM_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Neq(Result):
    """Noise-equivalent quanta along one axis, with their uncertainty.

    Parameters
    ----------
    frequencies_per_mm : array of shape (K,)
        0.5, 1.0 … mm⁻¹ up to the Nyquist frequency.
    values : array of shape (K,)
        Noise-equivalent quanta MTF²/NNPS (mm⁻²).
    uncertainty : array of shape (K,)
        Their standard uncertainty (k = 1), absolute.
    mtf_values, nnps_mm2 : arrays of shape (K,)
        MTF and NNPS that they were computed from.
    mtf_uncertainty_fraction, nnps_uncertainty_fraction : arrays of shape (K,)
        Relative standard uncertainties of MTF and NNPS.
    across : {"columns", "rows"}
        Axis that the MTF's profile runs along: ``"columns"`` is NEQ along u, ``"rows"`` along v.
    nyquist_per_mm : float
        1 / (2 · pixel pitch) along this axis.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    frequencies_per_mm: Floats
    values: Floats
    uncertainty: Floats
    mtf_values: Floats
    nnps_mm2: Floats
    mtf_uncertainty_fraction: Floats
    nnps_uncertainty_fraction: Floats
    across: Across
    nyquist_per_mm: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Noise-equivalent quanta at 0.5 mm⁻¹."""
        return (Measurement(quantity="neq_at_0_5_per_mm", value=float(self.values[0]), direction=self.across),)


def compute_neq(mtf: Mtf, nps: Nps, *, mtf_uncertainty: ArrayLike | None = None, leakage: Leakage = "removed") -> Neq:
    """Noise-equivalent quanta NEQ(f) = MTF²(f) / NNPS(f), which need no kerma and no beam.

    Parameters
    ----------
    mtf : Mtf
        Presampled MTF. Its `across` chooses the cut of the noise power spectrum: ``"columns"`` u, ``"rows"`` v.
    nps : Nps
        Noise power spectrum of flat fields of the same detector. A relative signal will do, without an offset: only
        noise over signal enters.
    mtf_uncertainty : float or 1-D array, optional
        Standard uncertainty of the MTF at the frequencies of the result, absolute, for example the standard error of
        repeats. If not given it comes from the noise beside the edge.
    leakage : {"removed", "kept"}
        Whether the noise power that a ROI's border carries from low to high frequencies is taken out.

    Returns
    -------
    Neq
        At steps of 0.5 mm⁻¹ up to the Nyquist frequency. Its provenance warns of an MTF of constancy mode.

    Raises
    ------
    InputError
        Different pixel pitches; frequencies that the MTF or the NPS does not cover; an MTF of 0, or one of mode
        "iso12233"; an uncertainty below 0 or of another length.
    NotMeasurableError
        ``signal_not_positive``, or ``no_noise`` where the noise power vanishes.

    Notes
    -----
    MTF and NNPS are taken from the samples within ±0.01 / pitch of f that are not beyond the Nyquist frequency: the
    value at f of a straight line through them, which is their mean where they lie evenly around f. With u² the relative
    variances, u²(NEQ) = 4 u²(MTF) + u²(NNPS); u(NNPS) counts independent samples, u(MTF) follows the pixel noise beside
    the edge through differencing, window and normalisation.

    Source: IEC 62220-1-1:2015.
    """
    check_leakage(leakage)
    _check_mode(mtf)
    pitch = pitch_across(mtf, nps)
    frequencies = reported_frequencies(pitch)
    mtf_weights = line_weights(frequencies, mtf.frequencies_per_mm, pitch, "MTF")
    mtf_values = mtf_weights @ mtf.values
    if not (mtf_values > 0).all():
        raise InputError("MTF of 0 below the Nyquist frequency", needed="an MTF above 0 at every frequency")
    nnps, u_nnps = _nnps(nps, mtf.across, frequencies, pitch, leakage)
    if mtf_uncertainty is None:
        white = nps.variance / nps.mean_signal**2 * nps.pixel_pitch_mm[0] * nps.pixel_pitch_mm[1]
        u_mtf = edge_noise_uncertainty(mtf, mtf_weights, pitch_mm=nps.pixel_pitch_mm, noise_shape=nnps / white)
    else:
        u_mtf = given_uncertainty(mtf_uncertainty, frequencies.shape)
    u_mtf_fraction = u_mtf / mtf_values
    neq = mtf_values**2 / nnps
    constancy = ["MTF of constancy mode, blind to long-range glare: the NEQ is too high by its square"]
    return Neq(
        frequencies_per_mm=frequencies,
        values=neq,
        uncertainty=neq * np.sqrt(4.0 * u_mtf_fraction**2 + u_nnps**2),
        mtf_values=mtf_values,
        nnps_mm2=nnps,
        mtf_uncertainty_fraction=u_mtf_fraction,
        nnps_uncertainty_fraction=u_nnps,
        across=mtf.across,
        nyquist_per_mm=0.5 / pitch,
        provenance=provenance_of_pair(
            mtf,
            nps,
            algorithm="neq",
            version=ALGORITHM_VERSION,
            parameters={
                "leakage": leakage,
                "mtf_uncertainty": "edge noise" if mtf_uncertainty is None else "given",
            },
            warnings=constancy if mtf.mode == "constancy" else (),
        ),
    )


def _nnps(nps: Nps, across: Across, frequencies: Floats, pitch_mm: float, leakage: Leakage) -> tuple[Floats, Floats]:
    """NNPS at the reported frequencies, along the axis of the MTF, and its relative uncertainty."""
    upright = across == "columns"
    axis, values = (nps.frequencies_per_mm, nps.nnps_u) if upright else (nps.v_frequencies_per_mm, nps.nnps_v)
    if leakage != nps.leakage:
        steps = [1.0 / (nps.roi_px * pitch) for pitch in nps.pixel_pitch_mm]
        plane = without_leakage(nps.spectrum) if leakage == "removed" else nps.spectrum
        plane = np.ascontiguousarray(plane if upright else plane.T) / nps.mean_signal**2
        axis, values = cut(plane, step=steps[1 if upright else 0], across=steps[0 if upright else 1])
    weights = line_weights(frequencies, axis, pitch_mm, "NPS")
    nnps = weights @ values
    if not (nnps > 0).all():
        raise NotMeasurableError(
            "no_noise",
            f"noise power of {nnps.min():g} mm²",
            needed="noise above 0 at every frequency",
            remedy="use unprocessed flat fields",
        )
    return nnps, nnps_uncertainty_fraction(nps, weights)


def _check_mode(mtf: Mtf) -> None:
    if mtf.mode == "iso12233":
        raise InputError(
            'MTF of mode "iso12233", lowered by its wide bins',
            needed='mode "iec" (or "constancy")',
            remedy='measure_mtf(image, mode="iec")',
        )
