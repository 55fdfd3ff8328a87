"""Rules that tell what kind of object it is from attributes of its header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

from xrayiq.errors import SiteError
from xrayiq.model import Acquisition

Kind = Literal[
    "flat_field",
    "edge",
    "collimated_field",
    "test_object",
    "clinical",
    "dose_report",
    "performed_step",
    "reject_note",
    "meter",
    "other",
]

_RULE_KEYS: Final = frozenset({"attribute", "pattern", "kind"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRule:
    """One rule that tells an image's kind from a header attribute.

    Parameters
    ----------
    attribute : str
        Text field of the acquisition, for example ``"protocol_name"``.
    pattern : str
        Regular expression, searched without regard to case.
    kind : str
        Kind of the image where it matches.
    """

    attribute: str
    pattern: str
    kind: Kind

    def matches(self, acquisition: Acquisition) -> bool:
        """Whether the attribute is there and matches."""
        text = getattr(acquisition, self.attribute)
        if isinstance(text, tuple):
            text = "\\".join(text)
        return isinstance(text, str) and re.search(self.pattern, text, re.IGNORECASE) is not None


def header_rule(row: Mapping[str, Any], source: str) -> HeaderRule:
    """Rule of a row of settings.

    Raises
    ------
    SiteError
        The row is none, with its source.
    """
    if set(row) != _RULE_KEYS:
        raise SiteError(f"header rule with {sorted(row)}", needed="attribute, pattern and kind", source=source)
    if row["attribute"] not in {field.name for field in fields(Acquisition)}:
        raise SiteError(f"unknown attribute {row['attribute']!r}", needed="a field of Acquisition", source=source)
    if row["kind"] not in get_args(Kind):
        raise SiteError(f"unknown kind {row['kind']!r}", needed="one of " + ", ".join(get_args(Kind)), source=source)
    try:
        re.compile(row["pattern"])
    except (re.error, TypeError) as error:
        raise SiteError(f"pattern {row['pattern']!r}: {error}", needed="a regular expression", source=source) from error
    return HeaderRule(**row)
