"""Why no MTF can be taken from an edge, in one wording."""

from __future__ import annotations

from typing import Final

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage

#: angles that are measured, and those at which the method keeps its accuracy
LEAST_ANGLE_DEG: Final = 1.0
GREATEST_ANGLE_DEG: Final = 10.0
LEAST_GOOD_ANGLE_DEG: Final = 1.5
GREATEST_GOOD_ANGLE_DEG: Final = 8.0
ANGLES: Final = (
    f"{LEAST_GOOD_ANGLE_DEG:g} to {GREATEST_GOOD_ANGLE_DEG:g} deg "
    f"({LEAST_ANGLE_DEG:g} to {GREATEST_ANGLE_DEG:g} deg accepted)"
)


def no_edge(signal: SignalImage, found: str = "no straight edge") -> NotMeasurableError:
    """The refusal of an image that shows no edge."""
    return refusal(
        signal,
        "no_edge",
        found,
        f"one straight edge at {ANGLES} to the rows or columns",
        "use an image of an edge device, or give the roi that holds its edge",
    )


def too_small(signal: SignalImage, found: str, needed: str) -> NotMeasurableError:
    """The refusal of an edge that is too short or too near to something else."""
    return refusal(signal, "smaller_than_roi", found, needed, "use an image or roi with more of the edge")


def refusal(signal: SignalImage, reason: str, found: str, needed: str, remedy: str) -> NotMeasurableError:
    """The error that says what was found, what is needed and what to do."""
    return NotMeasurableError(reason, found, needed=needed, remedy=remedy, source=signal.source)
