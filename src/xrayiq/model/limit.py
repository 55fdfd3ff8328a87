"""Limits with their source, and the only place that compares a number with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xrayiq.model.quantity import Measurement

Basis = Literal["absolute", "relative_to_baseline"]
Confidence = Literal["A", "B", "C"]
Status = Literal["pass", "warning", "fail", "indeterminate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Limits of one quantity from one document.

    Parameters
    ----------
    id : str
        Stable name of the row in the limits file.
    quantity : str
        Name from the closed list of quantities.
    procedure : str
        Procedure whose measurements it applies to; empty for any.
    basis : {"absolute", "relative_to_baseline"}
        Whether bounds are in the quantity's unit or are relative deviations from the baseline.
    warning_low, warning_high, fail_low, fail_high : float or None
        Inclusive bounds of the allowed range; None where there is no bound. Outside the warning bounds action is due
        (a document's action or remedial level), outside the fail bounds the unit is not to be used until somebody has
        decided (its suspension level).
    document, edition : str
        Where the limit stands.
    confidence : {"A", "B", "C"}
        A seen in the source, B known with confidence, C not verified against the document.
    note : str
        What a reader of the verdict should know.
    site, room, unit : str
        Where it holds; empty for anywhere. A limit of the same `id` for a narrower place takes its place there.
    reason, author : str
        Why a site's own limit replaces a document's, and who decided it; both empty for a document's.
    """

    id: str
    quantity: str
    document: str
    edition: str
    confidence: Confidence
    procedure: str = ""
    basis: Basis = "absolute"
    warning_low: float | None = None
    warning_high: float | None = None
    fail_low: float | None = None
    fail_high: float | None = None
    note: str = ""
    site: str = ""
    room: str = ""
    unit: str = ""
    reason: str = ""
    author: str = ""

    @property
    def place(self) -> str:
        """Where it holds, in words; empty for anywhere."""
        named = (("site", self.site), ("room", self.room), ("unit", self.unit))
        return ", ".join(f"{kind} {name}" for kind, name in named if name)

    @property
    def warns_only(self) -> bool:
        """Whether it has no fail bound: a value outside it is a warning and opens no finding."""
        return self.fail_low is None and self.fail_high is None

    @property
    def narrowness(self) -> int:
        """How narrow its place is: a unit before a room, a room before a site, a site before anywhere."""
        return 4 * bool(self.unit) + 2 * bool(self.room) + bool(self.site)

    @property
    def source(self) -> str:
        """Document and edition, with a warning where nobody has verified the number."""
        text = f"{self.document}, {self.edition}" if self.edition else self.document
        return f"{text} (limit not verified against the document)" if self.confidence == "C" else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a measurement is worth under one limit.

    Parameters
    ----------
    measurement : Measurement
        What was judged.
    limit : Limit
        The limit it met.
    status : {"pass", "warning", "fail", "indeterminate"}
        ``indeterminate`` where a baseline is needed and there is none, or the value is not finite.
    compared : float or None
        The number that was compared: the value, or its relative deviation from the baseline.
    baseline : float or None
        The baseline used.
    """

    measurement: Measurement
    limit: Limit
    status: Status
    compared: float | None = None
    baseline: float | None = None


def judge(measurement: Measurement, limit: Limit, baseline: float | None = None) -> Verdict:
    """Compare a measurement with a limit.

    Parameters
    ----------
    measurement : Measurement
        The number.
    limit : Limit
        Bounds are inclusive: a value that equals a bound is within it.
    baseline : float, optional
        Needed by limits relative to a baseline, in the quantity's unit; not 0.

    Returns
    -------
    Verdict
        ``fail`` outside the fail bounds, else ``warning`` outside the warning bounds, else ``pass``.
    """
    compared: float | None = measurement.value
    if limit.basis == "relative_to_baseline":
        compared = None if not baseline else measurement.value / baseline - 1.0
    status: Status = "indeterminate"
    if compared is not None and compared == compared:
        status = _status(compared, limit)
    return Verdict(measurement=measurement, limit=limit, status=status, compared=compared, baseline=baseline)


def _status(compared: float, limit: Limit) -> Status:
    if _outside(compared, limit.fail_low, limit.fail_high):
        return "fail"
    if _outside(compared, limit.warning_low, limit.warning_high):
        return "warning"
    return "pass"


def _outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)
