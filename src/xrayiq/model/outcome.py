"""What became of one subject under one procedure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal, cast

from xrayiq.model.limit import Verdict
from xrayiq.model.packing import Json, to_plain
from xrayiq.model.quantity import Measurement
from xrayiq.model.result import Result

OutcomeKind = Literal["measured", "not_measurable", "error"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """Result of trying one procedure on one subject. Everything seen has one; nothing is skipped silently.

    Parameters
    ----------
    subject : str
        Object, frame or acquisition set: its SOP Instance UID, or ``sha256:…`` of content without one.
    procedure : str
        Name of the procedure, for example ``"uniformity"`` or ``"read"``.
    kind : {"measured", "not_measurable", "error"}
        What happened.
    algorithm_version : int
        Version of the procedure's algorithm.
    parameter_digest : str
        Digest of its parameters and of the site settings that enter it.
    reason : str
        Short stable word, for example ``"no_pixel_spacing"``; empty when measured.
    message : str
        The sentence for a person: what was found, needed and to do.
    result : Result or None
        The whole result when measured.
    measurements : tuple of Measurement
        Its scalars.
    verdicts : tuple of Verdict
        What they are worth under the limits in force.
    """

    subject: str
    procedure: str
    kind: OutcomeKind
    algorithm_version: int = 1
    parameter_digest: str = ""
    reason: str = ""
    message: str = ""
    result: Result | None = None
    measurements: tuple[Measurement, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def to_dict(self) -> dict[str, Json]:
        """All fields as plain JSON-ready values; the result with its class name under ``"type"``."""
        plain = cast(dict[str, Json], to_plain(dataclasses.replace(self, result=None)))
        return plain | {"result": None if self.result is None else self.result.to_dict()}
