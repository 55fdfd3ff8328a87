"""Exposure index, target and deviation index: present together, and agreeing (IEC 62494-1, AAPM TG-116)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from xrayiq.dose import identify_exposure_indicator
from xrayiq.model import Acquisition, HeaderProblem, ObjectHeader

#: modalities whose images have an exposure index
_INDEXED: Final = frozenset({"CR", "DX"})
#: DI is shown with one decimal and makers round or cut: one unit of the last digit
DECIMAL: Final = 0.1
#: EI and EIT are often written as whole numbers: half of one, as a change of DI per relative change
_HALF: Final = 0.5
_DI_PER_RELATIVE: Final = 10.0 / math.log(10.0)


def check_indices(header: ObjectHeader, *, clinical: bool) -> Iterator[HeaderProblem]:
    """All checks of the exposure indices of one header."""
    acquisition = header.acquisition
    yield from index_missing(acquisition, clinical=clinical)
    yield from index_not_positive(acquisition)
    yield from target_missing(acquisition)
    yield from deviation_alone(acquisition)
    yield from deviation_disagrees(acquisition)
    yield from legacy_scale(acquisition)


def index_missing(acquisition: Acquisition, *, clinical: bool) -> Iterator[HeaderProblem]:
    """A clinical radiograph without exposure index, or with a target and no index."""
    if acquisition.exposure_index is not None:
        return
    target = acquisition.target_exposure_index
    if target is not None:
        yield HeaderProblem(
            check="target_without_index",
            attributes=("ExposureIndex", "TargetExposureIndex"),
            found=f"TargetExposureIndex {target:g} without ExposureIndex",
            needed="both",
            remedy="ask the maker's service to switch the export of the exposure index on",
            severity="problem",
        )
    elif clinical and acquisition.modality in _INDEXED:
        yield HeaderProblem(
            check="index_missing",
            attributes=("ExposureIndex",),
            found="no ExposureIndex",
            needed="the exposure index of IEC 62494-1 for an exposure audit",
            remedy="have its export switched on, or calibrate the detector so that it can be estimated",
            severity="note",
        )


def index_not_positive(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """An index or target of 0 or less: 100 times a kerma in µGy is positive on an exposed image."""
    for name, value in (
        ("ExposureIndex", acquisition.exposure_index),
        ("TargetExposureIndex", acquisition.target_exposure_index),
    ):
        if value is not None and value <= 0:
            yield HeaderProblem(
                check="index_not_positive",
                attributes=(name,),
                found=f"{name} {value:g}",
                needed="more than 0 (100 times the kerma in µGy)",
                remedy="the value stands for a missing one: leave it out of statistics",
                severity="problem",
            )


def target_missing(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """An exposure index without its target."""
    if acquisition.exposure_index is not None and acquisition.target_exposure_index is None:
        yield HeaderProblem(
            check="index_without_target",
            attributes=("ExposureIndex", "TargetExposureIndex"),
            found=f"ExposureIndex {acquisition.exposure_index:g} without TargetExposureIndex",
            needed="a target for the deviation index",
            remedy="set target exposure indices for the unit's protocols",
            severity="problem",
        )


def deviation_alone(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """A deviation index without the two numbers that it is made of."""
    missing = tuple(
        name
        for name, value in (
            ("ExposureIndex", acquisition.exposure_index),
            ("TargetExposureIndex", acquisition.target_exposure_index),
        )
        if value is None
    )
    if acquisition.deviation_index is not None and missing:
        yield HeaderProblem(
            check="deviation_unsupported",
            attributes=("DeviationIndex", *missing),
            found=f"DeviationIndex {acquisition.deviation_index:g} without {' and '.join(missing)}",
            needed="ExposureIndex and TargetExposureIndex, of which it is 10 log10 of the ratio",
            remedy="do not trust it: it cannot be checked",
            severity="problem",
        )


def expected_deviation(acquisition: Acquisition) -> tuple[float, float] | None:
    """Deviation index of the stated EI and EIT, and how far rounding can move it; None where it has no meaning."""
    index, target = acquisition.exposure_index, acquisition.target_exposure_index
    if index is None or target is None or index <= 0 or target <= 0:
        return None
    rounding = sum(_HALF / value for value in (index, target) if value == round(value))
    return 10.0 * math.log10(index / target), DECIMAL + _DI_PER_RELATIVE * rounding


def deviation_disagrees(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """A deviation index that is not 10 log10(EI / EIT) within the rounding of the three."""
    expected, stated = expected_deviation(acquisition), acquisition.deviation_index
    if expected is None or stated is None or abs(stated - expected[0]) <= expected[1]:
        return
    value, allowed = expected
    remedy = "use the computed one; ask the maker what the stated one is"
    if abs(stated + value) <= allowed:
        remedy = "the sign is turned: use the computed one and tell the maker"
    yield HeaderProblem(
        check="deviation_disagrees",
        attributes=("DeviationIndex", "ExposureIndex", "TargetExposureIndex"),
        found=f"DeviationIndex {stated:g} beside EI {acquisition.exposure_index:g} "
        f"and EIT {acquisition.target_exposure_index:g}",
        needed=f"10 log10(EI / EIT) = {value:.2f}, within {allowed:.2f} for the rounding of the three",
        remedy=remedy,
        severity="problem",
    )


def legacy_scale(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """A number of a maker's older scale in the attribute of the standard's index."""
    found = identify_exposure_indicator(acquisition)
    if found.standing == "suspect":
        yield HeaderProblem(
            check="legacy_index",
            attributes=("ExposureIndex",),
            found=f"ExposureIndex {found.value:g} without a target, of a maker whose older scale ({found.name}) is in "
            f"{found.unit}",
            needed="the index of IEC 62494-1 (100 times the kerma in µGy)",
            remedy="compare with the kerma of an exposure before it enters statistics",
            severity="note",
        )
