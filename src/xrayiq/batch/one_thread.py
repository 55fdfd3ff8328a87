"""One thread for each worker: sums of linear algebra are rounded differently with each number of threads."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Final

import cv2
import scipy.linalg  # noqa: F401 - a library that is not loaded cannot be limited
from threadpoolctl import threadpool_limits

_lock: Final = threading.Lock()
#: what puts the numbers of threads back, one entry for all who want one thread at present
_put_back: Final[list[Callable[[], None]]] = []
_holders: Final[set[object]] = set()


def use_one_thread() -> Callable[[], None]:
    """Give the numerical libraries of this process one thread.

    The numbers of threads are the process's: of several runs in one process the last to end puts them back.

    Returns
    -------
    callable
        Ends the wish; a second call does nothing.
    """
    holder = object()
    with _lock:
        if not _holders:
            _put_back.append(_limit())
        _holders.add(holder)

    def end() -> None:
        with _lock:
            if holder in _holders:
                _holders.remove(holder)
                if not _holders:
                    _put_back.pop()()

    return end


@functools.cache
def stay_with_one_thread() -> None:
    """Give the numerical libraries of this process one thread for good; what comes after the first call is free."""
    use_one_thread()


def _limit() -> Callable[[], None]:
    before, limits = cv2.getNumThreads(), threadpool_limits(1)
    cv2.setNumThreads(1)

    def put_back() -> None:
        limits.restore_original_limits()
        cv2.setNumThreads(before)

    return put_back
