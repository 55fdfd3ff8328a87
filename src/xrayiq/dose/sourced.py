"""Tables of numbers with their document, edition and confidence."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

from xrayiq.model.limit import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where numbers come from.

    Parameters
    ----------
    document, edition : str
        Where they stand.
    confidence : {"A", "B", "C"}
        A seen in sources that quote the document, B known with confidence, C not verified against the document.
    note : str
        What else is known about them.
    """

    document: str
    edition: str = ""
    confidence: Confidence = "C"
    note: str = ""

    @property
    def text(self) -> str:
        """Document and edition, with a warning where nobody has verified the numbers."""
        named = f"{self.document}, {self.edition}" if self.edition else self.document
        return f"{named} (numbers not verified against the document)" if self.confidence == "C" else named


def source_of(row: Mapping[str, Any]) -> Source:
    """Source that a table of a data file states."""
    named = {key: row[key] for key in ("document", "edition", "confidence", "note") if key in row}
    return Source(**named)


@functools.cache
def shipped_table(name: str) -> Mapping[str, Any]:
    """Content of ``data/NAME.toml``."""
    text = resources.files("xrayiq").joinpath(f"data/{name}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))
