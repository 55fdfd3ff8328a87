"""Work on one image in several threads: kernels release the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2

Part = TypeVar("Part")
Done = TypeVar("Done")


def in_threads(work: Callable[[Part], Done], parts: Sequence[Part]) -> list[Done]:
    """Results of the parts in their order, worked on in as many threads as OpenCV is given in this process.

    Batch workers give it one. Parts must not depend on that number, so that values do not.

    Parameters
    ----------
    work : callable
        What is done with each part, mostly in kernels.
    parts : sequence
        The parts.

    Returns
    -------
    list
        One result per part; what a part raises is raised again.
    """
    threads = min(cv2.getNumThreads(), len(parts))
    if threads < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, parts))
