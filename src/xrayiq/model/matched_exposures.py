"""One exposure counts once, whether images, dose reports or performed procedure steps tell of it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.model.exposures import FEWEST_VALUES, TUBE_VOLTAGE_KV, VALUE_FRACTION, agree, is_same_exposure
from xrayiq.model.reported_exposures import ExposureSource, ReportedExposure

Tie = Literal["event", "technique", "image", "time", "step"]

#: greatest time between what images and reports say of one exposure where nothing else ties them
TIME_SPAN_S: Final = 2.0
#: field and the greatest difference, absolute or as a fraction of the greater value
_COMPARED: Final = (
    ("tube_voltage_kv", TUBE_VOLTAGE_KV, 0.0),
    ("exposure_mas", 0.0, VALUE_FRACTION),
    ("exposure_time_ms", 0.0, VALUE_FRACTION),
    ("dap_gy_m2", 0.0, VALUE_FRACTION),
    ("average_glandular_dose_mgy", 0.0, VALUE_FRACTION),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A value of one exposure that its sources give differently: field, and the value of each source."""

    field: str
    values: tuple[tuple[ExposureSource, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedExposure:
    """One exposure with all that tells of it.

    Parameters
    ----------
    members : tuple of ReportedExposure
        Images first, then events of reports, then exposures of steps.
    ties : tuple of str
        What they were told to be the same by: ``"event"`` (irradiation event), ``"technique"`` (images of one time and
        technique), ``"image"`` (the report names the image), ``"time"`` or ``"step"`` (the step names the image).
    disagreements : tuple of Disagreement
        Tube voltage apart by more than 1 kV, other values by more than 5 %.
    """

    members: tuple[ReportedExposure, ...]
    ties: tuple[Tie, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def sources(self) -> tuple[ExposureSource, ...]:
        """Kinds of objects that tell of the exposure."""
        return tuple(dict.fromkeys(member.source for member in self.members))


def match_exposures(reported: Iterable[ReportedExposure]) -> tuple[MatchedExposure, ...]:
    """Exposures, each once, and what tells of them.

    Parameters
    ----------
    reported : iterable of ReportedExposure
        From `exposure_of_image`, `exposures_of_report` and `exposures_of_step`; of cumulative reports the one that
        holds the others (`combine_reports`). What stands there twice counts once.

    Returns
    -------
    tuple of MatchedExposure
        In the order of their first members; the groups do not depend on the order of what was given.

    Notes
    -----
    Images are of one exposure by the rules of `exposure_roles`. An event is of an image that names the same irradiation
    event and agrees as those rules ask (60 s, 1 kV, 5 % of the mAs); else of one that it refers to; else of the nearest
    one within 2 s of the same unit that agrees in two values of technique and dose. An exposure of a step is of the
    image with its irradiation event, else of the first exposure of its images that agrees with it.
    """
    each = {(_ORDER.index(one.source), one.subject, one.place): one for one in reported}
    given = [each[place] for place in sorted(each)]
    groups = _Groups(given)
    groups.tie_by_event()
    groups.tie_by_technique()
    groups.tie_by_image()
    groups.tie_by_time()
    groups.tie_steps()
    return tuple(
        MatchedExposure(members=members, ties=ties, disagreements=tuple(_disagreements(members)))
        for members, ties in groups.found()
    )


_ORDER: Final[tuple[ExposureSource, ...]] = ("image", "report", "step")


def is_same_unit(first: ReportedExposure, second: ReportedExposure) -> bool:
    """Whether two objects are of one unit: nothing stated differs, and both state serial number or station."""
    both = [(ours, theirs) for ours, theirs in zip(first.unit, second.unit, strict=True) if ours and theirs]
    named = any(ours and theirs for ours, theirs in zip(first.unit[2:], second.unit[2:], strict=True))
    return named and all(ours.casefold() == theirs.casefold() for ours, theirs in both)


KeysOf = Callable[[ReportedExposure], Iterable[str]]


class _Groups:
    """Exposures in groups that grow as ties are found."""

    def __init__(self, given: Sequence[ReportedExposure]) -> None:
        self._given = given
        self._group = {number: [number] for number in range(len(given))}
        self._ties: dict[int, list[Tie]] = defaultdict(list)

    def found(self) -> Iterator[tuple[tuple[ReportedExposure, ...], tuple[Tie, ...]]]:
        for numbers in {id(group): group for group in self._group.values()}.values():
            ties = dict.fromkeys(tie for number in numbers for tie in self._ties[number])
            yield tuple(self._given[number] for number in sorted(numbers)), tuple(ties)

    def tie_by_event(self) -> None:
        for first, second in self._pairs(lambda one: (one.event_uid,) if one.event_uid else ()):
            if self._is_free(first, second) and agree(self._given[first], self._given[second]):
                self._tie(first, second, "event")

    def tie_by_technique(self) -> None:
        for first, second in self._pairs(lambda one: (one.technique_key,) if one.technique_key else ()):
            if is_same_exposure(self._given[first].member, self._given[second].member):
                self._tie(first, second, "technique")

    def tie_by_image(self) -> None:
        for first, second in self._pairs(lambda one: () if one.source == "step" else one.image_uids):
            if self._is_free(first, second):
                self._tie(first, second, "image")

    def tie_by_time(self) -> None:
        timed = [number for number, one in enumerate(self._given) if one.exposed_at_s is not None]
        timed.sort(key=lambda number: self._given[number].exposed_at_s or 0.0)
        near: list[tuple[float, int, int]] = []
        for place, first in enumerate(timed):
            for second in itertools.islice(timed, place + 1, None):
                apart = self._apart(first, second)
                if apart > TIME_SPAN_S:
                    break
                if self._is_like(first, second):
                    near.append((apart, min(first, second), max(first, second)))
        for _, first, second in sorted(near):
            if self._is_free(first, second):
                self._tie(first, second, "time")

    def tie_steps(self) -> None:
        of_image: dict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self._given):
            if one.source != "step":
                for uid in one.image_uids:
                    of_image[uid].append(number)
        for number, one in enumerate(self._given):
            if one.source == "step" and len(self._group[number]) == 1:
                candidates = [other for uid in one.image_uids for other in of_image[uid]]
                candidates.sort(key=lambda other: (self._given[other].exposed_at_s or 0.0, other))
                fits = (other for other in candidates if self._is_free(number, other))
                chosen = next((other for other in fits if agree(one, self._given[other])), None)
                if chosen is not None:
                    self._tie(number, chosen, "step")

    def _pairs(self, keys_of: KeysOf) -> Iterator[tuple[int, int]]:
        alike: dict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self._given):
            for key in keys_of(one):
                alike[key].append(number)
        for numbers in alike.values():
            yield from itertools.combinations(numbers, 2)

    def _apart(self, first: int, second: int) -> float:
        return abs((self._given[first].exposed_at_s or 0.0) - (self._given[second].exposed_at_s or 0.0))

    def _is_like(self, first: int, second: int) -> bool:
        ours, theirs = self._given[first], self._given[second]
        stated = [
            _is_near(ours, theirs, field, absolute, fraction)
            for field, absolute, fraction in _COMPARED
            if None not in (getattr(ours, field), getattr(theirs, field))
        ]
        return (
            ours.source != theirs.source
            and is_same_unit(ours, theirs)
            and stated.count(True) >= FEWEST_VALUES
            and all(stated)
        )

    def _is_free(self, first: int, second: int) -> bool:
        """Whether two groups can be one: no two events of one object, no two irradiation events."""
        ours, theirs = self._group[first], self._group[second]
        if ours is theirs:
            return False
        members = [self._given[number] for number in (*ours, *theirs)]
        objects = [(member.source, member.subject) for member in members]
        return len(set(objects)) == len(objects) and len({one.event_uid for one in members if one.event_uid}) <= 1

    def _tie(self, first: int, second: int, tie: Tie) -> None:
        ours, theirs = self._group[first], self._group[second]
        self._ties[first].append(tie)
        if ours is not theirs:
            ours.extend(theirs)
            self._group.update(dict.fromkeys(theirs, ours))


def _is_near(ours: ReportedExposure, theirs: ReportedExposure, field: str, absolute: float, fraction: float) -> bool:
    first, second = getattr(ours, field), getattr(theirs, field)
    return bool(abs(first - second) <= max(absolute, fraction * max(abs(first), abs(second))))


def _disagreements(members: Sequence[ReportedExposure]) -> Iterator[Disagreement]:
    for field, absolute, fraction in _COMPARED:
        values = [(member.source, value) for member in members if (value := getattr(member, field)) is not None]
        known = [value for _, value in values]
        if known and max(known) - min(known) > max(absolute, fraction * max(map(abs, known))):
            yield Disagreement(field=field, values=tuple(values))
