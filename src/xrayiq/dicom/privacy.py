"""Keyed hashes that stand for a person or a path."""

from __future__ import annotations

import hmac
import os
import re
from typing import Final

_SEPARATOR: Final = b"\x1f"


def person_key(key: bytes | None, role: str, *identity: str | None) -> str | None:
    """HMAC-SHA-256 of an identity as hexadecimal text, None without key or without identity.

    Parameters
    ----------
    key : bytes or None
        The secret key.
    role : str
        ``"patient"`` or ``"operator"``: the same text in two roles gives two hashes.
    *identity : str or None
        Parts of the identity, the first one decisive; case and surrounding blanks do not count.
    """
    if key is None or not identity or not (identity[0] or "").strip(" ^"):
        return None
    parts = [role, *((part or "").strip(" ^").casefold() for part in identity)]
    return hmac.digest(key, _SEPARATOR.join(part.encode() for part in parts), "sha256").hex()


def path_key(key: bytes, relative_path: str) -> str:
    """HMAC-SHA-256 of a path, whose folders may be named after patients, as hexadecimal text.

    Parameters
    ----------
    key : bytes
        The secret key.
    relative_path : str
        Path of a `SourceFile`; taken as it is spelled.
    """
    return hmac.digest(key, _SEPARATOR.join((b"path", os.fsencode(relative_path))), "sha256").hex()


def names_test_patient(pattern: str | None, *texts: str | None) -> bool:
    """Whether a name or number is that of a test patient; nothing of it is kept.

    Parameters
    ----------
    pattern : str or None
        Regular expression, searched without regard to case; without one nobody is.
    *texts : str or None
        Name and number of the patient; the carets and equal signs of a name count as blanks.
    """
    if not pattern:
        return False
    told = (re.sub(r"[\^=_]+", " ", text) for text in texts if text)
    return any(re.search(pattern, text, re.IGNORECASE) for text in told)
