"""Noise and signal-to-noise ratio in the anatomy of a single image."""

from __future__ import annotations

from dataclasses import dataclass

from xrayiq.model import Measurement, Provenance, Result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ClinicalNoise(Result):
    """Noise in the anatomy of one clinical image.

    Parameters
    ----------
    snr : float
        Median over the blocks of mean signal over noise.
    relative_noise : float
        Median over the blocks of noise over mean signal, a fraction.
    mean_signal, noise : float
        Medians over the blocks, in the unit of the signal.
    signal_unit : str
        ``"uGy"`` with a calibrated response, ``"1"`` (relative) without.
    block_size_px : int
        Side of the square blocks.
    block_count : int
        Blocks that lay wholly in the anatomy inside the collimated field.
    anatomy_fraction : float
        Share of the image's pixels taken as anatomy inside the field.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    snr: float
    relative_noise: float
    mean_signal: float
    noise: float
    signal_unit: str
    block_size_px: int
    block_count: int
    anatomy_fraction: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """SNR and relative noise."""
        return (
            Measurement(quantity="clinical_snr", value=self.snr),
            Measurement(quantity="clinical_noise", value=self.relative_noise),
        )
