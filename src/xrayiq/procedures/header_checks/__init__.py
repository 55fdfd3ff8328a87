"""Whether a header is all right: what is missing in it and what contradicts itself, physics or its SOP class."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from itertools import chain
from typing import Final

from xrayiq.audit import ExaminationNames, shipped_examinations
from xrayiq.model import HeaderProblem, ObjectHeader
from xrayiq.procedures.header_checks.examination import check_examination
from xrayiq.procedures.header_checks.exposure import check_indices
from xrayiq.procedures.header_checks.geometry import check_geometry
from xrayiq.procedures.header_checks.identity import check_identity
from xrayiq.procedures.header_checks.pixels import check_pixels
from xrayiq.procedures.header_checks.technique import check_technique
from xrayiq.procedures.header_rules import Kind

_IMAGES: Final = frozenset({"flat_field", "edge", "collimated_field", "test_object", "clinical"})


def check_header(
    header: ObjectHeader,
    *,
    kind: Kind = "clinical",
    today: datetime.date | None = None,
    names: ExaminationNames | None = None,
) -> tuple[HeaderProblem, ...]:
    """Missing and contradictory attributes of one header.

    Parameters
    ----------
    header : ObjectHeader
        As `read_header` gives it.
    kind : str
        Kind of the object: anatomy is asked for on clinical images, technique and pixels on X-ray images only.
    today : date, optional
        An exposure after it lies in the future; without it this is not judged.
    names : ExaminationNames, optional
        What protocols call body parts and views; the shipped rows without.

    Returns
    -------
    tuple of HeaderProblem
        Problems first, then notes; empty for a header that is all right. Missing and unreadable values never raise.

    Notes
    -----
    Ranges of technique come from ``technique.toml`` (not verified against the documents). EI, EIT and DI are compared
    as in IEC 62494-1: DI = 10 log10(EI / EIT).
    """
    found: Iterable[HeaderProblem] = check_identity(header, today=today, is_image=kind in _IMAGES)
    if kind in _IMAGES:
        found = chain(
            found,
            check_indices(header, clinical=kind == "clinical"),
            check_technique(header),
            check_geometry(header),
            check_pixels(header),
            check_examination(header, clinical=kind == "clinical", names=names or shipped_examinations()),
        )
    return tuple(sorted(found, key=lambda problem: problem.severity != "problem"))


__all__ = ["check_header"]
