"""What headers should hold, as data: shipped rows with a site's own over them."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final, Literal, get_args

from xrayiq.errors import SiteError

Level = Literal["required", "recommended", "ignored"]
_KEYS: Final = frozenset({"attribute", "rule", "level", "permitted_share", "allowed", "reason", "author"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedAttribute:
    """An attribute that headers should hold.

    Parameters
    ----------
    keyword : str
        DICOM keyword.
    column : str
        Where exposures have it.
    level : {"required", "recommended", "ignored"}
        Its lack is a finding, is told, or is not counted.
    modalities : tuple of str
        Of which; all without.
    paired : bool
        Only for body parts that there are two of.
    allowed : tuple of str
        Texts that count; any without.
    permitted_share : float
        Share of exposures that may lack it.
    why, source : str
        What it is needed for, and where that stands.
    """

    keyword: str
    column: str
    level: Level
    permitted_share: float
    modalities: tuple[str, ...] = ()
    paired: bool = False
    allowed: tuple[str, ...] = ()
    why: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedRule:
    """A check of single headers that an audit counts.

    Parameters
    ----------
    name : str
        Of the check.
    title, group : str
        In words, and what it is about.
    level : {"required", "recommended", "ignored"}
        Whether it is a finding.
    permitted_share : float
        Share of exposures that may have the problem; 0 where one is a finding.
    """

    name: str
    title: str
    group: str
    level: Level = "required"
    permitted_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TagPolicy:
    """All rows.

    Parameters
    ----------
    attributes, rules : tuple
        In the order of the file.
    least_exposures : int
        Of a unit before its shares are judged.
    clock_s : float
        Shift of a clock that is told.
    source : str
        Where the permitted shares are from.
    """

    attributes: tuple[TaggedAttribute, ...]
    rules: tuple[TaggedRule, ...]
    least_exposures: int
    clock_s: float
    source: str


@functools.cache
def shipped_tag_policy() -> TagPolicy:
    """Rows of `data/tag_policy.toml`."""
    table = tomllib.loads(resources.files("xrayiq.data").joinpath("tag_policy.toml").read_text("utf-8"))
    judging = table["judging"]
    return TagPolicy(
        attributes=tuple(
            TaggedAttribute(
                keyword=keyword,
                column=row["column"],
                level=row["level"],
                permitted_share=row.get("permitted_share", judging["permitted_share"]),
                modalities=tuple(row.get("modalities", ())),
                paired=row.get("only") == "paired",
                allowed=tuple(row.get("allowed", ())),
                why=row["why"],
                source=_source(row),
            )
            for keyword, row in table["attribute"].items()
        ),
        rules=tuple(
            TaggedRule(
                name=name,
                title=row["title"],
                group=row["group"],
                level=row.get("level", "required"),
                permitted_share=0.0 if row.get("always") else row["permitted_share"],
            )
            for name, row in table["rule"].items()
        ),
        least_exposures=judging["least_exposures"],
        clock_s=60.0 * judging["clock_minutes"],
        source=_source(judging),
    )


def site_tag_policy(rows: object, source: str) -> TagPolicy:
    """Shipped rows with a site's ``[[tag_policy]]`` over them.

    Parameters
    ----------
    rows : list of dict
        Each names an ``attribute`` (DICOM keyword) or a ``rule``, the ``reason`` and ``author``, and what changes:
        ``level``, ``permitted_share`` (a fraction) and, of attributes, ``allowed`` (texts).
    source : str
        For messages.

    Raises
    ------
    SiteError
        A row is no table, names nothing that the shipped rows have, or holds something unknown or of the wrong kind.
    """
    policy = shipped_tag_policy()
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise SiteError("tag_policy that is no list of tables", needed="[[tag_policy]]", source=source)
    attributes = {one.keyword: one for one in policy.attributes}
    rules = {one.name: one for one in policy.rules}
    for row in rows:
        change = _change(row, source)
        if "attribute" in row:
            attributes[row["attribute"]] = dataclasses.replace(_known(attributes, row["attribute"], source), **change)
        else:
            rules[row["rule"]] = dataclasses.replace(_known(rules, row["rule"], source), **change)
    return dataclasses.replace(policy, attributes=tuple(attributes.values()), rules=tuple(rules.values()))


def _known(rows: Mapping[str, Any], name: object, source: str) -> Any:
    if not isinstance(name, str) or name not in rows:
        raise SiteError(f"tag_policy of {name!r}", needed="one of " + ", ".join(rows), source=source)
    return rows[name]


def _change(row: Mapping[str, Any], source: str) -> dict[str, Any]:
    if set(row) - _KEYS or ("attribute" in row) == ("rule" in row) or ("rule" in row and "allowed" in row):
        raise SiteError(
            f"tag_policy row with {sorted(row)}",
            needed="attribute or rule, reason, author, and any of level, permitted_share, allowed (of attributes)",
            source=source,
        )
    for name in ("reason", "author"):
        if not isinstance(row.get(name), str) or not row[name]:
            raise SiteError(f"tag_policy row without {name}", needed="reason and author", source=source)
    share, allowed = row.get("permitted_share", 0.0), row.get("allowed", [])
    if row.get("level", "required") not in get_args(Level):
        raise SiteError(f"level of {row['level']!r}", needed="one of " + ", ".join(get_args(Level)), source=source)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0.0 <= share < 1.0:
        raise SiteError(f"permitted_share of {share!r}", needed="a fraction from 0 to below 1", source=source)
    if not isinstance(allowed, list) or not all(isinstance(text, str) for text in allowed):
        raise SiteError(f"allowed of {allowed!r}", needed="a list of texts", source=source)
    told = {name: row[name] for name in ("level", "permitted_share") if name in row}
    return told | ({"allowed": tuple(allowed)} if "allowed" in row else {})


def _source(row: Mapping[str, Any]) -> str:
    told = f"{row['document']} ({row['edition']})" if row["edition"] else str(row["document"])
    return told + ("; not verified against the document" if row["confidence"] == "C" else "")
