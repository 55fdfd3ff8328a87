"""The field on the search grid: which way values grow, and whether its outline is straight or round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._image import PRESENTATION, SignalImage
from xrayiq.metrics.field_candidates import FieldEvidence, find_evidence, to_logarithm
from xrayiq.metrics.field_choice import FieldChoice, choose_field
from xrayiq.metrics.field_circle import Circle, find_circle, is_cut_by, is_shutter, is_the_field
from xrayiq.metrics.field_confidence import edge_clarity
from xrayiq.metrics.field_corners import with_cut_corners

#: the other polarity must be supported better by this factor than the one that the photometric interpretation suggests
POLARITY_FACTOR: Final = 1.1
#: and with edges at least this clear: the outline of a body in air looks like a field of the other polarity
LEAST_CLARITY_OF_OTHER_POLARITY: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FieldFinding:
    """Field on the search grid.

    Parameters
    ----------
    polarity : {1, -1}
        Sign that makes values grow with the exposure.
    evidence : FieldEvidence
        Edges of the image in that polarity.
    choice : FieldChoice
        Quadrilateral that they support best.
    circle : Circle or None
        Outline of the field where it is round.
    cut_circle : bool
        Whether the quadrilateral's straight sides cut a round field.
    warnings : tuple of str
        What had to be assumed.
    """

    polarity: int
    evidence: FieldEvidence
    choice: FieldChoice
    circle: Circle | None
    cut_circle: bool
    warnings: tuple[str, ...]


def find_field(signal: SignalImage, reduced: NDArray[np.float64], holes: NDArray[np.bool_]) -> FieldFinding:
    """Outline of the field in the polarity that the header gives, otherwise in the likelier one."""
    relation = signal.radiograph.relation.relation
    linear = signal.unit != "stored"

    def weigh(sign: int) -> FieldFinding:
        evidence = find_evidence(to_logarithm(sign * reduced, linear=linear), holes)
        choice = with_cut_corners(evidence, choose_field(evidence))
        circle = find_circle(evidence)
        whole = circle is not None and is_the_field(circle, evidence, choice)
        cut = circle is not None and not whole and any(choice.collimated) and is_cut_by(circle, choice)
        return FieldFinding(
            polarity=sign,
            evidence=evidence,
            choice=choice,
            circle=circle if whole else None,
            cut_circle=cut,
            warnings=(),
        )

    if linear or (relation == "log" and signal.intent != PRESENTATION):
        return weigh(1)
    shown = (signal.radiograph.acquisition.photometric_interpretation or "").strip().upper()
    # on the screen exposed parts are dark: MONOCHROME1 shows high values dark, MONOCHROME2 low ones
    likely = weigh(1 if shown == "MONOCHROME1" else -1)
    other = weigh(-likely.polarity)
    found = other if _is_clearer(other, likely) else likely
    course = "grow" if found.polarity > 0 else "fall"
    unsaid = (
        "processed for presentation, which may have turned how values relate to the exposure"
        if signal.intent == PRESENTATION
        else "the header does not say how values relate to the exposure"
    )
    why = "as its edges suggest" if found is other else f"as usual for {shown or 'its photometric interpretation'}"
    return FieldFinding(
        polarity=found.polarity,
        evidence=found.evidence,
        choice=found.choice,
        circle=found.circle,
        cut_circle=found.cut_circle,
        warnings=(f"{unsaid}: taken to {course} with it, {why}",),
    )


def _is_clearer(other: FieldFinding, likely: FieldFinding) -> bool:
    """Whether the field of the less likely polarity is so clear that it must be the right one."""
    if likely.circle is not None:
        return False
    if other.circle is not None:
        return is_shutter(other.circle, other.evidence) and not any(likely.choice.collimated)
    edges = other.choice.collimated
    if not any(edges[side] and edges[(side + 1) % 4] for side in range(4)):
        return False  # a body in air has an outline on one or on two opposite sides
    clarity = edge_clarity(other.evidence, other.choice)
    return clarity > LEAST_CLARITY_OF_OTHER_POLARITY and other.choice.score > POLARITY_FACTOR * likely.choice.score
