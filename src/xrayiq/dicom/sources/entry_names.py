"""Names of entries in zip and tar files: hostile until looked at."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

#: greatest length of a name, bytes; a database's index holds it
_NAME_MAX: Final = 1024
_DRIVE: Final = re.compile(r"[A-Za-z]:")
#: names held in a set before they are packed
_RECENT_MAX: Final = 2**14
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_NUMBERED: Final = re.compile(r" \[entry \d+\]\Z")


def plain_name(name: str) -> str:
    """Name without the empty and ``.`` parts that say nothing."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def name_problem(name: str) -> str:
    """Why a name cannot stand below the root of its archive; empty where it can."""
    if name.startswith("/") or _DRIVE.match(name):
        return "its name is an absolute path"
    if "\\" in name:
        return "its name holds a backslash"
    if ".." in name.split("/"):
        return "its name leads out of the archive"
    if _CONTROL.search(name):
        return "its name holds control characters"
    length = len(name.encode(errors="surrogateescape"))
    if length > _NAME_MAX:
        return f"its name has {length} bytes, more than {_NAME_MAX}"
    return "" if plain_name(name) else "it has no name"


def is_numbered(name: str) -> bool:
    """Whether a name ends as `numbered_name` ends names."""
    return _NUMBERED.search(name) is not None


def numbered_name(name: str, number: int) -> str:
    """Harmless path that no other entry of the archive has.

    Parameters
    ----------
    name : str
        Name of the entry, whatever it holds.
    number : int
        Place of the entry in the archive, from 1.
    """
    parts = _CONTROL.sub("?", name.replace("\\", "/"))[: _NAME_MAX // 4].split("/")
    kept = ["(..)" if part == ".." else part for part in parts if part not in ("", ".")]
    return "/".join(kept) + f" [entry {number}]"


class SeenNames:
    """Names that have come, eight bytes of memory for each."""

    def __init__(self) -> None:
        self._earlier = np.empty(0, np.int64)
        self._recent: set[int] = set()

    def add(self, name: str) -> bool:
        """Take one more name, and tell whether it came before."""
        value = hash(name)
        place = int(np.searchsorted(self._earlier, value))
        if value in self._recent or (place < self._earlier.size and self._earlier[place] == value):
            return True
        self._recent.add(value)
        if len(self._recent) > _RECENT_MAX:
            self._earlier = np.sort(np.concatenate((self._earlier, np.fromiter(self._recent, np.int64))))
            self._recent.clear()
        return False
