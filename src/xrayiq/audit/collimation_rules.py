"""Rules of the collimation audit: tolerances, permitted shares, and the reference fields of examinations."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from xrayiq.audit.examinations import shipped_examinations
from xrayiq.audit.rule_parts import RuleParts, parts_of, source_of
from xrayiq.errors import SiteError

_PARTS: Final = ("judging", "agreement", "centring", "open", "cropping", "borders", "excess")
_SITE_KEYS: Final = frozenset({"body_part", "view", "area_mm2", "document"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceField:
    """Field that an examination of adults needs.

    Parameters
    ----------
    body_part, view : str
        What for.
    area_mm2 : float
        At the detector.
    source : str
        Document, as printed.
    """

    body_part: str
    view: str
    area_mm2: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollimationRules(RuleParts):
    """All rules of a collimation audit, as ``data/collimation_audit.toml`` has them.

    Its parts are ``"judging"``, ``"agreement"``, ``"centring"``, ``"open"``, ``"cropping"``, ``"borders"`` and
    ``"excess"``.

    Parameters
    ----------
    references : tuple of ReferenceField
        Reference fields; of several for one examination the first holds.
    """

    references: tuple[ReferenceField, ...]


@functools.cache
def shipped_collimation_rules() -> CollimationRules:
    """Rules of ``data/collimation_audit.toml``."""
    tables = tomllib.loads(resources.files("xrayiq.data").joinpath("collimation_audit.toml").read_text("utf-8"))
    shared = tables["references"]
    return CollimationRules(
        **parts_of(tables, _PARTS),
        references=tuple(
            ReferenceField(
                body_part=row["body_part"],
                view=row["view"],
                area_mm2=float(row["area_mm2"]),
                source=source_of({name: shared[name] for name in ("document", "edition", "confidence")} | row),
            )
            for row in shared["row"]
        ),
    )


def site_reference_fields(rows: object, source: str) -> tuple[ReferenceField, ...]:
    """Reference fields of a site's ``[[reference_fields]]``.

    Parameters
    ----------
    rows : list of dict
        Each with ``body_part`` and ``view`` under the terms of the shipped examinations, ``area_mm2`` at the detector
        and, if wanted, ``document``.
    source : str
        For messages.

    Raises
    ------
    SiteError
        Something is missing, unknown or of the wrong kind.
    """
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not all(isinstance(row, Mapping) for row in rows):
        raise SiteError("reference_fields that are no list of tables", needed="[[reference_fields]]", source=source)
    return tuple(_reference(row, source) for row in rows)


def _reference(row: Mapping[str, Any], source: str) -> ReferenceField:
    if unknown := set(row) - _SITE_KEYS:
        needed = "any of " + ", ".join(sorted(_SITE_KEYS))
        raise SiteError(f"reference field with {min(unknown)!r}", needed=needed, source=source)
    names = shipped_examinations()
    for name, known in (("body_part", names.body_parts), ("view", names.views)):
        terms = [one.term for one in known]
        if row.get(name) not in terms:
            raise SiteError(
                f"reference field with {name} {row.get(name)!r}", needed="one of " + ", ".join(terms), source=source
            )
    area = row.get("area_mm2")
    if isinstance(area, bool) or not isinstance(area, int | float) or not area > 0:
        raise SiteError(f"reference field with area_mm2 {area!r}", needed="a number over 0", source=source)
    document = str(row.get("document", "") or "the site's settings")
    return ReferenceField(body_part=row["body_part"], view=row["view"], area_mm2=float(area), source=document)
