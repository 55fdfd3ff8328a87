"""Exposure index, target and deviation index of one image, recomputed beside the vendor's."""

from __future__ import annotations

from dataclasses import dataclass

from xrayiq.model import Measurement, Provenance, Result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ExposureIndex(Result):
    """Exposure indicators of one image (IEC 62494-1:2008); None where they are unknown.

    Parameters
    ----------
    exposure_index, target_exposure_index : float or None
        EI and EI_T as the header states them.
    deviation_index : float or None
        10·log10(EI / EI_T), computed in full precision; None where either is missing or not above 0.
    reported_deviation_index : float or None
        DI as the header states it.
    deviation_index_difference : float or None
        Reported minus computed.
    estimated_exposure_index : float or None
        100 per µGy times the median kerma of the anatomy inside the collimated field: an estimate of the EI that needs
        a calibrated response; not the vendor's EI.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    exposure_index: float | None
    target_exposure_index: float | None
    deviation_index: float | None
    reported_deviation_index: float | None
    deviation_index_difference: float | None
    estimated_exposure_index: float | None
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """The indicators that are known."""
        known = (
            ("exposure_index", self.exposure_index),
            ("target_exposure_index", self.target_exposure_index),
            ("deviation_index", self.deviation_index),
            ("reported_deviation_index", self.reported_deviation_index),
            ("deviation_index_difference", self.deviation_index_difference),
            ("estimated_exposure_index", self.estimated_exposure_index),
        )
        return tuple(Measurement(quantity=name, value=value) for name, value in known if value is not None)
