"""One thread for each worker: sums of linear algebra are rounded differently with each number of threads."""

from __future__ import annotations

import functools
from collections.abc import Callable

import cv2
import scipy.linalg  # noqa: F401 - a library that is not loaded cannot be limited
from threadpoolctl import threadpool_limits


def use_one_thread() -> Callable[[], None]:
    """Give the numerical libraries of this process one thread.

    Returns
    -------
    callable
        Puts back the numbers of threads that they had.
    """
    before, limits = cv2.getNumThreads(), threadpool_limits(1)
    cv2.setNumThreads(1)

    def put_back() -> None:
        limits.restore_original_limits()
        cv2.setNumThreads(before)

    return put_back


@functools.cache
def stay_with_one_thread() -> None:
    """Give the numerical libraries of this process one thread for good; what comes after the first call is free."""
    use_one_thread()
