"""What the rooms of the simulated dose hospital do in half a year, before any file is written."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.dicom_values import SIMULATED_START, Examination, Identifiers
from xrayiq_phantoms.dose_hospital_exposure import PLANTS, Plant, plan_exposure
from xrayiq_phantoms.dose_hospital_patients import DosePatient, draw_patient
from xrayiq_phantoms.dose_hospital_rooms import DOSE_ROOMS, DoseProgram, DoseRoom, Reporting
from xrayiq_phantoms.dose_hospital_truth import DoseExposure
from xrayiq_phantoms.dose_hospital_views import DoseView

WEEKS: Final = 26
OPERATORS: Final = 8
#: steps of a sequence that fills four dimensions evenly, whatever part of it is looked at: powers of 1/1.1673…, the
#: root of x⁵ = x + 1; small groups so have the spread that large ones have
_STEPS: Final = 1.16730397826141868426 ** -np.arange(1.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedReport:
    """One dose report.

    Parameters
    ----------
    path : str
        Relative to the archive.
    identifiers : Identifiers
        Of the report.
    first, last : int
        Events of the study that it holds, from 0; `last` is not among them.
    reported_at : datetime
        Moment.
    duplicate_of : str or None
        Path of an earlier report that says the same.
    """

    path: str
    identifiers: Identifiers
    first: int
    last: int
    reported_at: datetime.datetime
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One performed procedure step, of all exposures of its study: path in the archive, and identity."""

    path: str
    identifiers: Identifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseStudy:
    """One study: its exposures in order, its reports and its performed step.

    Parameters
    ----------
    room : DoseRoom
        Where.
    views : tuple of DoseView
        View of each exposure.
    examination : Examination
        Identity.
    images : tuple of Identifiers
        Of each exposure, whether it leaves an image or not.
    exposures : tuple of DoseExposure
        Truth.
    reports : tuple of PlannedReport
        In the order of writing.
    step : PlannedStep or None
        Where the unit tells of it so.
    """

    room: DoseRoom
    views: tuple[DoseView, ...]
    examination: Examination
    images: tuple[Identifiers, ...]
    exposures: tuple[DoseExposure, ...]
    reports: tuple[PlannedReport, ...]
    step: PlannedStep | None = None


def plan_dose_hospital(seed: int, *, rooms: str = "") -> tuple[DoseStudy, ...]:
    """Studies of the rooms in the order of their moments.

    Parameters
    ----------
    seed : int
        Equal seeds give equal plans.
    rooms : str
        Letters of the rooms, as ``"AB"``; all without. A room is the same whatever others are there.

    Raises
    ------
    ValueError
        There is no room of a letter.
    """
    if unknown := set(rooms) - {room.letter for room in DOSE_ROOMS}:
        raise ValueError(f"room {min(unknown)!r}; needed letters of " + "".join(room.letter for room in DOSE_ROOMS))
    planned: list[DoseStudy] = []
    for number, room in enumerate(DOSE_ROOMS):
        if rooms and room.letter not in rooms:
            continue
        slots = sorted(_slots(seed, number, room), key=lambda slot: slot[0])
        planned += (_study(seed, room, f"{room.letter}{count:04d}", *slot) for count, slot in enumerate(slots, start=1))
    return tuple(sorted(planned, key=lambda study: (study.exposures[0].exposed_at, study.room.letter)))


_Slot = tuple[datetime.datetime, DoseProgram, int, np.random.Generator, NDArray[np.float64]]


def _slots(seed: int, number: int, room: DoseRoom) -> Iterator[_Slot]:
    """Studies of a room, evenly over the weeks and on workdays.

    Moment, program, place in it, generator, and ranks of weight, exposure control, height and width of the field.
    """
    for place, program in enumerate(room.programs):
        shift = np.random.default_rng([seed, 8, number, place]).random(4)
        for index in range(program.studies):
            rng = np.random.default_rng([seed, 7, number, place, index])
            week = index * WEEKS // program.studies
            moment = datetime.timedelta(
                weeks=week, days=int(rng.integers(5)), minutes=int(rng.integers(510)), seconds=int(rng.integers(60))
            )
            yield SIMULATED_START + moment, program, index, rng, (shift + index * _STEPS) % 1.0


def _study(
    seed: int,
    room: DoseRoom,
    name: str,
    start: datetime.datetime,
    program: DoseProgram,
    index: int,
    rng: np.random.Generator,
    ranks: NDArray[np.float64],
) -> DoseStudy:
    operator = int(rng.integers(1, OPERATORS + 1))
    planted = tuple(_plant(room, program, view, index) for view in program.views)
    stout = any(plant is not None and plant.demand > 2.0 for plant in planted)
    patient = draw_patient(
        rng,
        rank=ranks[0],
        child_kg=program.views[0].child_kg,
        uniform=program.uniform or any(planted),
        outside=index % 9 == 4 and not (program.uniform or any(planted)),
        stout=stout,
    )
    week = (start - SIMULATED_START).days // 7
    rise = 1.0 + program.rise * week / (WEEKS - 1)
    last = len(program.views) - 1
    exposures, images = [], []
    for place, (view, plant, fraction) in enumerate(zip(program.views, planted, program.dose_fractions, strict=True)):
        ids = Identifiers(
            seed=f"dose{seed}",
            study=name,
            instance=str(place + 1),
            event=f"event{place + 1}",
            instance_number=place + 1,
        )
        at = start + datetime.timedelta(seconds=75 * place)
        stored = room.stores_images and index < program.studies - program.without_image
        exposure = plan_exposure(
            room,
            view,
            patient,
            (ranks[1:] + 0.4 * place) % 1.0,
            dose_fraction=fraction,
            rise=rise if place == last else 1.0,
            plant=plant,
        )
        exposures.append(
            replace(
                exposure,
                event_uid=str(ids.event_uid),
                study_uid=str(ids.study_uid),
                patient_id=f"SIM{name}",
                exposed_at=at,
                operator=operator,
                image_uid=str(ids.instance_uid) if stored else None,
                image_path=f"DICOM/{start:%Y%m%d}/{name}/1/{place + 1:05d}.dcm" if stored else None,
            )
        )
        images.append(ids)
    reports: tuple[PlannedReport, ...] = ()
    if room.reports is not None:
        reporting = program.reportings[index] if index < len(program.reportings) else "once"
        reports = tuple(_reports(seed, name, start, len(exposures), reporting))
    held = [
        tuple(report.path for report in reports if report.first <= place < report.last)
        for place in range(len(exposures))
    ]
    step = _step(seed, name, start) if index < program.steps else None
    return DoseStudy(
        room=room,
        views=program.views,
        examination=_examination(name, start, patient, operator, program.views[0]),
        images=tuple(images),
        exposures=tuple(
            replace(exposure, report_paths=paths, step_path=None if step is None else step.path)
            for exposure, paths in zip(exposures, held, strict=True)
        ),
        reports=reports,
        step=step,
    )


def _step(seed: int, name: str, start: datetime.datetime) -> PlannedStep:
    identifiers = Identifiers(seed=f"dose{seed}", study=name, instance="step")
    return PlannedStep(path=f"DICOM/{start:%Y%m%d}/{name}/step.dcm", identifiers=identifiers)


def _plant(room: DoseRoom, program: DoseProgram, view: DoseView, index: int) -> Plant | None:
    return PLANTS.get((room.letter, view.name)) if index == program.studies // 2 else None


def _reports(
    seed: int, name: str, start: datetime.datetime, events: int, reporting: Reporting
) -> Iterator[PlannedReport]:
    """Reports of a study: all events, twice, those so far each time, or the new ones each time."""
    spans = {
        "once": [(0, events)],
        "duplicate": [(0, events), (0, events)],
        "cumulative": [(0, last) for last in range(1, events + 1)],
        "continued": [(last - 1, last) for last in range(1, events + 1)],
    }[reporting]
    first_path = f"DICOM/{start:%Y%m%d}/{name}/9/00001.dcm"
    for count, (first, last) in enumerate(spans, start=1):
        yield PlannedReport(
            path=f"DICOM/{start:%Y%m%d}/{name}/9/{count:05d}.dcm",
            identifiers=Identifiers(
                seed=f"dose{seed}",
                study=name,
                series="report",
                instance=f"report{count}",
                series_number=9,
                instance_number=count,
            ),
            first=first,
            last=last,
            reported_at=start + datetime.timedelta(seconds=75 * (last - 1) + 30 * count),
            duplicate_of=first_path if reporting == "duplicate" and count > 1 else None,
        )


def _examination(
    name: str, start: datetime.datetime, patient: DosePatient, operator: int, view: DoseView
) -> Examination:
    return Examination(
        patient_name=f"Simulated^Patient{name}",
        patient_id=f"SIM{name}",
        birth_date=start.date() - datetime.timedelta(days=patient.age_days),
        sex=patient.sex,
        age_years=patient.age_years,
        size_m=patient.size_m,
        weight_kg=patient.weight_kg,
        operator_name=f"Simulated^Operator{operator}",
        accession_number=f"SIMD{name}",
        study_id=name,
        study_description=f"{view.body_part.title()} examination",
    )
