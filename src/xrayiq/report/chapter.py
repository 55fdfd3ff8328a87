"""One chapter of the section on doses."""

from __future__ import annotations

from dataclasses import dataclass

from xrayiq.report.tables import Picture, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One thing to unfold.

    Parameters
    ----------
    title, told : str
        Its name, and in a few words what is in it.
    explanation, example : str
        What the numbers are, and lines for a file.
    pictures : tuple of Picture
        Figures.
    not_drawn : str
        What is left out of them.
    tables : tuple of (str, Table)
        Tables with their headings.
    documents : tuple of str
        What the tables' numbers of documents mean.
    """

    title: str
    told: str = ""
    explanation: str = ""
    example: str = ""
    pictures: tuple[Picture, ...] = ()
    not_drawn: str = ""
    tables: tuple[tuple[str, Table], ...] = ()
    documents: tuple[str, ...] = ()
