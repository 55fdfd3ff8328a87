"""Where a long job stands, on stderr: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from xrayiq.cli.printing import say

if TYPE_CHECKING:
    from rich.console import Console

    from xrayiq.batch import Progress

#: time between lines where there is no terminal
_LINE_S: Final = 10.0


@contextmanager
def progress_bar(counted: str = "files") -> Iterator[Callable[[Progress], None]]:
    """Tell on stderr how far a job is, how fast it goes, and what came out, while the block runs.

    Parameters
    ----------
    counted : str
        What the items are.

    Yields
    ------
    callable
        To be called with the state of the job after each item.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with bar_on(console, counted) as advance:
            yield advance
    else:
        yield lines_told(counted)


def lines_told(counted: str, clock: Callable[[], float] = time.monotonic) -> Callable[[Progress], None]:
    """Say a line on stderr every ten seconds, as far as there is something new to say.

    Parameters
    ----------
    counted : str
        What the items are.
    clock : callable
        Time, s.
    """
    from xrayiq.cli.pace import Pacer, words

    pacer, told_s = Pacer(), clock()

    def advance(step: Progress) -> None:
        nonlocal told_s
        now_s = clock()
        pace = pacer.pace(now_s, done=step.done, total=step.total)
        if now_s - told_s >= _LINE_S:
            told_s = now_s
            say(words(step, pace, counted))

    return advance


def rows_told(clock: Callable[[], float] = time.monotonic) -> Callable[[int, int], None]:
    """Say on stderr every ten seconds how many rows of a store are done.

    Parameters
    ----------
    clock : callable
        Time, s.
    """
    told_s = clock()

    def advance(done: int, total: int) -> None:
        nonlocal told_s
        if clock() - told_s >= _LINE_S:
            told_s = clock()
            say(f"{done} of {total} rows")

    return advance


@contextmanager
def bar_on(console: Console, counted: str) -> Iterator[Callable[[Progress], None]]:
    """Draw a bar with its words on a terminal while the block runs."""
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    from xrayiq.cli.pace import Pacer, words

    pacer = Pacer()
    with Bar(BarColumn(bar_width=20), TextColumn("{task.description}", markup=False), console=console) as bar:
        task = bar.add_task(counted, total=None)

        def advance(step: Progress) -> None:
            pace = pacer.pace(time.monotonic(), done=step.done, total=step.total)
            told = words(step, pace, counted).replace("; ", "\n")  # counts below, where they fit
            bar.update(task, completed=step.done, total=step.total, description=told)

        yield advance
