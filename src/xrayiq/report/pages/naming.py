"""Names of files for pages: safe on every system, whatever a header says."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

_LONGEST: Final = 48
_DIGITS: Final = 8


def page_name(kind: str, *parts: str) -> str:
    """File name of a page.

    Parameters
    ----------
    kind : str
        What the page is of, as the name begins.
    parts : str
        Names that tell it from others, as headers give them.

    Returns
    -------
    str
        Small letters, digits and hyphens, with a digest of the whole names, so that two names never share a page.
    """
    plain = unicodedata.normalize("NFKD", " ".join(parts)).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return "-".join(part for part in (kind, slug, digest) if part) + ".html"
