"""HTJ2K frames decoded whole or not at all."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any, Final

import imagecodecs
from numpy.typing import NDArray

#: hooks of the interpreter stand for all threads
_LOCK: Final = threading.Lock()


def htj2k_decode(frame: bytes) -> NDArray[Any]:
    """Values of an HTJ2K codestream.

    imagecodecs cannot raise what OpenJPH finds wrong in the middle of a codestream: Python is told of an error that
    nobody can catch, prints it, and the rows that were not reached come back as whatever was in memory. So the error is
    taken from where Python would print it.

    Raises
    ------
    RuntimeError
        The codestream is damaged.
    """
    own = threading.get_ident()
    lost: list[object] = []
    with _LOCK:
        show, print_error = sys.unraisablehook, sys.excepthook

        def take(unraisable: sys.UnraisableHookArgs) -> None:
            if threading.get_ident() == own:
                lost.append(unraisable.exc_type)
            else:
                show(unraisable)

        def drop(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            if threading.get_ident() != own:
                print_error(kind, error, trace)

        sys.unraisablehook, sys.excepthook = take, drop
        try:
            values: NDArray[Any] = imagecodecs.htj2k_decode(frame)
        finally:
            sys.unraisablehook, sys.excepthook = show, print_error
    if lost:
        raise RuntimeError("the codestream is damaged")
    return values
