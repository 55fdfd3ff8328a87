"""Body parts and views under one name each, whatever headers, dose reports and protocols call them."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from xrayiq.errors import SiteError

_SITE_KEYS: Final = frozenset({"body_part", "view_position", "protocol_name", "counts_as", "view"})
_ATTRIBUTES: Final = ("body_part", "view_position", "protocol_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was examined, under the terms that statistics group by; empty where nothing tells it.

    Parameters
    ----------
    body_part : str
        Defined term of Body Part Examined, for example ``"CHEST"``.
    view : str
        ``"AP"``, ``"PA"``, ``"LAT"``, ``"OBL"``, ``"AXIAL"``, ``"CC"`` or ``"MLO"``.
    """

    body_part: str = ""
    view: str = ""

    @property
    def name(self) -> str:
        """Body part and view, as a table shows them."""
        return " ".join(part for part in (self.body_part, self.view) if part) or "not told"

    @property
    def is_whole(self) -> bool:
        """Whether both are known."""
        return bool(self.body_part and self.view)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One body part or view with all that it is called.

    Parameters
    ----------
    term : str
        The name it is counted under.
    group : str
        What it is pooled with where a table has no row of its own.
    codes : frozenset of str
        Code values of SNOMED CT and SNOMED-RT.
    names : frozenset of str
        Exact texts of the attribute, upper case.
    words : re.Pattern or None
        What protocol names call it.
    """

    term: str
    group: str
    codes: frozenset[str]
    names: frozenset[str]
    words: re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRule:
    """A site's own row: what its headers say, and what that counts as.

    Parameters
    ----------
    patterns : tuple of (str, re.Pattern)
        Attribute and expression; all must be found.
    body_part, view : str
        What it counts as; empty leaves it to the shipped rows.
    """

    patterns: tuple[tuple[str, re.Pattern[str]], ...]
    body_part: str
    view: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminationNames:
    """All rows that tell body part and view.

    Parameters
    ----------
    body_parts, views : tuple of Term
        Shipped rows in the order they are tried.
    rules : tuple of SiteRule
        A site's own, tried first.
    """

    body_parts: tuple[Term, ...]
    views: tuple[Term, ...]
    rules: tuple[SiteRule, ...] = ()

    def examination(
        self, *, body_part: str | None = None, view_position: str | None = None, protocol_name: str | None = None
    ) -> Examination:
        """What a header's texts, or a dose report's code values, say was examined.

        Parameters
        ----------
        body_part, view_position : str, optional
            Text of the attribute, or a code value.
        protocol_name : str, optional
            Asked where the attribute is silent, or says what no row knows.

        Returns
        -------
        Examination
            A site's rule goes first, then the attribute, then the words of the protocol's name.
        """
        texts = {
            "body_part": body_part or "",
            "view_position": view_position or "",
            "protocol_name": protocol_name or "",
        }
        own_part = own_view = ""
        for rule in self.rules:
            if all(pattern.search(texts[name]) for name, pattern in rule.patterns):
                own_part, own_view = own_part or rule.body_part, own_view or rule.view
        return Examination(
            body_part=own_part or _told(self.body_parts, texts["body_part"], texts["protocol_name"]),
            view=own_view or _told(self.views, texts["view_position"], texts["protocol_name"]),
        )

    def group_of(self, body_part: str) -> str:
        """What a body part is pooled with: itself where its row names no group."""
        return next((row.group for row in self.body_parts if row.term == body_part and row.group), body_part)


@functools.cache
def shipped_examinations() -> ExaminationNames:
    """Rows of `data/examinations.toml`."""
    tables = tomllib.loads(resources.files("xrayiq.data").joinpath("examinations.toml").read_text("utf-8"))
    return ExaminationNames(
        body_parts=tuple(_term(row) for row in tables["body_part"]), views=tuple(_term(row) for row in tables["view"])
    )


def site_examinations(rows: object, source: str) -> ExaminationNames:
    """Shipped rows with a site's ``[[examinations]]`` before them.

    Parameters
    ----------
    rows : list of dict
        Each names one or more of ``body_part``, ``view_position`` and ``protocol_name`` as regular expressions, and
        what it ``counts_as`` (body part), its ``view``, or both.
    source : str
        For messages.

    Raises
    ------
    SiteError
        A row is no table, has an unknown key, a term that no shipped row has, or an expression that is none.
    """
    shipped = shipped_examinations()
    if not isinstance(rows, list):
        raise SiteError("examinations that are no list of tables", needed="[[examinations]]", source=source)
    rules = tuple(_rule(number, row, shipped, source) for number, row in enumerate(rows, start=1))
    return ExaminationNames(body_parts=shipped.body_parts, views=shipped.views, rules=rules)


def _rule(number: int, row: object, shipped: ExaminationNames, source: str) -> SiteRule:
    where = f"{source}, [[examinations]] {number}"
    if not isinstance(row, Mapping) or set(row) - _SITE_KEYS or not all(isinstance(text, str) for text in row.values()):
        raise SiteError("a row that cannot be read", needed="texts: " + ", ".join(sorted(_SITE_KEYS)), source=where)
    told = {name: row[name] for name in _ATTRIBUTES if name in row}
    part, view = row.get("counts_as", ""), row.get("view", "")
    if not told or not (part or view):
        raise SiteError(
            "a row that names no attribute or nothing to count as",
            needed="one of body_part, view_position, protocol_name; and counts_as, view or both",
            source=where,
        )
    for term, known in ((part, shipped.body_parts), (view, shipped.views)):
        if term and term not in {one.term for one in known}:
            raise SiteError(f"term {term!r}", needed="one of " + ", ".join(one.term for one in known), source=where)
    try:
        patterns = tuple((name, re.compile(text, re.IGNORECASE)) for name, text in told.items())
    except re.error as error:
        raise SiteError(f"an expression that is none: {error}", needed="a regular expression", source=where) from None
    return SiteRule(patterns=patterns, body_part=part, view=view)


def _term(row: Mapping[str, Any]) -> Term:
    words: Sequence[str] = row.get("words", ())
    return Term(
        term=row["term"],
        group=row.get("group", ""),
        codes=frozenset(row["codes"]),
        names=frozenset((row["term"], *row.get("names", ()))),
        words=re.compile("|".join(f"(?:{word})" for word in words), re.IGNORECASE) if words else None,
    )


def _told(terms: Iterable[Term], text: str, protocol_name: str) -> str:
    """Term of an attribute's text or code; where no row has it, the first whose words the protocol's name holds."""
    plain = text.strip()
    upper = plain.upper()
    for row in terms:
        if plain in row.codes or upper in row.names:
            return row.term
    return next((row.term for row in terms if row.words and row.words.search(protocol_name.replace("_", " "))), "")
