"""How much memory a worker may use: told from the machine, held by the system."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import cv2

_MIB: Final = 2**20
#: least memory that measuring an image may need beside what a worker needs at rest
LEAST_MIB: Final = 256
#: part of the free memory that workers share; the rest is for the process that writes, and for others
_SHARED_FRACTION: Final = 0.8
#: memory limits of a container, and what it uses: of both versions of control groups
_CONTAINER: Final = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def can_limit_memory() -> bool:
    """Whether this system holds a process to its limit; only Linux counts what a process asks for by itself."""
    return sys.platform == "linux"


def memory_for_each(workers: int) -> int | None:
    """Memory (MiB) for each of some workers: an equal share of four fifths of what is free now.

    Parameters
    ----------
    workers : int
        How many.

    Returns
    -------
    int or None
        At least 512; None where the system does not tell what is free.
    """
    free = _free_mib()
    return None if free is None else max(2 * LEAST_MIB, int(_SHARED_FRACTION * free / workers))


def limit_memory(mib: int) -> None:
    """Hold this process to what it uses now and so much more, as far as the system can.

    Counted is private memory that can be written (`RLIMIT_DATA`): arrays, stacks of threads, compiled code. Address
    space that is only reserved, and libraries, do not count, so that the limit means the same under LLVM, OpenCV and
    many threads. What goes beyond it fails with `MemoryError` in Python, or ends the process in code that cannot go on.
    """
    if not can_limit_memory():
        return
    import resource

    in_use = _status("VmData")
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = in_use * 1024 + mib * _MIB
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory did not suffice, in Python's words or in OpenCV's."""
    return isinstance(error, MemoryError) or (isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem)


def _status(name: str) -> int:
    """A number (KiB) of what the system tells about this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _free_mib() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    free = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
    if free is None:
        return None
    for most, used in _CONTAINER:
        try:
            free = min(free, int(Path(most).read_text()) - int(Path(used).read_text()))
        except (OSError, ValueError):  # no container, or one without a limit ("max")
            continue
    return max(free, 0) // _MIB
