"""Keyed hashes that stand for a person or a path, and the key's own file."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Final

import platformdirs

from xrayiq.errors import InputError

_VARIABLE: Final = "XRAYIQ_KEY_FILE"
_KEY_BYTES: Final = 32
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


def load_key(path: str | Path | None = None) -> bytes:
    """Secret key that the hashes of persons and paths are made with; created on first use.

    Parameters
    ----------
    path : path, optional
        Key file; without it that of the environment's ``XRAYIQ_KEY_FILE``, else one in the user's data folder.

    Returns
    -------
    bytes
        32 bytes. Who has them can link the records to persons; without them hashes of other runs do not match.

    Raises
    ------
    InputError
        The file holds no key, others may read it, or it cannot be made.
    """
    chosen = (
        path
        or os.environ.get(_VARIABLE)
        or Path(platformdirs.user_data_dir("xrayiq", appauthor=False)) / "identity.key"
    )
    file = Path(chosen)
    try:
        if not file.exists():
            _create(file)
        text = file.read_text(encoding="ascii").strip()
        mode = file.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the key file cannot be used ({type(error).__name__})",
            needed="a readable key file, or a folder to create it in",
            remedy=f"set {_VARIABLE} to a file of yours",
            source=file.name,
        ) from None
    if os.name == "posix" and mode & 0o077:
        raise InputError(
            f"the key file has mode {mode & 0o777:03o}",
            needed="600: nobody else may read it",
            remedy="chmod 600",
            source=file.name,
        )
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise InputError(
            "the key file holds no key",
            needed=f"{2 * _KEY_BYTES} hexadecimal digits",
            remedy="restore it from a copy; a new key breaks the link to stored records",
            source=file.name,
        )
    return key


def _create(file: Path) -> None:
    """Write a new key so that no other process ever sees half of it; the first of several writers wins."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(_KEY_BYTES) + "\n")
        _publish(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, file: Path) -> None:
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    except OSError:
        if not file.exists():
            draft.replace(file)
