"""Compiled kernels on disk, one file for each signature, so that several processes can compile at the same time.

Numba numbers the files of a kernel in an index that it reads, changes and writes back. Two processes that compile two
signatures at once take one number for both: the code of one signature then stands under the name of the other, and
who loads it gets a `TypeError` or wrong numbers. A file named after its signature needs no index.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

#: what a file raises that is not there, was cut off or was written by other releases
_UNUSABLE: Final = (
    OSError,
    EOFError,
    AttributeError,
    ImportError,
    LookupError,
    TypeError,
    ValueError,
    pickle.PickleError,
)


class CompiledFiles:
    """What stands in for Numba's index and numbered files (its ``IndexDataCacheFile``).

    Parameters
    ----------
    folder : Path
        Where the files are; only its owner writes there.
    name : str
        Name of the kernel, unlike those of the other kernels in the folder.
    stamp : object
        What changes with the source file of the kernel.
    pack : callable
        Numba's way of turning compiled code into bytes.
    """

    def __init__(self, folder: Path, name: str, stamp: object, pack: Callable[[object], bytes]) -> None:
        self._folder = folder
        self._name = name
        self._stamp = stamp
        self._pack = pack

    def path(self, key: object) -> Path:
        """File of a key: the signature, the processor and a digest of the byte code."""
        return self._folder / f"{self._name}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc"

    def load(self, key: object) -> Any:
        """Code that was saved under a key; None where there is none of this source."""
        try:
            stamp, saved_key, code = pickle.loads(self.path(key).read_bytes())  # noqa: S301 - own files, as Numba's
        except _UNUSABLE:
            return None
        return code if (stamp, saved_key) == (self._stamp, key) else None

    def save(self, key: object, code: object) -> None:
        """Keep code, whole or not at all, as others may be reading; it is not kept where the disk is full."""
        content = self._pack((self._stamp, key, code))
        with (
            contextlib.suppress(OSError),
            tempfile.NamedTemporaryFile(dir=self._folder, suffix=".tmp", delete=False) as stream,
        ):
            written = Path(stream.name)
            try:
                stream.write(content)
                stream.close()
                written.replace(self.path(key))
            finally:
                written.unlink(missing_ok=True)

    def flush(self) -> None:
        """Drop the code of all signatures."""
        for path in self._folder.glob(f"{self._name}.*.nbc"):
            path.unlink(missing_ok=True)
