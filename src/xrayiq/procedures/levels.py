"""Which levels of a set of flat fields are measured for what."""

from __future__ import annotations

import math
from typing import Final

from xrayiq.model import Response
from xrayiq.procedures.acquisition_sets import AcquisitionSet, SetMember

#: kermas of noise power spectra (µGy): the usual 2.5 µGy of a general examination, and 3.2 times less and more
#: (IEC 62220-1-1:2015)
NPS_KERMAS_UGY: Final = (2.5 / 3.2, 2.5, 2.5 * 3.2)
#: a level stands for one of them if it is within this factor of it
_WITHIN_FACTOR: Final = 1.5


def nps_levels(images: AcquisitionSet, response: Response | None = None) -> tuple[tuple[SetMember, ...], ...]:
    """Levels of which noise power spectra are taken, rising.

    Parameters
    ----------
    images : AcquisitionSet
        The set.
    response : Response, optional
        Response told from it; levels above its range are saturated and are taken only where there are no others.

    Returns
    -------
    tuple of levels
        Those nearest to 0.78, 2.5 and 8 µGy, if within a factor of 1.5; where none is, or the kerma is not known, the
        level of most images.
    """
    below = set(noise_levels(images, response))
    levels = [level for level in images.levels if below.issuperset(level)] or images.levels
    chosen = []
    for wanted in NPS_KERMAS_UGY:
        near = [(_distance(level, wanted), number) for number, level in enumerate(levels)]
        distance, number = min(near)
        if distance <= math.log(_WITHIN_FACTOR) and number not in chosen:
            chosen.append(number)
    if not chosen:
        chosen = [max(range(len(levels)), key=lambda number: (len(levels[number]), number))]
    return tuple(levels[number] for number in sorted(chosen))


def noise_levels(images: AcquisitionSet, response: Response | None) -> tuple[SetMember, ...]:
    """Flat fields below the saturation that the response was told from."""
    flats = images.flats
    if response is None:
        return flats
    return tuple(
        flat for flat in flats if flat.kerma is None or flat.kerma.kerma_ugy <= response.kerma_max_ugy * (1.0 + 1e-9)
    )


def _distance(level: tuple[SetMember, ...], wanted: float) -> float:
    known = [flat.kerma.kerma_ugy for flat in level if flat.kerma is not None]
    return abs(math.log(sum(known) / len(known) / wanted)) if known else math.inf
