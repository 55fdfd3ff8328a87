"""Standard beams: how many quanta per area a kerma stands for, by the edition that says so."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

import numpy as np

from xrayiq.errors import InputError
from xrayiq.model.limit import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamQuality:
    """A beam: a standard one as one edition of a document has it, or one whose spectrum was computed.

    Parameters
    ----------
    name : str
        Name and edition, for example ``"RQA5/2015"``.
    fluence_per_mm2_ugy : float
        Quanta per mm² and µGy of air kerma: squared signal-to-noise ratio of an ideal photon counter.
    document, edition : str
        Where the fluence stands.
    confidence : {"A", "B", "C"}
        A seen in sources that quote the document, B known with confidence, C not verified against the document.
    tube_voltage_kv : float or None
        Approximate tube voltage; None where it is not known.
    added_filtration_mm_al : float or None
        Aluminium beside that of the tube; None where it is not known.
    added_filtration_mm_cu : float
        Copper beside it.
    half_value_layer_mm_al : float or None
        First half-value layer; None where it has not been verified for the edition.
    mean_energy_kev : float or None
        Mean energy of the photons, where the spectrum is known.
    note : str
        What else is known about the fluence.
    """

    name: str
    fluence_per_mm2_ugy: float
    document: str
    edition: str
    confidence: Confidence
    tube_voltage_kv: float | None = None
    added_filtration_mm_al: float | None = None
    added_filtration_mm_cu: float = 0.0
    half_value_layer_mm_al: float | None = None
    mean_energy_kev: float | None = None
    note: str = ""


#: what the beam of an exposure is given as: a name with its edition, a beam, or quanta per mm² and µGy
Beam = str | float | BeamQuality


@functools.cache
def beam_qualities() -> Mapping[str, BeamQuality]:
    """All beams by name with edition, from ``data/beam_qualities.toml``."""
    text = resources.files("xrayiq").joinpath("data/beam_qualities.toml").read_text(encoding="utf-8")
    return MappingProxyType({name: BeamQuality(name=name, **row) for name, row in tomllib.loads(text).items()})


def fluence_of(beam: Beam) -> tuple[float, BeamQuality | None]:
    """Quanta per mm² and µGy of a beam, and its entry in the table.

    Parameters
    ----------
    beam : str, BeamQuality or float
        Name with edition, a beam itself, or quanta per mm² and µGy.

    Returns
    -------
    fluence_per_mm2_ugy : float
        Above 0.
    quality : BeamQuality or None
        None where the fluence was given.

    Raises
    ------
    InputError
        A name without its edition or not on the list, or a fluence that is not positive.
    """
    if isinstance(beam, (str, BeamQuality)):
        quality = _named(beam) if isinstance(beam, str) else beam
        return quality.fluence_per_mm2_ugy, quality
    if isinstance(beam, bool) or not (np.isfinite(beam) and beam > 0):
        raise InputError(
            f"beam={beam!r}", needed="a name with its edition, a beam, or a positive number of quanta per mm² µGy"
        )
    return float(beam), None


def _named(name: str) -> BeamQuality:
    known = beam_qualities()
    if name in known:
        return known[name]
    editions = [quality for quality in known.values() if quality.name.partition("/")[0] == name]
    if editions:
        raise InputError(
            f'beam "{name}" without its edition, whose tables of quanta per kerma differ and the DQE with them',
            needed=" or ".join(
                f'"{quality.name}" ({quality.fluence_per_mm2_ugy:g} per mm² µGy)' for quality in editions
            ),
            remedy="name the edition that the result is to be compared with",
        )
    raise InputError(
        f'beam "{name}"',
        needed="one of " + ", ".join(known),
        remedy="for another beam give its quanta per mm² and µGy as a number, or a beam of beam_from_spectrum",
    )
