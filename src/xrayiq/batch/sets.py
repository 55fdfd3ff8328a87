"""Acquisition sets of an archive: planned from the index, measured by workers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from xrayiq.batch.files import OBJECT_TIMEOUT_S
from xrayiq.batch.kerma_tables import KermaTables
from xrayiq.batch.pool import Job, Pool, results_in_order
from xrayiq.batch.scored_file import told_of
from xrayiq.dicom import Source, SourceFile, dataset_radiograph, open_object
from xrayiq.errors import ReadError
from xrayiq.metrics import Defects
from xrayiq.model import Outcome, Radiograph, Response
from xrayiq.model.outcome import OutcomeKind
from xrayiq.procedures import (
    AcquisitionSet,
    DatedDefects,
    ScoredSet,
    SetMember,
    Site,
    defect_history,
    find_sets,
    kerma_of,
    parameter_digest,
    response_mode,
    score_set,
)
from xrayiq.records import IndexedObject, SetEntry, StoredResult

#: version of the recognition of sets in outcomes that no metric made
_SET_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTask:
    """A set to be measured.

    Parameters
    ----------
    images : AcquisitionSet
        The set.
    files : mapping of str to SourceFile
        File of each member, by its subject.
    response : Response or None
        Response known of the detector, for sets that tell none themselves.
    problems : tuple of str
        What is wrong with kerma tables beside its images.
    """

    images: AcquisitionSet
    files: Mapping[str, SourceFile]
    problems: tuple[str, ...]
    response: Response | None = None

    @property
    def response_id(self) -> str:
        """Identity of the response that was given to it; empty where it tells its own."""
        return "" if self.response is None or self.images.tells_response else self.response.id


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredSet:
    """A set with its outcomes, ready for the record.

    Parameters
    ----------
    entry : SetEntry
        The set and its outcomes.
    mode : str or None
        Detector and encoding that its response holds for.
    response : Response or None
        The response that it told.
    seconds : float or None
        How long a worker took for it; None if it could not end it.
    """

    entry: SetEntry
    mode: str | None
    response: Response | None
    seconds: float | None = None


def plan_sets(archives: Iterable[tuple[Iterable[IndexedObject], Source]], *, site: Site) -> tuple[SetTask, ...]:
    """Sets among the indexed objects of some archives.

    Parameters
    ----------
    archives : iterable of (iterable of IndexedObject, Source)
        Flat fields and edges of each, and the archive itself.
    site : Site
        Kerma table and edition of the beam tables.

    Returns
    -------
    tuple of SetTask
        By day, of the files that are still there; an object with several files is taken from the first.
    """
    members: dict[str, SetMember] = {}
    places: dict[str, tuple[SourceFile, str]] = {}
    for indexed, source in archives:
        tables = KermaTables(source=source)
        for each in indexed:
            file = None if each.header.subject in members else source.find(each.relative_path)
            if file is not None:
                members[each.header.subject] = _member(each, site, tables)
                places[each.header.subject] = file, tables.beside(each.relative_path)[1]
    return tuple(
        SetTask(
            images=images,
            files={member.subject: places[member.subject][0] for member in images.members},
            problems=tuple(sorted({places[member.subject][1] for member in images.members} - {""})),
        )
        for images in find_sets(members.values(), beam_edition=site.beam_edition)
    )


def measured_sets(tasks: Iterator[SetTask], *, site: Site, pool: Pool) -> Iterator[MeasuredSet]:
    """Measure sets, results in their order; a worker that dies or hangs costs only its set."""
    job: Job[SetTask, MeasuredSet] = Job(
        work=partial(_measure_timed, site=site),
        failed=lambda task, reason, message: _failed(task, site, reason, message),
        timeout_s=lambda task: OBJECT_TIMEOUT_S + 20.0 * len(task.images.members),
    )
    yield from results_in_order(tasks, job, pool=pool)


def _measure_timed(task: SetTask, *, site: Site) -> MeasuredSet:
    started_s = time.perf_counter()
    measured = measure_set(task, site=site)
    return replace(measured, seconds=time.perf_counter() - started_s)


def measure_set(task: SetTask, *, site: Site) -> MeasuredSet:
    """Read and measure one set; never raises for what its files contain.

    A member that cannot be read is left out and named in an outcome.
    """
    images, outcomes = task.images, [_problem(task, site, problem) for problem in task.problems]
    if images.left_out:
        outcomes.append(_problem(task, site, _left_out(images), reason="no_kerma"))
    while images.flats:
        try:
            scored = score_set(images, partial(_load, task), site=site, response=task.response)
        except _UnreadableMemberError as error:
            images = images.without(error.member)
            outcomes.append(_problem(task, site, str(error), reason="unreadable_member", kind="error"))
        except Exception as error:  # noqa: BLE001 - a defect of ours must not stop the run; it is stored as an error
            return _failed(task, site, *told_of(error))
        else:
            return _measured(task, ScoredSet(outcomes=(*scored.outcomes, *outcomes), response=scored.response))
    return _measured(task, ScoredSet(outcomes=tuple(outcomes), response=None))


class _UnreadableMemberError(Exception):
    """A member of a set that cannot be read, named by its identity: names of files stay in the index."""

    def __init__(self, member: SetMember, why: str) -> None:
        super().__init__(f"image {member.subject} left out of the set: {why}")
        self.member = member


def _load(task: SetTask, member: SetMember) -> Radiograph:
    try:
        with task.files[member.subject].open() as stream:
            dataset, _ = open_object(stream)
        return dataset_radiograph(dataset, header=member.header)
    except ReadError as error:
        raise _UnreadableMemberError(member, error.explanation) from error
    except OSError as error:
        raise _UnreadableMemberError(member, f"its file cannot be read ({error.strerror})") from error


def _left_out(images: AcquisitionSet) -> str:
    named = ", ".join(member.subject for member in images.left_out[:3])
    more = f" and {len(images.left_out) - 3} more" if len(images.left_out) > 3 else ""
    count = len(images.left_out) + len(images.flats)
    return (
        f"{len(images.left_out)} of {count} flat fields left out of the set, their kerma not known from the source "
        f"that tells that of the others: {named}{more}"
    )


def defect_maps(found: Iterable[StoredResult], site: Site) -> Iterator[SetEntry]:
    """Defect maps of all detectors from the defects that the record store holds, each with its change.

    Parameters
    ----------
    found : iterable of StoredResult
        Of the procedure ``defects``.
    site : Site
        Limits in force.

    Yields
    ------
    SetEntry
        Detector by detector and day by day.
    """
    dated = (
        DatedDefects(
            subject=stored.subject,
            anchor=stored.object_subject,
            equipment=stored.equipment,
            day=stored.exposed_at.date(),
            defects=stored.result,
        )
        for stored in found
        if stored.object_subject and stored.exposed_at and isinstance(stored.result, Defects)
    )
    for made in defect_history(dated, site):
        yield SetEntry(
            subject=made.subject,
            group_key=made.group,
            day=made.found.day,
            beam="",
            anchor=made.found.anchor,
            response_id="",
            members=(),
            outcomes=made.outcomes,
        )


def _measured(task: SetTask, scored: ScoredSet) -> MeasuredSet:
    images = task.images
    rows = [(member.subject, member.kerma) for member in images.members]
    return MeasuredSet(
        entry=SetEntry(
            subject=images.subject,
            group_key=images.group,
            day=images.day,
            beam=images.beam,
            anchor=images.members[0].subject,
            response_id=task.response_id,
            members=[
                (subject, None if kerma is None else kerma.kerma_ugy, "" if kerma is None else kerma.source)
                for subject, kerma in rows
            ],
            outcomes=scored.outcomes,
        ),
        mode=response_mode(images.flats[0].header),
        response=scored.response,
    )


def _failed(task: SetTask, site: Site, reason: str, message: str) -> MeasuredSet:
    outcome = _problem(task, site, message, reason=reason, kind="error")
    return _measured(task, ScoredSet(outcomes=(outcome,), response=None))


def _problem(
    task: SetTask, site: Site, message: str, *, reason: str = "kerma_table", kind: OutcomeKind = "not_measurable"
) -> Outcome:
    return Outcome(
        subject=task.images.subject,
        procedure="acquisition_set",
        kind=kind,
        algorithm_version=_SET_VERSION,
        parameter_digest=parameter_digest("acquisition_set", {"problem": message}, site=site),
        reason=reason,
        message=message,
    )


def _member(indexed: IndexedObject, site: Site, tables: KermaTables) -> SetMember:
    rows, _ = tables.beside(indexed.relative_path)
    return SetMember(
        header=indexed.header,
        kind=indexed.kind,  # type: ignore[arg-type]  # asked for by kind
        relative_path=indexed.relative_path,
        kerma=kerma_of(
            indexed.header, file=PurePosixPath(indexed.relative_path).name, table=rows, site_table=site.kerma
        ),
    )
