"""An MTF and a noise power spectrum of one detector, brought together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from xrayiq.errors import InputError
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.nps import Nps
from xrayiq.model import Provenance
from xrayiq_kernels import KERNEL_DIGEST

#: relative difference of two pixel pitches that rounding in headers explains
_SAME_PITCH: Final = 1e-3


def pitch_across(mtf: Mtf, nps: Nps) -> float:
    """Pixel pitch along the profile of the MTF (mm), the same in both.

    Parameters
    ----------
    mtf : Mtf
        Its `across` chooses columns or rows.
    nps : Nps
        Of the same detector.

    Returns
    -------
    float
        As the noise power spectrum has it.

    Raises
    ------
    InputError
        The two stand for different pixels.
    """
    pitch = nps.pixel_pitch_mm[1 if mtf.across == "columns" else 0]
    if abs(2.0 * mtf.nyquist_per_mm * pitch - 1.0) > _SAME_PITCH:
        raise InputError(
            f"MTF across {mtf.across} at a pixel pitch of {0.5 / mtf.nyquist_per_mm:g} mm, NPS at {pitch:g} mm",
            needed="both of one detector in one mode",
            remedy="measure edge and flat fields at the same binning, or check pixel_pitch_mm",
        )
    return pitch


def provenance_of_pair(
    mtf: Mtf,
    nps: Nps,
    *,
    algorithm: str,
    version: int,
    parameters: Mapping[str, str | int | float | bool | None],
    warnings: Sequence[str] = (),
) -> Provenance:
    """Provenance of a number computed from both.

    Parameters
    ----------
    mtf, nps : Mtf, Nps
        The parts; response, signal and pixel pitch are those of the noise power spectrum.
    algorithm : str
        Name of the algorithm.
    version : int
        Its version.
    parameters : mapping of str to scalar
        Every parameter that the number depends on; the parts' algorithm versions and the mode of the MTF are added.
    warnings : sequence of str
        What was noticed; the parts' own warnings follow, each with its part's name.

    Returns
    -------
    Provenance
        Quantitative where both parts are.
    """
    found = list(warnings)
    if mtf.provenance.response_id != nps.provenance.response_id:
        found.append("MTF and NPS were measured with different detector responses")
    found += [f"MTF: {text}" for text in mtf.provenance.warnings]
    found += [f"NPS: {text}" for text in nps.provenance.warnings]
    return Provenance(
        algorithm=algorithm,
        algorithm_version=version,
        parameters=(
            *parameters.items(),
            ("mtf_mode", mtf.mode),
            ("mtf_version", mtf.provenance.algorithm_version),
            ("nps_version", nps.provenance.algorithm_version),
        ),
        kernel_digest=KERNEL_DIGEST,
        response_id=nps.provenance.response_id,
        signal_unit=nps.signal_unit,
        pixel_pitch_source=nps.provenance.pixel_pitch_source,
        intent=nps.provenance.intent,
        quantitative=mtf.provenance.quantitative and nps.provenance.quantitative,
        warnings=tuple(found),
    )
