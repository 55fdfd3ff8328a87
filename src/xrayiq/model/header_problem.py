"""Something in a header that is missing or contradicts something else in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["problem", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderProblem:
    """What a header says that cannot be, or does not say although it should.

    Parameters
    ----------
    check : str
        Short stable name of the check.
    attributes : tuple of str
        DICOM keywords concerned.
    found : str
        What the header says; never a value of a person's attribute.
    needed : str
        What would be in order, with the figure that decided.
    remedy : str
        What to do.
    severity : {"problem", "note"}
        A *problem* contradicts itself, physics or a requirement of its SOP class; a *note* is what DICOM allows to be
        missing but a measurement or an audit would need.
    """

    check: str
    attributes: tuple[str, ...]
    found: str
    needed: str
    remedy: str
    severity: Severity
