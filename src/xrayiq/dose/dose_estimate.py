"""A dose with how it was found, its uncertainty, and what was assumed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from xrayiq.dose.sourced import Source
from xrayiq.errors import InputError
from xrayiq.model import Measurement, Provenance, Result, quantity

#: two standard uncertainties: what is printed
COVERAGE: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DoseEstimate(Result):
    """One dose of one exposure.

    Parameters
    ----------
    quantity : str
        Name from the closed list, such as ``"incident_air_kerma"`` (without backscatter) or
        ``"entrance_surface_air_kerma"`` (with).
    value : float
        In the quantity's unit.
    relative_uncertainty : float
        Relative standard uncertainty (k = 1).
    method : str
        Short stable word: what it was found from.
    sources : tuple of Source
        Documents of the tables used.
    assumptions : tuple of str
        What was taken for granted.
    provenance : Provenance
        Algorithm, version and the numbers that went in.
    """

    quantity: str
    value: float
    relative_uncertainty: float
    method: str
    sources: tuple[Source, ...] = ()
    assumptions: tuple[str, ...] = ()
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """The dose."""
        return (Measurement(quantity=self.quantity, value=self.value),)

    @property
    def text(self) -> str:
        """Dose with its expanded uncertainty (k = 2), as printed."""
        known = quantity(self.quantity)
        return f"{known.text(self.value)} ± {100 * COVERAGE * self.relative_uncertainty:.0f} % (k = 2)"


def combined(*relative_uncertainties: float) -> float:
    """Relative standard uncertainty of a product of independent factors."""
    return math.sqrt(sum(each * each for each in relative_uncertainties))


def required_positive(name: str, value: float | None, *, zero: bool = False) -> float:
    """A finite number above 0, or from 0 on.

    Raises
    ------
    InputError
        It is missing, not finite, or below the bound.
    """
    needed = "a finite value of 0 or more" if zero else "a finite value above 0"
    if value is None:
        raise InputError(f"{name} missing", needed=needed)
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise InputError(f"{name} of {value:g}", needed=needed)
    return float(value)
