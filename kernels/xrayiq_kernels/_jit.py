"""The one decorator of all kernels: compiled, without the GIL, cached under a digest of every kernel source.

Numba's own cache key only covers the file that defines a function, so a changed helper in another file would leave
stale numbers behind. Here the cache folder is named after a digest of all kernel sources, the Numba version and its
flags: any change starts a new folder. Its files are `CompiledFiles`.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
import platformdirs
from numba.core.serialize import dumps

from xrayiq_kernels._compiled_files import CompiledFiles

Function = TypeVar("Function", bound=Callable[..., Any])

#: environment settings that change the machine code
_FLAGS: Final = ("NUMBA_BOUNDSCHECK", "NUMBA_DISABLE_JIT", "NUMBA_OPT", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")
#: Numba reads it when a function is decorated; it is set for that moment only, other users of Numba keep theirs
_CACHE_SETTING: Final = "CACHE_DIR"


def source_digest(folder: Path) -> str:
    """Digest of all kernel sources in a folder, the Numba version and its flags (16 hexadecimal digits)."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    for name in _FLAGS:
        digest.update(f"{name}={os.environ.get(name, '')}".encode())
    return digest.hexdigest()[:16]


def writable_cache_folder(digest: str) -> Path | None:
    """Folder for compiled kernels of this digest; None where nothing can be written.

    ``XRAYIQ_CACHE_DIR`` overrides the user's cache folder.
    """
    base = os.environ.get("XRAYIQ_CACHE_DIR") or platformdirs.user_cache_dir("xrayiq", appauthor=False)
    folder = Path(base) / "kernels" / digest
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


KERNEL_DIGEST: Final = source_digest(Path(__file__).parent)
CACHE_FOLDER: Final = writable_cache_folder(KERNEL_DIGEST)


def kernel(function: Function) -> Function:
    """Compile a kernel on first use.

    Parameters
    ----------
    function : callable
        Loops over C-ordered arrays; accumulates in float64 or int64; guards every division.

    Returns
    -------
    callable
        The compiled kernel: it releases the GIL and is cached on disk where a folder can be written.
    """
    if CACHE_FOLDER is None:
        return cast(Function, numba.njit(nogil=True)(function))
    config = numba.core.config
    before = getattr(config, _CACHE_SETTING)
    setattr(config, _CACHE_SETTING, str(CACHE_FOLDER))
    try:
        compiled = numba.njit(nogil=True, cache=True)(function)
    finally:
        setattr(config, _CACHE_SETTING, before)
    cache = getattr(compiled, "_cache", None)  # none where nothing is compiled (NUMBA_DISABLE_JIT)
    if cache is not None:
        name, stamp = cache._impl.filename_base, cache._impl.locator.get_source_stamp()
        cache._cache_file = CompiledFiles(Path(cache.cache_path), name, stamp, dumps)
    return cast(Function, compiled)
