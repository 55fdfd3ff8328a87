"""What a simulated quarter holds before any pixel is made: tests, studies, what was rejected and what repeated."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from xrayiq_phantoms.archive_plan import object_path, plan_tests
from xrayiq_phantoms.dicom_values import SIMULATED_START, Examination, Identifiers
from xrayiq_phantoms.hospital import Projection
from xrayiq_phantoms.hospital_quarter_images import BODIES, FIELDS, body_in_field
from xrayiq_phantoms.hospital_quarter_rooms import (
    CLUSTER,
    CROPPING,
    FIRST_DAY,
    QUARTER_ROOMS,
    WEEKS,
    QuarterRoom,
    files_of_study,
    is_cropped_view,
    open_field_mm,
    reject_share,
    view_on,
)
from xrayiq_phantoms.planned import ClinicalExposure, PlannedObject

#: tests of a whole quarter: three rounds in the three first rooms, one short one in the others
_TESTS: Final = 65
_LEAST_TESTS: Final = 5
_TEST_FRACTION: Final = 0.04
_DAYS_BETWEEN_TESTS: Final = 35
_TESTED_ROOMS: Final = 3
_SHORT_ROUND: Final = 4
_OPERATORS: Final = 6
_TWINS: Final = 0.03
_DAY_MINUTES: Final = 480.0
_LONGEST_STEP_MINUTES: Final = 100.0
#: standard deviation of the deviation index under exposure control and without
_SD: Final = {"chest": 0.9, "abdomen": 0.9, "hand": 1.2}
#: how far off target an exposure is that is rejected for it
_WRONG_DI: Final = 4.5
_REASONS: Final = {
    "positioning": 0.6,
    "motion": 0.15,
    "under-exposed": 0.1,
    "over-exposed": 0.05,
    "artefact on the patient": 0.1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterPlan:
    """Objects of a quarter.

    Parameters
    ----------
    objects : tuple of PlannedObject
        What is stored, in the order of acquisition.
    logged : tuple of PlannedObject
        Exposures that were rejected at the console: no image is stored, the reject log alone tells of them.
    """

    objects: tuple[PlannedObject, ...]
    logged: tuple[PlannedObject, ...]


@dataclass(slots=True, kw_only=True)
class _Take:
    """A view of a study: its exposure is all right, rejected, or taken again without a word."""

    study: int
    view: Projection
    rejected: str = ""
    repeated: bool = False
    cropped: bool = False


@dataclass(slots=True, kw_only=True)
class _Study:
    """A study of a room as its objects are planned."""

    seed: int
    name: str
    number: int
    own: QuarterRoom
    at: datetime.datetime
    rng: np.random.Generator
    instances: Iterator[int] = field(default_factory=lambda: itertools.count(1))


def plan_quarter(seed: int, files: int) -> QuarterPlan:
    """Objects of a quarter of five rooms.

    Parameters
    ----------
    seed : int
        Equal seeds give equal plans.
    files : int
        About how many objects.

    Returns
    -------
    QuarterPlan
        Studies of each room by its share. Of each view as many exposures are rejected, repeated and cropped as
        the room's shares ask for, to the nearest whole number; which ones, the seed tells.
    """
    tests = min(_TESTS, max(_LEAST_TESTS, round(_TEST_FRACTION * files)))
    objects = list(itertools.islice(_tests(seed), tests))
    every = (files - tests) / ((1.0 + _TWINS) * sum(own.share * files_of_study(own) for own in QUARTER_ROOMS))
    logged: list[PlannedObject] = []
    count = 0
    for place, own in enumerate(QUARTER_ROOMS):
        rng = np.random.default_rng([seed, 11, place])
        studies = max(2, round(own.share * every))
        takes = _takes(own, studies, rng)
        starts = _starts(studies, rng)
        by_study = itertools.groupby(takes, key=lambda take: take.study)
        for (_, views), at in zip(by_study, starts, strict=True):
            study = _Study(
                seed=seed,
                name=f"S{count + 1:05d}",
                number=count,
                own=own,
                at=at,
                rng=np.random.default_rng([seed, 12, count]),
            )
            for item, is_stored in _objects(study, list(views)):
                (objects if is_stored else logged).append(item)
            count += 1
    return QuarterPlan(
        objects=tuple(sorted(objects, key=lambda item: (item.acquired_at, item.path))),
        logged=tuple(sorted(logged, key=lambda item: (item.acquired_at, item.room.name))),
    )


def _tests(seed: int) -> Iterator[PlannedObject]:
    """Rounds in the first rooms, and the beginning of the first one in the others."""
    rooms = [own.room for own in QUARTER_ROOMS]
    always = {room.name for room in rooms[:_TESTED_ROOMS]}
    for item in plan_tests(seed, day_of=lambda count: _DAYS_BETWEEN_TESTS * count, rooms=rooms):
        is_first = item.acquired_at.date() == FIRST_DAY
        if item.room.name in always or (is_first and item.identifiers.instance_number <= _SHORT_ROUND):
            yield item


def _takes(own: QuarterRoom, studies: int, rng: np.random.Generator) -> list[_Take]:
    """Views of a room's studies one after another, with what becomes of each."""
    shares = np.array([share for _, share in own.examinations])
    counts = np.diff(np.round(np.concatenate(([0.0], np.cumsum(shares))) * studies)).astype(int)
    kinds = rng.permutation(np.repeat(np.arange(len(shares)), counts))
    takes = [_Take(study=number, view=view) for number, kind in enumerate(kinds) for view in own.examinations[kind][0]]
    for view in dict.fromkeys(take.view for take in takes):
        alike = [takes[place] for place in rng.permutation([n for n, one in enumerate(takes) if one.view == view])]
        rejected = round(reject_share(own, view) * len(alike))
        for take in alike[:rejected]:
            take.rejected = "positioning" if reject_share(own, view) == CLUSTER.size else _reason(rng)
        for take in alike[rejected : rejected + round(own.repeats * len(alike))]:
            take.repeated = True
        if is_cropped_view(own.room, view):
            for take in rng.permutation(np.array(alike, dtype=object))[: round(CROPPING.size * len(alike))]:
                take.cropped = True
    if not own.rejects and takes:  # what a log holds that nobody keeps
        first = next((take for take in takes if not take.repeated), takes[0])
        first.rejected, first.repeated = "positioning", False
    return takes


def _reason(rng: np.random.Generator) -> str:
    return str(rng.choice(list(_REASONS), p=list(_REASONS.values())))


def _starts(studies: int, rng: np.random.Generator) -> list[datetime.datetime]:
    """Begins of studies on working days, evenly over the quarter, none within another."""
    days = [7 * week + day for week in range(WEEKS) for day in range(5)]
    of_day = [days[number * len(days) // studies] for number in range(studies)]
    step = min(_LONGEST_STEP_MINUTES, _DAY_MINUTES / max(1, -(-studies // len(days))))
    places = [number - of_day.index(day) for number, day in enumerate(of_day)]
    return [
        SIMULATED_START + datetime.timedelta(days=day, seconds=round(60.0 * (step * place + 0.4 * step * rng.random())))
        for day, place in zip(of_day, places, strict=True)
    ]


def _objects(study: _Study, takes: Sequence[_Take]) -> Iterator[tuple[PlannedObject, bool]]:
    """Objects of a study, and whether each is stored."""
    rng, own = study.rng, study.own
    common = _examination(study, takes[0].view)
    laterality = str(rng.choice(["L", "R"])) if takes[0].view.sided else None
    operator = int(rng.integers(1, _OPERATORS + 1))
    common = replace(common, operator_name=f"Simulated^Operator{operator}")
    body, has_twins = int(rng.integers(BODIES)), own.room.sop_class == "DX" and rng.random() < _TWINS

    def image(take: _Take, field_number: int, *, rejected: str = "", repeat_of: str | None = None) -> PlannedObject:
        number = next(study.instances)
        view = view_on(take.view, own.room, study.at.date())
        deviation = float(rng.normal(0.0, _SD[view.anatomy]))
        deviation += {"under-exposed": -_WRONG_DI, "over-exposed": _WRONG_DI}.get(rejected, 0.0)
        syntaxes = own.room.clinical.transfer_syntaxes
        told: dict[str, Any] = body_in_field(study.seed, body, field_number)
        return PlannedObject(
            path=object_path(study.at, study.name, 1, number, own.room),
            room=own.room,
            exposure=ClinicalExposure(
                projection=view,
                kerma_ugy=view.target_exposure_index / 100.0 * 10.0 ** (deviation / 10.0),
                laterality=laterality,
                irradiated_mm=open_field_mm(own.room) if take.cropped else None,
                **told,
            ),
            identifiers=Identifiers(seed=study.seed, study=study.name, instance=str(number), instance_number=number),
            examination=replace(common, series_description=view.protocol_name),
            acquired_at=study.at,
            operator=operator,
            transfer_syntax=syntaxes[int(rng.integers(len(syntaxes)))],
            noise_seed=int(rng.integers(1 << 31)),
            repeat_of=repeat_of,
            reason=rejected,
        )

    for take in takes:
        first = image(take, int(rng.integers(FIELDS)), rejected=take.rejected)
        is_stored = not take.rejected or own.notes
        yield first, is_stored
        if has_twins and is_stored:
            yield _twin(study, first), True
        if take.rejected and own.notes:
            study.at += datetime.timedelta(seconds=20)
            yield _note(study, first), True
        if take.rejected or take.repeated:
            study.at += datetime.timedelta(seconds=int(rng.integers(60, 240)))
            yield image(take, FIELDS + int(rng.integers(FIELDS)), repeat_of=first.path if is_stored else None), True
        study.at += datetime.timedelta(seconds=int(rng.integers(45, 120)))
    if own.reported == takes[0].view.body_part:
        yield _document(study, common, "report", 9), True


def _examination(study: _Study, view: Projection) -> Examination:
    rng, number = study.rng, study.number
    birth = datetime.date(int(rng.integers(1935, 2005)), int(rng.integers(1, 13)), int(rng.integers(1, 28)))
    return Examination(
        patient_name=f"Simulated^Patient{number + 1:05d}",
        patient_id=f"SIM{number + 1:05d}",
        birth_date=birth,
        age_years=study.at.year - birth.year,
        sex=str(rng.choice(["F", "M"])),
        size_m=round(float(rng.normal(1.7, 0.1)), 2),
        weight_kg=round(float(rng.normal(75.0, 12.0)), 1),
        accession_number=f"SIMACC{number + 1:05d}",
        study_id=study.name,
        study_description=f"{view.body_part.title()} examination",
    )


def _twin(study: _Study, original: PlannedObject) -> PlannedObject:
    """The same exposure, processed for display."""
    number = original.identifiers.instance_number
    return replace(
        original,
        path=object_path(original.acquired_at, study.name, 2, number, study.own.room),
        identifiers=replace(original.identifiers, series="series2", event=f"series1{number}", series_number=2),
        transfer_syntax="jpeg_2000" if number % 2 else "rle",
        repeat_of=None,
        presentation_of=original.path,
        reason="",
    )


def _note(study: _Study, rejected: PlannedObject) -> PlannedObject:
    number = rejected.identifiers.instance_number
    note = _document(study, rejected.examination, f"note{number}", 8)
    path = object_path(study.at, study.name, 8, number, study.own.room)
    return replace(note, path=path, rejects=rejected.path, reason=rejected.reason, operator=rejected.operator)


def _document(study: _Study, examination: Examination, name: str, series: int) -> PlannedObject:
    return PlannedObject(
        path=object_path(study.at, study.name, series, 1, study.own.room),
        room=study.own.room,
        exposure=None,
        identifiers=Identifiers(seed=study.seed, study=study.name, series=name, instance=name, series_number=series),
        examination=examination,
        acquired_at=study.at,
        operator=0,
        transfer_syntax="explicit",
        noise_seed=0,
    )
