"""Rules and weights of apparent repeats, out of data files."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from types import MappingProxyType
from typing import Any

from xrayiq.stats import FinderCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Weights of evidence in nats; see `data/apparent_repeats.toml`."""

    base: float
    same_protocol: float
    too_fast: float
    exposure_corrected: float
    target_changed: float
    field_moved: float
    field_unchanged: float
    field_elsewhere: float
    side_not_told: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedImages:
    """Protocols that give several images of one view: how many, whether beside each other, their names, and why."""

    images: int
    apart: bool
    words: re.Pattern[str]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRules:
    """How apparent repeats are found.

    Parameters
    ----------
    window_s : float
        Time within which a repeat follows.
    default_score : float
        Score from which an image counts.
    fast_s : float
        Less is no repeat that anyone decided on.
    target_step, off_target : float
        Change of the deviation index that tells, and its value that makes a retake likely.
    same_field, covers_more : float
        Change or shift of the field, as a fraction, that is none, and shift from which two images cover one part.
    weights : Evidence
        What each sign adds.
    expected : tuple of ExpectedImages
        Protocols of several images.
    sided : frozenset of str
        Body parts that there are two of.
    calibration : FinderCounts
        What the finder did on simulated archives of known truth, at the default score.
    source : str
        Document and confidence.
    """

    window_s: float
    default_score: float
    fast_s: float
    target_step: float
    off_target: float
    same_field: float
    covers_more: float
    weights: Evidence
    expected: tuple[ExpectedImages, ...]
    sided: frozenset[str]
    calibration: FinderCounts
    source: str

    def expected_of(self, protocol_name: str) -> tuple[int, bool]:
        """Images of one view that a protocol of this name expects, and whether they lie beside each other."""
        return next(((one.images, one.apart) for one in self.expected if one.words.search(protocol_name)), (1, False))


@functools.cache
def shipped_repeat_rules() -> RepeatRules:
    """Rules and weights of `data/apparent_repeats.toml`."""
    table = settings_table("apparent_repeats.toml")
    expected = tuple(
        ExpectedImages(
            images=row["images"],
            apart=row.get("apart", False),
            words=re.compile("|".join(f"(?:{word})" for word in row["words"]), re.IGNORECASE),
            why=row["why"],
        )
        for row in table["expected"]
    )
    return RepeatRules(
        **{name: float(value) for name, value in table["rules"].items()},
        weights=Evidence(**{item.name: float(table["weights"][item.name]) for item in fields(Evidence)}),
        expected=expected,
        sided=frozenset(table["sides"]["parts"]),
        calibration=FinderCounts(**table["calibration"]),
        source=printed_source(table),
    )


def settings_table(name: str) -> Mapping[str, Any]:
    """A shipped file of settings."""
    return MappingProxyType(tomllib.loads(resources.files("xrayiq.data").joinpath(name).read_text("utf-8")))


def printed_source(row: Mapping[str, Any], *, confidence: str = "") -> str:
    """Document with its edition; what nobody has compared with it says so."""
    told = f"{row['document']} ({row['edition']})" if row["edition"] else str(row["document"])
    return told + ("; not verified against the document" if (confidence or row["confidence"]) == "C" else "")
