"""Part of the page of a month's figures that comes from an audit of its own."""

from __future__ import annotations

from dataclasses import dataclass

from xrayiq.report.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiSection:
    """Further part of the page, from an audit of its own: repeats, dose.

    Parameters
    ----------
    title, explanation : str
        Plain text.
    numbers : Table
        Its figures.
    """

    title: str
    explanation: str
    numbers: Table
