"""What a simulated archive holds: exposures, copies and faults in order, before any pixel is made."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from xrayiq_phantoms.dicom_values import SIMULATED_START, Examination, Identifiers
from xrayiq_phantoms.hospital import EXAMINATIONS, Projection
from xrayiq_phantoms.planned import ClinicalExposure, PlannedObject, TestExposure
from xrayiq_phantoms.rooms import ROOMS, Room

#: fewest files with one of everything
LEAST_FILES: Final = 24
_FILES_A_DAY: Final = 60
_TEST_FRACTION: Final = 0.2
_LEAST_TESTS: Final = 13
_FLAT_KERMA_UGY: Final = 2.5
#: further levels of the first round, from which response and noise components are told
_SERIES_UGY: Final = (0.3, 0.78, 1.4, 8.0, 14.0, 20.0)
#: a fault of the flat-field correction, and the kerma of the flat field that shows it
_GAIN_FAULT: Final = 0.12
_FAULT_KERMA_UGY: Final = 10.0
_OPERATORS: Final = 6


def plan_objects(seed: int, files: int) -> list[PlannedObject]:
    """Objects of an archive in the order of their acquisition.

    Parameters
    ----------
    seed : int
        Equal seeds give equal plans.
    files : int
        How many objects.

    Returns
    -------
    list of PlannedObject
        One fifth are tests (at least thirteen), the rest patients' images and their dose reports. A dose report
        follows the images of its study, a presentation image its original.
    """
    tests = max(_LEAST_TESTS, round(_TEST_FRACTION * files))
    days = max(3, files // _FILES_A_DAY)
    planned = list(itertools.islice(plan_tests(seed, day_of=lambda count: count % days), tests))
    planned += itertools.islice(_patients(seed, days), files - tests)
    return sorted(planned, key=lambda item: (item.acquired_at, item.path))


def plan_tests(seed: int, *, day_of: Callable[[int], int], rooms: Sequence[Room] = ROOMS) -> Iterator[PlannedObject]:
    """Tests without end, the most telling ones first; a round is done in each room on one morning.

    Parameters
    ----------
    seed : int
        Equal seeds give equal plans.
    day_of : callable
        Day of a round by its number, both from 0.
    rooms : sequence of Room
        Units that are tested.
    """
    for count in itertools.count():
        for slot, exposure in enumerate(_test_round(count)):
            for number, room in enumerate(rooms):
                yield _test_object(seed, room, number, exposure, day=day_of(count), slot=slot, count=count)


def _test_round(count: int) -> Iterator[TestExposure]:
    """Tests of one round; the first holds a gain fault, then flat fields over the whole range of kerma."""
    yield TestExposure(kind="flat_field", kerma_ugy=_FLAT_KERMA_UGY)
    yield TestExposure(kind="edge", kerma_ugy=8.0, across="columns", angle_deg=3.0 if count % 2 == 0 else -2.2)
    yield TestExposure(kind="edge", kerma_ugy=8.0, across="rows", angle_deg=2.6)
    yield TestExposure(
        kind="collimated_field", kerma_ugy=4.0, angle_deg=2.0 * (count % 3), size_mm=(90.0 + 5.0 * (count % 4), 80.0)
    )
    if count == 0:
        yield TestExposure(kind="flat_field", kerma_ugy=_FAULT_KERMA_UGY, gain_nonuniformity_fraction=_GAIN_FAULT)
        for kerma in _SERIES_UGY:
            yield TestExposure(kind="flat_field", kerma_ugy=kerma)


def _test_object(
    seed: int, room: Room, number: int, exposure: TestExposure, *, day: int, slot: int, count: int
) -> PlannedObject:
    """Test of a slot of the morning. The gain fault is in the first room only, and seen the day after."""
    if exposure.gain_nonuniformity_fraction:
        day += 1
    if number != 0:
        exposure = replace(exposure, gain_nonuniformity_fraction=0.0)
    at = SIMULATED_START + datetime.timedelta(days=day, hours=-1, minutes=3 * slot, seconds=10 * number + count // 1000)
    name = f"Q{count + 1:04d}{number + 1}"
    rng = np.random.default_rng([seed, 1, count, slot, number])
    return PlannedObject(
        path=object_path(at, name, 1, slot + 1, room),
        room=room,
        exposure=exposure,
        identifiers=Identifiers(seed=seed, study=name, instance=str(slot + 1), instance_number=slot + 1),
        examination=examination_of_test(room, number, name),
        acquired_at=at,
        operator=0,
        transfer_syntax=str(rng.choice(room.test.transfer_syntaxes)),  # type: ignore[arg-type]  # one of the names
        noise_seed=int(rng.integers(1 << 31)),
    )


def examination_of_test(room: Room, number: int, name: str) -> Examination:
    """Invented identity of a test: the physicist's, not a patient's.

    Parameters
    ----------
    room : Room
        Unit that is tested.
    number : int
        Its number.
    name : str
        Name of the study.
    """
    return Examination(
        patient_name=f"Simulated^Test{number + 1}",
        patient_id=f"SIMQC{number + 1}",
        birth_date=None,
        operator_name="Simulated^Physicist1",
        physician_name=None,
        accession_number=f"SIM{name}",
        study_id=name,
        study_description="Quality control" if room.names_tests else None,
    )


def _patients(seed: int, days: int) -> Iterator[PlannedObject]:
    """Objects of patients' studies without end, one study after another in each room and day by day in turn."""
    weights = np.array([weight for _, weight in EXAMINATIONS])
    for study in itertools.count():
        rng = np.random.default_rng([seed, 2, study])
        number = study % len(ROOMS)
        day, place = (study // len(ROOMS)) % days, study // (len(ROOMS) * days)
        start = SIMULATED_START + datetime.timedelta(
            days=day, minutes=11 * place, seconds=int(rng.integers(120)) + 20 * number
        )
        views = EXAMINATIONS[int(rng.choice(len(EXAMINATIONS), p=weights / weights.sum()))][0]
        yield from _study(seed, study, ROOMS[number], views, start, rng)


def _study(
    seed: int,
    study: int,
    room: Room,
    views: tuple[Projection, ...],
    start: datetime.datetime,
    rng: np.random.Generator,
) -> Iterator[PlannedObject]:
    """Images of a study with their presentation images and apparent repeats, then its dose report."""
    name = f"S{study + 1:05d}"
    operator = int(rng.integers(1, _OPERATORS + 1))
    at = start
    has_twins = room.sop_class == "DX" and rng.random() < 0.3
    common = Examination(
        patient_name=f"Simulated^Patient{study + 1:05d}",
        patient_id=f"SIM{study + 1:05d}",
        birth_date=datetime.date(int(rng.integers(1930, 2012)), int(rng.integers(1, 13)), int(rng.integers(1, 28))),
        sex=str(rng.choice(["F", "M"])),
        size_m=round(float(rng.normal(1.7, 0.1)), 2),
        weight_kg=round(float(rng.normal(75.0, 12.0)), 1),
        operator_name=f"Simulated^Operator{operator}",
        accession_number=f"SIMACC{study + 1:05d}",
        study_id=name,
        study_description=f"{views[0].body_part.title()} examination",
    )
    common = replace(common, age_years=start.year - (common.birth_date or start.date()).year)
    laterality = str(rng.choice(["L", "R"])) if views[0].sided else None
    thickness = float(np.clip(rng.normal(1.0, 0.12), 0.7, 1.4))
    instances = itertools.count(1)

    def image(exposure: ClinicalExposure, repeat_of: str | None) -> Iterator[PlannedObject]:
        number = next(instances)
        syntaxes = room.clinical.transfer_syntaxes
        original = PlannedObject(
            path=object_path(at, name, 1, number, room),
            room=room,
            exposure=exposure,
            identifiers=Identifiers(seed=seed, study=name, instance=str(number), instance_number=number),
            examination=replace(common, series_description=exposure.projection.protocol_name),
            acquired_at=at,
            operator=operator,
            transfer_syntax=syntaxes[int(rng.integers(len(syntaxes)))],
            noise_seed=int(rng.integers(1 << 31)),
            repeat_of=repeat_of,
        )
        yield original
        if has_twins:
            yield replace(
                original,
                path=object_path(at, name, 2, number, room),
                identifiers=replace(original.identifiers, series="series2", event=f"series1{number}", series_number=2),
                transfer_syntax="jpeg_2000" if number % 2 else "rle",
                repeat_of=None,
                presentation_of=original.path,
            )

    for projection in views:
        exposure = _exposure(projection, laterality, thickness, study, rng)
        first = list(image(exposure, None))
        yield from first
        if rng.random() < 0.1:
            at += datetime.timedelta(seconds=int(rng.integers(60, 240)))
            again = _exposure(projection, laterality, thickness, study, rng)
            yield from image(again, first[0].path)
        at += datetime.timedelta(seconds=int(rng.integers(45, 120)))
    if room.reports_dap and rng.random() < 0.5:
        yield PlannedObject(
            path=object_path(at, name, 9, 1, room),
            room=room,
            exposure=None,
            identifiers=Identifiers(seed=seed, study=name, series="report", instance="report", series_number=9),
            examination=common,
            acquired_at=at,
            operator=operator,
            transfer_syntax="explicit",
            noise_seed=0,
        )


def _exposure(
    projection: Projection, laterality: str | None, thickness: float, study: int, rng: np.random.Generator
) -> ClinicalExposure:
    """Exposure about its target: the spread of the deviation index is 1.2 (all draws are made in a fixed order)."""
    deviation = float(rng.normal(0.0, 1.2))
    shift = rng.normal(0.0, 0.01, 2)
    return ClinicalExposure(
        projection=projection,
        kerma_ugy=projection.target_exposure_index / 100.0 * 10.0 ** (deviation / 10.0),
        laterality=laterality,
        rotation_deg=round(float(rng.normal(0.0, 1.2)), 2),
        centre_shift_fraction=(float(shift[0]), float(shift[1])),
        thickness_factor=thickness,
        body_seed=study,
        deviation_index_error=2.0 if rng.random() < 0.02 else 0.0,
    )


def object_path(at: datetime.datetime, study: str, series: int, instance: int, room: Room) -> str:
    """Place in the export; one maker's objects have no file extension."""
    ending = "" if room.sop_class == "CR" else ".dcm"
    return f"DICOM/{at:%Y%m%d}/{study}/{series}/{instance:05d}{ending}"
