"""Which runs of a store still live, told by their processes."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import subprocess
from pathlib import Path


def own_process() -> str:
    """Identity of this process: a digest of its machine, its number, and when it started."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def still_lives(process: str) -> bool:
    """Whether a process lives, as far as can be told.

    Parameters
    ----------
    process : str
        From `own_process`; empty for a run of a version that noted none.

    Returns
    -------
    bool
        True also for a process of another machine, and where the system does not tell when a process started.
    """
    machine, _, rest = process.partition(":")
    number, _, started = rest.partition(":")
    if not process:
        return False
    if machine != _machine() or not number.isdigit() or not started:
        return True
    return _started(int(number)) == started


@functools.cache
def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:12]


def _started(number: int) -> str:
    """When a process started, in words of the system; empty where there is no such process or no telling."""
    system = Path("/proc/sys/kernel/random/boot_id")
    if system.is_file():
        try:
            ticks = (Path("/proc") / str(number) / "stat").read_text().rpartition(")")[2].split()[19]
        except OSError:
            return ""
        return f"{system.read_text()[:8]}-{ticks}"
    if os.name != "posix":
        return ""
    told = subprocess.run(  # noqa: S603 - a number is all that is passed on
        ["/bin/ps", "-o", "lstart=", "-p", str(number)], capture_output=True, text=True, check=False
    )
    return "-".join(told.stdout.split()).replace(":", "")
