"""Errors of a measured quantity against exact truth over a grid of cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Statistic = Literal["worst", "percentile_95", "bias", "shortfall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyFigure:
    """What is compared with its truth, and the figure that it must reach.

    Parameters
    ----------
    key : str
        Short name, unique.
    topic : str
        Metric that it belongs to.
    label : str
        What is compared.
    unit : str
        Unit of the error; ``"fraction"`` for errors relative to the truth or shares, printed in percent.
    conditions : str
        What the grid varies.
    must_reach : float, optional
        Greatest error allowed; None where none was asked for.
    statistic : {"worst", "percentile_95", "bias", "shortfall"}
        What is compared with it: the greatest error of all, the 95th percentile over the cases of their greatest
        errors, the size of the mean error, or how far that lies below zero (for the shares that intervals cover).
    """

    key: str
    topic: str
    label: str
    unit: str
    conditions: str
    must_reach: float | None = None
    statistic: Statistic = "worst"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AccuracyRow:
    """Bias, scatter and worst case of one figure over all cases.

    Parameters
    ----------
    figure : AccuracyFigure
        What was compared.
    value_count : int
        Errors in all; a curve counts each of its values.
    bias : float
        Mean of all errors (measured less true).
    scatter : float
        Standard deviation of all errors; 0 for a single one.
    case_errors : 1-D array
        Error of the greatest size in each case, with its sign.
    """

    figure: AccuracyFigure
    value_count: int
    bias: float
    scatter: float
    case_errors: NDArray[np.float64]

    @classmethod
    def from_errors(cls, figure: AccuracyFigure, errors: Sequence[NDArray[np.float64]]) -> AccuracyRow:
        """Row of the errors of each case, one or more arrays of one or more values."""
        values = np.concatenate(errors)
        largest = np.array([case[np.argmax(np.abs(case))] for case in errors])
        largest.flags.writeable = False
        return cls(
            figure=figure,
            value_count=values.size,
            bias=float(values.mean()),
            scatter=float(values.std(ddof=1)) if values.size > 1 else 0.0,
            case_errors=largest,
        )

    @property
    def case_count(self) -> int:
        """Cases of the grid."""
        return self.case_errors.size

    @property
    def worst(self) -> float:
        """Greatest error of all, without its sign."""
        return float(np.abs(self.case_errors).max())

    @property
    def judged(self) -> float:
        """The statistic that is compared with what must be reached."""
        if self.figure.statistic == "percentile_95":
            return float(np.percentile(np.abs(self.case_errors), 95))
        if self.figure.statistic == "bias":
            return abs(self.bias)
        return max(0.0, -self.bias) if self.figure.statistic == "shortfall" else self.worst

    @property
    def met(self) -> bool | None:
        """Whether the figure is reached, which NaN never does; None where none was asked for."""
        return None if self.figure.must_reach is None else self.judged <= self.figure.must_reach

    def row(self) -> dict[str, str | int | float | bool | None]:
        """Cells for printing; errors in the figure's unit."""
        figure = self.figure
        return {
            "metric": figure.topic,
            "what": figure.label,
            "cases": self.case_count,
            "bias": self.bias,
            "scatter": self.scatter,
            "worst": self.worst,
            "unit": figure.unit,
            "judged": None if figure.must_reach is None else figure.statistic,
            "judged_value": None if figure.must_reach is None else self.judged,
            "must_reach": figure.must_reach,
            "met": self.met,
        }
