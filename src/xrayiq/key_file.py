"""The secret key of an installation, in a file of its own that only its owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

import platformdirs

from xrayiq.errors import InputError

VARIABLE: Final = "XRAYIQ_KEY_FILE"

_KEY_BYTES: Final = 32


def load_key(path: str | Path | None = None) -> bytes:
    """Secret key that hashes of persons and paths, and the seals of the records, are made with; created on first use.

    Parameters
    ----------
    path : path, optional
        Key file; without it that of the environment's ``XRAYIQ_KEY_FILE``, else one in the user's data folder.

    Returns
    -------
    bytes
        32 bytes. Who has them can link the records to persons and forge seals; without them hashes of other runs
        do not match, and records cannot be checked or added to.

    Raises
    ------
    InputError
        The file holds no key, others may read it, or it cannot be made.
    """
    chosen = (
        path or os.environ.get(VARIABLE) or Path(platformdirs.user_data_dir("xrayiq", appauthor=False)) / "identity.key"
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
            remedy=f"set {VARIABLE} to a file of yours",
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
