"""A proportion that an imperfect finder tells, corrected by what the finder did on a set of known truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from xrayiq.errors import InputError
from xrayiq.stats._arguments import between


@dataclass(frozen=True, slots=True, kw_only=True)
class FinderCounts:
    """What a finder did on a set of known truth.

    Parameters
    ----------
    positives, found : int
        Items that are what is sought, and how many of them it found.
    negatives, wrong : int
        Items that are not, and how many of them it named nevertheless.
    """

    positives: int
    found: int
    negatives: int
    wrong: int

    @property
    def recall(self) -> float:
        """Found over sought; NaN where nothing was sought."""
        return self.found / self.positives if self.positives else math.nan

    @property
    def precision(self) -> float:
        """Found over named; NaN where nothing was named."""
        named = self.found + self.wrong
        return self.found / named if named else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedProportion:
    """A proportion with an interval that carries the finder's uncertainty.

    Parameters
    ----------
    named, items : int
        Items that the finder named, among all.
    proportion : float
        Corrected proportion, 0 to 1.
    low, high : float
        Bounds of its interval.
    confidence : float
        Nominal coverage.
    recall, precision : float
        Of the finder on the set of known truth.
    """

    named: int
    items: int
    proportion: float
    low: float
    high: float
    confidence: float
    recall: float
    precision: float


def corrected_proportion(
    named: int, items: int, *, finder: FinderCounts, confidence: float = 0.95
) -> CorrectedProportion:
    """Proportion that lies behind what an imperfect finder names, with its interval.

    Parameters
    ----------
    named, items : int
        Items that the finder named, among all; at least one item.
    finder : FinderCounts
        What it did on a set of known truth that is like these items.
    confidence : float
        Nominal coverage.

    Returns
    -------
    CorrectedProportion
        Estimate of Rogan and Gladen (American Journal of Epidemiology 107, 1978), drawn in to 0 to 1, with the interval
        of Lang and Reiczigel (Preventive Veterinary Medicine 113, 2014): sampling of the items and of both parts of the
        set of known truth.

    Raises
    ------
    InputError
        A count is not among its items, a part of the set is empty, or the finder names no more of what is sought than
        of the rest.
    """
    for part, whole in ((named, items), (finder.found, finder.positives), (finder.wrong, finder.negatives)):
        if whole <= 0 or not 0 <= part <= whole:
            raise InputError(f"{part} among {whole}", needed="0 to n among n > 0")
    z = float(-ndtri(0.5 * (1.0 - between("confidence", confidence, 0.0, 1.0))))
    recall, specificity = finder.found / finder.positives, 1.0 - finder.wrong / finder.negatives
    if recall + specificity <= 1.0:
        raise InputError(
            f"a finder of recall {recall:.3g} that names {1.0 - specificity:.3g} of the rest",
            needed="one that names more of what is sought than of the rest",
        )
    share = named / items
    estimate = (share + specificity - 1.0) / (recall + specificity - 1.0)
    # counts moved towards the middle: one of each to the set of known truth, z² to the items, half of them named
    positives, negatives, size = finder.positives + 2.0, finder.negatives + 2.0, items + z * z
    told, kept = (finder.found + 1.0) / positives, (finder.negatives - finder.wrong + 1.0) / negatives
    seen = (named + 0.5 * z * z) / size
    gain = told + kept - 1.0
    middle = (seen + kept - 1.0) / gain
    of_recall, of_specificity = told * (1.0 - told) / positives, kept * (1.0 - kept) / negatives
    shift = 2.0 * z * z * (middle * of_recall - (1.0 - middle) * of_specificity)
    variance = seen * (1.0 - seen) / size + middle**2 * of_recall + (1.0 - middle) ** 2 * of_specificity
    half = z * math.sqrt(variance) / abs(gain)
    return CorrectedProportion(
        named=named,
        items=items,
        proportion=min(max(estimate, 0.0), 1.0),
        low=min(max(middle + shift - half, 0.0), 1.0),
        high=min(max(middle + shift + half, 0.0), 1.0),
        confidence=confidence,
        recall=recall,
        precision=finder.precision,
    )
