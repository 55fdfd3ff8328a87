"""Acquisition sets of an archive: planned from the index, measured by workers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from xrayiq.batch.files import OBJECT_TIMEOUT_S
from xrayiq.batch.pool import Executor, Job, results_in_order
from xrayiq.batch.scored_file import where_it_happened
from xrayiq.dicom import dataset_radiograph, open_object
from xrayiq.errors import InputError, ReadError
from xrayiq.metrics import Defects
from xrayiq.model import Outcome, Radiograph, Response
from xrayiq.procedures import (
    TABLE_NAME,
    AcquisitionSet,
    DatedDefects,
    KermaRow,
    ScoredSet,
    SetMember,
    Site,
    defect_history,
    find_sets,
    kerma_of,
    parameter_digest,
    read_kerma_table,
    response_mode,
    score_set,
)
from xrayiq.records import IndexedObject, SetEntry, StoredResult

#: version of the recognition of sets in outcomes that no metric made
_SET_VERSION: Final = 1

PathOf = Callable[[str], Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTask:
    """A set to be measured.

    Parameters
    ----------
    images : AcquisitionSet
        The set.
    paths : mapping of str to Path
        File of each member, by its relative path.
    response : Response or None
        Response known of the detector, for sets that tell none themselves.
    problems : tuple of str
        What is wrong with kerma tables beside its images.
    """

    images: AcquisitionSet
    paths: Mapping[str, Path]
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
    """

    entry: SetEntry
    mode: str | None
    response: Response | None


@dataclass(slots=True, kw_only=True)
class KermaTables:
    """Tables of kerma beside the images of an archive, each read once.

    Parameters
    ----------
    path_of : callable
        File of a relative path.
    """

    path_of: PathOf
    _known: dict[PurePosixPath, tuple[tuple[KermaRow, ...], str]] = field(default_factory=dict)

    def beside(self, relative_path: str) -> tuple[tuple[KermaRow, ...], str]:
        """Rows of the table in the folder of a file, or in the nearest folder above that has one; and what is wrong."""
        for folder in PurePosixPath(relative_path).parents:
            rows, problem = self._read(folder)
            if rows or problem:
                return rows, problem
        return (), ""

    def _read(self, folder: PurePosixPath) -> tuple[tuple[KermaRow, ...], str]:
        if folder not in self._known:
            rows: tuple[KermaRow, ...] = ()
            problem = ""
            try:
                rows = read_table(self.path_of(str(folder / TABLE_NAME)))
            except InputError as error:
                problem = error.explanation
            self._known[folder] = rows, problem
        return self._known[folder]


def read_table(path: Path) -> tuple[KermaRow, ...]:
    """Rows of a kerma table; none where there is no file.

    Raises
    ------
    InputError
        The table cannot be used.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError(f"{TABLE_NAME} cannot be read ({error.strerror})", needed="a table of kerma") from error
    with contextlib.suppress(UnicodeDecodeError):
        return read_kerma_table(content.decode("utf-8-sig"))
    return read_kerma_table(content.decode("latin-1"))


def plan_sets(indexed: Iterable[IndexedObject], *, site: Site, path_of: PathOf) -> tuple[SetTask, ...]:
    """Sets among the indexed objects of an archive.

    Parameters
    ----------
    indexed : iterable of IndexedObject
        Flat fields and edges.
    site : Site
        Kerma table and edition of the beam tables.
    path_of : callable
        File of a relative path.

    Returns
    -------
    tuple of SetTask
        By day, of the files that are still there.
    """
    tables = KermaTables(path_of=path_of)
    members = [_member(each, site, tables) for each in indexed if path_of(each.relative_path).is_file()]
    return tuple(
        SetTask(
            images=images,
            paths={member.relative_path: path_of(member.relative_path) for member in images.members},
            problems=tuple(sorted({tables.beside(member.relative_path)[1] for member in images.members} - {""})),
        )
        for images in find_sets(members, beam_edition=site.beam_edition)
    )


def measured_sets(
    tasks: Iterator[SetTask], *, site: Site, workers: int | None, client: Executor | None
) -> Iterator[MeasuredSet]:
    """Measure sets, results in their order; a worker that dies or hangs costs only its set."""
    job: Job[SetTask, MeasuredSet] = Job(
        work=partial(measure_set, site=site),
        failed=lambda task, reason, message: _failed(task, site, reason, message),
        timeout_s=lambda task: OBJECT_TIMEOUT_S + 20.0 * len(task.images.members),
    )
    yield from results_in_order(tasks, job, workers=workers, client=client)


def measure_set(task: SetTask, *, site: Site) -> MeasuredSet:
    """Read and measure one set; never raises for what its files contain."""

    def load(member: SetMember) -> Radiograph:
        dataset, _ = open_object(task.paths[member.relative_path])
        return dataset_radiograph(dataset, header=member.header)

    try:
        scored = score_set(task.images, load, site=site, response=task.response)
    except ReadError as error:
        return _failed(task, site, error.reason, error.explanation)
    except OSError as error:
        return _failed(task, site, "unreadable_path", f"a file cannot be read ({error.strerror})")
    except Exception as error:  # noqa: BLE001 - a defect of ours must not stop the run; it is stored as an error
        return _failed(task, site, "internal_error", where_it_happened(error))
    bad = tuple(_problem(task, site, problem) for problem in task.problems)
    return _measured(task, ScoredSet(outcomes=(*scored.outcomes, *bad), response=scored.response))


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
            members=[(made.found.subject, None, "")],
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
    outcome = replace(_problem(task, site, message), kind="error", reason=reason)
    return _measured(task, ScoredSet(outcomes=(outcome,), response=None))


def _problem(task: SetTask, site: Site, message: str) -> Outcome:
    return Outcome(
        subject=task.images.subject,
        procedure="acquisition_set",
        kind="not_measurable",
        algorithm_version=_SET_VERSION,
        parameter_digest=parameter_digest("acquisition_set", {"problem": message}, site=site),
        reason="kerma_table",
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
