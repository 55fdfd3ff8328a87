"""Reasons of rejects in two levels, and what codes of DICOM count as."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

#: category of what nobody says the reason of
OTHER: Final = "other"
_CODE_SCHEMES: Final = ("DCM", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectReason:
    """A reason in two levels.

    Parameters
    ----------
    category : str
        First level, for example ``"positioning"``.
    reason : str
        Second level, for example ``"rotation"``; empty where not told.
    """

    category: str = OTHER
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectTitle:
    """What a key object of a title does to what it refers to.

    Parameters
    ----------
    meaning : str
        Of its code.
    counts : bool
        Whether the exposure is a reject.
    reason : RejectReason
        Where the note tells none of its own.
    """

    meaning: str
    counts: bool
    reason: RejectReason


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectScheme:
    """The scheme that rejects are counted under.

    Parameters
    ----------
    titles : mapping of str to str
        Name of each category, in its order.
    reasons : mapping of str to mapping of str to str
        Names of the second level by category.
    uncounted : frozenset of str
        Categories that are no exposures of patients.
    by_code : mapping of str to RejectReason
        Of codes of CID 7011.
    notes : mapping of str to RejectTitle
        By the code of a key object's title.
    source : str
        Document, edition and confidence.
    """

    titles: Mapping[str, str]
    reasons: Mapping[str, Mapping[str, str]]
    uncounted: frozenset[str]
    by_code: Mapping[str, RejectReason]
    notes: Mapping[str, RejectTitle]
    source: str

    def of_code(self, value: str | None, scheme: str = "DCM") -> RejectReason | None:
        """Reason of a code; None where the scheme knows no such code."""
        return self.by_code.get(value or "") if scheme in _CODE_SCHEMES else None

    def knows(self, category: str, reason: str = "") -> bool:
        """Whether there is such a category, with such a reason."""
        return category in self.titles and (not reason or reason in self.reasons[category])

    def name_of(self, category: str, reason: str = "") -> str:
        """Both levels as a table shows them."""
        title = self.titles.get(category, category)
        return f"{title}: {self.reasons[category].get(reason, reason)}" if reason else title


@functools.cache
def shipped_reject_reasons() -> RejectScheme:
    """Scheme of `data/reject_reasons.toml`."""
    table = tomllib.loads(resources.files("xrayiq.data").joinpath("reject_reasons.toml").read_text("utf-8"))
    rows: list[Mapping[str, Any]] = table["category"]
    codes = {
        code: RejectReason(category=row["term"], reason=reason) for row in rows for code, reason in row["codes"].items()
    }
    notes = {
        row["code"]: RejectTitle(
            meaning=row["meaning"],
            counts=row["counts"],
            reason=RejectReason(category=row.get("category", OTHER), reason=row.get("reason", "")),
        )
        for row in table["title"]
    }
    return RejectScheme(
        titles=MappingProxyType({row["term"]: row["title"] for row in rows}),
        reasons=MappingProxyType({row["term"]: MappingProxyType(row["reasons"]) for row in rows}),
        uncounted=frozenset(row["term"] for row in rows if not row.get("counts", True)),
        by_code=MappingProxyType(codes),
        notes=MappingProxyType(notes),
        source=f"{table['document']} ({table['edition']}), confidence {table['confidence']}",
    )
