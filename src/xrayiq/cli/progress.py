"""A progress bar on stderr with rate and time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Step(Protocol):
    """Where a long job stands."""

    @property
    def done(self) -> int:
        """Items finished."""

    @property
    def total(self) -> int | None:
        """Items in all; None while unknown."""


@contextmanager
def progress_bar(counted: str = "files") -> Iterator[Callable[[Step], None]]:
    """Show a bar while the block runs.

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
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Task as RichTask
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: RichTask) -> Text:
            return Text(f"{task.speed:.1f} {counted}/s" if task.speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(counted, total=None)

        def advance(step: Step) -> None:
            bar.update(task, completed=step.done, total=step.total)

        yield advance
