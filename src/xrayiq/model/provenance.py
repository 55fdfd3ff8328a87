"""Where a number comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made a result: algorithm, version, parameters, kernels and response.

    Parameters
    ----------
    algorithm : str
        Name of the algorithm, as in the outcome's procedure.
    algorithm_version : int
        Raised whenever a release changes the algorithm's numbers.
    parameters : tuple of (str, value) pairs
        Every parameter that the numbers depend on, by name.
    kernel_digest : str
        Digest of the compiled kernels' sources and compiler; empty if no kernel took part.
    response_id : str
        Identity of the detector response used; empty if none.
    signal_unit : str
        UCUM unit of the signal measured: ``"uGy"`` with a calibrated response, ``"1"`` relative, ``"stored"`` for
        measurements made on stored values.
    pixel_pitch_source : str
        Attribute the pixel pitch was taken from, or ``"argument"``; empty if no pitch was used.
    intent : str
        ``"FOR PROCESSING"``, ``"FOR PRESENTATION"`` or empty where the header is silent.
    quantitative : bool
        False where the image had been processed for presentation, so that only geometry can be trusted.
    warnings : tuple of str
        What a reader of the number must know.
    """

    algorithm: str
    algorithm_version: int
    parameters: tuple[tuple[str, str | int | float | bool | None], ...] = ()
    kernel_digest: str = ""
    response_id: str = ""
    signal_unit: str = ""
    pixel_pitch_source: str = ""
    intent: str = ""
    quantitative: bool = True
    warnings: tuple[str, ...] = ()
